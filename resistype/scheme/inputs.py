"""DNA events that the user gives: "B2M:frameshift;HLA-A:LOH", counted for the genes of a signature.

Only words that mean loss of function count. A word that is not known is refused rather than passed over, because
a misspelt "frameshfit" would otherwise look like an intact gene.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError, complain
from resistype.genes import resolve
from resistype.samples.table import as_key

__all__ = ["count_events", "events_column", "mark_column", "number_column", "ratio_column"]

_LOSS = frozenset(
    (
        "biallelic",
        "deletion",
        "frameshift",
        "homozygous_deletion",
        "lof",
        "nonsense",
        "splice",
        "start_lost",
        "stop_gained",
        "truncating",
    )
)
_LOSS_OF_HETEROZYGOSITY = "loh"
_NO_LOSS = frozenset(["amplification", "gain", "inframe", "missense", "silent", "synonymous", "utr"])
_NOTHING = frozenset(["none", "wt", "wild_type", "wildtype", "0"])


def count_events(cell: str, genes: Iterable[str]) -> float:
    """Loss-of-function events in `genes`; NaN for an empty cell (nothing is known).

    Loss of heterozygosity counts for classical HLA genes only.

    Raises
    ------
    ValueError
        For an event that is not ``gene:event`` or a word that is not known.

    Examples
    --------
    >>> count_events("B2M:frameshift; TAP1:missense", ["B2M", "TAP1"])
    1.0
    """
    text = cell.strip()
    if not text or text.lower() == "nan":
        return float("nan")
    if text.lower() in _NOTHING:
        return 0.0
    wanted = set(genes)
    return float(sum(_counts(part.strip(), wanted) for part in text.split(";") if part.strip()))


def _counts(event: str, wanted: set[str]) -> bool:
    gene, colon, word = event.partition(":")
    word = word.strip().lower().replace(" ", "_").replace("-", "_")
    if not colon or not gene.strip() or not word:
        message = f"{event!r} is not 'gene:event'"
        raise ValueError(message)
    if word not in _LOSS | _NO_LOSS | {_LOSS_OF_HETEROZYGOSITY}:
        known = ", ".join(sorted(_LOSS | _NO_LOSS | {_LOSS_OF_HETEROZYGOSITY}))
        message = f"event {word!r} of {gene.strip()!r} is not known; known: {known}"
        raise ValueError(message)
    symbol = resolve([gene.strip()])[0].symbol or gene.strip()
    if symbol not in wanted:
        return False
    return word in _LOSS or (word == _LOSS_OF_HETEROZYGOSITY and symbol.startswith("HLA-"))


def events_column(table: pd.DataFrame, column: str, genes: Sequence[str]) -> NDArray[np.float64]:
    """Events of every row of a samples table, shape (n_obs,).

    Raises
    ------
    SamplesError
        E921 with every cell that cannot be read.
    """
    counts = np.full(len(table), np.nan)
    complaints = []
    for row, (sample, cell) in enumerate(table[column].items()):
        try:
            counts[row] = count_events(as_key(cell) or "", genes)
        except ValueError as error:
            complaints.append(f"sample {str(sample)!r}: {error}")
    complain(complaints, SamplesError, code="E921", subject=f"Column {column!r} of the samples table")
    return counts


def number_column(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column of shares between 0 and 1, shape (n_obs,); empty cells are NaN.

    Raises
    ------
    SamplesError
        E922 with every cell that is not a number between 0 and 1.
    """
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    complaints = []
    for name, cell, number in zip(table.index, table[column], numbers, strict=True):
        empty = pd.isna(cell) or str(cell).strip() == ""
        if not empty and not 0.0 <= number <= 1.0:
            complaints.append(f"sample {str(name)!r}: {cell!r} is not a number between 0 and 1")
    complain(complaints, SamplesError, code="E922", subject=f"Column {column!r} of the samples table")
    return numbers


def ratio_column(table: pd.DataFrame, ratio: str, parts: Sequence[str]) -> NDArray[np.float64]:
    """A ratio given as it is or by its two parts, shape (n_obs,); NaN where neither is known.

    Parameters
    ----------
    table
        Samples table.
    ratio
        Column of the ratio; it may be absent.
    parts
        Columns of numerator and denominator, in one unit; used where the ratio is empty.

    Raises
    ------
    SamplesError
        E924 with every value that is impossible: text, a negative count, a denominator of zero (the ratio is then
        undefined, not infinite), or a ratio that contradicts its parts.
    """
    complaints: list[str] = []
    given, top, bottom = (_counts_column(table, name, complaints) for name in (ratio, *parts))
    for name, low in zip(table.index, bottom, strict=True):
        if low == 0:
            complaints.append(f"sample {str(name)!r}: {parts[1]} is 0, so {ratio} is undefined (not infinite)")
    with np.errstate(divide="ignore", invalid="ignore"):
        computed = np.where(bottom > 0, top / bottom, np.nan)
    for name, one, other in zip(table.index, given, computed, strict=True):
        if abs(one - other) > 0.05 * max(abs(one), abs(other)):
            complaints.append(f"sample {str(name)!r}: {ratio} is {one:g}, but {' / '.join(parts)} is {other:.3g}")
    complain(complaints, SamplesError, code="E924", subject=f"Column {ratio!r} of the samples table")
    return np.where(np.isnan(given), computed, given)


def _counts_column(table: pd.DataFrame, column: str, complaints: list[str]) -> NDArray[np.float64]:
    if column not in table.columns:
        return np.full(len(table), np.nan)
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    for name, cell, number in zip(table.index, table[column], numbers, strict=True):
        empty = pd.isna(cell) or str(cell).strip() == ""
        if not empty and not 0.0 <= number < np.inf:
            complaints.append(f"sample {str(name)!r}: {column} is {cell!r}, not a number of 0 or more")
    return numbers


def mark_column(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """1 where something is marked, 0 where nothing is, shape (n_obs,)."""
    words = [(as_key(cell) or "").lower() for cell in table[column]]
    return np.array([word not in ("", "none", "no", "0", "false") for word in words], dtype=np.float64)
