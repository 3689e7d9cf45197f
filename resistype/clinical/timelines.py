"""From a table of patients to their `History`, or one error with every complaint.

Dates are ISO (`2023-02-24`) or real dates: `02/03/2023` is two different days in two countries and
is refused. A date or word that is not given is allowed, because a verdict of "not evaluable" is a
normal result; one that cannot be true (a progression before the start) is not.
"""

from __future__ import annotations

import calendar
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from resistype.errors import SamplesError, complain
from resistype.safe.files import unpacked
from resistype.samples.columns import near
from resistype.samples.table import as_key
from resistype.text import restored

# The course of one patient in dates, what a definition says of it, and the table of the
# definitions' limits.

CITATIONS: Final = {
    "sitc2020": (
        "Kluger 2020, J Immunother Cancer, e000398, Table 1"
        " (jitc.bmj.com/highwire/markup/13279/expansion)"
    ),
    "sitc_180d": (
        "J Immunother Cancer 2021, a cohort by SITC 2020"
        " (jitc.bmj.com/highwire/markup/34998/expansion)"
    ),
    "sitc_ici_chemo": (
        "Rizvi 2023, SITC, ICI with chemotherapy, Table 3"
        " (jitc.bmj.com/highwire/markup/42025/expansion)"
    ),
    "nsclc_ar_2021": "Schoenfeld 2021, Ann Oncol 32:1597, doi 10.1016/j.annonc.2021.08.2151",
    "hcc_pref": "Lombardi 2026, preprint abstract (sciencecast.org/casts/e5ovgnq9yzwl)",
}


@dataclass(frozen=True)
class Threshold:
    """One limit of one definition: its value, and whether it was published or chosen by us."""

    definition: str
    name: str
    value: int
    unit: Literal["days", "months"]
    meaning: str
    source: Literal["published", "ours"]
    note: str = ""

    @property
    def citation(self) -> str:
        """Where the limit was published; for a limit of ours, why it was chosen."""
        return CITATIONS[self.definition] if self.source == "published" else self.note


_EXPOSURE: Final = "first to last dose, at least"
_WINDOW: Final = "last dose to progression, at most"
_FOLLOWED: Final = "follow-up without progression before 'no resistance' is said"
_BORROWED: Final = (
    "the published table names no window after the last dose; borrowed from sitc_180d"
)
_SAME: Final = "as long as 'benefit'"

THRESHOLDS: Final[tuple[Threshold, ...]] = (
    Threshold("sitc2020", "exposure", 42, "days", _EXPOSURE, "published"),
    Threshold(
        "sitc2020",
        "benefit",
        6,
        "months",
        "SD shorter: primary; SD or exposure longer: secondary",
        "published",
    ),
    Threshold("sitc2020", "window", 84, "days", _WINDOW, "ours", _BORROWED),
    Threshold("sitc2020", "followed", 6, "months", _FOLLOWED, "ours", _SAME),
    Threshold("sitc_180d", "exposure", 42, "days", _EXPOSURE, "ours", "carried over from sitc2020"),
    Threshold(
        "sitc_180d", "benefit", 180, "days", "start to progression; shorter: primary", "published"
    ),
    Threshold("sitc_180d", "window", 84, "days", _WINDOW, "published"),
    Threshold("sitc_180d", "followed", 180, "days", _FOLLOWED, "ours", _SAME),
    Threshold("sitc_ici_chemo", "exposure", 42, "days", "lower end of '6-8 weeks'", "published"),
    Threshold(
        "sitc_ici_chemo",
        "benefit",
        6,
        "months",
        "start to progression; up to this: primary",
        "published",
    ),
    Threshold(
        "sitc_ici_chemo",
        "rapid",
        56,
        "days",
        "'rapid progression': any exposure",
        "ours",
        "8 of '6-8 weeks'",
    ),
    Threshold("sitc_ici_chemo", "window", 84, "days", _WINDOW, "ours", _BORROWED),
    Threshold("sitc_ici_chemo", "followed", 6, "months", _FOLLOWED, "ours", _SAME),
    Threshold("nsclc_ar_2021", "window", 6, "months", _WINDOW, "published"),
    Threshold(
        "hcc_pref",
        "benefit",
        6,
        "months",
        "start to progression; shorter: primary refractory",
        "published",
    ),
)
_LIMITS: Final = {(threshold.definition, threshold.name): threshold for threshold in THRESHOLDS}


