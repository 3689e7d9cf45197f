"""The report: a whole page that loads nothing, shows the calls as they are, and takes names for text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import OutputError
from resistype.report import render_report, write_report
from resistype.report.html import _number, _percent
from resistype.scheme import Calls, classify
from resistype.scheme.caveats import CAVEATS
from resistype.scheme.scheme import ABSTENTIONS
from tests.scheme.build import QUICK, cohort, level_calls, paired_calls

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
PLAIN_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "strong",
        "span",
        "ul",
    ),
    *("li", "div", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "code"),
}
PLAIN_ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "title"}


@dataclass
class Element:
    """One tag with its attributes and what stands in it."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, tag: str) -> list[Element]:
        """Elements of that tag within, in the order of the page."""
        below = [c for c in self.children if isinstance(c, Element)]
        return [e for c in below for e in ([c] if c.tag == tag else []) + c.all(tag)]


class Page(HTMLParser):
    """Builds a tree and complains of every tag that is not closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self.open = [self.root]
        self.seen: list[Element] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{element.tag}> is never closed" for element in self.open[1:]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        element = Element(tag, dict(attrs))
        self.seen.append(element)
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1].tag}>")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data}")


@cache
def page(kind: str) -> Page:
    return Page(render_report({"paired": paired_calls, "level": level_calls, "hostile": hostile_calls}[kind]()))


def table_after(found: Page, tag: str, heading: str) -> list[list[str]]:
    """Cells of the first table after a heading."""
    body = found.root.all("main")[0]
    flat = [c for c in body.children if isinstance(c, Element)]
    start = next(k for k, e in enumerate(flat) if e.tag == tag and e.text == heading)
    table = next(e for e in flat[start:] if e.all("table")).all("table")[0]
    return [
        [cell.text for cell in row.children if isinstance(cell, Element)] for row in table.all("tbody")[0].all("tr")
    ]


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("kind", ["paired", "level", "hostile"])
def test_every_tag_is_closed_where_it_should_be(kind: str) -> None:
    assert page(kind).faults == []
    assert render_report(paired_calls()).startswith("<!doctype html>\n<html lang=")


@pytest.mark.parametrize("kind", ["paired", "level", "hostile"])
def test_the_page_needs_nothing_from_outside(kind: str) -> None:
    tags = {element.tag for element in page(kind).seen}
    attributes = {name for element in page(kind).seen for name in element.attributes}
    style = page(kind).root.all("style")[0].text

    assert tags <= PLAIN_TAGS
    assert attributes <= PLAIN_ATTRIBUTES
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("kind", ["paired", "hostile"])
def test_the_policy_forbids_scripts_and_loading(kind: str) -> None:
    head = page(kind).root.all("head")[0]
    metas = head.all("meta")

    assert metas[0].attributes == {"charset": "utf-8"}
    assert metas[1].attributes == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    }
    assert len([m for m in page(kind).seen if m.tag == "meta" and "http-equiv" in m.attributes]) == 1


def test_headings_step_down_one_at_a_time() -> None:
    levels = [int(e.tag[1]) for e in page("paired").seen if re.fullmatch("h[1-6]", e.tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_row_has_as_many_cells_as_its_table_has_headings() -> None:
    tables = [e for e in page("paired").seen if e.tag == "table"]
    for table in tables:
        width = len(table.all("thead")[0].all("th"))
        assert {len(row.all("td")) + len(row.all("th")) for row in table.all("tbody")[0].all("tr")} <= {width}

    assert len(tables) > 64


# ---------------------------------------------------------------- what it shows


@pytest.mark.parametrize("kind", ["paired", "level"])
def test_calls_of_the_cohort_are_the_calls(kind: str) -> None:
    calls = paired_calls() if kind == "paired" else level_calls()
    for axis in calls.scheme.axes:
        counts = pd.Series(calls.verdicts.calls[axis.id]).value_counts().to_dict()
        rows = {cells[0].replace(" ", "_"): cells[1:] for cells in table_after(page(kind), "h3", axis.title)}
        visible = {name for name, label in axis.labels.items() if kind == "paired" or not label.needs_baseline}
        assert set(rows) == visible | set(ABSTENTIONS)
        assert {name: int(cells[1]) for name, cells in rows.items() if cells[1] != "0"} == counts
        for name, cells in rows.items():
            share, basis = calls.base_rate(axis.id, name)
            assert cells[2] == f"{'–' if np.isnan(share) else f'{100 * share:.0f} %'} {basis}"


def test_every_sample_has_its_calls() -> None:
    calls = paired_calls()
    rows = table_after(page("paired"), "h2", "Every sample")

    assert [row[0] for row in rows] == list(calls.samples)
    for place, row in enumerate(rows):
        for axis, cell in zip(calls.scheme.axes, row[1:], strict=True):
            assert cell.replace(" ", "_") == calls.verdicts.calls[axis.id][place]


def test_what_could_not_be_called_is_counted_with_its_reason() -> None:
    calls = paired_calls()
    rows = table_after(page("paired"), "h2", "What could not be called, and why")
    shown = {(row[0], row[1].replace(" ", "_"), row[2]): int(row[3]) for row in rows}
    expected: dict[tuple[str, str, str], int] = {}
    for axis in calls.scheme.axes:
        for call, reason in zip(calls.verdicts.calls[axis.id], calls.verdicts.reasons[axis.id], strict=True):
            if call in ABSTENTIONS:
                expected[axis.title, call, reason] = expected.get((axis.title, call, reason), 0) + 1

    assert shown == expected


def test_evidence_of_a_sample_is_its_evidence() -> None:
    details = next(e for e in page("paired").root.all("details") if e.all("strong")[0].text == "P00-Post")
    evidence = paired_calls().evidence("P00-Post")
    rows = [[cell.text for cell in row.all("td")] for row in details.all("tbody")[0].all("tr")]

    assert len(rows) == len(evidence)
    for shown, row in zip(rows, evidence.itertuples(), strict=True):
        assert shown[:3] == [row.axis.replace("_", " "), row.call.replace("_", " "), row.title]
        assert shown[3] == f"{_number(row.value)} {row.unit}"
        assert shown[4:7] == [row.threshold, _number(row.distance), row.threshold_source]
        assert shown[7:] == [_percent(row.stability), row.coverage]
    assert paired_calls().headline("P00-Post") in details.all("summary")[0].text
    assert "baseline sample: P00-Pre" in details.text


def test_every_code_that_is_printed_is_explained() -> None:
    """Also one that only the last sample carries."""
    calls = paired_calls()
    codes = (*calls.verdicts.caveats[:-1], (*calls.verdicts.caveats[-1], "LESION", "SEVERAL_BIOPSIES"))
    shown = Page(render_report(replace(calls, verdicts=replace(calls.verdicts, caveats=codes))))
    listed = shown.root.all("main")[0].all("ul")[-1].text
    printed = {code for sample in codes for code in sample}

    assert {"LESION", "SEVERAL_BIOPSIES", "NO_BASELINE", "RUO"} <= printed
    for code in printed:
        assert CAVEATS[code] in listed
    for text in calls.run_caveats.values():
        assert text in listed
    assert len(re.findall(r"\bRUO\b", listed)) == 1


def test_the_head_says_what_it_was_compared_with() -> None:
    head = page("paired").root.all("header")[0].text

    assert "64 samples" in head
    assert "reference: baseline biopsies of this cohort (own cohort, paired with own baseline, n = 32)" in head
    assert "Research use only." in head
    assert "Simulated data" not in head


def test_simulated_data_carry_a_banner() -> None:
    calls = level_calls()
    marked = replace(calls, run_caveats={**calls.run_caveats, "SIMULATED": CAVEATS["SIMULATED"]})

    assert Page(render_report(marked)).root.all("header")[0].all("p")[1].attributes == {"class": "banner"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0"), (-1.25, "−1.25"), (1234.5, "1.23e+03"), (float("nan"), "–"), (None, "–"), ("text", "–"), (7, "7")],
)
def test_numbers_for_readers(value: object, expected: str) -> None:
    assert _number(value) == expected


def test_shares_for_readers() -> None:
    assert [_percent(v) for v in (0.0, 0.314, 1.0, float("nan"))] == ["0 %", "31 %", "100 %", "–"]


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    calls = level_calls()
    assert calls.report(tmp_path / "out.html").read_text(encoding="utf-8") == render_report(calls)
    with pytest.raises(OutputError, match="O103"):
        write_report(calls, tmp_path / "no" / "out.html")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


# ---------------------------------------------------------------- names from the data

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</td></tr></table><h1>owned</h1>",
    "</title><script>1</script>",
    "</style><script>1</script>",
    "<!-- -->",
    "<!--",
    "]]>",
    "<![CDATA[x]]>",
    "<iframe src=//evil.example>",
    "<a href='javascript:alert(1)'>x</a>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{{ calls.__class__ }}",
    "&lt;b&gt;",
    "&#60;script&#62;",
    "<b",
    "a\tb",
    "a\nb",
    "javascript:alert(1)",
    "<meta http-equiv=refresh content=0>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "\u202egnp.exe",
]


@cache
def hostile_calls() -> Calls:
    """Names of samples, patients, time points and of the batch column, each more hostile than the last."""
    expression, samples = cohort()
    later = expression.select(list(samples.loc[samples["timepoint"] == "Post", "sample"]))
    names = [*HOSTILE, *(f"S{number}" for number in range(32 - len(HOSTILE)))]
    values = later.values.copy()
    values[:16, later.index.match(["B2M"]).columns] = 0.0
    data = replace(later, values=values, samples=tuple(names), obs=pd.DataFrame(index=names), notes=(HOSTILE[1],))
    table = pd.DataFrame(
        {"id": names, "patient": names[::-1], "timepoint": HOSTILE[0], HOSTILE[1]: [HOSTILE[3]] * 16 + ["other"] * 16}
    )
    return classify(replace(data, source=HOSTILE[4]), samples=table, options=QUICK)


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=[repr(name)[:24] for name in HOSTILE])
def test_a_hostile_name_is_text(number: int) -> None:
    """It stands in the table as it is, and adds nothing to the page but text."""
    rows = table_after(page("hostile"), "h2", "Every sample")
    details = page("hostile").root.all("details")[number]

    assert rows[number][0] == HOSTILE[number]
    assert details.all("strong")[0].text == HOSTILE[number]
    assert [child.tag for child in details.children if isinstance(child, Element)] == ["summary", "p", "div"]


def test_the_same_page_with_harmless_names_has_the_same_tags() -> None:
    calls = hostile_calls()
    harmless = tuple(f"S{number:02}" for number in range(32))
    design = calls.design.assign(patient="P", timepoint="T").set_axis(list(harmless))
    tame = Page(render_report(replace(calls, samples=harmless, design=design)))

    assert [e.tag for e in tame.seen] == [e.tag for e in page("hostile").seen]


def test_hostile_patients_times_columns_notes_and_sources_are_text() -> None:
    details = page("hostile").root.all("details")
    listed = page("hostile").root.all("main")[0].all("ul")[0].text
    reasons = [row[2] for row in table_after(page("hostile"), "h2", "What could not be called, and why")]

    assert f"patient: {hostile_calls().design['patient'].iloc[31]}" in details[31].text
    assert f"timepoint: {HOSTILE[0]}" in details[0].text
    assert f"{HOSTILE[4]}: 32 samples" in listed
    assert HOSTILE[1] in listed
    assert any(f"(B2M in the batch {HOSTILE[1]} = {HOSTILE[3]})" in reason for reason in reasons)


def test_the_reason_in_a_tooltip_is_text() -> None:
    cells = [e for e in page("hostile").seen if e.tag == "td" and HOSTILE[1] in (e.attributes.get("title") or "")]

    assert len(cells) == 16
    assert all(set(cell.attributes) == {"class", "title"} for cell in cells)
