"""Is a covariate associated with the labels? The permutation test of a conditional inference tree, in closed form.

The linear statistic of a covariate x and labels in K classes is the table of the sums of x in each class (for a
categorical covariate: of its 0/1 columns). Given the values and the labels, but not which belongs to which, its
expectation μ and covariance Σ over all permutations are known exactly, and (T − μ)ᵀ Σ⁺ (T − μ) is referred to
χ² with rank(Σ) degrees of freedom (Strasser & Weber 1999; Hothorn, Hornik & Zeileis 2006,
doi:10.1198/106186006X133933). With labels as 0/1 columns the quadratic form needs no matrix:

    numeric, ordered   (n − 1) · Σₖ nₖ (x̄ₖ − x̄)² / Σᵢ (xᵢ − x̄)²      K − 1 degrees of freedom
    categorical        (n − 1)/n · Pearson's χ² of the table            (L − 1)(K − 1)

where only classes and levels that occur are counted. An ordered covariate counts as the numbers of its levels. The p
is kept as its logarithm, so that it does not underflow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln, log_ndtr

__all__ = ["Association", "adjust", "associate", "chi2_statistic", "clopper_pearson", "log_p_chi2", "mean_statistic"]

_LN_TINY = -500.0


@dataclass(frozen=True)
class Association:
    """Statistic and degrees of freedom; log p (natural). Without variation there are none: NaN, 0, NaN and why."""

    statistic: float
    df: int
    log_p: float
    why: str = ""


def associate(
    x: NDArray[np.float64], y: NDArray[np.intp], *, n_classes: int, n_levels: int | None = None
) -> Association:
    """Test one covariate against the labels.

    Parameters
    ----------
    x
        Shape (n_obs,): numbers; for a categorical covariate the positions of its levels.
    y
        Shape (n_obs,): position of each class.
    n_classes
        How many classes there are.
    n_levels
        How many levels a categorical covariate has; None for a numeric or ordered one.

    Examples
    --------
    >>> found = associate(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1]), n_classes=2)
    >>> round(found.statistic, 10), found.df
    (2.4, 1)
    """
    if not len(y) or y.min() == y.max():
        return Association(np.nan, 0, np.nan, "all labels are the same here")
    if x.min() == x.max():
        return Association(np.nan, 0, np.nan, "all values are the same here")
    if n_levels is None:
        statistic, df = mean_statistic(x, y, n_classes=n_classes)
    else:
        levels = x.astype(np.intp)
        table = np.bincount(levels * n_classes + y, minlength=n_levels * n_classes).reshape(n_levels, n_classes)
        statistic, df = chi2_statistic(table)
    return Association(statistic, df, log_p_chi2(statistic, df))


def mean_statistic(x: NDArray[np.float64], y: NDArray[np.intp], *, n_classes: int) -> tuple[float, int]:
    """Statistic and degrees of freedom of a numeric covariate that varies.

    The sums go through the values in rising order, so the order of the rows changes no bit of it.
    """
    order = np.lexsort((y, x))
    x, y = x[order] / np.abs(x).max(), y[order]
    from_mean = x - x.mean()
    counts = np.bincount(y, minlength=n_classes)
    sums = np.bincount(y, weights=from_mean, minlength=n_classes)
    there = counts > 0
    between = float(np.sum(sums[there] ** 2 / counts[there]))
    return (len(x) - 1) * between / float(np.sum(from_mean**2)), int(there.sum()) - 1


def chi2_statistic(table: NDArray[np.intp]) -> tuple[float, int]:
    """Statistic and degrees of freedom of a table (n_levels, n_classes) of counts."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n = int(table.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    statistic = (n - 1) / n * float(np.sum((table - expected) ** 2 / expected))
    return statistic, (table.shape[0] - 1) * (table.shape[1] - 1)


def log_p_chi2(statistic: float, df: int) -> float:
    """Natural logarithm of the upper tail of χ², exact also where the tail itself is below 1e-308.

    The tail for df degrees of freedom is that for df − 2 plus one term, down to erfc (df = 1) or exp (df = 2): a sum
    of positive terms, so nothing cancels.

    Examples
    --------
    >>> round(log_p_chi2(5000.0, 1), 6)
    -2504.484588
    """
    half = statistic / 2.0
    if half <= 0.0:
        return 0.0
    first = -half if df % 2 == 0 else np.log(2.0) + log_ndtr(-np.sqrt(statistic))
    power = np.arange(1.0 if df % 2 == 0 else 0.5, df / 2.0)
    terms = power * np.log(half) - half - gammaln(power + 1.0)
    return min(0.0, float(np.logaddexp.reduce(np.append(terms, first))))


def adjust(log_p: float, tests: int) -> float:
    """Logarithm of Šidák's adjusted p, 1 − (1 − p)ᵐ, for m tests at one node (partykit names it "Bonferroni").

    Examples
    --------
    >>> round(float(np.exp(adjust(np.log(0.01), 7))), 6)
    0.067935
    """
    if log_p < _LN_TINY:
        return log_p + float(np.log(tests))
    if log_p >= 0.0:
        return 0.0
    return _log_rest(tests * _log_rest(log_p))


def _log_rest(log_p: float) -> float:
    """Logarithm of 1 − p from that of p, exact also where p is next to 0 or 1."""
    if log_p > -np.log(2.0):
        return float(np.log(-np.expm1(log_p)))
    return float(np.log1p(-np.exp(log_p)))


def clopper_pearson(count: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share, for `count` of `n`.

    Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> [round(end, 4) for end in clopper_pearson(9, 15)]
    [0.3229, 0.8366]
    """
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1.0 - tail))
    return low, high
