"""The compiled loops of the null: sums over many random sets that share their draws.

A draw is a shuffle of every bin. Of each bin a part takes as many of the first genes as it has there, so sums along the
shuffle are made once and serve all parts: the cost is that of the largest part of each bin, not of all parts together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["null_sums"]


@njit(nogil=True, cache=True)
def _entries(ranks: Any, tables: Any, out: Any) -> None:
    for gene in range(ranks.size):
        for t in range(tables.shape[1]):
            out[t, gene] = tables[ranks[gene], t]


@njit(nogil=True, cache=True)
def _along(genes: Any, entries: Any, out: Any) -> None:
    """Sums along one place of the shuffle, for all draws and tables."""
    n = genes.size
    for t in range(entries.shape[0]):
        for draw in range(n):
            out[1, t * n + draw] = out[0, t * n + draw] + entries[t, genes[draw]]


@njit(nogil=True, cache=True)
def _add(upper: Any, lower: Any, out: Any) -> None:
    for j in range(out.size):
        out[j] += upper[j] - lower[j]


@njit(nogil=True, cache=True)
def null_sums(ranks: Any, draws: Any, result: Any) -> None:
    """Sums of the tables over the random sets of one sample: `out` of shape (n_parts, n_tables * n_draws)."""
    shuffles, edges, spans = draws
    tables, out = result
    n = shuffles.shape[1]
    entries = np.empty((tables.shape[1], ranks.size), np.int64)
    _entries(ranks, tables, entries)
    deepest = 0
    for b in range(edges.size - 1):
        deepest = max(deepest, edges[b + 1] - edges[b])
    sums = np.zeros((deepest + 1, tables.shape[1] * n), np.int64)
    out[:] = 0
    for b in range(edges.size - 1):
        for c in range(edges[b + 1] - edges[b]):
            _along(shuffles[edges[b] + c], entries, sums[c : c + 2])
        for p in range(out.shape[0]):
            if spans[p, b, 0] < spans[p, b, 1]:
                _add(sums[spans[p, b, 1]], sums[spans[p, b, 0]], out[p])