@dataclass(frozen=True)
class History:
    """Course of one patient; a date not given is None, a word not given is ""."""

    patient: str
    start: date | None = None
    best_response: str = ""
    last_dose: date | None = None
    progression: date | None = None
    last_followup: date | None = None
    regimen: str = ""
    confirmed: str = ""
    rechallenge: str = ""
    stopped_for: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one definition says of one patient, and why.

    `days` and `months` (whole calendar months) give the span that decided; both are None where no
    span did.
    """

    outcome: str
    reason: str
    days: int | None = None
    months: int | None = None
    caveats: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, outcome: str, reason: str, over: tuple[date | None, date | None] = (None, None)
    ) -> Verdict:
        """Verdict that rests on the span `over` two dates, where both are known and in order."""
        first, last = over
        if first is None or last is None or last < first:
            return cls(outcome, reason)
        return cls(outcome, reason, (last - first).days, full_months(first, last))


def add_months(day: date, months: int) -> date:
    """Same day of the month, `months` later; the last day where that month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def full_months(first: date, last: date) -> int:
    """Whole calendar months from `first` to `last`, which is not earlier."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if add_months(first, months) <= last else months - 1


def limit(definition: str, name: str, since: date) -> date:
    """Day on which the limit `name` of `definition` is reached, counted from `since`."""
    threshold = _LIMITS[definition, name]
    if threshold.unit == "months":
        return add_months(since, threshold.value)
    return since + timedelta(days=threshold.value)


def span(first: date, last: date) -> str:
    """Words for the time from `first` to `last`: days, and calendar months in brackets."""
    if last < first:
        return f"{_count((first - last).days, 'day')} before"
    days, months = (last - first).days, full_months(first, last)
    return f"{_count(days, 'day')} ({_count(months, 'calendar month')}) after"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "patient": ("patient", "id"),
    "start": ("start",),
    "best_response": ("best_response", "bor"),
    "last_dose": ("last_dose",),
    "progression": ("progression", "pd"),
    "last_followup": ("last_followup", "last_fu"),
}
OPTIONAL: Final = ("regimen", "confirmed", "rechallenge", "stopped_for")
DATES: Final = ("start", "last_dose", "progression", "last_followup")
_LARGEST: Final = 64 << 20
_YES_NO: Final = ("yes", "no", "unknown")
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "best_response": ("CR", "PR", "SD", "PD", "NE"),
    "regimen": (
        "ici_mono",
        "ici_combination",
        "ici_chemo",
        "ici_antiangiogenic",
        "other",
        "unknown",
    ),
    "confirmed": _YES_NO,
    "rechallenge": _YES_NO,
    "stopped_for": ("progression", "toxicity", "completion", "choice", "other", "unknown"),
}
ORDER: Final = (
    ("start", "last_dose"),
    ("start", "progression"),
    ("start", "last_followup"),
    ("last_dose", "last_followup"),
    ("progression", "last_followup"),
)
MISSING: Final = frozenset({"", "na", "n/a", "nan", "nat", "none", "<na>", "."})
_ISO: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00)?)?")
_SHOWN: Final = 20
_NUMBER: Final = re.compile(r"\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)
_EVENT: Final = {"1": "yes", "1.0": "yes", "yes": "yes", "true": "yes"} | dict.fromkeys(
    ("0", "0.0", "no", "false"), "no"
)


# Times given as numbers are counted from this day; no date of a patient is made of it.
_DAY_0: Final = date(2000, 1, 1)
DAYS_OF_A_MONTH: Final = 365.2425 / 12
_SEEN: Final = ("progressed", "censored")  # whether the time of progression is that of an event
_ROUNDING: Final = {"days": 0, "months": 2}  # days by which months are rounded apart (ours)


@dataclass(frozen=True)
class TimeColumns:
    """Columns of fields that a table names otherwise, and the unit of times since the start of
    treatment (days or months; None: dates).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None


