"""Clones that expand and contract between two samples of one patient.

Each clone is tested by Fisher's exact test of its cells against all other tracked cells of the two samples, so unequal
depth is taken into account; p is adjusted over the clones of the patient (Benjamini–Hochberg). Expanded means q < 0.05
and at least twofold, contracted the mirror. A clone of fewer cells than could ever reach significance is not tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.stats import adjusted

__all__ = ["ChangeRule", "clone_change"]


@dataclass(frozen=True)
class ChangeRule:
    """When a clone counts as expanded or contracted.

    Parameters
    ----------
    fdr
        Largest adjusted p.
    fold
        Smallest ratio of the frequencies.
    min_cells
        Cells a clone needs in both samples together to be tested. The total does not depend on the change, so leaving
        out small clones does not bias the test.
    """

    fdr: float = 0.05
    fold: float = 2.0
    min_cells: int = 3


def clone_change(before: pd.Series, after: pd.Series, *, rule: ChangeRule | None = None) -> pd.DataFrame:
    """Expansion and contraction of the clones of one patient.

    Parameters
    ----------
    before, after
        Cells of each clone, indexed by clone; a clone absent from one has 0 there.
    rule
        When a clone counts as changed.

    Returns
    -------
    DataFrame
        One row a clone, largest after first: n_before, n_after, depth_before, depth_after, share_before, share_after,
        fold (frequencies with 0.5 cells added), p, q, call (``expanded``, ``contracted``, ``unchanged``,
        ``not_tested``).

    Raises
    ------
    SamplesError
        E973 when a sample has no tracked cell, or counts are negative.

    Examples
    --------
    >>> found = clone_change(pd.Series({"a": 2, "b": 98}), pd.Series({"a": 40, "b": 60}))
    >>> found.loc["a", "call"]
    'expanded'
    """
    rule = rule or ChangeRule()
    table = pd.concat([before.rename("n_before"), after.rename("n_after")], axis=1).fillna(0).astype(int)
    n1, n2 = int(table["n_before"].sum()), int(table["n_after"].sum())
    if min(n1, n2) < 1 or bool((table < 0).any(axis=None)):
        message = f"{n1} and {n2} tracked cells in the two samples: a change of clones needs some in both."
        raise SamplesError(message, code="E973")
    k1, k2 = table["n_before"].to_numpy(), table["n_after"].to_numpy()
    table = table.assign(depth_before=n1, depth_after=n2, share_before=k1 / n1, share_after=k2 / n2)
    table["fold"] = ((k2 + 0.5) / (n2 + 1)) / ((k1 + 0.5) / (n1 + 1))
    tested = k1 + k2 >= rule.min_cells
    p = np.full(len(table), np.nan)
    p[tested] = _fisher(k1[tested], k2[tested], n1, n2)
    q = adjusted(p)
    found = (q < rule.fdr) & tested
    call = np.select(
        [~tested, found & (table["fold"] >= rule.fold), found & (table["fold"] <= 1 / rule.fold)],
        ["not_tested", "expanded", "contracted"],
        "unchanged",
    )
    out = table.assign(p=p, q=q, call=call).rename_axis("clone")
    return out.sort_values(["n_after", "n_before"], ascending=False, kind="stable")


def _fisher(k1: NDArray[np.int64], k2: NDArray[np.int64], n1: int, n2: int) -> NDArray[np.float64]:
    """Two-sided p of each clone; clones of the same two counts share one test."""
    pairs, which = np.unique(np.column_stack([k1, k2]), axis=0, return_inverse=True)
    found = [_one_fisher(a, b, n1, n2) for a, b in pairs.tolist()]
    return np.asarray(found)[which.ravel()]


@lru_cache(maxsize=1 << 16)
def _one_fisher(k1: int, k2: int, n1: int, n2: int) -> float:
    """Kept, because samples that are drawn anew ask the same tests again."""
    from scipy.stats import fisher_exact  # noqa: PLC0415  0.6 s

    return float(fisher_exact(np.array([[k2, n2 - k2], [k1, n1 - k1]]))[1])
