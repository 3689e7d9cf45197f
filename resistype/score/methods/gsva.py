"""Gene set variation analysis (Hänzelmann 2013). **Depends on the cohort**: values change when
samples are added.

1. For each gene, a kernel estimate of its distribution over the samples says how high a sample's
   value is: Gaussian kernels with a quarter of the standard deviation on log2 expression, Poisson
   kernels on counts (``mean of ppois(x, x_k + 0.5)``), or the plain empirical distribution.
2. Within a sample the genes are ranked by it.
3. A random walk goes down the ranking: up by ``|rank - N / 2|`` over its sum at members, down by
   ``1 / (N - m)`` elsewhere. The score is its highest plus its lowest point (`max_diff`), or that
   of the two that is larger in size, or, with `absolute`, highest minus lowest.

The R package tabulates the Gaussian distribution function in steps of 1/1000 standard deviation and
takes the entry below. A rank turns on the last digit, so anything more exact would give other
numbers: against the untabulated definition, scores of 500 genes differ by up to 3e-3. This page
uses that table and gives the package's numbers to 1e-12 where no genes tie. It looks each pair of
samples up once (a difference seen from its other end is 1 minus it) and finds the extremes of the
walk at the members only. Sums are over integers (the table as fixed point, doubled ranks), so they
do not depend on the order of samples, genes or threads.

Genes that are constant over the samples have no distribution and are left out, as in the R package.
Tied genes share their mid-rank and are passed in one step; the package lets the order of rows
decide.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr, pdtr

from resistype.errors import ExpressionError
from resistype.score.kernels import doubled_ranks
from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, DenseRows, Rows, dense
from resistype.score.sets import IndexedSets

ONE = 2**52
GENES = 512  # of one task


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:
    """Score of each part over the whole cohort, shape (n_obs, n_parts); rows in log2(x + 1), or
    counts for Poisson.

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
    blocks = run(
        delayed(_estimate)(values[:, varying[i : i + GENES]], settings.gsva_kernel) for i in starts
    )
    height = np.concatenate([np.empty((rows.n_obs, 0)), *blocks], axis=1)
    samples = np.array_split(np.arange(rows.n_obs), min(rows.n_obs, 32))
    points = run(delayed(_walk)(height[part], kept) for part in samples)
    return _score(np.concatenate(points), kept, settings)


def _checked(rows: Rows) -> NDArray[np.float64]:
    if rows.n_obs < 2:
        message = (
            f"GSVA compares samples with each other and got {rows.n_obs}. Use 'ssgsea' or"
            " 'singscore' for one."
        )
        raise ExpressionError(message, code="E605")
    values = np.asarray((dense(rows) if isinstance(rows, CsrRows) else rows).values, np.float64)
    if np.isnan(values).any():
        message = (
            "GSVA needs every gene in every sample, and values are missing. Use a single-sample"
            " method."
        )
        raise ExpressionError(message, code="E605")
    return values


def _walk(height: NDArray[np.float64], sets: IndexedSets) -> NDArray[np.float64]:
    """Highest and lowest point of each walk, shape (n_obs, n_parts, 2)."""
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
    """Fraction of samples at or below."""
    return np.stack([np.searchsorted(row, row, side="right") / row.size for row in ascending])


def _score(
    points: NDArray[np.float64], sets: IndexedSets, settings: Settings
) -> NDArray[np.float64]:
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


STEPS = 10_000  # the R package tabulates 0 to 10 standard deviations in steps of 1/1000
REACH = 10
FOUR = 4  # values whose pairs with lower ones are looked up together


