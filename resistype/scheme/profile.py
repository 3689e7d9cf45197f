"""What a reference keeps of its tumours beside figures: the usual profile, which says whether a
sample can be compared with them at all, and the ranks of the signature genes, from which their
scores can be had again in any subset of the genes.

Two figures say whether a sample is measured like the reference. Neither looks at a gene of a
signature, so that no axis decides about itself and a loss changes nothing here.

assay distance    1.4826 × median |x − usual| over the steady genes, after the sample's common
                  offset is taken out. Another library or pipeline moves single genes up and down.
likeness          correlation of the sample with the usual profile over the genes that vary most.
                  Another tissue lowers it even where the pipeline is the same.

Their limits come from the reference itself, each fifth of it judged by the other four.

ssGSEA needs only the ranks of the genes of a set. When genes leave the universe, the rank of a gene
falls by the number of them that lay below it; where each gene usually lies gives that number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resistype.genes import GeneIndex
from resistype.score.kernels import doubled_ranks
from resistype.score.rows import DenseRows

EXPRESSED = 1.0  # log2(x + 1): one TPM or CPM
EXPRESSED_IN = 0.2  # ours: a gene belongs to the universe when a fifth of the reference reaches it
STEADY_MEAN, STEADY_FRACTION = 4.0, 0.2  # ours
VARYING_MEAN, N_VARYING = 2.0, 3000  # ours
DISTANCE_FACTOR, LIKENESS_QUANTILE = 1.8, 0.01  # ours
MIN_GENES = 300  # ours: of either list
_FOLDS = 5
_LEVELS = 9
_GRID = np.linspace(0.0, 1.0, 513)
_WEIGHT = 0.25


@dataclass(frozen=True, eq=False)
class Profile:
    """The usual tumour of a reference: mean log2(x + 1) of every gene, which genes are steady
    (assay distance), varying (likeness) and expressed (the universe of scores), each of shape
    (n_genes,), and the limits within which a sample is measured like the reference.
    """

    mean: NDArray[np.float32]
    steady: NDArray[np.bool_]
    varying: NDArray[np.bool_]
    expressed: NDArray[np.bool_]
    max_distance: float
    min_likeness: float


@dataclass(frozen=True, eq=False)
class Likeness:
    """How a sample compares with a profile, each of shape (n_obs,)."""

    distance: NDArray[np.float64]
    likeness: NDArray[np.float64]
    n_steady: int
    n_varying: int


def fit_profile(
    log2: NDArray[np.float64], in_signatures: NDArray[np.bool_], *, seed: int = 0
) -> Profile:
    """The usual profile of reference samples, log2 of shape (n_obs, n_genes); `in_signatures`
    marks the genes of the scheme.
    """
    order = np.random.default_rng(seed).permutation(len(log2))
    distances, likes = [], []
    for fifth in np.array_split(order, _FOLDS):
        rest = np.setdiff1d(order, fifth)
        mean, steady, varying = _lists(log2[rest], in_signatures)
        if steady.any() and varying.any() and fifth.size:
            mine = log2[fifth]
            own = likeness(
                mine[:, steady], mean[steady], varying=mine[:, varying], usual_varying=mean[varying]
            )
            distances.append(own.distance)
            likes.append(own.likeness)
    mean, steady, varying = _lists(log2, in_signatures)
    known = bool(distances)
    return Profile(
        mean.astype(np.float16).astype(np.float32),
        steady,
        varying,
        np.asarray(np.quantile(log2, 1.0 - EXPRESSED_IN, axis=0) >= EXPRESSED),
        DISTANCE_FACTOR * float(np.median(np.concatenate(distances))) if known else float("nan"),
        float(np.quantile(np.concatenate(likes), LIKENESS_QUANTILE)) if known else float("nan"),
    )


def _lists(
    log2: NDArray[np.float64], in_signatures: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Mean of each gene, the steady and the varying ones."""
    mean, spread = log2.mean(axis=0), log2.std(axis=0, ddof=1)
    high = ~in_signatures & (mean >= STEADY_MEAN)
    limit = np.quantile(spread[high], STEADY_FRACTION) if high.any() else -1.0
    steady = high & (spread <= limit)
    candidates = np.flatnonzero(~in_signatures & (mean >= VARYING_MEAN))
    most = candidates[np.argsort(-spread[candidates], kind="stable")[:N_VARYING]]
    varying = np.zeros(mean.size, dtype=bool)
    varying[most] = True
    return mean, steady, varying


