"""Matrices in h5ad, 10x h5 and zarr, read without anndata; and whole AnnData files for views that
show more.

anndata loads everything in a file, layers and graphs included. Scoring needs one matrix, the two
lists of names and the table of cells; reading these four leaves the rest on disk and also covers
files of anndata 0.6.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression.gene_rows import clean_genes
from resistype.expression.limits import check_folder, check_h5, check_sparse
from resistype.expression.matrix import Raw, bare_obs
from resistype.expression.store import (
    Backed,
    Store,
    arrow_index,
    as_csr,
    names_in,
    open_store,
    part_of,
)
from resistype.expression.tenx import GENES, feature_column, not_genes, without
from resistype.expression.units import ReadOptions, Stated, stated_by_log1p
from resistype.text import listed, option

LARGE = 256 << 20
STEP = 1 << 22


# What h5py, zarr and numcodecs raise on damaged files; a size that is a lie ends in OverflowError
# or MemoryError.
DAMAGED = (
    *(OSError, KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError),
    *(OverflowError, MemoryError, EOFError, ArithmeticError, UnicodeError, zlib.error),
)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The root of a store that was looked at first, closed afterwards."""
    store: Store = "zarr" if path.is_dir() else "h5"
    root = None
    try:
        if store == "zarr":
            check_folder(path)
        root = open_store(path, store)
        if store == "h5":
            check_h5(path, root)
        yield root
    except DAMAGED as error:
        if isinstance(error, ExpressionError):
            raise
        message = (
            f"{path} cannot be read as an h5ad, 10x h5 or zarr file:"
            f" {str(error)[:500] or type(error).__name__}. Write the file again from its source."
        )
        raise ExpressionError(message, code="E313") from error
    finally:
        if store == "h5" and root is not None:
            root.close()


def check_file(path: str | Path) -> None:
    """Look at an h5ad or zarr store of a stranger before another library opens it.

    Everything that `read_expression` refuses in it is refused, in all of its matrices, and column
    numbers are read once. Nothing outside of the file is opened.

    Parameters
    ----------
    path
        An h5ad, a 10x h5 file or a zarr folder.

    Raises
    ------
    ExpressionError
        E300 when there is no such file, E313 when it is damaged, E314 when it points elsewhere or
        declares far more than it holds.
    MissingExtraError
        X101 without the extra `h5ad`.

    Examples
    --------
    >>> from resistype.expression import check_file
    >>> check_file("nowhere.h5ad")
    Traceback (most recent call last):
    resistype.errors.ExpressionError: E300 There is no file nowhere.h5ad. Check the path.
    """
    file = Path(path)
    if not file.exists():
        raise ExpressionError(f"There is no file {file}. Check the path.", code="E300")
    if not (file.is_file() or file.is_dir()):
        raise ExpressionError(
            f"{file} is neither a file nor a folder. Give the path of a matrix.", code="E300"
        )
    with _opened(file) as root:
        for name in ("X", "raw/X", *(f"layers/{one}" for one in root.get("layers", ()))):
            if name in root and not hasattr(root[name], "dtype"):
                _check_whole(file, name, root[name])


def _check_whole(path: Path, name: str, element: Any) -> None:
    """Pointer, size and column numbers of one sparse matrix."""
    shape = element.attrs.get("shape", element.attrs.get("h5sparse_shape"))
    if shape is None or len(shape) != 2:
        raise ExpressionError(
            f"{path} is damaged: {name} has no shape. Write the file again.", code="E313"
        )
    rows, columns = int(shape[0]), int(shape[1])
    kind = str(element.attrs.get("encoding-type", element.attrs.get("h5sparse_format", "csr")))
    major = (columns, rows) if kind.startswith("csc") else (rows, columns)
    check_sparse(path, name, element, shape=major)
    places = element["indices"]
    for start in range(0, places.shape[0], STEP):
        part = places[start : start + STEP]
        if int(part.min()) < 0 or int(part.max()) >= major[1]:
            message = (
                f"{path} is damaged: {name} names places outside 0–{major[1] - 1:,}. Write the file"
                " again."
            )
            raise ExpressionError(message, code="E313")


