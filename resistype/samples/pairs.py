"""Which sample is compared with which: every later sample of a patient with the patient's baseline.

Samples and patients are joined by name. Of several baseline biopsies of a patient a sample gets one
of its own batch before one of its own site before the first of the table. Where a patient has
several biopsies at a later time point, the first in the order of the table stands for the patient
there (`counted`); each later sample still gets a pair of its own.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resistype.errors import SamplesError, complain
from resistype.samples.columns import near
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
    "same_batch",
    "same_site",
]


SITE_COLUMNS = ("lesion", "site")


# Kinds of time points, as users write them. "Post" alone is none of them: the user must say which.
KINDS: Mapping[str, frozenset[str]] = {
    "pre": frozenset(
        (
            "pre",
            "baseline",
            "before",
            "screening",
            "t0",
            "c1d1",
            "pretreatment",
            "pre treatment",
            "before treatment",
        )
    ),
    "on_treatment": frozenset(
        (
            "on",
            "on treatment",
            "ontreatment",
            "on therapy",
            "early on",
            "edt",
            "during",
            "during treatment",
        )
    ),
    "progression": frozenset(
        (
            "progression",
            "at progression",
            "post progression",
            "progressive disease",
            "pd",
            "relapse",
            "recurrence",
            "acquired resistance",
            "ar",
        )
    ),
    "after_stop": frozenset(
        ("after stop", "after treatment", "off", "off treatment", "follow up", "surgery")
    ),
    "unknown": frozenset(("unknown",)),
}
_CYCLE = re.compile(r"c[1-9]\d*d[1-9]\d*")  # a day of a cycle, as trials write it
KIND_COLUMN = "timepoint_kind"


def kind_of(value: object) -> str:
    """Kind of a time point by its word; "unknown" where the word does not tell."""
    plain = " ".join(re.split(r"[\s_-]+", (as_key(value) or "").lower())).strip()
    for kind, names in KINDS.items():
        if plain in names:
            return kind
    return "on_treatment" if _CYCLE.fullmatch(plain) else "unknown"


def timepoint_kinds(
    table: pd.DataFrame, timepoint: str, *, baseline: Hashable, named: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Kind of the time point of each sample, and a note: as `named`, else by the column
    ``timepoint_kind``, else by the word of the time point; the baseline is before treatment.
    """
    times = {str(name): as_key(value) or "" for name, value in table[timepoint].items()}
    column = column_named(table, [KIND_COLUMN])
    cells = [as_key(value) for value in table[column]] if column else [None] * len(table)
    known = ", ".join(KINDS)
    wrong = [f"{cell!r} in column {column!r}" for cell in dict.fromkeys(cells)
             if cell is not None and not _is_kind(cell)]  # fmt: skip
    wrong += [f"{kind!r} for {time!r}" for time, kind in named.items() if not _is_kind(kind)]
    complaints = [f"{text} is no kind of time point; wanted one of {known}." for text in wrong]
    complaints += [
        f"There is no time point {time!r} in column {timepoint!r}; there are"
        f" {listed(sorted(set(times.values())))}."
        for time in named
        if time not in times.values()
    ]
    complain(complaints, SamplesError, code="E926", subject="Kinds of time points")
    start = as_key(baseline)
    kinds: dict[str, str] = {}
    for (sample, time), cell in zip(times.items(), cells, strict=True):
        kinds[sample] = kind_of(named.get(time, cell or time))
        if time == start and time not in named and cell is None:
            kinds[sample] = "pre"
    return kinds, _kind_notes(times, kinds)


def _is_kind(text: str) -> bool:
    return text in KINDS or kind_of(text) != "unknown"


