"""Ranking a row and summing over sets: the compiled loops, and the functions on arrays that call
them.

A rank method needs, of each gene set, only sums over its members of some function of the member's
mid-rank. So a method gives a **table** of that function (one entry a doubled mid-rank, because
mid-ranks are multiples of one half) and `rank_sums` returns the sums. Table entries are int64, and
integer addition has no order: the sums cannot depend on the order of genes, on blocks, on threads
or on whether the row was dense or sparse. Powers and divisions are done once a table, not once a
gene. A sparse row costs O(nnz) to rank and O(members that are not zero) to sum: zeros are one block
of ties whose rank is known without looking at them.

The bits of a float, turned a little, are a whole number that sorts like the float. These **keys**
are counted into buckets by their highest bits. Where all keys of a bucket are equal, as is usual
among counts, the first and last place of the bucket are the mid-rank of each, and nothing is
sorted. Keys that share a bucket with others go through a radix sort on the highest differing bits,
finished by insertion, which has a budget: when it is overdrawn all bits are sorted, so that no
input makes it quadratic. A row that hardly repeats a value is sorted at once.

Nothing here is `parallel=True`: threads come from joblib outside, and the kernels release the GIL.
No BLAS either: its sums depend on the shape of a block. All loops stand in one file because numba's
cache on disk notices a change of the file a kernel stands in, not of a file it calls into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from resistype.score.rows import CsrRows, DenseRows, Rows
from resistype.score.sets import IndexedSets

DIGIT = 11  # bits a radix pass; 2,048 counters stay in the first cache
SPARE = 8  # insertion moves allowed a key before all bits are sorted instead


@njit(nogil=True, cache=True)
def _pass(source: Any, target: Any, counts: Any, n: int, digit: Any) -> None:
    """One counting sort of (keys, places) on the bits ``shift .. shift + bits``."""
    keys, places = source
    into_keys, into_places = target
    move, mask = np.uint64(digit[0]), np.uint64((1 << digit[1]) - 1)
    counts[: 1 << digit[1]] = 0
    for j in range(n):
        counts[np.int64((np.uint64(keys[j]) >> move) & mask)] += 1
    total = np.int64(0)
    for d in range(1 << digit[1]):
        count = counts[d]
        counts[d] = total
        total += count
    for j in range(n):
        digit_j = np.int64((np.uint64(keys[j]) >> move) & mask)
        place = counts[digit_j]
        counts[digit_j] = place + 1
        into_keys[place] = keys[j]
        into_places[place] = places[j]


@njit(nogil=True, cache=True)
def _finish(keys: Any, places: Any, n: int) -> bool:
    """Insertion sort with a budget: False when it was overdrawn (the arrays are then still a
    permutation).
    """
    budget = SPARE * n + 64
    for j in range(1, n):
        key = keys[j]
        if keys[j - 1] <= key:
            continue
        place = places[j]
        k = j
        while k > 0 and keys[k - 1] > key:
            keys[k] = keys[k - 1]
            places[k] = places[k - 1]
            k -= 1
        keys[k] = key
        places[k] = place
        budget -= j - k
        if budget < 0:
            return False
    return True


@njit(nogil=True, cache=True)
def _span(keys: Any, n: int) -> Any:
    """Lowest bit in which keys differ, and one more than the highest; (0, 0) when all are equal."""
    differ = np.uint64(0)
    for j in range(1, n):
        differ |= np.uint64(keys[j] ^ keys[0])
    if differ == np.uint64(0):
        return 0, 0
    high = 64
    while (differ >> np.uint64(high - 1)) == np.uint64(0):
        high -= 1
    low = 0
    while (differ >> np.uint64(low)) & np.uint64(1) == np.uint64(0):
        low += 1
    return low, high


@njit(nogil=True, cache=True)
def sort_keys(pairs: Any, room: Any, n: int) -> None:
    """Sort the first `n` of (keys, places) by key, in place; `room` holds a spare of each and
    counters.
    """
    keys, places = pairs
    spare_keys, spare, counts = room
    if n < 48 and _finish(keys, places, n):
        return
    low, high = _span(keys, n)
    if low == high:
        return
    for start in (max(low, high - 2 * DIGIT), low):
        passes = -(-(high - start) // DIGIT)
        passes += passes % 2  # an even number of passes ends where it began
        bits = -(-(high - start) // passes)
        for p in range(0, passes, 2):
            first, second = min(start + p * bits, 63), min(start + (p + 1) * bits, 63)
            _pass((keys, places), (spare_keys, spare), counts, n, (first, bits))
            _pass((spare_keys, spare), (keys, places), counts, n, (second, bits))
        if start == low or _finish(keys, places, n):
            return


MOST = 1 << 15  # buckets
ONE = np.uint64(
    1
)  # of places: with signed ones numba asks each time whether they count from the end
LOOK = 64  # keys looked at to see whether values repeat


@njit(nogil=True, cache=True)
def room(size: int, like: Any) -> Any:
    """Room for one row: keys and places with a spare of each; edges and first keys of the
    buckets; ranks.
    """
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
    """Smallest and largest size of the negative and of the positive values, their numbers, and
    the number of NaN.
    """
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
    """A whole number from 0 that sorts like the float; the empty span between negative and
    positive is left out.
    """
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
    """Count keys into buckets and mark the buckets that hold different keys: shift, and number
    of buckets.
    """
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
            ranks[j] = (
                edges[b] + edges[b + ONE] + 1 + (2 * zeros if size == np.uint64(bits[j]) else 0)
            )
        else:
            keys[n] = key
            places[n] = j
            n += 1
    return n


@njit(nogil=True, cache=True)
def rank_row(bits: Any, n_genes: int, work: Any) -> Any:
    """Put the doubled mid-ranks of a row's values into the room, 0 for NaN; the rank of a zero is
    returned.

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
    """Places of the genes that are in any part, written without a branch: which genes are is
    hard to foretell.
    """
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
    """Rank sparse rows and sum the tables over every part; the ranks are kept where there is
    room for them.
    """
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
    """Rank dense rows and sum the tables over every part; the ranks are kept where there is room
    for them.
    """
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


