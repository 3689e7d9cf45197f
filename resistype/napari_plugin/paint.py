"""What is to be drawn: a class and its colour for every cell, or a value for every cell.

Worked out from the session.

Pure, without napari: colours come from the session's palette, so a layer, a legend and the notebook
show the same. A margin is a quantity seen from one of its thresholds: how far above (positive) or
below a cell lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype.errors import SessionError
from resistype.session import GREYS, NO_DATA, Category, Session
from resistype.systems.tissue import UNASSIGNED

NO_ROW = "no row in the table"
NO_ROW_COLOR = "#5A5A5A"
FAINT = 0.12
FAINT_NAMES = frozenset({UNASSIGNED, "", *GREYS})
RAMP, DIVERGING = "viridis", "PiYG"
ENDS = {
    RAMP: ("#440154", "#FDE725"),
    DIVERGING: ("#8E0152", "#276419"),
}  # of the colormaps, for the legend


@dataclass(frozen=True, eq=False)
class Classes:
    """A class for every cell."""

    codes: NDArray[np.uint8]
    categories: tuple[Category, ...]

    @property
    def faint(self) -> NDArray[np.bool_]:
        """Which categories are drawn first and faint, shape (n_categories,)."""
        return np.array([one.name in FAINT_NAMES for one in self.categories])

    def colors(self, *, faint: float = 1.0) -> NDArray[np.float32]:
        """RGBA of every category and, last, of what has no row, shape (n_categories + 1, 4).

        Hidden ones are clear.
        """
        table = np.array(
            [rgba(one.color) for one in self.categories] + [rgba(NO_ROW_COLOR)], dtype=np.float32
        )
        dim = np.append(self.faint, True)
        table[dim, 3] = faint
        table[:-1][[one.hidden for one in self.categories], 3] = 0.0
        return table


@dataclass(frozen=True, eq=False)
class Ramp:
    """A value for every cell, NaN where there is none, with the limits of its colours."""

    values: NDArray[np.float32]
    limits: tuple[float, float]
    title: str
    unit: str
    colormap: str = RAMP


@dataclass(frozen=True)
class LegendRow:
    """A line of the legend."""

    name: str
    text: str
    color: str
    n: int | None
    hidden: bool = False
    can_hide: bool = True


def rgba(color: str) -> tuple[float, float, float, float]:
    """A colour of the palette as numbers from 0 to 1.

    Examples
    --------
    >>> rgba("#FF0000")
    (1.0, 0.0, 0.0, 1.0)
    """
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (red, green, blue, 1.0)


def compared(session: Session) -> dict[tuple[str, str], str]:
    """Axis and name of every threshold, and the first quantity that is compared with it."""
    found: dict[tuple[str, str], str] = {}
    for axis in session.scheme_before.axes:
        for one in (c for rule in axis.rules for c in rule.conditions if c.kind == "compare"):
            if one.target in axis.thresholds:
                found.setdefault((axis.id, one.target), one.subject)
    return found


def margins(session: Session) -> dict[str, tuple[str, str]]:
    """Margins that can be shown.

    ``"margin:<axis>.<threshold>"``, with the axis and the threshold.
    """
    return {f"margin:{axis}.{name}": (axis, name) for axis, name in compared(session)}


def drawing(session: Session, margin: str = "") -> Classes | Ramp:
    """What the session's colour asks for."""
    kind, _, what = session.state.color_by.partition(":")
    if margin:
        return _margin(session, margin)
    if kind == "quantity":
        quantity = session.scheme.quantities[what]
        values = session.data.columns[what]
        return Ramp(values, _limits(values), quantity.title, quantity.unit)
    categories = session.resolve().categories
    if kind == "axis":
        return Classes(session.codes(what), categories)
    column = session.data.design[what].astype("category").cat
    place = {one.name: at for at, one in enumerate(categories)}
    codes = [place.get(str(name), 0) for name in column.categories]  # 0: no cell has it
    table = np.array([*codes, place.get("", 0)], dtype=np.uint8)
    return Classes(table[column.codes.to_numpy()], categories)


def _margin(session: Session, margin: str) -> Ramp:
    known = margins(session)
    if margin not in known:
        raise SessionError(
            f"No margin {margin!r}; there are: {', '.join(known) or 'none'}.", code="V105"
        )
    axis, threshold = known[margin]
    name, value = compared(session)[axis, threshold], session.thresholds(axis)[threshold]
    values = np.asarray(session.data.columns[name] - np.float32(value), dtype=np.float32)
    low, high = _limits(values)
    most = max(abs(low), abs(high)) or 1.0
    quantity = session.scheme.quantities[name]
    return Ramp(
        values,
        (-most, most),
        f"{quantity.title}: distance to {value:.4g}",
        quantity.unit,
        DIVERGING,
    )


def _limits(values: NDArray[np.floating]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return (0.0, 1.0)
    low, high = (float(one) for one in np.percentile(known, [1, 99]))
    if low == high:
        low, high = float(known.min()), float(known.max())
    return (low, high) if low < high else (low, low + 1.0)


def legend(drawn: Classes | Ramp, *, no_row: int = 0) -> tuple[LegendRow, ...]:
    """The lines of a legend: counts are of all cells of the table, whatever is drawn or hidden."""
    if isinstance(drawn, Classes):
        rows = [
            LegendRow(
                one.name,
                one.text or (one.name.replace("_", " ") or NO_DATA),
                one.color,
                one.n,
                one.hidden,
            )
            for one in drawn.categories
            if one.n
        ]
    else:
        missing = int(np.isnan(drawn.values).sum())
        ends = zip(("low", "high"), drawn.limits, ENDS[drawn.colormap], strict=True)
        rows = [
            LegendRow(n, f"{value:.4g} ({drawn.title})", color, None, can_hide=False)
            for n, value, color in ends
        ]
        if missing:
            rows.append(LegendRow("", NO_DATA, GREYS[NO_DATA], missing, can_hide=False))
    if no_row:
        rows.append(LegendRow(NO_ROW, NO_ROW, NO_ROW_COLOR, no_row, can_hide=False))
    return tuple(rows)
