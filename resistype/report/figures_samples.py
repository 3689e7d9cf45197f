"""Figures of biopsies: profile of every sample, changes of pairs, two axes against each other.

Each is drawn on Axes that are given and returns a `Drawn`: its data and a caption that states n. Calls have the
colours of the widgets; greys are kept for what is not a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resistype.errors import InputError
from resistype.report.drawn import INK, RUO, SOFT, Drawn, label_order, plain, shade
from resistype.report.model import ChangePanel
from resistype.report.overview import build_cohort
from resistype.report.units import order_of
from resistype.report.visible import visible_labels
from resistype.report.zones import cuts_of, limits, zones
from resistype.scheme import Calls
from resistype.scheme.palette import axis_colors
from resistype.scheme.scheme import ABSTENTIONS, Axis
from resistype.text import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axis_scatter", "change_plot", "profile_strip"]

_LONG = 22  # characters of an entry of a key, of which four stand beside each other, else three


def profile_strip(calls: Calls, ax: Axes | None = None) -> Drawn:
    """Calls of every sample as coloured columns, a row an axis, with the number of each call below its row.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    ax
        Where to draw; without it only data and caption are returned. 7 inches by 0.75 inch an axis suit it.

    Returns
    -------
    Drawn
        Table: sample, place (of its column), axis, call, color.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> profile_strip(calls).caption
    'Calls of 64 samples (32 patients) on 5 axes; order: patient, baseline first. Research use only.'
    """
    order, words = order_of(calls)
    parts = []
    for axis in calls.scheme.axes:
        colors, given = axis_colors(axis), [str(calls.verdicts.calls[axis.id][row]) for row in order]
        about = {"sample": [calls.samples[row] for row in order], "place": range(len(order)), "axis": axis.id}
        parts.append(pd.DataFrame({**about, "call": given, "color": [colors[one] for one in given]}))
    table = pd.concat(parts, ignore_index=True)
    people = calls.design["patient"].replace("", np.nan).nunique() if "patient" in calls.design else 0
    who = f" ({people} patients)" if people else ""
    caption = f"Calls of {len(order)} samples{who} on {len(parts)} axes; order: {words}. {RUO}"
    if ax is not None:
        _draw_strip(calls, ax, table)
    return Drawn(table, caption)


def _draw_strip(calls: Calls, ax: Axes, table: pd.DataFrame) -> None:
    n = len(calls.samples)
    for row, axis in enumerate(calls.scheme.axes):
        own = table[table["axis"] == axis.id]
        top = -2.0 * row
        for color, part in own.groupby("color", sort=False):
            ax.broken_barh([(place, 1.0) for place in part["place"]], (top, 1.0), facecolors=str(color), linewidth=0)
        counts = own["call"].value_counts()
        shown = [name for name in (*axis.labels, *ABSTENTIONS) if name in counts.index]
        slots = 4 if max(len(name) for name in shown) <= _LONG else 3
        for k, name in enumerate(shown):
            x, y = n * (k % slots) / slots, top - 0.3 - 0.34 * (k // slots)
            ax.plot([x + 0.006 * n], [y], "s", color=axis_colors(axis)[name], markersize=5, markeredgecolor=SOFT)
            ax.text(x + 0.022 * n, y, f"{word(name)} {counts[name]}", fontsize=7, va="center", color=INK)
    ax.set_xlim(0, n)
    ax.set_ylim(-2.0 * len(calls.scheme.axes) + 1.1, 1.1)
    ax.set_yticks([0.5 - 2.0 * k for k in range(len(calls.scheme.axes))], [axis.title for axis in calls.scheme.axes])
    ax.set_xticks([])
    ax.tick_params(labelsize=8, length=0)
    ax.set_frame_on(False)


# ------------------------------------------------------------------ pairs


def change_plot(calls: Calls, ax: Axes | None = None, *, axis: str | None = None) -> Drawn:
    """Change of every patient from the own baseline, largest first, with thresholds and grey zones.

    Parameters
    ----------
    calls
        With baselines.
    ax
        Where to draw; without it only data and caption are returned. Height: 0.16 inch a pair.
    axis
        Id of the axis; by default the first whose rules look at a change.

    Returns
    -------
    Drawn
        Table: patient, timepoint, sample, baseline, value, call.

    Raises
    ------
    InputError
        O112 when there are no pairs on that axis.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> len(change_plot(calls).table)
    32
    """
    panel = _panel_of(calls, axis)
    quantity = calls.scheme.quantities[panel.quantity]
    table = pd.DataFrame([one.model_dump() for one in panel.changes])
    cuts = cuts_of(panel.zones)
    caption = (
        f"{quantity.title} ({quantity.unit}); n = {len(table)} pairs. Dashed: thresholds {label_order(cuts)}; "
        f"shaded: grey zones. Colour: the call. {RUO}"
    )
    if ax is not None:
        _draw_changes(calls, ax, panel)
        ax.set_xlabel(f"{quantity.title} ({quantity.unit})", fontsize=8)
    return Drawn(table, caption)


def _panel_of(calls: Calls, axis: str | None) -> ChangePanel:
    panels = build_cohort(calls, {}).panels
    found = [panel for panel in panels if axis is None or panel.axis == axis]
    if not found:
        asked = f"on axis {axis!r}" if axis else "on any axis"
        known = ", ".join(panel.axis for panel in panels) or "none"
        raise InputError(f"There are no pairs with a change {asked}; axes with some: {known}.", code="O112")
    return found[0]


def _draw_changes(calls: Calls, ax: Axes, panel: ChangePanel) -> None:
    axis = calls.scheme.axis(panel.axis)
    colors, n = axis_colors(axis), len(panel.changes)
    for name in dict.fromkeys(one.call for one in panel.changes):
        own = [(n - 1 - k, one.value) for k, one in enumerate(panel.changes) if one.call == name]
        y, x = [k for k, _ in own], [value for _, value in own]
        ax.hlines(y, 0.0, x, color=colors[name], linewidth=2.2, zorder=2)
        label = f"{word(name)} (n = {len(own)})"
        ax.plot(x, y, "o", color=colors[name], markersize=4.5, markeredgecolor=INK, markeredgewidth=0.5, label=label)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    reach = 1.08 * max([abs(one.value) for one in panel.changes] + [abs(cut) for cut in cuts_of(panel.zones)])
    ax.set_xlim(-reach, reach)
    shade(ax, panel.zones)
    several = len({one.timepoint for one in panel.changes}) > 1
    names = [f"{one.patient} {one.timepoint}" if several else one.patient for one in panel.changes]
    ax.set_yticks(range(n - 1, -1, -1), [name[:24] for name in names])
    ax.set_ylim(-0.8, n - 0.2)
    plain(ax)
    ax.tick_params(axis="y", labelsize=6 if n > 30 else 7, length=0)
    ax.legend(frameon=False, fontsize=7, loc="lower right")


# ------------------------------------------------------------------ two axes


def axis_scatter(calls: Calls, x: str, y: str, *, ax: Axes | None = None) -> Drawn:
    """Two quantities of every sample against each other, with thresholds and grey zones; colour: the call on `y`.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    x, y
        Ids of quantities of the scheme.
    ax
        Where to draw; without it only data and caption are returned.

    Returns
    -------
    Drawn
        Table: sample, x, y, call; samples that lack one of the two are left out and counted in the caption.

    Raises
    ------
    InputError
        S112 for a name that is no quantity of the scheme.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> axis_scatter(calls, "ifng_level", "mhc1_residual").table.columns.tolist()
    ['sample', 'x', 'y', 'call']
    """
    for name in (x, y):
        if name not in calls.scheme.quantities:
            known = ", ".join(calls.scheme.quantities)
            raise InputError(f"{name!r} is no quantity of scheme {calls.scheme.id!r}. It has: {known}.", code="S112")
    axis = _axis_of(calls, y)
    given = [str(one) for one in calls.verdicts.calls[axis.id]] if axis else [""] * len(calls.samples)
    columns = {"x": calls.columns[x].values, "y": calls.columns[y].values}
    whole = pd.DataFrame({"sample": calls.samples, **columns, "call": given})
    table = whole.dropna(subset=["x", "y"]).reset_index(drop=True)
    lacking = f" {len(whole) - len(table)} samples lack one of the two." if len(table) < len(whole) else ""
    titles = [calls.scheme.quantities[name].title for name in (x, y)]
    caption = (
        f"{titles[1]} against {titles[0]}; n = {len(table)} samples.{lacking} Dashed: thresholds; shaded: grey zones. "
        f"{RUO}"
    )
    if ax is not None:
        _draw_scatter(ax, table, axis=axis)
        _frame_scatter(calls, ax, x, y=y)
    return Drawn(table, caption)


def _axis_of(calls: Calls, quantity: str) -> Axis | None:
    return next((axis for axis in calls.scheme.axes if limits(axis, quantity, _cuts(calls, axis))), None)


def _cuts(calls: Calls, axis: Axis) -> dict[str, float]:
    return calls.scheme.thresholds_of(axis.id)


def _draw_scatter(ax: Axes, table: pd.DataFrame, *, axis: Axis | None) -> None:
    colors = axis_colors(axis) if axis is not None else {"": SOFT}
    for name in [one for one in colors if one in set(table["call"])]:
        own = table[table["call"] == name]
        label = f"{word(name)} (n = {len(own)})" if name else None
        size = 16 if len(table) < 200 else 9
        ax.scatter(own["x"], own["y"], s=size, color=colors[name], edgecolor=INK, linewidth=0.3, label=label, zorder=3)
    if axis is not None and len(table):
        key = ax.legend(frameon=False, fontsize=7, title_fontsize=7, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
        key.set_title(axis.title)


def _frame_scatter(calls: Calls, ax: Axes, x: str, *, y: str) -> None:
    for name, vertical in ((x, True), (y, False)):
        axis, quantity = _axis_of(calls, name), calls.scheme.quantities[name]
        if axis is not None:
            shown = zones(axis, name, _cuts(calls, axis), labels=list(visible_labels(calls, axis)))
            shade(ax, shown, vertical=vertical)
        setter = ax.set_xlabel if vertical else ax.set_ylabel
        setter(f"{quantity.title} ({quantity.unit})", fontsize=8)
    plain(ax)
