"""Words in a JSON and arrays in the .npz beside it: written so that a kill loses neither, read as a
stranger's.

Two files cannot be replaced at one stroke. The new arrays wait under a name of their own until the
JSON that belongs to them is in its place; whoever reads takes the arrays whose hash the JSON names.
Arrays are plain ones, never a pickle, and no more of them than is allowed.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resistype.safe.files import replace_file
from resistype.safe.toml import RefusedError

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
    """All arrays of an .npz by name."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
                raise RefusedError(f"its arrays are larger than {max_bytes // 2**20} MB")
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (RefusedError, FileNotFoundError):
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        MemoryError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise RefusedError(f"its arrays cannot be read ({type(error).__name__})") from None
    except (
        NotImplementedError,
        RuntimeError,
        TypeError,
        OverflowError,
        SyntaxError,
        tokenize.TokenError,
    ) as error:
        raise RefusedError(f"its arrays cannot be read ({type(error).__name__})") from None


# Parquet of strangers: how much it declares is found before it is unpacked.

BOMB_SIZE = 256 << 20
BOMB_RATIO = 1_000


def read_frame(path: Path) -> pd.DataFrame:
    """A parquet file as a DataFrame."""
    try:
        size = path.stat().st_size
        with pq.ParquetFile(path) as file:
            about = file.metadata
            _check(about.num_rows * about.num_columns * 8, size)
            nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
            texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        if nested:
            raise RefusedError(
                f"column {nested[0][:60]!r} holds lists or tables; each cell holds one value"
            )
        for name in texts:
            _check(_text_bytes(path, name), size)
        return pd.read_parquet(path)
    except RefusedError:
        raise
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        MemoryError,
        OverflowError,
    ) as error:
        raise RefusedError(
            str(error).partition("\n")[0][:300] or type(error).__name__, invalid=True
        ) from None


def _check(declared: int, held: int) -> None:
    if declared > max(BOMB_SIZE, BOMB_RATIO * held):
        raise RefusedError(f"it declares {declared / 1e9:.1f} GB but holds {held:,} bytes")


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    kinds = (
        pa.types.is_string,
        pa.types.is_binary,
        pa.types.is_large_string,
        pa.types.is_large_binary,
    )
    return any(one(plain) for one in kinds)


def _text_bytes(path: Path, name: str) -> int:
    """Bytes of a column of text when spread out, from its dictionary and how often each entry
    occurs.
    """
    column = pq.read_table(path, columns=[name], read_dictionary=[name]).column(name)
    total = 0
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type):
            return total
        lengths = pc.binary_length(chunk.dictionary)
        total += int(pc.sum(lengths.take(chunk.indices)).as_py() or 0)
    return total
