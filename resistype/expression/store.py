"""Rows of a matrix, wherever it lies: a numpy array, a CSR matrix, or a file that stays on disk.

`Backed` knows a path and a place in it, never an open handle that would have to travel: a worker process opens the
file itself. Within one process all threads share one handle, which h5py guards with its own lock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Backed", "CsrRows", "Matrix", "columns_of", "csr_rows", "dense_rows", "is_sparse"]


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
    """

    path: Path
    place: str
    shape: tuple[int, int]
    sparse: bool
    store: Literal["h5", "zarr"] = "h5"
    _held: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __reduce__(self) -> tuple[type[Backed], tuple[Path, str, tuple[int, int], bool, Literal["h5", "zarr"]]]:
        return (Backed, (self.path, self.place, self.shape, self.sparse, self.store))

    def element(self) -> Any:
        """The stored array or group, opened on first use."""
        with self._lock:
            if "element" not in self._held:
                self._held["element"] = _open(self.path, self.store)[self.place]
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


def _open(path: Path, store: str) -> Any:
    if store == "zarr":
        import zarr  # noqa: PLC0415  only where a zarr store is read

        return zarr.open_group(str(path), mode="r")
    import h5py  # noqa: PLC0415  costs a tenth of a second, and csv does not need it

    return h5py.File(path, "r")


def is_sparse(values: Matrix) -> bool:
    """Whether rows are stored in compressed form."""
    return values.sparse if isinstance(values, Backed) else sp.issparse(values)


def csr_rows(values: Matrix, start: int, stop: int) -> CsrRows:
    """Rows `start` to `stop` of a sparse matrix in compressed form."""
    if isinstance(values, Backed):
        pointer = values.indptr[start : stop + 1]
        element = values.element()
        span = slice(int(pointer[0]), int(pointer[-1]))
        data, indices = np.asarray(element["data"][span]), np.asarray(element["indices"][span])
    else:
        pointer = np.asarray(values.indptr[start : stop + 1], dtype=np.int64)  # type: ignore[union-attr]
        span = slice(int(pointer[0]), int(pointer[-1]))
        data, indices = values.data[span], values.indices[span]  # type: ignore[union-attr]
    return _tidy(CsrRows(data, indices, pointer - pointer[0], values.shape[1]))


def _tidy(rows: CsrRows) -> CsrRows:
    """Drop stored zeros, put columns in order, add up cells stored twice; a tidy block is passed on untouched."""
    data, indices, indptr, n_genes = rows
    if data.dtype.kind in "iub":
        data = data.astype(np.float64)
    falls = np.flatnonzero(np.diff(indices.astype(np.int64)) <= 0) + 1
    ordered = bool(np.isin(falls, indptr).all())
    if ordered and bool((data != 0).all()):
        return CsrRows(data, indices, indptr, n_genes)
    block = sp.csr_matrix((data.copy(), indices.copy(), indptr.copy()), shape=(indptr.size - 1, n_genes))
    block.sum_duplicates()
    block.eliminate_zeros()
    return CsrRows(block.data, block.indices, block.indptr.astype(np.int64), n_genes)


def dense_rows(values: Matrix, start: int, stop: int) -> NDArray[Any]:
    """Rows `start` to `stop` as a C-ordered array of shape (stop - start, n_genes)."""
    if is_sparse(values):
        data, indices, indptr, n_genes = csr_rows(values, start, stop)
        return np.asarray(sp.csr_matrix((data, indices, indptr), shape=(stop - start, n_genes)).toarray())
    if isinstance(values, Backed):
        rows = np.asarray(values.element()[start:stop])
    else:
        rows = np.asarray(values[start:stop])
    return np.ascontiguousarray(rows, dtype=rows.dtype if rows.dtype.kind == "f" else np.float64)


def columns_of(values: Matrix, columns: NDArray[np.intp], *, rows: slice) -> NDArray[np.float64]:
    """The columns asked for in a range of rows, as float64 of shape (n_rows, len(columns))."""
    if isinstance(values, Backed):
        return np.asarray(dense_rows(values, rows.start, rows.stop)[:, columns], dtype=np.float64)
    if sp.issparse(values):
        return np.asarray(values[rows][:, columns].toarray(), dtype=np.float64)
    return np.asarray(values[rows][:, columns], dtype=np.float64)
