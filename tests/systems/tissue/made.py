"""Small tissues for the tests, and geometry done the obvious way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.systems.tissue import Roles, Tissue, TissueColumns, read_tissue
from tests.strategies import CELL_KINDS

COLUMNS = TissueColumns(region="region", instance="id", kind="kind")
ROLES = Roles(tumour=("tumour",), t_cells=("T cell",), macrophages=("macrophage",))
Row = tuple[str, int, int, int, str]


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows (region, id, x, y, kind) as a table that lists all kinds."""
    table = pd.DataFrame(rows, columns=["region", "id", "x", "y", "kind"])
    return table.assign(kind=pd.Categorical(table["kind"], categories=list(CELL_KINDS)))


def tissue(rows: Sequence[Row], *, scale_um: float = 1.0) -> Tissue:
    """The rows as a tissue."""
    return read_tissue(frame(rows), scale_um=scale_um, columns=COLUMNS)


def block(kind: str, *, x: range, y: range, first: int = 1, region: str = "first") -> list[Row]:
    """A block of cells of one kind, 10 apart."""
    places = [(i, j) for j in y for i in x]
    return [(region, first + number, 10 * i, 10 * j, kind) for number, (i, j) in enumerate(places)]


def segment_distance(point: Sequence[float], a: Sequence[float], b: Sequence[float]) -> float:
    """Distance of a point to the line between two others."""
    (px, py), (ax, ay), (bx, by) = point, a, b
    length = (bx - ax) ** 2 + (by - ay) ** 2
    t = (
        0.0
        if length == 0
        else min(1.0, max(0.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length))
    )
    return float(np.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay)))


def outline_distance(point: Sequence[float], corners: Sequence[Sequence[float]]) -> float:
    """Distance of a point to the outline of a polygon."""
    return min(
        segment_distance(point, a, b)
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
    )


def cast(point: Sequence[float], corners: Sequence[Sequence[float]]) -> bool:
    """Whether a ray to the right from the point crosses the outline an odd number of times."""
    px, py = point
    odd = False
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def in_polygon(point: Sequence[float], corners: Sequence[Sequence[float]]) -> bool:
    """The same, the line itself included."""
    return cast(point, corners) or outline_distance(point, corners) < 1e-12


def distances(um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every cell to every other, shape (n, n)."""
    return np.array([[float(np.hypot(*(a - b))) for b in um] for a in um]).reshape(len(um), len(um))
