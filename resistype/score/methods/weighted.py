"""Weighted mean of log2 expression, with a housekeeping normaliser where the signature has one.

    sum(w * x) / sum(|w|)        x = log2(expression + 1); w = 1 for signatures without weights

The T-cell-inflamed profile (Ayers 2017) weighs 18 genes after subtracting the mean of the log2
housekeeping genes of the same sample; a signature that names a normaliser gets that subtraction
here. Dividing by the weights keeps the value in log2 units whatever the size of the set; the
published weighted *sum* is this value times ``sum(|w|)``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resistype.score.kernels import weighted_sums
from resistype.score.method import Method, Settings
from resistype.score.rows import Rows
from resistype.score.sets import IndexedSets


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:  # noqa: ARG001
    """Weighted mean of each part, shape (n_obs, n_parts), in log2 units."""
    values = _means(weighted_sums(rows, sets), sets.asked)
    if sets.controls is None:
        return values
    control = _means(weighted_sums(rows, sets.controls), sets.controls.asked)
    return np.asarray(values - np.where(sets.controls.asked > 0, control, 0.0) * _net_weight(sets))


def _means(sums: NDArray[np.float64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
    enough = (sums[..., 2] > 0) & (2 * sums[..., 2] >= asked) & (sums[..., 1] > 0)
    return np.asarray(sums[..., 0] / np.where(enough, sums[..., 1], np.nan))


def _net_weight(sets: IndexedSets) -> NDArray[np.float64]:
    """sum(w) / sum(|w|) of each part: how much of a shift common to all genes its mean feels."""
    parts = [sets.weights[a:b] for a, b in pairwise(sets.offsets)]
    return np.array([part.sum() / max(np.abs(part).sum(), 1e-300) for part in parts])


WEIGHTED = Method(
    id="weighted",
    spec="weighted/1",
    title="Weighted mean of log2 expression",
    doi="10.1172/JCI91190",
    family="value",
    kernel=kernel,
)
