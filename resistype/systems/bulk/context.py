"""What the quantities of a scheme are measured on: the matrix, the pairs, the reference, and what
is done already.

A `Panel` is the matrix seen through the scheme's signatures: matched genes, their log2 expression,
genes at the floor. It is computed once. A `Rows` says which observations are asked about and which
earlier biopsy belongs to each; the base rates ask about the reference with other rows than the
calls do, through the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.expression.store import columns_of, dense_rows
from resistype.genes import Match
from resistype.library import Library, Signature
from resistype.scheme.apply import Column
from resistype.scheme.reference import GeneFigures, Reference
from resistype.scheme.scheme import Scheme
from resistype.score import IndexedSets, Null, get_method, score_sets
from resistype.score.kernels import doubled_ranks
from resistype.score.null import Draws
from resistype.score.rows import DenseRows

# Scores of sets that are no signatures: random ones, and signatures with genes left out.


@dataclass(frozen=True, eq=False)
class Members:
    """The genes of a signature that a matrix has, in the signature's order: up genes, then down
    genes.

    Parameters
    ----------
    genes
        Their names in the signature.
    columns
        Shape (n_found,): their columns in the matrix.
    up
        Shape (n_found,): whether a gene raises the score.
    weights
        Shape (n_found,): ones where the signature has none. A gene down is subtracted, whatever
        sign its weight has.
    """

    genes: tuple[str, ...]
    columns: NDArray[np.intp]
    up: NDArray[np.bool_]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, signature: Signature, match: Match) -> Members:
        """Those of a signature whose genes, up then down, were matched."""
        found = match.columns >= 0
        genes = tuple(gene for gene, there in zip(match.wanted, found, strict=True) if there)
        up = (np.arange(found.size) < len(signature.up))[found]
        weights = np.array([(signature.weights or {}).get(gene, 1.0) for gene in genes])
        return cls(genes, match.columns[found], up, np.where(up, weights, np.abs(weights)))

    def only(self, places: NDArray[np.intp]) -> Members:
        """Some of them, by their places in ascending order."""
        genes = tuple(self.genes[place] for place in places)
        return Members(genes, self.columns[places], self.up[places], self.weights[places])


def sets_of(members: Sequence[Members], n_genes: int) -> IndexedSets:
    """One set each, over a matrix of so many genes."""
    return IndexedSets.build(
        [one.columns[one.up] for one in members],
        n_genes,
        down=[one.columns[~one.up] for one in members],
        weights=[one.weights for one in members],
    )


def random_sets(
    members: Members, mean: NDArray[np.float64], null: Null, *, names: Sequence[str] | None = None
) -> IndexedSets:
    """Random sets like a signature: as many genes up and down, of the same mean expression, with
    its weights.

    Parameters
    ----------
    members
        Genes of the signature.
    mean
        Shape (n_genes,): mean expression.
    null
        How many, and the seed.
    names
        Names of the genes; they decide between equal means.
    """
    whole = sets_of([members], mean.size)
    draws = Draws.build(mean, whole, null, names=names)
    parts = [list(draws.columns(part)) for part in range(whole.n_parts)]
    none: list[NDArray[np.intp]] = [np.empty(0, np.intp)] * draws.n
    up = parts[0] if whole.sign[0] == 1 else none
    down = parts[-1] if whole.sign[-1] == -1 else none
    return IndexedSets.build(up, mean.size, down=down, weights=[members.weights] * draws.n)


def rescored(
    expression: Expression, sets: IndexedSets, method: str, *, n_jobs: int
) -> NDArray[np.float64]:
    """Scores of indexed sets, shape (n_obs, n_sets), on the scale that the method wants."""
    wants_log2 = get_method(method).family == "value"
    values = expression.log2() if wants_log2 else expression.values
    return score_sets(values, sets, method=method, n_jobs=n_jobs)


# Genes at the floor in a whole cohort, or in one batch of it: a fault of measurement until shown
# otherwise.

_AT_LEAST = 3
_ELSEWHERE = 0.5


def at_floor(expression: Expression, match: Match) -> NDArray[np.bool_]:
    """Where a measured gene has the smallest value of its sample, shape (n_obs, n_measured)."""
    stored = columns_of(
        expression.values, match.columns[match.columns >= 0], rows=slice(0, expression.n_obs)
    )
    return np.asarray(stored <= expression.floor()[:, None] + 1e-9)


def floor_everywhere(expression: Expression, match: Match) -> NDArray[np.bool_]:
    """Genes at the floor in every sample, or without any variation over three samples or more,
    shape (n_measured,).
    """
    low = at_floor(expression, match).all(axis=0)
    if expression.n_obs >= _AT_LEAST:
        stored = columns_of(
            expression.values, match.columns[match.columns >= 0], rows=slice(0, expression.n_obs)
        )
        if stored.size:
            low |= np.ptp(stored, axis=0) <= 1e-12
    return np.asarray(low)


def batch_columns(table: pd.DataFrame | None, batch: str | None, *, patient: str) -> list[str]:
    """Columns that may be a batch: the one the user names, or all that divide the samples into
    groups of three or more.

    Raises
    ------
    SamplesError
        E903 when the column named is not there.
    """
    if table is None:
        return []
    if batch is not None:
        if batch not in table.columns:
            columns = ", ".join(map(str, table.columns))
            message = (
                f"The samples table has no column {batch!r} for the batch; its columns are:"
                f" {columns}."
            )
            raise SamplesError(message, code="E903")
        return [batch]
    found = []
    for name in table.columns:
        sizes = pd.Series(_levels(table[name])).value_counts()
        if name != patient and 2 <= len(sizes) <= len(table) / _AT_LEAST:
            found.append(name)
    return found


def _levels(column: pd.Series) -> NDArray[np.object_]:
    # pandas 3 keeps gaps as gaps when it makes text; here a gap is a batch like any other
    return np.array([str(value) for value in column], dtype=object)


def batch_floors(
    low: NDArray[np.bool_], table: pd.DataFrame, columns: list[str]
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Batches in which genes are at the floor though they are not elsewhere."""
    for column in columns:
        values = _levels(table[column])
        for level in dict.fromkeys(values):
            inside = values == level
            if inside.sum() < _AT_LEAST or inside.all():
                continue
            genes = low[inside].all(axis=0) & (low[~inside].mean(axis=0) < _ELSEWHERE)
            if genes.any():
                yield f"{column} = {level}", inside, genes


