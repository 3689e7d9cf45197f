"""State: what the user has chosen, frozen and comparable. Everything else is worked out from it and the material."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from resistype.scheme.scheme import Scheme
from resistype.scheme.variant import marked

__all__ = ["Region", "State", "inside", "moved_between", "moved_scheme", "read_rows", "write_rows"]


@dataclass(frozen=True)
class Region:
    """A named polygon on an embedding; its corners are (x, y) in the units of the embedding."""

    name: str
    embedding: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class State:
    """The user's choices.

    Attributes
    ----------
    moved
        Thresholds that differ from the scheme: ((axis, name), value), sorted.
    selection
        Selected observations as ranges, ``"0-4,9"``.
    color_by
        ``"axis:<id>"``, ``"quantity:<name>"`` or ``"column:<name>"``.
    hidden
        Categories of the colour that are not drawn.
    regions
        Named polygons.
    """

    moved: tuple[tuple[tuple[str, str], float], ...] = ()
    selection: str = ""
    color_by: str = ""
    hidden: frozenset[str] = frozenset()
    regions: tuple[Region, ...] = field(default=())

    @property
    def thresholds(self) -> Mapping[tuple[str, str], float]:
        """Moved thresholds by axis and name."""
        return dict(self.moved)

    def with_threshold(self, axis: str, name: str, value: float | None) -> State:
        """The state with one threshold moved, or put back where `value` is None."""
        moved = {key: old for key, old in self.moved if key != (axis, name)}
        if value is not None:
            moved[axis, name] = value
        return replace(self, moved=tuple(sorted(moved.items())))


def moved_scheme(scheme: Scheme, state: State) -> Scheme:
    """The scheme with the moved thresholds in it; a moved threshold is ours, whatever it was before."""
    if not state.moved:
        return scheme
    axes = []
    for axis in scheme.axes:
        own = dict(axis.thresholds)
        for (name_of_axis, name), value in state.moved:
            if name_of_axis == axis.id:
                text = f"{own[name].text} (moved from {own[name].value:g})"
                own[name] = own[name].model_copy(update={"value": value, "source": "ours", "text": text})
        axes.append(axis.model_copy(update={"thresholds": own}))
    return marked(scheme.model_copy(update={"axes": tuple(axes)}), "moved")


def moved_between(before: State, after: State) -> list[tuple[str, str]]:
    """Thresholds that stand elsewhere: (axis, name), sorted."""
    old, new = before.thresholds, after.thresholds
    return sorted(key for key in {**old, **new} if old.get(key) != new.get(key))


def write_rows(rows: Iterable[int] | NDArray[np.intp]) -> str:
    """Rows as ranges, sorted, each once.

    Examples
    --------
    >>> write_rows([9, 0, 1, 2])
    '0-2,9'
    """
    values = np.unique(np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, dtype=np.int64))
    if not len(values):
        return ""
    breaks = np.flatnonzero(np.diff(values) > 1)
    first = values[np.r_[0, breaks + 1]].tolist()
    last = values[np.r_[breaks, len(values) - 1]].tolist()
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(first, last, strict=True))


def read_rows(text: str, n: int | None = None) -> NDArray[np.intp]:
    """Rows from ranges, the inverse of `write_rows`; with `n`, of that many and no more.

    Raises
    ------
    ValueError
        When the text is not made of numbers and ranges, or names a row beyond the last.
    """
    if not text:
        return np.empty(0, dtype=np.intp)
    parts = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            message = f"{piece!r} is no row or range of rows such as 0-4"
            raise ValueError(message)
        if n is not None and max(int(first), int(last or 0)) >= n:  # before so many rows are made
            message = f"row {max(int(first), int(last or 0))} of {n} observations; rows are counted from 0"
            raise ValueError(message)
        parts.append(np.arange(int(first), int(last or first) + 1, dtype=np.intp))
    return np.concatenate(parts)


def inside(points: NDArray[np.float32], corners: Iterable[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which points of shape (n_obs, 2) lie in a polygon (even-odd rule); those without coordinates do not.

    Examples
    --------
    >>> square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    >>> inside(np.array([[1, 1], [3, 1]], dtype=np.float32), square).tolist()
    [True, False]
    """
    # In float64 and edge by edge as in the browser, so that both put a point near an edge on the same side.
    polygon = np.asarray(list(corners), dtype=np.float64)
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    hit = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        with np.errstate(invalid="ignore"):
            hit ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return hit & np.isfinite(x) & np.isfinite(y)