def read_courses(
    table: str | Path | pd.DataFrame, times: TimeColumns = TimeColumns()
) -> list[History]:
    """Histories of all patients of a table, in its order; rows of a patient that say the same count
    once.
    """
    frame = _read(table)
    columns = _columns(frame, times)
    if times.unit is not None:
        frame = frame[[*columns.values()]].drop_duplicates()
    patients = [
        (as_key(value) or "") if _text(value) else "" for value in frame[columns["patient"]]
    ]
    complaints = _patient_complaints(patients)
    histories = []
    for number, (patient, row) in enumerate(
        zip(patients, _rows(frame, columns), strict=True), start=1
    ):
        dated = row if times.unit is None else _dated(row, times, complaints, patient)
        histories.append(_history(patient or f"row {number}", dated, complaints))
    if len(complaints) > _SHOWN:
        complaints = [*complaints[:_SHOWN], f"and {len(complaints) - _SHOWN} more"]
    complain(complaints, SamplesError, code="E950", subject="The clinical table cannot be used")
    return histories


def _read(table: str | Path | pd.DataFrame) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    path = Path(table)
    separator = "," if ".csv" in path.suffixes else "\t"
    try:
        text = unpacked(path, max_bytes=_LARGEST).decode("utf-8-sig")
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False)
        if isinstance(frame.index, pd.RangeIndex):
            plain: pd.DataFrame = frame.apply(lambda column: column.map(restored)).rename(
                columns=restored
            )
            return plain
        reason, cause = "its rows have more fields than its header", None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        reason, cause = str(error).strip(), error
    if isinstance(cause, FileNotFoundError):
        reason = "there is no such file"
    message = (
        f"The clinical table '{path}' cannot be read: {reason}. Give a csv or tsv file, one row"
        " per patient."
    )
    raise SamplesError(message, code="E952") from cause


def _dated(
    row: dict[str, Any], times: TimeColumns, complaints: list[str], patient: str
) -> dict[str, Any]:
    """A row with times since the start as dates since a day 0; a progression that was not seen is
    follow-up.
    """
    days = DAYS_OF_A_MONTH if times.unit == "months" else 1.0
    out = dict(row)
    for name in ("last_dose", "progression", "last_followup"):
        text = _text(row.get(name, ""))
        out[name] = ""
        if not text:
            continue
        number = float(text) if _NUMBER.fullmatch(text) else float("nan")
        if not 0 <= number * days < 40_000:
            complaints.append(f"{patient}: {name} {text!r} is no number of {times.unit}")
            continue
        out[name] = (_DAY_0 + timedelta(days=round(number * days))).isoformat()
    out["start"] = _DAY_0.isoformat()
    for name in _SEEN:
        if name not in row:
            continue
        word = _EVENT.get(_text(row[name]).casefold(), "")
        if not word and _text(row[name]):
            complaints.append(f"{patient}: {name} {row[name]!r} is not one of 1, 0, yes, no")
        seen = word == ("yes" if name == "progressed" else "no")
        if word and not seen:
            known = [one for one in (out["progression"], out["last_followup"]) if one]
            out["last_followup"] = max(known, default="")
        if not seen:
            out["progression"] = ""
    if out["progression"] and out["last_followup"]:
        first, last = (date.fromisoformat(out[n]) for n in ("last_followup", "progression"))
        if 0 < (last - first).days <= _ROUNDING[times.unit or "days"]:
            out["last_followup"] = out["progression"]
    return out


