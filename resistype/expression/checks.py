"""What can be wrong with a matrix: names that repeat, values that are missing, infinite or text, nothing in it.

Each check looks at one thing and either raises with the first places named, or returns sentences for the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resistype.errors import ExpressionError, ExpressionWarning, GeneNameWarning, warn
from resistype.expression.figures import Figures, Places, find
from resistype.expression.names import SampleNames
from resistype.expression.options import ReadOptions
from resistype.expression.store import Matrix
from resistype.genes import clean, excel_dates, id_type
from resistype.text import listed, plural

__all__ = [
    "Names",
    "check_flat",
    "check_samples",
    "check_values",
    "clean_genes",
    "gene_notes",
    "not_empty",
]

KINDS = {
    "symbol": "gene symbols",
    "ensembl": "Ensembl ids",
    "mouse_ensembl": "mouse Ensembl ids",
    "ncbi": "NCBI gene ids",
    "mouse_symbol": "mouse symbols",
    "lower_case": "gene symbols in lower case",
    "excel": "damaged by a spreadsheet",
    "unknown": "of no kind known here",
}


class Names(NamedTuple):
    """Names of the two sides of a matrix."""

    genes: Sequence[str]
    samples: Sequence[str]

    def at(self, found: Places) -> str:
        """The first places in words."""
        return listed(f"{self.genes[column]} in '{self.samples[row]}'" for row, column in found.first)


def not_empty(n_obs: int, n_genes: int, source: str) -> None:
    """Refuse a matrix without samples or without genes."""
    if n_obs and n_genes:
        return
    message = f"{source} has {n_obs:,} rows and {n_genes:,} columns of values. A matrix needs at least one of each."
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
            f"{plural(len(blank), 'sample has', 'samples have')} no name (number {listed(blank)}). Name each sample."
        )
        raise ExpressionError(message, code="E804")


def clean_genes(genes: Sequence[str], options: ReadOptions) -> tuple[tuple[str, ...], list[str]]:
    """Gene names without spaces and Ensembl versions, upper case where asked for; and what was changed."""
    cleaned = [clean(name) for name in genes]
    notes = []
    changed = [f"{old!r} → {new}" for old, new in zip(genes, cleaned, strict=True) if old != new]
    if changed:
        many = plural(len(changed), "gene name was", "gene names were")
        notes.append(f"{many} cleaned of spaces or Ensembl versions ({listed(changed)}).")
    blank = [place for place, name in enumerate(cleaned) if not name]
    if blank:
        for number, place in enumerate(blank, start=1):
            cleaned[place] = f"unnamed_{number}"
        many = plural(len(blank), "gene has", "genes have")
        notes.append(f"{many} no name and are kept as unnamed_1, …: they count in ranks and library sizes only.")
    if options.case == "fold":
        folded = [name.upper() for name in cleaned]
        n = sum(old != new for old, new in zip(cleaned, folded, strict=True))
        notes.append(f"case='fold': {plural(n, 'gene name was', 'gene names were')} turned into upper case.")
        cleaned = folded
    return tuple(cleaned), notes


def gene_notes(genes: Sequence[str]) -> list[str]:
    """What the gene names are; warns of damaged and of lower-case names."""
    found = id_type(genes)
    examples = ", ".join(found.examples)
    notes = [f"{found.n:,} of {found.total:,} gene names are {KINDS[found.kind]} ({examples})."]
    if found.kind == "lower_case":
        message = f"{notes[0]} Symbols are compared as written, so none will match; pass case='fold'."
        warn(message, GeneNameWarning, code="W902")
    dates = excel_dates(genes) if found.kind != "ncbi" else {}
    if dates:
        many = plural(len(dates), "gene name looks like an Excel date", "gene names look like Excel dates")
        which = listed(f"{name!r} ({_either(symbols)})" for name, symbols in dates.items())
        notes.append(f"{many}: {which}. They were not matched.")
        warn(notes[-1], GeneNameWarning, code="W901")
    return notes


def _either(symbols: Sequence[str]) -> str:
    return " or ".join(symbols) + ("?" if len(symbols) > 1 else "")


def check_values(values: Matrix, names: Names, *, seen: Figures, options: ReadOptions) -> list[str]:
    """Refuse infinite values, missing ones unless ``nan="drop"``, and negative ones beside large linear ones."""
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
        f"{plural(found.n, 'missing value', 'missing values')} in {plural(found.n_genes, 'gene', 'genes')} x "
        f"{plural(found.n_obs, 'sample', 'samples')}"
    )
    if options.nan == "drop":
        return [f'{where} stay missing: each sample is ranked over its present genes (nan="drop").']
    message = (
        f'{where} (first: {names.at(found)}). nan="error" is the default; '
        'nan="drop" ranks each sample over its present genes; do not fill with 0.'
    )
    raise ExpressionError(message, code="E501")


def check_flat(samples: Sequence[str], seen: Figures, looked_at: int) -> list[str]:
    """Refuse a matrix in which no sample varies; warn of single samples that do not, as all-zero ones."""
    if not seen.flat:
        return []
    if len(seen.flat) == looked_at and seen.low == seen.high:
        message = f"Every value of the matrix is {seen.low:g}. There is nothing to score; check how it was exported."
        raise ExpressionError(message, code="E504")
    names = listed(samples[row] for row in seen.flat)
    many = plural(len(seen.flat), "sample has", "samples have")
    message = f"{many} one and the same value in all genes ({names}). Their scores mean nothing; leave them out."
    warn(message, ExpressionWarning, code="W401")
    return [message]
