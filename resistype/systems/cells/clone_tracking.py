"""Clones of patients over time: change, diversity at one depth, drift, flow and plasticity, each
patient by itself.

First and last time point are compared; plasticity looks at all. What cannot be judged is said, with
the reason, and never left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resistype.errors import SamplesError
from resistype.scheme.scheme import Scheme
from resistype.systems.cells.clone_fate import drift, flow, plasticity
from resistype.systems.cells.clones import (
    ChangeRule,
    Rarefaction,
    clone_change,
    clone_counts,
    clone_diversity,
)
from resistype.systems.cells.repeats import Draws
from resistype.systems.cells.table import CellTable


@dataclass(frozen=True, eq=False)
class Course:
    """Clones of all patients."""

    patients: pd.DataFrame
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class _Patient:
    name: str
    cells: pd.DataFrame
    times: tuple[str, ...]
    scheme: Scheme

    @property
    def ends(self) -> tuple[str, str]:
        return self.times[0], self.times[-1]

    def counts(self) -> pd.DataFrame:
        return clone_counts(self.cells["clone"], self.cells["time"]).reindex(
            columns=list(self.times), fill_value=0
        )

    def clones(self) -> pd.DataFrame:
        cut = self.scheme.cut
        first, last = self.ends
        counts = self.counts()
        rule = ChangeRule(fdr=cut("clone_fdr"), fold=cut("clone_fold"))
        found = clone_change(counts[first], counts[last], rule=rule)
        return found.assign(first=first, last=last).reset_index()

    def diversity(self) -> pd.DataFrame:
        plan = Rarefaction(min_depth=int(self.scheme.cut("min_cells")))
        return (
            clone_diversity(self.counts(), rarefaction=plan).rename_axis("timepoint").reset_index()
        )

    def drift(self) -> pd.DataFrame:
        first, last = self.ends
        found = drift(self.cells, "memory", first=first, second=last, min_cells=self.min_cells)
        table = found.clones.reset_index()
        return table.assign(
            all_change=found.change,
            all_p=found.p,
            all_odds_ratio=found.odds_ratio,
            between=found.between,
        )

    def flow(self) -> pd.DataFrame:
        first, last = self.ends
        found = flow(self.cells, first=first, second=last, min_cells=self.min_cells)
        return found.assign(from_time=first, to_time=last)

    @property
    def min_cells(self) -> int:
        return int(self.scheme.cut("min_cells_clone"))


def clone_courses(
    table: CellTable, clone: pd.Series | None, *, groups: pd.Series, scheme: Scheme
) -> Course:
    """Clones of every patient over time."""
    frame = table.frame
    if clone is None:
        return _without_clones(table, scheme)
    cells = pd.DataFrame(
        {"patient": frame["patient"], "time": frame["timepoint"].astype(object), "state": groups}
    )
    cells["clone"] = clone.reindex(frame.index).to_numpy()
    rows, parts = {}, {"clones": [], "diversity": [], "drift": [], "flow": []}  # type: ignore[var-annotated]
    for name, own in cells.groupby("patient", observed=True, sort=False):
        present = set(own["time"].unique())
        one = _Patient(
            str(name), own, tuple(time for time in table.times if time in present), scheme
        )
        rows[str(name)], made = _one_patient(one)
        for key, part in made.items():
            parts[key].append(part)
    tables = {key: pd.concat(found, ignore_index=True) for key, found in parts.items() if found}
    return Course(pd.DataFrame.from_dict(rows, orient="index").rename_axis("patient"), tables)


_MOST = 20  # ours: every repeat tests every clone anew


@dataclass(frozen=True, eq=False)
class Repeats:
    """Plasticity and expansion of every patient, for each repeat: columns by name, indexed by
    patient.
    """

    again: list[dict[str, pd.Series]]
    permuted: list[dict[str, pd.Series]]


def repeat_courses(
    table: CellTable, clone: pd.Series | None, *, groups: pd.Series, scheme: Scheme, seed: int
) -> Repeats:
    """Clones of every patient with the cells of each sample drawn anew, and with the time points
    permuted.
    """
    n = min(scheme.repeats, _MOST)
    if clone is None:
        return Repeats([{}], [])
    frame = table.frame
    cells = pd.DataFrame(
        {"patient": frame["patient"], "time": frame["timepoint"].astype(object), "state": groups}
    )
    cells["clone"] = clone.reindex(frame.index).to_numpy()
    cells = cells[cells["clone"].notna()].reset_index(drop=True)
    patient, time = cells["patient"].astype(str), cells["time"].astype(str)
    known = cells[["time", "clone", "state"]].astype(str)
    samples = Draws(patient + " " + time, known, seed=seed)
    patients = Draws(patient, known, seed=seed)
    again = [_clone_numbers(cells.iloc[samples.again()], table, scheme) for _ in range(n)]
    times = cells["time"].to_numpy(dtype=object)
    permuted = [
        _clone_numbers(cells.assign(time=patients.permuted(times)), table, scheme) for _ in range(n)
    ]
    return Repeats(again, permuted)


def _clone_numbers(cells: pd.DataFrame, table: CellTable, scheme: Scheme) -> dict[str, pd.Series]:
    """Plastic share and number of expanded clones by patient; NaN where one cannot be had."""
    rows = {}
    for name, own in cells.groupby("patient", observed=True, sort=False):
        present = set(own["time"])
        one = _Patient(
            str(name), own, tuple(time for time in table.times if time in present), scheme
        )
        share = _plastic(one)["plastic_fraction"]
        made: dict[str, pd.DataFrame] = {}
        if len(one.times) > 1:
            _try("clones", one.clones, one.name, made)
        expanded = float((made["clones"]["call"] == "expanded").sum()) if made else np.nan
        rows[str(name)] = {"plastic_fraction": share, "n_expanded": expanded}
    found = pd.DataFrame.from_dict(
        rows, orient="index", columns=["plastic_fraction", "n_expanded"]
    ).astype(float)
    return {str(column): found[column] for column in found}


def _without_clones(table: CellTable, scheme: Scheme) -> Course:
    """Every patient, with the reason why nothing is said about clones; no cell is looked at."""
    pairs = table.frame[["patient", "timepoint"]].drop_duplicates().astype(str)
    rows = {}
    for name, own in pairs.groupby("patient", sort=False):
        times = [time for time in table.times if time in set(own["timepoint"])]
        nothing = pd.DataFrame(
            {"clone": pd.Series([None] * len(times), dtype=object), "time": times, "state": None}
        )
        rows[str(name)], _ = _one_patient(_Patient(str(name), nothing, tuple(times), scheme))
    return Course(pd.DataFrame.from_dict(rows, orient="index").rename_axis("patient"), {})


def _one_patient(one: _Patient) -> tuple[dict[str, object], dict[str, pd.DataFrame]]:
    tracked = int(one.cells["clone"].notna().sum())
    row: dict[str, object] = {
        "n_times": len(one.times),
        "n_tracked": tracked,
        "first": one.ends[0],
        "last": one.ends[1],
    }
    made: dict[str, pd.DataFrame] = {}
    why = "no receptors were sequenced" if not tracked else ""
    why = why or ("one time point" if len(one.times) < 2 else "")
    steps: dict[str, Callable[[], pd.DataFrame]] = {
        "clones": one.clones,
        "drift": one.drift,
        "flow": one.flow,
    }
    for key, step in steps.items():
        row[f"reason_{key}"] = why or _try(key, step, one.name, made)
    if tracked:
        row["reason_diversity"] = _try("diversity", one.diversity, one.name, made)
    calls = made["clones"]["call"].value_counts() if "clones" in made else None
    row["n_expanded"] = np.nan if calls is None else int(calls.get("expanded", 0))
    row["n_contracted"] = np.nan if calls is None else int(calls.get("contracted", 0))
    row["drift"] = made["drift"]["all_change"].iloc[0] if "drift" in made else np.nan
    row["drift_p"] = made["drift"]["all_p"].iloc[0] if "drift" in made else np.nan
    return row | _plastic(one), made


def _try(
    key: str, step: Callable[[], pd.DataFrame], patient: str, made: dict[str, pd.DataFrame]
) -> str:
    """Run a step; where the data do not allow it, the reason."""
    try:
        part = step()
    except SamplesError as error:
        return error.message
    part.insert(0, "patient", patient)
    made[key] = part
    return ""


def _plastic(one: _Patient) -> dict[str, object]:
    found = plasticity(one.cells, {"memory"}, {"cytotoxic", "exhausted"}, min_cells=one.min_cells)
    return {
        "plastic_fraction": np.nan if found.share is None else found.share,
        "plastic_low": np.nan if found.low is None else found.low,
        "plastic_high": np.nan if found.high is None else found.high,
        "n_plastic": found.n_seen,
        "n_plastic_dominant": found.n_dominant,
        "n_plastic_of": found.n_clones,
        "reason_plasticity": found.reason,
    }
