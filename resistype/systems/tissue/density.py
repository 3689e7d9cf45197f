"""Cells per mm² in each compartment, with the count, the area and an interval; and the ratio of two
densities.

Intervals take cells as independent (Poisson). Cells cluster, so the true intervals are wider; and
they speak of this image, not of the patient or of patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import betaincinv, chdtri

from resistype.systems.tissue.compartments import COMPARTMENTS, Compartments, Ground
from resistype.systems.tissue.options import Roles, Threshold
from resistype.systems.tissue.tissue import Tissue

ALPHA = 0.05


@dataclass(frozen=True)
class Estimate:
    """A number with the interval of 95 %."""

    value: float
    low: float
    high: float


def poisson_interval(n: int, area_mm2: float) -> Estimate:
    """Density n / area with Garwood's exact interval of 95 %.

    Parameters
    ----------
    n
        Cells.
    area_mm2
        Area in mm²; 0 gives NaN.

    References
    ----------
    Garwood 1936, doi 10.1093/biomet/28.3-4.437.

    Examples
    --------
    >>> found = poisson_interval(10, 0.1)
    >>> [round(x, 1) for x in (found.value, found.low, found.high)]
    [100.0, 48.0, 183.9]
    """
    if not area_mm2 > 0:
        return Estimate(np.nan, np.nan, np.nan)
    low = chdtri(2 * n, 1 - ALPHA / 2) / 2 if n else 0.0
    high = chdtri(2 * n + 2, ALPHA / 2) / 2
    return Estimate(n / area_mm2, float(low / area_mm2), float(high / area_mm2))


def density_ratio(first: tuple[int, float], second: tuple[int, float]) -> Estimate:
    """Ratio of two densities, each (cells, mm²), with the exact interval of 95 % given the number
    of both.

    Given all cells of the two, those of the first are binomial; Clopper and Pearson's interval of
    that share is turned into one of the ratio.

    References
    ----------
    Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404.

    Examples
    --------
    >>> found = density_ratio((5, 0.1), (50, 0.1))
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.1, 0.031, 0.249)
    """
    (k, area), (m, other) = first, second
    if not (area > 0 and other > 0) or k + m == 0:
        return Estimate(np.nan, np.nan, np.nan)
    low = float(betaincinv(k, m + 1, ALPHA / 2)) if k else 0.0
    high = float(betaincinv(k + 1, m, 1 - ALPHA / 2)) if m else 1.0
    value = (k / area) / (m / other) if m else np.inf
    return Estimate(value, _odds(low) * other / area, _odds(high) * other / area)


def _odds(share: float) -> float:
    return share / (1.0 - share) if share < 1.0 else np.inf


def densities(tissue: Tissue, kinds: str | Sequence[str], found: Compartments) -> pd.DataFrame:
    """Density of some kinds of cells in each compartment of each region.

    Parameters
    ----------
    tissue
        Cells.
    kinds
        Kinds that are counted together, for example all T cells.
    found
        From `compartments` of the same tissue.

    Returns
    -------
    DataFrame
        One row per region and compartment: region, compartment, n, area_mm2, density, low, high
        (cells per mm²). NaN where the region has nothing of that compartment.

    Raises
    ------
    TissueError
        P105 when a kind is not there.
    """
    these = tissue.of(kinds)
    codes = found.cells["compartment"].cat.codes.to_numpy()
    rows = []
    for name, cells in tissue.each():
        counts = np.bincount(codes[cells[these[cells]]], minlength=len(COMPARTMENTS))
        areas = found.area(name)
        for compartment, n in zip(COMPARTMENTS, counts, strict=True):
            area = areas[compartment]
            interval = poisson_interval(int(n), area)
            rows.append(
                (name, compartment, int(n), area, interval.value, interval.low, interval.high)
            )
    return pd.DataFrame(
        rows, columns=["region", "compartment", "n", "area_mm2", "density", "low", "high"]
    )


# The rim of macrophages around a tumour: how dense CD163+ cells are at the margin, and how much of
# it they line.

REACH_UM = 30.0


def rim_thresholds(reach_um: float = REACH_UM) -> tuple[Threshold, ...]:
    """The limit of the rim, to be shown beside it; that of the margin stands with the
    compartments.
    """
    return (
        Threshold(
            "reach", reach_um, "µm", "a place of the border is lined when a macrophage is this near"
        ),
    )


def rim_score(
    tissue: Tissue, roles: Roles, found: Compartments, *, reach_um: float = REACH_UM
) -> pd.DataFrame:
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
        One row per region: n_margin, n_elsewhere, ratio (of densities), low, high, lined (fraction
        of the border), and expected (the same share had the macrophages of the region been spread
        evenly over its tissue). NaN where the region has no border or no macrophage.

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
        expected = (
            1.0 - np.exp(-n_all / total * np.pi * (reach_um / 1000) ** 2) if total else np.nan
        )
        lined = _lined(tissue.um[own], found.grounds[name], reach_um)
        rows.append(
            (
                name,
                n_margin,
                n_all - n_margin,
                ratio.value,
                ratio.low,
                ratio.high,
                lined,
                float(expected),
            )
        )
    names = ["region", "n_margin", "n_elsewhere", "ratio", "low", "high", "lined", "expected"]
    return pd.DataFrame(rows, columns=names).set_index("region")


def _lined(um: NDArray[np.float64], ground: Ground, reach: float) -> float:
    """Fraction of the border's places that have a macrophage within reach; NaN without border."""
    border = (ground.depth_um > 0) & (ground.depth_um < ground.grid.step_um)
    if not border.any():
        return float("nan")
    if not len(um):
        return 0.0
    y, x = np.nonzero(border)
    grid = ground.grid
    middles = np.column_stack(
        [grid.x0 + (x + 0.5) * grid.step_um, grid.y0 + (y + 0.5) * grid.step_um]
    )
    return float(np.mean(KDTree(um).query(middles)[0] <= reach))
