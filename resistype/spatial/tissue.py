"""Cells with a place: coordinates, keys and kinds of the cells of one or several images. Made by `read_tissue`.

Coordinates are kept as (x, y), in the unit they came in, with the scale that turns them into µm; there is no tissue
without a scale. A cell's key is (region, instance id), because ids repeat from image to image. Cells of different
regions never meet: every measure goes region by region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.text import listed

__all__ = ["UNASSIGNED", "Tissue"]

UNASSIGNED = "unassigned"


@dataclass(frozen=True, eq=False)
class Tissue:
    """Cells of one or several images.

    Attributes
    ----------
    xy
        Shape (n_obs, 2): x then y, in `unit`.
    scale_um
        µm per unit of `xy`; 1 where they are µm.
    unit
        ``px`` or ``um``.
    region
        Image of each cell, shape (n_obs,).
    instance
        Id of each cell in its image, shape (n_obs,): integers or strings.
    kind
        Kind (phenotype, class) of each cell; ``unassigned`` where it is missing.
    obs
        The other columns, one row a cell, in the same order.
    markers
        Values of markers, shape (n_obs, n_markers), or None.
    """

    xy: NDArray[np.float64]
    scale_um: float
    unit: Literal["px", "um"]
    region: pd.Categorical[Any]
    instance: NDArray[Any]
    kind: pd.Categorical[Any]
    obs: pd.DataFrame
    markers: pd.DataFrame | None = None

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return len(self.xy)

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the images."""
        return tuple(self.region.categories)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of cells, also those without a cell where the table lists them."""
        return tuple(self.kind.categories)

    @property
    def um(self) -> NDArray[np.float64]:
        """Coordinates in µm, shape (n_obs, 2): x then y."""
        return self.xy * self.scale_um

    @property
    def yx(self) -> NDArray[np.float64]:
        """Coordinates as napari takes them, shape (n_obs, 2): y then x, in `unit`."""
        return self.xy[:, ::-1]

    @property
    def keys(self) -> pd.MultiIndex:
        """(region, instance id) of every cell."""
        return pd.MultiIndex.from_arrays([self.region, self.instance], names=["region", "instance_id"])

    def rows(self, region: str) -> NDArray[np.intp]:
        """Row numbers of the cells of an image.

        Raises
        ------
        TissueError
            P110 when there is no such image.
        """
        if region not in self.regions:
            message = f"There is no region {region!r}; the regions are: {listed(self.regions)}."
            raise TissueError(message, code="P110")
        return np.flatnonzero(self.region.codes == self.regions.index(region))

    def each(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Every image with the row numbers of its cells."""
        order = np.argsort(self.region.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.region.codes, minlength=len(self.regions)))
        yield from zip(self.regions, np.split(order, ends[:-1]), strict=True)

    def of(self, kinds: str | Sequence[str]) -> NDArray[np.bool_]:
        """Whether each cell is of one of the kinds, shape (n_obs,).

        Raises
        ------
        TissueError
            P105 when there is no such kind, or none was named.

        Examples
        --------
        >>> from resistype.spatial import read_tissue
        >>> cells = pd.DataFrame({"x": [0, 9], "y": [0, 9], "phenotype": ["T cell", "tumour"]})
        >>> read_tissue(cells, unit="um").of("tumour").tolist()
        [False, True]
        """
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        absent = [name for name in wanted if name not in self.kinds]
        if absent or not wanted:
            said = (
                f"There are no cells called {listed([*map(repr, absent)])}" if absent else "No kind of cell was named"
            )
            raise TissueError(f"{said}; the kinds are: {', '.join(self.kinds)}.", code="P105")
        codes = [self.kinds.index(name) for name in wanted]
        return np.isin(self.kind.codes, codes)