# Genes below the noise of the assay in so much of a batch or cohort that loss cannot be told from
# a fault of measurement.

DETECTED = 1.0  # log2(x + 1): one TPM or CPM
SILENT_FRACTION, SILENT_MIN = 0.25, 3  # ours
_MILLION = 1.1e6


_BATCH_WORDS = ("batch", "plate", "run", "lane", "flowcell", "sequenc", "pipeline")


def silent_genes(
    log2: NDArray[np.float64],
    table: pd.DataFrame | None,
    columns: Sequence[str],
    *,
    batch: str | None = None,
) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_], str]]:
    """Where genes say nothing: samples, genes and the words "of …" for a batch or for the cohort
    outside such batches. A column that is no batch by its name or by the user's word (it may be the
    response) makes genes silent only where they are so in the whole group.
    """
    low = log2 < DETECTED
    found = []
    rest = np.ones(low.shape, dtype=bool)
    for column in columns:
        if table is None:
            break
        levels = _levels(table[column])
        for level in dict.fromkeys(levels):
            inside = levels == level
            if inside.all():
                continue
            mine = low[inside]
            is_batch = column == batch or any(w in str(column).lower() for w in _BATCH_WORDS)
            whole = mine.all(axis=0) & (len(mine) >= SILENT_MIN)
            genes = (_silent(mine) if is_batch else whole) & ~_silent(low[~inside])
            if genes.any():
                rest[np.ix_(inside, genes)] = False
                found.append((inside, genes, f"of {column} {level}"))
    for gene in range(low.shape[1]):
        rows = rest[:, gene]
        if rows.any() and _silent(low[rows][:, [gene]])[0]:
            here = np.zeros(low.shape[1], dtype=bool)
            here[gene] = True
            found.append((rows, here, "of the cohort"))
    return found


def _silent(low: NDArray[np.bool_]) -> NDArray[np.bool_]:
    n = low.sum(axis=0)
    return np.asarray((n >= SILENT_MIN) & (n >= SILENT_FRACTION * max(len(low), 1)))


