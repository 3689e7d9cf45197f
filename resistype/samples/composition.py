"""Composition: how many cells of which kind, with the numbers that stand behind every share.

A share is never shown without its numerator, its denominator and Wilson's interval, and it is
refused where there are too few cells. The balance of two kinds is log2((a + 0.5) / (b + 0.5)) with
a bootstrap interval over cells; the interval speaks of this sample, not of patients. Between
patients, compare the shares with `stats.compare_patients`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.stats import PatientTable, wilson

MIN_CELLS = 50
REPEATS = 4_000


@dataclass(frozen=True)
class Interval:
    """A number with the interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Balance(Interval):
    """Balance of two kinds of cells in log2 units, and the counts behind it."""

    n_first: int = 0
    n_second: int = 0
    n_cells: int = 0


def balance(
    n_first: int, n_second: int, n_cells: int, *, repeats: int = REPEATS, seed: int = 0
) -> Balance:
    """Balance log2((first + 0.5) / (second + 0.5)) with a bootstrap interval over the cells of the
    sample.

    Examples
    --------
    >>> round(balance(420, 260, 1200).value, 2)
    0.69
    """
    if min(n_first, n_second) < 0 or n_first + n_second > n_cells or n_cells < 1:
        message = f"{n_first} and {n_second} cells of {n_cells} do not fit each other."
        raise SamplesError(message, code="E967")
    rng = np.random.default_rng(seed)
    p = np.array([n_first, n_second, n_cells - n_first - n_second]) / n_cells
    drawn = rng.multinomial(n_cells, p, size=repeats)
    low, high = np.quantile(_log_ratio(drawn[:, 0], drawn[:, 1]), [0.025, 0.975])
    value = float(_log_ratio(np.array(n_first), np.array(n_second)))
    return Balance(value, float(low), float(high), n_first, n_second, n_cells)


def _log_ratio(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.log2((first + 0.5) / (second + 0.5)))


def share_change(
    before: tuple[int, int], after: tuple[int, int], *, repeats: int = REPEATS, seed: int = 0
) -> Interval:
    """Change of a share between two samples, with a bootstrap interval over the cells of both.

    Examples
    --------
    >>> change = share_change((90, 800), (420, 1000))
    >>> round(change.value, 4), change.low > 0.26, change.high < 0.36
    (0.3075, True, True)
    """
    for k, n in (before, after):
        if not 0 <= k <= n or n < 1:
            raise SamplesError(f"{k} of {n} cells is no proportion.", code="E967")
    rng = np.random.default_rng(seed)
    drawn = [rng.binomial(n, k / n, size=repeats) / n for k, n in (before, after)]
    low, high = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
    return Interval(after[0] / after[1] - before[0] / before[1], float(low), float(high))


def composition(
    cells: pd.DataFrame,
    kind: str,
    *,
    by: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None = None,
    min_cells: int = MIN_CELLS,
) -> pd.DataFrame:
    """Fraction of every kind of cell in every sample.

    Examples
    --------
    >>> cells = pd.DataFrame({"patient": ["A"] * 60, "state": ["memory"] * 45 + ["effector"] * 15})
    >>> found = composition(cells, "state", by=["patient"]).set_index("kind")
    >>> float(found.loc["memory", "proportion"])
    0.75
    """
    _check(cells, [*by, kind], by)
    names = _grouped(cells[kind], groups)
    keys = [cells[column] for column in by]
    table = names.groupby([*keys, names], observed=True).size().unstack(fill_value=0)  # noqa: PD010
    for name in groups or ():
        if name not in table:
            table[name] = 0
    return share_table(table, min_cells=min_cells)


def _check(cells: pd.DataFrame, wanted: Sequence[str], by: Sequence[str]) -> None:
    absent = [name for name in wanted if name not in cells.columns]
    if absent:
        message = (
            f"The cells have no column {absent[0]!r}; their columns are:"
            f" {', '.join(map(str, cells.columns))}."
        )
        raise SamplesError(message, code="E903")
    for name in by:
        empty = int(cells[name].isna().sum())
        if empty:
            message = (
                f"{empty} of {len(cells)} cells have no {name}. Give each cell its {name}, or leave"
                " it out."
            )
            raise SamplesError(message, code="E962")


def _grouped(kinds: pd.Series, groups: Mapping[str, Sequence[str]] | None) -> pd.Series:
    """Names of the groups; worked out once a kind, not once a cell."""
    codes, found = pd.factorize(kinds)
    of = {member: name for name, members in (groups or {}).items() for member in members}
    names = np.array([*(of.get(str(one), str(one)) for one in found), "unassigned"], dtype=object)
    return pd.Series(names[codes], index=kinds.index, name="kind", dtype="category")


def share_table(counts: pd.DataFrame, *, min_cells: int = MIN_CELLS) -> pd.DataFrame:
    """Counts of kinds, one row per sample, to shares with their intervals."""
    total = counts.sum(axis=1)
    plain = pd.DataFrame(
        counts.to_numpy(), index=counts.index, columns=[str(name) for name in counts.columns]
    )
    stacked: pd.Series = plain.rename_axis(columns="kind").stack()  # type: ignore[assignment]  # noqa: PD013
    long = stacked.rename("numerator").astype(int).reset_index()
    long["denominator"] = np.repeat(total.to_numpy(), plain.shape[1])
    enough = (long["denominator"] >= min_cells).to_numpy()
    low, high = wilson(long["numerator"], long["denominator"])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = long["numerator"].to_numpy() / long["denominator"].to_numpy()
    for name, values in (("proportion", share), ("low", low), ("high", high)):
        long[name] = np.where(enough, values, np.nan)
    words = [f"{n} cells, {min_cells} are needed for a proportion" for n in long["denominator"]]
    long["reason"] = np.where(enough, "", words)
    return long


def shares_per_patient(shares: pd.DataFrame, *, patient: str = "patient") -> PatientTable:
    """Shares of one time point as values of patients, ready to be compared."""
    if shares.duplicated([patient, "kind"]).any():
        name = shares.loc[shares.duplicated([patient, "kind"]), patient].iloc[0]
        message = (
            f"Patient {name!r} has several samples; choose one time point before patients are"
            " compared."
        )
        raise SamplesError(message, code="E968")
    wide = shares.pivot_table(index=patient, columns="kind", values="proportion", observed=True)
    n_cells = shares.groupby(patient, observed=True)["denominator"].first()
    reasons = shares[shares["reason"] != ""].groupby(patient, observed=True)["reason"].first()
    return PatientTable(wide, n_cells.reindex(wide.index), {str(k): v for k, v in reasons.items()})
