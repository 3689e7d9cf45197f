"""Names, tables and matrices inside an h5ad or zarr store, read without anndata.

anndata loads everything in a file, layers and graphs included. Scoring needs one matrix, the two lists of names and
the table of cells; reading these four leaves the rest on disk and also covers files of anndata 0.6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression.names import arrow_index
from resistype.expression.store import as_csr

__all__ = ["frame", "index_names", "is_group", "load", "matrix_kind", "matrix_shape", "texts"]

MANY = 16_384  # names that are text at once


def is_group(element: Any) -> bool:
    """Whether a stored object is a folder of others, not an array."""
    return not hasattr(element, "dtype")


def texts(values: Any) -> list[str]:
    """Stored names as text."""
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in values[:].tolist()]


def index_names(group: Any, column: str | None = None) -> list[str]:
    """Names in the index of a stored table, or in one of its columns.

    Raises
    ------
    ExpressionError
        E311 when the column is not there.
    """
    if not is_group(group):  # a table of anndata 0.6: one array of records
        records = group[:]
        return texts(records[column or records.dtype.names[0]])
    key = column or str(group.attrs.get("_index", "_index"))
    if column is None and "/" in key:
        message = f"{group.name} is damaged: its index is named {key[:60]!r}, as a path is. Write the file again."
        raise ExpressionError(message, code="E313")
    if key not in group:
        names = ", ".join(sorted(name for name in group if not name.startswith("_")))
        message = f"There is no column {key!r} in {group.name}; the columns are: {names or 'none'}."
        raise ExpressionError(message, code="E311")
    return [str(item) for item in _column(group, key)]


def _column(group: Any, key: str) -> list[Any]:
    """Values of one column; None where a category or a nullable value is missing."""
    element = group[key]
    if is_group(element):
        if "codes" in element:
            return _categories(element["codes"][:], element["categories"])
        values, mask = _values(element["values"]), element["mask"][:].tolist()
        return [None if missing else value for value, missing in zip(values, mask, strict=True)]
    if "__categories" in group and key in group["__categories"]:
        return _categories(element[:], group["__categories"][key])
    return _values(element)


def _values(element: Any) -> list[Any]:
    array = element[:]
    return list(array.tolist()) if array.dtype.kind in "iufb" else texts(array)


def _categories(codes: Any, categories: Any) -> list[Any]:
    names, numbers = _values(categories), np.asarray(codes)
    if numbers.dtype.kind not in "iu" or (
        numbers.size and not -1 <= int(numbers.min()) <= int(numbers.max()) < len(names)
    ):
        message = (
            f"{categories.name} is damaged: it has {len(names)} categories, and codes beyond. Write the file again."
        )
        raise ExpressionError(message, code="E313")
    return [names[code] if code >= 0 else None for code in numbers.tolist()]


def frame(group: Any) -> pd.DataFrame:
    """A stored table as a DataFrame indexed by its names; columns of kinds unknown here are left out."""
    names = _index(group)
    if not is_group(group):
        return pd.DataFrame(index=names)
    key = str(group.attrs.get("_index", "_index"))
    columns = {name: _readable(group, name) for name in group if name not in {key, "__categories"}}
    uneven = [name for name, values in columns.items() if values and len(values) != len(names)]
    if uneven:
        found = f"column {uneven[0]!r} has {len(columns[uneven[0]])} values for {len(names)} names"
        raise ExpressionError(f"{group.name} is damaged: {found}. Write the file again.", code="E313")
    kept = {name: values for name, values in columns.items() if len(values) == len(names)}
    return pd.DataFrame(kept, index=names)


def _index(group: Any) -> pd.Index:
    """Names of a stored table. Very many are read in parts and held compactly: they are never text all at once."""
    key = str(group.attrs.get("_index", "_index")) if is_group(group) else ""
    element: Any = group[key] if key and "/" not in key and key in group else None
    if element is None or is_group(element) or element.ndim != 1 or element.dtype.kind in "iufb":
        return pd.Index(index_names(group), dtype=object)
    if element.shape[0] <= MANY or key in group.get("__categories", ()):
        return pd.Index(index_names(group), dtype=object)
    return arrow_index(texts(element[start : start + MANY]) for start in range(0, element.shape[0], MANY))


def _readable(group: Any, name: str) -> list[Any]:
    element = group[name]
    kinds = ({"codes", "categories"}, {"values", "mask"})
    if is_group(element) and not any(kind <= set(element) for kind in kinds):
        return []
    if not is_group(element) and element.ndim != 1:
        return []
    return _column(group, name)


def matrix_kind(element: Any) -> str:
    """``dense``, ``csr`` or ``csc``."""
    if not is_group(element):
        return "dense"
    kind = str(element.attrs.get("encoding-type", element.attrs.get("h5sparse_format", "csr")))
    return kind.removesuffix("_matrix")


def matrix_shape(element: Any) -> tuple[int, int]:
    """Shape of a stored matrix."""
    shape = element.attrs.get("shape", element.attrs.get("h5sparse_shape")) if is_group(element) else element.shape
    if shape is None or len(shape) != 2:
        message = f"{element.name} is not a matrix: its shape is {shape}. A matrix has rows and columns."
        raise ExpressionError(message, code="E313")
    return int(shape[0]), int(shape[1])


def load(element: Any, kind: str, shape: tuple[int, int]) -> Any:
    """A stored matrix in memory: an array, or a CSR matrix whatever the stored form."""
    if kind == "dense":
        return np.asarray(element[:])
    data, indices, pointer = (np.asarray(element[key][:]) for key in ("data", "indices", "indptr"))
    other = shape[1] if kind == "csr" else shape[0]
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= other):
        message = f"{element.name} is damaged: it names places outside 0–{other - 1:,}. Write the file again."
        raise ExpressionError(message, code="E313")
    if kind == "csr":
        return as_csr(data, indices, pointer, shape=shape)
    columns: Any = sp.csc_matrix((data, indices, pointer), shape=shape)
    rows = columns.tocsr()
    return as_csr(rows.data, rows.indices, rows.indptr, shape=shape)
