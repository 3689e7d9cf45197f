"""Do the table and the label mask speak of the same cells? Ids counted both ways, and the order of
the axes tried.

The label under a cell's coordinate should be its id. Both readings, (x, y) and (y, x), are looked
up; the one that finds more wins, and where the coordinates turn out to be (y, x), or neither
reading finds most cells, that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.systems.tissue.tissue import Tissue
from resistype.text import listed

AGREE = 0.5


@dataclass(frozen=True)
class MaskMatch:
    """How a table and a label mask of one image fit.

    Attributes
    ----------
    region
        The image.
    n_both
        Ids that both have.
    only_table, only_mask
        Ids that only one has, in order.
    agree_xy, agree_yx
        Fraction of the cells in both whose coordinate, read as (x, y) or as (y, x), lies on their
        own label; NaN without such cells.
    order
        The reading that fits, or ``unclear``.
    """

    region: str
    n_both: int
    only_table: tuple[Any, ...]
    only_mask: tuple[Any, ...]
    agree_xy: float
    agree_yx: float
    order: Literal["xy", "yx", "unclear"]

    def __str__(self) -> str:
        said = f"{self.region}: {self.n_both} cells in table and mask"
        if self.only_table:
            said += f"; {len(self.only_table)} only in the table ({listed(self.only_table)})"
        if self.only_mask:
            said += f"; {len(self.only_mask)} only in the mask ({listed(self.only_mask)})"
        return said


def match_mask(
    tissue: Tissue,
    mask: NDArray[Any],
    *,
    region: str | None = None,
    pixel_um: float | None = None,
    strict: bool = True,
) -> MaskMatch:
    """Compare a table with the label mask of one of its images.

    Parameters
    ----------
    tissue
        Cells.
    mask
        Shape (n_y, n_x), integers; 0 is background.
    region
        The image; needed where there are several.
    pixel_um
        µm per pixel of the mask; by default the scale of the tissue, for coordinates in pixels.
    strict
        Raise where table and mask have no id in common, or the coordinates lie on the mask as (y,
        x).

    Returns
    -------
    MaskMatch

    Raises
    ------
    TissueError
        P106 when the coordinates are (y, x); P107 when no id is in both, or the mask is none; P110
        no such region.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.systems.tissue import TissueColumns, read_tissue
    >>> cells = pd.DataFrame({"id": [1, 2, 9], "x": [0, 3, 1], "y": [0, 1, 1]})
    >>> tissue = read_tissue(cells, scale_um=1.0, columns=TissueColumns(instance="id", kind=None))
    >>> print(match_mask(tissue, np.array([[1, 1, 0, 0], [0, 0, 0, 2]])))
    image: 2 cells in table and mask; 1 only in the table (9)
    """
    labels = np.asarray(mask)
    if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer):
        message = (
            f"The mask has shape {labels.shape} and type {labels.dtype}; wanted integers of shape"
            " (n_y, n_x)."
        )
        raise TissueError(message, code="P107")
    name = _region(tissue, region)
    rows = tissue.rows(name)
    found = _compared(tissue, labels, name, rows, pixel_um)
    if strict:
        _refuse(found, tissue, rows, labels)
    return found


def _region(tissue: Tissue, region: str | None) -> str:
    if region is None and len(tissue.regions) > 1:
        message = (
            f"There are {len(tissue.regions)} regions: {listed(tissue.regions)}. Name the one of"
            " the mask."
        )
        raise TissueError(message, code="P110")
    return tissue.regions[0] if region is None else region


def _compared(
    tissue: Tissue, labels: NDArray[Any], name: str, rows: NDArray[np.intp], pixel_um: float | None
) -> MaskMatch:
    ids, present = _as_integers(tissue.instance[rows]), np.unique(labels)
    present = present[present != 0]
    both = np.isin(ids, present)
    per = 1.0 if pixel_um is None else tissue.scale_um / pixel_um
    at = np.rint(tissue.xy[rows][both] * per).astype(np.intp)
    agree = [_agreement(labels, at[:, order], ids[both]) for order in ([0, 1], [1, 0])]
    winner: Literal["xy", "yx", "unclear"] = "unclear"
    if both.any() and max(agree) >= AGREE and agree[0] != agree[1]:
        winner = "xy" if agree[0] > agree[1] else "yx"
    only_table = tuple(tissue.instance[rows][~both].tolist())
    only_mask = tuple(present[~np.isin(present, ids)].tolist())
    return MaskMatch(name, int(both.sum()), only_table, only_mask, agree[0], agree[1], winner)


def _as_integers(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Ids as labels of a mask; text that is no whole number is no label (-1)."""
    if np.issubdtype(ids.dtype, np.integer):
        return ids.astype(np.int64)
    return np.array([int(one) if str(one).isdecimal() else -1 for one in ids], dtype=np.int64)


def _agreement(labels: NDArray[Any], at: NDArray[np.intp], ids: NDArray[np.int64]) -> float:
    """Fraction of the cells that lie on their own label; a cell beyond the mask does not."""
    if not len(ids):
        return float("nan")
    x, y = at.T
    within = (x >= 0) & (y >= 0) & (y < labels.shape[0]) & (x < labels.shape[1])
    return float((labels[y[within], x[within]] == ids[within]).sum() / len(ids))


def _refuse(found: MaskMatch, tissue: Tissue, rows: NDArray[np.intp], labels: NDArray[Any]) -> None:
    if not found.n_both:
        message = (
            f"Table and mask of {found.region!r} have no id in common: the table has {len(rows)} "
            f"({listed(tissue.instance[rows].tolist())}), the mask {len(found.only_mask)} "
            f"({listed(found.only_mask)}). Name the column that holds the labels of the mask."
        )
        raise TissueError(message, code="P107")
    if found.order == "yx":
        message = (
            f"The coordinates of {found.region!r} are (y, x): {found.agree_yx:.0%} of the cells lie"
            f" on their label that way and {found.agree_xy:.0%} as (x, y), in a mask of"
            f" {labels.shape[0]} × {labels.shape[1]}. Read them with axes='yx'."
        )
        raise TissueError(message, code="P106")
