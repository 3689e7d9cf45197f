"""Made data for the benchmarks: cells with log-normalised counts, tumours, random signatures.
Simulated, all of it.
"""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.resources import signatures_dir

STORED = 2300  # non-zeros a cell
CHUNK = 1 << 20


def symbols(n: int) -> list[str]:
    """Approved human symbols, so that reading the file goes the way of real data."""
    with gzip.open(signatures_dir() / "genes" / "hgnc.tsv.gz", "rt", encoding="utf-8") as lines:
        header = next(lines).rstrip("\n").split("\t")
        names = [line.split("\t")[header.index("symbol")] for line in lines]
    return sorted(set(names))[:n]


def signatures(
    genes: list[str], n: int = 50, *, low: int = 10, high: int = 200, seed: int = 0
) -> dict[str, list[str]]:
    """Random signatures of 10 to 200 genes."""
    rng = np.random.default_rng(seed)
    return {
        f"s{i:03d}": rng.choice(genes, rng.integers(low, high + 1), replace=False).tolist()
        for i in range(n)
    }


def cells(
    n_obs: int, n_genes: int = 20_000, *, stored: int = STORED, seed: int = 0
) -> sp.csr_matrix:
    """Cells: each gene has its own rate of being seen, counts are geometric, values log1p of
    counts per 10,000.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.35, size=n_genes)
    rate *= stored / rate.sum()
    for _ in range(30):  # so that the capped rates still add up
        rate = np.minimum(rate * stored / np.minimum(rate, 0.98).sum(), 50)
    rate = np.minimum(rate, 0.98).astype(np.float32)
    parts = []
    for start in range(0, n_obs, 1000):
        rows = min(1000, n_obs - start)
        seen = rng.random((rows, n_genes), dtype=np.float32) < rate
        counts = sp.csr_matrix(seen, dtype=np.float32)
        counts.data = rng.geometric(0.45, counts.nnz).astype(np.float32)
        total = np.repeat(np.asarray(counts.sum(axis=1)).ravel(), np.diff(counts.indptr))
        counts.data = np.log1p(counts.data / total * 1e4).astype(np.float32)
        parts.append(counts)
    return sp.vstack(parts, format="csr")


def tumours(n_obs: int = 1000, n_genes: int = 20_000, *, seed: int = 0) -> NDArray[np.float64]:
    """Bulk samples, log2(x + 1), without ties."""
    rng = np.random.default_rng(seed)
    mean, spread = rng.gamma(2.0, 2.0, n_genes), rng.random(n_genes) + 0.2
    return np.abs(rng.normal(size=(n_obs, n_genes)) * spread + mean)


def write_cells(path: Path, n_obs: int, n_genes: int = 20_000, *, stored: int = STORED) -> None:
    """An h5ad of cells, written in pieces so that its size is not bounded by memory."""
    names = symbols(n_genes)
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        group = file.create_group("X")
        group.attrs.update(
            {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (n_obs, n_genes)}
        )
        data = group.create_dataset("data", (0,), "f4", maxshape=(None,), chunks=(CHUNK,))
        indices = group.create_dataset("indices", (0,), "i4", maxshape=(None,), chunks=(CHUNK,))
        edges = [np.zeros(1, np.int64)]
        for start in range(0, n_obs, 20_000):
            part = cells(min(20_000, n_obs - start), n_genes, stored=stored, seed=start)
            first = int(edges[-1][-1])
            for dataset, array in ((data, part.data), (indices, part.indices)):
                dataset.resize((first + part.nnz,))
                dataset[first:] = array
            edges.append(part.indptr[1:].astype(np.int64) + first)
        group.create_dataset("indptr", data=np.concatenate(edges))
        _frame(file, "obs", [f"cell{i}" for i in range(n_obs)])
        _frame(file, "var", names)


def _frame(file: h5py.File, name: str, index: list[str]) -> None:
    group = file.create_group(name)
    group.attrs.update(
        {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"}
    )
    group.attrs.create("column-order", np.array([], dtype=h5py.string_dtype()))
    column = group.create_dataset(
        "_index", data=np.array(index, dtype=object), dtype=h5py.string_dtype()
    )
    column.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})


def seconds(work: object, *, times: int = 1) -> float:
    """Shortest of some runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()  # type: ignore[operator]
        found.append(time.perf_counter() - start)
    return min(found)


def frame(values: NDArray[np.float64], genes: list[str]) -> pd.DataFrame:
    """Samples × genes."""
    return pd.DataFrame(values, columns=genes, index=[f"t{i}" for i in range(len(values))])
