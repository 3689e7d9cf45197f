"""What can be wrong with a matrix: names that repeat, values that are missing or infinite, genes on
the wrong side.

Each check looks at one thing and either raises with the first places named, or returns sentences
for the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from resistype.errors import ExpressionError, ExpressionWarning, warn
from resistype.expression.figures import Figures, Places, find
from resistype.expression.gene_rows import symbols_in
from resistype.expression.store import Matrix, SampleNames
from resistype.expression.units import ReadOptions
from resistype.genes import id_type, resolve
from resistype.text import listed, option, plural


class Names(NamedTuple):
    """Names of the two sides of a matrix."""

    genes: Sequence[str]
    samples: Sequence[str]

    def at(self, found: Places) -> str:
        """The first places in words."""
        return listed(
            f"{self.genes[column]} in '{self.samples[row]}'" for row, column in found.first
        )


def not_empty(n_obs: int, n_genes: int, source: str) -> None:
    """Refuse a matrix without samples or without genes."""
    if n_obs and n_genes:
        return
    message = (
        f"{source} has {n_obs:,} rows and {n_genes:,} columns of values. A matrix needs at least"
        " one of each."
    )
    raise ExpressionError(message, code="E301")


def check_samples(samples: Sequence[str]) -> None:
    """Refuse sample names that repeat or are blank."""
    if isinstance(samples, SampleNames) and samples.sound():
        return
    repeated = [f"{name} x{n}" for name, n in Counter(samples).items() if n > 1 and name]
    if repeated:
        many = plural(len(repeated), "sample name occurs", "sample names occur")
        message = (
            f"{many} more than once ({listed(repeated)}). "
            "Samples are joined by name, so each needs its own; rename or remove them."
        )
        raise ExpressionError(message, code="E803")
    blank = [row for row, name in enumerate(samples, start=1) if not name]
    if blank:
        message = (
            f"{plural(len(blank), 'sample has', 'samples have')} no name (number {listed(blank)})."
            " Name each sample."
        )
        raise ExpressionError(message, code="E804")


def check_values(values: Matrix, names: Names, *, seen: Figures, options: ReadOptions) -> list[str]:
    """Refuse infinite values, missing ones unless ``nan="drop"``, and negative ones beside large
    linear ones.
    """
    if seen.bad:
        _check_infinite(values, names)
        return _check_missing(values, names, options)
    if seen.low < 0 and seen.high > 100 and options.unit is None:
        found = find(values, lambda data: data < 0)
        message = (
            f"Values reach {seen.high:,.0f} but {plural(found.n, 'is', 'are')} negative "
            f"(first: {names.at(found)}). Counts and TPM have no negative values, and logs no such "
            f"large ones. Correct them, or say what they are with {option('values')}."
        )
        raise ExpressionError(message, code="E403")
    return []


def _check_infinite(values: Matrix, names: Names) -> None:
    found = find(values, np.isinf)
    if found.n:
        message = (
            f"{plural(found.n, 'infinite value', 'infinite values')} (first: {names.at(found)}). "
            "log2(0) gives them: add an offset before taking logs, or correct the values."
        )
        raise ExpressionError(message, code="E502")


def _check_missing(values: Matrix, names: Names, options: ReadOptions) -> list[str]:
    found = find(values, np.isnan)
    where = (
        f"{plural(found.n, 'missing value', 'missing values')} in"
        f" {plural(found.n_genes, 'gene', 'genes')} x {plural(found.n_obs, 'sample', 'samples')}"
    )
    if options.nan == "drop":
        said = option("nan", "drop")
        return [f"{where} stay missing: each sample is ranked over its present genes ({said})."]
    message = (
        f"{where} (first: {names.at(found)}). {option('nan', 'error')} is the default;"
        f" {option('nan', 'drop')} ranks each sample over its present genes; do not fill with 0."
    )
    raise ExpressionError(message, code="E501")


def check_flat(samples: Sequence[str], seen: Figures, looked_at: int) -> list[str]:
    """Refuse a matrix in which no sample varies; warn of single samples that do not, as all-zero
    ones.
    """
    if not seen.flat:
        return []
    if len(seen.flat) == looked_at and seen.low == seen.high:
        message = (
            f"Every value of the matrix is {seen.low:g}. There is nothing to score; check how it"
            " was exported."
        )
        raise ExpressionError(message, code="E504")
    names = listed(samples[row] for row in seen.flat)
    many = plural(len(seen.flat), "sample has", "samples have")
    message = (
        f"{many} one and the same value in all genes ({names}). Their scores mean nothing; leave"
        " them out."
    )
    warn(message, ExpressionWarning, code="W401")
    return [message]


MOST = 2_000
ENOUGH = 0.2
WORDS = {
    "symbol": "approved gene symbols",
    "ensembl": "Ensembl ids",
    "mouse_ensembl": "mouse Ensembl ids",
    "ncbi": "NCBI gene ids",
    "mouse_symbol": "mouse gene symbols",
    "lower_case": "gene symbols in lower case",
    "unknown": "known genes",
}
STATUS = {"approved": "symbol", "ensembl": "ensembl"}
BY_SHAPE = {"ensembl", "mouse_symbol", "mouse_ensembl"}
MANY_NUMBERS = 100


@dataclass(frozen=True)
class Side:
    """Names of one side of a table: how many look like genes, and like which kind."""

    kind: str
    known: int
    looked_at: int
    total: int

    @property
    def share(self) -> float:
        """Share of the names looked at that are genes."""
        return self.known / self.looked_at if self.looked_at else 0.0

    def sentence(self, where: str) -> str:
        """Counts in words, for example ``1,873 of 2,000 row names are gene symbols``."""
        if self.looked_at == self.total:
            return f"{self.known:,} of {self.total:,} {where} names are {WORDS[self.kind]}"
        return (
            f"{self.known:,} of {self.looked_at:,} {where} names (picked from {self.total:,}) are"
            f" {WORDS[self.kind]}"
        )


def look_at(names: Sequence[str]) -> Side:
    """Count the gene names among `names`; bare numbers count only where a hundred of them can be
    NCBI ids.
    """
    step = max(1, -(-len(names) // MOST))
    spread = list(names[::step])
    known = Counter(STATUS[one.status] for one in resolve(spread) if one.status in STATUS)
    other = id_type(
        [name for name in spread if len(name) > 1 or name.isdigit()]
    )  # mice have genes named a and T
    if other.kind == "lower_case":
        known["lower_case"] = sum(
            one.status == "approved" for one in resolve([name.upper() for name in spread])
        )
    elif other.kind in BY_SHAPE or (other.kind == "ncbi" and other.n >= MANY_NUMBERS):
        known[other.kind] = other.n
    kind, n = known.most_common(1)[0] if known else ("unknown", 0)
    return Side(kind if n else "unknown", n, len(spread), len(names))


def _holds_genes(side: Side, other: Side) -> bool:
    if other.kind == "ncbi" and side.kind != "ncbi":
        return side.share >= ENOUGH
    return side.share >= ENOUGH and other.share <= side.share / 2


def sides(
    rows: Sequence[str], columns: Sequence[str]
) -> tuple[Literal["rows", "columns", "unclear"], str]:
    """Where the genes of a table are, and the counts that say so, in words."""
    row_side, column_side = (look_at(symbols_in(tuple(names))[0]) for names in (rows, columns))
    words = f"{row_side.sentence('row')}, {column_side.sentence('column')}"
    if _holds_genes(row_side, column_side):
        return "rows", words
    if _holds_genes(column_side, row_side):
        return "columns", words
    return "unclear", words


def transposed(samples: Sequence[str], genes: Sequence[str]) -> ExpressionError | None:
    """The error of a matrix in memory that has its genes in rows; None when nothing speaks for
    that.
    """
    if look_at(samples).share < ENOUGH:  # genes are then in no case in rows, and need no look
        return None
    where, words = sides(samples, genes)
    if where != "rows":
        return None
    message = (
        f"Genes seem to be in rows: {words}. resistype wants samples x genes; pass"
        f" {option('orientation', 'genes_x_samples')}."
    )
    return ExpressionError(message, code="E701")
