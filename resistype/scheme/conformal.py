"""Prediction sets by split conformal inference, class by class (Mondrian): which labels cannot be ruled out.

For each class some samples are kept aside that the model has not seen. A new sample keeps the label of a class unless
it fits that class worse than almost all of these. If it comes from the same source, the true label is in the set in at
least 1 − alpha of the cases, for each class by itself. (Vovk, Gammerman and Shafer 2005; doi 10.1007/b106715)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["conformal_p", "label_sets"]


def conformal_p(misfit: NDArray[np.float64], calibration: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Share of the kept samples of each class, the new one counted in, that fit their class no better.

    Parameters
    ----------
    misfit
        Shape (n, n_classes): how badly each sample fits each class.
    calibration
        For each class the misfit of its kept samples, shape (n_kept,).

    Returns
    -------
    Shape (n, n_classes): (1 + worse or equal) / (1 + n_kept).

    Examples
    --------
    >>> conformal_p(np.array([[0.2, 0.9]]), [np.array([0.1, 0.3, 0.4]), np.array([0.1, 0.2, 0.3])]).tolist()
    [[0.75, 0.25]]
    """
    columns = []
    for number, kept in enumerate(calibration):
        worse = len(kept) - np.searchsorted(np.sort(kept), misfit[:, number], side="left")
        columns.append((1 + worse) / (1 + len(kept)))
    return np.stack(columns, axis=1)


def label_sets(p: NDArray[np.float64], classes: Sequence[str], *, alpha: float) -> list[tuple[str, ...]]:
    """For each row of p, shape (n, n_classes), the classes with p > alpha."""
    return [tuple(name for name, one in zip(classes, row, strict=True) if one > alpha) for row in p.tolist()]
