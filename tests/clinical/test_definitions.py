"""The five definitions: the boundaries of each, and what holds for every history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.clinical.definitions import DEFINITIONS, judge
from resistype.clinical.timelines import History, Verdict, add_months

START = date(2023, 1, 1)
SIX_MONTHS = date(2023, 7, 1)
ALL = list(DEFINITIONS)


def history(
    response: str, progression: date | None, last_dose: date | None, **more: str
) -> History:
    """History that starts on the first of January 2023 and is followed for two years."""
    return History("P", START, response, last_dose, progression, date(2025, 1, 1), **more)


def say(definition: str, *course: object, **more: str) -> Verdict:
    return judge(history(*course, **more), DEFINITIONS[definition])  # type: ignore[arg-type]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any history that the reader would let pass."""
    days = st.none() | st.integers(min_value=0, max_value=900)
    last_dose, progression, after = draw(days), draw(days), draw(days)
    last = None if after is None else max(last_dose or 0, progression or 0) + after
    dates = [
        None if day is None else START + timedelta(days=day)
        for day in (last_dose, progression, last)
    ]
    response = draw(st.sampled_from(["CR", "PR", "SD", "PD", "NE", ""]))
    words = {
        name: draw(st.sampled_from(["yes", "no", ""])) for name in ("confirmed", "rechallenge")
    }
    regimen = draw(st.sampled_from(["", "ici_mono", "ici_chemo", "other"]))
    start = draw(st.sampled_from([START, START, START, None]))
    return History("P", start, response, *dates, regimen=regimen, **words)


@given(course=histories(), name=st.sampled_from(ALL))
def test_every_history_gets_an_outcome_of_the_definition_and_a_reason(
    course: History, name: str
) -> None:
    verdict = judge(course, DEFINITIONS[name])

    assert verdict.outcome in DEFINITIONS[name].resistance
    assert verdict.reason
    assert verdict.caveats[0] == "RUO"
    assert len(set(verdict.caveats)) == len(verdict.caveats)
    assert (verdict.days is None) == (verdict.months is None)


@given(course=histories(), name=st.sampled_from(ALL))
def test_without_a_progression_nothing_is_called_resistance(course: History, name: str) -> None:
    verdict = judge(replace(course, progression=None), DEFINITIONS[name])

    assert DEFINITIONS[name].resistance[verdict.outcome] not in {
        "primary",
        "acquired",
        "after stopping",
    }


@given(course=histories(), name=st.sampled_from(ALL))
def test_an_unconfirmed_progression_is_never_silent(course: History, name: str) -> None:
    verdict = judge(course, DEFINITIONS[name])
    wanted = (
        DEFINITIONS[name].confirmation
        and course.progression is not None
        and course.confirmed != "yes"
    )

    assert ("UNCONFIRMED_PD" in verdict.caveats) == wanted


@given(course=histories(), days=st.integers(min_value=-2000, max_value=2000))
def test_definitions_in_days_do_not_depend_on_the_calendar(course: History, days: int) -> None:
    shift = timedelta(days=days)
    dates = ("start", "last_dose", "progression", "last_followup")
    moved = {name: getattr(course, name) and getattr(course, name) + shift for name in dates}
    before, after = (judge(h, DEFINITIONS["sitc_180d"]) for h in (course, replace(course, **moved)))

    assert after.outcome == before.outcome


def test_only_the_definitions_that_ask_for_it_warn_of_a_missing_confirmation() -> None:
    assert [name for name in ALL if not DEFINITIONS[name].confirmation] == ["sitc_ici_chemo"]


def shifted(days: int) -> date:
    return SIX_MONTHS + timedelta(days=days)


@pytest.mark.parametrize(
    ("response", "days", "outcome"),
    [
        ("SD", -1, "primary"),
        ("SD", 0, "undefined"),
        ("SD", 1, "secondary"),
        ("PR", -1, "undefined"),
        ("PR", 0, "secondary"),
        ("CR", 1, "secondary"),
        ("PD", 1, "primary"),
        ("NE", 1, "not_evaluable"),
    ],
)
def test_sitc2020_at_six_months(response: str, days: int, outcome: str) -> None:
    assert say("sitc2020", response, shifted(days), shifted(days)).outcome == outcome


