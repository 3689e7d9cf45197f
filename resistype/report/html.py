"""The page: one HTML file that needs nothing else, drawn from a `Report` and from nothing else.

Rendered by jinja2 with autoescaping, so names from the data are text and never markup, and without
characters that turn the text beside them. The page may load nothing and run nothing: its policy is
``default-src 'none'`` with the hash of its one style sheet; there is no script, no style attribute
and no link outwards.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from resistype.report.cohort import STABLE, cuts_of, grey
from resistype.report.model import AxisCounts, ChangePanel, Group, LabelCount, Report, Unit
from resistype.safe.files import legible
from resistype.scheme.caveats import FIRST
from resistype.scheme.scheme import GREYS, NO_DATA
from resistype.text import condition, exact, number, p_value, percent, sign, word

# Geometry of the drawings on the page: plain numbers and colours, drawn by the template as
# rectangles.

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
    """One axis of the heat strip: a column a unit, in the order of the page; patients stand
    apart where units pair.
    """
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
            rects.append(
                (x, 0.0, float(len(columns)), 1.0, colors.get(call[0], GREYS[NO_DATA]), title)
            )
            x += len(columns)
        x = round(x + (0.35 if any(ends) else 0.0), 2)
    counts = ", ".join(f"{label.word} {label.n}" for label in axis.labels if label.n)
    return Chart(
        max(x, 1.0), 1.0, tuple(rects), f"{axis.title}, {len(given)} {group.noun}s: {counts}"
    )


def share_chart(label: LabelCount) -> Chart:
    """Fraction of a label as a bar, its interval as a line, the fraction of the reference as a
    tick; 0 to 100 %.
    """
    rects: list[Rect] = [(0.0, 0.0, 100.0, 10.0, "#F3F5F7", "")]
    if label.proportion is not None and label.low is not None and label.high is not None:
        low, high = 100 * label.low, 100 * label.high
        rects.append((0.0, 2.0, round(100 * label.proportion, 2), 6.0, label.color, ""))
        rects.append((round(low, 2), 4.4, round(max(high - low, 0.3), 2), 1.2, _INK, ""))
    if label.base_rate is not None:
        rects.append((round(min(100 * label.base_rate, 99.4), 2), 0.0, 0.6, 10.0, "#A84800", ""))
    about = (
        f"{label.word}: {percent(label.proportion)}, interval {percent(label.low)} to"
        f" {percent(label.high)}"
    )
    return Chart(100.0, 10.0, tuple(rects), about)


def change_charts(panel: ChangePanel, colors: dict[str, str]) -> tuple[float, tuple[Chart, ...]]:
    """Half the width of the scale, and for each change a bar from zero over the zones of the
    axis.
    """
    limits = cuts_of(panel.zones)
    reach = (
        max(
            [abs(one.value) for one in panel.changes]
            + [2 * abs(limit) for limit in limits]
            + [1e-9]
        )
        * 1.04
    )

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
        said = one.word or word(one.call)
        label = f"{one.patient} {one.timepoint}: {number(one.value)}, {said}"
        charts.append(Chart(100.0, 10.0, (*ground, bar, head), label))
    return reach, tuple(charts)


_HERE = Path(__file__).parent


@cache
def _sheet() -> str:
    return (_HERE / "page.css").read_text(encoding="utf-8")


def _inks(report: Report) -> dict[str, str]:
    """A class for each colour of a call, so that a page of many samples names a colour and does
    not spell it.
    """
    colors = dict.fromkeys(
        label.color for group in report.groups for axis in group.axes for label in axis.labels
    )
    return {color: f"k{number}" for number, color in enumerate(colors)}


def policy(style: str) -> str:
    """Content security policy of a page: nothing may be loaded or run; one style sheet, known by
    its hash.

    Examples
    --------
    >>> policy("body{margin:0}").split("'sha256-")[0]
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src "
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=lambda value: legible(value, lines=True) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = {
        "condition": condition,
        "number": number,
        "percent": percent,
        "word": word,
        "p": p_value,
        "sign": sign,
        "exact": exact,
    }
    environment.filters.update(shown)
    return environment.get_template("page.html.jinja")


