"""Small matrices and files for the tests of this room."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.expression import Expression, ReadOptions, as_expression

GENES = ("CD8A", "B2M", "TAP1", "STAT1", "IFNG", "GZMA", "PRF1", "CXCL9")
SAMPLES = ("P1_pre", "P1_post", "P2_pre", "P2_post")
COUNTS = np.array(
    [
        [0, 910, 40, 300, 2, 0, 7, 0],
        [12, 1200, 35, 610, 0, 9, 7, 3],
        [0, 40, 0, 120, 0, 0, 0, 0],
        [55, 2210, 90, 18214, 31, 60, 44, 71],
    ],
    dtype=np.float64,
)
LOGS = np.round(np.log2(COUNTS / 40 + 1), 3)


def frame(
    values: NDArray[Any] = LOGS, genes: tuple[str, ...] = GENES, samples: tuple[str, ...] = SAMPLES
) -> pd.DataFrame:
    """Samples × genes."""
    return pd.DataFrame(np.array(values), index=list(samples), columns=list(genes))


def expression(values: NDArray[Any] = COUNTS, **options: Any) -> Expression:
    """An Expression of the small matrix."""
    return as_expression(frame(values), ReadOptions(**options))


def annotated(
    values: Any = COUNTS, *, genes: tuple[str, ...] = GENES, **layers: Any
) -> anndata.AnnData:
    """An AnnData of the small matrix."""
    obs = pd.DataFrame(
        {"patient": pd.Categorical(["P1", "P1", "P2", "P2"]), "age": [61, 61, 40, 40]},
        index=list(SAMPLES),
    )
    unique = len(set(genes)) == len(genes)
    names = list(genes) if unique else [f"gene{number}" for number in range(len(genes))]
    var = pd.DataFrame({"symbol": list(genes)}, index=names)
    return anndata.AnnData(values, obs=obs, var=var, layers=layers)


def write_h5ad(
    path: Path, values: Any = COUNTS, *, genes: tuple[str, ...] = GENES, **layers: Any
) -> Path:
    """An h5ad as anndata writes it."""
    annotated(values, genes=genes, **layers).write_h5ad(path)
    return path


def write_zarr(path: Path, values: Any = COUNTS, *, version: int = 3, **layers: Any) -> Path:
    """A zarr folder as anndata writes it, in format 2 or 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata and zarr on the future of their formats
        with anndata.settings.override(zarr_write_format=version):
            annotated(values, **layers).write_zarr(path)
    return path


def write_10x(
    path: Path, *, names: tuple[str, ...] = GENES, kinds: tuple[str, ...] | None = None
) -> Path:
    """A 10x h5 file (genes × cells by columns)."""
    matrix = sp.csc_matrix(COUNTS.T)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["data"], group["indices"], group["indptr"] = (
            matrix.data.astype("i4"),
            matrix.indices,
            matrix.indptr,
        )
        group["shape"] = np.array(matrix.shape, dtype="i4")
        group["barcodes"] = np.array(SAMPLES, dtype="S")
        group["features/id"] = np.array(
            [f"ENSG{number:011d}" for number in range(1, len(GENES) + 1)], dtype="S"
        )
        group["features/name"] = np.array(names, dtype="S")
        group["features/feature_type"] = np.array(
            kinds or ("Gene Expression",) * len(GENES), dtype="S"
        )
    return path


def dense(values: Any) -> NDArray[np.float64]:
    """Any in-memory matrix as an array."""
    return np.asarray(values.toarray() if sp.issparse(values) else values, dtype=np.float64)
