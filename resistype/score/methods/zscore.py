"""Mean z-score of a set, standardised **within the sample** over all its genes.

    (mean of the members' log2 expression - mean over all genes) / standard deviation over all genes

The combined z-score of the literature (Lee 2008) standardises each gene over the cohort. Then a
sample's value depends on which other samples were scored with it, which a stored value here never
does; z over a cohort is what a *reference* does, as a named and stored step. The mean of z is
taken, not their sum over the root of m, so that sets of different sizes share one scale.

Mean and standard deviation (n - 1) are summed over the sorted values of the sample, so they do not
depend on the order of genes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.score.kernels import moments, weighted_sums
from resistype.score.method import Method, Settings
from resistype.score.rows import Rows
from resistype.score.sets import IndexedSets


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:  # noqa: ARG001
    """Mean z of each part, shape (n_obs, n_parts); rows in log2(x + 1)."""
    sums, row = weighted_sums(rows, sets), moments(rows)
    enough = (sums[..., 2] > 0) & (2 * sums[..., 2] >= sets.asked)
    mean = sums[..., 0] / np.where(enough, sums[..., 1], np.nan)
    return np.asarray((mean - row[:, :1]) / np.where(row[:, 1:] > 0, row[:, 1:], np.nan))


ZSCORE = Method(
    id="zscore",
    spec="zscore/1",
    title="Mean z within the sample",
    doi="10.1371/journal.pcbi.1000217",
    family="value",
    kernel=kernel,
)
