"""Arrays of an .npz from somebody else: plain arrays only, never a pickle, and no more of them than is allowed."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.strict import RefusedError

__all__ = ["read_arrays"]

MAX_BYTES = 512 * 2**20


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
    except (NotImplementedError, RuntimeError, TypeError, OverflowError, SyntaxError) as error:
        raise RefusedError(f"its arrays cannot be read ({type(error).__name__})") from None
