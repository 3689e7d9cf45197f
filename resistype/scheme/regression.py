"""Robust linear regression for relative axes: what a score should be, given others.

A few samples with a real defect must not pull the line that is to find them, so Huber weights find a start and
Tukey's bisquare (which gives far samples no weight at all) finishes; the spread is the median absolute deviation
scaled to a normal SD. Huber 1964 doi:10.1214/aoms/1177703732; Beaton & Tukey 1974 doi:10.1080/00401706.1974.10489171.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regression", "fit_robust", "robust_sd"]

_HUBER = 1.345
_BISQUARE = 4.685
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Regression:
    """A fitted line: intercept, one slope a term, and the robust SD of what it leaves over."""

    terms: tuple[str, ...]
    intercept: float
    slopes: tuple[float, ...]
    robust_sd: float

    def residual(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the line leaves over, for y of shape (n_obs,) and x of shape (n_obs, n_terms)."""
        left: NDArray[np.float64] = y - self.intercept
        for column, slope in enumerate(self.slopes):
            left = left - slope * x[:, column]
        return left


def robust_sd(values: NDArray[np.float64]) -> float:
    """Median absolute deviation from the median, scaled to the SD of a normal distribution."""
    return float(_MAD_TO_SD * _median(np.abs(values - _median(values))))


def _median(values: NDArray[np.float64]) -> float:
    """The same bits as `numpy.median` for values without NaN, in a fifth of the time for some tens of them."""
    half = values.size // 2
    middle = np.sort(values)
    return float(middle[half] if values.size % 2 else (middle[half - 1] + middle[half]) / 2.0)


def fit_robust(y: NDArray[np.float64], x: NDArray[np.float64], terms: tuple[str, ...]) -> Regression:
    """Fit y on x robustly.

    Parameters
    ----------
    y
        Shape (n_obs,), no NaN.
    x
        Shape (n_obs, n_terms), no NaN.
    terms
        Names of the columns of x.

    Examples
    --------
    >>> x = np.arange(20.0)[:, None]
    >>> y = 2 * x[:, 0] + 1
    >>> y[3] = -50.0
    >>> line = fit_robust(y, x, ("x",))
    >>> round(line.slopes[0], 6), round(line.intercept, 6)
    (2.0, 1.0)
    """
    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(y)), (x - centre) / spread])
    beta = _least_squares(design, y, np.ones(len(y)))
    beta = _reweighted(design, y, beta, _huber_weights)
    beta = _reweighted(design, y, beta, _bisquare_weights)
    slopes = beta[1:] / spread
    intercept = beta[0] - float(np.sum(slopes * centre))
    return Regression(terms, float(intercept), tuple(float(s) for s in slopes), robust_sd(y - design @ beta))


def _huber_weights(u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(1.0, _HUBER / np.maximum(np.abs(u), 1e-12))


def _bisquare_weights(u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(u) < _BISQUARE, (1.0 - (u / _BISQUARE) ** 2) ** 2, 0.0)


def _least_squares(
    design: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0], dtype=np.float64)


def _reweighted(
    design: NDArray[np.float64],
    y: NDArray[np.float64],
    beta: NDArray[np.float64],
    weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    for _ in range(200):
        left = y - design @ beta
        spread = robust_sd(left)
        if spread <= 1e-12:
            return beta
        new = _least_squares(design, y, weigh((left - _median(left)) / spread))
        if np.max(np.abs(new - beta)) <= 1e-10 * max(1.0, float(np.max(np.abs(beta)))):
            return new
        beta = new
    return beta
