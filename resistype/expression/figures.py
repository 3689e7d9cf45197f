"""What one pass over the rows of a matrix shows: range, sums, whole numbers, what is missing.

In memory every row is looked at. Of a matrix that stays on disk some two thousand rows in sixteen
runs are, so that opening a file of a million cells does not read it whole; its other rows are
checked when their block is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resistype.expression.blocks import Block, row_ranges
from resistype.expression.store import Backed, Matrix, csr_rows, dense_rows, is_sparse

RUNS, RUN = 16, 128
LOG_ROWS = 50
SHOWN = 6
# Logs of counts are whole when turned back; looked at among small ones, where two decimals are
# enough.
SMALL, ENOUGH, NEARLY_ALL = 20.0, 50, 0.99
LEAST_TOTAL, MOST_TOTAL = 100.0, 1e8  # nobody normalises to more (ours)
EVEN = 0.002  # rounding to two decimals moves a sum less
TOTALS = (1e4, 1e5, 1e6)
BACK: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "log2": lambda x: np.exp2(x) - 1.0,
    "ln": np.expm1,
    "log10": lambda x: np.power(10.0, x) - 1.0,
    "log2_small_offset": lambda x: np.maximum(np.exp2(x) - 0.001, 0.0),
}


class Turned(NamedTuple):
    """Logs turned back: the smallest and largest sum of a sample, whether they are whole numbers,
    and of how many samples (copies of one count as one).
    """

    low: float
    high: float
    counts: bool
    n: int

    @property
    def even(self) -> bool:
        """Whether every sample sums to one total, as after normalising to it."""
        if not LEAST_TOTAL < self.high < MOST_TOTAL:
            return False
        if self.n == 1:  # one sample shows no evenness, but its total may be a usual one
            return any(abs(self.high - total) < EVEN * total for total in TOTALS)
        return self.high - self.low < EVEN * self.high


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
    turned
        For each base of a logarithm, what the first samples are when they are turned back; empty
        where values cannot be logs.
    whole
        Whether all values are whole numbers.
    whole_part
        Fraction of the values beside zero that are whole numbers.
    n_genes
        Number of genes.
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
    turned: Mapping[str, Turned]
    whole: bool
    whole_part: float
    n_genes: int
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
    """Figures of each row of a block, arrays of shape (n,); `beside` counts the values that are not
    zero, `integers` the whole numbers among them.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    present: NDArray[np.int64]
    beside: NDArray[np.int64]
    integers: NDArray[np.int64]


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
        (good & (numbers != 0)).sum(axis=1),
        ((numbers == np.rint(numbers)) & (numbers != 0)).sum(axis=1),
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
        _count(good & (known != 0), indptr),
        _count(good & (known != 0) & (known == np.rint(known)), indptr),
    )


def _count(hits: NDArray[np.bool_], indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many stored values of each row meet a test."""
    return np.asarray(_by_row(np.add, hits.astype(np.float64), indptr, empty=0.0).astype(np.int64))


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
    return _Rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _turned(values: Matrix, low: float, high: float) -> dict[str, Turned]:
    """The first rows turned back from each base that their range allows."""
    if not 1 < high < 25 or low < -10:
        return {}
    rows = dense_rows(values, 0, min(LOG_ROWS, values.shape[0])).astype(np.float64)
    found = {}
    for base, back in BACK.items():
        if (base == "log2_small_offset") == (low < 0):
            linear = back(rows)
            sums = np.nansum(linear, axis=1)
            squares = np.nansum(linear * linear, axis=1)
            n = len(sums) if squares.max() > (1 + 1e-9) * squares.min() else 1
            found[base] = Turned(float(sums.min()), float(sums.max()), _are_counts(linear), n)
    return found


def _are_counts(linear: NDArray[np.float64]) -> bool:
    small = linear[(linear > 0.5) & (linear < SMALL)]
    off = np.abs(small - np.rint(small))
    return small.size >= ENOUGH and bool(np.mean(off < 0.02 + 0.004 * small) > NEARLY_ALL)


def figures(values: Matrix) -> Figures:
    """Figures of a matrix of shape (n_obs, n_genes)."""
    ranges = _ranges(values)
    parts = [
        _sparse(values, b) if is_sparse(values) else _dense(dense_rows(values, *b)) for b in ranges
    ]
    rows = _joined(parts)
    number = np.concatenate([np.arange(*block) for block in ranges])
    n = int(rows.present.sum())
    beside, whole = int(rows.beside.sum()), int(rows.integers.sum())
    low, high = (
        float(reduce.reduce(side)) for reduce, side in ((np.fmin, rows.low), (np.fmax, rows.high))
    )
    mean = float(rows.total.sum()) / n if n else 0.0
    variance = float(rows.squares.sum()) / n - mean * mean if n else 0.0
    return Figures(
        low=0.0 if math.isnan(low) else low,
        high=0.0 if math.isnan(high) else high,
        mean=mean,
        spread=math.sqrt(max(variance, 0.0)),
        sum_low=float(rows.total.min()),
        sum_high=float(rows.total.max()),
        turned=_turned(values, low, high),
        whole=whole == beside,
        whole_part=whole / beside if beside else 1.0,
        n_genes=int(values.shape[1]),
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
