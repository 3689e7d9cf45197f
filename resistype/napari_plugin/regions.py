"""Shapes drawn in napari as regions of interest: which cells lie in them, and what kinds those are.

A drawn shape is brought into the pixels of each image that it lies over, so that scale, shift and
rotation of the layers count. It becomes a region of the session as well: it is logged, and the
notebook sees it. A cell is inside when its centre is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from napari.layers import Shapes
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.napari_plugin.callbacks import ONE_IMAGE, embedding_of
from resistype.napari_plugin.layers import Bound
from resistype.napari_plugin.view import TissueView
from resistype.systems.tissue import Roi, roi_composition, roi_difference

CORNERS = 64
CLOSED = ("polygon", "rectangle", "ellipse")


@dataclass(frozen=True, eq=False)
class Annotations:
    """Drawn polygons by name, one for each image they lie over, and what was left out and why."""

    rois: dict[str, list[Roi]]
    left_out: tuple[str, ...]


def shapes_of(viewer: Any) -> Any:
    """The Shapes layer that is meant: the one that is selected, else the last."""
    every = [one for one in viewer.layers if isinstance(one, Shapes)]
    chosen = [one for one in every if one in viewer.layers.selection] or every[-1:]
    if not chosen:
        raise InputError(
            "There is no Shapes layer: add one and draw a region over your cells.", code="N130"
        )
    return chosen[0]


def _corners(kind: str, data: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of a shape; an ellipse is given by the four of the box around it."""
    if kind != "ellipse":
        return data
    middle, half_a, half_b = data.mean(axis=0), (data[1] - data[0]) / 2, (data[3] - data[0]) / 2
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    return np.asarray(middle + np.outer(np.cos(turn), half_a) + np.outer(np.sin(turn), half_b))


def _names(shapes: Any) -> list[str]:
    """Names of the shapes: from the feature ``name``, else the layer's name and a number.

    Each once.
    """
    n = len(shapes.data)
    given = shapes.features["name"].astype(str).tolist() if "name" in shapes.features else [""] * n
    names = [
        name if name and name != "nan" else f"{shapes.name} {at + 1}"
        for at, name in enumerate(given)
    ]
    return [
        name if names.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(names)
    ]


def drawn_rois(view: TissueView, shapes: Any, only: Iterable[int] | None = None) -> Annotations:
    """Regions of a Shapes layer."""
    rois: dict[str, list[Roi]] = {}
    left: list[str] = []
    chosen = set(range(len(shapes.data)) if only is None else only)
    for at, (name, kind, data) in enumerate(
        zip(_names(shapes), shapes.shape_type, shapes.data, strict=True)
    ):
        if at not in chosen:
            continue
        if kind not in CLOSED:
            left.append(f"{name}: a {kind} has no inside")
            continue
        world = [
            shapes.data_to_world(corner)
            for corner in _corners(kind, np.asarray(data, dtype=np.float64))
        ]
        found = [roi for one in view.bounds if (roi := _over(view, one, name, world)) is not None]
        if found:
            rois[name] = found
        else:
            left.append(f"{name}: no cell of an image that is shown lies in it")
    if not rois:
        said = "; ".join(left) or "it is empty"
        message = (
            f"{shapes.name!r} holds no region over cells ({said}). Draw a polygon, rectangle or "
            "ellipse over them."
        )
        raise InputError(message, code="N130")
    return Annotations(rois, tuple(left))


def _over(view: TissueView, bound: Bound, name: str, world: Sequence[Any]) -> Roi | None:
    """The region in the pixels of one image.

    None where it holds no cell of it or the image is not shown.
    """
    source = bound.source()
    if source is None or not any(layer.visible for layer in bound.layers):
        return None
    yx = np.array([np.asarray(source.world_to_data(corner))[-2:] for corner in world])
    roi = Roi(name, yx, bound.region or ONE_IMAGE)
    low, high = roi.xy.min(axis=0), roi.xy.max(axis=0)
    xy = bound.coordinates(view.table.n_obs)
    with np.errstate(invalid="ignore"):
        near = ((xy >= low) & (xy <= high)).all(axis=1)
    return roi if near.any() else None


def keep_regions(view: TissueView, drawn: Annotations) -> None:
    """Make the regions known to the session, in place of older ones of the same name."""
    known = {one.name: one for one in view.session.state.regions}
    for name, rois in drawn.rois.items():
        for roi in rois:
            full = name if len(rois) == 1 else f"{name} on {roi.region}"
            corners = tuple((float(np.float32(x)), float(np.float32(y))) for x, y in roi.xy)
            embedding = embedding_of("" if roi.region == ONE_IMAGE else str(roi.region))
            if full in known and known[full].corners == corners:
                continue
            if full in known:
                view.session.remove_region(full)
            view.session.add_region(full, embedding, corners)


def compose(
    view: TissueView,
    first: Sequence[Roi],
    second: Sequence[Roi] | None = None,
    *,
    by_image: bool = False,
) -> pd.DataFrame:
    """Kinds of cells in a region beside the rest of its images, or beside another region."""
    tissue, _ = view.tissue()
    against = None if second is None else list(second)
    shares = roi_composition(tissue, list(first), against=against, by_region=by_image)
    mine = shares["group"] == first[0].name
    shares = pd.concat([shares[mine], shares[~mine]], ignore_index=True)
    if by_image:
        return shares
    change = roi_difference(shares).set_index("kind")
    shares["difference"] = shares["kind"].map(change["difference"])
    shares["difference_low"] = shares["kind"].map(change["low"])
    shares["difference_high"] = shares["kind"].map(change["high"])
    return shares


def compose_text(shares: pd.DataFrame) -> list[tuple[str, ...]]:
    """Lines of a composition for a panel.

    Group, kind, n of total, share with its interval or why there is none.
    """
    lines: list[tuple[str, ...]] = []
    for row in shares.to_dict("records"):
        group = f"{row['group']} · {row['region']}" if "region" in row else str(row["group"])
        n = f"{row['numerator']:,} of {row['denominator']:,}"
        share = (
            f"{row['proportion']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
            if row["proportion"] == row["proportion"]
            else ""
        )
        lines.append((group, str(row["kind"]), n, share or str(row["reason"])))
    return lines
