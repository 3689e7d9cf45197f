"""The one module that touches AnnData objects: reading a matrix out of one, and writing results
into one.

Results are written under fixed keys: ``obs["resistype_<axis>"]``, ``obsm["resistype_scores"]`` and
``uns["resistype"]``. Everything is joined by sample name, never by position. An h5ad file takes
neither every name nor every value, so names are reduced to letters, digits, ``_``, ``.`` and ``-``
and the originals are kept beside them.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np
import pandas as pd

from resistype.errors import ExpressionError, OutputError
from resistype.expression.hdf5 import check_file
from resistype.expression.matrix import Raw
from resistype.expression.store import Backed, is_dask, is_scipy, lazy
from resistype.expression.tenx import not_genes, without
from resistype.expression.units import ReadOptions, stated_by_log1p
from resistype.extras import needs
from resistype.safe.files import replace_file
from resistype.text import listed, option

FORMAT_VERSION = 1


def is_anndata(data: object) -> TypeGuard[Any]:
    """Whether `data` is an AnnData, without importing anndata when nobody has."""
    module = sys.modules.get("anndata")
    return module is not None and isinstance(data, module.AnnData)


def is_mudata(data: object) -> TypeGuard[Any]:
    """Whether `data` is a MuData, without importing mudata when nobody has."""
    module = sys.modules.get("mudata")
    return module is not None and isinstance(data, module.MuData)


def raw_of(adata: Any, options: ReadOptions) -> Raw:
    """Matrix and names of an AnnData. Nothing is copied; a backed X stays on disk when it can."""
    complaint = ""
    layers = [
        name for name in adata.layers if name is not None
    ]  # since anndata 0.13, None stands for X
    if options.raw and adata.raw is None:
        complaint = f"The AnnData has no .raw; leave out {option('raw')}."
    elif options.layer is not None and options.layer not in layers:
        complaint = (
            f"There is no layer {options.layer!r}; the layers are: {listed(layers) or 'none'}."
        )
    elif options.layer is None and not options.raw and adata.X is None:
        complaint = (
            f"The AnnData has no X. Name a layer with {option('layer')}; the layers are:"
            f" {listed(layers) or 'none'}."
        )
    if complaint:
        raise ExpressionError(complaint, code="E312")
    source = adata.raw if options.raw else adata
    var = source.var
    if options.gene_names is not None and options.gene_names not in var:
        message = (
            f"There is no column {options.gene_names!r} in var; the columns are:"
            f" {listed(var) or 'none'}."
        )
        raise ExpressionError(message, code="E311")
    genes = source.var_names if options.gene_names is None else var[options.gene_names]
    names = tuple("" if gone else str(one) for one, gone in zip(genes, pd.isna(genes), strict=True))
    samples = tuple(map(str, adata.obs_names))
    log1p = adata.uns.get("log1p") if options.layer is None and not options.raw else None
    stated = stated_by_log1p(log1p.get("base")) if isinstance(log1p, Mapping) else None
    raw = Raw(_matrix(source, adata, options), names, samples, adata.obs.copy(), stated=stated)
    kinds = list(var["feature_types"]) if "feature_types" in var else []
    return without(raw, not_genes(kinds), kinds)


def _matrix(source: Any, adata: Any, options: ReadOptions) -> Any:
    values = source.X if options.layer is None else source.layers[options.layer]
    if isinstance(values, np.ndarray):
        return values
    if is_scipy(values):
        return values if values.format == "csr" else values.tocsr()
    if is_dask(values):
        return _dask(values, options)
    keeps = (
        options.orientation != "genes_x_samples"
        and options.duplicates == "error"
        and not options.raw
        and not adata.is_view
    )
    if adata.isbacked and keeps and getattr(values, "format", "dense") != "csc":
        shape, sparse = (adata.n_obs, adata.n_vars), hasattr(values, "format")
        return Backed(
            Path(adata.filename), "X", shape, sparse=sparse, may_miss=options.nan == "drop"
        )
    whole = values.to_memory() if hasattr(values, "to_memory") else np.asarray(values[:])
    return whole.tocsr() if is_scipy(whole) else whole


def _dask(values: Any, options: ReadOptions) -> Any:
    """Rows of a dask array, read block by block unless the whole matrix has to change."""
    if options.orientation != "genes_x_samples" and options.duplicates == "error":
        return lazy(values, may_miss=options.nan == "drop")
    whole = values.compute(scheduler="sync")
    return whole.tocsr() if is_scipy(whole) else np.asarray(whole)


def new_anndata(values: Any, genes: Sequence[str]) -> Any:
    """An AnnData of values (n_obs, n_genes) for a library that takes nothing else; the values are
    shared.

    Raises
    ------
    MissingExtraError
        X101 without anndata.
    """
    with needs("anndata", extra="h5ad", what="An AnnData"):
        import anndata  # noqa: PLC0415  only for methods of other packages
    obs = pd.DataFrame(index=pd.RangeIndex(values.shape[0]).astype(str))
    return anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=list(genes)))


def safe_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names that an h5ad file can hold, each different, in the same order.

    Examples
    --------
    >>> from resistype.expression.anndata import safe_names
    >>> safe_names(["IFN/ISG", "IFN ISG", "CYT"])
    ('IFN_ISG', 'IFN_ISG_2', 'CYT')
    """
    taken: dict[str, int] = {}
    out = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name) or "_"
        number = taken.get(plain, 0) + 1
        while number > 1 and f"{plain}_{number}" in taken:
            number += 1
        taken[plain] = number
        out.append(plain if number == 1 else f"{plain}_{number}")
        taken.setdefault(out[-1], 1)
    return tuple(out)


