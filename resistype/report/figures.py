"""What a figure gives back, and the few things that all figures share.

A figure is drawn on Axes that are given: no pyplot, no global state, no style that is switched on.
It returns its data and its caption, which states n; given no Axes, it returns them all the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.extras import needs
from resistype.opinions import ConditionalInferenceTree, TreeBootstrap
from resistype.opinions.figures import draw_tree, grown_of
from resistype.report.cohort import build_cohort, cuts_of, grey, limits, zones
from resistype.report.model import ChangePanel, Zone
from resistype.report.units import order_of, visible_labels
from resistype.safe.files import make_folder, write_file
from resistype.scheme import Calls
from resistype.scheme.scheme import ABSTENTIONS, Axis, axis_colors
from resistype.stats import wilson
from resistype.text import exact, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


INK, SOFT, GREY_ZONE = "#1B1F24", "#5A636C", "#E3E6E9"
RUO = "Research use only."


@dataclass(frozen=True, eq=False)
class FigureResult:
    """Data and caption of a figure.

    Parameters
    ----------
    table
        What is drawn, one row a mark.
    caption
        What it shows, with n.
    """

    table: pd.DataFrame
    caption: str


def plain(ax: Axes) -> None:
    """Axes without the box: left and bottom line only, text large enough for print."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.tick_params(labelsize=8, colors=INK)


def shade(ax: Axes, zones: Sequence[Zone], *, vertical: bool = True) -> None:
    """Grey zones as bands and thresholds as lines with their values."""
    low, high = ax.get_xlim() if vertical else ax.get_ylim()
    span, line = (ax.axvspan, ax.axvline) if vertical else (ax.axhspan, ax.axhline)
    for zone in grey(zones):
        span(zone.low or 0.0, zone.high or 0.0, color=GREY_ZONE, zorder=0, linewidth=0)
    for limit in cuts_of(zones):
        line(limit, color=SOFT, linewidth=0.8, linestyle="--", zorder=1)
    if vertical:
        ax.set_xlim(low, high)
    else:
        ax.set_ylim(low, high)


def label_order(limits: Sequence[float]) -> str:
    """Thresholds in words.

    Examples
    --------
    >>> label_order([0.5, -0.5])
    '−0.5, 0.5'
    """
    return ", ".join(exact(limit) for limit in sorted(limits))


# Figures of biopsies: profile of every sample, changes of pairs, two axes against each other.

_LONG = 22  # characters of an entry of a key, of which four stand beside each other, else three


def profile_strip(calls: Calls, ax: Axes | None = None) -> FigureResult:
    """Calls of every sample as coloured columns, a row per axis, with the number of each call below
    its row.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    ax
        Where to draw; without it only data and caption are returned. 7 inches by 0.75 inch an axis
        suit it.

    Returns
    -------
    FigureResult
        Table: sample, place (of its column), axis, call, color.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(
    ...     demo.expression,
    ...     samples=demo.samples,
    ...     baseline="Pre",
    ...     options=rt.CallOptions(stability=False),
    ... )
    >>> profile_strip(calls).caption
    'Calls of 64 samples (32 patients) on 5 axes; order: patient, baseline first. Research use
    only.'
    """
    order, words = order_of(calls)
    parts = []
    for axis in calls.scheme.axes:
        colors, given = (
            axis_colors(axis),
            [str(calls.verdicts.calls[axis.id][row]) for row in order],
        )
        about = {
            "sample": [calls.samples[row] for row in order],
            "place": range(len(order)),
            "axis": axis.id,
        }
        parts.append(
            pd.DataFrame({**about, "call": given, "color": [colors[one] for one in given]})
        )
    table = pd.concat(parts, ignore_index=True)
    people = (
        calls.design["patient"].replace("", np.nan).nunique() if "patient" in calls.design else 0
    )
    who = f" ({people} patients)" if people else ""
    caption = f"Calls of {len(order)} samples{who} on {len(parts)} axes; order: {words}. {RUO}"
    if ax is not None:
        _draw_strip(calls, ax, table)
    return FigureResult(table, caption)


