"""What the values of a matrix are: the unit, and the one pass over its rows that shows it.

In memory every row is looked at. Of a matrix that stays on disk some two thousand rows in sixteen
runs are, so that opening a file of a million cells does not read it whole; its other rows are
checked when their block is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError, complain
from resistype.expression.store import Backed, Matrix, csr_rows, dense_rows, is_sparse

_UNITS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
}
_CELL = 8  # a value is float64 at most
_STORED = 16  # a value and its column number


class Block(NamedTuple):
    """Rows `start` to `stop` (not included) of a matrix."""

    start: int
    stop: int


def as_bytes(memory: str | int) -> int:
    """Number of bytes that ``"512MB"``, ``"2 GiB"`` or a plain number mean."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([A-Za-z]{0,3})", str(memory).strip())
    unit = match.group(2).upper() if match else "?"
    if match is None or unit not in _UNITS or float(match.group(1)) <= 0:
        message = (
            f"memory={memory!r} is not a size. Give a number of bytes, or a text like '512MB' or"
            " '2GB'."
        )
        raise ExpressionError(message, code="E303")
    return int(float(match.group(1)) * _UNITS[unit])


def total_bytes(values: Any) -> NDArray[np.int64]:
    """Bytes of all rows before each, shape (n_obs + 1,); made in one array, of which a million
    cells have one.
    """
    n_obs, n_genes = values.shape
    total = np.arange(n_obs + 1, dtype=np.int64)
    total *= 8 if is_sparse(values) else n_genes * _CELL
    if is_sparse(values):
        pointer, step = values.indptr, 1 << 16
        for start in range(0, n_obs + 1, step):
            total[start : start + step] += (
                np.asarray(pointer[start : start + step], np.int64) * _STORED
            )
    return total


def row_ranges(
    values: Any, *, memory: str | int = "512MB", rows: int | None = None
) -> Iterator[Block]:
    """Row ranges of a matrix, each within the budget; see `iter_blocks`."""
    budget, total = as_bytes(memory), total_bytes(values)
    n_obs, start = values.shape[0], 0
    while start < n_obs:
        fits = int(np.searchsorted(total, total[start] + budget, side="right")) - 1 - start
        wanted = min(rows or n_obs, n_obs - start)
        if fits < min(wanted, rows or 1):
            raise _too_large(
                int(total[start + wanted] - total[start]), wanted, fits=fits, budget=budget
            )
        stop = start + min(wanted, fits)
        yield Block(start, stop)
        start = stop


def in_words(size: int) -> str:
    """A number of bytes as one reads it.

    Examples
    --------
    >>> from resistype.expression.units import in_words
    >>> in_words(1_900_000_000), in_words(512_000_000), in_words(80)
    ('1.9 GB', '512 MB', '80 bytes')
    """
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} bytes"


def _too_large(need: int, rows: int, *, fits: int, budget: int) -> ExpressionError:
    if fits < 1:
        message = (
            f"One row needs {in_words(need // rows)} but the budget is {in_words(budget)}; raise"
            " memory=."
        )
    else:
        message = (
            f"One block of {rows:,} rows needs {in_words(need)} but the budget is"
            f" {in_words(budget)}; lower rows to ≤ {fits:,} or raise memory=."
        )
    return ExpressionError(message, code="E302")


RUNS, RUN = 16, 128
LN_ROWS = 50
SHOWN = 6


@dataclass(frozen=True)
class Figures:
    """What one pass over a matrix shows; missing and infinite values are passed over and counted in
    `bad`.

    Parameters
    ----------
    low, high, mean, spread
        Of all values, zeros of a sparse matrix included.
    sum_low, sum_high
        Smallest and largest sum of a sample.
    ln_low, ln_high
        Smallest and largest sum of exp(x) − 1 over the first samples; 0 where values cannot be
        natural logs.
    whole
        Whether all values are whole numbers.
    bad
        Number of missing and infinite values.
    flat
        Rows whose genes all have one value.
    """

    low: float
    high: float
    mean: float
    spread: float
    sum_low: float
    sum_high: float
    ln_low: float
    ln_high: float
    whole: bool
    bad: int
    flat: tuple[int, ...]


class Places(NamedTuple):
    """How many values meet a test, in how many genes and samples, and the first ones as (row,
    column).
    """

    n: int
    n_genes: int
    n_obs: int
    first: tuple[tuple[int, int], ...]


