"""Numbers of samples against counting by hand: groups of states, shares, balances, means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.scheme import load_scheme as load_cell_scheme
from resistype.systems.cells import CellColumns, cell_table
from resistype.systems.cells.table import (
    KEYS,
    CellTable,
    balances,
    group_names,
    mean_scores,
    sample_shares,
    share_of,
)

SCHEME = load_cell_scheme("cart_product")
STATES = ["CD8 CM", "CD8 EM", "T-reg", "exhausted", "Naive", "unheard of", None]


def table(rows: list[tuple[str, str, str | None]]) -> CellTable:
    return cell_table(
        pd.DataFrame(rows, columns=["patient", "timepoint", "state"]), CellColumns(state="state")
    )


ROWS = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from(["IP", "D7"]), st.sampled_from(STATES)),
    min_size=1,
    max_size=60,
)
GROUP = {
    "CD8 CM": "memory",
    "CD8 EM": "cytotoxic",
    "T-reg": "treg",
    "Naive": "memory",
    "exhausted": "exhausted",
}


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_groups_are_those_of_the_scheme(rows: list[tuple[str, str, str | None]]) -> None:
    found = group_names(table(rows), SCHEME)

    for (_, _, state), one in zip(rows, found.astype(object), strict=True):
        assert (pd.isna(one) and state is None) or one == GROUP.get(str(state), state)


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_shares_against_counting_by_hand(rows: list[tuple[str, str, str | None]]) -> None:
    scheme = SCHEME.model_copy(
        update={
            "parameters": (
                SCHEME.parameters
                | {"min_cells": SCHEME.parameters["min_cells"].model_copy(update={"value": 1})}
            )
        }
    )
    shares = sample_shares(table(rows), scheme)
    label = {"IP": "IP", "D7": "day 7"}
    for _, row in shares.iterrows():
        own = [
            state
            for patient, time, state in rows
            if (patient, label[time]) == (row["patient"], row["timepoint"])
        ]
        named = ["unassigned" if state is None else GROUP.get(state, state) for state in own]
        assert row["denominator"] == len(own)
        assert row["numerator"] == named.count(row["kind"])
        assert bool(row["is_product"]) == (row["timepoint"] == "IP")


def test_a_kind_that_nobody_has_is_missing_not_zero() -> None:
    shares = sample_shares(
        table([("A", "IP", "memory")] * 60 + [("B", "IP", "CD8 EM")] * 60), SCHEME
    )
    index = pd.MultiIndex.from_tuples([("A", "IP"), ("B", "IP")], names=KEYS)

    assert share_of(shares, "memory", index)["proportion"].tolist() == [1.0, 0.0]
    assert share_of(shares, "exhausted", index)["proportion"].isna().all()


def test_balances_of_samples() -> None:
    rows = [("A", "IP", "memory")] * 42 + [("A", "IP", "effector")] * 26 + [("A", "IP", None)] * 52
    rows += [("B", "IP", "memory")] * 10 + [("B", "IP", "effector")] * 10
    found = balances(sample_shares(table(rows), SCHEME), "memory", "cytotoxic", min_cells=50)

    assert found.loc[("A", "IP"), "balance"] == pytest.approx(np.log2(42.5 / 26.5))
    assert found.loc[("A", "IP"), "reason"] == ""
    assert np.isnan(found.loc[("B", "IP"), "balance"])
    assert found.loc[("B", "IP"), "reason"] == "20 T cells, 50 are needed"
    assert found.loc[("B", "IP"), ["n_memory", "n_cytotoxic", "n_cells"]].tolist() == [10, 10, 20]


def test_a_balance_needs_both_kinds_somewhere_in_the_data() -> None:
    found = balances(
        sample_shares(table([("A", "IP", "memory")] * 60), SCHEME),
        "memory",
        "cytotoxic",
        min_cells=50,
    )

    assert found["reason"].tolist() == ["the data have no cytotoxic cells"]


def test_a_sample_without_one_kind_still_has_a_balance() -> None:
    rows = [("A", "IP", "memory")] * 60 + [("B", "IP", "effector")] * 60
    found = balances(sample_shares(table(rows), SCHEME), "memory", "cytotoxic", min_cells=50)

    assert found["balance"].tolist() == pytest.approx([np.log2(60.5 / 0.5), np.log2(0.5 / 60.5)])
    assert np.isfinite(found[["low", "high"]]).all(axis=None)


def test_means_against_a_plain_loop() -> None:
    rng = np.random.default_rng(4)
    rows = [
        (str(p), str(t), None)
        for p, t in zip(rng.choice(["A", "B", "C"], 90), rng.choice(["IP", "D7"], 90), strict=True)
    ]
    cells = table(rows)
    scores = pd.DataFrame(rng.normal(size=(90, 2)), columns=["x", "y"], index=cells.frame.index)
    found = mean_scores(cells, scores, min_cells=1).set_index(["patient", "timepoint", "score"])
    label = {"IP": "IP", "D7": "day 7"}
    for patient in "ABC":
        for time in ("IP", "D7"):
            own = [i for i, row in enumerate(rows) if row[:2] == (patient, time)]
            for score in ("x", "y"):
                values = scores[score].to_numpy()[own]
                row = found.loc[(patient, label[time], score)]
                assert row["n_cells"] == len(own)
                assert row["mean"] == pytest.approx(values.mean())
                assert row["median"] == pytest.approx(np.median(values))


def test_means_of_few_cells_are_missing_with_the_reason() -> None:
    cells = table([("A", "IP", None)] * 9 + [("B", "IP", None)] * 10)
    found = mean_scores(cells, pd.DataFrame({"x": np.arange(19.0)}), min_cells=10).set_index(
        "patient"
    )

    assert np.isnan(found.loc["A", "mean"])
    assert found["reason"].to_dict() == {"A": "9 cells, 10 are needed", "B": ""}


def test_scores_are_joined_by_cell_not_by_place() -> None:
    cells = table([("A", "IP", None)] * 20 + [("B", "IP", None)] * 20)
    scores = pd.DataFrame({"x": [0.0] * 20 + [1.0] * 20})
    mixed = scores.sample(frac=1, random_state=1)

    assert mean_scores(cells, mixed, min_cells=1)["mean"].tolist() == [0.0, 1.0]


def test_a_missing_score_is_left_out_of_the_mean() -> None:
    cells = table([("A", "IP", None)] * 20)
    scores = pd.DataFrame({"x": [1.0] * 19 + [np.nan]})

    assert mean_scores(cells, scores, min_cells=1)["mean"].tolist() == [1.0]
