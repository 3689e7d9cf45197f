"""What can be wrong with cells and their places. Each check gives a code and a sentence; all are raised together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.text import listed

__all__ = ["checked_scale", "complaints", "numbers", "raise_all"]

Complaint = tuple[str, str]


def raise_all(found: list[Complaint]) -> None:
    """Raise all complaints at once under the code of the first; do nothing when there are none."""
    if not found:
        return
    lines = "\n".join(f"  - {code} {line}" for code, line in found)
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    raise TissueError(f"The cells: {count}\n{lines}", code=found[0][0])


def checked_scale(scale_um: float | None, unit: str) -> float:
    """µm per unit of the coordinates.

    Raises
    ------
    TissueError
        P101 when it is not known.
    """
    if unit not in ("px", "um"):
        raise TissueError(f"unit={unit!r}; choose 'px' or 'um'.", code="P101")
    if unit == "um" and scale_um in (None, 1, 1.0):
        return 1.0
    if unit == "um":
        message = f"The coordinates are said to be µm and to have {scale_um!r} µm per pixel; give one of the two."
        raise TissueError(message, code="P101")
    if scale_um is None:
        message = (
            "The coordinates are in pixels and no scale was given. Distances and densities need µm: give scale_um= "
            "(µm per pixel, from the microscope's file), or unit='um' when the coordinates are µm."
        )
        raise TissueError(message, code="P101")
    if not (isinstance(scale_um, int | float | np.number) and math.isfinite(scale_um) and scale_um > 0):
        raise TissueError(f"scale_um={scale_um!r}; give µm per pixel, a number above 0.", code="P101")
    return float(scale_um)


def numbers(xy: Any) -> tuple[NDArray[np.float64], str]:
    """Coordinates as float64, and a complaint where they are no two columns of numbers."""
    values = xy.to_numpy() if isinstance(xy, pd.DataFrame) else np.asarray(xy)
    empty = np.empty((0, 2))
    if values.ndim != 2 or values.shape[1] != 2:
        return empty, f"the coordinates have shape {values.shape}; wanted two columns, (n_obs, 2); leave z out"
    try:
        return values.astype(np.float64), ""
    except (TypeError, ValueError) as error:
        return empty, f"the coordinates are not numbers: {error}"


def complaints(
    xy: NDArray[np.float64], unread: str, *, region: NDArray[Any], instance: NDArray[Any]
) -> list[Complaint]:
    """Everything that is wrong with coordinates and keys."""
    found: list[Complaint] = []
    if not len(region):
        found.append(("P103", "there are no cells"))
    if unread:
        found.append(("P103", unread))
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        where = listed([f"{region[row]}/{instance[row]}" for row in bad])
        line = f"{len(bad)} of {len(xy)} cells have coordinates that are missing or infinite: {where}; leave them out"
        found.append(("P103", line))
    return found + _keys(region, instance)


def _keys(region: NDArray[Any], instance: NDArray[Any]) -> list[Complaint]:
    no_region, no_id = int(pd.isna(region).sum()), int(pd.isna(instance).sum())
    found = []
    if no_region:
        found.append(("P104", f"{no_region} of {len(region)} cells have no region; give each cell its image"))
    if no_id:
        found.append(("P104", f"{no_id} of {len(instance)} cells have no instance id"))
    keys = pd.MultiIndex.from_arrays([region, instance])
    again = keys.duplicated()
    if not found and bool(again.any()):
        found.append(("P104", _repeated(keys, again, region)))
    return found


def _repeated(keys: pd.MultiIndex, again: NDArray[np.bool_], region: NDArray[Any]) -> str:
    where = listed([f"{one[0]}/{one[1]}" for one in keys[again].unique()[:9]])
    line = f"{int(again.sum())} cells have a key (region, instance id) that another cell has: {where}"
    if len(set(region)) > 1:
        return line
    return f"{line}; ids repeat from image to image, so name the column of the image with TissueColumns(region=...)"
