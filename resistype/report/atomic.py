"""Output folders and text files; what the system says becomes an error with a code."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from resistype.atomic import replace_file
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
    """Write text (UTF-8) whole or not at all; what is no text (odd bytes of a file name) becomes "?".

    Raises
    ------
    OutputError
        O101 when it cannot be written; an older file of that name is then still there as it was.
    """
    try:
        return replace_file(path, lambda stream: stream.write(text.encode(errors="replace")))
    except OSError as error:
        message = f"{str(path)!r} cannot be written: {error.strerror or error}. Nothing was written there."
        raise OutputError(message, code="O101") from None
