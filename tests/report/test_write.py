"""Reports as files: page or twin by name, pages of patients on which nobody else is named, whole
or not at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import InputError, OutputError
from resistype.report import (
    ReportOptions,
    build_report,
    read_report,
    render_report,
    write_patient_pages,
    write_report,
)
from resistype.text import file_names
from tests.report.page import HOSTILE, Page, cell_calls, hostile_pairs
from tests.scheme.build import level_calls, paired_calls


def test_the_name_of_the_file_says_what_is_written(tmp_path: Path) -> None:
    calls = level_calls()
    page, twin = calls.report(tmp_path / "out.html"), calls.report(tmp_path / "out.json")

    assert page.read_text(encoding="utf-8") == render_report(calls)
    assert read_report(twin) == build_report(calls)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "out.json"]


def test_calls_of_cells_write_the_same_kinds(tmp_path: Path) -> None:
    calls = cell_calls()

    assert calls.report(tmp_path / "c.html").read_text(encoding="utf-8") == render_report(calls)
    assert read_report(calls.report(tmp_path / "c.json")) == build_report(calls)


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="O101"):
        write_report(level_calls(), tmp_path / "no" / "out.html")
    with pytest.raises(
        InputError, match=r"O111 A report is a page .* or its JSON version .*; got 'out.pdf'"
    ):
        write_report(level_calls(), tmp_path / "out.pdf")

    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- one patient


def test_on_a_page_of_one_patient_nobody_else_is_named() -> None:
    calls = paired_calls()
    page = render_report(calls, ReportOptions(patient="P03"))

    assert {f"P{k:02}" for k in range(32) if re.search(rf"\bP{k:02}\b", page)} == {"P03"}
    assert "Patient P03" in Page(page).root.all("h1")[0].text


def test_a_page_of_one_patient_says_the_same_of_that_patient() -> None:
    whole = build_report(paired_calls())
    one = build_report(paired_calls(), ReportOptions(patient="P03"))

    assert one.groups[0].units == tuple(
        unit for unit in whole.groups[0].units if unit.patient == "P03"
    )
    assert one.groups[0].axes == whole.groups[0].axes
    assert one.cohort.tests == whole.cohort.tests
    assert [change.patient for panel in one.cohort.panels for change in panel.changes] == ["P03"]
    assert one.inputs.notes == ()


@pytest.mark.parametrize("make", [paired_calls, cell_calls])
def test_a_patient_who_is_not_there_is_refused(make: object) -> None:
    with pytest.raises(InputError, match="S111 There is no patient 'nobody'"):
        render_report(make(), ReportOptions(patient="nobody"))  # type: ignore[operator]


def test_pages_of_patients(tmp_path: Path) -> None:
    pages = write_patient_pages(paired_calls(), tmp_path / "patients")

    assert list(pages) == [f"P{k:02}" for k in range(32)]
    assert sorted(path.name for path in (tmp_path / "patients").iterdir()) == sorted(
        f"P{k:02}.html" for k in range(32)
    )
    assert pages["P07"].read_text(encoding="utf-8") == render_report(
        paired_calls(), ReportOptions(patient="P07")
    )


def test_pages_of_patients_of_cells(tmp_path: Path) -> None:
    pages = write_patient_pages(cell_calls(), tmp_path)
    page = Page(pages["SIM1"].read_text(encoding="utf-8"))

    assert len(pages) == 5
    assert {row[0] for row in page.after("tables", "Composition")} == {"SIM1"}
    assert not re.search(r"\bSIM[0234]\b", pages["SIM1"].read_text(encoding="utf-8"))


def test_hostile_names_of_patients_stay_in_the_folder(tmp_path: Path) -> None:
    pages = write_patient_pages(hostile_pairs(), tmp_path / "patients")

    assert set(pages) == {*HOSTILE, *(f"S{k}" for k in range(7))}
    assert all(path.parent == tmp_path / "patients" for path in pages.values())
    assert all(
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,70}\.html", path.name) for path in pages.values()
    )
    assert (
        len({path.name.lower() for path in pages.values()})
        == len(pages)
        == len(list(tmp_path.rglob("*.html")))
    )


def test_without_patients_there_are_no_pages(tmp_path: Path) -> None:
    calls = level_calls()
    nobody = replace(calls, design=calls.design.assign(patient=""))
    with pytest.raises(InputError, match="S113 There are no patients"):
        write_patient_pages(nobody, tmp_path / "patients")

    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(max_size=80), unique=True, max_size=12))
def test_file_names_are_plain_and_all_different(names: list[str]) -> None:
    found = file_names(names, ".html")

    assert list(found) == names
    assert len({name.lower() for name in found.values()}) == len(names)
    for name in found.values():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.html", name) or name.startswith("_")
        assert Path(name).name == name
        assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


# ---------------------------------------------------------------- what stands in a report


def test_thresholds_of_every_axis_and_of_the_whole_are_listed() -> None:
    report = build_report(paired_calls())
    scheme = paired_calls().scheme
    shown = {abs(one.value) for one in report.thresholds}

    assert {t.value for axis in scheme.axes for t in axis.thresholds.values()} <= shown
    whole = {one.condition for one in report.thresholds if one.axis == "every axis"}
    assert whole == {
        "same call in repeats: 0.7",
        "cohort shift: 0.8",
        "cohort off a line of the reference: 0.5",
    }


def test_published_thresholds_are_cited() -> None:
    report = build_report(cell_calls())
    published = [one for one in report.thresholds if one.source == "published"]

    wanted = {
        one.text for one in cell_calls().scheme.parameters.values() if one.source == "published"
    }
    assert wanted <= {one.text for one in published}
    assert all(one.citation or one.doi for one in published)
    assert all(any(one.doi in line for line in report.references) for one in published)


def test_the_script_repeats_what_was_asked() -> None:
    script = build_report(paired_calls()).script

    assert script.splitlines()[0] == "import resistype as rt"
    assert "scheme='acquired_resistance', samples=dataframe, baseline='Pre'" in script
    compile(script, "script", "exec")


def test_the_command_is_printed_as_it_was(tmp_path: Path) -> None:
    calls = replace(
        level_calls(), run={**level_calls().run, "command": "resistype classify 'a b.csv' --out o"}
    )
    found = json.loads(calls.report(tmp_path / "r.json").read_text(encoding="utf-8"))

    assert found["command"] == "resistype classify 'a b.csv' --out o"
    assert found["command"] in Page(render_report(calls)).section("repeat").text


def test_checks_say_what_is_not_as_it_should_be() -> None:
    calls = paired_calls()
    thin = calls.coverage.copy()
    thin.loc["benci_isg_rs", ["fraction", "at_floor"]] = [0.5, "MX1, OAS1"]
    about = {**calls.reference, "n": 12, "off_line": {"a ~ b": 0.8}}
    shift = {
        "quantity": "q", "anchor": "far", "n": 12, "state": "one_sided", "above": 0.9, "reason": "",
    }  # fmt: skip
    odd = replace(calls, coverage=thin, reference={**about, "shift": shift})
    checks = {one.name: one for one in build_report(odd).inputs.checks}

    assert checks["Genes of the signatures"].text.endswith("80 % of their genes: benci_isg_rs 50%")
    assert "MX1, OAS1 (benci_isg_rs)" in checks["Genes not detected"].text
    assert checks["Size of the reference"].state == "look"
    beside = checks["Cohort beside another"].text
    assert beside == "90% of 12 samples lie above the median of far; a shifted cohort"
    assert checks["Line of the reference"].state == "look"
    assert {one.state for one in checks.values()} == {"look", "ok", "none"}


def test_biopsies_that_do_not_count_are_said_to() -> None:
    calls = paired_calls()
    design = calls.design.copy()
    design.loc["P00-Post", "counted"] = False
    report = build_report(replace(calls, design=design))
    pairs = next(one for one in report.inputs.checks if one.name == "Pairs")

    assert "1 further biopsies of a time point are called but not counted twice" in pairs.text
    assert len(report.cohort.panels[0].changes) == 31
    assert pd.Series([unit.id for unit in report.groups[0].units]).isin(calls.samples).all()


def test_the_command_line_writes_pages_of_patients_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistype.cli import main
    from resistype.datasets import demo, write_demo

    write_demo(tmp_path / "in")
    (table,) = [path for path in (tmp_path / "in").iterdir() if "samples" in path.name]
    (matrix,) = [path for path in (tmp_path / "in").iterdir() if "expression" in path.name]
    words = [
        "classify",
        matrix,
        "--samples",
        table,
        "--baseline",
        "Pre",
        "--no-stability",
        "--out",
        tmp_path / "out",
    ]
    given = [*map(str, words), "--patient-pages", "--figures"]
    monkeypatch.setattr("sys.argv", ["resistype", *given])
    with pytest.raises(SystemExit) as caught:
        main(given)

    assert caught.value.code == 0
    people = set(demo().samples["patient"])
    assert {path.stem for path in (tmp_path / "out" / "patients").iterdir()} == people
    assert (tmp_path / "out" / "figures" / "profile.png").stat().st_size > 10_000
    assert read_report(tmp_path / "out" / "report.json").command.endswith(
        "--patient-pages --figures"
    )
