"""Random sets that resemble a set: as many genes, with the same spread over bins of mean expression.

A score means something only against what sets of such genes score anyway: highly expressed genes rank high in every
sample. Genes are put into 25 bins of equal size by mean expression, and a random set draws from each bin as many genes
as the set has there, without replacement.

`matched_sets` gives such sets for one set. `Draws` holds them for all sets of a run at once: a draw is a shuffle of
every bin, and each set takes the first genes of each. So the random sets of one draw are nested between signatures,
which makes them cheap; between draws, where a p-value is counted, they are independent. Up and down genes of one
signature take different genes of the shuffle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SignatureError
from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, DenseRows, Rows, dense
from resistype.score.sets import IndexedSets

__all__ = ["Draws", "Null", "expression_bins", "matched_sets", "null_block"]


@dataclass(frozen=True, kw_only=True)
class Null:
    """Ask for a comparison with matched random sets: z and p for each sample and signature.

    Parameters
    ----------
    n
        Random sets a signature.
    seed
        Seed of ``numpy.random.default_rng``, stored with the result.
    bins
        Bins of mean expression.
    """

    n: int = 1000
    seed: int = 0
    bins: int = 25


@dataclass(frozen=True, eq=False)
class Draws:
    """Random sets for all parts of all signatures.

    Parameters
    ----------
    shuffles
        Shape (places, n): row ``edges[b] + c`` holds, for each draw, the gene at place c of the shuffle of bin b.
    edges
        Where each bin begins in `shuffles`.
    spans
        Shape (n_parts, n_bins, 2): the places of each bin that a part takes.
    """

    shuffles: NDArray[np.int32]
    edges: NDArray[np.int64]
    spans: NDArray[np.int64]

    @classmethod
    def build(cls, mean: ArrayLike, sets: IndexedSets, null: Null, *, names: Sequence[str] | None = None) -> Draws:
        """Draws for the sets of a matrix with these mean expressions, shape (n_genes,)."""
        parts = expression_bins(mean, bins=null.bins, names=names)
        spans = _spans(sets, _bin_of(parts), len(parts))
        deepest = spans[..., 1].max(axis=0, initial=0)
        rng = np.random.default_rng(null.seed)
        drawn = [_draw(rng, part, int(count), null.n).T for part, count in zip(parts, deepest, strict=True)]
        shuffles = np.concatenate([np.empty((0, null.n), np.intp), *drawn]).astype(np.int32)
        return cls(np.ascontiguousarray(shuffles), np.concatenate([[0], np.cumsum(deepest)]), spans)


def _bin_of(parts: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    bin_of = np.empty(sum(part.size for part in parts), np.intp)
    for number, part in enumerate(parts):
        bin_of[part] = number
    return bin_of


def _spans(sets: IndexedSets, bin_of: NDArray[np.intp], n_bins: int) -> NDArray[np.int64]:
    """Places of each bin that each part takes; the down genes of a signature go on where its up genes end."""
    spans = np.zeros((sets.n_parts, n_bins, 2), np.int64)
    for part in range(sets.n_parts):
        members = sets.indices[sets.offsets[part] : sets.offsets[part + 1]]
        if part and sets.owner[part] == sets.owner[part - 1]:
            spans[part, :, 0] = spans[part - 1, :, 1]
        spans[part, :, 1] = spans[part, :, 0] + np.bincount(bin_of[members], minlength=n_bins)
    return spans


def null_block(
    rows: Rows, sets: IndexedSets, method: Method, *, settings: Settings, draws: Draws, found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give z and p of the scores `found` of a rank method, each of shape (n_obs, n_sets).

    p is ``(1 + k) / (1 + n)``, k being the random sets that score at least as high; z counts standard deviations of the
    random sets. Samples with missing genes get NaN.
    """
    from resistype.score.null_kernels import null_sums  # noqa: PLC0415  numba only when something is scored
    from resistype.score.rank import doubled_ranks  # noqa: PLC0415

    z, p = np.full_like(found, np.nan), np.full_like(found, np.nan)
    if method.tables is None or method.finish is None:
        return z, p
    tables, n = np.ascontiguousarray(method.tables(rows.n_genes, settings)), draws.shuffles.shape[1]
    sums = np.empty((tables.shape[1], sets.n_parts, n), np.int64)
    for i in range(rows.n_obs):
        row = rows.cut(i, i + 1)
        ranks = doubled_ranks(dense(row) if isinstance(row, CsrRows) else DenseRows(row.values))[0]
        if not ranks.all():
            continue
        null_sums(ranks, (draws.shuffles, draws.edges, draws.spans), (tables, sums))
        by_draw = sums.transpose(2, 1, 0)
        sizes = np.broadcast_to(sets.sizes, (n, sets.n_parts))
        scores = method.by_signature(sets, method.finish(by_draw, sizes, n_genes=rows.n_genes, settings=settings))
        z[i], p[i] = _compare(found[i], scores)
    return z, p


