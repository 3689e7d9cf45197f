"""A block of rows in the house scale, log2(x + 1), without making sparse rows dense.

The same numbers as `Expression.log2`, for one block at a time: zero stays zero in every unit but log2(TPM + 0.001).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.score.rows import CsrRows, Rows, dense

__all__ = ["LINEAR", "log2_rows"]

OFFSET = 0.001
LINEAR = ("counts", "cpm", "tpm")


def log2_rows(rows: Rows, unit: str) -> Rows:
    """Rows of unit `unit` in log2(x + 1).

    Raises
    ------
    ExpressionError
        E404 when the unit is ``scaled`` or ``unknown``.
    """
    if unit in ("scaled", "unknown"):
        message = (
            f"This method needs log2 expression, and the values are of unit '{unit}'. Give counts, TPM or log2 values "
            "(unit=…), or a rank method such as 'ssgsea' or 'singscore', which take any scale."
        )
        raise ExpressionError(message, code="E404")
    if unit == "log2_small_offset" and isinstance(rows, CsrRows):
        rows = dense(rows)
    values = np.ascontiguousarray(rows.data if isinstance(rows, CsrRows) else rows.values, np.float64)
    if unit == "counts":
        values = _per_million(rows, values)
    return rows.with_data(_converted(values, unit))


def _converted(values: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
    if unit in LINEAR:
        return np.asarray(np.log2(values + 1.0))
    if unit == "log2_small_offset":
        return np.asarray(np.log2(np.maximum(np.exp2(values) - OFFSET, 0.0) + 1.0))
    return np.asarray(values / math.log(2.0)) if unit == "ln" else values


def _per_million(rows: Rows, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts per million of the sample's own sum; an empty sample has none and becomes NaN."""
    if isinstance(rows, CsrRows):
        sizes = np.repeat(_sums(values, rows.indptr), np.diff(rows.indptr))
    else:
        sizes = _sums(values.ravel(), np.arange(rows.n_obs + 1) * rows.n_genes)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(values / sizes * 1e6)


def _sums(values: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Exact sums of rows, so that the order of genes cannot matter; NaN left out."""
    known = np.where(np.isnan(values), 0.0, values)
    if bool(((known == np.rint(known)) & (np.abs(known) < 2**31)).all()):
        return np.diff(np.concatenate([[0.0], np.cumsum(known)])[edges])
    return np.array([math.fsum(known[a:b]) for a, b in pairwise(edges)])
