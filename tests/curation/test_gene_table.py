"""The sheet: a signature and back, and what may stand on it that no signature may hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from resistype.curation.gene_table import CHOICES, FORM, GeneTable, Row, known_fields
from resistype.errors import SignatureError
from resistype.library import Signature, load_library
from tests.strategies import signatures


@given(signatures())
@settings(deadline=None)
def test_a_signature_comes_back_from_its_sheet(signature: Signature) -> None:
    assert GeneTable.of(signature).signature() == signature.model_copy(
        update={
            "symbol_updates": {
                k: v for k, v in signature.symbol_updates.items() if v in signature.genes
            }
        }
    )


def test_every_shipped_signature_comes_back() -> None:
    for key, signature in load_library().items():
        found = GeneTable.of(signature).signature()
        assert found.content_hash == signature.content_hash, key
        assert found.model_dump(exclude={"symbol_updates"}) == signature.model_dump(
            exclude={"symbol_updates"}
        ), key


@pytest.mark.parametrize(
    ("citation", "evidence"),
    [
        ("28650338", {"pmid": "28650338", "note": "n"}),
        ("PMID: 28650338", {"pmid": "28650338", "note": "n"}),
        ("1;2", {"pmid": "1;2", "note": "n"}),
        ("Ayers 2017", {"citation": "Ayers 2017", "note": "n"}),
        ("", {"note": "n"}),
        ("٣", {"citation": "٣", "note": "n"}),
    ],
)
def test_a_citation_is_a_pubmed_id_or_words(citation: str, evidence: dict[str, str]) -> None:
    assert Row(0, "B2M", citation=citation, note="n").evidence() == evidence


def test_evidence_comes_back_into_the_row() -> None:
    made = GeneTable(
        (Row(0, "B2M", citation="123", note="seen"), Row(1, "TAP1")),
        dict(GeneTable.of(MINE).fields),
    ).signature()
    rows = GeneTable.of(made).rows

    assert [(row.citation, row.note) for row in rows] == [("123", "seen"), ("", "")]


MINE = Signature(id="mine", name="Mine", up=("B2M", "TAP1"), down=("IL7R",))


def test_what_is_wrong_becomes_no_signature_and_all_is_told() -> None:
    table = GeneTable(
        (Row(0, "B2M"), Row(1, "B2M"), Row(2, "=A1")), {**GeneTable.of(MINE).fields, "version": "1"}
    )
    with pytest.raises(SignatureError, match="E210") as told:
        table.signature()

    assert "begins with '='" in str(told.value)
    assert "version" in str(told.value)


def test_a_weight_for_some_genes_only_is_told() -> None:
    table = GeneTable((Row(0, "B2M", weight=1.0), Row(1, "TAP1")), GeneTable.of(MINE).fields)
    with pytest.raises(SignatureError, match="'weights' and the gene lists differ in TAP1"):
        table.signature()
    assert table.working() is not None


def test_the_working_signature_takes_what_is_understood() -> None:
    names = ["WARS", "B2M", "B2M", "1-Mar", "nonsense", "x" * 100]
    made = GeneTable(
        tuple(Row(i, name) for i, name in enumerate(names)), GeneTable.of(MINE).fields
    ).working()

    assert made is not None
    assert made.signature.genes == ("WARS1", "B2M")
    assert GeneTable((Row(0, "nonsense"),), GeneTable.of(MINE).fields).working() is None
    assert GeneTable().working() is None


def test_a_row_that_is_gone_is_told() -> None:
    with pytest.raises(SignatureError, match="E215 There is no row 7 in the draft"):
        GeneTable.of(MINE).row(7)


def test_renames_are_kept_only_for_genes_that_are_there() -> None:
    table = GeneTable(
        (Row(0, "WARS1"), Row(1, "GARS")),
        GeneTable.of(MINE).fields,
        updates={"WARS": "WARS1", "GARS": "GARS1"},
    )

    assert table.content()["symbol_updates"] == {"WARS": "WARS1"}


def test_the_form_holds_fields_of_the_model() -> None:
    assert set(FORM) <= known_fields()
    assert set(CHOICES) <= set(FORM)
    assert json.loads(json.dumps(GeneTable.of(MINE).to_json()))["rows"][2]["direction"] == "down"
