"""Names out of what people paste: lists, columns with weights, signs, dates that hold spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.curation.gene_table import Typed, read_pasted
from resistype.genes.names import gene_table

CASES = {
    "one a line": ("TP53\nB2M\r\nTAP1", ["TP53", "B2M", "TAP1"]),
    "commas": ("TP53, B2M ,TAP1,", ["TP53", "B2M", "TAP1"]),
    "spaces": ("TP53 B2M   TAP1", ["TP53", "B2M", "TAP1"]),
    "quotes of a spreadsheet": ("\"TP53\";'B2M'", ["TP53", "B2M"]),
    "words behind a #": ("TP53 # the guardian\n# nothing", ["TP53"]),
    "a date keeps its space": ("1 Mar\nTP53", ["1 Mar", "TP53"]),
    "serials stay names": ("44621\nTP53", ["44621", "TP53"]),
    "nothing": (" \n\t\n,;", []),
}


@pytest.mark.parametrize(("text", "names"), CASES.values(), ids=CASES.keys())
def test_names_of_a_paste(text: str, names: list[str]) -> None:
    found, notes = read_pasted(text)

    assert [one.name for one in found] == names
    assert notes == []


def test_a_second_column_of_numbers_is_weights() -> None:
    found, _ = read_pasted("TP53\t1.5\nB2M,-2e-1\nTAP1\tnan\nTAP2\tx")

    assert found[:2] == [Typed("TP53", "", 1.5), Typed("B2M", "", -0.2)]
    assert [one.name for one in found[2:]] == ["TAP1", "nan", "TAP2", "x"]


def test_a_sign_behind_a_name_is_its_direction() -> None:
    found, _ = read_pasted("CD8A+ IL7R- HLA-A - +")

    assert [(one.name, one.direction) for one in found[:3]] == [
        ("CD8A", "up"),
        ("IL7R", "down"),
        ("HLA-A", ""),
    ]


def test_a_text_that_is_no_name_is_told_and_left_out() -> None:
    found, notes = read_pasted("TP53\n" + "x" * 5000)

    assert [one.name for one in found] == ["TP53"]
    assert notes == ["1 pieces of text have more than 200 characters and were not taken as genes."]


@given(
    st.lists(st.sampled_from(sorted(gene_table().approved)), max_size=30),
    st.sampled_from(["\n", ",", " ", "\t; "]),
)
def test_symbols_come_back_as_they_were_pasted(symbols: list[str], between: str) -> None:
    found, notes = read_pasted(between.join(symbols))

    assert [one.name for one in found] == symbols
    assert notes == []


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    found, _ = read_pasted(text)

    assert all(0 < len(one.name) <= 200 for one in found)
