"""How much text a dataset of HDF5 says that it holds, found without reading any of it.

Each text of variable length is a note of sixteen bytes: its length and where it lies. In a sound file each text lies
there once, so the lengths add up to less than the file. In a hostile one a million notes name the same megabyte. The
notes are unpacked by HDF5 itself, in memory, as plain bytes: nothing that they point to is followed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["claimed_text"]

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