MIN_COVERAGE = 0.5


@dataclass(frozen=True)
class Rows:
    """Observations asked about, and for each its baseline observation (−1 where there is none)."""

    index: NDArray[np.intp]
    baseline: NDArray[np.intp]

    @property
    def paired(self) -> NDArray[np.bool_]:
        """Where there is a baseline."""
        return self.baseline >= 0

    @staticmethod
    def alone(index: NDArray[np.intp]) -> Rows:
        """Observations without a baseline."""
        return Rows(index, np.full(len(index), -1, dtype=np.intp))


@dataclass(frozen=True)
class Panel:
    """The matrix seen through the signatures of a scheme.

    `members` are the genes of each signature that the matrix has, `log2` their values, (n_obs,
    n_found).
    """

    expression: Expression
    matches: Mapping[str, Match]
    members: Mapping[str, Members]
    log2: Mapping[str, NDArray[np.float64]]
    floor: Mapping[str, tuple[str, ...]]

    @cached_property
    def absolute(self) -> bool:
        """Whether one TPM or CPM means something in these values: sums of the linear values of a
        sample are those of counts, CPM or TPM.
        """
        expression = self.expression
        if expression.unit in ("counts", "cpm", "tpm"):
            return True
        if expression.unit not in ("log2", "log2_small_offset", "ln"):
            return False
        some = expression.select(expression.samples[:20]).log2()
        return bool(np.median(np.sum(2.0**some - 1.0, axis=1)) <= _MILLION)

    def coverage(self, signature: str) -> float:
        """Share of the signature's genes that the matrix has."""
        columns = self.matches[signature].columns
        return float(np.mean(columns >= 0)) if len(columns) else 0.0

    def measured(self, signature: str) -> list[str]:
        """Genes of the signature that the matrix has, in the signature's order."""
        match = self.matches[signature]
        return [
            gene for gene, column in zip(match.wanted, match.columns, strict=True) if column >= 0
        ]

    def absent(self, signature: str) -> list[str]:
        """Genes of the signature that the matrix lacks."""
        match = self.matches[signature]
        return [
            gene for gene, column in zip(match.wanted, match.columns, strict=True) if column < 0
        ]


def build_panel(expression: Expression, scheme: Scheme, library: Library) -> Panel:
    """Match the scheme's signatures and read their genes."""
    matches = {name: expression.index.match(library[name].genes) for name in scheme.signatures}
    members = {name: Members.of(library[name], match) for name, match in matches.items()}
    log2 = {name: expression.log2(one.columns) for name, one in members.items()}
    floor = {name: _floor_genes(expression, match) for name, match in matches.items()}
    return Panel(expression, matches, members, log2, floor)


def _floor_genes(expression: Expression, match: Match) -> tuple[str, ...]:
    present = [
        gene for gene, column in zip(match.wanted, match.columns, strict=True) if column >= 0
    ]
    low = floor_everywhere(expression, match)
    return tuple(gene for gene, at_floor in zip(present, low, strict=True) if at_floor)


