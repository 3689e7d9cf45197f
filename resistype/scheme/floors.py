"""Genes at the floor in a whole cohort, or in one batch of it: a fault of measurement until shown otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.expression.store import columns_of
from resistype.genes import Match

__all__ = ["at_floor", "batch_columns", "batch_floors", "floor_everywhere"]

_AT_LEAST = 3
_ELSEWHERE = 0.5


def at_floor(expression: Expression, match: Match) -> NDArray[np.bool_]:
    """Where a measured gene has the smallest value of its sample, shape (n_obs, n_measured)."""
    stored = columns_of(expression.values, match.columns[match.columns >= 0], rows=slice(0, expression.n_obs))
    return np.asarray(stored <= expression.floor()[:, None] + 1e-9)


def floor_everywhere(expression: Expression, match: Match) -> NDArray[np.bool_]:
    """Genes at the floor in every sample, or without any variation over three samples or more, shape (n_measured,)."""
    low = at_floor(expression, match).all(axis=0)
    if expression.n_obs >= _AT_LEAST:
        stored = columns_of(expression.values, match.columns[match.columns >= 0], rows=slice(0, expression.n_obs))
        if stored.size:
            low |= np.ptp(stored, axis=0) <= 1e-12
    return np.asarray(low)


def batch_columns(table: pd.DataFrame | None, batch: str | None, *, patient: str) -> list[str]:
    """Columns that may be a batch: the one the user names, or all that divide the samples into groups of three or more.

    Raises
    ------
    SamplesError
        E903 when the column named is not there.
    """
    if table is None:
        return []
    if batch is not None:
        if batch not in table.columns:
            columns = ", ".join(map(str, table.columns))
            message = f"The samples table has no column {batch!r} for the batch; its columns are: {columns}."
            raise SamplesError(message, code="E903")
        return [batch]
    found = []
    for name in table.columns:
        sizes = pd.Series(_levels(table[name])).value_counts()
        if name != patient and 2 <= len(sizes) <= len(table) / _AT_LEAST:
            found.append(name)
    return found


def _levels(column: pd.Series) -> NDArray[np.object_]:
    # pandas 3 keeps gaps as gaps when it makes text; here a gap is a batch like any other
    return np.array([str(value) for value in column], dtype=object)


def batch_floors(
    low: NDArray[np.bool_], table: pd.DataFrame, columns: list[str]
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Batches in which genes are at the floor though they are not elsewhere.

    Parameters
    ----------
    low
        From `at_floor`, shape (n_obs, n_measured).
    table
        Samples table in the order of the matrix.
    columns
        From `batch_columns`.

    Yields
    ------
    tuple
        Words for the batch, its samples (n_obs,), its genes (n_measured,).
    """
    for column in columns:
        values = _levels(table[column])
        for level in dict.fromkeys(values):
            inside = values == level
            if inside.sum() < _AT_LEAST or inside.all():
                continue
            genes = low[inside].all(axis=0) & (low[~inside].mean(axis=0) < _ELSEWHERE)
            if genes.any():
                yield f"{column} = {level}", inside, genes
