"""The evidence of one sample as a figure: how far each number lies from the threshold that it
was held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.agreement import Agreement, AxisAgreement
from resistype.extras import needs
from resistype.report.figures import INK, RUO, FigureResult, plain
from resistype.safe.files import make_folder, write_file
from resistype.scheme import Calls
from resistype.scheme.scheme import axis_colors, category_colors
from resistype.text import number, sign

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def evidence_lollipop(calls: Calls, sample: str, ax: Axes | None = None) -> FigureResult:
    """How far the numbers of one sample lie from the thresholds that they were held against.

    Quantities have different units, so each distance is divided by the spread of its quantity over
    the samples of the calls (1.4826 times the median absolute deviation); values and thresholds
    stand in their own unit beside it.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    sample
        The sample.
    ax
        Where to draw; without it only data and caption are returned. Height: 0.25 inch a
        comparison.

    Returns
    -------
    FigureResult
        Table: axis, quantity, words, value, threshold, distance, spread, scaled, passes, decided.
        Comparisons whose quantity does not vary over the samples have no scaled distance and are
        not drawn.

    Raises
    ------
    InputError
        S111 when there is no such sample.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> bool(evidence_lollipop(calls, "SIM-P20-Post").table["decided"].any())
    True
    """
    evidence = calls.evidence(sample)
    rows = evidence[evidence["threshold"] != ""]
    spread = [_spread(calls.columns[str(name)].values) for name in rows["quantity"]]
    words = [_words(row) for row in rows.itertuples()]
    kept = rows[["axis", "quantity", "value", "threshold_value", "distance", "passes", "decided"]]
    table = kept.rename(columns={"threshold_value": "threshold"}).assign(words=words, spread=spread)
    table["scaled"] = table["distance"] / table["spread"].where(table["spread"] > 0)
    table = table.reset_index(drop=True)
    drawn = table.dropna(subset=["scaled"])
    caption = (
        f"Sample {sample}: {calls.headline(sample)}. n = {len(drawn)} comparisons; distance from"
        f" the threshold in spreads of the quantity over {len(calls.samples)} samples. Filled: the"
        f" comparison decided. {RUO}"
    )
    if ax is not None:
        _draw_lollipop(calls, ax, drawn, sample=sample)
    return FigureResult(table, caption)


def _spread(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return (
        float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else float("nan")
    )


def _words(row: Any) -> str:
    op, _, _ = str(row.threshold).partition(" ")
    value, limit = number(float(row.value)), number(float(row.threshold_value))
    return f"{row.title}: {value} {row.unit} ({sign(op)} {limit})"


def _draw_lollipop(calls: Calls, ax: Axes, table: pd.DataFrame, *, sample: str) -> None:
    row = calls.row(sample)
    places = np.arange(len(table))[::-1]
    colors = {
        axis.id: axis_colors(axis)[str(calls.verdicts.calls[axis.id][row])]
        for axis in calls.scheme.axes
    }
    hues = [colors[name] for name in table["axis"]]
    ax.hlines(places, 0.0, table["scaled"], color=hues, linewidth=2.0, zorder=2)
    fills = [
        hue if decided else "white" for hue, decided in zip(hues, table["decided"], strict=True)
    ]
    ax.scatter(table["scaled"], places, s=34, color=fills, edgecolor=INK, linewidth=0.8, zorder=3)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    ax.set_yticks(places, table["words"].tolist())
    ax.set_xlabel("distance from the threshold, in spreads", fontsize=8)
    plain(ax)
    ax.tick_params(axis="y", labelsize=7, length=0)


# Figures of a comparison, each drawn into an Axes from the numbers of an `AxisAgreement`: counts,
# flow, shift.

FOOT = (
    "Research use only. Abstentions are counted as labels of their own in the first kappa and left"
    " out of the second."
)
LONGEST = 44


def label_colours(agreement: Agreement, axis: str) -> dict[str, str]:
    """Colour of every label of an axis: those of the scheme, or one a name where only labels are
    known.
    """
    scheme = agreement.first.scheme or agreement.second.scheme
    names = [str(name) for name in agreement.axis(axis).table.index]
    own = axis_colors(scheme.axis(axis)) if scheme is not None else {}
    return category_colors(names, fixed=own)


def _short(name: object) -> str:
    text = "".join(one if one.isprintable() else "?" for one in str(name)[: LONGEST + 1]).replace(
        "_", " "
    )
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return text.replace("$", r"\$")  # else it would be read as a formula


def draw_confusion(one: AxisAgreement, ax: Axes, *, names: tuple[str, str]) -> None:
    """Counts of an axis, the first side in rows; shades are shares of a row."""
    counts = one.table.to_numpy(np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    words = [_short(name) for name in one.table.index]
    ax.set_xticks(range(len(words)), words, rotation=35, ha="right", fontsize=7)
    ax.set_yticks(range(len(words)), words, fontsize=7)
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.6 else "black"
        weight = "bold" if row == column else "normal"
        text = f"{counts[row, column]:.0f}"
        ax.text(
            column, row, text, ha="center", va="center", color=colour, fontsize=8, fontweight=weight
        )
    ax.set_ylabel(_short(names[0]), fontsize=8)
    ax.set_xlabel(_short(names[1]), fontsize=8)
    ax.set_title(
        f"{one.kappa.words}\namong those both call: {one.kappa_called.words}",
        fontsize=7,
        loc="left",
    )


def draw_flow(
    one: AxisAgreement, ax: Axes, *, names: tuple[str, str], colours: Mapping[str, str]
) -> None:
    """Samples from their label on the first side to that on the second; a band is as wide as it has
    samples.

    Parameters
    ----------
    one
        The axis.
    ax
        Where it is drawn.
    names
        Names of the two sides.
    colours
        Colour of every label, see `label_colours`.
    """
    labels = [str(name) for name in one.table.index]
    counts = one.table.to_numpy(np.float64)
    gap = max(counts.sum(), 1) * 0.03
    starts = _stacked(counts.sum(axis=1), gap), _stacked(counts.sum(axis=0), gap)
    for x, place, totals in zip(
        (0.0, 1.0), starts, (counts.sum(axis=1), counts.sum(axis=0)), strict=True
    ):
        for index, (name, total) in enumerate(zip(labels, totals, strict=True)):
            if total:
                ax.bar(x, total, bottom=place[index], width=0.06, color=colours[name], zorder=3)
                side, align = (-0.05, "right") if x == 0.0 else (1.05, "left")
                middle = place[index] + total / 2
                ax.text(
                    side, middle, f"{_short(name)} {total:.0f}", ha=align, va="center", fontsize=7
                )
    left, right = starts[0].copy(), starts[1].copy()
    for row, column in np.argwhere(counts > 0):
        n, same = counts[row, column], row == column
        _band(ax, (left[row], right[column]), n, colour=colours[labels[row]], faint=bool(same))
        left[row], right[column] = left[row] + n, right[column] + n
    ax.set_xlim(-1.0, 2.0)
    ax.set_ylim(float(counts.sum()) + gap * len(labels), 0)
    ax.set_xticks([0, 1], [_short(name) for name in names], fontsize=8)
    ax.set_yticks([])
    ax.set_frame_on(False)


def _stacked(totals: np.ndarray, gap: float) -> np.ndarray:
    used = totals + np.where(totals > 0, gap, 0.0)
    return np.concatenate([[0.0], np.cumsum(used)[:-1]])


def _band(
    ax: Axes, bottoms: tuple[float, float], width: float, *, colour: str, faint: bool
) -> None:
    x = np.linspace(0.03, 0.97, 40)
    t = (x - 0.03) / 0.94
    low = bottoms[0] + (bottoms[1] - bottoms[0]) * (3 * t**2 - 2 * t**3)
    ax.fill_between(x, low, low + width, color=colour, alpha=0.25 if faint else 0.75, linewidth=0)


def draw_shift(one: AxisAgreement, ax: Axes, *, names: tuple[str, str]) -> None:
    """Median shift of every number of an axis with its quartiles over the samples, in the number's
    own unit.

    Parameters
    ----------
    one
        The axis.
    ax
        Where it is drawn.
    names
        Names of the two sides.
    """
    known = one.shift[one.shift["shift"].notna()]
    ax.axvline(0, color="#888888", linewidth=0.8)
    middle, low, high = (
        known[name].to_numpy(np.float64) for name in ("shift", "shift_low", "shift_high")
    )
    error = np.stack([middle - low, high - middle])
    at = np.arange(len(known))
    ax.errorbar(
        middle,
        at,
        xerr=error,
        color="#0072B2",
        marker="o",
        markersize=4,
        capsize=2,
        linestyle="none",
    )
    titles, units, n = (known[name].tolist() for name in ("title", "unit", "n"))
    words = [f"{_short(a)}\n{b}, n = {c}" for a, b, c in zip(titles, units, n, strict=True)]
    ax.set_yticks(range(len(known)), words, fontsize=7)
    ax.set_ylim(len(known) - 0.4, -0.6)
    ax.tick_params(axis="x", labelsize=7)
    ax.set_xlabel(
        f"{_short(names[1])} minus {_short(names[0])}: median, quartiles over samples", fontsize=7
    )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if known.empty:
        ax.text(
            0.5,
            0.5,
            "no numbers on one scale",
            ha="center",
            va="center",
            fontsize=8,
            transform=ax.transAxes,
        )


def compare_figure(agreement: Agreement, axis: str) -> Figure:
    """Counts, flow and shift of one axis side by side."""
    with needs("matplotlib", extra="report", what="A figure"):
        from matplotlib.figure import Figure as Made  # noqa: PLC0415  only where a figure is drawn
    one, names = agreement.axis(axis), (agreement.first.name, agreement.second.name)
    figure = Made(
        figsize=(15, max(3.6, 0.42 * max(len(one.table), len(one.shift)) + 2.2)),
        layout="constrained",
    )
    counts, flow, shift = figure.subplots(1, 3, width_ratios=(1.1, 1.3, 1.0))
    draw_confusion(one, counts, names=names)
    draw_flow(one, flow, names=names, colours=label_colours(agreement, axis))
    draw_shift(one, shift, names=names)
    figure.suptitle(
        f"{_short(one.title)}: {_short(names[0])} against {_short(names[1])}, n = {one.kappa.n}",
        fontsize=10,
    )
    figure.supxlabel(FOOT, fontsize=7)
    return figure


def _save(figure: Figure, stream: BinaryIO) -> None:
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": "resistype"})


def write_figures(agreement: Agreement, folder: str | Path) -> list[Path]:
    """One PNG an axis, ``compare_<axis>.png``; each appears whole or not at all."""
    target, files = make_folder(folder), []
    for index, one in enumerate(agreement.axes):
        plain = one.axis.isascii() and one.axis.replace("_", "").isalnum() and len(one.axis) <= 60
        # a column may have any name, a file may not
        path = target / f"compare_{one.axis if plain else index}.png"
        figure = compare_figure(agreement, one.axis)
        files.append(write_file(path, partial(_save, figure)))
    return files
