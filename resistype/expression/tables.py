"""A table of numbers with the names of its two sides, from text, from a DataFrame or from parquet.

Columns of text beside the numbers describe genes or samples and are set aside; which side holds the
genes is found later.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from resistype.errors import ExpressionError
from resistype.expression.checks import ENOUGH, look_at
from resistype.expression.gene_rows import NAMELESS
from resistype.expression.layouts import (
    UNNAMED_LEFT_OUT,
    Head,
    head_of,
    layout_of,
    refuse_layout,
)
from resistype.expression.units import ReadOptions
from resistype.genes.names import gene_table
from resistype.safe.tables import as_utf8
from resistype.safe.toml import RefusedError
from resistype.text import listed, option, plural, restored, separator

CHUNK = 256
BLOCK = 1 << 25
LOOKED_AT = 200  # rows in which a column of text shows
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "n/a", "null", "NULL", "#N/A", "-nan", "-NaN"})
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?i:inf|infinity)")
DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+(?:[eE][-+]?[0-9]+)?")
THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
CORRECT = "Correct them, or remove their columns."


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers with the names of their two sides; columns of text that were set aside, and what the
    file says of its columns.
    """

    values: NDArray[Any]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    about: pd.DataFrame | None = None


def text_error(n: int, cells: Sequence[str], advice: str) -> ExpressionError:
    """The error that names the cells holding text."""
    many = plural(n, "cell holds", "cells hold")
    return ExpressionError(
        f"{many} text where a number belongs (first: {listed(cells)}). {advice}", code="E503"
    )


# ------------------------------------------------------------------ text


@dataclass(frozen=True)
class _Shape:
    """How a text is laid out: names of columns, which hold text, delimiter, lines before them."""

    header: tuple[str, ...]
    names: int
    texts: tuple[int, ...]
    delimiter: str
    skip: int
    comma: bool = False
    notes: tuple[str, ...] = ()


def read_text(
    path: Path, raw: bytes, options: ReadOptions, *, notes: tuple[str, ...] = ()
) -> Table:
    """A table in text of any layout known here."""
    try:
        text, said = as_utf8(raw)
    except RefusedError as error:
        message = f"{path} is not plain text. Save it as csv or tsv in UTF-8."
        raise ExpressionError(message, code="E308") from error
    notes += (said,) if said else ()
    head = head_of(path.name, text)
    layout = layout_of(head)
    if layout is not None:
        refuse_layout(layout, path, head)
        notes += (f"The file is laid out as {layout.name}: {layout.sign}.",)
    about = None
    if layout is not None and layout.name == "GEO series matrix":
        text, about = _series(path, text)
    elif layout is not None and layout.name == "GCT 1.3":
        text, about, said = _gct(path, text, head)
        notes += (said,)
    elif layout is not None and layout.name == "Firehose":
        first, _, rest = text.partition(b"\n")
        text = first + b"\n" + rest.partition(b"\n")[2]
    text, spaced = _without_spaces(text)
    notes += (spaced,) if spaced else ()
    shape = _shape(text, path, options.gene_names)
    table = _numbers_of(text, shape, path)
    table = replace(table, notes=(*notes, *table.notes), about=about)
    return _named_rows(table) if layout is not None and layout.name in UNNAMED_LEFT_OUT else table


def _named_rows(table: Table) -> Table:
    """Rows left out that have an id in another column, and no symbol."""
    keep = [
        k for k, name in enumerate(table.rows) if name.partition("|")[0].strip() not in NAMELESS
    ]
    gone = len(table.rows) - len(keep)
    if not gone:
        return table
    many = plural(gone, "row without a gene symbol was", "rows without a gene symbol were")
    note = f"{many} set aside."
    return replace(
        table,
        values=table.values[keep],
        rows=tuple(table.rows[k] for k in keep),
        notes=(*table.notes, note),
    )


