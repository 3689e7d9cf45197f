"""Verdicts: whole columns give what one row at a time gives; reasons, details and caveats in
plain words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.scheme import load_scheme
from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme
from resistype.systems.bulk.measure import apply_scheme
from tests.scheme.build import scheme

CUTS = [math.nan, -0.7, -0.5, -0.4, -0.3, 0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0]
LOOKED_AT = ("a_level", "a_change", "a_higher", "b_floor", "b_left_sd", "b_level")


def columns(rows: list[Mapping[str, float]], why: str = "") -> dict[str, Column]:
    """Columns of every quantity of the small scheme; what a row does not name is missing."""
    return {
        name: Column.of(np.array([row.get(name, math.nan) for row in rows]), why)
        for name in scheme().quantities
    }


def said(**row: float) -> dict[str, str]:
    """Calls of one row."""
    return {
        axis: str(call[0]) for axis, call in apply_rules(scheme(), columns([row])).calls.items()
    }


# ---------------------------------------------------------------- arrays and single rows


def true(
    condition: Condition,
    row: Mapping[str, float],
    limits: Mapping[str, float],
    calls: Mapping[str, str],
) -> bool:
    if condition.kind == "call":
        return (calls[condition.subject] == condition.target) is (condition.sign > 0)
    value = row.get(condition.subject, math.nan)
    if condition.kind in ("has", "lacks"):
        return math.isnan(value) is (condition.kind == "lacks")
    limit = condition.sign * limits[condition.target]
    return {">=": value >= limit, "<=": value <= limit, ">": value > limit, "<": value < limit}[
        condition.op
    ]


def slow(
    wanted: Scheme, row: Mapping[str, float]
) -> tuple[dict[str, str], dict[str, int], tuple[str, ...]]:
    """The rules as one would apply them with a pencil."""
    calls: dict[str, str] = {}
    decided: dict[str, int] = {}
    for axis in wanted.axes:
        limits = wanted.thresholds_of(axis.id)
        calls[axis.id], decided[axis.id] = axis.otherwise_call, -1
        for number, rule in enumerate(axis.rules):
            if all(true(c, row, limits, calls) for c in rule.conditions):
                calls[axis.id], decided[axis.id] = rule.call, number
                break
    limits = {name: threshold.value for name, threshold in wanted.parameters.items()}
    codes = tuple(
        r.code for r in wanted.caveats if all(true(c, row, limits, calls) for c in r.conditions)
    )
    return calls, decided, codes


ROWS = st.lists(
    st.fixed_dictionaries(dict.fromkeys(LOOKED_AT, st.sampled_from(CUTS))), min_size=1, max_size=8
)


@settings(deadline=None)
@given(ROWS)
def test_whole_columns_say_what_a_pencil_says(rows: list[dict[str, float]]) -> None:
    verdicts = apply_rules(scheme(), columns(rows))
    for place, row in enumerate(rows):
        calls, decided, codes = slow(scheme(), row)
        assert {axis: call[place] for axis, call in verdicts.calls.items()} == calls
        assert {axis: which[place] for axis, which in verdicts.decided.items()} == decided
        assert verdicts.caveats[place] == codes


@settings(deadline=None)
@given(ROWS)
def test_a_row_is_called_alone_as_in_company(rows: list[dict[str, float]]) -> None:
    together = apply_rules(scheme(), columns(rows, "not known"))
    for place, row in enumerate(rows):
        alone = apply_rules(scheme(), columns([row], "not known"))
        for axis in together.calls:
            assert alone.calls[axis][0] == together.calls[axis][place]
            assert alone.reasons[axis][0] == together.reasons[axis][place]
        assert alone.caveats[0] == together.caveats[place]


@pytest.mark.parametrize("name", ["acquired_resistance", "hcc_primary_refractoriness"])
def test_the_shipped_rules_on_random_numbers(name: str) -> None:
    """Two hundred tumours with numbers on, below and above every threshold, and a third of them
    missing.
    """
    shipped = load_scheme(name)
    limits = [t.value for axis in shipped.axes for t in axis.thresholds.values()]
    pool = np.array([math.nan, *limits, *(-v for v in limits), *(v + 0.01 for v in limits)])
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({q: rng.choice(pool, 200) for q in shipped.quantities})
    frame = frame.mask(rng.random(frame.shape) < 0.3)
    calls, caveats = apply_scheme(shipped, frame)
    for place in range(200):
        expected, _, codes = slow(shipped, frame.iloc[place].to_dict())
        assert calls.iloc[place].to_dict() == expected
        assert caveats.iloc[place] == codes


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"a_level": 0.5}, "high"),
        ({"a_level": 0.4999}, "low"),
        ({"a_level": 9.0, "a_change": 0.5, "a_higher": 0.6}, "up"),
        ({"a_level": 9.0, "a_change": 0.5, "a_higher": 0.59}, "indeterminate"),
        ({"a_level": 9.0, "a_change": 0.49, "a_higher": 1.0}, "stable"),
        ({"a_level": 9.0, "a_change": -0.5}, "indeterminate"),
        ({"a_change": 2.0, "a_higher": 1.0}, "not_assessable"),
    ],
)
def test_the_first_rule_that_holds(row: dict[str, float], expected: str) -> None:
    assert said(**row)["course"] == expected


def test_a_rule_sees_the_call_of_an_earlier_axis() -> None:
    risen = {"a_level": 1.0, "a_change": 1.0, "a_higher": 1.0}

    assert said(**risen, b_level=0.4)["later"] == "both"
    assert said(**risen, b_level=0.39)["later"] == "not_assessable"
    assert said(a_level=1.0, b_level=0.4)["later"] == "one"


def reasons(rows: list[Mapping[str, float]], **why: str) -> Verdicts:
    """Verdicts where the quantities named have words beside them."""
    given = columns(rows)
    for name, words in why.items():
        given[name] = Column(
            given[name].values, np.array([words, *[""] * (len(rows) - 1)], dtype=object)
        )
    return apply_rules(scheme(), given)


def test_reasons_are_given_for_abstentions_only() -> None:
    verdicts = reasons([{"a_level": 1.0}, {}, {"a_level": 1.0, "a_change": 0.5, "a_higher": 0.1}])

    assert verdicts.calls["course"].tolist() == ["high", "not_assessable", "indeterminate"]
    assert verdicts.reasons["course"].tolist() == [
        "",
        "A has no place",
        "the change of A does not agree",
    ]
    assert verdicts.reasons["later"].tolist() == ["not asked"] * 3


def test_the_detail_of_a_reason_is_the_word_of_its_quantity() -> None:
    verdicts = reasons([{}, {}], a_level="thin: 1 of 3 genes")

    assert verdicts.reasons["course"].tolist() == [
        "A has no place (thin: 1 of 3 genes)",
        "A has no place",
    ]


def test_a_detail_may_stand_beside_a_number() -> None:
    verdicts = reasons([{"b_floor": 2.0}, {"b_floor": 1.0}], b_floor="B2M, TAP1")

    assert verdicts.reasons["loss"].tolist() == ["B at the floor (B2M, TAP1)", "B at the floor"]


def test_without_a_rule_that_holds() -> None:
    verdicts = apply_rules(scheme(), columns([{"b_left_sd": 0.0}]))

    assert verdicts.decided["loss"].tolist() == [-1]
    assert verdicts.calls["loss"].tolist() == ["indeterminate"]
    assert verdicts.reasons["loss"].tolist() == ["B lies between"]


def test_caveats_with_conditions_and_without() -> None:
    risen = {"a_level": 1.0, "a_change": 1.0, "a_higher": 1.0}
    verdicts = apply_rules(
        scheme(), columns([{}, {**risen, "b_level": 0.4}, {**risen, "b_level": 0.3}])
    )

    assert verdicts.caveats == (("RUO",), ("RUO", "LESION"), ("RUO",))


def test_what_the_rules_said_is_kept_apart() -> None:
    verdicts = apply_rules(scheme(), columns([{"a_level": 1.0}]))

    assert dict(verdicts.rule_calls) == dict(verdicts.calls)
    assert verdicts.rule_calls is not verdicts.calls


def calls_of(axis: Axis) -> set[str]:
    return {*axis.labels, *ABSTENTIONS}


@settings(deadline=None, max_examples=30)
@given(ROWS)
def test_a_call_is_a_label_of_its_axis_or_an_abstention_with_a_reason(
    rows: list[dict[str, float]],
) -> None:
    verdicts = apply_rules(scheme(), columns(rows))
    for axis in scheme().axes:
        assert set(verdicts.calls[axis.id]) <= calls_of(axis)
        for call, reason in zip(verdicts.calls[axis.id], verdicts.reasons[axis.id], strict=True):
            assert bool(reason) is (call in ABSTENTIONS)


def test_labels_that_need_a_baseline_are_not_given_without_a_change() -> None:
    grid = [
        {"a_level": a, "b_level": b, "a_higher": h}
        for a in CUTS
        for b in CUTS
        for h in (math.nan, 1.0)
    ]
    verdicts = apply_rules(scheme(), columns(grid))
    for axis in scheme().axes:
        needs = {name for name, label in axis.labels.items() if label.needs_baseline}
        assert not needs & set(verdicts.calls[axis.id])


def test_the_measured_columns_are_left_alone() -> None:
    given = columns([{"a_level": 1.0, "b_floor": 1.0}], "words")
    before = {name: (column.values.copy(), column.reason.copy()) for name, column in given.items()}
    apply_rules(scheme(), given)
    for name, (values, why) in before.items():
        np.testing.assert_array_equal(given[name].values, values)
        assert given[name].reason.tolist() == why.tolist()
