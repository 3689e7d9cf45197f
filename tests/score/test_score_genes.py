"""score_genes: the numbers of scanpy called directly, seeded, and honest about the cohort."""

from __future__ import annotations

import sys
from importlib import import_module

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy
import scipy.sparse as sp

from resistype.errors import ExpressionError, MissingExtraError
from resistype.expression import ReadOptions
from resistype.expression.anndata import new_anndata
from resistype.score import IndexedSets, ScoreOptions, Settings, get_method, score, score_sets
from tests.score.helpers import some_cells, some_sets
from tests.score.test_run import SIGNATURES, SYMBOLS

VALUES = some_cells(25, 400)
TABLE = pd.DataFrame(VALUES, columns=SYMBOLS, index=[f"c{i}" for i in range(25)])
READ = ReadOptions(unit="log2")


def directly(values: object, genes: list[str], seed: int = 0) -> np.ndarray:
    adata = anndata.AnnData(
        values, obs=pd.DataFrame(index=TABLE.index), var=pd.DataFrame(index=SYMBOLS)
    )
    scanpy.tl.score_genes(adata, genes, random_state=seed)
    return adata.obs["score"].to_numpy()


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=lambda form: form.__name__)
def test_is_scanpy_called_directly(form: object, seed: int) -> None:
    values = form(VALUES)
    sets = IndexedSets.build([np.arange(30), np.arange(100, 105)], 400)

    found = score_sets(values, sets, method="score_genes", settings=Settings(seed=seed))

    expected = np.stack(
        [directly(values, SYMBOLS[:30], seed), directly(values, SYMBOLS[100:105], seed)], axis=1
    )
    np.testing.assert_array_equal(found, expected)


def test_through_score_with_signed_signatures() -> None:
    found = score(
        TABLE, SIGNATURES, method="score_genes", options=ScoreOptions(read=READ)
    ).to_frame()

    up, down = directly(VALUES, SYMBOLS[50:60]), directly(VALUES, SYMBOLS[80:90])
    np.testing.assert_array_equal(found["up"], directly(VALUES, SYMBOLS[:30]))
    np.testing.assert_array_equal(found["signed"], up - down)


def test_it_says_that_it_depends_on_the_cohort() -> None:
    found = score(
        TABLE, SIGNATURES, method=["ssgsea", "score_genes"], options=ScoreOptions(read=READ)
    )

    assert get_method("score_genes").depends_on == "cohort"
    assert (
        found.notes[-1]
        == "Scores of score_genes depend on the other samples of this matrix and change when some"
        " are added."
    )
    assert not np.isnan(found["score_genes"]).any()
    fewer = score(TABLE.iloc[:9], SIGNATURES, method="score_genes", options=ScoreOptions(read=READ))
    assert not np.array_equal(fewer["score_genes"], found["score_genes"][:9])


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    values = some_cells(20, 4000)  # scanpy draws 50 of a bin, so bins must be larger
    sets = IndexedSets.build(some_sets(4000, (20,)), 4000)
    first, same, other = (
        score_sets(values, sets, method="score_genes", settings=Settings(seed=seed))
        for seed in (1, 1, 2)
    )
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    score_sets(values, sets, method="score_genes")

    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
    assert np.random.random() == expected  # noqa: NPY002


def test_larger_cohorts_than_those_of_pairwise_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("resistype.score.run"), "COHORT_LIMIT", 7)

    score(TABLE, SIGNATURES, method="score_genes", options=ScoreOptions(read=READ))
    with pytest.raises(
        ExpressionError,
        match="E608 gsva compares every sample with every other; 25 are more than 7",
    ):
        score(TABLE, SIGNATURES, method=["score_genes", "gsva"], options=ScoreOptions(read=READ))


def test_empty_parts_and_missing_values() -> None:
    sets = IndexedSets.build([[-1], np.arange(5)], 400)
    found = score_sets(VALUES, sets, method="score_genes")
    assert np.isnan(found[:, 0]).all()
    assert not np.isnan(found[:, 1]).any()

    holed = VALUES.copy()
    holed[3, 3] = np.nan
    with pytest.raises(ExpressionError, match="E605 score_genes needs every gene in every sample"):
        score_sets(holed, sets, method="score_genes")


def test_a_set_without_controls_is_refused() -> None:
    with pytest.raises(
        ExpressionError, match="E609 score_genes finds no control genes for a set of 400 among 400"
    ):
        score_sets(VALUES, IndexedSets.build([np.arange(400)], 400), method="score_genes")


def test_without_scanpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scanpy", None)

    with pytest.raises(
        MissingExtraError,
        match=r"^X101 score_genes needs scanpy: pip install 'resistype\[single-cell\]'\.$",
    ):
        score_sets(VALUES, IndexedSets.build([[0]], 400), method="score_genes")


def test_new_anndata_shares_the_values() -> None:
    adata = new_anndata(VALUES, SYMBOLS)

    assert np.shares_memory(adata.X, VALUES)
    assert list(adata.var_names) == SYMBOLS
    assert list(adata.obs_names[:2]) == ["0", "1"]
