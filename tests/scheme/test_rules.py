"""The rule language: what is read, what is refused, and the same answer as an obvious loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.scheme.rules import Condition, decide, holds, parse_condition

NAMES = ("a", "b", "c")
LIMITS = {"low": -0.5, "zero": 0.0, "high": 0.5}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ifng_change >= change", Condition("compare", "ifng_change", ">=", 1, "change")),
        ("ifng_change <= -change", Condition("compare", "ifng_change", "<=", -1, "change")),
        ("p < alpha", Condition("compare", "p", "<", 1, "alpha")),
        ("p > alpha", Condition("compare", "p", ">", 1, "alpha")),
        ("has x", Condition("has", "x")),
        ("lacks x", Condition("lacks", "x")),
        ("call ifng is up", Condition("call", "ifng", "is", 1, "up")),
        ("call ifng is not up", Condition("call", "ifng", "is", -1, "up")),
    ],
)
def test_shapes(text: str, expected: Condition) -> None:
    assert parse_condition(text) == expected
    assert expected.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x == y",
        "x >= 0.5",
        "x>=y",
        "x >= y ",
        " x >= y",
        "x >= y and z",
        "__import__('os')",
        "x.y >= z",
        "has",
        "has x y",
        "call ifng up",
        "call ifng is",
        "X >= y",
        "x >= --y",
        "x\n>= y",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not understood; write 'quantity >= threshold'"):
        parse_condition(text)


def test_a_long_hostile_line_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="not understood"):
        parse_condition("a" * 100_000 + " >= " + "b" * 100_000 + "!")


def test_nothing_compares_with_a_missing_value() -> None:
    values = {"x": np.array([np.nan, 0.5])}
    for op in (">=", "<=", ">", "<"):
        assert not holds(Condition("compare", "x", op, 1, "t"), values, {"t": 0.5}, calls={})[0]
    assert holds(Condition("lacks", "x"), values, {}, calls={}).tolist() == [True, False]
    assert holds(Condition("has", "x"), values, {}, calls={}).tolist() == [False, True]


def test_boundaries_are_as_written() -> None:
    values = {"x": np.array([0.5])}
    passing = [
        op
        for op in (">=", "<=", ">", "<")
        if holds(Condition("compare", "x", op, 1, "t"), values, {"t": 0.5}, calls={})
    ]

    assert passing == [">=", "<="]


def test_calls_of_earlier_axes() -> None:
    calls = {"ifng": np.array(["up", "down"], dtype=object)}
    values = {"x": np.zeros(2)}

    assert holds(parse_condition("call ifng is up"), values, {}, calls=calls).tolist() == [
        True,
        False,
    ]
    assert holds(parse_condition("call ifng is not up"), values, {}, calls=calls).tolist() == [
        False,
        True,
    ]


conditions = st.one_of(
    st.builds(
        lambda name, op, sign, limit: Condition("compare", name, op, sign, limit),
        st.sampled_from(NAMES),
        st.sampled_from([">=", "<=", ">", "<"]),
        st.sampled_from([1, -1]),
        st.sampled_from(sorted(LIMITS)),
    ),
    st.builds(Condition, st.sampled_from(["has", "lacks"]), st.sampled_from(NAMES)),
    st.builds(
        lambda sign, call: Condition("call", "axis", "is", sign, call),
        st.sampled_from([1, -1]),
        st.sampled_from("uv"),
    ),
)
numbers = st.one_of(st.just(math.nan), st.sampled_from([-0.5, 0.0, 0.5]), st.floats(-1, 1))
tables = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(*[numbers] * len(NAMES)), min_size=n, max_size=n),
        st.lists(st.sampled_from("uvw"), min_size=n, max_size=n),
    )
)


def slow(rules: list[list[Condition]], row: dict[str, float], call: str) -> int:
    """One observation at a time, in plain words."""
    for number, rule in enumerate(rules):
        if all(true_for(condition, row, call) for condition in rule):
            return number
    return -1


def true_for(condition: Condition, row: dict[str, float], call: str) -> bool:
    if condition.kind == "call":
        return (call == condition.target) == (condition.sign > 0)
    value = row[condition.subject]
    if condition.kind == "has":
        return not math.isnan(value)
    if condition.kind == "lacks":
        return math.isnan(value)
    limit = condition.sign * LIMITS[condition.target]
    return {">=": value >= limit, "<=": value <= limit, ">": value > limit, "<": value < limit}[
        condition.op
    ]


@given(rules=st.lists(st.lists(conditions, max_size=3), max_size=4), table=tables)
def test_the_first_rule_that_holds_decides(
    rules: list[list[Condition]], table: tuple[list[tuple[float, ...]], list[str]]
) -> None:
    rows, calls = table
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(NAMES)}

    decided = decide(rules, columns, LIMITS, calls={"axis": np.array(calls, dtype=object)})

    assert decided.tolist() == [
        slow(rules, dict(zip(NAMES, row, strict=True)), c)
        for row, c in zip(rows, calls, strict=True)
    ]


def test_a_float32_column_is_compared_like_the_browser_does() -> None:
    """Thresholds of the shipped scheme mean the same in float32: no value sits between the two
    roundings.
    """
    value = np.array([0.5], dtype=np.float32)

    assert holds(Condition("compare", "x", ">=", 1, "t"), {"x": value}, {"t": 0.5}, calls={})[0]