def _draw_strip(calls: Calls, ax: Axes, table: pd.DataFrame) -> None:
    n = len(calls.samples)
    for row, axis in enumerate(calls.scheme.axes):
        own = table[table["axis"] == axis.id]
        top = -2.0 * row
        for color, part in own.groupby("color", sort=False):
            ax.broken_barh(
                [(place, 1.0) for place in part["place"]],
                (top, 1.0),
                facecolors=str(color),
                linewidth=0,
            )
        counts = own["call"].value_counts()
        shown = [name for name in (*axis.labels, *ABSTENTIONS) if name in counts.index]
        slots = 4 if max(len(name) for name in shown) <= _LONG else 3
        for k, name in enumerate(shown):
            x, y = n * (k % slots) / slots, top - 0.3 - 0.34 * (k // slots)
            ax.plot(
                [x + 0.006 * n],
                [y],
                "s",
                color=axis_colors(axis)[name],
                markersize=5,
                markeredgecolor=SOFT,
            )
            ax.text(
                x + 0.022 * n, y, f"{word(name)} {counts[name]}", fontsize=7, va="center", color=INK
            )
    ax.set_xlim(0, n)
    ax.set_ylim(-2.0 * len(calls.scheme.axes) + 1.1, 1.1)
    ax.set_yticks(
        [0.5 - 2.0 * k for k in range(len(calls.scheme.axes))],
        [axis.title for axis in calls.scheme.axes],
    )
    ax.set_xticks([])
    ax.tick_params(labelsize=8, length=0)
    ax.set_frame_on(False)


# ------------------------------------------------------------------ pairs


def change_plot(calls: Calls, ax: Axes | None = None, *, axis: str | None = None) -> FigureResult:
    """Change of every patient from the own baseline, largest first, with thresholds and
    indeterminate zones.

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
    FigureResult
        Table: patient, timepoint, sample, baseline, value, call.

    Raises
    ------
    InputError
        O112 when there are no pairs on that axis.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(
    ...     demo.expression,
    ...     samples=demo.samples,
    ...     baseline="Pre",
    ...     options=rt.CallOptions(stability=False),
    ... )
    >>> len(change_plot(calls).table)
    32
    """
    panel = _panel_of(calls, axis)
    quantity = calls.scheme.quantities[panel.quantity]
    table = pd.DataFrame([one.model_dump() for one in panel.changes])
    cuts = cuts_of(panel.zones)
    caption = (
        f"{quantity.title} ({quantity.unit}); n = {len(table)} pairs. Dashed: thresholds"
        f" {label_order(cuts)}; shaded: indeterminate zones. Colour: the call. {RUO}"
    )
    if ax is not None:
        _draw_changes(calls, ax, panel)
        ax.set_xlabel(f"{quantity.title} ({quantity.unit})", fontsize=8)
    return FigureResult(table, caption)


def _panel_of(calls: Calls, axis: str | None) -> ChangePanel:
    panels = build_cohort(calls, {}).panels
    found = [panel for panel in panels if axis is None or panel.axis == axis]
    if not found:
        asked = f"on axis {axis!r}" if axis else "on any axis"
        known = ", ".join(panel.axis for panel in panels) or "none"
        raise InputError(
            f"There are no pairs with a change {asked}; axes with some: {known}.", code="O112"
        )
    return found[0]


def _draw_changes(calls: Calls, ax: Axes, panel: ChangePanel) -> None:
    axis = calls.scheme.axis(panel.axis)
    colors, n = axis_colors(axis), len(panel.changes)
    for name in dict.fromkeys(one.call for one in panel.changes):
        own = [(n - 1 - k, one.value) for k, one in enumerate(panel.changes) if one.call == name]
        y, x = [k for k, _ in own], [value for _, value in own]
        ax.hlines(y, 0.0, x, color=colors[name], linewidth=2.2, zorder=2)
        label = f"{word(name)} (n = {len(own)})"
        ax.plot(
            x,
            y,
            "o",
            color=colors[name],
            markersize=4.5,
            markeredgecolor=INK,
            markeredgewidth=0.5,
            label=label,
        )
    ax.axvline(0.0, color=INK, linewidth=0.8)
    reach = 1.08 * max(
        [abs(one.value) for one in panel.changes] + [abs(cut) for cut in cuts_of(panel.zones)]
    )
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


def axis_scatter(calls: Calls, x: str, y: str, *, ax: Axes | None = None) -> FigureResult:
    """Two quantities of every sample against each other, with thresholds and indeterminate zones;
    colour: the call on `y`.

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
    FigureResult
        Table: sample, x, y, call; samples that lack one of the two are left out and counted in the
        caption.

    Raises
    ------
    InputError
        S112 for a name that is no quantity of the scheme.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(
    ...     demo.expression,
    ...     samples=demo.samples,
    ...     baseline="Pre",
    ...     options=rt.CallOptions(stability=False),
    ... )
    >>> axis_scatter(calls, "ifng_level", "mhc1_residual").table.columns.tolist()
    ['sample', 'x', 'y', 'call']
    """
    for name in (x, y):
        if name not in calls.scheme.quantities:
            known = ", ".join(calls.scheme.quantities)
            raise InputError(
                f"{name!r} is no quantity of scheme {calls.scheme.id!r}. It has: {known}.",
                code="S112",
            )
    axis = _axis_of(calls, y)
    given = (
        [str(one) for one in calls.verdicts.calls[axis.id]] if axis else [""] * len(calls.samples)
    )
    columns = {"x": calls.columns[x].values, "y": calls.columns[y].values}
    whole = pd.DataFrame({"sample": calls.samples, **columns, "call": given})
    table = whole.dropna(subset=["x", "y"]).reset_index(drop=True)
    lacking = (
        f" {len(whole) - len(table)} samples lack one of the two."
        if len(table) < len(whole)
        else ""
    )
    titles = [calls.scheme.quantities[name].title for name in (x, y)]
    caption = (
        f"{titles[1]} against {titles[0]}; n = {len(table)} samples.{lacking} Dashed: thresholds;"
        f" shaded: indeterminate zones. {RUO}"
    )
    if ax is not None:
        _draw_scatter(ax, table, axis=axis)
        _frame_scatter(calls, ax, x, y=y)
    return FigureResult(table, caption)


def _axis_of(calls: Calls, quantity: str) -> Axis | None:
    return next(
        (axis for axis in calls.scheme.axes if limits(axis, quantity, _cuts(calls, axis))), None
    )


def _cuts(calls: Calls, axis: Axis) -> dict[str, float]:
    return calls.scheme.thresholds_of(axis.id)


def _draw_scatter(ax: Axes, table: pd.DataFrame, *, axis: Axis | None) -> None:
    colors = axis_colors(axis) if axis is not None else {"": SOFT}
    for name in [one for one in colors if one in set(table["call"])]:
        own = table[table["call"] == name]
        label = f"{word(name)} (n = {len(own)})" if name else None
        size = 16 if len(table) < 200 else 9
        ax.scatter(
            own["x"],
            own["y"],
            s=size,
            color=colors[name],
            edgecolor=INK,
            linewidth=0.3,
            label=label,
            zorder=3,
        )
    if axis is not None and len(table):
        key = ax.legend(
            frameon=False,
            fontsize=7,
            title_fontsize=7,
            ncols=2,
            loc="lower left",
            bbox_to_anchor=(0, 1),
        )
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


# Figures that say how far the calls may be trusted: coverage of signatures, reliability of a stated
# share, a tree.

_FULL, _LOW, _NONE = "#0072B2", "#E69F00", "#D55E00"


def coverage_plot(calls: Calls, ax: Axes | None = None) -> FigureResult:
    """Fraction of the genes of every signature that the matrix has, with the bounds at 50 %
    and 80 %.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    ax
        Where to draw; without it only data and caption are returned. Height: 0.3 inch a signature.

    Returns
    -------
    FigureResult
        Table: signature, found, asked, fraction.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(
    ...     demo.expression,
    ...     samples=demo.samples,
    ...     baseline="Pre",
    ...     options=rt.CallOptions(stability=False),
    ... )
    >>> coverage_plot(calls).table["fraction"].min() > 0.9
    np.True_
    """
    table = calls.coverage[["found", "asked", "fraction"]].reset_index()
    caption = (
        f"Genes found of n = {len(table)} signatures in {calls.run['input']['n_genes']:,} genes of"
        f" the matrix. Below 50 % a signature is not scored, below 80 % it is marked. {RUO}"
    )
    if ax is not None:
        places = np.arange(len(table))[::-1]
        colors = [
            _FULL if share >= 0.8 else _LOW if share >= 0.5 else _NONE
            for share in table["fraction"]
        ]
        ax.barh(places, table["fraction"], color=colors, height=0.66)
        for place, row in zip(places, table.itertuples(), strict=True):
            ax.text(1.02, place, f"{row.found} of {row.asked}", fontsize=7, va="center", color=INK)
        for bound in (0.5, 0.8):
            ax.axvline(bound, color=SOFT, linewidth=0.8, linestyle="--")
        ax.set_yticks(places, table["signature"].tolist())
        ax.set_xlim(0, 1.18)
        ax.set_xticks([0, 0.5, 0.8, 1.0], ["0", "50 %", "80 %", "100 %"])
        ax.set_xlabel("fraction of the genes found", fontsize=8)
        plain(ax)
    return FigureResult(table, caption)


def reliability_plot(
    stated: Sequence[float], right: Sequence[bool], ax: Axes | None = None, *, bins: int = 5
) -> FigureResult:
    """Whether what is said to hold so often does: share that is right against the share that was
    stated.

    Parameters
    ----------
    stated
        For each call the share that was printed beside it (its stability, or a probability), shape
        (n_calls,).
    right
        Whether the call was right, shape (n_calls,).
    ax
        Where to draw; without it only data and caption are returned.
    bins
        Bins with equally many calls; those with the same stated share stay together.

    Returns
    -------
    FigureResult
        Table: low, high (of the stated fraction), stated (mean), n, n_right, proportion,
        proportion_low, proportion_high (Wilson, 95 %).

    Raises
    ------
    InputError
        O113 when the two differ in length, hold nothing, or a share lies outside 0 to 1.

    Examples
    --------
    >>> reliability_plot([0.6, 0.6, 0.9, 0.9], [True, False, True, True], bins=2).table[
    ...     "proportion"
    ... ].tolist()
    [0.5, 1.0]
    """
    said, good = np.asarray(stated, dtype=np.float64), np.asarray(right, dtype=bool)
    if len(said) != len(good) or not len(said) or not bool(((said >= 0) & (said <= 1)).all()):
        message = (
            "Reliability needs a fraction between 0 and 1 and an outcome for each call; got"
            f" {len(said)}, {len(good)}."
        )
        raise InputError(message, code="O113")
    table = _binned(said, good, bins)
    caption = (
        f"Fraction right against fraction stated; n = {len(said)} calls in {len(table)} bins,"
        f" Wilson intervals (95 %). {RUO}"
    )
    if ax is not None:
        _draw_reliability(ax, table)
    return FigureResult(table, caption)


def _binned(said: NDArray[np.float64], good: NDArray[np.bool_], bins: int) -> pd.DataFrame:
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, max(len(edges) - 2, 0))
    rows = []
    for one in np.unique(place):
        own = place == one
        n, k = int(own.sum()), int(good[own].sum())
        low, high = wilson(k, n)
        about = {
            "low": said[own].min(),
            "high": said[own].max(),
            "stated": said[own].mean(),
            "n": n,
            "n_right": k,
        }
        rows.append(
            {
                **about,
                "proportion": k / n,
                "proportion_low": float(low),
                "proportion_high": float(high),
            }
        )
    return pd.DataFrame(rows)