def write_obs(
    adata: Any,
    calls: pd.DataFrame,
    *,
    scores: pd.DataFrame | None = None,
    record: Mapping[str, object] | None = None,
) -> None:
    """Write calls and scores into an AnnData in memory. What it holds else is not touched."""
    names = pd.Index(map(str, adata.obs_names))
    _check_keys(names, {"calls": calls} if scores is None else {"calls": calls, "scores": scores})
    kept: dict[str, Any] = {"format": "resistype", "format_version": FORMAT_VERSION}
    for axis, key in zip(
        calls.columns, safe_names([str(column) for column in calls.columns]), strict=True
    ):
        column = calls[axis].reindex(names)
        adata.obs[f"resistype_{key}"] = pd.Categorical(
            column.where(column.isna(), column.astype(str))
        )
    kept["axes"] = np.array([str(axis) for axis in calls.columns], dtype=object)
    if scores is not None:
        safe = list(safe_names([str(column) for column in scores.columns]))
        table = scores.reindex(names).astype(np.float64).set_axis(safe, axis=1)
        adata.obsm["resistype_scores"] = table.set_axis(adata.obs_names, axis=0)
        kept["scores"] = np.array([str(column) for column in scores.columns], dtype=object)
    adata.uns["resistype"] = kept | _storable(record or {})


def _check_keys(names: pd.Index, tables: Mapping[str, pd.DataFrame]) -> None:
    for what, table in tables.items():
        absent = [name for name in table.index if name not in names]
        repeated = table.index[table.index.duplicated()].tolist()
        if absent or repeated or names.has_duplicates:
            why = (
                f"are not in the AnnData: {listed(absent)}"
                if absent
                else f"occur more than once: {listed(repeated)}"
            )
            if names.has_duplicates and not (absent or repeated):
                why = f"occur more than once in obs_names: {listed(names[names.duplicated()])}"
            message = (
                f"The {what} cannot be joined by sample name; names that {why}. Nothing was"
                " written."
            )
            raise ExpressionError(message, code="E315")


def _storable(record: Mapping[str, object]) -> dict[str, Any]:
    """A mapping as h5ad can hold it: safe keys, text for what is neither number, text, table nor
    mapping.
    """
    out: dict[str, Any] = {}
    for key, name in zip(record, safe_names([str(key) for key in record]), strict=True):
        value = record[key]
        if isinstance(value, Mapping):
            out[name] = _storable(value)
        elif isinstance(value, str | bool | int | float | np.generic | pd.DataFrame):
            out[name] = value
        elif (
            isinstance(value, list | tuple)
            and value
            and all(isinstance(item, str) for item in value)
        ):
            out[name] = np.array(value, dtype=object)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
            out[name] = value
        else:
            out[name] = json.dumps(value, default=str)
    return out


def open_h5ad(path: str | Path) -> Any:
    """An AnnData in memory from an h5ad file."""
    check_file(path)
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {Path(path).name}"):
        import anndata  # noqa: PLC0415  only where such a file is read
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", anndata.OldFormatWarning
        )  # files of 2020 are as good as others
        try:
            return anndata.read_h5ad(path)
        except (OSError, KeyError, ValueError, TypeError) as error:
            message = f"{path} cannot be read as an AnnData: {error}. Write the file again."
            raise ExpressionError(message, code="E313") from error


def save_h5ad(adata: Any, path: str | Path) -> Path:
    """Write an AnnData as h5ad, whole or not at all."""
    with needs("anndata and h5py", extra="h5ad", what=f"Writing {Path(path).name}"):
        import h5py  # noqa: PLC0415
        from anndata.io import write_elem  # noqa: PLC0415  only where such a file is written

    def fill(stream: BinaryIO) -> None:
        with h5py.File(stream, "w") as file:
            write_elem(file, "/", adata)

    try:
        return replace_file(path, fill)
    except (OSError, TypeError, NotImplementedError, ValueError) as error:
        message = f"{str(path)!r} cannot be written: {error}. Nothing was written there."
        raise OutputError(message, code="O101") from error
