"""The panel in napari: buttons send commands to the view, events draw it again. The only Qt.

It holds no science: what is shown comes from `panels.py`, what is done is done by the view and the
session. An error, and a listener that fails, is shown as a sentence. A panel that is closed stops
listening; the session lives on.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QRectF, Qt, QTimer
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from superqt import QLabeledDoubleSlider
from superqt.utils import qthrottled, signals_blocked

from resistype.errors import ResistypeError, ResistypeWarning, warn
from resistype.napari_plugin import export, maps, panels, regions
from resistype.napari_plugin.axis_order import swap_axes
from resistype.napari_plugin.callbacks import real, weakly
from resistype.napari_plugin.classify import Calling, classify_layers, view_of
from resistype.napari_plugin.marker_sets import DEFAULT_SETS, sets_text
from resistype.napari_plugin.panels import Histogram
from resistype.napari_plugin.view import TissueView
from resistype.session import Session
from resistype.systems.tissue import Roles


class HistogramView(QWidget):  # type: ignore[misc, unused-ignore]
    """Bars, the threshold as a line, its place before it was moved as a thin one."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Histogram | None = None
        self.setMinimumHeight(90)

    def draw(self, shown: Histogram | None) -> None:
        """Show another histogram."""
        self.shown = shown
        self.update()

    def paintEvent(self, _event: Any) -> None:  # noqa: N802  Qt's name
        """Draw the bars and the lines."""
        painter, shown = QPainter(self), self.shown
        width, height = self.width(), self.height()
        painter.fillRect(0, 0, width, height, QColor("#1E1E1E"))
        if shown is not None and shown.counts.sum():
            step, top = width / len(shown.counts), float(shown.counts.max()) ** 0.5
            for at, n in enumerate(shown.counts.tolist()):
                tall = height * (n**0.5) / top  # a square root, so that rare cells stay visible
                color = "#E69F00" if shown.edges[at] >= shown.value else "#8C8C8C"
                painter.fillRect(
                    QRectF(at * step, height - tall, max(step - 1, 1), tall), QColor(color)
                )
            for value, color, wide in ((shown.default, "#56B4E9", 1), (shown.value, "#FFFFFF", 2)):
                painter.fillRect(
                    QRectF(shown.place(value) * (width - wide), 0, wide, height), QColor(color)
                )
        painter.end()


def button(title: str, run: Callable[..., Any]) -> QPushButton:
    """A button that runs something."""
    button = QPushButton(title)
    button.clicked.connect(lambda _checked=False: run())
    return button


def column(*parts: QWidget) -> QWidget:
    """Widgets below each other."""
    box = QWidget()
    layout = QVBoxLayout(box)
    for part in parts:
        layout.addWidget(part)
    if not any(isinstance(part, (QListWidget, QTableWidget)) for part in parts):
        layout.addStretch()
    return box


def spin(low: float, high: float, decimals: int) -> QDoubleSpinBox:
    """A box for a number."""
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(low, high)
    return box


def fill(box: QComboBox, names: Sequence[str], chosen: str = "") -> None:
    """Choices of a box; the one that was chosen stays, where it is still there."""
    wanted = chosen or box.currentText()
    with signals_blocked(box):
        if [box.itemText(at) for at in range(box.count())] != list(names):
            box.clear()
            box.addItems(list(names))
        box.setCurrentIndex(max(box.findText(wanted), 0))


def table(head: Sequence[str]) -> QTableWidget:
    """An empty table with a head."""
    table = QTableWidget(0, len(head))
    table.setHorizontalHeaderLabels(list(head))
    return table


def show(table: QTableWidget, lines: Sequence[Sequence[str]]) -> None:
    """Fill a table with lines."""
    table.setRowCount(len(lines))
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            table.setItem(row, column, QTableWidgetItem(str(text)))
    table.resizeColumnsToContents()


def swatch(color: str) -> QIcon:
    """A square of a colour, for a legend."""
    picture = QPixmap(14, 14)
    picture.fill(QColor(color or "#00000000"))
    return QIcon(picture)


STEPS = 1000
MAP_KINDS = (
    "fraction of neighbours",
    "fraction map",
    "density map",
    "exclusion map",
    "distance",
    "description",
)
NONE, REST = "none", "rest of the image"


