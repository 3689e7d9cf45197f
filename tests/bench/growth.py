"""How cost grows with cells, sets and genes: `python -m tests.bench.growth [--most CELLS]`.

Sparse cells in memory, three rank methods, two threads.
"""

from __future__ import annotations

import argparse

import anndata
import pandas as pd

from resistype.expression import Expression, ReadOptions, as_expression
from resistype.score import RunOptions, ScoreOptions, score
from tests.bench.data import cells, seconds, signatures, symbols

METHODS = ["ssgsea", "ucell", "aucell"]
READ = ReadOptions(unit="log2")


def matrix(n_obs: int, n_genes: int, stored: int) -> Expression:
    """Cells as the package takes them."""
    names = pd.DataFrame(index=symbols(n_genes))
    obs = pd.DataFrame(index=[f"c{i}" for i in range(n_obs)])
    return as_expression(anndata.AnnData(cells(n_obs, n_genes, stored=stored), obs=obs, var=names), READ)


def cost(data: Expression, n_sets: int) -> float:
    """Seconds."""
    sets = signatures(list(data.genes), n_sets)
    options = ScoreOptions(read=READ, run=RunOptions(progress=None))
    score(data.select(data.samples[:50]), sets, method=METHODS, options=options)
    return seconds(lambda: score(data, sets, method=METHODS, n_jobs=2, options=options), times=2)


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=100_000)
    chosen = parser.parse_args()
    print("| cells | genes | sets | seconds | µs a cell |\n|---|---|---|---|---|")
    base = matrix(10_000, 20_000, 2300)
    for n_sets in (10, 50, 200, 1000):
        show(base, n_sets)
    for n_genes in (5_000, 10_000, 40_000):
        show(matrix(10_000, n_genes, n_genes * 23 // 200), 50)
    size = 30_000
    while size <= chosen.most:
        show(matrix(size, 20_000, 2300), 50)
        size = size * 10 // 3


def show(data: Expression, n_sets: int) -> None:
    """One line."""
    took = cost(data, n_sets)
    print(
        f"| {data.n_obs:,} | {data.n_genes:,} | {n_sets:,} | {took:.2f} | {took / data.n_obs * 1e6:.1f} |", flush=True
    )


if __name__ == "__main__":
    main()
