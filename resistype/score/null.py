"""Random sets that resemble a set: as many genes, with the same spread over bins of mean expression.

A score means something only against what sets of such genes score anyway: highly expressed genes rank high in every
sample. Genes are put into 25 bins of equal size by mean expression, and a random set draws from each bin as many genes
as the set has there, without replacement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SignatureError

__all__ = ["expression_bins", "matched_sets"]


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
    bin_of = np.empty(sum(part.size for part in parts), np.intp)
    for number, part in enumerate(parts):
        bin_of[part] = number
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
