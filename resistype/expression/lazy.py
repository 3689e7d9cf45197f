"""Matrices of dask: read chunk by chunk, on the thread that asks.

A dask array is handed out in row ranges like a file. Its chunks are what can be computed, so a chunk is computed once,
kept while its rows are asked for, and dropped: memory is bounded by a few chunks. Each is computed by dask's
synchronous scheduler. The threads or workers are those of joblib already, and a scheduler inside a worker of the same
cluster would wait for itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from resistype.expression.store import Backed, is_scipy

__all__ = ["Lazy", "is_dask", "lazy"]

KEPT = 3  # chunks


def is_dask(values: object) -> TypeGuard[Any]:
    """Whether `values` is an array of dask, without importing dask."""
    return hasattr(values, "__dask_graph__") and hasattr(values, "chunks")


class _Chunks:
    """Rows of a dask array by number."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self._edges = np.concatenate([[0], np.cumsum(array.chunks[0])])
        self._held: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(int(self._edges[-1]))
        first, last = np.searchsorted(self._edges, [start, max(stop - 1, start)], side="right") - 1
        parts = [self._rows(number, start, stop) for number in range(first, min(last, self._edges.size - 2) + 1)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _rows(self, number: int, start: int, stop: int) -> NDArray[Any]:
        edge = int(self._edges[number])
        return self._chunk(number)[max(start - edge, 0) : stop - edge]

    def _chunk(self, number: int) -> NDArray[Any]:
        with self._lock:
            if number not in self._held:
                part = self._array[self._edges[number] : self._edges[number + 1]].compute(scheduler="sync")
                self._held[number] = part.toarray() if is_scipy(part) else np.asarray(part)
            self._held.move_to_end(number)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return self._held[number]


@dataclass(frozen=True, eq=False)
class Lazy(Backed):
    """A dask array as a matrix whose rows are read when they are asked for; `place` is the name dask gave it."""

    array: Any = None

    def __reduce__(self) -> Any:
        return (lazy, (self.array, self.may_miss))

    def element(self) -> Any:
        """The rows, computed on first use."""
        with self._lock:
            return self._held.setdefault("element", _Chunks(self.array))


def lazy(array: Any, may_miss: bool = False) -> Lazy:  # noqa: FBT001, FBT002  pickle passes by position
    """A dask array of shape (n_obs, n_genes), dense or of sparse chunks."""
    shape = (int(array.shape[0]), int(array.shape[1]))
    return Lazy(Path(), str(array.name), shape, sparse=False, may_miss=may_miss, array=array)