def _columns(frame: pd.DataFrame, times: TimeColumns) -> dict[str, str]:
    """Name in the table of every field that it holds."""
    fields = {*COLUMNS, *OPTIONAL, *_SEEN}
    wrong = [f"{name!r} is no field; fields: {', '.join(sorted(fields))}" for name in times.columns
             if name not in fields]  # fmt: skip
    wrong += [f"no column {column!r} for {name!r}{near(column, frame.columns)}"
              for name, column in times.columns.items() if column not in frame.columns]  # fmt: skip
    if times.unit not in (None, "days", "months"):
        wrong.append(f"the unit of times {times.unit!r} is not one of days, months")
    wrong += [
        f"{name!r} belongs to times; say their unit (days or months)"
        for name in _SEEN
        if times.unit is None and name in times.columns
    ]
    complain(wrong, SamplesError, code="E950", subject="The clinical table cannot be used")
    named: dict[str, list[str]] = {}
    for column in frame.columns:
        named.setdefault(str(column).strip().casefold(), []).append(column)
    found: dict[str, str] = {}
    complaints = []
    needless = ("start", "last_dose", "last_followup") if times.unit else ()
    for name_of, names in {**COLUMNS, **{name: (name,) for name in (*OPTIONAL, *_SEEN)}}.items():
        here = [column for name in names for column in named.get(name, [])]
        if name_of in times.columns:
            here = [times.columns[name_of]]
        if len(here) > 1:
            complaints.append(
                f"{len(here)} columns for '{name_of}': {', '.join(map(repr, here))}; keep one"
            )
        elif here:
            found[name_of] = here[0]
        elif name_of in COLUMNS and name_of not in needless:
            complaints.append(
                f"no column '{name_of}'" + (f" (or '{names[1]}')" if len(names) > 1 else "")
            )
    if complaints:
        complaints.append(f"columns found: {', '.join(map(str, frame.columns)) or 'none'}")
    complain(complaints, SamplesError, code="E950", subject="The clinical table cannot be used")
    return found


def _rows(frame: pd.DataFrame, columns: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    values = [frame[column].tolist() for column in columns.values()]
    for row in zip(*values, strict=True):
        yield dict(zip(columns, row, strict=True))


def _patient_complaints(patients: list[str]) -> list[str]:
    if not patients:
        return ["it has no rows"]
    complaints = [
        f"row {number}: no patient" for number, name in enumerate(patients, start=1) if not name
    ]
    repeated = {name: count for name, count in Counter(filter(None, patients)).items() if count > 1}
    return complaints + [
        f"{name}: {count} rows; one row per patient is wanted" for name, count in repeated.items()
    ]


def _history(patient: str, row: dict[str, Any], complaints: list[str]) -> History:
    """History of one row; what is wrong with it is added to `complaints`."""
    problems: list[str] = []
    dates = {field: _date(row[field], field, problems) for field in DATES}
    words = {field: _word(row[field], field, problems) for field in WORDS if field in row}
    for first, later in ORDER:
        before, after = dates[first], dates[later]
        if before and after and after < before:
            problems.append(f"{later} {after} is before {first} {before}")
    complaints += [f"{patient}: {problem}" for problem in problems]
    # fields are checked above
    return History(patient=patient, **dates, **words)  # type: ignore[arg-type]


def _text(value: object) -> str:
    text = str(value).strip()
    return "" if text.casefold() in MISSING else text


def _date(value: object, field: str, problems: list[str]) -> date | None:
    text = _text(value)
    if not text:
        return None
    match = _ISO.fullmatch(text)
    try:
        return date.fromisoformat(match.group(1) if match else "")
    except ValueError:
        problems.append(f"{field} '{text}' is not a date such as 2023-02-24")
        return None


def _word(value: object, field: str, problems: list[str]) -> str:
    """Known word of a field, in any case; "" where it is not given or 'unknown'."""
    text = _text(value)
    if isinstance(value, bool):
        text = "yes" if value else "no"
    known = {word.casefold(): word for word in WORDS[field]}
    if text and text.casefold() not in known:
        problems.append(f"{field} '{text}' is not one of {', '.join(WORDS[field])}")
        return ""
    word = known.get(text.casefold(), "")
    return "" if word == "unknown" else word
