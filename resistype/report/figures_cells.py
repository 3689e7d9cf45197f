"""Figures of cells over time, drawn from the tables that the command line writes and from nothing
else.

Composition of every patient over time with its intervals, clones between states, distributions of
scores by stage with the cuts that were set. A figure is a view: given the tsv files it can be drawn
again anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd

from resistype.errors import InputError
from resistype.extras import needs
from resistype.report.figures import RUO, FigureResult
from resistype.safe.files import write_file
from resistype.scheme.scheme import GREYS, category_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PER_ROW, MOST = 4, 24
FOOT = (
    "Research use only. Bars: Wilson intervals over cells of one sample; patients are the unit of"
    " any comparison."
)


def _figure(width: float, height: float) -> Figure:
    with needs("matplotlib", extra="report", what="A figure"):
        from matplotlib.figure import Figure as Made  # noqa: PLC0415  only where a figure is drawn
    return Made(figsize=(width, height), layout="constrained")


def state_colors(kinds: Sequence[str]) -> dict[str, str]:
    """Colours of states, those of the widgets; grey for cells without one."""
    return category_colors(
        kinds, fixed=dict.fromkeys(("unassigned", "several"), GREYS["not_assessable"])
    )


def _panels(n: int, *, height: float = 2.7) -> tuple[Figure, list[Axes]]:
    columns = min(n, PER_ROW)
    rows = -(-n // columns)
    figure = _figure(3.1 * columns + 1.2, height * rows + 0.7)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in axes[n:]:
        spare.set_visible(False)
    return figure, axes[:n]


def time_order(table: pd.DataFrame) -> list[str]:
    """Time points in order: the product, days, other words as they come."""
    order = table.drop_duplicates("timepoint")
    key = order["day"].astype(float).to_numpy() if "day" in order else np.full(len(order), np.nan)
    product = (
        order["is_product"].fillna(value=False).astype(bool).to_numpy()
        if "is_product" in order
        else np.zeros(len(key), dtype=bool)
    )
    rank = np.where(product, -1.0, np.where(np.isnan(key), np.inf, key))
    return [str(name) for name in order["timepoint"].to_numpy()[np.argsort(rank, kind="stable")]]


def composition_figure(composition: pd.DataFrame) -> Figure:
    """Shares of states over time, a panel a patient, with Wilson intervals."""
    patients = [str(name) for name in pd.unique(composition["patient"])]
    kinds = [str(name) for name in pd.unique(composition["kind"])]
    colours, times = state_colors(kinds), time_order(composition)
    figure, axes = _panels(min(len(patients), MOST))
    for axis, patient in zip(axes, patients, strict=False):
        composition_panel(
            axis, composition[composition["patient"].astype(str) == patient], times, colours=colours
        )
        axis.set_title(f"patient {patient}", fontsize=9)
    axes[0].set_ylabel("fraction of T cells")
    handles, labels = _handles(axes)
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)
    more = f" {len(patients)} patients; the first {MOST} are shown." if len(patients) > MOST else ""
    figure.supxlabel(FOOT + more, fontsize=7)
    return figure


def _handles(axes: Sequence[Axes]) -> tuple[list[Any], list[str]]:
    """One entry a state, whichever panel has it."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def composition_panel(
    axis: Axes, own: pd.DataFrame, times: list[str], *, colours: Mapping[str, str]
) -> None:
    """Shares of one patient over time, with intervals."""
    present = [time for time in times if (own["timepoint"].astype(str) == time).any()]
    where = {time: i for i, time in enumerate(present)}
    kinds = [str(name) for name in pd.unique(own["kind"])]
    for number, kind in enumerate(kinds):
        part = own[(own["kind"].astype(str) == kind) & own["proportion"].notna()]
        middle = part["timepoint"].astype(str).map(where).to_numpy(np.float64)
        x = (
            middle + (number - (len(kinds) - 1) / 2) * 0.05
        )  # so that intervals do not hide each other
        order = np.argsort(x)
        share, low, high = (
            part[name].to_numpy(float)[order] for name in ("proportion", "low", "high")
        )
        error = np.clip(np.stack([share - low, high - share]), 0, None)
        axis.errorbar(
            x[order],
            share,
            error,
            color=colours[kind],
            marker="o",
            markersize=3.5,
            linewidth=1.2,
            capsize=2,
            label=kind,
        )
    first = own.drop_duplicates("timepoint")
    depth = dict(zip(first["timepoint"].astype(str), first["denominator"].astype(int), strict=True))
    axis.set_xticks(range(len(present)), [f"{time}\nn={depth[time]:,}" for time in present])
    axis.tick_params(labelsize=7)
    axis.set_xlim(-0.4, max(len(present) - 0.6, 0.4))
    axis.set_ylim(0, 1)
    refused = own[own["proportion"].isna()]["timepoint"].astype(str).unique()
    for time in refused:
        axis.text(
            where[time],
            0.5,
            "too few\ncells",
            ha="center",
            va="center",
            fontsize=7,
            color="#555555",
        )
    _plain(axis)


