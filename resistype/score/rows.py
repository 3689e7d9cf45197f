"""Rows of expression as the kernels see them: dense rows, or the three arrays of a CSR matrix; and
their log2(x + 1).

Kernels never see an AnnData, a DataFrame or a file. They see :class:`DenseRows` or
:class:`CsrRows`, both cheap views: cutting a block out of either copies nothing. Values are float32
or float64, because integers up to 2**53 fit float64 exactly and half as many compiled kernels is
half as long a first start. `log2_rows` gives the numbers of `Expression.log2` for one block,
without making sparse rows dense.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, eq=False)
class DenseRows:
    """Dense rows, shape (n_obs, n_genes); NaN marks a gene that was not measured in that row."""

    values: FloatArray

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def n_genes(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def cut(self, start: int, stop: int) -> DenseRows:
        """Rows ``start:stop`` as a view."""
        return DenseRows(self.values[start:stop])

    def with_data(self, values: NDArray[np.float64]) -> DenseRows:
        """The same shape with other values."""
        return DenseRows(values)


@dataclass(frozen=True, eq=False)
class CsrRows:
    """Rows of a sparse matrix: `data`, `indices`, `indptr` of CSR and the number of genes; what
    is absent is zero.
    """

    data: FloatArray
    indices: IndexArray
    indptr: NDArray[np.int64]
    n_genes: int

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return int(self.indptr.size - 1)

    def cut(self, start: int, stop: int) -> CsrRows:
        """Rows ``start:stop`` as a view."""
        first, last = int(self.indptr[start]), int(self.indptr[stop])
        pointers = self.indptr[start : stop + 1] - first
        return CsrRows(self.data[first:last], self.indices[first:last], pointers, self.n_genes)

    def with_data(self, values: NDArray[np.float64]) -> CsrRows:
        """The same pattern with other non-zero values."""
        return CsrRows(values, self.indices, self.indptr, self.n_genes)


Rows = DenseRows | CsrRows
Values = dict[str, NDArray[np.float64]]  # of a block, by method


def as_rows(values: Any) -> Rows:
    """Dense array, scipy sparse matrix, or the parts of a CSR matrix, as rows for the kernels."""
    if isinstance(values, DenseRows | CsrRows):
        return values
    if isinstance(values, tuple):
        data, indices, indptr, n_genes = values
        return CsrRows(_floats(data), _index(indices), np.asarray(indptr, np.int64), int(n_genes))
    if sp.issparse(values):
        return _from_sparse(values)
    dense = np.asarray(values)
    if dense.ndim != 2 or dense.dtype.kind not in "fiub":
        message = (
            f"Expected numbers of shape (n_obs, n_genes), got shape {dense.shape} of {dense.dtype}."
        )
        raise ExpressionError(message, code="E304")
    return DenseRows(np.ascontiguousarray(_floats(dense)))


def as_scipy(rows: CsrRows) -> Any:
    """Sparse rows as a matrix of scipy that shares their arrays."""
    return sp.csr_matrix((rows.data, rows.indices, rows.indptr), shape=(rows.n_obs, rows.n_genes))


def dense(rows: CsrRows) -> DenseRows:
    """Sparse rows with their zeros written out."""
    return DenseRows(as_scipy(rows).toarray())


def _from_sparse(matrix: Any) -> CsrRows:
    csr = sp.csr_array(matrix)
    if (
        not csr.has_canonical_format
    ):  # an entry stored twice counts as its sum, as everywhere in scipy
        csr = csr.copy()
        csr.sum_duplicates()
    return CsrRows(
        _floats(csr.data), _index(csr.indices), np.asarray(csr.indptr, np.int64), int(csr.shape[1])
    )


def _floats(array: Any) -> FloatArray:
    given: NDArray[Any] = np.asarray(array)
    if given.dtype in (np.float32, np.float64) and given.dtype.isnative:
        return given
    return given.astype(np.float32 if given.dtype == np.float16 else np.float64)


def _index(array: Any) -> IndexArray:
    given: NDArray[Any] = np.asarray(array)
    return given if given.dtype in (np.int32, np.int64) else given.astype(np.int64)


OFFSET = 0.001
LINEAR = ("counts", "cpm", "tpm")


def log2_rows(rows: Rows, unit: str) -> Rows:
    """Rows of unit `unit` in log2(x + 1)."""
    if unit in ("scaled", "unknown"):
        message = (
            f"This method needs log2 expression, and the values are of unit '{unit}'. Give counts,"
            " TPM or log2 values (unit=…), or a rank method such as 'ssgsea' or 'singscore', which"
            " take any scale."
        )
        raise ExpressionError(message, code="E404")
    if unit == "log2_small_offset" and isinstance(rows, CsrRows):
        rows = dense(rows)
    values = np.ascontiguousarray(
        rows.data if isinstance(rows, CsrRows) else rows.values, np.float64
    )
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
