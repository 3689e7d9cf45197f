# ruff: noqa: E501  pieces of JavaScript stay on one line
"""Outside JupyterLab: marimo, and the exported file opened from the disk under a policy that
lets nothing in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistype.session import Session
from resistype.widgets import Explorer
from tests.widgets.conftest import hostile_material
from tests.widgets.hostile import HOSTILE
from tests.widgets.vectors import material

from .conftest import errors, picture
from .harness import marimo_server
from .test_lab import SCREEN

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# what stands in a shadow root is found from its slider
FIND = """() => { const walk = r => { for (const e of r.querySelectorAll('*')) { if (e.__rt) return e.__rt;
  if (e.shadowRoot) { const v = walk(e.shadowRoot); if (v) return v; } } }; const s = walk(document), a = s.spec.axes[0];
  return [s.thresholds.ifng.change, s.nSelected, a.names.map((n, k) => n + '=' + s.counts(0)[k]).join(' ')]; }"""


@pytest.fixture(scope="module")
def marimo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with marimo_server("marimo_app.py", tmp_path_factory.mktemp("marimo")) as address:
        yield address


def test_marimo_moves_with_python_and_hostile_names_run_nothing(marimo: str, page: Any) -> None:
    page.goto(marimo, wait_until="domcontentloaded")
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator(".rt-legend button", has_text="select").first.click()
    page.wait_for_timeout(500)
    value, selected, counts = page.evaluate(FIND)
    page.get_by_text(f"PYTHON {value!r} {selected} {counts}").wait_for()
    page.get_by_test_id("rt-ask-genes").click()
    page.get_by_test_id("rt-drivers").get_by_text("signatures", exact=True).wait_for()
    picture(page, "marimo")

    assert selected > 0
    assert page.evaluate("window.__pwned") is None
    assert [one for one in page.external if "127.0.0.1" not in one] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_opens_offline_with_its_thresholds_alive(
    page: Any, tmp_path: Path, scheme: str
) -> None:
    found = material(20_000)
    path = Explorer(found).to_html(tmp_path / "view.html")
    page.emulate_media(color_scheme=scheme)
    page.goto(path.as_uri())
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    value = page.evaluate("document.querySelector('.rt').__rt.thresholds.ifng.change")
    session = Session(found)
    session.move_threshold("ifng", "change", value)
    picture(page, f"file-{scheme}")

    assert value > 0.5
    assert page.evaluate(SCREEN) == {
        axis.id: session.counts(axis.id) for axis in session.scheme.axes
    }
    assert not errors(page)
    assert not page.external


def test_hostile_names_run_nothing_in_the_file(page: Any, tmp_path: Path) -> None:
    found, matrix = hostile_material()
    path = Explorer(found, expression=matrix, title=HOSTILE[1]).to_html(
        tmp_path / "view.html", names=True
    )
    page.goto(path.as_uri())
    page.get_by_test_id("rt-ifng-change").wait_for()
    page.get_by_test_id("rt-color").select_option(index=5)
    page.get_by_test_id("rt-next").click()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.wait_for_timeout(200)
    # labels of any length stay in their picture, and the counts stay beside the names of the legend
    cut = page.evaluate(
        "[...document.querySelectorAll('.rt section svg text')].filter(t => { const b ="
        " t.getBBox(), v = t.ownerSVGElement.viewBox.baseVal; return b.x < 0 || b.x + b.width >"
        " v.width; }).map(t => t.textContent)"
    )
    hidden = page.evaluate(
        "[...document.querySelectorAll('.rt-legend button[data-call]')].filter(b => b.scrollWidth >"
        " b.clientWidth + 1).map(b => b.textContent)"
    )
    picture(page, "file-hostile")

    assert (cut, hidden) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a").count() == 0
    assert not page.external


@pytest.mark.parametrize("n_obs", [20_000, 200_000])
def test_the_browser_counts_as_python_does(page: Any, tmp_path: Path, n_obs: int) -> None:
    found = material(n_obs)
    path = Explorer(found).to_html(tmp_path / "view.html")
    page.goto(path.as_uri())
    page.get_by_test_id("rt-ifng-change").wait_for()
    took = page.evaluate(
        "() => { const s = document.querySelector('.rt').__rt, out = []; for (const v of [0.6, 0.7,"
        " 0.8, 0.9]) { const t = performance.now(); s.move('ifng', 'change', v);"
        " out.push(performance.now() - t); } return out; }"
    )
    session = Session(found)
    session.move_threshold("ifng", "change", float(np.float32(0.9)))
    print(f"{n_obs} observations: moved and told in {min(took):.0f} ms in the browser")

    assert page.evaluate(SCREEN) == {
        axis.id: session.counts(axis.id) for axis in session.scheme.axes
    }


def test_without_scripts_the_counts_stand_as_a_table(tmp_path: Path) -> None:
    path = Explorer(material()).to_html(tmp_path / "view.html")
    inside = re.search(r"<noscript>(.*?)</noscript>", path.read_text(encoding="utf-8"), re.DOTALL)

    assert inside is not None
    assert "<td>stable</td>" in inside[1]