def likeness(
    steady: NDArray[np.float64],
    usual_steady: NDArray[np.floating],
    *,
    varying: NDArray[np.float64],
    usual_varying: NDArray[np.floating],
) -> Likeness:
    """Assay distance and likeness of samples: their log2 values of the steady and of the varying
    genes, each of shape (n_obs, n_genes), beside the usual ones.
    """
    off = steady - usual_steady
    off -= np.median(off, axis=1, keepdims=True)
    distance = 1.4826 * np.median(np.abs(off), axis=1)
    centred = varying - varying.mean(axis=1, keepdims=True)
    usual = np.asarray(usual_varying, dtype=np.float64) - float(np.mean(usual_varying))
    norm = np.sqrt((centred**2).sum(axis=1) * (usual**2).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        like = (centred @ usual) / norm
    return Likeness(distance, like, steady.shape[1], varying.shape[1])


# ------------------------------------------------------------------ scores in a subset of the genes


def _es_over_n(ranks: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Score of ssGSEA from the ranks of its genes (1 = lowest), in a universe of n."""
    weights = (ranks / n) ** _WEIGHT
    rest = (n * (n + 1) / 2 - ranks.sum(axis=1)) / (n - ranks.shape[1])
    return np.asarray(((weights * ranks).sum(axis=1) / weights.sum(axis=1) - rest) / n)


def _singscore(ranks: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Score of singscore from the ranks of its genes (1 = lowest), in a universe of n."""
    size = ranks.shape[1]
    return np.asarray((ranks.mean(axis=1) - (size + 1) / 2) / (n - size) - 0.5)


FROM_RANKS: dict[str, Callable[[NDArray[np.float64], int], NDArray[np.float64]]] = {
    "ssgsea": _es_over_n,
    "singscore": _singscore,
}
METHODS = (*FROM_RANKS, "zscore")


@dataclass(frozen=True, eq=False)
class Tumours:
    """Values and ranks of the signature genes of every reference sample, in no order and without
    names: `ranks` (1 = lowest) and `log2` (hundredths) of shape (n_obs, n_genes), `places` of the
    genes in the universe, `quantiles` of shape (9, n_universe) in 255ths of where each gene lies
    among the ranks, `moments` (mean and SD over the universe) and the `usual` value of each gene.
    """

    quantiles: NDArray[np.uint8]
    genes: tuple[str, ...]
    places: NDArray[np.intp]
    ranks: NDArray[np.uint16]
    log2: NDArray[np.int16]
    moments: NDArray[np.float32]
    usual: NDArray[np.float32]

    @staticmethod
    def fit(
        log2: NDArray[np.float64],
        names: tuple[str, ...],
        places: NDArray[np.intp],
        *,
        seed: int = 0,
    ) -> Tumours:
        """From log2(x + 1) over the universe, shape (n_obs, n_universe)."""
        n = log2.shape[1]
        ranks = doubled_ranks(DenseRows(np.ascontiguousarray(log2))) / 2.0
        quantiles = np.quantile(ranks / n, np.linspace(0.0, 1.0, _LEVELS), axis=0)
        order = np.random.default_rng(seed).permutation(len(log2))
        moments = np.column_stack([log2.mean(axis=1), log2.std(axis=1, ddof=1)])
        mine = log2[np.ix_(order, places)]
        return Tumours(
            np.round(quantiles * 255).astype(np.uint8),
            tuple(names[place] for place in places),
            places,
            np.round(ranks[np.ix_(order, places)]).astype(np.uint16),
            np.round(100.0 * np.clip(mine, -327.0, 327.0)).astype(np.int16),
            moments[order].astype(np.float32),
            log2.mean(axis=0).astype(np.float16).astype(np.float32),
        )

    @property
    def values(self) -> NDArray[np.float64]:
        """Shape (n_obs, n_signature_genes): log2(x + 1)."""
        return self.log2 / 100.0

    @cached_property
    def _index(self) -> GeneIndex:
        return GeneIndex(self.genes)

    def scores(
        self, method: str, up: Sequence[str], down: Sequence[str], *, measured: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Scores of the reference samples as if only the genes of the mask (n_universe,) were
        measured, shape (n_obs,); NaN where none of the set is there.
        """
        total, n = np.zeros(len(self.ranks)), 0
        for sign, wanted in ((1.0, up), (-1.0, down)):
            columns = self._index.match(tuple(wanted)).columns
            side = columns[columns >= 0]
            side = side[measured[self.places[side]]]
            n += side.size
            if side.size:
                total += sign * self._side(method, side, measured)
        return total if n else np.full(len(self.ranks), np.nan)

    def _side(
        self, method: str, side: NDArray[np.intp], measured: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if method == "zscore":
            return self._within_sample_z(side, measured)
        n, left = measured.size, int(measured.sum())
        ranks = self.ranks[:, side].astype(np.float64)
        if left < n:
            fallen = ranks - np.interp(ranks / n, _GRID, _below(self.quantiles[:, ~measured]))
            ranks = np.clip(fallen, 1.0, left)
        return FROM_RANKS[method](ranks, left)

    def _within_sample_z(
        self, side: NDArray[np.intp], measured: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Mean and SD of a sample move as those of the usual profile do when genes leave."""
        whole, part = self.usual.astype(np.float64), self.usual[measured].astype(np.float64)
        centre = self.moments[:, 0] + (part.mean() - whole.mean())
        spread = self.moments[:, 1] * (part.std(ddof=1) / whole.std(ddof=1))
        return np.asarray((self.values[:, side].mean(axis=1) - centre) / spread)


def _below(quantiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many of the genes usually lie at or below each point of the grid; between two
    quantiles a gene lies evenly.
    """
    starts, ends = quantiles[:-1].astype(np.intp).ravel(), quantiles[1:].astype(np.intp).ravel()
    codes, counts = np.unique(starts * 256 + ends, return_counts=True)
    low, high = (codes // 256) / 255.0, (codes % 256) / 255.0
    width = np.maximum(high - low, 1e-9)
    total = np.zeros(_GRID.size)
    for first in range(0, codes.size, 512):
        part = slice(first, first + 512)
        reached = np.clip((_GRID[:, None] - low[part]) / width[part], 0.0, 1.0)
        total += reached @ counts[part]
    return total / (_LEVELS - 1)
