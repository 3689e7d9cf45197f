"""Slow, obvious versions of the methods, and small matrices, for the tests of the score room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from resistype.score import METHODS, IndexedSets, Settings
from resistype.score.rows import as_rows
from resistype.score.run import score_block

SAMPLE_METHODS = tuple(method for method in METHODS if method.family in ("rank", "value"))
SMALL = Settings(ucell_max_rank=20, aucell_top=0.3)


def scores(
    values: object, sets: IndexedSets, settings: Settings = SMALL
) -> dict[str, NDArray[np.float64]]:
    """Every single-sample method at once."""
    return score_block(as_rows(values), sets, SAMPLE_METHODS, settings=settings)


def ssgsea(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    """Running sum over the genes from high to low, ties by mid-ranks (equal genes then share one
    step size).
    """
    rank = rankdata(row)
    n, m = row.size, columns.size
    member = np.zeros(n, bool)
    member[columns] = True
    weight = np.where(member, rank**0.25, 0.0)
    total = 0.0
    for gene in range(n):  # a gene at ascending rank r lies on r of the n places
        total += rank[gene] * (weight[gene] / weight.sum() if member[gene] else -1 / (n - m))
    return total / n


def running_sum(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    """The definition by Barbie 2009, without ties."""
    order = np.argsort(-row)
    rank = rankdata(row)
    member = np.isin(order, columns)
    up = np.cumsum(np.where(member, rank[order] ** 0.25, 0.0))
    down = np.cumsum(~member)
    return float((up / up[-1] - down / down[-1]).sum() / row.size)


def singscore(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    n, m = row.size, columns.size
    lowest, highest = (m + 1) / 2, (2 * n - m + 1) / 2
    return float((rankdata(row)[columns].mean() - lowest) / (highest - lowest) - 0.5)


def ucell(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    limit = min(SMALL.ucell_max_rank, row.size)
    rank = rankdata(-row)[columns]
    if (rank > limit).all():
        return 0.0
    rank = np.where(rank > limit, limit + 1, rank)
    m = columns.size
    return float(1 - (rank.sum() - m * (m + 1) / 2) / (m * limit))


def aucell(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    """Area under the step curve: at each of the first T places, how many members were met."""
    threshold = max(2, int(np.ceil(round(SMALL.aucell_top * row.size, 9))))
    rank = rankdata(-row)[columns]
    area = sum(threshold - r for r in rank if r < threshold)
    return float(area / sum(threshold - i for i in range(1, min(columns.size, threshold - 1) + 1)))


def zscore(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    return float(((row - row.mean()) / row.std(ddof=1))[columns].mean())


def weighted(row: NDArray[np.float64], columns: NDArray[np.intp]) -> float:
    return float(row[columns].mean())


SLOW = {
    "ssgsea": ssgsea,
    "singscore": singscore,
    "ucell": ucell,
    "aucell": aucell,
    "zscore": zscore,
    "weighted": weighted,
}


def some_sets(n_genes: int, sizes: tuple[int, ...], seed: int = 0) -> list[NDArray[np.intp]]:
    """Random sets of columns."""
    rng = np.random.default_rng(seed)
    return [rng.choice(n_genes, size, replace=False) for size in sizes]


def some_cells(
    n_obs: int, n_genes: int, *, density: float = 0.3, seed: int = 0
) -> NDArray[np.float64]:
    """Rows with many zeros and ties, as cells have them."""
    rng = np.random.default_rng(seed)
    counts = rng.geometric(0.4, (n_obs, n_genes)) * (rng.random((n_obs, n_genes)) < density)
    return np.log2(counts / np.maximum(counts.sum(1, keepdims=True), 1) * 1e4 + 1)
