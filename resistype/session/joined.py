"""What comes beside the observations, coordinates and a design, brought into their order by name.

A table whose rows have names is joined by these; an array, or a table whose rows are only numbered, by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError, complain

__all__ = ["coordinates", "in_order"]


def in_order(table: pd.DataFrame, samples: Sequence[str]) -> pd.DataFrame:
    """The rows of the observations, in their order; a table whose rows are only numbered is given back as it is.

    Raises
    ------
    ValueError
        When an observation has no row, or a name stands twice.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "a"])
    >>> in_order(table, ["a", "b"])["x"].tolist()
    [2.0, 1.0]
    """
    if isinstance(table.index, pd.RangeIndex):
        return table
    rows, wanted = pd.Index([str(name) for name in table.index]), pd.Index([str(name) for name in samples])
    absent = int((~wanted.isin(rows)).sum())
    if absent or rows.has_duplicates:
        what = f"{absent} observations are not among its rows" if absent else "a name of its rows occurs twice"
        message = f"{what}; its rows need the names of the observations, or give them in their order without names"
        raise ValueError(message)
    return table.iloc[rows.get_indexer(wanted)]


def coordinates(given: Mapping[str, Any], samples: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Coordinates by name, float32 of shape (n_obs, 2), in the order of the observations; NaN where there is no place.

    Raises
    ------
    InputError
        V124 for coordinates that do not fit, all of them at once.
    """
    found, wrong = {}, []
    for name, one in given.items():
        try:
            ordered = in_order(one, samples) if isinstance(one, pd.DataFrame) else one
        except ValueError as error:
            wrong.append(f"embedding {name!r}: {error}")
            continue
        try:
            points = np.asarray(ordered, dtype=np.float32)
        except (TypeError, ValueError) as error:
            wrong.append(f"embedding {name!r} cannot be read as numbers: {str(error)[:200]}; give numbers")
            continue
        if points.ndim != 2 or points.shape[0] != len(samples) or points.shape[1] < 2:
            wrong.append(f"embedding {name!r} has shape {points.shape}; ({len(samples)}, 2) is needed")
        else:
            found[str(name)] = np.ascontiguousarray(points[:, :2])
    complain(wrong, InputError, code="V124", subject="Embeddings")
    return found
