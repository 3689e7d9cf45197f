"""What a time point is, and which words its kind allows: Riaz (all on treatment) and the simulated
cohort (at progression).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resistype.cli.run import print_cohort
from resistype.clinical import clinical, phenotypes
from resistype.datasets import demo
from resistype.errors import SamplesError
from resistype.expression import Expression, as_expression
from resistype.report import ReportOptions, build_report, render, write_folder
from resistype.scheme import Calls, load_scheme
from resistype.scheme.scheme import Scheme
from resistype.session import SessionData
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions, apply_scheme
from resistype.widgets.explorer_view import build
from tests.systems.bulk.test_classify import riaz
from tests.systems.bulk.test_pairs_of_biopsies import plain
from tests.systems.bulk.test_pairs_of_biopsies import riaz as riaz_files

QUICK = CallOptions(stability=False)
PERSISTENT = re.compile("persistent", re.IGNORECASE)
TEXT = {".tsv", ".html", ".json"}


@cache
def simulated() -> tuple[Expression, pd.DataFrame]:
    made = demo()
    return as_expression(made.expression), made.samples


def called(options: CallOptions = QUICK, **columns: Any) -> Calls:
    """The simulated cohort, its table with other columns."""
    expression, table = simulated()
    return classify(expression, samples=table.assign(**columns), baseline="Pre", options=options)


# ---------------------------------------------------------------- on treatment


def test_riaz_is_called_as_before_and_said_otherwise(shared: Path) -> None:
    calls = riaz(shared)
    paired = (calls.design["baseline_sample"] != "").to_numpy()
    words = {name: calls.words("ifng", name).word for name in ("up", "down", "stable")}

    assert set(calls.design.loc[paired, "timepoint_kind"]) == {"on_treatment"}
    assert Counter(calls.verdicts.rule_calls["ifng"][paired]) == {
        "up": 13, "down": 3, "stable": 22, "indeterminate": 5,
    }  # fmt: skip
    assert Counter(calls.verdicts.calls["ifng"][paired]) == {
        "up": 12, "down": 3, "stable": 22, "indeterminate": 6,
    }  # fmt: skip
    assert words == {"up": "rose", "down": "fell", "stable": "unchanged"}
    assert set(calls.verdicts.rule_calls["isg_rs"]) == {"not_assessable"}, "7 supported it before"
    assert "during treatment" in calls.verdicts.reasons["isg_rs"][paired][0]
    assert [("ON_TREATMENT" in codes) for codes in calls.verdicts.caveats] == paired.tolist()


def test_no_output_of_riaz_says_persistent(shared: Path, tmp_path: Path) -> None:
    calls = riaz(shared)
    said = [path for path in write_folder(calls, tmp_path) if path.suffix in TEXT]
    texts = {path.name: path.read_text(encoding="utf-8") for path in said}
    texts["patient"] = render(build_report(calls, ReportOptions(patient="Pt1")))
    material = SessionData.from_calls(calls)
    spec = build(material, material_rows(material), title="").spec
    texts["explorer"] = json.dumps(spec)

    assert len(texts) >= 8
    assert {name for name, text in texts.items() if PERSISTENT.search(text)} == set()
    assert "IFNγ rose during treatment" in texts["calls.tsv"]
    assert "No relapse biopsy: taken during treatment." in texts["report.html"]
    assert "this is no sign of resistance" in texts["report.html"]
    assert "asked only of biopsies at progression" in texts["report.html"]
    assert spec["axes"][0]["words"][:3] == ["rose", "fell", "unchanged"]
    page = re.sub(r"<[^>]+>", " ", texts["report.html"])
    assert not re.search(r"IFNγ (response )?(up|down|stable)\b", page)


def material_rows(material: SessionData) -> Any:
    return pd.RangeIndex(material.n_obs).to_numpy()


def test_weeks_are_printed_with_the_words_of_treatment(shared: Path) -> None:
    expression, table = riaz_files(shared)
    rose = next(s for s in plain(shared).samples if "rose" in plain(shared).headline(s))
    table = table.assign(weeks=[4 if name == rose else None for name in table["sample"]])
    calls = classify(expression, samples=table, baseline="Pre", options=QUICK)

    assert "IFNγ rose during treatment (week 4)" in calls.headline(rose)
    assert calls.heading(rose) == "no relapse biopsy: taken during treatment (week 4)"
    others = [calls.headline(name) for name in calls.samples if name != rose]
    assert not [text for text in others if "week" in text]


# ---------------------------------------------------------------- other kinds


@pytest.mark.parametrize(
    ("kind", "headline", "heading", "caveat"),
    [
        ("progression", "IFNγ up + ISG.RS supports", "profile resembles acquired", ""),
        ("on_treatment", "IFNγ rose during treatment", "no relapse biopsy", "ON_TREATMENT"),
        ("after_stop", "IFNγ up", "no relapse biopsy: taken after", "AFTER_STOP"),
        ("unknown", "IFNγ higher", "kind of biopsy not given", "KIND_UNKNOWN"),
    ],
)
def test_each_kind_has_its_words(kind: str, headline: str, heading: str, caveat: str) -> None:
    calls = called(replace(QUICK, timepoint_kinds={"Post": kind}))
    progression = called()
    codes = set(calls.caveats("SIM-P20-Post")) - set(progression.caveats("SIM-P20-Post"))

    assert calls.headline("SIM-P20-Post").startswith(headline)
    assert ("persist" in calls.headline("SIM-P20-Post")) == (kind == "progression")
    assert calls.heading("SIM-P20-Post").startswith(heading)
    assert calls.heading("SIM-P20-Pre") == "level before treatment"
    assert codes == ({caveat} if caveat else set())
    for axis in ("ifng", "antigen_presentation", "dysfunction", "ifn_sensing"):
        assert (calls.verdicts.calls[axis] == progression.verdicts.calls[axis]).all()
    assert calls.base_rates["proportion"].equals(progression.base_rates["proportion"])


def test_post_alone_tells_nothing() -> None:
    expression, table = simulated()
    table = table.drop(columns="timepoint_kind")
    calls = classify(expression, samples=table, baseline="Pre", options=QUICK)

    assert calls.kinds == ("unknown",)
    assert any("--timepoint-kind Post=progression" in n for n in calls.run["input"]["notes"])


def test_kinds_may_differ_within_a_time_point() -> None:
    kinds = simulated()[1]["timepoint_kind"].copy()
    kinds["SIM-P20-Post"] = "on-treatment"
    calls = called(timepoint_kind=kinds)

    assert calls.kinds == ("on_treatment", "progression")
    assert calls.words("ifng", "up").word == "rose / up"
    assert calls.headline("SIM-P20-Post").startswith("IFNγ rose during treatment; not assessed: ")
    assert calls.to_frame().loc["SIM-P20-Post", "isg_rs"] == "not_assessable"
    page = build_report(calls)
    units = {unit.id: unit for unit in page.groups[0].units}
    assert (units["SIM-P20-Post"].calls[0].word, units["SIM-P13-Post"].calls[0].word) == (
        "rose",
        "up",
    )


def test_a_time_point_before_treatment_is_compared_with_nothing() -> None:
    expression, table = simulated()
    table = table.assign(timepoint=table["timepoint"].where(
        table["patient"] != "SIM-P20", table["timepoint"].replace("Post", "Screening")
    )).drop(columns="timepoint_kind")  # fmt: skip
    calls = classify(expression, samples=table, baseline="Pre", options=QUICK)

    assert calls.design.loc["SIM-P20-Post", "baseline_sample"] == ""
    assert calls.heading("SIM-P20-Post") == "level before treatment"


@pytest.mark.parametrize(
    ("options", "columns", "message"),
    [
        ({"timepoint_kinds": {"Post": "late"}}, {}, "E926 .*'late' for 'Post' is no kind"),
        ({"timepoint_kinds": {"On": "progression"}}, {}, "E926 .*no time point 'On'"),
        ({}, {"timepoint_kind": "Post"}, "E926 .*'Post' in column 'timepoint_kind'"),
        ({}, {"weeks": "four"}, "E926 Column 'weeks' .*'four' is no number of weeks"),
    ],
)
def test_what_is_not_known_is_refused(
    options: dict[str, Any], columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(SamplesError, match=re.compile(message, re.DOTALL)):
        called(replace(QUICK, **options), **columns)


# ---------------------------------------------------------------- the clinical gate


@pytest.mark.parametrize(
    ("kind", "phenotype", "acquired"),
    [
        ("progression", "acquired", True),
        ("progression", "Acquired resistance (nsclc_ar_2021: yes)", True),
        ("progression", "not acquired", False),
        ("progression", "primary", False),
        ("progression", None, False),
        ("on_treatment", "acquired", False),
        ("after_stop", "acquired", False),
        ("unknown", "acquired", False),
    ],
)
def test_only_course_and_biopsy_together_make_it_acquired(
    kind: str, phenotype: str | None, *, acquired: bool
) -> None:
    calls = called(replace(QUICK, timepoint_kinds={"Post": kind}), clinical=phenotype)
    heading = calls.heading("SIM-P20-Post")

    assert heading.startswith("profile of acquired resistance") == acquired
    if kind == "progression":
        assert heading.endswith(f"clinical phenotype: {phenotype or 'not given'}")


def test_the_courses_of_the_patients_open_the_gate() -> None:
    found = phenotypes(clinical(demo().clinical))
    calls = called(replace(QUICK, clinical=found))
    headings = Counter(
        calls.heading(name).partition(";")[0] for name in calls.samples if name.endswith("Post")
    )
    acquired = sum(words.startswith("acquired") for words in found.values())

    assert 0 < acquired < 32
    assert headings == {
        "profile of acquired resistance": acquired,
        "profile resembles acquired resistance": 32 - acquired,
    }
    assert calls.run["columns"]["clinical"] == found


# ---------------------------------------------------------------- one site


def test_counts_of_change_carry_the_pairs_of_one_site(capsys: pytest.CaptureFixture[str]) -> None:

    table = simulated()[1]
    first = {f"SIM-P{number:02}" for number in range(1, 21)}
    later = table["timepoint"] == "Post"
    moved = later & ~table["patient"].isin(first)
    site = pd.Series("skin", table.index).mask(moved, "lung").mask(table["patient"] == "SIM-P20")
    calls = called(site=site)
    own = calls.design["same_site"] == "yes"
    given = Counter(calls.verdicts.calls["ifng"][own.to_numpy()])
    page = build_report(calls)
    axis = page.groups[0].axes[0]

    assert own.sum() == 19
    assert axis.n_same_site == 19
    shown = {one.id: one.n_same_site for one in axis.labels if one.n_same_site is not None}
    assert shown == {name: given[name] for name in ("up", "down", "stable")}
    assert f"same site only: {given['up']} of 19 pairs" in render(page)
    for test in page.cohort.tests:
        assert test.same_site is not None
        changes = calls.quantities.loc[own, test.quantity]
        assert test.same_site.n == changes.notna().sum() == 19
        assert test.same_site.n_higher == (changes > 0).sum()
    print_cohort(calls)
    words = ", ".join(f"{given[name]} {name}" for name in ("up", "down", "stable"))
    assert f"same site only: {words} of 19 pairs" in capsys.readouterr().out
    assert [s for s in calls.samples if "LESION" in calls.caveats(s)] == list(table.index[moved])


# ---------------------------------------------------------------- rules and files


def test_the_rule_asks_for_a_biopsy_at_progression() -> None:
    given = {"ifng_change": 2.0, "ifng_fraction_up": 1.0, "ifng_random_p": 0.0}
    found = {}
    for at in (1.0, 0.0, None):
        more = {"isg_rs_level": 1.0} | ({} if at is None else {"at_progression": at})
        calls, _ = apply_scheme("acquired_resistance", given | more)
        found[at] = calls["isg_rs"].item()

    assert found == {1.0: "supports_persistence", 0.0: "not_assessable", None: "not_assessable"}


def test_words_of_kinds_survive_a_round_through_the_file(tmp_path: Path) -> None:
    scheme = load_scheme("acquired_resistance")
    path = tmp_path / "copy.toml"
    path.write_text(scheme.to_toml(), encoding="utf-8")

    assert load_scheme(path) == scheme
    assert isinstance(scheme, Scheme)
    assert scheme.axis("ifng").words("indeterminate", ["on_treatment"]).word == "indeterminate"
