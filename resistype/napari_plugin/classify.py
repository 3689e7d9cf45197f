"""From selected layers to a session and its view.

Tables read and joined, cells called, layers brought together.

A panel of antibodies is called by marker sets, a transcriptome by a scheme. One viewer has one
view; the registry holds viewers weakly, so that a closed window takes its view with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import InputError
from resistype.napari_plugin.axis_order import axis_hint
from resistype.napari_plugin.callbacks import embedding_of, real
from resistype.napari_plugin.cells import CellTable, join_tables, table_of
from resistype.napari_plugin.layers import MARK, Bound, bind
from resistype.napari_plugin.marker_sets import (
    DEFAULT_SETS,
    MarkerSet,
    find_markers,
    parse_sets,
    read_panel,
    sets_text,
)
from resistype.napari_plugin.view import VIEWS, TissueView
from resistype.session import Session, SessionData
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions


@dataclass(frozen=True)
class Calling:
    """How cells are called.

    By marker sets (panels of antibodies), or by a scheme (transcriptomes).
    """

    sets: tuple[MarkerSet, ...] = DEFAULT_SETS
    scheme: str | None = None

    @classmethod
    def read(cls, text: str) -> Calling:
        """From a line: ``scheme acquired_resistance``, or marker sets."""
        word, _, name = text.strip().partition(" ")
        if word == "scheme" and name.strip():
            return cls(scheme=name.strip())
        return cls(sets=parse_sets(text))


@dataclass(frozen=True, eq=False)
class _Read:
    """Layers with their cells: one table, and each layer brought together with its rows."""

    layers: list[Any]
    table: CellTable
    bounds: list[Bound]


def _read(layers: Sequence[Any]) -> _Read:
    chosen = [one for one in layers if one.metadata.get(MARK) is None]
    if not chosen:
        message = (
            "Select the Points or Labels layer with your cells, then classify it; none is selected."
        )
        raise InputError(message, code="N100")
    table, own = join_tables([(one.name, table_of(one)) for one in chosen])
    bounds = [bind(layer, part) for layer, (part, _) in zip(chosen, own, strict=True)]
    for one, (_, start) in zip(bounds, own, strict=True):
        one.shift(start)
    return _Read(chosen, table, bounds)


def classify_layers(
    viewer: Any,
    layers: Sequence[Any],
    *,
    calling: Calling = Calling(),
    session: Session | None = None,
) -> TissueView:
    """Call the cells of layers and show them; an older view of the viewer is closed.

    Examples
    --------
    >>> from napari.components import ViewerModel
    >>> from napari.layers import Layer
    >>> from resistype.napari_plugin.sample import simulated_imc
    >>> viewer = ViewerModel()
    >>> masks = [one for one in simulated_imc() if one[2] == "labels"]
    >>> cells = [viewer.add_layer(Layer.create(*one)) for one in masks]
    >>> view = classify_layers(viewer, cells)
    >>> view.session.counts("cell")["tumour"] > 1000
    True
    """
    read = _read(layers)
    session = _session(read, calling) if session is None else _same_cells(session, read.table)
    old = view_of(viewer)
    if old is not None:
        old.close()
    view = TissueView(viewer, session, read.table, read.bounds, recipe=_recipe(read, calling))
    VIEWS[real(viewer)] = view
    hint = axis_hint(real(viewer), read.table, read.bounds)
    view.say(" ".join(filter(None, [_news(read.bounds), _left_out(session, calling), hint])))
    return view


def _same_cells(session: Any, table: CellTable) -> Session:
    """The session, when it holds the cells of the table in their order."""
    if not isinstance(session, Session):
        message = (
            f"Got {type(session).__name__} as session; a Session of these cells is needed, such as "
            "Session(calls)."
        )
        raise InputError(message, code="N123")
    held, here = session.data.samples, table.names
    if len(held) != len(here):
        message = (
            f"The session holds {len(held):,} cells and the table of the layers {len(here):,}. "
            "Give the layers that the session was made of."
        )
        raise InputError(message, code="N123")
    other = next(
        (at for at, pair in enumerate(zip(held, here, strict=True)) if pair[0] != pair[1]), None
    )
    if other is not None:
        why = "in another order" if set(held) == set(here) else "of other names"
        message = (
            f"The session holds cells {why}: row {other:,} is {held[other]!r} there and "
            f"{here[other]!r} in the table "
            "of the layers. Give the layers that the session was made of."
        )
        raise InputError(message, code="N123")
    return session


def _left_out(session: Session, calling: Calling) -> str:
    """Marker sets that were asked for and have too few markers in the table."""
    known = {axis.id for axis in session.scheme.axes}
    absent = [one for one in calling.sets if one.id not in known]
    if calling.scheme is not None or not absent or len(absent) == len(calling.sets):
        return ""
    return (
        "Left out, under half of their markers are here: "
        f"{'; '.join(sets_text([one]) for one in absent)}."
    )


def _news(bounds: Sequence[Bound]) -> str:
    """How layers and tables met.

    A sentence for each layer where something was left over, else one for all.
    """
    whole = [one for one in bounds if not one.match.layer_only and not one.match.table_only]
    if len(whole) == len(bounds) > 1:
        cells = sum(one.match.n_both for one in bounds)
        return (
            f"{cells:,} cells in {len(bounds)} layers, each with its row of the table (by "
            f"{bounds[0].match.by})."
        )
    return " ".join(f"{one.name}: {one.match.text}" for one in bounds)


def view_of(viewer: Any) -> TissueView | None:
    """The view that a viewer has."""
    return VIEWS.get(real(viewer))


def session_of(viewer: Any) -> Session | None:
    """The session that a viewer shows, for example to open a notebook's Explorer on it."""
    view = view_of(viewer)
    return None if view is None else view.session


