"""Points before they are brought together with a table: where they lie, and the ids that a layer gives them.

napari keeps the ids of points in ``metadata["indices"]``. Ids that are there are used or refused, never passed over: a
layer whose ids were ignored would be joined by position, and show each cell with the values of another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import InputError
from resistype.napari_plugin.cells import as_keys

__all__ = ["check_points"]


def check_points(layer: Any, ids: Any, *, has_ids: bool) -> None:
    """Every point has a place; where the layer has ids, one each, each once, and the table has ids to meet them.

    Raises
    ------
    InputError
        N104 when an id is there twice, N105 when ids cannot be used, N113 for a point without a place.
    """
    n_points, name = len(layer.data), repr(layer.name)
    nowhere = int((~np.isfinite(np.asarray(layer.data, dtype=np.float64)).all(axis=1)).sum())
    if nowhere:
        message = (
            f"{nowhere:,} of {n_points:,} points of {name} have no finite place. Remove them, or give their x and y."
        )
        raise InputError(message, code="N113")
    if ids is None:
        return
    if len(ids) != n_points or not has_ids:
        lacks = f"{len(ids):,} ids" if has_ids else "ids, and its table has no column of ids"
        message = (
            f'{name} has {n_points:,} points and {lacks}: layer.metadata["indices"]. Give one id a point and name the '
            'column that holds them, layer.metadata["instance_key"]; or remove them to join by position.'
        )
        raise InputError(message, code="N105")
    keys = as_keys(ids)
    twice = keys[(keys != "") & pd.Index(keys).duplicated()]
    if len(twice):
        message = f"{len(twice):,} ids of points of {name} occur more than once ({twice[0]} …). Give each its own."
        raise InputError(message, code="N104")
