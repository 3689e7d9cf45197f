"""The compiled sort: a radix sort on the highest differing bits of keys, finished by insertion.

Insertion is linear when few keys share those bits. It has a budget, and when that is overdrawn all bits are sorted, so
that no input makes it quadratic.

Numba's cache on disk notices a change of the file a kernel stands in, not of a file it calls into: whoever changes this
file while developing should touch `kernels.py` too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["DIGIT", "sort_keys"]

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
def sort_keys(pairs: Any, room: Any, n: int) -> None:
    """Sort the first `n` of (keys, places) by key, in place; `room` holds a spare of each and counters."""
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
