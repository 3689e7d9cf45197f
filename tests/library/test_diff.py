"""Differences of versions: what is listed, what it means for the version, how it reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from resistype.library import Scoring, Signature, Source, diff, load_library
from tests.strategies import signatures

BASE = Signature(
    id="mine",
    version="1.2.3",
    name="Mine",
    up=("TOX", "LAG3"),
    down=("IL7R",),
    weights={"TOX": 1.0, "LAG3": 0.5, "IL7R": -1.0},
    source=Source(citation="A 2020", note="first"),
    scoring=Scoring(method="mean", note="as published"),
)


def changed(**fields: Any) -> Signature:
    return Signature.model_validate(BASE.model_dump() | fields)


def test_nothing_changed() -> None:
    found = diff(BASE, BASE)

    assert found.step == "none"
    assert found.version_problem() == ""
    assert str(found) == "mine@1.2.3 → mine@1.2.3: the same score\n  version: fits a none change"


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "gene added": (
        {
            "up": ("TOX", "LAG3", "CTLA4"),
            "weights": {"TOX": 1.0, "LAG3": 0.5, "IL7R": -1.0, "CTLA4": 2.0},
        },
        "major",
        "+ 1 gene: CTLA4",
    ),
    "gene removed": (
        {"down": (), "weights": {"TOX": 1.0, "LAG3": 0.5}},
        "major",
        "- 1 gene: -IL7R",
    ),
    "gene turned": ({"up": ("TOX",), "down": ("IL7R", "LAG3")}, "major", "turned 1 gene: LAG3"),
    "weight": (
        {"weights": {"TOX": 2.0, "LAG3": 0.5, "IL7R": -1.0}},
        "major",
        "weight of TOX: 1.0 → 2.0",
    ),
    "no weights": ({"weights": None}, "major", "weight of TOX: 1.0 → none"),
    "method": (
        {"scoring": Scoring(method="ssgsea", note="as published")},
        "major",
        "scoring.method: mean → ssgsea",
    ),
    "species": ({"species": "mouse"}, "major", "species: human → mouse"),
    "doi": (
        {"source": Source(citation="A 2020", note="first", doi="10.1/x")},
        "minor",
        "source.doi: none → 10.1/x",
    ),
    "status": ({"status": "secondary"}, "minor", "status: recalled → secondary"),
    "axis": ({"axis": "ifng"}, "minor", "axis: custom → ifng"),
    "name": ({"name": "Mine, better"}, "patch", "name: Mine → Mine, better"),
    "note": (
        {"source": Source(citation="A 2020", note="second")},
        "patch",
        "source.note: first → second",
    ),
    "order of genes": ({"up": ("LAG3", "TOX")}, "none", "the same score"),
}


@pytest.mark.parametrize(("fields", "step", "line"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_listed_and_weighed(fields: dict[str, Any], step: str, line: str) -> None:
    found = diff(BASE, changed(**fields))

    assert line in str(found)
    assert found.step == step
    assert found.same_score is (step != "major")


@pytest.mark.parametrize(
    ("fields", "version", "problem"),
    [
        ({"up": ("TOX",), "weights": None}, "2.0.0", ""),
        (
            {"up": ("TOX",), "weights": None},
            "1.3.0",
            "must become version 2.0.0 or later; mine@1.3.0 is not",
        ),
        (
            {"up": ("TOX",), "weights": None},
            "1.2.3",
            "the score can change, so mine@1.2.3 must become version 2.0.0",
        ),
        ({"status": "secondary"}, "1.3.0", ""),
        (
            {"status": "secondary"},
            "1.2.4",
            "the claims changed, so mine@1.2.3 must become version 1.3.0",
        ),
        ({"name": "X"}, "1.2.4", ""),
        ({"name": "X"}, "1.2.2", "the words changed, so mine@1.2.3 must become version 1.2.4"),
        ({"name": "X"}, "1.10.0", ""),
        ({}, "1.2.3", ""),
    ],
)
def test_the_version_must_fit_the_change(
    fields: dict[str, Any], version: str, problem: str
) -> None:
    found = diff(BASE, changed(**fields, version=version)).version_problem()

    assert problem in found
    assert bool(found) is bool(problem)


def test_pairs_are_compared() -> None:
    pairs = load_library()["impres_pairs"]
    fewer = Signature.model_validate(
        pairs.model_dump()
        | {
            "pairs": (pairs.pairs or ())[:1],
            "up": (pairs.pairs or ())[0],
            "down": (),
        }
    )

    found = diff(pairs, fewer)

    assert len(found.pairs_removed) == 14
    assert found.pairs_added == ()
    assert "- 14 pairs: " in str(found)


def test_hundreds_of_weights_are_counted() -> None:
    heavy = load_library()["cartex_630"]
    halved = heavy.model_copy(
        update={"weights": {g: w / 2 for g, w in (heavy.weights or {}).items()}}
    )

    text = str(diff(heavy, halved))

    assert text.count("weight of") == 10
    assert "… and 616 more weights" in text


def test_the_real_example_of_the_library() -> None:
    library = load_library()

    found = diff(library["texpsr_er_proxy@1.0.0"], library["texpsr_er_proxy"])

    assert (found.added, found.removed, found.step) == (
        ("ERO1A",),
        ("HSP90AA1", "HSP90AB1"),
        "major",
    )
    assert found.version_problem() == ""
    assert str(found).splitlines()[0].endswith("scores of the two cannot be compared")


def test_two_different_signatures_can_be_compared() -> None:
    library = load_library()

    found = diff(library["hallmark_interferon_gamma_response"], library["benci_ifng_gs"])

    assert len(found.removed) == 24
    assert found.added == ()


def test_it_becomes_json() -> None:
    data = json.loads(json.dumps(diff(BASE, changed(name="X", version="2.0.0")).to_json()))

    assert data["fields"] == {"name": ["Mine", "X"]}
    assert data["step"] == "patch"


def test_long_texts_are_cut() -> None:
    text = str(diff(BASE, changed(description="x" * 300)))

    assert "description: none → " + "x" * 79 + "…" in text


def test_long_texts_show_where_they_part() -> None:
    old, new = (
        BASE.model_copy(update={"description": "same words " * 30 + end})
        for end in ("one end", "another end")
    )

    (line,) = [text for text in str(diff(old, new)).splitlines() if "description" in text]

    assert line.startswith("  description: …")
    assert "same words one end → …" in line
    assert line.endswith("same words another end")


@given(old=signatures(), new=signatures())
@settings(deadline=None, max_examples=50)
def test_what_is_said_is_what_is_so(old: Signature, new: Signature) -> None:
    found = diff(old, new)

    assert {gene.lstrip("-") for gene in found.added} == set(new.genes) - set(old.genes)
    assert {gene.lstrip("-") for gene in found.removed} == set(old.genes) - set(new.genes)
    assert found.same_score is (old.content_hash == new.content_hash)
    assert str(found)
