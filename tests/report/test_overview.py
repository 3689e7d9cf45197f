"""What is said over the samples: zones read from the rules, medians with their intervals, steps,
second opinions.
"""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.report import ReportOptions, build_report
from resistype.report.cohort import build_cohort, grey, limits, median_interval, zones
from resistype.report.model import Zone
from resistype.scheme import load_scheme
from resistype.scheme.rules import decide
from resistype.scheme.scheme import ABSTENTIONS
from tests.scheme.build import level_calls, paired_calls

SCHEMES = ["acquired_resistance", "hcc_primary_refractoriness"]

# ---------------------------------------------------------------- zones


def compared(scheme_name: str) -> list[tuple[str, str]]:
    """Axis and quantity of every comparison of a scheme."""
    scheme = load_scheme(scheme_name)
    found = {
        (a.id, c.subject)
        for a in scheme.axes
        for r in a.rules
        for c in r.conditions
        if c.kind == "compare"
    }
    return sorted(found)


@pytest.mark.parametrize("name", SCHEMES)
def test_zones_of_every_shipped_axis_are_what_its_rules_give(name: str) -> None:
    """Value by value: a rule that looks at this number alone decides as its zone says."""
    scheme = load_scheme(name)
    for axis_id, quantity in compared(name):
        axis, cuts = scheme.axis(axis_id), scheme.thresholds_of(axis_id)
        found = zones(axis, quantity, cuts)
        alone = [
            r
            for r in axis.rules
            if {(c.kind, c.subject) for c in r.conditions} == {("compare", quantity)}
        ]
        ends = limits(axis, quantity, cuts)
        grid = np.linspace(min(ends) - 2, max(ends) + 2, 301)
        grid = np.array([v for v in grid if not any(abs(v - end) < 1e-9 for end in ends)])
        which = decide([r.conditions for r in alone], {quantity: grid}, cuts, calls={})
        for value, number in zip(grid.tolist(), which.tolist(), strict=True):
            zone = next(
                z
                for z in found
                if (z.low is None or z.low < value) and (z.high is None or value < z.high)
            )
            if number >= 0 and alone[number].call not in ABSTENTIONS:
                assert alone[number].call in zone.calls
            if number >= 0 and alone[number].call in ABSTENTIONS:
                assert zone.calls == ()


@pytest.mark.parametrize("name", SCHEMES)
def test_zones_cover_the_whole_line_without_gap(name: str) -> None:
    scheme = load_scheme(name)
    for axis_id, quantity in compared(name):
        found = zones(scheme.axis(axis_id), quantity, scheme.thresholds_of(axis_id))
        assert found[0].low is None
        assert found[-1].high is None
        for left, right in pairwise(found):
            assert left.high == right.low
            assert left.calls != right.calls


def test_a_moved_threshold_moves_its_zone() -> None:
    scheme = load_scheme("acquired_resistance")
    cuts = scheme.thresholds_of("ifng") | {"change": 0.8}

    assert limits(scheme.axis("ifng"), "ifng_change", cuts) == [-0.8, -0.35, 0.35, 0.8]
    assert [(z.low, z.high) for z in grey(zones(scheme.axis("ifng"), "ifng_change", cuts))] == [
        (-0.8, -0.35),
        (0.35, 0.8),
    ]


def test_what_lies_beyond_the_last_call_is_no_grey_zone() -> None:
    """Another number decides there."""
    scheme = load_scheme("acquired_resistance")
    found = zones(
        scheme.axis("antigen_presentation"),
        "mhc1_residual_rsd",
        scheme.thresholds_of("antigen_presentation"),
    )

    assert [zone.calls for zone in found] == [("defect_expression",), ()]
    assert grey(found) == []


def test_labels_that_may_not_be_shown_are_not_in_a_zone() -> None:
    scheme = load_scheme("acquired_resistance")
    found = zones(
        scheme.axis("ifng"),
        "ifng_change",
        scheme.thresholds_of("ifng"),
        labels=["cross_sectional_high"],
    )

    assert found == (Zone(low=None, high=None, calls=()),)


# ---------------------------------------------------------------- medians


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40))
def test_the_interval_of_a_median_by_counting_coin_tosses(values: list[float]) -> None:
    """Ends are the k-th values from either side; it covers unless nearly all values fall on one
    side of the median.
    """
    low, high, covers = median_interval(np.array(values))
    n = len(values)
    if n < 6:
        assert np.isnan([low, high, covers]).all()
        return
    ordered = sorted(values)
    chance = {k: sum(comb(n, j) for j in range(k + 1, n - k)) / 2**n for k in range((n + 1) // 2)}
    best = max(k for k, share in chance.items() if share >= 0.95)

    assert (low, high) == (ordered[best], ordered[n - 1 - best])
    assert covers == pytest.approx(chance[best])
    assert low <= np.median(values) <= high


def test_missing_values_do_not_count() -> None:
    assert median_interval(np.array([np.nan, *range(10)])) == median_interval(np.arange(10.0))


# ---------------------------------------------------------------- the cohort


def test_without_pairs_nothing_is_said_about_change() -> None:
    cohort = build_cohort(level_calls(), {})

    assert (cohort.panels, cohort.tests, cohort.steps, cohort.stability) == ((), (), (), ())


def test_panels_hold_every_pair_once() -> None:
    (panel,) = build_cohort(paired_calls(), {}).panels

    assert panel.quantity == "ifng_change"
    assert len({one.patient for one in panel.changes}) == len(panel.changes) == 32
    assert [one.value for one in panel.changes] == sorted(
        (one.value for one in panel.changes), reverse=True
    )


def test_steps_name_every_patient_once_an_axis() -> None:
    steps = build_cohort(paired_calls(), {}).steps
    for axis in {step.axis for step in steps}:
        people = [name for step in steps if step.axis == axis for name in step.patients]
        assert sorted(people) == sorted(set(firm_patients()))


def firm_patients() -> list[str]:
    design = paired_calls().design
    return design.loc[design["baseline_sample"] != "", "patient"].tolist()


def test_a_second_opinion_stands_beside_the_calls_and_changes_none() -> None:
    calls = level_calls()
    table = pd.DataFrame({"prediction": ["hot", "cold"] * 15}, index=list(calls.samples[:30]))
    table.attrs.update(
        method="ntp",
        doi="10.1371/journal.pone.0015543",
        n_perm=99,
        coverage={},
        caveats=["It splits."],
    )
    plain, report = (
        build_report(calls),
        build_report(calls, ReportOptions(opinions={"mine": table})),
    )
    (opinion,) = report.cohort.opinions

    assert opinion.classes == {"cold": 15, "hot": 15, "no opinion": 2}
    assert (opinion.method, opinion.options, opinion.caveats) == (
        "ntp",
        "n_perm=99",
        ("It splits.",),
    )
    counted = pd.crosstab(calls.verdicts.calls["ifng"][:30], table["prediction"].to_numpy())
    for axis, call, named, n in opinion.beside:
        if axis == "ifng" and named != "no opinion":
            assert n == counted.loc[call, named]
    assert [unit.calls for unit in report.groups[0].units] == [
        unit.calls for unit in plain.groups[0].units
    ]
    assert {unit.opinions.get("mine") for unit in report.groups[0].units} == {"hot", "cold", None}
    assert any("10.1371/journal.pone.0015543" in one for one in report.references)
