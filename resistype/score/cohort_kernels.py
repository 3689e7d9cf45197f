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
FOUR = 4  # values whose pairs with lower ones are looked up together


@njit(nogil=True, cache=True)
def _scale(values: Any) -> Any:
    """Steps of the table in one unit of the values; the bandwidth is a quarter of the standard deviation."""
    n = values.size
    mean, spread = 0.0, 0.0
    for j in range(n):
        mean += values[j]
    mean /= n
    for j in range(n):
        spread += (values[j] - mean) ** 2
    return 4.0 / np.sqrt(spread / (n - 1)) * (STEPS // REACH)


@njit(nogil=True, cache=True, error_model="numpy")
def _steps(values: Any, here: Any, scale: Any, out: Any) -> None:
    """Entries of the table for the distances from lower values to one; apart from the look-up, to be vectors."""
    for k in range(values.size):
        out[k] = np.int32((here - values[k]) * scale)


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up(table: Any, steps: Any, sums: Any) -> Any:
    total = np.int64(0)
    for k in range(sums.size):
        entry = table[np.uint32(steps[k])]
        total += entry
        sums[k] -= entry
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up_four(table: Any, steps: Any, sums: Any, out: Any) -> None:
    """The same for four values at once, so that the sums of the lower ones are read and written once for all."""
    first, second, third, fourth = steps
    a, b, c, d = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for k in range(sums.size):
        e, f = table[np.uint32(first[k])], table[np.uint32(second[k])]
        g, h = table[np.uint32(third[k])], table[np.uint32(fourth[k])]
        a += e
        b += f
        c += g
        d += h
        sums[k] -= (e + f) + (g + h)
    out[0] += a
    out[1] += b
    out[2] += c
    out[3] += d


@njit(nogil=True, cache=True, error_model="numpy")
def _with_lower(values: Any, span: Any, table: Any, sums: Any, work: Any) -> None:
    """Pairs of the values ``j .. j + m - 1`` with those from `low` on below them, and with each other."""
    low, j, m, scale = span
    lower, into = values[low:j], sums[low:j]
    for q in range(m):
        _steps(lower, values[j + q], scale, work[q, low:j])
    if m == FOUR:
        steps = work[0, low:j], work[1, low:j], work[2, low:j], work[3, low:j]
        _look_up_four(table, steps, into, sums[j : j + m])
    else:
        sums[j] += _look_up(table, work[0, low:j], into)
    for q in range(1, m):
        _steps(values[j : j + q], values[j + q], scale, work[0, :q])
        sums[j + q] += _look_up(table, work[0, :q], sums[j : j + q])


@njit(nogil=True, cache=True, error_model="numpy")
def _one_gene(values: Any, about: Any, sums: Any, work: Any) -> None:
    """Sums of the tabulated distribution function over all pairs of ascending values; each pair is looked up once.

    From entry `full` on the table is 1: pairs so far apart are counted, not looked up. Values so close together, or so
    far apart, that their spread is not a number of the machine are taken as one value.
    """
    table, full, one = about
    n, scale = values.size, _scale(values)
    if not (0.0 < scale < np.inf and values[n - 1] - values[0] < np.inf):
        sums[:] = n * table[0]
        return
    far = np.zeros(n + 1, np.int64)
    for j in range(n):
        sums[j] = table[0] + (n - 1 - j) * one
    j, low = 1, 0
    while j < n:
        while low < j and (values[j] - values[low]) * scale >= full:
            low += 1
        together = j + FOUR <= n and (values[j + FOUR - 1] - values[low]) * scale < table.size - 1
        m = FOUR if together else 1
        far[low] += m
        for q in range(m):
            sums[j + q] += low * one
        _with_lower(values, (low, j, m, scale), table, sums, work)
        j += m
    above = np.int64(0)  # values so far above that the pair was counted
    for k in range(n - 1, -1, -1):
        above += far[k + 1]
        sums[k] -= above * one


@njit(nogil=True, cache=True)
def kernel_cdf(values: Any, table: Any, out: Any) -> None:
    """For each gene (row of ascending values) the sum over samples of the distribution function around each."""
    one, full = 2 * table[0], 0
    while table[full] < one:
        full += 1
    work = np.empty((FOUR, values.shape[1]), np.int32)
    for gene in range(values.shape[0]):
        _one_gene(values[gene], (table, full, one), out[gene], work)


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