class ResistanceDock(QWidget):  # type: ignore[misc, unused-ignore]
    """The panel."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__()
        self._viewer = weakref.ref(real(napari_viewer))
        self._given = session
        self._heard: Callable[..., Any] | None = None
        self.view: TissueView | None = None
        self.status = QLabel("Select the Points or Labels layer with your cells, then classify it.")
        self.status.setWordWrap(True)
        self.color, self.legend = QComboBox(), QListWidget()
        self.scale = spin(0.0, 1000.0, 4)
        self.scale.setSpecialValueText("unknown")
        tabs = QTabWidget()
        for name, make in (
            ("Legend", self._legend_tab),
            ("Thresholds", self._threshold_tab),
            ("Regions", self._region_tab),
            ("Maps", self._map_tab),
            ("Evidence", self._evidence_tab),
            ("Export", self._export_tab),
        ):
            tabs.addTab(make(), name)
        layout = QVBoxLayout(self)
        form = QFormLayout()
        self.sets = QLineEdit(sets_text(DEFAULT_SETS))
        self.sets.setToolTip(
            "Marker sets (name: MARKER, MARKER; …), or: scheme acquired_resistance"
        )
        form.addRow("Called by", self.sets)
        form.addRow("µm per pixel", self.scale)
        form.addRow("Colour by", self.color)
        layout.addWidget(button("Classify selected layers", self._classify))
        layout.addLayout(form)
        layout.addWidget(tabs)
        layout.addWidget(self.status)
        self.color.textActivated.connect(lambda what: self._do(lambda view: view.color_by(what)))
        self.scale.valueChanged.connect(self._scaled)
        there = view_of(napari_viewer)
        if there is not None:
            self._follow(there)

    # -- parts -------------------------------------------------------------------------------------

    def _legend_tab(self) -> QWidget:
        self.legend.itemChanged.connect(self._toggled)
        swap = button("Swap x and y of the selected points", self._swap)
        return column(
            self.legend, button("Undo", lambda: self._do(lambda view: view.session.undo())), swap
        )

    def _threshold_tab(self) -> QWidget:
        self.threshold, self.histogram, self.about = QComboBox(), HistogramView(), QLabel()
        self.about.setWordWrap(True)
        self.slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.slider.setDecimals(3)
        self.slider.valueChanged.connect(qthrottled(self._moved, timeout=60))
        self.threshold.currentIndexChanged.connect(lambda _: self._show_threshold())
        reset = button(
            "Put all thresholds back",
            lambda: self._do(lambda view: view.session.reset_thresholds()),
        )
        return column(self.threshold, self.histogram, self.slider, self.about, reset)

    def _region_tab(self) -> QWidget:
        self.first, self.second, self.by_image = (
            QComboBox(),
            QComboBox(),
            QCheckBox("each image by itself"),
        )
        self.shares = table(("region", "kind", "n", "proportion (95 %)"))
        form = QWidget()
        rows = QFormLayout(form)
        rows.addRow("Region", self.first)
        rows.addRow("against", self.second)
        read = button("Read drawn regions", self._read_regions)
        return column(read, form, self.by_image, button("Composition", self._compose), self.shares)

    def _map_tab(self) -> QWidget:
        self.map_kind, self.map_cells, self.radius = QComboBox(), QComboBox(), spin(1.0, 1000.0, 1)
        self.map_kind.addItems(MAP_KINDS)
        self.radius.setValue(30.0)
        self.roles = {name: QComboBox() for name in ("tumour", "T cells", "macrophages")}
        form = QWidget()
        rows = QFormLayout(form)
        rows.addRow("Map", self.map_kind)
        rows.addRow("of", self.map_cells)
        rows.addRow("radius or kernel, µm", self.radius)
        for name, box in self.roles.items():
            rows.addRow(name, box)
        return column(form, button("Make the map", self._map))

    def _evidence_tab(self) -> QWidget:
        self.evidence = table(("axis", "call", "quantity", "value", "threshold", "distance", ""))
        return column(QLabel("Click a cell."), self.evidence)

    def _export_tab(self) -> QWidget:
        asked = (
            ("Cells as CSV …", "cells.csv", export.write_csv),
            ("AnnData as h5ad …", "cells.h5ad", export.write_h5ad),
            (
                "Regions as GeoJSON …",
                "regions.geojson",
                lambda v, path: export.write_geojson(v, self._drawn(v), path),
            ),
            ("Script …", "session.py", export.write_script),
        )
        buttons = [
            button(title, lambda _=False, n=name, f=run: self._save(n, f))
            for title, name, run in asked
        ]
        fill = button("Write into the layer's table", self._write_back)
        return column(*buttons, fill)

    # -- commands ----------------------------------------------------------------------------------

    def _do(self, run: Callable[[TissueView], Any]) -> None:
        """Run a command of the view."""
        view = self.view
        if view is None:
            self.status.setText("Nothing is classified yet: select a layer and classify it.")
        else:
            self._try(lambda: run(view))

    def _try(self, run: Callable[[], Any]) -> None:
        """Run something; an error becomes the status line."""
        try:
            run()
        except ResistypeError as error:
            self.status.setText(str(error))
        except Exception as error:  # noqa: BLE001  a slot of Qt has nobody else to tell
            message = f"{type(error).__name__} in Python: {error}"
            self.status.setText(message)
            warn(message, ResistypeWarning, code="V120")

    def _classify(self) -> None:
        def run() -> None:
            viewer: Any = self._viewer()
            chosen = sorted(viewer.layers.selection, key=viewer.layers.index)
            calling = Calling.read(self.sets.text())
            self._follow(classify_layers(viewer, chosen, calling=calling, session=self._given))

        self._try(run)

    def _swap(self) -> None:
        viewer: Any = self._viewer()
        self._try(lambda: swap_axes(viewer.layers.selection.active))
        self._classify()

    def _scaled(self, value: float) -> None:
        if self.view is not None:
            self.view.scale_um = value or None

    def _toggled(self, item: Any) -> None:
        name = item.data(Qt.ItemDataRole.UserRole)
        self._do(lambda view: view.toggle(name))

    def _moved(self, value: float) -> None:
        if self.threshold.currentData() is not None:
            axis, name = self.threshold.currentData()
            self._do(lambda view: view.session.move_threshold(axis, name, value))

    def _drawn(self, view: TissueView) -> regions.Annotations:
        return regions.drawn_rois(view, regions.shapes_of(view.viewer_model))

    def _read_regions(self) -> None:
        def run(view: TissueView) -> None:
            drawn = self._drawn(view)
            regions.keep_regions(view, drawn)
            fill(self.first, list(drawn.rois))
            fill(self.second, [REST, *drawn.rois])
            view.say("; ".join([f"regions: {', '.join(drawn.rois)}", *drawn.left_out]))

        self._do(run)

    def _compose(self) -> None:
        def run(view: TissueView) -> None:
            rois = self._drawn(view).rois
            second = self.second.currentText()
            against = None if second in ("", REST) else rois.get(second)
            chosen = rois.get(self.first.currentText()) or next(iter(rois.values()))
            found = regions.compose(view, chosen, against, by_image=self.by_image.isChecked())
            show(self.shares, regions.compose_text(found))

        self._do(run)

    def _map(self) -> None:
        def run(view: TissueView) -> None:
            parts = [
                () if box.currentText() in ("", NONE) else (box.currentText(),)
                for box in self.roles.values()
            ]
            kind, cells = self.map_kind.currentText(), self.map_cells.currentText()
            asked = maps.MapRequest(
                kind, (cells,) if cells else (), Roles(*parts), self.radius.value()
            )
            worker = create_worker(maps.work_out, maps.prepare(view), asked, _start_thread=False)
            worker.returned.connect(lambda result: self._try(lambda: maps.show(view, result)))
            worker.errored.connect(lambda error: self.status.setText(str(error)))
            self.status.setText(f"{kind}: at work …")
            self.worker = worker
            worker.start()

        self._do(run)

    def _save(self, name: str, run: Callable[[TissueView, str], Path]) -> None:
        if path := QFileDialog.getSaveFileName(self, "Save", name)[0]:
            self._do(lambda view: view.say(f"Written: {run(view, path)}"))

    def _write_back(self) -> None:
        self._do(lambda view: view.say(export.fill_layers(view)))

    # -- drawing -----------------------------------------------------------------------------------

    def _follow(self, view: TissueView) -> None:
        """Show a view, and no other."""
        if self.view is not None and self._heard is not None:
            self.view.changed.disconnect(self._heard)
        self.view, heard = view, weakly(self, "refresh")
        self._heard = heard
        view.changed.connect(heard)
        self.destroyed.connect(lambda _=None, event=view.changed: event.disconnect(heard))
        with signals_blocked(self.scale):
            self.scale.setValue(view.scale_um or 0.0)
        names = panels.threshold_names(view.session)
        with signals_blocked(self.threshold):
            self.threshold.clear()
            for axis, name in names:
                self.threshold.addItem(f"{axis}: {name}", (axis, name))
        for news in ("legend", "evidence", "status"):
            self.refresh(news)

    def refresh(self, news: str) -> None:
        """Draw one part again."""
        if self.view is None:
            return
        if news == "status":
            self.status.setText(self.view.status)
        elif news == "orphans":
            QTimer.singleShot(0, self.view.sweep)
        elif news == "evidence":
            show(self.evidence, panels.evidence_lines(self.view))
        else:
            fill(self.color, self.view.color_choices, self.view.color)
            self._show_legend(self.view)
            self._show_threshold()
            kinds = panels.kinds_of(self.view)
            fill(self.map_cells, kinds)
            guess = panels.guess_roles(kinds)
            for box, sounds in zip(
                self.roles.values(), (guess.tumour, guess.t_cells, guess.macrophages), strict=True
            ):
                fill(
                    box,
                    [NONE, *kinds],
                    box.currentText() if box.currentText() in kinds else (*sounds, NONE)[0],
                )

    def _show_legend(self, view: TissueView) -> None:
        with signals_blocked(self.legend):
            self.legend.clear()
            for row in view.legend():
                count = "" if row.n is None else f"  {row.n:,}"
                item = QListWidgetItem(swatch(row.color), f"{row.text}{count}", self.legend)
                item.setData(Qt.ItemDataRole.UserRole, row.name)
                if row.can_hide:
                    item.setCheckState(
                        Qt.CheckState.Unchecked if row.hidden else Qt.CheckState.Checked
                    )

    def _show_threshold(self) -> None:
        chosen = self.threshold.currentData()
        if self.view is None or chosen is None:
            return
        shown = panels.histogram(self.view.session, *chosen)
        self.histogram.draw(shown)
        self.about.setText(panels.threshold_text(self.view.session, *chosen))
        with signals_blocked(self.slider):
            self.slider.setRange(float(shown.edges[0]), float(shown.edges[-1]))
            self.slider.setSingleStep(float(shown.edges[-1] - shown.edges[0]) / STEPS)
            self.slider.setValue(shown.value)
