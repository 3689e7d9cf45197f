"""Matrices in h5ad, 10x h5 and zarr: in memory when small, left on disk when large."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from resistype.errors import ExpressionError
from resistype.expression import stored
from resistype.expression.checks import clean_genes
from resistype.expression.guard import check_folder, check_h5, check_sparse
from resistype.expression.names import names_in
from resistype.expression.options import ReadOptions
from resistype.expression.raw import Raw, bare_obs
from resistype.expression.store import Backed, Store, open_store, part_of
from resistype.text import listed, plural

__all__ = ["check_file", "read_store"]

LARGE = 256 << 20
STEP = 1 << 22
GENES = "Gene Expression"


# What h5py, zarr and numcodecs raise on damaged files; a size that is a lie ends in OverflowError or MemoryError.
DAMAGED = (
    *(OSError, KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError),
    *(OverflowError, MemoryError, EOFError, ArithmeticError, UnicodeError, zlib.error),
)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The root of a store that was looked at first, closed afterwards.

    Raises
    ------
    ExpressionError
        E314 when it points elsewhere, E313 for whatever the libraries raise on a damaged file.
    """
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
            f"{path} cannot be read as an h5ad, 10x h5 or zarr file: {str(error)[:500] or type(error).__name__}. "
            "Write the file again from its source."
        )
        raise ExpressionError(message, code="E313") from error
    finally:
        if store == "h5" and root is not None:
            root.close()


