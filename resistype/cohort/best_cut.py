"""A cut of patients that a user asks for: the best of all, with a p that knows it was chosen (CUT_OPTIMISED).

The largest standardised difference over all cuts is looked up among the largest of permuted labels (maximally selected
rank statistics, Lausen and Schumacher 1992, doi 10.2307/2532740). The plain p of the chosen cut stands beside it, to
show how optimistic it is. It describes these patients; it is no threshold for others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from resistype.cohort.stats import PatientTable
from resistype.errors import SamplesError

__all__ = ["BestCut", "best_cut"]


@dataclass(frozen=True)
class BestCut:
    """The cut with the largest difference: patients above it, and p before and after correction."""

    cut: float
    n_above: int
    n_below: int
    share_first_above: float
    share_first_below: float
    p_plain: float
    p_corrected: float


def best_cut(
    table: PatientTable, value: str, groups: pd.Series, *, first: str, repeats: int = 2000, seed: int = 0
) -> BestCut:
    """The cut of a value that separates two groups of patients most, with corrected p.

    Parameters
    ----------
    table
        Values of patients; cells are refused.
    value
        Which value.
    groups
        Group of each patient.
    first
        The group that is counted.
    repeats, seed
        Of the permutations.

    Raises
    ------
    SamplesError
        E969 when fewer than ten patients have a value and a group, or only one group is there.
    """
    if not isinstance(table, PatientTable):
        raise SamplesError("PSEUDOREP: a cut is looked for over patients; make them with per_patient().", code="E961")
    label = groups.reindex(table.values.index)
    keep = label.notna().to_numpy() & table.values[value].notna().to_numpy()
    x = table.values[value].to_numpy(np.float64)[keep]
    y = (label[keep] == first).to_numpy()
    if len(x) < 10 or not 0 < y.sum() < len(y):
        raise SamplesError(f"{len(x)} patients in both groups are too few for a cut; 10 are needed.", code="E969")
    above = _above(x)
    observed = _statistics(above, y)
    rng = np.random.default_rng(seed)
    null = [float(np.abs(_statistics(above, rng.permutation(y))).max()) for _ in range(repeats)]
    best = int(np.abs(observed).argmax())
    strength = float(abs(observed[best]))
    chosen = above[:, best]
    edges = np.unique(x)
    return BestCut(
        cut=float((edges[best] + edges[best + 1]) / 2),
        n_above=int(chosen.sum()),
        n_below=int((~chosen).sum()),
        share_first_above=float(y[chosen].mean()),
        share_first_below=float(y[~chosen].mean()),
        p_plain=float(2 * norm.sf(strength)),
        p_corrected=(1 + sum(one >= strength - 1e-12 for one in null)) / (1 + repeats),
    )


def _above(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For every cut between two values, who lies above it; the outer tenth on each side is no cut."""
    edges = np.unique(x)
    inside = (x[:, None] > edges[None, :-1]) if len(edges) > 1 else np.zeros((len(x), 0), bool)
    share = inside.mean(axis=0)
    allowed = (share >= 0.1) & (share <= 0.9)
    if not np.any(allowed):
        raise SamplesError("All patients have about one value; there is no cut.", code="E969")
    return np.asarray(inside & allowed[None, :], dtype=bool)


def _statistics(above: NDArray[np.bool_], y: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Standardised number of the first group above each cut; 0 where there is no cut."""
    n, m = len(y), above.sum(axis=0)
    expected = m * y.mean()
    variance = m * (n - m) / (n - 1) * y.mean() * (1 - y.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (y.astype(np.float64) @ above.astype(np.float64) - expected) / np.sqrt(variance)
    return np.where(variance > 0, z, 0.0)