def tissue_material(layers: Sequence[Any], *, calling: Calling = Calling()) -> SessionData:
    """Cells of layers, called, for a session without a viewer.

    What a script of the plugin begins with.
    """
    read = _read(layers)
    return _material(read, calling)


def _material(read: _Read, calling: Calling) -> SessionData:
    table = read.table
    places = {embedding_of(one.region): one.coordinates(table.n_obs) for one in read.bounds}
    if calling.scheme is not None:
        if table.origin is None:
            raise InputError(
                "A scheme needs the expression of genes: one AnnData behind the layers.",
                code="N109",
            )
        return SessionData.from_calls(
            classify(table.origin, calling.scheme, options=CallOptions(stability=False)), places
        )
    markers = _panel_markers(table, calling.sets)
    if not len(markers.columns):
        message = (
            "The table has no markers, or too many for a panel: choose a scheme in place of "
            "marker sets."
        )
        raise InputError(message, code="N112")
    numbers = table.obs.select_dtypes("float")
    numbers = numbers[[name for name in numbers if name not in table.markers]]
    panel = read_panel(markers, calling.sets, numbers=numbers)
    panel.quantities.index = pd.Index(table.names)
    design = table.obs[[name for name in table.obs if table.obs[name].dtype.kind != "f"]]
    return SessionData.from_quantities(
        panel.scheme, panel.quantities, design=design, embeddings=places
    )


def _panel_markers(table: CellTable, sets: Sequence[MarkerSet]) -> pd.DataFrame:
    """The markers, with columns of whole numbers that a set asks for: counts are markers too."""
    wanted = [marker for one in sets for marker in one.markers]
    absent = find_markers(wanted, map(str, table.markers))[1]
    keys = (table.instance_column, table.region_column)
    obs = table.obs.select_dtypes("integer").drop(columns=list(keys), errors="ignore")
    asked = list(find_markers(absent, map(str, obs))[0])
    return pd.concat([table.markers, obs[asked].astype(np.float32)], axis=1)


def _session(read: _Read, calling: Calling) -> Session:
    session = Session(_material(read, calling))
    if calling.scheme is None:
        session.color_by(f"axis:{session.scheme.axes[-1].id}")
    return session


def _recipe(read: _Read, calling: Calling) -> str:
    """Lines of Python that make the same material again."""
    sources = tuple(dict.fromkeys(one.metadata.get("source", "") for one in read.layers))
    names = tuple(one.name for one in read.layers)
    opened = (
        f"made = [Layer.create(*one) for path in {sources!r} for one in read_h5ad(path)]\n"
        if all(sources)
        else "made = list(viewer.layers)  # a viewer with the same layers open\n"
    )
    return (
        "from napari.layers import Layer\n"
        "from resistype.napari_plugin.classify import Calling, tissue_material\n"
        "from resistype.napari_plugin.marker_sets import MarkerSet\n"
        "from resistype.napari_plugin.reader import read_h5ad\n\n"
        f"{opened}"
        f"layers = [one for name in {names!r} for one in made if one.name == name]\n"
        f"calls, embeddings = tissue_material(layers, calling={calling!r}), None\n\n"
    )
