"""Session: one headless state behind every view. Views send commands and redraw on events.

A command is a name and plain arguments, so that it can be logged, printed as a line of Python and
run again. It is checked, then the new state is put in place, then the listeners are told; when the
check fails nothing has changed. Undo and redo walk over states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ResistypeWarning, SessionError, warn
from resistype.events import Event
from resistype.history import History
from resistype.scheme import Calls, write_scheme
from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.evidence import evidence_frame
from resistype.scheme.scheme import Scheme
from resistype.scheme.stability import Stability
from resistype.session.commands import Command, apply, as_corners, color_choices, known_axis
from resistype.session.data import Codes, SessionData, align, call_names
from resistype.session.reapply import overlay, reapply_rules, touched
from resistype.session.replay import script
from resistype.session.state import (
    Display,
    Region,
    State,
    moved_between,
    moved_scheme,
    read_rows,
    resolve,
    write_rows,
)

Thresholds = Mapping[str, Mapping[str, float]]


class Events:
    """The events of a session.

    Attributes
    ----------
    calls
        Axes whose calls were made again (a tuple of their ids).
    thresholds
        A threshold that was moved: (axis, name, value).
    selection, color, regions, hidden
        The new value.
    quantities
        The name of a quantity that was added.
    failed
        A sentence on a listener of one of these that failed, for a view to show.
    """

    def __init__(self) -> None:
        self.failed = Event("failed")
        self.calls = Event("calls", self.failed.emit)
        self.thresholds = Event("thresholds", self.failed.emit)
        self.selection = Event("selection", self.failed.emit)
        self.color = Event("color", self.failed.emit)
        self.regions = Event("regions", self.failed.emit)
        self.hidden = Event("hidden", self.failed.emit)
        self.quantities = Event("quantities", self.failed.emit)


@dataclass(eq=False)
class Session:
    """An exploration of calls: thresholds move, calls follow, every step is logged and undoable.

    Parameters
    ----------
    source
        Calls of `classify`, or a `SessionData` made of quantities.
    embeddings
        Coordinates of shape (n_obs, 2) by name, for example ``{"UMAP": adata.obsm["X_umap"]}``.

    Attributes
    ----------
    events
        ``session.events.calls.connect(listener)``; also thresholds, selection, color, regions,
        hidden, quantities, failed.
    log
        Every command that was done, undo and redo included.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
    >>> session = rt.Session(calls)
    >>> session.counts("ifng")["up"]
    6
    >>> session.move_threshold("ifng", "change", 3.0)
    >>> session.counts("ifng")["up"] < 6
    True
    >>> session.undo()
    >>> session.counts("ifng")["up"]
    6
    """

    source: Calls | SessionData = field(repr=False)
    embeddings: Mapping[str, Any] | None = field(repr=False, default=None)
    events: Events = field(repr=False, init=False, default_factory=Events)
    log: list[Command] = field(repr=False, init=False, default_factory=list)

    def __post_init__(self) -> None:
        if isinstance(self.source, SessionData):
            self._data = self.source
        else:
            self._data = SessionData.from_calls(self.source, self.embeddings)
        self._names = {axis.id: call_names(axis) for axis in self.scheme_before.axes}
        self._state = State(color_by=f"axis:{self.scheme_before.axes[0].id}")
        self._calls = _Calls(self.scheme_before, dict(self._data.raw), dict(self._data.final))
        self._history: History[State] = History()

    # -- what there is -----------------------------------------------------------------------------

    @property
    def data(self) -> SessionData:
        """What the session looks at."""
        return self._data

    @property
    def material(self) -> SessionData:
        """The name of `data` until 0.2; it goes with the next release."""
        warn("Session.material is now Session.data.", ResistypeWarning, code="W990")
        return self._data

    @property
    def scheme_before(self) -> Scheme:
        """The scheme with its own thresholds."""
        return self._data.scheme

    @property
    def scheme(self) -> Scheme:
        """The scheme with the thresholds as they stand now."""
        return self._calls.scheme

    @property
    def state(self) -> State:
        """The user's choices."""
        return self._state

    @property
    def color_choices(self) -> list[str]:
        """What the picture can be coloured by."""
        return color_choices(self._data)

    @property
    def selection(self) -> NDArray[np.intp]:
        """Rows that are selected."""
        return read_rows(self._state.selection)

    @property
    def selected(self) -> list[str]:
        """Ids of the selected observations."""
        return [self._data.samples[row] for row in self.selection]

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions that are kept."""
        return self._state.regions

    @property
    def can_undo(self) -> bool:
        """Whether there is a command to take back."""
        return bool(self._history.undo_label)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that can be done again."""
        return bool(self._history.redo_label)

    def thresholds(self, axis: str) -> dict[str, float]:
        """Thresholds of an axis as they stand now."""
        of = self.scheme.axis(known_axis(self._data, axis))
        return {name: one.value for name, one in of.thresholds.items()}

    def codes(self, axis: str) -> Codes:
        """Calls of an axis as codes, shape (n_obs,); `names` says what they mean."""
        return self._calls.final[known_axis(self._data, axis)]

    def names(self, axis: str) -> tuple[str, ...]:
        """Calls of an axis in the order of their codes."""
        return self._names[known_axis(self._data, axis)]

    def counts(self, axis: str) -> dict[str, int]:
        """How many observations have each call of an axis."""
        names = self.names(axis)
        counts = np.bincount(self.codes(axis), minlength=len(names)).tolist()
        return dict(zip(names, counts, strict=False))

    def codes_at(self, thresholds: Thresholds) -> dict[str, Codes]:
        """Calls as codes as they would be at these thresholds; nothing is moved or logged.

        Raises
        ------
        SessionError
            V102, V103 as for `move_threshold`.
        """
        state = self._state
        for command in self._moves(thresholds):
            state = apply(command, state, self._data)
        return dict(self._called(state)[0].final)

    def to_frame(self) -> pd.DataFrame:
        """One row per observation: the design and the call of every axis as it stands now."""
        frame = self._data.design.copy()
        for axis, codes in self._calls.final.items():
            frame[axis] = pd.Categorical.from_codes(codes.tolist(), pd.Index(self._names[axis]))
        frame.index = pd.Index(self._data.samples, name="sample")
        return frame

    def evidence(self, row: int) -> pd.DataFrame:
        """Evidence of one observation at the thresholds of now; columns as `Calls.evidence`."""
        if not 0 <= row < self._data.n_obs:
            message = f"Row {row} of {self._data.n_obs} observations; rows are counted from 0."
            raise SessionError(message, code="V104")
        return _evidence(self._data, self._calls, row)

    def resolve(self) -> Display:
        """Everything a view has to show, as a frozen value."""
        return resolve(self._data, self._state, self._calls.final)

    def to_script(self) -> str:
        """Python that does the same again on the same data."""
        return script(self.log, self._data.digest())

    def save_scheme(self, path: str | Path) -> Path:
        """Write the scheme as it stands now, whole, to a file, or into a folder as
        ``<id>-<version>.toml``.

        The scheme of a run that calls two units is written with the axes of both. The last line of
        the log names the file.

        Raises
        ------
        OutputError
            O101 when it cannot be written.
        """
        calls = self.data.calls
        if calls is not None:
            scheme = calls.whole_scheme().whole(self.scheme)
        else:
            own = {n: q for n, q in self.scheme.quantities.items() if n not in self.data.added}
            scheme = self.scheme.model_copy(update={"quantities": own})
        target = write_scheme(scheme, path)
        self.log.append(Command("save_scheme", (str(target),)))
        return target

    # -- commands ----------------------------------------------------------------------------------

    def move_threshold(self, axis: str, name: str, value: float) -> None:
        """Move a threshold; the calls of the axis, and of those that look at them, are made again.

        Raises
        ------
        SessionError
            V102 for an unknown axis or threshold, V103 for a value that is no finite number.
        """
        plain = float(value) if isinstance(value, np.number) else value
        self._do(Command("move_threshold", (axis, name, plain)))

    def move_thresholds(self, thresholds: Thresholds) -> None:
        """Move every threshold that stands elsewhere, by a command each, all checked before.

        Parameters
        ----------
        thresholds
            ``{axis: {name: value}}``; those that are not named stay.

        Raises
        ------
        SessionError
            V102, V103 as for `move_threshold`; nothing was moved then.
        """
        commands = self._moves(thresholds)
        if len(commands) > 1:
            state = self._state
            for command in commands:
                state = apply(command, state, self._data)
        for command in commands:
            self._do(command)

    def reset_thresholds(self, axis: str = "") -> None:
        """Put the thresholds of an axis (by default of all) back to those of the scheme."""
        self._do(Command("reset_thresholds", (axis,) if axis else ()))

    def select(self, rows: str | Sequence[int] | Sequence[str] | NDArray[Any] | pd.Series) -> None:
        """Select observations; logged as their rows.

        Parameters
        ----------
        rows
            Row numbers or ranges such as ``"0-4,9"``, names of observations, or a mask. A mask
            whose rows have names (a Series) is joined by these.

        Raises
        ------
        SessionError
            V104 for what is none of these, a mask of another length, or a name that is not there.
        """
        text = rows if isinstance(rows, str) else write_rows(_rows_of(self._data.samples, rows))
        self._do(Command("select", (text,)))

    def select_call(self, axis: str, call: str) -> None:
        """Select the observations with a call; logged as their rows."""
        if call not in self._names.get(axis, ()):
            raise SessionError(f"No call {call!r} on axis {axis!r}.", code="V102")
        self.select(self.codes(axis) == self._names[axis].index(call))

    def select_patient(self, patient: str) -> None:
        """Select the observations of a patient."""
        self._do(Command("select_patient", (patient,)))

    def select_region(self, name: str) -> None:
        """Select the observations inside a region."""
        self._do(Command("select_region", (name,)))

    def color_by(self, what: str) -> None:
        """Colour by ``"axis:<id>"``, ``"quantity:<name>"`` or ``"column:<name>"``.

        All categories are shown again.
        """
        self._do(Command("color_by", (what,)))

    def hide(self, *names: str) -> None:
        """Hide these categories of the colour and show all others."""
        self._do(Command("hide", tuple(sorted(names, key=str))))

    def add_region(self, name: str, embedding: str, corners: Iterable[Sequence[float]]) -> None:
        """Keep a polygon on an embedding under a name."""
        self._do(Command("add_region", (name, embedding, as_corners(name, corners))))

    def remove_region(self, name: str) -> None:
        """Forget a region."""
        self._do(Command("remove_region", (name,)))

    def add_quantity(
        self, name: str, values: Sequence[float] | NDArray[Any] | pd.Series, title: str = ""
    ) -> None:
        """Add a quantity to look at, shape (n_obs,); a Series is joined by the names of its rows.

        The log keeps the values of up to 5,000 observations.
        """
        self._data = self._data.with_quantity(name, values, title=title)
        self._calls = replace(self._calls, scheme=moved_scheme(self.scheme_before, self._state))
        column = self._data.columns[name]
        ordered = np.asarray(align(values, self._data.samples), dtype=float)
        plain = ordered.tolist() if len(column) <= 5000 else []
        kept = tuple(one if math.isfinite(one) else None for one in plain)
        self.log.append(Command("add_quantity", (name, kept, title)))
        self.events.quantities.emit(name)

    def undo(self) -> None:
        """Take the last command back; nothing happens when there is none."""
        self._walk("undo", self._history.back(self._state))

    def redo(self) -> None:
        """Do again what was undone; nothing happens when there is nothing."""
        self._walk("redo", self._history.forth(self._state))

    # -- how a state comes into place --------------------------------------------------------------

    def _moves(self, thresholds: Thresholds) -> list[Command]:
        """A command for each threshold that stands elsewhere, or cannot stand where it is asked."""
        now = {axis.id: self.thresholds(axis.id) for axis in self.scheme.axes}
        return [
            Command("move_threshold", (axis, name, value))
            for axis, given in thresholds.items()
            for name, value in given.items()
            if not _stands_at(now.get(axis, {}).get(name), value)
        ]

    def _walk(self, name: str, state: State | None) -> None:
        if state is not None:
            self.log.append(Command(name))
            self._put(state)

    def _do(self, command: Command) -> None:
        after = apply(command, self._state, self._data)
        self._history.did(self._state, command.name)
        self.log.append(command)
        self._put(after)

    def _put(self, after: State) -> None:
        before = self._state
        self._calls, again = self._called(after)
        self._state = after
        for axis, name in moved_between(before, after):
            self.events.thresholds.emit((axis, name, self.thresholds(axis)[name]))
        if again:
            self.events.calls.emit(again)
        for event, old, new in (
            (self.events.selection, before.selection, after.selection),
            (self.events.color, before.color_by, after.color_by),
            (self.events.hidden, before.hidden, after.hidden),
            (self.events.regions, before.regions, after.regions),
        ):
            if old != new:
                event.emit(new)

    def _called(self, state: State) -> tuple[_Calls, tuple[str, ...]]:
        """The calls at the thresholds of a state, and the axes that were called again."""
        moved, now, data = moved_between(self._state, state), self._calls, self._data
        if not moved:
            return now, ()
        scheme = moved_scheme(self.scheme_before, state)
        axes = {one for axis, _ in moved for one in touched(scheme, axis)}
        raw = reapply_rules(scheme, data.columns, self._names, before=now.raw, axes=axes)
        shown = {one: overlay(raw[one], data.raw[one], data.final[one]) for one in axes}
        ordered = tuple(axis.id for axis in scheme.axes if axis.id in axes)
        return _Calls(scheme, raw, {**now.final, **shown}), ordered


