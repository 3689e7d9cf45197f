"""A study: the matrix, the samples table and the pairs, joined by sample id; and what is known of
the pairs as quantities of a scheme.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError, complain
from resistype.expression import Expression
from resistype.samples import Alike, Pairing, align_samples, pair_samples, read_samples
from resistype.samples.columns import is_read, named, near
from resistype.samples.mutations import read_mutations, with_events
from resistype.samples.pairs import SITE_COLUMNS, column_named, timepoint_kinds
from resistype.samples.table import as_key
from resistype.scheme.apply import Column
from resistype.scheme.scheme import Quantity
from resistype.systems.bulk.context import Context, Rows
from resistype.text import listed

NO_BASELINE = "no baseline biopsy of this patient"


@dataclass(frozen=True)
class Study:
    """Matrix, table and pairs, joined by sample id."""

    expression: Expression
    table: pd.DataFrame | None
    pairing: Pairing | None
    design: pd.DataFrame
    notes: tuple[str, ...]
    # Samples that are the reference where the cohort itself is: all, or one baseline biopsy of each
    # patient, that of the first pair.
    reference_rows: NDArray[np.intp]

    @property
    def rows(self) -> Rows:
        """All observations with the row of their baseline."""
        place = {name: row for row, name in enumerate(self.expression.samples)}
        baseline = [place[name] if name else -1 for name in self.design["baseline_sample"]]
        return Rows(np.arange(self.expression.n_obs), np.array(baseline, dtype=np.intp))


@dataclass(frozen=True)
class TablePlan:
    """How a samples table is read: the column of the ids, that of the batch (by default one that is
    called batch), kinds of time points, clinical phenotypes of patients.
    """

    sample: str | None = None
    batch: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    clinical: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[str] = ()
    mutations: str | Path | pd.DataFrame | None = None

    @property
    def named(self) -> dict[str, Any]:
        """What is named beside the columns of the table, for the record; defaults are left out."""
        rest = {
            "batch": self.batch,
            "timepoint_kinds": dict(self.kinds),
            "clinical": dict(self.clinical),
            "keep": list(self.keep),
            "mutations": "" if self.mutations is None else _name_of(self.mutations),
        }
        return {name: value for name, value in rest.items() if value}


def read_study(
    expression: Expression,
    samples: Any,
    keys: tuple[str, str, str | None],
    *,
    plan: TablePlan = TablePlan(),
) -> Study:
    """Join matrix and table by sample id and find the pairs; `keys` are patient, timepoint,
    baseline.

    Raises
    ------
    SamplesError
        E911 for a baseline without a table, E926 for a kind of time point that is not known, and
        what the table and the pairs say.
    """
    patient, timepoint, baseline = keys
    design = pd.DataFrame(
        {"baseline_sample": ""}, index=pd.Index(expression.samples, name="sample")
    )
    everybody = _by_name(expression, expression.samples)
    given = _given(expression, samples, plan=plan, own=(patient, timepoint))
    if given is None:
        if baseline is not None or plan.kinds or plan.clinical or plan.keep or plan.mutations:
            asked = "Kinds of time points, clinical phenotypes, mutations and columns to keep need"
            asked = asked if baseline is None else f"baseline={baseline!r} needs"
            message = f"{asked} a samples table with the columns {patient!r} and {timepoint!r}."
            raise SamplesError(message, code="E911")
        return Study(expression, None, None, design, expression.notes, everybody)
    given, renamed = named(given, asked=(plan.batch, *_own_names(patient, timepoint), *plan.keep))
    if samples is None:
        own = f"Columns {listed(given.columns)} of the data's own table (obs) are read."
        renamed = (own, *renamed)
    if plan.mutations is not None:
        given, note = with_events(given, read_mutations(plan.mutations), patient=patient)
        renamed = (*renamed, note)
    table, notes = align_samples(given, expression.samples)
    given = given.rename(index=dict(zip(table.index, expression.samples, strict=True)))
    table = table.set_axis(pd.Index(expression.samples, name=table.index.name), axis=0)
    notes = (*renamed, *notes)
    _keep(design, table, plan.keep)
    for name, column in (("patient", patient), ("timepoint", timepoint)):
        if column in table.columns:
            design.insert(
                design.shape[1] - 1, name, [as_key(value) or "" for value in table[column]]
            )
    # The order of the table, not that of the matrix, says which of several biopsies is the first.
    given = given[given.index.isin(table.index)]
    kinds, told = _about_time(design, given, (timepoint, baseline), plan=plan)
    if baseline is None:
        return Study(expression, table, None, design, (*expression.notes, *notes), everybody)
    alike = Alike(
        batch=plan.batch or column_named(given, ["batch"]),
        site=column_named(given, SITE_COLUMNS),
        kinds=kinds,
    )
    pairing = pair_samples(
        given, patient=patient, timepoint=timepoint, baseline=baseline, alike=alike
    )
    _add_pairs(design, pairing, alike)
    first = _baseline_of_patients(given, pairing, keys=(patient, timepoint, baseline))
    all_notes = (*expression.notes, *notes, *pairing.notes, *told)
    return Study(expression, table, pairing, design, all_notes, _by_name(expression, first))


def _given(
    expression: Expression, samples: Any, *, plan: TablePlan, own: tuple[str, str]
) -> pd.DataFrame | None:
    """The samples table, or what of the data's own table is read here; None where there is none."""
    if samples is not None:
        return read_samples(samples, sample=plan.sample)
    asked = {*own, *plan.keep, plan.batch}
    here = [name for name in expression.obs.columns if name in asked or is_read(name)]
    if not here:
        return None
    index = pd.Index(expression.samples, name="sample")
    return pd.DataFrame({str(name): expression.obs[name].to_numpy() for name in here}, index)


