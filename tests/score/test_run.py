"""The loop over blocks: one answer whatever the route."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from joblib import parallel_config

from resistype.errors import ExpressionError, InputError
from resistype.expression import ReadOptions, read_expression
from resistype.library import Library, Signature, load_library
from resistype.score import IndexedSets, ScoreOptions, Scores, get_method, score, score_sets
from tests.score.helpers import some_cells, some_sets

ALL = ["ssgsea", "singscore", "ucell", "aucell", "zscore", "weighted"]
SYMBOLS = sorted({gene for signature in load_library().values() for gene in signature.genes})[:400]
SIGNATURES = Library(
    [
        Signature(id="up", name="up", up=tuple(SYMBOLS[:30])),
        Signature(id="signed", name="signed", up=tuple(SYMBOLS[50:60]), down=tuple(SYMBOLS[80:90])),
        Signature(
            id="heavy",
            name="heavy",
            up=tuple(SYMBOLS[5:9]),
            weights=dict.fromkeys(SYMBOLS[5:9], 2.0),
        ),
    ]
)
OPTIONS = ReadOptions(unit="log2")


def cells(n_obs: int = 23) -> pd.DataFrame:
    values = some_cells(n_obs, len(SYMBOLS))
    return pd.DataFrame(values, columns=SYMBOLS, index=[f"c{i}" for i in range(n_obs)])


def run(data: object, *, n_jobs: int | None = 1, rows: int | None = None) -> Scores:
    options = ScoreOptions(read=OPTIONS, block_rows=rows)
    return score(data, SIGNATURES, method=ALL, n_jobs=n_jobs, options=options)


@pytest.fixture(scope="module")
def expected() -> Scores:
    return run(cells())


def test_what_comes_back(expected: Scores) -> None:
    assert expected.samples == tuple(cells().index)
    assert expected.signatures == tuple(SIGNATURES)
    assert expected.methods == tuple(ALL)
    assert expected.specs == {name: get_method(name).spec for name in ALL}
    assert expected.refs["up"] == ("up@1.0.0", SIGNATURES["up"].content_hash)
    assert (expected.n_genes, expected.unit) == (400, "log2")
    assert not any(np.isnan(values).any() for values in expected.values.values())


def test_the_order_of_methods_asked_for_is_kept() -> None:
    scores = score(
        cells(),
        SIGNATURES,
        method=["zscore", "ssgsea", "zscore"],
        options=ScoreOptions(read=OPTIONS),
    )

    assert scores.methods == ("zscore", "ssgsea")


@pytest.mark.parametrize("rows", [1, 5, 22, 1000])
@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_jobs_and_blocks(expected: Scores, n_jobs: int, rows: int) -> None:
    assert run(cells(), n_jobs=n_jobs, rows=rows).digest == expected.digest


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_backends(expected: Scores, backend: str) -> None:
    with parallel_config(backend=backend, n_jobs=2):
        assert run(cells(), n_jobs=None, rows=5).digest == expected.digest


def test_sparse(expected: Scores) -> None:
    table = cells()
    adata = anndata.AnnData(
        sp.csr_matrix(table.to_numpy()),
        obs=pd.DataFrame(index=table.index),
        var=pd.DataFrame(index=table.columns),
    )

    assert run(adata).digest == expected.digest


@pytest.mark.parametrize("sparse", [True, False])
def test_backed(expected: Scores, tmp_path: Path, *, sparse: bool) -> None:
    table = cells()
    values = sp.csr_matrix(table.to_numpy()) if sparse else table.to_numpy()
    adata = anndata.AnnData(
        values, obs=pd.DataFrame(index=table.index), var=pd.DataFrame(index=table.columns)
    )
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = read_expression(tmp_path / "cells.h5ad", ReadOptions(unit="log2", backed=True))

    assert run(backed, n_jobs=2, rows=4).digest == expected.digest
    with parallel_config(backend="loky", n_jobs=2):
        assert run(backed, n_jobs=None, rows=4).digest == expected.digest


def test_a_cell_alone_scores_as_among_others(expected: Scores) -> None:
    table = cells()
    for row in (0, 7, 22):
        alone = run(table.iloc[[row]])
        for name in ALL:
            np.testing.assert_array_equal(alone[name][0], expected[name][row])


def test_gene_and_sample_order(expected: Scores) -> None:
    table = cells()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        genes, samples = rng.permutation(table.columns), rng.permutation(table.index)
        assert (
            run(run_order(table, samples, genes))
            .to_frame()
            .loc[table.index]
            .equals(expected.to_frame())
        )


def run_order(table: pd.DataFrame, samples: np.ndarray, genes: np.ndarray) -> pd.DataFrame:
    return table.loc[samples, genes]


def test_other_signatures_change_nothing(expected: Scores) -> None:
    alone = score(
        cells(), SIGNATURES.select(ids=["signed"]), method=ALL, options=ScoreOptions(read=OPTIONS)
    )

    for name in ALL:
        np.testing.assert_array_equal(
            alone.to_frame(name)["signed"], expected.to_frame(name)["signed"]
        )


def test_the_hash_seed_changes_nothing(expected: Scores) -> None:
    code = "from tests.score.test_run import cells, run; print(run(cells(), n_jobs=2).digest)"
    for seed in ("1", "7"):
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode().strip() == expected.digest


def test_unscorable_signatures_stay_and_are_nan() -> None:
    both = {"good": SYMBOLS[:10], "bad": ["ZZZ1", "ZZZ2"]}
    with pytest.warns(UserWarning, match="W201 1 not scorable: bad 0/2"):
        scores = score(cells(), both, options=ScoreOptions(read=OPTIONS))

    assert np.isnan(scores.to_frame()["bad"]).all()
    assert not np.isnan(scores.to_frame()["good"]).any()


def test_counts_are_turned_into_log2_for_value_methods_only() -> None:
    counts = pd.DataFrame(np.round(cells().to_numpy() * 10), columns=SYMBOLS)
    counts.index = [f"c{i}" for i in range(len(counts))]
    sizes = counts.sum(axis=1).to_numpy()[:, None]
    cpm = np.log2(counts / sizes * 1e6 + 1)

    raw = score(
        counts, SIGNATURES, method=ALL, options=ScoreOptions(read=ReadOptions(unit="counts"))
    )

    for name in ALL:
        np.testing.assert_allclose(raw[name], run(cpm)[name], rtol=1e-12, atol=1e-12)


def test_value_methods_refuse_scaled_values() -> None:
    read = ReadOptions(unit="scaled", allow_scaled=True)

    with pytest.raises(ExpressionError, match="E404 This method needs log2 expression"):
        score(cells() - 1, SIGNATURES, method="zscore", options=ScoreOptions(read=read))


def test_unknown_method() -> None:
    with pytest.raises(InputError, match="E607 There is no scoring method 'gsvaa'"):
        score(cells(), SIGNATURES, method="gsvaa")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_score_sets(n_jobs: int) -> None:
    values, columns = some_cells(9, 50), some_sets(50, (3, 9))
    sets = IndexedSets.build(columns, 50)

    found = score_sets(values, sets, method="ucell", n_jobs=n_jobs)

    assert found.shape == (9, 2)
    np.testing.assert_array_equal(found, score_sets(sp.csr_matrix(values), sets, method="ucell"))
    assert score_sets(values[:0], sets).shape == (0, 2)


def test_score_sets_wants_numbers_in_two_dimensions() -> None:
    with pytest.raises(
        ExpressionError,
        match=r"E304 Expected numbers of shape \(n_obs, n_genes\), got shape \(3,\)",
    ):
        score_sets(np.zeros(3), IndexedSets.build([[0]], 3))
