"""Colours by category: the same name has the same colour in every view, whatever is shown or came first.

The hues are those of Okabe and Ito (2008), which stay apart for people who see red and green alike. Three greys are
kept for what is not a label: not assessable, indeterminate, and no data. Labels of an axis take the hues in the order
in which the scheme lists them; other categories in the order of their names, read as people do (P2 before P10). Past
seven names the hues come again in lighter and darker tones, so a legend with the names must stand beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from resistype.scheme.scheme import Axis

__all__ = ["GREYS", "NO_DATA", "OKABE_ITO", "axis_colors", "category_colors", "natural"]

OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
NO_DATA = "no data"
GREYS = {"not_assessable": "#BDBDBD", "indeterminate": "#8C8C8C", NO_DATA: "#DDDDDD"}
_DIGITS = re.compile(r"(\d+)")
_TONES = (0.0, 0.45, -0.4, 0.7, -0.65)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Key that sorts as people read: P2 before P10.

    Examples
    --------
    >>> sorted(["P10", "P2"], key=natural)
    ['P2', 'P10']
    """
    parts = _DIGITS.split(name[:200])
    return tuple((0, int(p), p) if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts)


def axis_colors(axis: Axis) -> dict[str, str]:
    """Colour of every call that an axis may give.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> axis_colors(load_scheme("acquired_resistance").axis("dysfunction"))["present"]
    '#E69F00'
    """
    return {name: _hue(number) for number, name in enumerate(axis.labels)} | {
        name: color for name, color in GREYS.items() if name != NO_DATA
    }


def category_colors(names: Iterable[str], *, fixed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Colour of every category of a column; the order in which the names are given does not matter.

    Parameters
    ----------
    names
        Categories, each as often as you like. An empty name is missing data and grey.
    fixed
        Colours that are given already.

    Examples
    --------
    >>> category_colors(["On", "Pre"]) == category_colors(["Pre", "On", "Pre"])
    True
    """
    given = dict(fixed or {})
    known = sorted({name for name in names if name and name not in GREYS}, key=natural)
    colors = {name: given.get(name, _hue(number)) for number, name in enumerate(known)}
    return colors | {"": GREYS[NO_DATA]} | GREYS


def _hue(number: int) -> str:
    tone = _TONES[number // len(OKABE_ITO) % len(_TONES)]
    return _toned(OKABE_ITO[number % len(OKABE_ITO)], tone)


def _toned(color: str, tone: float) -> str:
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    target = 255 if tone > 0 else 0
    return "#" + "".join(f"{round(c + (target - c) * abs(tone)):02X}" for c in channels)
