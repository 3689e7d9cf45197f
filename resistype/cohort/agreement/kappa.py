"""Cohen's kappa with its interval, from a square table of counts; statsmodels computes both.

Kappa is agreement beyond what the two margins would give by chance. Where both sides give everybody the same label,
chance agreement is complete and kappa has no value; that is said, not replaced by 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.extras import needs

__all__ = ["Kappa", "cohen_kappa"]

ONE_LABEL = "both sides give every sample the same label, so agreement by chance is complete"
NOBODY = "no sample is left to compare"


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa.

    Attributes
    ----------
    value, low, high
        Kappa and its interval of 95 % by the large-sample variance; NaN where it has no value.
    n
        Samples counted.
    same
        Samples with the same label on both sides.
    why
        Why there is no value.
    """

    value: float
    low: float
    high: float
    n: int
    same: int
    why: str = ""

    @property
    def words(self) -> str:
        """Value, interval and n, or why there is none."""
        if self.why:
            return f"no kappa: {self.why} (n = {self.n})"
        return f"κ = {self.value:.2f} ({self.low:.2f} to {self.high:.2f}), n = {self.n}"


def cohen_kappa(table: Any) -> Kappa:
    """Cohen's kappa of a square table of counts, one side in rows, the other in columns, the same order in both.

    Parameters
    ----------
    table
        Counts of shape (n_labels, n_labels).

    Returns
    -------
    Kappa
        The interval is that of the normal approximation with the variance of Fleiss, Cohen and Everitt, cut at 1; with
        few samples it is too narrow, so n stands beside it.

    Raises
    ------
    MissingExtraError
        X101 without statsmodels.

    References
    ----------
    Cohen 1960, doi 10.1177/001316446002000104; Fleiss, Cohen and Everitt 1969, doi 10.1037/h0028106.

    Examples
    --------
    >>> found = cohen_kappa([[20, 5], [10, 15]])
    >>> round(found.value, 3), found.n, found.same
    (0.4, 50, 35)
    """
    counts: NDArray[np.float64] = np.asarray(table, dtype=np.float64)
    n, same = int(counts.sum()), int(np.trace(counts))
    nan = float("nan")
    if n == 0:
        return Kappa(nan, nan, nan, 0, 0, NOBODY)
    chance = float(counts.sum(axis=0) @ counts.sum(axis=1)) / n**2
    if chance >= 1.0:
        return Kappa(nan, nan, nan, n, same, ONE_LABEL)
    with needs("statsmodels", extra="compare", what="Kappa"):
        from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415  costs a second, only asked for here
    with np.errstate(all="ignore"):  # its tests divide by a variance that can be 0; kappa and its own variance do not
        found = cohens_kappa(counts)
    # The variance can fall below 0 by rounding, where all samples agree.
    half = 1.959963984540054 * float(np.sqrt(max(float(found.var_kappa), 0.0)))
    value = float(found.kappa)
    return Kappa(value, value - half, min(value + half, 1.0), n, same)
