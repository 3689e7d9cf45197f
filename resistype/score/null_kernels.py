"""The compiled loops of the null: scores of very many random sets that share their draws.

A draw is a shuffle of every bin. Of each bin a part takes as many of the first genes as it has there, so sums along the
shuffle are made once and serve all parts: the cost is that of the largest part of each bin, not of all parts together.

Sixteen samples go side by side (`LANES`), because they have the draws in common: what a gene counts in each of them
lies in one line of memory, is fetched at once and added at once. Of sparse rows a line holds how much more a gene
counts than a zero does, and what zeros count (`ground`) is added once a part. A bin of which none of the sixteen has a
gene adds nothing to anything and is left out. Where they have so few that a draw seldom meets one, those are added to
the parts that take them one by one.

Draws go by fours (`ABREAST`), so that their sums stay in the nearest cache between being made and being added up over
the parts, and are judged by sixteens.

Entries are int32 and sums are exact, modulo 2**32 while they run along a bin and without overflow once a part is
complete. Nothing but counts and three sums is kept of a random set, so memory does not grow with their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resistype.score.null_lanes import ABREAST, LANES, add_line, add_rows, run_along, tally

__all__ = ["APART", "GATED", "LINEAR", "RATIO", "compare", "entries_csr", "entries_dense", "forget_csr", "shuffle"]

TOGETHER = 16  # draws that are judged at once
SELDOM = 1.5  # genes of a bin that a draw may meet and still be cheaper one by one
WIDE = LANES * TOGETHER
APART = WIDE + LANES  # from the totals of a part to those of the next; at 1,024 bytes all would fall on few cache sets
LINEAR, GATED, RATIO = 0, 1, 2


@njit(nogil=True, cache=True, error_model="numpy")
def shuffle(others: Any, size: int, out: Any) -> None:
    """First steps of shuffles of ``0 .. size - 1``: at step c, place c changes with place ``others[c]``; (n, steps)."""
    pool = np.arange(size, dtype=np.int32)
    for draw in range(out.shape[0]):
        for c in range(out.shape[1]):
            other = others[draw, c]
            pool[c], pool[other] = pool[other], pool[c]
            out[draw, c] = pool[c]
        for c in range(out.shape[1] - 1, -1, -1):  # back to the order of the beginning
            other = others[draw, c]
            pool[c], pool[other] = pool[other], pool[c]


@njit(nogil=True, cache=True, error_model="numpy")
def entries_csr(places: Any, about: Any, result: Any) -> None:
    """What each gene counts in each sample beyond what a zero does, from the ranks of sparse rows.

    `result` is entries of shape (n_genes, n_tables, LANES), zero before; what a zero counts, (n_tables, LANES); whether
    any sample has a gene, (n_genes,), false before; and how many genes of a bin any has, (n_bins,), zero before.
    """
    indices, indptr, slots = places
    ranks, zero_ranks, tables, bin_of = about
    entries, zeros, met, n_met = result
    base = np.empty(tables.shape[1], np.int32)
    for i in range(indptr.size - 1):
        base[:] = tables[zero_ranks[i]]
        zeros[:, i] = base
        for j in range(indptr[i], indptr[i + 1]):
            slot: Any = np.uint64(slots[np.uint64(indices[j])])  # see ONE in `kernels.py`
            rank = np.uint64(ranks[j])
            met[slot] = True
            for t in range(base.size):
                entries[slot, np.uint64(t), np.uint64(i)] = tables[rank, np.uint64(t)] - base[t]
    for gene in range(met.size):
        n_met[bin_of[gene]] += met[gene]


@njit(nogil=True, cache=True, error_model="numpy")
def forget_csr(entries: Any, met: Any) -> None:
    """Make the entries zero again."""
    lines = entries.reshape(met.size, -1)
    for slot in range(met.size):
        if met[slot]:
            met[slot] = False
            for k in range(lines.shape[1]):
                lines[slot, k] = 0


@njit(nogil=True, cache=True, error_model="numpy")
def entries_dense(ranks: Any, about: Any, entries: Any) -> None:
    """What each gene counts in each sample, from the ranks of dense rows."""
    tables, slots = about
    for i in range(ranks.shape[0]):
        for gene in range(ranks.shape[1]):
            for t in range(tables.shape[1]):
                entries[slots[gene], t, i] = tables[ranks[i, gene], t]


@njit(nogil=True, cache=True, error_model="numpy")
def _ways(n_met: Any, sizes: Any, deepest: Any) -> Any:
    """Bins whose genes are added up along the shuffle, and those whose few genes are added one by one."""
    along, seldom = np.zeros(sizes.size, np.bool_), np.zeros(sizes.size, np.bool_)
    for b in range(sizes.size):
        if n_met[b] > 0 and deepest[b] > 0:
            seldom[b] = n_met[b] * deepest[b] <= SELDOM * sizes[b]
            along[b] = not seldom[b]
    return along, seldom


@njit(nogil=True, cache=True, error_model="numpy")
def _first_lines(along: Any, deepest: Any) -> Any:
    """Where the sums of each bin begin among those of a draw, in lines. Before them lies a line of zeros."""
    first = np.zeros(along.size + 1, np.int64)
    for b in range(along.size):
        first[b + 1] = first[b] + (deepest[b] + 1 if along[b] else 0)
    return first


@njit(nogil=True, cache=True, error_model="numpy")
def _takes(along: Any, spans: Any, first: Any) -> Any:
    """Of each part the sums to add and those to take off, and where its own begin in either."""
    n_parts, n_bins = spans.shape[0], spans.shape[1]
    plus, minus = np.empty(n_parts * n_bins, np.int32), np.empty(n_parts * n_bins, np.int32)
    begins = np.zeros((2, n_parts + 1), np.int64)
    n, m = 0, 0
    for part in range(n_parts):
        for b in range(n_bins):
            below, above = spans[part, b, 0], spans[part, b, 1]
            taken = along[b] and below < above
            if taken:
                plus[n] = (first[b] + above) * LANES
                n += 1
            if taken and below > 0:
                minus[m] = (first[b] + below) * LANES
                m += 1
        begins[0, part + 1], begins[1, part + 1] = n, m
    return plus, minus, begins


@njit(nogil=True, cache=True, error_model="numpy")
def _along(entries: Any, table: int, draws: Any, lines: Any, sums: Any) -> None:
    """Sums of one table along the shuffle of every bin for up to ``ABREAST`` draws."""
    shuffles, edges, start, stop = draws
    along, deepest, first = lines
    n_places, step = shuffles.shape[1], entries.shape[1] * LANES
    for b in range(along.size):
        for draw in range(start, stop if along[b] else start):
            place = (draw - start) * sums.shape[1] + (first[b] + 1) * LANES
            at = draw * n_places + edges[b], deepest[b], place, np.int64(table * LANES), np.int64(step)
            run_along(entries, shuffles, sums, at)


@njit(nogil=True, cache=True, error_model="numpy")
def _places(seldom: Any, edges: Any, deepest: Any) -> Any:
    """The places of the bins whose genes are added one by one."""
    out, n = np.empty(edges[-1], np.int32), 0
    for b in range(seldom.size):
        for place in range(edges[b], edges[b] + (deepest[b] if seldom[b] else 0)):
            out[n] = place
            n += 1
    return out[:n]


@njit(nogil=True, cache=True, error_model="numpy")
def _meet(draws: Any, places: Any, met: Any, out: Any) -> int:
    """Genes that some draws meet at some places: how many, and of each its slot, its place and its draw."""
    shuffles, start, stop = draws
    n = 0
    for draw in range(start, stop):
        for place in places:
            slot = shuffles[draw, place]
            if met[slot]:
                out[n, 0], out[n, 1], out[n, 2] = slot, place, draw - start
                n += 1
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def _one_by_one(entries: Any, genes: Any, takers: Any, totals: Any) -> None:
    """Add genes that were met to each part that takes their place. Arrays are unpacked once, see `kernels.py`."""
    begins, parts = takers
    n_tables, n_parts = totals.shape[0], totals.shape[1]
    for n in range(genes.shape[0]):
        line, lane = np.int64(genes[n, 0]) * n_tables * LANES, np.int64(genes[n, 2]) * LANES
        for q in range(begins[genes[n, 1]], begins[genes[n, 1] + 1]):
            place = parts[q] * APART + lane
            for t in range(n_tables):
                to = place + t * n_parts * APART
                add_line(entries, totals, (line + t * LANES, to, to))


@njit(nogil=True, cache=True, error_model="numpy")
def _parts(source: Any, takes: Any, place: int, out: Any) -> None:
    """Sums of one table over the random genes of every part for ``ABREAST`` draws: lines of `out`, (n_parts, APART)."""
    sums, ground = source
    plus, minus, begins = takes
    for p in range(out.shape[0]):
        more, less = (plus, begins[0, p], begins[0, p + 1]), (minus, begins[1, p], begins[1, p + 1])
        add_rows((sums, ground), more, less, (np.int64(sums.shape[1]), p * LANES, p * APART + place), out)


@njit(nogil=True, cache=True, error_model="numpy")
def _ground(zeros: Any, sizes: Any) -> Any:
    """What each part would count if all its genes were zero, (n_tables, n_parts, LANES)."""
    out = np.empty((zeros.shape[0], sizes.size, LANES), np.int32)
    for t in range(zeros.shape[0]):
        for p in range(sizes.size):
            for k in range(LANES):
                out[t, p, k] = zeros[t, k] * sizes[p]
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
    n_tables = entries.shape[1]
    totals = np.zeros((n_tables, LANES), np.int32)
    out = np.zeros((1 + owner[-1] if owner.size else 0, LANES))
    for p in range(owner.size):
        totals[:] = ground[:, p]
        for j in range(offsets[p], offsets[p + 1]):
            for t in range(n_tables):
                add_line(entries, totals, ((np.int64(members[j]) * n_tables + t) * LANES, t * LANES, t * LANES))
        _scores((totals[0], totals[-2], totals[-1]), shape, factors[p], out[owner[p]])
    return np.maximum(out, floor)


@njit(nogil=True, cache=True, error_model="numpy")
def _judge(totals: Any, owner: Any, formula: Any, result: Any) -> None:
    """Scores of all signatures for some draws, from the sums of each table and part."""
    found, tallies, n_draws = result
    scores = np.empty(WIDE)
    for p in range(owner.size):
        if p == 0 or owner[p] != owner[p - 1]:
            scores[:] = 0.0
        _scores((totals[0, p], totals[-2, p], totals[-1, p]), formula[0], formula[2][p], scores)
        if p + 1 == owner.size or owner[p + 1] != owner[p]:
            tally(scores, found, (n_draws, owner[p] * LANES, owner[p] * 3 * LANES, formula[1]), tallies)


@njit(nogil=True, cache=True, error_model="numpy")
def compare(entries: Any, about: Any, room: Any, out: Any) -> None:
    """For each signature and sample: random sets that score as high, and sum and squares of their distance.

    Shapes: entries (n_genes, n_tables, LANES), genes of the draws (n, places), out (n_sets, 3, LANES). The room is for
    sums, (ABREAST, lines of a draw × LANES), and for totals, (n_tables, n_parts, APART).
    """
    sets, (shuffles, edges, spans, sizes, deepest, takers), (zeros, met, n_met), formula = about
    sums, totals = room
    along, seldom = _ways(n_met, sizes, deepest)
    first = _first_lines(along, deepest)
    for b in range(along.size):
        sums[:, first[b] * LANES : (first[b] + 1) * LANES] = 0
    takes, places = _takes(along, spans, first), _places(seldom, edges, deepest)
    genes = np.empty((TOGETHER * places.size, 3), np.int32)
    ground = _ground(zeros, np.diff(sets[1]))
    found = _found(entries, sets, formula, ground)
    out[:] = 0.0
    for start in range(0, shuffles.shape[0], TOGETHER):
        stop = min(start + TOGETHER, shuffles.shape[0])
        for draw in range(start, stop, ABREAST):
            for t in range(entries.shape[1]):
                _along(entries, t, (shuffles, edges, draw, min(draw + ABREAST, stop)), (along, deepest, first), sums)
                _parts((sums, ground[t]), takes, (draw - start) * LANES, totals[t])
        n = _meet((shuffles, start, stop), places, met, genes)
        _one_by_one(entries, genes[:n], takers, totals)
        _judge(totals, sets[2], formula, (found, out, stop - start))
