"""h5ad files with places as layers: points for each image, and its mask where the file holds one.

The order of the two columns of ``obsm["spatial"]`` is looked up on the mask, not assumed; without a
mask it is taken as (x, y), and the layer's metadata say that it was taken. SpatialData in zarr is
left to napari-spatialdata, whose layers can be classified as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from resistype.errors import InputError
from resistype.expression.anndata import open_h5ad
from resistype.napari_plugin.cells import CellTable, table_of
from resistype.systems.tissue import MaskMatch, TissueColumns, match_mask, read_tissue

LayerData = tuple[Any, dict[str, Any], str]
KEYS = ("spatial", "X_spatial")
COLUMN_PAIRS = (
    ("X_position", "Y_position"),
    ("X_centroid", "Y_centroid"),
    ("x_centroid", "y_centroid"),
    ("x", "y"),
)
ASKED = 5_000


class _Rows:
    """What `table_of` asks of a layer, for an AnnData that is in none yet."""

    def __init__(self, adata: Any, name: str) -> None:
        self.metadata: Mapping[str, Any] = {"adata": adata}
        self.features, self.name = None, name


def get_reader(
    path: str | Sequence[str],
) -> Callable[[str | Sequence[str]], list[LayerData]] | None:
    """The function that reads a path, for npe2; None where it is of another kind."""
    paths = [path] if isinstance(path, str) else list(path)
    return read_h5ad if paths and all(str(one).lower().endswith(".h5ad") for one in paths) else None


def read_h5ad(path: str | Sequence[str]) -> list[LayerData]:
    """Layers of one file or of several."""
    paths = [path] if isinstance(path, str) else list(path)
    return [
        layer
        for one in paths
        for layer in layers_of(open_h5ad(one), Path(one).stem, source=str(one))
    ]


def layers_of(adata: Any, name: str, *, source: str = "") -> list[LayerData]:
    """Points of every image of an AnnData, and masks it holds under ``uns["spatial"]``."""
    xy, where = _places(adata)
    table = table_of(_Rows(adata, name))
    made: list[LayerData] = []
    for region in table.regions:
        rows = table.rows_of(region)
        mask = _mask(adata, region)
        order = (
            "xy"
            if mask is None or where != "obsm"
            else axis_order(adata, mask, region or None).order
        )
        points = xy[rows] if order == "yx" else xy[rows][:, ::-1]
        said = {"xy": "(x, y)", "yx": "(y, x)"}.get(order, "unclear, taken as (x, y)")
        tested = (
            "on the mask"
            if mask is not None and where == "obsm"
            else "not tested: no mask; taken as such"
        )
        title = f"{name} {region}".strip()
        meta = {"adata": adata, "region": region, "axes": f"{said} {tested}", "source": source}
        meta |= {"region_key": table.region_column or None, "instance_key": _column(table)}
        look = {
            "size": spacing(points),
            "border_width": 0.0,
            "antialiasing": 0.0,
            "face_color": "#BDBDBD",
        }
        made.append((points, {"name": title, "metadata": meta, **look}, "points"))
        if mask is not None:
            made.append(
                (mask, {"name": f"{title} mask", "metadata": dict(meta), "opacity": 1.0}, "labels")
            )
    return made


def _column(table: CellTable) -> str | None:
    return table.instance_column if table.instance_column in table.obs else None


def _places(adata: Any) -> tuple[NDArray[np.float64], str]:
    key = next((one for one in KEYS if one in adata.obsm), None)
    pair = next((one for one in COLUMN_PAIRS if set(one) <= set(adata.obs)), None)
    if key is not None:
        return np.asarray(adata.obsm[key], dtype=np.float64)[:, :2], "obsm"
    if pair is not None:
        return adata.obs[list(pair)].to_numpy(np.float64), "obs"
    message = (
        "The file has no places: neither obsm['spatial'] (obsm holds: "
        f"{', '.join(adata.obsm) or 'nothing'}) nor "
        f"columns such as {COLUMN_PAIRS[0][0]} and {COLUMN_PAIRS[0][1]} in obs."
    )
    raise InputError(message, code="N150")


def _mask(adata: Any, region: str) -> NDArray[Any] | None:
    """The segmentation that squidpy keeps in ``uns["spatial"][<image>]["images"]``."""
    held = adata.uns.get("spatial", {})
    library = held.get(region) or (next(iter(held.values())) if len(held) == 1 else None)
    mask = (
        None if not isinstance(library, Mapping) else library.get("images", {}).get("segmentation")
    )
    known = mask is not None and np.ndim(mask) == 2 and np.asarray(mask).dtype.kind in "iu"
    return np.asarray(mask) if known else None


def axis_order(adata: Any, mask: NDArray[Any], region: str | None = None) -> MaskMatch:
    """Whether ``obsm["spatial"]`` is (x, y) or (y, x): ids are looked up on the mask both ways."""
    table = table_of(_Rows(adata, region or ""))
    instance = _column(table)
    columns = TissueColumns(region=table.region_column or None, instance=instance, kind=None)
    tissue = read_tissue(adata, unit="px", scale_um=1.0, columns=columns, markers=())
    return match_mask(tissue, mask, region=region, strict=False)


def spacing(points: NDArray[np.float64]) -> float:
    """Usual distance to the nearest other point: a size at which points touch and do not smear."""
    known = points[np.isfinite(points).all(axis=1)]
    if len(known) < 2:
        return 10.0
    step = max(1, len(known) // ASKED)
    near = np.asarray(KDTree(known).query(known[::step], k=2)[0])[:, 1]
    return float(np.median(near[near > 0])) if (near > 0).any() else 10.0