@pytest.mark.parametrize(("days", "outcome"), [(179, "primary"), (180, "secondary")])
@pytest.mark.parametrize("response", ["CR", "PR", "SD"])
def test_sitc_180d_at_180_days(response: str, days: int, outcome: str) -> None:
    day = START + timedelta(days=days)

    assert say("sitc_180d", response, day, day).outcome == outcome


@pytest.mark.parametrize(("days", "outcome"), [(0, "primary"), (1, "secondary")])
@pytest.mark.parametrize("response", ["CR", "PR", "SD", "PD", "NE"])
def test_sitc_ici_chemo_goes_by_the_clock_whatever_the_response(
    response: str, days: int, outcome: str
) -> None:
    assert say("sitc_ici_chemo", response, shifted(days), shifted(days)).outcome == outcome


def test_sitc_ici_chemo_has_no_word_for_late_progression_after_a_short_exposure() -> None:
    verdict = say("sitc_ici_chemo", "PR", shifted(1), shifted(0))

    assert verdict.outcome == "undefined"
    assert verdict.reason.endswith("neither primary nor late at an exposure of 6 months or less")


@pytest.mark.parametrize(("days", "outcome"), [(0, "yes"), (1, "no")])
def test_nsclc_counts_six_calendar_months_from_the_last_dose(days: int, outcome: str) -> None:
    last_dose = date(2023, 8, 31)
    progression = add_months(last_dose, 6) + timedelta(days=days)

    assert progression == date(2024, 2, 29) + timedelta(days=days)
    assert say("nsclc_ar_2021", "PR", progression, last_dose).outcome == outcome


@pytest.mark.parametrize(
    ("response", "days", "outcome"),
    [
        ("PR", -1, "ambiguous_short_response"),
        ("CR", 0, "responder"),
        ("SD", -1, "PRef"),
        ("SD", 0, "responder"),
        ("NE", -1, "PRef"),
        ("NE", 0, "not_evaluable"),
        ("PD", -1, "PRef"),
        ("PD", 0, "undefined"),
    ],
)
def test_hcc_pref_at_six_months(response: str, days: int, outcome: str) -> None:
    assert say("hcc_pref", response, shifted(days), None).outcome == outcome


@pytest.mark.parametrize(("days", "outcome"), [(41, "not_evaluable_exposure"), (42, "primary")])
@pytest.mark.parametrize("name", ["sitc2020", "sitc_180d", "sitc_ici_chemo"])
def test_six_weeks_of_exposure(name: str, days: int, outcome: str) -> None:
    verdict = say(name, "PD", START + timedelta(days=80), START + timedelta(days=days))

    assert verdict.outcome == outcome


@pytest.mark.parametrize(("days", "outcome"), [(56, "primary"), (57, "not_evaluable_exposure")])
def test_rapid_progression_needs_no_exposure_under_ici_chemo(days: int, outcome: str) -> None:
    verdict = say("sitc_ici_chemo", "PD", START + timedelta(days=days), START + timedelta(days=10))

    assert verdict.outcome == outcome


def test_rapid_progression_says_that_the_limit_is_ours() -> None:
    rapid = say("sitc_ici_chemo", "PD", START + timedelta(days=40), START + timedelta(days=10))
    exposed = say("sitc_ici_chemo", "PD", START + timedelta(days=54), START + timedelta(days=50))

    assert rapid.caveats == ("RUO", "THRESHOLD_OURS")
    assert exposed.caveats == ("RUO",)


