"""A tissue out of an AnnData, a table or a file: everything checked, all complaints at once.

AnnData: coordinates from ``obsm["spatial"]``, keys from the columns that spatialdata names in
``uns["spatialdata_attrs"]`` unless `TissueColumns` names them. Tables: coordinates from two columns. The order of the
axes is what `axes` says: readers of Visium, Xenium and CosMx store (x, y), steinbock stores (y, x); where there is a
mask, `match_mask` tells which one it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.spatial.checks import checked_scale, complaints, numbers, raise_all
from resistype.spatial.source import Source, TissueColumns, open_source
from resistype.spatial.tissue import UNASSIGNED, Tissue

__all__ = ["read_tissue"]

ONE = "image"


def read_tissue(
    source: Any,
    *,
    scale_um: float | None = None,
    unit: Literal["px", "um"] = "px",
    axes: Literal["xy", "yx"] = "xy",
    columns: TissueColumns | None = None,
    markers: Sequence[str] | None = None,
) -> Tissue:
    """Cells with their places, from an AnnData, a DataFrame, or a csv, tsv, parquet or h5ad file.

    Parameters
    ----------
    source
        One row a cell.
    scale_um
        µm per pixel; needed unless `unit` is ``um``. It is never guessed.
    unit
        Unit of the coordinates.
    axes
        Order of the two columns of ``obsm["spatial"]``. Tables have their columns named, so it is ``xy`` there.
    columns
        Which column is what.
    markers
        Columns (of a table) or variables (of an AnnData) to keep as values.

    Returns
    -------
    Tissue

    Raises
    ------
    TissueError
        P101 no scale, P102 a column is not there, P103 coordinates that are not numbers, P104 keys that are missing or
        repeat, P105 no kinds, P106 axes of a table, P111 a file that cannot be read. Several at once are all listed.

    Examples
    --------
    >>> cells = pd.DataFrame({"x": [0, 30], "y": [0, 40], "phenotype": ["T cell", "tumour"]})
    >>> tissue = read_tissue(cells, scale_um=0.5)
    >>> tissue.um.tolist()
    [[0.0, 0.0], [15.0, 20.0]]
    """
    scale = checked_scale(scale_um, unit)
    given = open_source(source, columns or TissueColumns(), markers)
    if axes not in ("xy", "yx") or (axes == "yx" and isinstance(given.xy, pd.DataFrame)):
        message = f"axes={axes!r}: 'xy' or 'yx', and for a table, whose columns x and y are named, 'xy'."
        raise TissueError(message, code="P106")
    region, instance = _column(given, given.columns.region), _ids(given)
    xy, unread = numbers(given.xy)
    kind = _kinds(given)
    raise_all(complaints(xy, unread, region=region, instance=instance) + _no_kinds(kind, given.columns.kind))
    xy = np.ascontiguousarray(xy[:, ::-1] if axes == "yx" else xy)
    xy.flags.writeable = False
    names = [str(one) for one in region]
    known = pd.Categorical(names, categories=list(dict.fromkeys(names)))
    return Tissue(xy, scale, unit, known, instance, kind, given.obs, given.markers)


def _column(given: Source, name: str | None) -> NDArray[Any]:
    if name is None:
        return np.full(len(given.obs), ONE, dtype=object)
    return given.obs[name].to_numpy(dtype=object)


def _ids(given: Source) -> NDArray[Any]:
    """Ids as integers where all are whole numbers, else as they are, as text; None where one is missing."""
    if given.columns.instance is None:
        return np.arange(1, len(given.obs) + 1)
    ids = given.obs[given.columns.instance]
    if pd.api.types.is_numeric_dtype(ids) and ids.notna().all() and bool((ids % 1 == 0).all()):
        return ids.to_numpy(np.int64)
    return np.array([None if pd.isna(one) else str(one) for one in ids], dtype=object)


def _kinds(given: Source) -> pd.Categorical[Any]:
    if given.columns.kind is None:
        return pd.Categorical([UNASSIGNED] * len(given.obs))
    kinds = given.obs[given.columns.kind]
    if isinstance(kinds.dtype, pd.CategoricalDtype):
        names = [str(name) for name in kinds.cat.categories]
    else:
        names = sorted({str(name) for name in kinds.dropna().unique()})
    blank = kinds.isna() | (kinds.astype(object).astype(str).str.strip() == "")
    texts = np.where(blank, UNASSIGNED, kinds.astype(object).astype(str))
    more = [UNASSIGNED] if bool(blank.any()) and UNASSIGNED not in names else []
    return pd.Categorical(texts, categories=[name for name in names if name.strip()] + more)


def _no_kinds(kind: pd.Categorical[Any], column: str | None) -> list[tuple[str, str]]:
    if column is None or not len(kind) or set(kind.unique()) != {UNASSIGNED}:
        return []
    return [("P105", f"the column {column!r} is empty in all {len(kind)} cells; without kinds give kind=None")]
