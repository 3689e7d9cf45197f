"""What can be wrong with a matrix: names that repeat, values that are missing, infinite or text, nothing in it.

Each check looks at one thing and either raises with the first places named, or returns sentences for the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError, GeneNameWarning, warn
from resistype.expression.options import ReadOptions
from resistype.genes import clean, excel_dates, id_type

__all__ = ["check_finite", "check_samples", "clean_genes", "gene_notes", "listed", "not_empty"]

SHOWN = 5


def listed(names: Iterable[object], total: int | None = None) -> str:
    """Up to five names, and a sign that there are more."""
    some = [str(name) for name in names][: SHOWN + 1]
    more = len(some) > SHOWN or (total or 0) > len(some)
    return ", ".join(some[:SHOWN]) + (", …" if more else "")


def not_empty(n_obs: int, n_genes: int, source: str) -> None:
    """Refuse a matrix without samples or without genes."""
    if n_obs and n_genes:
        return
    message = f"{source} holds {n_obs} samples × {n_genes} genes. A matrix needs at least one of each."
    raise ExpressionError(message, code="E301")


def check_samples(samples: Sequence[str]) -> None:
    """Refuse sample names that repeat or are blank."""
    repeated = {name: n for name, n in Counter(samples).items() if n > 1}
    if repeated:
        words = listed(f"{name} x{n}" for name, n in repeated.items())
        message = (
            f"{len(repeated)} sample names occur more than once ({words}). "
            "Samples are joined by name, so each needs its own; rename or remove them."
        )
        raise ExpressionError(message, code="E803")
    blank = [row for row, name in enumerate(samples, start=1) if not name.strip()]
    if blank:
        message = f"{len(blank)} samples have no name (place {listed(blank)}). Give each sample a name."
        raise ExpressionError(message, code="E804")


def clean_genes(genes: Sequence[str], options: ReadOptions) -> tuple[tuple[str, ...], list[str]]:
    """Gene names without spaces and Ensembl versions, upper case where asked for; and what was changed."""
    cleaned = [clean(name) for name in genes]
    changed = [(old, new) for old, new in zip(genes, cleaned, strict=True) if old != new]
    notes = []
    if changed:
        words = listed((f"{old!r} → {new}" for old, new in changed), len(changed))
        notes.append(f"{len(changed):,} gene names were cleaned of spaces or Ensembl versions ({words}).")
    if options.case == "fold":
        folded = [name.upper() for name in cleaned]
        n = sum(old != new for old, new in zip(cleaned, folded, strict=True))
        notes.append(f"case='fold': {n:,} gene names were turned into upper case.")
        cleaned = folded
    return tuple(cleaned), notes


def gene_notes(genes: Sequence[str]) -> list[str]:
    """What the gene names are; warns of damaged and of lower-case names."""
    found = id_type(genes)
    notes = []
    examples = ", ".join(found.examples)
    if found.kind in {"ensembl", "mouse_ensembl", "ncbi", "mouse_symbol"}:
        words = {"ensembl": "Ensembl ids", "mouse_ensembl": "mouse Ensembl ids", "ncbi": "NCBI gene ids"}
        what = words.get(found.kind, "mouse symbols")
        notes.append(f"Gene names are {what} ({found.n:,} of {found.total:,}: {examples}).")
    if found.kind == "lower_case":
        sentence = f"Gene names are in lower case ({found.n:,} of {found.total:,}: {examples})."
        notes.append(sentence)
        warn(f"{sentence} Symbols are compared as written; pass case='fold'.", GeneNameWarning, code="W902")
    dates = excel_dates(genes) if found.kind != "ncbi" else {}
    if dates:
        several = [f"'{name}' ({' or '.join(symbols)}?)" for name, symbols in dates.items()]
        sentence = f"{len(dates)} gene names look like Excel dates: {listed(several)}. They were not matched."
        notes.append(sentence)
        warn(sentence, GeneNameWarning, code="W901")
    return notes


def check_finite(
    values: NDArray[np.generic], genes: Sequence[str], samples: Sequence[str], options: ReadOptions
) -> list[str]:
    """Refuse infinite values, and missing ones unless ``nan="drop"``; dense (n_obs, n_genes)."""
    if bool(np.isfinite(values).all()):
        return []
    infinite = np.isinf(values)
    if infinite.any():
        message = (
            f"{int(infinite.sum()):,} infinite values (first: {_places(infinite, genes, samples)}). "
            "log2(0) gives them: add an offset before taking logs, or correct the values."
        )
        raise ExpressionError(message, code="E502")
    missing = np.isnan(values)
    n, n_genes, n_obs = int(missing.sum()), int(missing.any(axis=0).sum()), int(missing.any(axis=1).sum())
    where = f"{n:,} missing values in {n_genes:,} genes x {n_obs:,} samples"
    if options.nan == "drop":
        return [f"{where} are kept as missing: each sample is ranked over the genes it has (nan='drop')."]
    message = (
        f'{where} (first: {_places(missing, genes, samples)}). nan="error" is the default; '
        'nan="drop" ranks each sample over its present genes; do not fill with 0.'
    )
    raise ExpressionError(message, code="E501")


def _places(mask: NDArray[np.bool_], genes: Sequence[str], samples: Sequence[str]) -> str:
    rows, columns = np.nonzero(mask)
    some = zip(rows[: SHOWN + 1], columns[: SHOWN + 1], strict=True)
    return listed(f"{genes[column]} in '{samples[row]}'" for row, column in some)
