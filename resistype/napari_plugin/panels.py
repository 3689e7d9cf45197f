"""What the panel shows, as plain numbers and words.

The histogram of a threshold, the evidence of a cell, the kinds.

The window only draws these; what they say is decided and tested here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype.napari_plugin.paint import Classes, compared
from resistype.napari_plugin.view import TissueView
from resistype.session import Session
from resistype.systems.tissue import Roles

BINS = 80
WORDS = {
    "tumour": ("tumour", "tumor", "cancer", "malignant"),
    "t_cells": ("cd8", "t cell", "t_cell"),
    "macrophages": ("cd163", "m2", "macrophage"),
}


@dataclass(frozen=True, eq=False)
class Histogram:
    """Cells by the value of a quantity, with the threshold on it."""

    counts: NDArray[np.intp]
    edges: NDArray[np.float64]
    value: float
    default: float
    n_above: int
    n_known: int
    title: str
    unit: str

    def place(self, value: float) -> float:
        """Where a value lies, from 0 at the left to 1 at the right."""
        low, high = float(self.edges[0]), float(self.edges[-1])
        return min(max((value - low) / (high - low), 0.0), 1.0)


def threshold_names(session: Session) -> list[tuple[str, str]]:
    """Axis and name of every threshold that is compared with a quantity."""
    return list(compared(session))


def histogram(session: Session, axis: str, name: str) -> Histogram:
    """The histogram of the quantity that a threshold is compared with."""
    subject = compared(session)[axis, name]
    value, default = (
        session.thresholds(axis)[name],
        session.scheme_before.axis(axis).thresholds[name].value,
    )
    values = session.data.columns[subject]
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high = min(low, value), max(high, value)
    counts, edges = np.histogram(known, bins=BINS, range=(low, high if high > low else low + 1.0))
    quantity = session.scheme_before.quantities[subject]
    above = int((known >= np.float32(value)).sum())
    return Histogram(
        counts, edges, value, default, above, len(known), quantity.title, quantity.unit
    )


def threshold_text(session: Session, axis: str, name: str) -> str:
    """What a threshold is and whose, how many cells are above, and in how many images it holds."""
    found = histogram(session, axis, name)
    threshold = session.scheme_before.axis(axis).thresholds[name]
    moved = f", moved from {found.default:.4g}" if found.value != found.default else ""
    source = f"published: {threshold.citation}" if threshold.source == "published" else "ours"
    share = found.n_above / found.n_known if found.n_known else 0.0
    return (
        f"{found.title}: at or above {found.value:.4g}{moved}: {found.n_above:,} of "
        f"{found.n_known:,} cells "
        f"({share:.1%}), in all images. {source}: {threshold.text}."
    )


def evidence_lines(view: TissueView) -> list[tuple[str, ...]]:
    """Lines on the selected cell: axis, call, quantity, value, threshold, distance.

    Which one decided is marked.
    """
    table, session = view.evidence(), view.session
    if table.empty:
        return []
    calls = {
        axis.id: session.names(axis.id)[session.codes(axis.id)[session.selection[0]]]
        for axis in session.scheme.axes
    }
    rest = [axis for axis in session.scheme.axes if axis.id not in set(table["axis"])]
    lines: list[tuple[str, ...]] = [
        (one.id, calls[one.id], one.title, "", "", "", "of the other calls") for one in rest
    ]
    for row in table.to_dict("records"):
        has = bool(row["threshold"])
        limit = (
            f"{row['threshold']} {row['threshold_value']:.4g} ({row['threshold_source']})"
            if has
            else ""
        )
        distance = f"{row['distance']:+.4g}" if has else ""
        decided = "decided" if row["decided"] else ""
        lines.append(
            (
                row["axis"],
                row["call"],
                row["title"],
                f"{row['value']:.4g}",
                limit,
                distance,
                decided,
            )
        )
    return lines


def kinds_of(view: TissueView) -> tuple[str, ...]:
    """Kinds of cells as they are coloured now; none while a quantity is shown."""
    drawn = view.drawn
    if not isinstance(drawn, Classes):
        return ()
    return tuple(one.name or "no data" for one in drawn.categories if one.n)


def guess_roles(kinds: tuple[str, ...]) -> Roles:
    """Which kinds sound like tumour, T cells and macrophages: a start for the user, who decides.

    Examples
    --------
    >>> guess_roles(("Tumour", "CD8 T cell", "M2 Macrophages", "B cell")).macrophages
    ('M2 Macrophages',)
    """
    found = {
        role: tuple(one for one in kinds if any(word in one.lower() for word in WORDS[role]))
        for role in WORDS
    }
    taken = set(found["tumour"])
    cells = tuple(one for one in found["t_cells"] if one not in taken)
    return Roles(
        found["tumour"], cells, tuple(one for one in found["macrophages"] if one not in taken)
    )
