"""How cost grows with cells, sets and genes: `python -m tests.bench.growth [--most CELLS] [--disk
CELLS ...]`.

Sparse cells, three rank methods, two threads. A million cells of 2,300 values do not fit into the
memory of most machines; they are scored from disk.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import anndata
import pandas as pd

from resistype.expression import Expression, ReadOptions, as_expression
from resistype.score import RunOptions, ScoreOptions, score
from tests.bench.data import cells, seconds, signatures, symbols, write_cells

METHODS = ["ssgsea", "ucell", "aucell"]
READ = ReadOptions(unit="log2")


def matrix(n_obs: int, n_genes: int, stored: int) -> Expression:
    """Cells as the package takes them."""
    names = pd.DataFrame(index=symbols(n_genes))
    obs = pd.DataFrame(index=[f"c{i}" for i in range(n_obs)])
    return as_expression(
        anndata.AnnData(cells(n_obs, n_genes, stored=stored), obs=obs, var=names), READ
    )


def cost(data: Expression, n_sets: int) -> float:
    """Seconds."""
    sets = signatures(list(data.genes), n_sets)
    options = ScoreOptions(read=READ, run=RunOptions(progress=None))
    score(data.select(data.samples[:50]), sets, method=METHODS, options=options)
    return seconds(lambda: score(data, sets, method=METHODS, n_jobs=2, options=options), times=2)


def from_disk(n_obs: int, folder: Path) -> None:
    """One line for cells that stay in an h5ad; written first, which takes longer than scoring
    them.
    """
    path = folder / f"cells{n_obs}.h5ad"
    if not path.exists():
        write_cells(path, n_obs)
    sets = signatures(symbols(20_000))
    options = ScoreOptions(
        read=ReadOptions(unit="log2", backed=True), run=RunOptions(progress=None)
    )
    few = folder / "few.h5ad"
    write_cells(few, 200)
    score(few, sets, method=METHODS, options=options)  # loads the compiled kernels
    took = seconds(lambda: score(path, sets, method=METHODS, n_jobs=2, options=options))
    line(n_obs, 20_000, 50, took)


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--most", type=int, default=100_000, help="cells in memory; 18 KB each, twice while made"
    )
    parser.add_argument(
        "--disk", type=int, nargs="*", default=[], help="cells in an h5ad; 18 KB each on disk"
    )
    parser.add_argument("--folder", type=Path, help="where to keep these files")
    chosen = parser.parse_args()
    print("| cells | genes | sets | seconds | µs a cell |\n|---|---|---|---|---|")
    if chosen.most:
        in_memory(chosen.most)
    with tempfile.TemporaryDirectory() as made:
        for size in chosen.disk:
            from_disk(size, chosen.folder or Path(made))


def in_memory(most: int) -> None:
    """Sets, genes, cells."""
    base = matrix(10_000, 20_000, 2300)
    for n_sets in (10, 50, 200, 1000):
        show(base, n_sets)
    for n_genes in (5_000, 10_000, 40_000):
        show(matrix(10_000, n_genes, n_genes * 23 // 200), 50)
    size = 30_000
    while size <= most:
        show(matrix(size, 20_000, 2300), 50)
        size = size * 10 // 3


def show(data: Expression, n_sets: int) -> None:
    """One line."""
    line(data.n_obs, data.n_genes, n_sets, cost(data, n_sets))


def line(n_obs: int, n_genes: int, n_sets: int, took: float) -> None:
    """Print one line."""
    print(
        f"| {n_obs:,} | {n_genes:,} | {n_sets:,} | {took:.2f} | {took / n_obs * 1e6:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
