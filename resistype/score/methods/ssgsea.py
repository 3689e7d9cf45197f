"""Single-sample gene set enrichment (Barbie 2009), in closed form.

Genes are ordered from high to low. A running sum rises by ``w = r ** 0.25`` (r the ascending rank)
over all weight of the set at each member and falls by ``1 / (N - m)`` at each other gene; the
enrichment score is the sum of the running sum over all N places. A member at ascending rank r lifts
the r places from itself to the end, so

    ES = sum(w * r) / sum(w)  -  (N (N + 1) / 2 - sum(r)) / (N - m)

which needs the ranks of the m members and nothing else. Without ties this is the running sum
exactly; with ties, where the running sum depends on the order in which tied genes happen to lie,
mid-ranks give one answer.

The stored value is **ES / N**: ES grows with the number of ranked genes and cannot be compared
between matrices otherwise. It is not normalised by the range over the cohort (the "NES" of other
tools), because that would change a sample's value when others are added.

Powers are tabulated once as integers of fixed point, as fine as 63 bits allow for N genes. The
error of ES / N against exact arithmetic is below 1e-12.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings

WEIGHT = 0.25


def _shift(n_genes: int, power: float) -> int:
    """Binary places after the point such that a sum over all genes stays below 2**62."""
    return int(np.floor(62 - (power + 1) * np.log2(max(n_genes, 2))))


@lru_cache(maxsize=8)
def _tables(n_genes: int) -> NDArray[np.int64]:
    doubled = np.arange(2 * n_genes + 2)
    rank = doubled / 2
    weight = np.rint(rank**WEIGHT * 2.0 ** _shift(n_genes, WEIGHT))
    moment = np.rint(rank ** (1 + WEIGHT) * 2.0 ** _shift(n_genes, 1 + WEIGHT))
    table = np.stack([weight.astype(np.int64), moment.astype(np.int64), doubled], axis=1)
    table.flags.writeable = False
    return table


# one shape for all methods
def tables(n_genes: int, settings: Settings) -> NDArray[np.int64]:  # noqa: ARG001
    """Weight, weight times rank, doubled rank."""
    return _tables(n_genes)


def finish(
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    n_genes: int,
    settings: Settings,  # noqa: ARG001
) -> NDArray[np.float64]:
    """ES / N from the sums, shape (n_obs, n_parts)."""
    scale = 2.0 ** (_shift(n_genes, WEIGHT) - _shift(n_genes, 1 + WEIGHT))
    outside = np.where(sizes < n_genes, n_genes - sizes, np.nan)
    hits = sums[..., 1] / np.where(sizes > 0, sums[..., 0], np.nan) * scale
    misses = (n_genes * (n_genes + 1) / 2 - sums[..., 2] / 2) / outside
    return np.asarray((hits - misses) / n_genes)


SSGSEA = Method(
    id="ssgsea",
    spec="ssgsea/1",
    title="Single-sample gene set enrichment, ES / N",
    doi="10.1038/nature08460",
    family="rank",
    tables=tables,
    finish=finish,
    shape="ratio",
)
