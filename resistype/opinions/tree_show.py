"""A tree as tables and in words, and what resampling says of it.

What the numbers do not carry by themselves.

The cut was chosen on these very data, and an association in a labelled cohort is no prediction. One
tree is not a hierarchy of covariates: where two of them carry the same news, a few observations
decide which one comes first. The shares of the bootstrap show it. They measure steadiness, not
evidence: a sample drawn with replacement holds observations several times, which makes every p
smaller than it should be (Strobl et al. 2007, doi:10.1186/1471-2105-8-25).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resistype.opinions.tree_fit import Cut, Grown, Node, format_p
from resistype.scheme.caveats import caveat_text

ONE_TREE = "One tree is not a hierarchy of covariates: look at the bootstrap."
_ASSOCIATION = (
    "It describes how the covariates go with {label} in this labelled cohort. "
    "The fractions are not the chance that a patient responds to a treatment. "
    "Each p below the root is taken as if the cuts above it had been known beforehand."
)


def nodes_frame(tree: Grown) -> pd.DataFrame:
    """One row per node: condition, class counts, shares with 95 % intervals, split or why none."""
    return pd.DataFrame([_node_row(tree, node) for node in tree.nodes])


def _node_row(tree: Grown, node: Node) -> dict[str, object]:
    row: dict[str, object] = {
        "node": node.number,
        "parent": pd.NA if node.parent is None else node.parent,
        "depth": node.depth,
        "rule": node.rule,
        "condition": tree.path(node.number),
        "n": node.n,
    }
    for name, count, share, ends in zip(
        tree.classes, node.counts, node.shares, node.intervals, strict=True
    ):
        row |= {
            f"n_{name}": count,
            f"fraction_{name}": share,
            f"low_{name}": ends[0],
            f"high_{name}": ends[1],
        }
    cut, chosen = node.cut, node.chosen
    numeric = cut is not None and cut.column.kind == "numeric"
    return row | {
        "covariate": cut.column.name if cut else "",
        "split": cut.rule(0) if cut else "",
        "cut": cut.low if cut and numeric else np.nan,
        "next_value": cut.high if cut and numeric else np.nan,
        "midpoint": cut.midpoint if cut else np.nan,
        "at_cut": cut.at_low if cut and numeric else 0,
        "statistic": chosen.statistic if chosen else np.nan,
        "p_adjusted": chosen.p_adjusted if chosen else np.nan,
        "cut_statistic": cut.statistic if cut else np.nan,
        "reason_no_split": node.reason,
    }


def candidates_frame(tree: Grown) -> pd.DataFrame:
    """One row per node and covariate: statistic, degrees of freedom, p, adjusted p, whether cut."""
    rows = [
        {
            "node": node.number,
            "covariate": one.variable,
            "statistic": one.statistic,
            "df": one.df,
            "p": one.p,
            "p_adjusted": one.p_adjusted,
            "log_p": one.log_p,
            "log_p_adjusted": one.log_p_adjusted,
            "chosen": one is node.chosen,
            "reason_not_tested": one.reason,
        }
        for node in tree.nodes
        for one in node.candidates
    ]
    return pd.DataFrame(rows)


def caveats(tree: Grown) -> dict[str, str]:
    """Codes and lines that must stand beside the tree."""
    found = {"RUO": caveat_text("RUO")}
    root = tree.nodes[0].chosen
    if root is not None:
        tested = sum(1 for one in tree.nodes[0].candidates if not one.reason)
        whole = f"for {root.variable} as a whole, no cut used, adjusted for {tested} covariates"
        found["CUT_OPTIMISED"] = caveat_text(
            "CUT_OPTIMISED", {"p": f"{format_p(root.log_p_adjusted)} {whole}"}
        )
    found["ONE_TREE"] = ONE_TREE
    return found


def tree_text(tree: Grown, bootstrap: TreeBootstrap | None = None) -> str:
    """The tree in words: every node with all its tests, then the bootstrap, then the caveats."""
    lines = [*_head(tree), ""]
    for node in tree.nodes:
        lines += _node_lines(tree, node)
    if len(tree.nodes) == 1:
        lines += [
            "",
            tree.nodes[0].reason,
            "That is a result: these covariates do not divide this cohort.",
        ]
    lines += [
        "",
        (
            bootstrap.to_text()
            if bootstrap
            else "No bootstrap was given (resistype.opinions.bootstrap_tree)."
        ),
    ]
    lines += ["", *(f"{code}: {text}" for code, text in caveats(tree).items())]
    return "\n".join(lines) + "\n"


def _head(tree: Grown) -> Iterator[str]:
    root, rules = tree.nodes[0], tree.rules
    yield (
        f"Conditional inference tree of {tree.label} on {len(tree.columns)} covariates, {root.n}"
        " observations."
    )
    if tree.left_out:
        yield f"{tree.left_out} rows that lacked a covariate or the label were left out."
    depth = "no limit to the levels" if rules.max_depth is None else f"at most {rules.levels}"
    yield (
        f"Rules: alpha {rules.alpha:g} after Šidák's adjustment for the covariates tested at a"
        f" node; at least {rules.min_bucket} observations in a leaf; {depth}."
    )
    yield _ASSOCIATION.format(label=tree.label)


def _node_lines(tree: Grown, node: Node) -> Iterator[str]:
    indent = "    " * node.depth
    yield f"{indent}[{node.number}] {node.rule or 'all'}: n = {node.n}"
    for name, count, share, (low, high) in zip(
        tree.classes, node.counts, node.shares, node.intervals, strict=True
    ):
        yield (
            f"{indent}    {name}: {count} of {node.n}, {share:.1%} (95 % interval {low:.1%} to"
            f" {high:.1%})"
        )
    cut, chosen = node.cut, node.chosen
    if cut is not None and chosen is not None:
        test = (
            f"statistic {chosen.statistic:.2f}, df {chosen.df}, adjusted p"
            f" {format_p(chosen.log_p_adjusted)}"
        )
        yield f"{indent}    split on {chosen.variable} ({test})"
        yield f"{indent}    left: {cut.rule(0)}; right: {cut.rule(1)}"
        if cut.boundary():
            yield f"{indent}    at the cut: {cut.boundary()}"
    elif node.depth:
        yield f"{indent}    {node.reason}"
    yield f"{indent}    all tests: {'; '.join(_tests(node))}"


def _tests(node: Node) -> Iterator[str]:
    for one in node.candidates:
        if one.reason:
            yield f"{one.variable} not tested ({one.reason})"
        else:
            yield (
                f"{one.variable} {one.statistic:.2f} (df {one.df}), adjusted p"
                f" {format_p(one.log_p_adjusted)}"
            )


NO_SPLIT = "(no split)"
_ENOUGH = 10  # resamples before the range of a cut is worth printing
_POINTS = np.array([0.05, 0.5, 0.95])


@dataclass(frozen=True)
class Resampled:
    """One tree of a resample: the cut of its root, the covariates cut right below it."""

    root: Cut | None
    second: tuple[str, ...] = ()


@dataclass(frozen=True)
class TreeBootstrap:
    """Trees of bootstrap samples of one cohort.

    Examples
    --------
    >>> from resistype.opinions.tree_fit import Column
    >>> cuts = [
    ...     Cut(Column("nlr", "numeric"), 9.0, low=low, high=low + 0.1) for low in (2.9, 3.0, 3.1)
    ... ]
    >>> trees = [
    ...     Resampled(cuts[0], ("albi",)),
    ...     Resampled(cuts[1]),
    ...     Resampled(cuts[2]),
    ...     Resampled(None),
    ... ]
    >>> boot = TreeBootstrap(tuple(trees), seed=0)
    >>> boot.roots()
    {'nlr': 0.75, '(no split)': 0.25}
    >>> boot.second(), [round(cut, 2) for cut in boot.cut_range("nlr")]
    ({'albi': 0.25}, [2.91, 3.0, 3.09])
    """

    trees: tuple[Resampled, ...]
    seed: int

    @property
    def n(self) -> int:
        """Number of resamples."""
        return len(self.trees)

    def roots(self) -> dict[str, float]:
        """Fraction of the resamples with each covariate at the root, the largest first.

        "(no split)" counts too.
        """
        return self._shares(
            [(one.root.column.name if one.root else NO_SPLIT,) for one in self.trees]
        )

    def second(self) -> dict[str, float]:
        """Fraction of the resamples with each covariate right below the root, on either side."""
        return self._shares([one.second for one in self.trees])

    def cut_range(self, name: str) -> tuple[float, float, float] | None:
        """5 %, 50 % and 95 % points of the root cut, as printed (`<= cut`), where `name` is at the
        root.

        Positions of levels for an ordered covariate; None for a categorical one and one that is
        never at the root.
        """
        cuts = [one.root for one in self.trees if one.root and one.root.column.name == name]
        if not cuts or cuts[0].column.kind == "categorical":
            return None
        lows = [cut.low for cut in cuts]
        numeric = cuts[0].column.kind == "numeric"
        points = (
            np.quantile(lows, _POINTS)
            if numeric
            else np.quantile(lows, _POINTS, method="inverted_cdf")
        )
        return float(points[0]), float(points[1]), float(points[2])

    def usual_rule(self, name: str) -> tuple[str, float]:
        """The commonest left side of the root where `name` is there, and its fraction of those
        resamples.
        """
        rules = [
            one.root.rule(0) for one in self.trees if one.root and one.root.column.name == name
        ]
        rule, times = Counter(sorted(rules)).most_common(1)[0]
        return rule, times / len(rules)

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate.

        Its shares at the root and below, and the range of its cut at the root.
        """
        roots, second = self.roots(), self.second()
        rows = [
            {
                "covariate": name,
                "root": roots.get(name, 0.0),
                "second": second.get(name, 0.0),
                **self._range(name),
            }
            for name in dict.fromkeys([*roots, *second])
        ]
        return pd.DataFrame(
            rows, columns=["covariate", "root", "second", "cut_05", "cut_50", "cut_95"]
        )

    def to_text(self) -> str:
        """The same in words."""
        roots = "; ".join(self._root_words(name, share) for name, share in self.roots().items())
        second = (
            ", ".join(f"{name} {_percent(share)}" for name, share in self.second().items())
            or "none"
        )
        lines = [
            f"Bootstrap of {self.n} samples of the same cohort (seed {self.seed}):",
            f"  at the root: {roots}",
            f"  right below it (on either side): {second}",
            (
                "  These fractions measure how steady the order is; they are no p and no"
                " importance. A resample holds"
            ),
            "  observations several times, so its splits look better supported than they are.",
        ]
        return "\n".join(lines)

    def _shares(self, names: list[tuple[str, ...]]) -> dict[str, float]:
        counts = Counter(name for one in names for name in one)
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return {name: times / self.n for name, times in ordered}

    def _range(self, name: str) -> dict[str, str]:
        found = self.cut_range(name)
        column = next(
            (one.root.column for one in self.trees if one.root and one.root.column.name == name),
            None,
        )
        words = [column.words(value) for value in found] if found and column else [""] * 3
        return dict(zip(("cut_05", "cut_50", "cut_95"), words, strict=True))

    def _root_words(self, name: str, share: float) -> str:
        if name == NO_SPLIT:
            return f"no split {_percent(share)}"
        if share * self.n < _ENOUGH:
            return f"{name} {_percent(share)}"
        words = self._range(name)
        if words["cut_50"]:
            ends = f"5–95 % range {words['cut_05']} to {words['cut_95']}"
            return f"{name} {_percent(share)} (cut {words['cut_50']}, {ends})"
        rule, usual = self.usual_rule(name)
        return f"{name} {_percent(share)} ({rule} in {usual:.0%} of them)"


def _percent(share: float) -> str:
    return "< 1%" if share < 0.005 else f"{share:.0%}"


@dataclass(frozen=True)
class ShuffledRoots:
    """How often labels that were shuffled, and so mean nothing, still split the root.

    Examples
    --------
    >>> found = ShuffledRoots(n=200, splits=9, alpha=0.05, seed=0)
    >>> found.rate, found.bounds(), found.within()
    (0.045, (3, 19), True)
    """

    n: int
    splits: int
    alpha: float
    seed: int

    @property
    def rate(self) -> float:
        """Fraction of the shuffles that split."""
        return self.splits / self.n

    def bounds(self, level: float = 0.99) -> tuple[int, int]:
        """Bounds of the number of splits that chance explains, if each shuffle splits with
        alpha.
        """
        from scipy.stats import binom  # noqa: PLC0415  0.6 s

        tail = (1.0 - level) / 2.0
        return int(binom.ppf(tail, self.n, self.alpha)), int(
            binom.ppf(1.0 - tail, self.n, self.alpha)
        )

    def within(self, level: float = 0.99) -> bool:
        """Whether the number of splits lies within these bounds."""
        low, high = self.bounds(level)
        return low <= self.splits <= high
