"""Who lives near whom: neighbours within a radius, and the nearest cell of a kind. Distances in µm,
images apart.

Pairs of neighbours come from scipy's k-d tree, strip by strip of the image so that only some
millions of pairs are held at a time, and are counted by kind. A cell exactly `radius_um` away is a
neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from resistype._renamed import renamed
from resistype.errors import TissueError
from resistype.systems.tissue.options import Threshold
from resistype.systems.tissue.rois import Roi, in_roi
from resistype.systems.tissue.tissue import Tissue
from resistype.text import listed

Floats = NDArray[np.float64]
PAIRS = 8_000_000  # held at a time


@renamed({"shares": "fractions"})
@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Neighbours of every cell, by kind.

    Attributes
    ----------
    counts
        Shape (n_obs, n_kinds): neighbours of each kind, in the order of the tissue's cells.
    radius_um
        How far a neighbour may be.
    itself
        Whether a cell was counted as its own neighbour.
    """

    counts: pd.DataFrame
    radius_um: float
    itself: bool

    @property
    def n(self) -> pd.Series:
        """Neighbours of each cell."""
        return self.counts.sum(axis=1).rename("n_neighbours")

    @property
    def fractions(self) -> pd.DataFrame:
        """Fraction of each kind among the neighbours, shape (n_obs, n_kinds); NaN for a cell
        without neighbours.
        """
        total = self.n.to_numpy(np.float64)
        return self.counts.div(np.where(total > 0, total, np.nan), axis=0)

    def thresholds(self) -> tuple[Threshold, ...]:
        """The radius, to be shown beside the fractions."""
        whom = "the cell itself counts" if self.itself else "the cell itself does not count"
        return (
            Threshold(
                "radius", self.radius_um, "µm", f"neighbours are at most this far away; {whom}"
            ),
        )


def neighbourhood(
    tissue: Tissue, radius_um: float = 30.0, *, itself: bool = False
) -> Neighbourhood:
    """Neighbours of every cell within a radius, by kind.

    Parameters
    ----------
    tissue
        Cells; those of different regions are never neighbours.
    radius_um
        Radius in µm (ours: 30, about one and a half cells around the cell).
    itself
        Count the cell as its own neighbour. Without it (the default) a share describes the
        surroundings only, and a lonely cell has none; with it every cell has at least one
        neighbour, and its own kind is always there.

    Returns
    -------
    Neighbourhood
        `counts` and `fractions`, both (n_obs, n_kinds).

    Raises
    ------
    TissueError
        P108 when the radius is no number above 0.

    Examples
    --------
    >>> from resistype.systems.tissue import read_tissue
    >>> cells = pd.DataFrame({"x": [0, 10, 20], "y": 0, "phenotype": ["T", "M", "M"]})
    >>> neighbourhood(read_tissue(cells, unit="um"), 10).counts["M"].tolist()
    [1, 1, 1]
    """
    if not 0 < radius_um < np.inf:
        raise TissueError(f"radius_um={radius_um!r}; give µm, a number above 0.", code="P108")
    counts = np.zeros((tissue.n_obs, len(tissue.kinds)), dtype=np.int64)
    for _, rows in tissue.each():
        counts[rows] = _counts(
            tissue.um[rows], tissue.kind.codes[rows], len(tissue.kinds), radius_um
        )
    if itself:
        counts[np.arange(tissue.n_obs), tissue.kind.codes] += 1
    return Neighbourhood(
        pd.DataFrame(counts, index=tissue.obs.index, columns=tissue.kinds), float(radius_um), itself
    )


def _counts(um: Floats, codes: NDArray[np.int8], n_kinds: int, radius: float) -> NDArray[np.int64]:
    """Neighbours by kind without the cell itself, shape (n_cells, n_kinds)."""
    flat = np.zeros(len(um) * n_kinds, dtype=np.int64)
    for one, other in _pairs(um, radius):
        for cell, neighbour in ((one, other), (other, one)):
            flat += np.bincount(cell * n_kinds + codes[neighbour], minlength=flat.size)
    return flat.reshape(len(um), n_kinds)


