"""Without a mouse: Tab reaches every control, every function has keys, every picture a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistype.session import Session
from resistype.session.state import inside
from resistype.widgets import Explorer
from tests.widgets.vectors import material

from .conftest import errors, picture
from .harness import LabServer
from .test_lab import COUNTS, SCREEN, SMALL, moved, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WITH_GENES = (
    SMALL + "from tests.widgets.test_explorer import matrix\nw = Explorer(material(),"
    " expression=matrix()); w"
)
FOCUSABLE = "button, input, select, summary, [tabindex='0']"
STORE = "document.querySelector('.rt').__rt"
IMAGE = "document.querySelector('[data-testid=rt-scatter]').toDataURL()"


def press(page: Any, where: Any, *keys: str) -> None:
    where.focus()
    for key in keys:
        page.keyboard.press(key)


def test_tab_reaches_every_control(lab: LabServer, page: Any) -> None:
    start(lab, page, "tab", [WITH_GENES])
    page.get_by_test_id("rt-ifng-change").wait_for()
    page.locator(
        ".rt-legend button", has_text="select"
    ).first.click()  # more controls: the driver genes
    page.get_by_test_id("rt-color").focus()
    total = page.locator(".rt").evaluate(f'root => root.querySelectorAll("{FOCUSABLE}").length')
    for _ in range(total + 5):
        page.evaluate("document.activeElement.dataset.walked = '1'")
        page.keyboard.press("Tab")
        if not page.evaluate("!!document.activeElement.closest('.rt')"):
            break
    missed = page.evaluate(
        f'[...document.querySelectorAll(".rt :is({FOCUSABLE})")].filter(n => !n.disabled &&'
        " !n.dataset.walked && n.checkVisibility()).map(n => n.outerHTML.slice(0, 120))"
    )

    assert missed == []
    assert page.evaluate("document.querySelectorAll('.rt [data-walked]').length") > 30
    # the place of the focus can be seen
    page.get_by_test_id("rt-undo").evaluate("node => { node.disabled = false; }")
    press(page, page.get_by_test_id("rt-color"), "Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_thresholds_and_steps_by_keys(lab: LabServer, page: Any) -> None:
    start(lab, page, "keys-thresholds", [WITH_GENES])
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    press(page, slider, "ArrowRight", "PageUp", "ArrowLeft")
    moved(lab, page, "ifng", "change")
    first = page.evaluate(f"{STORE}.thresholds.ifng.change")
    page.get_by_test_id("rt-ifng-level-number").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("0.75")
    page.keyboard.press("Enter")
    moved(lab, page, "ifng", "level")
    assert page.evaluate(f"{STORE}.thresholds.ifng.level") == 0.75
    press(page, page.get_by_test_id("rt-undo"), "Enter")
    page.wait_for_function(f"{STORE}.thresholds.ifng.level === 0.5")
    press(page, page.get_by_test_id("rt-redo"), "Enter")
    page.wait_for_function(f"{STORE}.thresholds.ifng.level === 0.75")
    press(page, page.get_by_role("button", name="reset level"), "Space")
    page.wait_for_function(f"{STORE}.thresholds.ifng.level === 0.5")
    assert page.evaluate(f"{STORE}.thresholds.ifng.change") == first
    press(page, page.get_by_test_id("rt-reset"), "Enter")
    page.wait_for_function(f"{STORE}.thresholds.ifng.change === 0.5")
    press(page, page.get_by_test_id("rt-axis-isg_rs"), "Enter")
    page.wait_for_function(f"{STORE}.color === 'axis:isg_rs'")
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)


def test_colours_selections_and_evidence_by_keys(lab: LabServer, page: Any) -> None:
    start(lab, page, "keys-colours", [WITH_GENES])
    page.get_by_test_id("rt-ifng-change").wait_for()
    before = page.evaluate(IMAGE)
    press(page, page.get_by_test_id("rt-color"), *["ArrowDown"] * 5)
    lab.wait_kernel("w.color_by", "column:patient")
    press(page, page.get_by_test_id("rt-search"))
    page.keyboard.type("STAT1")
    page.keyboard.press("Enter")
    page.get_by_test_id("rt-legend").get_by_text("STAT1").wait_for()
    assert page.evaluate(IMAGE) != before
    press(page, page.get_by_test_id("rt-axis-ifng"), "Enter")
    legend = page.locator(".rt-legend")
    press(page, legend.locator("button[data-call]").first, "Space")
    assert legend.locator("button[data-call]").first.get_attribute("aria-pressed") == "false"
    press(page, legend.get_by_role("button", name="select up"), "Enter")
    lab.wait_kernel("int(w.selection.sum())", lab.kernel_eval("w.counts('ifng')['up']"))
    press(page, page.get_by_test_id("rt-ask-genes"), "Enter")
    page.get_by_test_id("rt-drivers").get_by_text("signatures", exact=True).wait_for()
    press(page, page.get_by_test_id("rt-next"), "Enter", "Enter")
    assert page.evaluate(f"{STORE}.row") == 1
    press(page, page.get_by_test_id("rt-patient"), "ArrowDown", "ArrowDown")
    lab.wait_kernel("sorted(set(w.session.data.design['patient'][w.selection]))", ["P2"])
    press(page, page.get_by_test_id("rt-scatter"), "Escape")
    lab.wait_kernel("int(w.selection.sum())", 0)
    assert not errors(page)


def test_a_lasso_is_drawn_and_kept_by_keys(lab: LabServer, page: Any) -> None:
    start(lab, page, "keys-lasso", [WITH_GENES])
    canvas = page.get_by_test_id("rt-scatter")
    canvas.wait_for()
    before = page.evaluate(IMAGE)
    press(page, canvas, "+", "ArrowLeft", "ArrowUp")
    page.wait_for_function(f"{IMAGE} !== {before!r}")
    press(page, canvas, "0")
    around = [
        ("ArrowLeft", 6),
        ("ArrowUp", 6),
        ("ArrowRight", 12),
        ("ArrowDown", 12),
        ("ArrowLeft", 12),
    ]
    page.keyboard.press("l")
    for key, times in around:
        for _ in range(times):
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.get_by_role("status").get_by_text("5 corners").wait_for(state="attached")
    picture(page, "lab-pen")
    page.keyboard.press("Enter")
    lasso = page.evaluate(f"{STORE}.lasso")
    points = np.array(material().embeddings["plane"])
    expected = int(inside(points, [tuple(one) for one in lasso["corners"]]).sum())
    assert 5 < expected < 235
    assert page.evaluate(f"{STORE}.nSelected") == expected
    lab.wait_kernel("int(w.selection.sum())", expected)
    press(page, page.get_by_test_id("rt-region-name"))
    page.keyboard.type("middle")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    lab.wait_kernel("[one.name for one in w.session.regions]", ["middle"])
    press(page, page.get_by_test_id("rt-clear"), "Enter")
    lab.wait_kernel("int(w.selection.sum())", 0)
    press(page, page.get_by_test_id("rt-region"), "Enter")
    lab.wait_kernel("int(w.selection.sum())", expected)
    press(page, page.get_by_test_id("rt-forget"), "Enter")
    lab.wait_kernel("len(w.session.regions)", 0)
    # without corners the pen picks the nearest point, as a click does
    press(page, canvas, "Escape", "l", "Enter")
    assert page.evaluate(f"{STORE}.row") >= 0
    assert not errors(page)


def test_every_picture_has_a_table_of_the_same_numbers(lab: LabServer, page: Any) -> None:
    start(lab, page, "tables", [SMALL + "w = Explorer(material()); w"])
    page.get_by_test_id("rt-ifng-change").wait_for()
    for summary in page.locator(".rt summary").all():
        press(page, summary, "Enter")
    tables = page.evaluate(
        "[...document.querySelectorAll('.rt table')].map(t => [t.caption.textContent,"
        " [...t.tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent))])"
    )
    by_caption = {caption.split(" by ")[0].split(",")[0]: rows for caption, rows in tables}
    display = Session(material()).resolve()
    words = str.maketrans("_", " ")
    counts = [
        [axis.title, call.translate(words), str(n)]
        for axis in display.axes
        for call, n in axis.counts
        if n
    ]
    flows = sorted(
        [flow.before.translate(words), flow.after.translate(words), str(flow.n)]
        for flow in display.flows
    )
    shares = sorted(
        [f"{one.patient} {one.timepoint}", one.call.translate(words), str(one.n), str(one.total)]
        for one in display.composition
    )

    assert by_caption["Calls of all 240 observations"] == counts
    assert sorted(row[:3] for row in by_caption["Samples"]) == flows
    assert sorted(row[:4] for row in by_caption["Calls per patient and time point"]) == shares
    assert page.locator(".rt canvas[role=img], .rt svg[role=img]").count() == 3


def test_on_a_fine_screen_the_picture_is_sharp_and_the_lasso_hits(page: Any, tmp_path: Any) -> None:
    found = material(5_000)
    path = Explorer(found).to_html(tmp_path / "view.html")
    fine = page.context.browser.new_context(
        device_scale_factor=2, viewport={"width": 1200, "height": 1000}
    )
    try:
        own = fine.new_page()
        own.goto(path.as_uri())
        canvas = own.get_by_test_id("rt-scatter")
        own.locator("[data-testid=rt-scatter][aria-label]").wait_for()
        sizes = canvas.evaluate("c => [c.width / c.clientWidth, c.height / c.clientHeight]")
        box = canvas.bounding_box()
        corners = [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.5, 0.65), (0.4, 0.6), (0.4, 0.45)]
        places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
        own.mouse.move(*places[0])
        own.mouse.down()
        for place in places[1:]:
            own.mouse.move(*place, steps=3)
        own.mouse.up()
        chosen = own.evaluate(f"[{STORE}.nSelected, {STORE}.lasso.corners]")
    finally:
        fine.close()
    points = np.array(found.embeddings["plane"])

    assert sizes == pytest.approx([2, 2], abs=0.02)
    assert chosen[0] == int(inside(points, [tuple(one) for one in chosen[1]]).sum())
    assert (
        np.abs(np.mean(chosen[1], axis=0)).max() < 0.5
    )  # the lasso lies where it was drawn, around the middle
    assert chosen[0] > 200
