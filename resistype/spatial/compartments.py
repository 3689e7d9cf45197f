"""Inside the tumour, at its margin, outside: a compartment for every cell and an area for every compartment.

The rule is `MarginRule`. Tumour is where the smoothed density of tumour cells reaches a part of what is usual at the
tumour cells of that image, so it does not hang on how dense cells lie in a tissue; what was usual is in the output.
Distances from the border run over the grid: positive inside, negative outside. A border has tissue on both sides: the
frame of the image and an empty place are none, and the kernel is corrected for what falls off the tissue there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from resistype.spatial.grid import TRUNCATE, Grid, smooth
from resistype.spatial.options import MarginRule, Roles, Threshold
from resistype.spatial.tissue import Tissue

__all__ = ["COMPARTMENTS", "Compartments", "Ground", "compartments"]

COMPARTMENTS = ("inside", "margin", "outside")
INSIDE, MARGIN, OUTSIDE, NO_TISSUE = 0, 1, 2, -1
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ground:
    """The compartments of one image, place by place.

    Attributes
    ----------
    grid
        The places.
    codes
        Shape (n_y, n_x): 0 inside, 1 margin, 2 outside, -1 no tissue.
    depth_um
        Shape (n_y, n_x): distance to the border, positive inside; -inf without tumour, inf without anything else.
    tumour_mm2
        Smoothed tumour cells per mm² from which a place was tumour; NaN where the image has no tumour cell.
    """

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
        One row a cell: compartment, depth_um (distance to the border, positive inside).
    areas
        One row a region: mm² of inside, margin and outside; and tumour_mm2, the density from which it was tumour.
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
        return {name: float(self.areas[name].to_numpy(np.float64)[self._row(region)]) for name in COMPARTMENTS}

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
    >>> from resistype.spatial import read_tissue
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
        {"compartment": pd.Categorical.from_codes(codes, categories=pd.Index(COMPARTMENTS)), "depth_um": depth},
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
    codes = np.where(depth > rule.width_um, INSIDE, np.where(depth >= -rule.width_um, MARGIN, OUTSIDE))
    return Ground(grid, np.where(tissue, codes, NO_TISSUE).astype(np.int8), depth, limit)


def _tissue(cells: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """Places of cells and the gaps between them: what a disc of radius `reach` (in places) cannot get into.

    Half a place is left to the disc, so that it does not get in between neighbours at the edge of a full image.
    """
    far = ndimage.distance_transform_edt(~cells) >= reach
    return np.asarray(cells | (ndimage.distance_transform_edt(~far) > reach - 0.5))


def _tumour(grid: Grid, um: Floats, tissue: NDArray[np.bool_], rule: MarginRule) -> tuple[NDArray[np.bool_], float]:
    """Places of tumour, and the density from which they were; corrected for the kernel that falls off the tissue."""
    if not len(um):
        return np.zeros(grid.shape, dtype=bool), np.nan
    sigma = rule.smooth_um / rule.step_um
    known = smooth(tissue.astype(np.float64), sigma) * grid.place_mm2
    density = np.divide(smooth(grid.binned(um), sigma), known, out=np.zeros(grid.shape), where=tissue)
    limit = rule.part * float(np.median(density[grid.places(um)]))
    patches, _ = ndimage.label(tissue & (density >= limit), structure=np.ones((3, 3)))
    size = np.bincount(patches.ravel()) * grid.place_mm2
    size[0] = 0.0
    return size[patches] >= max(rule.min_patch_mm2, grid.place_mm2), limit


def _depth(mask: NDArray[np.bool_], other: NDArray[np.bool_], step: float) -> Floats:
    """Distance from the border in µm, positive in the mask; the border runs half a step beyond the last centre."""
    if not mask.any() or not other.any():
        return np.full(mask.shape, np.inf if mask.any() else -np.inf)
    within = ndimage.distance_transform_edt(~other) - 0.5
    beyond = ndimage.distance_transform_edt(~mask) - 0.5
    return np.asarray(np.where(mask, within, -beyond) * step)