def _pairs(um: Floats, radius: float) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Every pair of cells at most `radius` apart once, strip by strip along x."""
    order = np.argsort(um[:, 0], kind="stable")
    x = um[order, 0]
    tree = KDTree(um)
    n_strips = (
        min(len(um), 1 + int(tree.count_neighbors(tree, radius)) // (2 * PAIRS)) if len(um) else 0
    )
    for strip in np.array_split(np.arange(len(um)), n_strips) if n_strips else ():
        end = int(np.searchsorted(x, x[strip[-1]] + radius * (1 + 1e-9), side="right"))
        part = order[strip[0] : end]  # the strip, and as much beyond it as a neighbour may be
        pairs = KDTree(um[part]).query_pairs(radius, output_type="ndarray")
        pairs = pairs[pairs[:, 0] < len(strip)]
        yield part[pairs[:, 0]], part[pairs[:, 1]]


def nearest(
    tissue: Tissue, to: str | Sequence[str], *, of: str | Sequence[str] | None = None
) -> pd.Series:
    """Distance of each cell to the nearest cell of some kinds, in µm.

    Parameters
    ----------
    tissue
        Cells; the nearest one is looked for in the same region.
    to
        Kinds to be near to, for example tumour cells.
    of
        Kinds whose distance is asked for, for example T cells; all cells without it. A cell is
        never its own nearest.

    Returns
    -------
    Series
        Shape (n_obs,), in µm, in the order of the tissue's cells. NaN for cells that were not asked
        for, and where the region has no (other) cell of `to`.

    Raises
    ------
    TissueError
        P105 when a kind is not there.

    Examples
    --------
    >>> from resistype.systems.tissue import read_tissue
    >>> cells = pd.DataFrame(
    ...     {"x": [0, 30, 90], "y": [0, 40, 0], "phenotype": ["T", "tumour", "tumour"]}
    ... )
    >>> nearest(read_tissue(cells, unit="um"), "tumour", of="T").tolist()
    [50.0, nan, nan]
    """
    target = tissue.of(to)
    asked = np.ones(tissue.n_obs, dtype=bool) if of is None else tissue.of(of)
    out = np.full(tissue.n_obs, np.nan)
    for _, rows in tissue.each():
        aims, whose = rows[target[rows]], rows[asked[rows]]
        if len(aims) and len(whose):
            out[whose] = _nearest(tissue.um[whose], tissue.um[aims], own=target[whose])
    return pd.Series(out, index=tissue.obs.index, name="distance_um")


def _nearest(um: Floats, aims: Floats, *, own: NDArray[np.bool_]) -> Floats:
    """Distance to the nearest aim; cells that are aims themselves (`own`) skip one distance of
    0.
    """
    distances = np.asarray(KDTree(aims).query(um, k=[1, 2], workers=-1)[0])
    distances[np.isinf(distances)] = np.nan
    return np.where(own, distances[:, 1], distances[:, 0])


# Which kinds of cells a region of interest holds, beside the rest of the image or another ROI.

REST, MIN_CELLS = "rest", 50


def roi_composition(
    tissue: Tissue,
    roi: Roi | Sequence[Roi],
    *,
    against: Roi | Sequence[Roi] | None = None,
    by_region: bool = False,
    min_cells: int = MIN_CELLS,
) -> pd.DataFrame:
    """Fraction of every kind in a ROI and in what it is compared with.

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
        One row per group (and region) and kind: group, region, kind, numerator, denominator,
        proportion, low, high, reason.

    Raises
    ------
    TissueError
        P114 when the two ROIs share cells, P109 when one holds none; P110 when a region is not
        there.

    Examples
    --------
    >>> from resistype.systems.tissue import Roi, read_tissue
    >>> cells = pd.DataFrame({"x": range(100), "y": 0, "phenotype": ["T"] * 60 + ["M"] * 40})
    >>> box = Roi("A", [[-1, -1], [-1, 79], [1, 79], [1, -1]])
    >>> found = roi_composition(read_tissue(cells, unit="um"), box, min_cells=10)
    >>> found.set_index(["group", "kind"])["numerator"].to_dict()
    {('A', 'M'): 20, ('A', 'T'): 60, ('rest', 'M'): 20, ('rest', 'T'): 0}
    """
    # loads schemes and their compiled kernels
    from resistype.samples.composition import composition  # noqa: PLC0415

    group = _groups(tissue, roi, against)
    cells = pd.DataFrame({"group": group, "region": tissue.region, "kind": tissue.kind})
    cells = cells[cells["group"] != ""]
    by = ["group", "region"] if by_region else ["group"]
    return composition(cells, "kind", by=by, min_cells=min_cells)


def _groups(
    tissue: Tissue, roi: Roi | Sequence[Roi], against: Roi | Sequence[Roi] | None
) -> NDArray[Any]:
    first, name = in_roi(tissue, roi), _name(roi)
    if against is None:
        drawn = [roi] if isinstance(roi, Roi) else roi
        own = [one.region if one.region is not None else tissue.regions[0] for one in drawn]
        second, other = np.isin(np.asarray(tissue.region), own) & ~first, REST
    else:
        second, other = in_roi(tissue, against), _name(against)
    both = int((first & second).sum())
    if both or other == name:
        message = (
            f"ROI {name!r} and {other!r} share {both} cells, or a name; compare ROIs that do not"
            " overlap."
        )
        raise TissueError(message, code="P114")
    for mask, title in ((first, name), (second, other)):
        if not mask.any() and title != REST:
            raise TissueError(
                f"There is no cell in {title!r}; draw it over cells of its image.", code="P109"
            )
    return np.where(first, name, np.where(second, other, ""))


def _name(roi: Roi | Sequence[Roi]) -> str:
    return roi.name if isinstance(roi, Roi) else " + ".join(dict.fromkeys(one.name for one in roi))


@renamed({"shares": "proportions"})
def roi_difference(proportions: pd.DataFrame) -> pd.DataFrame:
    """Difference of every share between the two groups of a composition, with a bootstrap interval
    over cells.

    Parameters
    ----------
    proportions
        From `roi_composition` without `by_region`.

    Returns
    -------
    DataFrame
        One row a kind: kind, first, second, difference (first less second), low, high. NaN where a
        share was refused.

    Raises
    ------
    TissueError
        P114 when there are not two groups, each with every kind once.
    """
    from resistype.samples.composition import share_change  # noqa: PLC0415  as above

    names = sorted(dict.fromkeys(proportions["group"]), key=lambda name: name == REST)
    if len(names) != 2 or proportions.duplicated(["group", "kind"]).any():
        message = (
            "A difference needs the proportions of two groups, each once; these have"
            f" {listed(sorted(names))}. Take roi_composition without by_region."
        )
        raise TissueError(message, code="P114")
    first, second = (proportions[proportions["group"] == name].set_index("kind") for name in names)
    rows = []
    for kind in first.index:
        one, two = first.loc[kind], second.loc[kind]
        if pd.isna(one["proportion"]) or pd.isna(two["proportion"]):
            rows.append((kind, *names, np.nan, np.nan, np.nan))
            continue
        before, after = ((int(part["numerator"]), int(part["denominator"])) for part in (two, one))
        change = share_change(before, after)
        rows.append((kind, *names, change.value, change.low, change.high))
    return pd.DataFrame(rows, columns=["kind", "first", "second", "difference", "low", "high"])