class _Rows(NamedTuple):
    """Figures of each row of a block, arrays of shape (n,), and whether all values are whole
    numbers.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    present: NDArray[np.int64]
    whole: bool


def _ranges(values: Matrix) -> list[Block]:
    n_obs = values.shape[0]
    if not isinstance(values, Backed) or n_obs <= RUNS * RUN:
        return list(row_ranges(values, memory="64MB"))
    starts = np.linspace(0, n_obs - RUN, RUNS).astype(int)
    return [Block(int(start), int(start) + RUN) for start in starts]


def _dense(rows: NDArray[Any]) -> _Rows:
    numbers = rows.astype(np.float64)
    good = np.isfinite(numbers)
    numbers[~good] = np.nan
    return _Rows(
        np.fmin.reduce(numbers, axis=1),
        np.fmax.reduce(numbers, axis=1),
        np.nansum(numbers, axis=1),
        np.nansum(numbers * numbers, axis=1),
        good.sum(axis=1),
        bool((numbers == np.rint(numbers)).all(where=good)),
    )


def _sparse(values: Matrix, block: Block) -> _Rows:
    data, _, indptr, n_genes = csr_rows(values, *block)
    stored = np.diff(indptr)
    good = np.isfinite(data)
    numbers = data.astype(np.float64)
    known = numbers if good.all() else np.where(good, numbers, 0.0)
    numbers = numbers if good.all() else np.where(good, numbers, np.nan)
    beside = np.where(stored < n_genes, 0.0, np.nan)
    return _Rows(
        np.fmin(beside, _by_row(np.fmin, numbers, indptr, empty=np.nan)),
        np.fmax(beside, _by_row(np.fmax, numbers, indptr, empty=np.nan)),
        _by_row(np.add, known, indptr, empty=0.0),
        _by_row(np.add, known * known, indptr, empty=0.0),
        n_genes
        - stored
        + _by_row(np.add, good.astype(np.float64), indptr, empty=0.0).astype(np.int64),
        bool((known == np.rint(known)).all()),
    )


def _by_row(
    reduce: np.ufunc, numbers: NDArray[np.float64], indptr: NDArray[np.int64], *, empty: float
) -> Any:
    """Stored values of each row reduced to one; `empty` for rows that store none."""
    filled = np.flatnonzero(np.diff(indptr))
    out = np.full(indptr.size - 1, empty)
    if filled.size:
        out[filled] = reduce.reduceat(numbers, indptr[filled])
    return out


def _joined(parts: list[_Rows]) -> _Rows:
    low, high, total, squares, present = (
        np.concatenate([part[k] for part in parts]) for k in range(5)
    )
    return _Rows(low, high, total, squares, present, all(part.whole for part in parts))


def _ln_sums(values: Matrix, low: float, high: float) -> tuple[float, float]:
    """Range of the sums of exp(x) − 1 over the first rows; zeros where values cannot be natural
    logs.
    """
    rows = min(LN_ROWS, values.shape[0])
    if not (low >= 0 and 1 < high < 25 and rows > 1):
        return 0.0, 0.0
    sums = np.nansum(np.expm1(dense_rows(values, 0, rows).astype(np.float64)), axis=1)
    return float(sums.min()), float(sums.max())


def figures(values: Matrix) -> Figures:
    """Figures of a matrix of shape (n_obs, n_genes)."""
    ranges = _ranges(values)
    parts = [
        _sparse(values, b) if is_sparse(values) else _dense(dense_rows(values, *b)) for b in ranges
    ]
    rows = _joined(parts)
    number = np.concatenate([np.arange(*block) for block in ranges])
    n = int(rows.present.sum())
    low, high = (
        float(reduce.reduce(side)) for reduce, side in ((np.fmin, rows.low), (np.fmax, rows.high))
    )
    mean = float(rows.total.sum()) / n if n else 0.0
    variance = float(rows.squares.sum()) / n - mean * mean if n else 0.0
    ln_low, ln_high = _ln_sums(values, low, high)
    return Figures(
        low=0.0 if math.isnan(low) else low,
        high=0.0 if math.isnan(high) else high,
        mean=mean,
        spread=math.sqrt(max(variance, 0.0)),
        sum_low=float(rows.total.min()),
        sum_high=float(rows.total.max()),
        ln_low=ln_low,
        ln_high=ln_high,
        whole=rows.whole,
        bad=number.size * values.shape[1] - n,
        flat=tuple(number[(rows.low == rows.high) & (values.shape[1] > 1)].tolist()),
    )


def find(values: Matrix, test: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> Places:
    """Where stored values meet a test that zeros do not meet."""
    first: list[tuple[int, int]] = []
    genes = np.zeros(values.shape[1], dtype=bool)
    n = n_obs = 0
    for block in _ranges(values):
        data, columns, row = _cells(values, block)
        hit = test(data)
        n += int(hit.sum())
        n_obs += np.unique(row[hit]).size
        genes[columns[hit]] = True
        some = zip(row[hit][:SHOWN].tolist(), columns[hit][:SHOWN].tolist(), strict=True)
        first.extend((block.start + r, c) for r, c in some)
    return Places(n, int(genes.sum()), n_obs, tuple(first[:SHOWN]))


def _cells(values: Matrix, block: Block) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Stored values of a block with their columns and rows."""
    if is_sparse(values):
        data, columns, indptr, _ = csr_rows(values, *block)
        return data, columns, np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    rows = dense_rows(values, *block)
    place = np.indices(rows.shape, dtype=np.intp)
    return rows.ravel(), place[1].ravel(), place[0].ravel()


