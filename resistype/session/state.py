"""State: what the user has chosen, frozen and comparable; and the Display that follows from it.

Pure: the same data and choices give an equal Display, and nothing is changed. A view draws a
Display and decides nothing; counts in it are of all observations, whatever is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from resistype.scheme.scheme import (
    GREYS,
    NO_DATA,
    Axis,
    Scheme,
    axis_colors,
    category_colors,
    natural,
)
from resistype.scheme.variant import marked
from resistype.session.data import Flow, Proportion, SessionData, call_names, composition, flows
from resistype.session.reapply import comparisons


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
    """The scheme with the moved thresholds in it; a moved threshold is ours, whatever it was
    before.
    """
    if not state.moved:
        return scheme
    axes = []
    for axis in scheme.axes:
        own = dict(axis.thresholds)
        for (name_of_axis, name), value in state.moved:
            if name_of_axis == axis.id:
                text = f"{own[name].text} (moved from {own[name].value:g})"
                own[name] = own[name].model_copy(
                    update={"value": value, "source": "ours", "text": text}
                )
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
    values = np.unique(
        np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, dtype=np.int64)
    )
    if not len(values):
        return ""
    breaks = np.flatnonzero(np.diff(values) > 1)
    first = values[np.r_[0, breaks + 1]].tolist()
    last = values[np.r_[breaks, len(values) - 1]].tolist()
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(first, last, strict=True))


def read_rows(text: str, n: int | None = None) -> NDArray[np.intp]:
    """Rows from ranges, the inverse of `write_rows`; with `n`, of that many and no more."""
    if not text:
        return np.empty(0, dtype=np.intp)
    parts = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            message = f"{piece!r} is no row or range of rows such as 0-4"
            raise ValueError(message)
        if n is not None and max(int(first), int(last or 0)) >= n:  # before so many rows are made
            top = max(int(first), int(last or 0))
            message = f"row {top} of {n} observations; rows are counted from 0"
            raise ValueError(message)
        parts.append(np.arange(int(first), int(last or first) + 1, dtype=np.intp))
    return np.concatenate(parts)


def inside(
    points: NDArray[np.float32], corners: Iterable[tuple[float, float]]
) -> NDArray[np.bool_]:
    """Which points of shape (n_obs, 2) lie in a polygon (even-odd rule); NaN lies in none.

    Examples
    --------
    >>> square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    >>> inside(np.array([[1, 1], [3, 1]], dtype=np.float32), square).tolist()
    [True, False]
    """
    # In float64 and edge by edge as in the browser, so that both put a point near an edge on the
    # same side.
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


# -- what a view shows -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Category:
    """A category of the colour: name, meaning, colour, number of observations, hidden or not."""

    name: str
    text: str
    color: str
    n: int
    hidden: bool = False


@dataclass(frozen=True)
class ThresholdView:
    """A threshold: where it stands, where the scheme has it, what is compared, its source."""

    name: str
    value: float
    default: float
    text: str
    source: str
    quantities: tuple[str, ...]
    both_signs: bool

    @property
    def moved(self) -> bool:
        """Whether it differs from the scheme."""
        return self.value != self.default


@dataclass(frozen=True)
class AxisView:
    """An axis: its question, how many observations have each call, its thresholds."""

    id: str
    title: str
    counts: tuple[tuple[str, int], ...]
    thresholds: tuple[ThresholdView, ...]


@dataclass(frozen=True)
class Display:
    """Everything a view has to show.

    Attributes
    ----------
    n_obs, n_selected
        Numbers of observations.
    color_by, categories
        What colours the picture; categories are empty where it is a quantity.
    axes
        Counts and thresholds of every axis.
    composition
        Calls of the coloured axis (else of the first) per patient and time point, with Wilson's
        interval.
    flows
        From the call at baseline to the call later, with the patients.
    hidden, regions
        As chosen.
    """

    n_obs: int
    n_selected: int
    color_by: str
    categories: tuple[Category, ...]
    axes: tuple[AxisView, ...]
    composition: tuple[Proportion, ...]
    flows: tuple[Flow, ...]
    hidden: tuple[str, ...]
    regions: tuple[str, ...]


def resolve(data: SessionData, state: State, final: Mapping[str, NDArray[np.uint8]]) -> Display:
    """The Display of a state; `final` has the codes of the calls at its thresholds."""
    kind, _, what = state.color_by.partition(":")
    axis = data.scheme.axis(what) if kind == "axis" else data.scheme.axes[0]
    return Display(
        n_obs=data.n_obs,
        n_selected=len(read_rows(state.selection)),
        color_by=state.color_by,
        categories=_categories(data, state, final),
        axes=tuple(_axis(one, state, final[one.id]) for one in data.scheme.axes),
        composition=composition(data.design, final[axis.id], call_names(axis)),
        flows=flows(data.design, data.samples, codes=final[axis.id], names=call_names(axis)),
        hidden=tuple(sorted(state.hidden)),
        regions=tuple(region.name for region in state.regions),
    )


def _categories(
    data: SessionData, state: State, final: Mapping[str, NDArray[np.uint8]]
) -> tuple[Category, ...]:
    kind, _, what = state.color_by.partition(":")
    if kind == "axis":
        axis = data.scheme.axis(what)
        colors, texts = axis_colors(axis), {name: label.text for name, label in axis.labels.items()}
        n = np.bincount(final[what], minlength=len(call_names(axis))).tolist()
        rows = [
            (name, texts.get(name, ""), count)
            for name, count in zip(call_names(axis), n, strict=True)
        ]
    elif kind == "column":
        counts = (
            data.design[what]
            .astype(object)
            .where(data.design[what].notna(), "")
            .map(str)
            .value_counts()
        )
        colors = category_colors(str(name) for name in counts.index)
        rows = [
            (str(name), "" if name else NO_DATA, int(counts[name]))
            for name in sorted(counts.index, key=natural)
        ]
    else:
        return ()
    return tuple(
        Category(name, text, colors.get(name, GREYS[NO_DATA]), n, name in state.hidden)
        for name, text, n in rows
    )


def _axis(axis: Axis, state: State, codes: NDArray[np.uint8]) -> AxisView:
    names = call_names(axis)
    counts = np.bincount(codes, minlength=len(names)).tolist()
    views = tuple(
        _threshold(axis, name, state.thresholds.get((axis.id, name))) for name in axis.thresholds
    )
    return AxisView(axis.id, axis.title, tuple(zip(names, counts, strict=True)), views)


def _threshold(axis: Axis, name: str, moved: float | None) -> ThresholdView:
    threshold = axis.thresholds[name]
    used = [c for c in comparisons(axis) if c.target == name]
    return ThresholdView(
        name=name,
        value=threshold.value if moved is None else moved,
        default=threshold.value,
        text=threshold.text,
        source=(
            f"{threshold.source}: {threshold.citation}" if threshold.citation else threshold.source
        ),
        quantities=tuple(dict.fromkeys(c.subject for c in used)),
        both_signs=len({c.sign for c in used}) == 2,
    )
