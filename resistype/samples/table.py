"""Samples tables: one row per sample, read with every id as text, and joined to a matrix by name.

Ids are never numbers here: ``007`` keeps its zeros, and a patient 1 is ``1`` whether a gap
elsewhere in the column made it a float or not. Row positions are never used to join.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import SamplesError, complain
from resistype.safe.arrays import read_frame
from resistype.safe.tables import as_utf8, content, workbook_text
from resistype.safe.toml import RefusedError
from resistype.text import listed, plural, restored, separator

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "n/a", "null", "NULL", "None", "#N/A", "<NA>"})
# Not 007 (an id), not 1E2 (a well of a plate: an exponent needs a point or a sign), not sixteen
# digits and more.
NUMBER = re.compile(
    r"[-+]?(?:0|[1-9][0-9]{0,14})(?:[eE][-+][0-9]+)?|[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]{1,15}\."
)
LARGEST = 64 << 20


def read_rows(path: str | Path) -> pd.DataFrame:
    """A table whose rows need no id, such as one of variants, read as a samples table is."""
    return _read(Path(path), None)


def read_samples(table: str | Path | pd.DataFrame, *, sample: str | None = None) -> pd.DataFrame:
    """Read a table with one row per sample.

    Parameters
    ----------
    table
        csv, tsv, txt (also in gzip or zip), xlsx, parquet, or a GEO series matrix; or a DataFrame.
        One that is indexed by names, or by
        a named column, keeps that index as sample ids.
    sample
        Column with the sample ids. By default the first column.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample id, as text without surrounding spaces; the rows in the order of the
        table.

    Raises
    ------
    SamplesError
        E901 when a sample id repeats, E902 when one is missing, E903 when the column is not there,
        E907 when the file cannot be read or columns repeat.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.samples import read_samples
    >>> table = pd.DataFrame({"id": ["P1-pre", "P1-on"], "patient": ["P1", "P1"]})
    >>> read_samples(table).index.tolist()
    ['P1-pre', 'P1-on']
    """
    frame = table.copy() if isinstance(table, pd.DataFrame) else _read(Path(table), sample)
    _check_columns(frame, sample)
    numbered = frame.index.name is None and pd.api.types.is_integer_dtype(frame.index)
    if sample is None and numbered and frame.shape[1]:
        sample = frame.columns[0]
    keys: pd.Series = frame.index.to_series() if sample is None else frame[sample]
    ids = [as_key(value) for value in keys]
    _check_ids(ids)
    rest = frame if sample is None else frame.drop(columns=[sample])
    index: Any = pd.Index(np.array(ids, dtype=object), name=sample or frame.index.name or "sample")
    named: pd.DataFrame = rest.set_axis(index, axis=0)
    return named


def _check_columns(frame: pd.DataFrame, sample: str | None) -> None:
    if sample is not None and sample not in frame.columns:
        message = (
            f"The samples table has no column {sample!r}; its columns are:"
            f" {', '.join(map(str, frame.columns))}."
        )
        raise SamplesError(message, code="E903")
    repeated = frame.columns[frame.columns.duplicated()].unique().tolist()
    if repeated:
        message = (
            f"Columns of the samples table occur more than once: {listed(repeated)}. Give each its"
            " own name."
        )
        raise SamplesError(message, code="E907")


def _check_ids(ids: Sequence[str | None]) -> None:
    if not ids:
        raise SamplesError(
            "The samples table has no rows. It needs one row per sample.", code="E907"
        )
    absent = [row for row, name in enumerate(ids, start=1) if name is None]
    if absent:
        message = (
            f"{len(absent)} rows of the samples table have no sample id (row {listed(absent)})."
            " Give each its id."
        )
        raise SamplesError(message, code="E902")
    repeated = [f"{name} x{n}" for name, n in Counter(ids).items() if n > 1]
    if repeated:
        message = (
            f"{plural(len(repeated), 'sample id occurs', 'sample ids occur')} more than once in the"
            f" samples table ({listed(repeated)}). The column of sample ids needs one row per"
            " sample; name another column with sample= (--sample), or remove the repeats."
        )
        raise SamplesError(message, code="E901")


def as_key(value: object) -> str | None:
    """A key as text: whole numbers without a decimal point, no surrounding spaces, None when
    missing.
    """
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124  NaN
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _text(path: Path) -> str:
    """Text of a table, out of gzip, zip or a workbook, without remarks before its header."""
    try:
        held = content(path, max_bytes=LARGEST)
        raw = workbook_text(held.data)[0] if held.kind == "workbook" else held.data
        text = as_utf8(raw)[0].decode()
    except RefusedError as error:
        message = (
            f"The samples table {path} cannot be read: {error}. It needs one row per sample, as"
            " csv, tsv or one sheet of a workbook."
        )
        raise SamplesError(message, code="E907") from error
    if text.startswith(("!Sample_", "!Series_", '"!Sample_', '"!Series_')):
        return _series(text)
    lines = text.splitlines(keepends=True)
    skip = next((k for k, line in enumerate(lines) if not line.startswith("#")), 0)
    return "".join(lines[skip:])


def _series(text: str) -> str:
    """The samples of a GEO series matrix as a table: accession, title, characteristics by their
    key.
    """
    columns: dict[str, list[str]] = {}
    head = (line for line in text.splitlines() if line.lstrip('"').startswith("!Sample_"))
    for row in csv.reader(head, delimiter="\t"):
        name = row[0].removeprefix("!Sample_")
        cells = [cell.strip() for cell in row[1:]]
        if not name.startswith("characteristics"):
            columns.setdefault(name, cells)
            continue
        for place, cell in enumerate(cells):
            key, colon, value = cell.partition(":")
            if colon:
                column = columns.setdefault(key.strip(), [""] * len(cells))
                column[place] = value.strip()
    order = sorted(columns, key=lambda name: name != "geo_accession")
    out = io.StringIO(newline="")
    rows = zip(*(columns[name] for name in order), strict=True)
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([order, *rows])
    return out.getvalue()


TEXT = (".csv", ".tsv", ".txt", ".tab", ".xlsx", ".maf")


def _read(path: Path, sample: str | None) -> pd.DataFrame:
    if not path.is_file():
        message = f"There is no samples table {path}. Check the path."
        raise SamplesError(message, code="E907")
    name = path.name.lower().removesuffix(".gz").removesuffix(".zip")
    if name.endswith((".parquet", ".pq")):
        return _read_parquet(path)
    if not name.endswith(TEXT):
        message = (
            f"{path.name} is of no kind known here. Give the samples table as csv, tsv, xlsx or"
            " parquet."
        )
        raise SamplesError(message, code="E907")
    text = _text(path)
    first = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator(first))
    try:
        # the number changes with each row
        rows = dict((lines.line_num, row) for row in lines if any(row))  # noqa: C402
    except csv.Error as error:
        message = (
            f"The samples table {path} is no table: line {lines.line_num}: {error}. Save it as csv"
            " or tsv."
        )
        raise SamplesError(message, code="E907") from None
    if len(rows) < 2:
        message = f"The samples table {path} has no rows. It needs a header and one row per sample."
        raise SamplesError(message, code="E907")
    header = rows.pop(min(rows))
    if all(len(row) == len(header) + 1 for row in rows.values()):  # as R writes row names
        header = ["sample", *header]
    return _typed([restored(name).strip() for name in header], rows, path, sample=sample)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return read_frame(path)
    except RefusedError as error:
        message = f"The samples table {path} cannot be read as parquet: {error}. Write it again."
        raise SamplesError(message, code="E907") from error


def _typed(
    header: list[str], rows: dict[int, list[str]], path: Path, *, sample: str | None
) -> pd.DataFrame:
    """Columns of a text table: ids as text, others as numbers where all of their values are."""
    uneven = [line for line, row in rows.items() if len(row) != len(header)]
    repeated = [name for name, n in Counter(header).items() if n > 1]
    complaints = []
    if uneven:
        many = plural(len(uneven), "line does", "lines do")
        complaints.append(
            f"{many} not have {len(header)} fields like the header (line {listed(uneven)})."
        )
    if repeated:
        complaints.append(f"Columns occur more than once: {listed(repeated)}.")
    complain(complaints, SamplesError, code="E907", subject=f"Samples table {path}")
    ids = sample or header[0]
    texts = {
        name: [restored(row[place]) for row in rows.values()] for place, name in enumerate(header)
    }
    return pd.DataFrame(
        {name: values if name == ids else _column(values) for name, values in texts.items()}
    )


def _column(values: list[str]) -> pd.Series:
    """Numbers where every value is one and none looks like an id; else text. None when missing."""
    present = [None if value.strip() in MISSING else value.strip() for value in values]
    known = [value for value in present if value is not None]
    column: pd.Series = pd.Series(present, dtype=object)
    if known and all(NUMBER.fullmatch(value) for value in known):
        numbers: pd.Series = pd.to_numeric(column)
        return numbers
    return column


def align_samples(
    table: pd.DataFrame, samples: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of a samples table in the order of a matrix, joined by name.

    Parameters
    ----------
    table
        From `read_samples`.
    samples
        Sample names of the matrix.

    Returns
    -------
    tuple
        The table with one row for each of `samples`, and notes: rows of the table without
        expression.

    Raises
    ------
    SamplesError
        E904 when samples of the matrix are not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.samples import align_samples, read_samples
    >>> table = read_samples(pd.DataFrame({"id": ["a", "b", "c"], "patient": ["P1", "P1", "P2"]}))
    >>> aligned, notes = align_samples(table, ["b", "a"])
    >>> aligned["patient"].tolist(), notes
    (['P1', 'P1'], ('1 of 3 rows of the samples table has no expression (c).',))
    """
    same = _as_written(table.index, samples)
    known, wanted = set(table.index), {same.get(name, name) for name in samples}
    absent = [name for name in samples if same.get(name, name) not in known]
    if absent:
        message = (
            f"{len(absent)} of {len(samples)} samples of the matrix are not in the samples table"
            f" ({listed(absent)}). The table's ids look like {listed(table.index[:3].tolist())}."
            " Add the rows, or name the column of sample ids with sample= (--sample)."
        )
        raise SamplesError(message, code="E904")
    extra = [name for name in table.index if name not in wanted]
    has = "has" if len(extra) == 1 else "have"
    note = (
        f"{len(extra)} of {len(table)} rows of the samples table {has} no expression"
        f" ({listed(extra)})."
    )
    rows = table.loc[[same.get(name, name) for name in samples]]
    return rows, (note,) if extra else ()


def _as_written(ids: pd.Index, samples: Sequence[str]) -> dict[str, str]:
    """Ids of the table for samples that are called alike but for what a detour through numbers or
    a spreadsheet leaves: 1.0 for 1, and spaces. Empty where that joins two to one.
    """
    known = set(ids)
    if known.issuperset(samples):
        return {}
    bare = {_bare(name): str(name) for name in ids}
    if len(bare) < len(known) or len({_bare(name) for name in samples}) < len(samples):
        return {}
    return {name: bare[_bare(name)] for name in samples if _bare(name) in bare}


def _bare(name: object) -> str:
    return re.sub(r"^(\d+)\.0$", r"\1", str(name).strip())
