"""The compiled loops against scipy and numpy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import rankdata

from resistype.score import IndexedSets
from resistype.score.kernels import doubled_ranks, moments, rank_sums, weighted_sums
from resistype.score.rows import CsrRows, DenseRows, as_rows
from tests.score.helpers import some_sets
from tests.strategies import Scored, scored

N = 2000


def hard_rows(dtype: type) -> dict[str, NDArray[np.floating]]:
    """Rows that could trip a sort on bits: clumps, long tails, signs, tiny differences,
    ascending, constant.
    """
    rng = np.random.default_rng(1)
    normal = rng.normal(size=N)
    return {
        "normal": normal.astype(dtype),
        "tied": np.round(normal * 2).astype(dtype),
        "sparse": np.where(normal < 0.5, 0, normal).astype(dtype),
        "clump": (1 + normal * 1e-6).astype(dtype),
        "clump_and_outlier": np.append(1 + normal[1:] * 1e-6, 1e30).astype(dtype),
        "tiny_clump": (1 + np.arange(N)[::-1] * np.finfo(dtype).eps).astype(dtype),
        "long_tail": np.exp(normal * 15).astype(dtype),
        "ascending": np.arange(N).astype(dtype),
        "descending": np.arange(N)[::-1].astype(dtype),
        "constant": np.full(N, 3).astype(dtype),
        "all_zero": np.zeros(N, dtype),
        "minus_zero": np.where(normal < 0, -0.0, normal).astype(dtype),
        "infinite": np.where(normal > 2, np.inf, normal).astype(dtype),
        "denormal": (normal * np.finfo(dtype).tiny).astype(dtype),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(hard_rows(np.float64)))
def test_ranks_are_mid_ranks(name: str, dtype: type) -> None:
    row = hard_rows(dtype)[name]

    found = doubled_ranks(DenseRows(row[None]))[0]

    np.testing.assert_array_equal(found, 2 * rankdata(row))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("name", list(hard_rows(np.float64)))
def test_sums_of_sparse_rows_are_those_of_dense_rows(name: str, dtype: type, index: type) -> None:
    row = hard_rows(dtype)[name]
    sets = IndexedSets.build(some_sets(N, (1, 10, 500)), N)
    table = np.arange(2 * N + 2)[:, None] ** np.array([1, 2])

    csr = sp.csr_matrix(np.vstack([row, row[::-1]]))
    sparse = rank_sums(
        CsrRows(csr.data, csr.indices.astype(index), csr.indptr.astype(np.int64), N), sets, table
    )

    np.testing.assert_array_equal(
        sparse, rank_sums(as_rows(np.vstack([row, row[::-1]])), sets, table)
    )


@settings(deadline=None)
@given(scored(negative=True))
def test_sums_are_sums_over_members(case: Scored) -> None:
    n_genes = case.values.shape[1]
    sets = IndexedSets.build(case.sets, n_genes)
    table = np.arange(2 * n_genes + 2)[:, None] ** np.array([1, 3])
    ranks = (2 * rankdata(case.values, axis=1)).astype(int)

    expected = np.array([[table[row[one]].sum(0) for one in case.sets] for row in ranks])

    np.testing.assert_array_equal(rank_sums(as_rows(case.values), sets, table), expected)
    np.testing.assert_array_equal(
        rank_sums(as_rows(sp.csr_matrix(case.values)), sets, table), expected
    )


def test_stored_zeros_count_like_absent_ones() -> None:
    values = np.array([[0.0, 3.0, 0.0, 1.0, -2.0]])
    stored = sp.csr_matrix((values.ravel(), np.arange(5), [0, 5]), shape=(1, 5))
    sets = IndexedSets.build([[0, 1], [2, 4]], 5)
    table = np.arange(12)[:, None]

    np.testing.assert_array_equal(
        rank_sums(as_rows(stored), sets, table),
        rank_sums(as_rows(sp.csr_matrix(values)), sets, table),
    )


def test_an_entry_stored_twice_counts_as_its_sum() -> None:
    twice = sp.csr_matrix(
        (np.array([1.0, 2.0, 2.0]), np.array([1, 1, 0]), np.array([0, 3])), shape=(1, 3)
    )

    rows = as_rows(twice)

    assert isinstance(rows, CsrRows)
    assert sorted(rows.data.tolist()) == [2.0, 3.0]
    assert twice.nnz == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_is_left_out(dtype: type) -> None:
    row = np.array([[5, np.nan, 0, 7, -1, np.nan, 0, 2]], dtype)
    present = ~np.isnan(row[0])
    expected = np.zeros(8)
    expected[present] = 2 * rankdata(row[0, present])
    table = np.arange(18)[:, None]
    sets = IndexedSets.build([[0, 1, 2], [5], [3, 6]], 8)
    stored = sp.csr_matrix(np.nan_to_num(row, nan=9))
    stored.data[stored.data == 9] = np.nan

    np.testing.assert_array_equal(doubled_ranks(DenseRows(row))[0], expected)
    wanted = [[expected[[0, 2]].sum()], [0], [expected[[3, 6]].sum()]]
    np.testing.assert_array_equal(rank_sums(as_rows(row), sets, table)[0], wanted)
    np.testing.assert_array_equal(rank_sums(as_rows(stored), sets, table)[0], wanted)


@settings(deadline=None)
@given(scored(negative=True), st.randoms(use_true_random=False))
def test_moments(case: Scored, random: object) -> None:
    found = moments(as_rows(case.values))
    order = np.array(sorted(range(case.values.shape[1]), key=lambda _: random.random()))  # type: ignore[attr-defined]

    np.testing.assert_allclose(found[:, 0], case.values.mean(1), rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], case.values.std(1, ddof=1), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(moments(as_rows(case.values[:, order])), found)
    np.testing.assert_array_equal(moments(as_rows(sp.csr_matrix(case.values))), found)


def test_weighted_sums_leave_nan_out() -> None:
    sets = IndexedSets.build([[0, 2], [1]], 3, weights=[[2.0, -1.0], [3.0]])

    found = weighted_sums(as_rows(np.array([[1.0, 5.0, 4.0], [np.nan, 5.0, 4.0]])), sets)

    expected = [[[-2.0, 3.0, 2.0], [15.0, 3.0, 1.0]], [[-4.0, 1.0, 1.0], [15.0, 3.0, 1.0]]]
    np.testing.assert_array_equal(found, expected)


def test_rows_without_values() -> None:
    sets = IndexedSets.build([[0]], 3)
    empty = sp.csr_matrix((2, 3))

    np.testing.assert_array_equal(
        rank_sums(as_rows(empty), sets, np.arange(8)[:, None])[:, 0, 0], [4, 4]
    )
    np.testing.assert_array_equal(moments(as_rows(empty)), np.zeros((2, 2)))
