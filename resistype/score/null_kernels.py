"""The compiled loops of the null: scores of very many random sets that share their draws.

A draw is a shuffle of every bin. Of each bin a part takes as many of the first genes as it has there, so sums along the
shuffle are made once and serve all parts: the cost is that of the largest part of each bin, not of all parts together.

Sixteen samples go side by side (`LANES`), because they have the draws in common: what a gene counts in each of them
lies in one line of memory, is fetched at once and added at once. Of sparse rows a line holds how much more a gene
counts than a zero does. A bin of which none of the sixteen has a gene adds nothing to anything and is left out, and
what zeros count (`ground`) is added once a part.

Entries are int32 and sums are exact, modulo 2**32 while they run along a bin and without overflow once a part is
complete. Nothing but counts and three sums is kept of a random set, so memory does not grow with their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resistype.score.null_lanes import CHUNK, LANES, add_line, add_rows

__all__ = ["GATED", "LANES", "LINEAR", "RATIO", "compare", "entries_csr", "entries_dense", "forget_csr", "shuffle"]

TOGETHER = 16  # draws
WIDE = LANES * TOGETHER
LINEAR, GATED, RATIO = 0, 1, 2


@njit(nogil=True, cache=True, error_model="numpy")
def shuffle(others: Any, size: int, out: Any) -> None:
    """First steps of shuffles of ``0 .. size - 1``: at step c, place c changes with place ``others[c]``; (steps, n)."""
    pool = np.arange(size, dtype=np.int32)
    for draw in range(out.shape[1]):
        for c in range(out.shape[0]):
            other = others[c, draw]
            pool[c], pool[other] = pool[other], pool[c]
            out[c, draw] = pool[c]
        for c in range(out.shape[0] - 1, -1, -1):  # back to the order of the beginning
            other = others[c, draw]
            pool[c], pool[other] = pool[other], pool[c]


@njit(nogil=True, cache=True, error_model="numpy")
def entries_csr(places: Any, about: Any, result: Any) -> None:
    """What each gene counts in each sample beyond what a zero does, from the ranks of sparse rows.

    `result` is entries of shape (n_tables, n_genes, LANES), zero before; what a zero counts, (n_tables, LANES); and
    whether any sample has a gene of a bin, (n_bins,).
    """
    indices, indptr, slots = places
    ranks, zero_ranks, tables, bin_of = about
    entries, zeros, live = result
    for i in range(indptr.size - 1):
        zero = zero_ranks[i]
        for t in range(tables.shape[1]):
            zeros[t, i] = tables[zero, t]
        for j in range(indptr[i], indptr[i + 1]):
            slot = slots[indices[j]]
            live[bin_of[slot]] = True
            for t in range(tables.shape[1]):
                entries[t, slot, i] = tables[ranks[j], t] - tables[zero, t]


@njit(nogil=True, cache=True, error_model="numpy")
def forget_csr(places: Any, entries: Any) -> None:
    """Make the entries zero again."""
    indices, indptr, slots = places
    for t in range(entries.shape[0]):
        for i in range(indptr.size - 1):
            for j in range(indptr[i], indptr[i + 1]):
                entries[t, slots[indices[j]], i] = 0


@njit(nogil=True, cache=True, error_model="numpy")
def entries_dense(ranks: Any, about: Any, entries: Any) -> None:
    """What each gene counts in each sample, from the ranks of dense rows."""
    tables, slots = about
    for i in range(ranks.shape[0]):
        for gene in range(ranks.shape[1]):
            for t in range(tables.shape[1]):
                entries[t, slots[gene], i] = tables[ranks[i, gene], t]


@njit(nogil=True, cache=True, error_model="numpy")
def _places(live: Any, edges: Any, spans: Any) -> Any:
    """Where the row of zeros of each bin begins among the sums; places of the draws wanted, and where each goes."""
    deepest = np.zeros(edges.size - 1, np.int64)
    for part in range(spans.shape[0]):
        for b in range(deepest.size):
            if live[b]:
                deepest[b] = max(deepest[b], spans[part, b, 1])
    first = np.zeros(deepest.size + 1, np.int64)
    places, starts = np.empty(deepest.sum(), np.int64), np.empty(deepest.sum(), np.int64)
    n = 0
    for b in range(deepest.size):
        for c in range(deepest[b]):
            places[n] = edges[b] + c
            starts[n] = first[b] + (c + 1) * WIDE
            n += 1
        first[b + 1] = first[b] + (deepest[b] + 1) * WIDE
    return first, places, starts


@njit(nogil=True, cache=True, error_model="numpy")
def _takes(live: Any, spans: Any, first: Any) -> Any:
    """Of each part the rows of sums to add and those to take off, and where its rows begin in either."""
    n_parts, n_bins = spans.shape[0], spans.shape[1]
    plus, minus = np.empty(n_parts * n_bins, np.int64), np.empty(n_parts * n_bins, np.int64)
    begins = np.zeros((2, n_parts + 1), np.int64)
    n, m = 0, 0
    for part in range(n_parts):
        for b in range(n_bins):
            below, above = spans[part, b, 0], spans[part, b, 1]
            taken = live[b] and below < above
            if taken:
                plus[n] = first[b] + above * WIDE
                n += 1
            if taken and below > 0:
                minus[m] = first[b] + below * WIDE
                m += 1
        begins[0, part + 1], begins[1, part + 1] = n, m
    return plus, minus, begins


@njit(nogil=True, cache=True, error_model="numpy")
def _along(entries: Any, draws: Any, way: Any, sums: Any) -> None:
    """Sums along the shuffle of every bin for some draws side by side; before each bin lies a row of zeros."""
    shuffles, first, last = draws
    places, starts = way
    for n in range(places.size):
        genes = shuffles[places[n]]
        for d in range(first, last):
            upper = starts[n] + (d - first) * LANES
            add_line(entries, sums, (np.int64(genes[d]) * LANES, upper - WIDE, upper))


@njit(nogil=True, cache=True, error_model="numpy")
def _parts(source: Any, takes: Any, out: Any) -> None:
    """Sums of one table over the random genes of every part, (n_parts, WIDE)."""
    plus, minus, begins = takes
    for p in range(out.shape[0]):
        more, less = (plus, begins[0, p], begins[0, p + 1]), (minus, begins[1, p], begins[1, p + 1])
        for k in range(0, WIDE, CHUNK):
            add_rows(source, more, less, (k, p * WIDE + k), out)


@njit(nogil=True, cache=True, error_model="numpy")
def _ground(zeros: Any, sizes: Any) -> Any:
    """What each part would count if all its genes were zero, (n_tables, n_parts, WIDE)."""
    out = np.empty((zeros.shape[0], sizes.size, WIDE), np.int32)
    for t in range(zeros.shape[0]):
        for p in range(sizes.size):
            for k in range(WIDE):
                out[t, p, k] = zeros[t, k % LANES] * sizes[p]
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _scores(totals: Any, shape: int, factors: Any, out: Any) -> None:
    """Add the scores of one part to `out`; `factors` are sign, offset, slope, and the ratio or the gate."""
    sign, offset, slope, last = factors[0], factors[1], factors[2], factors[3]
    first, second, third = totals
    if shape == RATIO:
        for k in range(out.size):
            out[k] += sign * (last * second[k] / first[k] + (offset + slope * third[k]))
    elif shape == GATED:
        for k in range(out.size):
            score = offset + slope * first[k]
            out[k] += sign * (score if first[k] < last else 0.0)
    else:
        for k in range(out.size):
            out[k] += sign * (offset + slope * first[k])


@njit(nogil=True, cache=True, error_model="numpy")
def _found(entries: Any, sets: Any, formula: Any, ground: Any) -> Any:
    """The scores themselves, (n_sets, LANES), by the way the random ones go, so that ties are ties."""
    members, offsets, owner = sets
    shape, floor, factors = formula
    totals = np.zeros((entries.shape[0], LANES), np.int32)
    out = np.zeros((1 + owner[-1] if owner.size else 0, LANES))
    for p in range(owner.size):
        for t in range(entries.shape[0]):
            totals[t] = ground[t, p, :LANES]
            for j in range(offsets[p], offsets[p + 1]):
                add_line(entries[t], totals[t], (np.int64(members[j]) * LANES, 0, 0))
        _scores((totals[0], totals[-2], totals[-1]), shape, factors[p], out[owner[p]])
    return np.maximum(out, floor)


@njit(nogil=True, cache=True, error_model="numpy")
def _tally(scores: Any, found: Any, floor: float, out: Any) -> None:
    """Count random scores and add up how far they lie from the ones found, lane by lane."""
    count, total, squares = out[0], out[1], out[2]
    for d in range(0, scores.size, LANES):
        some = scores[d : d + LANES]
        for k in range(LANES):
            away = max(some[k], floor) - found[k]
            count[k] += 1.0 if away >= 0.0 else 0.0
            total[k] += away
            squares[k] += away * away


@njit(nogil=True, cache=True, error_model="numpy")
def _judge(totals: Any, owner: Any, formula: Any, result: Any) -> None:
    """Scores of all signatures for some draws, from the sums of each table and part."""
    found, tallies, width = result
    scores = np.zeros(WIDE)
    for p in range(owner.size):
        if p == 0 or owner[p] != owner[p - 1]:
            scores[:] = 0.0
        _scores((totals[0, p], totals[-2, p], totals[-1, p]), formula[0], formula[2][p], scores)
        if p + 1 == owner.size or owner[p + 1] != owner[p]:
            _tally(scores[:width], found[owner[p]], formula[1], tallies[owner[p]])


@njit(nogil=True, cache=True, error_model="numpy")
def compare(entries: Any, about: Any, out: Any) -> None:
    """For each signature and sample: random sets that score as high, and sum and squares of their distance.

    Shapes: entries (n_tables, n_genes, LANES), genes of the draws (places, n), out (n_sets, 3, LANES).
    """
    sets, (shuffles, edges, spans), (zeros, live), formula = about
    first, places, starts = _places(live, edges, spans)
    plus, minus, begins = _takes(live, spans, first)
    ground = _ground(zeros, np.diff(sets[1]))
    found = _found(entries, sets, formula, ground)
    sums, totals = np.zeros(first[-1], np.int32), np.empty_like(ground)  # sums of one table, so that they stay near
    out[:] = 0.0
    for draw in range(0, shuffles.shape[1], TOGETHER):
        stop = min(draw + TOGETHER, shuffles.shape[1])
        for t in range(entries.shape[0]):
            _along(entries[t], (shuffles, draw, stop), (places, starts), sums)
            _parts((sums, ground[t]), (plus, minus, begins), totals[t])
        _judge(totals, sets[2], formula, (found, out, (stop - draw) * LANES))
