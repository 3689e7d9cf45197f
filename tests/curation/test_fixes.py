"""Complaints of a sheet and their mends: the rules of the library, each on the row it is about."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.curation.fixes import Problem, certain, mended, problems
from resistype.curation.gene_table import GeneTable, Row
from resistype.library import Signature, check_paths, load_library, to_toml
from tests.strategies import signatures

FIELDS = GeneTable.of(Signature(id="mine", name="Mine", up=("B2M",))).fields
FILE = Path("mine.toml")


def table(*names: str, **fields: str) -> GeneTable:
    return GeneTable(tuple(Row(i, name) for i, name in enumerate(names)), {**FIELDS, **fields})


def of_rows(given: GeneTable) -> list[Problem]:
    return [one for one in problems(given, FILE, load_library()) if one.row is not None]


CASES = {
    "outdated": ("WARS", "L102", ["WARS1", "leave out"]),
    "Ensembl id": ("ENSG00000141510", "L102", ["TP53", "leave out"]),
    "ambiguous": ("STRA13", "L103", ["BHLHE40", "CENPX", "leave out"]),
    "date": ("1-Mar", "L104", ["MARCHF1", "MTARC1", "leave out"]),
    "glued": ("STAT1IRF1", "L105", ["STAT1 and IRF1", "leave out"]),
    "0 for O": ("F0XP3", "L106", ["FOXP3", "leave out"]),
    "mouse": ("Gzmb", "L107", ["GZMB", "leave out"]),
    "lower case": ("tp53", "L108", ["TP53", "leave out"]),
    "unknown": ("nonsense", "L109", ["leave out"]),
    "spaces": (" TAP1", "L101", ["TAP1", "leave out"]),
    "look-alike": ("В2М", "L101", ["leave out"]),
    "receptor": ("TRAV1-2", "L111", ["leave out"]),
}


@pytest.mark.parametrize(("name", "code", "labels"), CASES.values(), ids=CASES.keys())
def test_a_name_and_its_mends(name: str, code: str, labels: list[str]) -> None:
    found = [one for one in of_rows(table("B2M", name)) if one.code == code]

    assert [(one.row, [mend.label for mend in one.mends]) for one in found] == [(1, labels)]


@pytest.mark.parametrize(("name", "code", "labels"), CASES.values(), ids=CASES.keys())
def test_every_mend_ends_the_complaint(name: str, code: str, labels: list[str]) -> None:
    start = table("B2M", name)
    for label in labels:
        problem = next(one for one in of_rows(start) if one.code == code)
        mend = next(one for one in problem.mends if one.label == label)
        after = mended(start, start.row(1), mend)
        assert [one for one in of_rows(after) if one.code == code] == []


def test_the_same_name_in_two_rows_is_told_of_the_second() -> None:
    found = of_rows(table("TAP1", "B2M", "TAP1", "WARS", "WARS1", "TAP1"))

    assert [(one.row, one.code) for one in found] == [
        (3, "L102"),
        (2, "L110"),
        (4, "L110"),
        (5, "L110"),
    ]


def test_genes_down_come_after_genes_up() -> None:
    rows = (Row(0, "TAP1", "down"), Row(1, "TAP1"), Row(2, "B2M"))
    found = of_rows(GeneTable(rows, FIELDS))

    assert [(one.row, one.code) for one in found] == [(0, "L110")]


def test_one_of_two_passes_its_evidence_on() -> None:
    rows = (Row(0, "WARS1", note="a"), Row(1, "WARS", citation="123", note="b", weight=2.0))
    start = GeneTable(rows, FIELDS)
    problem = next(one for one in of_rows(start) if one.code == "L110")
    after = mended(start, start.row(1), problem.mends[0])

    assert after.rows == (Row(0, "WARS1", citation="123", note="a; b", weight=2.0),)


def test_what_is_left_out_is_kept_as_dropped() -> None:
    start = table("B2M", "nonsense")
    after = mended(start, start.row(1), of_rows(start)[0].mends[0])

    assert [row.name for row in after.rows] == ["B2M"]
    assert after.dropped == ("nonsense",)


def test_only_what_leaves_no_choice_is_certain() -> None:
    found = of_rows(table("WARS", "STRA13", "1-Mar", "tp53", "F0XP3", "Gzmb", "nonsense", "WARS1"))

    assert [one.code for one in found if certain(one)] == ["L102", "L108", "L110"]


def test_a_rename_is_remembered() -> None:
    start = table("WARS")
    after = mended(start, start.row(0), of_rows(start)[0].mends[0])

    assert after.updates == {"WARS": "WARS1"}
    assert after.signature().symbol_updates == {"WARS": "WARS1"}


def test_the_model_is_heard_where_no_rule_speaks() -> None:
    given = GeneTable(
        (Row(0, "B2M", weight=1.0), Row(1, "B2M"), Row(2, "TAP1")), {**FIELDS, "version": "one"}
    )
    messages = [one.message for one in problems(given, FILE, load_library()) if one.code == "E206"]

    assert any(text.startswith("version:") for text in messages)
    assert not any("more than once" in text for text in messages)


def test_nothing_on_the_sheet_is_told() -> None:
    assert [
        one.message for one in problems(table(), FILE, load_library()) if one.severity == "error"
    ] == ["no gene in 'up' or 'down'; a signature needs at least one"]


@given(signatures())
@settings(deadline=None, max_examples=40)
def test_a_sheet_is_judged_as_the_file_would_be(signature: Signature) -> None:
    """The obvious slow way: write the file, check it, compare the codes."""
    given_sheet = GeneTable.of(signature)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{signature.id}.toml"
        path.write_text(to_toml(given_sheet.signature()), encoding="utf-8")
        slow = sorted((one.code, one.severity) for one in check_paths([path]))
        tomllib.loads(path.read_text(encoding="utf-8"))
        fast = sorted(
            (one.code, one.severity) for one in problems(given_sheet, path, load_library())
        )

    assert fast == slow


@given(st.lists(st.text(min_size=1, max_size=30), max_size=8))
@settings(deadline=None, max_examples=60)
def test_any_names_are_judged_and_each_complaint_knows_its_row(names: list[str]) -> None:
    start = table(*names)
    for problem in of_rows(start):
        assert problem.mends
        after = mended(start, start.row(problem.row or 0), problem.mends[-1])
        assert len(after.rows) == len(start.rows) - (not problem.mends[-1].names)
