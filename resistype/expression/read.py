"""Reading: a file, a DataFrame or an AnnData becomes an Expression, or an error that names what is wrong.

A file of csv, tsv or parquet may hold its genes in rows or in columns, and which it is is found. In memory the
contract is samples × genes, and a matrix that lies the other way is refused with the remedy.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import ExpressionError
from resistype.expression import anndata as adapter
from resistype.expression.checks import not_empty
from resistype.expression.files import read_store
from resistype.expression.matrix import Expression
from resistype.expression.options import ReadOptions
from resistype.expression.orientation import sides
from resistype.expression.raw import Raw, bare_obs, finish, flip, upright
from resistype.expression.source import SourceFile
from resistype.expression.store import Backed
from resistype.expression.table import Table, frame_table, read_parquet
from resistype.expression.text import read_text

__all__ = ["as_expression", "read_expression"]

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
        With a code a kind of fault: E3xx the file, E4xx the unit, E5xx the values, E7xx the orientation, E8xx names.
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
        raise ExpressionError(f"{file} is neither a file nor a folder. Give the path of a matrix.", code="E300")
    name = file.name.lower().removesuffix(".gz")
    if name.endswith((*TEXT, *PARQUET)):
        reader = read_text if name.endswith(TEXT) else read_parquet
        raw = _oriented(reader(file, names=options.gene_names), options, str(file))
    elif name.endswith(STORES):
        raw = upright(read_store(file, options), options, remedy=REMEDY)
    else:
        message = f"{file.name} is of no kind known here. Give csv, tsv, gct, parquet, h5ad, 10x h5 or zarr."
        raise ExpressionError(message, code="E309")
    source = SourceFile(file)
    if not isinstance(raw.values, Backed):
        source.sha256  # noqa: B018  found now: a file that was read whole may go away
    return finish(replace(raw, file=source), options)


def as_expression(data: Expression | pd.DataFrame | str | Path | Any, options: ReadOptions = DEFAULT) -> Expression:
    """An Expression from what the user has: an Expression, a DataFrame, an AnnData, or the path of a file.

    Parameters
    ----------
    data
        A DataFrame or AnnData has samples in rows and genes in columns, (n_obs, n_genes). It is not modified. The
        values of a DataFrame are copied once; those of an AnnData are shared.
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
    message = f"Got {type(data).__name__}; wanted a DataFrame (samples x genes), an AnnData, or the path of a file."
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
