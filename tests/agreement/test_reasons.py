"""Why a call changed: the lines named are enough, none is too many, and their numbers give both
calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype import datasets
from resistype.agreement import Agreement, CallSet, compare_calls
from resistype.agreement.reasons import needed_lines
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions, apply_scheme

from .agreement_check import check_kappa, check_reasons

LINES = "abcdefgh"
RULES = st.lists(st.lists(st.sampled_from(LINES), max_size=4, unique=True), max_size=6)
TRUTH = st.fixed_dictionaries({name: st.booleans() for name in LINES})


def first_rule(rules: Sequence[Sequence[str]], truth: dict[str, bool]) -> int:
    for number, lines in enumerate(rules):
        if all(truth[line] for line in lines):
            return number
    return len(rules)


@given(RULES, TRUTH, TRUTH)
def test_the_lines_are_enough_and_none_can_be_left_out(
    rules: list[list[str]], first: dict[str, bool], second: dict[str, bool]
) -> None:
    lines = needed_lines(rules, first, second)
    goal = first_rule(rules, second)

    def with_turned(turned: Sequence[str]) -> int:
        return first_rule(
            rules, {name: second[name] if name in turned else first[name] for name in LINES}
        )

    assert with_turned(lines) == goal
    assert all(first[line] != second[line] for line in lines)
    for left_out in lines:
        assert with_turned([line for line in lines if line != left_out]) != goal


def shifted(scheme: Scheme, axis: str, **limits: float) -> Scheme:
    """The scheme with other thresholds on one axis."""
    axes = []
    for one in scheme.axes:
        if one.id == axis:
            moved = {
                n: one.thresholds[n].model_copy(update={"value": v}) for n, v in limits.items()
            }
            one = one.model_copy(update={"thresholds": {**one.thresholds, **moved}})  # noqa: PLW2901
        axes.append(one)
    return scheme.model_copy(update={"axes": tuple(axes)})


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme("acquired_resistance")


def side(scheme: Scheme, frame: pd.DataFrame, name: str) -> CallSet:
    labels, _ = apply_scheme(scheme, frame)
    empty = pd.Series("", index=frame.index)
    return CallSet(name=name, labels=labels, scheme=scheme, values=frame, baseline=empty)


def numbers(scheme: Scheme, seed: int, n_obs: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {name: np.round(rng.normal(0, 0.8, n_obs), 2) for name in scheme.quantities}
    )
    frame["tcell_percentile"], frame["mhc1_measured"] = (
        rng.integers(0, 100, n_obs),
        rng.integers(4, 9, n_obs),
    )
    frame["ifng_fraction_up"], frame["ifng_fraction_down"] = rng.uniform(0.3, 1, (2, n_obs))
    frame["ifng_random_p"] = rng.uniform(0, 0.1, n_obs)
    frame["mhc1_silent"] = (rng.random(n_obs) < 0.1).astype(float)
    frame[rng.random(frame.shape) < 0.15] = np.nan
    frame.index = pd.Index([f"S{number}" for number in range(n_obs)])
    return frame


@pytest.mark.parametrize("seed", range(4))
def test_on_numbers_of_any_kind_every_reason_gives_both_calls(scheme: Scheme, seed: int) -> None:
    one = numbers(scheme, seed)
    other = shifted(scheme, "dysfunction", tcell=40.0, present=0.3)
    two = one + np.random.default_rng(seed + 100).normal(0, 0.3, one.shape)
    two[np.random.default_rng(seed).random(two.shape) < 0.05] = np.nan
    found = compare_calls(side(scheme, one, "A"), side(other, two, "B"))

    assert len(found.changes) > 150
    check_reasons(found)
    check_kappa(found)
    kinds = {kind for change in found.changes for kind in change.kinds}
    assert kinds == {"score", "threshold", "measured", "call"}


def test_a_moved_threshold_is_named_as_what_moved(scheme: Scheme) -> None:
    frame = pd.DataFrame(
        {"dysfunction_residual": [0.4, 0.9], "tcell_percentile": [60.0, 60.0]}, index=["S1", "S2"]
    )
    other = shifted(scheme, "dysfunction", present=0.3)
    [change] = compare_calls(
        side(scheme, frame, "A"), side(other, frame, "B"), axes=["dysfunction"]
    ).changes

    assert (change.sample, change.first, change.second, change.kinds) == (
        "S1",
        "indeterminate",
        "present",
        ("threshold",),
    )
    assert change.reason == "dysfunction given the T cells 0.4 | 0.4 robust SD, threshold 0.5 | 0.3"
    assert change.crossings[0].source == "ours"


def test_a_number_near_its_threshold_is_told_from_it(scheme: Scheme) -> None:
    one = pd.DataFrame(
        {"dysfunction_residual": [0.50001], "tcell_percentile": [60.0]}, index=["S1"]
    )
    two = one.assign(dysfunction_residual=0.49999)
    [change] = compare_calls(
        side(scheme, one, "A"), side(scheme, two, "B"), axes=["dysfunction"]
    ).changes

    assert "0.50001 | 0.49999 robust SD, threshold 0.5" in change.reason


def test_what_is_measured_on_one_side_only_is_said(scheme: Scheme) -> None:
    one = pd.DataFrame({"dysfunction_residual": [0.9], "tcell_percentile": [60.0]}, index=["S1"])
    two = one.assign(dysfunction_residual=np.nan)
    [change] = compare_calls(
        side(scheme, one, "A"), side(scheme, two, "B"), axes=["dysfunction"]
    ).changes

    assert change.kinds == ("measured",)
    assert "dysfunction given the T cells: 0.9 | not measured" in change.reason


def test_the_call_of_another_axis_brings_its_own_reason(scheme: Scheme) -> None:
    one = pd.DataFrame(
        {
            "ifng_change": [0.6],
            "ifng_fraction_up": [0.9],
            "ifng_random_p": [0.001],
            "isg_rs_level": [1.0],
        },
        index=["S1"],
    )
    two = one.assign(ifng_change=0.1)
    [change] = compare_calls(
        side(scheme, one, "A"), side(scheme, two, "B"), axes=["isg_rs"]
    ).changes

    assert (change.first, change.second) == ("supports_persistence", "not_assessable")
    assert change.kinds == ("call", "score")
    assert "IFNγ response is up | stable by the rules" in change.reason
    assert (
        "change of the IFNγ response from baseline 0.6 | 0.1 SD of the reference" in change.reason
    )


def test_other_rules_are_named_on_both_sides(scheme: Scheme) -> None:
    axes = tuple(
        axis.model_copy(update={"rules": axis.rules[::-1]}) if axis.id == "dysfunction" else axis
        for axis in scheme.axes
    )
    frame = pd.DataFrame({"dysfunction_residual": [0.9], "tcell_percentile": [10.0]}, index=["S1"])
    other = scheme.model_copy(update={"axes": axes, "version": "2.0.0"})
    [change] = compare_calls(
        side(scheme, frame, "A"), side(other, frame, "B"), axes=["dysfunction"]
    ).changes

    assert change.kinds == ("rules",)
    assert (
        change.reason
        == "the schemes have other rules for this axis (A: tcell_percentile < tcell | B:"
        " dysfunction_residual >= present)"
    )


@pytest.fixture(scope="module")
def demo() -> tuple[Calls, Calls]:
    data = datasets.demo()
    options = CallOptions(n_jobs=1)
    return (
        classify(data.expression, samples=data.samples, baseline="Pre", options=options),
        classify(
            data.expression,
            samples=data.samples,
            baseline="Pre",
            options=replace(options, method="ucell", anchor=""),
        ),
    )


@pytest.fixture(scope="module")
def compared(demo: tuple[Calls, Calls]) -> Agreement:
    return compare_calls(*demo, names=("ssGSEA", "UCell"))


def test_calls_of_two_methods_have_their_reasons(compared: Agreement) -> None:
    assert len(compared.changes) > 3
    check_reasons(compared)
    check_kappa(compared)
    assert any("unstable" in change.kinds for change in compared.changes)


def test_the_rules_applied_again_say_what_classify_said(
    demo: tuple[Calls, Calls], compared: Agreement
) -> None:
    for calls, judged in zip(demo, compared._judged, strict=True):
        assert judged is not None
        for axis in calls.scheme.axes:
            assert (judged.verdicts.rule_calls[axis.id] == calls.verdicts.rule_calls[axis.id]).all()
            assert (judged.verdicts.decided[axis.id] == calls.verdicts.decided[axis.id]).all()


def test_a_call_taken_back_names_both_shares_and_what_is_needed(compared: Agreement) -> None:
    change = next(one for one in compared.changes if "unstable" in one.kinds)
    [crossing] = [one for one in change.crossings if one.kind == "unstable"]

    assert crossing.limits == (0.7, 0.7)
    assert min(crossing.values) < 0.7
    assert "of the repeats do" in change.reason
    assert "threshold 0.7" in change.reason
