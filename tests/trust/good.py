"""Good files of many makes: none may be refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from tests.expression.build import (
    COUNTS,
    GENES,
    SAMPLES,
    annotated,
    write_10x,
    write_h5ad,
    write_zarr,
)


def _h5ad(values: object, compression: str | None = None) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = write_h5ad(folder / "a.h5ad", values)
        if compression:
            anndata.read_h5ad(path).write_h5ad(folder / "b.h5ad", compression=compression)
            return folder / "b.h5ad"
        return path

    return make


def many_cells(folder: Path) -> Path:
    """Names of 20,000 cells, and a layer of nothing but zeros."""
    obs = pd.DataFrame(
        {"kind": pd.Categorical(["T"] * 20_000)},
        index=[f"cell-{number}" for number in range(20_000)],
    )
    values = sp.random(20_000, 8, 0.2, format="csr", random_state=0)
    layers = {"zeros": sp.csr_matrix((20_000, 8))}
    made = anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=list(GENES)), layers=layers)
    made.write_h5ad(folder / "a.h5ad", compression="gzip")
    return folder / "a.h5ad"


def much_metadata(folder: Path) -> Path:
    made = annotated(sp.csr_matrix(COUNTS), counts=sp.csr_matrix(COUNTS))
    made.obs["batch"] = pd.array([1, None, 2, 3], dtype="Int64")
    made.obsm["X_umap"] = np.zeros((4, 2))
    made.obsp["near"] = sp.eye(4, format="csr")
    made.uns["about"] = {"deep": {"er": ["a", "b"]}, "n": 3}
    made.raw = made
    made.write_h5ad(folder / "a.h5ad")
    return folder / "a.h5ad"


def group_twice(folder: Path) -> Path:
    """A group that holds itself, by a plain link."""
    path = write_h5ad(folder / "a.h5ad", COUNTS)
    with h5py.File(path, "r+") as file:
        file["uns/again"] = file["uns"]
    return path


def _zarr(values: object, version: int) -> Callable[[Path], Path]:
    return lambda folder: write_zarr(folder / "a.zarr", values, version=version)


def table(folder: Path) -> Path:
    text = pd.DataFrame(COUNTS, index=list(SAMPLES), columns=list(GENES)).to_csv()
    (folder / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    return folder / "a.csv.gz"


def parquet(folder: Path) -> Path:
    pd.DataFrame(COUNTS.T, index=list(GENES), columns=list(SAMPLES)).rename_axis("gene").to_parquet(
        folder / "a.parquet"
    )
    return folder / "a.parquet"


GOOD: dict[str, Callable[[Path], Path]] = {
    "h5ad, dense": _h5ad(COUNTS),
    "h5ad, CSR": _h5ad(sp.csr_matrix(COUNTS)),
    "h5ad, CSC": _h5ad(sp.csc_matrix(COUNTS)),
    "h5ad, gzip": _h5ad(sp.csr_matrix(COUNTS), "gzip"),
    "h5ad, lzf": _h5ad(COUNTS, "lzf"),
    "h5ad, 20,000 cells and an empty layer": many_cells,
    "h5ad with layers, raw, graphs and nullable columns": much_metadata,
    "h5ad with a group inside itself": group_twice,
    "10x h5": lambda folder: write_10x(folder / "a.h5"),
    "zarr 2": _zarr(sp.csr_matrix(COUNTS), 2),
    "zarr 3": _zarr(COUNTS, 3),
    "csv.gz": table,
    "parquet": parquet,
}
