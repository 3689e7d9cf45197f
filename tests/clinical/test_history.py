"""Calendar months and days, against counting day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.clinical.definitions import DEFINITIONS
from resistype.clinical.timelines import (
    CITATIONS,
    THRESHOLDS,
    Verdict,
    add_months,
    full_months,
    limit,
    span,
)

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2030, 12, 31))


def slow_full_months(first: date, last: date) -> int:
    """Count the month days passed, one day at a time."""
    passed, reached = 0, {add_months(first, months) for months in range(1, 400)}
    day = first
    while day < last:
        day += timedelta(days=1)
        passed += day in reached
    return passed


@given(first=DAYS, days=st.integers(min_value=0, max_value=900))
def test_full_months_equals_counting_day_by_day(first: date, days: int) -> None:
    last = first + timedelta(days=days)

    assert full_months(first, last) == slow_full_months(first, last)


@given(day=DAYS, months=st.integers(min_value=0, max_value=60))
def test_the_month_day_is_the_first_day_with_that_many_full_months(day: date, months: int) -> None:
    reached = add_months(day, months)

    assert full_months(day, reached) == months
    if months:
        assert full_months(day, reached - timedelta(days=1)) == months - 1


@given(day=DAYS, months=st.integers(min_value=0, max_value=60))
def test_the_day_of_the_month_is_kept_unless_the_month_is_shorter(day: date, months: int) -> None:
    later = add_months(day, months)

    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 1, 1), 6, date(2023, 7, 1)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2022, 8, 31), 6, date(2023, 2, 28)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
    ],
)
def test_add_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_limit_in_months_goes_by_the_calendar_and_one_in_days_does_not() -> None:
    start = date(2023, 1, 1)

    assert limit("sitc2020", "benefit", start) == date(2023, 7, 1)
    assert limit("sitc_180d", "benefit", start) == date(2023, 6, 30)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2023, 6, 1), "151 days (5 calendar months) after"),
        (date(2023, 2, 1), "31 days (1 calendar month) after"),
        (date(2023, 1, 2), "1 day (0 calendar months) after"),
        (date(2023, 1, 1), "0 days (0 calendar months) after"),
        (date(2022, 12, 31), "1 day before"),
        (date(2022, 12, 28), "4 days before"),
    ],
)
def test_span_prints_days_beside_calendar_months(last: date, expected: str) -> None:
    assert span(date(2023, 1, 1), last) == expected


def test_a_verdict_counts_its_span_only_where_both_ends_are_known_and_in_order() -> None:
    first, last = date(2023, 1, 1), date(2023, 6, 1)

    assert Verdict.of("primary", "why", (first, last)) == Verdict("primary", "why", 151, 5)
    assert Verdict.of("primary", "why", (last, first)) == Verdict("primary", "why")
    assert Verdict.of("primary", "why", (first, None)) == Verdict("primary", "why")


def test_every_threshold_says_whose_it_is_and_why() -> None:
    assert all(threshold.source in {"published", "ours"} for threshold in THRESHOLDS)
    assert all(threshold.citation for threshold in THRESHOLDS)
    assert {threshold.definition for threshold in THRESHOLDS} == set(CITATIONS) == set(DEFINITIONS)


def test_no_threshold_stands_twice() -> None:
    keys = [(threshold.definition, threshold.name) for threshold in THRESHOLDS]

    assert len(keys) == len(set(keys))
