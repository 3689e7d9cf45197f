"""Cost of matched random sets: `python -m tests.bench.null [--cells N] [--tumours N]`.

1,000 random sets a signature, 50 signatures, against the plain score of the same method on the same
rows; two threads.
"""

from __future__ import annotations

import argparse
import time

import anndata
import pandas as pd

from resistype.expression import Expression, as_expression
from resistype.score import Null, RunOptions, ScoreOptions, score
from tests.bench.data import cells, frame, signatures, symbols, tumours
from tests.bench.peers import JOBS, QUIET

METHODS = ("ssgsea", "ucell", "aucell", "singscore")


def cost(
    data: Expression, sets: dict[str, list[str]], method: str, null: Null | None
) -> tuple[float, float]:
    """Shortest of three: seconds of the clock, and of the processor, which other work on the
    machine disturbs less.
    """
    options = ScoreOptions(read=QUIET.read, run=RunOptions(progress=None), null=null)
    found = []
    for _ in range(3):
        start = time.perf_counter(), time.process_time()
        score(data, sets, method=method, n_jobs=JOBS, options=options)
        found.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return min(one[0] for one in found), min(one[1] for one in found)


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
        "| rows | method | plain, ms a row | with 1,000 random sets a signature | ratio (≤ 10) | of"
        " processor time |\n|---|---|---|---|---|---|"
    )
    for form, data in forms.items():
        for method in METHODS:
            few = data.select(data.samples[:40])
            cost(few, sets, method, Null(n=20))  # loads the compiled kernels
            plain, whole = cost(data, sets, method, None), cost(data, sets, method, Null())
            ratios = f"{whole[0] / plain[0]:.1f} | {whole[1] / plain[1]:.1f}"
            each = (one[0] / data.n_obs * 1e3 for one in (plain, whole))
            print(
                f"| {form} | {method} | {next(each):.4f} | {next(each):.4f} | {ratios} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
