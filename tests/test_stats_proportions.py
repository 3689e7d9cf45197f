"""Intervals of shares and adjusted p: formulas written out, coverage as stated, order and scale."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from resistype.stats import adjusted, wilson


def by_hand(k: int, n: int) -> tuple[float, float]:
    """Wilson's interval as its two roots of (p − k/n)² = z² p (1 − p) / n."""
    z = 1.959963984540054
    a = 1 + z * z / n
    b = -(2 * k / n + z * z / n)
    c = (k / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=80, deadline=None)
def test_the_roots_of_wilsons_equation(counts: tuple[int, int]) -> None:
    k, n = counts
    low, high = wilson(k, n)
    lower, upper = by_hand(k, n)

    assert float(low) == pytest.approx(lower, abs=1e-9)
    assert float(high) == pytest.approx(upper, abs=1e-9)
    assert 0 <= low <= k / n <= high <= 1


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_the_other_kind_has_the_mirrored_interval(counts: tuple[int, int]) -> None:
    k, n = counts
    low, high = wilson(k, n)
    other_low, other_high = wilson(n - k, n)

    assert float(low) == pytest.approx(1 - float(other_high), abs=1e-12)
    assert float(high) == pytest.approx(1 - float(other_low), abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(60, 0.05), (60, 0.5), (200, 0.1), (1200, 0.05)])
def test_it_covers_the_truth_about_as_often_as_stated(n: int, p: float) -> None:
    """Exactly, by summing over all counts: the mean coverage near 95 %, never under 90 % here."""
    k = np.arange(n + 1)
    low, high = wilson(k, np.full(n + 1, n))
    covered = binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum()

    assert 0.90 < covered <= 1.0


def test_more_cells_make_it_narrower() -> None:
    widths = [float(np.subtract(*wilson(n // 4, n)[::-1])) for n in (40, 400, 4000)]

    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.99])
def test_confidence_widens_it(confidence: float) -> None:
    low, high = wilson(30, 100, confidence=confidence)
    wide_low, wide_high = wilson(30, 100, confidence=0.999)

    assert wide_low < low < 0.3 < high < wide_high


def test_arrays_of_any_shape() -> None:
    low, high = wilson(np.array([[1, 2], [3, 4]]), 10)

    assert low.shape == high.shape == (2, 2)
    assert float(low[1, 0]) == pytest.approx(float(wilson(3, 10)[0]))


def benjamini_hochberg(p: list[float]) -> list[float]:
    """Step-up as in the paper: the smallest p_(j) m / j over all j from the rank upwards."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    q = [0.0] * len(p)
    running = 1.0
    for rank in range(len(p), 0, -1):
        running = min(running, p[order[rank - 1]] * len(p) / rank)
        q[order[rank - 1]] = running
    return q


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_adjusted_is_the_step_up_procedure(p: list[float]) -> None:
    assert adjusted(np.array(p)).tolist() == pytest.approx(benjamini_hochberg(p))


def test_missing_p_are_not_counted() -> None:
    p = np.array([0.01, np.nan, 0.03, np.nan])

    assert adjusted(p)[[0, 2]].tolist() == pytest.approx(benjamini_hochberg([0.01, 0.03]))
    assert np.isnan(adjusted(p)[[1, 3]]).all()


def test_nothing_known() -> None:
    assert np.isnan(adjusted(np.array([np.nan, np.nan]))).all()
    assert adjusted(np.array([])).size == 0
