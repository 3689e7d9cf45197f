"""Long tables: three headers of SignatureSets, decoupler's net, plain tables of weights, and
what is wrong in a row.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.library import Signature, import_signatures
from resistype.library.formats.exchange import NET, SIGNATURE_SETS, read_raw, weight_of

HEADERS = {
    "SignatureSets": (
        "signature_name,gene_id,gene_type,gene_name,weight,entrez_id\nX,ENSG1,protein_coding,TOX,1,9760"
    ),
    "without ids": "signature_name,gene_name,weight\nX,TOX,1",
    "other words": "signature,gene,coefficient\nX,TOX,1",
    "capitals": "Signature_Name,Gene_Name,Weight\nX,TOX,1",
    "decoupler": "source,target,weight\nX,TOX,1",
    "decoupler without weights": "source,target\nX,TOX",
    "tabs": "source\ttarget\tweight\nX\tTOX\t1",
    "semicolons": "source;target;weight\nX;TOX;1",
    "MSigDB long table": "gs_name,gene_symbol\nX,TOX",
    "quoted": '"source","target","weight"\n"X","TOX","1"',
    "Windows": "source,target,weight\r\nX,TOX,1\r\n",
    "old Mac": "source,target,weight\rX,TOX,1\r",
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_every_header_in_use_is_understood(text: str) -> None:
    sets, complaints = NET.read(text)

    assert complaints == []
    assert [(one.name, one.up, one.down, one.weights) for one in sets] == [
        ("X", ("TOX",), (), None)
    ]


def test_signs_of_weights_are_directions() -> None:
    (one,), _ = NET.read("source,target,weight\nX,TOX,1\nX,IL7R,-1\n")

    assert (one.up, one.down, one.weights) == (("TOX",), ("IL7R",), None)


def test_other_weights_are_kept() -> None:
    (one,), _ = NET.read("source,target,weight\nX,TOX,0.5\nX,IL7R,-2\n")

    assert one.weights == {"TOX": 0.5, "IL7R": -2.0}


def test_a_direction_wins_over_the_sign() -> None:
    (one,), _ = NET.read("source,target,weight,direction\nX,CD276,-0.0239,up\nX,TOX,1,-\n")

    assert (one.up, one.down) == (("CD276",), ("TOX",))
    assert one.weights == {"CD276": -0.0239, "TOX": 1.0}


@pytest.mark.parametrize("header", [",weights", '"",weights', "X,weights", "rn,weight"])
def test_a_table_of_weights_is_named_after_its_file(header: str, tmp_path: Path) -> None:
    path = tmp_path / "cartex-84-weights.csv"
    path.write_text(f"{header}\nTOX,0.5\nLAG3,0.25\n", encoding="utf-8")

    sets, complaints = read_raw(path)

    assert complaints == []
    assert [(one.name, one.weights) for one in sets] == [
        ("cartex-84-weights", {"TOX": 0.5, "LAG3": 0.25})
    ]


def test_latin_letters_of_old_tables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("signature_name,gene_name,weight,note\nX,TOX,1,Müller\n".encode("latin-1"))

    assert [one.up for one in import_signatures(path)] == [("TOX",)]


@pytest.mark.parametrize("value", ["", "NA"])
def test_rows_without_an_entrez_id_are_counted(value: str) -> None:
    (one,), _ = SIGNATURE_SETS.read(
        f"signature_name,gene_name,weight,entrez_id\nX,HLA-DQA1,1,{value}\nX,TOX,1,9760\n"
    )

    assert one.fields == {"without_entrez": ("HLA-DQA1",)}


def test_missing_ids_do_not_stand_in_the_way_of_an_import(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("signature_name,gene_name,weight,entrez_id\nX,HLA-DQA1,1,\n", encoding="utf-8")

    assert import_signatures(path)[0].genes == ("HLA-DQA1",)


FAULTS = {
    "no column of genes": ("name,colour\nX,red\n", (1, "no column of genes among 'name, colour'")),
    "empty gene": ("source,target\nX,\n", (2, "no gene in this row")),
    "weight is text": (
        "source,target,weight\nX,TOX,high\n",
        (2, "the weight 'high' of 'TOX' is no finite number"),
    ),
    "weight is long": ("source,target,weight\nX,TOX," + "9" * 50, (2, "is no finite number")),
    "weight with underscores": (
        "source,target,weight\nX,TOX,1_0\n",
        (2, "the weight '1_0' of 'TOX'"),
    ),
    "weight is endless": ("source,target,weight\nX,TOX,inf\n", (2, "is no finite number")),
    "two names of one id": (
        "source,target\nA b,TOX\na_b,TOX\n",
        (3, "the name 'a_b' becomes the id of another set"),
    ),
    "a path": ("source,target\n../x,TOX\n", (2, "the name '../x' looks like a path")),
    "nothing": ("", (1, "no column of genes among ''")),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_told_with_its_line(text: str, expected: tuple[int, str]) -> None:
    _, complaints = NET.read(text)

    assert [(line, expected[1] in said) for line, said in complaints] == [(expected[0], True)]


def test_a_table_of_faults_is_not_read_to_its_end() -> None:
    sets, complaints = NET.read("source,target,weight\n" + "X,TOX,much\n" * 5_000)

    assert sets == []
    assert len(complaints) == 101
    assert complaints[-1] == (101, "reading was stopped here; mend these rows first")


def test_too_many_sets_are_refused() -> None:
    sets, complaints = NET.read("source,target\n" + "".join(f"s{n},TOX\n" for n in range(20_010)))

    assert sets == []
    assert complaints[-1][1] == "more than 20,000 sets in one file; split it"


def test_weights_of_a_signature_without_any() -> None:
    one = Signature(id="x", name="x", up=("TOX",), down=("IL7R",))

    assert [weight_of(one, gene) for gene in one.genes] == [1.0, -1.0]


def test_numbers_come_back_to_the_last_bit() -> None:
    values = {"TOX": 0.1 + 0.2, "LAG3": 1e-300, "PDCD1": 123456789.123456789}
    one = Signature(id="x", name="x", up=tuple(values), weights=values)

    (back,), _ = NET.read(NET.write([one]))

    assert back.weights == values


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    sets, complaints = NET.read(text)

    assert all(one.up or one.down for one in sets)
    assert all(line >= 0 for line, _ in complaints)


@given(st.text(alphabet='a,"\n;\t-1.', max_size=100))
def test_no_table_breaks_the_reader(rows: str) -> None:
    NET.read(f"source,target,weight\n{rows}")
