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
from resistype.expression.options import ReadOptions, Unit
from resistype.expression.store import columns_of, is_scipy
from resistype.text import listed, plural

__all__ = ["merge_duplicates"]

COMPARED = 2_000  # rows looked at to say whether values differ


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
    spots = {name: place for place, name in enumerate(places)}
    first = np.array([columns[0] for columns in places.values()], dtype=np.intp)
    merged = {spots[name]: _merge(values, columns, options.duplicates) for name, columns in repeated.items()}
    many = plural(len(repeated), "gene name", "gene names")
    note = f"{many} occurred more than once ({words}); duplicates='{options.duplicates}' was applied."
    return _put(values, first, merged), tuple(places), [note]


def _merge(values: Any, columns: NDArray[np.intp], how: str) -> NDArray[Any]:
    part = columns_of(values, columns, rows=slice(0, values.shape[0]))
    total = part[:, 0].copy()
    if how == "first":
        return total
    for place in range(1, columns.size):
        total = np.maximum(total, part[:, place]) if how == "max" else total + part[:, place]
    return total / columns.size if how == "mean" else total


def _put(values: Any, first: NDArray[np.intp], merged: dict[int, NDArray[Any]]) -> Any:
    """The first column of each gene, the merged ones in their places."""
    spots = np.array(sorted(merged), dtype=np.intp)
    block = np.column_stack([merged[spot] for spot in spots]).astype(values.dtype)
    if not is_scipy(values):
        out = np.asarray(values)[:, first]
        out[:, spots] = block
        return np.ascontiguousarray(out)
    rest = np.setdiff1d(np.arange(first.size), spots)
    dense_part: Any = sp.csr_matrix(block)
    joined: Any = sp.hstack([values[:, first[rest]], dense_part], format="csr")
    order = np.empty(first.size, dtype=np.intp)
    order[np.concatenate([rest, spots])] = np.arange(first.size)
    out = joined[:, order].tocsr()
    out.sort_indices()
    return out


def _refusal(values: Any, repeated: dict[str, NDArray[np.intp]], words: str) -> ExpressionError:
    rows, differ = slice(0, min(COMPARED, values.shape[0])), 0
    for columns in repeated.values():
        part = columns_of(values, columns, rows=rows)
        differ += not np.array_equal(part, np.repeat(part[:, :1], columns.size, axis=1), equal_nan=True)
    many = plural(len(repeated), "gene name occurs", "gene names occur")
    how = f"values differ in {differ} of them" if differ else "their values are the same"
    message = f'{many} more than once ({words}); {how}. Choose duplicates="sum" (counts), "mean" or "max".'
    return ExpressionError(message, code="E801")