def _series(path: Path, text: bytes) -> tuple[bytes, pd.DataFrame | None]:
    """The table of a GEO series matrix; the samples are described by the lines before it."""
    begin, end = b"!series_matrix_table_begin", b"!series_matrix_table_end"
    inside = text.partition(begin)[2].partition(end)[0].strip(b"\r\n")
    if inside.count(b"\n") < 1:
        message = (
            f"{path.name} is a series matrix with an empty table: it has no values, as series of"
            " RNA-seq have."
            " Fetch the supplementary file of the series at GEO (counts or TPM) and read that;"
            " this file can be"
            " given as the samples table (--samples)."
        )
        raise ExpressionError(message, code="E319")
    return inside, None


def _gct(path: Path, text: bytes, head: Head) -> tuple[bytes, pd.DataFrame | None, str]:
    """A GCT 1.3 without its rows of metadata, which describe the samples."""
    sizes = head.cells(1)
    if len(sizes) < 4 or not all(cell.isdigit() for cell in sizes[:4]):
        message = (
            f"{path}: the second line of a GCT 1.3 holds four numbers, not {head.lines[1][:60]!r}."
            " Write the file again."
        )
        raise ExpressionError(message, code="E308")
    about_genes, about_samples = int(sizes[2]), int(sizes[3])
    lines = text.split(b"\n", 3 + about_samples)
    rows = [line.decode().rstrip("\r").split("\t") for line in lines[2 : 3 + about_samples]]
    first = 1 + about_genes
    about = pd.DataFrame(
        {row[0]: row[first:] for row in rows[1:]}, index=pd.Index(rows[0][first:], dtype=object)
    )
    said = (
        f"{plural(about_samples, 'row of metadata describes', 'rows of metadata describe')} the"
        " samples"
        f" ({listed(row[0] for row in rows[1:])}) and {plural(about_genes, 'column', 'columns')}"
        " the genes"
        f" ({listed(rows[0][1:first])}); they were set aside."
    )
    drop = set(range(1, first))
    if not drop:
        return b"\n".join((lines[2], lines[-1])), about, said
    kept = [lines[2], *lines[-1].split(b"\n")]
    body = b"\n".join(
        b"\t".join(cell for k, cell in enumerate(line.split(b"\t")) if k not in drop)
        for line in kept
        if line
    )
    return body, about, said


def _without_spaces(text: bytes) -> tuple[bytes, str]:
    """Text with tabs where columns stand apart by spaces, as R writes tables."""
    lines = text[: 1 << 16].decode("utf-8", "replace").split("\n")
    top, second = (
        next(islice((x for x in lines if x and not x.startswith("#")), k, None), "") for k in (0, 1)
    )
    if any(top.count(one) or second.count(one) for one in "\t,;") or " " not in second.strip():
        return text, ""
    rows = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=" ", skipinitialspace=True)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(row for row in rows if row)
    return (
        out.getvalue().encode(),
        "Columns are separated by spaces, as R's write.table does by default.",
    )


