"""Commands: what a view may ask of a session, checked against the data before anything changes.

A command is a name and plain arguments, so that it can be logged, printed as a line of Python and
run again. Each has a function here from the state before it to the state after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from resistype.errors import SessionError
from resistype.session.data import SessionData, call_names
from resistype.session.state import Region, State, inside, read_rows, write_rows

MAX_NAME = 200


@dataclass(frozen=True)
class Command:
    """A name and its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()

    @property
    def line(self) -> str:
        """The command as a line of Python."""
        return f"session.{self.name}({', '.join(repr(one) for one in self.arguments)})"


def apply(command: Command, state: State, data: SessionData) -> State:
    """The state after a command; V101 for an unknown one, V102 to V106 where it does not fit."""
    if command.name not in COMMANDS:
        message = f"No command {command.name!r}; there are: {', '.join(sorted(COMMANDS))}."
        raise SessionError(message, code="V101")
    return COMMANDS[command.name](state, data, *command.arguments)


def known_axis(data: SessionData, axis: str) -> str:
    """The axis, if the scheme has it; else V102."""
    known = [one.id for one in data.scheme.axes]
    if axis not in known:
        message = f"No axis {axis!r}; the axes are: {', '.join(known)}."
        raise SessionError(message, code="V102")
    return axis


def _move(state: State, data: SessionData, axis: str, /, name: str, value: float) -> State:
    thresholds = data.scheme.axis(known_axis(data, axis)).thresholds
    if name not in thresholds:
        message = (
            f"Axis {axis!r} has no threshold {name!r}; it has: {', '.join(thresholds) or 'none'}."
        )
        raise SessionError(message, code="V102")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating, np.integer)):
        raise SessionError(
            f"Threshold {axis}.{name}: a number is needed, not {value!r}.", code="V103"
        )
    exact = float(np.float32(value)) if abs(float(value)) < 3e38 else math.inf
    if not math.isfinite(exact):
        raise SessionError(
            f"Threshold {axis}.{name}: a finite number is needed, not {value!r}.", code="V103"
        )
    same = exact == float(np.float32(thresholds[name].value))
    return state.with_threshold(axis, name, None if same else exact)


def _reset(state: State, data: SessionData, axis: str = "") -> State:
    kept = known_axis(data, axis) if axis else ""
    return replace(state, moved=tuple(item for item in state.moved if kept and item[0][0] != kept))


def _select(state: State, data: SessionData, rows: str) -> State:
    try:
        found = read_rows(rows, data.n_obs)
    except ValueError as error:
        raise SessionError(f"Selection: {str(error)[:MAX_NAME]}.", code="V104") from None
    return replace(state, selection=write_rows(found))


def _select_patient(state: State, data: SessionData, patient: str) -> State:
    rows = np.flatnonzero((data.design["patient"].astype(str) == patient).to_numpy())
    if not len(rows):
        message = (
            f"No observation of patient {patient!r}; "
            "choose one of the column 'patient' of the design."
        )
        raise SessionError(message, code="V104")
    return replace(state, selection=write_rows(rows))


def _select_region(state: State, data: SessionData, name: str) -> State:
    region = next((one for one in state.regions if one.name == name), None)
    if region is None:
        raise SessionError(
            f"No region {name!r}; there are: {', '.join(r.name for r in state.regions)}.",
            code="V106",
        )
    rows = np.flatnonzero(inside(data.embeddings[region.embedding], region.corners))
    return replace(state, selection=write_rows(rows))


def _color_columns(data: SessionData) -> list[str]:
    """Columns of the design that can colour: text or categories with at most 200 values."""
    table = data.design
    kinds = [name for name in table.columns if table[name].dtype.kind not in "fc"]
    return [str(name) for name in kinds if 1 < table[name].nunique(dropna=False) <= MAX_NAME]


def color_choices(data: SessionData) -> list[str]:
    """Everything that the picture can be coloured by."""
    measured = [name for name, values in data.columns.items() if not bool(np.isnan(values).all())]
    return [
        *(f"axis:{axis.id}" for axis in data.scheme.axes),
        *(f"quantity:{name}" for name in measured),
        *(f"column:{name}" for name in _color_columns(data)),
    ]


def _color(state: State, data: SessionData, what: str) -> State:
    choices = color_choices(data)
    if what not in choices:
        message = (
            f"Cannot colour by {str(what)[:MAX_NAME]!r}; choose one of: {', '.join(choices[:12])} …"
        )
        raise SessionError(message, code="V105")
    return replace(state, color_by=what, hidden=frozenset())


def _hide(state: State, data: SessionData, *names: str) -> State:
    kind, _, what = state.color_by.partition(":")
    if kind == "axis":
        known = set(call_names(data.scheme.axis(what)))
    elif kind == "column":
        known = {str(one) for one in data.design[what].dropna().unique()} | {""}
    else:
        known = set()
    unknown = [name for name in names if name not in known]
    if unknown:
        message = (
            f"Nothing to hide: {unknown[0]!r} is no category of {state.color_by!r}; choose one."
        )
        raise SessionError(message, code="V105")
    return replace(state, hidden=frozenset(names))


def as_corners(name: Any, corners: Any) -> tuple[tuple[float, float], ...]:
    """Corners of a region as numbers."""
    try:
        return tuple((float(x), float(y)) for x, y in corners)
    except (TypeError, ValueError) as error:
        message = (
            f"Region {str(name)[:60]!r}: corners are pairs of numbers ({str(error)[:80]}). "
            "Give x and y of each."
        )
        raise SessionError(message, code="V106") from None


def _add_region(
    state: State,
    data: SessionData,
    name: str,
    /,
    embedding: str,
    corners: Sequence[Sequence[float]],
) -> State:
    if embedding not in data.embeddings:
        known = ", ".join(data.embeddings) or "none"
        raise SessionError(f"No embedding {embedding!r}; there are: {known}.", code="V106")
    if (
        not isinstance(name, str)
        or not name
        or len(name) > MAX_NAME
        or any(one.name == name for one in state.regions)
    ):
        raise SessionError(
            f"Region {str(name)[:MAX_NAME]!r}: a new name of 1 to {MAX_NAME} characters is needed.",
            code="V106",
        )
    points = tuple((float(x), float(y)) for x, y in corners)
    if len(points) < 3 or not all(math.isfinite(v) for point in points for v in point):
        raise SessionError(
            f"Region {name!r}: three or more corners with finite numbers are needed.", code="V106"
        )
    return replace(state, regions=(*state.regions, Region(name, embedding, points)))


def _remove_region(state: State, data: SessionData, name: str) -> State:
    kept = tuple(one for one in state.regions if one.name != name)
    if len(kept) == len(state.regions):
        known = ", ".join(one.name for one in state.regions) or "none"
        message = (
            f"No region {name!r} in a session of {data.n_obs} observations; there are: {known}."
        )
        raise SessionError(message, code="V106")
    return replace(state, regions=kept)


COMMANDS: dict[str, Callable[..., State]] = {
    "move_threshold": _move,
    "reset_thresholds": _reset,
    "select": _select,
    "select_patient": _select_patient,
    "select_region": _select_region,
    "color_by": _color,
    "hide": _hide,
    "add_region": _add_region,
    "remove_region": _remove_region,
}
