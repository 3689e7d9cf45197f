"""`cart_product`: the textbook patient, the simulated study, and every named outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.systems.cells import CellColumns, CellInputs, cart_product
from tests.systems.cells.applied import caveats, notes, said
from tests.systems.cells.study import Study, simulate

STATE = CellColumns(state="state")


def sample(patient: str, time: str, **counts: int) -> pd.DataFrame:
    state = [name if name != "none" else None for name, n in counts.items() for _ in range(n)]
    return pd.DataFrame({"patient": patient, "timepoint": time, "state": state})


def textbook() -> pd.DataFrame:
    return pd.concat(
        [
            sample("T1", "IP", memory=420, cytotoxic=260, exhausted=60, none=460),
            sample("T1", "D10", memory=55, cytotoxic=110, exhausted=135),
        ],
        ignore_index=True,
    )


def test_the_textbook_patient() -> None:
    calls = cart_product(textbook(), inputs=CellInputs(columns=STATE))
    row = said(calls).loc["T1"]
    shares = calls.tables["composition"].set_index(["timepoint", "kind"])
    balance = calls.tables["balance"].set_index("timepoint").loc["IP"]

    assert round(balance["balance"], 2) == 0.69
    assert (balance["n_memory"], balance["n_cytotoxic"], balance["n_cells"]) == (420, 260, 1200)
    assert 0 < balance["low"] < 0.69 < balance["high"]
    assert shares.loc[("IP", "exhausted"), ["numerator", "denominator"]].tolist() == [60, 1200]
    assert shares.loc[("IP", "exhausted"), ["proportion", "low", "high"]].astype(float).round(
        3
    ).tolist() == [
        0.05,
        0.039,
        0.064,
    ]
    assert row["headline"].startswith("memory-leaning product; not assessed: Plasticity")
    assert row["product_balance_text"] == "memory-leaning product"


def test_exhausted_like_cells_at_day_ten_are_expected_at_peak() -> None:
    calls = cart_product(textbook(), inputs=CellInputs(columns=STATE))
    samples = said(calls, "sample")
    share = calls.at("sample").quantities.loc["T1 day 10", "exhausted_fraction"]

    assert share == pytest.approx(0.45)
    assert samples.loc[("T1", "day 10"), "exhaustion"] == "expected_at_peak"
    assert "expected at peak in responders too" in samples.loc[("T1", "day 10"), "headline"]
    assert samples.loc[("T1", "IP"), "exhaustion"] == "reported"
    assert "TIMEPOINT" in samples.loc[("T1", "day 10"), "caveats"]


@pytest.mark.parametrize(
    ("time", "call"),
    [
        ("D7", "reported"),
        ("D8", "expected_at_peak"),
        ("D14", "expected_at_peak"),
        ("D15", "reported"),
        ("IP", "reported"),
    ],
)
def test_the_peak_is_day_eight_to_fourteen(time: str, call: str) -> None:
    cells = sample("A", time, memory=30, cytotoxic=30, exhausted=40)
    found = said(cart_product(cells, inputs=CellInputs(columns=STATE)), "sample")

    assert found["exhaustion"].tolist() == [call]


def test_nothing_says_who_will_respond() -> None:
    calls = cart_product(textbook(), inputs=CellInputs(columns=STATE))
    text = " ".join(
        [said(calls).to_csv(), said(calls, "sample").to_csv(), *caveats(calls).values()]
    ).lower()

    assert not any(word in text for word in calls.scheme.forbidden_words)
    assert {"RUO", "PSEUDOREP", "CAR_DROPOUT", "PRODUCT", "ACTIVATION_NOT_EXHAUSTION"} <= set(
        caveats(calls)
    )


def test_a_cytotoxic_product_and_one_that_leans_nowhere() -> None:
    cells = pd.concat(
        [sample("C", "IP", memory=50, cytotoxic=200), sample("E", "IP", memory=101, cytotoxic=99)]
    )
    found = said(cart_product(cells.reset_index(drop=True), inputs=CellInputs(columns=STATE)))

    assert found["product_balance"].to_dict() == {"C": "cytotoxic_leaning", "E": "indeterminate"}
    assert found.loc["E", "product_balance_reason"] == "the interval of the balance includes 0"


# --- named outcomes -------------------------------------------------------------------------------


def test_under_fifty_t_cells() -> None:
    cells = pd.concat(
        [sample("A", "IP", memory=30, cytotoxic=11), sample("B", "IP", memory=60, cytotoxic=20)]
    )
    calls = cart_product(cells.reset_index(drop=True), inputs=CellInputs(columns=STATE))
    row = said(calls).loc["A"]
    shares = calls.tables["composition"]

    assert row["product_balance"] == "not_assessable"
    assert row["product_balance_reason"] == "too few T cells in the product (41 T cells)"
    assert shares.loc[shares["patient"] == "A", "proportion"].isna().all()
    assert set(shares.loc[shares["patient"] == "A", "reason"]) == {
        "41 cells, 50 are needed for a proportion"
    }


def test_one_time_point() -> None:
    cells = sample("A", "IP", memory=60, cytotoxic=20).assign(
        clone=[f"c{i % 5}" for i in range(80)]
    )
    found = said(
        cart_product(cells, inputs=CellInputs(columns=CellColumns(state="state", clone="clone")))
    ).loc["A"]

    assert found["plasticity"] == found["expansion"] == "not_assessable"
    assert found["plasticity_reason"] == "one time point; plasticity needs two"
    assert found["expansion_reason"] == "one time point; expansion needs two"


def test_no_receptors() -> None:
    found = cart_product(textbook(), inputs=CellInputs(columns=STATE))

    assert said(found).loc["T1", "plasticity"] == "not_assessable"
    assert "no receptors were sequenced" in said(found).loc["T1", "plasticity_reason"]
    assert "No receptor columns: nothing can be said about clones, drift and plasticity." in notes(
        found
    )


def test_no_infusion_product() -> None:
    found = said(
        cart_product(sample("A", "D7", memory=60, cytotoxic=20), inputs=CellInputs(columns=STATE))
    )

    assert found.loc["A", "product_balance_reason"] == "no sample of the infusion product"


def test_states_without_exhaustion_say_nothing_about_it() -> None:
    found = cart_product(
        sample("A", "D10", memory=60, cytotoxic=20), inputs=CellInputs(columns=STATE)
    )
    row = said(found, "sample").iloc[0]

    assert row["exhaustion"] == "not_assessable"
    assert (
        row["exhaustion_reason"]
        == "no cell has an exhausted state (the data have no exhausted cells)"
    )


def test_no_states_at_all() -> None:
    cells = sample("A", "IP", memory=60, cytotoxic=20).drop(columns="state")
    row = said(cart_product(cells)).loc["A"]

    assert row["product_balance"] == "not_assessable"


def test_labels_of_the_gate_without_isoforms_carry_the_message() -> None:
    cells = sample("A", "IP", **{"CD8 unresolved": 60, "CD4 CTL": 10, "T-reg": 10})
    calls = cart_product(cells, inputs=CellInputs(columns=STATE))

    assert said(calls, "sample")["balance"].tolist() == ["not_assessable"]
    assert "CCR7/SELL/TCF7/IL7R" in caveats(calls)["NO_ISOFORMS"]
    assert said(calls, "sample")["car_treg"].tolist() == ["reported"]


def test_labels_of_the_gate_with_isoforms_make_the_balance() -> None:
    cells = sample(
        "A", "IP", **{"CD8 CM": 60, "CD8 Naive": 20, "CD8 EM": 10, "CD8 EMRA": 5, "CD4 CTL": 5}
    )
    calls = cart_product(cells, inputs=CellInputs(columns=STATE))

    assert calls.tables["balance"].loc[0, ["n_memory", "n_cytotoxic"]].tolist() == [80, 20]
    assert "NO_ISOFORMS" not in caveats(calls)


def test_clones_without_cells() -> None:
    clones = pd.Series(["x"], index=["not a cell"])
    with pytest.raises(SamplesError, match="E972 Clones without cells"):
        cart_product(textbook(), inputs=CellInputs(columns=STATE, clones=clones))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patient": None}, "cells have no patient"),
        ({"timepoint": "-4"}, "negative days: -4"),
        ({"drug": ["a"] * 700 + ["b"] * 800}, "two products in one patient"),
    ],
)
def test_bad_tables_are_named(change: dict[str, object], words: str) -> None:
    columns = CellColumns(state="state", product="drug" if "drug" in change else None)
    with pytest.raises(SamplesError, match=words):
        cart_product(textbook().assign(**change), inputs=CellInputs(columns=columns))


# --- the simulated study --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> Study:
    return simulate()


def run(study: Study) -> object:
    columns = CellColumns(timepoint="time", state="state", clone="clone")
    return cart_product(study.cells, inputs=CellInputs(columns=columns))


def test_the_study_through_the_scheme(study: Study) -> None:
    """Expansion, contraction and drift of all patients at about the rates that test_clone_*.py
    state.
    """
    calls = run(study)
    clones, drift = calls.tables["clones"], calls.tables["drift"]  # type: ignore[attr-defined]
    for patient in study.expanded:
        own = clones[clones["patient"] == patient].set_index("clone")["call"]
        own.index = own.index.str.removeprefix(f"{patient}:")
        assert np.mean([own[name] == "expanded" for name in study.expanded[patient]]) >= 0.8
        assert np.mean([own[name] == "contracted" for name in study.contracted[patient]]) >= 0.6
        gone = drift[drift["patient"] == patient].set_index("clone")["drifted"]
        gone.index = gone.index.str.removeprefix(f"{patient}:")
        assert np.mean([gone[name] for name in study.drifted[patient]]) >= 0.6


def test_patients_of_the_study(study: Study) -> None:
    calls = run(study)
    frame = said(calls)  # type: ignore[attr-defined]
    tables = calls.tables  # type: ignore[attr-defined]

    assert frame["expansion"].tolist() == ["seen"] * 3
    assert frame["plasticity"].tolist() == ["seen"] * 3
    assert set(tables) >= {
        "composition",
        "balance",
        "clones",
        "diversity",
        "drift",
        "flow",
        "patients",
    }
    assert tables["flow"].groupby("patient")["fraction"].sum().round(9).tolist() == [1.0] * 3
    assert (tables["diversity"].groupby("patient")["depth"].nunique() == 1).all()  # noqa: PD101


def test_each_patient_by_itself_gives_the_same(study: Study) -> None:
    """Nothing of one patient depends on the others."""
    alone = study.cells[study.cells["patient"] == "SIM1"].reset_index(drop=True)
    columns = CellColumns(timepoint="time", state="state", clone="clone")
    one = said(cart_product(alone, inputs=CellInputs(columns=columns))).loc["SIM1"]
    among = said(run(study)).loc["SIM1"]  # type: ignore[attr-defined]

    of_patient = [
        name for name in one.index if not name.endswith("_base_rate")
    ]  # counted over all patients
    assert one[of_patient].to_dict() == among[of_patient].to_dict()


def test_scores_become_means_of_samples() -> None:
    cells = textbook()
    scores = pd.DataFrame({"exhaustion": np.linspace(0, 1, len(cells))}, index=cells.index)
    table = cart_product(cells, inputs=CellInputs(columns=STATE, scores=scores)).tables["scores"]
    own = scores["exhaustion"][(cells["timepoint"] == "IP").to_numpy()]

    assert table.set_index("timepoint").loc["IP", "mean"] == pytest.approx(own.mean())
    assert table.set_index("timepoint").loc["IP", "n_cells"] == 1200


def test_the_record_says_what_was_done() -> None:
    run = cart_product(textbook(), inputs=CellInputs(columns=STATE)).run

    assert (run["scheme"]["id"], run["scheme"]["version"]) == ("cart_product", "1.0.0")
    assert run["columns"]["state"] == "state"


def test_nothing_is_warned() -> None:
    cart_product(
        textbook(), inputs=CellInputs(columns=STATE)
    )  # a warning is an error in every test
