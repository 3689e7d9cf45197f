"""Writing so that a file appears whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from resistype.errors import OutputError

__all__ = ["make_folder", "write_text"]


def make_folder(folder: str | Path) -> Path:
    """The folder, made when it is not there, and known to be writable.

    Raises
    ------
    OutputError
        O102 when it cannot be made, is a file, or cannot be written into.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        probe, name = tempfile.mkstemp(dir=target, prefix=".resistype-")
        os.close(probe)
        Path(name).unlink()
    except OSError as error:
        message = (
            f"The output folder {str(target)!r} cannot be written: {error.strerror or error}. Nothing was written."
        )
        raise OutputError(message, code="O102") from None
    return target


def write_text(path: str | Path, text: str) -> Path:
    """Write text (UTF-8) whole or not at all.

    Raises
    ------
    OutputError
        O103 when it cannot be written; an older file of that name is then still there as it was.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        message = f"{str(target)!r} cannot be written: {error.strerror or error}. Nothing was written there."
        raise OutputError(message, code="O103") from None
    return target
