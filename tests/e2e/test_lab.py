# ruff: noqa: E501  pieces of JavaScript stay on one line
"""The Explorer and the Runner in a real JupyterLab: what is moved on the screen is what Python
has.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import errors, picture
from .harness import LabServer

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PATH = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
SMALL = (
    PATH
    + "from tests.widgets.vectors import material\nfrom resistype.widgets import Explorer, Runner\n"
)
SCREEN = """() => { const s = document.querySelector('.rt').__rt, out = {};
  s.spec.axes.forEach((a, i) => { out[a.id] = Object.fromEntries(a.names.map((n, k) => [n, s.counts(i)[k]])); }); return out; }"""
COUNTS = "{a.id: w.session.counts(a.id) for a in w.session.scheme.axes}"
N_CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.length"


def start(lab: LabServer, page: Any, name: str, cells: list[str]) -> None:
    lab.open(page, lab.write_notebook(f"{name}.ipynb", cells))
    lab.run_all(page)


def moved(lab: LabServer, page: Any, axis: str, name: str) -> None:
    """Python and the screen have the same threshold and the same counts."""
    value = page.evaluate(f"document.querySelector('.rt').__rt.thresholds['{axis}']['{name}']")
    lab.wait_kernel(f"w.thresholds['{axis}']['{name}']", value)
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)


def test_one_threshold_moves_by_keys_and_by_mouse_and_python_counts_the_same(
    lab: LabServer, page: Any
) -> None:
    start(lab, page, "move", [SMALL + "w = Explorer(material(20_000)); before = w.thresholds; w"])
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    first = page.evaluate(SCREEN)
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > 0.5
    moved(lab, page, "ifng", "change")
    assert page.evaluate(SCREEN)["ifng"] != first["ifng"]
    box = page.get_by_test_id("rt-ifng-change-drag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.68, box["y"] + 20, steps=5)
    page.mouse.up()
    moved(lab, page, "ifng", "change")
    others = (
        "all(w.thresholds[a][n] == v for a in before for n, v in before[a].items() if (a, n) !="
        " ('ifng', 'change'))"
    )
    assert lab.kernel_eval(others) is True
    lab.kernel_eval("w.session.move_threshold('ifng', 'change', 1.25)")
    page.wait_for_function(
        "document.querySelector('[data-testid=rt-ifng-change]').value === '1.25'"
    )
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    picture(page, "lab-cells-light")
    assert not errors(page)
    assert not page.external


def test_d_d_deletes_no_cell_and_arrows_stay_with_the_control(lab: LabServer, page: Any) -> None:
    start(
        lab,
        page,
        "keys",
        [SMALL + "w = Explorer(material()); w", "r = Runner(lambda: iter(())); r", "1"],
    )
    page.get_by_test_id("rt-ifng-change").wait_for()
    controls = page.locator(
        ".rt button:visible:enabled, .rt input:visible, .rt select:visible, .rt"
        " [tabindex='0']:visible, .rt summary:visible"
    )
    assert controls.count() > 30
    handles = controls.element_handles()
    for handle in handles:
        if not handle.evaluate("node => node.isConnected"):
            continue  # a letter typed into a list chose something, and a part was drawn anew
        handle.focus()
        for key in ("d", "d", "x", "a", "j"):
            page.keyboard.press(key)
    assert page.evaluate(N_CELLS) == 3
    assert controls.first.evaluate(
        "node => [...node.closest('.rt').querySelectorAll('button, input, select, summary,"
        " [tabindex]')].every(one => one.dataset.lmSuppressShortcuts)"
    )


def test_lasso_and_driver_genes_travel_together(lab: LabServer, page: Any) -> None:
    setup = (
        SMALL + "from tests.widgets.test_explorer import matrix\nw = Explorer(material(),"
        " expression=matrix()); w"
    )
    start(lab, page, "lasso", [setup])
    canvas = page.get_by_test_id("rt-scatter")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    corners = [(0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.4, 0.8), (0.2, 0.7), (0.2, 0.25)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.get_by_test_id("rt-ask-genes").click()
    page.get_by_test_id("rt-drivers").get_by_text("signatures", exact=True).wait_for()
    selected = page.evaluate("document.querySelector('.rt').__rt.nSelected")
    assert 10 < selected < 230
    lab.wait_kernel("int(w.selection.sum())", selected)
    picture(page, "lab-lasso")
    page.get_by_test_id("rt-search").fill("STAT1")
    page.get_by_test_id("rt-find").click()
    page.get_by_test_id("rt-legend").get_by_text("STAT1").wait_for()
    page.get_by_test_id("rt-clear").click()
    lab.wait_kernel("int(w.selection.sum())", 0)
    page.get_by_test_id("rt-patient").select_option(label="P3")
    lab.wait_kernel("sorted(set(w.session.data.design['patient'][w.selection]))", ["P3"])
    assert not errors(page)


def test_the_flow_of_forty_three_patients_can_be_read(
    lab: LabServer, page: Any, shared: Path
) -> None:
    cells = [
        PATH
        + "import pandas as pd, resistype as rt, warnings; warnings.simplefilter('ignore')\nfolder"
        f" = {str(shared / 'data' / 'riaz_pairs')!r}\nx = rt.read_expression(folder +"
        " '/counts.symbols.parquet')\ncalls = rt.classify(x, samples=folder + '/samples.tsv',"
        " baseline='Pre', options=rt.CallOptions(stability=False))",
        "from resistype.widgets import Explorer; w = Explorer(calls, expression=x); w",
    ]
    lab.open(page, lab.write_notebook("riaz.ipynb", cells))
    lab.run_all(page)
    page.get_by_test_id("rt-flow").wait_for()
    pairs = page.locator("[data-testid=rt-flow] path").count()
    assert pairs == lab.kernel_eval("int((calls.design['baseline_sample'] != '').sum())")
    assert (
        lab.kernel_eval("calls.design['patient'][calls.design['baseline_sample'] != ''].nunique()")
        == 43
    )
    page.get_by_test_id("rt-next").click()
    picture(page, "lab-riaz-light")
    page.get_by_test_id("rt-flow").scroll_into_view_if_needed()
    picture(page, "lab-riaz-flow")
    lab.set_theme(page, "JupyterLab Dark")
    page.wait_for_timeout(600)
    page.get_by_test_id("rt-axis-ifng").click()
    picture(page, "lab-riaz-dark")
    lab.set_theme(page, "JupyterLab Light")
    lab.save(page)
    saved = (lab.root / "riaz.ipynb").read_text(encoding="utf-8")
    assert [name for name in lab.kernel_eval("list(calls.samples)") if name in saved] == []
    assert "Research use only" in saved
    assert not errors(page)
    assert not page.external


def test_a_run_without_end_is_cancelled(lab: LabServer, page: Any) -> None:
    work = (
        SMALL + "import time\n"
        "def work():\n"
        "    for i in range(10**9):\n"
        "        time.sleep(.05); yield i + 1, 10**9, 'sample'\n"
        "r = Runner(work, checks=['400 samples']); r"
    )
    start(lab, page, "run", [work])
    page.get_by_test_id("rt-start").click()
    page.get_by_text("running: ").wait_for()
    page.wait_for_function(
        "/running: [1-9]\\d* of [0-9,]+, .*"
        " left/.test(document.querySelector('[data-testid=rt-progress]').textContent)"
    )
    picture(page, "lab-runner")
    began = time.monotonic()
    page.get_by_test_id("rt-cancel").click()
    page.get_by_text("cancelled: ").wait_for()
    print(f"cancelled {time.monotonic() - began:.2f} s after the click")

    assert lab.kernel_eval("[r.state['phase'], r.outcome]") == ["cancelled", None]


def test_a_classification_is_started_cancelled_and_done_from_the_page(
    lab: LabServer, page: Any
) -> None:
    cells = [
        PATH
        + "import resistype as rt\nfrom resistype.widgets import Explorer, Runner, show\ndemo ="
        " rt.datasets.demo()\nr = Runner.classify(demo.expression, samples=demo.samples,"
        " baseline='Pre'); r",
        (
            "r.start(); r.wait(60); r.outcome = None  # compiled, so that the next one is"
            " quick\nr.state['phase']"
        ),
    ]
    lab.open(page, lab.write_notebook("classify.ipynb", cells))
    lab.run_all(page)
    page.get_by_text("64 samples × 5,000 genes, unit counts.").wait_for()
    page.get_by_text("how the input is read").click()
    page.get_by_test_id("rt-read-values").select_option("log10")
    page.get_by_test_id("rt-read").click()
    page.get_by_text("E401 Values look like raw counts").wait_for()  # the data are no such values
    page.get_by_test_id("rt-read-values").select_option("counts")
    page.get_by_test_id("rt-read").click()
    page.get_by_text("read as raw counts (given by the field 'values')").wait_for()
    page.get_by_test_id("rt-start").click()
    page.wait_for_function(
        "/running: [1-9]\\d*"
        " of/.test(document.querySelector('[data-testid=rt-progress]').textContent)"
    )
    began = time.monotonic()
    page.get_by_test_id("rt-cancel").click()
    page.get_by_text("cancelled: ").wait_for()
    print(f"a classification was cancelled {time.monotonic() - began:.2f} s after the click")
    assert lab.kernel_eval("r.outcome is None")
    page.get_by_test_id("rt-start").click()
    page.get_by_test_id("rt-result").get_by_text("Calls of 64 samples").wait_for()
    page.get_by_test_id("rt-log").get_by_text("SIMULATED").wait_for()
    picture(page, "lab-runner-classify")
    shown = page.evaluate(
        "[...document.querySelectorAll('[data-testid=rt-result] tbody tr')].map(r =>"
        " [...r.cells].map(c => c.textContent))"
    )
    counted = lab.kernel_eval(
        "{a.title: [str(c) for c in r.outcome.verdicts.calls[a.id]] for a in r.outcome.scheme.axes}"
    )

    assert {(axis, call): int(n) for axis, call, n in shown} == {
        (axis, call.replace("_", " ")): calls.count(call)
        for axis, calls in counted.items()
        for call in calls
    }
    assert lab.kernel_eval("type(show(r.outcome)).__name__") == "Explorer"
    assert not errors(page)


def test_hostile_names_run_nothing(lab: LabServer, page: Any) -> None:
    cells = [
        PATH
        + "from tests.widgets.conftest import hostile_material\nfrom tests.widgets.hostile import"
        " HOSTILE\nfrom resistype.widgets import Explorer\nm, x = hostile_material()\nw ="
        " Explorer(m, expression=x, title=HOSTILE[1]); w"
    ]
    start(lab, page, "hostile", cells)
    page.get_by_test_id("rt-ifng-change").wait_for()
    page.get_by_test_id("rt-color").select_option(index=5)
    page.get_by_test_id("rt-legend").locator("button").first.hover()
    page.locator(".rt-legend button", has_text="select").first.click()
    page.get_by_test_id("rt-ask-genes").click()
    page.get_by_test_id("rt-drivers").get_by_text("signatures", exact=True).wait_for()
    page.get_by_test_id("rt-next").click()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.wait_for_timeout(300)
    picture(page, "lab-hostile")

    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a, .rt link").count() == 0
    assert not page.external


def test_nothing_is_wrong_for_those_who_cannot_see(lab: LabServer, page: Any, axe: str) -> None:
    work = (
        "def work():\n    yield 1, 2, ''\n    return None\nr = Runner(work, checks=['3 samples'],"
        " notes=lambda _: ['W1 few'], table=lambda _: ('Result', ['a'], [['b']]))\nr.start();"
        " r.wait(5); r"
    )
    genes = (
        "from tests.widgets.test_explorer import matrix\nw = Explorer(material(),"
        " expression=matrix()); w"
    )
    start(lab, page, "axe", [SMALL + genes, work])
    page.get_by_test_id("rt-ifng-change").wait_for()
    page.get_by_test_id("rt-next").click()
    page.locator(".rt-legend button", has_text="select").first.click()
    page.get_by_test_id("rt-ask-genes").click()
    page.get_by_test_id("rt-drivers").get_by_text("signatures", exact=True).wait_for()
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


def test_only_a_part_is_drawn_and_the_counts_are_of_all(lab: LabServer, page: Any) -> None:
    start(lab, page, "part", [SMALL + "w = Explorer(material(30_000), max_drawn=3_000); w"])
    page.get_by_test_id("rt-part").wait_for()
    slider = page.get_by_test_id("rt-ifng-change")
    slider.focus()
    page.keyboard.press("ArrowRight")
    lab.wait_kernel("len(w.session.log)", 1)
    page.wait_for_function("!document.querySelector('.rt').__rt.pending")

    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    assert sum(page.evaluate(SCREEN)["ifng"].values()) == 30_000


def test_a_notebook_opened_again_is_not_blank(lab: LabServer, page: Any) -> None:
    start(lab, page, "again", [SMALL + "w = Explorer(material()); w"])
    page.get_by_test_id("rt-ifng-change").wait_for()
    lab.save(page)
    lab.open(page, "again.ipynb")
    page.wait_for_timeout(1500)
    picture(page, "lab-again")
    outputs = json.loads((lab.root / "again.ipynb").read_text(encoding="utf-8"))["cells"][0][
        "outputs"
    ]

    assert "Research use only" in "".join(outputs[0]["data"]["text/html"])
    page.get_by_text("as it was when the cell ran").click()
    assert page.locator(".jp-OutputArea-output td", has_text="indeterminate").first.is_visible()
