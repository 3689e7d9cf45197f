"""Cost of matched random sets: `python -m tests.bench.null [--cells N] [--tumours N]`.

1,000 random sets a signature, 50 signatures, against the plain score of the same method on the same rows; two threads.
"""

from __future__ import annotations

import argparse

import anndata
import pandas as pd

from resistype.expression import Expression, as_expression
from resistype.score import Null, RunOptions, ScoreOptions, score
from tests.bench.data import cells, frame, seconds, signatures, symbols, tumours
from tests.bench.peers import JOBS, QUIET

METHODS = ("ssgsea", "ucell", "aucell", "singscore")


def cost(data: Expression, sets: dict[str, list[str]], method: str, null: Null | None) -> float:
    """Seconds, shortest of three."""
    options = ScoreOptions(read=QUIET.read, run=RunOptions(progress=None), null=null)
    return seconds(lambda: score(data, sets, method=method, n_jobs=JOBS, options=options), times=3)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=5000)
    parser.add_argument("--tumours", type=int, default=500)
    chosen = parser.parse_args()
    genes = symbols(20_000)
    sets = signatures(genes)
    obs = pd.DataFrame(index=[f"c{i}" for i in range(chosen.cells)])
    sparse = anndata.AnnData(cells(chosen.cells), obs=obs, var=pd.DataFrame(index=genes))
    forms = {"cells": as_expression(sparse, QUIET.read)}
    forms["tumours"] = as_expression(frame(tumours(chosen.tumours), genes), QUIET.read)
    print(
        "| rows | method | plain, ms a row | with 1,000 random sets a signature | ratio (≤ 10) |\n|---|---|---|---|---|"
    )
    for form, data in forms.items():
        for method in METHODS:
            few = data.select(data.samples[:40])
            cost(few, sets, method, Null(n=20))  # loads the compiled kernels
            plain, whole = (cost(data, sets, method, null) / data.n_obs * 1e3 for null in (None, Null()))
            print(f"| {form} | {method} | {plain:.4f} | {whole:.4f} | {whole / plain:.1f} |", flush=True)


if __name__ == "__main__":
    main()
