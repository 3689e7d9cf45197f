"""The Explorer: calls to look at and to move. The session decides.

The page draws and sends back what was moved.

The traits are views of the session: a change that the page or Python makes to one is a command to
the session, and the news of the session sets the trait. Every answer is worked out from what stands
in the question. Counts come with the thresholds that they belong to, so that the page never shows
numbers of one state beside thresholds of another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import traitlets
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.expression import Expression, as_expression
from resistype.library import load_library
from resistype.scheme import Calls
from resistype.session import Session, SessionData, call_names
from resistype.session.drivers import driver_genes
from resistype.session.replay import script
from resistype.widgets.base import (
    Answer,
    Bits,
    PageData,
    Widget,
    read_bits,
    stand_ins,
    static_table,
    write_bits,
)
from resistype.widgets.explorer_view import build, draw_rows, quantity_buffers, session_of, whole
from resistype.widgets.export import write_page

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
    """A colour as the page sent it.

    The page is told the present one where there is no such thing.
    """
    if isinstance(value, str) and value in widget.session.color_choices:
        return value
    widget.send_state("color_by")
    return str(widget.session.state.color_by)


class Explorer(Widget):
    """Embedding, thresholds, composition, flow and evidence of calls, linked.

    Moves in the browser and in Python.

    Parameters
    ----------
    source
        `Calls`, a `Session` or a `SessionData`.
    embeddings
        Coordinates of shape (n_obs, 2) by name, a table joined by the names of its rows, an array
        by position; without any, the first two axes of the quantities are shown.
    expression
        The matrix behind the calls: it answers for single genes and for driver genes of a
        selection.
    title
        Words above the picture.
    max_drawn
        Most observations that are drawn. Beyond, each class is drawn by its share; counts are of
        all.

    Raises
    ------
    InputError
        V117 for another kind of source, or one without observations; E903 for embeddings or a
        matrix that do not fit.

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
    _fresh = traitlets.Int(0).tag(
        sync=True
    )  # rises when there is more to show, and the page asks again
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
        if (
            not isinstance(max_drawn, (int, np.integer))
            or isinstance(max_drawn, bool)
            or max_drawn < 1
        ):
            raise InputError(
                f"max_drawn is {max_drawn!r}; a whole number from 1 on is needed.", code="V117"
            )
        self.session = session_of(source, embeddings)
        matrix = None if expression is None else self._aligned(as_expression(expression))
        self._title = title or self.session.scheme_before.title
        self._rows = draw_rows(self.session.data, max_drawn)
        self._answers = Answers(self.session, self._rows, matrix, self._title, self._note())
        super().__init__(
            thresholds=self.thresholds_now(),
            color_by=self.session.state.color_by,
            _steps=self._steps_now(),
        )
        events = self.session.events
        self.listen(events.failed, self.show_message)
        self.listen(events.thresholds, self._session_moved)
        self.listen(events.color, self._session_colored)
        self.listen(events.selection, self._session_selected)
        self.listen(events.quantities, self._session_grew)
        for event in (events.thresholds, events.color, events.selection, events.regions):
            self.listen(event, self._session_stepped)

    # -- what a user asks --------------------------------------------------------------------------

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
        """Write the view to one file that needs no network and no Python.

        Its thresholds still move.

        Parameters
        ----------
        path
            The file; it appears whole or not at all.
        names
            Whether patients keep their names and the columns of the samples table are told. Sample
            ids never are.

        Raises
        ------
        InputError
            V113 when there are more than 300,000 observations.
        """
        material = self.session.data
        if material.n_obs > MAX_EXPORT:
            message = (
                f"{material.n_obs} observations are too many for one file; export a part, at most "
                f"{MAX_EXPORT}."
            )
            raise InputError(message, code="V113")
        rows = np.arange(material.n_obs)
        drawn = whole(
            material, build(material, rows, title=self._title, note=self._note(), names=names), rows
        )
        color = self.color_by if names or self.color_by.startswith(("axis:", "quantity:")) else ""
        color = color or f"axis:{material.scheme.axes[0].id}"
        state = {
            "_kind": self._kind,
            "thresholds": self.thresholds_now(),
            "color_by": color,
            "_live": False,
        }
        return write_page(path, drawn, state=state, fallback=self.static_html())

    def to_script(self) -> str:
        """Python that repeats the exploration."""
        return script(self.session.log, self.session.data.digest())

    def static_html(self) -> str:
        """Counts of every axis as a table, escaped; no names of samples or patients."""
        words = self.session.data.words
        rows = [
            (axis.title, words(axis.id, call).word, n)
            for axis in self.session.scheme_before.axes
            for call, n in self.session.counts(axis.id).items()
            if n
        ]
        caption = (
            f"{self._title}: calls of {self.session.data.n_obs} observations. Research use only."
        )
        return static_table(caption, ("axis", "call", "n"), rows)

    def thresholds_now(self) -> dict[str, dict[str, float]]:
        """Thresholds of all axes as they stand."""
        return thresholds_of(self.session)

    # -- between page and session ------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: its data, counts, driver genes, values of a gene, a step."""
        return self._answers.table()

    def _aligned(self, expression: Expression) -> Expression:
        samples = self.session.data.samples
        if expression.samples == samples:
            return expression
        absent = len(set(samples) - set(expression.samples))
        if absent:
            message = (
                f"{absent} of {len(samples)} observations of the calls are not in the matrix; give "
                "their matrix."
            )
            raise InputError(message, code="V121")
        return expression.select(samples)

    def hidden_names(self) -> Mapping[str, str]:
        """Names of samples and patients, and what is said in their place."""
        data = self.session.data
        table = data.design[["patient"]].set_axis(pd.Index(data.samples))
        return stand_ins(data.samples, table, "patient")

    def _note(self) -> str:
        calls = self.session.data.calls
        simulated = calls is not None and "SIMULATED" in calls.run_caveats
        return "Simulated data. They show the machinery, not biology." if simulated else ""

    def _steps_now(self) -> dict[str, Any]:
        session = self.session
        return {
            "undo": session.can_undo,
            "redo": session.can_redo,
            "regions": [one.name for one in session.regions],
        }

    @traitlets.validate("thresholds")  # type: ignore[misc, unused-ignore]
    def _move(self, proposal: Any) -> dict[str, dict[str, float]]:
        given = proposal["value"]
        if not all(isinstance(one, Mapping) for one in given.values()):
            message = (
                "Thresholds are given as {axis: {name: value}}, such as {'ifng': {'change': 1}}."
            )
            raise InputError(message, code="V119")
        self.session.move_thresholds(given)
        return self.thresholds_now()

    @traitlets.validate("color_by")  # type: ignore[misc, unused-ignore]
    def _color(self, proposal: Any) -> str:
        if proposal["value"] != self.session.state.color_by:
            self.session.color_by(proposal["value"])
        return str(self.session.state.color_by)

    @traitlets.validate("selected")  # type: ignore[misc, unused-ignore]
    def _select(self, proposal: Any) -> bytes:
        chosen = read_bits(proposal["value"], len(self._rows))
        # Only what is drawn can differ: a region selected in Python may hold more than is drawn.
        if not np.array_equal(chosen, self.selection[self._rows]):
            self.session.select(self._rows[chosen])
        return write_bits(self.selection[self._rows])

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


