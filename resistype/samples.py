"""Samples tables, and which sample is compared with which.

Everything is joined by key: sample names join a table to a matrix, patient names join later samples to their baseline.
Row positions are never used. Where a patient has several biopsies at one time point, the first in the order of the
table stands for the patient there (`used_first`); each later sample still gets a pair of its own.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from resistype.errors import SamplesError, complain

__all__ = ["Design", "Pairing", "align_samples", "key_text", "pair_samples", "read_samples"]

SHOWN = 5
MISSING = {"", "NA", "N/A", "NaN", "nan", "n/a", "null", "NULL", "None", "#N/A", "<NA>"}
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
COLUMNS = ["sample", "baseline_sample", "patient", "timepoint", "n_baseline", "n_at_timepoint", "used_first"]


def _listed(names: Sequence[object]) -> str:
    return ", ".join(str(name) for name in names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def read_samples(table: str | Path | pd.DataFrame, *, sample: str | None = None) -> pd.DataFrame:
    """Read a table with one row a sample.

    Parameters
    ----------
    table
        csv, tsv, txt (also .gz) or parquet; or a DataFrame. A DataFrame that has its own index keeps it as sample ids.
    sample
        Column with the sample ids. By default the first column.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample id, as text without surrounding spaces; the rows in the order of the table.

    Raises
    ------
    SamplesError
        E901 when a sample id repeats, E902 when one is missing, E903 when the column is not there, E907 when the file
        cannot be read.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["P1-pre", "P1-on"], "patient": ["P1", "P1"]})
    >>> read_samples(table).index.tolist()
    ['P1-pre', 'P1-on']
    """
    frame = table.copy() if isinstance(table, pd.DataFrame) else _read(Path(table))
    if sample is not None and sample not in frame.columns:
        message = f"The samples table has no column {sample!r}; its columns are: {', '.join(map(str, frame.columns))}."
        raise SamplesError(message, code="E903")
    numbered = frame.index.name is None and pd.api.types.is_integer_dtype(frame.index)
    if sample is None and numbered and frame.shape[1]:
        sample = frame.columns[0]
    keys = frame.index.to_series() if sample is None else frame[sample]
    ids = [key_text(value) for value in keys]
    _check_ids(ids)
    rest = frame if sample is None else frame.drop(columns=[sample])
    return rest.set_axis(pd.Index([str(name) for name in ids], name=sample or frame.index.name or "sample"), axis=0)


def _check_ids(ids: Sequence[str | None]) -> None:
    if not ids:
        raise SamplesError("The samples table has no rows. It needs one row a sample.", code="E907")
    absent = [row for row, name in enumerate(ids, start=1) if name is None]
    if absent:
        message = (
            f"{len(absent)} rows of the samples table have no sample id (row {_listed(absent)}). Give each its id."
        )
        raise SamplesError(message, code="E902")
    repeated = [f"{name} x{n}" for name, n in Counter(ids).items() if n > 1]
    if repeated:
        message = (
            f"{len(repeated)} sample ids occur more than once in the samples table ({_listed(repeated)}). "
            "The column of sample ids needs one row a sample; name another column with sample= (--sample), "
            "or remove the repeats."
        )
        raise SamplesError(message, code="E901")


def key_text(value: object) -> str | None:
    """A key as text: whole numbers without a decimal point, no surrounding spaces, None when missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124  NaN
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise SamplesError(f"There is no samples table {path}. Check the path.", code="E907")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".parquet", ".pq")):
        return pd.read_parquet(path)
    if not name.endswith((".csv", ".tsv", ".txt")):
        message = f"{path.name} is of no kind known here. Give the samples table as csv, tsv or parquet."
        raise SamplesError(message, code="E907")
    packed = path.name.lower().endswith(".gz")
    text = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).decode("utf-8-sig", "replace")
    first = text.split("\n", 1)[0]
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=max("\t,;", key=first.count)) if any(row)]
    if len(rows) < 2:
        message = f"The samples table {path} has no rows. It needs a header and one row a sample."
        raise SamplesError(message, code="E907")
    return _typed(rows[0], rows[1:], path)


