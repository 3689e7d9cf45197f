"""Do points lie on their cells? Their ids are looked up on a mask, as drawn and swapped.

Readers differ in the order of ``obsm["spatial"]``: Visium, Xenium and CosMx store (x, y), steinbock
stores (y, x). What can be tested is not assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from napari.layers import Labels, Points

from resistype.errors import InputError
from resistype.napari_plugin.callbacks import ONE_IMAGE
from resistype.napari_plugin.cells import CellTable
from resistype.napari_plugin.layers import MARK, Bound, region_of
from resistype.systems.tissue import MaskMatch, TissueColumns, match_mask, read_tissue


def points_on_mask(bound: Bound, table: CellTable, mask: Any) -> MaskMatch | None:
    """How drawn points and a mask fit; None where the rows have no ids that a mask could hold."""
    rows = bound.rows[bound.rows >= 0]
    ids = None if table.instance is None else table.instance[rows]
    if ids is None or not len(ids) or not all(str(one).isdecimal() for one in ids):
        return None
    xy = bound.coordinates(table.n_obs)[rows]
    region = bound.region or ONE_IMAGE
    cells = pd.DataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "region": region, "id": ids.astype(np.int64)}
    )
    columns = TissueColumns(region="region", instance="id", kind=None)
    return match_mask(
        read_tissue(cells, scale_um=1.0, columns=columns), np.asarray(mask), strict=False
    )


def axis_hint(viewer: Any, table: CellTable, bounds: Sequence[Bound]) -> str:
    """A sentence for points that a mask shows to be swapped, or to lie on other cells."""
    said = []
    masks = [one for one in viewer.layers if isinstance(one, Labels) and MARK not in one.metadata]
    masks = [one for one in masks if not one.multiscale and one.ndim == 2]
    for bound in (one for one in bounds if one.raster is None):
        for mask in masks:
            if region_of(mask, table) not in (bound.region, None):
                continue
            found = points_on_mask(bound, table, mask.data)
            if found is None or not found.n_both:
                continue
            shares = (
                f"{found.agree_yx:.0%} of the cells lie on their label when swapped, "
                f"{found.agree_xy:.0%} as drawn"
            )
            if found.order == "yx":
                said.append(
                    f"{bound.name}: x and y are swapped ({shares}, on {mask.name!r}). Swap x and y."
                )
            elif found.order == "unclear":
                said.append(
                    f"{bound.name}: the points do not fit the mask {mask.name!r} ({shares})."
                )
    return " ".join(said)


def swap_axes(layer: Any) -> None:
    """Swap x and y of a Points layer."""
    if not isinstance(layer, Points) or MARK in layer.metadata:
        raise InputError("Select the Points layer whose x and y are to be swapped.", code="N108")
    data = np.array(layer.data)
    data[:, -2:] = data[:, :-3:-1]
    layer.data = data
