"""The course of one patient in dates, what a definition says of it, and the table of the definitions' limits.

Every limit says whether it was published or chosen by us. Months are calendar months; days are given beside them.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

__all__ = ["CITATIONS", "THRESHOLDS", "History", "Threshold", "Verdict", "add_months", "full_months", "limit", "span"]

CITATIONS: Final = {
    "sitc2020": "Kluger 2020, J Immunother Cancer, e000398, Table 1 (jitc.bmj.com/highwire/markup/13279/expansion)",
    "sitc_180d": "J Immunother Cancer 2021, a cohort by SITC 2020 (jitc.bmj.com/highwire/markup/34998/expansion)",
    "sitc_ici_chemo": "Rizvi 2023, SITC, ICI with chemotherapy, Table 3 (jitc.bmj.com/highwire/markup/42025/expansion)",
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
_BORROWED: Final = "the published table names no window after the last dose; borrowed from sitc_180d"
_SAME: Final = "as long as 'benefit'"

THRESHOLDS: Final[tuple[Threshold, ...]] = (
    Threshold("sitc2020", "exposure", 42, "days", _EXPOSURE, "published"),
    Threshold("sitc2020", "benefit", 6, "months", "SD shorter: primary; SD or exposure longer: secondary", "published"),
    Threshold("sitc2020", "window", 84, "days", _WINDOW, "ours", _BORROWED),
    Threshold("sitc2020", "followed", 6, "months", _FOLLOWED, "ours", _SAME),
    Threshold("sitc_180d", "exposure", 42, "days", _EXPOSURE, "ours", "carried over from sitc2020"),
    Threshold("sitc_180d", "benefit", 180, "days", "start to progression; shorter: primary", "published"),
    Threshold("sitc_180d", "window", 84, "days", _WINDOW, "published"),
    Threshold("sitc_180d", "followed", 180, "days", _FOLLOWED, "ours", _SAME),
    Threshold("sitc_ici_chemo", "exposure", 42, "days", "lower end of '6-8 weeks'", "published"),
    Threshold("sitc_ici_chemo", "benefit", 6, "months", "start to progression; up to this: primary", "published"),
    Threshold("sitc_ici_chemo", "rapid", 56, "days", "'rapid progression': any exposure", "ours", "8 of '6-8 weeks'"),
    Threshold("sitc_ici_chemo", "window", 84, "days", _WINDOW, "ours", _BORROWED),
    Threshold("sitc_ici_chemo", "followed", 6, "months", _FOLLOWED, "ours", _SAME),
    Threshold("nsclc_ar_2021", "window", 6, "months", _WINDOW, "published"),
    Threshold("hcc_pref", "benefit", 6, "months", "start to progression; shorter: primary refractory", "published"),
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

    `days` and `months` (whole calendar months) give the span that decided; both are None where no span did.
    """

    outcome: str
    reason: str
    days: int | None = None
    months: int | None = None
    caveats: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcome: str, reason: str, over: tuple[date | None, date | None] = (None, None)) -> Verdict:
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
