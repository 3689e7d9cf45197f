"""Every method against its slow, obvious version; and what must hold for all of them."""

from __future__ import annotations

import pkgutil

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import InputError
from resistype.score import METHODS, IndexedSets, get_method, methods
from tests.score.helpers import SAMPLE_METHODS, SLOW, running_sum, scores, some_cells, some_sets
from tests.strategies import Scored, scored

SIZES = (1, 2, 5, 20, 60)


def test_every_page_is_in_the_list() -> None:
    pages = {module.name for module in pkgutil.iter_modules(methods.__path__)}

    assert pages == {method.id for method in METHODS}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.id)
def test_a_method_says_what_it_is(method: object) -> None:
    assert method.spec == f"{method.id}/1"
    assert method.doi.startswith("10.")
    assert method.title
    assert method.nan
    assert method.signed


@pytest.mark.parametrize("name", list(SLOW))
@settings(deadline=None, max_examples=60)
@given(case=scored())
def test_equals_the_slow_version(name: str, case: Scored) -> None:
    values = case.values
    values[:, 0] += 0.1  # a row of one value has no z-score
    found = scores(values, IndexedSets.build(case.sets, values.shape[1]))[name]

    expected = [[SLOW[name](row, one) for one in case.sets] for row in values]

    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_ssgsea_is_the_running_sum_without_ties() -> None:
    values = np.random.default_rng(0).normal(size=(5, 300))
    columns = some_sets(300, SIZES)

    found = scores(values, IndexedSets.build(columns, 300))["ssgsea"]

    expected = [[running_sum(row, one) for one in columns] for row in values]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_ssgsea_does_not_lose_precision_with_many_genes() -> None:
    values = np.random.default_rng(0).normal(size=(1, 60_000))
    columns = some_sets(60_000, (1, 20, 2_000))

    found = scores(values, IndexedSets.build(columns, 60_000))["ssgsea"]

    np.testing.assert_allclose(
        found[0], [running_sum(values[0], one) for one in columns], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("method", SAMPLE_METHODS, ids=lambda method: method.id)
class TestInvariance:
    """No stored value may depend on anything but the sample and the set."""

    values = some_cells(6, 200)
    columns = some_sets(200, SIZES)
    sets = IndexedSets.build(columns, 200)

    def of(self, method: object, values: object, sets: IndexedSets | None = None) -> np.ndarray:
        return scores(values, sets or self.sets)[method.id]

    def test_gene_order(self, method: object) -> None:
        for seed in range(20):
            order = np.random.default_rng(seed).permutation(200)
            place = np.argsort(order)
            moved = IndexedSets.build([place[one] for one in self.columns], 200)
            np.testing.assert_array_equal(
                self.of(method, self.values[:, order], moved), self.of(method, self.values)
            )

    def test_row_order_and_other_samples(self, method: object) -> None:
        whole = self.of(method, self.values)
        for seed in range(20):
            order = np.random.default_rng(seed).permutation(6)
            np.testing.assert_array_equal(self.of(method, self.values[order]), whole[order])
        for row in range(6):
            np.testing.assert_array_equal(
                self.of(method, self.values[row : row + 1]), whole[row : row + 1]
            )

    def test_other_sets(self, method: object) -> None:
        whole = self.of(method, self.values)
        for number, one in enumerate(self.columns):
            alone = self.of(method, self.values, IndexedSets.build([one], 200))
            np.testing.assert_array_equal(alone[:, 0], whole[:, number])

    @pytest.mark.parametrize(
        "form",
        [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.coo_array, np.asfortranarray],
        ids=lambda f: f.__name__,
    )
    def test_form_of_the_matrix(self, method: object, form: object) -> None:
        np.testing.assert_array_equal(
            self.of(method, form(self.values)), self.of(method, self.values)
        )

    @pytest.mark.parametrize(
        "dtype", [np.int8, np.int32, np.int64, np.uint16, np.float16, np.float32, np.float64]
    )
    def test_type_of_the_numbers(self, method: object, dtype: type) -> None:
        counts = np.round(self.values).astype(int)
        np.testing.assert_array_equal(
            self.of(method, counts.astype(dtype)), self.of(method, counts.astype(float))
        )
        if dtype is not np.float16:  # scipy has no such sparse matrix
            np.testing.assert_array_equal(
                self.of(method, sp.csr_matrix(counts.astype(dtype))), self.of(method, counts)
            )

    def test_the_input_is_left_alone(self, method: object) -> None:
        values = self.values.copy()
        values.flags.writeable = False
        sparse = sp.csr_matrix(self.values)
        before = (sparse.data.copy(), sparse.indices.copy(), sparse.indptr.copy())
        self.of(method, values)
        self.of(method, sparse)
        for kept, now in zip(before, (sparse.data, sparse.indices, sparse.indptr), strict=True):
            np.testing.assert_array_equal(kept, now)

    def test_missing_genes_are_as_if_the_matrix_lacked_them(self, method: object) -> None:
        values = self.values.copy()
        values[0, ::4] = np.nan
        kept = np.flatnonzero(~np.isnan(values[0]))
        place = {int(gene): number for number, gene in enumerate(kept)}
        columns = [[place.get(int(gene), -1) for gene in one] for one in self.columns]
        enough = [sum(c >= 0 for c in one) * 2 >= len(one) for one in columns]

        found = self.of(method, values)

        np.testing.assert_array_equal(found[1:], self.of(method, self.values)[1:])
        alone = self.of(method, values[:1, kept], IndexedSets.build(columns, kept.size))
        np.testing.assert_allclose(
            found[0], np.where(enough, alone[0], np.nan), rtol=1e-12, atol=1e-12
        )

    def test_up_minus_down(self, method: object) -> None:
        both = IndexedSets.build(
            [self.columns[3], ()], 200, down=[self.columns[4], self.columns[4]]
        )
        found, single = self.of(method, self.values, both), self.of(method, self.values)
        floor = -np.inf if method.floor is None else method.floor

        np.testing.assert_array_equal(found[:, 0], np.maximum(single[:, 3] - single[:, 4], floor))
        np.testing.assert_array_equal(found[:, 1], np.maximum(-single[:, 4], floor))

    def test_a_set_without_genes_is_nan(self, method: object) -> None:
        sets = IndexedSets.build([[-1, -1], [0]], 200)

        found = self.of(method, self.values, sets)

        assert np.isnan(found[:, 0]).all()
        assert not np.isnan(found[:, 1]).any()


@pytest.mark.parametrize(
    "method", [m for m in SAMPLE_METHODS if m.needs_ranks], ids=lambda method: method.id
)
@settings(deadline=None, max_examples=30)
@given(case=scored(), scale=st.floats(0.01, 100))
def test_rank_methods_take_any_monotone_scale(method: object, case: Scored, scale: float) -> None:
    sets = IndexedSets.build(case.sets, case.values.shape[1])

    np.testing.assert_array_equal(
        scores(case.values, sets)[method.id],
        scores(np.expm1(case.values * scale / 100), sets)[method.id],
    )


@pytest.mark.parametrize(
    ("name", "low", "high"), [("ucell", 0, 1), ("aucell", 0, 1), ("singscore", -0.5, 0.5)]
)
def test_bounds_are_reached(name: str, low: float, high: float) -> None:
    values = np.arange(100.0)[None]
    sets = IndexedSets.build([np.arange(95, 100), np.arange(5)], 100)

    np.testing.assert_allclose(scores(values, sets)[name], [[high, low]], atol=1e-12)


def test_controls_are_subtracted() -> None:
    values = np.array([[4.0, 6.0, 1.0, 3.0]])
    sets = IndexedSets.build([[0, 1], [0, 1]], 4, weights=[[1.0, 3.0], None]).with_controls(
        [[2, 3], None]
    )

    np.testing.assert_allclose(scores(values, sets)["weighted"], [[(4 + 18) / 4 - 2, 5.0]])


def test_unknown_method() -> None:
    with pytest.raises(
        InputError, match=r"E607 There is no scoring method 'ssGSEA'. Choose one of: ssgsea,"
    ):
        get_method("ssGSEA")
