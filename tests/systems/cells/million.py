"""A million simulated cells × 20,000 genes through `resistype classify --unit patient`, once and by
hand.

    python -m tests.systems.cells.million FOLDER [CELLS]

Writes the file in blocks (about 10 GB for a million cells of 1,000 stored values), reads it once
from end to end for comparison, then runs the command line in a process of its own and prints time,
the ratio, and the peak of its memory. Blocks of cells repeat with other patients: what is measured
is the machinery, not biology.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np

from tests.systems.cells.cells_file import genes_of

N_GENES, STORED, BLOCK = 20_000, 1_000, 10_000
N_PATIENTS = 40
TIMES = ("IP", "day 14")
STATES = ("memory", "cytotoxic", "exhausted", "other")


def genes() -> list[str]:
    """Genes of the scheme's signatures, then names that mean nothing."""
    known = dict.fromkeys(gene for names in genes_of("cart_product").values() for gene in names)
    return [*known, *(f"FILL{i:05d}" for i in range(N_GENES - len(known)))]


def block(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Counts of some cells: columns in order, 1,000 a cell."""
    steps = rng.integers(1, 2 * N_GENES // STORED, size=(BLOCK, STORED), dtype=np.int32)
    columns = np.cumsum(steps, axis=1, dtype=np.int32) - 1
    columns = np.minimum(columns, N_GENES - STORED + np.arange(STORED, dtype=np.int32)[None, :])
    values = rng.geometric(0.4, size=(BLOCK, STORED)).astype(np.float32)
    return values.ravel(), np.ascontiguousarray(columns).ravel()


def categorical(group: h5py.Group, name: str, codes: np.ndarray, words: list[str]) -> None:
    made = group.create_group(name)
    made.attrs.update(
        {"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False}
    )
    made.create_dataset("codes", data=codes.astype(np.int16))
    made.create_dataset("categories", data=np.array(words, dtype=h5py.string_dtype()))


def write(path: Path, n: int) -> None:
    """The h5ad, written block by block."""
    rng = np.random.default_rng(0)
    parts = [block(rng) for _ in range(4)]
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        matrix = file.create_group("X")
        matrix.attrs.update(
            {
                "encoding-type": "csr_matrix",
                "encoding-version": "0.1.0",
                "shape": np.array([n, N_GENES]),
            }
        )
        chunks = (BLOCK * 100,)
        data = matrix.create_dataset("data", (n * STORED,), "f4", chunks=chunks)
        indices = matrix.create_dataset("indices", (n * STORED,), "i4", chunks=chunks)
        for number in range(n // BLOCK):
            span = slice(number * BLOCK * STORED, (number + 1) * BLOCK * STORED)
            data[span], indices[span] = parts[number % len(parts)]
        matrix.create_dataset("indptr", data=np.arange(n + 1, dtype=np.int64) * STORED)
        table(file, "obs", np.array([f"cell{i:07d}" for i in range(n)], dtype=h5py.string_dtype()))
        table(file, "var", np.array(genes(), dtype=h5py.string_dtype()))
        number = np.arange(n)
        categorical(
            file["obs"], "patient", number % N_PATIENTS, [f"P{i:02d}" for i in range(N_PATIENTS)]
        )
        categorical(file["obs"], "timepoint", (number // N_PATIENTS) % 2, list(TIMES))
        categorical(file["obs"], "state", rng.integers(0, len(STATES), n), list(STATES))


def table(file: h5py.File, name: str, index: np.ndarray) -> None:
    made = file.create_group(name)
    made.attrs.update(
        {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"}
    )
    made.attrs["column-order"] = np.array([], dtype=h5py.string_dtype())
    made.create_dataset("_index", data=index)


def read(path: Path) -> float:
    """Seconds to read values and columns from end to end, as plainly as it goes."""
    start = time.perf_counter()
    with h5py.File(path) as file:
        size = file["X/data"].shape[0]
        for first in range(0, size, 10_000_000):
            file["X/data"][first : first + 10_000_000]
            file["X/indices"][first : first + 10_000_000]
    return time.perf_counter() - start


def measure(folder: Path, n: int) -> dict[str, float]:
    """Time of reading and of classifying, and the peak memory of the process that classifies."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "million.h5ad"
    if not path.exists():
        write(path, n)
    seconds = read(path)
    words = ["classify", path, "--scheme", "cart_product", "--unit", "patient", "--state", "state"]
    words += [
        "--unit",
        "counts",
        "--run-dir",
        folder / "run",
        "--resume",
        "--out",
        folder / "out",
        "--jobs",
        "2",
    ]
    start = time.perf_counter()
    command = [sys.executable, "-m", "tests.systems.cells.million", "--run", *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    took = time.perf_counter() - start
    peak = int(done.stdout.rsplit("VmHWM:", 1)[1].split()[0]) / 1024
    found = {
        "cells": n,
        "file_gb": path.stat().st_size / 1e9,
        "read_s": seconds,
        "classify_s": took,
    }
    return found | {"ratio": took / seconds, "peak_mib": peak}


if __name__ == "__main__":
    if sys.argv[1] == "--run":
        from resistype.cli import main as resistype

        try:
            resistype(sys.argv[2:])
        finally:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            print(next(line for line in status.splitlines() if line.startswith("VmHWM:")))
    else:
        print(
            json.dumps(
                measure(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000),
                indent=1,
            )
        )
