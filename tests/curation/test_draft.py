"""Drafts: symbols of any year become today's, what cannot is left out, and every change is a
note.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.curation import Drafted, draft, draft_file, draft_library
from resistype.curation.draft import read_names
from resistype.errors import SignatureError
from resistype.genes.names import gene_table
from resistype.library import check_paths, export_text, load_library, write_toml
from tests.strategies import gene_names

SHIPPED = load_library()


def test_a_plain_list() -> None:
    made = draft("My set", ["B2M", "TAP1"])

    assert (made.signature.id, made.signature.name, made.signature.genes) == (
        "my_set",
        "My set",
        ("B2M", "TAP1"),
    )
    assert (made.signature.status, made.signature.species, made.notes) == ("recalled", "human", ())


NAMES = {
    "previous": ("DDX58", ("RIGI",), "1 name was updated: DDX58 → RIGI."),
    "alias": ("PD-L1", ("CD274",), "1 name was updated: PD-L1 → CD274."),
    "Ensembl": ("ENSG00000141510.18", ("TP53",), "1 name was updated: ENSG00000141510.18 → TP53."),
    "space": (" TP53 ", ("TP53",), "1 name was updated:  TP53  → TP53."),
    "ambiguous": ("STRA13", (), "1 name was left out: STRA13 (may be BHLHE40 or CENPX)."),
    "date": (
        "1-Mar",
        (),
        "1 name was left out: 1-Mar (a date that a spreadsheet made of MARCHF1 or MTARC1).",
    ),
    "unknown": ("QQQQ1", (), "1 name was left out: QQQQ1 (no known name of a gene)."),
    "Cyrillic": ("CD8\u0410", (), "1 name was left out: CD8\u0410 (U+0410)."),
    "zero width": ("B2M\u200b", (), "1 name was left out: 'B2M\\u200b' (U+200B)."),
}


@pytest.mark.parametrize(("name", "genes", "note"), NAMES.values(), ids=NAMES)
def test_each_kind_of_name(name: str, genes: tuple[str, ...], note: str) -> None:
    made = draft("x", ["TAP1", name])

    assert made.signature.up == ("TAP1", *genes)
    assert made.notes == (note,)


def test_names_left_out_stay_beside_the_list() -> None:
    made = draft("x", ["B2M", "QQQQ1", "STRA13", "WARS"])

    assert made.signature.dropped == ("QQQQ1", "STRA13")
    assert made.signature.symbol_updates == {"WARS": "WARS1"}


def test_one_gene_under_two_names_is_one_gene() -> None:
    made = draft("x", ["VSIR", "C10orf54", "B2M", "B2M"])

    assert made.signature.up == ("VSIR", "B2M")
    assert "2 names were dropped as the same gene as another: C10orf54 (VSIR), B2M." in made.notes


def test_a_gene_up_and_down_stays_where_it_came_first() -> None:
    made = draft("x", ["TOX"], ["TOX", "IL7R"])

    assert (made.signature.up, made.signature.down) == (("TOX",), ("IL7R",))


def test_weights_follow_their_genes() -> None:
    made = draft("x", {"WARS": 0.5, "B2M": 2}, {"IL7R": -1.0})

    assert made.signature.weights == {"WARS1": 0.5, "B2M": 2.0, "IL7R": -1.0}


def test_mouse_lists_are_known_as_such() -> None:
    made = draft("x", ["Tox", "Pdcd1", "Gzmb", "H2-K1"])

    assert (made.signature.species, made.signature.up) == (
        "mouse",
        ("Tox", "Pdcd1", "Gzmb", "H2-K1"),
    )


def test_fields_are_taken_over() -> None:
    made = draft(
        "x", ["B2M"], fields={"axis": "ifng", "id": "other", "source": {"citation": "A 2020"}}
    )

    assert (made.signature.id, made.signature.axis, made.signature.status) == (
        "other",
        "ifng",
        "secondary",
    )


@pytest.mark.parametrize(
    ("genes", "fields", "message"),
    [
        (["QQQQ1"], {}, "no gene in 'up' or 'down'"),
        ([], {}, "no gene in 'up' or 'down'"),
        (["B2M"], {"axis": "ifn"}, "axis: Input should be"),
        (["B2M"], {"version": "1"}, "version: String should match"),
        (["B2M"], {"magic": "1"}, "magic: there is no such field"),
        (["B2M"], {"id": "../x"}, "id: String should match"),
    ],
)
def test_what_makes_no_signature(genes: list[str], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        draft("x", genes, fields=fields)
    assert caught.value.code == "E210"


def test_long_lists_of_changes_are_counted() -> None:
    made = draft("x", ["B2M", *(f"QQQQ{n}" for n in range(30))])

    assert made.notes[0].startswith("30 names were left out: QQQQ0 (no known name of a gene), ")
    assert made.notes[0].endswith(" and 25 more.")


def test_a_draft_passes_the_checks_once_it_has_a_source(tmp_path: Path) -> None:
    fields = {"description": "What it measures.", "source": {"citation": "A 2020"}}
    made = draft("mine", ["WARS", "STRA13", "1-Mar", "VSIR", "C10orf54", "B2M"], fields=fields)
    path = write_toml(made.signature, tmp_path)

    assert [item for item in check_paths([path]) if item.severity != "note"] == []


@given(names=st.lists(gene_names(), max_size=12))
@settings(deadline=None, max_examples=80)
def test_nothing_is_lost_without_a_word(names: list[str]) -> None:
    try:
        made = draft("x", ["B2M", *names], fields={"species": "human"})
    except SignatureError:
        return
    one = made.signature
    accounted = {*one.genes, *one.symbol_updates, *one.dropped}
    text = " ".join(made.notes)

    assert set(one.genes) <= gene_table().approved
    assert len(one.genes) == len(set(one.genes))
    for name in names:
        assert (
            not name.strip()
            or name in accounted
            or name.strip() in accounted
            or name in text
            or ascii(name) in text
        )


# files


@pytest.mark.parametrize("kind", ["gmt", "ucell", "msigdb", "net", "signaturesets", "enrichr"])
def test_drafts_from_every_format(kind: str, tmp_path: Path) -> None:
    wanted = [SHIPPED["mhc1_core"], SHIPPED["treg_teff_imbrave"]]
    path = tmp_path / "a.txt"
    path.write_text(export_text(wanted, kind).text, encoding="utf-8")

    made = draft_file(path, kind)

    assert [(one.signature.up, one.signature.down) for one in made] == [
        (s.up, s.down) for s in wanted
    ]
    assert all(one.signature.source.path for one in made)


def test_fields_go_over_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("one\ttheirs\tB2M\ntwo\t\tWARS\n", encoding="utf-8")

    made = draft_file(
        path, fields={"axis": "ifng", "description": "ours", "source": {"citation": "A 2020"}}
    )

    assert [one.signature.description for one in made] == ["ours", "ours"]
    assert [one.signature.source.citation for one in made] == ["A 2020", "A 2020"]
    assert [one.notes for one in made] == [(), ("1 name was updated: WARS → WARS1.",)]


def test_rows_without_ids_are_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "signature_name,gene_name,weight,entrez_id\nX,HLA-DQA1,1,\nX,TOX,1,9760\n", encoding="utf-8"
    )

    assert draft_file(path)[0].notes == ("1 rows had no Entrez id (HLA-DQA1).",)


@pytest.mark.parametrize(
    ("text", "message"), [("", "there is no set in it"), ("a\tb\n", ":1: no genes; wanted name")]
)
def test_files_without_sets(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SignatureError, match=re.escape(message)):
        draft_file(path)


# libraries that gseapy has loaded

LIBRARY = {"Interferon Gamma Response": ["WARS", "STAT1"], "Hypoxia": ["VEGFA", "SLC2A1"]}


def test_all_terms_or_some() -> None:
    assert [one.signature.id for one in draft_library(LIBRARY)] == [
        "interferon_gamma_response",
        "hypoxia",
    ]
    (one,) = draft_library(LIBRARY, ["Hypoxia"], fields={"axis": "tumor_intrinsic"})
    assert one.signature.axis == "tumor_intrinsic"


def test_unknown_terms_are_told() -> None:
    with pytest.raises(SignatureError, match="there is no set 'Hypoxi' among the 2"):
        draft_library(LIBRARY, ["Hypoxi"])


def test_names_like_paths_are_refused() -> None:
    with pytest.raises(SignatureError, match="looks like a path"):
        draft_library({"../../x": ["B2M"]})


def test_a_library_file_that_gseapy_reads_too(tmp_path: Path) -> None:
    gseapy = pytest.importorskip("gseapy")
    path = tmp_path / "enrichr.gmt"
    path.write_text("Interferon Gamma\t\tSTAT1\tIRF1\nHypoxia\t\tVEGFA\n", encoding="utf-8")

    theirs = draft_library(gseapy.read_gmt(str(path)))

    assert [one.signature.genes for one in theirs] == [
        one.signature.genes for one in draft_file(path)
    ]


# text files of names


@pytest.mark.parametrize(
    "text",
    [
        "B2M\nTAP1\n",
        "B2M, TAP1",
        "B2M;TAP1",
        "B2M\tTAP1",
        "# a list\nB2M # heavy\n\nTAP1",
        "B2M\r\nTAP1\r\n",
    ],
)
def test_lists_of_names_in_any_layout(text: str, tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(text.encode("utf-8"))

    assert read_names(path) == ["B2M", "TAP1"]


def test_an_absent_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="There is no file"):
        read_names(tmp_path / "names.txt")


def test_a_draft_is_a_value() -> None:
    one = draft("x", ["B2M"])

    assert one == Drafted(one.signature, ())
