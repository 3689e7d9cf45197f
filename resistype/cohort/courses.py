"""From a table of patients to their `History`, or one error with every complaint.

Dates are ISO (`2023-02-24`) or real dates: `02/03/2023` is two different days in two countries and is refused. A date
or word that is not given is allowed, because a verdict of "not evaluable" is a normal result; one that cannot be
true (a progression before the start) is not.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from resistype.cohort.history import History
from resistype.errors import SamplesError, complain
from resistype.text import restored
from resistype.unpack import unpacked

__all__ = ["read_courses"]

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
    "regimen": ("ici_mono", "ici_combination", "ici_chemo", "ici_antiangiogenic", "other", "unknown"),
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


def read_courses(table: str | Path | pd.DataFrame) -> list[History]:
    """Histories of all patients of a table, in its order.

    Parameters
    ----------
    table
        One row a patient: a table in memory, or a csv, tsv or txt file (`.gz` too).

    Raises
    ------
    SamplesError
        E950 when the table cannot be used; every complaint is in the message. E952 when the file cannot be read.
    """
    frame = _read(table)
    columns = _columns(frame)
    patients = [_text(value) for value in frame[columns["patient"]]]
    complaints = _patient_complaints(patients)
    histories = []
    for number, (patient, row) in enumerate(zip(patients, _rows(frame, columns), strict=True), start=1):
        histories.append(_history(patient or f"row {number}", row, complaints))
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
            plain: pd.DataFrame = frame.apply(lambda column: column.map(restored)).rename(columns=restored)
            return plain
        reason, cause = "its rows have more fields than its header", None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        reason, cause = str(error).strip(), error
    if isinstance(cause, FileNotFoundError):
        reason = "there is no such file"
    message = f"The clinical table '{path}' cannot be read: {reason}. Give a csv or tsv file, one row a patient."
    raise SamplesError(message, code="E952") from cause


def _columns(frame: pd.DataFrame) -> dict[str, str]:
    """Name in the table of every field that it holds."""
    named: dict[str, list[str]] = {}
    for column in frame.columns:
        named.setdefault(str(column).strip().casefold(), []).append(column)
    found: dict[str, str] = {}
    complaints = []
    for field, names in {**COLUMNS, **{name: (name,) for name in OPTIONAL}}.items():
        here = [column for name in names for column in named.get(name, [])]
        if len(here) > 1:
            complaints.append(f"{len(here)} columns for '{field}': {', '.join(map(repr, here))}; keep one")
        elif here:
            found[field] = here[0]
        elif field in COLUMNS:
            complaints.append(f"no column '{field}'" + (f" (or '{names[1]}')" if len(names) > 1 else ""))
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
    complaints = [f"row {number}: no patient" for number, name in enumerate(patients, start=1) if not name]
    repeated = {name: count for name, count in Counter(filter(None, patients)).items() if count > 1}
    return complaints + [f"{name}: {count} rows; one row a patient is wanted" for name, count in repeated.items()]


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
    return History(patient=patient, **dates, **words)  # type: ignore[arg-type]  # fields are checked above


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
