"""The arithmetic of the tumour portraits of Bagaev 2021: score, scale, votes, call. Arrays in, arrays out.

Written anew from the formulas (doi 10.1016/j.ccell.2021.04.014); nothing of the authors' code, gene sets or reference
is here. The score is ssGSEA's with the highest rank for ties: over the ranks r of the genes of a set, N genes in all
and n in the set, Σ r^1.25 / Σ r^0.25 − (N − n + 1) / 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["centre_and_spread", "decide", "portrait_scores_of", "votes_of"]

_CELLS = 2_000_000


def portrait_scores_of(values: NDArray[np.float64], sets: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Score of each set in each sample.

    Parameters
    ----------
    values
        Expression of shape (n_obs, n_genes), in any unit that keeps the order within a sample.
    sets
        Columns of each set, none empty.

    Returns
    -------
    Shape (n_obs, n_sets).
    """
    from scipy.stats import rankdata  # noqa: PLC0415  slow to load

    n_genes = values.shape[1]
    out = np.empty((len(values), len(sets)))
    step = max(_CELLS // max(n_genes, 1), 1)
    for start in range(0, len(values), step):
        ranks = rankdata(values[start : start + step], method="max", axis=1).astype(np.float64)
        for number, columns in enumerate(sets):
            mine = np.ascontiguousarray(ranks[:, columns])
            level = (mine**1.25).sum(axis=1) / (mine**0.25).sum(axis=1)
            out[start : start + step, number] = level - (n_genes - len(columns) + 1) / 2
    return out


def centre_and_spread(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median, and mean absolute deviation about the mean, of each column of scores (n_obs, n_sets).

    The authors write ``DataFrame.mad()``, which pandas had until version 2 and which is about the mean; it is not the
    median absolute deviation.
    """
    spread = np.abs(scores - scores.mean(axis=0)).mean(axis=0)
    return np.median(scores, axis=0), spread


def votes_of(
    scaled: NDArray[np.float64], reference: NDArray[np.float64], codes: NDArray[np.intp], *, k: int, n_labels: int
) -> NDArray[np.intp]:
    """How many of the k nearest reference samples (Euclidean) have each label.

    Parameters
    ----------
    scaled
        Shape (n_obs, n_sets).
    reference
        Shape (n_reference, n_sets).
    codes
        Shape (n_reference,): number of the label of each reference sample.
    k
        Number of neighbours.
    n_labels
        Number of labels.

    Returns
    -------
    Shape (n_obs, n_labels), each row summing to k. Of equally near reference samples the first count.
    """
    votes = np.empty((len(scaled), n_labels), dtype=np.intp)
    step = max(_CELLS // max(len(reference), 1), 1)
    for start in range(0, len(scaled), step):
        rows = scaled[start : start + step]
        apart = np.zeros((len(rows), len(reference)))
        for column in range(reference.shape[1]):
            apart += (rows[:, column, None] - reference[None, :, column]) ** 2
        nearest = codes[np.argsort(apart, axis=1, kind="stable")[:, :k]]
        votes[start : start + step] = (nearest[:, :, None] == np.arange(n_labels)).sum(axis=1)
    return votes


def decide(
    votes: NDArray[np.intp], *, min_share: float, min_margin: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Label with most votes, and whether that is enough to call it.

    Parameters
    ----------
    votes
        Shape (n_obs, n_labels).
    min_share
        Share of the votes that the first label needs.
    min_margin
        Lead over the second label, as a share of the votes.

    Returns
    -------
    Number of the first label (of equals the first), and whether share and lead are enough, each of shape (n_obs,).

    Examples
    --------
    >>> first, firm = decide(np.array([[28, 5, 1, 1], [16, 15, 3, 1]]), min_share=0.5, min_margin=0.15)
    >>> first.tolist(), firm.tolist()
    ([0, 0], [True, False])
    """
    total = votes.sum(axis=1)
    ordered = np.sort(votes, axis=1)
    share, lead = ordered[:, -1] / total, (ordered[:, -1] - ordered[:, -2]) / total
    return votes.argmax(axis=1), (share >= min_share) & (lead >= min_margin)
