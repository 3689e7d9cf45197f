"""What a name must not do to the words beside it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.safe.files import legible

TURNING = {"RLE", "LRE", "RLO", "LRO", "RLI", "LRI", "FSI"}


@given(st.text())
def test_nothing_turns_or_hides(text: str) -> None:
    shown = legible(text)

    assert len(shown) == len(text)
    assert not any(
        unicodedata.bidirectional(char) in {"RLE", "LRE", "RLO", "LRO", "RLI", "LRI", "FSI"}
        for char in shown
    )
    assert not any(unicodedata.category(char) == "Cc" for char in shown)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_read_stays(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize(
    ("lines", "shown"), [(False, "a\ufffdb\ufffd\ufffd"), (True, "a\nb\t\ufffd")]
)
def test_breaks_of_lines_stay_where_lines_are_wanted(lines: bool, shown: str) -> None:
    assert legible("a\nb\t\u202e", lines=lines) == shown
