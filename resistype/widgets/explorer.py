"""The Explorer: calls to look at and to move. The session decides; the page draws and sends back what was moved."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.expression import Expression, as_expression
from resistype.scheme import Calls
from resistype.session import Command, Session, SessionData
from resistype.session.commands import apply as check
from resistype.session.replay import script
from resistype.widgets._answers import Answers, thresholds_of
from resistype.widgets._base import Answer, Bits, Widget, read_bits, static_table, write_bits
from resistype.widgets._plane import session_of
from resistype.widgets._spec import build, draw_rows, whole
from resistype.widgets.export import write_page

__all__ = ["Explorer", "show"]

MAX_DRAWN = 200_000
MAX_EXPORT = 300_000


def _known(value: Any, widget: Any) -> dict[str, dict[str, float]]:
    """Thresholds as the page sent them, without what is unknown or no finite number."""
    now: dict[str, dict[str, float]] = widget.thresholds_now()
    for axis, given in value.items() if isinstance(value, dict) else ():
        for name, number in given.items() if axis in now and isinstance(given, dict) else ():
            plain = isinstance(number, (int, float)) and not isinstance(number, bool)
            if name in now[axis] and plain and math.isfinite(number) and abs(number) < 3e38:
                now[axis][name] = float(np.float32(number))
    return now


def _known_color(value: Any, widget: Any) -> str:
    """A colour as the page sent it; the page is told the present one where there is no such thing."""
    if isinstance(value, str) and value in widget.session.color_choices:
        return value
    widget.send_state("color_by")
    return str(widget.session.state.color_by)


class Explorer(Widget):
    """Embedding, thresholds, composition, flow and evidence of calls, linked; moves in the browser and in Python.

    Parameters
    ----------
    source
        `Calls`, a `Session` or a `SessionData`.
    embeddings
        Coordinates of shape (n_obs, 2) by name, a table joined by the names of its rows, an array by position; without
        any, the first two axes of the quantities are shown.
    expression
        The matrix behind the calls: it answers for single genes and for driver genes of a selection.
    title
        Words above the picture.
    max_drawn
        Most observations that are drawn. Beyond, each class is drawn by its share; counts are of all.

    Raises
    ------
    InputError
        V117 for another kind of source, or one without observations; V124 and V121 for embeddings or a matrix that do
        not fit.

    Attributes
    ----------
    thresholds
        ``{axis: {name: value}}``; follows the page and can be set.
    color_by
        What colours the picture, for example ``"axis:ifng"``.
    session
        The session behind the page: `undo`, `to_script`, `to_frame`.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.widgets import Explorer
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
    >>> view = Explorer(calls, expression=demo.expression)
    >>> view.thresholds = {"ifng": {"change": 3.0}}
    >>> view.counts("ifng")["up"] == view.session.counts("ifng")["up"]
    True
    """

    _kind = traitlets.Unicode("explorer").tag(sync=True)
    thresholds = traitlets.Dict().tag(sync=True, from_json=_known)
    color_by = traitlets.Unicode().tag(sync=True, from_json=_known_color)
    selected = Bits()
    _steps = traitlets.Dict().tag(sync=True)
    _fresh = traitlets.Int(0).tag(sync=True)  # rises when there is more to show, and the page asks again
    _live = traitlets.Bool(default_value=True).tag(sync=True)

    def __init__(
        self,
        source: Calls | Session | SessionData,
        *,
        embeddings: Mapping[str, Any] | None = None,
        expression: Any = None,
        title: str = "",
        max_drawn: int = MAX_DRAWN,
    ) -> None:
        if not isinstance(max_drawn, (int, np.integer)) or isinstance(max_drawn, bool) or max_drawn < 1:
            raise InputError(f"max_drawn is {max_drawn!r}; a whole number from 1 on is needed.", code="V117")
        self.session = session_of(source, embeddings)
        matrix = None if expression is None else self._aligned(as_expression(expression))
        self._title = title or self.session.scheme_before.title
        self._rows = draw_rows(self.session.data, max_drawn)
        self._answers = Answers(self.session, self._rows, matrix, self._title, self._note())
        super().__init__(
            thresholds=self.thresholds_now(), color_by=self.session.state.color_by, _steps=self._steps_now()
        )
        self.observe(self._page_moved, "thresholds")
        self.observe(self._page_colored, "color_by")
        self.observe(self._page_selected, "selected")
        events = self.session.events
        events.thresholds.connect(self._session_moved)
        events.color.connect(self._session_colored)
        events.selection.connect(self._session_selected)
        events.quantities.connect(self._session_grew)
        for event in (events.thresholds, events.color, events.selection, events.regions):
            event.connect(self._session_stepped)

    # -- what a user asks ------------------------------------------------------------------------------------------

    def counts(self, axis: str) -> dict[str, int]:
        """How many observations have each call of an axis.

        Raises
        ------
        SessionError
            V102 when there is no such axis.
        """
        return self.session.counts(axis)

    @property
    def selection(self) -> NDArray[np.bool_]:
        """Mask of the selected observations, shape (n_obs,)."""
        mask = np.zeros(self.session.data.n_obs, dtype=bool)
        mask[self.session.selection] = True
        return mask

    def to_html(self, path: str | Path, *, names: bool = False) -> Path:
        """Write the view to one file that needs no network and no Python; its thresholds still move.

        Parameters
        ----------
        path
            The file; it appears whole or not at all.
        names
            Whether patients keep their names and the columns of the samples table are told. Sample ids never are.

        Raises
        ------
        InputError
            V113 when there are more than 300,000 observations.
        """
        material = self.session.data
        if material.n_obs > MAX_EXPORT:
            message = f"{material.n_obs} observations are too many for one file; export a part, at most {MAX_EXPORT}."
            raise InputError(message, code="V113")
        rows = np.arange(material.n_obs)
        drawn = whole(material, build(material, rows, title=self._title, note=self._note(), names=names), rows)
        color = self.color_by if names or self.color_by.startswith(("axis:", "quantity:")) else ""
        color = color or f"axis:{material.scheme.axes[0].id}"
        state = {"_kind": self._kind, "thresholds": self.thresholds_now(), "color_by": color, "_live": False}
        return write_page(path, drawn, state=state, fallback=self.static_html())

    def to_script(self) -> str:
        """Python that repeats the exploration."""
        return script(self.session.log, self.session.data.digest())

    def static_html(self) -> str:
        """Counts of every axis as a table, escaped; no names of samples or patients."""
        counts = [(axis.title, self.session.counts(axis.id)) for axis in self.session.scheme_before.axes]
        rows = [(title, call.replace("_", " "), n) for title, found in counts for call, n in found.items() if n]
        caption = f"{self._title}: calls of {self.session.data.n_obs} observations. Research use only."
        return static_table(caption, ("axis", "call", "n"), rows)

    def thresholds_now(self) -> dict[str, dict[str, float]]:
        """Thresholds of all axes as they stand."""
        return thresholds_of(self.session)

    # -- between page and session ----------------------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: its data, counts, driver genes, values of a gene, a step."""
        return self._answers.table()

    def _aligned(self, expression: Expression) -> Expression:
        samples = self.session.data.samples
        if expression.samples == samples:
            return expression
        absent = len(set(samples) - set(expression.samples))
        if absent:
            message = f"{absent} of {len(samples)} observations of the calls are not in the matrix; give their matrix."
            raise InputError(message, code="V121")
        return expression.select(samples)

    def _note(self) -> str:
        calls = self.session.data.calls
        simulated = calls is not None and "SIMULATED" in calls.run_caveats
        return "Simulated data. They show the machinery, not biology." if simulated else ""

    def _steps_now(self) -> dict[str, Any]:
        session = self.session
        return {"undo": session.can_undo, "redo": session.can_redo, "regions": [one.name for one in session.regions]}

    @traitlets.validate("thresholds")  # type: ignore[misc, unused-ignore]
    def _check_thresholds(self, proposal: Any) -> dict[str, dict[str, float]]:
        now = self.thresholds_now()
        if not all(isinstance(one, Mapping) for one in proposal["value"].values()):
            raise InputError(
                "Thresholds are given as {axis: {name: value}}, such as {'ifng': {'change': 1}}.", code="V119"
            )
        for axis, given in proposal["value"].items():
            for name, value in given.items():
                check(Command("move_threshold", (axis, name, value)), self.session.state, self.session.data)
                now[axis][name] = float(np.float32(value))
        return now

    @traitlets.validate("color_by")  # type: ignore[misc, unused-ignore]
    def _check_color(self, proposal: Any) -> str:
        if proposal["value"] != self.session.state.color_by:
            check(Command("color_by", (proposal["value"],)), self.session.state, self.session.data)
        return str(proposal["value"])

    def _page_moved(self, change: Any) -> None:
        now = self.thresholds_now()
        for axis, name, value in ((a, n, v) for a, given in change.new.items() for n, v in given.items()):
            if axis not in now or now[axis].get(name) != float(np.float32(value)):
                self.session.move_threshold(axis, name, value)
        self.thresholds = self.thresholds_now()

    def _page_colored(self, change: Any) -> None:
        if change.new != self.session.state.color_by:
            self.session.color_by(change.new)

    def _page_selected(self, change: Any) -> None:
        chosen = read_bits(change.new, len(self._rows))
        # Only what is drawn can differ: a region selected in Python may hold more than the page knows.
        if not np.array_equal(chosen, self.selection[self._rows]):
            self.session.select(self._rows[chosen])

    def _session_grew(self, _news: object) -> None:
        self._fresh += 1

    def _session_moved(self, _news: object) -> None:
        self.thresholds = self.thresholds_now()

    def _session_stepped(self, _news: object) -> None:
        self._steps = self._steps_now()

    def _session_colored(self, news: object) -> None:
        self.color_by = str(news)

    def _session_selected(self, _news: object) -> None:
        self.selected = write_bits(self.selection[self._rows])


def show(calls: Calls | Session | SessionData) -> Explorer:
    """The widget for a result.

    Parameters
    ----------
    calls
        Calls of `classify`, a session or a material.
    """
    return Explorer(calls)