def _draw_reliability(ax: Axes, table: pd.DataFrame) -> None:
    error = np.stack(
        [
            table["proportion"] - table["proportion_low"],
            table["proportion_high"] - table["proportion"],
        ]
    ).clip(min=0)
    ax.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle="--")
    ax.errorbar(
        table["stated"],
        table["proportion"],
        error,
        color=_FULL,
        marker="o",
        markersize=5,
        capsize=3,
        linewidth=1.2,
    )
    for n, x in zip(table["n"].tolist(), table["stated"].tolist(), strict=True):
        ax.text(x, 0.02, str(n), ha="center", va="bottom", fontsize=7, color=INK)
    ax.set_xlim(0.0, 1.05)
    ax.set_ylim(0.0, 1.05)
    ax.set_xlabel("fraction stated (above the axis: n)", fontsize=8)
    ax.set_ylabel("fraction right", fontsize=8)
    plain(ax)


def tree_plot(
    tree: ConditionalInferenceTree,
    ax: Axes | None = None,
    *,
    bootstrap: TreeBootstrap | None = None,
) -> FigureResult:
    """A conditional inference tree: cuts with their adjusted p, leaves with shares and intervals.

    Parameters
    ----------
    tree
        A fitted tree.
    ax
        Where to draw; `tree_figure_size` says how large it should be. Without it only data and
        caption are returned.
    bootstrap
        From `resistype.opinions.bootstrap_tree`, printed under the tree.

    Returns
    -------
    FigureResult
        Table: leaf, rule, n, class, count, proportion, low, high (Clopper–Pearson, 95 %).

    Raises
    ------
    SamplesError
        E943 when the tree is not fitted.

    Examples
    --------
    >>> tree = ConditionalInferenceTree().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"])
    >>> tree_plot(tree).table["count"].tolist()
    [2, 1]
    """
    grown = grown_of(tree)
    rows = [
        {
            "leaf": leaf.number,
            "rule": leaf.rule,
            "n": leaf.n,
            "class": name,
            "count": int(count),
            "proportion": float(share),
            "low": float(ends[0]),
            "high": float(ends[1]),
        }
        for leaf in grown.leaves
        for name, count, share, ends in zip(
            grown.classes, leaf.counts, leaf.shares, leaf.intervals, strict=True
        )
    ]
    if ax is not None:
        draw_tree(tree, ax, bootstrap=bootstrap)
    caption = (
        f"Conditional inference tree of {grown.label}; n = {grown.nodes[0].n}, {len(grown.leaves)}"
        f" leaves. {RUO}"
    )
    return FigureResult(pd.DataFrame(rows), caption)