def render(report: Report) -> str:
    """Draw a report as one HTML page.

    Parameters
    ----------
    report
        From `build_report`, `build_cell_report`, or read back from its JSON version; the page is
        the same.

    Returns
    -------
    str
        HTML of one file, without anything from outside.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.report import build_report, render
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> render(build_report(calls)).startswith("<!doctype html>")
    True
    """
    inks = _inks(report)
    style = _sheet() + "".join(f".{name}{{--c:{color}}}" for color, name in inks.items())
    return _template().render(
        r=report,
        style=style,
        policy=policy(style),
        ink=inks,
        stable=STABLE,
        title={axis.id: axis.title for group in report.groups for axis in group.axes},
        quantity={one.id: one for one in report.quantities},
        groups=[_group(group) for group in report.groups],
        panels=_panels(report),
        short=_short(report),
        first=FIRST,
        share=share_chart,
    )


def _group(group: Group) -> dict[str, Any]:
    common = (
        set.intersection(*(set(unit.caveats) for unit in group.units)) if group.units else set()
    )
    nowhere = _nowhere(group)
    return {
        "is": group,
        "strips": [(axis, strip_chart(group, axis)) for axis in group.axes],
        "labels": {axis.id: {label.id: label for label in axis.labels} for axis in group.axes},
        "common": common,
        "nowhere": nowhere,
        "rows": [(unit, _evidence(unit, nowhere)) for unit in group.units],
        "abstentions": {"indeterminate", "not_assessable"},
    }


def _nowhere(group: Group) -> dict[tuple[str, str], str]:
    """Quantities that no unit has, with the reason where all share it: said once, and not at
    every unit.
    """
    whys: dict[tuple[str, str], set[str]] = {}
    known: set[tuple[str, str]] = set()
    for unit in group.units:
        for one in unit.evidence:
            key = (one.axis, one.quantity)
            whys.setdefault(key, set()).add(one.reason)
            known |= {key} if one.value is not None else set()
    return {key: min(why) if len(why) == 1 else "" for key, why in whys.items() if key not in known}


def _evidence(unit: Unit, nowhere: Collection[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """For each axis what was measured, and what was not, by reason."""
    found: dict[str, dict[str, Any]] = {}
    for call in unit.calls:
        own = [
            one
            for one in unit.evidence
            if one.axis == call.axis and (one.axis, one.quantity) not in nowhere
        ]
        missing: dict[str, list[str]] = {}
        for one in own:
            if one.value is None:
                missing.setdefault(one.reason, []).append(one.quantity)
        found[call.axis] = {
            "known": [one for one in own if one.value is not None],
            "missing": list(missing.items()),
        }
    return found


def _panels(report: Report) -> list[dict[str, Any]]:
    colors = {
        axis.id: {label.id: label.color for label in axis.labels}
        for g in report.groups
        for axis in g.axes
    }
    drawn = []
    for panel in report.cohort.panels:
        reach, charts = change_charts(panel, colors[panel.axis])
        drawn.append(
            {
                "is": panel,
                "reach": reach,
                "charts": charts,
                "limits": cuts_of(panel.zones),
                "grey": grey(panel.zones),
            }
        )
    return drawn


def _short(report: Report) -> list[tuple[str, str]]:
    """Numbers and what they count, for the head of the page."""
    rows: list[tuple[str, str]] = []
    for group in report.groups:
        rows.append((f"{len(group.units):,}", f"{group.noun}s"))
        if group.id == "samples" and report.kind == "biopsies" and not report.patient:
            patients = {unit.patient for unit in group.units if unit.patient}
            rows += [(f"{len(patients):,}", "patients")] if patients else []
    pairs = {(one.sample, one.baseline) for panel in report.cohort.panels for one in panel.changes}
    rows += [(f"{len(pairs):,}", "pairs with the patient's baseline")] if pairs else []
    if report.cohort.stability and not report.patient:
        called = sum(one.n_called for one in report.cohort.stability)
        firm = sum(one.n_stable for one in report.cohort.stability)
        back = sum(one.n_withheld for one in report.cohort.stability)
        rows.append(
            (
                f"{firm:,} of {called:,}",
                f"calls come again in {percent(STABLE)} or more of the repeats",
            )
        )
        rows.append((f"{back:,}", "calls withheld as not robust"))
    refused = sum(
        len(one.units)
        for group in report.groups
        for one in group.refused
        if one.call == "not_assessable"
    )
    rows.append((f"{refused:,}", "answers refused, each with its reason"))
    return rows
