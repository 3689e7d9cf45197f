"""The compiled loops: sorting a row, ranking it, summing over sets.

All numba code of the score room is in this file, because numba's cache on disk notices a change of the file a kernel
stands in, not of a file it calls into. Nothing here is `parallel=True`: threads come from joblib outside, and the
kernels release the GIL. No BLAS either: its sums depend on the shape of a block.

Non-zero values are sorted by a radix sort on the bits of the float: on the highest differing bits only, and an
insertion sort finishes, which is linear when few keys share those bits. Should they not be few, it starts again with
all bits, so no input makes it quadratic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["ranks_dense", "row_moments", "sums_csr", "sums_dense", "weighted_sums"]

DIGIT = 11  # bits a radix pass; 2,048 counters stay in the first cache
SPARE = 8  # insertion moves allowed a key before all bits are sorted instead


@njit(nogil=True, cache=True)
def _work(size: int, like: Any) -> Any:
    """Room for sorting `size` keys: keys, places, a spare of each, counters."""
    room = np.int32
    return (
        np.empty(size, like.dtype),
        np.empty(size, room),
        np.empty(size, like.dtype),
        np.empty(size, room),
        np.empty(1 << DIGIT, np.int64),
    )


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
    """Insertion sort with a budget: False when it was overdrawn (the arrays are then still a permutation)."""
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
def _sort(work: Any, n: int) -> None:
    """Sort the first `n` keys of the room in place, their places along with them."""
    keys, places, spare_keys, spare, counts = work
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


@njit(nogil=True, cache=True)
def _size_bits(bit: Any, wide: Any) -> Any:
    """Bits of a float less its sign, as uint64, and those of infinity: anything above is NaN."""
    if wide:
        return np.uint64(bit) & np.uint64(0x7FFFFFFFFFFFFFFF), np.uint64(0x7FF0000000000000)
    return np.uint64(bit) & np.uint64(0x7FFFFFFF), np.uint64(0x7F800000)


@njit(nogil=True, cache=True)
def _collect(bits: Any, work: Any) -> Any:
    """Keys that sort like the floats, without zeros and NaN: how many, how many of them negative, how many NaN."""
    keys, places = work[0], work[1]
    wide = bits.itemsize == 8
    sign = np.uint64(1) << np.uint64(63 if wide else 31)
    full = sign | (sign - np.uint64(1))
    n, negative, missing = 0, 0, 0
    for j in range(bits.size):
        size, infinity = _size_bits(bits[j], wide)
        if size == np.uint64(0):
            continue
        if size > infinity:
            missing += 1
            continue
        below = np.uint64(bits[j]) != size
        negative += below
        keys[n] = np.uint64(bits[j]) ^ (full if below else sign)
        places[n] = j
        n += 1
    return n, negative, missing


@njit(nogil=True, cache=True)
def _tie_end(keys: Any, start: int, n: int) -> int:
    stop = start + 1
    while stop < n and keys[stop] == keys[start]:
        stop += 1
    return stop


@njit(nogil=True, cache=True)
def _add(out: Any, parts: Any, entry: Any, base: Any) -> None:
    """Let a gene that counts `entry` instead of `base` count so in all its parts."""
    for q in range(parts.size):
        for t in range(entry.size):
            out[parts[q], t] += entry[t] - base[t]


@njit(nogil=True, cache=True)
def _csr_row(row: Any, sets: Any, tables: Any, work: Any, out: Any) -> None:
    bits, indices, n_genes = row
    by_gene, by_part, sizes = sets
    keys, places = work[0], work[1]
    n, negative, missing = _collect(bits, work)
    _sort(work, n)
    zeros = n_genes - missing - n
    base = tables[2 * negative + zeros + 1]
    for p in range(sizes.size):
        for t in range(base.size):
            out[p, t] = sizes[p] * base[t]
    if missing:
        nothing = np.zeros_like(base)
        for j in range(bits.size):
            size, infinity = _size_bits(bits[j], bits.itemsize == 8)
            if size > infinity:
                _add(out, by_part[by_gene[indices[j]] : by_gene[indices[j] + 1]], nothing, base)
    a = 0
    while a < n:
        b = _tie_end(keys, a, n)
        entry = tables[a + b + 1 + (2 * zeros if a >= negative else 0)]
        for j in range(a, b):
            gene = indices[places[j]]
            _add(out, by_part[by_gene[gene] : by_gene[gene + 1]], entry, base)
        a = b


@njit(nogil=True, cache=True)
def sums_csr(rows: Any, sets: Any, result: Any) -> None:
    """Rank sparse rows and sum the tables over every part."""
    bits, indices, indptr, n_genes = rows
    tables, out = result
    longest = 0
    for i in range(indptr.size - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    work = _work(longest, bits)
    for i in range(indptr.size - 1):
        a, b = indptr[i], indptr[i + 1]
        _csr_row((bits[a:b], indices[a:b], n_genes), sets, tables, work, out[i])


@njit(nogil=True, cache=True)
def _rank_row(bits: Any, work: Any, ranks: Any) -> None:
    """Doubled mid-ranks of one dense row; 0 where the value is NaN."""
    keys, places = work[0], work[1]
    n, negative, missing = _collect(bits, work)
    _sort(work, n)
    zeros = bits.size - missing - n
    ranks[:] = 2 * negative + zeros + 1
    a = 0
    while a < n:
        b = _tie_end(keys, a, n)
        for j in range(a, b):
            ranks[places[j]] = a + b + 1 + (2 * zeros if a >= negative else 0)
        a = b
    if missing:
        for j in range(bits.size):
            size, infinity = _size_bits(bits[j], bits.itemsize == 8)
            if size > infinity:
                ranks[j] = 0


@njit(nogil=True, cache=True)
def _sum_entries(ranks: Any, columns: Any, tables: Any, out: Any) -> None:
    for t in range(tables.shape[1]):
        total = np.int64(0)
        for j in range(columns.size):
            total += tables[ranks[columns[j]], t]
        out[t] = total


@njit(nogil=True, cache=True)
def sums_dense(bits: Any, sets: Any, result: Any) -> None:
    """Rank dense rows and sum the tables over every part."""
    indices, offsets = sets
    tables, out = result
    work = _work(bits.shape[1], bits)
    ranks = np.empty(bits.shape[1], np.int32)
    for i in range(bits.shape[0]):
        _rank_row(bits[i], work, ranks)
        for p in range(offsets.size - 1):
            _sum_entries(ranks, indices[offsets[p] : offsets[p + 1]], tables, out[i, p])


@njit(nogil=True, cache=True)
def ranks_dense(bits: Any, out: Any) -> None:
    """Doubled mid-ranks of dense rows."""
    work = _work(bits.shape[1], bits)
    for i in range(bits.shape[0]):
        _rank_row(bits[i], work, out[i])


@njit(nogil=True, cache=True)
def row_moments(rows: Any, out: Any) -> None:
    """Mean and standard deviation (n - 1) over all genes of each row; zeros count, NaN does not.

    Sums run over the sorted non-zero values, so they do not depend on the order of genes or on stored zeros.
    """
    values, bits, indptr, n_genes = rows
    longest = 0
    for i in range(indptr.size - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    work = _work(longest, bits)
    for i in range(indptr.size - 1):
        row = values[indptr[i] : indptr[i + 1]]
        n, _, missing = _collect(bits[indptr[i] : indptr[i + 1]], work)
        _sort(work, n)
        places, total, present = work[1], 0.0, n_genes - missing
        for j in range(n):
            total += row[places[j]]
        mean = total / max(present, 1)
        spread = (present - n) * mean * mean
        for j in range(n):
            spread += (row[places[j]] - mean) ** 2
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
