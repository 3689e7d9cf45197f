"""Bytes of a file, unpacked where it is gzipped, and never more of them than was agreed."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from resistype.strict import RefusedError

__all__ = ["unpacked"]


def unpacked(path: Path, *, max_bytes: int) -> bytes:
    """Content of a file; gzip is found from its first bytes.

    Raises
    ------
    RefusedError
        When it is no plain file, is or unpacks to more than `max_bytes`, or is no whole gzip file.
    OSError
        When it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise RefusedError("it is not a file")
    if path.stat().st_size > max_bytes:
        raise RefusedError(f"it is larger than {max_bytes >> 20} MB")
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            text = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError(f"it is not a whole gzip file ({error})", invalid=True) from None
    if len(text) > max_bytes:
        raise RefusedError(f"it unpacks to more than {max_bytes >> 20} MB")
    return text
