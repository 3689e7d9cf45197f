"""GSVA and PLAGE, which see the whole cohort: against R, against slow versions, and what they
may depend on.
"""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import poisson, rankdata

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.score import IndexedSets, ScoreOptions, Settings, get_method, score, score_sets
from resistype.score.methods.gsva import _table, kernel_cdf
from tests.score.helpers import some_cells, some_sets
from tests.score.test_run import SYMBOLS

GOLDEN = Path(__file__).parent / "golden"
EXPRESSION = pd.read_csv(GOLDEN / "expression.csv", index_col=0)
COUNTS = pd.read_csv(GOLDEN / "counts.csv", index_col=0)
SETS = {
    line.split("\t")[0]: line.split("\t")[2:]
    for line in (GOLDEN / "sets.gmt").read_text().splitlines()
}
INDEXED = IndexedSets.build(
    [[EXPRESSION.index.get_loc(gene) for gene in genes] for genes in SETS.values()], len(EXPRESSION)
)


def from_r(name: str) -> NDArray[np.float64]:
    return pd.read_csv(GOLDEN / f"r_{name}.csv", index_col=0).to_numpy(float).T


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gaussian", Settings()),
        ("gaussian_larger", Settings(gsva_max_diff=False)),
        ("gaussian_absolute", Settings(gsva_absolute=True)),
        ("poisson", Settings(gsva_kernel="poisson")),
    ],
)
def test_gsva_is_what_r_says(name: str, settings: Settings) -> None:
    table = COUNTS if name == "poisson" else EXPRESSION

    found = score_sets(table.to_numpy(float).T, INDEXED, method="gsva", settings=settings)

    np.testing.assert_allclose(found, from_r(name), rtol=0, atol=1e-12)


def test_plage_is_what_r_says_up_to_its_sign() -> None:
    found = score_sets(EXPRESSION.to_numpy().T, INDEXED, method="plage")

    expected = from_r("plage")
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected, rtol=0, atol=1e-10)


def test_ssgsea_is_what_r_says() -> None:
    found = score_sets(EXPRESSION.to_numpy().T, INDEXED, method="ssgsea")

    np.testing.assert_allclose(found * len(EXPRESSION), from_r("ssgsea"), rtol=0, atol=1e-9)


