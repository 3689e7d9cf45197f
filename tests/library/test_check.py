"""The checks: every rule finds its defect, with line, code and remedy; the shipped library has
no error.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.library import Library, Signature, check_library, check_paths, load_library, to_toml
from resistype.library.check import Finding
from resistype.library.rules import CLAIM_RULES, NAME_RULES

HEAD = """\
format = "resistype-signature"
format_version = 1
id = "mine"
version = "1.0.0"
name = "Mine"
axis = "custom"
species = "human"
status = "secondary"
description = "What it measures."
"""
SOURCE = """
[source]
citation = "Somebody 2020"
doi = "10.1016/j.cell.2019.07.019"
identifier_status = "given"
"""
NOTHING_BESIDE = Library()


def check(
    text: str, folder: Path, *, library: Library = NOTHING_BESIDE, name: str = "mine.toml"
) -> list[Finding]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return check_paths([path], library=library)


def genes(*names: str) -> str:
    return (
        HEAD
        + "up = [\n"
        + "".join(f"  {json.dumps(name, ensure_ascii=False)},\n" for name in names)
        + "]\n"
        + SOURCE
    )


def test_a_good_file_has_no_complaint(tmp_path: Path) -> None:
    assert check(genes("B2M", "TAP1"), tmp_path) == []


NAMES = {
    "space": (" B2M", "L101", "' B2M' has spaces around it. Remove them."),
    "zero width": ("B2M\u200b", "L101", "holds U+200B; gene names are plain ASCII. Type it again."),
    "Cyrillic": ("CD8\u0410", "L101", "holds U+0410; gene names are plain ASCII. Type it again."),
    "outdated": ("WARS", "L102", "'WARS' is an earlier symbol of WARS1. Write WARS1."),
    "alias": ("PD-L1", "L102", "'PD-L1' is an alias of CD274. Write CD274."),
    "Ensembl": (
        "ENSG00000141510",
        "L102",
        "'ENSG00000141510' is the ensembl id of TP53. Write TP53.",
    ),
    "ambiguous": (
        "STRA13",
        "L103",
        "'STRA13' may mean BHLHE40 or CENPX. Write the one that is meant.",
    ),
    "Excel date": (
        "1-Mar",
        "L104",
        "'1-Mar' is a date that a spreadsheet made of MARCHF1 or MTARC1.",
    ),
    "Excel serial": ("44443", "L104", "'44443' is a date that a spreadsheet made of SEPTIN4."),
    "glued": (
        "PLODDDIT4",
        "L105",
        "'PLODDDIT4' looks like two symbols glued together: PLOD and DDIT4.",
    ),
    "typo": ("EN01", "L106", "'EN01' is no symbol; ENO1 is, and differs by 0/O or 1/I."),
    "mouse": (
        "Gzmb",
        "L107",
        "'Gzmb' is a mouse symbol in a human signature. Split it by species.",
    ),
    "lower case": ("tp53", "L108", "'tp53' is TP53 in other letters. Write TP53."),
    "unknown": ("QQQQQ", "L109", "'QQQQQ' is no symbol, alias or id that is known."),
    "repeated under two names": (
        "IL8",
        "L102",
        "'IL8' is an earlier symbol of CXCL8. Write CXCL8.",
    ),
}


@pytest.mark.parametrize(("name", "code", "message"), NAMES.values(), ids=NAMES)
def test_each_damaged_name_is_found_on_its_line(
    name: str, code: str, message: str, tmp_path: Path
) -> None:
    findings = check(genes("TAP1", name), tmp_path)

    assert [(item.line, item.severity, item.code) for item in findings] == [(12, "error", code)]
    assert message in findings[0].message


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("CXCL8", "IL8", "'IL8' is there as 'CXCL8': both are CXCL8. Keep one."),
        ("B2M", "B2M", "'B2M' is there twice: both are B2M. Keep one."),
        ("VSIR", "C10orf54", "'C10orf54' is there as 'VSIR': both are VSIR. Keep one."),
    ],
)
def test_a_gene_that_is_there_twice(first: str, second: str, message: str, tmp_path: Path) -> None:
    findings = check(genes(first, second), tmp_path)

    assert message in [item.message for item in findings if item.code == "L110"]


def test_a_human_symbol_in_a_mouse_set(tmp_path: Path) -> None:
    findings = check(genes("Gzmb", "Tox", "PDCD1").replace('"human"', '"mouse"'), tmp_path)

    assert [(item.code, item.line) for item in findings] == [("L107", 13)]


def test_a_mouse_set_that_is_none(tmp_path: Path) -> None:
    findings = check(genes("GZMB", "TOX").replace('"human"', '"mouse"'), tmp_path)

    assert "the names do not look like mouse symbols" in findings[-1].message or any(
        "do not look like" in item.message for item in findings
    )


FIELDS = {
    "no source": (
        SOURCE,
        "\n",
        "error",
        "L201",
        "no citation and no repository: nobody can check this list.",
    ),
    "recalled but verified": (
        'status = "secondary"',
        'status = "verified"',
        "error",
        "L202",
        "status is verified, but its identifiers are 'recalled'. Look them up, or write secondary.",
    ),
    "no DOI": (
        "10.1016/j.cell.2019.07.019",
        "doi:10.1016",
        "error",
        "L203",
        "'doi:10.1016' is no DOI",
    ),
    "no description": (
        "What it measures.",
        "",
        "warning",
        "L204",
        "no description: say in a sentence",
    ),
    "another name": (
        'id = "mine"',
        'id = "yours"',
        "error",
        "L205",
        "the id is 'yours' and the file is mine.toml.",
    ),
}


@pytest.mark.parametrize(("old", "new", "severity", "code", "message"), FIELDS.values(), ids=FIELDS)
def test_each_weak_claim_is_found(
    old: str, new: str, severity: str, code: str, message: str, tmp_path: Path
) -> None:
    text = genes("B2M", "TAP1").replace(old, new)
    if code == "L202":
        text = text.replace('"given"', '"recalled"')

    findings = check(text, tmp_path)

    assert [(item.severity, item.code) for item in findings] == [(severity, code)]
    assert message in findings[0].message


def test_a_file_in_the_folder_of_another_axis(tmp_path: Path) -> None:
    folder = tmp_path / "ifng"
    folder.mkdir()

    findings = check(genes("B2M"), folder)

    assert [item.code for item in findings] == ["L206"]
    assert "the axis is 'custom' and the folder is ifng. Move the file." in findings[0].message


def test_a_set_that_nearly_is_another(tmp_path: Path) -> None:
    beside = Library(
        [Signature(id="theirs", name="T", up=("B2M", "TAP1", "TAP2", "HLA-A", "HLA-B"))]
    )

    findings = check(genes("B2M", "TAP1", "TAP2", "HLA-A"), tmp_path, library=beside)

    assert [(item.severity, item.code) for item in findings] == [("note", "L301")]
    assert (
        "nearly the same set as theirs: 4 genes shared, Jaccard 0.80; it lacks HLA-B."
        in findings[0].message
    )


def test_a_set_inside_another(tmp_path: Path) -> None:
    findings = check(
        genes(*load_library()["recalled_immunoproteasome"].genes), tmp_path, library=load_library()
    )

    assert any(
        "5 of its 5 genes are in hallmark_interferon_gamma_response" in item.message
        for item in findings
    )


@pytest.mark.parametrize(
    ("algebra", "message"),
    [
        ("mhc1_core - imv_apm", ""),
        ("mhc1_core", "missing ['B2M'"),
        ("mhc1_core - no_such", "derived_from names no_such, which the library does not hold."),
    ],
)
def test_a_derivation_is_recomputed(algebra: str, message: str, tmp_path: Path) -> None:
    text = genes("NLRC5", "TAPBP").replace(
        'id = "mine"', f'id = "mine"\nderived_from = "{algebra}"'
    )

    findings = [
        item for item in check(text, tmp_path, library=load_library()) if item.code == "L302"
    ]

    assert [message in item.message for item in findings] == ([True] if message else [])


def test_files_that_cannot_be_read_are_findings_too(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("[", encoding="utf-8")
    (tmp_path / "c.xlsx").write_text("x", encoding="utf-8")
    (tmp_path / "d.toml").write_bytes(b"\xff")

    findings = check_paths(
        [tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "c.xlsx", tmp_path / "d.toml"]
    )

    assert [(Path(item.file).name, item.code) for item in findings] == [
        ("a.toml", "E205"),
        ("b.toml", "E206"),
        ("c.xlsx", "E205"),
        ("d.toml", "E205"),
    ]


def test_model_and_rules_complain_together(tmp_path: Path) -> None:
    findings = check(genes("WARS", "WARS").replace('"custom"', '"magic"'), tmp_path)

    assert {item.code for item in findings} == {"E206", "L102", "L110"}


def test_gmt_lines_are_checked(tmp_path: Path) -> None:
    text = "good\td\tB2M\tTAP1\nold\td\tWARS\tB2M \nempty\td\n"

    findings = check(text, tmp_path, name="sets.gmt")

    assert [
        (item.line, item.severity, item.code) for item in findings if item.severity == "error"
    ] == [
        (2, "error", "L101"),
        (2, "error", "L102"),
        (3, "error", "E207"),
    ]


def test_a_folder_is_checked_with_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    check(genes("WARS"), tmp_path)
    check(genes("CTGF"), tmp_path / "deep")

    assert len([item for item in check_paths([tmp_path]) if item.code == "L102"]) == 2


def test_the_shipped_library_has_no_error_and_no_warning() -> None:
    findings = [item for item in check_library() if item.severity != "note"]

    assert findings == []


def test_findings_are_sorted_and_can_be_read_by_machines(tmp_path: Path) -> None:
    findings = check(genes("WARS", "STRA13", "1-Mar"), tmp_path)

    assert findings == sorted(findings)
    assert json.loads(json.dumps(findings[0].to_json()))["code"] == "L102"
    assert re.fullmatch(r".*mine\.toml:11: error L102 'WARS' .*", str(findings[0]))


def test_every_rule_explains_itself() -> None:
    assert all(rule.__doc__ for rule in (*NAME_RULES, *CLAIM_RULES))


def test_written_signatures_pass(tmp_path: Path) -> None:
    item = load_library()["hallmark_hypoxia"]

    assert check(to_toml(item), tmp_path, name="hallmark_hypoxia.toml") == []


@given(text=st.text(max_size=120))
@settings(deadline=None, max_examples=50)
def test_no_text_breaks_the_checks(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("mine.toml", "sets.gmt"):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "named.toml").write_text(genes(text), encoding="utf-8")

    for finding in check_paths([folder, folder / "sets.gmt"], library=NOTHING_BESIDE):
        assert finding.severity in ("error", "warning", "note")
