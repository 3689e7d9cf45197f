"""The compiled loops of GSVA: estimating a gene's distribution over the samples, and the walk down a sample.

Sums are over integers (the tabulated distribution function as fixed point, doubled ranks), so they do not depend on
the order of samples, genes or threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["kernel_cdf", "walk"]

STEPS = 10_000  # the R package tabulates 0 to 10 standard deviations in steps of 1/1000
REACH = 10


@njit(nogil=True, cache=True)
def _one_gene(values: Any, table: Any, sums: Any) -> None:
    """Sums of the tabulated distribution function over all pairs of ascending values; each pair is looked up once."""
    n = values.size
    mean, spread = 0.0, 0.0
    for j in range(n):
        mean += values[j]
    mean /= n
    for j in range(n):
        spread += (values[j] - mean) ** 2
    scale = 4.0 / np.sqrt(spread / (n - 1)) * (STEPS // REACH)  # bandwidth: a quarter of the standard deviation
    beyond = np.float64(STEPS + 1)
    one = 2 * table[0]
    for j in range(n):
        sums[j] = table[0] + (n - 1 - j) * one
    for j in range(1, n):
        here, total = values[j], np.int64(0)
        for k in range(j):
            entry = table[np.uint64(min((here - values[k]) * scale, beyond))]
            total += entry
            sums[k] -= entry
        sums[j] += total


@njit(nogil=True, cache=True)
def kernel_cdf(values: Any, table: Any, out: Any) -> None:
    """For each gene (row of ascending values) the sum over samples of the distribution function around each."""
    for gene in range(values.shape[0]):
        _one_gene(values[gene], table, out[gene])


@njit(nogil=True, cache=True)
def _places(ranks: Any, columns: Any, out: Any) -> None:
    """Doubled ranks of the members, highest first."""
    for j in range(columns.size):
        rank = ranks[columns[j]]
        k = j
        while k > 0 and out[k - 1] < rank:
            out[k] = out[k - 1]
            k -= 1
        out[k] = rank


@njit(nogil=True, cache=True)
def _extremes(members: Any, above: Any, tied: Any) -> Any:
    """Highest and lowest point of the walk; tied genes are passed in one step."""
    n_genes, m = tied.size // 2 - 1, members.size
    weight = np.int64(0)
    for rank in members:
        weight += abs(rank - n_genes)
    total = np.float64(weight) if weight > 0 else np.float64(1.0)
    highest, lowest, met, i = 0.0, 0.0, np.int64(0), 0
    while i < m:
        rank = members[i]
        before = met / total - (above[rank] - i) / (n_genes - m)
        while i < m and members[i] == rank:
            met += abs(rank - n_genes)
            i += 1
        after = met / total - (above[rank] + tied[rank] - i) / (n_genes - m)
        highest, lowest = max(highest, before, after), min(lowest, before, after)
    return highest, lowest


@njit(nogil=True, cache=True)
def walk(ranks: Any, sets: Any, out: Any) -> None:
    """Highest and lowest point of the random walk of each sample and part, from doubled ascending ranks."""
    indices, offsets = sets
    n_genes = ranks.shape[1]
    above, tied = np.empty(2 * n_genes + 2, np.int64), np.zeros(2 * n_genes + 2, np.int64)
    members = np.empty(n_genes, np.int32)
    for i in range(ranks.shape[0]):
        tied[:] = 0
        for j in range(n_genes):
            tied[ranks[i, j]] += 1
        total = np.int64(0)
        for rank in range(2 * n_genes + 1, -1, -1):
            above[rank] = total
            total += tied[rank]
        for p in range(offsets.size - 1):
            columns = indices[offsets[p] : offsets[p + 1]]
            _places(ranks[i], columns, members)
            out[i, p, 0], out[i, p, 1] = _extremes(members[: columns.size], above, tied)
