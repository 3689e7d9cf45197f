"""Names of very many cells, held compactly.

A name of ten letters takes 58 bytes as text of Python and 8 for each place it is listed in; beside a million cells that
stay on disk, names are then most of what is in memory. Here they lie end to end in one Arrow array, which the table
of cells has as its index too, and become text when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["SampleNames", "arrow_index", "compact", "names_in"]

STEP = 1 << 14


class SampleNames(Sequence[str]):
    """Sample names that read, compare, print and hash like a tuple of them.

    Parameters
    ----------
    index
        The names as an index of Arrow strings.

    Examples
    --------
    >>> names, index = compact(["c1", "c2", "c3"])
    >>> names[1], names[-2:], names == ("c1", "c2", "c3"), "c4" in names
    ('c2', ('c2', 'c3'), True, False)
    """

    __slots__ = ("_held",)

    def __init__(self, index: pd.Index) -> None:
        self._held = index.array

    def index_of(self) -> pd.Index:
        """The names as an index that shares their memory."""
        index: pd.Index = pd.Index(self._held, copy=False)
        return index

    def sound(self) -> bool:
        """Whether no name repeats and none is blank. Where hashes meet the answer is no, and the names decide."""
        hashes = np.sort(np.fromiter(map(hash, self), np.int64, len(self)))
        return bool((hashes[1:] != hashes[:-1]).all() and (hashes != hash("")).all())

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self._held[place].tolist())
        return str(self._held[place])

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), STEP):
            yield from self._held[start : start + STEP].tolist()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, tuple | SampleNames):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __add__(self, other: tuple[str, ...]) -> tuple[str, ...]:
        return (*self, *other)

    def __radd__(self, other: tuple[str, ...]) -> tuple[str, ...]:
        return (*other, *self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001  as numpy calls it
        return np.array(tuple(self), dtype=dtype, copy=copy)


def compact(names: Sequence[str]) -> tuple[tuple[str, ...], pd.Index]:
    """Names held compactly, which stand wherever a tuple of text does; and the same names as an index."""
    index = names.index_of() if isinstance(names, SampleNames) else arrow_index([list(names)])
    return names_in(index), index


def arrow_index(parts: Iterable[list[str]]) -> pd.Index:
    """Names that come in parts, without spaces around them, as an index of Arrow strings."""
    import pyarrow as pa  # noqa: PLC0415  slow to load, and not needed for matrices in memory

    chunks = [pa.array([name.strip() for name in part], pa.large_string()) for part in parts]
    whole = pa.chunked_array(chunks, pa.large_string()).combine_chunks()
    del chunks
    pa.default_memory_pool().release_unused()
    index: pd.Index = pd.Index(pd.arrays.ArrowStringArray(whole), copy=False)
    return index


def names_in(index: pd.Index) -> tuple[str, ...]:
    """The names of an index: a tuple, or what reads like one when they are Arrow strings."""
    if isinstance(index.dtype, pd.StringDtype):
        return cast("tuple[str, ...]", SampleNames(index))
    return tuple(map(str, index))
