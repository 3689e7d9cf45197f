"""UCell (Andreatta 2021): the Mann-Whitney U of a set among the highest genes of a cell.

Genes are ranked downwards; ranks beyond `max_rank` (1,500) all count ``max_rank + 1``, because the
order of genes that are hardly expressed says nothing. With m members

    U = sum(rank) - m (m + 1) / 2          score = 1 - U / (m max_rank)

from 0 to 1; a set without any member among the first `max_rank` gets 0. Down genes are subtracted
and the difference is cut at 0, as published (weight 1).

Mid-ranks are kept as halves. Only the genes found in the matrix count: the R package can also count
missing genes as unexpressed, which lowers the score by how much of the set was not measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings


def tables(n_genes: int, settings: Settings) -> NDArray[np.int64]:
    """Doubled rank from the top, cut at `max_rank`; and whether it was not cut."""
    limit = min(settings.ucell_max_rank, n_genes)
    downwards = 2 * n_genes + 2 - np.arange(2 * n_genes + 2, dtype=np.int64)
    counted = downwards <= 2 * limit
    return np.stack([np.where(counted, downwards, 2 * limit + 2), counted], axis=1)


def finish(
    sums: NDArray[np.int64], sizes: NDArray[np.int64], *, n_genes: int, settings: Settings
) -> NDArray[np.float64]:
    """Score of each part, shape (n_obs, n_parts)."""
    limit = min(settings.ucell_max_rank, n_genes)
    members = np.where(sizes > 0, sizes, np.nan)
    u = sums[..., 0] / 2 - members * (members + 1) / 2
    return np.where((sums[..., 1] > 0) | (sizes == 0), 1 - u / (members * limit), 0.0)


UCELL = Method(
    id="ucell",
    spec="ucell/1",
    title="Mann-Whitney U among the highest genes",
    doi="10.1016/j.csbj.2021.06.043",
    family="rank",
    signed="up minus down, cut at 0",
    tables=tables,
    finish=finish,
    shape="gated",
    floor=0.0,
)