def _typed(header: list[str], rows: list[list[str]], path: Path) -> pd.DataFrame:
    uneven = [place for place, row in enumerate(rows, start=2) if len(row) != len(header)]
    repeated = [name for name, n in Counter(header).items() if n > 1]
    complaints = []
    if uneven:
        complaints.append(f"{len(uneven)} lines do not have {len(header)} fields (line {_listed(uneven)}).")
    if repeated:
        complaints.append(f"Columns occur more than once: {_listed(repeated)}.")
    complain(complaints, SamplesError, code="E907", subject=f"Samples table {path}")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    return pd.DataFrame(
        {name: values if not place else _column(values) for place, (name, values) in enumerate(columns.items())}
    )


def _column(values: list[str]) -> pd.Series:
    """Numbers where every value is one and none has a leading zero, as ids have; else text, None when missing."""
    present = [value.strip() for value in values if value.strip() not in MISSING]
    numeric = all(NUMBER.fullmatch(value) and not re.match(r"0[0-9]", value) for value in present)
    if present and numeric:
        return pd.to_numeric(pd.Series([None if v.strip() in MISSING else v for v in values], dtype=object))
    return pd.Series([None if value.strip() in MISSING else value for value in values], dtype=object)


def align_samples(table: pd.DataFrame, samples: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of a samples table in the order of a matrix, joined by name.

    Parameters
    ----------
    table
        From `read_samples`.
    samples
        Sample names of the matrix.

    Returns
    -------
    tuple
        The table with one row for each of `samples`, and notes: rows of the table without expression.

    Raises
    ------
    SamplesError
        E904 when samples of the matrix are not in the table.

    Examples
    --------
    >>> table = read_samples(pd.DataFrame({"id": ["a", "b", "c"], "patient": ["P1", "P1", "P2"]}))
    >>> aligned, notes = align_samples(table, ["b", "a"])
    >>> aligned["patient"].tolist(), notes
    (['P1', 'P1'], ('1 of 3 rows of the samples table have no expression (c).',))
    """
    known, wanted = set(table.index), set(samples)
    absent = [name for name in samples if name not in known]
    if absent:
        message = (
            f"{len(absent)} of {len(samples)} samples of the matrix are not in the samples table ({_listed(absent)}). "
            f"The table's ids look like {_listed(table.index[:3].tolist())}. Add the rows, "
            "or name the column of sample ids with sample= (--sample)."
        )
        raise SamplesError(message, code="E904")
    extra = [name for name in table.index if name not in wanted]
    note = f"{len(extra)} of {len(table)} rows of the samples table have no expression ({_listed(extra)})."
    return table.loc[list(samples)], (note,) if extra else ()


@dataclass(frozen=True)
class Pairing:
    """Later samples with their baselines.

    Parameters
    ----------
    pairs
        One row a later sample: `sample`, `baseline_sample`, `patient`, `timepoint`, `n_baseline` (baseline samples of
        the patient), `n_at_timepoint` (samples of the patient at that time point), `used_first` (whether this sample
        stands for the patient at that time point).
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
            self.table, patient=self.patient, timepoint=self.timepoint, baseline=self.baseline, order=self.order
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
        Time points in their order. Samples at a time point before the baseline are then not compared.

    Returns
    -------
    Pairing
        The pairs in the order of the table, what is unpaired and why, and notes.

    Raises
    ------
    SamplesError
        E903 when a column is not there, E905 when a patient or time point is missing in a row, E906 when the baseline
        does not occur, E908 when `order` does not fit, E909 when there is no pair at all.

    Examples
    --------
    >>> table = read_samples(
    ...     pd.DataFrame({"id": ["a", "b", "c"], "patient": ["P1", "P1", "P2"], "time": ["Pre", "On", "On"]})
    ... )
    >>> pairing = pair_samples(table, patient="patient", timepoint="time", baseline="Pre")
    >>> pairing.pairs[["sample", "baseline_sample"]].values.tolist(), pairing.unpaired
    ([['b', 'a']], {'c': "patient P2 has no sample at 'Pre'"})
    """
    rows = _keys(table, patient, timepoint)
    start = key_text(baseline) or ""
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
            f"There is no pair: {len(first)} patients have a sample at {start!r}, none of them a later one. "
            f"Check the columns {patient!r} and {timepoint!r}."
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
        message = f"The samples table has no column {words}; its columns are: {', '.join(map(str, table.columns))}."
        raise SamplesError(message, code="E903")
    rows = pd.DataFrame({"sample": [str(name) for name in table.index]})
    complaints = []
    for key, column in (("patient", patient), ("timepoint", timepoint)):
        rows[key] = pd.Series([key_text(value) for value in table[column]], dtype=object)
        blank = rows.loc[rows[key].isna(), "sample"].tolist()
        if blank:
            complaints.append(f"{len(blank)} rows have no value in column {column!r} ({_listed(blank)}).")
    complain(complaints, SamplesError, code="E905", subject="Pairs cannot be made")
    return rows


def _before(start: str, times: list[str], order: Sequence[Hashable] | None) -> set[str]:
    if order is None:
        return set()
    wanted = [key_text(time) or "" for time in order]
    complaints = [f"Time point {time!r} of the table is not in order." for time in times if time not in wanted]
    if len(set(wanted)) < len(wanted):
        complaints.append(f"order names a time point twice: {', '.join(wanted)}.")
    complain(complaints, SamplesError, code="E908", subject="Order of time points")
    return set(wanted[: wanted.index(start)])


def _first_baselines(rows: pd.DataFrame, start: str) -> dict[str, str]:
    """First baseline sample of each patient that has one."""
    at_start = rows[rows["timepoint"] == start].drop_duplicates("patient")
    return dict(zip(at_start["patient"], at_start["sample"], strict=True))


def _unpaired(rows: pd.DataFrame, start: str, *, early: set[str], first: dict[str, str]) -> dict[str, str]:
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


def _pairs(rows: pd.DataFrame, later: pd.DataFrame, first: dict[str, str], start: str) -> pd.DataFrame:
    n_baseline = Counter(rows.loc[rows["timepoint"] == start, "patient"])
    size = later.groupby(["patient", "timepoint"], sort=False)["sample"].transform("size")
    out = later.assign(
        baseline_sample=[first[patient] for patient in later["patient"]],
        n_baseline=[n_baseline[patient] for patient in later["patient"]],
        n_at_timepoint=size,
        used_first=~later.duplicated(["patient", "timepoint"]),
    )
    return out[COLUMNS].reset_index(drop=True)


def _notes(rows: pd.DataFrame, pairs: pd.DataFrame, unpaired: dict[str, str], start: str) -> tuple[str, ...]:
    patients = pairs["patient"].nunique()
    notes = [f"{len(pairs)} pairs of {patients} patients: each later sample against the patient's {start!r} sample."]
    several = sorted(set(pairs.loc[pairs["n_baseline"] > 1, "patient"]))
    if several:
        notes.append(
            f"{len(several)} patients have several baseline samples ({_listed(several)}); "
            "the first in the order of the table is used."
        )
    repeated = pairs[pairs["n_at_timepoint"] > 1].drop_duplicates(["patient", "timepoint"])
    if len(repeated):
        words = [
            f"{patient} at {time!r}" for patient, time in zip(repeated["patient"], repeated["timepoint"], strict=True)
        ]
        notes.append(
            f"{len(repeated)} times a patient has several samples at one time point ({_listed(words)}); "
            "each has its own pair, and the first in the order of the table stands for the patient."
        )
    if unpaired:
        notes.append(f"{len(unpaired)} of {len(rows)} samples are in no pair; the reasons are kept beside their names.")
    return tuple(notes)
