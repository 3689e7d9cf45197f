"""Scores of sets that are no signatures: random ones, and signatures with genes left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.expression import Expression
from resistype.score import IndexedSets, get_method, score_sets

__all__ = ["rescored"]


def rescored(expression: Expression, sets: IndexedSets, method: str, *, n_jobs: int) -> NDArray[np.float64]:
    """Scores of indexed sets, shape (n_obs, n_sets), on the scale that the method wants."""
    wants_log2 = get_method(method).family == "value"
    values = expression.log2() if wants_log2 else expression.values
    return score_sets(values, sets, method=method, n_jobs=n_jobs)
