"""GMT, UCell and Enrichr: how lines are read, which pairs are joined, what is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.library import Signature, read_gmt
from resistype.library.formats.gmt import ENRICHR, GMT, UCELL, is_signed

BOTH = Signature(
    id="both", name="Both", up=("TOX", "CXCL13"), down=("IL7R",), description="a\tb\nc"
)


def test_up_and_down_are_two_lines_as_msigdb_writes_them() -> None:
    assert GMT.write([BOTH]) == "both_UP\ta b c\tTOX\tCXCL13\nboth_DN\ta b c\tIL7R\n"


def test_ucell_puts_the_sign_behind_the_gene() -> None:
    assert UCELL.write([BOTH]) == "both\ta b c\tTOX+\tCXCL13+\tIL7R-\n"


def test_enrichr_has_no_description_and_may_have_weights() -> None:
    weighted = Signature(id="w", name="w", up=("TOX", "LAG3"), weights={"TOX": 0.5, "LAG3": -1.0})

    assert (
        ENRICHR.write([BOTH, weighted])
        == "both_UP\t\tTOX\tCXCL13\nboth_DN\t\tIL7R\nw\t\tTOX,0.5\tLAG3,-1.0\n"
    )


@pytest.mark.parametrize(
    "ends", [("_UP", "_DN"), ("_up", "_dn"), ("_UP", "_DOWN"), ("_Up", "_down")]
)
def test_pairs_of_two_lines_are_joined(ends: tuple[str, str]) -> None:
    text = f"X{ends[0]}\tabout\tTOX\nother\t\tB2M\nX{ends[1]}\tabout\tIL7R\n"

    sets, complaints = GMT.read(text)

    assert complaints == []
    assert [(one.name, one.up, one.down) for one in sets] == [
        ("X", ("TOX",), ("IL7R",)),
        ("other", ("B2M",), ()),
    ]


def test_a_pair_may_come_in_either_order() -> None:
    sets, _ = GMT.read("X_DN\td\tIL7R\nX_UP\td\tTOX\n")

    assert [(one.name, one.up, one.down, one.line) for one in sets] == [
        ("X", ("TOX",), ("IL7R",), 1)
    ]


@pytest.mark.parametrize("name", ["t_central_memory_up", "X_DN", "UP", "_UP"])
def test_a_line_without_its_partner_stays_as_it_is(name: str) -> None:
    sets, complaints = GMT.read(f"{name}\td\tTOX\n")

    assert [(one.name, one.up) for one in sets] == [(name, ("TOX",))]
    assert complaints == []


def test_scoring_a_gmt_file_keeps_every_line(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("X_UP\td\tTOX\nX_DN\td\tIL7R\n", encoding="utf-8")

    assert [one.id for one in read_gmt(path)] == ["x_up", "x_dn"]


@pytest.mark.parametrize(
    ("genes", "signed"),
    [
        (["TOX+", "IL7R-"], True),
        (["TOX+"], True),
        (["TOX+", "IL7R"], False),
        (["TOX"], False),
        (["+"], False),
        ([], False),
        (["HLA-A"], False),
    ],
)
def test_signs_behind_genes(genes: list[str], signed: bool) -> None:
    assert is_signed(genes) is signed


def test_signs_are_understood_in_every_gmt_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("one\td\tTOX+\tIL7R-\n", encoding="utf-8")

    (signature,) = read_gmt(path)

    assert (signature.up, signature.down) == (("TOX",), ("IL7R",))


def test_names_stay_as_they_stand_there() -> None:
    (one,), _ = GMT.read("My set\tabout it\t WARS \t1-Mar\t\n")

    assert (one.name, one.up, one.fields) == (
        "My set",
        (" WARS ", "1-Mar"),
        {"description": "about it"},
    )


def test_weights_of_enrichr_are_all_or_none() -> None:
    (whole, part), _ = ENRICHR.read("a\t\tTOX,0.5\tLAG3,2\nb\t\tTOX,0.5\tLAG3\n")

    assert whole.weights == {"TOX": 0.5, "LAG3": 2.0}
    assert part.weights is None


def test_a_weight_that_is_none_is_left_to_the_model() -> None:
    (one,), _ = ENRICHR.read("a\t\tTOX,much\n")

    assert one.weights is not None
    assert one.weights["TOX"] != one.weights["TOX"]


def test_lines_with_faults_are_told_by_number() -> None:
    sets, complaints = GMT.read("a\td\tTOX\n\nb\td\nA\td\tTOX\n")

    assert len(sets) == 1
    assert complaints == [
        (3, "no genes; wanted name, description and genes separated by TABs"),
        (4, "the name 'A' is already on line 1"),
    ]


@given(st.text(max_size=200))
def test_no_text_breaks_a_reader(text: str) -> None:
    for form in (GMT, UCELL, ENRICHR):
        sets, complaints = form.read(text)
        assert all(one.up or one.down for one in sets)
        assert all(line >= 1 for line, _ in complaints)
