"""One table of the tables of several layers: a session looks at all images, a threshold holds in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.napari_plugin.cells import CellTable

__all__ = ["join_tables"]


def join_tables(parts: Sequence[tuple[str, CellTable]]) -> tuple[CellTable, list[tuple[CellTable, int]]]:
    """One table of several, and for each its own table and the row at which it starts.

    Layers that share an AnnData share its rows. A table without a column of images gets the layer's name as its image.

    Parameters
    ----------
    parts
        Name of the layer and its table.

    Raises
    ------
    InputError
        N104 when a cell is in two of the tables.
    """
    found: list[tuple[CellTable, int]] = []
    kept: list[tuple[CellTable, CellTable]] = []
    start = 0
    for name, table in parts:
        same = next(
            (n for n, (one, _) in enumerate(kept) if table.origin is not None and one.origin is table.origin), None
        )
        if same is not None:
            found.append(next(pair for pair in found if pair[0] is kept[same][0]))
            continue
        found.append((table, start))
        kept.append((table, table if len(parts) == 1 or table.region_column else _in_image(table, name)))
        start += table.n_obs
    if len(kept) == 1:
        return kept[0][0], found
    whole = [one for _, one in kept]
    names = tuple(name for one in whole for name in one.names)
    if len(set(names)) < len(names):
        names = tuple(f"{where}/{name}" for one in whole for where, name in zip(one.region, one.names, strict=True))
    if len(set(names)) < len(names):
        shared = len(names) - len(set(names))
        message = f"The selected layers share cells: {shared:,} stand in two tables. Select each image once."
        raise InputError(message, code="N104")
    return CellTable(
        names,
        np.concatenate([one.region for one in whole]),
        None if any(one.instance is None for one in whole) else np.concatenate([_ids(one) for one in whole]),
        pd.concat([one.obs for one in whole], ignore_index=True),
        pd.concat([one.markers for one in whole], ignore_index=True),
        whole[0].instance_column,
        whole[0].region_column or "layer",
    ), found


def _ids(table: CellTable) -> NDArray[np.object_]:
    return np.empty(0, dtype=object) if table.instance is None else table.instance


def _in_image(table: CellTable, name: str) -> CellTable:
    return replace(table, region=np.full(table.n_obs, name, dtype=object))