# Figures of a run as files: each with its caption under it, whole or not at all.

Draw = Callable[["Axes"], FigureResult]


def captioned(draw: Draw, *, width: float, height: float) -> Figure:
    """A figure of its own with one drawing and its caption under it.

    Examples
    --------
    >>> from resistype.report import reliability_plot
    >>> figure = captioned(
    ...     lambda ax: reliability_plot([0.6, 0.9], [True, True], ax), width=4, height=3
    ... )
    >>> len(figure.axes)
    1
    """
    with needs("matplotlib", extra="report", what="A figure"):
        from matplotlib.figure import Figure as Made  # noqa: PLC0415  only where a figure is drawn
    figure = Made(figsize=(width, height + 0.5), layout="constrained")
    drawn = draw(figure.subplots())
    figure.supxlabel(
        textwrap.fill(drawn.caption, int(16 * width)), fontsize=7, color=INK, x=0.01, ha="left"
    )
    return figure


def draw_calls(
    calls: Calls, folder: str | Path, *, kind: Literal["png", "pdf", "svg"] = "png"
) -> list[Path]:
    """Draw the figures of a run into a folder: profile, changes, two axes, coverage.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    folder
        Made when it is not there.
    kind
        ``png`` (200 dots an inch), ``pdf`` or ``svg``.

    Raises
    ------
    MissingExtraError
        X101 without matplotlib.
    OutputError
        O101, O102 when the folder or a file cannot be written.
    """
    target, files = make_folder(folder), []
    for name, draw, size in _figures(calls):
        figure = captioned(draw, width=size[0], height=size[1])
        path = target / f"{name}.{kind}"
        files.append(write_file(path, partial(_save, figure, kind=kind)))
    return files


