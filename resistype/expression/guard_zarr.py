"""A look at a zarr folder before zarr opens it: its files, and what its descriptions ask for.

A zarr folder is many small files, each array described by a JSON. A description can name a codec that unpickles (which
runs code), an array of a terabyte without a single piece of it, or a place outside of the folder; a link or a pipe can
stand where a file belongs. Only plain files inside of the folder and known codecs are let through.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, NoReturn

from resistype.errors import ExpressionError
from resistype.strict import RefusedError, read_json

__all__ = ["check_folder"]

MAX_OBJECTS = 200_000
MAX_JSON = 16 << 20
MAX_DEPTH = 32
MAX_PIECE = 1 << 28
BOMB_SIZE = 64 << 20
BOMB_RATIO = 1_000
DESCRIPTIONS = frozenset({".zarray", ".zgroup", ".zattrs", "zarr.json"})
CODECS = frozenset(
    {
        *("bytes", "endian", "transpose", "vlen-utf8", "vlen-bytes", "sharding_indexed", "crc32c", "crc32", "adler32"),
        *("blosc", "zstd", "lz4", "gzip", "zlib", "shuffle", "delta", "fletcher32", "packbits", "fixedscaleoffset"),
    }
)


def _refuse(path: Path, why: str) -> NoReturn:
    message = f"{path} is not read: {why}. If you trust its source, write it again with anndata and use the new file."
    raise ExpressionError(message, code="E314")


def check_folder(path: Path) -> None:
    """Refuse a zarr folder that holds more than plain files, or whose descriptions ask for what they should not.

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
        _refuse(path, f"{name} asks for the codec {str(unknown[0])[:60]!r}, which is not one of those known here")
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
            yield from _codecs({"codecs": [*_list(inner.get("codecs")), *_list(inner.get("index_codecs"))]})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _declared(path: Path, name: Path, about: dict[str, Any]) -> int:
    grid = about.get("chunk_grid")
    settings = grid.get("configuration") if isinstance(grid, dict) else None
    pieces = about.get("chunks") or (settings.get("chunk_shape") if isinstance(settings, dict) else None) or []
    shape = about.get("shape")
    numbers = [*(shape if isinstance(shape, list) else [None]), *(pieces if isinstance(pieces, list) else [None])]
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 62 for one in numbers):
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
