"""Kernels of the second opinions against the obvious versions, and what must not change them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import pearsonr

from resistype.opinions.templates import cosines, distances, draws, pearson, random_p, separation

VALUES = st.floats(-5, 5, allow_nan=False, allow_subnormal=False).map(lambda value: round(value, 3))


def slow_cosine(row: NDArray[np.float64], sizes: tuple[int, ...], which: int) -> float:
    """Cosine with the template written out: 1 at the markers of the class, else 0; −1 when there
    are two classes.
    """
    other = -1.0 if len(sizes) == 2 else 0.0
    template = [
        1.0 if number == which else other for number, size in enumerate(sizes) for _ in range(size)
    ]
    dot = math.fsum(x * t for x, t in zip(row, template, strict=True))
    lengths = math.sqrt(math.fsum(x * x for x in row)) * math.sqrt(
        math.fsum(t * t for t in template)
    )
    return dot / lengths if lengths > 0 else 0.0


@st.composite
def placed(draw: st.DrawFn) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Rows of values at the places of two to four classes."""
    sizes = tuple(draw(st.lists(st.integers(1, 6), min_size=2, max_size=4)))
    shape = (draw(st.integers(1, 5)), sum(sizes))
    return draw(arrays(np.float64, shape, elements=VALUES)), sizes


@given(placed())
def test_cosines_are_those_of_the_templates_written_out(
    case: tuple[NDArray[np.float64], tuple[int, ...]],
) -> None:
    values, sizes = case
    slow = [[slow_cosine(row, sizes, which) for which in range(len(sizes))] for row in values]

    np.testing.assert_allclose(cosines(values, sizes), slow, rtol=0, atol=1e-12)


@given(placed(), st.floats(0.01, 100))
def test_cosines_do_not_feel_the_scale_of_a_sample(
    case: tuple[NDArray[np.float64], tuple[int, ...]], factor: float
) -> None:
    values, sizes = case

    np.testing.assert_allclose(
        cosines(values * factor, sizes), cosines(values, sizes), rtol=0, atol=1e-9
    )


@given(placed())
def test_a_row_has_the_same_bits_alone_and_among_others(
    case: tuple[NDArray[np.float64], tuple[int, ...]],
) -> None:
    values, sizes = case
    alone = np.concatenate([cosines(values[[row]], sizes) for row in range(len(values))])

    assert alone.tobytes() == cosines(values, sizes).tobytes()


def test_two_classes_are_opposites() -> None:
    rng = np.random.default_rng(0)
    cosine = cosines(rng.normal(size=(4, 7)), (3, 4))

    np.testing.assert_array_equal(cosine[:, 0], -cosine[:, 1])


def test_a_sample_like_its_template_is_at_distance_zero_and_its_opposite_at_one() -> None:
    template = np.array([1.0, 1.0, 0.0, 0.0, 0.0])

    at = distances(cosines(np.stack([template, -template]), (2, 2, 1)))[:, 0]
    np.testing.assert_allclose(at, [0.0, 1.0], rtol=0, atol=3e-8)


def test_a_sample_without_any_difference_is_near_to_nothing() -> None:
    cosine = cosines(np.zeros((1, 4)), (2, 1, 1))

    assert cosine.tolist() == [[0.0, 0.0, 0.0]]
    assert (
        random_p(np.zeros(9), draws(np.arange(9), 4, n_perm=99, seed=0), (2, 1, 1), nearest=0.0)
        == 1.0
    )


