# ruff: noqa: E501  pieces of JavaScript stay on one line
"""What is shown belongs to one state: counts and thresholds, a request and the change before it,
page and Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistype.session import Session
from tests.widgets.vectors import material

from .conftest import errors
from .harness import LabServer
from .test_lab import COUNTS, SCREEN, SMALL, moved, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# Every picture of the legend that a user could have seen, with the threshold that stood beside it.
WATCH = """() => { const root = document.querySelector('.rt'), store = root.__rt, seen = window.__seen = [];
  const note = () => seen.push([store.thresholds.ifng.change, [...root.querySelectorAll('.rt-legend li button[data-call]')].map(b => [store.spec.axes[0].names[+b.dataset.call], b.textContent.split(' ').pop()])]);
  note(); new MutationObserver(note).observe(root.querySelector('[data-testid=rt-legend]'), { childList: true, subtree: true, characterData: true }); }"""
SETTLED = "() => { const s = document.querySelector('.rt').__rt; return !s.pending; }"


def test_every_count_that_is_shown_belongs_to_the_threshold_beside_it(
    lab: LabServer, page: Any
) -> None:
    start(lab, page, "one-state", [SMALL + "w = Explorer(material(30_000), max_drawn=3_000); w"])
    page.get_by_test_id("rt-part").wait_for()
    page.wait_for_function(SETTLED)
    page.evaluate(WATCH)
    for value in (0.7, 1.0, 0.3, 2.0):
        lab.kernel_eval(f"w.session.move_threshold('ifng', 'change', {value})")
    page.get_by_test_id("rt-ifng-change").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    lab.kernel_eval("w.session.move_threshold('ifng', 'change', 1.25)")
    page.wait_for_function("document.querySelector('.rt').__rt.thresholds.ifng.change === 1.25")
    page.wait_for_function(SETTLED)
    seen = page.evaluate("window.__seen")
    session, known = Session(material(30_000)), {}
    for value, legend in seen:
        if value not in known:
            session.move_threshold("ifng", "change", value)
            known[value] = session.counts("ifng")
        for call, said in legend:
            number = said.replace("\u202f", "")
            assert number == "…" or int(number) == known[value][call], (value, call, said)

    assert len(known) >= 5
    assert any(said == "…" for _, legend in seen for _, said in legend)
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)


def test_bars_of_patients_count_all_observations_where_a_part_is_drawn(
    lab: LabServer, page: Any
) -> None:
    start(lab, page, "part-bars", [SMALL + "w = Explorer(material(30_000), max_drawn=3_000); w"])
    page.get_by_test_id("rt-part").wait_for()
    page.locator(".rt section svg text", has_text="n = 1136").first.wait_for()
    sums = page.evaluate(
        "[...document.querySelectorAll('.rt section svg text')].map(t => /^n ="
        " (\\d+)$/.exec(t.textContent)).filter(m => m).reduce((a, m) => a + +m[1], 0)"
    )

    assert sums == lab.kernel_eval("int((w.session.data.design['patient'] != '').sum())")


def test_an_undo_does_not_overtake_the_move_before_it(lab: LabServer, page: Any) -> None:
    """While a cell runs, the second move is held back by the page and the undo is not: it must
    wait for that move.
    """
    start(lab, page, "overtake", [SMALL + "import os, time\nw = Explorer(material(2_000)); w", "1"])
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    # a cell that runs until the test lets it go: no message is handled meanwhile
    page.evaluate(
        "() => { const n = window.jupyterapp.shell.currentWidget.content;"
        " n.widgets[1].model.sharedModel.setSource(\"while not os.path.exists('go'):"
        ' time.sleep(.05)"); n.activeCellIndex = 1;'
        " window.jupyterapp.commands.execute('notebook:run-cell'); }"
    )
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    slider.focus()
    values = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(150)
        values.append(page.evaluate("document.querySelector('.rt').__rt.thresholds.ifng.change"))
    page.evaluate("document.querySelector('[data-testid=rt-undo]').disabled = false")
    page.get_by_test_id("rt-undo").click()
    (lab.root / "go").touch()
    lab.wait_kernel("[one.name for one in w.session.log].count('undo')", 1)
    log = lab.kernel_eval("[[one.name, *one.arguments] for one in w.session.log]")

    assert log[-1] == ["undo"]
    assert log[-2] == ["move_threshold", "ifng", "change", values[-1]]
    page.wait_for_function(
        "document.querySelector('.rt').__rt.thresholds.ifng.change ==="
        f" {log[-3][3] if len(log) > 2 else 0.5}"
    )
    assert page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)


def test_a_selection_and_a_move_in_one_message_both_arrive(lab: LabServer, page: Any) -> None:
    start(lab, page, "bytes", [SMALL + "w = Explorer(material(2_000)); w"])
    page.get_by_test_id("rt-ifng-change").wait_for()
    page.evaluate(
        "() => { document.querySelector('.rt-legend button[aria-label^=select]').click(); const s ="
        " document.querySelector('[data-testid=rt-ifng-change]'); s.value = '0.875';"
        " s.dispatchEvent(new Event('input')); }"
    )
    lab.wait_kernel("[int(w.selection.sum()) > 0, w.thresholds['ifng']['change']]", [True, 0.875])
    assert page.evaluate("document.querySelector('.rt').__rt.nSelected") == lab.kernel_eval(
        "int(w.selection.sum())"
    )
    moved(lab, page, "ifng", "change")


def test_undo_redo_and_regions_are_steps_of_the_session(lab: LabServer, page: Any) -> None:
    start(lab, page, "steps", [SMALL + "w = Explorer(material(2_000)); w"])
    canvas = page.get_by_test_id("rt-scatter")
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    corners = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.5, 0.8), (0.3, 0.7), (0.3, 0.35)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    chosen = page.evaluate("document.querySelector('.rt').__rt.nSelected")
    lab.wait_kernel("int(w.selection.sum())", chosen)
    page.get_by_test_id("rt-region-name").fill('core "</script>')
    page.get_by_test_id("rt-keep").click()
    lab.wait_kernel("[one.name for one in w.session.regions]", ['core "</script>'])
    page.get_by_test_id("rt-clear").click()
    lab.wait_kernel("int(w.selection.sum())", 0)
    page.get_by_test_id("rt-regions").select_option('core "</script>')
    page.get_by_test_id("rt-region").click()
    lab.wait_kernel("int(w.selection.sum())", chosen)
    page.wait_for_function(f"document.querySelector('.rt').__rt.nSelected === {chosen}")
    page.get_by_test_id("rt-undo").click()
    page.wait_for_function("document.querySelector('.rt').__rt.nSelected === 0")
    page.get_by_test_id("rt-redo").click()
    page.wait_for_function(f"document.querySelector('.rt').__rt.nSelected === {chosen}")
    page.get_by_test_id("rt-forget").click()
    lab.wait_kernel("[one.name for one in w.session.regions]", [])
    page.get_by_test_id("rt-ifng-change").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_test_id("rt-reset").click()
    lab.wait_kernel("w.session.log[-1].name", "reset_thresholds")
    page.wait_for_function("document.querySelector('.rt').__rt.thresholds.ifng.change === 0.5")
    page.get_by_test_id("rt-undo").click()
    page.wait_for_function("document.querySelector('.rt').__rt.thresholds.ifng.change > 0.5")

    assert lab.kernel_eval("[one.name for one in w.session.log if one.name != 'select']") == [
        "add_region",
        "select_region",
        "undo",
        "redo",
        "remove_region",
        "move_threshold",
        "reset_thresholds",
        "undo",
    ]
    assert not errors(page)


def test_what_was_explored_in_the_page_is_replayed_by_its_script(lab: LabServer, page: Any) -> None:
    start(lab, page, "replay", [SMALL + "m = material(2_000); w = Explorer(m); w"])
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    for number in range(15):
        (slider if number % 2 else page.get_by_test_id("rt-ifng-level")).focus()
        page.keyboard.press("ArrowRight" if number % 3 else "ArrowLeft")
        page.wait_for_timeout(90)
        page.locator(".rt-legend button", has_text="select").nth(number % 3).click()
        page.wait_for_timeout(90)
    lab.wait_kernel("len(w.session.log) >= 30", True)
    lab.wait_kernel(
        "w.thresholds['ifng']['change']",
        page.evaluate("document.querySelector('.rt').__rt.thresholds.ifng.change"),
    )
    found = lab.kernel_eval("{a.id: w.session.codes(a.id).tolist() for a in w.session.scheme.axes}")
    space: dict[str, Any] = {"calls": material(2_000), "embeddings": None}
    # the script is what is tested
    exec(compile(lab.kernel_eval("w.to_script()"), "script", "exec"), space)  # noqa: S102
    again = space["session"]

    assert {axis.id: again.codes(axis.id).tolist() for axis in again.scheme.axes} == found
    assert np.array_equal(again.selection, np.flatnonzero(lab.kernel_eval("w.selection.tolist()")))
