"""Cost of reading: `python -m tests.bench.reading`.

Extension dtypes and sparse frames against a plain frame of the same numbers (wanted: 3 times), and
what `score` spends on the names of 20,000 genes (wanted: 30 ms). Processor time, shortest of five.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from resistype.expression import ReadOptions, as_expression
from resistype.expression.checks import transposed
from resistype.expression.gene_rows import gene_notes, gene_rows
from resistype.genes import GeneIndex
from resistype.genes.names import gene_table
from tests.bench.data import symbols

KINDS = ("Int64", "float64[pyarrow]", pd.SparseDtype(float, 0.0))


def seconds(work: Callable[[int], object]) -> float:
    """Shortest processor time of five."""
    found = []
    for turn in range(5):
        start = time.process_time()
        work(turn)
        found.append(time.process_time() - start)
    return min(found)


def names(genes: tuple[str, ...]) -> None:
    """All that reading and matching ask of the names of a matrix."""
    read = gene_rows(genes, ReadOptions()).genes
    transposed(["P1", "P2"], read)
    gene_notes(read)
    GeneIndex(read).match(["B2M", "TAP1", "CD8A"])


def fresh_table() -> None:
    """The table of gene names, read anew."""
    gene_table.cache_clear()
    gene_table()


def main() -> None:
    """Print both."""
    values = np.random.default_rng(0).poisson(2.0, (100, 4000)).astype(float)
    plain = pd.DataFrame(values, [f"s{i}" for i in range(100)], [f"G{i}" for i in range(4000)])
    alone = seconds(lambda _: as_expression(plain))
    for kind in KINDS:
        other = plain.astype(kind)
        print(f"{kind}: {seconds(lambda _, frame=other: as_expression(frame)) / alone:.1f} × plain")
    genes = symbols(20_000)
    rng = np.random.default_rng(1)
    orders = [tuple(rng.permutation(genes).tolist()) for _ in range(5)]
    print(f"names of 20,000 genes: {seconds(lambda turn: names(orders[turn])) * 1e3:.0f} ms")
    print(f"table of genes: {seconds(lambda _: fresh_table()) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
