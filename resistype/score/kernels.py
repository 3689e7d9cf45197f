"""The compiled loops: ranking a row, summing over sets.

Nothing here is `parallel=True`: threads come from joblib outside, and the kernels release the GIL. No BLAS either: its
sums depend on the shape of a block.

The bits of a float, turned a little, are a whole number that sorts like the float. These **keys** are counted into
buckets by their highest bits. Where all keys of a bucket are equal, as is usual among counts, the first and last place
of the bucket are the mid-rank of each, and nothing is sorted. Keys that share a bucket with others are sorted. A row
that hardly repeats a value is sorted at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resistype.score.sorting import DIGIT, sort_keys

__all__ = ["rank_row", "ranks_dense", "room", "sums_csr", "sums_dense"]

MOST = 1 << 15  # buckets
ONE = np.uint64(1)  # of places: with signed ones numba asks each time whether they count from the end
LOOK = 64  # keys looked at to see whether values repeat


@njit(nogil=True, cache=True)
def room(size: int, like: Any) -> Any:
    """Room for one row: keys and places with a spare of each; edges and first keys of the buckets; ranks."""
    most = 64
    while most < 2 * size and most < MOST:
        most *= 2
    keys, places = np.empty(size, like.dtype), np.empty(size, np.int32)
    counts = np.empty(1 << DIGIT, np.int64)
    spares = np.empty(size, like.dtype), np.empty(size + 1, np.int32), counts
    buckets = np.zeros(most + 1, np.int32), np.empty(most, like.dtype), np.empty(most, np.bool_)
    return (keys, places), spares, buckets, np.empty(size, np.int32)


@njit(nogil=True, cache=True)
def _size_bits(bit: Any, wide: Any) -> Any:
    """Bits of a float less its sign, as uint64, and those of infinity: anything above is NaN."""
    if wide:
        return np.uint64(bit) & np.uint64(0x7FFFFFFFFFFFFFFF), np.uint64(0x7FF0000000000000)
    return np.uint64(bit) & np.uint64(0x7FFFFFFF), np.uint64(0x7F800000)


@njit(nogil=True, cache=True)
def _extent(bits: Any) -> Any:
    """Smallest and largest size of the negative and of the positive values, their numbers, and the number of NaN."""
    wide = bits.itemsize == 8
    none, zero = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0)
    low_below, high_below, low_above, high_above = none, zero, none, zero
    below, above, missing = 0, 0, 0
    for j in range(bits.size):
        size, infinity = _size_bits(bits[j], wide)
        if size == zero:
            continue
        if size > infinity:
            missing += 1
        elif size == np.uint64(bits[j]):
            above += 1
            low_above, high_above = min(low_above, size), max(high_above, size)
        else:
            below += 1
            low_below, high_below = min(low_below, size), max(high_below, size)
    return (low_below, high_below, below), (low_above, high_above, above), missing


@njit(nogil=True, cache=True)
def _key(bit: Any, extent: Any, wide: Any) -> Any:
    """A whole number from 0 that sorts like the float; the empty span between negative and positive is left out."""
    (low_below, high_below, below), (low_above, _, _), _ = extent
    size, _ = _size_bits(bit, wide)
    if size == np.uint64(bit):
        offset = high_below - low_below + np.uint64(1) if below else np.uint64(0)
        return size - low_above + offset
    return high_below - size


@njit(nogil=True, cache=True)
def _buckets(extent: Any, most: int) -> Any:
    """How far keys are shifted to find their bucket, and how many buckets there are."""
    (low_below, high_below, below), (low_above, high_above, above), _ = extent
    span = np.uint64(0)
    if below:
        span += high_below - low_below + np.uint64(1)
    if above:
        span += high_above - low_above + np.uint64(1)
    wanted = 64
    while wanted < 2 * (below + above) and wanted < most:
        wanted *= 2
    shift: Any = np.uint64(0)
    while (span >> shift) >= np.uint64(wanted):
        shift += np.uint64(1)
    return shift, np.int64(span >> shift) + 1


@njit(nogil=True, cache=True)
def _repeats(bits: Any) -> Any:
    """Whether a look at some values finds one twice."""
    step = max(bits.size // LOOK, 1)
    for j in range(0, min(bits.size, LOOK * step), step):
        for k in range(0, j, step):
            if bits[k] == bits[j] and bits[j] << np.uint64(1):
                return True
    return bits.size < LOOK


@njit(nogil=True, cache=True)
def _count(bits: Any, extent: Any, work: Any) -> Any:
    """Count keys into buckets and mark the buckets that hold different keys: shift, and number of buckets."""
    edges, firsts, mixed = work[2]
    wide = bits.itemsize == 8
    shift, n_buckets = _buckets(extent, firsts.size)
    edges[: n_buckets + 1] = 0
    mixed[:n_buckets] = False
    for j in range(bits.size):
        size, infinity = _size_bits(bits[j], wide)
        if size == np.uint64(0) or size > infinity:
            continue
        key = _key(bits[j], extent, wide)
        b = key >> shift
        count = edges[b + ONE]
        if count == 0:
            firsts[b] = key
        elif firsts[b] != key:
            mixed[b] = True
        edges[b + ONE] = count + 1
    for bucket in range(n_buckets):
        edges[bucket + 1] += edges[bucket]
    return shift


@njit(nogil=True, cache=True)
def _gather(bits: Any, ready: Any, work: Any) -> int:
    """Ranks of all values but those that need sorting; of these, keys and places."""
    (keys, places), _, (edges, _, mixed), ranks = work
    extent, shift, counted, zero, zeros = ready
    wide = bits.itemsize == 8
    n = 0
    for j in range(bits.size):
        size, infinity = _size_bits(bits[j], wide)
        if size == np.uint64(0) or size > infinity:
            ranks[j] = zero if size == np.uint64(0) else 0
            continue
        key = _key(bits[j], extent, wide)
        b = key >> shift
        if counted and not mixed[b]:
            ranks[j] = edges[b] + edges[b + ONE] + 1 + (2 * zeros if size == np.uint64(bits[j]) else 0)
        else:
            keys[n] = key
            places[n] = j
            n += 1
    return n


@njit(nogil=True, cache=True)
def rank_row(bits: Any, n_genes: int, work: Any) -> Any:
    """Put the doubled mid-ranks of a row's values into the room, 0 for NaN; the rank of a zero is returned.

    `bits` may leave out zeros: the row has `n_genes` values.
    """
    extent = _extent(bits)
    below = extent[0][2]
    zeros = np.int64(n_genes - below - extent[1][2] - extent[2])
    zero = 2 * below + zeros + 1
    counted = _repeats(bits)
    shift = _count(bits, extent, work) if counted else np.uint64(0)
    n = _gather(bits, (extent, shift, counted, zero, zeros), work)
    sort_keys(work[0], work[1], n)
    (keys, places), _, (edges, _, _), ranks = work
    a = 0
    before, bucket = np.int64(0), np.int64(-1)
    while a < n:
        stop = a + 1
        while stop < n and keys[stop] == keys[a]:
            stop += 1
        if counted and np.int64(np.uint64(keys[a]) >> shift) != bucket:
            bucket = np.int64(np.uint64(keys[a]) >> shift)
            before = np.int64(edges[bucket]) - a
        rank = 2 * before + a + stop + 1
        rank += 2 * zeros if before + a >= below else 0
        for j in range(a, stop):
            ranks[places[j]] = rank
        a = stop
    return zero


@njit(nogil=True, cache=True, error_model="numpy")
def _members(indices: Any, held: Any, out: Any) -> Any:
    """Places of the genes that are in any part, written without a branch: which genes are is hard to foretell."""
    n = np.uint64(0)
    for j in range(indices.size):
        out[n] = j
        n += np.uint64(held[np.uint64(indices[j])])
    return np.int64(n)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_members(row: Any, by_gene: Any, tables: Any, out: Any) -> None:
    """Let each gene of a row that counts otherwise than a zero count so in all its parts.

    Arrays are unpacked once: numba counts references whenever one is handed on or cut.
    """
    indices, ranks, places, n, base = row
    edges, parts = by_gene
    for k in range(n):
        j = np.uint64(places[k])
        gene, rank = np.uint64(indices[j]), np.uint64(ranks[j])
        for q in range(np.uint64(edges[gene]), np.uint64(edges[gene + ONE])):
            part = np.uint64(parts[q])
            for t in range(base.size):
                out[part, t] += tables[rank, t] - base[t]


@njit(nogil=True, cache=True, error_model="numpy")
def _csr_row(row: Any, sets: Any, tables: Any, work: Any, out: Any) -> Any:
    bits, indices, n_genes = row
    edges, parts, held, sizes = sets
    zero = rank_row(bits, n_genes, work)
    places, base = work[1][1], tables[zero]
    for p in range(sizes.size):
        for t in range(tables.shape[1]):
            out[p, t] = sizes[p] * base[t]
    n = _members(indices, held, places)
    _add_members((indices, work[3], places, n, base), (edges, parts), tables, out)
    return zero


@njit(nogil=True, cache=True)
def sums_csr(rows: Any, sets: Any, result: Any) -> None:
    """Rank sparse rows and sum the tables over every part; the ranks are kept where there is room for them."""
    bits, indices, indptr, n_genes = rows
    tables, out, (ranks, zeros) = result
    longest = 0
    for i in range(indptr.size - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    work = room(longest, bits)
    for i in range(indptr.size - 1):
        a, b = indptr[i], indptr[i + 1]
        zero = _csr_row((bits[a:b], indices[a:b], n_genes), sets, tables, work, out[i])
        if zeros.size:
            ranks[a:b] = work[3][: b - a]
            zeros[i] = zero


@njit(nogil=True, cache=True)
def _sum_entries(ranks: Any, columns: Any, tables: Any, out: Any) -> None:
    for t in range(tables.shape[1]):
        total = np.int64(0)
        for j in range(columns.size):
            total += tables[ranks[columns[j]], t]
        out[t] = total


@njit(nogil=True, cache=True)
def sums_dense(bits: Any, sets: Any, result: Any) -> None:
    """Rank dense rows and sum the tables over every part; the ranks are kept where there is room for them."""
    indices, offsets = sets
    tables, out, (ranks, zeros) = result
    work = room(bits.shape[1], bits)
    for i in range(bits.shape[0]):
        rank_row(bits[i], bits.shape[1], work)
        for p in range(offsets.size - 1):
            _sum_entries(work[3], indices[offsets[p] : offsets[p + 1]], tables, out[i, p])
        if zeros.size:
            ranks[i * bits.shape[1] : (i + 1) * bits.shape[1]] = work[3]


@njit(nogil=True, cache=True)
def ranks_dense(bits: Any, out: Any) -> None:
    """Doubled mid-ranks of dense rows."""
    work = room(bits.shape[1], bits)
    for i in range(bits.shape[0]):
        rank_row(bits[i], bits.shape[1], work)
        out[i] = work[3]
