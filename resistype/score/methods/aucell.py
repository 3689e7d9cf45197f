"""AUCell (Aibar 2017): how early the members of a set appear in a cell's ranking, within its top 5
%.

The recovery curve counts the members met when going down the ranking; the score is the area under
it up to the threshold T (5 % of the genes, rounded up), over the largest area that a set of m genes
can have:

    sum over members with rank < T of (T - rank)   /   sum over i = 1 .. min(m, T - 1) of (T - i)

from 0 to 1. Down genes are subtracted; the publication has no signed sets.

Ties are where implementations differ. The R package breaks them at random, others by the order of
genes; here tied genes share their mid-rank. So the many zeros of a cell, which lie below T unless
the cell expresses under 5 % of the genes, count nothing, instead of a random part of them counting
a little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings


def _threshold(n_genes: int, settings: Settings) -> int:
    return max(2, int(np.ceil(round(settings.aucell_top * n_genes, 9))))


def tables(n_genes: int, settings: Settings) -> NDArray[np.int64]:
    """Doubled distance of the rank from the threshold, 0 beyond it."""
    downwards = 2 * n_genes + 2 - np.arange(2 * n_genes + 2, dtype=np.int64)
    return np.maximum(2 * _threshold(n_genes, settings) - downwards, 0)[:, None]


def finish(
    sums: NDArray[np.int64], sizes: NDArray[np.int64], *, n_genes: int, settings: Settings
) -> NDArray[np.float64]:
    """Score of each part, shape (n_obs, n_parts)."""
    threshold = _threshold(n_genes, settings)
    counted = np.minimum(np.where(sizes > 0, sizes, np.nan), threshold - 1)
    largest = counted * threshold - counted * (counted + 1) / 2
    return np.asarray(sums[..., 0] / 2 / largest)


AUCELL = Method(
    id="aucell",
    spec="aucell/1",
    title="Area under the recovery curve of the top of the ranking",
    doi="10.1038/nmeth.4463",
    family="rank",
    signed="up minus down (the publication has no down genes)",
    tables=tables,
    finish=finish,
)
