"""MSigDB JSON: that of MSigDB is read, ours comes back whole, and what is not JSON is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.library import Signature
from resistype.library.formats.exchange import MSIGDB, load_json
from resistype.library.formats.raw import to_signature

THEIRS = {
    "HALLMARK_TEST": {
        "systematicName": "M5913",
        "pmid": "26771021",
        "exactSource": "Table S1",
        "geneSymbols": ["STAT1", "IRF1"],
        "msigdbURL": "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/HALLMARK_TEST",
        "externalDetailsURL": [],
        "collection": "H",
    }
}


def test_a_file_of_msigdb_is_read_with_its_source() -> None:
    (raw,), complaints = MSIGDB.read(json.dumps(THEIRS))

    signature, problems = to_signature(raw)

    assert complaints == problems == []
    assert signature is not None
    assert (signature.id, signature.up) == ("hallmark_test", ("STAT1", "IRF1"))
    assert (signature.source.pmid, signature.source.path) == ("26771021", "Table S1")
    assert signature.source.citation == "MSigDB M5913"


@pytest.mark.parametrize("pmid", ["", None, "PMC123", 26771021])
def test_an_odd_pmid_does_no_harm(pmid: object) -> None:
    entry = {**THEIRS["HALLMARK_TEST"], "pmid": pmid}

    (raw,), _ = MSIGDB.read(json.dumps({"X": entry}))

    assert to_signature(raw)[0] is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "wanted an object of sets by name"),
        ({}, "wanted an object of sets by name"),
        ({"X": []}, "'X' has no list 'geneSymbols'"),
        ({"X": {"geneSymbols": []}}, "'X' has no list 'geneSymbols'"),
        ({"X": {"geneSymbols": "B2M"}}, "'X' has no list 'geneSymbols'"),
        ({"X": {"geneSymbols": [None]}}, "'X' holds a gene that is no text"),
        ({"X": {"geneSymbols": ["B2M"] * 20_001}}, "'X' has 20,001 genes"),
        ({"X": {"geneSymbols": ["B2M"], "resistype": 7}}, "'X': its part 'resistype' is no object"),
        (
            {"A b": {"geneSymbols": ["B2M"]}, "a_b": {"geneSymbols": ["B2M"]}},
            "becomes the id of another set",
        ),
    ],
)
def test_what_is_wrong_is_told(data: object, message: str) -> None:
    _, complaints = MSIGDB.read(json.dumps(data))

    assert any(message in text for _, text in complaints)


def test_the_line_of_a_fault_is_told() -> None:
    text = json.dumps({"A": {"geneSymbols": ["B2M"]}, "B": {}}, indent=1)

    _, complaints = MSIGDB.read(text)

    assert [line for line, _ in complaints] == [text[: text.index('"B"')].count("\n") + 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ('{"a": 1,}', "not valid JSON"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice in one object; keep one"),
        ('{"x": {"a": 1, "a": 2}}', "the key 'a' occurs twice"),
        ("[NaN]", "NaN is no JSON"),
        ("[Infinity]", "Infinity is no JSON"),
        ("[" * 9 + "]" * 9, "brackets nest deeper than 8"),
        ("[" + "1" * 5000 + "]", "not read: ValueError"),
    ],
)
def test_json_is_read_strictly(text: str, message: str) -> None:
    value, complaints = load_json(text)

    assert value is None
    assert [message in said for _, said in complaints] == [True]


@pytest.mark.parametrize(
    "text", ['"[[[[[[[[[[[["', '{"a": "}}}}]]]]"}', "[[[[[[[[1]]]]]]]]", '"\\"["', "12", "null"]
)
def test_brackets_inside_texts_do_not_count(text: str) -> None:
    value, complaints = load_json(text)

    assert complaints == []
    assert value == json.loads(text)


def test_a_foreign_reader_sees_plain_sets() -> None:
    signed = Signature(id="x", name="x", up=("TOX",), down=("IL7R",))

    data = json.loads(MSIGDB.write([signed]))

    assert {name: entry["geneSymbols"] for name, entry in data.items()} == {
        "X_UP": ["TOX"],
        "X_DN": ["IL7R"],
    }
    assert data["X_DN"]["resistype"] is True


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    sets, complaints = MSIGDB.read(text)

    assert bool(sets) or bool(complaints)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_no_json_breaks_the_reader(data: object) -> None:
    sets, _ = MSIGDB.read(json.dumps({"X": {"geneSymbols": ["B2M"], "resistype": data}, "Y": data}))

    for raw in sets:
        signature, problems = to_signature(raw)
        assert (signature is None) == bool(problems)
