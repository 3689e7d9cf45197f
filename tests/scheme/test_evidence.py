"""Evidence: each number is the quantity, each distance the value minus the threshold, each tick
what the rule says.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resistype.scheme import Calls
from resistype.scheme.apply import Column, apply_rules
from resistype.scheme.evidence import COLUMNS, evidence_frame
from resistype.scheme.rules import parse_condition
from resistype.scheme.scheme import ABSTENTIONS
from resistype.scheme.stability import Stability, take_back
from tests.scheme.build import level_calls, paired_calls, scheme

OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@pytest.fixture(scope="module", params=["paired", "level"])
def calls(request: pytest.FixtureRequest) -> Calls:
    return paired_calls() if request.param == "paired" else level_calls()


@pytest.fixture(scope="module")
def evidence(calls: Calls) -> pd.DataFrame:
    return calls.evidence()


def mini(**values: list[float]) -> Calls:
    """Calls of the small scheme on numbers given; the sets have coverage and shared genes
    written here.
    """
    n = len(next(iter(values.values())))
    columns = {
        name: Column.of(np.array(values.get(name, [np.nan] * n)), f"no {name}")
        for name in scheme().quantities
    }
    coverage = pd.DataFrame(
        {"found": [12, 5], "asked": [12, 6], "shared": ["6 in set_c", ""]}, index=["set_a", "set_b"]
    )
    nothing = pd.DataFrame()
    return Calls(
        scheme(),
        tuple(f"s{row}" for row in range(n)),
        columns,
        apply_rules(scheme(), columns),
        nothing,
        nothing,
        {},
        {},
        coverage,
        nothing,
        {},
    )


RISEN = {"a_level": [1.0], "a_change": [0.9], "a_higher": [0.7]}


# ---------------------------------------------------------------- every row against the quantities


def test_every_number_is_the_quantity(calls: Calls, evidence: pd.DataFrame) -> None:
    quantities = calls.quantities

    assert list(evidence.columns) == list(COLUMNS)
    for name, part in evidence.groupby("quantity"):
        np.testing.assert_array_equal(part["value"], quantities.loc[part["sample"], name])
        assert set(part["title"]) == {calls.scheme.quantities[str(name)].title}
        assert set(part["unit"]) == {calls.scheme.quantities[str(name)].unit}


def test_every_call_is_the_call(calls: Calls, evidence: pd.DataFrame) -> None:
    frame = calls.to_frame()
    for axis, part in evidence.groupby("axis"):
        assert part["call"].tolist() == frame.loc[part["sample"], axis].tolist()


def test_distance_and_tick_follow_from_value_and_threshold(evidence: pd.DataFrame) -> None:
    compared = evidence.query("threshold != ''")

    assert len(compared) > 100
    np.testing.assert_allclose(
        compared["distance"], compared["value"] - compared["threshold_value"]
    )
    for row in compared.itertuples():
        op, number = row.threshold.split()
        assert float(number) == pytest.approx(row.threshold_value)
        assert row.passes is OPERATORS[op](row.value, row.threshold_value)


def test_thresholds_are_those_of_the_scheme(calls: Calls, evidence: pd.DataFrame) -> None:
    for row in evidence.query("threshold != ''").itertuples():
        own = {abs(t.value) for t in calls.scheme.axis(row.axis).thresholds.values()}
        assert abs(row.threshold_value) in own
        assert row.threshold_source == "ours"


def test_rows_only_shown_have_no_threshold(evidence: pd.DataFrame) -> None:
    shown = evidence.query("threshold == ''")

    assert shown["threshold_value"].isna().all()
    assert shown["distance"].isna().all()
    assert (shown["threshold_source"] == "").all()
    assert shown["passes"].isna().all()
    assert not shown["decided"].any()


def test_the_deciding_rows_are_the_rule_that_decided(calls: Calls, evidence: pd.DataFrame) -> None:
    for (sample, name), part in evidence.groupby(["sample", "axis"]):
        axis = calls.scheme.axis(name)
        number = calls.verdicts.decided[name][calls.row(sample)]
        rule = axis.rules[number].conditions if number >= 0 else ()
        assert set(part.loc[part["decided"], "quantity"]) == {
            c.subject for c in rule if c.kind == "compare"
        }
        assert part.loc[part["decided"], "passes"].all()


def test_every_quantity_of_an_axis_is_there(calls: Calls, evidence: pd.DataFrame) -> None:
    for axis in calls.scheme.axes:
        part = evidence[evidence["axis"] == axis.id]
        assert (part.groupby("sample")["quantity"].nunique() == len(axis.quantities)).all()
        assert set(part["quantity"]) == set(axis.quantities)
        assert not part.duplicated(["sample", "quantity", "threshold"]).any()


def test_abstentions_carry_a_reason_in_every_row(evidence: pd.DataFrame) -> None:
    abstained = evidence["call"].isin(ABSTENTIONS)

    assert (evidence.loc[abstained, "reason"] != "").all()
    assert (evidence.loc[evidence["value"].isna(), "reason"] != "").all()


def test_some_samples_alone(calls: Calls, evidence: pd.DataFrame) -> None:
    some = evidence_frame(calls, [5, 2])
    names = [calls.samples[5], calls.samples[2]]
    expected = pd.concat(
        [evidence[evidence["sample"] == name] for name in names], ignore_index=True
    )

    pd.testing.assert_frame_equal(some, expected)


# ---------------------------------------------------------------- modes


def test_rows_of_another_mode_are_not_compared() -> None:
    """Log2 changes are for pairs without a reference; levels are for samples without a pair."""
    paired = paired_calls()
    after = paired.evidence("P00-Post").query("axis == 'ifng' and threshold != ''")
    before = paired.evidence("P00-Pre").query("axis == 'ifng' and threshold != ''")

    assert set(after["quantity"]) == {
        "ifng_change",
        "ifng_fraction_up",
        "ifng_fraction_down",
        "ifng_random_p",
    }
    assert set(before["quantity"]) == {"ifng_level"}


def test_rules_behind_a_gate_are_shown_where_the_gate_is_open() -> None:
    calls = mini(
        a_level=[1.0, 1.0, np.nan], a_change=[0.9, np.nan, 0.9], a_higher=[0.7, np.nan, 0.7]
    )
    shown = calls.evidence().query("axis == 'course' and threshold != ''")
    by_sample = shown.groupby("sample")["threshold"].agg(list).to_dict()

    assert by_sample["s0"] == [">= 0.5", ">= 0.6", "> -0.5"]
    assert by_sample["s1"] == [">= 0.5"]
    assert by_sample["s2"] == [">= 0.5", ">= 0.6", "> -0.5"]


def test_one_threshold_in_several_rules_stands_once() -> None:
    """``a_change >= cut`` and ``a_change < cut`` are the same cut-off, shown as the rule has it
    that decided.
    """
    risen = mini(**RISEN).evidence().query("quantity == 'a_change'")
    calm = (
        mini(a_level=[1.0], a_change=[0.4], a_higher=[0.7])
        .evidence()
        .query("quantity == 'a_change'")
    )

    assert risen["threshold"].tolist() == [">= 0.5", "> -0.5"]
    assert risen["distance"].tolist() == pytest.approx([0.4, 1.4])
    assert risen["decided"].tolist() == [True, False]
    assert calm["threshold"].tolist() == ["< 0.5", "> -0.5"]
    assert calm["distance"].tolist() == pytest.approx([-0.1, 0.9])
    assert calm["decided"].tolist() == [True, True]


def test_what_was_taken_back_keeps_the_evidence_it_rested_on() -> None:
    """A call that was not firm closes no gate: the rules of the later axis looked at the call
    before that.
    """
    calls = mini(**RISEN, b_level=[2.0])
    weak = Stability({"genes": {axis.id: np.array([0.1]) for axis in scheme().axes}})
    assert scheme().stability is not None
    back = replace(
        calls, verdicts=take_back(calls.verdicts, weak, scheme().stability), stability=weak
    )
    compared = back.evidence().query("axis == 'later' and threshold != ''")

    assert back.verdicts.calls["later"].tolist() == ["indeterminate"]
    assert compared["quantity"].tolist() == ["b_level"]
    assert compared["decided"].tolist() == [True]
    assert set(compared["reason"]) == {
        "call withheld: the rules say both, but only 10% of the repeats do"
    }


# ---------------------------------------------------------------- what stands beside the numbers


def test_coverage_and_shared_genes_are_those_of_the_set_behind_the_number() -> None:
    calls = mini(**RISEN, b_level=[2.0], b_left_sd=[1.0], events=[0.0])
    beside = (
        calls.evidence()
        .drop_duplicates("quantity")
        .set_index("quantity")[["coverage", "shared_genes"]]
    )

    for name in ("a_level", "a_change", "a_higher", "a_p", "a_minus_b"):
        assert beside.loc[name].tolist() == ["12/12", "6 in set_c"], name
    for name in ("b_left_sd", "b_level", "b_floor"):
        assert beside.loc[name].tolist() == ["5/6", ""], name


def test_coverage_of_the_shipped_scheme(calls: Calls, evidence: pd.DataFrame) -> None:
    for row in evidence.itertuples():
        quantity = calls.scheme.quantities[row.quantity]
        while not quantity.signature and quantity.of:
            quantity = calls.scheme.quantities[quantity.of]
        if quantity.signature and quantity.kind != "dna_events":
            known = calls.coverage.loc[quantity.signature]
            assert row.coverage == f"{known['found']}/{known['asked']}"
            assert row.shared_genes == known["shared"]
        else:
            assert (row.coverage, row.shared_genes) == ("", "")


def test_a_published_threshold_names_its_paper() -> None:
    shown = mini(**RISEN).evidence().set_index("quantity")

    assert shown.loc["a_higher", "threshold_source"] == "published: Somebody 2020"
    assert set(shown.loc["a_change", "threshold_source"]) == {"ours"}


def test_a_threshold_of_the_whole_scheme_serves_every_axis() -> None:
    row = (
        mini(**RISEN, b_level=[0.5])
        .evidence()
        .query("quantity == 'b_level' and threshold != ''")
        .iloc[0]
    )

    assert row["threshold_value"] == 0.4
    assert row["distance"] == pytest.approx(0.1)


def test_the_reason_of_a_gap_comes_before_the_reason_of_the_call() -> None:
    shown = mini(a_level=[np.nan], b_level=[1.0]).evidence().drop_duplicates(["axis", "quantity"])
    reason = shown.set_index(["axis", "quantity"])["reason"]

    assert reason["course", "a_level"] == "no a_level"
    assert reason["later", "b_level"] == ""
    assert reason["course", "a_p"] == "no a_p"


def test_stability_stands_in_every_row_or_nowhere() -> None:
    calls = mini(**RISEN)
    firm = Stability(
        {"genes": {"course": np.array([0.8]), "loss": np.array([0.9]), "later": np.array([0.4])}}
    )
    shown = replace(calls, stability=firm).evidence().groupby("axis")["stability"].unique()

    assert calls.evidence()["stability"].isna().all()
    assert {axis: values.tolist() for axis, values in shown.items()} == {
        "course": [0.8],
        "loss": [0.9],
        "later": [0.4],
    }


def test_conditions_are_marked_by_their_text() -> None:
    """The line that decided is found by its words, so the words must be those of the file."""
    for axis in scheme().axes:
        for rule in axis.rules:
            assert tuple(parse_condition(line).text for line in rule.when) == rule.when
