"""`dli_response`: the textbook patient, each missing component by name, origins, and what is
never said.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.scheme import load_scheme as load_cell_scheme
from resistype.systems.cells import CellColumns, CellInputs, dli_response
from resistype.systems.cells.dli_response import DliPlan
from tests.systems.cells.applied import apply_cell_scheme, caveats, said

STATE = CellColumns(state="state")
CLONES = CellColumns(state="state", clone="clone")
PLAN = DliPlan(reference_late=0.3)


def sample(time: str, *, early: int, late: int, other: int, patient: str = "D1") -> pd.DataFrame:
    state = ["early"] * early + ["late"] * late + ["other"] * other
    return pd.DataFrame({"patient": patient, "timepoint": time, "state": state, "clone": None})


def textbook(*, from_product: bool = False) -> pd.DataFrame:
    """Before: late 310 and early 90 of 800; after: early 420 of 1,000, with clones of known
    origin.
    """
    pre = sample("pre", early=90, late=310, other=400)
    post = sample("D60", early=420, late=180, other=400)
    infused = sample("IP", early=50, late=50, other=100)
    shares = (
        {"old": 0.18, "new": 0.08, "given": 0.70}
        if from_product
        else {"old": 0.46, "new": 0.41, "given": 0.09}
    )
    clones: list[str | None] = []
    for kind, share in shares.items():
        clones += [f"{kind}{i % 20}" for i in range(round(share * 420))]
    post.loc[:419, "clone"] = [*clones, *[None] * (420 - len(clones))]
    pre["clone"] = [f"old{i % 20}" for i in range(len(pre))]
    infused["clone"] = [f"given{i % 20}" for i in range(len(infused))]
    return pd.concat([pre, post, infused], ignore_index=True)


def test_the_textbook_patient() -> None:
    calls = dli_response(textbook(), inputs=CellInputs(columns=CLONES), plan=PLAN)
    row, numbers = said(calls).loc["D1"], calls.quantities.loc["D1"]

    assert numbers["late_pre"] == pytest.approx(0.3875)
    assert round(100 * numbers["early_change"], 1) in (30.7, 30.8)
    assert 0.26 < numbers["early_change_low"] < 0.28
    assert 0.34 < numbers["early_change_high"] < 0.36
    assert (row["late_before"], row["early_after"], row["pattern"]) == (
        "yes",
        "yes",
        "responder_like",
    )
    assert row["pattern_text"] == "responder-like pattern (Bachireddy 2021)"
    assert row["origin_text"] == "mainly not from infusion, as in CML-era data"


def test_the_origin_of_the_textbook_clones() -> None:
    calls = dli_response(textbook(), inputs=CellInputs(columns=CLONES), plan=PLAN)
    origin = calls.tables["origin"].set_index("origin")

    assert origin["fraction_cells"].round(2).to_dict() == {
        "pre-existing": 0.46,
        "novel": 0.41,
        "infusion product": 0.09,
        "both": 0.0,
        "untracked": 0.04,
    }
    assert origin["n_clones"].to_dict()["novel"] == 20
    assert origin["n_cells"].sum() == 420


def test_the_same_with_seventy_percent_from_the_product() -> None:
    calls = dli_response(textbook(from_product=True), inputs=CellInputs(columns=CLONES), plan=PLAN)
    row = said(calls).loc["D1"]

    assert row["pattern"] == "responder_like"
    assert row["origin_text"] == "mainly infusion: as in AML (Maurer 2025)"


def test_the_counter_evidence_is_always_there() -> None:
    calls = dli_response(textbook(), inputs=CellInputs(columns=STATE), plan=PLAN)

    assert "Maurer 2025" in caveats(calls)["COUNTER_EVIDENCE"]
    assert {"RUO", "PSEUDOREP", "CONTEXT_DLI"} <= set(caveats(calls))


MISSING = {
    "both there": (310, 420, "responder_like"),
    "late missing": (40, 420, "missing_late"),
    "early missing": (310, 20, "missing_early"),
    "both missing": (40, 20, "missing_both"),
}


@pytest.mark.parametrize(("late", "early", "call"), MISSING.values(), ids=MISSING.keys())
def test_the_missing_component_is_named(late: int, early: int, call: str) -> None:
    cells = pd.concat(
        [
            sample("pre", early=90, late=late, other=710 - late),
            sample("D60", early=early, late=100, other=900 - early),
        ],
        ignore_index=True,
    )
    row = said(dli_response(cells, inputs=CellInputs(columns=STATE), plan=PLAN)).loc["D1"]

    assert row["pattern"] == call
    if call != "responder_like":
        assert "missing" in row["pattern_text"]


def test_never_a_resistant_subtype() -> None:
    """Whatever the components, no label, text or reason of the scheme holds the word."""
    scheme = load_cell_scheme("dli_response")
    values = {
        "n_pre": (np.nan, 50, 500),
        "n_post": (np.nan, 50, 500),
        "late_minus_reference": (np.nan, -0.1, 0.1),
    }
    values |= {
        "early_change": (np.nan, 0.1),
        "early_change_low": (-0.1, 0.1),
        "early_change_high": (-0.05, 0.2),
    }
    values |= {"origin_product": (np.nan, 0.7, 0.1), "origin_not_product": (np.nan, 0.8)}
    table = pd.DataFrame(product(*values.values()), columns=list(values))
    found = apply_cell_scheme(scheme, table).to_frame()
    text = found.to_csv().lower()

    assert "resistan" not in text
    assert not any(word in text for word in scheme.forbidden_words)
    assert set(found["pattern"]) >= {
        "responder_like",
        "missing_both",
        "not_assessable",
        "indeterminate",
    }


NAMED = {
    "under 100 T cells before": (
        [sample("pre", early=9, late=30, other=60), sample("D60", early=420, late=100, other=480)],
        (
            "early_after",
            "indeterminate",
            "too few T cells before infusion (99 T cells, 100 are needed)",
        ),
    ),
    "under 100 T cells after": (
        [sample("pre", early=90, late=310, other=400), sample("D60", early=42, late=10, other=47)],
        (
            "early_after",
            "indeterminate",
            "too few T cells after infusion (99 T cells, 100 are needed)",
        ),
    ),
    "one time point": (
        [sample("pre", early=90, late=310, other=400)],
        ("early_after", "not_assessable", "one time point: no sample from after infusion"),
    ),
    "the interval includes 0": (
        [
            sample("pre", early=90, late=310, other=400),
            sample("D60", early=120, late=100, other=780),
        ],
        ("early_after", "indeterminate", "the interval of the change includes 0"),
    ),
}


@pytest.mark.parametrize(("parts", "expected"), NAMED.values(), ids=NAMED.keys())
def test_named_outcomes(parts: list[pd.DataFrame], expected: tuple[str, str, str]) -> None:
    cells = pd.concat(parts, ignore_index=True)
    row = said(dli_response(cells, inputs=CellInputs(columns=STATE), plan=PLAN)).loc["D1"]

    assert (row[expected[0]], row[f"{expected[0]}_reason"]) == expected[1:]
    assert row["pattern"] in ("indeterminate", "not_assessable")


def test_without_a_reference_few_patients_make_none() -> None:
    row = said(dli_response(textbook(), inputs=CellInputs(columns=STATE))).loc["D1"]

    assert row["late_before"] == "indeterminate"
    assert (
        row["late_before_reason"]
        == "nothing to compare with (no reference was given and 1 patients make no median; 10 are"
        " needed)"
    )
    assert row["pattern_reason"] == "(a) is indeterminate"


def test_ten_patients_make_their_own_median() -> None:
    parts = [
        sample("pre", early=20, late=20 + 10 * i, other=400, patient=f"D{i}") for i in range(11)
    ]
    parts += [sample("D30", early=200, late=50, other=250, patient=f"D{i}") for i in range(11)]
    calls = dli_response(pd.concat(parts, ignore_index=True), inputs=CellInputs(columns=STATE))
    frame = said(calls)

    assert frame["late_before"].value_counts().to_dict() == {"yes": 6, "no": 5}
    assert calls.quantities["reference_late"].nunique() == 1  # noqa: PD101


def test_without_receptors_of_the_product_novel_cannot_be_told() -> None:
    cells = textbook()
    calls = dli_response(
        cells[cells["timepoint"] != "IP"].reset_index(drop=True),
        inputs=CellInputs(columns=CLONES),
        plan=PLAN,
    )
    row = said(calls).loc["D1"]
    origin = calls.tables["origin"].set_index("origin")["n_cells"]

    assert row["origin"] == "not_assessable"
    assert "no receptors of the product" in row["origin_reason"]
    assert origin["novel"] == 0
    assert origin["untracked"] > 170


def test_without_any_receptor_the_origin_is_not_assessable() -> None:
    calls = dli_response(
        textbook().drop(columns="clone"), inputs=CellInputs(columns=STATE), plan=PLAN
    )

    assert said(calls).loc["D1", "origin"] == "not_assessable"
    assert calls.tables["origin"].empty


def test_the_first_deep_sample_after_infusion_is_compared() -> None:
    cells = pd.concat(
        [
            sample("pre", early=90, late=310, other=400),
            sample("D90", early=500, late=10, other=490),
            sample("D30", early=300, late=10, other=690),
            sample("D7", early=10, late=10, other=20),
        ],
        ignore_index=True,
    )
    inputs = CellInputs(columns=STATE)
    first = dli_response(cells, inputs=inputs, plan=PLAN).tables["patients"].iloc[0]
    chosen = (
        dli_response(cells, inputs=inputs, plan=DliPlan(reference_late=0.3, after="day 90"))
        .tables["patients"]
        .iloc[0]
    )

    assert first["after"] == "day 30"
    assert chosen["after"] == "day 90"
    assert chosen["early_change"] > first["early_change"]


def test_the_product_is_never_taken_for_a_later_sample() -> None:
    cells = pd.concat(
        [sample("pre", early=90, late=310, other=400), sample("IP", early=420, late=100, other=480)]
    )
    row = said(
        dli_response(cells.reset_index(drop=True), inputs=CellInputs(columns=STATE), plan=PLAN)
    ).loc["D1"]

    assert row["early_after_reason"] == "one time point: no sample from after infusion"


def test_the_same_cells_give_the_same_interval() -> None:
    one, two = (
        dli_response(textbook(), inputs=CellInputs(columns=STATE), plan=PLAN).quantities
        for _ in range(2)
    )

    pd.testing.assert_frame_equal(one, two)


def test_no_sample_from_before() -> None:
    cells = textbook()
    with pytest.raises(SamplesError) as caught:
        dli_response(
            cells[cells["timepoint"] != "pre"].reset_index(drop=True),
            inputs=CellInputs(columns=STATE),
        )

    assert (
        str(caught.value)
        == "E989 No time point is from before infusion (IP, day 60). Call it 'pre', or name it"
        " (before=)."
    )
