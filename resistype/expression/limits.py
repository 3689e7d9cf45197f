"""A look at an h5ad, 10x h5 or zarr store before anything is read from it.

HDF5 can point out of its own file (external links, external storage, virtual datasets), can declare
a hundred gigabytes in a few kilobytes, and can run a filter that is loaded from the machine; a
sparse matrix with a false row pointer crashes the interpreter. All of that is refused here, from
metadata and the row pointer alone; column numbers are checked as their rows are read.

Each text of variable length is a note of sixteen bytes: its length and where it lies. In a sound
file each text lies there once, so the lengths add up to less than the file. In a hostile one a
million notes name the same megabyte. The notes are unpacked by HDF5 itself, in memory, as plain
bytes: nothing that they point to is followed.

A zarr folder is many small files, each array described by a JSON. A description can name a codec
that unpickles (which runs code), an array of a terabyte without a single piece of it, or a place
outside of the folder; a link or a pipe can stand where a file belongs. Only plain files inside of
the folder and known codecs are let through.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.safe.toml import RefusedError, read_json

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
    message = (
        f"{path} is not read: {why}. If you trust its source, write it again with anndata and use"
        " the new file."
    )
    raise ExpressionError(message, code="E314")


def check_h5(path: Path, root: Any) -> None:
    """Walk an open HDF5 file and refuse what points outside of it or unpacks to far more than it
    holds.

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
    """Refuse a dataset that is not wholly in this file, or not as large as it says; bytes that
    it declares.
    """
    if element.external:
        _refuse(path, f"{name} keeps its data in another file")
    if element.is_virtual:
        _refuse(path, f"{name} is mapped from another file")
    plan = element.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    unknown = [code for code in filters if code not in FILTERS]
    if unknown or len(set(filters)) < len(filters):
        _refuse(
            path,
            (
                f"{name} is packed by filter {unknown[0]}"
                if unknown
                else f"{name} is packed twice over"
            ),
        )
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
        _refuse(
            path,
            f"{name} declares {text / 1e9:.1f} GB of text, and the whole file holds {size:,} bytes",
        )
    return declared


def check_sparse(path: Path, name: str, element: Any, *, shape: tuple[int, int]) -> None:
    """Refuse a stored sparse matrix whose row pointer does not fit; `shape` is (rows of the
    pointer, other side).

    Raises
    ------
    ExpressionError
        E313 when the pointer, the values and the column numbers do not fit together.
    """
    parts = [element.get(key) for key in ("data", "indices", "indptr")]
    wrong = ""
    if any(part is None or getattr(part, "ndim", 0) != 1 for part in parts):
        wrong = "it lacks data, indices or indptr"
    elif (
        parts[1].dtype.kind not in "iu"
        or parts[2].dtype.kind not in "iu"
        or parts[0].dtype.kind not in "iufb"
    ):
        wrong = "its parts are not numbers"
    elif min(shape) < 0 or parts[2].shape[0] != shape[0] + 1:
        wrong = (
            f"its row pointer does not fit {shape[0]:,} × {shape[1]:,} with {parts[1].shape[0]:,}"
            " stored values"
        )
    else:
        pointer, stored = np.asarray(parts[2][:]).astype(np.int64), parts[1].shape[0]
        fits = pointer[0] == 0 and pointer[-1] == stored == parts[0].shape[0]
        if not fits or bool((np.diff(pointer) < 0).any()):
            wrong = (
                f"its row pointer does not fit {shape[0]:,} × {shape[1]:,} with {stored:,} stored"
                " values"
            )
        elif absent := sum(_absent_chunks(part) for part in parts[:2] if stored > shape[0]):
            wrong = f"{absent} of its chunks are not there, and zarr would read zeros"
    if wrong:
        message = (
            f"{path} is damaged: {name} is not a sparse matrix, {wrong}. Write the file again from"
            " its source."
        )
        raise ExpressionError(message, code="E313")


def _absent_chunks(array: Any) -> int:
    """Chunks of a zarr array that are not in the store; none of an h5 dataset."""
    return (
        max(0, int(array.nchunks - array.nchunks_initialized))
        if hasattr(array, "nchunks_initialized")
        else 0
    )


NOTE = 16


def claimed_text(path: Path, dataset: Any) -> int:
    """Bytes of text that a dataset declares; 0 when it holds none of variable length."""
    import h5py  # noqa: PLC0415  with files of HDF5 only

    if h5py.check_vlen_dtype(dataset.dtype) is None or dataset.shape in (None, ()):
        return 0
    base = h5py.check_vlen_dtype(dataset.dtype)
    size = 1 if base in (str, bytes) else np.dtype(base).itemsize
    if dataset.file.id.get_create_plist().get_sizes() != (8, 8):
        return 1 << 62  # no such file was ever written by h5py or R; its notes have another shape
    notes = _chunked(dataset) if dataset.chunks else _plain(path, dataset)
    return int(notes.view("<u4")[::4].astype(np.int64).sum()) * size


