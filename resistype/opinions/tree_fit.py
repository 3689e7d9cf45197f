"""Growing a conditional inference tree.

First *whether* any covariate goes with the labels, only then *where* to cut.

Test. The linear statistic of a covariate x and labels in K classes is the table of the sums of x in
each class (for a categorical covariate: of its 0/1 columns). Given the values and the labels, but
not which belongs to which, its expectation μ and covariance Σ over all permutations are known
exactly, and (T − μ)ᵀ Σ⁺ (T − μ) is referred to χ² with rank(Σ) degrees of freedom (Strasser & Weber
1999; Hothorn, Hornik & Zeileis 2006, doi:10.1198/106186006X133933). With labels as 0/1 columns the
quadratic form needs no matrix:

    numeric, ordered   (n − 1) · Σₖ nₖ (x̄ₖ − x̄)² / Σᵢ (xᵢ − x̄)²      K − 1 degrees of freedom
    categorical        (n − 1)/n · Pearson's χ² of the table            (L − 1)(K − 1)

where only classes and levels that occur are counted. An ordered covariate counts as the numbers of
its levels. The p is kept as its logarithm, so that it does not underflow.

Cut. The two-sample statistic at every admissible place, the largest wins; counts alone enter, so
the order of the rows cannot matter. Where places tie, the first is taken: the lowest cut; of
groupings the first in partykit's order, which keeps the first level that occurs on the left. A cut
is stored as it is printed, ``<= value``, the largest value on the left that was seen; the next
value and the midpoint are kept beside it, because nothing is known of the gap.

Tree. Covariates that vary are tested, their p adjusted for their number; the smallest must lie
below alpha. If no cut of that covariate leaves `min_bucket` on both sides, the next supported one
is tried (two in all, as in partykit). Every node keeps the test of every covariate, so that what
was passed over can be seen. Nodes are numbered from 1 in the order of reading, the left side first,
as partykit numbers them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln, log_ndtr

from resistype.opinions.frame import Codes, Flags, Floats

_LN_TINY = -500.0


@dataclass(frozen=True)
class Tested:
    """Statistic, degrees of freedom, log p (natural); NaN, 0, NaN and why without variation."""

    statistic: float
    df: int
    log_p: float
    reason: str = ""


def associate(x: Floats, y: Codes, *, n_classes: int, n_levels: int | None = None) -> Tested:
    """Test one covariate against the labels."""
    if not len(y) or y.min() == y.max():
        return Tested(np.nan, 0, np.nan, "all labels are the same here")
    if x.min() == x.max():
        return Tested(np.nan, 0, np.nan, "all values are the same here")
    if n_levels is None:
        statistic, df = mean_statistic(x, y, n_classes=n_classes)
    else:
        levels = x.astype(np.intp)
        table = _table(levels, y, n_levels, n_classes)
        statistic, df = chi2_statistic(table)
    return Tested(statistic, df, log_p_chi2(statistic, df))


def _table(rows: Codes, y: Codes, n_rows: int, n_classes: int) -> Codes:
    """Counts of every pair of a row of the table and a class."""
    return np.bincount(rows * n_classes + y, minlength=n_rows * n_classes).reshape(
        n_rows, n_classes
    )


def mean_statistic(x: Floats, y: Codes, *, n_classes: int) -> tuple[float, int]:
    """Statistic and degrees of freedom of a numeric covariate that varies."""
    order = np.lexsort((y, x))  # sums in rising order: the order of the rows changes no bit
    x, y = x[order] / np.abs(x).max(), y[order]
    from_mean = x - x.mean()
    counts = np.bincount(y, minlength=n_classes)
    sums = np.bincount(y, weights=from_mean, minlength=n_classes)
    there = counts > 0
    between = float(np.sum(sums[there] ** 2 / counts[there]))
    return (len(x) - 1) * between / float(np.sum(from_mean**2)), int(there.sum()) - 1


def chi2_statistic(table: Codes) -> tuple[float, int]:
    """Statistic and degrees of freedom of a table (n_levels, n_classes) of counts."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n = int(table.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    statistic = (n - 1) / n * float(np.sum((table - expected) ** 2 / expected))
    return statistic, (table.shape[0] - 1) * (table.shape[1] - 1)


def log_p_chi2(statistic: float, df: int) -> float:
    """Natural logarithm of the upper tail of χ², exact also where the tail itself is below
    1e-308.
    """
    # the tail for df is that for df − 2 plus one term, down to erfc (1) or exp (2): a sum of
    # positive terms, so nothing cancels
    half = statistic / 2.0
    if half <= 0.0:
        return 0.0
    first = -half if df % 2 == 0 else np.log(2.0) + log_ndtr(-np.sqrt(statistic))
    power = np.arange(1.0 if df % 2 == 0 else 0.5, df / 2.0)
    terms = power * np.log(half) - half - gammaln(power + 1.0)
    return min(0.0, float(np.logaddexp.reduce(np.append(terms, first))))


