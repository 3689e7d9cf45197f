"""Resolve: from the material and the user's choices to a Display, a frozen value that two views can compare.

Pure: the same material and choices give an equal Display, and nothing is changed. A view draws a Display and decides
nothing; counts in it are of all observations, whatever is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.palette import GREYS, NO_DATA, axis_colors, category_colors, natural
from resistype.scheme.scheme import Axis
from resistype.session.material import Material, call_names
from resistype.session.state import State, read_rows
from resistype.session.tables import Flow, Share, composition, flows

__all__ = ["AxisView", "Category", "Display", "ThresholdView", "resolve"]


@dataclass(frozen=True)
class Category:
    """A category of the colour: name, what it means, colour, number of observations, hidden or not."""

    name: str
    text: str
    color: str
    n: int
    hidden: bool = False


@dataclass(frozen=True)
class ThresholdView:
    """A threshold: where it stands, where the scheme has it, what it is compared with, where it comes from."""

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
        Calls of the coloured axis (else of the first) per patient and time point, with Wilson's interval.
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
    composition: tuple[Share, ...]
    flows: tuple[Flow, ...]
    hidden: tuple[str, ...]
    regions: tuple[str, ...]


def resolve(material: Material, state: State, final: Mapping[str, NDArray[np.uint8]]) -> Display:
    """The Display of a state.

    Parameters
    ----------
    material
        What the session looks at.
    state
        The user's choices.
    final
        Codes of the calls at the thresholds of the state.
    """
    kind, _, what = state.color_by.partition(":")
    axis = material.scheme.axis(what) if kind == "axis" else material.scheme.axes[0]
    return Display(
        n_obs=material.n_obs,
        n_selected=len(read_rows(state.selection)),
        color_by=state.color_by,
        categories=_categories(material, state, final),
        axes=tuple(_axis(one, state, final[one.id]) for one in material.scheme.axes),
        composition=composition(material.design, final[axis.id], call_names(axis)),
        flows=flows(material.design, material.samples, codes=final[axis.id], names=call_names(axis)),
        hidden=tuple(sorted(state.hidden)),
        regions=tuple(region.name for region in state.regions),
    )


def _categories(material: Material, state: State, final: Mapping[str, NDArray[np.uint8]]) -> tuple[Category, ...]:
    kind, _, what = state.color_by.partition(":")
    if kind == "axis":
        axis = material.scheme.axis(what)
        colors, texts = axis_colors(axis), {name: label.text for name, label in axis.labels.items()}
        n = np.bincount(final[what], minlength=len(call_names(axis))).tolist()
        rows = [(name, texts.get(name, ""), count) for name, count in zip(call_names(axis), n, strict=True)]
    elif kind == "column":
        counts = material.design[what].astype(object).where(material.design[what].notna(), "").map(str).value_counts()
        colors = category_colors(str(name) for name in counts.index)
        rows = [(str(name), "" if name else NO_DATA, int(counts[name])) for name in sorted(counts.index, key=natural)]
    else:
        return ()
    return tuple(
        Category(name, text, colors.get(name, GREYS[NO_DATA]), n, name in state.hidden) for name, text, n in rows
    )


def _axis(axis: Axis, state: State, codes: NDArray[np.uint8]) -> AxisView:
    names = call_names(axis)
    counts = np.bincount(codes, minlength=len(names)).tolist()
    views = tuple(_threshold(axis, name, state.thresholds.get((axis.id, name))) for name in axis.thresholds)
    return AxisView(axis.id, axis.title, tuple(zip(names, counts, strict=True)), views)


def _threshold(axis: Axis, name: str, moved: float | None) -> ThresholdView:
    threshold = axis.thresholds[name]
    used = [c for rule in axis.rules for c in rule.conditions if c.kind == "compare" and c.target == name]
    return ThresholdView(
        name=name,
        value=threshold.value if moved is None else moved,
        default=threshold.value,
        text=threshold.text,
        source=f"{threshold.source}: {threshold.citation}" if threshold.citation else threshold.source,
        quantities=tuple(dict.fromkeys(c.subject for c in used)),
        both_signs=len({c.sign for c in used}) == 2,
    )


def as_table(display: Display) -> pd.DataFrame:
    """Counts of every axis as a table: the words that stand for the picture."""
    rows = [(axis.title, call.replace("_", " "), n) for axis in display.axes for call, n in axis.counts]
    return pd.DataFrame(rows, columns=["axis", "call", "n"])
