"""The evidence of one sample as a figure: how far each number lies from the threshold that it was held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.report.drawn import INK, RUO, Drawn, plain
from resistype.scheme import Calls
from resistype.scheme.palette import axis_colors
from resistype.text import number, sign

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["evidence_lollipop"]


def evidence_lollipop(calls: Calls, sample: str, ax: Axes | None = None) -> Drawn:
    """How far the numbers of one sample lie from the thresholds that they were held against.

    Quantities have different units, so each distance is divided by the spread of its quantity over the samples of the
    calls (1.4826 times the median absolute deviation); values and thresholds stand in their own unit beside it.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    sample
        The sample.
    ax
        Where to draw; without it only data and caption are returned. Height: 0.25 inch a comparison.

    Returns
    -------
    Drawn
        Table: axis, quantity, words, value, threshold, distance, spread, scaled, passes, decided. Comparisons whose
        quantity does not vary over the samples have no scaled distance and are not drawn.

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
        f"Sample {sample}: {calls.headline(sample)}. n = {len(drawn)} comparisons; distance from the threshold in "
        f"spreads of the quantity over {len(calls.samples)} samples. Filled: the comparison decided. {RUO}"
    )
    if ax is not None:
        _draw_lollipop(calls, ax, drawn, sample=sample)
    return Drawn(table, caption)


def _spread(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else float("nan")


def _words(row: Any) -> str:
    op, _, _ = str(row.threshold).partition(" ")
    value, limit = number(float(row.value)), number(float(row.threshold_value))
    return f"{row.title}: {value} {row.unit} ({sign(op)} {limit})"


def _draw_lollipop(calls: Calls, ax: Axes, table: pd.DataFrame, *, sample: str) -> None:
    row = calls.row(sample)
    places = np.arange(len(table))[::-1]
    colors = {axis.id: axis_colors(axis)[str(calls.verdicts.calls[axis.id][row])] for axis in calls.scheme.axes}
    hues = [colors[name] for name in table["axis"]]
    ax.hlines(places, 0.0, table["scaled"], color=hues, linewidth=2.0, zorder=2)
    fills = [hue if decided else "white" for hue, decided in zip(hues, table["decided"], strict=True)]
    ax.scatter(table["scaled"], places, s=34, color=fills, edgecolor=INK, linewidth=0.8, zorder=3)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    ax.set_yticks(places, table["words"].tolist())
    ax.set_xlabel("distance from the threshold, in spreads", fontsize=8)
    plain(ax)
    ax.tick_params(axis="y", labelsize=7, length=0)
