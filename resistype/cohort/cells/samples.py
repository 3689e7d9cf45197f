"""Numbers of samples: shares of states, balance, mean scores. One row a patient and time point.

A share of a state that no cell of the whole data has is missing, not zero: an annotation that knows no exhausted cells
says nothing about exhaustion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resistype.cohort.cells.table import CellTable
from resistype.cohort.composition import balance, composition
from resistype.scheme.scheme import Scheme

__all__ = ["KEYS", "balances", "group_names", "mean_scores", "sample_shares", "share_of"]

KEYS = ["patient", "timepoint"]


def group_names(table: CellTable, scheme: Scheme) -> pd.Series:
    """The group of states that each cell belongs to, its own state where it is in none, None without a state."""
    if "state" not in table.frame:
        return pd.Series(None, index=table.frame.index, dtype=object)
    of = {member: name for name, members in scheme.states.items() for member in members}
    state = table.frame["state"]
    names = np.array([*(of.get(str(one), str(one)) for one in state.cat.categories), None], dtype=object)
    return pd.Series(pd.Categorical(names[state.cat.codes.to_numpy()]), index=state.index)


def sample_shares(table: CellTable, scheme: Scheme) -> pd.DataFrame:
    """Share of every group of states in every sample, as from `composition`, with day and is_product."""
    frame = table.frame[KEYS].assign(state=group_names(table, scheme))
    shares = composition(frame, "state", by=KEYS, min_cells=int(scheme.cut("min_cells")))
    about = table.frame[[*KEYS, "day", "is_product"]].drop_duplicates(KEYS)
    keys = [shares[name].astype(str) for name in KEYS]
    place = pd.MultiIndex.from_arrays([about[name].astype(str) for name in KEYS])
    about = about.set_axis(place).reindex(pd.MultiIndex.from_arrays(keys))
    return shares.assign(
        patient=keys[0], timepoint=keys[1], day=about["day"].to_numpy(), is_product=about["is_product"].to_numpy()
    )


def share_of(shares: pd.DataFrame, kind: str, index: pd.MultiIndex) -> pd.DataFrame:
    """Rows of one kind, one a sample; NaN in all of them when no cell of the data is of that kind."""
    own = shares[shares["kind"] == kind].set_index(KEYS)[["numerator", "share", "low", "high"]]
    if not own["numerator"].sum():
        own = own.iloc[:0]
    return own.reindex(index)


def balances(shares: pd.DataFrame, first: str, second: str, *, min_cells: int, seed: int = 0) -> pd.DataFrame:
    """Balance of two kinds in every sample, indexed by sample: the counts, balance, low, high, reason."""
    samples = shares.drop_duplicates(KEYS).set_index(KEYS)["denominator"]
    index = pd.MultiIndex.from_tuples(samples.index.tolist(), names=KEYS)
    counts = [share_of(shares, kind, index)["numerator"] for kind in (first, second)]
    rows = []
    for n, a, b in zip(samples.tolist(), counts[0].tolist(), counts[1].tolist(), strict=True):
        if np.isnan(a) or np.isnan(b):
            reason = f"the data have no {first if np.isnan(a) else second} cells"
            rows.append((np.nan, np.nan, n, np.nan, np.nan, np.nan, reason))
        elif n < min_cells:
            rows.append((a, b, n, np.nan, np.nan, np.nan, f"{n} T cells, {min_cells} are needed"))
        else:
            found = balance(int(a), int(b), int(n), seed=seed)
            rows.append((a, b, n, found.value, found.low, found.high, ""))
    names = [f"n_{first}", f"n_{second}", "n_cells", "balance", "low", "high", "reason"]
    return pd.DataFrame(rows, index=index, columns=names)


def mean_scores(table: CellTable, scores: pd.DataFrame, *, min_cells: int, by: Sequence[str] = KEYS) -> pd.DataFrame:
    """Mean and median score of every sample: one row a sample and score.

    Parameters
    ----------
    table
        Cells.
    scores
        Shape (n_cells, n_scores), indexed by cell.
    min_cells
        Cells a sample needs.
    by
        What makes a sample.

    Returns
    -------
    DataFrame
        The columns of `by`, score, n_cells, mean, median, reason.
    """
    own = scores if scores.index.equals(table.frame.index) else scores.reindex(table.frame.index)
    keys = [table.frame[name] for name in by]
    parts = []
    for score in own.columns:  # one column at a time: a million cells stay small
        grouped = own[score].groupby(keys, observed=True)
        part = pd.DataFrame({"n_cells": grouped.size(), "mean": grouped.mean(), "median": grouped.median()}).round(12)
        part.insert(0, "score", str(score))
        parts.append(part.reset_index())
    out = pd.concat(parts, ignore_index=True)
    few = out["n_cells"] < min_cells
    out.loc[few, ["mean", "median"]] = np.nan
    out["reason"] = np.where(few, [f"{k} cells, {min_cells} are needed" for k in out["n_cells"]], "")
    for name in by:
        out[name] = out[name].astype(str)
    return out
