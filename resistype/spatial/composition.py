"""Which kinds of cells a region of interest holds, beside the rest of the image or another ROI.

Counts, shares and Wilson's intervals are those of `resistype.cohort.composition`; nothing is computed a second way.
The intervals speak of cells of these images, not of patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.spatial.rois import Roi, in_roi
from resistype.spatial.tissue import Tissue
from resistype.text import listed

__all__ = ["roi_composition", "roi_difference"]

REST, MIN_CELLS = "rest", 50


def roi_composition(
    tissue: Tissue,
    roi: Roi | Sequence[Roi],
    *,
    against: Roi | Sequence[Roi] | None = None,
    by_region: bool = False,
    min_cells: int = MIN_CELLS,
) -> pd.DataFrame:
    """Share of every kind in a ROI and in what it is compared with.

    Parameters
    ----------
    tissue
        Cells.
    roi
        One polygon, or several that are taken together.
    against
        Another ROI; without it, the rest of the images that `roi` lies over, where there is any.
    by_region
        One composition an image, instead of one over all images.
    min_cells
        Groups with fewer cells have counts but no shares, and say why.

    Returns
    -------
    DataFrame
        One row a group (and region) and kind: group, region, kind, numerator, denominator, share, low, high, reason.

    Raises
    ------
    TissueError
        P114 when the two ROIs share cells, P109 when one holds none; P110 when a region is not there.

    Examples
    --------
    >>> from resistype.spatial import Roi, read_tissue
    >>> cells = pd.DataFrame({"x": range(100), "y": 0, "phenotype": ["T"] * 60 + ["M"] * 40})
    >>> box = Roi("A", [[-1, -1], [-1, 79], [1, 79], [1, -1]])
    >>> found = roi_composition(read_tissue(cells, unit="um"), box, min_cells=10)
    >>> found.set_index(["group", "kind"])["numerator"].to_dict()
    {('A', 'M'): 20, ('A', 'T'): 60, ('rest', 'M'): 20, ('rest', 'T'): 0}
    """
    from resistype.cohort.composition import composition  # noqa: PLC0415  loads schemes and their compiled kernels

    group = _groups(tissue, roi, against)
    cells = pd.DataFrame({"group": group, "region": tissue.region, "kind": tissue.kind})
    cells = cells[cells["group"] != ""]
    by = ["group", "region"] if by_region else ["group"]
    return composition(cells, "kind", by=by, min_cells=min_cells)


def _groups(tissue: Tissue, roi: Roi | Sequence[Roi], against: Roi | Sequence[Roi] | None) -> NDArray[Any]:
    first, name = in_roi(tissue, roi), _name(roi)
    if against is None:
        drawn = [roi] if isinstance(roi, Roi) else roi
        own = [one.region if one.region is not None else tissue.regions[0] for one in drawn]
        second, other = np.isin(np.asarray(tissue.region), own) & ~first, REST
    else:
        second, other = in_roi(tissue, against), _name(against)
    both = int((first & second).sum())
    if both or other == name:
        message = f"ROI {name!r} and {other!r} share {both} cells, or a name; compare ROIs that do not overlap."
        raise TissueError(message, code="P114")
    for mask, title in ((first, name), (second, other)):
        if not mask.any() and title != REST:
            raise TissueError(f"There is no cell in {title!r}; draw it over cells of its image.", code="P109")
    return np.where(first, name, np.where(second, other, ""))


def _name(roi: Roi | Sequence[Roi]) -> str:
    return roi.name if isinstance(roi, Roi) else " + ".join(dict.fromkeys(one.name for one in roi))


def roi_difference(shares: pd.DataFrame) -> pd.DataFrame:
    """Difference of every share between the two groups of a composition, with a bootstrap interval over cells.

    Parameters
    ----------
    shares
        From `roi_composition` without `by_region`.

    Returns
    -------
    DataFrame
        One row a kind: kind, first, second, difference (first less second), low, high. NaN where a share was refused.

    Raises
    ------
    TissueError
        P114 when there are not two groups, each with every kind once.
    """
    from resistype.cohort.composition import share_change  # noqa: PLC0415  as above

    names = sorted(dict.fromkeys(shares["group"]), key=lambda name: name == REST)
    if len(names) != 2 or shares.duplicated(["group", "kind"]).any():
        message = (
            f"A difference needs the shares of two groups, each once; these have {listed(sorted(names))}. Take "
            "roi_composition without by_region."
        )
        raise TissueError(message, code="P114")
    first, second = (shares[shares["group"] == name].set_index("kind") for name in names)
    rows = []
    for kind in first.index:
        one, two = first.loc[kind], second.loc[kind]
        if pd.isna(one["share"]) or pd.isna(two["share"]):
            rows.append((kind, *names, np.nan, np.nan, np.nan))
            continue
        before, after = ((int(part["numerator"]), int(part["denominator"])) for part in (two, one))
        change = share_change(before, after)
        rows.append((kind, *names, change.value, change.low, change.high))
    return pd.DataFrame(rows, columns=["kind", "first", "second", "difference", "low", "high"])