@njit(nogil=True, cache=True)
def _scale(values: Any) -> Any:
    """Steps of the table in one unit of the values; the bandwidth is a quarter of the standard
    deviation.
    """
    n = values.size
    mean, spread = 0.0, 0.0
    for j in range(n):
        mean += values[j]
    mean /= n
    for j in range(n):
        spread += (values[j] - mean) ** 2
    return 4.0 / np.sqrt(spread / (n - 1)) * (STEPS // REACH)


@njit(nogil=True, cache=True, error_model="numpy")
def _steps(values: Any, here: Any, scale: Any, out: Any) -> None:
    """Entries of the table for the distances from lower values to one; apart from the look-up,
    to be vectors.
    """
    for k in range(values.size):
        out[k] = np.int32((here - values[k]) * scale)


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up(table: Any, steps: Any, sums: Any) -> Any:
    total = np.int64(0)
    for k in range(sums.size):
        entry = table[np.uint32(steps[k])]
        total += entry
        sums[k] -= entry
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up_four(table: Any, steps: Any, sums: Any, out: Any) -> None:
    """The same for four values at once, so that the sums of the lower ones are read and written
    once for all.
    """
    first, second, third, fourth = steps
    a, b, c, d = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for k in range(sums.size):
        e, f = table[np.uint32(first[k])], table[np.uint32(second[k])]
        g, h = table[np.uint32(third[k])], table[np.uint32(fourth[k])]
        a += e
        b += f
        c += g
        d += h
        sums[k] -= (e + f) + (g + h)
    out[0] += a
    out[1] += b
    out[2] += c
    out[3] += d


@njit(nogil=True, cache=True, error_model="numpy")
def _with_lower(values: Any, span: Any, table: Any, sums: Any, work: Any) -> None:
    """Pairs of the values ``j .. j + m - 1`` with those from `low` on below them, and with each
    other.
    """
    low, j, m, scale = span
    lower, into = values[low:j], sums[low:j]
    for q in range(m):
        _steps(lower, values[j + q], scale, work[q, low:j])
    if m == FOUR:
        steps = work[0, low:j], work[1, low:j], work[2, low:j], work[3, low:j]
        _look_up_four(table, steps, into, sums[j : j + m])
    else:
        sums[j] += _look_up(table, work[0, low:j], into)
    for q in range(1, m):
        _steps(values[j : j + q], values[j + q], scale, work[0, :q])
        sums[j + q] += _look_up(table, work[0, :q], sums[j : j + q])


@njit(nogil=True, cache=True, error_model="numpy")
def _one_gene(values: Any, about: Any, sums: Any, work: Any) -> None:
    """Sums of the tabulated distribution function over all pairs of ascending values; each pair is
    looked up once.

    From entry `full` on the table is 1: pairs so far apart are counted, not looked up. Values so
    close together, or so far apart, that their spread is not a number of the machine are taken as
    one value.
    """
    table, full, one = about
    n, scale = values.size, _scale(values)
    if not (0.0 < scale < np.inf and values[n - 1] - values[0] < np.inf):
        sums[:] = n * table[0]
        return
    far = np.zeros(n + 1, np.int64)
    for j in range(n):
        sums[j] = table[0] + (n - 1 - j) * one
    j, low = 1, 0
    while j < n:
        while low < j and (values[j] - values[low]) * scale >= full:
            low += 1
        together = j + FOUR <= n and (values[j + FOUR - 1] - values[low]) * scale < table.size - 1
        m = FOUR if together else 1
        far[low] += m
        for q in range(m):
            sums[j + q] += low * one
        _with_lower(values, (low, j, m, scale), table, sums, work)
        j += m
    above = np.int64(0)  # values so far above that the pair was counted
    for k in range(n - 1, -1, -1):
        above += far[k + 1]
        sums[k] -= above * one


@njit(nogil=True, cache=True)
def kernel_cdf(values: Any, table: Any, out: Any) -> None:
    """For each gene (row of ascending values) the sum over samples of the distribution function
    around each.
    """
    one, full = 2 * table[0], 0
    while table[full] < one:
        full += 1
    work = np.empty((FOUR, values.shape[1]), np.int32)
    for gene in range(values.shape[0]):
        _one_gene(values[gene], (table, full, one), out[gene], work)


@njit(nogil=True, cache=True)
def _places(ranks: Any, columns: Any, out: Any) -> None:
    """Doubled ranks of the members, highest first."""
    for j in range(columns.size):
        rank = ranks[columns[j]]
        k = j
        while k > 0 and out[k - 1] < rank:
            out[k] = out[k - 1]
            k -= 1
        out[k] = rank


@njit(nogil=True, cache=True)
def _extremes(members: Any, above: Any, tied: Any) -> Any:
    """Highest and lowest point of the walk; tied genes are passed in one step."""
    n_genes, m = tied.size // 2 - 1, members.size
    weight = np.int64(0)
    for rank in members:
        weight += abs(rank - n_genes)
    total = np.float64(weight) if weight > 0 else np.float64(1.0)
    highest, lowest, met, i = 0.0, 0.0, np.int64(0), 0
    while i < m:
        rank = members[i]
        before = met / total - (above[rank] - i) / (n_genes - m)
        while i < m and members[i] == rank:
            met += abs(rank - n_genes)
            i += 1
        after = met / total - (above[rank] + tied[rank] - i) / (n_genes - m)
        highest, lowest = max(highest, before, after), min(lowest, before, after)
    return highest, lowest


@njit(nogil=True, cache=True)
def walk(ranks: Any, sets: Any, out: Any) -> None:
    """Highest and lowest point of the random walk of each sample and part, from doubled
    ascending ranks.
    """
    indices, offsets = sets
    n_genes = ranks.shape[1]
    above, tied = np.empty(2 * n_genes + 2, np.int64), np.zeros(2 * n_genes + 2, np.int64)
    members = np.empty(n_genes, np.int32)
    for i in range(ranks.shape[0]):
        tied[:] = 0
        for j in range(n_genes):
            tied[ranks[i, j]] += 1
        total = np.int64(0)
        for rank in range(2 * n_genes + 1, -1, -1):
            above[rank] = total
            total += tied[rank]
        for p in range(offsets.size - 1):
            columns = indices[offsets[p] : offsets[p + 1]]
            _places(ranks[i], columns, members)
            out[i, p, 0], out[i, p, 1] = _extremes(members[: columns.size], above, tied)
