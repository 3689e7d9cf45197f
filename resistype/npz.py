"""Words in a JSON and arrays in the .npz beside it: written so that a kill loses neither, read as a stranger's.

Two files cannot be replaced at one stroke. The new arrays wait under a name of their own until the JSON that belongs
to them is in its place; whoever reads takes the arrays whose hash the JSON names. Arrays are plain ones, never a
pickle, and no more of them than is allowed.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.atomic import replace_file
from resistype.strict import RefusedError

__all__ = ["array_files", "read_arrays", "write_pair"]

MAX_BYTES = 512 * 2**20


def write_pair(path: Path, text: str, arrays: Mapping[str, Any]) -> Path:
    """Write a JSON and the .npz beside it; at every moment the older or the newer pair can be read.

    Raises
    ------
    OSError
        As the system gives it; the older pair is then still there.
    """
    beside = path.with_suffix(".npz")
    waiting = beside.with_name(f"{beside.name}.next")
    replace_file(waiting, lambda stream: np.savez_compressed(stream, **arrays))
    try:
        replace_file(path, lambda stream: stream.write(text.encode()))
    except OSError:
        waiting.unlink(missing_ok=True)
        raise
    waiting.replace(beside)
    return path


def array_files(path: Path) -> list[Path]:
    """Where the arrays of a JSON may be: beside it, or still waiting where a writer was killed."""
    beside = path.with_suffix(".npz")
    waiting = beside.with_name(f"{beside.name}.next")
    return [one for one in (beside, waiting) if one.exists()] or [beside]


def read_arrays(path: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz by name.

    Raises
    ------
    RefusedError
        When they unpack to more than `max_bytes`, hold Python objects, or cannot be read.
    FileNotFoundError
        When there is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
                raise RefusedError(f"its arrays are larger than {max_bytes // 2**20} MB")
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (RefusedError, FileNotFoundError):
        raise
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise RefusedError(f"its arrays cannot be read ({type(error).__name__})") from None
    except (NotImplementedError, RuntimeError, TypeError, OverflowError, SyntaxError, tokenize.TokenError) as error:
        raise RefusedError(f"its arrays cannot be read ({type(error).__name__})") from None
