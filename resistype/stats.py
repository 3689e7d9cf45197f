"""Statistics: proportions, adjusted p, permutation, AUC, kappa, the best cut; each once.

Cells of one patient are not independent, so a test over cells finds a difference between any two
patients (Zimmerman 2021). Here a comparison takes a `PatientTable` and nothing else; `per_patient`
makes one from cells, and a table in which every patient has one cell, or a patient two rows, is
refused. n and the size of the effect stand before p.

scipy and statsmodels compute what they compute well. ``scipy.stats`` takes 0.6 s to load and is
imported inside the functions that need it; so is statsmodels.
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
from scipy.special import ndtr, ndtri

from resistype._renamed import renamed
from resistype.errors import SamplesError
from resistype.extras import needs

DECIMALS = 12  # values that differ by rounding only are ties
EXACT, PERMUTATIONS = 100_000, 20_000
_N, _EFFECT = ("n_first", "n_second"), ("auc", "difference", "median_first", "median_second")
ORDER = (*_N, *_EFFECT, "p", "q", "p_permutation", "test")  # n and effect first
DOI = "10.1038/s41467-021-21038-1"  # Zimmerman 2021
ONE_LABEL = "both sides give every sample the same label, so agreement by chance is complete"
NOBODY = "no sample is left to compare"


def wilson(
    numerator: Any, denominator: Any, *, confidence: float = 0.95
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Wilson's score interval of a proportion.

    Ours, because it takes arrays: ``scipy.stats.binomtest(k, n).proportion_ci(method="wilson")``,
    one to three milliseconds for each pair of counts, gives the same to 1e-9 (a test says so).

    Parameters
    ----------
    numerator, denominator
        Counts, of any shape that fit each other.
    confidence
        Probability that the interval covers.

    Returns
    -------
    Lower and upper bound; NaN where the denominator is 0.

    References
    ----------
    Wilson 1927, doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson(60, 1200)
    >>> round(float(low), 3), round(float(high), 3)
    (0.039, 0.064)
    """
    k, n = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = np.where((k == 0) & (n > 0), 0.0, middle - half)
    return low, np.where((k == n) & (n > 0), 1.0, middle + half)


def adjusted(p: NDArray[Any]) -> NDArray[np.float64]:
    """Benjamini–Hochberg by ``scipy.stats.false_discovery_control``; NaN stays NaN and does not
    count.
    """
    from scipy.stats import false_discovery_control  # noqa: PLC0415  0.6 s

    q = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q


def auc(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Probability that one of the first is larger than one of the second, ties half; by ranks.

    Examples
    --------
    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    from scipy.stats import rankdata  # noqa: PLC0415  0.6 s

    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))[:n]
    return float(ranks.sum() - n * (n + 1) / 2) / (n * m)


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
            why = (
                f"patient {self.values.index[self.values.index.duplicated()][0]!r} has several rows"
            )
        elif not self.values.index.equals(self.n_cells.index):
            why = "the numbers of cells are not those of the same patients"
        elif len(self.values) > 1 and bool((self.n_cells <= 1).all()):
            why = "every row comes from one cell, so the rows are cells"
        if why:
            message = (
                f"PSEUDOREP: {why}. A comparison needs one row per patient with the values of all"
                " of that patient's cells; make it with per_patient()."
            )
            raise SamplesError(message, code="E961")

    @property
    def n_patients(self) -> int:
        """Number of patients with values."""
        return len(self.values)


def per_patient(
    values: pd.DataFrame, patient: pd.Series, *, min_cells: int = 10, how: str = "mean"
) -> PatientTable:
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
        message = (
            f"{absent} of {len(values)} cells have no patient. Give each cell its patient, or leave"
            " it out."
        )
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
        One row a value: n_first, n_second, auc (probability that a patient of the first group has
        more), difference (median of all pairwise differences), medians, p (Mann–Whitney, exact
        where few patients allow it, also with ties), p_permutation (difference of means), q
        (Benjamini–Hochberg over the rows), test.

    Raises
    ------
    SamplesError
        E961 when `table` holds cells; E931 when a group has no patient; E965 when a patient is in
        two groups.

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
            f"PSEUDOREP: got {type(table).__name__}; wanted a PatientTable. Tests use patients, not"
            " cells; make one value a patient with per_patient()."
        )
        raise SamplesError(message, code="E961")
    label = _labels(table, groups)
    one = (label == first).to_numpy()
    other = (
        (label.notna() & (label != first)).to_numpy()
        if second is None
        else (label == second).to_numpy()
    )
    if not one.any() or not other.any():
        message = (
            f"A comparison needs patients in both groups; they have {one.sum()} and {other.sum()}."
        )
        raise SamplesError(message, code="E931")
    rows = [
        _compare(table.values[name].to_numpy(np.float64), one, other, seed)
        for name in table.values.columns
    ]
    out = pd.DataFrame(rows, index=pd.Index(table.values.columns, name="value"), columns=[*ORDER])
    out["q"] = adjusted(out["p"].to_numpy(np.float64))
    return out


