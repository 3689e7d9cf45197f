"""Shares with what stands behind them, the balance, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.samples.composition import (
    balance,
    composition,
    share_change,
    share_table,
    shares_per_patient,
)
from resistype.stats import compare_patients, wilson


def textbook() -> pd.DataFrame:
    """The infusion product of the worked patient: 1,200 T cells, 420 memory, 260 cytotoxic, 60
    exhausted.
    """
    state = ["memory"] * 420 + ["cytotoxic"] * 260 + ["exhausted"] * 60 + [None] * 460
    return pd.DataFrame({"patient": "T1", "timepoint": "IP", "state": state})


def test_the_textbook_shares() -> None:
    shares = composition(textbook(), "state", by=["patient", "timepoint"]).set_index("kind")

    assert shares.loc["exhausted", ["numerator", "denominator"]].tolist() == [60, 1200]
    assert shares.loc["exhausted", ["proportion", "low", "high"]].astype(float).round(
        3
    ).tolist() == [
        0.05,
        0.039,
        0.064,
    ]
    assert shares.loc["unassigned", "numerator"] == 460


def test_the_textbook_balance() -> None:
    found = balance(420, 260, 1200)

    assert round(found.value, 2) == 0.69
    assert found.value == pytest.approx(np.log2(420.5 / 260.5))
    assert 0.4 < found.low < found.value < found.high < 1.0


def test_the_bootstrap_interval_is_that_of_cells_drawn_one_by_one() -> None:
    rng = np.random.default_rng(5)
    kinds = np.array([1] * 42 + [2] * 26 + [0] * 52)
    values = []
    for _ in range(3000):
        drawn = rng.choice(kinds, size=kinds.size)
        values.append(np.log2(((drawn == 1).sum() + 0.5) / ((drawn == 2).sum() + 0.5)))
    low, high = np.quantile(values, [0.025, 0.975])
    found = balance(42, 26, 120, repeats=20_000)

    assert found.low == pytest.approx(low, abs=0.06)
    assert found.high == pytest.approx(high, abs=0.06)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_balance_turned_round_changes_its_sign(a: int, b: int, rest: int) -> None:
    one, two = (balance(*pair, a + b + rest + 1, repeats=200) for pair in ((a, b), (b, a)))

    assert one.value == pytest.approx(-two.value)
    assert one.low <= one.high


def test_the_interval_of_a_change_covers_the_truth_as_often_as_stated() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for seed in range(200):
        k1, k2 = rng.binomial(400, 0.2), rng.binomial(600, 0.35)
        found = share_change((int(k1), 400), (int(k2), 600), repeats=600, seed=seed)
        covered += found.low <= 0.15 <= found.high

    assert covered >= 180


def test_the_same_seed_gives_the_same_interval() -> None:
    assert share_change((90, 800), (420, 1000)) == share_change((90, 800), (420, 1000))


def test_under_fifty_cells_there_are_counts_but_no_share() -> None:
    few = textbook().iloc[:49]
    shares = composition(few, "state", by=["patient", "timepoint"])

    assert shares["numerator"].tolist() == [49]
    assert shares["proportion"].isna().all()
    assert shares["low"].isna().all()
    assert shares["reason"].tolist() == ["49 cells, 50 are needed for a proportion"]


def test_fifty_cells_are_enough() -> None:
    shares = composition(textbook().iloc[:50], "state", by=["patient", "timepoint"])

    assert shares["proportion"].tolist() == [1.0]
    assert shares["reason"].tolist() == [""]


def test_groups_of_kinds() -> None:
    cells = pd.DataFrame(
        {
            "patient": "A",
            "state": ["CD8 CM"] * 30 + ["CD4 CM"] * 20 + ["CD8 EM"] * 25 + ["T-reg"] * 5,
        }
    )
    groups = {"memory": ("CD8 CM", "CD4 CM"), "cytotoxic": ("CD8 EM",), "absent": ("CD8 EMRA",)}
    shares = composition(cells, "state", by=["patient"], groups=groups).set_index("kind")[
        "numerator"
    ]

    assert shares.to_dict() == {"T-reg": 5, "absent": 0, "cytotoxic": 25, "memory": 50}


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xyz")), min_size=1, max_size=80))
@settings(max_examples=40, deadline=None)
def test_composition_against_counting_by_hand(rows: list[tuple[str, str]]) -> None:
    cells = pd.DataFrame(rows, columns=["patient", "state"])
    shares = composition(cells, "state", by=["patient"], min_cells=1)

    for _, row in shares.iterrows():
        members = [state for patient, state in rows if patient == row["patient"]]
        assert row["denominator"] == len(members)
        assert row["numerator"] == members.count(row["kind"])
        assert row["proportion"] == members.count(row["kind"]) / len(members)
    assert shares.groupby("patient")["proportion"].sum().tolist() == pytest.approx(
        [1.0] * shares["patient"].nunique()
    )


def test_order_of_cells_does_not_matter() -> None:
    cells = textbook()
    mixed = cells.sample(frac=1.0, random_state=3)

    pd.testing.assert_frame_equal(
        composition(cells, "state", by=["patient"]), composition(mixed, "state", by=["patient"])
    )


def test_categories_and_text_give_the_same() -> None:
    cells = textbook()
    small = cells.assign(
        patient=cells["patient"].astype("category"), state=cells["state"].astype("category")
    )
    one, two = (
        composition(x, "state", by=["patient"])["numerator"].tolist() for x in (cells, small)
    )

    assert one == two


def test_share_table_uses_wilson() -> None:
    counts = pd.DataFrame({"a": [30, 5], "b": [70, 5]}, index=pd.Index(["s1", "s2"], name="sample"))
    shares = share_table(counts)
    low, high = wilson(30, 100)

    assert shares.loc[0, ["low", "high"]].tolist() == pytest.approx([float(low), float(high)])
    assert shares["reason"].tolist() == ["", "", *["10 cells, 50 are needed for a proportion"] * 2]


def test_shares_become_values_of_patients() -> None:
    rows = [
        (p, s) for p, n in (("A", 10), ("B", 30), ("C", 45)) for s in ["m"] * n + ["e"] * (60 - n)
    ]
    shares = composition(pd.DataFrame(rows, columns=["patient", "state"]), "state", by=["patient"])
    table = shares_per_patient(shares)
    found = compare_patients(table, pd.Series(list("uvv"), index=list("ABC")), first="v")

    assert table.values["m"].tolist() == pytest.approx([10 / 60, 0.5, 0.75])
    assert found.loc["m", "auc"] == 1.0


BAD = {
    "no such column": (
        lambda: composition(textbook(), "label", by=["patient"]),
        "E903 The cells have no column 'label'; their columns are: patient, timepoint, state.",
    ),
    "cells without patient": (
        lambda: composition(
            textbook().assign(patient=[None, *["A"] * 1199]), "state", by=["patient"]
        ),
        "E962 1 of 1200 cells have no patient. Give each cell its patient, or leave it out.",
    ),
    "more than all": (
        lambda: balance(10, 10, 15),
        "E967 10 and 10 cells of 15 do not fit each other.",
    ),
    "no cells": (lambda: balance(0, 0, 0), "E967 0 and 0 cells of 0 do not fit each other."),
    "no share": (lambda: share_change((5, 4), (1, 2)), "E967 5 of 4 cells is no proportion."),
    "two samples a patient": (
        lambda: shares_per_patient(
            composition(
                pd.DataFrame({"patient": "A", "timepoint": ["1"] * 50 + ["2"] * 50, "state": "m"}),
                "state",
                by=["patient", "timepoint"],
            )
        ),
        "E968 Patient 'A' has several samples; choose one time point before patients are compared.",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message
