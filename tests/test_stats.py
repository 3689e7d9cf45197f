"""Patients, never cells: what a comparison takes, what it says first, and that copies of cells
change nothing.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, mannwhitneyu

from resistype.errors import SamplesError
from resistype.stats import (
    PatientTable,
    adjusted,
    against_rest,
    compare_patients,
    per_patient,
    wilson,
)

RNG = np.random.default_rng(1)


def cells(n_patients: int = 8, n_cells: int = 40) -> tuple[pd.DataFrame, pd.Series]:
    patient = np.repeat([f"P{i}" for i in range(n_patients)], n_cells)
    shift = np.repeat(np.arange(n_patients) * 0.2, n_cells)
    values = pd.DataFrame({"up": RNG.normal(shift), "noise": RNG.normal(size=shift.size)})
    return values, pd.Series(patient)


def groups(n_patients: int = 8) -> pd.Series:
    return pd.Series(
        ["low"] * (n_patients // 2) + ["high"] * (n_patients - n_patients // 2)
    ).set_axis([f"P{i}" for i in range(n_patients)])


@given(st.integers(0, 300), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_wilson_is_scipys(k: int, n: int) -> None:
    k = min(k, n)
    expected = binomtest(k, n).proportion_ci(method="wilson")
    low, high = wilson(k, n)

    assert float(low) == pytest.approx(expected.low, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, abs=1e-12)


def test_wilson_of_nothing_is_nothing() -> None:
    low, high = wilson([0, 3], [0, 3])

    assert np.isnan([low[0], high[0]]).all()
    assert high[1] == 1.0


def test_per_patient_is_the_mean_of_the_patients_cells() -> None:
    values, patient = cells()
    table = per_patient(values, patient)

    for name in table.values.index:
        assert table.values.loc[name, "up"] == pytest.approx(
            values.loc[(patient == name).to_numpy(), "up"].mean()
        )
    assert table.n_cells.tolist() == [40] * 8


def test_patients_with_few_cells_are_left_out_with_the_reason() -> None:
    values, patient = cells(3, 20)
    table = per_patient(values.iloc[:45], patient.iloc[:45], min_cells=10)

    assert table.left_out == {"P2": "5 cells, 10 are needed"}
    assert table.n_patients == 2


def test_copies_of_a_cell_do_not_help_over_the_minimum() -> None:
    values, _patient = cells(2, 20)
    few = values.iloc[[*range(20), *[20] * 30]]
    table = per_patient(few, pd.Series(["P0"] * 20 + ["P1"] * 30), min_cells=10)

    assert table.left_out == {"P1": "1 cells, 10 are needed"}


def test_median_too() -> None:
    values, patient = cells()
    table = per_patient(values, patient, how="median")

    assert table.values.loc["P0", "up"] == pytest.approx(values["up"].iloc[:40].median())


@pytest.mark.parametrize("times", [2, 10])
def test_every_cell_copied_gives_the_same_p(times: int) -> None:
    values, patient = cells()
    once = compare_patients(per_patient(values, patient), groups(), first="high")
    copied = compare_patients(
        per_patient(
            pd.concat([values] * times, ignore_index=True),
            pd.Series(np.tile(patient.to_numpy(), times)),
        ),
        groups(),
        first="high",
    )

    assert copied.equals(once)


def test_over_cells_the_same_copies_would_mislead() -> None:
    """The trap itself: a test over cells turns noise into a discovery."""
    values, patient = cells()
    high = np.isin(patient, ["P4", "P5", "P6", "P7"])
    noise = values["noise"].to_numpy()
    over_cells = [
        mannwhitneyu(np.repeat(noise[high], n), np.repeat(noise[~high], n)).pvalue
        for n in (1, 10, 100)
    ]

    assert over_cells[0] > over_cells[1] > over_cells[2]
    assert over_cells[2] < 1e-4


def test_n_and_effect_stand_before_p() -> None:
    values, patient = cells()
    found = compare_patients(per_patient(values, patient), groups(), first="high", second="low")

    assert list(found.columns[:4]) == ["n_first", "n_second", "auc", "difference"]
    assert list(found.columns).index("p") > 3
    assert found.loc["up", "auc"] > 0.8


def test_permutation_p_against_the_obvious_version() -> None:
    a, b = [1.0, 2.5, 3.0], [0.5, 2.0, 0.1, 0.2]
    table = PatientTable(
        pd.DataFrame({"x": a + b}, index=list("abcdefg")), pd.Series(60, index=list("abcdefg"))
    )
    label = pd.Series(list("xxxyyyy"), index=list("abcdefg"))
    found = compare_patients(table, label, first="x", second="y").loc["x"]
    together = np.array(a + b)
    shifts = []
    for pick in combinations(range(7), 3):
        mask = np.isin(np.arange(7), pick)
        shifts.append(abs(together[mask].mean() - together[~mask].mean()))
    observed = abs(np.mean(a) - np.mean(b))

    assert found["p_permutation"] == pytest.approx(np.mean(np.array(shifts) >= observed - 1e-12))
    assert found["p"] == pytest.approx(mannwhitneyu(a, b).pvalue)
    assert found["auc"] == pytest.approx(np.mean([x > y for x in a for y in b]))


def test_ties_of_few_patients_do_not_get_a_p_that_so_few_cannot_have() -> None:
    """Four against four: 70 splits, so no p under 2/70; scipy's approximation for ties gives
    less.
    """
    a, b = [0.5, 0.5, 0.6, 0.7], [0.1, 0.2, 0.2, 0.3]
    index = list("abcdefgh")
    table = PatientTable(pd.DataFrame({"x": a + b}, index=index), pd.Series(60, index=index))
    found = compare_patients(table, pd.Series(list("uuuuvvvv"), index=index), first="u").loc["x"]

    assert found["p"] == pytest.approx(2 / 70)
    assert mannwhitneyu(a, b).pvalue < 2 / 70 or mannwhitneyu(a, b).pvalue != pytest.approx(2 / 70)
    assert found["test"].endswith("exact")


@pytest.mark.parametrize("n", [3, 5, 8])
def test_without_ties_the_exact_p_is_scipys(n: int) -> None:
    a, b = RNG.normal(size=n), RNG.normal(0.7, 1, size=n + 1)
    index = [f"P{i}" for i in range(2 * n + 1)]
    table = PatientTable(pd.DataFrame({"x": [*a, *b]}, index=index), pd.Series(60, index=index))
    found = compare_patients(
        table, pd.Series(["u"] * n + ["v"] * (n + 1), index=index), first="u"
    ).loc["x"]

    assert found["p"] == pytest.approx(mannwhitneyu(a, b, method="exact").pvalue)


def test_many_patients_are_permuted_at_random_but_reproducibly() -> None:
    index = [f"P{i}" for i in range(40)]
    table = PatientTable(
        pd.DataFrame({"x": RNG.normal(size=40)}, index=index), pd.Series(60, index=index)
    )
    label = pd.Series(["a", "b"] * 20, index=index)
    one, two = (compare_patients(table, label, first="a", seed=3) for _ in range(2))

    assert one.equals(two)
    assert abs(one.loc["x", "p_permutation"] - one.loc["x", "p"]) < 0.15


def test_false_positives_under_the_null_are_as_stated() -> None:
    """Patients differ, groups do not: at 5 % about 5 % of values are called, though cells are
    many.
    """
    n, called = 12, 0
    index = [f"P{i}" for i in range(n)]
    label = pd.Series(["a", "b"] * (n // 2), index=index)
    values = pd.DataFrame(RNG.normal(size=(n, 400)), index=index)
    called = int(
        (
            compare_patients(PatientTable(values, pd.Series(500, index=index)), label, first="a")[
                "p"
            ]
            < 0.05
        ).sum()
    )

    assert binomtest(called, 400, 0.05, alternative="greater").pvalue > 0.001


def test_the_rest_of_the_cohort() -> None:
    index = list("abcde")
    table = PatientTable(
        pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 9.0]}, index=index), pd.Series(60, index=index)
    )
    beside = against_rest(table, "e").loc["x"]

    assert (beside["n_rest"], beside["below"], beside["value"], beside["rest_median"]) == (
        4,
        1.0,
        9.0,
        2.5,
    )
    assert "p" not in against_rest(table, "e")


def test_a_missing_value_leaves_its_patient_out() -> None:
    index = list("abcd")
    table = PatientTable(
        pd.DataFrame({"x": [1.0, np.nan, 3.0, 4.0]}, index=index), pd.Series(60, index=index)
    )
    found = compare_patients(table, pd.Series(list("uuvv"), index=index), first="u")

    assert found.loc["x", ["n_first", "n_second"]].tolist() == [1, 2]


def test_a_value_that_a_group_lacks_is_not_tested() -> None:
    index = list("abcd")
    values = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [np.nan, np.nan, 3.0, 4.0]}, index=index)
    found = compare_patients(
        PatientTable(values, pd.Series(60, index=index)),
        pd.Series(list("uuvv"), index=index),
        first="u",
    )

    assert found.loc["y", "test"] == "none: a group has no values"
    assert np.isnan(found.loc["y", "q"])
    assert found.loc["x", "q"] == found.loc["x", "p"]


def test_adjusted_keeps_what_is_missing() -> None:
    q = adjusted(np.array([0.01, np.nan, 0.04]))

    assert np.isnan(q[1])
    assert q[[0, 2]].tolist() == pytest.approx([0.02, 0.04])


TABLE = PatientTable(
    pd.DataFrame({"x": [1.0, 2.0]}, index=list("ab")), pd.Series(60, index=list("ab"))
)
BAD = {
    "a frame of cells": (
        lambda: compare_patients(pd.DataFrame({"x": [1.0]}), pd.Series(["u"]), first="u"),  # type: ignore[arg-type]
        (
            "E961 PSEUDOREP: got DataFrame; wanted a PatientTable. Tests use patients, not cells;"
            " make one value a patient with per_patient()."
        ),
    ),
    "cells called patients": (
        lambda: PatientTable(pd.DataFrame({"x": [1.0, 2.0]}), pd.Series([1, 1])),
        (
            "E961 PSEUDOREP: every row comes from one cell, so the rows are cells. A comparison"
            " needs one row per patient with the values of all of that patient's cells; make it"
            " with per_patient()."
        ),
    ),
    "a patient twice": (
        lambda: PatientTable(
            pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "a"]), pd.Series([60, 60], index=["a", "a"])
        ),
        (
            "E961 PSEUDOREP: patient 'a' has several rows. A comparison needs one row per patient"
            " with the values of all of that patient's cells; make it with per_patient()."
        ),
    ),
    "other patients": (
        lambda: PatientTable(pd.DataFrame({"x": [1.0]}, index=["a"]), pd.Series([60], index=["b"])),
        (
            "E961 PSEUDOREP: the numbers of cells are not those of the same patients. A comparison"
            " needs one row per patient with the values of all of that patient's cells; make it"
            " with per_patient()."
        ),
    ),
    "cells without patient": (
        lambda: per_patient(pd.DataFrame({"x": [1.0, 2.0]}), pd.Series(["a", None])),
        "E962 1 of 2 cells have no patient. Give each cell its patient, or leave it out.",
    ),
    "an empty group": (
        lambda: compare_patients(TABLE, pd.Series(["u", "u"], index=list("ab")), first="u"),
        "E931 A comparison needs patients in both groups; they have 2 and 0.",
    ),
    "a patient in two groups": (
        lambda: compare_patients(TABLE, pd.Series(["u", "v", "v"], index=list("aab")), first="u"),
        "E965 Patient 'a' is in several groups; 1 such patients. A patient has one group.",
    ),
    "a patient without values": (
        lambda: against_rest(TABLE, "z"),
        "E966 Patient 'z' has no values: there is no such patient.",
    ),
    "an unknown summary": (
        lambda: per_patient(pd.DataFrame({"x": [1.0]}), pd.Series(["a"]), how="max"),
        "E964 how='max'; choose 'mean' or 'median'.",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message
