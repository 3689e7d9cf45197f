"""Maps: a value for every place of a grid over one image, with the grid and the kernel stated.

Cells are counted in places, both numerator and denominator are smoothed with the same Gaussian
kernel, and the share is their quotient. Places with too few cells under the kernel, or none within
one standard deviation of it, have no value (NaN). A map is an image in rows of y with the scale and
the shift that lay it over the cells, in the unit of their coordinates, as napari takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from resistype.errors import TissueError
from resistype.systems.tissue.grid import Grid, smooth
from resistype.systems.tissue.options import MapOptions, Roles, Threshold
from resistype.systems.tissue.tissue import Tissue
from resistype.text import listed

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ValueMap:
    """A value for every place.

    Attributes
    ----------
    image
        Shape (n_y, n_x); NaN where there are too few cells.
    name, unit
        What the value is.
    region
        The image it lies over.
    scale
        (y, x) size of a place, in the unit of the tissue's coordinates.
    translate
        (y, x) centre of the first place, in the same unit.
    options
        Grid and kernel.
    """

    image: Floats
    name: str
    unit: str
    region: str
    scale: tuple[float, float]
    translate: tuple[float, float]
    options: MapOptions

    def thresholds(self) -> tuple[Threshold, ...]:
        """Grid and kernel, to be shown beside the map."""
        return self.options.thresholds()


@dataclass(frozen=True, eq=False)
class _Place:
    """Cells of one image and the grid over them."""

    tissue: Tissue
    region: str
    rows: NDArray[np.intp]
    grid: Grid
    options: MapOptions

    def smoothed(self, weights: Floats | None = None) -> Floats:
        """Cells (or weights) under the kernel, in units of a cell right there."""
        sigma = self.options.kernel_um / self.options.step_um
        binned = self.grid.binned(self.tissue.um[self.rows], weights)
        return smooth(binned, sigma) * _peak(sigma)

    def made(self, image: Floats, name: str, unit: str) -> ValueMap:
        """The map."""
        per = self.tissue.scale_um
        step, half = self.grid.step_um / per, self.grid.step_um / 2
        corner = ((self.grid.y0 + half) / per, (self.grid.x0 + half) / per)
        return ValueMap(image, name, unit, self.region, (step, step), corner, self.options)

    def quotient(self, part: Floats) -> Floats:
        """Smoothed `part` over smoothed cells; NaN where there are too few, or the nearest is
        far.
        """
        below = self.smoothed()
        cells = self.grid.binned(self.tissue.um[self.rows]) > 0
        away = ndimage.distance_transform_edt(~cells) * self.grid.step_um
        enough = (below >= self.options.min_cells) & (away <= self.options.kernel_um)
        return np.asarray(
            np.divide(self.smoothed(part), below, out=np.full(below.shape, np.nan), where=enough)
        )


def _peak(sigma: float) -> float:
    """What makes a cell count 1 in its own place: the inverse of the kernel's middle weight."""
    spike = np.zeros(2 * int(4 * sigma + 0.5) + 1)
    spike[len(spike) // 2] = 1.0
    return float(1.0 / smooth(spike, sigma).max() ** 2)


def _place(tissue: Tissue, region: str | None, options: MapOptions | None) -> _Place:
    options = options or MapOptions()
    if region is None and len(tissue.regions) > 1:
        message = (
            f"There are {len(tissue.regions)} regions: {listed(tissue.regions)}. Name the one to"
            " map with region=."
        )
        raise TissueError(message, code="P110")
    name = region if region is not None else tissue.regions[0]
    rows = tissue.rows(name)
    grid = Grid.over(tissue.um[rows], options.step_um, pad_um=2 * options.kernel_um)
    return _Place(tissue, name, rows, grid, options)


def density_map(
    tissue: Tissue,
    kinds: str | Sequence[str],
    *,
    region: str | None = None,
    options: MapOptions | None = None,
) -> ValueMap:
    """Cells of some kinds per mm², smoothed.

    Parameters
    ----------
    tissue
        Cells.
    kinds
        Kinds that are counted together, for example CD8 T cells.
    region
        The image; needed where there are several.
    options
        Grid and kernel.

    Raises
    ------
    TissueError
        P105 no such kind, P108 a grid too large, P110 no such region.
    """
    place = _place(tissue, region, options)
    these = tissue.of(kinds)[place.rows].astype(np.float64)
    sigma = place.options.kernel_um / place.options.step_um
    image = smooth(place.grid.binned(tissue.um[place.rows], these), sigma) / place.grid.place_mm2
    return place.made(image, f"density of {_names(kinds)}", "cells/mm²")


def fraction_map(
    tissue: Tissue,
    kinds: str | Sequence[str],
    *,
    region: str | None = None,
    options: MapOptions | None = None,
) -> ValueMap:
    """Fraction of some kinds among all cells under the kernel: a neighbourhood share for every
    place.

    Parameters
    ----------
    tissue
        Cells.
    kinds
        Kinds that are counted together, for example CD163+ macrophages.
    region
        The image; needed where there are several.
    options
        Grid and kernel.

    Raises
    ------
    TissueError
        P105 no such kind, P108 a grid too large, P110 no such region.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.systems.tissue import read_tissue
    >>> cells = pd.DataFrame({"x": [0, 1, 2, 3], "y": 0, "phenotype": ["M", "M", "T", "T"]})
    >>> found = fraction_map(read_tissue(cells, unit="um"), "M")
    >>> found.image.shape, round(float(np.nanmax(found.image)), 2)
    ((9, 9), 0.5)
    """
    place = _place(tissue, region, options)
    these = tissue.of(kinds)[place.rows].astype(np.float64)
    return place.made(place.quotient(these), f"fraction of {_names(kinds)}", "fraction of cells")


def marker_map(
    tissue: Tissue, marker: str, *, region: str | None = None, options: MapOptions | None = None
) -> ValueMap:
    """Mean of a marker over the cells under the kernel.

    Raises
    ------
    TissueError
        P102 when the tissue has no such marker, P108 a grid too large, P110 no such region.
    """
    known = pd.DataFrame() if tissue.markers is None else tissue.markers
    if marker not in known:
        names = listed([*known.columns]) or "none"
        message = (
            f"There is no marker {marker!r}; the markers are: {names}. Read them with markers=."
        )
        raise TissueError(message, code="P102")
    place = _place(tissue, region, options)
    values = known[marker].to_numpy(np.float64)[place.rows]
    return place.made(place.quotient(values), f"mean {marker}", "as in the table")


def exclusion_map(
    tissue: Tissue, roles: Roles, *, region: str | None = None, options: MapOptions | None = None
) -> ValueMap:
    """Fraction of macrophages less the fraction of T cells under the kernel: +1 only macrophages,
    -1 only T cells.

    A descriptive map, ours: a positive ring around a nest is where CD163+ cells stand and T cells
    do not. It shows that one is where the other is not; it does not show that one keeps the other
    out.

    Raises
    ------
    TissueError
        P105 when a kind is not there or no macrophages were named, P108 a grid too large, P110 no
        such region.
    """
    place = _place(tissue, region, options)
    macrophages, t_cells = (
        tissue.of(roles.macrophages)[place.rows],
        tissue.of(roles.t_cells)[place.rows],
    )
    image = place.quotient(macrophages.astype(np.float64) - t_cells.astype(np.float64))
    return place.made(image, "macrophages less T cells", "difference of shares")


def _names(kinds: str | Sequence[str]) -> str:
    return kinds if isinstance(kinds, str) else ", ".join(kinds)
