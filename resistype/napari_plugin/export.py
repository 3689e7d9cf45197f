"""What leaves the window.

Columns for an AnnData, a CSV with every threshold in its header, GeoJSON, a script.

Files appear whole or not at all, and the user's AnnData is changed only when that is asked for by
name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import InputError, OutputError
from resistype.expression.anndata import safe_names, write_obs
from resistype.expression.hdf5 import save_h5ad
from resistype.napari_plugin.paint import compared
from resistype.napari_plugin.regions import Annotations
from resistype.napari_plugin.view import TissueView
from resistype.safe.files import replace_file
from resistype.session import axis_colors, call_names
from resistype.session.state import inside
from resistype.systems.tissue import Threshold, read_rois, write_cells, write_rois

NOTE = "A marker is not a state; cells are not patients."


def thresholds(view: TissueView) -> tuple[Threshold, ...]:
    """Every threshold as it stands now, with what it is and whose."""
    found = []
    for axis in view.session.scheme.axes:
        for name, one in axis.thresholds.items():
            title = f"{axis.id}.{name}"
            found.append(Threshold(title, one.value, "", one.text, one.source, one.citation))
    return tuple(found)


def _regions(view: TissueView) -> pd.Series:
    """Names of the session's regions that hold each cell, separated by ``; ``."""
    names = np.full(view.table.n_obs, "", dtype=object)
    for region in view.session.state.regions:
        here = inside(view.session.data.embeddings[region.embedding], region.corners)
        names[here] = [f"{old}; {region.name}" if old else region.name for old in names[here]]
    return pd.Series(names, index=pd.Index(view.table.names))


def cell_frame(view: TissueView) -> pd.DataFrame:
    """One row per cell, of all images: keys, places in pixels, calls, scores, margins, regions."""
    session, table = view.session, view.table
    xy = np.full((table.n_obs, 2), np.nan)
    for one in view.bounds:
        xy = np.where(np.isnan(xy), one.coordinates(table.n_obs), xy)
    columns: dict[str, Any] = {"region": table.region}
    columns["instance_id"] = (
        np.arange(1, table.n_obs + 1) if table.instance is None else table.instance
    )
    columns |= {"x": xy[:, 0], "y": xy[:, 1]}
    calls = session.to_frame()
    columns |= {
        f"resistype_{axis.id}": calls[axis.id].to_numpy(object) for axis in session.scheme.axes
    }
    scores = [name for name, one in session.scheme.quantities.items() if one.kind != "number"]
    columns |= {f"resistype_{name}": session.data.columns[name] for name in scores}
    for (axis_id, name), quantity in compared(session).items():
        value = np.float32(session.thresholds(axis_id)[name])
        columns[f"resistype_margin_{axis_id}_{name}"] = session.data.columns[quantity] - value
    frame = pd.DataFrame(columns, index=pd.Index(table.names, name="cell"))
    frame["resistype_roi"] = _regions(view).to_numpy()
    return frame


def _record(view: TissueView) -> Mapping[str, object]:
    return {
        "scheme": f"{view.session.scheme.id}@{view.session.scheme.version}",
        "thresholds": {one.name: one.value for one in thresholds(view)},
        "thresholds_source": {one.name: f"{one.source}: {one.text}" for one in thresholds(view)},
        "digest": view.session.data.digest(),
        "match": [one.match.text for one in view.bounds],
        "use": "research use only",
    }