Unit = Literal["counts", "cpm", "tpm", "log2", "log2_small_offset", "ln", "scaled", "unknown"]
UNITS: tuple[str, ...] = get_args(Unit)


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a matrix is read when the defaults do not fit.

    Parameters
    ----------
    unit
        What the values are. By default it is found from the values, and the finding is kept as a
        note.
    orientation
        ``"auto"``, ``"samples_x_genes"`` or ``"genes_x_samples"``. In a csv, tsv or parquet file
        ``"auto"`` finds the side with known gene names. In memory it expects samples × genes and
        refuses the contrary.
    duplicates
        Genes that occur more than once: ``"error"``, or take their ``"sum"``, ``"mean"``, ``"max"``
        or ``"first"``.
    nan
        ``"error"``, or ``"drop"``: missing values stay, and each sample is ranked over the genes it
        has.
    gene_names
        Column that holds the gene names: of `var` in an AnnData, of the table in a file with genes
        in rows.
    case
        ``"keep"``, or ``"fold"``: gene names are turned into upper case, with a note.
    layer
        Layer of the AnnData to read; by default `X`.
    allow_scaled
        Accept centred or z-scored values. Ranks of such values within a sample mean little.
    backed
        Leave the values on disk. By default that is done for h5ad, 10x h5 and zarr larger than 256
        MB.

    Raises
    ------
    ExpressionError
        E902 when a value is not one of those allowed.

    Examples
    --------
    >>> from resistype.expression import ReadOptions
    >>> ReadOptions(unit="tpm", duplicates="sum").unit
    'tpm'
    """

    unit: Unit | None = None
    orientation: Literal["auto", "samples_x_genes", "genes_x_samples"] = "auto"
    duplicates: Literal["error", "sum", "mean", "max", "first"] = "error"
    nan: Literal["error", "drop"] = "error"
    gene_names: str | None = None
    case: Literal["keep", "fold"] = "keep"
    layer: str | None = None
    allow_scaled: bool = False
    backed: bool | None = None

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        complaints = []
        for field in fields(self):
            allowed = _allowed(hints[field.name])
            value = getattr(self, field.name)
            if allowed and value not in allowed:
                words = ", ".join(repr(word) for word in allowed if word is not None)
                complaints.append(f"{field.name}={value!r} is not one of {words}.")
        complain(complaints, ExpressionError, code="E310", subject="Options for reading")


def _allowed(hint: Any) -> tuple[Any, ...]:
    """Words that a Literal, or a Literal or None, allows; empty for other types."""
    if Literal[hint] is None:
        return ()
    found: list[Any] = []
    for part in get_args(hint):
        inner = get_args(part)
        if inner:
            found.extend(inner)
        elif isinstance(part, str):
            found.append(part)
        elif part is type(None):
            found.append(None)
    return tuple(found) if any(isinstance(word, str) for word in found) else ()


SMALL_OFFSET_FLOOR = float(np.log2(0.001))
MILLION = 1e6
LOG_TOP = 25.0
LINEAR = 100.0


class Verdict(NamedTuple):
    """A unit, and the sentence that says why."""

    unit: Unit
    note: str


def _with_negatives(seen: Figures) -> Verdict:
    span = f"from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}"
    if abs(seen.low - SMALL_OFFSET_FLOOR) < 0.01 and seen.high < LOG_TOP:
        note = (
            f"Values are log2(TPM + 0.001): the minimum is {seen.low:.3f} = log2(0.001), the"
            f" largest {seen.high:.1f}."
        )
        return Verdict("log2_small_offset", note)
    if abs(seen.mean) <= 0.3 * seen.spread:
        return Verdict("scaled", f"Values are centred or scaled: {span}.")
    if seen.mean > 0 and seen.high < LOG_TOP:
        note = (
            f"Values look like log2 with some negative ones, as batch correction leaves ({span});"
            " they are kept."
        )
        return Verdict("log2", note)
    return Verdict("unknown", f"The unit of the values was not recognised: {span}.")


def _per_million(seen: Figures) -> bool:
    return all(abs(total - MILLION) < 0.01 * MILLION for total in (seen.sum_low, seen.sum_high))


def _natural(seen: Figures) -> bool:
    return seen.ln_low > LINEAR and seen.ln_high - seen.ln_low < 0.002 * seen.ln_high


def _without_negatives(seen: Figures) -> Verdict:
    if _per_million(seen):
        return Verdict("tpm", "Values are TPM or CPM: every sample sums to a million.")
    if seen.whole:
        return Verdict(
            "counts", f"Values are raw counts: whole numbers, the largest {seen.high:,.0f}."
        )
    if seen.high > LINEAR:
        note = (
            f"Values are linear and taken as TPM (the largest is {seen.high:,.0f}); samples sum to "
            f"{seen.sum_low:,.0f}–{seen.sum_high:,.0f}, not to a million, and are left as they are."
        )
        return Verdict("tpm", note)
    if _natural(seen):
        return Verdict(
            "ln",
            f"Values are natural logs: exp(x) − 1 sums to {seen.ln_high:,.0f} in every sample.",
        )
    span = f"from {seen.low:.2f} to {seen.high:.2f}"
    if 1.01 < seen.high < LOG_TOP:
        note = (
            f"Values are taken as log2(x + 1): {span}. If they are natural logs, say so with"
            " unit='ln'."
        )
        return Verdict("log2", note)
    return Verdict("unknown", f"The unit of the values was not recognised: {span}.")


def _against(seen: Figures, unit: Unit) -> str:
    """What speaks against the unit that the user named; empty when nothing does."""
    if unit in {"counts", "cpm", "tpm"} and seen.low < 0:
        return f"are negative in places (lowest {seen.low:.2f})"
    if unit in {"log2", "ln", "log2_small_offset"} and seen.high > LINEAR:
        kind = "raw counts (integers" if seen.whole else "TPM ("
        return f"look like {kind}{', ' if seen.whole else ''}max {seen.high:,.0f})"
    if unit == "log2_small_offset" and seen.low < SMALL_OFFSET_FLOOR - 0.01:
        return f"go below log2(0.001) (lowest {seen.low:.2f})"
    return ""


def find_unit(seen: Figures, options: ReadOptions) -> Verdict:
    """Unit of a matrix: the one named by the user, else the one its figures show."""
    if options.unit is not None:
        against = _against(seen, options.unit)
        if against:
            message = (
                f"Values {against} but unit='{options.unit}' was given. Correct unit=, or leave it"
                " out."
            )
            raise ExpressionError(message, code="E401")
        verdict = Verdict(options.unit, f"The unit was given: {options.unit}.")
    else:
        verdict = _with_negatives(seen) if seen.low < 0 else _without_negatives(seen)
    if verdict.unit == "scaled" and not options.allow_scaled:
        message = (
            f"Values look centred or scaled (from {seen.low:.2f} to {seen.high:.2f} around a mean"
            f" of {seen.mean:.2f}). Genes of such a sample cannot be ranked against each other."
            " Give counts, TPM or log2 values, or pass allow_scaled=True."
        )
        raise ExpressionError(message, code="E402")
    return verdict