def test_draws_are_those_of_the_seed_and_with_replacement() -> None:
    columns = np.array([7, 3, 5])
    first = draws(columns, 4, n_perm=50, seed=1)

    assert first.shape == (50, 4)
    np.testing.assert_array_equal(first, draws(columns, 4, n_perm=50, seed=1))
    assert (first != draws(columns, 4, n_perm=50, seed=2)).any()
    assert set(first.ravel()) == {3, 5, 7}
    assert any(len(set(row)) < 4 for row in first.tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_p_counts_the_draws_that_reach_the_sample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, sizes = rng.normal(size=30), (3, 2, 4)
    nearest = float(cosines(row[None, :9], sizes).max())
    drawn = draws(np.arange(30), 9, n_perm=99, seed=seed)
    slow = sum(
        max(slow_cosine(row[one], sizes, which) for which in range(3)) >= nearest - 1e-9
        for one in drawn
    )

    assert random_p(row, drawn, sizes, nearest=nearest) == (1 + slow) / 100


def test_p_is_the_same_in_one_piece_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    row, drawn = rng.normal(size=60), draws(np.arange(60), 9, n_perm=500, seed=0)
    whole = random_p(row, drawn, (3, 2, 4), nearest=0.4)
    monkeypatch.setattr("resistype.opinions.templates._CELLS", 27)

    assert random_p(row, drawn, (3, 2, 4), nearest=0.4) == whole


def test_p_is_uniform_when_nothing_is_there() -> None:
    rng = np.random.default_rng(8)
    drawn = draws(np.arange(400), 30, n_perm=199, seed=0)
    p = [
        random_p(
            row, drawn, (10, 10, 10), nearest=float(cosines(row[None, :30], (10, 10, 10)).max())
        )
        for row in rng.normal(size=(300, 400))
    ]

    assert abs(np.mean(np.array(p) <= 0.05) - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 300)
    assert abs(np.mean(p) - 0.5) < 4 / math.sqrt(12 * 300)


def test_p_is_never_zero() -> None:
    row = np.concatenate([np.full(10, 9.0), np.zeros(990)])
    drawn = draws(np.arange(1000), 20, n_perm=999, seed=0)

    assert random_p(row, drawn, (10, 10), nearest=1.0) == pytest.approx(1 / 1000)


@given(
    st.integers(2, 5).flatmap(
        lambda k: st.tuples(
            arrays(np.float64, (3, 12), elements=VALUES, unique=True),
            arrays(np.float64, (k, 12), elements=VALUES, unique=True),
        )
    )
)
def test_correlations_are_those_of_scipy(
    case: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    values, centroids = case
    slow = [[pearsonr(row, one).statistic for one in centroids] for row in values]

    np.testing.assert_allclose(pearson(values, centroids), slow, rtol=0, atol=1e-9)


def test_a_flat_sample_correlates_with_nothing() -> None:
    assert np.isnan(pearson(np.full((1, 4), 7.3), np.array([[1.0, 2, 3, 4], [4, 3, 2, 1]]))).all()


# r of six classes of the published example of consensusMIBC (README, commit 209f21c), nearest first
PUBLISHED = [
    [0.6176298, 0.5735781, 0.5641684, 0.5890560, 0.5754460, 0.1820276],
    [0.7284300, 0.6806556, 0.6938315, 0.5608757, 0.4695459, 0.2734213],
]


@pytest.mark.parametrize("row", PUBLISHED)
def test_separation_is_the_lead_over_the_second_in_units_of_the_median_lead(
    row: list[float],
) -> None:
    behind = sorted(max(row) - value for value in row)
    margin, level = separation(np.array([row]))

    assert margin[0] == pytest.approx(behind[1])
    assert level[0] == pytest.approx(behind[1] / ((behind[2] + behind[3]) / 2))
    assert 0 < level[0] < 1


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=7, unique=True))
def test_separation_lies_between_zero_and_one_or_is_unknown(row: list[float]) -> None:
    margin, level = separation(np.array([row]))

    assert margin[0] >= 0
    assert np.isnan(level[0]) or 0 <= level[0] <= 2


@pytest.mark.parametrize(("n_classes", "constant"), [(2, 2.0), (3, 1.0)])
def test_separation_says_nothing_below_four_classes(n_classes: int, constant: float) -> None:
    correlation = np.random.default_rng(0).uniform(-1, 1, size=(20, n_classes))
    behind = np.sort(correlation.max(axis=1, keepdims=True) - correlation, axis=1)

    np.testing.assert_allclose(behind[:, 1] / np.median(behind, axis=1), constant)
    assert np.isnan(separation(correlation)[1]).all()


def test_equal_centroids_leave_the_separation_unknown() -> None:
    margin, level = separation(np.full((1, 4), 0.5))

    assert margin[0] == 0
    assert np.isnan(level[0])


def test_how_the_values_lie_in_memory_does_not_matter() -> None:
    values = np.random.default_rng(2).normal(size=(5, 9))

    assert (
        cosines(np.asfortranarray(values), (4, 3, 2)).tobytes()
        == cosines(values, (4, 3, 2)).tobytes()
    )
