"""Writing so that a file appears whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["replace_file"]


def replace_file(path: str | Path, write: Callable[[BinaryIO], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in the place of `path`.

    When anything goes wrong the temporary file is removed and an older file of that name is still there as it was.
    New files get the usual permissions of the user.

    Raises
    ------
    OSError
        As the system gives it; the caller says what it means.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> replace_file(folder / "a.txt", lambda stream: stream.write(b"whole")).read_text()
    'whole'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return target