def _plain(path: Path, dataset: Any) -> NDArray[np.uint8]:
    place = dataset.id.get_offset()
    if place is None:
        return np.empty(0, np.uint8)  # nothing was ever written, or it is part of the header
    with path.open("rb") as stream:
        stream.seek(place)
        content = stream.read(NOTE * dataset.size)
    return np.frombuffer(content[: len(content) // NOTE * NOTE], np.uint8)


def _chunked(dataset: Any) -> NDArray[np.uint8]:
    """Notes of all pieces, through a copy in memory whose values are sixteen plain bytes."""
    import h5py  # noqa: PLC0415  with files of HDF5 only

    kind = h5py.h5t.create(h5py.h5t.OPAQUE, NOTE)
    kind.set_tag(b"note")
    given, made = dataset.id.get_create_plist(), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk(dataset.chunks)
    for number in range(given.get_nfilters()):
        code, flags, values, _ = given.get_filter(number)
        made.set_filter(code, flags, values)
    notes = np.zeros(dataset.shape, f"V{NOTE}")
    with h5py.File("notes", "w", driver="core", backing_store=False) as memory:
        space = h5py.h5s.create_simple(dataset.shape)
        copy = h5py.h5d.create(memory.id, b"notes", kind, space, made)
        for number in range(dataset.id.get_num_chunks()):
            place = dataset.id.get_chunk_info(number).chunk_offset
            mask, content = dataset.id.read_direct_chunk(place)
            copy.write_direct_chunk(place, content, mask)
        copy.read(h5py.h5s.ALL, h5py.h5s.ALL, notes, kind)
    return notes.reshape(-1).view(np.uint8)


MAX_JSON = 16 << 20
MAX_DEPTH = 32
MAX_PIECE = 1 << 28
DESCRIPTIONS = frozenset({".zarray", ".zgroup", ".zattrs", "zarr.json"})
CODECS = frozenset(
    {
        *(
            "bytes",
            "endian",
            "transpose",
            "vlen-utf8",
            "vlen-bytes",
            "sharding_indexed",
            "crc32c",
            "crc32",
            "adler32",
        ),
        *(
            "blosc",
            "zstd",
            "lz4",
            "gzip",
            "zlib",
            "shuffle",
            "delta",
            "fletcher32",
            "packbits",
            "fixedscaleoffset",
        ),
    }
)


def check_folder(path: Path) -> None:
    """Refuse a zarr folder that holds more than plain files, or whose descriptions ask for what
    they should not.

    Raises
    ------
    ExpressionError
        E314 with the file.
    """
    held, declared = 0, 0
    for inside in _files(path):
        held += inside.stat().st_size
        if inside.name in DESCRIPTIONS:
            declared += _check_description(path, inside)
    if declared > max(BOMB_SIZE, BOMB_RATIO * held):
        _refuse(path, f"it declares {declared / 1e9:.1f} GB but holds {held:,} bytes")


def _files(path: Path) -> Iterator[Path]:
    n = 0
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            n += 1
            inside = Path(folder) / name
            if inside.is_symlink():
                _refuse(path, f"{inside.relative_to(path)} is a symbolic link and points elsewhere")
            if not (inside.is_file() or inside.is_dir()):
                _refuse(path, f"{inside.relative_to(path)} is neither a file nor a folder")
        if n > MAX_OBJECTS:
            _refuse(path, f"it holds more than {MAX_OBJECTS:,} files")
        yield from (Path(folder) / name for name in files)


def _check_description(path: Path, file: Path) -> int:
    """Bytes that a description declares."""
    name = file.relative_to(path)
    if file.stat().st_size > MAX_JSON:
        _refuse(path, f"{name} is larger than {MAX_JSON >> 20} MB")
    try:
        about = read_json(file.read_bytes(), max_depth=MAX_DEPTH)
    except RefusedError as error:
        _refuse(path, f"{name}: {error}")
    if not isinstance(about, dict):
        _refuse(path, f"{name} is no description")
    unknown = [codec for codec in _codecs(about) if codec not in CODECS]
    if unknown:
        _refuse(
            path,
            f"{name} asks for the codec {str(unknown[0])[:60]!r}, which is not one of those known"
            " here",
        )
    return _declared(path, name, about) if "shape" in about else 0


def _codecs(about: dict[str, Any]) -> Iterator[object]:
    """Names of all codecs that a description asks for, those inside of others too."""
    given = [about.get("compressor"), *_list(about.get("filters")), *_list(about.get("codecs"))]
    for one in given:
        if one is None:
            continue
        if not isinstance(one, dict):
            yield one
            continue
        yield str(one.get("id", one.get("name"))).removeprefix("numcodecs.")
        inner = one.get("configuration")
        if isinstance(inner, dict):
            yield from _codecs(
                {"codecs": [*_list(inner.get("codecs")), *_list(inner.get("index_codecs"))]}
            )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _declared(path: Path, name: Path, about: dict[str, Any]) -> int:
    grid = about.get("chunk_grid")
    settings = grid.get("configuration") if isinstance(grid, dict) else None
    pieces = (
        about.get("chunks")
        or (settings.get("chunk_shape") if isinstance(settings, dict) else None)
        or []
    )
    shape = about.get("shape")
    numbers = [
        *(shape if isinstance(shape, list) else [None]),
        *(pieces if isinstance(pieces, list) else [None]),
    ]
    if not all(
        isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 62 for one in numbers
    ):
        _refuse(path, f"{name}: its shape is not made of whole numbers")
    if not isinstance(shape, list):
        return 0
    item = _bytes(about.get("dtype", about.get("data_type")))
    sharded = any(codec == "sharding_indexed" for codec in _codecs(about))
    if prod(pieces) * item > MAX_PIECE and pieces and not sharded:
        _refuse(path, f"{name}: it is stored in pieces of more than {MAX_PIECE >> 20} MB")
    return prod(chain([item], shape))


def _bytes(kind: object) -> int:
    """Bytes of one value; texts of variable length count as eight."""
    digits = "".join(char for char in str(kind) if char.isdigit())
    number = int(digits[:12]) if digits else 8
    bits = isinstance(kind, str) and kind.lstrip("u").startswith(("int", "float", "complex"))
    return max(1, number // 8 if bits else number * (4 if "U" in str(kind) else 1))
