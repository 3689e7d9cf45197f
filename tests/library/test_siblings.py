"""Schemes as data: what stands behind an axis, and which genes another axis counts too."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistype.library import Library, Signature, load_library
from resistype.library.rules import scheme_axes, shared_with_siblings

SCHEME = """
[quantities.one]
signature = "a"
[quantities.changed]
of = "one"
[quantities.left]
of = "two"
on = ["one"]
[quantities.two]
signature = "b"
[[axes]]
id = "first"
evidence = ["one"]
[[axes.rules]]
when = ["changed >= limit", "lacks one", "call second is up"]
[[axes]]
id = "second"
[[axes.rules]]
when = ["left <= -limit"]
"""


def folder(tmp_path: Path, text: str = SCHEME, name: str = "mine.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_signatures_behind_axes_are_found_through_all_steps(tmp_path: Path) -> None:
    assert scheme_axes(folder(tmp_path)) == {
        "mine": {"first": frozenset({"a"}), "second": frozenset({"b"})}
    }


@pytest.mark.parametrize("text", ["[", "x = 1", "quantities = 1\naxes = 2", "axes = []", ""])
def test_files_that_are_no_schemes_are_left_alone(text: str, tmp_path: Path) -> None:
    assert scheme_axes(folder(tmp_path, text)) == {}


def test_a_circle_of_quantities_ends(tmp_path: Path) -> None:
    text = (
        '[quantities.a]\nof = "b"\n[quantities.b]\nof = "a"\n[[axes]]\nid = "x"\nevidence = ["a"]\n'
    )

    assert scheme_axes(folder(tmp_path, text)) == {"mine": {"x": frozenset()}}


def test_the_shipped_schemes_name_signatures_of_the_library() -> None:
    named = {key for axes in scheme_axes().values() for behind in axes.values() for key in behind}

    assert "mhc1_core" in named
    assert [key for key in sorted(named) if key not in load_library()] == []


def sentences(key: str, axis: str, *genes: str) -> list[str]:
    return list(shared_with_siblings(key, axis, frozenset(genes), library=load_library()))


def test_a_signature_of_a_scheme_is_compared_with_its_other_axes() -> None:
    library = load_library()

    found = sentences("mhc1_core", "antigen_presentation", *library["mhc1_core"].genes)

    assert any("benci_ifng_gs (B2M, HLA-A, NLRC5, TAP1, …)" in text for text in found)


def test_a_new_signature_is_compared_with_other_subjects() -> None:
    mhc = load_library()["mhc1_core"].genes

    assert any("8 of 8 with mhc1_core" in text for text in sentences("mine", "ifng", *mhc))
    assert not any("mhc1_core" in text for text in sentences("mine", "antigen_presentation", *mhc))


@pytest.mark.parametrize("axis", ["custom", "control", ""])
def test_a_signature_without_a_subject_is_left_alone(axis: str) -> None:
    assert sentences("mine", axis, *load_library()["mhc1_core"].genes) == []


def test_one_gene_is_no_overlap() -> None:
    assert sentences("mine", "ifng", "B2M", *(f"G{n}" for n in range(7))) == []


def test_signatures_that_the_library_lacks_are_passed_over() -> None:
    empty = Library([Signature(id="other", name="o", up=("B2M",))])

    assert (
        list(shared_with_siblings("mine", "ifng", frozenset({"B2M", "TAP1"}), library=empty)) == []
    )
