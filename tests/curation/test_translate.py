"""Mouse to human and back: best counterparts, what is lost, what is merged."""

from __future__ import annotations

import pytest

from resistype.curation import translate
from resistype.curation.draft import counterparts
from resistype.errors import SignatureError
from resistype.library import Signature, load_library

MOUSE = Signature(
    id="tex",
    name="Tex",
    species="mouse",
    up=("Tox", "Gzmb", "H2-K1", "Klrh1"),
    down=("Il7r",),
    status="secondary",
)


def test_a_mouse_list_in_human_symbols() -> None:
    made = translate(MOUSE, "human")

    assert (made.signature.up, made.signature.down) == (("TOX", "GZMB", "HLA-A"), ("IL7R",))
    assert (made.signature.id, made.signature.species, made.signature.status) == (
        "tex_human",
        "human",
        "proxy",
    )
    assert made.signature.dropped == ("Klrh1",)
    assert made.notes == ("1 of 5 genes has no human counterpart: Klrh1.",)
    assert made.signature.source.note == "Orthologs of tex@1.0.0 (mouse)."


def test_the_same_species_is_left_alone() -> None:
    assert translate(MOUSE, "mouse").signature is MOUSE


def test_a_human_list_in_mouse_symbols() -> None:
    made = translate(load_library()["mhc1_core"], "mouse")

    assert made.signature.species == "mouse"
    assert {"B2m", "Tap1", "H2-K1", "H2-D1"} <= set(made.signature.up)
    assert any("HLA-C" in note for note in made.notes)


def test_weights_go_with_their_genes() -> None:
    one = Signature(
        id="w", name="w", species="mouse", up=("Tox", "Klrh1"), weights={"Tox": 0.5, "Klrh1": 2.0}
    )

    assert translate(one, "human").signature.weights == {"TOX": 0.5}


def test_genes_that_meet_are_merged() -> None:
    one = Signature(id="m", name="m", species="mouse", up=("Wars1", "Wars", "Tox"))

    made = translate(one, "human")

    assert made.signature.up == ("WARS1", "TOX")
    assert "1 genes share a counterpart with another one and were merged." in made.notes


def test_pairs_are_left_out_with_a_word() -> None:
    made = translate(load_library()["impres_pairs"], "mouse")

    assert made.signature.pairs is None
    assert "Pairs were left out; a pair needs both genes." in made.notes


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(SignatureError, match="no gene in 'up' or 'down'"):
        translate(Signature(id="x", name="x", species="mouse", up=("Klrh1",)), "human")


def test_counterparts_leave_out_what_has_none() -> None:
    assert counterparts(["GNLY", "GZMB"], "mouse") == {"GZMB": "Gzmb"}


@pytest.mark.parametrize(
    "key", [key for key, item in load_library().items() if item.species == "mouse"]
)
def test_every_shipped_mouse_list_has_a_human_form(key: str) -> None:
    item = load_library()[key]

    made = translate(item, "human").signature

    assert len(made) >= 0.6 * len(item)
    assert len(made) + len(made.dropped) <= len(item)


def test_long_ids_stay_ids() -> None:
    long = MOUSE.model_copy(update={"id": "a" * 64, "name": "n" * 200})

    assert len(translate(long, "human").signature.id) <= 64
