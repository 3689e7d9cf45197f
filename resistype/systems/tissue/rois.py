"""Regions of interest: polygons drawn over an image, and which cells lie in them, by shapely.

A cell lies in a polygon when its coordinate (its centre) does; one exactly on the line counts as
inside. A polygon that crosses itself is taken by the even-odd rule, with a warning, as a lasso
drawn by hand may do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import TissueError, TissueWarning, warn
from resistype.extras import needs
from resistype.systems.tissue.tissue import Tissue


@dataclass(frozen=True, eq=False)
class Roi:
    """A polygon over one image.

    Parameters
    ----------
    name
        Its name.
    vertices
        Shape (n, 2) with n at least 3, in the unit of the tissue's coordinates; the last one joins
        the first.
    region
        The image it lies over; None for a tissue of one image.
    axes
        ``yx`` as napari's Shapes hold them (the default), or ``xy``.

    Raises
    ------
    TissueError
        P109 when it is no polygon.
    """

    name: str
    vertices: ArrayLike
    region: str | None = None
    axes: Literal["yx", "xy"] = "yx"

    def __post_init__(self) -> None:
        try:
            points = np.array(self.vertices, dtype=np.float64)
        except (TypeError, ValueError):
            points = np.empty((0, 0))
        if points.ndim != 2 or points.shape[1:] != (2,) or len(np.unique(points, axis=0)) < 3:
            message = (
                f"ROI {self.name!r} has vertices of shape {points.shape}; a polygon has at least 3"
                " different (y, x)."
            )
            raise TissueError(message, code="P109")
        if not np.isfinite(points).all() or self.axes not in ("yx", "xy"):
            message = (
                f"ROI {self.name!r} has vertices that are missing or infinite, or axes"
                f" {self.axes!r}."
            )
            raise TissueError(message, code="P109")
        if np.linalg.matrix_rank(points - points[0]) < 2:
            raise TissueError(
                f"ROI {self.name!r} encloses nothing; its corners lie on one line.", code="P109"
            )
        object.__setattr__(self, "vertices", points)

    @property
    def xy(self) -> NDArray[np.float64]:
        """Vertices as (x, y), shape (n, 2)."""
        points = np.asarray(self.vertices)
        return points[:, ::-1] if self.axes == "yx" else points

    def polygon(self) -> Any:
        """The shapely geometry, in (x, y)."""
        shapely = load_shapely()
        drawn = shapely.Polygon(self.xy)
        if drawn.is_valid:
            return drawn
        message = (
            f"ROI {self.name!r} crosses itself; what an even number of its lines encloses is not"
            " in it."
        )
        warn(message, TissueWarning, code="W501")
        parts = shapely.get_parts(shapely.make_valid(drawn))
        return shapely.union_all(parts[shapely.area(parts) > 0])


def load_shapely() -> Any:
    """The library shapely."""
    with needs("shapely", extra="spatial", what="A polygon"):
        import shapely  # noqa: PLC0415  only where polygons are used
    return shapely


def in_roi(tissue: Tissue, roi: Roi | Sequence[Roi]) -> NDArray[np.bool_]:
    """Whether each cell lies in a polygon, or in any of several, shape (n_obs,).

    Parameters
    ----------
    tissue
        Cells.
    roi
        One polygon or several, also over different images.

    Raises
    ------
    TissueError
        P110 when a polygon names no image of the tissue, or none where there are several.
    MissingExtraError
        X101 when shapely is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.systems.tissue import read_tissue
    >>> cells = pd.DataFrame({"x": [5, 50], "y": [5, 5], "phenotype": ["T", "T"]})
    >>> in_roi(
    ...     read_tissue(cells, unit="um"), Roi("A", [[0, 0], [0, 10], [10, 10], [10, 0]])
    ... ).tolist()
    [True, False]
    """
    shapely = load_shapely()
    inside = np.zeros(tissue.n_obs, dtype=bool)
    for one in [roi] if isinstance(roi, Roi) else roi:
        rows = tissue.rows(roi_region(tissue, one))
        area = one.polygon()
        shapely.prepare(area)
        inside[rows] |= shapely.intersects_xy(area, tissue.xy[rows, 0], tissue.xy[rows, 1])
    return inside


def roi_region(tissue: Tissue, roi: Roi) -> str:
    """The image that a polygon lies over."""
    if roi.region is None and len(tissue.regions) > 1:
        message = (
            f"ROI {roi.name!r} names no region and there are {len(tissue.regions)}; name its image."
        )
        raise TissueError(message, code="P110")
    return tissue.regions[0] if roi.region is None else roi.region
