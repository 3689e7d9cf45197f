"""Wilson's interval of a share, and p values adjusted for their number. Counts in, numbers out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

__all__ = ["adjusted", "wilson"]


def wilson(numerator: Any, denominator: Any, *, confidence: float = 0.95) -> tuple[NDArray[Any], NDArray[Any]]:
    """Wilson's score interval of a share.

    Parameters
    ----------
    numerator, denominator
        Counts, of any shape that fit each other.
    confidence
        Probability that the interval covers.

    Returns
    -------
    Lower and upper bound; NaN where the denominator is 0.

    References
    ----------
    Wilson 1927, doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson(60, 1200)
    >>> round(float(low), 3), round(float(high), 3)
    (0.039, 0.064)
    """
    k, n = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    z = float(norm.ppf(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = np.where((k == 0) & (n > 0), 0.0, middle - half)
    return low, np.where((k == n) & (n > 0), 1.0, middle + half)


def adjusted(p: NDArray[Any]) -> NDArray[np.float64]:
    """Benjamini–Hochberg; NaN stays NaN."""
    q = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q
