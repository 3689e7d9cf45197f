"""What can be wrong with a matrix: names that repeat, values that are missing or infinite, genes on
the wrong side.

Each check looks at one thing and either raises with the first places named, or returns sentences
for the report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from operator import ne
from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError, ExpressionWarning, GeneNameWarning, warn
from resistype.expression.store import Matrix, SampleNames, columns_of, is_scipy
from resistype.expression.units import Figures, Places, ReadOptions, Unit, find
from resistype.genes import id_type, resolve
from resistype.genes.names import survey
from resistype.text import listed, plural

KINDS = {
    "symbol": "gene symbols",
    "ensembl": "Ensembl ids",
    "mouse_ensembl": "mouse Ensembl ids",
    "ncbi": "NCBI gene ids",
    "mouse_symbol": "mouse symbols",
    "lower_case": "gene symbols in lower case",
    "excel": "converted to dates by a spreadsheet",
    "unknown": "of no kind known here",
}


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


def clean_genes(genes: Sequence[str], options: ReadOptions) -> tuple[tuple[str, ...], list[str]]:
    """Gene names without spaces and Ensembl versions, upper case where asked for; and what was
    changed.
    """
    cleaned = survey(genes).cleaned
    notes = []
    if cleaned != tuple(genes):
        n = sum(map(ne, genes, cleaned))
        changed = listed(
            f"{old!r} → {new}" for old, new in zip(genes, cleaned, strict=True) if old != new
        )
        many = plural(n, "gene name was", "gene names were")
        notes.append(f"{many} cleaned of spaces or Ensembl versions ({changed}).")
    if "" in cleaned:
        number = count(1)
        cleaned = tuple(name or f"unnamed_{next(number)}" for name in cleaned)
        many = plural(next(number) - 1, "gene has", "genes have")
        notes.append(
            f"{many} no name and are kept as unnamed_1, …: they count in ranks and library sizes"
            " only."
        )
    if options.case == "fold":
        folded = tuple(name.upper() for name in cleaned)
        n = sum(old != new for old, new in zip(cleaned, folded, strict=True))
        notes.append(
            f"case='fold': {plural(n, 'gene name was', 'gene names were')} turned into upper case."
        )
        cleaned = folded
    return cleaned, notes


def gene_notes(genes: Sequence[str]) -> list[str]:
    """What the gene names are; warns of damaged and of lower-case names."""
    seen = survey(genes)
    found = seen.ids
    examples = ", ".join(found.examples)
    notes = [f"{found.n:,} of {found.total:,} gene names are {KINDS[found.kind]} ({examples})."]
    if found.kind == "lower_case":
        message = (
            f"{notes[0]} Symbols are compared as written, so none will match; pass case='fold'."
        )
        warn(message, GeneNameWarning, code="W902")
    dates = seen.dates if found.kind != "ncbi" else {}
    if dates:
        many = plural(
            len(dates), "gene name looks like an Excel date", "gene names look like Excel dates"
        )
        which = listed(f"{name!r} ({_either(symbols)})" for name, symbols in dates.items())
        notes.append(f"{many}: {which}. They were not matched.")
        warn(notes[-1], GeneNameWarning, code="W901")
    return notes


def _either(symbols: Sequence[str]) -> str:
    return " or ".join(symbols) + ("?" if len(symbols) > 1 else "")


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
            "large ones. Correct them, or say what they are with unit=."
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
        return [f'{where} stay missing: each sample is ranked over its present genes (nan="drop").']
    message = (
        f'{where} (first: {names.at(found)}). nan="error" is the default; '
        'nan="drop" ranks each sample over its present genes; do not fill with 0.'
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


COMPARED = 2_000  # rows looked at to say whether values differ


def merge_duplicates(
    values: Any, genes: tuple[str, ...], *, unit: Unit, options: ReadOptions
) -> tuple[Any, tuple[str, ...], list[str]]:
    """Matrix, genes and notes with each gene once."""
    if len(set(genes)) == len(genes):
        return values, genes, []
    places = defaultdict(list)
    for column, name in enumerate(genes):
        places[name].append(column)
    repeated = {name: np.array(columns) for name, columns in places.items() if len(columns) > 1}
    words = listed(f"{name} x{len(columns)}" for name, columns in repeated.items())
    if options.duplicates == "error":
        raise _refusal(values, repeated, words)
    if options.duplicates == "sum" and unit not in {"counts", "tpm", "cpm"}:
        message = (
            f"duplicates='sum' adds linear values, but the unit is '{unit}'. Choose 'mean', 'max'"
            " or 'first'."
        )
        raise ExpressionError(message, code="E802")
    spots = {name: place for place, name in enumerate(places)}
    first = np.array([columns[0] for columns in places.values()], dtype=np.intp)
    merged = {
        spots[name]: _merge(values, columns, options.duplicates)
        for name, columns in repeated.items()
    }
    many = plural(len(repeated), "gene name", "gene names")
    note = (
        f"{many} occurred more than once ({words}); duplicates='{options.duplicates}' was applied."
    )
    return _put(values, first, merged), tuple(places), [note]


def _merge(values: Any, columns: NDArray[np.intp], how: str) -> NDArray[Any]:
    part = columns_of(values, columns, rows=slice(0, values.shape[0]))
    total = part[:, 0].copy()
    if how == "first":
        return total
    for place in range(1, columns.size):
        total = np.maximum(total, part[:, place]) if how == "max" else total + part[:, place]
    return total / columns.size if how == "mean" else total


def _put(values: Any, first: NDArray[np.intp], merged: dict[int, NDArray[Any]]) -> Any:
    """The first column of each gene, the merged ones in their places."""
    spots = np.array(sorted(merged), dtype=np.intp)
    block = np.column_stack([merged[spot] for spot in spots]).astype(values.dtype)
    if not is_scipy(values):
        out = np.asarray(values)[:, first]
        out[:, spots] = block
        return np.ascontiguousarray(out)
    rest = np.setdiff1d(np.arange(first.size), spots)
    dense_part: Any = sp.csr_matrix(block)
    joined: Any = sp.hstack([values[:, first[rest]], dense_part], format="csr")
    order = np.empty(first.size, dtype=np.intp)
    order[np.concatenate([rest, spots])] = np.arange(first.size)
    out = joined[:, order].tocsr()
    out.sort_indices()
    return out


def _refusal(values: Any, repeated: dict[str, NDArray[np.intp]], words: str) -> ExpressionError:
    rows, differ = slice(0, min(COMPARED, values.shape[0])), 0
    for columns in repeated.values():
        part = columns_of(values, columns, rows=rows)
        differ += not np.array_equal(
            part, np.repeat(part[:, :1], columns.size, axis=1), equal_nan=True
        )
    many = plural(len(repeated), "gene name occurs", "gene names occur")
    how = f"values differ in {differ} of them" if differ else "their values are the same"
    message = (
        f'{many} more than once ({words}); {how}. Choose duplicates="sum" (counts), "mean" or'
        ' "max".'
    )
    return ExpressionError(message, code="E801")


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
    row_side, column_side = look_at(rows), look_at(columns)
    words = f"{row_side.sentence('row')}, {column_side.sentence('column')}"
    if _holds_genes(row_side, column_side):
        return "rows", words
    if _holds_genes(column_side, row_side):
        return "columns", words
    return "unclear", words


def transposed(samples: Sequence[str], genes: Sequence[str], remedy: str) -> ExpressionError | None:
    """The error of a matrix in memory that has its genes in rows; None when nothing speaks for
    that.
    """
    if look_at(samples).share < ENOUGH:  # genes are then in no case in rows, and need no look
        return None
    where, words = sides(samples, genes)
    if where != "rows":
        return None
    message = f"Genes seem to be in rows: {words}. resistype wants samples x genes; {remedy}."
    return ExpressionError(message, code="E701")
