"""Writing so that a file appears whole or not at all: a temporary file beside the target, then a
rename.

What was written is read back and compared by SHA-256 before it takes the place of the older file,
and the folder is synced after, so that neither a disk that lies nor a power cut leaves half of it.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import re
import secrets
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from resistype.errors import OutputError
from resistype.safe.toml import RefusedError


def replace_file(path: str | Path, write: Callable[[BinaryIO], object]) -> Path:
    """Let `write` fill a file in memory, put it beside `path`, check it, then put it in the place
    of `path`.

    When anything goes wrong the temporary file is removed and an older file of that name is still
    there as it was. New files get the usual permissions of the user. A symbolic link at `path` is
    replaced, never followed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> replace_file(folder / "a.txt", lambda stream: stream.write(b"whole")).read_text()
    'whole'
    """
    target = Path(path)
    filled = io.BytesIO()
    write(filled)
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(filled.getbuffer())
            stream.flush()
            os.fsync(stream.fileno())
        _verify(temporary, filled)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return target


def _verify(written: Path, filled: io.BytesIO) -> None:
    with written.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256")
    if found.digest() != hashlib.sha256(filled.getbuffer()).digest():
        raise OSError(errno.EIO, "what was read back is not what was written")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last; systems without such handles do it by themselves."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)


def make_folder(folder: str | Path) -> Path:
    """The folder, made when it is not there, and known to be writable."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        probe, name = tempfile.mkstemp(dir=target, prefix=".resistype-")
        os.close(probe)
        Path(name).unlink()
    except OSError as error:
        message = (
            f"The output folder {str(target)!r} cannot be written: {error.strerror or error}."
            " Nothing was written."
        )
        raise OutputError(message, code="O102") from None
    return target


def write_file(path: str | Path, write: Callable[[BinaryIO], object]) -> Path:
    """`replace_file`, where what the system says becomes an OutputError (O101)."""
    try:
        return replace_file(path, write)
    except OSError as error:
        why = error.strerror or error
        message = (
            f"{str(path)!r} cannot be written: {why}. Nothing was written there. Choose another"
            " place."
        )
        raise OutputError(message, code="O101") from None


def write_text(path: str | Path, text: str) -> Path:
    """Write text (UTF-8) whole or not at all; what is no text (odd bytes of a file name) becomes
    "?".

    Raises
    ------
    OutputError
        O101 when it cannot be written; an older file of that name is then still there as it was.
    """
    return write_file(path, lambda stream: stream.write(text.encode(errors="replace")))


# Texts of strangers, made fit to be read: without characters that turn, hide or join what stands
# beside them.

# as in widgets/src/dom.ts: control characters and those that turn the direction of text
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSAFE_IN_LINES = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def legible(text: str, *, lines: bool = False) -> str:
    r"""The text with U+FFFD in place of what must not be shown; with `lines`, breaks of lines and
    tabs stay.

    Examples
    --------
    >>> legible("P1\u202e") == "P1\ufffd"
    True
    """
    return (_UNSAFE_IN_LINES if lines else _UNSAFE).sub("\ufffd", text)


# Bytes of a file, unpacked where it is gzipped, and never more of them than was agreed.


def unpacked(path: Path, *, max_bytes: int) -> bytes:
    """Content of a file; gzip is found from its first bytes."""
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