@pytest.mark.parametrize(
    ("name", "days", "outcome", "ours"),
    [
        ("sitc2020", 84, "secondary", True),
        ("sitc2020", 85, "progression_after_discontinuation", True),
        ("sitc_180d", 84, "secondary", False),
        ("sitc_180d", 85, "progression_after_discontinuation", False),
        ("sitc_ici_chemo", 84, "secondary", True),
        ("sitc_ici_chemo", 85, "undefined_after_stop", True),
    ],
)
def test_twelve_weeks_after_the_last_dose(name: str, days: int, outcome: str, ours: bool) -> None:
    last_dose = date(2023, 10, 1)
    verdict = say(name, "PR", last_dose + timedelta(days=days), last_dose, confirmed="yes")

    assert verdict.outcome == outcome
    assert ("THRESHOLD_OURS" in verdict.caveats) == ours


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("sitc2020", "progression_after_discontinuation"),
        ("sitc_180d", "secondary"),
        ("nsclc_ar_2021", "yes"),
    ],
)
def test_rechallenge_counts_where_the_definition_says_so(name: str, outcome: str) -> None:
    assert (
        say(name, "PR", date(2024, 12, 1), date(2023, 10, 1), rechallenge="yes").outcome == outcome
    )


def test_doses_after_the_progression_are_no_part_of_the_benefit() -> None:
    verdict = say("sitc2020", "PR", date(2023, 6, 1), date(2023, 12, 1))

    assert verdict.outcome == "undefined"


@pytest.mark.parametrize("name", ["sitc2020", "sitc_180d", "sitc_ici_chemo"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start": None}, "the start of treatment is not given"),
        ({"last_dose": None}, "the last dose is not given, so the exposure is unknown"),
        (
            {"progression": None, "best_response": "NE"},
            "no progression, and best response is not evaluable or not given",
        ),
        (
            {"progression": None, "last_followup": None},
            "no progression, and the last follow-up is not given",
        ),
        (
            {"progression": None, "best_response": "PD"},
            "best response is PD, but the date of progression is not given",
        ),
    ],
)
def test_what_cannot_be_judged_says_why(name: str, changes: dict[str, object], reason: str) -> None:
    course = replace(history("PR", date(2024, 1, 1), date(2024, 1, 1)), **changes)
    verdict = judge(course, DEFINITIONS[name])

    assert (verdict.outcome, verdict.reason) == ("not_evaluable", reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"best_response": ""}, "best response is not evaluable or not given"),
        ({"last_dose": None}, "the last dose is not given"),
        (
            {"progression": None, "last_followup": None},
            "no progression, and the last follow-up is not given",
        ),
    ],
)
def test_nsclc_that_cannot_be_judged_says_why(changes: dict[str, object], reason: str) -> None:
    course = replace(history("PR", date(2024, 1, 1), date(2024, 1, 1)), **changes)
    verdict = judge(course, DEFINITIONS["nsclc_ar_2021"])

    assert (verdict.outcome, verdict.reason) == ("not_evaluable", reason)


def test_hcc_without_a_start_or_a_response_cannot_be_judged() -> None:
    rule = DEFINITIONS["hcc_pref"]

    assert judge(History("P"), rule).reason == "the start of treatment is not given"
    assert judge(History("P", START, "PD"), rule).outcome == "not_evaluable"


@pytest.mark.parametrize(
    ("name", "regimen", "mismatch"),
    [
        ("sitc2020", "ici_mono", False),
        ("sitc2020", "ici_chemo", True),
        ("sitc_ici_chemo", "ici_chemo", False),
        ("sitc_ici_chemo", "ici_mono", True),
        ("nsclc_ar_2021", "ici_chemo", False),
        ("nsclc_ar_2021", "other", True),
        ("hcc_pref", "ici_antiangiogenic", False),
        ("hcc_pref", "ici_mono", True),
        ("hcc_pref", "", False),
    ],
)
def test_a_definition_made_for_another_regimen_carries_context(
    name: str, regimen: str, mismatch: bool
) -> None:
    verdict = say(name, "PR", date(2024, 1, 1), date(2024, 1, 1), regimen=regimen)

    assert ("CONTEXT" in verdict.caveats) == mismatch
