"""States from cuts on scores: only from cuts that somebody set, with the distribution beside them.

No study publishes a cut that holds for another scorer or chemistry, and scores of cells are rarely
bimodal, so there is no default. A cut comes from the user, or from cells that are known not to be
in the state. A cell above one cut gets that state, above none or above several it stays unassigned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resistype.errors import SamplesError

BINS = 50


def states_by_cuts(scores: pd.DataFrame, cuts: Mapping[str, float]) -> pd.Series:
    """State of each cell by cuts on its scores.

    Parameters
    ----------
    scores
        Shape (n_cells, n_scores).
    cuts
        For a name of a state, the score from which a cell is in it; the score has the same name.

    Returns
    -------
    Series
        The state; missing above no cut, ``several`` above more than one.

    Raises
    ------
    SamplesError
        E984 for a cut of something that was not scored, or that is no number.

    Examples
    --------
    >>> scores = pd.DataFrame({"memory": [0.9, 0.1, 0.9], "exhausted": [0.1, 0.2, 0.8]})
    >>> states_by_cuts(scores, {"memory": 0.5, "exhausted": 0.5}).tolist()
    ['memory', nan, 'several']
    """
    unknown = [name for name in cuts if name not in scores.columns]
    if unknown or not all(np.isfinite(cut) for cut in cuts.values()):
        what = f"there is no score {unknown[0]!r}" if unknown else "a cut is no number"
        message = f"Cuts cannot be applied: {what}. Scores: {', '.join(map(str, scores.columns))}."
        raise SamplesError(message, code="E984")
    names = list(cuts)
    above = np.zeros((len(scores), len(names)), dtype=bool)
    for column, name in enumerate(names):
        above[:, column] = scores[name].to_numpy() >= cuts[name]
    n = above.sum(axis=1)
    codes = np.where(n == 1, above.argmax(axis=1), np.where(n > 1, len(names), -1))
    return pd.Series(
        pd.Categorical.from_codes(codes, pd.Index([*names, "several"], dtype=object)),
        index=scores.index,
    )


def cutoff_from_controls(
    controls: Sequence[float] | pd.Series, *, margin: float = 0.0, centile: float = 1.0
) -> float:
    """A cut above cells that are known not to be in a state, for example effectors for exhaustion.

    Parameters
    ----------
    controls
        Their scores.
    margin
        Added to the cut.
    centile
        Fraction of the controls that lie at or below the cut before the margin.

    Raises
    ------
    SamplesError
        E984 without controls.

    Examples
    --------
    >>> round(cutoff_from_controls([0.05, 0.11, 0.08], margin=0.1), 2)
    0.21
    """
    known = np.asarray(controls, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        raise SamplesError("A cut from controls needs controls with a score.", code="E984")
    return float(np.quantile(known, centile)) + margin


def distributions(
    scores: pd.DataFrame,
    by: pd.Series,
    *,
    cuts: Mapping[str, float] | None = None,
    bins: int = BINS,
) -> pd.DataFrame:
    """Histogram of every score in every group of cells, to see whether a cut cuts anything.

    Parameters
    ----------
    scores
        Shape (n_cells, n_scores).
    by
        Group of each cell (stage, time point), in the same order.
    cuts
        Cuts that were set, to be shown.
    bins
        Of equal width over the range of the score.

    Returns
    -------
    DataFrame
        score, group, bin_low, bin_high, n_cells, cut.
    """
    groups = by.astype(object).where(by.notna().to_numpy(), "unassigned").astype("category")
    parts = []
    for name in scores.columns:
        values = scores[name].to_numpy(np.float64)
        known = ~np.isnan(values)
        if not known.any():
            continue
        low, high = values[known].min(), values[known].max()
        edges = np.linspace(low, high if high > low else low + 1e-9, bins + 1)
        place = np.clip(np.searchsorted(edges, values[known], side="right") - 1, 0, bins - 1)
        codes = groups.cat.codes.to_numpy()[known].astype(np.int64)
        counts = np.bincount(codes * bins + place, minlength=len(groups.cat.categories) * bins)
        part = pd.DataFrame(
            {"score": str(name), "group": np.repeat(groups.cat.categories.astype(str), bins)}
        )
        part["bin_low"], part["bin_high"] = (
            np.tile(edges[:-1], len(part) // bins),
            np.tile(edges[1:], len(part) // bins),
        )
        parts.append(part.assign(n_cells=counts, cut=(cuts or {}).get(str(name), np.nan)))
    empty = pd.DataFrame(columns=["score", "group", "bin_low", "bin_high", "n_cells", "cut"])
    return pd.concat(parts, ignore_index=True) if parts else empty
