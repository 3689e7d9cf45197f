"""Where to cut: against trying every place, at ties, and exactly on the cut."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from resistype.opinions.tree_fit import Column, Cut, associate, best_cut, plain, two_sample

NLR = Column("nlr", "numeric")
STAGE = Column("stage", "ordered", ("I", "II", "III", "IV"))
SITE = Column("site", "categorical", ("colon", "liver", "lung", "node", "skin"))

Case = tuple[NDArray[np.float64], NDArray[np.intp]]


@st.composite
def cases(draw: st.DrawFn, *, cells: int = 8, max_n: int = 30) -> Case:
    """Values with many ties and labels of three classes."""
    n = draw(st.integers(2, max_n))
    x = draw(st.lists(st.integers(0, cells - 1), min_size=n, max_size=n))
    y = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return np.array(x, dtype=float), np.array(y)


def statistic_of(left: NDArray[np.bool_], y: NDArray[np.intp]) -> float:
    """Two-sample statistic of a division, by the test of association itself."""
    return associate(left.astype(float), y, n_classes=3).statistic


def slow_cut(
    x: NDArray[np.float64], y: NDArray[np.intp], min_bucket: int
) -> tuple[float, float] | None:
    """Lowest of the best cuts, by trying every value."""
    best: tuple[float, float] | None = None
    for value in sorted(set(x.tolist())):
        left = x <= value
        if min(left.sum(), (~left).sum()) < max(min_bucket, 1):
            continue
        found = statistic_of(left, y)
        if found > 1e-12 and (best is None or found > best[1] * (1 + 1e-9)):
            best = (value, found)
    return best


@given(cases(), st.integers(1, 6))
def test_the_cut_is_the_best_of_all(case: Case, min_bucket: int) -> None:
    x, y = case
    cut, slow = best_cut(x, y, NLR, n_classes=3, min_bucket=min_bucket), slow_cut(x, y, min_bucket)

    assert (cut is None) == (slow is None)
    if cut is not None and slow is not None:
        assert cut.low == slow[0]
        assert cut.statistic == pytest.approx(slow[1], rel=1e-9)
        assert cut.high == min(x[x > cut.low])
        assert cut.at_low == (x == cut.low).sum()
        assert cut.low < cut.midpoint < cut.high


@given(cases(cells=5), st.integers(1, 4))
def test_the_grouping_is_the_best_of_all(case: Case, min_bucket: int) -> None:
    x, y = case
    cut = best_cut(x, y, SITE, n_classes=3, min_bucket=min_bucket)
    levels = sorted(set(x.tolist()))
    every = {
        group: statistic_of(np.isin(x, group), y)
        for size in range(1, len(levels))
        for group in combinations(levels, size)
        if min(np.isin(x, group).sum(), (~np.isin(x, group)).sum()) >= min_bucket
    }
    best = max((found for found in every.values() if not np.isnan(found)), default=0.0)

    assert (cut is None) == (best <= 1e-12)
    if cut is not None:
        assert cut.statistic == pytest.approx(best, rel=1e-9)
        assert every[tuple(map(float, cut.left))] == pytest.approx(best, rel=1e-9)
        assert sorted(cut.left + cut.right) == levels
        assert cut.left[0] == levels[0]


@given(cases(max_n=20), st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter(case: Case, random: object) -> None:
    x, y = case
    order = list(range(len(x)))
    random.shuffle(order)  # type: ignore[attr-defined]
    for column in (NLR, Column("c", "categorical", tuple("abcdefgh"))):
        first = best_cut(x, y, column, n_classes=3, min_bucket=1)
        second = best_cut(x[order], y[order], column, n_classes=3, min_bucket=1)
        assert repr(first) == repr(second)


@given(cases())
def test_every_observation_has_a_side_and_both_are_large_enough(case: Case) -> None:
    x, y = case
    cut = best_cut(x, y, NLR, n_classes=3, min_bucket=2)
    if cut is not None:
        sides = cut.sides(x)
        assert set(sides.tolist()) == {0, 1}
        assert np.bincount(sides).min() >= 2


def test_the_statistic_is_pearsons_of_the_two_by_k_table() -> None:
    left, counts = np.array([[5, 9, 0], [1, 2, 0]]), np.array([20, 12, 0])
    theirs = [
        chi2_contingency([row[:2], (counts - row)[:2]], correction=False).statistic for row in left
    ]

    np.testing.assert_allclose(two_sample(left, counts), np.array(theirs) * 31 / 32, rtol=1e-12)


# --- exactly on the cut ---------------------------------------------------------------------------


def nlr_of_three() -> Cut:
    x = np.array([1.5, 2.0, 2.4, 3.0, 3.0, 3.02, 4.0, 5.5])
    y = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    cut = best_cut(x, y, NLR, n_classes=2, min_bucket=1)
    assert cut is not None
    return cut


def test_a_value_of_exactly_three_goes_left_and_the_words_say_so() -> None:
    """The published rule calls an NLR of 3.00 high; a fitted cut after a value of 3.00 does not,
    and must show it.
    """
    cut = nlr_of_three()

    assert (cut.rule(0), cut.rule(1)) == ("nlr <= 3", "nlr > 3")
    assert cut.sides(np.array([2.99, 3.0, np.nextafter(3.0, 4.0), 3.01, 3.02])).tolist() == [
        0,
        0,
        1,
        1,
        1,
    ]
    assert (
        cut.boundary()
        == "next value 3.02, midpoint 3.01; 2 observations lie exactly at 3, on the lower side"
    )


def test_one_observation_on_the_cut_is_said_in_the_singular() -> None:
    cut = Cut(NLR, 1.0, low=2.97, high=3.0, at_low=1)

    assert (
        cut.boundary()
        == "next value 3, midpoint 2.985; 1 observation lies exactly at 2.97, on the lower side"
    )


def test_minus_zero_is_zero() -> None:
    cut = best_cut(
        np.array([-1.0, -0.0, 0.0, 1.0]), np.array([0, 0, 0, 1]), NLR, n_classes=2, min_bucket=1
    )

    assert cut is not None
    assert (cut.rule(0), repr(cut.low), cut.at_low) == ("nlr <= 0", "0.0", 2)


def test_the_middle_of_large_values_does_not_overflow() -> None:
    assert Cut(NLR, 1.0, low=1.6e308, high=1.7e308).midpoint == pytest.approx(1.65e308)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (-1.85, "-1.85"),
        (0.1 + 0.2, "0.3"),
        (43703.8, "43703.8"),
        (1e-7, "1e-07"),
        (1234567.25, "1234567.25"),
    ],
)
def test_numbers_are_printed_as_people_write_them(value: float, words: str) -> None:
    assert plain(value) == words


# --- other kinds ----------------------------------------------------------------------------------


def test_an_ordered_covariate_is_cut_after_one_of_its_levels() -> None:
    x, y = np.array([0.0, 0.0, 1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 0, 0, 1, 1])
    cut = best_cut(x, y, STAGE, n_classes=2, min_bucket=1)

    assert cut is not None
    assert (cut.rule(0), cut.rule(1), cut.boundary()) == ("stage <= II", "stage > II", "")
    assert np.isnan(cut.midpoint)
    assert cut.sides(np.array([0.0, 1.0, 2.0, 3.0])).tolist() == [0, 0, 1, 1]


def test_a_level_that_was_not_seen_here_has_no_side() -> None:
    x, y = np.array([0.0, 0.0, 1.0, 1.0, 4.0]), np.array([0, 0, 1, 1, 0])
    cut = best_cut(x, y, SITE, n_classes=2, min_bucket=1)

    assert cut is not None
    assert (cut.rule(0), cut.rule(1)) == ("site in {colon, skin}", "site in {liver}")
    assert cut.sides(np.array([0.0, 1.0, 2.0, np.nan])).tolist() == [0, 1, -1, -1]


def test_a_missing_number_has_no_side() -> None:
    assert nlr_of_three().sides(np.array([np.nan, 1.0])).tolist() == [-1, 0]


def test_of_cuts_that_tie_the_lowest_is_taken() -> None:
    """Cutting off either end separates equally well."""
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 0, 1])
    cut = best_cut(x, y, NLR, n_classes=2, min_bucket=1)

    assert cut is not None
    assert cut.low == 1.0


@pytest.mark.parametrize(
    ("x", "y", "min_bucket"),
    [
        ([1.0, 1.0, 1.0], [0, 1, 0], 1),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], 3),
        ([1.0, 1.0, 2.0, 2.0], [0, 1, 0, 1], 1),
    ],
    ids=["one value", "sides too small", "nothing is separated"],
)
def test_no_cut(x: list[float], y: list[int], min_bucket: int) -> None:
    for column in (NLR, SITE):
        assert (
            best_cut(np.array(x), np.array(y), column, n_classes=2, min_bucket=min_bucket) is None
        )
