"""The rules of a scheme applied again, for the axes that a moved threshold can touch.

The rules are those of `resistype.scheme.rules.decide`, run on blocks that fit the cache, with calls
as small codes instead of words. Everything is compared in float32, as in the browser.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from resistype.scheme.rules import Condition, decide
from resistype.scheme.scheme import Axis, Scheme

BLOCK = 32_768


class _Coded:
    """Calls as codes that answer ``== "up"`` with a mask, as an array of words would."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, codes: NDArray[np.uint8], names: Sequence[str]) -> None:
        self._codes, self._names = codes, names

    def __eq__(self, name: object) -> Any:
        return self._codes == (self._names.index(name) if name in self._names else 255)


def safe_float32(values: NDArray[np.float64], limits: Collection[float]) -> NDArray[np.float32]:
    """Values as float32 that lie on the same side of every limit, or on it, as before.

    Examples
    --------
    >>> import numpy as np
    >>> float(safe_float32(np.array([0.5 - 1e-12]), [0.5])[0]) < 0.5
    True
    """
    exact = np.asarray(values, dtype=np.float64)
    cast_ = exact.astype(np.float32)
    for limit in sorted(set(limits)):
        near = np.float32(limit)
        at = np.flatnonzero(cast_ == near)
        cast_[at[exact[at] < limit]] = np.nextafter(near, np.float32(-np.inf))
        cast_[at[exact[at] > limit]] = np.nextafter(near, np.float32(np.inf))
    return cast_


def comparisons(axis: Axis) -> list[Condition]:
    """Conditions of an axis that compare a quantity with a threshold, in the order of its rules."""
    return [c for rule in axis.rules for c in rule.conditions if c.kind == "compare"]


def touched(scheme: Scheme, axis: str) -> tuple[str, ...]:
    """The axis and, in order, those whose rules look at a call that may change with it."""
    found = {axis}
    for one in scheme.axes:
        looks = {c.subject for rule in one.rules for c in rule.conditions if c.kind == "call"}
        if looks & found:
            found.add(one.id)
    return tuple(one.id for one in scheme.axes if one.id in found)


def reapply_rules(
    scheme: Scheme,
    columns: Mapping[str, NDArray[np.float32]],
    names: Mapping[str, Sequence[str]],
    *,
    before: Mapping[str, NDArray[np.uint8]] | None = None,
    axes: Collection[str] | None = None,
) -> dict[str, NDArray[np.uint8]]:
    """Codes of what the rules say, for each axis of shape (n_obs,)."""
    n_obs = len(next(iter(columns.values())))
    result = dict(before or {})
    again = [axis for axis in scheme.axes if axes is None or axis.id in axes]
    for axis in again:
        result[axis.id] = np.empty(n_obs, dtype=np.uint8)
    for start in range(0, n_obs, BLOCK):
        rows = slice(start, min(start + BLOCK, n_obs))
        for axis in again:
            used = _subjects(axis) or {next(iter(columns))}
            given = {one: _Coded(codes[rows], names[one]) for one, codes in result.items()}
            part = {name: columns[name][rows] for name in used}
            result[axis.id][rows] = _block(scheme, axis, part, given, names[axis.id])
    return result


def _subjects(axis: Axis) -> set[str]:
    return {c.subject for rule in axis.rules for c in rule.conditions if c.kind != "call"}


def _block(
    scheme: Scheme,
    axis: Axis,
    columns: Mapping[str, NDArray[np.float32]],
    /,
    calls: Mapping[str, _Coded],
    names: Sequence[str],
) -> NDArray[np.uint8]:
    rules = [rule.conditions for rule in axis.rules]
    words = cast("Mapping[str, NDArray[np.object_]]", calls)
    which = decide(rules, columns, scheme.thresholds_of(axis.id), calls=words)
    code = np.array(
        [names.index(c) for c in (*(r.call for r in axis.rules), axis.otherwise_call)],
        dtype=np.uint8,
    )
    return np.asarray(code[which])


def overlay(
    raw: NDArray[np.uint8], raw_before: NDArray[np.uint8], final_before: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Calls to show: those of `classify` where the rules say what they said then; else the rules.

    A call that was withheld stays so until the rules say something else.
    """
    return np.where(raw == raw_before, final_before, raw)
