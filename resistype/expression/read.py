"""Reading: a file, a DataFrame or an AnnData becomes an Expression, or an error that names what is
wrong.

A file of csv, tsv or parquet may hold its genes in rows or in columns, and which it is is found. In
memory the contract is samples × genes, and a matrix that lies the other way is refused with the
remedy.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression import anndata as adapter
from resistype.expression.checks import not_empty, sides
from resistype.expression.hdf5 import read_store
from resistype.expression.matrix import Expression, Raw, bare_obs, finish, flip, upright
from resistype.expression.store import Backed, SourceFile
from resistype.expression.units import ReadOptions
from resistype.safe.arrays import read_frame
from resistype.safe.toml import RefusedError
from resistype.text import listed, plural, restored, separator

TEXT = (".csv", ".tsv", ".txt", ".gct")
PARQUET = (".parquet", ".pq")
STORES = (".h5ad", ".h5", ".zarr")
DEFAULT = ReadOptions()
REMEDY = 'pass orientation="genes_x_samples"'


def read_expression(path: str | Path, options: ReadOptions = DEFAULT) -> Expression:
    r"""Read an expression matrix from a file.

    Parameters
    ----------
    path
        csv, tsv, txt or gct (also gzipped), parquet, h5ad, 10x h5, or a zarr folder.
    options
        What to do where the defaults do not fit.

    Returns
    -------
    Expression
        Values of shape (n_obs, n_genes) in the unit of the file, with notes on what was found.

    Raises
    ------
    ExpressionError
        With a code a kind of fault: E3xx the file, E4xx the unit, E5xx the values, E7xx the
        orientation, E8xx names.
    MissingExtraError
        X101 for h5ad, 10x h5 or zarr without the extra `h5ad`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from resistype.expression import read_expression
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "small.csv"
    ...     _ = file.write_text("sample,CD8A,B2M,TAP1\nP1,2.5,9.0,4.5\nP2,0.5,8.5,4.0\n")
    ...     read_expression(file).samples
    ('P1', 'P2')
    """
    file = Path(path)
    if not file.exists():
        raise ExpressionError(f"There is no file {file}. Check the path.", code="E300")
    if not (file.is_file() or file.is_dir()):
        raise ExpressionError(
            f"{file} is neither a file nor a folder. Give the path of a matrix.", code="E300"
        )
    name = file.name.lower().removesuffix(".gz")
    if name.endswith((*TEXT, *PARQUET)):
        reader = read_text if name.endswith(TEXT) else read_parquet
        raw = _oriented(reader(file, names=options.gene_names), options, str(file))
    elif name.endswith(STORES):
        raw = upright(read_store(file, options), options, remedy=REMEDY)
    else:
        message = (
            f"{file.name} is of no kind known here. Give csv, tsv, gct, parquet, h5ad, 10x h5 or"
            " zarr."
        )
        raise ExpressionError(message, code="E309")
    source = SourceFile(file)
    if not isinstance(raw.values, Backed):
        source.sha256  # noqa: B018  found now: a file that was read whole may go away
    return finish(replace(raw, file=source), options)


def as_expression(
    data: Expression | pd.DataFrame | str | Path | Any, options: ReadOptions = DEFAULT
) -> Expression:
    """An Expression from what the user has: an Expression, a DataFrame, an AnnData, or the path of
    a file.

    Parameters
    ----------
    data
        A DataFrame or AnnData has samples in rows and genes in columns, (n_obs, n_genes). It is not
        modified. The values of a DataFrame are copied once; those of an AnnData are shared.
    options
        What to do where the defaults do not fit; not used for an Expression.

    Returns
    -------
    Expression
        The matrix with its notes.

    Raises
    ------
    ExpressionError
        E701 when the genes are in rows; others as in `read_expression`.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression
    >>> table = pd.DataFrame({"CD8A": [12, 0], "B2M": [950, 800]}, index=["P1", "P2"])
    >>> as_expression(table).unit
    'counts'
    """
    if isinstance(data, Expression):
        return data
    if isinstance(data, str | Path):
        return read_expression(data, options)
    if isinstance(data, pd.DataFrame):
        table = frame_table(data)
        raw = Raw(table.values, table.columns, table.rows, bare_obs(table.rows))
        return finish(upright(raw, options, remedy=REMEDY), options)
    if adapter.is_anndata(data):
        return finish(upright(adapter.raw_of(data, options), options, remedy=REMEDY), options)
    message = (
        f"Got {type(data).__name__}; wanted a DataFrame (samples x genes), an AnnData, or the path"
        " of a file."
    )
    raise ExpressionError(message, code="E309")


def _oriented(table: Table, options: ReadOptions, source: str) -> Raw:
    """A table of a file with samples in rows, whichever way it lay."""
    not_empty(len(table.rows), len(table.columns), source)
    raw = Raw(table.values, table.columns, table.rows, bare_obs(table.rows), table.notes, source)
    if options.orientation != "auto":
        return flip(raw) if options.orientation == "genes_x_samples" else raw
    where, words = sides(table.rows, table.columns)
    if where == "unclear":
        message = (
            f"It is unclear which side of {source} holds the genes: {words}. "
            'Pass orientation="samples_x_genes" or orientation="genes_x_samples".'
        )
        raise ExpressionError(message, code="E702")
    note = f"Genes are in {where}: {words}."
    return replace(flip(raw) if where == "rows" else raw, notes=(*raw.notes, note))


# Columns beside the values in tables of cBioPortal, featureCounts, GEO, Xena and gct files.
ABOUT_GENES = frozenset(
    {
        *(
            "entrez_gene_id",
            "entrezid",
            "entrez",
            "geneid",
            "gene_id",
            "ensembl_id",
            "ensembl",
            "ensembl_gene_id",
        ),
        *(
            "gene_name",
            "genename",
            "gene_symbol",
            "genesymbol",
            "symbol",
            "hugo_symbol",
            "hgnc_symbol",
        ),
        *("description", "gene_description", "gene_type", "biotype", "gene_biotype", "gene_length"),
        *("chr", "chrom", "chromosome", "start", "end", "strand", "length"),
    }
)
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers with the names of their two sides."""

    values: NDArray[Any]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def about_genes(header: Sequence[str]) -> list[int]:
    """Places of columns that describe genes and are no samples."""
    return [
        place
        for place, name in enumerate(header)
        if name.strip().lower().replace(" ", "_") in ABOUT_GENES
    ]


