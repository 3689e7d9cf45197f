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
def _along(genes: Any, entries: Any, before: Any, after: Any) -> None:
    """Sums up to and with one place of the shuffle, for all draws."""
    for draw in range(genes.size):
        after[draw] = before[draw] + entries[genes[draw]]


@njit(nogil=True, cache=True)
def _add(upper: Any, lower: Any, out: Any) -> None:
    for draw in range(out.size):
        out[draw] += upper[draw] - lower[draw]


@njit(nogil=True, cache=True)
def _one_table(entries: Any, draws: Any, sums: Any, out: Any) -> None:
    shuffles, edges, spans = draws
    for b in range(edges.size - 1):
        for c in range(edges[b + 1] - edges[b]):
            _along(shuffles[edges[b] + c], entries, sums[c], sums[c + 1])
        for p in range(out.shape[0]):
            if spans[p, b, 0] < spans[p, b, 1]:
                _add(sums[spans[p, b, 1]], sums[spans[p, b, 0]], out[p])


@njit(nogil=True, cache=True)
def null_sums(ranks: Any, draws: Any, result: Any) -> None:
    """Sums of the tables over the random sets of one sample: `out` of shape (n_tables, n_parts, n_draws)."""
    tables, out = result
    edges = draws[1]
    deepest = 0
    for b in range(edges.size - 1):
        deepest = max(deepest, edges[b + 1] - edges[b])
    sums = np.zeros((deepest + 1, out.shape[2]), np.int64)
    entries = np.empty(ranks.size, np.int64)
    out[:] = 0
    for t in range(out.shape[0]):
        for gene in range(ranks.size):
            entries[gene] = tables[ranks[gene], t]
        _one_table(entries, draws, sums, out[t])
