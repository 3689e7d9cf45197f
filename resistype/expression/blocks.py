"""Row blocks of an expression matrix, bounded by bytes, so that memory does not grow with the number of cells.

A block is a row range and nothing else; `read_block` turns it into values. Rows are independent of each other, so the
size of the blocks can never change a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.store import Backed, CsrRows, Matrix, csr_rows, dense_rows, is_sparse

if TYPE_CHECKING:
    from typing import Any

    from resistype.expression.matrix import Expression

__all__ = ["Block", "as_bytes", "iter_blocks", "read_block", "row_ranges"]

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_CELL = 8  # a value is float64 at most
_STORED = 16  # a value and its column number


class Block(NamedTuple):
    """Rows `start` to `stop` (not included) of a matrix."""

    start: int
    stop: int


def as_bytes(memory: str | int) -> int:
    """Number of bytes that ``"512MB"``, ``"2 GiB"`` or a plain number mean.

    Raises
    ------
    ExpressionError
        E303 when the text is not a size.
    """
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([A-Za-z]{0,3})", str(memory).strip())
    unit = match.group(2).upper() if match else "?"
    if match is None or unit not in _UNITS or float(match.group(1)) <= 0:
        message = f"memory={memory!r} is not a size. Give a number of bytes, or a text like '512MB' or '2GB'."
        raise ExpressionError(message, code="E303")
    return int(float(match.group(1)) * _UNITS[unit])


def row_bytes(values: Matrix) -> NDArray[np.int64]:
    """Bytes that each row needs when it is read, shape (n_obs,)."""
    n_obs, n_genes = values.shape
    if not is_sparse(values):
        return np.full(n_obs, n_genes * _CELL, dtype=np.int64)
    indptr = values.indptr if isinstance(values, Backed) else np.asarray(values.indptr)  # type: ignore[union-attr]
    return np.diff(indptr).astype(np.int64) * _STORED + 8


def row_ranges(values: Matrix, *, memory: str | int = "512MB", rows: int | None = None) -> Iterator[Block]:
    """Row ranges of a matrix, each within the budget; see `iter_blocks`."""
    budget, size = as_bytes(memory), row_bytes(values)
    total = np.concatenate([[0], np.cumsum(size)])
    n_obs, start = values.shape[0], 0
    while start < n_obs:
        fits = int(np.searchsorted(total, total[start] + budget, side="right")) - 1 - start
        wanted = min(rows or n_obs, n_obs - start)
        if fits < min(wanted, rows or 1):
            raise _too_large(int(total[start + wanted] - total[start]), wanted, fits=fits, budget=budget)
        stop = start + min(wanted, fits)
        yield Block(start, stop)
        start = stop


def _too_large(need: int, rows: int, *, fits: int, budget: int) -> ExpressionError:
    if fits < 1:
        message = f"One row needs more than the budget of {budget:,} bytes; raise memory=."
    else:
        message = (
            f"One block of {rows:,} rows needs {need / 1e6:,.0f} MB but the budget is {budget / 1e6:,.0f} MB; "
            f"lower rows to ≤ {fits:,} or raise memory=."
        )
    return ExpressionError(message, code="E302")


def iter_blocks(expression: Expression, *, memory: str | int = "512MB", rows: int | None = None) -> Iterator[Block]:
    """Cut a matrix into row blocks that each need at most `memory` when read.

    Parameters
    ----------
    expression
        The matrix, (n_obs, n_genes).
    memory
        Budget of one block.
    rows
        Fixed number of rows a block; the last may be shorter. By default as many as fit.

    Yields
    ------
    Block
        Row ranges that follow each other and cover the matrix once.

    Raises
    ------
    ExpressionError
        E302 when `rows` rows, or one row, do not fit into the budget; E303 when the budget is not a size.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression
    >>> table = pd.DataFrame({"CD8A": [1.5, 2.0, 0.5], "B2M": [9.5, 8.0, 7.0]}, index=["a", "b", "c"])
    >>> [tuple(block) for block in iter_blocks(as_expression(table), rows=2)]
    [(0, 2), (2, 3)]
    """
    return row_ranges(expression.values, memory=memory, rows=rows)


def read_block(expression: Expression, block: Block) -> NDArray[Any] | CsrRows:
    """Values of one block: an array (rows, n_genes), or the parts of a CSR matrix when the source is sparse.

    Raises
    ------
    ExpressionError
        E501 or E502 when rows that stayed on disk until now hold missing or infinite values.
    """
    values = expression.values
    got = csr_rows(values, *block) if is_sparse(values) else dense_rows(values, *block)
    return got