@dataclass(frozen=True, eq=False)
class Comparability:
    """Which samples may be compared with a frozen reference, each of shape (n_obs,): measured
    like it and alike in tissue, stated by the user to be made like it, why not, and the two figures
    of the check (NaN where it could not be made).
    """

    reference: str
    alike: NDArray[np.bool_]
    stated: NDArray[np.bool_]
    reason: NDArray[np.object_]
    distance: NDArray[np.float64]
    likeness: NDArray[np.float64]

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Both are needed: alike, and stated."""
        return self.alike & self.stated


@dataclass
class Context:
    """Everything a quantity may look at. `done` grows as quantities are measured, for all
    observations or for rows.
    """

    scheme: Scheme
    library: Library
    panel: Panel
    table: pd.DataFrame | None = None
    reference: Reference | None = None
    basic: dict[str, Column] = field(default_factory=dict)
    nulls: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    n_jobs: int = -1
    reference_rows: NDArray[np.intp] | None = None
    batches: tuple[str, ...] = ()
    batch: str | None = None
    compared: Comparability | None = None

    @property
    def n_obs(self) -> int:
        """Number of observations in the matrix."""
        return self.panel.expression.n_obs

    @property
    def reference_rows_or_all(self) -> NDArray[np.intp]:
        """Rows of the matrix that are the reference, where the cohort itself is."""
        return np.arange(self.n_obs) if self.reference_rows is None else self.reference_rows

    def usual_log2(self, signature: str) -> NDArray[np.float64]:
        """Mean log2 expression of the measured genes of a signature in the reference, shape
        (n_measured,).
        """
        genes = self.panel.measured(signature)
        if (
            self.reference is not None
            and not self.reference.is_own
            and signature in self.reference.genes_of
        ):
            figures = self.reference.genes_of[signature]
            known = dict(zip(figures.genes, figures.log2, strict=True))
            if all(gene in known for gene in genes):
                return np.array([known[gene] for gene in genes])
        usual: NDArray[np.float64] = self.panel.log2[signature][self.reference_rows_or_all].mean(
            axis=0
        )
        return usual

    @cached_property
    def mean_expression(self) -> NDArray[np.float64]:
        """Mean log2 expression of every gene over the reference samples of the cohort, shape
        (n_genes,).
        """
        expression = self.panel.expression
        rows = self.reference_rows_or_all
        total: NDArray[np.float64] = expression.log2()[rows].mean(axis=0)
        return total


# The usual tumour of a reference, gene by gene, for the genes of the scheme's signatures.

_WEIGHT = 0.25


def gene_figures(panel: Panel, rows: NDArray[np.intp]) -> dict[str, GeneFigures]:
    """Mean log2 expression and mean rank (between 0 and 1) of each signature gene over reference
    rows.
    """
    expression = panel.expression
    found = {name: match.columns[match.columns >= 0] for name, match in panel.matches.items()}
    wanted = np.unique(np.concatenate([*found.values(), np.empty(0, dtype=np.intp)]))
    ranks = np.zeros(len(wanted))
    for row in rows:
        values = dense_rows(expression.values, int(row), int(row) + 1)
        ranks += doubled_ranks(DenseRows(values))[0, wanted] / 2 / expression.n_genes
        if np.isnan(values).any():
            ranks[:] = np.nan
    place = {int(column): k for k, column in enumerate(wanted)}
    figures = {}
    for name, columns in found.items():
        mean_rank = np.array([ranks[place[int(c)]] for c in columns]) / max(len(rows), 1)
        figures[name] = GeneFigures(
            tuple(panel.measured(name)), panel.log2[name][rows].mean(axis=0), mean_rank
        )
    return figures


def es_of_profile(ranks: NDArray[np.float64]) -> float:
    """ES/N of a set whose genes have these ranks between 0 and 1, in a universe much larger than
    the set.
    """
    weights = ranks**_WEIGHT
    return float(np.sum(weights * ranks) / np.sum(weights)) - 0.5


def mean_of_profile(ranks: NDArray[np.float64]) -> float:
    """The score of singscore for the same."""
    return float(np.mean(ranks)) - 0.5


PROFILES: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "ssgsea": es_of_profile,
    "singscore": mean_of_profile,
}


def leave_out_shift(
    context: Context, signature: str, kept: list[NDArray[np.intp]], *, method: str
) -> NDArray[np.float64] | float:
    """How far the score of the usual tumour moves in each repeat, shape (n_repeats,); 0 for an own
    cohort.

    Known for the methods whose score of a profile of ranks has a form of its own (`PROFILES`); 0
    for others.
    """
    reference, score = context.reference, PROFILES.get(method)
    if (
        reference is None
        or score is None
        or reference.is_own
        or signature not in reference.genes_of
    ):
        return 0.0
    figures = reference.genes_of[signature]
    known = dict(zip(figures.genes, figures.rank, strict=True))
    measured = context.panel.measured(signature)
    if any(gene not in known for gene in measured):
        return 0.0
    ranks = np.array([known[gene] for gene in measured])
    up = context.panel.members[signature].up

    def _up_minus_down(places: NDArray[np.intp]) -> float:
        sides = [ranks[places[up[places]]], ranks[places[~up[places]]]]
        return sum(
            sign * score(side) for sign, side in zip((1, -1), sides, strict=True) if side.size
        )

    whole = _up_minus_down(np.arange(ranks.size))
    return np.array([_up_minus_down(places) - whole for places in kept])
