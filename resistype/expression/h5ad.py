"""Whole AnnData files for views that show more than a matrix: opened after a look at the file, written atomically."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, BinaryIO

from resistype.atomic import replace_file
from resistype.errors import ExpressionError, OutputError
from resistype.expression.files import check_file
from resistype.extras import needs

__all__ = ["open_h5ad", "save_h5ad"]


def open_h5ad(path: str | Path) -> Any:
    """An AnnData in memory from an h5ad file.

    Raises
    ------
    ExpressionError
        E300 when there is no such file, E313 when it cannot be read, E314 when it points elsewhere.
    MissingExtraError
        X101 without anndata or h5py.
    """
    check_file(path)
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {Path(path).name}"):
        import anndata  # noqa: PLC0415  only where such a file is read
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", anndata.OldFormatWarning)  # files of 2020 are as good as others
        try:
            return anndata.read_h5ad(path)
        except (OSError, KeyError, ValueError, TypeError) as error:
            message = f"{path} cannot be read as an AnnData: {error}. Write the file again."
            raise ExpressionError(message, code="E313") from error


def save_h5ad(adata: Any, path: str | Path) -> Path:
    """Write an AnnData as h5ad, whole or not at all.

    Raises
    ------
    OutputError
        O101 when it cannot be written; an older file of that name is then still there as it was.
    MissingExtraError
        X101 without anndata or h5py.
    """
    with needs("anndata and h5py", extra="h5ad", what=f"Writing {Path(path).name}"):
        import h5py  # noqa: PLC0415
        from anndata.io import write_elem  # noqa: PLC0415  only where such a file is written

    def fill(stream: BinaryIO) -> None:
        with h5py.File(stream, "w") as file:
            write_elem(file, "/", adata)

    try:
        return replace_file(path, fill)
    except (OSError, TypeError, NotImplementedError, ValueError) as error:
        message = f"{str(path)!r} cannot be written: {error}. Nothing was written there."
        raise OutputError(message, code="O101") from error
