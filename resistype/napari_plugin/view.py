"""A view of a session in a napari viewer, without Qt.

It draws on the session's events and turns clicks into commands.

The truth is in the session; layers only show it. The view holds the user's layers weakly: one that
is deleted is let go with a sentence, and a view that is closed leaves no listener behind, while the
session and its other views live on.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.events import Event
from resistype.napari_plugin.callbacks import ONE_IMAGE, real, scale_of, weak_clicks, weakly
from resistype.napari_plugin.cells import CellTable
from resistype.napari_plugin.layers import MARK, Bound
from resistype.napari_plugin.paint import (
    Classes,
    LegendRow,
    Ramp,
    compared,
    drawing,
    legend,
    margins,
)
from resistype.session import Session
from resistype.systems.tissue import Tissue, TissueColumns, read_tissue

VIEWS: weakref.WeakKeyDictionary[Any, TissueView] = weakref.WeakKeyDictionary()


@dataclass(eq=False)
class TissueView:
    """A session shown on layers of a viewer."""

    viewer: Any
    session: Session
    table: CellTable
    bounds: list[Bound]
    status: str = ""
    scale_um: float | None = None
    margin: str = ""
    recipe: str = ""
    changed: Event = field(init=False)

    def __post_init__(self) -> None:
        self.changed = Event("changed", self.say)
        self._viewer = weakref.ref(real(self.viewer))
        self._orphans: list[Any] = []
        self._known: tuple[Any, Classes | Ramp] | None = None
        self.viewer = None
        events = self.session.events
        self._listening: list[tuple[Event, Callable[..., Any]]] = [
            (events.failed, self.say),
            (events.calls, self._redraw),
            (events.color, self._recolor),
            (events.hidden, self._redraw),
            (events.selection, self._selected),
        ]
        for event, listener in self._listening:
            event.connect(listener)
        self._removed = weakly(self, "_layer_removed")
        self.viewer_model.layers.events.removed.connect(self._removed)
        self._on_click = weak_clicks(self)
        self.viewer_model.mouse_drag_callbacks.append(self._on_click)
        scales = {scale_of(one.source()) for one in self.bounds if one.source() is not None}
        if len(scales) == 1 and self.scale_um is None:
            self.scale_um = scales.pop()
        self.paint()

    # -- what there is -----------------------------------------------------------------------------

    @property
    def viewer_model(self) -> Any:
        """The viewer."""
        home = self._viewer()
        if home is None:
            raise InputError(
                "The napari window of this view was closed; open the dock again.", code="N120"
            )
        return home

    @property
    def drawn(self) -> Classes | Ramp:
        """What is drawn now; worked out once for each state of the session."""
        state = self.session.state
        key = (state.moved, state.color_by, state.hidden, self.margin)
        if self._known is None or self._known[0] != key:
            self._known = (key, drawing(self.session, self.margin))
        return self._known[1]

    @property
    def color_choices(self) -> list[str]:
        """What the picture can be coloured by, margins among them."""
        return [*self.session.color_choices, *margins(self.session)]

    @property
    def color(self) -> str:
        """What the picture is coloured by."""
        return self.margin or self.session.state.color_by

    def legend(self) -> tuple[LegendRow, ...]:
        """Lines of the legend."""
        return legend(self.drawn, no_row=sum(one.match.layer_only for one in self.bounds))

    def say(self, text: str) -> None:
        """Keep a sentence for the status line and tell the panels."""
        self.status = text
        self.changed.emit("status")

    # -- drawing -----------------------------------------------------------------------------------

    def color_by(self, what: str) -> None:
        """Colour by an axis, a quantity, a column or a margin."""
        known = margins(self.session)
        if what in known:
            quantity = compared(self.session)[known[what]]
            self.margin = what
            if self.session.state.color_by == f"quantity:{quantity}":
                self.paint()
            else:
                self.session.color_by(f"quantity:{quantity}")
            return
        same = self.session.state.color_by == what and self.margin
        self.margin = ""
        if same:
            self.paint()
        else:
            self.session.color_by(what)

    def paint(self) -> None:
        """Draw every layer as the session has it now."""
        home, drawn = self._viewer(), self.drawn
        if home is None:
            self.close()
            return
        self.sweep()
        for one in self.bounds:
            one.draw(home, drawn)
        self.changed.emit("legend")
        if stale := " ".join(filter(None, (one.stale for one in self.bounds))):
            self.say(stale)

    def sweep(self) -> None:
        """Take away the display layers of layers that were deleted.

        Not done while napari is still removing the other layer: a picture that was never drawn
        would be drawn then, half made, and end the program.
        """
        home, orphans = self._viewer(), self._orphans
        self._orphans = []
        for orphan in orphans:
            if home is not None and orphan in home.layers:
                home.layers.remove(orphan)

    def toggle(self, name: str) -> None:
        """Hide a category of the legend, or show it again."""
        hidden = set(self.session.state.hidden) ^ {name}
        self.session.hide(*hidden)

    def _redraw(self, _news: object) -> None:
        self.paint()

    def _recolor(self, news: object) -> None:
        if self.margin:
            quantity = compared(self.session)[margins(self.session)[self.margin]]
            if news != f"quantity:{quantity}":
                self.margin = ""
        self.paint()

    def _selected(self, _news: object) -> None:
        self.changed.emit("evidence")

    def _layer_removed(self, event: Any) -> None:
        layer = event.value
        gone = [one for one in self.bounds if one.source() is None or one.source() is layer]
        for one in gone:
            self.bounds.remove(one)
            self._orphans += one.layers
            self.say(
                f"The layer {one.name!r} was deleted; its cells stay in the session and are no "
                "longer drawn."
            )
        if gone:
            for orphan in self._orphans:
                orphan.visible = False
            self.changed.emit("orphans")
        if layer.metadata.get(MARK) in ("classes", "values"):
            for one in self.bounds:
                one.shown = {kind: shown for kind, shown in one.shown.items() if shown is not layer}

    # -- cells -------------------------------------------------------------------------------------

    def row_at(self, world: Sequence[float]) -> int:
        """Row of the cell at a place in world coordinates, on a layer that is shown.

        −1 where there is none.
        """
        for one in self.bounds:
            for layer in one.layers:
                row = one.row_at(layer, tuple(float(x) for x in world)) if layer.visible else -1
                if row >= 0:
                    return row
        return -1

    def click(self, world: Sequence[float]) -> int:
        """Select the cell at a place, and nothing where there is none; its row or −1."""
        row = self.row_at(world)
        self.session.select([row] if row >= 0 else [])
        return row

    def evidence(self) -> pd.DataFrame:
        """Evidence of the first selected cell, empty where none is selected."""
        rows = self.session.selection
        return self.session.evidence(int(rows[0])) if len(rows) else pd.DataFrame()

    def tissue(self) -> tuple[Tissue, NDArray[np.intp]]:
        """Cells with their places and the classes that are shown, and the row of each."""
        drawn = self.drawn
        if not isinstance(drawn, Classes):
            message = (
                "Neighbourhoods and regions need classes of cells: colour by an axis or a column "
                "with categories."
            )
            raise InputError(message, code="N121")
        if not any(not one.stale for one in self.bounds):
            raise InputError(
                "No layer is left that shows the cells; select one and classify it again.",
                code="N122",
            )
        xy = np.full((self.table.n_obs, 2), np.nan)
        for one in self.bounds:
            here = one.coordinates(self.table.n_obs)
            xy = np.where(np.isnan(xy), here, xy)
        rows = np.flatnonzero(~np.isnan(xy).any(axis=1))
        names = np.array([one.name or "no data" for one in drawn.categories], dtype=object)
        table = pd.DataFrame(
            {
                "x": xy[rows, 0],
                "y": xy[rows, 1],
                "region": np.where(
                    self.table.region[rows] == "", ONE_IMAGE, self.table.region[rows]
                ),
                "instance": np.array(self.table.names, dtype=object)[rows],
                "kind": names[drawn.codes[rows]],
            }
        )
        columns = TissueColumns(region="region", instance="instance", kind="kind")
        return read_tissue(table, scale_um=self.scale_um, columns=columns), rows

    def to_script(self) -> str:
        """Python that calls the same cells and repeats what was done."""
        return self.recipe + self.session.to_script()

    def close(self) -> None:
        """Stop listening and take the display layers away; the session lives on."""
        for event, listener in self._listening:
            event.disconnect(listener)
        self._listening = []
        self.sweep()
        home = self._viewer()
        if home is not None:
            home.layers.events.removed.disconnect(self._removed)
            if self._on_click in home.mouse_drag_callbacks:
                home.mouse_drag_callbacks.remove(self._on_click)
            for one in self.bounds:
                one.remove(home)
            if VIEWS.get(home) is self:
                del VIEWS[home]
        self.bounds = []