def read_store(path: Path, options: ReadOptions) -> Raw:
    """The matrix of an h5ad, h5mu, loom, 10x h5 or zarr store with its names."""
    store: Store = "zarr" if path.is_dir() else "h5"
    with _opened(path) as root:
        if "row_attrs" in root and "col_attrs" in root:
            return _read_loom(path, root, options)
        if "matrix" in root and "X" not in root:
            return _read_10x(path, root["matrix"], options)
        if "mod" in root and "X" not in root:
            name = choose_modality(list(root["mod"]), options, path.name)
            raw = _read_anndata(path, root, options, store=store, within=f"mod/{name}/")
            return replace(raw, notes=(f"The modality '{name}' was read.", *raw.notes))
        return _read_anndata(path, root, options, store=store)


def choose_modality(names: Sequence[str], options: ReadOptions, source: str) -> str:
    """The modality that was asked for, else ``rna``, else the only one."""
    wanted = options.modality or (
        "rna" if "rna" in names else names[0] if len(names) == 1 else None
    )
    if wanted in names:
        return str(wanted)
    what = f"no modality {wanted!r}" if wanted else "several modalities"
    message = (
        f"{source} has {what}; there are: {listed(names)}. Name one with {option('modality')}."
    )
    raise ExpressionError(message, code="E312")


def _read_anndata(
    path: Path, root: Any, options: ReadOptions, *, store: Store, within: str = ""
) -> Raw:
    place, table = within + "X", within + "var"
    if options.raw:
        place, table = within + "raw/X", within + "raw/var"
    elif options.layer is not None:
        place = f"{within}layers/{options.layer}"
    absent = [name for name in ("obs", "var") if within + name not in root]
    if absent:
        message = (
            f"{path} is not an h5ad file: it has no {' and no '.join(absent)}. Its top level holds:"
            f" {listed(root)}."
        )
        raise ExpressionError(message, code="E317")
    if place not in root:
        layers = listed(root[within + "layers"]) if within + "layers" in root else ""
        raw_too = f"; it has .raw ({option('raw', value=True)})" if within + "raw/X" in root else ""
        message = (
            f"{path} has no {place}; the layers are: {layers or 'none'}{raw_too}. Name one with"
            f" {option('layer')}."
        )
        raise ExpressionError(message, code="E312")
    element = part_of(root, place)
    kind, shape = matrix_kind(element), matrix_shape(element)
    genes, obs = index_names(root[table], options.gene_names), stored_frame(root[within + "obs"])
    if shape != (len(obs), len(genes)):
        message = (
            f"{path} is damaged: {place} is {shape[0]} × {shape[1]}, but obs has {len(obs)} rows,"
            f" var {len(genes)}."
        )
        raise ExpressionError(message, code="E313")
    plain = options.layer is None and not options.raw
    stated = _stated(root, within) if plain else None
    raw = Raw(None, tuple(genes), names_in(obs.index), obs, source=str(path), stated=stated)
    backed = Backed(
        path, place, shape, sparse=kind != "dense", store=store, may_miss=options.nan == "drop"
    )
    kinds = _feature_types(root[table])
    others = not_genes(kinds)
    within_memory = replace(options, backed=False) if others else options
    raw = _with_values(raw, element, backed, kind=kind, options=within_memory)
    return without(raw, others, kinds)


def _feature_types(var: Any) -> list[Any]:
    return _column(var, "feature_types") if is_group(var) and "feature_types" in var else []


def _stated(root: Any, within: str) -> Stated | None:
    """What ``uns["log1p"]`` says: scanpy writes the base there when it takes logs."""
    place = f"{within}uns/log1p"
    if place not in root or not is_group(root[place]):
        return None
    base: Any = root[place]["base"][()] if "base" in root[place] else None
    return stated_by_log1p(float(base) if isinstance(base, int | float | np.number) else None)


