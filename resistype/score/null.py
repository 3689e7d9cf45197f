"""Random sets that resemble a set: as many genes, with the same spread over bins of mean expression.

A score means something only against what sets of such genes score anyway: highly expressed genes rank high in every
sample. Genes are put into 25 bins of equal size by mean expression, and a random set draws from each bin as many genes
as the set has there, without replacement.

`matched_sets` gives such sets for one set. `Draws` holds them for all sets of a run at once: a draw is a shuffle of
every bin, and each set takes the first genes of each. So the random sets of one draw are nested between signatures,
which makes them cheap; between draws, where a p-value is counted, they are independent. Up and down genes of one
signature take different genes of the shuffle. `null_scores.py` scores them.

Every bin is shuffled with a seed of its own, place by place, so what a signature draws does not depend on which others
are asked for. What nesting costs: z and p of two signatures of one sample are correlated, more than their genes
explain. Each is right by itself, and whoever corrects for many signatures needs a method that allows dependence, such
as that of Benjamini and Yekutieli (10.1214/aos/1013699998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        Seed of ``numpy.random.default_rng``, together with the number of the bin; stored with the result.
    bins
        Bins of mean expression.
    """

    n: int = 1000
    seed: int = 0
    bins: int = 25


@dataclass(frozen=True, eq=False)
class Draws:
    """Random sets for all parts of all signatures.

    Genes are numbered by **slots**, their places in the order of mean expression, so that those of a bin lie together.

    Parameters
    ----------
    order
        Shape (n_genes,): the column of each slot.
    bin_of
        Shape (n_genes,): the bin of each slot.
    shuffles
        Shape (n, places): column ``edges[b] + c`` holds, for each draw, the slot at place c of the shuffle of bin b.
    edges
        Where each bin begins among the places, shape (n_bins + 1,).
    spans
        Shape (n_parts, n_bins, 2): the places of each bin that a part takes.
    """

    order: NDArray[np.intp]
    bin_of: NDArray[np.int16]
    shuffles: NDArray[np.int32]
    edges: NDArray[np.int64]
    spans: NDArray[np.int64]

    @classmethod
    def build(cls, mean: ArrayLike, sets: IndexedSets, null: Null, *, names: Sequence[str] | None = None) -> Draws:
        """Draws for the sets of a matrix with these mean expressions, shape (n_genes,)."""
        parts = expression_bins(mean, bins=null.bins, names=names)
        spans = _spans(sets, _bin_of(parts), len(parts))
        deepest = spans[..., 1].max(axis=0, initial=0)
        sizes = np.array([part.size for part in parts])
        drawn = [_draw(null.seed, b, int(size), count=int(deepest[b]), n=null.n) for b, size in enumerate(sizes)]
        slots = [places + first for places, first in zip(drawn, np.cumsum(sizes) - sizes, strict=True)]
        return cls(
            np.concatenate(parts),
            np.repeat(np.arange(sizes.size, dtype=np.int16), sizes),
            np.concatenate(slots, axis=1, dtype=np.int32),
            np.concatenate([[0], np.cumsum(deepest)]),
            spans,
        )

    @property
    def n(self) -> int:
        """Random sets a signature."""
        return int(self.shuffles.shape[0])

    @cached_property
    def slots(self) -> NDArray[np.int32]:
        """The slot of each column, shape (n_genes,)."""
        out = np.empty(self.order.size, np.int32)
        out[self.order] = np.arange(self.order.size, dtype=np.int32)
        return out

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Genes of each bin, shape (n_bins,)."""
        return np.bincount(self.bin_of)

    @property
    def deepest(self) -> NDArray[np.int64]:
        """Places of each bin that some part takes, shape (n_bins,)."""
        return np.asarray(self.spans[..., 1].max(axis=0, initial=0))

    @cached_property
    def takers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The parts that take each place, as (begins, parts): for place k ``parts[begins[k] : begins[k + 1]]``."""
        bins = np.repeat(np.arange(self.edges.size - 1), np.diff(self.edges))
        depth = np.arange(bins.size) - self.edges[bins]
        taken = (self.spans[:, bins, 0] <= depth) & (depth < self.spans[:, bins, 1])
        return np.concatenate([[0], taken.sum(axis=0).cumsum()]), np.nonzero(taken.T)[1]

    def columns(self, part: int) -> NDArray[np.intp]:
        """The columns that a part draws, shape (n, genes of the part)."""
        places = [np.arange(*span) + first for span, first in zip(self.spans[part], self.edges, strict=False)]
        return np.asarray(self.order[self.shuffles[:, np.concatenate(places)]])

    def of_parts(self, parts: NDArray[np.intp]) -> Draws:
        """The same draws for some of the parts."""
        if parts.size == len(self.spans):
            return self
        return replace(self, spans=self.spans[parts])


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
        E220 when a member is no column.

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
        raise SignatureError(message, code="E220")
    wanted = np.bincount(bin_of[columns], minlength=len(parts))
    drawn = [
        part[_draw(seed, b, part.size, count=int(wanted[b]), n=n)] for b, part in enumerate(parts) if wanted[b] > 0
    ]
    return list(np.concatenate([np.empty((n, 0), np.intp), *drawn], axis=1))


def _draw(seed: int, number: int, size: int, *, count: int, n: int) -> NDArray[np.int32]:
    """The first `count` steps of `n` shuffles of a bin, shape (n, count); more steps begin with the same."""
    from resistype.score.null_kernels import shuffle  # noqa: PLC0415  numba only when something is scored

    rng = np.random.default_rng([seed, number])
    others = np.array([rng.integers(place, size, n) for place in range(count)], np.int64).reshape(count, n).T
    out = np.empty((n, count), np.int32)
    shuffle(others, size, out)
    return out
