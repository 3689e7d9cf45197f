"""Names, tables and matrices inside an h5ad or zarr store, read without anndata.

anndata loads everything in a file, layers and graphs included. Scoring needs one matrix, the two lists of names and
the table of cells; reading these four leaves the rest on disk and also covers files of anndata 0.6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ExpressionError

__all__ = ["frame", "index_names", "matrix_kind", "matrix_shape"]


def _texts(values: Any) -> list[str]:
    array = np.asarray(values)
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in array.tolist()]


def index_names(group: Any, column: str | None = None) -> list[str]:
    """Names in the index of a stored table, or in one of its columns.

    Raises
    ------
    ExpressionError
        E311 when the column is not there.
    """
    if not hasattr(group, "keys"):  # a table of anndata 0.6: one array of records
        records = group[:]
        return _texts(records[column or records.dtype.names[0]])
    key = column or str(group.attrs.get("_index", "_index"))
    if key not in group:
        names = ", ".join(sorted(name for name in group if not name.startswith("_")))
        message = f"There is no column {key!r} in {group.name}; the columns are: {names or 'none'}."
        raise ExpressionError(message, code="E311")
    return _texts(_column(group, key))


def _column(group: Any, key: str) -> Any:
    element = group[key]
    if hasattr(element, "keys"):
        if "codes" in element:
            return _categories(element["codes"][:], element["categories"][:])
        values, mask = element["values"][:], element["mask"][:]
        return np.where(mask, None, values.astype(object))
    values = element[:]
    old = group["__categories"] if "__categories" in group else None
    if old is not None and key in old:
        return _categories(values, old[key][:])
    return values


def _categories(codes: Any, categories: Any) -> Any:
    names = np.asarray([*_decoded(categories), None], dtype=object)
    return names[np.where(np.asarray(codes) < 0, len(names) - 1, codes)]


def _decoded(values: Any) -> list[Any]:
    array = np.asarray(values)
    return _texts(array) if array.dtype.kind in "OSUT" else list(array.tolist())


def frame(group: Any) -> pd.DataFrame:
    """A stored table as a DataFrame indexed by its names; columns of kinds unknown here are left out."""
    names = index_names(group)
    if not hasattr(group, "keys"):
        return pd.DataFrame(index=pd.Index(names))
    key = str(group.attrs.get("_index", "_index"))
    columns = {}
    for name in group:
        if name in {key, "__categories"}:
            continue
        values = _column(group, name)
        if np.ndim(values) == 1 and len(values) == len(names):
            columns[name] = _decoded(values) if values.dtype.kind in "SUT" else _plain(values)
    return pd.DataFrame(columns, index=pd.Index(names))


def _plain(values: Any) -> Any:
    if values.dtype.kind != "O":
        return values
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in values]


def matrix_kind(element: Any) -> str:
    """``dense``, ``csr`` or ``csc``."""
    if not hasattr(element, "keys"):
        return "dense"
    kind = str(element.attrs.get("encoding-type", element.attrs.get("h5sparse_format", "")))
    return kind.removesuffix("_matrix")


def matrix_shape(element: Any) -> tuple[int, int]:
    """Shape of a stored matrix."""
    shape = element.shape if not hasattr(element, "keys") else element.attrs.get("shape")
    if shape is None:
        shape = element.attrs["h5sparse_shape"]
    return int(shape[0]), int(shape[1])