def _read_loom(path: Path, root: Any, options: ReadOptions) -> Raw:
    """A loom file: genes × cells, names in row and column attributes."""
    place = "matrix" if options.layer is None else f"layers/{options.layer}"
    rows, columns = root["row_attrs"], root["col_attrs"]
    gene_key = options.gene_names or next((k for k in LOOM_GENES if k in rows), None)
    cell_key = next((k for k in LOOM_CELLS if k in columns), None)
    if place not in root:
        layers = listed(root["layers"]) if "layers" in root else ""
        message = (
            f"{path} has no {place}; the layers are: {layers or 'none'}. Name one with"
            f" {option('layer')}."
        )
        raise ExpressionError(message, code="E312")
    if gene_key is None or gene_key not in rows or cell_key is None:
        message = (
            f"{path} does not say which attribute names the genes or the cells: row attributes are"
            f" {listed(rows)}, column attributes {listed(columns)}. Name the genes' with"
            f" {option('gene_names')}."
        )
        raise ExpressionError(message, code="E311")
    values = np.asarray(root[place][:]).T
    samples = tuple(texts(columns[cell_key]))
    about = {
        str(name): texts(columns[name])
        if columns[name].dtype.kind in "OSU"
        else columns[name][:].tolist()
        for name in columns
        if columns[name].ndim == 1
    }
    obs = pd.DataFrame(about, index=pd.Index(samples, dtype=object))
    note = f"loom: genes are named by the attribute '{gene_key}', cells by '{cell_key}'."
    if values.dtype.kind not in "iufb":
        raise ExpressionError(f"{path}: {place} holds no numbers.", code="E503")
    sparse: Any = sp.csr_matrix(values)
    return Raw(sparse, tuple(texts(rows[gene_key])), samples, obs, (note,), str(path))


LOOM_GENES = (
    "Gene",
    "gene_names",
    "gene",
    "Symbol",
    "symbol",
    "var_names",
    "Accession",
    "gene_ids",
)
LOOM_CELLS = ("CellID", "obs_names", "cell_names", "Cell", "cell_id", "barcode", "Barcode")


def _read_10x(path: Path, group: Any, options: ReadOptions) -> Raw:
    features = group["features"]
    kinds = (
        texts(features["feature_type"])
        if "feature_type" in features
        else [GENES] * len(features["id"])
    )
    ids, names = texts(features["id"]), texts(features["name"])
    column, note = feature_column(names, options)
    genes = texts(features[column]) if column in features else _no_column(column, features)
    shape = (int(group["shape"][1]), int(group["shape"][0]))
    samples = tuple(texts(group["barcodes"]))
    if shape != (len(samples), len(ids)):
        message = (
            f"{path} is damaged: the matrix is {shape[0]} × {shape[1]}, with {len(samples)}"
            f" barcodes, {len(ids)} genes."
        )
        raise ExpressionError(message, code="E313")
    raw = Raw(None, tuple(genes), samples, bare_obs(samples), (note,), str(path))
    others = not_genes(kinds)
    within = replace(options, backed=False) if others else options
    raw = _with_values(
        raw, group, Backed(path, "matrix", shape, sparse=True), kind="csr", options=within
    )
    return without(raw, others, kinds)


def _no_column(column: str, features: Any) -> list[str]:
    message = (
        f"There is no column {column!r} in the features; the columns are:"
        f" {listed(sorted(features))}."
    )
    raise ExpressionError(message, code="E311")


def _with_values(raw: Raw, element: Any, backed: Backed, *, kind: str, options: ReadOptions) -> Raw:
    """The matrix in memory, or the handle to it when it is large and nothing in it must change."""
    if kind == "dense" and element.dtype.kind not in "iufb":
        message = (
            f"{backed.path}: {backed.place} holds {element.dtype}, not numbers. Write numbers"
            " into it."
        )
        raise ExpressionError(message, code="E503")
    if kind != "dense":
        major = backed.shape if kind == "csr" else backed.shape[::-1]
        check_sparse(backed.path, backed.place, element, shape=major)
    why_not = _must_load(raw, kind, options)
    large = _size(element, kind) > LARGE
    if options.backed or (options.backed is None and large):
        if not why_not:
            return replace(raw, values=backed)
        raw = replace(raw, notes=(*raw.notes, f"The matrix was read into memory: {why_not}."))
    return replace(raw, values=load_matrix(element, kind, backed.shape))


def _size(element: Any, kind: str) -> int:
    arrays = [element] if kind == "dense" else [element["data"], element["indices"]]
    return sum(int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize for array in arrays)


def _must_load(raw: Raw, kind: str, options: ReadOptions) -> str:
    """Why a matrix cannot stay on disk; empty when it can."""
    if kind == "csc":
        return (
            "it is stored by columns (CSC) and was turned into rows once; save it as CSR to leave"
            " it on disk"
        )
    if options.orientation == "genes_x_samples":
        return "it had to be turned"
    if options.duplicates != "error" and len(set(clean_genes(raw.genes, options)[0])) < len(
        raw.genes
    ):
        return "genes that occur more than once had to be merged"
    return ""


