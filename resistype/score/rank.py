"""The one pass over a row that every rank method shares.

A rank method needs, of each gene set, only sums over its members of some function of the member's mid-rank. So a method
gives a **table** of that function (one entry a doubled mid-rank, because mid-ranks are multiples of one half) and this
module returns the sums. Table entries are int64, and integer addition has no order: the sums cannot depend on the order
of genes, on blocks, on threads or on whether the row was dense or sparse. Powers and divisions are done once a table,
not once a gene.

A sparse row costs O(nnz) to rank and O(members that are not zero) to sum: zeros are one block of ties whose rank is
known without looking at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.score import kernels, value_kernels
from resistype.score.rows import CsrRows, DenseRows, Rows
from resistype.score.sets import IndexedSets

__all__ = ["Ranks", "add_gene_sums", "bits_of", "doubled_ranks", "moments", "rank_sums", "weighted_sums"]


@dataclass(frozen=True, eq=False)
class Ranks:
    """Doubled mid-ranks of some rows, kept by `rank_sums` for whoever needs them once more.

    Parameters
    ----------
    values
        A rank for each value of the rows as they are stored, one row after the other; 0 where none was found.
    zeros
        The rank of a zero that is not stored, shape (n_obs,).
    """

    values: NDArray[np.int32]
    zeros: NDArray[np.int64]

    @classmethod
    def room(cls, rows: Rows | None) -> Ranks:
        """Room for the ranks of `rows`; none at all for None."""
        size = 0 if rows is None else (rows.data if isinstance(rows, CsrRows) else rows.values).size
        return cls(np.zeros(size, np.int32), np.zeros(0 if rows is None else rows.n_obs, np.int64))

    def cut(self, rows: Rows, start: int, stop: int) -> Ranks:
        """Those of the rows ``start:stop`` of `rows`, as a view."""
        if not self.zeros.size:
            return self
        edges = rows.indptr if isinstance(rows, CsrRows) else np.arange(rows.n_obs + 1) * rows.n_genes
        return Ranks(self.values[edges[start] : edges[stop]], self.zeros[start:stop])


def bits_of(array: NDArray[Any]) -> NDArray[Any]:
    """Floats as the whole numbers that their bits are."""
    flat = np.ascontiguousarray(array)
    return flat.view(np.uint32 if flat.dtype == np.float32 else np.uint64)


def rank_sums(
    rows: Rows, sets: IndexedSets, tables: NDArray[np.int64], *, ranks: Ranks | None = None
) -> NDArray[np.int64]:
    """Sums of tabulated functions of the members' mid-ranks.

    Parameters
    ----------
    rows
        Rows of shape (n_obs, n_genes). NaN genes are left out of the ranks and of the sums.
    sets
        Sets over the same columns.
    tables
        Shape (2 * n_genes + 2, n_tables): entry ``2 * r`` is the value of a member of ascending mid-rank ``r``. Entry 0
        is what a NaN member counts and should be 0.
    ranks
        Room to keep the ranks in.

    Returns
    -------
    Array of shape (n_obs, n_parts, n_tables).
    """
    out = np.empty((rows.n_obs, sets.n_parts, tables.shape[1]), np.int64)
    tables = np.ascontiguousarray(tables, np.int64)
    kept = ranks or Ranks.room(None)
    if isinstance(rows, CsrRows):
        arrays = (bits_of(rows.data), rows.indices, rows.indptr, rows.n_genes)
        kernels.sums_csr(arrays, (*sets.by_gene, sets.sizes), (tables, out, (kept.values, kept.zeros)))
    else:
        members = sets.indices, sets.offsets
        kernels.sums_dense(bits_of(rows.values), members, (tables, out, (kept.values, kept.zeros)))
    return out


def doubled_ranks(rows: DenseRows) -> NDArray[np.int32]:
    """Twice the ascending mid-ranks of dense rows, shape (n_obs, n_genes); 0 where the value is NaN."""
    out = np.empty((rows.n_obs, rows.n_genes), np.int32)
    kernels.ranks_dense(bits_of(rows.values), out)
    return out


def moments(rows: Rows) -> NDArray[np.float64]:
    """Mean and standard deviation over all genes of each row, shape (n_obs, 2); the same bits in any gene order."""
    out = np.empty((rows.n_obs, 2))
    data, _, indptr = _flat(rows)
    value_kernels.row_moments((data.astype(np.float64), indptr, rows.n_genes), out)
    return out


def weighted_sums(rows: Rows, sets: IndexedSets) -> NDArray[np.float64]:
    """Sums over the members of each part, in the order in which the part lists them.

    Returns
    -------
    Array of shape (n_obs, n_parts, 3): weight times value, size of the weights, members that are not NaN.
    """
    out = np.empty((rows.n_obs, sets.n_parts, 3))
    data, indices, indptr = _flat(rows)
    value_kernels.weighted_sums((data, indices, indptr, rows.n_genes), (sets.indices, sets.offsets, sets.weights), out)
    return out


def add_gene_sums(rows: Rows, total: NDArray[np.int64]) -> None:
    """Add what each gene sums to over some rows to `total`, shape (n_genes,), in steps of 2**-20: in any order."""
    data, indices, _ = _flat(rows)
    value_kernels.gene_sums(data, indices, total)


def _flat(rows: Rows) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Dense rows written as sparse ones, so that a kernel has one form to deal with."""
    if isinstance(rows, CsrRows):
        return rows.data, rows.indices, rows.indptr
    indices = np.tile(np.arange(rows.n_genes, dtype=np.int32), rows.n_obs)
    return rows.values.ravel(), indices, np.arange(rows.n_obs + 1, dtype=np.int64) * rows.n_genes
