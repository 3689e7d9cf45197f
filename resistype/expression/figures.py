"""Figures of a matrix in one pass over its rows: range, mean, sums, whole numbers, samples without any variation.

In memory every row is looked at. Of a matrix that stays on disk some two thousand rows in sixteen runs are, so that
opening a file of a million cells does not read it whole; its other rows are checked when their block is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resistype.expression.ranges import Block, row_ranges
from resistype.expression.store import Backed, Matrix, csr_rows, dense_rows, is_sparse

__all__ = ["Figures", "Places", "figures", "find"]

RUNS, RUN = 16, 128
LN_ROWS = 50
SHOWN = 6


@dataclass(frozen=True)
class Figures:
    """What one pass over a matrix shows; missing and infinite values are passed over and counted in `bad`.

    Parameters
    ----------
    low, high, mean, spread
        Of all values, zeros of a sparse matrix included.
    sum_low, sum_high
        Smallest and largest sum of a sample.
    ln_low, ln_high
        Smallest and largest sum of exp(x) − 1 over the first samples; 0 where values cannot be natural logs.
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
    """How many values meet a test, in how many genes and samples, and the first ones as (row, column)."""

    n: int
    n_genes: int
    n_obs: int
    first: tuple[tuple[int, int], ...]


class _Rows(NamedTuple):
    """Figures of each row of a block, arrays of shape (n,), and whether all values are whole numbers."""

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
        n_genes - stored + _by_row(np.add, good.astype(np.float64), indptr, empty=0.0).astype(np.int64),
        bool((known == np.rint(known)).all()),
    )


def _by_row(reduce: np.ufunc, numbers: NDArray[np.float64], indptr: NDArray[np.int64], *, empty: float) -> Any:
    """Stored values of each row reduced to one; `empty` for rows that store none."""
    filled = np.flatnonzero(np.diff(indptr))
    out = np.full(indptr.size - 1, empty)
    if filled.size:
        out[filled] = reduce.reduceat(numbers, indptr[filled])
    return out


def _joined(parts: list[_Rows]) -> _Rows:
    low, high, total, squares, present = (np.concatenate([part[k] for part in parts]) for k in range(5))
    return _Rows(low, high, total, squares, present, all(part.whole for part in parts))


def _ln_sums(values: Matrix, low: float, high: float) -> tuple[float, float]:
    """Range of the sums of exp(x) − 1 over the first rows; zeros where values cannot be natural logs."""
    rows = min(LN_ROWS, values.shape[0])
    if not (low >= 0 and 1 < high < 25 and rows > 1):
        return 0.0, 0.0
    sums = np.nansum(np.expm1(dense_rows(values, 0, rows).astype(np.float64)), axis=1)
    return float(sums.min()), float(sums.max())


def figures(values: Matrix) -> Figures:
    """Figures of a matrix of shape (n_obs, n_genes)."""
    ranges = _ranges(values)
    parts = [_sparse(values, b) if is_sparse(values) else _dense(dense_rows(values, *b)) for b in ranges]
    rows = _joined(parts)
    number = np.concatenate([np.arange(*block) for block in ranges])
    n = int(rows.present.sum())
    low, high = (float(reduce.reduce(side)) for reduce, side in ((np.fmin, rows.low), (np.fmax, rows.high)))
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
