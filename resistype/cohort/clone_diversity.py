"""Diversity of clones, compared only at equal depth.

Shannon entropy and the number of clones grow with the cells looked at, and the Gini index and the share of the ten
largest clones move too. A patient whose second sample has ten times the cells would look more diverse for that reason
alone, so every sample is rarefied: drawn without replacement, many times, to the depth of the smallest one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError

__all__ = ["Rarefaction", "clone_diversity", "gini", "shannon", "top_share"]


@dataclass(frozen=True)
class Rarefaction:
    """How samples are brought to one depth.

    Parameters
    ----------
    depth
        Cells drawn from each sample; by default those of the smallest sample that has `min_depth`.
    min_depth
        Samples with fewer tracked cells are not assessed.
    repeats, seed
        Of the draws.
    """

    depth: int | None = None
    min_depth: int = 50
    repeats: int = 200
    seed: int = 0


def gini(counts: NDArray[np.int64]) -> float:
    """Gini index of clone sizes, over the clones that are there: 0 all equal, towards 1 one clone has all.

    Examples
    --------
    >>> gini(np.array([5, 5, 5])), round(gini(np.array([97, 1, 1, 1])), 2)
    (0.0, 0.72)
    """
    sizes = np.sort(counts[counts > 0]).astype(np.float64)
    n = sizes.size
    if not n:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ sizes / (n * sizes.sum()))


def shannon(counts: NDArray[np.int64]) -> float:
    """Shannon entropy of clone sizes, in bits.

    Examples
    --------
    >>> shannon(np.array([5, 5, 5, 5]))
    2.0
    """
    p = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(p * np.log2(p)).sum()) + 0.0 if p.size else float("nan")


def top_share(counts: NDArray[np.int64], n: int = 10) -> float:
    """Share of the cells that the `n` largest clones have.

    Examples
    --------
    >>> top_share(np.array([50, 30, 10, 10]), 2)
    0.8
    """
    total = int(counts.sum())
    return float(np.sort(counts)[::-1][:n].sum() / total) if total else float("nan")


_MEASURES = {"n_clones": lambda c: float((c > 0).sum()), "top10": top_share, "gini": gini, "shannon": shannon}


def clone_diversity(counts: pd.DataFrame, *, rarefaction: Rarefaction | None = None) -> pd.DataFrame:
    """Diversity of samples at one depth.

    Parameters
    ----------
    counts
        From `clone_counts`, shape (n_clones, n_samples).
    rarefaction
        How samples are brought to one depth.

    Returns
    -------
    DataFrame
        One row a sample: n_cells, depth, and for n_clones, top10, gini and shannon the mean over the draws with the
        range of 95 % of them (``_low``, ``_high``); reason where a sample is too small. ``one_*`` are the values of
        one draw: they have one distribution whatever the depth was, so these are for tests between patients, where the
        means of deeper samples would spread less. ``raw_*`` are the values at the sample's own depth, which must not
        be compared between samples.

    Raises
    ------
    SamplesError
        E974 when no sample has the depth.

    Examples
    --------
    >>> counts = pd.DataFrame({"s": [60, 40, 20], "t": [600, 400, 200]})
    >>> found = clone_diversity(counts)
    >>> found["depth"].tolist(), bool(abs(found.loc["s", "shannon"] - found.loc["t", "shannon"]) < 0.02)
    ([120, 120], True)
    """
    plan = rarefaction or Rarefaction()
    totals = counts.sum(axis=0)
    enough = totals[totals >= (plan.depth or plan.min_depth)]
    if not len(enough):
        message = (
            f"No sample has {plan.depth or plan.min_depth} tracked cells (the largest has {int(totals.max())}): "
            "diversity is not assessed."
        )
        raise SamplesError(message, code="E974")
    depth = plan.depth or int(enough.min())
    rng = np.random.default_rng(plan.seed)
    rows = [_one(counts[name].to_numpy(np.int64), depth, plan, rng) for name in counts.columns]
    return pd.DataFrame(rows, index=counts.columns)


def _one(sizes: NDArray[np.int64], depth: int, plan: Rarefaction, rng: np.random.Generator) -> dict[str, object]:
    total = int(sizes.sum())
    row: dict[str, object] = {"n_cells": total, "depth": depth}
    short = total < depth or total < (plan.depth or plan.min_depth)
    there = sizes[sizes > 0]
    drawn = [] if short else [_draw(there, depth, rng) for _ in range(plan.repeats if total > depth else 1)]
    for name, measure in _MEASURES.items():
        values = np.array([measure(one) for one in drawn])
        low, high = np.quantile(values, [0.025, 0.975]) if drawn else (np.nan, np.nan)
        row |= {name: float(values.mean()) if drawn else np.nan, f"{name}_low": low, f"{name}_high": high}
    row |= {f"one_{name}": measure(drawn[0]) if drawn else np.nan for name, measure in _MEASURES.items()}
    row |= {f"raw_{name}": measure(sizes) for name, measure in _MEASURES.items()}
    row["reason"] = f"{total} tracked cells, {max(depth, plan.min_depth)} are needed" if short else ""
    return row


def _draw(sizes: NDArray[np.int64], depth: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Sizes of the clones among `depth` cells drawn without replacement."""
    return rng.multivariate_hypergeometric(sizes, depth, method="marginals")
