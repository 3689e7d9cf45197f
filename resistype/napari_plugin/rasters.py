"""Labels layers as rasters of rows: each pixel says which row of the table it belongs to.

The ids of a mask are looked up once. After that a new colour is one look-up in a small table, whatever the ids are:
recolouring a mask id by id takes seconds at 100,000 cells, this takes a tenth of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import InputError

__all__ = ["BACKGROUND", "FIRST", "UNKNOWN", "RowRaster", "read_raster"]

BACKGROUND, UNKNOWN, FIRST = 0, 1, 2  # a pixel of row r holds r + FIRST
MAX_DIRECT = 50_000_000
BLOCK = 512


@dataclass(frozen=True, eq=False)
class RowRaster:
    """A mask with rows in place of ids.

    Attributes
    ----------
    levels
        One int32 array a level of the pyramid, the finest first; 0 background, 1 no row, else the row + 2.
    """

    levels: tuple[NDArray[np.int32], ...]

    def paint(self, per_row: NDArray[Any], *, background: Any, unknown: Any) -> list[NDArray[Any]]:
        """Every level with the value of its row in place of the row, of the type of `per_row`."""
        table = np.concatenate([np.array([background, unknown], dtype=per_row.dtype), per_row])
        return [table[level] for level in self.levels]

    def row_at(self, yx: tuple[float, float]) -> int:
        """Row at a place in pixels of the finest level; −1 for none."""
        at = tuple(round(one) for one in yx)
        shape = self.levels[0].shape
        if not all(0 <= one < n for one, n in zip(at, shape, strict=True)):
            return -1
        return max(int(self.levels[0][at]) - FIRST, -1)

    def centroids(self, n_rows: int) -> NDArray[np.float64]:
        """Middle of every row's pixels as (x, y), shape (n_rows, 2), in pixels; NaN for rows without a pixel."""
        level, size = self.levels[0], n_rows + FIRST
        sums = np.zeros((3, size))
        for start in range(0, len(level), BLOCK):  # a block of lines at a time, to save memory
            block = level[start : start + BLOCK]
            y, x = np.nonzero(block >= FIRST)
            rows = block[y, x]
            for number, weights in enumerate((x, y + start, None)):
                sums[number] += np.bincount(rows, weights=weights, minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = sums[:2, FIRST:] / sums[2, FIRST:]
        return np.ascontiguousarray(middle.T)


def read_raster(data: Any, *, multiscale: bool, look_up: Callable[[NDArray[np.int64]], Any]) -> tuple[RowRaster, Any]:
    """Read the mask of a Labels layer.

    Parameters
    ----------
    data
        Integers of shape (n_y, n_x), or one such array a level.
    multiscale
        Whether there are levels.
    look_up
        From the ids in the mask, sorted and without 0, to the row of each (−1 for none) and something to hand back.

    Raises
    ------
    InputError
        N106 for a mask that is not two-dimensional or holds negative ids.
    """
    levels = [np.asarray(one) for one in (data if multiscale else [data])]
    shape = levels[0].shape
    if levels[0].ndim != 2 or levels[0].dtype.kind not in "iu" or (levels[0].size and int(levels[0].min()) < 0):
        message = f"The mask has shape {shape} of {levels[0].dtype}; two dimensions of ids from 0 on are needed."
        raise InputError(message, code="N106")
    ids, top = _ids(levels[0])
    rows, news = look_up(ids)
    return RowRaster(tuple(_rows(level, ids, rows, top) for level in levels)), news


def _ids(level: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    top = int(level.max()) if level.size else 0
    if top <= MAX_DIRECT:
        there = np.zeros(top + 1, dtype=bool)
        there[level.ravel()] = True
        ids = np.flatnonzero(there)
    else:
        ids = np.unique(level)
    return ids[ids > 0].astype(np.int64), top


def _rows(level: NDArray[Any], ids: NDArray[np.int64], rows: NDArray[np.intp], top: int) -> NDArray[np.int32]:
    """Rows in place of ids; an id that only a coarse level holds counts as unknown."""
    value = np.where(rows >= 0, rows + FIRST, UNKNOWN).astype(np.int32)
    if top <= MAX_DIRECT:
        table = np.full(top + 2, UNKNOWN, dtype=np.int32)
        table[0], table[ids] = BACKGROUND, value
        return np.asarray(table[np.minimum(level, top + 1)])
    ids, value = np.append(ids, -1), np.append(value, np.int32(UNKNOWN))  # a last place for what is beyond
    at = np.searchsorted(ids[:-1], level)
    found = np.where(ids[at] == level, value[at], UNKNOWN).astype(np.int32)
    found[level == 0] = BACKGROUND
    return found
