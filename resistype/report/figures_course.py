"""Figures of cells over time, one patient on Axes that are given: composition, and clones between states.

The command line draws all patients of a study at once with `figures_cells`; these are the same panels, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from resistype.errors import InputError
from resistype.report.drawn import RUO, Drawn
from resistype.report.figures_cells import composition_panel, flow_panel, state_colors, time_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["composition_plot", "flow_plot"]


def composition_plot(composition: pd.DataFrame, ax: Axes | None = None, *, patient: str | None = None) -> Drawn:
    """Shares of states of one patient over time, with Wilson's intervals and the number of cells at each time.

    Parameters
    ----------
    composition
        The table of that name of a cell scheme (or composition.tsv): patient, timepoint, kind, numerator,
        denominator, share, low, high.
    ax
        Where to draw; without it only data and caption are returned.
    patient
        By default the first.

    Returns
    -------
    Drawn
        Table: the rows of that patient.

    Raises
    ------
    InputError
        S111 when there is no such patient in the table.

    Examples
    --------
    >>> table = pd.DataFrame({"patient": ["A", "A"], "timepoint": ["IP", "D7"], "kind": "memory",
    ...     "numerator": [60, 20], "denominator": [100, 100], "share": [0.6, 0.2], "low": [0.5, 0.13],
    ...     "high": [0.69, 0.29]})
    >>> composition_plot(table).caption
    'Patient A: share of the cells in 1 states at 2 times; n = 200 cells. Bars: Wilson (95 %). Research use only.'
    """
    own, name = _own(composition, patient)
    kinds, times = sorted(own["kind"].astype(str).unique()), time_order(own)
    n = int(own.drop_duplicates("timepoint")["denominator"].sum())
    caption = (
        f"Patient {name}: share of the cells in {len(kinds)} states at {len(times)} times; n = {n:,} cells. "
        f"Bars: Wilson (95 %). {RUO}"
    )
    if ax is not None:
        composition_panel(ax, own, times, colours=state_colors(kinds))
        ax.set_ylabel("share of cells", fontsize=8)
        ax.legend(frameon=False, fontsize=7)
    return Drawn(own.reset_index(drop=True), caption)


def flow_plot(flow: pd.DataFrame, ax: Axes | None = None, *, patient: str | None = None) -> Drawn:
    """Clones of one patient between the states of the first and the last time point.

    Parameters
    ----------
    flow
        The table of that name of a cell scheme (or flow.tsv): patient, from_state, to_state, clones, share, from_time,
        to_time.
    ax
        Where to draw; without it only data and caption are returned. At least 3 inches wide.
    patient
        By default the first.

    Returns
    -------
    Drawn
        Table: the rows of that patient.

    Raises
    ------
    InputError
        S111 when there is no such patient in the table.

    Examples
    --------
    >>> table = pd.DataFrame([("A", "memory", "effector", 3.0, 1.0, "IP", "D7")],
    ...     columns=["patient", "from_state", "to_state", "clones", "share", "from_time", "to_time"])
    >>> flow_plot(table).caption
    'Patient A: n = 3 clones from IP to D7, each counted once, split by its cells. Research use only.'
    """
    own, name = _own(flow, patient)
    states = sorted({*own["from_state"].astype(str), *own["to_state"].astype(str)})
    first, last = str(own["from_time"].iloc[0]), str(own["to_time"].iloc[0])
    n = float(own["clones"].sum())
    caption = f"Patient {name}: n = {n:.0f} clones from {first} to {last}, each counted once, split by its cells. {RUO}"
    if ax is not None:
        flow_panel(ax, own, states, colours=state_colors(states))
    return Drawn(own.reset_index(drop=True), caption)


def _own(table: pd.DataFrame, patient: str | None) -> tuple[pd.DataFrame, str]:
    known = [str(name) for name in pd.unique(table["patient"])]
    name = patient if patient is not None else (known[0] if known else "")
    if name not in known:
        first = f"first: {known[0]!r}" if known else "the table is empty"
        raise InputError(f"There is no patient {name!r} in the table ({first}).", code="S111")
    return table[table["patient"].astype(str) == name], name