def _plain(axis: Axes) -> None:
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def flow_figure(flow: pd.DataFrame) -> Figure:
    """Clones between states of the first and the last time point, a panel a patient."""
    patients = [str(name) for name in pd.unique(flow["patient"])]
    states = sorted({*flow["from_state"].astype(str), *flow["to_state"].astype(str)})
    colours = state_colors(states)
    figure, axes = _panels(min(len(patients), MOST), height=3.0)
    for axis, patient in zip(axes, patients, strict=False):
        own = flow[flow["patient"].astype(str) == patient]
        flow_panel(axis, own, states, colours=colours)
        clones = own["clones"].sum()
        axis.set_title(f"patient {patient}: {clones:.0f} clones", fontsize=9)
    more = f" {len(patients)} patients; the first {MOST} are shown." if len(patients) > MOST else ""
    figure.supxlabel(
        "Each clone counts once, split as its cells are. Research use only." + more,
        fontsize=7,
    )
    return figure


def flow_panel(
    axis: Axes, own: pd.DataFrame, states: list[str], *, colours: Mapping[str, str]
) -> None:
    """Clones of one patient between states."""
    matrix = own.pivot_table(
        index="from_state", columns="to_state", values="fraction", aggfunc="sum", fill_value=0.0
    )
    matrix = matrix.reindex(index=states, columns=states, fill_value=0.0)
    gap = 0.03
    left, right = _stack(matrix.sum(axis=1), gap), _stack(matrix.sum(axis=0), gap)
    start, end = dict(left), dict(right)
    totals = matrix.to_numpy()
    for number, state in enumerate(states):
        sums = float(totals[number].sum()), float(totals[:, number].sum())
        for x, place, total in zip((0.0, 1.0), (left, right), sums, strict=True):
            axis.bar(x, total, bottom=place[state], width=0.06, color=colours[state], zorder=3)
            if total > 0.02:
                side, align = (-0.05, "right") if x == 0.0 else (1.05, "left")
                words = f"{state} {total:.0%}"
                axis.text(side, place[state] + total / 2, words, ha=align, va="center", fontsize=7)
    for old in states:
        for new in states:
            width = float(totals[states.index(old), states.index(new)])
            if width > 0:
                _band(axis, (start[old], end[new]), width, colours[old])
            start[old] += width
            end[new] += width
    axis.set_xlim(-0.75, 1.75)
    axis.set_xticks(
        [0, 1], [str(own["from_time"].iloc[0]), str(own["to_time"].iloc[0])], fontsize=8
    )
    axis.set_yticks([])
    axis.set_frame_on(False)


def _stack(totals: pd.Series, gap: float) -> dict[str, float]:
    bottoms = np.concatenate([[0.0], np.cumsum(totals.to_numpy(float) + gap)[:-1]])
    return dict(zip(totals.index.astype(str), bottoms.tolist(), strict=True))


def _band(axis: Axes, bottoms: tuple[float, float], width: float, colour: str) -> None:
    x = np.linspace(0.03, 0.97, 40)
    s = 3 * ((x - 0.03) / 0.94) ** 2 - 2 * ((x - 0.03) / 0.94) ** 3
    low = bottoms[0] + (bottoms[1] - bottoms[0]) * s
    axis.fill_between(x, low, low + width, color=colour, alpha=0.35, linewidth=0)


def distribution_figure(distributions: pd.DataFrame) -> Figure:
    """Distribution of every score by stage or time point, with the cut where one was set."""
    scores = [str(name) for name in pd.unique(distributions["score"])]
    groups = [str(name) for name in pd.unique(distributions["group"])]
    colours = state_colors(groups)
    figure, axes = _panels(len(scores), height=2.4)
    for axis, score in zip(axes, scores, strict=True):
        own = distributions[distributions["score"].astype(str) == score]
        for group in groups:
            part = own[own["group"].astype(str) == group]
            edges = np.append(
                part["bin_low"].to_numpy(float), part["bin_high"].to_numpy(float)[-1:]
            )
            total = max(float(part["n_cells"].sum()), 1.0)
            share = part["n_cells"].to_numpy(float) / total
            axis.stairs(
                share,
                edges,
                color=colours[group],
                label=f"{group} (n={int(part['n_cells'].sum()):,})",
            )
        cut = own["cut"].astype(float).dropna()
        if len(cut):
            axis.axvline(cut.iloc[0], color="black", linewidth=1, linestyle="--")
            axis.text(
                cut.iloc[0], axis.get_ylim()[1], f" cut {cut.iloc[0]:.3g}", fontsize=7, va="top"
            )
        axis.set_title(score, fontsize=9)
        axis.tick_params(labelsize=7)
        _plain(axis)
    axes[0].set_ylabel("fraction of cells")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)
    figure.supxlabel(
        "Scores of cells; a dashed line is a cut that was set, never a published one.", fontsize=7
    )
    return figure


