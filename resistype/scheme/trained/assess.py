"""How well labels are told apart, and how well they would be if they meant nothing.

Numbers only: the area under the ROC curve, the share of right labels class by class, and labels dealt anew between
patients. A patient keeps its samples together and gets the labels of another patient, so that several biopsies of one
patient never count as independent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["auc_by_class", "balanced_accuracy", "mean_auc", "shuffled"]


def auc_by_class(weight: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """AUC of each class against all others.

    Parameters
    ----------
    weight
        Shape (n_obs, n_classes): weight of each class in each sample.
    codes
        Shape (n_obs,): true classes.

    Returns
    -------
    Shape (n_classes,); ties count half; NaN for a class that no sample or every sample has.

    Examples
    --------
    >>> auc_by_class(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1])).tolist()
    [1.0, 1.0]
    """
    from scipy.stats import rankdata  # noqa: PLC0415  slow to load

    n_classes = weight.shape[1]
    found = np.full(n_classes, np.nan)
    for number in range(n_classes):
        mine = codes == number
        n_mine, n_other = int(mine.sum()), int((~mine).sum())
        if n_mine and n_other:
            ranks = rankdata(weight[:, number])
            found[number] = (ranks[mine].sum() - n_mine * (n_mine + 1) / 2) / (n_mine * n_other)
    return found


def mean_auc(weight: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Mean of the AUC over the classes that have one; 0.5 when none has."""
    each = auc_by_class(weight, codes)
    known = each[~np.isnan(each)]
    return float(known.mean()) if known.size else 0.5


def balanced_accuracy(weight: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Share of samples whose largest weight is at their class, averaged over the classes."""
    right = weight.argmax(axis=1) == codes
    return float(np.mean([right[codes == code].mean() for code in np.unique(codes)]))


def shuffled(codes: NDArray[np.intp], patients: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Labels dealt anew between patients, shape (n_obs,).

    Each patient gets the labels of one other patient (or its own) in their order, repeated or cut to its own number of
    samples.
    """
    rows = [np.flatnonzero(patients == one) for one in np.unique(patients)]
    dealt = np.empty_like(codes)
    for mine, giver in zip(rows, rng.permutation(len(rows)), strict=True):
        given = codes[rows[giver]]
        dealt[mine] = given[np.arange(len(mine)) % len(given)]
    return dealt
