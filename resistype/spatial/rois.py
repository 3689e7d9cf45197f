"""Regions of interest: polygons drawn over an image, and which cells lie in them, by shapely.

A cell lies in a polygon when its coordinate (its centre) does; one exactly on the line counts as inside. A polygon
that crosses itself is taken by the even-odd rule, with a warning, as a lasso drawn by hand may do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import MissingExtraError, TissueError, TissueWarning, warn
from resistype.spatial.tissue import Tissue

__all__ = ["Roi", "border_depth", "in_roi"]


@dataclass(frozen=True, eq=False)
class Roi:
    """A polygon over one image.

    Parameters
    ----------
    name
        Its name.
    vertices
        Shape (n, 2) with n at least 3, in the unit of the tissue's coordinates; the last one joins the first.
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
                f"ROI {self.name!r} has vertices of shape {points.shape}; a polygon has at least 3 different (y, x)."
            )
            raise TissueError(message, code="P109")
        if not np.isfinite(points).all() or self.axes not in ("yx", "xy"):
            message = f"ROI {self.name!r} has vertices that are missing or infinite, or axes {self.axes!r}."
            raise TissueError(message, code="P109")
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
        message = f"ROI {self.name!r} crosses itself; what an even number of its lines encloses is not in it."
        warn(message, TissueWarning, code="W501")
        return shapely.make_valid(drawn)


def load_shapely() -> Any:
    """The library shapely.

    Raises
    ------
    MissingExtraError
        X101 when it is not installed.
    """
    try:
        import shapely  # noqa: PLC0415  only where polygons are used
    except ImportError as error:
        message = "Polygons need shapely, which is not installed: pip install 'resistype[spatial]'."
        raise MissingExtraError(message, code="X101") from error
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
    >>> from resistype.spatial import read_tissue
    >>> cells = pd.DataFrame({"x": [5, 50], "y": [5, 5], "phenotype": ["T", "T"]})
    >>> in_roi(read_tissue(cells, unit="um"), Roi("A", [[0, 0], [0, 10], [10, 10], [10, 0]])).tolist()
    [True, False]
    """
    shapely = load_shapely()
    inside = np.zeros(tissue.n_obs, dtype=bool)
    for one in [roi] if isinstance(roi, Roi) else roi:
        rows = _rows(tissue, one)
        area = one.polygon()
        shapely.prepare(area)
        inside[rows] |= shapely.intersects_xy(area, tissue.xy[rows, 0], tissue.xy[rows, 1])
    return inside


def _rows(tissue: Tissue, roi: Roi) -> NDArray[np.intp]:
    if roi.region is not None:
        return tissue.rows(roi.region)
    if len(tissue.regions) > 1:
        message = f"ROI {roi.name!r} names no region and there are {len(tissue.regions)}; name its image."
        raise TissueError(message, code="P110")
    return np.arange(tissue.n_obs)


def border_depth(tissue: Tissue, borders: Sequence[Roi]) -> NDArray[np.float64]:
    """Distance of each cell to the nearest drawn border of its image in µm: positive within, negative beyond.

    Parameters
    ----------
    tissue
        Cells.
    borders
        Outlines of tumours; several of one image are taken together.

    Returns
    -------
    Shape (n_obs,); NaN in images without an outline.

    Raises
    ------
    TissueError
        P110 when an outline names no image of the tissue.
    """
    shapely = load_shapely()
    depth = np.full(tissue.n_obs, np.nan)
    drawn: dict[str, list[Any]] = {}
    for one in borders:
        rows = _rows(tissue, one)
        drawn.setdefault(tissue.regions[0] if one.region is None else one.region, []).append(one.polygon())
        del rows
    for name, areas in drawn.items():
        rows = tissue.rows(name)
        points = shapely.points(tissue.xy[rows])
        line = shapely.union_all([area.boundary for area in areas])
        shapely.prepare(line)
        within = np.logical_or.reduce([shapely.intersects_xy(area, *tissue.xy[rows].T) for area in areas])
        depth[rows] = np.where(within, 1.0, -1.0) * shapely.distance(points, line) * tissue.scale_um
    return depth
