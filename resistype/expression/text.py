"""Matrices in text: csv, tsv and gct, plain or gzipped.

Numbers are parsed by pyarrow straight into float64: it rounds correctly, reads wide tables fast, and never guesses the
type of a column. Where it stumbles, the text is read once more, field by field, to name the cells that are no numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from resistype.errors import ExpressionError
from resistype.expression.table import Table, about_genes, text_error
from resistype.text import listed, plural, restored, separator

__all__ = ["read_text"]

BLOCK = 1 << 25
RATIO = 200  # a matrix in text packs 5 to 50 times; far more is a bomb
FREE = 1 << 26
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "n/a", "null", "NULL", "#N/A", "-nan", "-NaN"})
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?i:inf|infinity)")
DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class _Layout:
    """How a text is laid out: names of all columns, which hold text, the delimiter, lines before the first values."""

    header: tuple[str, ...]
    names: int
    texts: tuple[int, ...]
    delimiter: str
    skip: int


def _unpacked(path: Path) -> bytes:
    """Whole text of a file; refuses one that unpacks to far more than it holds."""
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    limit = max(FREE, RATIO * len(raw))
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            text = stream.read(limit + 1)
    except (OSError, EOFError) as error:
        raise ExpressionError(f"{path} is not a whole gzip file ({error}). Fetch it again.", code="E306") from error
    if len(text) > limit:
        message = f"{path} unpacks to more than {RATIO} times its size. Unpack it yourself if you trust it."
        raise ExpressionError(message, code="E307")
    return text


def _fields(text: bytes, delimiter: str, skip: int) -> Iterator[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8-sig", errors="replace", newline="")
    next(islice(lines, skip - 1, skip), None) if skip else None
    return (row for row in csv.reader(lines, delimiter=delimiter) if row)


def _layout(text: bytes, source: Path, wanted: str | None) -> _Layout:
    if text[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in text[:1000]:
        message = f"{source} is not plain text in UTF-8. Save it as csv or tsv in UTF-8."
        raise ExpressionError(message, code="E308")
    skip = 0
    for line in text[: 1 << 16].split(b"\n"):
        if not line.startswith(b"#"):
            break
        skip += 2 if line.startswith(b"#1.") else 1  # a gct file: the version, then the dimensions
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8-sig", errors="replace", newline="")
    top = next(islice(lines, skip, None), "")
    delimiter = separator(top)
    rows = list(islice(_fields(text, delimiter, skip), 2))
    if len(rows) < 2 or max(map(len, rows)) < 2:
        message = (
            f"{source} holds no table of values: it has {plural(len(rows), 'line', 'lines')} of at most "
            f"{plural(max(map(len, rows), default=0), 'column', 'columns')}. A matrix needs a header line with names, "
            "rows of values, and commas, tabs or semicolons between the columns."
        )
        raise ExpressionError(message, code="E301")
    header = [""] * (len(rows[1]) == len(rows[0]) + 1) + [restored(name).strip() for name in rows[0]]
    names = _names_column(header, wanted, source)
    described = tuple(place for place in about_genes(header) if place not in {0, names})
    return _Layout(tuple(header), names, (*{0, names}, *described), delimiter, skip)


def _names_column(header: list[str], wanted: str | None, source: Path) -> int:
    if wanted is None:
        return 0
    if wanted in header:
        return header.index(wanted)
    message = f"{source} has no column {wanted!r} for gene_names=; its first columns are: {listed(header)}."
    raise ExpressionError(message, code="E311")


def read_text(path: Path, *, names: str | None = None) -> Table:
    """A csv, tsv or gct table; one column holds names, all others numbers.

    Parameters
    ----------
    path
        The file; gzip is found from its first bytes.
    names
        Column with the names of the rows; by default the first.

    Raises
    ------
    ExpressionError
        E301 when there is no table, E306–E308 when the file is not text, E311 when the column is not there, E503 when
        cells are not numbers, E506 when lines are of different length.
    """
    text = _unpacked(path)
    layout = _layout(text, path, names)
    keys = [str(place) for place in range(len(layout.header))]
    types = {key: pa.string() if place in layout.texts else pa.float64() for place, key in enumerate(keys)}
    reading = pa_csv.ReadOptions(
        skip_rows=layout.skip + 1, column_names=keys, block_size=max(BLOCK, 64 * len(layout.header))
    )
    parsing = pa_csv.ParseOptions(delimiter=layout.delimiter)
    converting = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        table = pa_csv.read_csv(io.BytesIO(text), reading, parsing, converting)
    except pa.ArrowInvalid as error:
        raise _diagnosis(text, layout, path, error) from error
    return _collected(table, layout)


def _collected(table: pa.Table, layout: _Layout) -> Table:
    columns = [place for place in range(len(layout.header)) if place not in layout.texts]
    values = np.empty((table.num_rows, len(columns)))
    for k, place in enumerate(columns):
        values[:, k] = table.column(place).to_numpy()
    rows = tuple(restored(str(name)) for name in table.column(layout.names).to_pylist())
    left_out = [layout.header[place] for place in sorted(layout.texts) if place != layout.names]
    notes = (f"Columns that describe genes were not read as samples: {listed(left_out)}.",) if left_out else ()
    return Table(values, rows, tuple(layout.header[place] for place in columns), notes)


def _diagnosis(text: bytes, layout: _Layout, path: Path, error: Exception) -> ExpressionError:
    """What is wrong in a text that pyarrow could not read: lines of another length, or cells that are no numbers."""
    uneven: list[str] = []
    cells: list[str] = []
    n_cells, commas = 0, False
    rows = _fields(text, layout.delimiter, layout.skip)
    next(rows)
    for line, row in enumerate(rows, start=layout.skip + 2):
        if len(row) != len(layout.header):
            uneven.append(f"line {line} has {len(row)}")
            continue
        bad = [place for place, cell in enumerate(row) if place not in layout.texts and not _is_number(cell)]
        n_cells += len(bad)
        commas = commas or any(DECIMAL_COMMA.fullmatch(row[place].strip()) for place in bad)
        cells.extend(f"{row[k]!r} in row '{row[layout.names]}', column '{layout.header[k]}'" for k in bad[:6])
    if uneven:
        many = plural(len(uneven), "line has", "lines have")
        message = f"{path}: {many} not {len(layout.header)} fields like the header ({listed(uneven)}). Correct them."
        return ExpressionError(message, code="E506")
    if cells:
        return text_error(n_cells, cells, decimal_commas=commas)
    return ExpressionError(f"{path} cannot be read as a table: {error}. Save it as csv or tsv.", code="E308")


def _is_number(cell: str) -> bool:
    return cell.strip() in MISSING or NUMBER.fullmatch(cell.strip()) is not None
