"""What the quantities of a scheme are measured on: the matrix, the pairs, the reference, and what is done already.

A `Panel` is the matrix seen through the scheme's signatures: matched genes, their log2 expression, genes at the
floor. It is computed once. A `Rows` says which observations are asked about and which earlier biopsy belongs to each;
the base rates ask about the reference with other rows than the calls do, through the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.expression import Expression
from resistype.genes import Match
from resistype.library import Library
from resistype.scheme.floors import floor_everywhere
from resistype.scheme.reference import Reference
from resistype.scheme.rescore import Members
from resistype.scheme.scheme import Scheme

__all__ = ["MIN_COVERAGE", "Column", "Context", "Panel", "Rows", "build_panel"]

MIN_COVERAGE = 0.5


@dataclass(frozen=True)
class Column:
    """Values of one quantity, shape (n_rows,), and why they are missing or what must be told with them."""

    values: NDArray[np.float64]
    why: NDArray[np.object_]

    @staticmethod
    def of(values: NDArray[np.float64], why: str = "") -> Column:
        """One reason for every missing value, no word for the others."""
        values = np.asarray(values, dtype=np.float64)
        return Column(values, np.where(np.isnan(values), why, "").astype(object))

    @staticmethod
    def missing(n: int, why: str) -> Column:
        """No value for anybody, for one reason."""
        return Column.of(np.full(n, np.nan), why)

    def take(self, rows: NDArray[np.intp]) -> Column:
        """The same quantity for other rows."""
        return Column(self.values[rows], self.why[rows])


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

    `members` are the genes of each signature that the matrix has, `log2` their values, (n_obs, n_found).
    """

    expression: Expression
    matches: Mapping[str, Match]
    members: Mapping[str, Members]
    log2: Mapping[str, NDArray[np.float64]]
    floor: Mapping[str, tuple[str, ...]]

    def coverage(self, signature: str) -> float:
        """Share of the signature's genes that the matrix has."""
        columns = self.matches[signature].columns
        return float(np.mean(columns >= 0)) if len(columns) else 0.0

    def measured(self, signature: str) -> list[str]:
        """Genes of the signature that the matrix has, in the signature's order."""
        match = self.matches[signature]
        return [gene for gene, column in zip(match.wanted, match.columns, strict=True) if column >= 0]

    def absent(self, signature: str) -> list[str]:
        """Genes of the signature that the matrix lacks."""
        match = self.matches[signature]
        return [gene for gene, column in zip(match.wanted, match.columns, strict=True) if column < 0]


def build_panel(expression: Expression, scheme: Scheme, library: Library) -> Panel:
    """Match the scheme's signatures and read their genes.

    Parameters
    ----------
    expression
        Matrix of shape (n_obs, n_genes).
    scheme, library
        The scheme and the signatures that it names.
    """
    matches = {name: expression.index.match(library[name].genes) for name in scheme.signatures}
    members = {name: Members.of(library[name], match) for name, match in matches.items()}
    log2 = {name: expression.log2(one.columns) for name, one in members.items()}
    floor = {name: _floor_genes(expression, match) for name, match in matches.items()}
    return Panel(expression, matches, members, log2, floor)


def _floor_genes(expression: Expression, match: Match) -> tuple[str, ...]:
    present = [gene for gene, column in zip(match.wanted, match.columns, strict=True) if column >= 0]
    low = floor_everywhere(expression, match)
    return tuple(gene for gene, at_floor in zip(present, low, strict=True) if at_floor)


@dataclass
class Context:
    """Everything a quantity may look at. `done` grows as quantities are measured, for all observations or for rows."""

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

    @property
    def n_obs(self) -> int:
        """Number of observations in the matrix."""
        return self.panel.expression.n_obs

    @property
    def reference_rows_or_all(self) -> NDArray[np.intp]:
        """Rows of the matrix that are the reference, where the cohort itself is."""
        return np.arange(self.n_obs) if self.reference_rows is None else self.reference_rows

    def usual_log2(self, signature: str) -> NDArray[np.float64]:
        """Mean log2 expression of the measured genes of a signature in the reference, shape (n_measured,)."""
        genes = self.panel.measured(signature)
        if self.reference is not None and not self.reference.is_own and signature in self.reference.genes_of:
            figures = self.reference.genes_of[signature]
            known = dict(zip(figures.genes, figures.log2, strict=True))
            if all(gene in known for gene in genes):
                return np.array([known[gene] for gene in genes])
        usual: NDArray[np.float64] = self.panel.log2[signature][self.reference_rows_or_all].mean(axis=0)
        return usual

    @cached_property
    def mean_expression(self) -> NDArray[np.float64]:
        """Mean log2 expression of every gene over the reference samples of the cohort, shape (n_genes,)."""
        expression = self.panel.expression
        rows = self.reference_rows_or_all
        total: NDArray[np.float64] = expression.log2()[rows].mean(axis=0)
        return total
