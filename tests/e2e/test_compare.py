# ruff: noqa: E501  pieces of JavaScript stay on one line
"""Compare in a real JupyterLab, in marimo and as a file: the screen shows what Python counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.widgets import Compare
from tests.widgets.hostile import HOSTILE
from tests.widgets.test_compare import hostile_pair

from .conftest import errors, picture
from .harness import LabServer, marimo_server
from .test_lab import N_CELLS, PATH, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COHORT = (
    PATH + "import resistype as rt, warnings; warnings.simplefilter('ignore')\n"
    "from resistype.widgets import Compare\nfrom tests.agreement.test_real import revised\n"
    "from resistype.agreement import Matrices\n"
)
LABELS = (
    PATH + "import numpy as np, pandas as pd\nfrom resistype.widgets import Compare\nrng ="
    " np.random.default_rng(0); names = [f'S{k}' for k in range(80)]\na = pd.DataFrame({x:"
    " rng.choice(['up', 'down', 'indeterminate'], 80) for x in ('ifng', 'other')},"
    " index=names)\nb = a.where(rng.random(a.shape) < 0.8, 'down')\n"
)
SCREEN = """() => [...document.querySelectorAll('.rt [data-testid=rt-matrix] tr')].slice(1).map(row => [...row.querySelectorAll('td')].map(cell => Number(cell.textContent.replace(/\\s/g, ''))))"""
COUNTS = "w.agreement.axis(w.axis).table.to_numpy().tolist()"
ROWS = (
    "[...document.querySelectorAll('.rt [data-testid=rt-changes] tbody tr')].map(row =>"
    " row.cells[0].title)"
)


def data(shared: Path, name: str) -> str:
    folder = shared / "data"
    if name == "riaz":
        return (
            f"x = rt.read_expression({str(folder / 'riaz_pairs' / 'counts.symbols.parquet')!r})\n"
            f"kw = dict(samples={str(folder / 'riaz_pairs' / 'samples.tsv')!r}, baseline='Pre')\n"
        )
    return (
        f"x = rt.read_expression({str(folder / 'tcga_skcm' / 'log2tpm1.parquet')!r}); kw = {{}}\n"
    )


def test_a_count_lists_who_changed_and_genes_are_answered(
    lab: LabServer, page: Any, shared: Path
) -> None:
    cells = [
        COHORT + data(shared, "riaz") + "lib = revised(); a = rt.classify(x, **kw)\n"
        "b = rt.classify(x, options=rt.CallOptions(library=lib), **kw)",
        "w = Compare(a, b, names=('v1', 'v2'), matrices=Matrices(x, library_second=lib)); w",
    ]
    lab.open(page, lab.write_notebook("compare.ipynb", cells))
    lab.run_all(page)
    page.get_by_test_id("rt-matrix").wait_for()
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    assert page.evaluate(ROWS) == lab.kernel_eval(
        "[c.sample for c in w.agreement.changes if c.axis == w.axis]"
    )
    cell = page.locator(
        ".rt [data-testid=rt-matrix] button[aria-label*='cross sectional low | indeterminate']"
    )
    cell.focus()
    page.keyboard.press("Enter")
    wanted = (
        "[c.sample for c in w.agreement.changes if (c.axis, c.first, c.second) == ('ifng',"
        " 'cross_sectional_low', 'indeterminate')]"
    )
    assert page.evaluate(ROWS) == lab.kernel_eval(wanted)
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.get_by_test_id("rt-all").click()
    page.locator(".rt [data-testid=rt-changes] button").first.click()
    page.get_by_test_id("rt-genes").get_by_text("the score itself moves by").wait_for()
    picture(page, "compare-riaz-light")
    page.get_by_test_id("rt-axis-2").click()
    lab.wait_kernel("w.axis", "antigen_presentation")
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    lab.kernel_eval("w.set_trait('axis', 'dysfunction')")
    page.locator("[data-testid=rt-axis-3][aria-pressed=true]").wait_for()
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    lab.save(page)
    saved = (lab.root / "compare.ipynb").read_text(encoding="utf-8")
    assert [name for name in lab.kernel_eval("list(a.samples)") if name in saved] == []
    assert "Research use only" in saved
    assert not errors(page)
    assert not page.external


def test_four_hundred_changes_of_tcga_can_be_read(lab: LabServer, page: Any, shared: Path) -> None:
    cells = [
        COHORT
        + data(shared, "tcga")
        + "a = rt.classify(x, **kw)\nb, c = (rt.classify(x, reference=r,"
        " options=rt.CallOptions(method=m, same_as=r), **kw) for r, m in (('tcga_skcm', None),"
        " (None, 'singscore')))",
        "w = Compare(a, b, names=('own cohort', 'frozen tcga_skcm'), matrices=x); w",
        "v = Compare(a, c, names=('ssGSEA', 'singscore'), matrices=x); v",
    ]
    lab.open(page, lab.write_notebook("tcga.ipynb", cells))
    lab.run_all(page)
    page.get_by_test_id("rt-matrix").first.wait_for()
    assert lab.kernel_eval(
        "[sum(map(sum, o.agreement.axis('ifng').table.to_numpy().tolist())) for o in (w, v)]"
    ) == [
        472,
        472,
    ]
    own = page.locator(".rt").first
    assert own.locator("[data-testid=rt-changes] tbody tr").count() == lab.kernel_eval(
        "sum(c.axis == 'ifng' for c in w.agreement.changes)"
    )
    own.locator("[data-testid=rt-axis-3]").click()
    picture(page, "compare-tcga-light")
    lab.set_theme(page, "JupyterLab Dark")
    page.wait_for_timeout(600)
    picture(page, "compare-tcga-dark")
    lab.set_theme(page, "JupyterLab Light")
    assert not errors(page)
    assert not page.external


def test_d_d_deletes_no_cell(lab: LabServer, page: Any) -> None:
    start(lab, page, "compare-keys", [LABELS + "w = Compare(a, b); w", "1"])
    page.get_by_test_id("rt-matrix").wait_for()
    controls = page.locator(".rt button:visible, .rt [tabindex='0']:visible, .rt summary:visible")
    assert controls.count() > 9
    for handle in controls.element_handles():
        if handle.evaluate("node => node.isConnected"):
            handle.focus()
            for key in ("d", "d", "x", "a", "j"):
                page.keyboard.press(key)
    assert page.evaluate(N_CELLS) == 2
    assert controls.first.evaluate(
        "node => [...node.closest('.rt').querySelectorAll('button, input, select, summary,"
        " [tabindex]')].every(one => one.dataset.lmSuppressShortcuts)"
    )


def test_everything_is_reached_by_the_tab_key(lab: LabServer, page: Any) -> None:
    start(lab, page, "compare-tab", [LABELS + "w = Compare(a, b); w"])
    page.get_by_test_id("rt-matrix").wait_for()
    page.locator(".rt summary").focus()
    wanted = page.locator(".rt button:visible, .rt summary:visible").count()
    seen = set()
    for _ in range(3 * wanted):
        seen.add(
            page.evaluate(
                "[...document.querySelectorAll('.rt button, .rt"
                " summary')].indexOf(document.activeElement)"
            )
        )
        page.keyboard.press("Tab")
    assert len(seen - {-1}) == wanted


def test_hostile_names_run_nothing(lab: LabServer, page: Any) -> None:
    cells = [
        PATH
        + "from tests.widgets.test_compare import hostile_pair\nfrom tests.widgets.hostile import"
        " HOSTILE\nfrom resistype.widgets import Compare\nw = Compare(*hostile_pair(),"
        " names=(HOSTILE[2], HOSTILE[3]), title=HOSTILE[1]); w"
    ]
    start(lab, page, "compare-hostile", cells)
    page.get_by_test_id("rt-matrix").wait_for()
    for button in page.locator(".rt [data-testid=rt-matrix] button").all()[:6]:
        button.hover()
        button.click()
    page.get_by_test_id("rt-axis-1").click()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.wait_for_timeout(300)
    picture(page, "compare-hostile")

    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a, .rt link").count() == 0
    assert not page.external


def test_nothing_is_wrong_for_those_who_cannot_see(lab: LabServer, page: Any, axe: str) -> None:
    demo = (
        COHORT
        + "d = rt.datasets.demo(); o = rt.CallOptions(n_jobs=1)\na = rt.classify(d.expression,"
        " samples=d.samples, baseline='Pre', options=o)\nb = rt.classify(d.expression,"
        " samples=d.samples, baseline='Pre', options=rt.CallOptions(n_jobs=1, method='ucell',"
        " anchor=''))\nw = Compare(a, b, matrices=d.expression); w"
    )
    start(lab, page, "compare-axe", [demo])
    page.get_by_test_id("rt-matrix").wait_for()
    page.locator(".rt [data-testid=rt-matrix] button").first.click()
    page.get_by_test_id("rt-all").click()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.evaluate(axe)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.set_theme(page, theme)
        page.wait_for_timeout(600)
        found = page.evaluate(
            "async () => (await axe.run('.rt')).violations.map(v => [v.id, v.nodes.slice(0,"
            " 3).map(n => n.html.slice(0, 160))])"
        )
        assert found == [], f"{theme}: {json.dumps(found, indent=1)}"
    lab.set_theme(page, "JupyterLab Light")


@pytest.fixture(scope="module")
def marimo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with marimo_server("marimo_compare.py", tmp_path_factory.mktemp("marimo")) as address:
        yield address


def test_marimo_follows_and_hostile_names_run_nothing(marimo: str, page: Any) -> None:
    page.goto(marimo, wait_until="domcontentloaded")
    page.get_by_test_id("rt-matrix").wait_for()
    changes = len(Compare(*hostile_pair()).agreement.changes)
    page.get_by_text(f"PYTHON axis 0 of 2, {changes} changes").wait_for()
    page.get_by_test_id("rt-axis-1").click()
    page.get_by_text(f"PYTHON axis 1 of 2, {changes} changes").wait_for()
    page.get_by_test_id("rt-matrix").locator("button").first.click()
    picture(page, "compare-marimo")

    assert page.evaluate("window.__pwned") is None
    assert [one for one in page.external if "127.0.0.1" not in one] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_opens_offline(page: Any, tmp_path: Path, scheme: str) -> None:
    rng = np.random.default_rng(1)
    names = [f"S{k}" for k in range(200)]
    first = pd.DataFrame(
        {axis: rng.choice(["up", "down", "indeterminate"], 200) for axis in ("ifng", "b")},
        index=names,
    )
    second = first.where(rng.random(first.shape) < 0.85, "down")
    view = Compare(first, second, names=("A", "B"))
    page.emulate_media(color_scheme=scheme)
    page.goto(view.to_html(tmp_path / "view.html").as_uri())
    page.get_by_test_id("rt-matrix").wait_for()
    assert page.evaluate(SCREEN) == view.agreement.axis("ifng").table.to_numpy().tolist()
    page.get_by_test_id("rt-axis-1").click()
    assert page.evaluate(SCREEN) == view.agreement.axis("b").table.to_numpy().tolist()
    picture(page, f"compare-file-{scheme}")

    assert not page.evaluate(ROWS + ".some(name => /^S\\d/.test(name))")
    assert not errors(page)
    assert not page.external


def test_hostile_names_run_nothing_in_the_file(page: Any, tmp_path: Path) -> None:
    path = Compare(*hostile_pair(), names=(HOSTILE[0], HOSTILE[6]), title=HOSTILE[1]).to_html(
        tmp_path / "v.html", names=True
    )
    page.goto(path.as_uri())
    page.get_by_test_id("rt-matrix").locator("button").first.click()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.wait_for_timeout(200)

    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a").count() == 0
    assert not page.external