def fill_adata(view: TissueView, adata: Any) -> str:
    """Write calls, scores, margins and regions into an AnnData in memory.

    A sentence on what was done.

    The colours that napari-spatialdata takes from ``uns`` are written only where every cell of
    every layer has a row in the table: with them it fails on ids without a row (napari-spatialdata
    issue 392).
    """
    frame = cell_frame(view)
    axes = [axis.id for axis in view.session.scheme.axes]
    calls = frame[[f"resistype_{name}" for name in axes]].set_axis(axes, axis=1)
    numbers = frame[
        [
            name
            for name in frame.columns
            if name.startswith("resistype_") and frame[name].dtype.kind == "f"
        ]
    ]
    scores = numbers.set_axis([str(name).removeprefix("resistype_") for name in numbers], axis=1)
    write_obs(adata, calls, scores=scores, record=_record(view))
    rows = pd.Index(map(str, adata.obs_names))
    adata.obs["resistype_roi"] = pd.Categorical(
        frame["resistype_roi"].reindex(rows).fillna("").to_numpy()
    )
    for name in numbers:
        adata.obs[name] = numbers[name].reindex(rows).to_numpy()
    whole = all(one.match.layer_only == 0 for one in view.bounds)
    for axis, key in zip(view.session.scheme.axes, safe_names(axes), strict=True):
        shown = adata.obs[f"resistype_{key}"].cat.categories
        colors = axis_colors(axis) | {
            name: "#DDDDDD" for name in call_names(axis) if name not in axis_colors(axis)
        }
        adata.uns.pop(f"resistype_{key}_colors", None)
        if whole:
            adata.uns[f"resistype_{key}_colors"] = np.array([colors[name] for name in shown])
    if whole:
        return f"{len(axes)} axes were written to obs, with their colours."
    lost = sum(one.match.layer_only for one in view.bounds)
    return (
        f"{len(axes)} axes were written to obs, without colours: {lost:,} cells of the layers have "
        "no row in the "
        "table, and napari-spatialdata fails on those when colours are set (its issue 392)."
    )


def fill_layers(view: TissueView) -> str:
    """Write calls, scores and regions into the AnnData behind the layers, for other plugins.

    napari-spatialdata joins its table anew at every click, so the table of the SpatialData itself
    is written as well.
    """
    if view.table.origin is None:
        message = "The layers have no AnnData in common; write the cells as CSV instead."
        raise InputError(message, code="N140")
    tables = {id(view.table.origin): view.table.origin}
    for source in (one.source() for one in view.bounds):
        about = {} if source is None else source.metadata
        if about.get("sdata") is not None and about.get("table_names"):
            table = about["sdata"][about["table_names"][0]]
            tables[id(table)] = table
    return next(iter([fill_adata(view, one) for one in tables.values()]))


def write_h5ad(view: TissueView, path: str | Path) -> Path:
    """Write a copy of the AnnData with calls, scores and regions; not the one in memory."""
    if view.table.origin is None:
        message = "The layers have no AnnData in common; write the cells as CSV instead."
        raise InputError(message, code="N140")
    copy = view.table.origin.copy()
    fill_adata(view, copy)
    return save_h5ad(copy, path)


def write_csv(view: TissueView, path: str | Path) -> Path:
    """Write `cell_frame` as CSV; every threshold stands in the header."""
    frame = cell_frame(view).reset_index()
    match = " ".join(f"{one.name}: {one.match.text}" for one in view.bounds)
    scale = "unknown" if view.scale_um is None else f"{view.scale_um:g} µm per pixel"
    notes = {"coordinates": f"x and y in pixels; {scale}", "match": match, "markers": NOTE}
    return write_cells(path, frame, thresholds(view), notes=notes)


def write_geojson(view: TissueView, drawn: Annotations, path: str | Path) -> Path:
    """Write drawn regions as GeoJSON and read them back: as many polygons, with their names."""
    rois = [roi for found in drawn.rois.values() for roi in found]
    written = write_rois(path, rois, unit="px", scale_um=view.scale_um)
    back = read_rois(written)
    if [(one.name, one.region) for one in back] != [(one.name, one.region) for one in rois]:
        raise OutputError(
            f"{str(path)!r} does not hold the regions that were drawn; write it again.", code="O101"
        )
    return written


def write_script(view: TissueView, path: str | Path) -> Path:
    """Write Python that repeats what was done."""
    try:
        return replace_file(path, lambda stream: stream.write(view.to_script().encode()))
    except OSError as error:
        raise OutputError(
            f"{str(path)!r} cannot be written: {error}. Nothing was written there.", code="O101"
        ) from error
