"""Where the cells come from: an AnnData, a table or a file, reduced to the same few parts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ResistypeError, TissueError
from resistype.expression.anndata import is_anndata
from resistype.expression.hdf5 import check_file
from resistype.extras import needs
from resistype.text import listed

__all__ = ["Source", "TissueColumns", "open_source"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


@dataclass(frozen=True)
class TissueColumns:
    """Columns of the cells.

    Parameters
    ----------
    region
        Image of the cell; None where all cells are of one image.
    instance
        Id of the cell in its image; None for row numbers from 1.
    kind
        Kind of the cell; None where there is none.
    x, y
        Coordinates, for tables, and for AnnData whose obsm has none.
    spatial
        Key of the coordinates in obsm, for AnnData.
    """

    region: str | None = None
    instance: str | None = None
    kind: str | None = "phenotype"
    x: str = "x"
    y: str = "y"
    spatial: str = "spatial"


@dataclass(frozen=True)
class Source:
    """Cells before they are checked: which column is what, all columns, coordinates as they stand, markers."""

    columns: TissueColumns
    obs: pd.DataFrame
    xy: Any
    markers: pd.DataFrame | None


def open_source(source: Any, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    """Parts of what the user gave.

    Raises
    ------
    TissueError
        P102 when columns are not there, P111 when a file cannot be read or the source is of another kind.
    MissingExtraError
        X101 for a .h5ad without anndata and h5py.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        with _opened(path) as found:
            return open_source(found, columns, markers)
    if is_anndata(source):
        return _of_anndata(source, columns, markers)
    if isinstance(source, pd.DataFrame):
        return _of_table(source, columns, markers)
    message = f"Cells come as an AnnData, a DataFrame or a path; got {type(source).__name__}."
    raise TissueError(message, code="P111")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A table, or an AnnData whose matrix stays on disk and is closed afterwards."""
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if not path.exists():
        raise TissueError(f"There is no file {path}. Check the path.", code="P111")
    if kind not in (".h5ad", ".parquet", *SEPARATORS):
        known = ", ".join([*SEPARATORS, ".parquet", ".h5ad"])
        raise TissueError(f"{path} has an ending that is not known here; known are {known}.", code="P111")
    try:
        if kind == ".h5ad":
            yield from _open_h5ad(path)
        else:
            yield pd.read_parquet(path) if kind == ".parquet" else pd.read_csv(path, sep=SEPARATORS[kind])
    except ResistypeError:
        raise
    except (OSError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise TissueError(f"{path} cannot be read: {error}. Write the file again.", code="P111") from None


def _open_h5ad(path: Path) -> Iterator[Any]:
    check_file(path)
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {path.name}"):
        import anndata  # noqa: PLC0415  only where such a file is read
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", anndata.OldFormatWarning)  # files of 2020 are as good as others
        adata = anndata.read_h5ad(path, backed="r")
        try:
            yield adata
        finally:
            adata.file.close()


def _of_table(table: pd.DataFrame, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    wanted = [columns.x, columns.y, columns.region, columns.instance, columns.kind, *(markers or ())]
    _all_there(wanted, table.columns, "the table")
    values = table[[*markers]].astype(np.float64) if markers else None
    return Source(columns, table, table[[columns.x, columns.y]], values)


def _of_anndata(adata: Any, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    found, axes = _named(adata, columns), [columns.x, columns.y]
    in_obs = columns.spatial not in adata.obsm
    if in_obs and not set(axes) <= set(adata.obs.columns):
        message = (
            f"obsm has no {columns.spatial!r} (its keys are: {listed([*adata.obsm]) or 'none'}) and obs no columns "
            f"{columns.x!r} and {columns.y!r} (it has: {listed([*adata.obs.columns])}). Name the coordinates with "
            "columns=TissueColumns(spatial=...) or TissueColumns(x=..., y=...)."
        )
        raise TissueError(message, code="P102")
    _all_there([found.region, found.instance, found.kind], adata.obs.columns, "obs")
    xy = adata.obs[axes] if in_obs else adata.obsm[columns.spatial]
    return Source(found, adata.obs, xy, _values(adata, markers))


def _named(adata: Any, columns: TissueColumns) -> TissueColumns:
    """Columns of the keys, from spatialdata's attributes where the user named none."""
    given = adata.uns.get("spatialdata_attrs", {})
    region = columns.region or given.get("region_key")
    return replace(columns, region=region, instance=columns.instance or given.get("instance_key"))


def _values(adata: Any, markers: Sequence[str] | None) -> pd.DataFrame | None:
    if not markers:
        return None
    _all_there(markers, adata.var_names, "var")
    part = adata[:, [*markers]].X
    dense = part.toarray() if hasattr(part, "toarray") else np.asarray(part)
    return pd.DataFrame(dense.astype(np.float64), index=adata.obs_names, columns=[*markers])


def _all_there(wanted: Sequence[str | None], names: pd.Index, where: str) -> None:
    absent = [name for name in wanted if name is not None and name not in names]
    if absent:
        message = (
            f"{where} has no column {', '.join(map(repr, absent))}; there are: {listed([*names])}. Say which column is "
            "what with columns=TissueColumns(...); None where there is none."
        )
        raise TissueError(message, code="P102")