def adjust(log_p: float, tests: int) -> float:
    """Logarithm of Šidák's adjusted p, 1 − (1 − p)ᵐ, for m tests at one node (partykit names it
    "Bonferroni").
    """
    if log_p < _LN_TINY:
        return log_p + float(np.log(tests))
    if log_p >= 0.0:
        return 0.0
    return _log_rest(tests * _log_rest(log_p))


def _log_rest(log_p: float) -> float:
    """Logarithm of 1 − p from that of p, exact also where p is next to 0 or 1."""
    if log_p > -np.log(2.0):
        return float(np.log(-np.expm1(log_p)))
    return float(np.log1p(-np.exp(log_p)))


def clopper_pearson(count: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion, `count` of `n` (Clopper & Pearson 1934,
    doi:10.1093/biomet/26.4.404).
    """
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1.0 - tail))
    return low, high


_CUT_TIE = 1e-10


def plain(value: float) -> str:
    """A number as people write it: 3, not 3.0; up to 10 significant digits."""
    return f"{value + 0.0:.10g}"


@dataclass(frozen=True)
class Column:
    """One covariate: its name, its kind, and the levels it can take (none for a numeric one)."""

    name: str
    kind: Literal["numeric", "ordered", "categorical"]
    levels: tuple[object, ...] = ()

    @property
    def n_levels(self) -> int | None:
        """Number of levels of a categorical covariate, else None."""
        return len(self.levels) if self.kind == "categorical" else None

    def words(self, value: float) -> str:
        """A value of this covariate, as it is printed."""
        return plain(value) if self.kind == "numeric" else str(self.levels[int(value)])


@dataclass(frozen=True)
class Cut:
    """A cut of one covariate: what goes left, what goes right."""

    column: Column
    statistic: float
    low: float = np.nan
    high: float = np.nan
    at_low: int = 0
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()

    @property
    def midpoint(self) -> float:
        """Middle of the gap that the cut lies in; NaN unless the covariate is numeric."""
        return self.low / 2.0 + self.high / 2.0 if self.column.kind == "numeric" else np.nan

    def rule(self, side: int) -> str:
        """The condition of the left (0) or right (1) side in words."""
        name = self.column.name
        if self.column.kind != "categorical":
            return f"{name} {'<=' if side == 0 else '>'} {self.column.words(self.low)}"
        levels = (self.left, self.right)[side]
        return f"{name} in {{{', '.join(self.column.words(level) for level in levels)}}}"

    def boundary(self) -> str:
        """What the inequality hides: how far the next value is, and who lies exactly on the cut."""
        if self.column.kind != "numeric":
            return ""
        who = "1 observation lies" if self.at_low == 1 else f"{self.at_low} observations lie"
        gap = f"next value {plain(self.high)}, midpoint {plain(self.midpoint)}"
        return f"{gap}; {who} exactly at {plain(self.low)}, on the lower side"

    def sides(self, values: Floats) -> NDArray[np.int8]:
        """Side of each value: 0 left, 1 right, −1 where missing or a level not seen here."""
        if self.column.kind != "categorical":
            return np.where(np.isnan(values), -1, values > self.low).astype(np.int8)
        here = [np.isin(values, self.left), np.isin(values, self.right)]
        return np.select(here, [0, 1], -1).astype(np.int8)


def two_sample(left: Codes, counts: Codes) -> Floats:
    """Quadratic two-sample statistic of each division of the same observations."""
    left, counts = left[:, counts > 0], counts[counts > 0]
    n, n_left = int(counts.sum()), left.sum(axis=1).astype(np.float64)
    apart = left - n_left[:, None] * (counts / n)
    between = np.sum(apart**2 / counts, axis=1)
    return np.asarray((n - 1) * between / (n_left / n * (n - n_left)), dtype=np.float64)


def best_cut(x: Floats, y: Codes, column: Column, *, n_classes: int, min_bucket: int) -> Cut | None:
    """The cut with the largest two-sample statistic of those that leave `min_bucket` on both
    sides.
    """
    if column.kind == "categorical":
        return _best_grouping(x, y, column, n_classes=n_classes, min_bucket=min_bucket)
    values, where, times = np.unique(x, return_inverse=True, return_counts=True)
    table = _table(where, y, len(values), n_classes)
    best = _largest(np.cumsum(table, axis=0)[:-1], table.sum(axis=0), min_bucket)
    if best is None:
        return None
    place, statistic = best
    low, high = float(values[place]) + 0.0, float(values[place + 1]) + 0.0  # −0 is 0
    return Cut(column, statistic, low=low, high=high, at_low=int(times[place]))


def _best_grouping(
    x: Floats, y: Codes, column: Column, *, n_classes: int, min_bucket: int
) -> Cut | None:
    levels, where = np.unique(x.astype(np.intp), return_inverse=True)
    table = _table(where, y, len(levels), n_classes)
    number = np.arange(1, 2 ** (len(levels) - 1))
    to_right = (number[:, None] >> np.arange(len(levels) - 1)) & 1
    moved = np.column_stack([np.zeros(len(number), dtype=np.intp), to_right]).astype(np.intp)
    best = _largest((1 - moved) @ table, table.sum(axis=0), min_bucket)
    if best is None:
        return None
    place, statistic = best
    right = moved[place] == 1
    left_right = (tuple(levels[side].tolist()) for side in (~right, right))
    return Cut(column, statistic, np.nan, np.nan, 0, *left_right)


def _largest(left: Codes, counts: Codes, min_bucket: int) -> tuple[int, float] | None:
    """Place and statistic of the best admissible division; of ties the first."""
    n_left = left.sum(axis=1)
    admissible = np.flatnonzero((n_left >= min_bucket) & (counts.sum() - n_left >= min_bucket))
    if not len(admissible):
        return None
    statistics = two_sample(left[admissible], counts)
    first = int(np.argmax(statistics >= statistics.max() * (1.0 - _CUT_TIE)))
    return (int(admissible[first]), float(statistics[first])) if statistics[first] > 0.0 else None


@dataclass(frozen=True)
class Rules:
    """When to split: alpha after adjustment, smallest leaf, smallest node to split, levels."""

    alpha: float
    min_bucket: int
    min_split: int
    max_depth: int | None

    @property
    def levels(self) -> str:
        """The limit of depth in words."""
        return "1 level of splits" if self.max_depth == 1 else f"{self.max_depth} levels of splits"


@dataclass(frozen=True)
class Data:
    """Covariates x, (n_obs, n_columns), as numbers without NaN, and positions y of the classes."""

    x: Floats
    y: Codes
    columns: tuple[Column, ...]
    n_classes: int

    def take(self, rows: Codes | Flags) -> Data:
        """The same columns for other rows."""
        return Data(self.x[rows], self.y[rows], self.columns, self.n_classes)


@dataclass(frozen=True)
class Candidate:
    """Test of one covariate at one node.

    Where there is none, statistic and p are NaN and `why` says why.
    """

    variable: str
    statistic: float
    df: int
    log_p: float
    log_p_adjusted: float
    reason: str = ""

    @property
    def p(self) -> float:
        """Upper tail of χ²; 0.0 only where it is below 1e-308 (see `log_p`)."""
        return float(np.exp(self.log_p))

    @property
    def p_adjusted(self) -> float:
        """Šidák's adjusted p over the covariates tested at this node."""
        return float(np.exp(self.log_p_adjusted))


@dataclass(frozen=True)
class Node:
    """One node: who is in it, the test of every covariate, and its split or why there is none."""

    number: int
    parent: int | None
    depth: int
    rule: str
    counts: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    cut: Cut | None = None
    children: tuple[int, ...] = ()
    reason: str = ""

    @property
    def n(self) -> int:
        """Number of observations."""
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Fraction of each class."""
        return tuple(count / self.n for count in self.counts)

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """Clopper–Pearson interval (95 %) of each class's share, one class at a time."""
        return tuple(clopper_pearson(count, self.n) for count in self.counts)

    @property
    def chosen(self) -> Candidate | None:
        """The test of the covariate that the node is split on."""
        if self.cut is None:
            return None
        return next(one for one in self.candidates if one.variable == self.cut.column.name)


@dataclass(frozen=True)
class Grown:
    """A whole tree: node number k stands at place k − 1; `label` names what was labelled."""

    nodes: tuple[Node, ...]
    columns: tuple[Column, ...]
    rules: Rules
    label: str
    classes: tuple[str, ...]
    left_out: int = 0

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that are not split."""
        return tuple(node for node in self.nodes if node.cut is None)

    @property
    def used(self) -> frozenset[str]:
        """Names of the covariates that are cut."""
        return frozenset(node.cut.column.name for node in self.nodes if node.cut is not None)

    def path(self, number: int) -> str:
        """All conditions from the root to a node; "all" for the root."""
        rules: list[str] = []
        node: Node | None = self.nodes[number - 1]
        while node is not None and node.parent is not None:
            rules.append(node.rule)
            node = self.nodes[node.parent - 1]
        return " and ".join(reversed(rules)) or "all"


def format_p(log_p: float) -> str:
    """A p from its natural logarithm: three decimals, or a power of ten, however small."""
    if np.isnan(log_p):
        return "not tested"
    if log_p >= np.log(0.001):
        return f"{np.exp(log_p):.3f}" if log_p < np.log(0.9995) else "> 0.999"
    power = int(np.floor(log_p / np.log(10.0)))
    digits = f"{np.exp(log_p - power * np.log(10.0)):.1f}"
    if digits == "10.0":
        digits, power = "1.0", power + 1
    return f"{digits}e-{-power:02d}"


_TRIES = 2
_TIE = 1e-9


def grow(data: Data, rules: Rules) -> tuple[Node, ...]:
    """Grow a tree."""
    nodes: list[Node] = []
    _grow(data, rules, nodes, Node(1, None, 0, "", (), ()))
    return tuple(nodes)


def _grow(data: Data, rules: Rules, nodes: list[Node], stub: Node) -> None:
    """Fill in the stub of a node, put it at its place, and go on below it."""
    candidates = _candidates(data)
    cut, why = _decide(data, rules, candidates, stub.depth)
    counts = tuple(np.bincount(data.y, minlength=data.n_classes).tolist())
    node = replace(stub, counts=counts, candidates=candidates, cut=cut, reason=why)
    nodes.append(node)
    if cut is None:
        return
    sides = cut.sides(data.x[:, data.columns.index(cut.column)])
    children = []
    for side in (0, 1):
        child = Node(len(nodes) + 1, node.number, node.depth + 1, cut.rule(side), (), ())
        children.append(child.number)
        _grow(data.take(sides == side), rules, nodes, child)
    nodes[node.number - 1] = replace(node, children=tuple(children))


def _candidates(data: Data) -> tuple[Candidate, ...]:
    tested = [
        associate(data.x[:, place], data.y, n_classes=data.n_classes, n_levels=column.n_levels)
        for place, column in enumerate(data.columns)
    ]
    number = sum(1 for one in tested if not one.reason)
    adjusted = [np.nan if one.reason else adjust(one.log_p, number) for one in tested]
    return tuple(
        Candidate(column.name, one.statistic, one.df, one.log_p, log_p, one.reason)
        for column, one, log_p in zip(data.columns, tested, adjusted, strict=True)
    )


def _decide(
    data: Data, rules: Rules, candidates: tuple[Candidate, ...], depth: int
) -> tuple[Cut | None, str]:
    """The cut to make, or None and the reason in a sentence."""
    ranked = _ranked(candidates)
    limit = np.log(rules.alpha)
    supported = [place for place in ranked if candidates[place].log_p_adjusted < limit]
    stop = _stop(data, rules, depth, [candidates[place] for place in ranked])
    if stop or not supported:
        return None, stop
    for place in supported[:_TRIES]:
        sizes = {"n_classes": data.n_classes, "min_bucket": rules.min_bucket}
        cut = best_cut(data.x[:, place], data.y, data.columns[place], **sizes)
        if cut is not None:
            return cut, ""
    names = " or ".join(_named(candidates[place]) for place in supported[:_TRIES])
    few = f"no cut leaves {rules.min_bucket} observations on both sides"
    return None, f"A split on {names} is supported, but {few}."


def _ranked(candidates: tuple[Candidate, ...]) -> list[int]:
    """Places of the tested covariates, the smallest p first; of ties the first column."""
    left = [place for place, one in enumerate(candidates) if not one.reason]
    ranked: list[int] = []
    while left:
        least = min(candidates[place].log_p_adjusted for place in left)
        within = _TIE * max(abs(least), np.finfo(np.float64).tiny)
        first = next(place for place in left if candidates[place].log_p_adjusted <= least + within)
        ranked.append(first)
        left.remove(first)
    return ranked


def _stop(data: Data, rules: Rules, depth: int, ranked: list[Candidate]) -> str:
    """Why this node is not split, as a sentence; "" when it may be."""
    if not ranked:
        same = "labels are" if len(np.unique(data.y)) == 1 else "values of each covariate are"
        return f"Nothing to test: the {same} all the same here."
    best = _named(ranked[0])
    if ranked[0].log_p_adjusted >= np.log(rules.alpha):
        return f"No split is supported at alpha = {rules.alpha:g}; nearest is {best}."
    if len(data.y) < rules.min_split:
        return (
            f"A split on {best} is supported, but fewer than {rules.min_split} observations are not"
            " split."
        )
    if rules.max_depth is not None and depth >= rules.max_depth:
        return f"A split on {best} is supported, but the tree stops at {rules.levels}."
    return ""


def _named(candidate: Candidate) -> str:
    return f"{candidate.variable} (adjusted p {format_p(candidate.log_p_adjusted)})"
