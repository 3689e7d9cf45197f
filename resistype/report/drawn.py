"""What a figure gives back, and the few things that all figures share.

A figure is drawn on Axes that are given: no pyplot, no global state, no style that is switched on. It returns its data
and its caption, which states n; given no Axes, it returns them all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from resistype.report.model import Zone
from resistype.report.zones import cuts_of, grey
from resistype.text import exact

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GREY_ZONE", "INK", "RUO", "SOFT", "Drawn", "label_order", "plain", "shade"]

INK, SOFT, GREY_ZONE = "#1B1F24", "#5A636C", "#E3E6E9"
RUO = "Research use only."


@dataclass(frozen=True, eq=False)
class Drawn:
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
