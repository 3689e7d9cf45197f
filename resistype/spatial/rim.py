"""The rim of macrophages around a tumour: how dense CD163+ cells are at the margin, and how much of it they line.

Two numbers, both ours and descriptive: the density of macrophages at the margin over that everywhere else, and the
share of the border that has a macrophage within reach. A closed rim has both high.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from resistype.spatial.compartments import Compartments, Ground
from resistype.spatial.density import density_ratio
from resistype.spatial.options import Roles, Threshold
from resistype.spatial.tissue import Tissue

__all__ = ["rim_score", "rim_thresholds"]

REACH_UM = 30.0


def rim_thresholds(reach_um: float = REACH_UM) -> tuple[Threshold, ...]:
    """The limit of the rim, to be shown beside it; that of the margin stands with the compartments."""
    return (Threshold("reach", reach_um, "µm", "a place of the border is lined when a macrophage is this near"),)


def rim_score(tissue: Tissue, roles: Roles, found: Compartments, *, reach_um: float = REACH_UM) -> pd.DataFrame:
    """Macrophages at the margin against elsewhere, and the part of the border they line.

    Parameters
    ----------
    tissue
        Cells.
    roles
        Which kinds are macrophages.
    found
        From `compartments` of the same tissue.
    reach_um
        A place of the border is lined when a macrophage is at most this far away (ours: 30 µm).

    Returns
    -------
    DataFrame
        One row a region: n_margin, n_elsewhere, ratio (of densities), low, high, lined (share of the border), and
        expected (the same share had the macrophages of the region been spread evenly over its tissue). NaN where the
        region has no border or no macrophage.

    Raises
    ------
    TissueError
        P105 when a kind is not there or no macrophages were named.
    """
    these = tissue.of(roles.macrophages)
    where = found.cells["compartment"].astype(str).to_numpy()
    rows = []
    for name, cells in tissue.each():
        own = cells[these[cells]]
        area = found.area(name)
        n_margin, n_all = int((where[own] == "margin").sum()), len(own)
        elsewhere = area["inside"] + area["outside"]
        ratio = density_ratio((n_margin, area["margin"]), (n_all - n_margin, elsewhere))
        total = area["margin"] + elsewhere
        expected = 1.0 - np.exp(-n_all / total * np.pi * (reach_um / 1000) ** 2) if total else np.nan
        lined = _lined(tissue.um[own], found.grounds[name], reach_um)
        rows.append((name, n_margin, n_all - n_margin, ratio.value, ratio.low, ratio.high, lined, float(expected)))
    names = ["region", "n_margin", "n_elsewhere", "ratio", "low", "high", "lined", "expected"]
    return pd.DataFrame(rows, columns=names).set_index("region")


def _lined(um: NDArray[np.float64], ground: Ground, reach: float) -> float:
    """Share of the border's places that have a macrophage within reach; NaN without border."""
    border = (ground.depth_um > 0) & (ground.depth_um < ground.grid.step_um)
    if not border.any():
        return float("nan")
    if not len(um):
        return 0.0
    y, x = np.nonzero(border)
    grid = ground.grid
    middles = np.column_stack([grid.x0 + (x + 0.5) * grid.step_um, grid.y0 + (y + 0.5) * grid.step_um])
    return float(np.mean(KDTree(um).query(middles)[0] <= reach))