def _compare(
    found: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = scores.shape[0]
    spread = scores.std(axis=0, ddof=1) if n > 1 else np.zeros(scores.shape[1])
    z = (found - scores.mean(axis=0)) / np.where(spread > 0, spread, np.nan)
    p = (1 + (scores >= found).sum(axis=0)) / (1 + n)
    return z, np.where(np.isnan(found), np.nan, p)


def expression_bins(mean: ArrayLike, *, bins: int = 25, names: Sequence[str] | None = None) -> list[NDArray[np.intp]]:
    """Columns in bins of equal size by mean expression, lowest first.

    Parameters
    ----------
    mean
        Shape (n_genes,): mean expression of each gene.
    bins
        Number of bins; fewer when there are fewer genes.
    names
        Names of the genes. They decide between genes of equal mean, so that the bins do not depend on the order of
        columns.
    """
    means = np.asarray(mean, np.float64)
    ties = np.arange(means.size) if names is None else np.asarray(names)
    order = np.lexsort((ties, means))
    return [np.asarray(part, np.intp) for part in np.array_split(order, min(bins, max(means.size, 1)))]


def matched_sets(
    mean: ArrayLike,
    members: ArrayLike,
    *,
    n: int,
    seed: int,
    bins: int = 25,
    names: Sequence[str] | None = None,
) -> list[NDArray[np.intp]]:
    """Random sets matched to a set in size and mean expression.

    Parameters
    ----------
    mean
        Shape (n_genes,): mean expression of each gene.
    members
        Columns of the set.
    n
        Number of random sets.
    seed
        Seed of ``numpy.random.default_rng``; the same seed gives the same sets.
    bins
        Bins of mean expression.
    names
        Names of the genes: with them the same genes are drawn whatever the order of columns.

    Returns
    -------
    `n` arrays of columns, each of the size of `members`.

    Raises
    ------
    SignatureError
        E205 when a member is no column.

    Examples
    --------
    >>> sets = matched_sets([0.1, 0.2, 5.0, 6.0], [2], n=3, seed=0, bins=2)
    >>> [sorted(set(one.tolist()) & {0, 1}) for one in sets]
    [[], [], []]
    """
    parts = expression_bins(mean, bins=bins, names=names)
    bin_of = _bin_of(parts)
    columns = np.asarray(members, np.intp)
    if columns.size and (columns.min() < 0 or columns.max() >= bin_of.size):
        message = f"A member of the set is no column of 0..{bin_of.size - 1}."
        raise SignatureError(message, code="E205")
    wanted = np.bincount(bin_of[columns], minlength=len(parts))
    rng = np.random.default_rng(seed)
    drawn = [_draw(rng, part, int(count), n) for part, count in zip(parts, wanted, strict=True) if count]
    return list(np.concatenate([np.empty((n, 0), np.intp), *drawn], axis=1))


def _draw(rng: np.random.Generator, part: NDArray[np.intp], count: int, n: int) -> NDArray[np.intp]:
    """`n` rows of `count` different genes of a bin."""
    return part[np.argsort(rng.random((n, part.size)), axis=1)[:, :count]]
