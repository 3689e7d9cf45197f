"""The permutation test: closed forms against every permutation, the formulas of Strasser and
Weber, and scipy.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2, chi2_contingency, kruskal, rankdata

from resistype.opinions.tree_fit import (
    adjust,
    associate,
    chi2_statistic,
    clopper_pearson,
    log_p_chi2,
    mean_statistic,
)

Vector = NDArray[np.float64]
VALUES = st.sampled_from([-2.0, -0.5, 0.0, 0.0, 1.0, 1.0, 3.0, 7.25])


# --- the slow versions ----------------------------------------------------------------------------


def columns_of(x: Vector, levels: int | None) -> Vector:
    """g(x): the number itself, or 0/1 for each level."""
    return x[:, None] if levels is None else (x[:, None] == np.arange(levels)).astype(float)


def by_every_permutation(x: Vector, y: NDArray[np.intp], levels: int | None) -> tuple[float, int]:
    """Statistic and rank with the expectation and covariance counted over all permutations of
    the labels.
    """
    g, h = columns_of(x, levels), np.eye(y.max() + 1)[y]
    every = []
    for order in permutations(range(len(y))):
        table = np.zeros((g.shape[1], h.shape[1]))
        for row, other in enumerate(order):
            table += np.outer(g[row], h[other])
        every.append(table.ravel())
    tables = np.array(every)
    return quadratic((g.T @ h).ravel(), tables.mean(axis=0), np.cov(tables.T, ddof=0))


def by_formula(x: Vector, y: NDArray[np.intp], levels: int | None) -> tuple[float, int]:
    """Statistic and rank with the conditional moments of Strasser and Weber (1999), matrices and
    all.
    """
    g, h, n = columns_of(x, levels), np.eye(y.max() + 1)[y], len(y)
    mean_h = h.mean(axis=0)
    variance_h = (h - mean_h).T @ (h - mean_h) / n
    sums = g.sum(axis=0)
    covariance = n / (n - 1) * np.kron(g.T @ g, variance_h) - np.kron(
        np.outer(sums, sums), variance_h
    ) / (n - 1)
    return quadratic((g.T @ h).ravel(), np.outer(sums, mean_h).ravel(), covariance)


def quadratic(observed: Vector, mean: Vector, covariance: Vector) -> tuple[float, int]:
    covariance = np.atleast_2d(covariance)
    rank = int(np.linalg.matrix_rank(covariance, tol=1e-9 * np.abs(covariance).max()))
    away = observed - mean
    return float(away @ np.linalg.pinv(covariance, rcond=1e-9, hermitian=True) @ away), rank


@st.composite
def labelled(draw: st.DrawFn, n: int, *, categorical: bool) -> tuple[Vector, NDArray[np.intp]]:
    """Values and labels, both varying."""
    cells = st.sampled_from([0.0, 1.0, 2.0]) if categorical else VALUES
    x = draw(st.lists(cells, min_size=n, max_size=n).filter(lambda one: len(set(one)) > 1))
    y = draw(
        st.lists(st.integers(0, 2), min_size=n, max_size=n).filter(lambda one: len(set(one)) > 1)
    )
    return np.array(x), np.array(y)


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 5).flatmap(lambda n: labelled(n, categorical=False)))
def test_numbers_against_every_permutation(case: tuple[Vector, NDArray[np.intp]]) -> None:
    x, y = case
    found = associate(x, y, n_classes=3)
    statistic, rank = by_every_permutation(x, y, None)

    assert found.statistic == pytest.approx(statistic, rel=1e-8, abs=1e-10)
    assert found.df == rank


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 5).flatmap(lambda n: labelled(n, categorical=True)))
def test_categories_against_every_permutation(case: tuple[Vector, NDArray[np.intp]]) -> None:
    x, y = case
    found = associate(x, y, n_classes=3, n_levels=3)
    statistic, rank = by_every_permutation(x, y, 3)

    assert found.statistic == pytest.approx(statistic, rel=1e-8, abs=1e-10)
    assert found.df == rank


@settings(deadline=None)
@given(st.booleans().flatmap(lambda kind: st.tuples(st.just(kind), labelled(24, categorical=kind))))
def test_the_closed_forms_are_the_quadratic_form(
    case: tuple[bool, tuple[Vector, NDArray[np.intp]]],
) -> None:
    categorical, (x, y) = case
    levels = 3 if categorical else None
    found = associate(x, y, n_classes=3, n_levels=levels)
    statistic, rank = by_formula(x, y, levels)

    assert found.statistic == pytest.approx(statistic, rel=1e-8, abs=1e-10)
    assert found.df == rank


# --- against what others compute ------------------------------------------------------------------


def test_on_ranks_it_is_the_test_of_kruskal_and_wallis() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=60), rng.integers(3, size=60)
    x[y == 1] += 0.8
    statistic, df = mean_statistic(rankdata(x), y, n_classes=3)
    theirs = kruskal(*(x[y == group] for group in range(3)))

    assert statistic == pytest.approx(theirs.statistic, rel=1e-12)
    assert np.exp(log_p_chi2(statistic, df)) == pytest.approx(theirs.pvalue, rel=1e-10)


def test_of_a_table_it_is_pearsons_chi_square() -> None:
    table = np.array([[10, 3, 0], [4, 9, 0], [5, 5, 0], [0, 0, 0]])
    statistic, df = chi2_statistic(table)
    theirs = chi2_contingency(table[:3, :2], correction=False)

    assert statistic == pytest.approx(theirs.statistic * 35 / 36, rel=1e-12)
    assert df == theirs.dof == 2


@pytest.mark.parametrize("df", [1, 2, 3, 5, 8, 13, 40])
@pytest.mark.parametrize("statistic", [1e-6, 0.3, 2.0, 11.0, 60.0, 400.0])
def test_log_p_is_the_tail_where_the_tail_can_be_written(statistic: float, df: int) -> None:
    assert np.exp(log_p_chi2(statistic, df)) == pytest.approx(chi2.sf(statistic, df), rel=1e-10)


@given(st.floats(0.0, 1e7), st.integers(1, 60))
def test_log_p_is_finite_and_never_above_zero(statistic: float, df: int) -> None:
    assert -np.inf < log_p_chi2(statistic, df) <= 0.0


@given(st.floats(0.001, 1e6), st.floats(1.001, 3.0), st.integers(1, 40))
def test_a_larger_statistic_has_a_smaller_p(statistic: float, factor: float, df: int) -> None:
    assert log_p_chi2(statistic * factor, df) <= log_p_chi2(statistic, df) + 1e-14


@pytest.mark.parametrize("statistic", [0.0, -1e-18])
def test_no_statistic_no_evidence(statistic: float) -> None:
    assert log_p_chi2(statistic, 3) == 0.0


# --- what must not matter -------------------------------------------------------------------------


@given(labelled(12, categorical=False), st.randoms(use_true_random=False))
def test_order_of_the_rows_changes_no_bit(
    case: tuple[Vector, NDArray[np.intp]], random: object
) -> None:
    x, y = case
    order = list(range(len(x)))
    random.shuffle(order)  # type: ignore[attr-defined]

    assert associate(x[order], y[order], n_classes=3) == associate(x, y, n_classes=3)


@given(
    labelled(12, categorical=False),
    st.sampled_from([-3.0, 1e-9, 2.5, 1e9]),
    st.sampled_from([0.0, -7.0, 100.0]),
)
def test_unit_and_zero_of_a_number_do_not_matter(
    case: tuple[Vector, NDArray[np.intp]], slope: float, shift: float
) -> None:
    """partykit calls a covariate constant when its variance lies under 1.5e-8; a unit must not
    decide that.
    """
    x, y = case
    first, second = associate(x, y, n_classes=3), associate(slope * (x + shift), y, n_classes=3)

    assert second.statistic == pytest.approx(first.statistic, rel=1e-7, abs=1e-9)


@given(labelled(12, categorical=False), st.permutations(range(3)))
def test_names_of_the_classes_do_not_matter(
    case: tuple[Vector, NDArray[np.intp]], names: list[int]
) -> None:
    x, y = case
    first, second = associate(x, y, n_classes=3), associate(x, np.array(names)[y], n_classes=3)

    assert second.statistic == pytest.approx(first.statistic, rel=1e-9, abs=1e-12)
    assert second.df == first.df


@given(labelled(10, categorical=True))
def test_two_levels_are_the_same_as_zero_and_one(case: tuple[Vector, NDArray[np.intp]]) -> None:
    x, y = (case[0] > 0).astype(float), case[1]
    as_number, as_levels = associate(x, y, n_classes=3), associate(x, y, n_classes=3, n_levels=2)

    assert as_levels.reason == as_number.reason
    if not as_number.reason:
        assert as_levels.statistic == pytest.approx(as_number.statistic, rel=1e-9, abs=1e-12)
        assert as_levels.df == as_number.df


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1.0, 2.0, 3.0], [1, 1, 1], "all labels are the same here"),
        ([2.0, 2.0, 2.0], [0, 1, 1], "all values are the same here"),
        ([2.0], [0], "all labels are the same here"),
        ([], [], "all labels are the same here"),
    ],
)
def test_without_variation_there_is_no_test(x: list[float], y: list[int], why: str) -> None:
    found = associate(np.array(x), np.array(y, dtype=np.intp), n_classes=2)

    assert (found.df, found.reason) == (0, why)
    assert np.isnan([found.statistic, found.log_p]).all()


# --- adjustment and intervals ---------------------------------------------------------------------


@given(st.integers(0, 400), st.integers(1, 50))
def test_sidak_against_long_decimals(power: int, tests: int) -> None:
    with localcontext() as context:
        context.prec = 500
        p = Decimal("0.37") * Decimal(10) ** -power
        exact = (1 - (1 - p) ** tests).ln()
        log_p = float(p.ln())

    assert adjust(log_p, tests) == pytest.approx(float(exact), rel=1e-11, abs=1e-13)


def test_sidak_at_its_ends() -> None:
    assert adjust(0.0, 7) == 0.0
    assert -1e-30 < adjust(-1e-17, 7) <= 0.0
    assert adjust(-1.0, 1) == pytest.approx(-1.0, rel=1e-15)
    assert adjust(-1e5, 10) == pytest.approx(-1e5 + np.log(10.0), rel=1e-15)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_clopper_pearson_against_scipy(case: tuple[int, int]) -> None:
    count, n = case
    theirs = binomtest(count, n).proportion_ci(confidence_level=0.95, method="exact")

    assert clopper_pearson(count, n) == pytest.approx(
        (theirs.low, theirs.high), rel=1e-8, abs=1e-12
    )


def test_clopper_pearson_holds_the_share() -> None:
    for count in range(21):
        low, high = clopper_pearson(count, 20)
        assert 0.0 <= low <= count / 20 <= high <= 1.0