@dataclass(frozen=True, eq=False)
class _Calls:
    """Calls at some thresholds: the scheme with these, codes of its rules, and codes as shown."""

    scheme: Scheme
    raw: dict[str, Codes]
    final: dict[str, Codes]


def _stands_at(now: float | None, value: Any) -> bool:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return number and now is not None and abs(value) < 3e38 and np.float32(now) == np.float32(value)


def _rows_of(samples: Sequence[str], given: Any) -> NDArray[np.int64]:
    """Rows of a mask, of names or of row numbers."""
    values = np.atleast_1d(np.asarray(given))
    if values.dtype.kind in "OUT" and values.size and all(isinstance(one, str) for one in values):
        at = pd.Index(samples).get_indexer_for(pd.Index(values))
        if (at < 0).any():
            lost = f"{int((at < 0).sum())} of {len(values)} names are no observation"
            message = (
                f"Selection: {lost}, such as {str(values[at < 0][0])[:60]!r}; see `data.samples`."
            )
            raise SessionError(message, code="V104")
        return np.asarray(at, dtype=np.int64)
    if values.dtype == object and values.size and all(isinstance(one, bool) for one in values):
        values = values.astype(bool)
    if values.ndim != 1 or (values.dtype.kind not in "biu" and values.size):
        message = (
            "Selection: rows are whole numbers, a mask, names or ranges such as '0-4,9'; "
            f"got {str(given)[:60]!r}."
        )
        raise SessionError(message, code="V104")
    if values.dtype != bool:
        return values.astype(np.int64)
    try:
        mask = np.asarray(align(given, samples), dtype=bool)
    except ValueError as error:
        raise SessionError(f"Selection: the mask: {error}.", code="V104") from error
    if len(mask) != len(samples):
        message = (
            f"Selection: a mask of {len(mask)} for {len(samples)} observations; give one each."
        )
        raise SessionError(message, code="V104")
    return np.flatnonzero(mask)


