"""Gene set variation analysis (Hänzelmann 2013). **Depends on the cohort**: values change when samples are added.

1. For each gene, a kernel estimate of its distribution over the samples says how high a sample's value is:
   Gaussian kernels with a quarter of the standard deviation on log2 expression, Poisson kernels on counts
   (``mean of ppois(x, x_k + 0.5)``), or the plain empirical distribution.
2. Within a sample the genes are ranked by it.
3. A random walk goes down the ranking: up by ``|rank - N / 2|`` over its sum at members, down by ``1 / (N - m)``
   elsewhere. The score is its highest plus its lowest point (`max_diff`), or that of the two that is larger in size,
   or, with `absolute`, highest minus lowest.

The R package tabulates the Gaussian distribution function in steps of 1/1000 standard deviation and takes the entry
below. A rank turns on the last digit, so anything more exact would give other numbers: against the untabulated
definition, scores of 500 genes differ by up to 3e-3. This page uses that table and gives the package's numbers to
1e-12 where no genes tie. It looks each pair of samples up once (a difference seen from its other end is 1 minus it)
and finds the extremes of the walk at the members only.

Genes that are constant over the samples have no distribution and are left out, as in the R package. Tied genes share
their mid-rank and are passed in one step; the package lets the order of rows decide.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.special import ndtr, pdtr

from resistype.errors import ExpressionError
from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, DenseRows, Rows, dense
from resistype.score.sets import IndexedSets

__all__ = ["GSVA"]

ONE = 2**52
GENES = 512  # of one task


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:
    """Score of each part over the whole cohort, shape (n_obs, n_parts); rows in log2(x + 1), or counts for Poisson.

    Raises
    ------
    ExpressionError
        E605 when there are fewer than two samples, or a value is missing.
    """
    values = _checked(rows)
    varying = np.flatnonzero(values.min(axis=0) < values.max(axis=0))
    kept = sets.on_columns(varying)
    starts = range(0, varying.size, GENES)
    run = Parallel(n_jobs=settings.n_jobs, prefer="threads")
    blocks = run(delayed(_estimate)(values[:, varying[i : i + GENES]], settings.gsva_kernel) for i in starts)
    height = np.concatenate([np.empty((rows.n_obs, 0)), *blocks], axis=1)
    samples = np.array_split(np.arange(rows.n_obs), min(rows.n_obs, 32))
    points = run(delayed(_walk)(height[part], kept) for part in samples)
    return _score(np.concatenate(points), kept, settings)


def _checked(rows: Rows) -> NDArray[np.float64]:
    if rows.n_obs < 2:
        message = f"GSVA compares samples with each other and got {rows.n_obs}. Use 'ssgsea' or 'singscore' for one."
        raise ExpressionError(message, code="E605")
    values = np.asarray((dense(rows) if isinstance(rows, CsrRows) else rows).values, np.float64)
    if np.isnan(values).any():
        message = "GSVA needs every gene in every sample, and values are missing. Use a single-sample method."
        raise ExpressionError(message, code="E605")
    return values


def _walk(height: NDArray[np.float64], sets: IndexedSets) -> NDArray[np.float64]:
    """Highest and lowest point of each walk, shape (n_obs, n_parts, 2)."""
    from resistype.score.cohort_kernels import walk  # noqa: PLC0415  numba only when something is scored
    from resistype.score.rank import doubled_ranks  # noqa: PLC0415

    out = np.zeros((height.shape[0], sets.n_parts, 2))
    walk(doubled_ranks(DenseRows(height)), (sets.indices, sets.offsets), out)
    return out


def _estimate(values: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """How high each value lies in the distribution of its gene: (n_obs, genes), from 0 to 1."""
    genes = np.ascontiguousarray(values.T)
    order = np.argsort(genes, axis=1)  # equal values get one height, so their order does not matter
    ascending = np.take_along_axis(genes, order, axis=1)
    height = {"gaussian": _gaussian, "poisson": _poisson, "none": _empirical}[kind](ascending)
    np.put_along_axis(genes, order, height, axis=1)
    return genes.T


@lru_cache(maxsize=1)
def _table() -> NDArray[np.int64]:
    """Normal distribution function from 0 to 10 in steps of 1/1000, as fixed point, then 1."""
    entries = np.rint(ndtr(np.arange(10_001) / 1000) * ONE).astype(np.int64)
    return np.append(entries, ONE)


def _gaussian(ascending: NDArray[np.float64]) -> NDArray[np.float64]:
    from resistype.score.cohort_kernels import kernel_cdf  # noqa: PLC0415  numba only when something is scored

    sums = np.empty(ascending.shape, np.int64)
    kernel_cdf(ascending, _table(), sums)
    return np.asarray(sums / (ONE * ascending.shape[1]))


def _poisson(ascending: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([_poisson_gene(row) for row in ascending])


def _poisson_gene(row: NDArray[np.float64]) -> NDArray[np.float64]:
    levels, where, counts = np.unique(row, return_inverse=True, return_counts=True)
    below = pdtr(np.floor(levels)[:, None], levels[None, :] + 0.5)
    return np.asarray((below * counts).sum(axis=1)[where] / row.size)


def _empirical(ascending: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of samples at or below."""
    return np.stack([np.searchsorted(row, row, side="right") / row.size for row in ascending])


def _score(points: NDArray[np.float64], sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:
    highest, lowest = points[..., 0], points[..., 1]
    if settings.gsva_max_diff:
        value = highest - lowest if settings.gsva_absolute else highest + lowest
    else:
        value = np.where(highest > -lowest, highest, lowest)
    return np.where((sets.sizes > 0) & (sets.sizes < sets.n_genes), value, np.nan)


GSVA = Method(
    id="gsva",
    spec="gsva/1",
    title="Gene set variation analysis",
    doi="10.1186/1471-2105-14-7",
    family="cohort",
    nan="refused",
    depends_on="cohort",
    kernel=kernel,
)
