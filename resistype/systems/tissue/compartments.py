"""Inside the tumour, at its margin, outside: a compartment for every cell and an area for every
compartment.

The rule is `MarginRule`. Tumour is where the smoothed density of tumour cells reaches a part of
what is usual at the tumour cells of that image, so it does not hang on how dense cells lie in a
tissue; what was usual is in the output. Distances from the border run over the grid: positive
inside, negative outside. A border has tissue on both sides: the frame of the image and an empty
place are none, and the kernel is corrected for what falls off the tissue there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from resistype.systems.tissue.grid import TRUNCATE, Grid, smooth
from resistype.systems.tissue.options import MarginRule, Roles, Threshold
from resistype.systems.tissue.rois import Roi, load_shapely, roi_region
from resistype.systems.tissue.tissue import Tissue

COMPARTMENTS = ("inside", "margin", "outside")
INSIDE, MARGIN, OUTSIDE, NO_TISSUE = 0, 1, 2, -1
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ground:
    """The compartments of one image, place by place."""

    grid: Grid
    codes: NDArray[np.int8]
    depth_um: Floats
    tumour_mm2: float


@dataclass(frozen=True, eq=False)
class Compartments:
    """Compartments of cells and their areas.

    Attributes
    ----------
    cells
        One row per cell: compartment, depth_um (distance to the border, positive inside).
    areas
        One row per region: mm² of inside, margin and outside; and tumour_mm2, the density from
        which it was tumour.
    grounds
        The places of each region.
    rule
        How they were made.
    """

    cells: pd.DataFrame
    areas: pd.DataFrame
    grounds: Mapping[str, Ground]
    rule: MarginRule

    def area(self, region: str) -> dict[str, float]:
        """mm² of inside, margin and outside in one region."""
        return {
            name: float(self.areas[name].to_numpy(np.float64)[self._row(region)])
            for name in COMPARTMENTS
        }

    def _row(self, region: str) -> int:
        return list(self.grounds).index(region)

    def thresholds(self) -> tuple[Threshold, ...]:
        """The rule of the margin."""
        return self.rule.thresholds()


def compartments(tissue: Tissue, roles: Roles, *, rule: MarginRule | None = None) -> Compartments:
    """Inside, margin or outside for every cell, and the area of each in every region.

    Parameters
    ----------
    tissue
        Cells.
    roles
        Which kinds are tumour.
    rule
        How the border is drawn and how wide the margin is; by default `MarginRule()`.

    Returns
    -------
    Compartments

    Raises
    ------
    TissueError
        P105 when a kind is not there, P108 when a grid is too large.

    Examples
    --------
    >>> from resistype.datasets import tissue_demo
    >>> from resistype.systems.tissue import read_tissue
    >>> demo = tissue_demo()
    >>> roles = Roles(tumour=("Tumour",), t_cells=("CD8 T cell",))
    >>> found = compartments(read_tissue(demo.to_anndata(), scale_um=demo.scale_um), roles)
    >>> sorted(found.cells["compartment"].unique())
    ['inside', 'margin', 'outside']
    """
    rule = rule or MarginRule()
    tumour = tissue.of(roles.tumour)
    codes, depth = np.zeros(tissue.n_obs, dtype=np.int8), np.zeros(tissue.n_obs)
    grounds, areas = {}, {}
    for name, rows in tissue.each():
        um = tissue.um[rows]
        ground = _ground(um, tumour[rows], rule)
        place = ground.grid.places(um)
        codes[rows], depth[rows] = ground.codes[place], ground.depth_um[place]
        grounds[name], areas[name] = ground, _areas(ground)
    cells = pd.DataFrame(
        {
            "compartment": pd.Categorical.from_codes(codes, categories=pd.Index(COMPARTMENTS)),
            "depth_um": depth,
        },
        index=tissue.obs.index,
    )
    table = pd.DataFrame.from_dict(areas, orient="index", columns=[*COMPARTMENTS, "tumour_mm2"])
    return Compartments(cells, table.rename_axis("region"), grounds, rule)


def _areas(ground: Ground) -> list[float]:
    counts = [int((ground.codes == code).sum()) for code in (INSIDE, MARGIN, OUTSIDE)]
    return [*(count * ground.grid.place_mm2 for count in counts), ground.tumour_mm2]


def _ground(um: Floats, tumour: NDArray[np.bool_], rule: MarginRule) -> Ground:
    pad = max(rule.tissue_um, TRUNCATE * rule.smooth_um) + 2 * rule.step_um
    grid = Grid.over(um, rule.step_um, pad_um=pad)
    tissue = _tissue(grid.binned(um) > 0, rule.tissue_um / rule.step_um)
    mask, limit = _tumour(grid, um[tumour], tissue, rule)
    depth = _depth(mask, tissue & ~mask, rule.step_um)
    codes = np.where(
        depth > rule.width_um, INSIDE, np.where(depth >= -rule.width_um, MARGIN, OUTSIDE)
    )
    return Ground(grid, np.where(tissue, codes, NO_TISSUE).astype(np.int8), depth, limit)


def _tissue(cells: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """Places of cells and the gaps between them: what a disc of radius `reach` (in places) cannot
    get into.

    Half a place is left to the disc, so that it does not get in between neighbours at the edge of a
    full image.
    """
    far = ndimage.distance_transform_edt(~cells) >= reach
    return np.asarray(cells | (ndimage.distance_transform_edt(~far) > reach - 0.5))


def _tumour(
    grid: Grid, um: Floats, tissue: NDArray[np.bool_], rule: MarginRule
) -> tuple[NDArray[np.bool_], float]:
    """Places of tumour, and the density from which they were; corrected for the kernel that
    falls off the tissue.
    """
    if not len(um):
        return np.zeros(grid.shape, dtype=bool), np.nan
    sigma = rule.smooth_um / rule.step_um
    known = smooth(tissue.astype(np.float64), sigma) * grid.place_mm2
    density = np.divide(
        smooth(grid.binned(um), sigma), known, out=np.zeros(grid.shape), where=tissue
    )
    limit = rule.part * float(np.median(density[grid.places(um)]))
    patches, _ = ndimage.label(tissue & (density >= limit), structure=np.ones((3, 3)))
    size = np.bincount(patches.ravel()) * grid.place_mm2
    size[0] = 0.0
    return size[patches] >= max(rule.min_patch_mm2, grid.place_mm2), limit


def _depth(mask: NDArray[np.bool_], other: NDArray[np.bool_], step: float) -> Floats:
    """Distance from the border in µm, positive in the mask; the border runs half a step beyond
    the last centre.
    """
    if not mask.any() or not other.any():
        return np.full(mask.shape, np.inf if mask.any() else -np.inf)
    within = ndimage.distance_transform_edt(~other) - 0.5
    beyond = ndimage.distance_transform_edt(~mask) - 0.5
    return np.asarray(np.where(mask, within, -beyond) * step)


# How deep cells lie behind a drawn outline of the tumour.


def border_depth(tissue: Tissue, borders: Sequence[Roi]) -> pd.Series:
    """Distance of each cell to the nearest drawn outline of its image in µm: positive within,
    negative beyond.

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
    >>> from resistype.systems.tissue import Roi, read_tissue
    >>> cells = pd.DataFrame({"x": [5, 20], "y": [5, 5], "phenotype": ["T", "T"]})
    >>> box = Roi("tumour", [[0, 0], [0, 10], [10, 10], [10, 0]])
    >>> border_depth(read_tissue(cells, scale_um=2.0), [box]).tolist()
    [10.0, -20.0]
    """
    shapely = load_shapely()
    depth = np.full(tissue.n_obs, np.nan)
    for name, area in _depth_areas(tissue, borders).items():
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


def _depth_areas(tissue: Tissue, borders: Sequence[Roi]) -> dict[str, Any]:
    """What the outlines of each image enclose together."""
    shapely = load_shapely()
    drawn: dict[str, list[Any]] = {}
    for one in borders:
        drawn.setdefault(roi_region(tissue, one), []).append(one.polygon())
    return {name: shapely.union_all(areas) for name, areas in drawn.items()}


def infiltration(
    tissue: Tissue, borders: Sequence[Roi], *, of: str | Sequence[str] | None = None
) -> pd.DataFrame:
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
        One row an image: n (cells within), n_beyond (left out), depth_um (mean), deepest_um (radius
        of the largest circle within), relative (depth_um / deepest_um). One value an image: compare
        images, or animals, not cells.

    Raises
    ------
    TissueError
        P105 when a kind is not there, P110 when an outline names no image of the tissue.

    References
    ----------
    Mariathasan et al. 2018, doi 10.1038/nature25501: mean distance of T cells to the border over
    the largest distance.
    """
    shapely = load_shapely()
    asked = np.ones(tissue.n_obs, dtype=bool) if of is None else tissue.of(of)
    depth = border_depth(tissue, borders).to_numpy()
    rows = []
    for name, area in _depth_areas(tissue, borders).items():
        own = depth[_asked(tissue, name, asked)]
        inside = own[own >= 0]
        parts = shapely.get_parts(area)
        tolerance = np.sqrt(shapely.area(area)) / 1000
        deepest = max(
            float(shapely.length(shapely.maximum_inscribed_circle(part, tolerance)))
            for part in parts
        )
        mean = float(inside.mean()) if len(inside) else np.nan
        largest = deepest * tissue.scale_um
        rows.append((name, len(inside), len(own) - len(inside), mean, largest, mean / largest))
    columns = ["region", "n", "n_beyond", "depth_um", "deepest_um", "relative"]
    return pd.DataFrame(rows, columns=columns).set_index("region")


def _asked(tissue: Tissue, region: str, asked: NDArray[np.bool_]) -> NDArray[np.intp]:
    rows = tissue.rows(region)
    return rows[asked[rows]]