def _labels(table: PatientTable, groups: pd.Series) -> pd.Series:
    twice = groups[groups.index.duplicated(keep=False)]
    both = [name for name, part in twice.groupby(level=0) if len(set(part)) > 1]
    if both:
        message = (
            f"Patient {both[0]!r} is in several groups; {len(both)} such patients. A patient has"
            " one group."
        )
        raise SamplesError(message, code="E965")
    return groups[~groups.index.duplicated()].reindex(table.values.index)


def _compare(
    values: NDArray[Any], one: NDArray[Any], other: NDArray[Any], seed: int
) -> dict[str, Any]:
    from scipy.stats import mannwhitneyu, rankdata  # noqa: PLC0415  0.6 s

    known = ~np.isnan(values)
    a, b = values[one & known], values[other & known]
    if not len(a) or not len(b):
        return {"n_first": len(a), "n_second": len(b), "test": "none: a group has no values"}
    picks, exact = _splits(len(a) + len(b), len(a), seed)
    both = np.concatenate([a, b])
    p = _p(rankdata(both), picks, exact=exact) if exact else float(mannwhitneyu(a, b).pvalue)
    return {
        "n_first": len(a),
        "n_second": len(b),
        "auc": auc(a, b),
        "difference": float(np.median(a[:, None] - b[None, :])),
        "median_first": float(np.median(a)),
        "median_second": float(np.median(b)),
        "p": p,
        "p_permutation": _p(both, picks, exact=exact),
        "test": f"patients, Mann–Whitney, two-sided, {'exact' if exact else 'asymptotic'}",
    }


@lru_cache(maxsize=4)
def _splits(size: int, n: int, seed: int) -> tuple[NDArray[np.intp], bool]:
    """Every way to choose the first group where there are few, else some of them at random; shape
    (n_ways, n).

    The ways are tried even where values are tied, because a normal approximation gives ties of
    small groups a p below the smallest that so few patients can have.
    """
    if comb(size, n) <= EXACT:
        return np.array(list(combinations(range(size), n)), dtype=np.intp), True
    rng = np.random.default_rng(seed)
    return np.argsort(rng.random((PERMUTATIONS, size)), axis=1)[:, :n], False


def _p(values: NDArray[Any], picks: NDArray[np.intp], *, exact: bool) -> float:
    """Two-sided p of the mean of the first group among its splits; the observed one is the first
    `n` values.

    The fraction of splits whose mean lies at least as far from the expected one, on either side.
    Ours, because ``scipy.stats.permutation_test`` doubles the smaller tail, which is another p
    where the splits are skewed (0.938 for 0.960 on the same values).
    """
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
        One row a value: n_rest, below (fraction of the others with less), value, rest_median,
        rest_low, rest_high (quartiles of the others).

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
            "below": (
                ((rest < own).sum() + 0.5 * (rest == own).sum()) / rest.notna().sum().clip(lower=1)
            ),
            "value": own,
            "rest_median": rest.median(),
            "rest_low": rest.quantile(0.25),
            "rest_high": rest.quantile(0.75),
        }
    ).rename_axis("value")


@dataclass(frozen=True)
class BestCut:
    """The cut with the largest difference: patients above it, and p before and after correction
    (CUT_OPTIMISED).

    The largest standardised difference over all cuts is looked up among the largest of permuted
    labels (maximally selected rank statistics, Lausen and Schumacher 1992, doi 10.2307/2532740).
    The plain p of the chosen cut shows how optimistic it is. It describes these patients; it is no
    threshold for others.
    """

    cut: float
    n_above: int
    n_below: int
    fraction_first_above: float
    fraction_first_below: float
    p_plain: float
    p_corrected: float