def _name_of(table: Any) -> str:
    return "a table" if isinstance(table, pd.DataFrame) else str(table)


def _keep(design: pd.DataFrame, table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Columns of the samples table that the user wants beside the calls."""
    absent = [name for name in columns if name not in table.columns]
    if absent:
        message = (
            f"The samples table has no column {' and '.join(map(repr, absent))} to keep; its"
            f" columns are: {', '.join(map(str, table.columns))}.{near(absent[0], table.columns)}"
        )
        raise SamplesError(message, code="E903")
    for name in dict.fromkeys(columns):
        design.insert(design.shape[1] - 1, name, table[name].to_numpy())


def _own_names(patient: str, timepoint: str) -> list[str]:
    """Columns of patient and time point that the user named."""
    return [name for name in (patient, timepoint) if name not in ("patient", "timepoint")]


def _about_time(
    design: pd.DataFrame,
    table: pd.DataFrame,
    keys: tuple[str, str | None],
    *,
    plan: TablePlan,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Adds kind of the time point, weeks on treatment and clinical phenotype to the design, each
    where it is known; gives the kinds, and a note on them.
    """
    timepoint, baseline = keys
    kinds: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    if timepoint not in table.columns and plan.kinds:
        message = f"Kinds of time points were given, but there is no column {timepoint!r}."
        raise SamplesError(message, code="E903")
    if timepoint in table.columns:
        kinds, notes = timepoint_kinds(table, timepoint, baseline=baseline, named=plan.kinds)
        design["timepoint_kind"] = [kinds[name] for name in design.index]
    weeks = column_named(table, ["weeks"])
    if weeks is not None:
        design["weeks"] = _numbers(table, weeks).reindex(design.index)
    clinical = column_named(table, ["clinical"])
    cells = table[clinical].reindex(design.index) if clinical else pd.Series(None, design.index)
    people = design["patient"] if "patient" in design.columns else design.index
    known = dict(plan.clinical)
    for person, cell in zip(people, cells, strict=True):  # what a course was is so of the patient
        known.setdefault(person, as_key(cell) or "")
        known[person] = known[person] or as_key(cell) or ""
    phenotypes = [as_key(cell) or known[who] for cell, who in zip(cells, people, strict=True)]
    if any(phenotypes):
        design["clinical"] = phenotypes
    return kinds, notes


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    numbers = pd.to_numeric(table[column], errors="coerce")
    wrong = [
        f"sample {str(name)!r}: {cell!r} is no number of weeks"
        for name, cell, number in zip(table.index, table[column], numbers, strict=True)
        if not np.isfinite(number) and as_key(cell) is not None
    ]
    complain(wrong, SamplesError, code="E926", subject=f"Column {column!r} of the samples table")
    return numbers


def _add_pairs(design: pd.DataFrame, pairing: Pairing, alike: Alike) -> None:
    pairs = pairing.pairs.set_index("sample").to_dict("index")
    for column, empty in (
        ("baseline_sample", ""),
        ("n_baseline", 0),
        ("n_at_timepoint", 0),
        ("counted", True),
        *((("same_batch", ""),) if alike.batch else ()),
        *((("same_site", ""),) if alike.site else ()),
    ):
        design[column] = [pairs[name][column] if name in pairs else empty for name in design.index]


def _baseline_of_patients(
    table: pd.DataFrame, pairing: Pairing, *, keys: tuple[str, str, str]
) -> list[str]:
    """One baseline biopsy of each patient: that of the first pair, else the first in the table."""
    patient, timepoint, baseline = keys
    first: dict[str, str] = {}
    for person, sample in pairing.pairs[["patient", "baseline_sample"]].itertuples(index=False):
        first.setdefault(person, sample)
    before = table[[as_key(value) == as_key(baseline) for value in table[timepoint]]]
    for sample, value in before[patient].items():
        first.setdefault(as_key(value) or "", str(sample))
    return [*first.values()]


def _by_name(expression: Expression, names: Iterable[str]) -> NDArray[np.intp]:
    """Rows of the samples named, in the order of their names, so that the order of the matrix
    decides nothing.
    """
    place = {name: row for row, name in enumerate(expression.samples)}
    return np.array([place[name] for name in sorted(names)], dtype=np.intp)


# What is known of the pairs, as quantities.


def other_batch(_quantity: Quantity, context: Context) -> Column:
    """1 where a sample and its baseline are of two batches, or one of the two has none; random
    pairs of the reference have no value.
    """
    if context.design is None or "same_batch" not in context.design.columns:
        return Column.missing(context.n_obs, "the batch of the pairs is not given")
    known = {"yes": 0.0, "no": 1.0, "unknown": 1.0}
    values = [known.get(word, np.nan) for word in context.design["same_batch"]]
    return Column.of(np.array(values), NO_BASELINE)


_TAKEN = {
    "pre": "before treatment",
    "on_treatment": "during treatment",
    "after_stop": "after treatment was stopped",
    "unknown": "at a time point of unknown kind",
}


def at_progression(_quantity: Quantity, context: Context, rows: Rows) -> Column:
    """1 at progression, 0 at another kind of time point; pairs that are nobody's own are counted as
    if they were at progression.
    """
    values = np.where(rows.paired, 1.0, np.nan)
    why = np.where(rows.paired, "", NO_BASELINE).astype(object)
    design = context.design
    if design is None or "timepoint_kind" not in design.columns:
        return Column(values, why)
    names = context.panel.expression.samples
    kinds, own = design["timepoint_kind"].tolist(), design["baseline_sample"].tolist()
    for place, (row, before) in enumerate(zip(rows.index, rows.baseline, strict=True)):
        if before >= 0 and own[row] == names[before] and kinds[row] != "progression":
            values[place], why[place] = 0.0, f"this biopsy was taken {_TAKEN[kinds[row]]}"
    return Column(values, why)
