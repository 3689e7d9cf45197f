"""Session: one headless state behind every view. Views send commands and redraw on events; nothing is decided there.

A command is checked, then the new state is put in place, then the listeners are told; when the check fails nothing has
changed. Undo and redo walk over states. The log holds every command and prints as Python that repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SessionError
from resistype.scheme import Calls, write_scheme
from resistype.scheme.scheme import Scheme
from resistype.session.commands import Command, apply, as_corners, color_choices, known_axis
from resistype.session.events import Events
from resistype.session.evidence import evidence_of
from resistype.session.material import Material, call_names, from_calls, with_quantity
from resistype.session.recall import overlay, recall, touched
from resistype.session.replay import script
from resistype.session.resolve import Display, resolve
from resistype.session.state import Region, State, moved_between, moved_scheme, read_rows, write_rows

__all__ = ["Session"]

Codes = NDArray[np.uint8]


@dataclass(eq=False)
class Session:
    """An exploration of calls: thresholds move, calls follow, every step is logged and can be undone.

    Parameters
    ----------
    source
        Calls of `classify`, or a `Material` made of quantities.
    embeddings
        Coordinates of shape (n_obs, 2) by name, for example ``{"UMAP": adata.obsm["X_umap"]}``.

    Attributes
    ----------
    events
        ``session.events.calls.connect(listener)``; also thresholds, selection, color, regions, hidden.
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

    source: Calls | Material = field(repr=False)
    embeddings: Mapping[str, Any] | None = field(repr=False, default=None)
    events: Events = field(repr=False, init=False, default_factory=Events)
    log: list[Command] = field(repr=False, init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._material = self.source if isinstance(self.source, Material) else from_calls(self.source, self.embeddings)
        self._names = {axis.id: call_names(axis) for axis in self.scheme_before.axes}
        self._raw = dict(self._material.raw)
        self._final = dict(self._material.final)
        self._state = State(color_by=f"axis:{self.scheme_before.axes[0].id}")
        self._done: list[State] = []
        self._undone: list[State] = []

    # -- what there is -------------------------------------------------------------------------------------------

    @property
    def material(self) -> Material:
        """What the session looks at."""
        return self._material

    @property
    def scheme_before(self) -> Scheme:
        """The scheme with its own thresholds."""
        return self._material.scheme

    @property
    def scheme(self) -> Scheme:
        """The scheme with the thresholds as they stand now."""
        return moved_scheme(self.scheme_before, self._state)

    @property
    def state(self) -> State:
        """The user's choices."""
        return self._state

    @property
    def color_choices(self) -> list[str]:
        """What the picture can be coloured by."""
        return color_choices(self._material)

    @property
    def selection(self) -> NDArray[np.intp]:
        """Rows that are selected."""
        return read_rows(self._state.selection)

    @property
    def selected(self) -> list[str]:
        """Ids of the selected observations."""
        return [self._material.samples[row] for row in self.selection]

    def thresholds(self, axis: str) -> dict[str, float]:
        """Thresholds of an axis as they stand now."""
        of = self.scheme.axis(known_axis(self._material, axis))
        return {name: one.value for name, one in of.thresholds.items()}

    def codes(self, axis: str) -> Codes:
        """Calls of an axis as codes, shape (n_obs,); `names` says what they mean."""
        return self._final[known_axis(self._material, axis)]

    def names(self, axis: str) -> tuple[str, ...]:
        """Calls of an axis in the order of their codes."""
        return self._names[known_axis(self._material, axis)]

    def counts(self, axis: str) -> dict[str, int]:
        """How many observations have each call of an axis."""
        names = self.names(axis)
        return dict(zip(names, np.bincount(self.codes(axis), minlength=len(names)).tolist(), strict=False))

    def codes_at(self, thresholds: Mapping[str, Mapping[str, float]]) -> dict[str, Codes]:
        """Calls as codes as they would be at these thresholds, each of shape (n_obs,); nothing is moved or logged.

        Raises
        ------
        SessionError
            V102, V103 as for `move_threshold`.
        """
        state = self._state
        for axis, name, value in ((a, n, v) for a, given in thresholds.items() for n, v in given.items()):
            state = apply(Command("move_threshold", (axis, name, value)), state, self._material)
        return dict(self._called(state)[0][1])

    def to_frame(self) -> pd.DataFrame:
        """One row an observation: the design and the call of every axis as it stands now."""
        frame = self._material.design.copy()
        for axis, codes in self._final.items():
            frame[axis] = pd.Categorical.from_codes(codes.tolist(), pd.Index(self._names[axis]))
        frame.index = pd.Index(self._material.samples, name="sample")
        return frame

    def evidence(self, row: int) -> pd.DataFrame:
        """Evidence of one observation with the thresholds as they stand now; columns as from `Calls.evidence`."""
        if not 0 <= row < self._material.n_obs:
            raise SessionError(f"Row {row} of {self._material.n_obs}; rows are counted from 0.", code="V104")
        return evidence_of(self._material, self.scheme, self._final, row=row)

    def resolve(self) -> Display:
        """Everything a view has to show, frozen and comparable."""
        return resolve(self._material, self._state, self._final)

    def to_script(self) -> str:
        """Python that repeats the exploration on the same calls."""
        return script(self.log, self._material.digest())

    def save_scheme(self, path: str | Path) -> Path:
        """Write the scheme as it stands now, whole, to a file, or into a folder as ``<id>-<version>.toml``.

        The scheme of a run that calls two units is written with the axes of both. The last line of the log names the
        file.

        Raises
        ------
        OutputError
            O101 when it cannot be written.
        """
        calls = self._material.calls
        if calls is not None:
            scheme = calls.whole_scheme().whole(self.scheme)
        else:
            own = {n: q for n, q in self.scheme.quantities.items() if n not in self._material.added}
            scheme = self.scheme.model_copy(update={"quantities": own})
        target = write_scheme(scheme, path)
        self.log.append(Command("save_scheme", (str(target),)))
        return target

    # -- commands ------------------------------------------------------------------------------------------------

    def move_threshold(self, axis: str, name: str, value: float) -> None:
        """Move one threshold of an axis; its calls, and those that look at them, are made again.

        Raises
        ------
        SessionError
            V102 for an unknown axis or threshold, V103 for a value that is no finite number.
        """
        self._do(Command("move_threshold", (axis, name, float(value) if isinstance(value, np.number) else value)))

    def reset_thresholds(self, axis: str = "") -> None:
        """Put the thresholds of an axis (by default of all) back to those of the scheme."""
        self._do(Command("reset_thresholds", (axis,) if axis else ()))

    def select(self, rows: str | Sequence[int] | NDArray[np.intp] | NDArray[np.bool_]) -> None:
        """Select observations by row: numbers, a mask, or ranges such as ``"0-4,9"``."""
        if not isinstance(rows, str):
            given = np.atleast_1d(np.asarray(rows))
            if given.ndim != 1 or (given.dtype.kind not in "biu" and given.size):
                message = (
                    f"Selection: rows are whole numbers, a mask or ranges such as '0-4,9'; got {str(rows)[:60]!r}."
                )
                raise SessionError(message, code="V104")
            rows = write_rows(np.flatnonzero(given) if given.dtype == bool else given.astype(np.int64))
        self._do(Command("select", (rows,)))

    def select_call(self, axis: str, call: str) -> None:
        """Select the observations with a call; logged as their rows."""
        if axis not in self._names or call not in self._names[axis]:
            raise SessionError(f"No call {call!r} on axis {axis!r}.", code="V102")
        self.select(self._final[axis] == self._names[axis].index(call))

    def select_patient(self, patient: str) -> None:
        """Select the observations of a patient."""
        self._do(Command("select_patient", (patient,)))

    def select_region(self, name: str) -> None:
        """Select the observations inside a region."""
        self._do(Command("select_region", (name,)))

    def color_by(self, what: str) -> None:
        """Colour by ``"axis:<id>"``, ``"quantity:<name>"`` or ``"column:<name>"``; shows all categories again."""
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

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions that are kept."""
        return self._state.regions

    @property
    def can_undo(self) -> bool:
        """Whether there is a command to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that can be done again."""
        return bool(self._undone)

    def add_quantity(self, name: str, values: Sequence[float] | NDArray[Any], title: str = "") -> None:
        """Add a quantity to look at, shape (n_obs,); the log keeps the values of up to 5,000 observations."""
        self._material = with_quantity(self._material, name, values, title=title)
        plain = np.asarray(values, dtype=float).tolist() if self._material.n_obs <= 5000 else []
        kept = tuple(one if np.isfinite(one) else None for one in plain)
        self.log.append(Command("add_quantity", (name, kept, title)))
        self.events.quantities.emit(name)

    def undo(self) -> None:
        """Take the last command back; nothing happens when there is none."""
        if self._done:
            self._undone.append(self._state)
            self.log.append(Command("undo"))
            self._put(self._done.pop())

    def redo(self) -> None:
        """Do again what was undone; nothing happens when there is nothing."""
        if self._undone:
            self._done.append(self._state)
            self.log.append(Command("redo"))
            self._put(self._undone.pop())

    def _do(self, command: Command) -> None:
        after = apply(command, self._state, self._material)
        self._done.append(self._state)
        self._undone.clear()
        self.log.append(command)
        self._put(after)

    def _put(self, after: State) -> None:
        before = self._state
        moved, (self._raw, self._final), again = moved_between(before, after), *self._called(after)
        self._state = after
        for axis, name in moved:
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

    def _called(self, state: State) -> tuple[tuple[dict[str, Codes], dict[str, Codes]], tuple[str, ...]]:
        """What the rules say and what is shown at the thresholds of a state, and the axes that were called again."""
        scheme = moved_scheme(self.scheme_before, state)
        wanted = {one for axis, _ in moved_between(self._state, state) for one in touched(scheme, axis)}
        if not wanted:
            return (self._raw, self._final), ()
        raw = recall(scheme, self._material.columns, self._names, before=self._raw, axes=wanted)
        shown = {one: overlay(raw[one], self._material.raw[one], self._material.final[one]) for one in wanted}
        return (raw, {**self._final, **shown}), tuple(axis.id for axis in scheme.axes if axis.id in wanted)