# -- evidence --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _One:
    """One observation, in the shape that evidence asks for."""

    scheme: Scheme
    samples: tuple[str, ...]
    columns: Mapping[str, Column]
    verdicts: Verdicts
    coverage: pd.DataFrame
    stability: Stability | None = None


def _evidence(data: SessionData, now: _Calls, row: int) -> pd.DataFrame:
    """A row for each condition that could have decided, and for each number only shown.

    By the same function as the evidence of `Calls`.
    """
    scheme = now.scheme
    columns = {name: _column(data, name, row) for name in scheme.quantities}
    found = apply_rules(scheme, columns)
    calls = {}
    for axis in scheme.axes:
        calls[axis.id] = np.array([call_names(axis)[int(now.final[axis.id][row])]], dtype=object)
    shown = Verdicts(
        calls, found.decided, _reasons(data, found, calls, row), found.caveats, found.rule_calls
    )
    coverage = pd.DataFrame() if data.calls is None else data.calls.coverage
    frame = evidence_frame(_One(scheme, (data.samples[row],), columns, shown, coverage))
    return frame.drop(columns="stability")


def _column(data: SessionData, name: str, row: int) -> Column:
    values = data.columns[name][row : row + 1]
    why = "" if data.calls is None else str(data.calls.columns[name].reason[row])
    reasons = np.array([why], dtype=object)
    return Column(values, reasons)  # type: ignore[arg-type]  # float32 on purpose


def _reasons(
    data: SessionData, found: Verdicts, calls: Mapping[str, NDArray[np.object_]], row: int
) -> dict[str, NDArray[np.object_]]:
    """The reason of the rules; where the call shown is not theirs, why it was withheld."""
    reasons = dict(found.reasons)
    for axis, call in calls.items():
        if call[0] != found.rule_calls[axis][0] and data.calls is not None:
            reasons[axis] = data.calls.verdicts.reasons[axis][row : row + 1]
    return reasons
