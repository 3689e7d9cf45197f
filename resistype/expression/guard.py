"""A look at an h5ad, 10x h5 or zarr store before anything is read from it.

HDF5 can point out of its own file (external links, external storage, virtual datasets), can declare a hundred
gigabytes in a few kilobytes, and can run a filter that is loaded from the machine; a sparse matrix with a false row
pointer crashes the interpreter. All of that is refused here, from metadata and the row pointer alone; column numbers
are checked as their rows are read. Folders of zarr are looked at in `guard_zarr`, texts of HDF5 in `guard_texts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from resistype.errors import ExpressionError
from resistype.expression.guard_texts import claimed_text
from resistype.expression.guard_zarr import check_folder

__all__ = ["check_folder", "check_h5", "check_sparse"]

MAX_OBJECTS = 200_000
MAX_NAME = 256
MAX_ATTRIBUTES = 16 << 20
MAX_CHUNK = 1 << 28
BOMB_SIZE = 64 << 20
BOMB_RATIO = 1_000
LINKS = {"ExternalLink": "an external link", "SoftLink": "a soft link"}
# deflate, shuffle, fletcher32, szip, nbit, scaleoffset; lzf, blosc, lz4, bitshuffle, zstd, blosc2
FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000, 32001, 32004, 32008, 32015, 32026})


def _refuse(path: Path, why: str) -> NoReturn:
    message = f"{path} is not read: {why}. If you trust its source, write it again with anndata and use the new file."
    raise ExpressionError(message, code="E314")


def check_h5(path: Path, root: Any) -> None:
    """Walk an open HDF5 file and refuse what points outside of it or unpacks to far more than it holds.

    Raises
    ------
    ExpressionError
        E314 with the object that was refused.
    """
    import h5py  # noqa: PLC0415  with files of HDF5 only

    size, declared = path.stat().st_size, 0
    for name, link, element in _objects(path, root):
        if link is not None:
            _refuse(path, f"{name} is {link} and points elsewhere")
        _check_attributes(path, name, element)
        if isinstance(element, h5py.Dataset):
            declared += _check_dataset(path, name, element)
        if declared > max(BOMB_SIZE, BOMB_RATIO * size):
            _refuse(path, f"it declares more than {declared / 1e9:.1f} GB but holds {size:,} bytes")


def _objects(path: Path, root: Any) -> Iterator[tuple[str, str | None, Any]]:
    """Every object once, with its name, and the kind of link when it is not a plain one."""
    import h5py  # noqa: PLC0415  with files of HDF5 only

    stack, seen, n = [("", root)], {h5py.h5o.get_info(root.id).addr}, 0
    while stack:
        where, group = stack.pop()
        for key in group:
            n += 1
            if n > MAX_OBJECTS:
                _refuse(path, f"it holds more than {MAX_OBJECTS:,} objects")
            if len(key) > MAX_NAME:
                _refuse(path, f"it holds a name of {len(key):,} characters")
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                yield f"{where}/{key}", LINKS.get(type(link).__name__, "a link"), None
                continue
            element = group[key]
            yield f"{where}/{key}", None, element
            address = h5py.h5o.get_info(element.id).addr
            if isinstance(element, h5py.Group) and address not in seen:
                seen.add(address)
                stack.append((f"{where}/{key}", element))


def _check_attributes(path: Path, name: str, element: Any) -> None:
    ids = [element.attrs.get_id(key) for key in element.attrs]
    held = sum(int(np.prod(one.shape or (), dtype=object)) * one.dtype.itemsize for one in ids)
    if held > MAX_ATTRIBUTES:
        _refuse(path, f"the attributes of {name} hold {held / 1e6:.0f} MB")


def _check_dataset(path: Path, name: str, element: Any) -> int:
    """Refuse a dataset that is not wholly in this file, or not as large as it says; bytes that it declares."""
    if element.external:
        _refuse(path, f"{name} keeps its data in another file")
    if element.is_virtual:
        _refuse(path, f"{name} is mapped from another file")
    plan = element.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    unknown = [code for code in filters if code not in FILTERS]
    if unknown or len(set(filters)) < len(filters):
        _refuse(path, f"{name} is packed by filter {unknown[0]}" if unknown else f"{name} is packed twice over")
    item = int(element.dtype.itemsize)
    if int(np.prod(element.chunks or (), dtype=object)) * item > MAX_CHUNK and element.chunks:
        _refuse(path, f"{name} is stored in pieces of more than {MAX_CHUNK >> 20} MB")
    shape = element.shape or ()
    declared = int(np.prod(shape, dtype=object)) * item if shape else 0
    held = element.id.get_storage_size()
    if declared > BOMB_SIZE and declared > BOMB_RATIO * max(held, 1):
        _refuse(path, f"{name} declares {declared / 1e9:.1f} GB but holds {held:,} bytes")
    text, size = claimed_text(path, element), path.stat().st_size
    if text > size:
        _refuse(path, f"{name} declares {text / 1e9:.1f} GB of text, and the whole file holds {size:,} bytes")
    return declared


def check_sparse(path: Path, name: str, element: Any, *, shape: tuple[int, int]) -> None:
    """Refuse a stored sparse matrix whose row pointer does not fit; `shape` is (rows of the pointer, other side).

    Raises
    ------
    ExpressionError
        E313 when the pointer, the values and the column numbers do not fit together.
    """
    parts = [element.get(key) for key in ("data", "indices", "indptr")]
    wrong = ""
    if any(part is None or getattr(part, "ndim", 0) != 1 for part in parts):
        wrong = "it lacks data, indices or indptr"
    elif parts[1].dtype.kind not in "iu" or parts[2].dtype.kind not in "iu" or parts[0].dtype.kind not in "iufb":
        wrong = "its parts are not numbers"
    elif min(shape) < 0 or parts[2].shape[0] != shape[0] + 1:
        wrong = f"its row pointer does not fit {shape[0]:,} × {shape[1]:,} with {parts[1].shape[0]:,} stored values"
    else:
        pointer, stored = np.asarray(parts[2][:]).astype(np.int64), parts[1].shape[0]
        fits = pointer[0] == 0 and pointer[-1] == stored == parts[0].shape[0]
        if not fits or bool((np.diff(pointer) < 0).any()):
            wrong = f"its row pointer does not fit {shape[0]:,} × {shape[1]:,} with {stored:,} stored values"
        elif absent := sum(_absent_chunks(part) for part in parts[:2] if stored > shape[0]):
            wrong = f"{absent} of its chunks are not there, and zarr would read zeros"
    if wrong:
        message = f"{path} is damaged: {name} is not a sparse matrix, {wrong}. Write the file again from its source."
        raise ExpressionError(message, code="E313")


def _absent_chunks(array: Any) -> int:
    """Chunks of a zarr array that are not in the store; none of an h5 dataset."""
    return max(0, int(array.nchunks - array.nchunks_initialized)) if hasattr(array, "nchunks_initialized") else 0
