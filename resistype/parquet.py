"""Parquet of strangers: how much it declares is found before it is unpacked.

A column of parquet can say "this value, a billion times" in a few bytes, and a text of a megabyte is kept once however
often it occurs. Rows and columns are counted from the footer, texts from their dictionaries, before anything is spread
out in memory.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from resistype.strict import RefusedError

__all__ = ["read_frame"]

BOMB_SIZE = 256 << 20
BOMB_RATIO = 1_000


def read_frame(path: Path) -> pd.DataFrame:
    """A parquet file as a DataFrame.

    Raises
    ------
    RefusedError
        When it is no parquet, or unpacks to far more than it holds.
    """
    try:
        size = path.stat().st_size
        with pq.ParquetFile(path) as file:
            about = file.metadata
            _check(about.num_rows * about.num_columns * 8, size)
            nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
            texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        if nested:
            raise RefusedError(f"column {nested[0][:60]!r} holds lists or tables; each cell holds one value")
        for name in texts:
            _check(_text_bytes(path, name), size)
        return pd.read_parquet(path)
    except RefusedError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError, OverflowError) as error:
        raise RefusedError(str(error).partition("\n")[0][:300] or type(error).__name__, invalid=True) from None


def _check(declared: int, held: int) -> None:
    if declared > max(BOMB_SIZE, BOMB_RATIO * held):
        raise RefusedError(f"it declares {declared / 1e9:.1f} GB but holds {held:,} bytes")


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    kinds = pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary
    return any(one(plain) for one in kinds)


def _text_bytes(path: Path, name: str) -> int:
    """Bytes of a column of text when spread out, from its dictionary and how often each entry occurs."""
    column = pq.read_table(path, columns=[name], read_dictionary=[name]).column(name)
    total = 0
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type):
            return total
        lengths = pc.binary_length(chunk.dictionary)
        total += int(pc.sum(lengths.take(chunk.indices)).as_py() or 0)
    return total
