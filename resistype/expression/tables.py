"""Matrices in tables: csv, tsv (also .gz) and parquet.

Numbers are parsed by pyarrow straight into float64. It rounds correctly, reads wide tables fast, and never guesses a
column's type; where it stumbles, the table is read again as text to name the cell.
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.checks import listed

__all__ = ["Table", "frame_table", "read_parquet", "read_text"]

DELIMITERS = ("\t", ",", ";")
BLOCK = 1 << 25
RATIO = 200  # a matrix of text shrinks 5–50 times; more is a bomb
FREE = 1 << 26


@dataclass(frozen=True)
class Table:
    """Numbers with the names of their two sides, before it is known which side holds the genes."""

    values: NDArray[Any]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _text(path: Path) -> bytes:
    """Whole text of a file, unpacked; refuses a file that unpacks to far more than it holds."""
    if path.suffix != ".gz":
        return path.read_bytes()
    limit = max(FREE, RATIO * path.stat().st_size)
    try:
        with gzip.open(path) as stream:
            text = stream.read(limit + 1)
    except (OSError, EOFError) as error:
        raise ExpressionError(f"{path} is not a whole gzip file: {error}.", code="E306") from error
    if len(text) > limit:
        message = f"{path} unpacks to more than {RATIO} times its size. Unpack it yourself if you trust it."
        raise ExpressionError(message, code="E307")
    return text


def _header(text: bytes, source: str) -> tuple[list[str], str, bool]:
    """Names of the first line, the delimiter, and whether the first line lacks the name of the first column."""
    lines = text[: text.find(b"\n", text.find(b"\n") + 1) if b"\n" in text else None].decode("utf-8-sig").splitlines()
    if len(lines) < 2:
        raise ExpressionError(f"{source} holds no rows of values. A matrix needs a header and rows.", code="E301")
    delimiter = max(DELIMITERS, key=lines[0].count)
    header, first = (next(iter(pd_csv(line, delimiter))) for line in lines)
    if len(header) < 2:
        message = f"{source} has one column only. Columns are separated by commas, tabs or semicolons."
        raise ExpressionError(message, code="E301")
    short = len(first) == len(header) + 1
    return ([""] if short else []) + header, delimiter, short


def pd_csv(line: str, delimiter: str) -> Any:
    """Fields of one line."""
    import csv  # noqa: PLC0415

    return csv.reader(io.StringIO(line), delimiter=delimiter)


def read_text(path: Path) -> Table:
    """A csv or tsv table; the first column holds names, all others numbers.

    Raises
    ------
    ExpressionError
        E301 when it is empty, E503 when a cell is text, E306 and E307 when it cannot be unpacked.
    """
    text = _text(path)
    header, delimiter, _ = _header(text, str(path))
    keys = [str(place) for place in range(len(header))]
    types = {key: pa.float64() for key in keys[1:]} | {"0": pa.string()}
    reading = pa_csv.ReadOptions(skip_rows=1, column_names=keys, block_size=max(BLOCK, 64 * len(header)))
    parsing = pa_csv.ParseOptions(delimiter=delimiter)
    converting = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        table = pa_csv.read_csv(io.BytesIO(text), reading, parsing, converting)
    except pa.ArrowInvalid as error:
        raise _text_error(text, header, delimiter, error) from error
    names = table.column(0).to_pylist()
    values = np.empty((table.num_rows, table.num_columns - 1))
    for place in range(1, table.num_columns):
        values[:, place - 1] = table.column(place).to_numpy()
    return Table(values, tuple(names), tuple(header[1:]))


def _text_error(text: bytes, header: list[str], delimiter: str, error: Exception) -> ExpressionError:
    frame = pd.read_csv(io.BytesIO(text), sep=delimiter, header=None, skiprows=1, dtype=str, index_col=0)
    frame.columns = pd.Index(header[1 : frame.shape[1] + 1])
    return text_cells(frame) or ExpressionError(f"The table cannot be read: {error}.", code="E308")


def text_cells(frame: pd.DataFrame) -> ExpressionError | None:
    """The error that names cells holding text; None when all are numbers."""
    found, count = [], 0
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        bad = column.notna() & pd.to_numeric(column, errors="coerce").isna()
        count += int(bad.sum())
        found.extend(f"{column[row]!r} in row '{frame.index[row]}', column '{name}'" for row in np.flatnonzero(bad)[:5])
    if not found:
        return None
    message = f"{count:,} cells hold text, not numbers (first: {listed(found)}). Correct them, or remove the column."
    return ExpressionError(message, code="E503")


def frame_table(frame: pd.DataFrame) -> Table:
    """Numbers and names of a DataFrame; the frame is not changed and copied at most once."""
    kinds = {dtype.kind if isinstance(dtype, np.dtype) else "?" for dtype in frame.dtypes}
    if kinds <= set("fiub"):
        numbers = frame.to_numpy()
    else:
        error = text_cells(frame)
        if error is not None:
            raise error
        numbers = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    if numbers.dtype.kind != "f":
        numbers = numbers.astype(np.float64)
    return Table(numbers, tuple(map(str, frame.index)), tuple(map(str, frame.columns)))


def read_parquet(path: Path) -> Table:
    """A parquet table: names in the pandas index, or in the first column when that is text."""
    frame = pd.read_parquet(path)
    if (
        isinstance(frame.index, pd.RangeIndex)
        and frame.shape[1]
        and not pd.api.types.is_numeric_dtype(frame.dtypes.iloc[0])
    ):
        frame = frame.set_index(frame.columns[0])
    return frame_table(frame)
