"""Geometry of the drawings on the page: plain numbers and colours, drawn by the template as rectangles.

No drawing holds text, so that a picture may be squeezed to any width and its words stay as large as the page's. A
rectangle is (x, y, width, height, colour, words); the words, if any, are shown when it is pointed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from resistype.report.model import ChangePanel
from resistype.report.parts import AxisCounts, Group, LabelCount
from resistype.report.zones import cuts_of, grey
from resistype.scheme.palette import GREYS, NO_DATA
from resistype.text import number, percent, word

__all__ = ["Chart", "Rect", "change_charts", "share_chart", "strip_chart"]

Rect = tuple[float, float, float, float, str, str]
_NAMED = 200  # columns of a strip that still carry their names
_GREY_ZONE, _INK, _LIMIT = "#E3E6E9", "#1B1F24", "#5A636C"


@dataclass(frozen=True)
class Chart:
    """Rectangles in a box, and the words that stand for them."""

    width: float
    height: float
    rects: tuple[Rect, ...]
    label: str


def strip_chart(group: Group, axis: AxisCounts) -> Chart:
    """One axis of the heat strip: a column a unit, in the order of the page; patients stand apart where units pair."""
    colors = {label.id: label.color for label in axis.labels}
    words = {label.id: label.word for label in axis.labels}
    given = [next((c.call for c in unit.calls if c.axis == axis.id), "") for unit in group.units]
    ends = (
        [unit.patient or unit.id for unit in group.units]
        if group.ordered_by.startswith("patient")
        else [""] * len(given)
    )
    named = len(given) <= _NAMED
    rects: list[Rect] = []
    x = 0.0
    for _, part in groupby(range(len(given)), key=ends.__getitem__):
        for call, run in groupby(part, key=lambda k: (given[k], k if named else -1)):
            columns = list(run)
            title = f"{group.units[columns[0]].id}: {words.get(call[0], call[0])}" if named else ""
            rects.append((x, 0.0, float(len(columns)), 1.0, colors.get(call[0], GREYS[NO_DATA]), title))
            x += len(columns)
        x = round(x + (0.35 if any(ends) else 0.0), 2)
    counts = ", ".join(f"{label.word} {label.n}" for label in axis.labels if label.n)
    return Chart(max(x, 1.0), 1.0, tuple(rects), f"{axis.title}, {len(given)} {group.noun}s: {counts}")


def share_chart(label: LabelCount) -> Chart:
    """Share of a label as a bar, its interval as a line, the share of the reference as a tick; 0 to 100 %."""
    rects: list[Rect] = [(0.0, 0.0, 100.0, 10.0, "#F3F5F7", "")]
    if label.share is not None and label.low is not None and label.high is not None:
        low, high = 100 * label.low, 100 * label.high
        rects.append((0.0, 2.0, round(100 * label.share, 2), 6.0, label.color, ""))
        rects.append((round(low, 2), 4.4, round(max(high - low, 0.3), 2), 1.2, _INK, ""))
    if label.reference_share is not None:
        rects.append((round(min(100 * label.reference_share, 99.4), 2), 0.0, 0.6, 10.0, "#A84800", ""))
    about = f"{label.word}: {percent(label.share)}, interval {percent(label.low)} to {percent(label.high)}"
    return Chart(100.0, 10.0, tuple(rects), about)


def change_charts(panel: ChangePanel, colors: dict[str, str]) -> tuple[float, tuple[Chart, ...]]:
    """Half the width of the scale, and for each change a bar from zero over the zones of the axis."""
    limits = cuts_of(panel.zones)
    reach = max([abs(one.value) for one in panel.changes] + [2 * abs(limit) for limit in limits] + [1e-9]) * 1.04

    def place(value: float) -> float:
        return round(50.0 + 50.0 * max(-1.0, min(1.0, value / reach)), 2)

    ground: list[Rect] = []
    for zone in grey(panel.zones):
        low, high = place(zone.low or 0.0), place(zone.high or 0.0)
        ground.append((low, 0.0, round(high - low, 2), 10.0, _GREY_ZONE, ""))
    ground += [(place(limit) - 0.12, 0.0, 0.25, 10.0, _LIMIT, "") for limit in limits]
    ground.append((49.85, 0.0, 0.3, 10.0, _INK, ""))
    charts = []
    for one in panel.changes:
        start, end = sorted((50.0, place(one.value)))
        color = colors.get(one.call, GREYS["indeterminate"])
        bar: Rect = (start, 3.0, round(max(end - start, 0.4), 2), 4.0, color, "")
        head: Rect = (round(place(one.value) - 0.45, 2), 1.2, 0.9, 7.6, _INK, "")
        label = f"{one.patient} {one.timepoint}: {number(one.value)}, {word(one.call)}"
        charts.append(Chart(100.0, 10.0, (*ground, bar, head), label))
    return reach, tuple(charts)
