"""Rows and names of a matrix, wherever it lies: numpy, CSR, a file that stays on disk, or an array
of dask.

`Backed` knows a path and a place in it, never an open handle that would have to travel: a worker
process opens the file itself. Within one process all threads share one handle, which h5py guards
with its own lock. What comes from a file is checked as it is read: a column number out of range
would crash the interpreter further on.

A dask array is handed out in row ranges like a file. Its chunks are what can be computed, so a
chunk is computed once, kept while its rows are asked for, and dropped. Each is computed by dask's
synchronous scheduler: the threads or workers are those of joblib already, and a scheduler inside a
worker of the same cluster would wait for itself.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, TypeGuard, cast, overload

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.extras import needs

STEP = 1_024  # rows made dense at once when single columns are wanted
Store: TypeAlias = Literal["h5", "zarr"]


class CsrRows(NamedTuple):
    """Rows in compressed form: no zeros stored, column numbers ascending, `indptr` beginning at
    0.
    """

    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[np.int64]
    n_genes: int


@dataclass(frozen=True, eq=False)
class Backed:
    """A matrix that stays in its file; rows are read when they are asked for.

    Parameters
    ----------
    path
        The h5 file or the zarr folder.
    place
        Path of the matrix inside, for example ``"X"`` or ``"layers/counts"``.
    shape
        ``(n_obs, n_genes)``.
    sparse
        Whether the rows are stored in compressed form.
    store
        ``"h5"`` or ``"zarr"``.
    may_miss
        Whether missing values are allowed.
    """

    path: Path
    place: str
    shape: tuple[int, int]
    sparse: bool
    store: Store = "h5"
    may_miss: bool = False
    _held: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __reduce__(
        self,
    ) -> tuple[type[Backed], tuple[Path, str, tuple[int, int], bool, Store, bool]]:
        return (Backed, (self.path, self.place, self.shape, self.sparse, self.store, self.may_miss))

    def element(self) -> Any:
        """The stored array or group, opened on first use."""
        with self._lock:
            if "element" not in self._held:
                self._held["element"] = part_of(open_store(self.path, self.store), self.place)
            return self._held["element"]

    @property
    def indptr(self) -> NDArray[np.int64]:
        """Row pointer of a sparse matrix, shape (n_obs + 1,)."""
        if "indptr" not in self._held:
            self._held["indptr"] = np.asarray(self.element()["indptr"][:], dtype=np.int64)
        return np.asarray(self._held["indptr"])

    def close(self) -> None:
        """Close the file; it opens again when rows are asked for."""
        with self._lock:
            element = self._held.pop("element", None)
            if element is not None and self.store == "h5":
                element.file.close()


Matrix: TypeAlias = NDArray[Any] | sp.csr_matrix | sp.csr_array | Backed


def open_store(path: Path, store: Store) -> Any:
    """The root group of an h5 file or zarr folder, for reading."""
    if store == "zarr":
        with needs("anndata and zarr", extra="h5ad", what=f"Reading {path.name}"):
            import zarr  # noqa: PLC0415  only where a zarr store is read
        return zarr.open_group(
            str(path), mode="r", use_consolidated=False
        )  # the files, not a summary of them
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {path.name}"):
        import h5py  # noqa: PLC0415  csv and parquet do not need it
    return h5py.File(path, "r")


def part_of(root: Any, place: str) -> Any:
    """The array or group at a place of a store; a zarr group by its files, since it may carry a
    summary of its own.
    """
    found = root[place]
    if not type(found).__module__.startswith("zarr") or not hasattr(found, "group_keys"):
        return found
    import zarr  # noqa: PLC0415  only where a zarr store is read

    return zarr.open_group(root.store, path=place, mode="r", use_consolidated=False)


def is_scipy(values: object) -> TypeGuard[Any]:
    """Whether `values` is a sparse matrix of scipy."""
    return bool(sp.issparse(values))


def is_sparse(values: Any) -> bool:
    """Whether rows are stored in compressed form."""
    return values.sparse if isinstance(values, Backed) else is_scipy(values)


def as_csr(
    data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], *, shape: tuple[int, int]
) -> Any:
    """A CSR matrix in order, without stored zeros; its parts may be changed in place."""
    matrix: Any = sp.csr_matrix((data, indices, indptr), shape=shape)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


@contextmanager
def reading(values: Any) -> Iterator[None]:
    """What the libraries raise on a file that is damaged further on becomes one error."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, MemoryError, zlib.error) as error:
        if isinstance(error, ExpressionError) or type(values) is not Backed:
            raise
        message = (
            f"{values.path} is damaged: {values.place} cannot be read ({error}). Write the file"
            " again from its source."
        )
        raise ExpressionError(message, code="E313") from error


def csr_rows(values: Any, start: int, stop: int) -> CsrRows:
    """Rows `start` to `stop` of a sparse matrix in compressed form."""
    pointer = np.asarray(values.indptr[start : stop + 1], dtype=np.int64)
    span = slice(int(pointer[0]), int(pointer[-1]))
    source = values.element() if isinstance(values, Backed) else None
    with reading(values):
        data = np.asarray(values.data[span] if source is None else source["data"][span])
        indices = np.asarray(values.indices[span] if source is None else source["indices"][span])
    if source is not None:
        _in_range(indices, values, start, stop)
    return _tidy(CsrRows(data, indices, pointer - pointer[0], values.shape[1]))


