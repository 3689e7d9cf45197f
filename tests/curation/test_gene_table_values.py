"""Values of strangers: each kind is taken as it is or refused with E219."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.curation.gene_table import (
    GeneTable,
    Row,
    check_size,
    read_gene_table,
    side_of,
    text_of,
    weight_of,
    with_names,
)
from resistype.errors import SignatureError
from resistype.library import Signature

START = GeneTable.of(Signature(id="mine", name="Mine", up=("B2M",), weights={"B2M": 2.0}))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_weight_is_any_finite_number(number: float) -> None:
    assert weight_of(repr(number)) == number
    assert weight_of(" ") is None


@pytest.mark.parametrize("value", ["nan", "inf", "1,5", "1e999", "one"])
def test_a_weight_is_nothing_else(value: str) -> None:
    with pytest.raises(SignatureError, match=r"E219 .* is no finite number"):
        weight_of(value)


@pytest.mark.parametrize("value", [None, 1, [], b"x", "x" * 4001])
def test_a_text_is_a_text_of_some_length(value: Any) -> None:
    with pytest.raises(SignatureError, match="E219"):
        text_of(value)


@pytest.mark.parametrize("value", ["UP", "", None, 1])
def test_a_direction_is_up_or_down(value: Any) -> None:
    with pytest.raises(SignatureError, match="E219"):
        side_of(value)


@given(
    st.lists(st.sampled_from(["TAP1", "TAP2", "WARS"]), max_size=5), st.sampled_from(["up", "down"])
)
def test_names_get_rows_of_their_own(names: list[str], side: str) -> None:
    found, _ = with_names(START, " ".join(names), side, note="n")

    assert [(row.name, row.direction, row.note) for row in found.rows[1:]] == [
        (name, side, "n") for name in names
    ]
    assert len({row.key for row in found.rows}) == len(names) + 1


def test_a_sheet_comes_back_from_its_values() -> None:
    assert read_gene_table(START.to_json()) == START


HARM = {
    "an unknown field": lambda d: d["fields"].update(up=["x"]),
    "two rows of one number": lambda d: d.update(rows=[*d["rows"], *d["rows"]]),
    "a dropped name that is none": lambda d: d.update(dropped=[3]),
    "a rename to nothing": lambda d: d.update(updates={"a": None}),
    "an endless weight": lambda d: d["rows"][0].update(weight=float("inf")),
    "rows that are none": lambda d: d.update(rows=[1]),
    "no rows": lambda d: d.pop("rows"),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
def test_a_sheet_that_was_tampered_with_raises(harm: Any) -> None:
    data = copy.deepcopy(START.to_json())
    harm(data)
    with pytest.raises((SignatureError, KeyError, TypeError, ValueError)):
        read_gene_table(data)


def test_a_sheet_has_a_most() -> None:
    with pytest.raises(
        SignatureError, match=r"E219 5,001 genes are more than a draft holds \(5,000\)"
    ):
        check_size(GeneTable(tuple(Row(i, "B2M") for i in range(5001))))
