"""Sets made of sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.library import Library, Signature
from resistype.library.library import evaluate

GENES = ["B2M", "TAP1", "TAP2", "HLA-A", "GZMB", "TP53"]


def library(**sets: list[str]) -> Library:
    return Library(Signature(id=key, name=key, up=tuple(genes)) for key, genes in sets.items())


@pytest.mark.parametrize(
    ("text", "genes"),
    [
        ("a", ("B2M", "TAP1", "TAP2")),
        ("a - b", ("B2M",)),
        ("a & b", ("TAP1", "TAP2")),
        ("a + c", ("B2M", "TAP1", "TAP2", "GZMB")),
        ("a - b + c", ("B2M", "GZMB")),
        ("a - b - a", ()),
        ("a@1.0.0 - b@1.0.0", ("B2M",)),
    ],
)
def test_operators_from_left_to_right(text: str, genes: tuple[str, ...]) -> None:
    sets = library(a=["B2M", "TAP1", "TAP2"], b=["TAP2", "TAP1"], c=["GZMB", "B2M"])

    assert evaluate(text, sets) == genes


@pytest.mark.parametrize(
    ("text", "names"),
    [("x", "x"), ("a - x - y", "x, y"), ("a-b", "a-b"), ("a@2.0.0", "a@2.0.0"), ("", "")],
)
def test_unknown_sets_are_named(text: str, names: str) -> None:
    assert (
        evaluate(text, library(a=["B2M"]))
        == f"derived_from names {names}, which the library does not hold."
    )


subsets = st.lists(st.sampled_from(GENES), unique=True, min_size=1)


@given(subsets, subsets, subsets)
def test_it_is_set_algebra(a: list[str], b: list[str], c: list[str]) -> None:
    sets = library(a=a, b=b, c=c)

    assert set(evaluate("a - b - c", sets)) == set(a) - set(b) - set(c)
    assert set(evaluate("a & b + c", sets)) == (set(a) & set(b)) | set(c)