def _in_range(indices: NDArray[Any], values: Backed, start: int, stop: int) -> None:
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= values.shape[1]):
        message = (
            f"{values.path} is damaged: rows {start:,}–{stop:,} of {values.place} name columns"
            f" outside 0–{values.shape[1] - 1:,}. Write the file again from its source."
        )
        raise ExpressionError(message, code="E313")


def _tidy(rows: CsrRows) -> CsrRows:
    """Drop stored zeros, put columns in order, add up cells stored twice; a tidy block is passed
    on untouched.
    """
    data, indices, indptr, n_genes = rows
    if data.dtype.kind != "f":
        data = data.astype(np.float64)
    starts = np.zeros(indices.size + 1, dtype=bool)
    starts[indptr] = True
    ordered = bool(((indices[1:] > indices[:-1]) | starts[1:-1]).all())
    if ordered and bool((data != 0).all()):
        return CsrRows(data, indices, indptr, n_genes)
    block = as_csr(data.copy(), indices.copy(), indptr.copy(), shape=(indptr.size - 1, n_genes))
    return CsrRows(block.data, block.indices, block.indptr.astype(np.int64), n_genes)


def dense_rows(values: Any, start: int, stop: int) -> NDArray[Any]:
    """Rows `start` to `stop` as a C-ordered array of shape (stop - start, n_genes)."""
    if is_sparse(values):
        data, indices, indptr, n_genes = csr_rows(values, start, stop)
        matrix: Any = sp.csr_matrix((data, indices, indptr), shape=(stop - start, n_genes))
        return np.asarray(matrix.toarray())
    source = values.element() if isinstance(values, Backed) else values
    with reading(values):
        rows = np.asarray(source[start:stop])
    return np.ascontiguousarray(rows, dtype=rows.dtype if rows.dtype.kind == "f" else np.float64)


def columns_of(
    values: Any, columns: NDArray[np.intp], *, rows: slice | None = None
) -> NDArray[np.float64]:
    """The columns asked for in a range of rows (by default all), as float64 of shape (n_rows,
    len(columns)).
    """
    span = rows or slice(None)
    if isinstance(values, Backed):
        first, last, _ = span.indices(values.shape[0])
        steps = [*range(first, last, STEP), last]
        parts = [dense_rows(values, start, stop)[:, columns] for start, stop in pairwise(steps)]
        return np.concatenate(parts, dtype=np.float64) if parts else np.empty((0, columns.size))
    part = values[span][:, columns]
    return np.asarray(part.toarray() if is_scipy(part) else part, dtype=np.float64)


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
        parts = [
            self._rows(number, start, stop)
            for number in range(first, min(last, self._edges.size - 2) + 1)
        ]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _rows(self, number: int, start: int, stop: int) -> NDArray[Any]:
        edge = int(self._edges[number])
        return self._chunk(number)[max(start - edge, 0) : stop - edge]

    def _chunk(self, number: int) -> NDArray[Any]:
        with self._lock:
            if number not in self._held:
                part = self._array[self._edges[number] : self._edges[number + 1]].compute(
                    scheduler="sync"
                )
                self._held[number] = part.toarray() if is_scipy(part) else np.asarray(part)
            self._held.move_to_end(number)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return self._held[number]


@dataclass(frozen=True, eq=False)
class Lazy(Backed):
    """A dask array as a matrix whose rows are read when they are asked for; `place` is the name
    dask gave it.
    """

    array: Any = None

    def __reduce__(self) -> Any:
        return (lazy, (self.array, self.may_miss))

    def element(self) -> Any:
        """The rows, computed on first use."""
        with self._lock:
            return self._held.setdefault("element", _Chunks(self.array))


# pickle passes by position
def lazy(array: Any, may_miss: bool = False) -> Lazy:  # noqa: FBT001, FBT002
    """A dask array of shape (n_obs, n_genes), dense or of sparse chunks."""
    shape = (int(array.shape[0]), int(array.shape[1]))
    return Lazy(Path(), str(array.name), shape, sparse=False, may_miss=may_miss, array=array)


NAMES = 1 << 14


class SampleNames(Sequence[str]):
    """Sample names that read, compare, print and hash like a tuple of them.

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
        """Whether no name repeats and none is blank. Where hashes meet the answer is no, and the
        names decide.
        """
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
        for start in range(0, len(self), NAMES):
            yield from self._held[start : start + NAMES].tolist()

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

    # as numpy calls it
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return np.array(tuple(self), dtype=dtype, copy=copy)


def compact(names: Sequence[str]) -> tuple[tuple[str, ...], pd.Index]:
    """Names held compactly, which stand wherever a tuple of text does; and the same names as an
    index.
    """
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


def _files(path: Path) -> list[Path]:
    return (
        [path]
        if path.is_file()
        else sorted(inside for inside in path.rglob("*") if inside.is_file())
    )


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of change of a file, or of the files of a folder."""
    status = [(file, file.stat()) for file in _files(path)]
    return tuple((str(file), one.st_size, one.st_mtime_ns) for file, one in status)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A file, or a folder of zarr, as it was when a matrix was read from it."""

    path: Path
    seen: tuple[tuple[str, int, int], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen", self.seen or _state(self.path))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of a file; of a folder, over the names and hashes of its files in order."""
        if not self.path.exists() or _state(self.path) != self.seen:
            message = (
                f"{self.path} has been changed since it was opened. Read it again; results so far"
                " are of the old."
            )
            raise ExpressionError(message, code="E316")
        if self.path.is_file():
            return _sha256(self.path)
        total = hashlib.sha256()
        for file in _files(self.path):
            total.update(f"{file.relative_to(self.path).as_posix()}\0{_sha256(file)}\n".encode())
        return total.hexdigest()