def best_cut(
    table: PatientTable,
    value: str,
    groups: pd.Series,
    *,
    first: str,
    repeats: int = 2000,
    seed: int = 0,
) -> BestCut:
    """The cut of a value that separates two groups of patients most, with corrected p.

    Parameters
    ----------
    table
        Values of patients; cells are refused.
    value
        Which value.
    groups
        Group of each patient.
    first
        The group that is counted.
    repeats, seed
        Of the permutations.

    Raises
    ------
    SamplesError
        E969 when fewer than ten patients have a value and a group, or only one group is there.
    """
    if not isinstance(table, PatientTable):
        raise SamplesError(
            "PSEUDOREP: a cut is looked for over patients; make them with per_patient().",
            code="E961",
        )
    label = groups.reindex(table.values.index)
    keep = label.notna().to_numpy() & table.values[value].notna().to_numpy()
    x = table.values[value].to_numpy(np.float64)[keep]
    y = (label[keep] == first).to_numpy()
    if len(x) < 10 or not 0 < y.sum() < len(y):
        raise SamplesError(
            f"{len(x)} patients in both groups are too few for a cut; 10 are needed.", code="E969"
        )
    above = _above(x)
    observed = _statistics(above, y)
    rng = np.random.default_rng(seed)
    null = [float(np.abs(_statistics(above, rng.permutation(y))).max()) for _ in range(repeats)]
    best = int(np.abs(observed).argmax())
    strength = float(abs(observed[best]))
    chosen = above[:, best]
    edges = np.unique(x)
    return BestCut(
        cut=float((edges[best] + edges[best + 1]) / 2),
        n_above=int(chosen.sum()),
        n_below=int((~chosen).sum()),
        fraction_first_above=float(y[chosen].mean()),
        fraction_first_below=float(y[~chosen].mean()),
        p_plain=float(2 * ndtr(-strength)),
        p_corrected=(1 + sum(one >= strength - 1e-12 for one in null)) / (1 + repeats),
    )


def _above(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For every cut between two values, who lies above it; the outer tenth on each side is no
    cut.
    """
    edges = np.unique(x)
    inside = (x[:, None] > edges[None, :-1]) if len(edges) > 1 else np.zeros((len(x), 0), bool)
    share = inside.mean(axis=0)
    allowed = (share >= 0.1) & (share <= 0.9)
    if not np.any(allowed):
        raise SamplesError("All patients have about one value; there is no cut.", code="E969")
    return np.asarray(inside & allowed[None, :], dtype=bool)


def _statistics(above: NDArray[np.bool_], y: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Standardised number of the first group above each cut; 0 where there is no cut."""
    n, m = len(y), above.sum(axis=0)
    expected = m * y.mean()
    variance = m * (n - m) / (n - 1) * y.mean() * (1 - y.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (y.astype(np.float64) @ above.astype(np.float64) - expected) / np.sqrt(variance)
    return np.where(variance > 0, z, 0.0)


@renamed({"why": "reason"})
@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa: agreement beyond what the two margins would give by chance.

    Where both sides give everybody the same label, chance agreement is complete and kappa has no
    value; that is said, not replaced by 0 or 1.

    Attributes
    ----------
    value, low, high
        Kappa and its interval of 95 % by the large-sample variance; NaN where it has no value.
    n
        Samples counted.
    same
        Samples with the same label on both sides.
    reason
        Why there is no value.
    """

    value: float
    low: float
    high: float
    n: int
    same: int
    reason: str = ""

    @property
    def words(self) -> str:
        """Value, interval and n, or why there is none."""
        if self.reason:
            return f"no kappa: {self.reason} (n = {self.n})"
        return f"κ = {self.value:.2f} ({self.low:.2f} to {self.high:.2f}), n = {self.n}"


def cohen_kappa(table: Any) -> Kappa:
    """Cohen's kappa of a square table of counts, one side in rows, the other in columns, the same
    order in both.

    Parameters
    ----------
    table
        Counts of shape (n_labels, n_labels).

    Returns
    -------
    Kappa
        The interval is that of the normal approximation with the variance of Fleiss, Cohen and
        Everitt, cut at 1; with few samples it is too narrow, so n stands beside it.

    Raises
    ------
    MissingExtraError
        X101 without statsmodels.

    References
    ----------
    Cohen 1960, doi 10.1177/001316446002000104; Fleiss, Cohen and Everitt 1969, doi
    10.1037/h0028106.

    Examples
    --------
    >>> found = cohen_kappa([[20, 5], [10, 15]])
    >>> round(found.value, 3), found.n, found.same
    (0.4, 50, 35)
    """
    counts: NDArray[np.float64] = np.asarray(table, dtype=np.float64)
    n, same = int(counts.sum()), int(np.trace(counts))
    nan = float("nan")
    if n == 0:
        return Kappa(nan, nan, nan, 0, 0, NOBODY)
    chance = float(counts.sum(axis=0) @ counts.sum(axis=1)) / n**2
    if chance >= 1.0:
        return Kappa(nan, nan, nan, n, same, ONE_LABEL)
    with needs("statsmodels", extra="compare", what="Kappa"):
        # costs a second, only asked for here
        from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415
    with np.errstate(
        all="ignore"
    ):  # its tests divide by a variance that can be 0; kappa and its own variance do not
        found = cohens_kappa(counts)
    # The variance can fall below 0 by rounding, where all samples agree.
    half = 1.959963984540054 * float(np.sqrt(max(float(found.var_kappa), 0.0)))
    value = float(found.kappa)
    return Kappa(value, value - half, min(value + half, 1.0), n, same)
