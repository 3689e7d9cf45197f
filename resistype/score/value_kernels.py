"""The compiled loops of the methods that use values rather than ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["gene_sums", "row_moments", "weighted_sums"]

FINE = 2.0**20  # steps of one unit in sums over samples
MOST = 2.0**20  # larger values count as this, so that sums of eight million samples fit


@njit(nogil=True, cache=True)
def row_moments(rows: Any, out: Any) -> None:
    """Mean and standard deviation (n - 1) over all genes of each row; zeros count, NaN does not.

    Sums run over the sorted values, so they do not depend on the order of genes or on stored zeros.
    """
    values, indptr, n_genes = rows
    for i in range(indptr.size - 1):
        row = values[indptr[i] : indptr[i + 1]]
        row = np.sort(row[(row != 0) & ~np.isnan(row)])
        missing = np.isnan(values[indptr[i] : indptr[i + 1]]).sum()
        total, present = 0.0, n_genes - missing
        for value in row:
            total += value
        mean = total / max(present, 1)
        spread = (present - row.size) * mean * mean
        for value in row:
            spread += (value - mean) ** 2
        out[i, 0] = mean
        out[i, 1] = np.sqrt(spread / max(present - 1, 1))


@njit(nogil=True, cache=True)
def _sum_values(row: Any, columns: Any, weights: Any, out: Any) -> None:
    total, weight, members = 0.0, 0.0, 0
    for j in range(columns.size):
        value = row[columns[j]]
        if not np.isnan(value):
            total += weights[j] * value
            weight += abs(weights[j])
            members += 1
    out[0], out[1], out[2] = total, weight, members


@njit(nogil=True, cache=True)
def weighted_sums(rows: Any, sets: Any, out: Any) -> None:
    """For each part: sum of weight times value, sum of the weights' sizes, members; NaN members left out."""
    values, indices, indptr, n_genes = rows
    columns, offsets, weights = sets
    dense = np.zeros(n_genes)
    for i in range(indptr.size - 1):
        for j in range(indptr[i], indptr[i + 1]):
            dense[indices[j]] = values[j]
        for p in range(offsets.size - 1):
            a, b = offsets[p], offsets[p + 1]
            _sum_values(dense, columns[a:b], weights[a:b], out[i, p])
        for j in range(indptr[i], indptr[i + 1]):
            dense[indices[j]] = 0.0


@njit(nogil=True, cache=True)
def gene_sums(values: Any, indices: Any, out: Any) -> None:
    """Add values to the sums of their genes, as whole steps of 2**-20: exact, so in any order; NaN is left out."""
    for j in range(values.size):
        value = np.float64(values[j])
        if value == value:  # noqa: PLR0124  not NaN
            out[indices[j]] += np.int64(np.rint(min(max(value, -MOST), MOST) * FINE))
