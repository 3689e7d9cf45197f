"""The panel: opened from the manifest, driven by its own buttons, closed without a trace."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QPushButton

from resistype.errors import ResistypeWarning
from resistype.napari_plugin import panels
from resistype.napari_plugin.classify import view_of
from resistype.napari_plugin.dock import ResistanceDock
from resistype.systems.tissue import read_cells
from resistype.widgets import Explorer
from tests.processes import LIMIT_MS


def legend_of(dock: ResistanceDock) -> dict[str, Any]:
    items = [dock.legend.item(at) for at in range(dock.legend.count())]
    return {item.data(Qt.ItemDataRole.UserRole): item for item in items}


def texts(table: Any) -> list[list[str]]:
    return [
        [table.item(r, c).text() for c in range(table.columnCount())]
        for r in range(table.rowCount())
    ]


def test_the_manifest_opens_the_panel_and_the_sample(window: Any, qtbot: Any) -> None:
    import npe2

    manager = npe2.PluginManager.instance()
    if "resistype" not in manager:
        manager.register(npe2.PluginManifest.from_distribution("resistype"))
    window.open_sample("resistype", "simulated_imc")
    _, panel = window.window.add_plugin_dock_widget("resistype", "Resistance in tissue")
    window.layers.selection = {one for one in window.layers if type(one).__name__ == "Labels"}

    panel._classify()

    assert (
        panel.status.text()
        == "11,758 cells in 4 layers, each with its row of the table (by instance_id)."
    )
    assert panel.scale.value() == 1.0
    assert panel.color.currentText() == "axis:cell"


def test_the_legend_counts_what_the_table_counts(dock: ResistanceDock, demo: Any) -> None:
    dock.color.setCurrentText("column:phenotype")
    dock.color.textActivated.emit("column:phenotype")

    counts = demo.table.loc[demo.table["region"] == "sim_excluded", "phenotype"].value_counts()
    shown = {
        name: int(item.text().rsplit(" ", 1)[1].replace(",", ""))
        for name, item in legend_of(dock).items()
    }
    assert shown == counts[counts > 0].to_dict()


def test_a_box_of_the_legend_hides_a_class(dock: ResistanceDock) -> None:
    assert dock.view is not None
    legend_of(dock)["tumour"].setCheckState(Qt.CheckState.Unchecked)

    assert dock.view.session.state.hidden == {"tumour"}
    legend_of(dock)["tumour"].setCheckState(Qt.CheckState.Checked)
    assert dock.view.session.state.hidden == frozenset()


def test_the_slider_moves_the_threshold_of_the_session(dock: ResistanceDock, qtbot: Any) -> None:
    assert dock.view is not None
    before = dock.view.session.counts("tumour")["positive"]

    dock.slider.setValue(0.9)

    qtbot.waitUntil(
        lambda: dock.view.session.counts("tumour")["positive"] < before, timeout=LIMIT_MS
    )
    assert dock.view.session.thresholds("tumour")["cut"] == pytest.approx(0.9, abs=1e-3)
    assert dock.histogram.shown is not None
    assert dock.histogram.shown.n_above == dock.view.session.counts("tumour")["positive"]
    assert "moved from" in dock.about.text()


def test_panel_and_notebook_share_one_session(dock: ResistanceDock, qtbot: Any) -> None:
    assert dock.view is not None
    page = Explorer(dock.view.session)

    page.thresholds = {"tumour": {"cut": 0.75}}
    assert dock.slider.value() == pytest.approx(0.75, abs=1e-3)

    dock.slider.setValue(0.25)
    qtbot.waitUntil(lambda: abs(page.thresholds["tumour"]["cut"] - 0.25) < 1e-3, timeout=LIMIT_MS)
    assert page.counts("tumour") == dock.view.session.counts("tumour")


def test_a_closed_panel_leaves_nothing_behind(
    dock: ResistanceDock, window: Any, qtbot: Any
) -> None:
    view, gone = dock.view, weakref.ref(dock)
    assert view is not None
    page = Explorer(view.session)
    assert len(view.changed) == 1

    window.window.remove_dock_widget(dock)
    dock.close()
    dock.deleteLater()
    qtbot.wait(100)
    told: list[str] = []
    view.session.events.failed.connect(told.append)
    page.thresholds = {"tumour": {"cut": 0.6}}

    assert len(view.changed) == 0
    assert told == []
    assert page.counts("tumour") == view.session.counts("tumour")
    del gone
    gc.collect()


def test_a_panel_opened_again_finds_the_view(dock: ResistanceDock, window: Any, qtbot: Any) -> None:
    again = ResistanceDock(window)
    qtbot.addWidget(again)

    assert again.view is dock.view
    assert again.color.currentText() == "axis:cell"


def test_errors_are_sentences_in_the_status_line(window: Any, qtbot: Any) -> None:
    panel = ResistanceDock(window)
    qtbot.addWidget(panel)
    panel._classify()
    assert panel.status.text().startswith("N100 Select the Points or Labels layer")

    window.add_labels(np.ones((4, 4), dtype=int), name="bare")
    panel._classify()
    assert panel.status.text().startswith("N101 Layer 'bare' has no table")

    panel._map()
    assert panel.status.text() == "Nothing is classified yet: select a layer and classify it."


def test_a_line_of_sets_that_cannot_be_read_is_said(dock: ResistanceDock) -> None:
    dock.sets.setText("nonsense")
    dock._classify()

    assert dock.status.text().startswith("N111 Marker set 'nonsense'")


def test_regions_are_read_and_composed(dock: ResistanceDock, window: Any) -> None:
    box = np.array([[200.0, 200.0], [200.0, 400.0], [400.0, 400.0], [400.0, 200.0]])
    window.add_shapes(
        [box], shape_type="rectangle", name="nest", scale=(1.0, 1.0), units=("um", "um")
    )

    dock._read_regions()
    dock._compose()

    assert dock.first.currentText() == "nest 1"
    rows = texts(dock.shares)
    assert rows[0][0] == "nest 1"
    assert any(row[1] == "tumour" and row[0] == "nest 1" for row in rows)


def test_without_a_region_there_is_a_sentence(dock: ResistanceDock) -> None:
    dock._compose()

    assert dock.status.text().startswith("N130 There is no Shapes layer")


def test_a_map_is_made_beside_the_window(dock: ResistanceDock, window: Any, qtbot: Any) -> None:
    dock.map_kind.setCurrentText("fraction map")
    dock.map_cells.setCurrentText("cd163_macrophage")
    before = len(window.layers)

    dock._map()

    qtbot.waitUntil(lambda: len(window.layers) == before + 1, timeout=LIMIT_MS)
    assert dock.status.text().startswith("fraction of cd163_macrophage")


def test_a_layer_deleted_while_a_map_is_made_has_an_outcome(
    dock: ResistanceDock, window: Any, excluded: Any, qtbot: Any
) -> None:
    dock.map_kind.setCurrentText("fraction of neighbours")
    dock.map_cells.setCurrentText("tumour")

    dock._map()
    window.layers.remove(excluded)

    qtbot.waitUntil(lambda: dock.status.text().startswith("N122"), timeout=LIMIT_MS)
    assert "was deleted while 'fraction of tumour within 30 µm' was made" in dock.status.text()


def test_a_map_without_a_scale_asks_for_it(dock: ResistanceDock) -> None:
    dock.scale.setValue(0.0)

    dock._map()

    assert dock.status.text().startswith(
        "P101 The coordinates are in pixels and no scale was given"
    )


def test_the_evidence_of_a_clicked_cell_is_shown(dock: ResistanceDock) -> None:
    view = dock.view
    assert view is not None
    place = view.bounds[0].coordinates(view.table.n_obs)[99]

    view.click((place[1], place[0]))

    rows = texts(dock.evidence)
    assert {row[0] for row in rows} == {"cell", "tumour", "cd8_t_cell", "cd163_macrophage"}
    assert len(rows) == len(panels.evidence_lines(view))


def test_files_are_written_where_the_user_says(
    dock: ResistanceDock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, window: Any
) -> None:
    window.add_shapes(
        [np.array([[200.0, 200.0], [200.0, 400.0], [400.0, 400.0]])],
        shape_type="polygon",
        name="roi",
    )
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / a[-1]), ""))
    for button in dock.findChildren(QPushButton):
        if button.text().endswith("…"):
            button.click()

    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "cells.csv",
        "cells.h5ad",
        "regions.geojson",
        "session.py",
    ]
    assert len(read_cells(tmp_path / "cells.csv")) == 2942


def test_undo_and_reset_from_the_panel(dock: ResistanceDock) -> None:
    view = dock.view
    assert view is not None
    buttons = {one.text(): one for one in dock.findChildren(QPushButton)}
    view.session.move_threshold("tumour", "cut", 0.9)
    buttons["Undo"].click()
    assert view.session.state.moved == ()
    view.session.move_threshold("tumour", "cut", 0.9)
    buttons["Put all thresholds back"].click()

    assert view.session.state.moved == ()


def test_the_viewer_goes_and_the_session_stays(make_napari_viewer: Any, demo: Any) -> None:
    other = make_napari_viewer()
    layer = other.add_labels(
        demo.masks["sim_stroma"], metadata={"adata": demo.to_anndata(), "region": "sim_stroma"}
    )
    panel = ResistanceDock(other)
    other.window.add_dock_widget(panel)
    other.layers.selection = {layer}
    panel._classify()
    view = view_of(other)
    assert view is not None
    session = view.session

    other.close()
    told: list[str] = []
    session.events.failed.connect(told.append)
    session.move_threshold("tumour", "cut", 0.5)

    assert told == []


def test_what_fails_behind_the_panel_is_said_in_it(
    dock: ResistanceDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("unused")

    assert dock.view is not None
    dock.view.session.events.calls.connect(broken)
    with pytest.warns(ResistypeWarning, match="V120"):
        dock.view.session.move_threshold("tumour", "cut", 0.9)
    assert dock.status.text().endswith("KeyError: 'unused'")
    monkeypatch.setattr(panels, "histogram", broken)  # the panel itself fails
    with pytest.warns(ResistypeWarning, match="'changed'"):
        dock.view.session.move_threshold("tumour", "cut", 0.8)

    assert "KeyError: 'unused'" in dock.status.text()
    assert dock.view.session.thresholds("tumour")["cut"] == pytest.approx(0.8)
