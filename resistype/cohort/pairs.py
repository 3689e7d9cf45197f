"""Paired changes over a cohort: each patient against the own baseline, one value a patient.

Tests are paired (Wilcoxon signed rank) and adjusted over signatures by Benjamini–Hochberg; n and the size of the
change stand first. Groups are compared on the patients' changes (Mann–Whitney), never on samples.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.samples import Pairing
from resistype.stats import adjusted, auc

__all__ = ["compare_groups", "paired_changes", "patient_changes"]

_MIN_PAIRS = 2


def patient_changes(scores: pd.DataFrame, pairing: Pairing) -> pd.DataFrame:
    """Change of every score from baseline, one row a patient and time point.

    Parameters
    ----------
    scores
        Shape (n_obs, n_sets), indexed by sample.
    pairing
        From `resistype.samples.pair_samples`; where a patient has several samples at a time point, the first counts.

    Returns
    -------
    pandas.DataFrame
        Indexed by (patient, timepoint); one column a score, in the unit of the scores.

    Raises
    ------
    SamplesError
        E904 when samples of the pairs have no score.
    """
    pairs = pairing.pairs[pairing.pairs["used_first"]]
    wanted = pd.Index([*pairs["sample"], *pairs["baseline_sample"]])
    absent = wanted.difference(scores.index)
    if len(absent):
        message = f"{len(absent)} samples of the pairs have no score (first: {absent[0]!r})."
        raise SamplesError(message, code="E904")
    now = scores.loc[pairs["sample"]].to_numpy(dtype=np.float64)
    before = scores.loc[pairs["baseline_sample"]].to_numpy(dtype=np.float64)
    index = pd.MultiIndex.from_arrays([pairs["patient"], pairs["timepoint"]], names=["patient", "timepoint"])
    return pd.DataFrame(now - before, index=index, columns=scores.columns)


def paired_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Test each column of changes against no change.

    Parameters
    ----------
    changes
        From `patient_changes`; shape (n_patients, n_sets).

    Returns
    -------
    pandas.DataFrame
        One row a score: n, n_higher, median, mean, sd, p (two-sided Wilcoxon signed rank), q (Benjamini–Hochberg).

    Examples
    --------
    >>> changes = pd.DataFrame({"a": [0.5, 0.7, 0.9, 0.4, 0.6, 0.8]})
    >>> paired_changes(changes).loc["a", ["n", "n_higher", "p"]].tolist()
    [6.0, 6.0, 0.03125]
    """
    rows = {str(name): _one(changes[name].dropna().to_numpy(dtype=np.float64)) for name in changes.columns}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(q=adjusted(table["p"].to_numpy(dtype=np.float64)))


def _one(values: NDArray[np.float64]) -> dict[str, float]:
    from scipy.stats import wilcoxon  # noqa: PLC0415  0.6 s

    moved = values[values != 0.0]
    p = float(wilcoxon(values).pvalue) if len(moved) >= _MIN_PAIRS else float("nan")
    return {
        "n": len(values),
        "n_higher": int((values > 0).sum()),
        "median": float(np.median(values)) if len(values) else float("nan"),
        "mean": float(np.mean(values)) if len(values) else float("nan"),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"),
        "p": p,
    }


def compare_groups(changes: pd.Series, groups: pd.Series, *, first: str, second: str) -> dict[str, float]:
    """Compare the changes of two groups of patients.

    Parameters
    ----------
    changes
        One change a patient, indexed by patient.
    groups
        Group of each patient, indexed by patient.
    first, second
        The two groups.

    Returns
    -------
    dict
        n and mean of both, the probability that a patient of the first changes more than one of the second (AUC),
        and the two-sided Mann–Whitney p.

    Examples
    --------
    >>> changes = pd.Series([1.0, 2.0, -1.0, 0.0], index=list("abcd"))
    >>> compare_groups(changes, pd.Series(list("xxyy"), index=list("abcd")), first="x", second="y")["auc"]
    1.0
    """
    from scipy.stats import mannwhitneyu  # noqa: PLC0415  0.6 s

    if changes.index.has_duplicates:
        message = "PSEUDOREP: a patient has several rows; give one change a patient (cells are not patients)."
        raise SamplesError(message, code="E961")
    label = groups.reindex(changes.index)
    a = changes[(label == first).to_numpy()].dropna().to_numpy(dtype=np.float64)
    b = changes[(label == second).to_numpy()].dropna().to_numpy(dtype=np.float64)
    if not len(a) or not len(b):
        message = f"A comparison needs patients in both groups: {first!r} has {len(a)}, {second!r} has {len(b)}."
        raise SamplesError(message, code="E931")
    return {
        "n_first": len(a),
        "n_second": len(b),
        "mean_first": float(a.mean()),
        "mean_second": float(b.mean()),
        "auc": auc(a, b),
        "p": float(mannwhitneyu(a, b).pvalue),
    }
