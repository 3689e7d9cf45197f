"""Twenty-five strings in every place where a name is shown: none becomes a tag, runs, or reaches out.

The report and the exported Explorer are opened in a real browser too, and each string is moved over and clicked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resistype.report import render_report, table_text
from resistype.samples import read_samples
from resistype.widgets import Explorer
from resistype.widgets._base import Widget, static_table
from tests.e2e.conftest import browser, chromium, page  # noqa: F401  fixtures
from tests.report.page import hostile_calls, hostile_pairs
from tests.trust.cells import FORMULAS, starts_a_formula
from tests.trust.figures import record
from tests.widgets.conftest import hostile_material
from tests.widgets.hostile import HOSTILE

# A page brings tags of its own: links to its own parts, drawings, bold words. These it never brings.
NEVER = {"script", "img", "iframe", "link", "base", "object", "embed", "form"}
FOUND: dict[str, int] = {}
IN_BROWSER: dict[str, int] = {}


class Tags(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "srcdoc"]
        places = [value or "" for name, value in attrs if name in {"href", "src"}]
        self.handlers += [place for place in places if not place.startswith("#")]


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    found, matrix = hostile_material()
    yield Explorer(found, expression=matrix, title=HOSTILE[1])
    Widget.close_all()


SINKS: dict[str, Callable[[Explorer], str]] = {
    "report": lambda _: render_report(hostile_calls()),
    "report of pairs": lambda _: render_report(hostile_pairs()),
    "table of a notebook": lambda view: view.static_html(),
    "table of any words": lambda _: static_table(HOSTILE[2], HOSTILE, [HOSTILE, HOSTILE]),
}


@pytest.mark.parametrize("name", SINKS)
def test_no_string_becomes_a_tag(name: str, explorer: Explorer) -> None:
    text = SINKS[name](explorer)
    found = Tags(text)
    live = [tag for tag in found.tags if tag in NEVER] + found.handlers
    live += [one for one in HOSTILE if "<" in one and one in text]
    live += [tag for tag in ("meta", "style") if found.tags.count(tag) > 4]
    FOUND[name] = len(live)

    assert live == []
    assert "__pwned" in text or name == "table of a notebook"


def test_no_string_ends_the_script_of_an_exported_page(explorer: Explorer, tmp_path: Path) -> None:
    text = explorer.to_html(tmp_path / "view.html", names=True).read_text(encoding="utf-8")
    found = Tags(text)
    FOUND["exported page"] = found.tags.count("script") - 3

    assert found.tags.count("script") == 3
    assert [tag for tag in found.tags if tag in NEVER - {"script"}] == []


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["report", "report of pairs", "exported page"])
def test_in_a_browser(kind: str, explorer: Explorer, tmp_path: Path, page: Any) -> None:  # noqa: F811
    path = tmp_path / "page.html"
    if kind == "exported page":
        explorer.to_html(path, names=True)
    else:
        path.write_text(SINKS[kind](explorer), encoding="utf-8", errors="replace")
    dialogs: list[str] = []
    page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    page.goto(path.as_uri())
    for summary in page.locator("summary").all()[:40]:
        summary.click()
    if kind == "exported page":
        page.get_by_test_id("rt-ifng-change").wait_for()
        for number in range(page.get_by_test_id("rt-color").locator("option").count()):
            page.get_by_test_id("rt-color").select_option(index=number)  # each legend in turn
        canvas = page.locator(".rt canvas").first
        box = canvas.bounding_box()
        for step in range(1, 20):  # tooltips
            page.mouse.move(box["x"] + box["width"] * step / 20, box["y"] + box["height"] * (step * 7 % 20) / 20)
    page.wait_for_timeout(200)
    alive = page.locator("img, iframe, svg script, base, body link, [onerror], [onload], [onmouseover]").count()
    IN_BROWSER[kind] = alive + len(dialogs) + len(page.external) + (page.evaluate("window.__pwned") is not None)

    assert page.evaluate("window.__pwned") is None
    assert (alive, dialogs, page.external) == (0, [], [])


def test_no_cell_of_an_export_is_a_formula_and_each_comes_back(tmp_path: Path) -> None:
    cells = list(dict.fromkeys(cell.replace("\r\n", "\n").replace("\r", "\n") for cell in FORMULAS))
    table = pd.DataFrame({"sample": [f"s{number}" for number in range(len(cells))], "=name": cells})
    text = table_text(table)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    live = [cell for row in rows for cell in row if starts_a_formula(cell)]
    (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
    again = read_samples(tmp_path / "a.tsv")
    record("formulas", cells=len(FORMULAS), live=len(live))

    assert live == []
    assert again.columns.tolist() == ["=name"]
    assert [str(one) for one in again["=name"]] == [cell.strip() for cell in cells]


def test_figures() -> None:
    if len(FOUND) == len(SINKS) + 1:
        record(
            "rendering",
            payloads=len(HOSTILE),
            sinks=len(FOUND),
            live=sum(FOUND.values()),
            pages_in_a_browser=len(IN_BROWSER),
            live_in_a_browser=sum(IN_BROWSER.values()),
        )
    assert len(HOSTILE) == 25
    assert len(FORMULAS) >= 40
