"""Words for people: lists say that there are more, and how many only where they know."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.text import listed, plural, separator


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=9))
def test_names_and_the_rest_are_all(names: list[str]) -> None:
    shown, _, more = listed(names, counted=True).partition(" and ")
    n = int(more.split()[0]) if more else 0

    assert (shown.split(", ") if shown else []) == names[:5]
    assert n == max(len(names) - 5, 0)


def test_without_end_no_number_is_claimed() -> None:
    assert listed(itertools.count()) == "0, 1, 2, 3, 4, …"


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 genes"), (1, "1 gene"), (2, "2 genes"), (1234, "1,234 genes")]
)
def test_plural(n: int, words: str) -> None:
    assert plural(n, "gene", "genes") == words


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a\tb\tc", "\t"),
        ("a,b", ","),
        ("a;b;c,d", ";"),
        ("gene\tname, long\tp", "\t"),
        ("one", "\t"),
    ],
)
def test_separator(line: str, found: str) -> None:
    assert separator(line) == found
