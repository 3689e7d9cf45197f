"""Twenty-five strings in every place where a name is shown: none becomes a tag, runs, or reaches
out.

Reports and the pages of the widgets are opened in a real browser too, and each string is moved over
and clicked. What widgets send to a page of a notebook is text: on plain data no tag is in it, so
none can be there but as a name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resistype.report import table_text
from resistype.samples import read_samples
from resistype.widgets.base import Widget
from tests.e2e.conftest import browser, chromium, page, picture  # noqa: F401  fixtures
from tests.trust.cells import FORMULAS, starts_a_formula
from tests.trust.figures import record
from tests.trust.sinks import PAGES, STATIC, Views, harmless_views, hostile_views
from tests.widgets.hostile import HOSTILE

# A page brings tags of its own: links to its own parts, drawings, bold words. These it never
# brings.
NEVER = {"script", "img", "iframe", "link", "base", "object", "embed", "form"}
TURNING = (
    "\u202a",
    "\u202b",
    "\u202d",
    "\u202e",
    "\u2066",
    "\u2067",
    "\u2068",
)  # turn the text beside them
WITHOUT_NAMES = {"Explorer in a notebook"}  # counts of calls only
WIDGETS = ("explorer", "compare", "curator", "runner", "failed")
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
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    yield hostile_views(tmp_path_factory.mktemp("curator"))
    Widget.close_all()


@pytest.mark.parametrize("name", STATIC)
def test_no_string_becomes_a_tag(name: str, views: Views) -> None:
    text = STATIC[name](views)
    found = Tags(text)
    live = [tag for tag in found.tags if tag in NEVER] + found.handlers
    live += [one for one in HOSTILE if "<" in one and one in text]
    live += [tag for tag in ("meta", "style") if found.tags.count(tag) > 4]
    FOUND[name] = len(live)

    assert live == []
    assert "__pwned" in text or name in WITHOUT_NAMES
    assert "table" in found.tags


@pytest.mark.parametrize("name", PAGES)
def test_no_string_ends_the_script_of_a_page(name: str, views: Views, tmp_path: Path) -> None:
    text = PAGES[name](views, tmp_path / "view.html")
    found = Tags(text)
    live = [tag for tag in found.tags if tag in NEVER - {"script"}] + found.handlers
    FOUND[f"page of the {name}"] = found.tags.count("script") - 3 + len(live)

    assert found.tags.count("script") == 3
    assert live == []
    assert "__pwned" in text


def told(view: Any) -> list[Any]:
    """All that a widget sends to its page: its traits, and its answers to what the page asks
    first.
    """
    known = view.answers()
    traits = [value for name, value in view.get_state().items() if name not in ("_esm", "_css")]
    return [*traits, *(known[what]({}, [])[0] for what in ("data", "view") if what in known)]


def strings(value: Any) -> Iterator[str]:
    """Every text in what is sent, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in (*value, *value.values()):
            yield from strings(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from strings(one)


def test_what_widgets_send_is_text(views: Views, tmp_path: Path) -> None:
    plain = harmless_views(tmp_path)
    for name in WIDGETS:
        tags = [one for text in strings(told(getattr(plain, name))) for one in Tags(text).tags]
        sent = told(getattr(views, name))
        FOUND[f"what the page is told by {name}"] = len(tags)

        assert tags == [], name
        assert any("__pwned" in one for one in strings(sent)), name
        json.dumps(
            [one for one in sent if not isinstance(one, bytes)], allow_nan=False, default=repr
        )


def explore(kind: str, page: Any) -> None:  # noqa: F811
    """Open, move over and click whatever a page shows."""
    if kind == "Explorer":
        page.get_by_test_id("rt-ifng-change").wait_for()
        for number in range(page.get_by_test_id("rt-color").locator("option").count()):
            page.get_by_test_id("rt-color").select_option(index=number)  # each legend in turn
        box = page.locator(".rt canvas").first.bounding_box()
        for step in range(1, 20):  # tooltips
            page.mouse.move(
                box["x"] + box["width"] * step / 20, box["y"] + box["height"] * (step * 7 % 20) / 20
            )
    elif kind == "Compare":
        for at in (1, 0):
            page.get_by_test_id(f"rt-axis-{at}").click()
            page.get_by_test_id("rt-matrix").locator("button").first.click()
    elif kind == "Curator":
        page.get_by_test_id("rt-state").wait_for()
        page.get_by_test_id("rt-problems").locator("p").first.hover()
    elif "Runner" in kind:
        page.get_by_test_id("rt-start").click()
        page.get_by_text("This needs Python; the file has none.").first.wait_for()
    for summary in page.locator("summary:visible").all()[:5]:
        summary.click()
    page.evaluate(
        "document.querySelectorAll('details:not([open]) > summary').forEach(one => one.click())"
    )


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["report", "report of pairs", *PAGES])
def test_in_a_browser(kind: str, views: Views, tmp_path: Path, page: Any) -> None:  # noqa: F811
    path = tmp_path / "page.html"
    text = PAGES[kind](views, path) if kind in PAGES else STATIC[kind](views)
    path.write_text(text, encoding="utf-8", errors="replace")
    dialogs: list[str] = []
    page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    page.goto(path.as_uri())
    explore(kind, page)
    page.wait_for_timeout(200)
    picture(page, f"hostile {kind}")
    alive = page.locator(
        "img, iframe, svg script, base, body link, [onerror], [onload], [onmouseover]"
    ).count()
    IN_BROWSER[kind] = (
        alive + len(dialogs) + len(page.external) + (page.evaluate("window.__pwned") is not None)
    )

    assert page.evaluate("window.__pwned") is None
    assert (alive, dialogs, page.external) == (0, [], [])
    words = page.locator("body").inner_text()
    assert "__pwned" in words
    assert [char for char in TURNING if char in words] == []


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
    if len(FOUND) == len(STATIC) + len(PAGES) + len(WIDGETS):
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