def slow_height(values: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """How high each value lies in the distribution of its gene, by the definition."""
    out = np.empty_like(values)
    for gene, x in enumerate(values.T):
        pairs = x[:, None] - x[None, :]
        if kind == "gaussian":
            z = pairs / (x.std(ddof=1) / 4)
            step = np.minimum((np.abs(z) * 1000).astype(int), 10_000)
            entry = np.where(np.abs(z) > 10, 1.0, ndtr(step / 1000))
            out[:, gene] = np.where(z < 0, 1 - entry, entry).mean(axis=1)
        elif kind == "poisson":
            out[:, gene] = poisson.cdf(x[:, None], x[None, :] + 0.5).mean(axis=1)
        else:
            out[:, gene] = (pairs >= 0).mean(axis=1)
    return out


def slow_walk(height: NDArray[np.float64], columns: NDArray[np.intp]) -> tuple[float, float]:
    """Highest and lowest point of the walk of one sample; genes that tie are passed together."""
    n = height.size
    rank = rankdata(np.round(height, 13))
    member = np.zeros(n, bool)
    member[columns] = True
    weight = np.abs(rank - n / 2)
    value, points = 0.0, [0.0]
    for level in np.unique(rank)[::-1]:
        here = rank == level
        value += weight[here & member].sum() / weight[member].sum() - (here & ~member).sum() / (
            n - member.sum()
        )
        points.append(value)
    return max(points), min(points)


@pytest.mark.parametrize("kind", ["gaussian", "poisson", "none"])
def test_gsva_is_the_slow_version(kind: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.gamma(2, 3, (12, 90))
    values = np.round(values * 20) if kind == "poisson" else values
    columns = some_sets(90, (2, 7, 30))

    found = score_sets(
        values, IndexedSets.build(columns, 90), method="gsva", settings=Settings(gsva_kernel=kind)
    )

    height = slow_height(values, kind)
    expected = [[sum(slow_walk(row, one)) for one in columns] for row in height]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", ["gaussian", "poisson", "none"])
class TestInvariance:
    values = np.round(np.random.default_rng(1).gamma(2, 3, (15, 60)) * 4)
    columns = some_sets(60, (3, 10))

    def of(
        self, values: object, columns: list[NDArray[np.intp]], kind: str, n_jobs: int = 1
    ) -> NDArray[np.float64]:
        settings = Settings(gsva_kernel=kind)
        return score_sets(
            values, IndexedSets.build(columns, 60), method="gsva", settings=settings, n_jobs=n_jobs
        )

    def test_orders(self, kind: str) -> None:
        expected = self.of(self.values, self.columns, kind)
        for seed in range(10):
            rng = np.random.default_rng(seed)
            rows, genes = rng.permutation(15), rng.permutation(60)
            place = np.argsort(genes)
            moved = self.of(self.values[rows][:, genes], [place[one] for one in self.columns], kind)
            np.testing.assert_array_equal(moved, expected[rows])

    def test_jobs_forms_and_other_sets(self, kind: str) -> None:
        expected = self.of(self.values, self.columns, kind)
        np.testing.assert_array_equal(self.of(self.values, self.columns, kind, n_jobs=3), expected)
        np.testing.assert_array_equal(
            self.of(sp.csr_matrix(self.values), self.columns, kind), expected
        )
        np.testing.assert_array_equal(
            self.of(self.values, self.columns[1:], kind)[:, 0], expected[:, 1]
        )

    def test_constant_genes_are_left_out(self, kind: str) -> None:
        values = self.values.copy()
        values[:, ::3] = 4.0
        kept = np.flatnonzero(np.arange(60) % 3)
        place = np.full(60, -1)
        place[kept] = np.arange(kept.size)
        alone = IndexedSets.build([place[one] for one in self.columns], kept.size)

        expected = score_sets(
            values[:, kept], alone, method="gsva", settings=Settings(gsva_kernel=kind)
        )

        np.testing.assert_array_equal(self.of(values, self.columns, kind), expected)


@pytest.mark.parametrize("method", ["gsva", "plage"])
class TestLimits:
    def test_a_sample_alone(self, method: str) -> None:
        with pytest.raises(ExpressionError, match="E605"):
            score_sets(np.ones((1, 5)), IndexedSets.build([[0]], 5), method=method)

    def test_missing_values(self, method: str) -> None:
        values = some_cells(5, 20)
        values[0, 0] = np.nan
        with pytest.raises(ExpressionError, match="E605"):
            score_sets(values, IndexedSets.build([[0]], 20), method=method)

    def test_a_set_of_constant_genes(self, method: str) -> None:
        values = some_cells(5, 20)
        values[:, 0] = 1.0

        assert np.isnan(
            score_sets(values, IndexedSets.build([[0], [1, 2]], 20), method=method)[:, 0]
        ).all()

    def test_the_result_says_that_it_depends_on_the_cohort(self, method: str) -> None:
        table = pd.DataFrame(some_cells(8, 400), columns=SYMBOLS, index=[f"c{i}" for i in range(8)])
        options = ScoreOptions(read=ReadOptions(unit="log2"))

        found = score(table, {"one": SYMBOLS[:9]}, method=["ssgsea", method], options=options)

        assert get_method(method).depends_on == "cohort"
        assert found.notes[-1].startswith(f"Scores of {method} depend on the other samples")
        assert not np.isnan(found[method]).any()

    def test_too_many_samples(self, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_module("resistype.score.run"), "COHORT_LIMIT", 7)
        table = pd.DataFrame(some_cells(8, 400), columns=SYMBOLS, index=[f"c{i}" for i in range(8)])

        with pytest.raises(
            ExpressionError,
            match=f"E608 {method} compares every sample with every other; 8 are more",
        ):
            score(
                table,
                {"one": SYMBOLS[:9]},
                method=method,
                options=ScoreOptions(read=ReadOptions(unit="log2")),
            )


def test_poisson_takes_counts() -> None:
    table = pd.DataFrame(some_cells(8, 400), columns=SYMBOLS, index=[f"c{i}" for i in range(8)])
    options = ScoreOptions(read=ReadOptions(unit="log2"), settings=Settings(gsva_kernel="poisson"))

    with pytest.raises(
        ExpressionError, match="E404 The Poisson kernel of GSVA takes counts, and the values are of"
    ):
        score(table, {"one": SYMBOLS[:9]}, method="gsva", options=options)


def test_plage_does_not_turn_with_the_order_of_genes() -> None:
    values, columns = some_cells(12, 60, density=0.9), some_sets(60, (10, 20))
    expected = score_sets(values, IndexedSets.build(columns, 60), method="plage")
    for seed in range(5):
        genes = np.random.default_rng(seed).permutation(60)
        moved = IndexedSets.build([np.argsort(genes)[one] for one in columns], 60)
        np.testing.assert_allclose(
            score_sets(values[:, genes], moved, method="plage"), expected, atol=1e-9
        )


FAR = st.sampled_from([0.0, 1.0, 1.0, 2.5, 3.0, 40.0]) | st.floats(-50, 50, allow_subnormal=False)


def slow_sums(row: NDArray[np.float64], table: NDArray[np.int64]) -> list[int]:
    """Every pair looked up, in whole numbers of Python."""
    n, mean, spread = row.size, 0.0, 0.0
    for value in row.tolist():
        mean += value
    mean /= n
    for value in row.tolist():
        spread += (value - mean) * (value - mean)
    if spread == 0.0 or not math.isfinite(spread):
        return [n * int(table[0])] * n
    scale, one = 4.0 / np.sqrt(spread / (n - 1)) * 1000, 2 * int(table[0])
    entry = [
        [int(table[int(min((a - b) * scale, 10_001.0))]) if a >= b else 0 for b in row] for a in row
    ]
    return [sum(entry[j][k] if k <= j else one - entry[k][j] for k in range(n)) for j in range(n)]


@hypothesis_settings(deadline=None)
@given(
    st.lists(st.lists(FAR, min_size=19, max_size=19), min_size=1, max_size=3), st.integers(2, 19)
)
def test_sums_over_pairs_are_exact(rows: list[list[float]], n: int) -> None:
    """In fours, singly, tied, and so far apart that the pair is only counted."""
    check_sums(rows, n)


@pytest.mark.parametrize("row", [[0.0, 1.5e-287, 0.0], [-1e308, 1e308, 0.0], [1e200, -1e200, 5.0]])
def test_values_whose_spread_is_no_number_are_one_value(row: list[float]) -> None:
    """Looked up, they would point outside of the table."""
    check_sums([row], 3)


def check_sums(rows: list[list[float]], n: int) -> None:
    values = np.sort(np.array(rows)[:, :n], axis=1)
    values = values[values[:, 0] < values[:, -1]]
    found = np.empty(values.shape, np.int64)

    kernel_cdf(values, _table(), found)

    assert found.tolist() == [slow_sums(row, _table()) for row in values]


def test_an_order_of_samples_moves_the_scores_with_it() -> None:
    rng = np.random.default_rng(3)
    values, order = np.round(rng.normal(size=(33, 60)), 1), rng.permutation(33)
    sets = IndexedSets.build(some_sets(60, (4, 20)), 60)

    found = score_sets(values, sets, method="gsva")

    np.testing.assert_array_equal(score_sets(values[order], sets, method="gsva"), found[order])
