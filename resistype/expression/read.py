"""Reading: a file, a DataFrame or an AnnData becomes an Expression, or an error that names what is wrong.

The order of the steps: names and numbers → orientation → clean names → unit → duplicates → missing values. Every step
leaves a sentence in the notes when it found or did something.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import anndata as adapter
from resistype.expression import stored, tables
from resistype.expression.checks import check_finite, check_samples, clean_genes, gene_notes, listed, not_empty
from resistype.expression.duplicates import merge_duplicates
from resistype.expression.matrix import Expression
from resistype.expression.options import ReadOptions
from resistype.expression.orientation import sides, transposed
from resistype.expression.units import decide, look

__all__ = ["as_expression", "read_expression"]

TEXT = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
DEFAULT = ReadOptions()


@dataclass(frozen=True)
class _Raw:
    """A matrix with samples in rows, before its names and values were looked at."""

    values: Any
    genes: tuple[str, ...]
    samples: tuple[str, ...]
    obs: pd.DataFrame
    notes: tuple[str, ...] = ()
    source: str = "memory"
    digest: str = ""


def read_expression(path: str | Path, options: ReadOptions = DEFAULT) -> Expression:
    """Read an expression matrix from a file.

    In csv, tsv and parquet the genes may stand in rows or in columns; the side with known gene names is found, and the
    counts are kept as a note.

    Parameters
    ----------
    path
        csv, tsv, txt (also .gz), parquet, h5ad, 10x h5, or a zarr folder.
    options
        What to do where the defaults do not fit.

    Returns
    -------
    Expression
        Values of shape (n_obs, n_genes) in the unit of the file.

    Raises
    ------
    ExpressionError
        With a code a kind of fault: the file, its orientation, names, unit or values.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "small.csv"
    ...     _ = file.write_text("sample,CD8A,B2M,TAP1\\nP1,2.5,9.0,4.5\\nP2,0.5,8.5,4.0\\n")
    ...     read_expression(file).samples
    ('P1', 'P2')
    """
    file = Path(path)
    if not file.exists():
        raise ExpressionError(f"There is no file {file}. Check the path.", code="E300")
    name = file.name.lower()
    digest = _digest(file)
    if name.endswith(TEXT) or name.endswith((".parquet", ".pq")):
        table = tables.read_text(file) if name.endswith(TEXT) else tables.read_parquet(file)
        return _finish(replace(_turned(table, options, str(file)), digest=digest), options)
    if name.endswith((".h5ad", ".h5")):
        return _finish(replace(_h5ad(file, options), digest=digest), options)
    message = f"{file.name} is of no kind known here. Give csv, tsv, parquet, h5ad, 10x h5 or zarr."
    raise ExpressionError(message, code="E309")


def as_expression(data: Expression | pd.DataFrame | str | Path | Any, options: ReadOptions = DEFAULT) -> Expression:
    """An Expression from what the user has: an Expression, a DataFrame, an AnnData, or the path of a file.

    Parameters
    ----------
    data
        A DataFrame or AnnData has samples in rows and genes in columns, (n_obs, n_genes). It is not modified.
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
    >>> table = pd.DataFrame({"CD8A": [12, 0], "B2M": [950, 800]}, index=["P1", "P2"])
    >>> as_expression(table).unit
    'counts'
    """
    if isinstance(data, Expression):
        return data
    if isinstance(data, str | Path):
        return read_expression(data, options)
    if isinstance(data, pd.DataFrame):
        table = tables.frame_table(data)
        raw = _Raw(table.values, table.columns, table.rows, pd.DataFrame(index=pd.Index(table.rows)))
        return _finish(_upright(raw, options, 'pass orientation="genes_x_samples"'), options)
    if adapter.is_anndata(data):
        values, genes, samples, obs = adapter.parts(data, options)
        raw = _Raw(values, tuple(genes), tuple(samples), obs)
        return _finish(_upright(raw, options, "transpose it with adata.T"), options)
    message = f"Got {type(data).__name__}; wanted a DataFrame (samples x genes), an AnnData, or the path of a file."
    raise ExpressionError(message, code="E309")


def _digest(file: Path) -> str:
    if file.is_dir():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flip(raw: _Raw) -> _Raw:
    values = raw.values.T.tocsr() if sp.issparse(raw.values) else raw.values.T
    return replace(
        raw, values=values, genes=raw.samples, samples=raw.genes, obs=pd.DataFrame(index=pd.Index(raw.genes))
    )


def _turned(table: tables.Table, options: ReadOptions, source: str) -> _Raw:
    """A table of a file with samples in rows, whichever way it lay."""
    not_empty(len(table.rows), len(table.columns), source)
    raw = _Raw(
        table.values, table.columns, table.rows, pd.DataFrame(index=pd.Index(table.rows)), table.notes, source=source
    )
    if options.orientation != "auto":
        return _flip(raw) if options.orientation == "genes_x_samples" else raw
    where, words = sides(table.rows, table.columns)
    if where == "unclear":
        message = (
            f"It is unclear which side of {source} holds the genes: {words}. "
            'Pass orientation="samples_x_genes" or "genes_x_samples".'
        )
        raise ExpressionError(message, code="E702")
    note = f"Genes are in {where}: {words}."
    return replace(_flip(raw) if where == "rows" else raw, notes=(*raw.notes, note))


def _upright(raw: _Raw, options: ReadOptions, remedy: str) -> _Raw:
    """A matrix in memory, turned only when the user says so; refused when its genes are in rows."""
    not_empty(len(raw.samples), len(raw.genes), "The matrix")
    if options.orientation == "genes_x_samples":
        return _flip(raw)
    error = transposed(raw.samples, raw.genes, remedy) if options.orientation == "auto" else None
    if error is not None:
        raise error
    return raw


def _h5ad(file: Path, options: ReadOptions) -> _Raw:
    with h5py.File(file, "r") as store:
        element = store["X" if options.layer is None else f"layers/{options.layer}"]
        genes = stored.index_names(store["var"], options.gene_names)
        obs = stored.frame(store["obs"])
        kind, shape = stored.matrix_kind(element), stored.matrix_shape(element)
        if kind == "dense":
            values: Any = element[:]
        else:
            build = sp.csr_matrix if kind == "csr" else sp.csc_matrix
            values = build((element["data"][:], element["indices"][:], element["indptr"][:]), shape=shape).tocsr()
    raw = _Raw(values, tuple(genes), tuple(obs.index), obs, source=str(file))
    return _upright(raw, options, 'pass orientation="genes_x_samples"')


def _finish(raw: _Raw, options: ReadOptions) -> Expression:
    """The checks and notes that all ways in share."""
    samples = tuple(name.strip() for name in raw.samples)
    check_samples(samples)
    genes, notes = clean_genes(raw.genes, options)
    values = _floats(raw.values)
    unit, why = decide(look(_dense_sample(values)), options)
    notes += [why, *gene_notes(genes)]
    values, genes, merged = merge_duplicates(values, genes, unit=unit, options=options)
    notes += merged
    notes += check_finite(values.data[None, :] if sp.issparse(values) else values, genes, samples, options)
    obs = raw.obs.set_axis(pd.Index(samples), axis=0)
    return Expression(values, genes, samples, obs, unit, (*raw.notes, *notes), raw.source, raw.digest)


def _floats(values: Any) -> Any:
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    return values if sp.issparse(values) else np.ascontiguousarray(values)


def _dense_sample(values: Any) -> Any:
    return values[:200].toarray() if sp.issparse(values) else values


_ = listed
