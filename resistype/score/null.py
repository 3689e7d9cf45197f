"""Random sets that resemble a set: as many genes, with the same spread over bins of mean expression.

A score means something only against what sets of such genes score anyway: highly expressed genes rank high in every
sample. Genes are put into 25 bins of equal size by mean expression, and a random set draws from each bin as many genes
as the set has there, without replacement.

`matched_sets` gives such sets for one set. `Draws` holds them for all sets of a run at once: a draw is a shuffle of
every bin, and each set takes the first genes of each. So the random sets of one draw are nested between signatures,
which makes them cheap; between draws, where a p-value is counted, they are independent. Up and down genes of one
signature take different genes of the shuffle. `null_scores.py` scores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SignatureError
from resistype.score.sets import IndexedSets

__all__ = ["Draws", "Null", "expression_bins", "matched_sets"]


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
        Shape (n, places): column ``edges[b] + c`` holds, for each draw, the gene at place c of the shuffle of bin b.
    edges
        Where each bin begins among the places, shape (n_bins + 1,).
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
        drawn = [_draw(rng, part, int(count), null.n) for part, count in zip(parts, deepest, strict=True)]
        shuffles = np.concatenate([np.empty((null.n, 0), np.int32), *drawn], axis=1)
        return cls(np.ascontiguousarray(shuffles, np.int32), np.concatenate([[0], np.cumsum(deepest)]), spans)

    @property
    def n(self) -> int:
        """Random sets a signature."""
        return int(self.shuffles.shape[0])

    @cached_property
    def plan(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Of each part the rows of running sums to add and to take off, and where its rows begin.

        Running sums have a row for each place, and one of zeros before each bin.
        """
        filled = np.diff(self.edges) > 0
        base = self.edges[:-1] + np.cumsum(filled) - filled
        taken = self.spans[..., 0] < self.spans[..., 1]
        lower, upper = (np.asarray((base + self.spans[..., k])[taken], np.int32) for k in (0, 1))
        return upper, lower, np.concatenate([[0], np.cumsum(taken.sum(axis=1))])

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Shape (places,): the row of running sums of each place."""
        depth = np.diff(self.edges)
        return np.arange(int(self.edges[-1])) + np.repeat(np.cumsum(depth > 0), depth)


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
    return list(np.concatenate([np.empty((n, 0), np.int32), *drawn], axis=1).astype(np.intp))


def _draw(rng: np.random.Generator, part: NDArray[np.intp], count: int, n: int) -> NDArray[np.int32]:
    """`n` rows of `count` different genes of a bin: the first steps of a shuffle, for all rows at once."""
    pool = np.tile(part.astype(np.int32), (n, 1))
    rows = np.arange(n)
    for place in range(count):
        other = rng.integers(place, part.size, n)
        pool[:, place], pool[rows, other] = pool[rows, other], pool[:, place].copy()
    return pool[:, :count]
