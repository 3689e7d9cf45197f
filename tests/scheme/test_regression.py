"""Robust lines: the ordinary line where nothing is odd, the same line where a few samples are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.scheme.reference import Regression, fit_each, fit_robust, robust_sd


def cohort(seed: int, n: int = 60, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)) * [2.0, 0.1] + [5.0, -1.0]
    return 1.5 + x @ [0.7, -3.0] + rng.normal(scale=noise, size=n), x


@given(st.integers(0, 10_000))
def test_an_exact_line_is_found(seed: int) -> None:
    y, x = cohort(seed, noise=0.0)
    line = fit_robust(y, x, ("a", "b"))

    np.testing.assert_allclose(line.slopes, [0.7, -3.0], atol=1e-8)
    np.testing.assert_allclose(line.intercept, 1.5, atol=1e-7)
    np.testing.assert_allclose(line.residual(y, x), 0.0, atol=1e-7)


@given(st.integers(0, 10_000))
def test_without_outliers_it_is_near_the_ordinary_line(seed: int) -> None:
    y, x = cohort(seed)
    ordinary = np.linalg.lstsq(np.column_stack([np.ones(len(y)), x]), y, rcond=None)[0]
    line = fit_robust(y, x, ("a", "b"))
    robust = np.array([line.intercept, *line.slopes])
    fitted = np.column_stack([np.ones(len(y)), x]) @ (robust - ordinary)

    # Four standard errors of the fitted values at the edge of the data.
    assert np.abs(fitted).max() < 0.45


@given(st.integers(0, 10_000), st.lists(st.integers(0, 59), min_size=1, max_size=7, unique=True))
def test_a_few_defects_do_not_pull_the_line(seed: int, defects: list[int]) -> None:
    y, x = cohort(seed)
    clean = fit_robust(y, x, ("a", "b"))
    broken = y.copy()
    broken[defects] -= 5.0
    line = fit_robust(broken, x, ("a", "b"))

    assert np.abs(line.residual(y, x) - clean.residual(y, x)).max() < 0.45
    assert (line.residual(broken, x)[defects] < -3.0 * line.robust_sd).all()


def test_an_ordinary_line_would_be_pulled() -> None:
    """The reason for the robust one: seven defects of sixty hide themselves in an ordinary fit."""
    y, x = cohort(3)
    y[:7] -= 5.0
    design = np.column_stack([np.ones(len(y)), x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]

    assert (left[:7] / left.std(ddof=3) > -3.0).any()
    line = fit_robust(y, x, ("a", "b"))
    assert (line.residual(y, x)[:7] / line.robust_sd < -3.0).all()


def one_line(y: np.ndarray, x: np.ndarray) -> list[float]:
    """The plain version: one cohort, one step after the other."""

    def median_sd(values: np.ndarray) -> tuple[float, float]:
        middle = np.median(values)
        return middle, 1.4826 * np.median(np.abs(values - middle))

    def least_squares(weights: np.ndarray) -> np.ndarray:
        root = np.sqrt(weights)
        return np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]

    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(y)), (x - centre) / spread])
    beta = least_squares(np.ones(len(y)))
    for weigh in (
        lambda u: np.minimum(1.0, 1.345 / np.maximum(np.abs(u), 1e-12)),
        lambda u: np.where(np.abs(u) < 4.685, (1.0 - (u / 4.685) ** 2) ** 2, 0.0),
    ):
        for _ in range(200):
            left = y - design @ beta
            middle, sd = median_sd(left)
            if sd <= 1e-12:
                break
            new = least_squares(weigh((left - middle) / sd))
            near = np.max(np.abs(new - beta)) <= 1e-10 * max(1.0, np.max(np.abs(beta)))
            beta = new
            if near:
                break
    slopes = beta[1:] / spread
    return [beta[0] - np.sum(slopes * centre), *slopes, median_sd(y - design @ beta)[1]]


@pytest.mark.parametrize("noise", [0.0, 0.3, 3.0])
def test_cohorts_fitted_side_by_side_are_those_fitted_alone(noise: float) -> None:
    """To the last bit, whatever the sizes and whichever stop early; some swing for 200 steps."""
    rng = np.random.default_rng(1)
    cohorts = [cohort(seed, n=(11, 12, 51)[seed % 3], noise=noise) for seed in range(60)]
    cohorts += [(y[rows], x[rows]) for y, x in cohorts for rows in [rng.integers(0, 11, len(y))]]
    cohorts.append((np.ones(12), cohorts[0][1][[0] * 12]))

    together = fit_each(cohorts, ("a", "b"))

    assert [[r.intercept, *r.slopes, r.robust_sd] for r in together] == [
        one_line(y, x) for y, x in cohorts
    ]


def test_order_of_samples_does_not_matter() -> None:
    y, x = cohort(5)
    turned = np.arange(len(y))[::-1]
    first, second = fit_robust(y, x, ("a", "b")), fit_robust(y[turned], x[turned], ("a", "b"))

    np.testing.assert_allclose(first.slopes, second.slopes, rtol=1e-9)
    np.testing.assert_allclose(first.robust_sd, second.robust_sd, rtol=1e-9)


def test_a_term_that_does_not_vary_gets_no_slope_worth_naming() -> None:
    y, x = cohort(7)
    x[:, 1] = 2.0
    line = fit_robust(y, x, ("a", "b"))

    assert np.isfinite(line.residual(y, x)).all()


@pytest.mark.parametrize(
    ("values", "expected"), [([1.0, 1.0, 1.0], 0.0), ([0.0, 1.0, 2.0], 1.4826), ([5.0], 0.0)]
)
def test_robust_sd(values: list[float], expected: float) -> None:
    assert robust_sd(np.array(values)) == pytest.approx(expected)


def test_robust_sd_of_a_normal_sample_is_its_sd() -> None:
    sample = np.random.default_rng(0).normal(scale=2.0, size=200_000)

    assert robust_sd(sample) == pytest.approx(2.0, rel=0.01)


def test_residual_by_hand() -> None:
    line = Regression(("a",), 1.0, (2.0,), 0.5)

    assert line.residual(np.array([5.0]), np.array([[1.5]])).tolist() == [1.0]