_DRAWN = {
    "composition": composition_figure,
    "flow": flow_figure,
    "distributions": distribution_figure,
}


def _save(figure: Figure, stream: BinaryIO) -> None:
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": "resistype"})


def draw_cells(tables: Mapping[str, pd.DataFrame], folder: str | Path) -> list[Path]:
    """Draw what the tables hold: composition.png, flow.png, distributions.png."""
    target, files = Path(folder), []
    for name, draw in _DRAWN.items():
        table = tables.get(name)
        if table is None or table.empty:
            continue
        figure = draw(table)
        path = target / f"{name}.png"
        files.append(write_file(path, partial(_save, figure)))
    return files


# Figures of cells over time, one patient on Axes that are given: composition, and clones between
# states.


def composition_plot(
    composition: pd.DataFrame, ax: Axes | None = None, *, patient: str | None = None
) -> FigureResult:
    """Shares of states of one patient over time, with Wilson's intervals and the number of cells at
    each time.

    Parameters
    ----------
    composition
        The table of that name of a cell scheme (or composition.tsv): patient, timepoint, kind,
        numerator, denominator, proportion, low, high.
    ax
        Where to draw; without it only data and caption are returned.
    patient
        By default the first.

    Returns
    -------
    FigureResult
        Table: the rows of that patient.

    Raises
    ------
    InputError
        S111 when there is no such patient in the table.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "patient": ["A", "A"],
    ...         "timepoint": ["IP", "D7"],
    ...         "kind": "memory",
    ...         "numerator": [60, 20],
    ...         "denominator": [100, 100],
    ...         "proportion": [0.6, 0.2],
    ...         "low": [0.5, 0.13],
    ...         "high": [0.69, 0.29],
    ...     }
    ... )
    >>> composition_plot(table).caption
    'Patient A: fraction of the cells in 1 states at 2 times; n = 200 cells. Bars: Wilson (95 %).
    Research use only.'
    """
    own, name = _own(composition, patient)
    kinds, times = sorted(own["kind"].astype(str).unique()), time_order(own)
    n = int(own.drop_duplicates("timepoint")["denominator"].sum())
    caption = (
        f"Patient {name}: fraction of the cells in {len(kinds)} states at {len(times)} times; n ="
        f" {n:,} cells. Bars: Wilson (95 %). {RUO}"
    )
    if ax is not None:
        composition_panel(ax, own, times, colours=state_colors(kinds))
        ax.set_ylabel("fraction of cells", fontsize=8)
        ax.legend(frameon=False, fontsize=7)
    return FigureResult(own.reset_index(drop=True), caption)


def flow_plot(
    flow: pd.DataFrame, ax: Axes | None = None, *, patient: str | None = None
) -> FigureResult:
    """Clones of one patient between the states of the first and the last time point.

    Parameters
    ----------
    flow
        The table of that name of a cell scheme (or flow.tsv): patient, from_state, to_state,
        clones, fraction, from_time, to_time.
    ax
        Where to draw; without it only data and caption are returned. At least 3 inches wide.
    patient
        By default the first.

    Returns
    -------
    FigureResult
        Table: the rows of that patient.

    Raises
    ------
    InputError
        S111 when there is no such patient in the table.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     [("A", "memory", "effector", 3.0, 1.0, "IP", "D7")],
    ...     columns=[
    ...         "patient",
    ...         "from_state",
    ...         "to_state",
    ...         "clones",
    ...         "fraction",
    ...         "from_time",
    ...         "to_time",
    ...     ],
    ... )
    >>> flow_plot(table).caption
    'Patient A: n = 3 clones from IP to D7, each counted once, split by its cells. Research use
    only.'
    """
    own, name = _own(flow, patient)
    states = sorted({*own["from_state"].astype(str), *own["to_state"].astype(str)})
    first, last = str(own["from_time"].iloc[0]), str(own["to_time"].iloc[0])
    n = float(own["clones"].sum())
    caption = (
        f"Patient {name}: n = {n:.0f} clones from {first} to {last}, each counted once, split by"
        f" its cells. {RUO}"
    )
    if ax is not None:
        flow_panel(ax, own, states, colours=state_colors(states))
    return FigureResult(own.reset_index(drop=True), caption)


def _own(table: pd.DataFrame, patient: str | None) -> tuple[pd.DataFrame, str]:
    known = [str(name) for name in pd.unique(table["patient"])]
    name = patient if patient is not None else (known[0] if known else "")
    if name not in known:
        first = f"first: {known[0]!r}" if known else "the table is empty"
        raise InputError(f"There is no patient {name!r} in the table ({first}).", code="S111")
    return table[table["patient"].astype(str) == name], name
