"""singscore (Foroutan 2018): how far the mean rank of a set lies between its lowest and its highest
possible value.

With m members among N genes the mean ascending rank lies between ``(m + 1) / 2`` and ``(2 N - m +
1) / 2``. The score is

    (mean rank - lowest) / (highest - lowest) - 1/2        from -1/2 to 1/2, 0 for a set without
                                                           direction

For down genes the publication ranks downwards and adds the two centred scores. Turning the ranks
round turns the sign of the centred score, so that is up minus down, from -1 to 1.

Tied genes get their mid-rank. (The R package gives them the lowest rank of the tie by default,
which lets the score of a sparse sample depend on how many zeros it has.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings


def tables(n_genes: int, settings: Settings) -> NDArray[np.int64]:  # noqa: ARG001
    """The doubled rank itself."""
    return np.arange(2 * n_genes + 2, dtype=np.int64)[:, None]


def finish(
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    n_genes: int,
    settings: Settings,  # noqa: ARG001
) -> NDArray[np.float64]:
    """Centred score of each part, shape (n_obs, n_parts)."""
    members = np.where((sizes > 0) & (sizes < n_genes), sizes, np.nan)
    lowest = (members + 1) / 2
    return np.asarray((sums[..., 0] / 2 / members - lowest) / (n_genes - members) - 0.5)


SINGSCORE = Method(
    id="singscore",
    spec="singscore/1",
    title="Mean rank between its bounds, centred",
    doi="10.1186/s12859-018-2435-4",
    family="rank",
    signed="up minus down (the centred down score on reversed ranks, added)",
    tables=tables,
    finish=finish,
)