def text_error(n: int, cells: Sequence[str], *, decimal_commas: bool) -> ExpressionError:
    """The error that names the cells holding text."""
    advice = (
        "Write decimals with a point."
        if decimal_commas
        else "Correct them, or remove their columns."
    )
    many = plural(n, "cell holds", "cells hold")
    return ExpressionError(
        f"{many} text where a number belongs (first: {listed(cells)}). {advice}", code="E503"
    )


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with text that spells numbers, nullable and Boolean columns turned into float64."""
    plain = [isinstance(dtype, np.dtype) and dtype.kind in "fiu" for dtype in frame.dtypes]
    if all(plain):
        return frame
    cells: list[str] = []
    n, columns = 0, {}
    for place in np.flatnonzero(~np.array(plain)).tolist():
        column: Any = frame.iloc[:, place]
        if getattr(column.dtype, "kind", "O") in "mMc":
            column = column.astype(str)
        numbers: Any = pd.to_numeric(column.astype(object), errors="coerce")
        lost = (
            column.map(lambda cell: isinstance(cell, complex))
            if numbers.dtype.kind == "c"
            else numbers.isna()
        )
        bad = np.flatnonzero(lost & column.notna()).tolist()
        n += len(bad)
        name = frame.columns[place]
        cells.extend(
            f"{column.iloc[row]!r} in row '{frame.index[row]}', column '{name}'" for row in bad[:6]
        )
        columns[place] = numbers if bad else numbers.astype(np.float64)
    if n:
        raise text_error(n, cells, decimal_commas=False)
    parts = [columns.get(place, frame.iloc[:, place]) for place in range(frame.shape[1])]
    joined: pd.DataFrame = pd.concat(parts, axis=1)
    return joined


def frame_table(frame: pd.DataFrame) -> Table:
    """Numbers and names of a DataFrame. The frame is not changed, and its values are copied once.

    Raises
    ------
    ExpressionError
        E503 when cells hold text, E505 when rows or columns have names of several levels.
    """
    if isinstance(frame.index, pd.MultiIndex) or isinstance(frame.columns, pd.MultiIndex):
        message = "The DataFrame has names of several levels. Give rows and columns one name each."
        raise ExpressionError(message, code="E505")
    rows, columns = _names(frame.index), _names(frame.columns)
    if not frame.size:
        return Table(np.empty(frame.shape), rows, columns)
    numbers = _numbers(frame)
    kept = {np.dtype(np.float32)} >= set(numbers.dtypes)
    values = np.empty(frame.shape, dtype=np.float32 if kept else np.float64)
    for start in range(0, frame.shape[1], CHUNK):
        values[:, start : start + CHUNK] = numbers.iloc[:, start : start + CHUNK].to_numpy()
    return Table(values, rows, columns)


def _names(index: pd.Index) -> tuple[str, ...]:
    missing = index.isna()
    return tuple("" if gone else str(name) for name, gone in zip(index, missing, strict=True))


def read_parquet(path: Path, *, names: str | None = None) -> Table:
    """A parquet table: names in the pandas index, in the column named, or in the first column when
    that is text.

    Raises
    ------
    ExpressionError
        E308 when the file is no parquet, E311 when the column is not there, E503 when cells hold
        text.
    """
    try:
        frame = read_frame(path)
    except RefusedError as error:
        raise ExpressionError(
            f"{path} cannot be read as parquet: {error}. Write it again.", code="E308"
        ) from error
    if names is not None and names not in frame.columns:
        message = (
            f"{path} has no column {names!r} for gene_names=; its first columns are:"
            f" {listed(frame.columns)}."
        )
        raise ExpressionError(message, code="E311")
    first = names
    if (
        first is None
        and isinstance(frame.index, pd.RangeIndex)
        and frame.shape[1]
        and frame.dtypes.iloc[0].kind not in "fiu"
    ):
        first = frame.columns[0]
    if first is not None:
        frame = frame.set_index(first)
    beside = [frame.columns[place] for place in about_genes([str(name) for name in frame.columns])]
    table = frame_table(frame.drop(columns=beside))
    notes = (
        (f"Columns that describe genes were not read as samples: {listed(beside)}.",)
        if beside
        else ()
    )
    return Table(table.values, table.rows, table.columns, notes)


BLOCK = 1 << 25
RATIO = 200  # a matrix in text packs 5 to 50 times; far more is a bomb
FREE = 1 << 26
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "n/a", "null", "NULL", "#N/A", "-nan", "-NaN"})
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?i:inf|infinity)")
DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class _Layout:
    """How a text is laid out: names of all columns, which hold text, the delimiter, lines before
    the first values.
    """

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
        raise ExpressionError(
            f"{path} is not a whole gzip file ({error}). Fetch it again.", code="E306"
        ) from error
    if len(text) > limit:
        message = (
            f"{path} unpacks to more than {RATIO} times its size. Unpack it yourself if you"
            " trust it."
        )
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
            f"{source} holds no table of values: it has {plural(len(rows), 'line', 'lines')} of at"
            f" most {plural(max(map(len, rows), default=0), 'column', 'columns')}. A matrix needs a"
            " header line with names, rows of values, and commas, tabs or semicolons between the"
            " columns."
        )
        raise ExpressionError(message, code="E301")
    header = [""] * (len(rows[1]) == len(rows[0]) + 1) + [
        restored(name).strip() for name in rows[0]
    ]
    names = _names_column(header, wanted, source)
    described = tuple(place for place in about_genes(header) if place not in {0, names})
    return _Layout(tuple(header), names, (*{0, names}, *described), delimiter, skip)


def _names_column(header: list[str], wanted: str | None, source: Path) -> int:
    if wanted is None:
        return 0
    if wanted in header:
        return header.index(wanted)
    message = (
        f"{source} has no column {wanted!r} for gene_names=; its first columns are:"
        f" {listed(header)}."
    )
    raise ExpressionError(message, code="E311")


def read_text(path: Path, *, names: str | None = None) -> Table:
    """A csv, tsv or gct table; one column holds names, all others numbers."""
    text = _unpacked(path)
    layout = _layout(text, path, names)
    keys = [str(place) for place in range(len(layout.header))]
    types = {
        key: pa.string() if place in layout.texts else pa.float64()
        for place, key in enumerate(keys)
    }
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
    notes = (
        (f"Columns that describe genes were not read as samples: {listed(left_out)}.",)
        if left_out
        else ()
    )
    return Table(values, rows, tuple(layout.header[place] for place in columns), notes)


def _diagnosis(text: bytes, layout: _Layout, path: Path, error: Exception) -> ExpressionError:
    """What is wrong in a text that pyarrow could not read: lines of another length, or cells
    that are no numbers.
    """
    uneven: list[str] = []
    cells: list[str] = []
    n_cells, commas = 0, False
    rows = _fields(text, layout.delimiter, layout.skip)
    next(rows)
    for line, row in enumerate(rows, start=layout.skip + 2):
        if len(row) != len(layout.header):
            uneven.append(f"line {line} has {len(row)}")
            continue
        bad = [
            place
            for place, cell in enumerate(row)
            if place not in layout.texts and not _is_number(cell)
        ]
        n_cells += len(bad)
        commas = commas or any(DECIMAL_COMMA.fullmatch(row[place].strip()) for place in bad)
        cells.extend(
            f"{row[k]!r} in row '{row[layout.names]}', column '{layout.header[k]}'" for k in bad[:6]
        )
    if uneven:
        many = plural(len(uneven), "line has", "lines have")
        message = (
            f"{path}: {many} not {len(layout.header)} fields like the header ({listed(uneven)})."
            " Correct them."
        )
        return ExpressionError(message, code="E506")
    if cells:
        return text_error(n_cells, cells, decimal_commas=commas)
    return ExpressionError(
        f"{path} cannot be read as a table: {error}. Save it as csv or tsv.", code="E308"
    )


def _is_number(cell: str) -> bool:
    return cell.strip() in MISSING or NUMBER.fullmatch(cell.strip()) is not None
