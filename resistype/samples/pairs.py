"""Which sample is compared with which: every later sample of a patient with the patient's baseline.

Samples and patients are joined by name. Where a patient has several biopsies at one time point, the
first in the order of the table stands for the patient there (`counted`); each later sample still
gets a pair of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from resistype.errors import SamplesError, complain
from resistype.samples.table import as_key
from resistype.text import listed, plural

COLUMNS = [
    "sample",
    "baseline_sample",
    "patient",
    "timepoint",
    "n_baseline",
    "n_at_timepoint",
    "counted",
]


@dataclass(frozen=True)
class Pairing:
    """Later samples with their baselines.

    Parameters
    ----------
    pairs
        One row a later sample: `sample`, `baseline_sample`, `patient`, `timepoint`, `n_baseline`
        (baseline samples of the patient), `n_at_timepoint` (samples of the patient at that time
        point), `counted` (whether this sample stands for the patient at that time point).
    unpaired
        Each sample that is in no pair, with the reason.
    baselines
        The baseline samples used.
    notes
        What was found, one sentence each.
    """

    pairs: pd.DataFrame
    unpaired: dict[str, str] = field(default_factory=dict)
    baselines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """Who was sampled when: a samples table and the columns that say so.

    Parameters
    ----------
    table
        From `read_samples`.
    patient, timepoint
        Names of columns.
    baseline
        Value of the time point before treatment.
    order
        Time points in their order, where it matters; those before the baseline are not compared.
    """

    table: pd.DataFrame
    patient: str
    timepoint: str
    baseline: Hashable
    order: tuple[Hashable, ...] | None = None

    def pair(self) -> Pairing:
        """The pairs of this design; see `pair_samples`."""
        return pair_samples(
            self.table,
            patient=self.patient,
            timepoint=self.timepoint,
            baseline=self.baseline,
            order=self.order,
        )


def pair_samples(
    table: pd.DataFrame,
    *,
    patient: str,
    timepoint: str,
    baseline: Hashable,
    order: Sequence[Hashable] | None = None,
) -> Pairing:
    """Pair every later sample of a patient with the patient's baseline.

    Parameters
    ----------
    table
        Indexed by sample, as `read_samples` gives it.
    patient, timepoint
        Columns with the patient and the time point.
    baseline
        Value of `timepoint` that marks the sample before treatment.
    order
        Time points in their order. Samples at a time point before the baseline are then not
        compared.

    Returns
    -------
    Pairing
        The pairs in the order of the table, what is unpaired and why, and notes.

    Raises
    ------
    SamplesError
        E903 when a column is not there, E905 when a patient or time point is missing in a row, E906
        when the baseline does not occur, E908 when `order` does not fit, E909 when there is no pair
        at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.samples import pair_samples, read_samples
    >>> table = read_samples(
    ...     pd.DataFrame(
    ...         {"id": ["a", "b", "c"], "patient": ["P1", "P1", "P2"], "time": ["Pre", "On", "On"]}
    ...     )
    ... )
    >>> pairing = pair_samples(table, patient="patient", timepoint="time", baseline="Pre")
    >>> pairing.pairs[["sample", "baseline_sample"]].values.tolist(), pairing.unpaired
    ([['b', 'a']], {'c': "patient P2 has no sample at 'Pre'"})
    """
    rows = _keys(table, patient, timepoint)
    start = as_key(baseline) or ""
    times = list(dict.fromkeys(rows["timepoint"]))
    if start not in times:
        message = (
            f"The baseline {start!r} does not occur in column {timepoint!r}; its values are: "
            f"{', '.join(repr(time) for time in times[:20])}. Name one of them as baseline."
        )
        raise SamplesError(message, code="E906")
    early = _before(start, times, order)
    first = _first_baselines(rows, start)
    unpaired = _unpaired(rows, start, early=early, first=first)
    later = rows[~rows["sample"].isin(unpaired) & (rows["timepoint"] != start)]
    if later.empty:
        message = (
            f"There is no pair: {plural(len(first), 'patient has', 'patients have')} a sample at"
            f" {start!r}, none of them a later one. Check the columns {patient!r} and"
            f" {timepoint!r}."
        )
        raise SamplesError(message, code="E909")
    pairs = _pairs(rows, later, first, start)
    used = tuple(dict.fromkeys(pairs["baseline_sample"]))
    return Pairing(pairs, unpaired, used, _notes(rows, pairs, unpaired, start))


def _keys(table: pd.DataFrame, patient: str, timepoint: str) -> pd.DataFrame:
    """Sample, patient and time point of each row as text."""
    absent = [name for name in dict.fromkeys([patient, timepoint]) if name not in table.columns]
    if absent:
        words = " and ".join(repr(name) for name in absent)
        message = (
            f"The samples table has no column {words}; its columns are:"
            f" {', '.join(map(str, table.columns))}."
        )
        raise SamplesError(message, code="E903")
    rows = pd.DataFrame({"sample": [str(name) for name in table.index]})
    complaints = []
    for key, column in (("patient", patient), ("timepoint", timepoint)):
        rows[key] = pd.Series([as_key(value) for value in table[column]], dtype=object)
        blank = rows.loc[rows[key].isna(), "sample"].tolist()
        if blank:
            many = plural(len(blank), "row has", "rows have")
            complaints.append(f"{many} no value in column {column!r} ({listed(blank)}).")
    complain(complaints, SamplesError, code="E905", subject="Pairs cannot be made")
    return rows


def _before(start: str, times: list[str], order: Sequence[Hashable] | None) -> set[str]:
    if order is None:
        return set()
    wanted = [as_key(time) or "" for time in order]
    complaints = [
        f"Time point {time!r} of the table is not in order." for time in times if time not in wanted
    ]
    if len(set(wanted)) < len(wanted):
        complaints.append(f"order names a time point twice: {', '.join(wanted)}.")
    complain(complaints, SamplesError, code="E908", subject="Order of time points")
    return set(wanted[: wanted.index(start)])


def _first_baselines(rows: pd.DataFrame, start: str) -> dict[str, str]:
    """First baseline sample of each patient that has one."""
    at_start = rows[rows["timepoint"] == start].drop_duplicates("patient")
    return dict(zip(at_start["patient"], at_start["sample"], strict=True))


def _unpaired(
    rows: pd.DataFrame, start: str, *, early: set[str], first: dict[str, str]
) -> dict[str, str]:
    after = rows[(rows["timepoint"] != start) & ~rows["timepoint"].isin(early)]
    followed = set(after["patient"])
    reasons = {}
    for sample, patient, time in rows[["sample", "patient", "timepoint"]].itertuples(index=False):
        if time in early:
            reasons[sample] = f"time point {time!r} is before the baseline"
        elif patient not in first:
            reasons[sample] = f"patient {patient} has no sample at {start!r}"
        elif time == start and first[patient] != sample:
            reasons[sample] = f"another baseline of patient {patient} is used ({first[patient]})"
        elif time == start and patient not in followed:
            reasons[sample] = f"patient {patient} has no sample after {start!r}"
    return reasons


def _pairs(
    rows: pd.DataFrame, later: pd.DataFrame, first: dict[str, str], start: str
) -> pd.DataFrame:
    n_baseline = Counter(rows.loc[rows["timepoint"] == start, "patient"])
    size = later.groupby(["patient", "timepoint"], sort=False)["sample"].transform("size")
    out = later.assign(
        baseline_sample=[first[patient] for patient in later["patient"]],
        n_baseline=[n_baseline[patient] for patient in later["patient"]],
        n_at_timepoint=size,
        counted=~later.duplicated(["patient", "timepoint"]),
    )
    return out[COLUMNS].reset_index(drop=True)


def _notes(
    rows: pd.DataFrame, pairs: pd.DataFrame, unpaired: dict[str, str], start: str
) -> tuple[str, ...]:
    patients = pairs["patient"].nunique()
    counts = f"{plural(len(pairs), 'pair', 'pairs')} of {plural(patients, 'patient', 'patients')}"
    notes = [f"{counts}: each later sample against the patient's {start!r} sample."]
    several = sorted(set(pairs.loc[pairs["n_baseline"] > 1, "patient"]))
    if several:
        notes.append(
            f"{plural(len(several), 'patient has', 'patients have')} several baseline samples"
            f" ({listed(several)}); the first in the order of the table is used."
        )
    repeated = pairs[pairs["n_at_timepoint"] > 1].drop_duplicates(["patient", "timepoint"])
    if len(repeated):
        words = [
            f"{patient} at {time!r}"
            for patient, time in zip(repeated["patient"], repeated["timepoint"], strict=True)
        ]
        notes.append(
            f"{plural(len(repeated), 'time', 'times')} a patient has several samples at one time"
            f" point ({listed(words)}); each has its own pair, and the first in the order of the"
            " table stands for the patient."
        )
    if unpaired:
        are = "is" if len(unpaired) == 1 else "are"
        notes.append(
            f"{len(unpaired)} of {len(rows)} samples {are} in no pair; the reasons are kept beside"
            " their names."
        )
    return tuple(notes)
