"""Row blocks of a matrix: how many bytes its rows need, and ranges of them that fit into a
budget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.store import Backed, CsrRows, as_csr, csr_rows, dense_rows, is_sparse

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
    >>> from resistype.expression.blocks import in_words
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


def take_rows(values: Any, rows: NDArray[np.intp]) -> Any:
    """Rows of a matrix in memory; of one that stays on disk they are read."""
    if not isinstance(values, Backed):
        return values[rows]
    if not values.sparse:
        return np.vstack([dense_rows(values, int(row), int(row) + 1) for row in rows])
    return _stacked([csr_rows(values, int(row), int(row) + 1) for row in rows], values.shape[1])


def take_columns(values: Any, columns: NDArray[np.intp]) -> Any:
    """Columns of a matrix in memory; one that stays on disk is read for them."""
    if not isinstance(values, Backed):
        picked = values[:, columns]
        return picked.tocsr() if is_sparse(values) else np.ascontiguousarray(picked)
    blocks = list(row_ranges(values, memory="64MB"))
    if not values.sparse:
        return np.vstack(
            [np.ascontiguousarray(dense_rows(values, *block)[:, columns]) for block in blocks]
        )
    parts = [_stacked([csr_rows(values, *block)], values.shape[1])[:, columns] for block in blocks]
    return sp.vstack(parts, format="csr")


def _stacked(parts: list[CsrRows], n_genes: int) -> Any:
    data, indices = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    stored = np.concatenate([np.diff(part.indptr) for part in parts])
    return as_csr(
        data, indices, np.concatenate([[0], np.cumsum(stored)]), shape=(stored.size, n_genes)
    )
