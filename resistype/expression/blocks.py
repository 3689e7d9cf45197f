"""Row blocks of an expression matrix, bounded by bytes, so that memory does not grow with the number of cells.

A block is a row range and nothing else; `read_block` turns it into values. Rows are independent of each other, so the
size of the blocks can never change a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.matrix import Expression
from resistype.expression.ranges import Block, row_ranges
from resistype.expression.store import Backed, CsrRows, csr_rows, dense_rows, is_sparse
from resistype.text import listed, plural

__all__ = ["Block", "iter_blocks", "read_block"]


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
    >>> from resistype.expression import as_expression, iter_blocks
    >>> table = pd.DataFrame({"CD8A": [1.5, 2.0, 0.5], "B2M": [9.5, 8.0, 7.0]}, index=["a", "b", "c"])
    >>> [tuple(block) for block in iter_blocks(as_expression(table), rows=2)]
    [(0, 2), (2, 3)]
    """
    return row_ranges(expression.values, memory=memory, rows=rows)


def read_block(expression: Expression, block: Block) -> NDArray[Any] | CsrRows:
    """Values of one block: an array (rows, n_genes), or the parts of a CSR matrix when the source is sparse.

    Values are float32 or float64 and may share memory with the matrix, so they are to be read only. Sparse rows hold no
    zeros and have their columns in ascending order.

    Raises
    ------
    ExpressionError
        E501 or E502 when rows that stayed on disk until now hold missing or infinite values; E313 when they are
        damaged.
    """
    values = expression.values
    got = csr_rows(values, *block) if is_sparse(values) else dense_rows(values, *block)
    if isinstance(values, Backed):
        _check(expression, block, got, may_miss=values.may_miss)
    return got


def _check(expression: Expression, block: Block, got: NDArray[Any] | CsrRows, *, may_miss: bool) -> None:
    """Refuse missing and infinite values of a matrix that was not read whole when it was opened."""
    data = got.data if isinstance(got, CsrRows) else got
    bad = np.isinf(data) if may_miss else ~np.isfinite(data)
    if not bad.any():
        return
    if isinstance(got, CsrRows):
        row = np.repeat(np.arange(block.stop - block.start), np.diff(got.indptr))[bad]
        column = got.indices[bad]
    else:
        row, column = np.nonzero(bad)
    infinite = bool(np.isinf(data).any())
    kind = ("infinite value", "infinite values") if infinite else ("missing value", "missing values")
    places = zip(row.tolist(), column.tolist(), strict=True)
    first = listed(f"{expression.genes[c]} in '{expression.samples[block.start + r]}'" for r, c in places)
    message = (
        f"{plural(int(bad.sum()), *kind)} in samples {block.start + 1:,}–{block.stop:,} of {expression.source} "
        f"(first: {first}). Correct them at the source; do not fill with 0."
    )
    raise ExpressionError(message, code="E502" if infinite else "E501")