FINE = 2.0**20  # steps of one unit in sums over samples
CEILING = 2.0**20  # larger values count as this, so that sums of eight million samples fit


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
def sums_weighted(rows: Any, sets: Any, out: Any) -> None:
    """For each part: sum of weight times value, sum of the weights' sizes, members; NaN members
    left out.
    """
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
    """Add values to the sums of their genes, as whole steps of 2**-20: exact, so in any order;
    NaN is left out.
    """
    for j in range(values.size):
        value = np.float64(values[j])
        if value == value:  # noqa: PLR0124  not NaN
            out[indices[j]] += np.int64(np.rint(min(max(value, -CEILING), CEILING) * FINE))


@dataclass(frozen=True, eq=False)
class Ranks:
    """Doubled mid-ranks of some rows, kept by `rank_sums` for whoever needs them once more."""

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
        edges = (
            rows.indptr if isinstance(rows, CsrRows) else np.arange(rows.n_obs + 1) * rows.n_genes
        )
        return Ranks(self.values[edges[start] : edges[stop]], self.zeros[start:stop])


def bits_of(array: NDArray[Any]) -> NDArray[Any]:
    """Floats as the whole numbers that their bits are."""
    flat = np.ascontiguousarray(array)
    return flat.view(np.uint32 if flat.dtype == np.float32 else np.uint64)


def rank_sums(
    rows: Rows, sets: IndexedSets, tables: NDArray[np.int64], *, ranks: Ranks | None = None
) -> NDArray[np.int64]:
    """Sums of tabulated functions of the members' mid-ranks."""
    out = np.empty((rows.n_obs, sets.n_parts, tables.shape[1]), np.int64)
    tables = np.ascontiguousarray(tables, np.int64)
    kept = ranks or Ranks.room(None)
    if isinstance(rows, CsrRows):
        arrays = (bits_of(rows.data), rows.indices, rows.indptr, rows.n_genes)
        sums_csr(arrays, (*sets.by_gene, sets.sizes), (tables, out, (kept.values, kept.zeros)))
    else:
        members = sets.indices, sets.offsets
        sums_dense(bits_of(rows.values), members, (tables, out, (kept.values, kept.zeros)))
    return out


def doubled_ranks(rows: DenseRows) -> NDArray[np.int32]:
    """Twice the ascending mid-ranks of dense rows, shape (n_obs, n_genes); 0 where the value is
    NaN.
    """
    out = np.empty((rows.n_obs, rows.n_genes), np.int32)
    ranks_dense(bits_of(rows.values), out)
    return out


def moments(rows: Rows) -> NDArray[np.float64]:
    """Mean and standard deviation over all genes of each row, shape (n_obs, 2); the same bits in
    any gene order.
    """
    out = np.empty((rows.n_obs, 2))
    data, _, indptr = _flat(rows)
    row_moments((data.astype(np.float64), indptr, rows.n_genes), out)
    return out


def weighted_sums(rows: Rows, sets: IndexedSets) -> NDArray[np.float64]:
    """Sums over the members of each part, in the order in which the part lists them."""
    out = np.empty((rows.n_obs, sets.n_parts, 3))
    data, indices, indptr = _flat(rows)
    sums_weighted(
        (data, indices, indptr, rows.n_genes), (sets.indices, sets.offsets, sets.weights), out
    )
    return out


def add_gene_sums(rows: Rows, total: NDArray[np.int64]) -> None:
    """Add what each gene sums to over some rows to `total`, shape (n_genes,), in steps of
    2**-20: in any order.
    """
    data, indices, _ = _flat(rows)
    gene_sums(data, indices, total)


def _flat(rows: Rows) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Dense rows written as sparse ones, so that a kernel has one form to deal with."""
    if isinstance(rows, CsrRows):
        return rows.data, rows.indices, rows.indptr
    indices = np.tile(np.arange(rows.n_genes, dtype=np.int32), rows.n_obs)
    return rows.values.ravel(), indices, np.arange(rows.n_obs + 1, dtype=np.int64) * rows.n_genes
