"""Genes that occur more than once: refused, or merged in the way the user names.

The places of the merged genes are those of their first occurrence. Sparse matrices stay sparse: only the columns that
repeat are handled as dense, so that both forms give the same numbers.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.checks import listed
from resistype.expression.options import ReadOptions, Unit

__all__ = ["merge_duplicates"]


def merge_duplicates(
    values: Any, genes: tuple[str, ...], *, unit: Unit, options: ReadOptions
) -> tuple[Any, tuple[str, ...], list[str]]:
    """Matrix, genes and notes with each gene once.

    Raises
    ------
    ExpressionError
        E801 when genes repeat and no way was chosen; E802 when a sum of logs is asked for.
    """
    places = defaultdict(list)
    for column, name in enumerate(genes):
        places[name].append(column)
    repeated = {name: np.array(columns) for name, columns in places.items() if len(columns) > 1}
    if not repeated:
        return values, genes, []
    words = listed(f"{name} x{len(columns)}" for name, columns in repeated.items())
    if options.duplicates == "error":
        raise _refusal(values, repeated, words)
    if options.duplicates == "sum" and unit not in {"counts", "tpm", "cpm"}:
        message = f"duplicates='sum' adds linear values, but the unit is '{unit}'. Choose 'mean', 'max' or 'first'."
        raise ExpressionError(message, code="E802")
    first = np.array([columns[0] for columns in places.values()], dtype=np.intp)
    spots = {name: place for place, name in enumerate(places)}
    merged = {spots[name]: _merge(_dense(values, columns), options.duplicates) for name, columns in repeated.items()}
    note = (
        f"{len(repeated)} gene names occurred more than once ({words}); duplicates='{options.duplicates}' was applied."
    )
    return _put(values, first, merged), tuple(places), [note]


def _dense(values: Any, columns: NDArray[np.intp]) -> NDArray[Any]:
    part = values[:, columns]
    return np.asarray(part.toarray() if sp.issparse(part) else part)


def _merge(part: NDArray[Any], how: str) -> NDArray[Any]:
    if how == "first":
        return np.asarray(part[:, 0])
    total = part[:, 0].astype(np.float64)
    for column in range(1, part.shape[1]):
        total = np.maximum(total, part[:, column]) if how == "max" else total + part[:, column]
    return np.asarray(total / part.shape[1] if how == "mean" else total)


def _put(values: Any, first: NDArray[np.intp], merged: dict[int, NDArray[Any]]) -> Any:
    spots = np.array(sorted(merged), dtype=np.intp)
    block = np.column_stack([merged[spot] for spot in spots])
    if not sp.issparse(values):
        out = np.asarray(values)[:, first]
        out[:, spots] = block
        return out
    rest = np.setdiff1d(np.arange(first.size), spots)
    joined = sp.hstack([values[:, first[rest]], sp.csr_matrix(block)], format="csr")
    order = np.empty(first.size, dtype=np.intp)
    order[np.concatenate([rest, spots])] = np.arange(first.size)
    out = joined[:, order].tocsr()
    out.sort_indices()
    return out


def _refusal(values: Any, repeated: dict[str, NDArray[np.intp]], words: str) -> ExpressionError:
    differ = 0
    for columns in repeated.values():
        part = _dense(values, columns)
        differ += not np.array_equal(part, np.repeat(part[:, :1], part.shape[1], axis=1), equal_nan=True)
    how = f"values differ in {differ} of them" if differ else "with the same values"
    message = (
        f"{len(repeated)} gene names occur more than once ({words}); {how}. "
        'Choose duplicates="sum" (counts), "mean" or "max".'
    )
    return ExpressionError(message, code="E801")