def check_file(path: str | Path) -> None:
    """Look at an h5ad or zarr store of a stranger before another library opens it.

    Everything that `read_expression` refuses in it is refused, in all of its matrices, and column numbers are read
    once. Nothing outside of the file is opened.

    Parameters
    ----------
    path
        An h5ad, a 10x h5 file or a zarr folder.

    Raises
    ------
    ExpressionError
        E300 when there is no such file, E313 when it is damaged, E314 when it points elsewhere or declares far more
        than it holds.
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
        raise ExpressionError(f"{file} is neither a file nor a folder. Give the path of a matrix.", code="E300")
    with _opened(file) as root:
        for name in ("X", "raw/X", *(f"layers/{one}" for one in root.get("layers", ()))):
            if name in root and not hasattr(root[name], "dtype"):
                _check_whole(file, name, root[name])


def _check_whole(path: Path, name: str, element: Any) -> None:
    """Pointer, size and column numbers of one sparse matrix."""
    shape = element.attrs.get("shape", element.attrs.get("h5sparse_shape"))
    if shape is None or len(shape) != 2:
        raise ExpressionError(f"{path} is damaged: {name} has no shape. Write the file again.", code="E313")
    rows, columns = int(shape[0]), int(shape[1])
    kind = str(element.attrs.get("encoding-type", element.attrs.get("h5sparse_format", "csr")))
    major = (columns, rows) if kind.startswith("csc") else (rows, columns)
    check_sparse(path, name, element, shape=major)
    places = element["indices"]
    for start in range(0, places.shape[0], STEP):
        part = places[start : start + STEP]
        if int(part.min()) < 0 or int(part.max()) >= major[1]:
            message = f"{path} is damaged: {name} names places outside 0–{major[1] - 1:,}. Write the file again."
            raise ExpressionError(message, code="E313")


def read_store(path: Path, options: ReadOptions) -> Raw:
    """The matrix of an h5ad, 10x h5 or zarr store with its names.

    Raises
    ------
    ExpressionError
        E311 and E312 when a column or layer is not there, E313 when the file is damaged, E314 when it points elsewhere.
    """
    store: Store = "zarr" if path.is_dir() else "h5"
    with _opened(path) as root:
        if "matrix" in root and "X" not in root:
            return _read_10x(path, root["matrix"], options)
        return _read_anndata(path, root, options, store=store)


def _read_anndata(path: Path, root: Any, options: ReadOptions, *, store: Store) -> Raw:
    place = "X" if options.layer is None else f"layers/{options.layer}"
    absent = [name for name in ("obs", "var") if name not in root]
    if absent:
        message = (
            f"{path} is not an h5ad file: it has no {' and no '.join(absent)}. Its top level holds: {listed(root)}."
        )
        raise ExpressionError(message, code="E317")
    if place not in root:
        layers = listed(root["layers"]) if "layers" in root else ""
        message = f"{path} has no {place}; the layers are: {layers or 'none'}. Name one with layer=."
        raise ExpressionError(message, code="E312")
    element = part_of(root, place)
    kind, shape = stored.matrix_kind(element), stored.matrix_shape(element)
    genes, obs = stored.index_names(root["var"], options.gene_names), stored.frame(root["obs"])
    if shape != (len(obs), len(genes)):
        message = (
            f"{path} is damaged: {place} is {shape[0]} × {shape[1]}, but obs has {len(obs)} rows, var {len(genes)}."
        )
        raise ExpressionError(message, code="E313")
    raw = Raw(None, tuple(genes), names_in(obs.index), obs, source=str(path))
    backed = Backed(path, place, shape, sparse=kind != "dense", store=store, may_miss=options.nan == "drop")
    return _with_values(raw, element, backed, kind=kind, options=options)


def _read_10x(path: Path, group: Any, options: ReadOptions) -> Raw:
    features = group["features"]
    kinds = stored.texts(features["feature_type"]) if "feature_type" in features else [GENES] * len(features["id"])
    ids, names = stored.texts(features["id"]), stored.texts(features["name"])
    unique = len(set(names)) == len(names)
    column = options.gene_names or ("name" if unique else "id")
    genes = stored.texts(features[column]) if column in features else _no_column(column, features)
    why = "" if unique or options.gene_names else "; some symbols occur more than once, so the ids are used"
    notes = [f"10x h5: genes are named by the column '{column}'{why}."]
    shape = (int(group["shape"][1]), int(group["shape"][0]))
    samples = tuple(stored.texts(group["barcodes"]))
    if shape != (len(samples), len(ids)):
        message = (
            f"{path} is damaged: the matrix is {shape[0]} × {shape[1]}, with {len(samples)} barcodes, {len(ids)} genes."
        )
        raise ExpressionError(message, code="E313")
    raw = Raw(None, tuple(genes), samples, bare_obs(samples), tuple(notes), str(path))
    others = [place for place, kind in enumerate(kinds) if kind != GENES]
    within = replace(options, backed=False) if others else options
    raw = _with_values(raw, group, Backed(path, "matrix", shape, sparse=True), kind="csr", options=within)
    return _without(raw, others) if others else raw


def _no_column(column: str, features: Any) -> list[str]:
    message = f"There is no column {column!r} in the features; the columns are: {listed(sorted(features))}."
    raise ExpressionError(message, code="E311")


def _without(raw: Raw, others: list[int]) -> Raw:
    keep = np.setdiff1d(np.arange(len(raw.genes)), others)
    note = f"{plural(len(others), 'feature is', 'features are')} not of the type 'Gene Expression' and were left out."
    genes = tuple(raw.genes[place] for place in keep)
    return replace(raw, values=raw.values[:, keep], genes=genes, notes=(*raw.notes, note))


def _with_values(raw: Raw, element: Any, backed: Backed, *, kind: str, options: ReadOptions) -> Raw:
    """The matrix in memory, or the handle to it when it is large and nothing in it must change."""
    if kind == "dense" and element.dtype.kind not in "iufb":
        message = f"{backed.path}: {backed.place} holds {element.dtype}, not numbers. Write numbers into it."
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
    return replace(raw, values=stored.load(element, kind, backed.shape))


def _size(element: Any, kind: str) -> int:
    arrays = [element] if kind == "dense" else [element["data"], element["indices"]]
    return sum(int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize for array in arrays)


def _must_load(raw: Raw, kind: str, options: ReadOptions) -> str:
    """Why a matrix cannot stay on disk; empty when it can."""
    if kind == "csc":
        return "it is stored by columns (CSC) and was turned into rows once; save it as CSR to leave it on disk"
    if options.orientation == "genes_x_samples":
        return "it had to be turned"
    if options.duplicates != "error" and len(set(clean_genes(raw.genes, options)[0])) < len(raw.genes):
        return "genes that occur more than once had to be merged"
    return ""
