"""The page in a real browser: from a file, asking for nothing, nothing cut on a phone, nothing
found by axe.

Pictures go to the folder RESISTYPE_E2E_OUT, where it is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import resistype as rt
from resistype.report import build_report, render
from resistype.report import build_report as report_of
from resistype.scheme import Calls
from resistype.systems.bulk.measure import CallOptions
from tests.e2e.harness import CHROMIUM, CHROMIUM_ARGS
from tests.report.page import cell_calls, hostile_calls, hostile_pairs

pytestmark = pytest.mark.e2e
AXE = Path(__file__).resolve().parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1400, 390)
KINDS = ["demo", "patient", "hostile", "hostile pairs", "cells"]
# What stands beyond the right edge, but for what only a screen reader is meant to find.
OVER = """() => {
  const hidden = e => { const head = e.closest('thead, summary i');
    return head && getComputedStyle(head).clipPath !== 'none'; };
  const over = e => { const r = e.getBoundingClientRect();
    return r.width && r.right > innerWidth + 1; };
  return [...document.querySelectorAll('main *, header *')]
    .filter(e => over(e) && !hidden(e)).slice(0, 5)
    .map(e => e.tagName + ' ' + e.textContent.slice(0, 60)); }"""
# Rows of which two cells lie over each other.
OVERLAP = """() => {
  const shared = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]) > 1;
  const meet = (a, b) => shared(a, b, 'left', 'right') && shared(a, b, 'top', 'bottom');
  const boxes = row => [...row.children].map(e => e.getBoundingClientRect())
    .filter(r => r.width > 1 && r.height > 1);
  const over = row => boxes(row).some((a, i, all) => all.slice(i + 1).some(b => meet(a, b)));
  return [...document.querySelectorAll('tr, summary, .strip')].filter(over).slice(0, 5)
    .map(row => row.textContent.slice(0, 80)); }"""


def missing(reason: str) -> None:
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: scripts/setup")
    if not Path(CHROMIUM).exists():
        missing(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield started
        started.close()


@cache
def demo_calls() -> Calls:
    demo = rt.datasets.demo()
    return rt.classify(
        demo.expression, samples=demo.samples, baseline="Pre", options=CallOptions(n_jobs=2)
    )


@cache
def drawn(kind: str) -> str:
    if kind == "patient":
        from resistype.report import ReportOptions

        return render(build_report(demo_calls(), ReportOptions(patient="SIM-P20")))
    made = {
        "demo": demo_calls,
        "hostile": hostile_calls,
        "hostile pairs": hostile_pairs,
        "cells": cell_calls,
    }
    return render(report_of(made[kind]()))


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    contexts = []

    def opened(kind: str, width: int, *, bypass: bool = False) -> Any:
        path = tmp_path / "report.html"
        path.write_text(drawn(kind), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=bypass)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message))
        page.goto(path.as_uri())
        for number in range(3):
            page.evaluate(
                "k => { const d = document.querySelectorAll('details.s')[k]; if (d) d.open ="
                " true; }",
                number,
            )
        return page

    yield opened
    for context in contexts:
        context.close()


def picture(page: Any, name: str) -> None:
    folder = os.environ.get("RESISTYPE_E2E_OUT")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"report-{name}.png"), full_page=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_from_a_file_asks_for_nothing_and_runs_nothing(
    open_page: Any, kind: str, width: int
) -> None:
    page = open_page(kind, width)
    picture(page, f"{kind}-{width}")

    assert len(page.asked) == 1
    assert page.asked[0].startswith("file:///")
    assert page.said == []
    assert page.evaluate("window.__pwned === undefined")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('h2')).borderBottomStyle") == "solid"
    )  # style is on


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_cut_and_nothing_overlaps(open_page: Any, kind: str, width: int) -> None:
    page = open_page(kind, width)

    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.evaluate(OVER) == []
    assert page.evaluate(OVERLAP) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["demo", "patient", "cells"])
def test_axe_finds_nothing(open_page: Any, kind: str, width: int) -> None:
    if not AXE.is_file():
        missing("axe-core is not here: scripts/widgets")
    page = open_page(kind, width, bypass=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async () => (await axe.run()).violations.map(v => [v.id, v.nodes[0].html.slice(0, 160)])"
    )

    assert found == []


def test_the_policy_stops_a_script_that_got_in(open_page: Any, tmp_path: Path) -> None:
    """The second line of defence: were a name ever markup, the browser would still not run it."""
    page = open_page("demo", 1400)
    broken = drawn("demo").replace(
        "<h1>", "<script>window.__pwned=1</script><img src=x onerror='window.__pwned=2'><h1>"
    )
    (tmp_path / "broken.html").write_text(broken, encoding="utf-8")
    page.goto((tmp_path / "broken.html").as_uri())

    assert page.evaluate("window.__pwned === undefined")
    assert any("Content Security Policy" in line for line in page.said)


def test_it_prints_on_a4(open_page: Any, tmp_path: Path) -> None:
    page = open_page("demo", 1400)
    page.pdf(path=str(tmp_path / "report.pdf"), prefer_css_page_size=True, print_background=True)
    data = (tmp_path / "report.pdf").read_bytes()

    assert data.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in data
