"""A table of numbers with names on both sides, from a DataFrame or parquet, before it is known which side is which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.parquet import read_frame
from resistype.strict import RefusedError
from resistype.text import listed, plural

__all__ = ["Table", "about_genes", "frame_table", "read_parquet", "text_error"]

# Columns beside the values in tables of cBioPortal, featureCounts, GEO, Xena and gct files.
ABOUT_GENES = frozenset(
    {
        *("entrez_gene_id", "entrezid", "entrez", "geneid", "gene_id", "ensembl_id", "ensembl", "ensembl_gene_id"),
        *("gene_name", "genename", "gene_symbol", "genesymbol", "symbol", "hugo_symbol", "hgnc_symbol"),
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
    return [place for place, name in enumerate(header) if name.strip().lower().replace(" ", "_") in ABOUT_GENES]


def text_error(n: int, cells: Sequence[str], *, decimal_commas: bool) -> ExpressionError:
    """The error that names the cells holding text."""
    advice = "Write decimals with a point." if decimal_commas else "Correct them, or remove their columns."
    many = plural(n, "cell holds", "cells hold")
    return ExpressionError(f"{many} text where a number belongs (first: {listed(cells)}). {advice}", code="E503")


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
        lost = column.map(lambda cell: isinstance(cell, complex)) if numbers.dtype.kind == "c" else numbers.isna()
        bad = np.flatnonzero(lost & column.notna()).tolist()
        n += len(bad)
        name = frame.columns[place]
        cells.extend(f"{column.iloc[row]!r} in row '{frame.index[row]}', column '{name}'" for row in bad[:6])
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
    """A parquet table: names in the pandas index, in the column named, or in the first column when that is text.

    Raises
    ------
    ExpressionError
        E308 when the file is no parquet, E311 when the column is not there, E503 when cells hold text.
    """
    try:
        frame = read_frame(path)
    except RefusedError as error:
        raise ExpressionError(f"{path} cannot be read as parquet: {error}. Write it again.", code="E308") from error
    if names is not None and names not in frame.columns:
        message = f"{path} has no column {names!r} for gene_names=; its first columns are: {listed(frame.columns)}."
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
    notes = (f"Columns that describe genes were not read as samples: {listed(beside)}.",) if beside else ()
    return Table(table.values, table.rows, table.columns, notes)
