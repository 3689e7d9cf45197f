"""Cells that a spreadsheet would run: forty of them, written so that none runs and read back as
they were.
"""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.text import inert, inert_frame, restored
from tests.trust.cells import FORMULAS, starts_a_formula

PLAIN = ["B2M", "HLA-A", "it's", "'tis", "", " ", "1e-5", "P1 - Pre", "a=b", "Δ=1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_runs_and_each_comes_back(cell: str) -> None:
    written = inert(cell)

    assert isinstance(written, str)
    assert starts_a_formula(cell)
    assert not starts_a_formula(written)
    assert restored(written) == cell.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("cell", PLAIN)
def test_other_text_is_left_alone(cell: str) -> None:
    assert (inert(cell), restored(cell)) == (cell, cell)


@given(st.text(alphabet=st.sampled_from("'=+-@ \tB1＝\u200b")))
def test_no_two_texts_become_the_same(cell: str) -> None:
    written = inert(cell)

    assert isinstance(written, str)
    assert restored(written) == cell
    assert not starts_a_formula(written)


@pytest.mark.parametrize("value", [-1.5, 0, None, True, float("inf")])
def test_what_is_no_text_is_left_alone(value: object) -> None:
    assert inert(value) is value


def test_a_table_with_its_names() -> None:
    table = pd.DataFrame({"=a": ["=1", "b"], "n": [-1.0, 2.0]})
    made = inert_frame(table)

    assert made.columns.tolist() == ["'=a", "n"]
    assert made.iloc[:, 0].tolist() == ["'=1", "b"]
    assert made["n"].tolist() == [-1.0, 2.0]
    assert table.columns.tolist() == ["=a", "n"]


def test_columns_of_one_name_stay_apart() -> None:
    table = pd.DataFrame([["=1", "@2"]], columns=["a", "a"])
    cells = next(csv.reader(io.StringIO(inert_frame(table).to_csv(index=False, header=False))))

    assert cells == ["'=1", "'@2"]


def test_an_empty_table() -> None:
    assert inert_frame(pd.DataFrame()).empty