MAX_CELLS = 200_000  # numbers in the table of patients, time points and calls that is sent
MAX_CORNERS = 10_000

Thresholds = dict[str, dict[str, float]]


def thresholds_of(session: Session) -> Thresholds:
    """Thresholds of all axes as they stand, as the page compares them: in float32."""
    axes = session.scheme.axes
    return {
        axis.id: {n: float(np.float32(t.value)) for n, t in axis.thresholds.items()}
        for axis in axes
    }


@dataclass(eq=False)
class Answers:
    """Answers from a session."""

    session: Session
    rows: NDArray[np.intp]
    expression: Expression | None = None
    title: str = ""
    note: str = ""
    _drawn: PageData | None = field(default=None, init=False, repr=False)

    def table(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Functions by the name of the question."""
        return {
            "data": self.data,
            "quantities": self.quantities,
            "count": self.count,
            "drivers": self.drivers,
            "gene": self.gene,
            "step": self.step,
        }

    def data(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Description and buffers of what is drawn."""
        found = self._build()
        return {"spec": found.spec}, found.buffers

    def quantities(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Values of the quantities that are named, of what is drawn."""
        names, known = content.get("names"), self.session.data.columns
        if not isinstance(names, list) or not all(
            isinstance(one, str) and one in known for one in names
        ):
            raise InputError("Quantities are asked for by a list of their names.", code="V119")
        return {"names": names}, quantity_buffers(self.session.data, self.rows, names)

    def count(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Counts of every axis at the thresholds of the question, and of one per patient."""
        given, axis = content.get("thresholds"), content.get("axis")
        if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
            raise InputError("Thresholds are given as {axis: {name: value}}.", code="V119")
        names = {one.id: call_names(one) for one in self.session.scheme_before.axes}
        codes = self.session.codes_at(given)
        counts = {
            one: np.bincount(codes[one], minlength=len(words)).tolist()
            for one, words in names.items()
        }
        parts = [] if axis not in names else [self._parts(codes[axis], len(names[axis]))]
        return {"thresholds": given, "axis": axis, "counts": counts}, parts

    def drivers(self, _content: dict[str, Any], buffers: list[bytes]) -> Answer:
        """Driver genes of the selection that comes with the question."""
        expression = self._matrix()
        mask = np.zeros(expression.n_obs, dtype=bool)
        mask[self.rows] = read_bits(buffers[0] if buffers else b"", len(self.rows))
        found = driver_genes(expression, mask, library=load_library())
        return {"genes": found.to_dict("records")}, []

    def gene(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Values of a gene, log2, of what is drawn."""
        expression, asked = self._matrix(), content.get("gene")
        if not isinstance(asked, str) or not 0 < len(asked) <= 60:
            raise InputError("A gene is asked for by a name of 1 to 60 characters.", code="V114")
        column = expression.index.match([asked]).columns
        if column[0] < 0:
            raise InputError(
                f"No gene {asked!r} in the matrix, and no signature of that name.", code="V114"
            )
        values = expression.log2(column)[self.rows, 0].astype("<f4")
        return {"gene": expression.genes[column[0]]}, [values.tobytes()]

    def step(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """One step back or forth, or a region kept, selected or forgotten."""
        session, name = self.session, str(content.get("name", ""))
        acts: Mapping[Any, Callable[[], None]] = {
            "undo": session.undo,
            "redo": session.redo,
            "reset": session.reset_thresholds,
            "keep": lambda: session.add_region(
                name, str(content.get("embedding")), _corners(content.get("corners"))
            ),
            "select": lambda: session.select_region(name),
            "remove": lambda: session.remove_region(name),
        }
        step = content.get("step")
        if not isinstance(step, str) or step not in acts:
            raise InputError(f"Unknown step {str(step)[:40]!r}.", code="V111")
        acts[step]()
        return {}, []

    def _build(self) -> PageData:
        found = build(
            self.session.data,
            self.rows,
            title=self.title,
            note=self.note,
            has_genes=self.expression is not None,
        )
        self._drawn = found
        return found

    def _parts(self, codes: NDArray[np.uint8], n_calls: int) -> bytes:
        """How many observations of each patient at each time point have each call.

        Nothing where that is too much.
        """
        found = self._drawn or self._build()
        if found.n_groups * n_calls > MAX_CELLS:
            return b""
        counts = np.bincount(found.groups * n_calls + codes, minlength=found.n_groups * n_calls)
        return counts.astype("<u4").tobytes()

    def _matrix(self) -> Expression:
        if self.expression is None:
            raise InputError(
                "No matrix was given: Explorer(calls, expression=…) answers for genes.", code="V122"
            )
        return self.expression


def _corners(given: Any) -> Sequence[tuple[float, float]]:
    numbers = (int, float)
    match given:
        case [*points] if len(points) <= MAX_CORNERS and all(
            isinstance(p, list)
            and len(p) == 2
            and isinstance(p[0], numbers)
            and isinstance(p[1], numbers)
            for p in points
        ):
            return [(float(x), float(y)) for x, y in points]
    raise InputError(
        f"Corners are given as [[x, y], …], at most {MAX_CORNERS} of them.", code="V119"
    )
