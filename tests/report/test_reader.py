"""The reader's test of docs/report.md: ten questions, each answered at its place of the report."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from resistype.report import render_report
from resistype.scheme.scheme import ABSTENTIONS
from tests.report.page import Page
from tests.report.test_numbers import firm_calls

DOCS = Path(__file__).resolve().parents[2] / "docs" / "report.md"


@cache
def page() -> Page:
    return Page(render_report(firm_calls()))


@cache
def answers() -> dict[int, tuple[str, str]]:
    """Number of each question, its words, and the place that the guide names for its answer."""
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| .*?`#([a-z]+)`.*?\|$",
        DOCS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {int(number): (question, place) for number, question, place in rows}


def lines() -> dict[str, str]:
    """Text of every sample under Evidence."""
    found = [e for e in page().section("units").all("details") if "s" in e.kind]
    return {e.all("b")[0].text: e.text for e in found}


def test_the_guide_asks_ten_questions() -> None:
    assert sorted(answers()) == list(range(1, 11))


@pytest.mark.parametrize("number", range(1, 11))
def test_the_place_of_each_answer_is_on_the_page(number: int) -> None:
    place = answers()[number][1]

    assert page().section(place).all("h2")
    assert any(a.attributes["href"] == f"#{place}" for a in page().root.all("nav")[0].all("a"))


def test_1_which_patients_changed() -> None:
    rows = page().after("pairs", "IFNγ response")
    changed = {row[0].split(" ")[0] for row in rows if row[3] in ("up", "down")}
    table = firm_calls().to_frame()

    assert changed == set(table.loc[table["ifng"].isin(["up", "down"]), "patient"])
    assert {f"P{k:02}" for k in range(6)} <= changed  # where it was planted


def test_2_on_which_genes() -> None:
    genes = firm_calls().genes
    own = genes[
        (genes["sample"] == "P00-Post") & (genes["signature"] == "hallmark_ifng_without_ap")
    ]
    change = (own["log2"] - own["log2_baseline"]).set_axis(own["gene"])
    first = change.abs().idxmax()

    assert (
        f"Genes of hallmark_ifng_without_ap that moved most from baseline (log2): {first} "
        in lines()["P00-Post"]
    )
    assert f"{first} +{change[first]:.3g}" in lines()["P00-Post"]


def test_3_which_calls_are_firm() -> None:
    calls = firm_calls()
    row = calls.row("P00-Post")
    share = calls.stability.overall("ifng")[row]  # type: ignore[union-attr]

    assert f"again in {100 * share:.0f}\u00a0%" in lines()["P00-Post"]
    assert "withheld and shown as indeterminate" in page().section("stability").text


def test_4_which_were_refused_and_why() -> None:
    calls = firm_calls()
    text = page().section("refused").text
    for axis in calls.scheme.axes:
        given = calls.verdicts.calls[axis.id]
        for reason in {
            r
            for r, c in zip(calls.verdicts.reasons[axis.id], given, strict=True)
            if c in ABSTENTIONS
        }:
            assert reason in text


def test_5_what_was_compared_with_what() -> None:
    said = page().section("asked").text

    assert (
        "Compared with: baseline biopsies of this cohort (this cohort, paired with the"
        " patient's baseline, n = 32)." in said
    )
    assert "baseline P00-Pre" in lines()["P00-Post"]


def test_6_which_thresholds_are_published() -> None:
    rows = page().section("thresholds").all("table")[0].cells()

    assert all(row[2].startswith(("published", "ours")) for row in rows)
    assert f"0 of {len(rows)} are published" in page().section("thresholds").text


def test_7_how_many_patients_and_how_sure() -> None:
    rows = {row[0]: row for row in page().after("calls", "IFNγ response")}

    assert re.fullmatch(r"\d+ of \d+ pairs", rows["up"][2])
    assert re.fullmatch(r"\d+\u00a0% \(\d+\u00a0% to \d+\u00a0%\)", rows["up"][3])
    assert re.match(r"\d+\u00a0% \d+ unrelated reference pairs", rows["up"][5])


def test_8_whether_the_data_were_fit() -> None:
    rows = {row[0]: row[1] for row in page().section("inputs").all("table")[0].cells()}

    assert {
        "Genes of the signatures",
        "Genes not detected",
        "Size of the reference",
        "Pairs",
    } <= set(rows)
    assert rows["Tumour purity"] == "not given"


def test_9_what_may_not_be_concluded() -> None:
    text = page().section("caveats").text
    calls = firm_calls()

    assert "Research use only; not for treatment decisions." in text
    for said in calls.run_caveats.values():
        assert said in text


def test_10_how_to_repeat_and_cite_it() -> None:
    repeat, methods = page().section("repeat").text, page().section("methods").text

    assert (
        "rt.classify(data, scheme='acquired_resistance', samples=dataframe, baseline='Pre')"
        in repeat
    )
    assert f"resistype {firm_calls().run['versions']['resistype']}" in repeat
    assert "doi:10.1016/j.ccell.2023.12.013" in methods
    assert "doi:10.1038/nature08460" in methods
