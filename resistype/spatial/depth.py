"""How deep cells lie behind a drawn outline of the tumour.

Depth is the distance to the nearest outline: positive within, negative beyond. Tumours differ in size, so the mean
depth is also given relative to the deepest point of the tumour, as Mariathasan et al. did for mouse tumours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.spatial.rois import Roi, load_shapely, roi_region
from resistype.spatial.tissue import Tissue

__all__ = ["border_depth", "infiltration"]


def border_depth(tissue: Tissue, borders: Sequence[Roi]) -> pd.Series:
    """Distance of each cell to the nearest drawn outline of its image in µm: positive within, negative beyond.

    Parameters
    ----------
    tissue
        Cells.
    borders
        Outlines of tumours; several of one image are taken together.

    Returns
    -------
    Series
        Shape (n_obs,), in µm, in the order of the tissue's cells; NaN in images without an outline.

    Raises
    ------
    TissueError
        P110 when an outline names no image of the tissue.
    MissingExtraError
        X101 when shapely is not installed.

    Examples
    --------
    >>> from resistype.spatial import Roi, read_tissue
    >>> cells = pd.DataFrame({"x": [5, 20], "y": [5, 5], "phenotype": ["T", "T"]})
    >>> box = Roi("tumour", [[0, 0], [0, 10], [10, 10], [10, 0]])
    >>> border_depth(read_tissue(cells, scale_um=2.0), [box]).tolist()
    [10.0, -20.0]
    """
    shapely = load_shapely()
    depth = np.full(tissue.n_obs, np.nan)
    for name, area in _areas(tissue, borders).items():
        rows = tissue.rows(name)
        shapely.prepare(area)
        within = shapely.intersects_xy(area, *tissue.xy[rows].T)
        away = _to_outline(shapely, tissue.xy[rows], area)
        depth[rows] = np.where(within, away, -away) * tissue.scale_um
    return pd.Series(depth, index=tissue.obs.index, name="depth_um")


def _to_outline(shapely: Any, xy: NDArray[np.float64], area: Any) -> NDArray[np.float64]:
    """Distance of each point to the nearest line of an outline, found in a tree of its lines."""
    lines = []
    for ring in shapely.get_parts(area.boundary):
        corners = shapely.get_coordinates(ring)
        lines.append(shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)))
    tree = shapely.STRtree(np.concatenate(lines))
    found, away = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)
    return np.asarray(away[np.argsort(found[0], kind="stable")])


def _areas(tissue: Tissue, borders: Sequence[Roi]) -> dict[str, Any]:
    """What the outlines of each image enclose together."""
    shapely = load_shapely()
    drawn: dict[str, list[Any]] = {}
    for one in borders:
        drawn.setdefault(roi_region(tissue, one), []).append(one.polygon())
    return {name: shapely.union_all(areas) for name, areas in drawn.items()}


def infiltration(tissue: Tissue, borders: Sequence[Roi], *, of: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Mean depth of cells in the tumour of each image, in µm and relative to its deepest point.

    Parameters
    ----------
    tissue
        Cells.
    borders
        Outlines of tumours.
    of
        Kinds that are asked for, for example T cells; all cells without it.

    Returns
    -------
    DataFrame
        One row an image: n (cells within), n_beyond (left out), depth_um (mean), deepest_um (radius of the largest
        circle within), relative (depth_um / deepest_um). One value an image: compare images, or animals, not cells.

    Raises
    ------
    TissueError
        P105 when a kind is not there, P110 when an outline names no image of the tissue.

    References
    ----------
    Mariathasan et al. 2018, doi 10.1038/nature25501: mean distance of T cells to the border over the largest distance.
    """
    shapely = load_shapely()
    asked = np.ones(tissue.n_obs, dtype=bool) if of is None else tissue.of(of)
    depth = border_depth(tissue, borders).to_numpy()
    rows = []
    for name, area in _areas(tissue, borders).items():
        own = depth[_asked(tissue, name, asked)]
        inside = own[own >= 0]
        parts = shapely.get_parts(area)
        tolerance = np.sqrt(shapely.area(area)) / 1000
        deepest = max(float(shapely.length(shapely.maximum_inscribed_circle(part, tolerance))) for part in parts)
        mean = float(inside.mean()) if len(inside) else np.nan
        largest = deepest * tissue.scale_um
        rows.append((name, len(inside), len(own) - len(inside), mean, largest, mean / largest))
    columns = ["region", "n", "n_beyond", "depth_um", "deepest_um", "relative"]
    return pd.DataFrame(rows, columns=columns).set_index("region")


def _asked(tissue: Tissue, region: str, asked: NDArray[np.bool_]) -> NDArray[np.intp]:
    rows = tissue.rows(region)
    return rows[asked[rows]]