MANY = 16_384  # names that are text at once


def is_group(element: Any) -> bool:
    """Whether a stored object is a folder of others, not an array."""
    return not hasattr(element, "dtype")


def texts(values: Any) -> list[str]:
    """Stored names as text."""
    return [
        item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
        for item in values[:].tolist()
    ]


def index_names(group: Any, column: str | None = None) -> list[str]:
    """Names in the index of a stored table, or in one of its columns."""
    if not is_group(group):  # a table of anndata 0.6: one array of records
        records = group[:]
        return texts(records[column or records.dtype.names[0]])
    key = column or str(group.attrs.get("_index", "_index"))
    if column is None and "/" in key:
        message = (
            f"{group.name} is damaged: its index is named {key[:60]!r}, as a path is. Write the"
            " file again."
        )
        raise ExpressionError(message, code="E313")
    if key not in group:
        names = ", ".join(sorted(name for name in group if not name.startswith("_")))
        message = f"There is no column {key!r} in {group.name}; the columns are: {names or 'none'}."
        raise ExpressionError(message, code="E311")
    return ["" if item is None or item != item else str(item) for item in _column(group, key)]  # noqa: PLR0124  NaN


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
            f"{categories.name} is damaged: it has {len(names)} categories, and codes beyond. Write"
            " the file again."
        )
        raise ExpressionError(message, code="E313")
    return [names[code] if code >= 0 else None for code in numbers.tolist()]


def stored_frame(group: Any) -> pd.DataFrame:
    """A stored table as a DataFrame indexed by its names; columns of kinds unknown here are left
    out.
    """
    names = _index(group)
    if not is_group(group):
        return pd.DataFrame(index=names)
    key = str(group.attrs.get("_index", "_index"))
    columns = {name: _readable(group, name) for name in group if name not in {key, "__categories"}}
    uneven = [name for name, values in columns.items() if values and len(values) != len(names)]
    if uneven:
        found = f"column {uneven[0]!r} has {len(columns[uneven[0]])} values for {len(names)} names"
        raise ExpressionError(
            f"{group.name} is damaged: {found}. Write the file again.", code="E313"
        )
    kept = {name: values for name, values in columns.items() if len(values) == len(names)}
    return pd.DataFrame(kept, index=names)


def _index(group: Any) -> pd.Index:
    """Names of a stored table. Very many are read in parts and held compactly: they are never
    text all at once.
    """
    key = str(group.attrs.get("_index", "_index")) if is_group(group) else ""
    element: Any = group[key] if key and "/" not in key and key in group else None
    if element is None or is_group(element) or element.ndim != 1 or element.dtype.kind in "iufb":
        return pd.Index(index_names(group), dtype=object)
    if element.shape[0] <= MANY or key in group.get("__categories", ()):
        return pd.Index(index_names(group), dtype=object)
    return arrow_index(
        texts(element[start : start + MANY]) for start in range(0, element.shape[0], MANY)
    )


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
    shape = (
        element.attrs.get("shape", element.attrs.get("h5sparse_shape"))
        if is_group(element)
        else element.shape
    )
    if shape is None or len(shape) != 2:
        message = (
            f"{element.name} is not a matrix: its shape is {shape}. A matrix has rows and columns."
        )
        raise ExpressionError(message, code="E313")
    return int(shape[0]), int(shape[1])


def load_matrix(element: Any, kind: str, shape: tuple[int, int]) -> Any:
    """A stored matrix in memory: an array, or a CSR matrix whatever the stored form."""
    if kind == "dense":
        return np.asarray(element[:])
    data, indices, pointer = (np.asarray(element[key][:]) for key in ("data", "indices", "indptr"))
    other = shape[1] if kind == "csr" else shape[0]
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= other):
        message = (
            f"{element.name} is damaged: it names places outside 0–{other - 1:,}. Write the file"
            " again."
        )
        raise ExpressionError(message, code="E313")
    if kind == "csr":
        return as_csr(data, indices, pointer, shape=shape)
    columns: Any = sp.csc_matrix((data, indices, pointer), shape=shape)
    rows = columns.tocsr()
    return as_csr(rows.data, rows.indices, rows.indptr, shape=shape)