def _fields(text: bytes, delimiter: str, skip: int) -> Iterator[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", errors="replace", newline="")
    next(islice(lines, skip - 1, skip), None) if skip else None
    return (row for row in csv.reader(lines, delimiter=delimiter) if row)


def _shape(text: bytes, source: Path, wanted: str | None) -> _Shape:
    if b"\x00" in text[:1000]:
        message = f"{source} is not plain text in UTF-8. Save it as csv or tsv in UTF-8."
        raise ExpressionError(message, code="E308")
    skip = 0
    for line in text[: 1 << 20].split(b"\n"):
        if not line.startswith(b"#"):
            break
        skip += 2 if line.startswith(b"#1.") else 1  # a gct file: the version, then the dimensions
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", errors="replace", newline="")
    top = next(islice(lines, skip, None), "")
    delimiter = separator(top)
    rows = list(islice(_fields(text, delimiter, skip), 1 + LOOKED_AT))
    if len(rows) < 2 or max(map(len, rows[:2])) < 2:
        n = min(len(rows), 2)
        message = (
            f"{source} holds no table of values: it has {plural(n, 'line', 'lines')} of at"
            f" most {plural(max(map(len, rows[:2]), default=0), 'column', 'columns')}. A matrix"
            " needs a"
            " header line with names, rows of values, and commas, tabs or semicolons between the"
            " columns."
        )
        raise ExpressionError(message, code="E301")
    header = [""] * (len(rows[1]) == len(rows[0]) + 1) + [
        restored(name).strip() for name in rows[0]
    ]
    body = [row for row in rows[1:] if len(row) == len(header)]
    names, notes = _names_column(header, body, wanted, source)
    comma = delimiter != "," and _decimal_commas(body)
    texts = [k for k in range(len(header)) if k != names and (k == 0 or _is_text(body, k))]
    texts = [k for k in texts if k == 0 or header[k] not in gene_table().approved]
    if len(texts) >= len(header) - 1:  # then there is no value left, and the text is an error
        texts = [k for k in texts if k == 0]
    if comma:
        notes = (*notes, "Decimals are written with a decimal comma, and were read so.")
    return _Shape(tuple(header), names, (names, *texts), delimiter, skip, comma, notes)


def _is_text(body: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a column holds words: most of its cells are neither numbers nor missing."""
    cells = [row[place].strip() for row in body if row[place].strip() not in MISSING]
    words = sum(not _looks_like_number(cell) for cell in cells)
    return bool(cells) and 2 * words > len(cells) and words > 1


def _looks_like_number(cell: str) -> bool:
    return bool(
        NUMBER.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell) or THOUSANDS.fullmatch(cell)
    )


def _decimal_commas(body: Sequence[Sequence[str]]) -> bool:
    """Whether numbers have decimal commas: some that cannot be a mark of thousands."""
    cells = [cell.strip() for row in body for cell in row[1:] if "," in cell]
    found = [cell for cell in cells if DECIMAL_COMMA.fullmatch(cell)]
    return any(not THOUSANDS.fullmatch(cell) for cell in found)


def _names_column(
    header: list[str], body: Sequence[Sequence[str]], wanted: str | None, source: Path
) -> tuple[int, tuple[str, ...]]:
    """The column that names the rows: the first, unless only another one holds genes."""
    if wanted is not None:
        if wanted in header:
            return header.index(wanted), ()
        message = (
            f"{source} has no column {wanted!r} for {option('gene_names')}; its first columns are:"
            f" {listed(header)}."
        )
        raise ExpressionError(message, code="E311")
    first = [row[0].strip() for row in body]
    words = [k for k in range(1, len(header)) if _is_text(body, k)]
    numbered = first in ([str(k + start) for k in range(len(body))] for start in (0, 1))
    if not words or (not numbered and look_at(first).share >= ENOUGH):
        return 0, ()
    shares = {k: look_at([row[k].strip() for row in body]).share for k in words}
    best = max(shares, key=lambda k: shares[k])
    if shares[best] >= ENOUGH:
        return best, (
            f"Genes are named by the column {header[best]!r}: the first column holds none.",
        )
    return (words[0] if numbered else 0), ()


def _numbers_of(text: bytes, shape: _Shape, path: Path) -> Table:
    keys = [str(place) for place in range(len(shape.header))]
    types = {
        key: pa.string() if place in shape.texts else pa.float64() for place, key in enumerate(keys)
    }
    reading = pa_csv.ReadOptions(
        skip_rows=shape.skip + 1, column_names=keys, block_size=max(BLOCK, 64 * len(shape.header))
    )
    parsing = pa_csv.ParseOptions(delimiter=shape.delimiter)
    converting = pa_csv.ConvertOptions(
        column_types=types, strings_can_be_null=False, decimal_point="," if shape.comma else "."
    )
    try:
        table = pa_csv.read_csv(io.BytesIO(text), reading, parsing, converting)
    except pa.ArrowInvalid as error:
        raise _diagnosis(text, shape, path, error) from error
    return _collected(table, shape)


def _collected(table: pa.Table, shape: _Shape) -> Table:
    columns = [place for place in range(len(shape.header)) if place not in shape.texts]
    values = np.empty((table.num_rows, len(columns)))
    for k, place in enumerate(columns):
        values[:, k] = table.column(place).to_numpy()
    rows = tuple(restored(str(name)) for name in table.column(shape.names).to_pylist())
    beside = {
        shape.header[place]: tuple(table.column(place).to_pylist())
        for place in sorted(shape.texts)
        if place != shape.names
    }
    header = tuple(shape.header[place] for place in columns)
    return Table(values, rows, header, (*shape.notes, *_told(beside)), beside)


def _told(beside: Sequence[str] | dict[str, Any]) -> tuple[str, ...]:
    if not beside:
        return ()
    many = plural(len(beside), "column of text was", "columns of text were")
    return (f"{many} set aside and not read as values: {listed(map(repr, beside), counted=True)}.",)


def _diagnosis(text: bytes, shape: _Shape, path: Path, error: Exception) -> ExpressionError:
    """What is wrong in a text: lines of another length, or cells that are no numbers."""
    uneven: list[str] = []
    cells: list[str] = []
    bad_cells: list[str] = []
    rows = _fields(text, shape.delimiter, shape.skip)
    next(rows)
    for line, row in enumerate(rows, start=shape.skip + 2):
        if len(row) != len(shape.header):
            uneven.append(f"line {line} has {len(row)}")
            continue
        bad = [
            place
            for place, cell in enumerate(row)
            if place not in shape.texts and not _is_number(cell)
        ]
        bad_cells.extend(row[place].strip() for place in bad)
        cells.extend(
            f"{row[k]!r} in row '{row[shape.names]}', column '{shape.header[k]}'" for k in bad[:6]
        )
    if uneven:
        many = plural(len(uneven), "line has", "lines have")
        message = (
            f"{path}: {many} not {len(shape.header)} fields like the header ({listed(uneven)})."
            " Correct them."
        )
        return ExpressionError(message, code="E506")
    if cells:
        return text_error(len(bad_cells), cells, _advice(bad_cells))
    return ExpressionError(
        f"{path} cannot be read as a table: {error}. Save it as csv or tsv.", code="E308"
    )


def _advice(cells: Sequence[str]) -> str:
    if all(THOUSANDS.fullmatch(cell) for cell in cells):
        return "Their commas can be marks of thousands or of decimals: write 1234, or 1.234."
    commas = any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return "Write decimals with a point." if commas else CORRECT


def _is_number(cell: str) -> bool:
    return cell.strip() in MISSING or NUMBER.fullmatch(cell.strip()) is not None


# ------------------------------------------------------------------ frames


def frame_table(frame: pd.DataFrame) -> Table:
    """Numbers and names of a DataFrame. The frame is not changed, and its values are copied
    once.
    """
    if isinstance(frame.index, pd.MultiIndex) or isinstance(frame.columns, pd.MultiIndex):
        message = "The DataFrame has names of several levels. Give rows and columns one name each."
        raise ExpressionError(message, code="E505")
    kinds = np.array([getattr(dtype, "kind", "O") for dtype in frame.dtypes])
    beside = _text_columns(frame, kinds)
    held = {
        str(frame.columns[k]): tuple(
            "" if gone else str(cell)
            for cell, gone in zip(frame.iloc[:, k], frame.iloc[:, k].isna(), strict=True)
        )
        for k in beside
    }
    if beside:
        kept = np.setdiff1d(np.arange(frame.shape[1]), beside)
        frame, kinds = frame.iloc[:, kept], kinds[kept]
    rows, columns = _names(frame.index), _names(frame.columns)
    if not frame.size:
        return Table(np.empty(frame.shape), rows, columns, _told(held), held)
    return Table(_float_values(frame, kinds), rows, columns, _told(held), held)


def _text_columns(frame: pd.DataFrame, kinds: NDArray[Any]) -> list[int]:
    """Places of columns that hold words."""
    found = []
    for place in np.flatnonzero(kinds == "O").tolist():
        column = frame.iloc[:LOOKED_AT, place].dropna()
        cells = [str(cell).strip() for cell in column]
        if all(isinstance(cell, str) for cell in column) and _is_text(
            [[cell] for cell in cells], 0
        ):
            found.append(place)
    found = [place for place in found if str(frame.columns[place]) not in gene_table().approved]
    return found if len(found) < frame.shape[1] else []


def _float_values(frame: pd.DataFrame, kinds: NDArray[Any]) -> NDArray[Any]:
    """Values of a frame as float32 or float64, whatever its columns are made of."""
    dtypes, single = list(frame.dtypes), np.dtype(np.float32)
    kept = all(isinstance(one, np.dtype) and one == single for one in dtypes)
    values = np.empty(frame.shape, dtype=single if kept else np.float64)
    plain = [isinstance(one, np.dtype) and one.kind in "fiu" for one in dtypes]
    if all(plain):
        for start in range(0, frame.shape[1], CHUNK):
            values[:, start : start + CHUNK] = frame.iloc[:, start : start + CHUNK].to_numpy()
        return values
    types = {*map(type, dtypes)}
    own = not any(isinstance(one, np.dtype) for one in dtypes)
    if own and len(types) == 1 and set(kinds) <= set("fiub"):
        return _of_one_kind(frame, types.pop())
    return _mixed(frame, values, plain)


def _of_one_kind(frame: pd.DataFrame, kind: type) -> NDArray[np.float64]:
    """Numbers of columns that are all nullable, of Arrow or sparse: at once, since each costs."""
    if kind is not pd.SparseDtype:
        turned = frame.T  # rows are fewer than columns, and pandas turns such frames at once
        return np.asarray(turned.to_numpy(dtype=np.float64, na_value=np.nan).T)
    arrays = [column.array for _, column in frame.items()]
    fill = np.array([array.fill_value for array in arrays], dtype=np.float64)
    stored = [array.sp_index.npoints for array in arrays]
    rows = np.concatenate([array.sp_index.indices for array in arrays])
    values = np.concatenate([array.sp_values for array in arrays]).astype(np.float64)
    ends = np.concatenate([[0], np.cumsum(stored)])
    if not fill.any():  # nothing but zeros between; NaN counts as something
        return csc_matrix((values, rows, ends), frame.shape).toarray()
    out = np.tile(fill, (len(frame), 1))
    out[rows, np.repeat(np.arange(len(arrays)), stored)] = values
    return out


def _mixed(frame: pd.DataFrame, values: NDArray[Any], plain: Sequence[bool]) -> NDArray[Any]:
    """Numbers of columns of several kinds, some spelt as text."""
    cells: list[str] = []
    n = 0
    for place, (_, column) in enumerate(frame.items()):
        if plain[place] or getattr(column.dtype, "kind", "O") in "fiub":
            array = column.array
            known = isinstance(column.dtype, np.dtype | pd.SparseDtype)
            values[:, place] = array if known else array.to_numpy(np.float64, na_value=np.nan)
            continue
        numbers, bad = _spelt(column)
        values[:, place] = numbers
        n += len(bad)
        cells.extend(
            f"{column.iloc[row]!r} in row '{frame.index[row]}', column '{column.name}'"
            for row in bad[:6]
        )
    if n:
        raise text_error(n, cells, CORRECT)
    return values


def _spelt(column: Any) -> tuple[NDArray[np.float64], list[int]]:
    """Numbers that are spelt as text, and the rows that hold none."""
    if getattr(column.dtype, "kind", "O") in "mMc":
        column = column.astype(str)
    numbers: Any = pd.to_numeric(column.astype(object), errors="coerce")
    lost = (
        column.map(lambda cell: isinstance(cell, complex))
        if numbers.dtype.kind == "c"
        else numbers.isna()
    )
    bad = np.flatnonzero(lost & column.notna()).tolist()
    return (np.full(len(column), np.nan) if bad else numbers.astype(np.float64).to_numpy()), bad


def _names(index: pd.Index) -> tuple[str, ...]:
    missing = index.isna()
    if not missing.any():
        return tuple(map(str, index))
    return tuple("" if gone else str(name) for name, gone in zip(index, missing, strict=True))
