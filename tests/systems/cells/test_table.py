"""The table of cells: what time points are read from, and every bad table as a named outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.systems.cells import CellColumns, cell_table
from resistype.systems.cells.table import read_time

TIMES = {
    "IP": ("IP", None, True),
    "infusion_product": ("IP", None, True),
    "Product": ("IP", None, True),
    "D7": ("day 7", 7.0, False),
    "day 14": ("day 14", 14.0, False),
    "Day_21": ("day 21", 21.0, False),
    14: ("day 14", 14.0, False),
    28.0: ("day 28", 28.0, False),
    "0": ("day 0", 0.0, False),
    "-3": ("day -3", -3.0, False),
    "relapse": ("relapse", None, False),
    "D7-CART": ("D7-CART", None, False),
}


@pytest.mark.parametrize(("word", "expected"), TIMES.items(), ids=[str(one) for one in TIMES])
def test_time_points(word: object, expected: tuple[str, float | None, bool]) -> None:
    label, day, product = read_time(word)  # type: ignore[arg-type]

    assert (label, product) == (expected[0], expected[2])
    assert np.isnan(day) if expected[1] is None else day == expected[1]


def obs(**more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"patient": ["A", "A", "B", "B"], "timepoint": ["D7", "IP", "relapse", "D14"], **more}
    )


def test_order_of_times_is_product_days_words() -> None:
    assert cell_table(obs()).times == ("IP", "day 7", "day 14", "relapse")


def test_columns_of_the_frame() -> None:
    table = cell_table(obs(state=list("mmee")), CellColumns(state="state"))

    assert table.frame["day"].tolist()[0] == 7.0
    assert np.isnan(table.frame["day"].tolist()[1])
    assert table.frame["is_product"].tolist() == [False, True, False, False]
    assert table.frame["state"].astype(str).tolist() == list("mmee")
    assert table.notes == ("4 cells of 2 patients; time points: IP, day 7, day 14, relapse.",)


def test_names_of_columns_are_free() -> None:
    given = obs().rename(columns={"patient": "case", "timepoint": "visit"})

    assert cell_table(given, CellColumns(patient="case", timepoint="visit")).times[0] == "IP"


def test_patients_that_are_numbers_stay_what_they_are() -> None:
    table = cell_table(obs(patient=[1, 1, 2, 2]))
    gap = cell_table(obs(patient=[1.0, 1.0, 2.0, 2.0]))

    assert (
        table.frame["patient"].astype(str).tolist()
        == gap.frame["patient"].astype(str).tolist()
        == list("1122")
    )


def test_without_time_points_a_patient_is_one_sample() -> None:
    assert cell_table(obs(), CellColumns(timepoint=None)).times == ("all",)


def test_cells_that_are_no_t_cells_are_left_out() -> None:
    table = cell_table(obs(kind=["CD8 T", "Monocyte", "CD4", "NK"]), CellColumns(lineage="kind"))

    assert len(table.frame) == 2
    assert table.notes[1] == "2 cells are no T cells by their column and left out (Monocyte, NK)."
    assert table.caveats == ()


def test_without_a_lineage_all_cells_count_and_that_is_said() -> None:
    assert cell_table(obs()).caveats == ("LINEAGE_GIVEN_BY_NOBODY",)


def test_a_state_may_be_missing() -> None:
    table = cell_table(obs(state=["m", None, "e", np.nan]), CellColumns(state="state"))

    assert table.frame["state"].isna().tolist() == [False, True, False, True]


def test_a_million_cells_stay_small() -> None:
    n = 200_000
    big = pd.DataFrame(
        {
            "patient": pd.Categorical.from_codes(np.arange(n) % 20, [f"P{i}" for i in range(20)]),
            "timepoint": pd.Categorical.from_codes(np.arange(n) % 2, ["IP", "D14"]),
        }
    )
    table = cell_table(big)

    assert table.frame.memory_usage(index=False).sum() / n <= 12  # bytes a cell


BAD = {
    "cells without patient": (
        obs(patient=["A", None, "B", "B"]),
        {},
        "1 of 4 cells have no patient (column 'patient').",
    ),
    "cells without time point": (
        obs(timepoint=["D7", None, "IP", "IP"]),
        {},
        "1 of 4 cells have no timepoint (column 'timepoint').",
    ),
    "negative days": (
        obs(timepoint=["D7", "-3", "IP", "day -30"]),
        {},
        (
            "negative days: -3, day -30. Days count from infusion; write the product as 'IP', and"
            " give samples from before infusion a word (for example 'pre')."
        ),
    ),
    "two products in one patient": (
        obs(drug=["axi-cel", "tisa-cel", "axi-cel", "axi-cel"]),
        {"product": "drug"},
        (
            "two products in one patient: A has axi-cel and tisa-cel (1 such patients). Give each"
            " infusion its own patient id, or choose one product."
        ),
    ),
    "two groups in one patient": (
        obs(response=["R", "NR", "R", "R"]),
        {"group": "response"},
        (
            "two groups in one patient: A has R and NR (1 such patients). Give each infusion its"
            " own patient id, or choose one group."
        ),
    ),
    "a column that is not there": (
        obs(),
        {"state": "label"},
        "there is no column 'label' (state). The cells' columns are: patient, timepoint.",
    ),
}


@pytest.mark.parametrize(("given", "columns", "line"), BAD.values(), ids=BAD.keys())
def test_bad_tables(given: pd.DataFrame, columns: dict[str, str], line: str) -> None:
    with pytest.raises(SamplesError) as caught:
        cell_table(given, CellColumns(**columns))  # type: ignore[arg-type]

    assert caught.value.code == "E980"
    assert caught.value.message == f"Cells: 1 problem\n  - {line}"


def test_all_complaints_come_at_once() -> None:
    with pytest.raises(SamplesError, match="Cells: 3 problems"):
        cell_table(
            obs(
                patient=[None, "A", "A", "A"],
                timepoint=["D7", "D-7", "D 7", "-1"],
                drug=list("xyxx"),
            ),
            CellColumns(product="drug"),
        )


def test_no_cells() -> None:
    with pytest.raises(SamplesError, match="E980 There are no cells"):
        cell_table(obs().iloc[:0])
