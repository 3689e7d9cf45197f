"""Nearest template and nearest centroid: arrays in, similarities out. No matrix file, no class name, no threshold.

Nearest template prediction (Hoshida 2010): the template of a class is 1 at its own marker genes and 0 at those of the
other classes; with two classes −1 instead of 0. A gene named for two classes has a place in each. The similarity of a
sample is the cosine between its row-centred values at these places and the template, the distance is
√((1 − cosine) / 2).

The null asks how near a sample comes to any template with genes taken at random from all its genes. The draws are made
once for all samples, with replacement, so the p of a sample does not depend on which other samples are asked about,
on their order or on how the work is split. Sums run along the genes of one sample, for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Places", "cosines", "distances", "draws", "pearson", "random_p", "separation"]

TIE = 1e-12
_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Places:
    """Where the marker genes of each class stand: the columns of all places, class after class.

    Parameters
    ----------
    columns
        Shape (n_places,): column of the gene at each place.
    sizes
        Number of places of each class, in the order of the classes.
    """

    columns: NDArray[np.intp]
    sizes: tuple[int, ...]

    @property
    def n_places(self) -> int:
        """Number of places of all classes."""
        return int(self.columns.size)


def cosines(values: NDArray[np.float64], sizes: tuple[int, ...]) -> NDArray[np.float64]:
    """Cosine of each row with each template.

    Parameters
    ----------
    values
        Shape (n, n_places): row-centred expression at the places of the templates.
    sizes
        Number of places of each class.

    Returns
    -------
    Shape (n, n_classes); 0 for a row that is all zero.
    """
    values = np.ascontiguousarray(values)  # sums then run along a row, whatever the rows beside it
    edges = np.concatenate([[0], np.cumsum(sizes)])
    sums = np.stack([values[:, a:b].sum(axis=1) for a, b in pairwise(edges.tolist())], axis=1)
    lengths = np.sqrt(np.array(sizes, dtype=np.float64))
    if len(sizes) == 2:
        first = sums[:, 0] - sums[:, 1]
        sums = np.stack([first, -first], axis=1)
        lengths = np.full(2, np.sqrt(sum(sizes)))
    norms = np.sqrt((values * values).sum(axis=1))
    whole = norms > 0
    cosine = np.zeros_like(sums)
    cosine[whole] = sums[whole] / (norms[whole, None] * lengths)
    return cosine


def distances(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances between 0 (the template itself) and 1 (its opposite), of the same shape as the cosines."""
    return np.sqrt(np.maximum(1.0 - cosine, 0.0) / 2.0)


def draws(columns: NDArray[np.intp], n_places: int, *, n_perm: int, seed: int) -> NDArray[np.intp]:
    """Random genes for the null, shape (n_perm, n_places): columns drawn with replacement.

    Parameters
    ----------
    columns
        All columns of the matrix in an order that does not depend on how the file was sorted.
    n_places
        Number of places of the templates.
    n_perm
        Number of draws.
    seed
        Seed of ``numpy.random.default_rng``.
    """
    rng = np.random.default_rng(seed)
    return columns[rng.integers(0, columns.size, size=(n_perm, n_places))]


def random_p(row: NDArray[np.float64], drawn: NDArray[np.intp], sizes: tuple[int, ...], *, nearest: float) -> float:
    """Share of draws at which a sample comes as near to some template as it does with the markers.

    Parameters
    ----------
    row
        Shape (n_genes,): all row-centred values of one sample.
    drawn
        Shape (n_perm, n_places): random columns.
    sizes
        Number of places of each class.
    nearest
        Largest cosine of the sample with a template.

    Returns
    -------
    (1 + k) / (1 + n_perm), where k draws reach `nearest`. It is never 0.
    """
    step = max(_CELLS // drawn.shape[1], 1)
    reached = 0
    for start in range(0, len(drawn), step):
        best = cosines(row[drawn[start : start + step]], sizes).max(axis=1)
        reached += int((best >= nearest - TIE).sum())
    return (1 + reached) / (1 + len(drawn))


def pearson(values: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson correlation of each row with each centroid.

    Parameters
    ----------
    values
        Shape (n, n_genes).
    centroids
        Shape (n_classes, n_genes).

    Returns
    -------
    Shape (n, n_classes); NaN for a row without variation.
    """
    rows = values - values.mean(axis=1, keepdims=True)
    wanted = centroids - centroids.mean(axis=1, keepdims=True)
    norms = np.sqrt((rows * rows).sum(axis=1))
    norms[norms <= TIE * np.abs(values).max(axis=1, initial=0.0)] = np.nan
    columns = [(rows * one).sum(axis=1) / (norms * np.sqrt((one * one).sum())) for one in wanted]
    return np.stack(columns, axis=1)


def separation(correlation: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the nearest centroid is ahead.

    Parameters
    ----------
    correlation
        Shape (n, n_classes), with r1 the largest and r2 the second largest of a row.

    Returns
    -------
    r1 − r2, and (r1 − r2) / median(r1 − r) over all classes, each of shape (n,). The second is 1 by construction with
    three classes and 2 with two, so it is NaN below four.
    """
    behind = np.sort(correlation.max(axis=1, keepdims=True) - correlation, axis=1)
    margin = behind[:, 1]
    if correlation.shape[1] < 4:
        return margin, np.full(len(margin), np.nan)
    middle = np.median(behind, axis=1)
    return margin, np.divide(margin, middle, out=np.full(len(margin), np.nan), where=middle > 0)
