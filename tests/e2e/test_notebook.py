"""The same in Notebook 7: numbers as in Python, keys stay with the control, hostile names run
nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import errors, picture
from .harness import LabServer
from .test_lab import COUNTS, N_CELLS, PATH, SCREEN, SMALL, moved, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_explorer_moves_with_python(notebook: LabServer, page: Any) -> None:
    start(notebook, page, "move", [SMALL + "w = Explorer(material(20_000)); w"])
    slider = page.get_by_test_id("rt-ifng-change")
    slider.wait_for()
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    moved(notebook, page, "ifng", "change")
    box = page.get_by_test_id("rt-ifng-change-drag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.66, box["y"] + 20, steps=4)
    page.mouse.up()
    moved(notebook, page, "ifng", "change")
    page.locator(".rt-legend button", has_text="select").first.click()
    notebook.wait_kernel(
        "int(w.selection.sum())", page.evaluate("document.querySelector('.rt').__rt.nSelected")
    )
    notebook.kernel_eval("w.session.undo()")
    notebook.wait_kernel("int(w.selection.sum())", 0)
    page.wait_for_function("document.querySelector('.rt').__rt.nSelected === 0")
    page.get_by_test_id("rt-undo").click()
    notebook.wait_kernel("[one.name for one in w.session.log].count('undo')", 2)
    moved(notebook, page, "ifng", "change")
    assert page.evaluate(SCREEN) == notebook.kernel_eval(COUNTS)
    picture(page, "notebook7")
    # Notebook 7.6 itself says this one of its settings, with or without a widget
    assert [one for one in errors(page) if "reading 'schema'" not in one[1]] == []
    assert not page.external


def test_d_d_deletes_no_cell(notebook: LabServer, page: Any) -> None:
    start(notebook, page, "keys", [SMALL + "w = Explorer(material()); w", "1"])
    page.get_by_test_id("rt-ifng-change").wait_for()
    for handle in page.locator(
        ".rt :is(button, input, select, summary, [tabindex='0']):visible"
    ).element_handles():
        if handle.evaluate("node => node.isConnected && !node.disabled"):
            handle.focus()
            for key in ("d", "d", "x", "a"):
                page.keyboard.press(key)
    assert page.evaluate(N_CELLS) == 2


def test_a_run_of_hostile_names_ends_and_runs_nothing(notebook: LabServer, page: Any) -> None:
    cells = [
        PATH
        + "from tests.widgets.conftest import hostile_material\nfrom tests.widgets.hostile import"
        " HOSTILE\nfrom resistype.widgets import Explorer, Runner\nm, x = hostile_material()\nw ="
        " Explorer(m, expression=x, title=HOSTILE[1]); w",
        (
            "def work():\n    yield 1, 2, HOSTILE[0]\n    return None\nr = Runner(work,"
            " checks=HOSTILE, title=HOSTILE[1], notes=lambda _: HOSTILE, table=lambda _:"
            " (HOSTILE[2], list(HOSTILE[:3]), [list(HOSTILE[3:6])])); r"
        ),
    ]
    start(notebook, page, "hostile", cells)
    page.get_by_test_id("rt-next").click()
    page.get_by_test_id("rt-start").click()
    page.get_by_text("done").first.wait_for()
    page.get_by_test_id("rt-result").locator("td").first.wait_for()
    picture(page, "notebook7-hostile")

    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a, .rt link").count() == 0
    assert not page.external
