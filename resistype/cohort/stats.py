"""Statistics of a cohort: one value a patient, never one a cell.

Cells of one patient are not independent, so a test over cells finds a difference between any two patients (Zimmerman
2021). Here a comparison takes a `PatientTable` and nothing else; `per_patient` makes one from cells, and a table in
which every patient has one cell, or a patient two rows, is refused. n and the size of the effect stand before p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, rankdata

from resistype.cohort.shares import adjusted, wilson
from resistype.errors import SamplesError

__all__ = ["PatientTable", "adjusted", "against_rest", "compare_patients", "per_patient", "wilson"]

DECIMALS = 12  # values that differ by rounding only are ties
EXACT, PERMUTATIONS = 100_000, 20_000
ORDER = (
    "n_first",
    "n_second",
    "auc",
    "difference",
    "median_first",
    "median_second",
    "p",
    "q",
    "p_permutation",
    "test",
)  # n and effect first
DOI = "10.1038/s41467-021-21038-1"  # Zimmerman 2021


@dataclass(frozen=True, eq=False)
class PatientTable:
    """Values of patients, each from that patient's cells.

    Parameters
    ----------
    values
        Shape (n_patients, n_values), indexed by patient, each patient once.
    n_cells
        Cells behind each patient's values.
    left_out
        Patients without values, and why.

    Raises
    ------
    SamplesError
        E961 when rows are cells and not patients.
    """

    values: pd.DataFrame
    n_cells: pd.Series
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        why = ""
        if self.values.index.has_duplicates:
            why = f"patient {self.values.index[self.values.index.duplicated()][0]!r} has several rows"
        elif not self.values.index.equals(self.n_cells.index):
            why = "the numbers of cells are not those of the same patients"
        elif len(self.values) > 1 and bool((self.n_cells <= 1).all()):
            why = "every row comes from one cell, so the rows are cells"
        if why:
            message = (
                f"PSEUDOREP: {why}. A comparison needs one row a patient with the values of all of that patient's "
                "cells; make it with per_patient()."
            )
            raise SamplesError(message, code="E961")

    @property
    def n_patients(self) -> int:
        """Number of patients with values."""
        return len(self.values)


def per_patient(values: pd.DataFrame, patient: pd.Series, *, min_cells: int = 10, how: str = "mean") -> PatientTable:
    """Values of cells to values of patients.

    Parameters
    ----------
    values
        Shape (n_cells, n_values), indexed by cell.
    patient
        Patient of each cell, in the order of `values`.
    min_cells
        Patients with fewer cells are left out, with the reason. Exact copies of a cell count once.
    how
        ``mean`` or ``median``.

    Returns
    -------
    PatientTable
        Rounded to 12 decimals, so that copies of cells cannot turn a tie into a difference.

    Raises
    ------
    SamplesError
        E962 when cells have no patient.

    Examples
    --------
    >>> cells = pd.DataFrame({"memory": [0.1, 0.3, 0.5, 0.7]})
    >>> per_patient(cells, pd.Series(["A", "A", "B", "B"]), min_cells=2).values["memory"].tolist()
    [0.2, 0.6]
    """
    if how not in ("mean", "median"):
        message = f"how={how!r}; choose 'mean' or 'median'."
        raise SamplesError(message, code="E964")
    keys = patient.to_numpy()
    if len(keys) != len(values) or bool(pd.isna(keys).any()):
        absent = int(pd.isna(keys).sum())
        message = f"{absent} of {len(values)} cells have no patient. Give each cell its patient, or leave it out."
        raise SamplesError(message, code="E962")
    grouped = values.groupby(keys, observed=True, sort=True)
    found = getattr(grouped, how)().round(DECIMALS)
    distinct = pd.Series({name: len(part.drop_duplicates()) for name, part in grouped}, dtype=int)
    enough = distinct.reindex(found.index) >= min_cells
    few = distinct[~distinct.ge(min_cells)]
    left_out = {str(name): f"{n} cells, {min_cells} are needed" for name, n in few.items()}
    kept = found[enough.to_numpy()]
    return PatientTable(kept, grouped.size().reindex(kept.index), left_out)


def compare_patients(
    table: PatientTable, groups: pd.Series, *, first: str, second: str | None = None, seed: int = 0
) -> pd.DataFrame:
    """Compare two groups of patients, or one with the rest of the cohort.

    Parameters
    ----------
    table
        From `per_patient`. A table of cells is refused.
    groups
        Group of each patient, indexed by patient.
    first, second
        The groups; without `second`, every other patient that has a group.
    seed
        Of the permutations, where there are too many to try all.

    Returns
    -------
    DataFrame
        One row a value: n_first, n_second, auc (probability that a patient of the first group has more), difference
        (median of all pairwise differences), medians, p (Mann–Whitney, exact where few patients allow it, also with
        ties), p_permutation (difference of means), q
        (Benjamini–Hochberg over the rows), test.

    Raises
    ------
    SamplesError
        E961 when `table` holds cells; E931 when a group has no patient; E965 when a patient is in two groups.

    Examples
    --------
    >>> table = PatientTable(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=list("abcd")),
    ...                      pd.Series(60, index=list("abcd")))
    >>> found = compare_patients(table, pd.Series(list("rrss"), index=list("abcd")), first="s")
    >>> found.loc["x", ["n_first", "n_second", "auc"]].astype(float).tolist()
    [2.0, 2.0, 1.0]
    """
    if not isinstance(table, PatientTable):
        message = (
            f"PSEUDOREP: got {type(table).__name__}; wanted a PatientTable. Tests use patients, not cells; "
            "make one value a patient with per_patient()."
        )
        raise SamplesError(message, code="E961")
    label = _labels(table, groups)
    one = (label == first).to_numpy()
    other = (label.notna() & (label != first)).to_numpy() if second is None else (label == second).to_numpy()
    if not one.any() or not other.any():
        message = f"A comparison needs patients in both groups; they have {one.sum()} and {other.sum()}."
        raise SamplesError(message, code="E931")
    rows = [_compare(table.values[name].to_numpy(np.float64), one, other, seed) for name in table.values.columns]
    out = pd.DataFrame(rows, index=pd.Index(table.values.columns, name="value"), columns=[*ORDER])
    out["q"] = adjusted(out["p"].to_numpy(np.float64))
    return out


def _labels(table: PatientTable, groups: pd.Series) -> pd.Series:
    twice = groups[groups.index.duplicated(keep=False)]
    both = [name for name, part in twice.groupby(level=0) if len(set(part)) > 1]
    if both:
        message = f"Patient {both[0]!r} is in several groups; {len(both)} such patients. A patient has one group."
        raise SamplesError(message, code="E965")
    return groups[~groups.index.duplicated()].reindex(table.values.index)


def _compare(values: NDArray[Any], one: NDArray[Any], other: NDArray[Any], seed: int) -> dict[str, Any]:
    known = ~np.isnan(values)
    a, b = values[one & known], values[other & known]
    if not len(a) or not len(b):
        return {"n_first": len(a), "n_second": len(b), "test": "none: a group has no values"}
    picks, exact = _splits(len(a) + len(b), len(a), seed)
    ranks = rankdata(np.concatenate([a, b]))
    statistic = ranks[: len(a)].sum() - len(a) * (len(a) + 1) / 2
    p = _p(ranks, picks, exact=exact) if exact else float(mannwhitneyu(a, b).pvalue)
    return {
        "n_first": len(a),
        "n_second": len(b),
        "auc": float(statistic) / (len(a) * len(b)),
        "difference": float(np.median(a[:, None] - b[None, :])),
        "median_first": float(np.median(a)),
        "median_second": float(np.median(b)),
        "p": p,
        "p_permutation": _p(np.concatenate([a, b]), picks, exact=exact),
        "test": f"patients, Mann–Whitney, two-sided, {'exact' if exact else 'asymptotic'}",
    }


@lru_cache(maxsize=4)
def _splits(size: int, n: int, seed: int) -> tuple[NDArray[np.intp], bool]:
    """Every way to choose the first group where there are few, else some of them at random; shape (n_ways, n).

    The ways are tried even where values are tied, because a normal approximation gives ties of small groups a p below
    the smallest that so few patients can have.
    """
    if comb(size, n) <= EXACT:
        return np.array(list(combinations(range(size), n)), dtype=np.intp), True
    rng = np.random.default_rng(seed)
    return np.argsort(rng.random((PERMUTATIONS, size)), axis=1)[:, :n], False


def _p(values: NDArray[Any], picks: NDArray[np.intp], *, exact: bool) -> float:
    """Two-sided p of the mean of the first group among its splits; the observed one is the first `n` values."""
    n = picks.shape[1]
    expected = values.mean() * n
    shift = np.abs(values[picks].sum(axis=1) - expected)
    observed = abs(values[:n].sum() - expected)
    as_far = int((shift >= observed - 1e-9 * max(1.0, float(np.abs(values).sum()))).sum())
    return as_far / len(picks) if exact else (1 + as_far) / (1 + len(picks))


def against_rest(table: PatientTable, patient: str) -> pd.DataFrame:
    """One patient beside the others: no test, because one patient has no spread.

    Returns
    -------
    DataFrame
        One row a value: n_rest, below (share of the others with less), value, rest_median, rest_low, rest_high
        (quartiles of the others).

    Raises
    ------
    SamplesError
        E966 when the patient has no values, with the reason.
    """
    if patient not in table.values.index:
        why = table.left_out.get(patient, "there is no such patient")
        raise SamplesError(f"Patient {patient!r} has no values: {why}.", code="E966")
    rest = table.values.drop(index=patient)
    own = table.values.loc[patient]
    return pd.DataFrame(
        {
            "n_rest": rest.notna().sum(),
            "below": ((rest < own).sum() + 0.5 * (rest == own).sum()) / rest.notna().sum().clip(lower=1),
            "value": own,
            "rest_median": rest.median(),
            "rest_low": rest.quantile(0.25),
            "rest_high": rest.quantile(0.75),
        }
    ).rename_axis("value")
