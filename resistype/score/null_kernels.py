"""The compiled loops of the null: scores of very many random sets that share their draws.

A draw is a shuffle of every bin. Of each bin a part takes as many of the first genes as it has there, so sums along the
shuffle are made once and serve all parts: the cost is that of the largest part of each bin, not of all parts together.

Sixteen samples go side by side (`LANES`), because they have the draws in common: what a gene counts in each of them
lies in one line of memory, is fetched at once and added at once. Entries are int32 and sums are exact, modulo 2**32
while they run along a bin and without overflow once a part is complete. Nothing but counts and three sums is kept of a
random set, so memory does not grow with their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resistype.score.kernels import rank_row, room

__all__ = ["GATED", "LANES", "LINEAR", "RATIO", "compare", "entries_csr", "entries_dense"]

LANES = 16
TOGETHER = 16  # draws
WIDE = LANES * TOGETHER
LINEAR, GATED, RATIO = 0, 1, 2


@njit(nogil=True, cache=True, error_model="numpy")
def entries_csr(rows: Any, tables: Any, out: Any) -> None:
    """What each gene counts in each sample, from sparse rows: `out` of shape (n_tables, n_genes, LANES)."""
    bits, indices, indptr, n_genes = rows
    longest = 0
    for i in range(indptr.size - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    work = room(longest, bits)
    for i in range(indptr.size - 1):
        a, b = indptr[i], indptr[i + 1]
        zero = rank_row(bits[a:b], n_genes, work)
        for t in range(tables.shape[1]):
            for gene in range(n_genes):
                out[t, gene, i] = tables[zero, t]
            for j in range(a, b):
                out[t, indices[j], i] = tables[work[3][j - a], t]


@njit(nogil=True, cache=True, error_model="numpy")
def entries_dense(bits: Any, tables: Any, out: Any) -> None:
    """The same from dense rows."""
    work = room(bits.shape[1], bits)
    for i in range(bits.shape[0]):
        rank_row(bits[i], bits.shape[1], work)
        for gene in range(bits.shape[1]):
            for t in range(tables.shape[1]):
                out[t, gene, i] = tables[work[3][gene], t]


@njit(nogil=True, cache=True, error_model="numpy")
def _fetch(entries: Any, genes: Any, rows: Any, out: Any) -> None:
    """Lay what the drawn genes count side by side; two lanes are moved as one int64, a line without a loop."""
    for place in range(genes.shape[1]):
        row = out[rows[place]]
        for d in range(genes.shape[0]):
            line, at = entries[genes[d, place]], d * (LANES // 2)
            a, b, c, e, f, g, h, i = line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7]
            row[at], row[at + 1], row[at + 2], row[at + 3] = a, b, c, e
            row[at + 4], row[at + 5], row[at + 6], row[at + 7] = f, g, h, i


@njit(nogil=True, cache=True, error_model="numpy")
def _climb(lower: Any, upper: Any) -> None:
    for k in range(WIDE):
        upper[k] += lower[k]


@njit(nogil=True, cache=True, error_model="numpy")
def _along(entries: Any, genes: Any, rows: Any, sums: Any) -> None:
    """Sums along the shuffle of every bin for some draws side by side; before each bin lies a row of zeros."""
    _fetch(entries.view(np.int64), genes, rows, sums.view(np.int64))
    for place in range(rows.size):
        _climb(sums[rows[place] - 1], sums[rows[place]])


@njit(nogil=True, cache=True, error_model="numpy")
def _span(upper: Any, lower: Any, out: Any) -> None:
    for k in range(WIDE):
        out[k] += upper[k] - lower[k]


@njit(nogil=True, cache=True, error_model="numpy")
def _part(sums: Any, plan: Any, p: int, out: Any) -> None:
    """Sums of one table over the random genes of one part."""
    upper, lower, offsets = plan
    out[:] = 0
    for j in range(offsets[p], offsets[p + 1]):
        _span(sums[upper[j]], sums[lower[j]], out)


@njit(nogil=True, cache=True, error_model="numpy")
def _member_sums(entries: Any, columns: Any, out: Any) -> None:
    for k in range(LANES):
        out[k] = 0
    for j in range(columns.size):
        gene = np.uint64(columns[j])
        for k in range(LANES):
            out[k] += entries[gene, k]


@njit(nogil=True, cache=True, error_model="numpy")
def _scores(totals: Any, shape: int, factors: Any, out: Any) -> None:
    """Add the scores of one part to `out`; `factors` are sign, offset, slope, and the ratio or the gate."""
    sign, offset, slope, last = factors[0], factors[1], factors[2], factors[3]
    first, second, third = totals[0], totals[1], totals[2]
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
def _found(entries: Any, sets: Any, formula: Any, out: Any) -> None:
    """The scores themselves, by the way the random ones go, so that ties are ties."""
    indices, offsets, owner = sets
    shape, floor, factors = formula
    totals = np.zeros((3, LANES), np.int32)
    out[:] = 0.0
    for p in range(owner.size):
        for t in range(entries.shape[0]):
            _member_sums(entries[t], indices[offsets[p] : offsets[p + 1]], totals[t])
        _scores(totals, shape, factors[p], out[owner[p]])
    np.maximum(out, floor, out)


@njit(nogil=True, cache=True, error_model="numpy")
def _tally(scores: Any, found: Any, floor: float, out: Any) -> None:
    """Count random scores and add up how far they lie from the ones found, lane by lane."""
    count, total, squares = out[0], out[1], out[2]
    for k in range(scores.size):
        away = max(scores[k], floor) - found[k]
        count[k] += 1.0 if away >= 0.0 else 0.0
        total[k] += away
        squares[k] += away * away


@njit(nogil=True, cache=True, error_model="numpy")
def _judge(totals: Any, sets: Any, formula: Any, result: Any) -> None:
    """Scores of all signatures for some draws, from the sums of each part and table."""
    owner, (found, tallies, width) = sets[2], result
    scores = np.zeros(WIDE)
    for p in range(owner.size):
        if p == 0 or owner[p] != owner[p - 1]:
            scores[:] = 0.0
        _scores(totals[p], formula[0], formula[2][p], scores)
        if p + 1 == owner.size or owner[p + 1] != owner[p]:
            _tally(scores[:width], found[owner[p]], formula[1], tallies[owner[p]])


@njit(nogil=True, cache=True, error_model="numpy")
def compare(entries: Any, about: Any, out: Any) -> None:
    """For each signature and sample: random sets that score as high, and sum and squares of their distance.

    Shapes: entries (n_tables, n_genes, LANES), genes of the draws (n, places), out (n_sets, 3, LANES).
    """
    sets, (genes, rows, plan), formula = about
    sums = np.zeros((1 + rows[-1] if rows.size else 0, WIDE), np.int32)  # of one table, so that it stays near
    totals = np.zeros((sets[2].size, 3, WIDE), np.int32)
    found, tallies = np.empty((out.shape[0], WIDE)), np.zeros((out.shape[0], 3, WIDE))
    _found(entries, sets, formula, found[:, :LANES])
    for d in range(1, TOGETHER):
        found[:, d * LANES : (d + 1) * LANES] = found[:, :LANES]
    for draw in range(0, genes.shape[0], TOGETHER):
        some = genes[draw : draw + TOGETHER]
        for t in range(entries.shape[0]):
            _along(entries[t], some, rows, sums)
            for p in range(sets[2].size):
                _part(sums, plan, p, totals[p, t])
        _judge(totals, sets, formula, (found, tallies, some.shape[0] * LANES))
    out[:] = 0.0
    for d in range(TOGETHER):
        out += tallies[:, :, d * LANES : (d + 1) * LANES]
