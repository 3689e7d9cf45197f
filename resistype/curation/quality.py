"""Does a list hold together in these data: coherence, the influence of single genes, and what else it follows.

Coherence is the mean pairwise correlation of the genes (genes down count with a minus), against random sets of as many
genes of like expression: any set of well-expressed genes correlates a little. Influence leaves one gene out at a time.
Redundancy asks whether the score is proliferation, infiltration or purity under another name; shared genes are left
out on both sides first. All of it is sums over standardised rows, see `prepared`.

The corrected item-total correlation is that of Nunnally, Psychometric Theory (1978); random sets of matched expression
follow Tirosh 2016, doi 10.1126/science.aad0501.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.curation.prepared import Members, Prepared
from resistype.errors import GeneError
from resistype.library import Signature, load_library
from resistype.score import matched_sets

__all__ = ["CONTROLS", "Coherence", "coherence", "influence", "redundancy", "set_score"]

CONTROLS = {
    "proliferation": "hallmark_g2m_checkpoint",
    "T cells": "ss_cyt_davoli",
    "B cells": "ss_bcell_budczies",
    "macrophages": "ss_macrophage_danaher",
    "fibroblasts": "recalled_caf_pan",
    "purity (oxidative phosphorylation)": "hallmark_oxidative_phosphorylation",
    "hypoxia": "hallmark_hypoxia",
    "heat shock": "heat_shock_stress",
}
REDUNDANT = 0.7


@dataclass(frozen=True)
class Coherence:
    """How much the genes of a set go together.

    Parameters
    ----------
    mean_r
        Mean pairwise correlation of the genes; NaN with fewer than two.
    random_mean, random_sd
        The same of random sets: mean and standard deviation.
    p
        Share of random sets that go together as much, counting the set itself.
    n_genes, n_random
        Genes used, random sets drawn.
    """

    mean_r: float
    random_mean: float
    random_sd: float
    p: float
    n_genes: int
    n_random: int


def _mean_r(total: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Mean pairwise correlation of k standardised genes from their sums, one sum a row."""
    return np.asarray(((total**2).mean(axis=-1) - k) / (k * (k - 1)))


def _sums(prepared: Prepared, members: Members) -> NDArray[np.float64]:
    return np.asarray(members.signs @ prepared.z[members.rows])


def coherence(prepared: Prepared, members: Members, *, n_random: int = 200, seed: int = 0) -> Coherence:
    """Mean pairwise correlation of a set against random sets of matched expression.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it, from ``prepared.members(signature)``.
    n_random
        Random sets.
    seed
        Seed of their draw.

    Returns
    -------
    Coherence
        The figures; NaN for a set of fewer than two genes.
    """
    k = len(members)
    if k < 2:
        return Coherence(np.nan, np.nan, np.nan, np.nan, k, 0)
    own = float(_mean_r(_sums(prepared, members), k))
    usable = np.flatnonzero(prepared.varies)
    place = np.searchsorted(usable, members.rows)
    names = [prepared.index.genes[row] for row in usable]  # so that the order of columns does not matter
    total = np.zeros((n_random, prepared.n_obs))
    for sign in (1.0, -1.0):
        side = place[members.signs == sign]
        if side.size:
            drawn = matched_sets(prepared.mean[usable], side, n=n_random, seed=seed + int(sign < 0), names=names)
            for number, rows in enumerate(drawn):
                total[number] += sign * prepared.z[usable[rows]].sum(axis=0)
    random = _mean_r(total, k)
    p = (1 + int((random >= own).sum())) / (n_random + 1)
    return Coherence(own, float(random.mean()), float(random.std()), p, k, n_random)


def influence(prepared: Prepared, members: Members) -> pd.DataFrame:
    """What each gene does to its set: leave-one-gene-out, all genes at once.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it.

    Returns
    -------
    DataFrame
        Indexed by gene, least fitting first: r_with_rest (correlation with the mean of the others; negative means it
        pulls the other way), coherence_without (mean pairwise correlation of the others), change (of coherence when
        it is left out), score_r (correlation of the score with and without it), mean, detected, direction.
    """
    k = len(members)
    signed = prepared.z[members.rows] * members.signs[:, None]
    total = signed.sum(axis=0)
    rest = total - signed
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((rest**2).mean(axis=1))
        with_rest = (signed * rest).mean(axis=1) / spread
        score_r = (rest @ total) / prepared.n_obs / (spread * np.sqrt((total**2).mean()))
    without = _mean_r(rest, k - 1) if k > 2 else np.full(k, np.nan)
    whole = float(_mean_r(total, k)) if k > 1 else np.nan
    frame = pd.DataFrame(
        {
            "r_with_rest": with_rest,
            "coherence_without": without,
            "change": without - whole,
            "score_r": score_r,
            "mean": prepared.mean[members.rows],
            "detected": prepared.detected[members.rows],
            "direction": np.where(members.signs > 0, "up", "down"),
        },
        index=pd.Index(members.genes, name="gene"),
    )
    return frame.sort_values("r_with_rest", kind="stable")


def set_score(prepared: Prepared, members: Members) -> NDArray[np.float64]:
    """Mean of the standardised genes of a set, genes down with a minus, shape (n_obs,); NaN for an empty set."""
    if not len(members):
        return np.full(prepared.n_obs, np.nan)
    return _sums(prepared, members) / len(members)


def redundancy(prepared: Prepared, members: Members, controls: Mapping[str, Signature] | None = None) -> pd.DataFrame:
    """Correlation of a set with sets that often stand behind others; genes in both are left out of both.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it.
    controls
        Signatures by name; None for proliferation, cell types, purity, hypoxia and heat shock of the shipped library.

    Returns
    -------
    DataFrame
        Indexed by control, largest absolute r first: signature, r, shared (genes left out), used (genes of the
        control), redundant (absolute r of 0.7 and more).

    Raises
    ------
    GeneError
        When the set has no gene in the data (E101).
    """
    if not len(members):
        message = "None of the genes of the set is in the data and varies; there is nothing to correlate."
        raise GeneError(message, code="E101")
    shipped = load_library()
    chosen = controls if controls is not None else {name: shipped[key] for name, key in CONTROLS.items()}
    rows = [_redundant(prepared, members, name, signature) for name, signature in chosen.items()]
    columns = ["control", "signature", "r", "shared", "used", "redundant"]
    frame = pd.DataFrame(rows, columns=columns).set_index("control")
    return frame.iloc[np.argsort(-frame["r"].abs().fillna(-1).to_numpy(), kind="stable")]


def _redundant(
    prepared: Prepared, members: Members, name: str, signature: Signature
) -> tuple[str, str, float, int, int, bool]:
    other = prepared.members(signature)
    shared = np.intersect1d(members.rows, other.rows)
    mine, theirs = members.without(shared), other.without(shared)
    r = _correlation(set_score(prepared, mine), set_score(prepared, theirs))
    return name, signature.id, r, int(shared.size), len(theirs), bool(abs(r) >= REDUNDANT)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
