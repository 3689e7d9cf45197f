"""Matrices of 10x Genomics and programs that write like it: a folder of three files, and features
that
are no genes.

A folder holds ``matrix.mtx``, ``features.tsv`` (``genes.tsv`` before Cell Ranger 3) and
``barcodes.tsv``, each plain or gzipped, with or without something before their names. Antibodies,
hashtags and guides stand among the features and are set aside: their counts would move library
sizes.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression.blocks import take_columns
from resistype.expression.matrix import Raw, bare_obs
from resistype.expression.units import ReadOptions
from resistype.safe.tables import as_utf8, content
from resistype.safe.toml import RefusedError
from resistype.text import listed, option, plural

GENES = "Gene Expression"
# scipy before 1.15 always gives a matrix, later ones ask which, and from 1.20 it is an array.
_AS_ARRAY: dict[str, Any] = (
    {"spmatrix": False} if "spmatrix" in inspect.signature(scipy.io.mmread).parameters else {}
)
PARTS = {
    "matrix": ("matrix.mtx",),
    "features": ("features.tsv", "genes.tsv"),
    "barcodes": ("barcodes.tsv", "cells.tsv"),
}


def not_genes(kinds: Sequence[object]) -> list[int]:
    """Places of features that are antibodies, hashtags, guides or peaks."""
    words = {str(kind) for kind in kinds}
    if GENES not in words:
        return []
    return [place for place, kind in enumerate(kinds) if str(kind) != GENES]


def without(raw: Raw, others: Sequence[int], kinds: Sequence[object]) -> Raw:
    """The matrix without features that are no genes."""
    if not others:
        return raw
    keep = np.setdiff1d(np.arange(len(raw.genes)), others)
    which = listed(dict.fromkeys(str(kinds[place]) for place in others))
    note = (
        f"{plural(len(others), 'feature is', 'features are')} not of the type 'Gene Expression'"
        f" ({which}) and"
        " were left out."
    )
    genes = tuple(raw.genes[place] for place in keep)
    return replace(
        raw, values=take_columns(raw.values, keep), genes=genes, notes=(*raw.notes, note)
    )


def feature_column(names: Sequence[str], options: ReadOptions) -> tuple[str, str]:
    """The column of features that names the genes, and a sentence that says so."""
    unique = len(set(names)) == len(names)
    column = options.gene_names or ("name" if unique else "id")
    why = (
        ""
        if unique or options.gene_names
        else "; some symbols occur more than once, so the ids are used"
    )
    return column, f"10x: genes are named by the column '{column}'{why}."


def read_folder(path: Path, options: ReadOptions) -> Raw:
    """The matrix of a 10x folder."""
    inside = sorted(one for one in path.iterdir() if one.is_file())
    parts = {part: _one_of(inside, endings) for part, endings in PARTS.items()}
    absent = [PARTS[part][0] for part, found in parts.items() if len(found) != 1]
    if absent:
        several = [one.name for found in parts.values() if len(found) > 1 for one in found]
        why = (
            f"several of one kind ({listed(several)})"
            if several
            else f"no {' and no '.join(absent)}"
        )
        message = (
            f"{path} is a folder with {why}; it holds:"
            f" {listed(one.name for one in inside) or 'nothing'}. Give the"
            " folder of one 10x matrix (matrix.mtx, features.tsv, barcodes.tsv), a zarr folder, or"
            " a file. Files of"
            " one sample each are joined by: resistype collect FILES --out matrix.parquet"
        )
        raise ExpressionError(message, code="E309")
    features = [line.split("\t") for line in _lines(parts["features"][0])]
    samples = tuple(line.split("\t")[0] for line in _lines(parts["barcodes"][0]))
    matrix = _matrix(parts["matrix"][0])
    if matrix.shape != (len(features), len(samples)):
        message = (
            f"{path} is damaged: the matrix is {matrix.shape[0]} × {matrix.shape[1]}, with"
            f" {len(features)}"
            f" features, {len(samples)} barcodes. Fetch the three files again."
        )
        raise ExpressionError(message, code="E313")
    columns = {
        "id": [row[0] for row in features],
        "name": [row[1] if len(row) > 1 else row[0] for row in features],
    }
    column, note = feature_column(columns["name"], options)
    if column not in columns:
        message = (
            f"There is no column {column!r} in the features for {option('gene_names')}; the"
            " columns are: id, name."
        )
        raise ExpressionError(message, code="E311")
    kinds = [row[2] if len(row) > 2 else GENES for row in features]
    values: Any = sp.csr_matrix(matrix.T)
    values.sort_indices()
    raw = Raw(values, tuple(columns[column]), samples, bare_obs(samples), (note,), str(path))
    return without(raw, not_genes(kinds), kinds)


def _one_of(files: Sequence[Path], endings: tuple[str, ...]) -> list[Path]:
    return [one for one in files if one.name.lower().removesuffix(".gz").endswith(endings)]


def _lines(path: Path) -> list[str]:
    return as_utf8(_bytes(path))[0].decode().splitlines()


def _bytes(path: Path) -> bytes:
    try:
        return content(path).data
    except RefusedError as error:
        code = "E306" if error.invalid else "E307"
        raise ExpressionError(f"{path}: {error}. Fetch it again.", code=code) from error


def _matrix(path: Path) -> Any:
    """A matrix in coordinates; what it declares is compared with what it holds before any of it is
    made.
    """
    text = _bytes(path)
    top, _, rest = text.partition(b"\n")
    size = next(
        (line for line in rest.split(b"\n", 1000) if line and not line.startswith(b"%")), b""
    ).split()
    sound = top.lower().startswith(b"%%matrixmarket matrix coordinate") and len(size) == 3
    numbers = [int(one) for one in size] if sound and all(one.isdigit() for one in size) else []
    if not numbers or 4 * numbers[2] > len(text) or max(numbers[:2]) > 1 << 31 or b"complex" in top:
        message = (
            f"{path} is no sparse matrix (MatrixMarket, coordinate), or shorter than it says."
            " Fetch it again."
        )
        raise ExpressionError(message, code="E313")
    try:
        return sp.csc_matrix(scipy.io.mmread(io.BytesIO(text), **_AS_ARRAY))
    except (ValueError, OverflowError, TypeError, MemoryError) as error:
        raise ExpressionError(
            f"{path} is damaged: {error}. Fetch it again.", code="E313"
        ) from error