def _kind_notes(times: Mapping[str, str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, set[str]] = {}
    for sample, time in times.items():
        found.setdefault(time, set()).add(kinds[sample])
    words = [f"{time!r}: {' and '.join(sorted(kinds))}" for time, kinds in found.items()]
    unknown = [time for time, kinds in found.items() if "unknown" in kinds]
    note = f"Kinds of time points: {listed(words)}."
    if not unknown:
        return (note,)
    names = listed([repr(time) for time in unknown])
    remedy = (
        f"Say what {names} is: a column {KIND_COLUMN!r}, or --timepoint-kind"
        f" {unknown[0]}=progression (or on_treatment, after_stop)."
    )
    return (f"{note} {remedy}",)


def column_named(table: pd.DataFrame, names: Iterable[str]) -> str | None:
    """The first column of that name, whatever its case."""
    known = {str(column).strip().lower(): str(column) for column in reversed(table.columns)}
    return next((known[name] for name in names if name in known), None)


@dataclass(frozen=True)
class Pairing:
    """Later samples with their baselines.

    Parameters
    ----------
    pairs
        One row a later sample: `sample`, `baseline_sample`, `patient`, `timepoint`, `n_baseline`
        (baseline samples of the patient), `n_at_timepoint` (samples of the patient at that time
        point), `counted` (whether this sample stands for the patient at that time point),
        `same_batch` and `same_site` (``yes``, ``no``, ``unknown`` where one of the two has no
        value, empty where no column was named).
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
class Alike:
    """What decides which baseline a sample gets, if any: columns in which the two should be alike,
    and kinds of time points.

    Parameters
    ----------
    batch, site
        Names of columns: the sequencing batch, the site of the lesion.
    kinds
        Kind of the time point by sample; another one before treatment than the baseline is
        compared with nothing.
    """

    batch: str | None = None
    site: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)


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
    alike
        Which of several baselines a sample gets.
    """

    table: pd.DataFrame
    patient: str
    timepoint: str
    baseline: Hashable
    order: tuple[Hashable, ...] | None = None
    alike: Alike = field(default_factory=Alike)

    def pair(self) -> Pairing:
        """The pairs of this design; see `pair_samples`."""
        return pair_samples(
            self.table,
            patient=self.patient,
            timepoint=self.timepoint,
            baseline=self.baseline,
            order=self.order,
            alike=self.alike,
        )


def pair_samples(
    table: pd.DataFrame,
    *,
    patient: str,
    timepoint: str,
    baseline: Hashable,
    order: Sequence[Hashable] | None = None,
    alike: Alike = Alike(),
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
    alike
        Columns of batch and site: of several baselines of a patient a sample gets one of its own
        batch before one of its own site before the first of the table.

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
    before = {sample for sample, kind in alike.kinds.items() if kind == "pre"}
    rows["early"] = np.where(rows["sample"].isin(before), "treatment", "")
    rows.loc[rows["timepoint"].isin(early), "early"] = "the baseline"
    followed = rows["timepoint"].ne(start) & (rows["early"] == "")
    first = rows[rows["timepoint"] == start].drop_duplicates("patient")
    later = rows[followed & rows["patient"].isin(first["patient"])]
    if later.empty:
        message = (
            f"There is no pair: {plural(len(first), 'patient has', 'patients have')} a sample at"
            f" {start!r}, none of them a later one. Check the columns {patient!r} and"
            f" {timepoint!r}."
        )
        raise SamplesError(message, code="E909")
    pairs = _pairs(rows, later, start, _likeness(table, alike))
    unpaired = _unpaired(rows, start, pairs=pairs)
    used = tuple(dict.fromkeys(pairs["baseline_sample"]))
    return Pairing(pairs, unpaired, used, _notes(rows, pairs, unpaired, alike))


def _keys(table: pd.DataFrame, patient: str, timepoint: str) -> pd.DataFrame:
    """Sample, patient and time point of each row as text."""
    absent = [name for name in dict.fromkeys([patient, timepoint]) if name not in table.columns]
    if absent:
        words = " and ".join(repr(name) for name in absent)
        message = (
            f"The samples table has no column {words}; its columns are:"
            f" {', '.join(map(str, table.columns))}.{near(absent[0], table.columns)}"
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


def _unpaired(rows: pd.DataFrame, start: str, *, pairs: pd.DataFrame) -> dict[str, str]:
    used: dict[str, list[str]] = {}
    for patient, sample in zip(pairs["patient"], pairs["baseline_sample"], strict=True):
        used.setdefault(patient, []).append(sample)
    with_baseline = set(rows.loc[rows["timepoint"] == start, "patient"])
    reasons = {}
    columns = ["sample", "patient", "timepoint", "early"]
    for sample, patient, time, early in rows[columns].itertuples(index=False):
        if early and time != start:
            reasons[sample] = f"time point {time!r} is before {early}"
        elif patient not in with_baseline:
            reasons[sample] = f"patient {patient} has no sample at {start!r}"
        elif time == start and patient not in used:
            reasons[sample] = f"patient {patient} has no sample after {start!r}"
        elif time == start and sample not in used[patient]:
            names = ", ".join(dict.fromkeys(used[patient]))
            reasons[sample] = f"another baseline of patient {patient} is used ({names})"
    return reasons


def _likeness(table: pd.DataFrame, alike: Alike) -> dict[str, dict[str, str | None]]:
    """Batch and site of each sample, as far as a column was named."""
    columns = {"same_batch": alike.batch, "same_site": alike.site}
    absent = [name for name in columns.values() if name is not None and name not in table.columns]
    if absent:
        message = (
            f"The samples table has no column {' and '.join(map(repr, absent))}; its columns are:"
            f" {', '.join(map(str, table.columns))}."
        )
        raise SamplesError(message, code="E903")
    return {
        key: {str(sample): as_key(value) for sample, value in table[name].items()}
        for key, name in columns.items()
        if name is not None
    }


def _like(values: Mapping[str, str | None], now: str, before: str) -> str:
    if values[now] is None or values[before] is None:
        return "unknown"
    return "yes" if values[now] == values[before] else "no"


def _pairs(
    rows: pd.DataFrame,
    later: pd.DataFrame,
    start: str,
    likeness: Mapping[str, Mapping[str, str | None]],
) -> pd.DataFrame:
    own: dict[str, list[str]] = {}
    at_start = rows[rows["timepoint"] == start]
    for patient, sample in zip(at_start["patient"], at_start["sample"], strict=True):
        own.setdefault(patient, []).append(sample)
    chosen = [
        # min takes the first of equals: the order of the table comes last
        min(
            own[patient],
            key=lambda before: [
                _like(values, now, before) != "yes" for values in likeness.values()
            ],
        )
        for patient, now in zip(later["patient"], later["sample"], strict=True)
    ]
    found = {
        key: [_like(values, *pair) for pair in zip(later["sample"], chosen, strict=True)]
        for key, values in likeness.items()
    }
    size = later.groupby(["patient", "timepoint"], sort=False)["sample"].transform("size")
    out = later.assign(
        baseline_sample=chosen,
        n_baseline=[len(own[patient]) for patient in later["patient"]],
        n_at_timepoint=size,
        counted=~later.duplicated(["patient", "timepoint"]),
        **{"same_batch": "", "same_site": "", **found},
    )
    return out[COLUMNS].reset_index(drop=True)


def _notes(
    rows: pd.DataFrame, pairs: pd.DataFrame, unpaired: dict[str, str], alike: Alike
) -> tuple[str, ...]:
    start = rows.set_index("sample").loc[pairs["baseline_sample"].iloc[0], "timepoint"]
    patients = pairs["patient"].nunique()
    counts = f"{plural(len(pairs), 'pair', 'pairs')} of {plural(patients, 'patient', 'patients')}"
    notes = [f"{counts}: each later sample against the patient's {start!r} sample."]
    several = sorted(set(pairs.loc[pairs["n_baseline"] > 1, "patient"]))
    if several:
        wanted = [
            f"one of the same {what}"
            for what, name in (("batch", alike.batch), ("site", alike.site))
            if name is not None
        ]
        order = ", else ".join([*wanted, "the first in the order of the table"])
        notes.append(
            f"{plural(len(several), 'patient has', 'patients have')} several baseline samples"
            f" ({listed(several)}); {order} is used."
        )
    for what, name in (("batch", alike.batch), ("site", alike.site)):
        notes += _apart(pairs, what, name)
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


def _apart(pairs: pd.DataFrame, what: str, name: str | None) -> list[str]:
    """What is said of pairs over two batches or sites, or of which that is not known."""
    if name is None:
        return []
    words = {"no": f"compare two {BOTH[what]}", "unknown": f"have no {what} for one of the two"}
    found = pairs[f"same_{what}"].value_counts()
    return [
        f"{int(found[key])} of {len(pairs)} pairs {text} (column {name!r})."
        for key, text in words.items()
        if key in found
    ]


BOTH = {"batch": "batches", "site": "sites"}
