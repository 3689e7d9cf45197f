"""The page: whole, needing nothing, running nothing, taking names for text, and drawn from its
`Report` alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from itertools import pairwise

import pytest

from resistype.report import build_report, read_report, render, render_report, report_json
from resistype.report import build_report as report_of
from resistype.report.html import policy
from resistype.report.model import Report
from resistype.safe.files import legible
from tests.report.page import HOSTILE, Element, Page, cell_calls, hostile_calls, hostile_pairs
from tests.scheme.build import level_calls, paired_calls

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
        "nav",
        "section",
        "a",
        "h1",
        "h2",
        "h3",
    ),
    *(
        "p",
        "strong",
        "b",
        "i",
        "small",
        "span",
        "br",
        "ul",
        "ol",
        "li",
        "div",
        "pre",
        "code",
        "details",
        "summary",
    ),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "rect"),
}
PLAIN_ATTRIBUTES = {
    *(
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "scope",
        "id",
        "href",
        "colspan",
        "rowspan",
        "open",
    ),
    *("role", "aria-label", "aria-hidden", "data-l", "viewbox", "preserveaspectratio"),
    *("x", "y", "width", "height", "fill"),
}
CALLS = {
    "paired": paired_calls,
    "level": level_calls,
    "hostile": hostile_calls,
    "hostile pairs": hostile_pairs,
    "cells": cell_calls,
}
KINDS = list(CALLS)


@cache
def text(kind: str) -> str:
    return render_report(CALLS[kind]())


@cache
def page(kind: str) -> Page:
    return Page(text(kind))


# ---------------------------------------------------------------- a whole page


@pytest.mark.parametrize("kind", KINDS)
def test_every_tag_is_closed_where_it_should_be(kind: str) -> None:
    assert page(kind).faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_stands_before_the_doctype(kind: str) -> None:
    """Anything before it would put a browser into its old ways."""
    assert text(kind).startswith("<!doctype html>")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_needs_nothing_from_outside(kind: str) -> None:
    tags = {element.tag for element in page(kind).seen}
    attributes = {name for element in page(kind).seen for name in element.attributes}
    style = page(kind).root.all("style")[0].text
    links = [
        element.attributes["href"] or ""
        for element in page(kind).seen
        if "href" in element.attributes
    ]

    assert tags <= PLAIN_TAGS | {"title"}
    assert attributes <= PLAIN_ATTRIBUTES
    assert all(link.startswith("#") for link in links)
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_has_its_place(kind: str) -> None:
    links = {(e.attributes["href"] or "")[1:] for e in page(kind).seen if e.tag == "a"}
    places = [e.attributes["id"] for e in page(kind).seen if "id" in e.attributes]

    assert links == set(places)
    assert len(places) == len(set(places))


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_allows_one_style_sheet_by_its_hash_and_nothing_else(kind: str) -> None:
    metas = page(kind).root.all("head")[0].all("meta")
    style = page(kind).root.all("style")[0].text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert metas[0].attributes == {"charset": "utf-8"}
    assert metas[1].attributes == {
        "http-equiv": "Content-Security-Policy",
        "content": (
            f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
        ),
    }
    assert metas[1].attributes["content"] == policy(style)
    assert (
        len([m for m in page(kind).seen if m.tag == "meta" and "http-equiv" in m.attributes]) == 1
    )
    assert not any("style" in e.attributes for e in page(kind).seen)


@pytest.mark.parametrize("kind", KINDS)
def test_headings_step_down_one_at_a_time(kind: str) -> None:
    levels = [int(e.tag[1]) for e in page(kind).seen if re.fullmatch("h[1-6]", e.tag)]

    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_has_as_many_cells_as_its_table_has_headings(kind: str) -> None:
    tables = [e for e in page(kind).seen if e.tag == "table"]
    for table in tables:
        width = len(table.all("thead")[0].all("th"))
        assert set(widths(table)) <= {width}

    assert len(tables) > 10


def widths(table: Element) -> list[int]:
    """Columns that each row of a table spans, those of cells from rows above counted in."""
    found, still = [], 0
    left: list[int] = []  # rows for which a cell from above goes on
    for row in [r for body in table.all("tbody") for r in body.all("tr")]:
        still, left = len([n for n in left if n > 0]), [n - 1 for n in left if n > 1]
        cells = [c for c in row.children if isinstance(c, Element)]
        found.append(still + sum(int(c.attributes.get("colspan") or 1) for c in cells))
        left += [
            int(c.attributes.get("rowspan") or 1) - 1
            for c in cells
            if int(c.attributes.get("rowspan") or 1) > 1
        ]
    return found


def test_the_width_of_rows_is_counted_right() -> None:
    made = Page(
        "<table><tbody><tr><td rowspan=2>a</td><td"
        " colspan=2>b</td></tr><tr><td>c</td><td>d</td></tr>"
        "<tr><td>e</td><td>f</td></tr></tbody></table>"
    )

    assert widths(made.root.all("table")[0]) == [3, 3, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_drawn_from_its_twin_alone(kind: str) -> None:
    """So the twin holds everything that the page says."""
    twin = report_json(report_of(CALLS[kind]()))

    assert render(read_report(twin)) == text(kind)


def test_two_drawings_are_the_same_bytes() -> None:
    assert render_report(paired_calls()) == text("paired")


def test_colours_of_a_report_cannot_leave_the_style() -> None:
    report = build_report(level_calls())
    label = report.groups[0].axes[0].labels[0]

    with pytest.raises(ValueError, match="color"):
        Report.model_validate_json(report_json(report).replace(label.color, "red;}</style>"))


# ---------------------------------------------------------------- names from the data


@pytest.mark.parametrize("kind", ["hostile", "hostile pairs"])
def test_hostile_names_add_nothing_but_text(kind: str) -> None:
    """The same page with harmless names has the same tags."""
    words = {name: f"harmless{number:03}" for number, name in enumerate(HOSTILE)}
    twin = report_of(CALLS[kind]()).model_dump()
    tame = Page(render(Report.model_validate(replaced(twin, words))))

    assert [e.tag for e in tame.seen] == [e.tag for e in page(kind).seen]


def replaced(value: object, words: dict[str, str]) -> object:
    """Every string with the words in it replaced, in a tree of plain values; keys too."""
    if isinstance(value, str):
        for old, new in sorted(words.items(), key=lambda pair: -len(pair[0])):
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {replaced(key, words): replaced(one, words) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(one, words) for one in value]
    return value


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=[repr(name)[:24] for name in HOSTILE])
def test_a_hostile_name_is_text(number: int) -> None:
    """It stands on the page as it is, but for characters that turn or hide what stands beside
    them.
    """
    names = [
        e.all("b")[0].text for e in page("hostile").section("units").all("details") if "s" in e.kind
    ]
    patients = [row[0] for row in page("hostile pairs").after("pairs", "IFNγ response")]
    shown = legible(HOSTILE[number], lines=True)

    assert HOSTILE[number] in names or shown in names
    assert any(patient.startswith((HOSTILE[number], shown)) for patient in patients)


def test_hostile_notes_sources_and_batches_are_text() -> None:
    inputs = page("hostile").section("inputs").text
    reasons = [row[2] for row in page("hostile").section("refused").all("table")[0].cells()]

    assert f"{HOSTILE[4]}: 32 samples" in inputs
    assert HOSTILE[2] in inputs
    assert any(
        f"(B2M below 1 TPM in 100% of {HOSTILE[1]} {HOSTILE[3]})" in reason for reason in reasons
    )


# ---------------------------------------------------------------- words


FORBIDDEN = re.compile(r"\b(up|stable|chronic|persistent|down)\b", re.IGNORECASE)


def test_without_a_baseline_no_word_about_change_is_printed() -> None:
    shown = page("level").root.all("body")[0].text

    assert FORBIDDEN.findall(shown) == []


def test_the_same_search_finds_the_words_where_they_belong() -> None:
    assert set(FORBIDDEN.findall(page("paired").root.all("body")[0].text)) >= {"up", "stable"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_says_what_it_is_for(kind: str) -> None:
    head = page(kind).root.all("header")[0].text

    assert "Research use only." in head
    assert "compared with" in head
    assert "Simulated data" not in head


def test_simulated_data_carry_a_banner() -> None:
    report = build_report(level_calls()).model_copy(update={"simulated": True})
    head = Page(render(report)).root.all("header")[0]

    assert any("banner" in e.kind and "Simulated data" in e.text for e in head.all("p"))
