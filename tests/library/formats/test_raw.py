"""Raw sets: which names are refused, which ids come of them, and how the model's complaints are
told.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.library import Loss
from resistype.library.formats.raw import RawSet, name_complaint, safe_id, to_signature

PATHS = ["/x", "\\x", "~/x", "C:\\x", "c:/x", "../x", "..\\x", "a/../b", "a\\..\\b", "x/.."]
NAMES = [
    "CD4/CD8 ratio",
    "HALLMARK_X",
    "T cells (CD8+)",
    "a.b.c",
    "γδ T cells",
    "x..y",
    "10% up",
    "α/β",
]


@pytest.mark.parametrize("name", PATHS)
def test_names_that_are_paths(name: str) -> None:
    assert "looks like a path" in name_complaint(name)
    assert to_signature(RawSet(name, ("B2M",)))[0] is None


@pytest.mark.parametrize("name", NAMES)
def test_names_with_a_slash_or_a_dot_are_no_paths(name: str) -> None:
    assert name_complaint(name) == "" or not safe_id(name)


@pytest.mark.parametrize("name", ["\x1b[31m", "a\x00b", "a\u202eb", "a\nb"])
def test_names_that_cannot_be_shown(name: str) -> None:
    message = name_complaint(name)

    assert "cannot be shown" in message
    assert message.isprintable()


@pytest.mark.parametrize("name", ["", "()", "γδ", "..."])
def test_names_that_make_no_id(name: str) -> None:
    assert "no letter or digit" in name_complaint(name)


def test_long_names_are_cut_in_messages() -> None:
    assert len(name_complaint("/" * 10_000)) < 150


def test_the_line_and_the_name_are_told() -> None:
    _, complaints = to_signature(RawSet("mine", ("B2M", "B2M"), line=7))

    assert complaints == [(7, "'mine': 1 genes occur more than once (B2M); keep one of each")]


def test_fields_go_into_the_signature() -> None:
    raw = RawSet("Mine", ("B2M",), ("IL7R",), {"B2M": 1.0, "IL7R": -1.0}, {"description": "about"})

    signature, complaints = to_signature(raw)

    assert complaints == []
    assert signature is not None
    assert (signature.id, signature.name, signature.down, signature.description) == (
        "mine",
        "Mine",
        ("IL7R",),
        "about",
    )


def test_hundreds_of_bad_genes_do_not_flood() -> None:
    _, complaints = to_signature(RawSet("mine", tuple(f"\u0410{n}" for n in range(500))))

    assert len(complaints) == 20


@given(st.text(max_size=60))
def test_every_name_gives_an_id_or_a_complaint(name: str) -> None:
    signature, complaints = to_signature(RawSet(name, ("B2M",)))

    assert (signature is None) == bool(complaints)
    assert signature is None or re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", signature.id)


def test_losses_sort_and_read() -> None:
    losses = [Loss("b", "x", "1"), Loss("a", "y", "2"), Loss("a", "x", "3")]

    assert str(min(losses)) == "a: x is lost (3)"
