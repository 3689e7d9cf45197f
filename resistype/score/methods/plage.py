"""Pathway level analysis of gene expression (Tomfohr 2005). **Depends on the cohort**: values
change with its samples.

Each gene is standardised over the samples; the first right singular vector of the set's genes ×
samples is the activity, one number a sample, of length 1 over the cohort. A singular vector has no
sign of its own: here it points the way of the mean z-score of the set, where other programs leave
it to chance.

It is the one method that uses linear algebra of the platform, so it is promised to 1e-9 and not to
the last bit. Constant genes are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, Rows, dense
from resistype.score.sets import IndexedSets


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:  # noqa: ARG001
    """Activity of each part over the whole cohort, shape (n_obs, n_parts); rows in log2(x + 1)."""
    values = np.asarray((dense(rows) if isinstance(rows, CsrRows) else rows).values, np.float64)
    if rows.n_obs < 3 or np.isnan(values).any():
        message = (
            f"PLAGE needs every gene in at least three samples; {rows.n_obs} samples were given, or"
            " values miss."
        )
        raise ExpressionError(message, code="E605")
    out = np.full((rows.n_obs, sets.n_parts), np.nan)
    for part in range(sets.n_parts):
        members = values[:, sets.indices[sets.offsets[part] : sets.offsets[part + 1]]]
        out[:, part] = _activity(members[:, members.min(axis=0) < members.max(axis=0)])
    return out


def _activity(members: NDArray[np.float64]) -> NDArray[np.float64]:
    if members.shape[1] == 0:
        return np.full(members.shape[0], np.nan)
    standard = (members - members.mean(axis=0)) / members.std(axis=0, ddof=1)
    vector = np.linalg.svd(standard, full_matrices=False)[0][:, 0]
    towards = float(vector @ standard.mean(axis=1))
    return np.asarray(vector if towards >= 0 else -vector)


PLAGE = Method(
    id="plage",
    spec="plage/1",
    title="First singular vector of the set's z-scores",
    doi="10.1186/1471-2105-6-225",
    family="cohort",
    nan="refused",
    depends_on="cohort",
    kernel=kernel,
)
