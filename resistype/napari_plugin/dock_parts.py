"""Small widgets of the panel: a histogram that is painted, tables, boxes, buttons. Qt, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QListWidget,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from resistype.napari_plugin.panels import Histogram

__all__ = ["HistogramView", "button", "column", "fill", "show", "spin", "swatch", "table"]


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
                painter.fillRect(QRectF(at * step, height - tall, max(step - 1, 1), tall), QColor(color))
            for value, color, wide in ((shown.default, "#56B4E9", 1), (shown.value, "#FFFFFF", 2)):
                painter.fillRect(QRectF(shown.place(value) * (width - wide), 0, wide, height), QColor(color))
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
