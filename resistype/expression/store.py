"""Rows of a matrix, wherever it lies: a numpy array, a CSR matrix, or a file that stays on disk.

`Backed` knows a path and a place in it, never an open handle that would have to travel: a worker process opens the
file itself. Within one process all threads share one handle, which h5py guards with its own lock. What comes from a
file is checked as it is read: a column number out of range would crash the interpreter further on.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, TypeGuard

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.extras import needs

__all__ = [
    "Backed",
    "CsrRows",
    "Matrix",
    "as_csr",
    "columns_of",
    "csr_rows",
    "dense_rows",
    "is_sparse",
    "open_store",
    "part_of",
]

STEP = 1_024  # rows made dense at once when single columns are wanted
Store: TypeAlias = Literal["h5", "zarr"]


class CsrRows(NamedTuple):
    """Rows in compressed form: no zeros stored, column numbers ascending, `indptr` beginning at 0."""

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

    def __reduce__(self) -> tuple[type[Backed], tuple[Path, str, tuple[int, int], bool, Store, bool]]:
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
    """The root group of an h5 file or zarr folder, for reading.

    Raises
    ------
    MissingExtraError
        X101 without h5py, or without zarr where the store is one.
    """
    if store == "zarr":
        with needs("anndata and zarr", extra="h5ad", what=f"Reading {path.name}"):
            import zarr  # noqa: PLC0415  only where a zarr store is read
        return zarr.open_group(str(path), mode="r", use_consolidated=False)  # the files, not a summary of them
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {path.name}"):
        import h5py  # noqa: PLC0415  csv and parquet do not need it
    return h5py.File(path, "r")


def part_of(root: Any, place: str) -> Any:
    """The array or group at a place of a store; a zarr group by its files, since it may carry a summary of its own."""
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


def as_csr(data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], *, shape: tuple[int, int]) -> Any:
    """A CSR matrix in order, without stored zeros; its parts may be changed in place."""
    matrix: Any = sp.csr_matrix((data, indices, indptr), shape=shape)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


@contextmanager
def reading(values: Any) -> Iterator[None]:
    """What the libraries raise on a file that is damaged further on becomes one error.

    Raises
    ------
    ExpressionError
        E313 when rows of a file cannot be read.
    """
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, MemoryError, zlib.error) as error:
        if isinstance(error, ExpressionError) or type(values) is not Backed:
            raise
        message = (
            f"{values.path} is damaged: {values.place} cannot be read ({error}). Write the file again from its source."
        )
        raise ExpressionError(message, code="E313") from error


def csr_rows(values: Any, start: int, stop: int) -> CsrRows:
    """Rows `start` to `stop` of a sparse matrix in compressed form.

    Raises
    ------
    ExpressionError
        E313 when the file names columns that do not exist.
    """
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
            f"{values.path} is damaged: rows {start:,}–{stop:,} of {values.place} name columns outside "
            f"0–{values.shape[1] - 1:,}. Write the file again from its source."
        )
        raise ExpressionError(message, code="E313")


def _tidy(rows: CsrRows) -> CsrRows:
    """Drop stored zeros, put columns in order, add up cells stored twice; a tidy block is passed on untouched."""
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


def columns_of(values: Any, columns: NDArray[np.intp], *, rows: slice | None = None) -> NDArray[np.float64]:
    """The columns asked for in a range of rows (by default all), as float64 of shape (n_rows, len(columns))."""
    span = rows or slice(None)
    if isinstance(values, Backed):
        first, last, _ = span.indices(values.shape[0])
        steps = [*range(first, last, STEP), last]
        parts = [dense_rows(values, start, stop)[:, columns] for start, stop in pairwise(steps)]
        return np.concatenate(parts, dtype=np.float64) if parts else np.empty((0, columns.size))
    part = values[span][:, columns]
    return np.asarray(part.toarray() if is_scipy(part) else part, dtype=np.float64)