def _save(figure: Figure, stream: BinaryIO, *, kind: str) -> None:
    about: Any = {"Software": "resistype"} if kind == "png" else {"Creator": "resistype"}
    figure.savefig(stream, format=kind, dpi=200, metadata=about)


def _figures(calls: Calls) -> Iterator[tuple[str, Draw, tuple[float, float]]]:
    yield "profile", partial(profile_strip, calls), (7.5, 0.95 * len(calls.scheme.axes) + 0.2)
    for panel in build_cohort(calls, {}).panels:
        height = 0.14 * len(panel.changes) + 0.9
        yield (
            f"change_{panel.axis}",
            partial(change_plot, calls, axis=panel.axis),
            (5.5, max(2.2, height)),
        )
    first, *others = _levels(calls) or [""]
    for name in others:
        yield f"{name}_by_{first}", partial(_scatter, calls, first, name), (5.0, 4.0)
    yield "coverage", partial(coverage_plot, calls), (6.0, 0.3 * len(calls.coverage) + 0.6)


def _levels(calls: Calls) -> list[str]:
    """For each axis the first level that its rules look at."""
    kinds = ("level", "residual", "residual_sd")
    found: list[str] = []
    for axis in calls.scheme.axes:
        compared = [
            c.subject for rule in axis.rules for c in rule.conditions if c.kind == "compare"
        ]
        found += [name for name in compared if calls.scheme.quantities[name].kind in kinds][:1]
    return found


def _scatter(calls: Calls, x: str, y: str, ax: Axes) -> FigureResult:
    return axis_scatter(calls, x, y, ax=ax)
