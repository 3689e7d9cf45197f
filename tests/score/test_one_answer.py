"""One digest over engines, jobs, blocks and forms; over orders of genes and rows; and for cells
scored alone.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from joblib import parallel_config

from resistype.expression import Expression, ReadOptions, as_expression
from resistype.score import RunOptions, ScoreOptions, Scores, score
from tests.score.test_loop import backed, make_cells
from tests.score.test_run import SIGNATURES

METHODS = ["ssgsea", "singscore", "ucell", "aucell", "zscore", "weighted", "gene_pairs"]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Expression]:
    path = make_cells(tmp_path_factory.mktemp("cells") / "cells.h5ad")
    disk = backed(path)
    memory = as_expression(Path(path), ReadOptions(unit="log2", backed=False))
    values = sp.csr_matrix(memory.values).toarray()
    table = pd.DataFrame(
        values.astype(np.float64), index=list(memory.samples), columns=list(memory.genes)
    )
    return {"disk": disk, "sparse": memory, "dense": as_expression(table, ReadOptions(unit="log2"))}


def run(data: Expression, n_jobs: int | None = 1, rows: int | None = None) -> Scores:
    options = ScoreOptions(block_rows=rows, run=RunOptions(progress=None))
    return score(data, SIGNATURES, method=METHODS, n_jobs=n_jobs, options=options)


def test_one_digest_over_many_routes(forms: dict[str, Expression]) -> None:
    expected = run(forms["dense"]).digest
    routes = [
        *product(["sequential"], [1], [1, 3, 7, 20, 60, None], forms),
        *product(["threading"], [1, 2, 3], [1, 3, 7, 20, None], forms),
        *product(["loky"], [2], [7, 25], forms),
    ]
    found = {}
    for backend, jobs, rows, form in routes:
        with parallel_config(backend=backend, n_jobs=jobs):
            found[backend, jobs, rows, form] = run(forms[form], n_jobs=None, rows=rows).digest

    assert len(routes) >= 40
    assert {route: digest for route, digest in found.items() if digest != expected} == {}


def test_twenty_gene_and_row_orders(forms: dict[str, Expression]) -> None:
    whole = run(forms["dense"])
    table = pd.DataFrame(
        forms["dense"].values, index=list(whole.samples), columns=list(forms["dense"].genes)
    )
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows, genes = rng.permutation(len(table)), rng.permutation(table.columns)
        moved = run(as_expression(table.iloc[rows][genes], ReadOptions(unit="log2")))
        for name in METHODS:
            np.testing.assert_array_equal(moved[name], whole[name][rows])


def test_fifty_cells_alone(forms: dict[str, Expression]) -> None:
    whole = run(forms["sparse"])
    for row in range(50):
        alone = run(forms["sparse"].select([whole.samples[row]]))
        for name in METHODS:
            np.testing.assert_array_equal(alone[name][0], whole[name][row])
