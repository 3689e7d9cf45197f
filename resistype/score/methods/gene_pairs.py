"""Gene pairs: how many pairs have their first gene above their second.

IMPRES (Auslander 2018) counts, over 15 pairs of checkpoint genes, those in which gene A is
expressed above gene B. Nothing but the order of two genes within a sample enters, so any scale that
keeps order gives the same, and no normalisation is needed. A tie is not above. The value is the
**number of pairs**, an exact whole number; a pair with a gene that was not measured does not count,
and when under half of the pairs are left the value is NaN.

Signatures without pairs get NaN from this method, and a note of the result names them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, Rows, dense
from resistype.score.sets import IndexedSets


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:  # noqa: ARG001
    """Number of pairs in order, shape (n_obs, n_parts)."""
    out = np.full((rows.n_obs, sets.n_parts), np.nan)
    if sets.pairs is None:
        return out
    values = (dense(rows) if isinstance(rows, CsrRows) else rows).values
    for part, owner in enumerate(sets.owner):
        pairs = sets.pairs[owner]
        if pairs.size:
            out[:, part] = _count(values, pairs)
    return out


def _count(values: NDArray[Any], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    found = pairs[(pairs >= 0).all(axis=1)]
    first, second = values[:, found[:, 0]], values[:, found[:, 1]]
    known = ~(np.isnan(first) | np.isnan(second))
    above = ((first > second) & known).sum(axis=1).astype(np.float64)
    return np.where(2 * known.sum(axis=1) >= pairs.shape[0], above, np.nan)


GENE_PAIRS = Method(
    id="gene_pairs",
    spec="gene_pairs/1",
    title="Number of gene pairs in order",
    doi="10.1038/s41591-018-0157-9",
    family="pairs",
    signed="pairs have their own direction",
    nan="a pair with a missing gene does not count; NaN when under half of the pairs are left",
    kernel=kernel,
)
