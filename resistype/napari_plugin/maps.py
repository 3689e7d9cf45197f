"""Neighbourhood and exclusion as images of values, in two steps.

Worked out from a snapshot, then shown.

The first step knows no layer, so that it can run beside the window; the second looks whether the
image is still there. What a map rests on (radius, grid, kernel, scale) is in its metadata and in
the sentence of the status line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from napari.layers import Image, Points
from napari.utils.colormaps import ensure_colormap
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.napari_plugin.callbacks import ONE_IMAGE, placement
from resistype.napari_plugin.layers import MARK, Bound
from resistype.napari_plugin.view import TissueView
from resistype.scheme import Calls
from resistype.systems.tissue import (
    MapOptions,
    Roles,
    Threshold,
    Tissue,
    ValueMap,
    density_map,
    describe_regions,
    exclusion_map,
    fraction_map,
    nearest,
    neighbourhood,
    scheme_limits,
)

MapKind = Literal[
    "fraction of neighbours",
    "fraction map",
    "density map",
    "exclusion map",
    "distance",
    "description",
]


@dataclass(frozen=True)
class MapRequest:
    """What is asked for."""

    kind: MapKind
    kinds: tuple[str, ...] = ()
    roles: Roles = field(default_factory=lambda: Roles((), ()))
    radius_um: float = 30.0


@dataclass(frozen=True, eq=False)
class MapResult:
    """What came out: a value for each cell, images, or a description.

    With the limits it rests on.
    """

    title: str
    unit: str
    thresholds: tuple[Threshold, ...]
    values: NDArray[np.float32] | None = None
    images: tuple[ValueMap, ...] = ()
    calls: Calls | None = None
    colors: str = "viridis"
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Cells at one moment, and the row of each in the table."""

    tissue: Tissue
    rows: NDArray[np.intp]
    n_obs: int


def prepare(view: TissueView) -> Snapshot:
    """Cells, places and classes as they are now."""
    tissue, rows = view.tissue()
    return Snapshot(tissue, rows, view.table.n_obs)


def work_out(snapshot: Snapshot, asked: MapRequest) -> MapResult:
    """Work a map out; nothing of the window is touched."""
    tissue = snapshot.tissue
    if asked.kind == "fraction of neighbours":
        found = neighbourhood(tissue, asked.radius_um)
        tissue.of(asked.kinds)
        values = found.fractions[list(asked.kinds)].sum(axis=1, min_count=1).to_numpy(np.float32)
        title = f"fraction of {', '.join(asked.kinds)} within {asked.radius_um:g} µm"
        return MapResult(
            title, "fraction of neighbours", found.thresholds(), _spread(snapshot, values)
        )
    if asked.kind == "distance":
        far = nearest(tissue, asked.roles.tumour, of=asked.roles.t_cells).to_numpy(np.float32)
        title = (
            f"distance of {', '.join(asked.roles.t_cells)} to the nearest "
            f"{', '.join(asked.roles.tumour)}"
        )
        return MapResult(title, "µm", (), _spread(snapshot, far))
    if asked.kind == "description":
        calls = describe_regions(tissue, asked.roles)
        return MapResult("description", "", scheme_limits(calls.scheme), calls=calls)
    images = tuple(_image(tissue, asked, region) for region in tissue.regions)
    diverging = "PiYG_r" if asked.kind == "exclusion map" else "viridis"
    return MapResult(
        images[0].name, images[0].unit, images[0].thresholds(), images=images, colors=diverging
    )


def _image(tissue: Tissue, asked: MapRequest, region: str) -> ValueMap:
    options = MapOptions(kernel_um=asked.radius_um)
    if asked.kind == "exclusion map":
        return exclusion_map(tissue, asked.roles, region=region, options=options)
    make = fraction_map if asked.kind == "fraction map" else density_map
    return make(tissue, asked.kinds, region=region, options=options)


def _spread(snapshot: Snapshot, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values by row of the table; NaN for rows without a place."""
    out = np.full(snapshot.n_obs, np.nan, dtype=np.float32)
    out[snapshot.rows] = values
    return out


def show(view: TissueView, result: MapResult) -> list[Any]:
    """Add the layers of a map, one an image that is still there; say what was done."""
    if result.calls is not None:
        view.say(" ".join(f"{one}." for one in describe_text(result.calls)))
        return []
    wanted = [one.region for one in result.images]
    bounds = {one.region or ONE_IMAGE: one for one in view.bounds}
    limits = _limits(result)
    made = []
    if result.values is not None:
        bounds_now = (one for one in view.bounds if not one.stale)
        made = [_cells_layer(view, one, result, limits) for one in bounds_now]
    for image in result.images:
        if image.region in bounds:
            made.append(_map_layer(view, bounds[image.region], image, result, limits))
    if not made:
        message = (
            f"The layer was deleted while {result.title!r} was made; the map was dropped. Classify "
            "a layer again."
        )
        raise InputError(message, code="N122")
    lost = len([name for name in wanted if name not in bounds])
    gone = f" {lost} of {len(wanted)} images are no longer shown." if lost else ""
    view.say(f"{result.title} ({result.unit}); {_said(result.thresholds)}{gone}")
    return made


def _said(thresholds: tuple[Threshold, ...]) -> str:
    return (
        ", ".join(f"{one.name} {one.value:g} {one.unit} ({one.source})" for one in thresholds)
        or "no limit is set."
    )


def _limits(result: MapResult) -> tuple[float, float]:
    parts = [result.values] if result.values is not None else [one.image for one in result.images]
    known = np.concatenate([part[np.isfinite(part)].ravel() for part in parts])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if result.colors != "viridis":
        most = max(abs(low), abs(high)) or 1.0
        return (-most, most)
    return (min(low, 0.0), high if high > min(low, 0.0) else 1.0)


def _meta(result: MapResult) -> dict[str, Any]:
    limits = [f"{one.name}={one.value:g} {one.unit} ({one.source})" for one in result.thresholds]
    return {MARK: "map", "title": result.title, "unit": result.unit, "thresholds": limits}


def _cells_layer(
    view: TissueView, bound: Bound, result: MapResult, limits: tuple[float, float]
) -> Any:
    values = np.asarray(result.values, dtype=np.float32)
    name = f"{result.title} [{bound.name}]"
    if bound.raster is not None:
        levels = bound.raster.paint(values, background=np.nan, unknown=np.nan)
        data = levels if len(levels) > 1 else levels[0]
        layer: Any = Image(
            data,
            name=name,
            metadata=_meta(result),
            contrast_limits=limits,
            colormap=result.colors,
            multiscale=len(levels) > 1,
            **placement(bound.source()),
        )
    else:
        layer = _points_of(bound, values, name, limits, result)
    view.viewer_model.add_layer(layer)
    return layer


def _points_of(
    bound: Bound,
    values: NDArray[np.float32],
    name: str,
    /,
    limits: tuple[float, float],
    result: MapResult,
) -> Any:
    source: Any = bound.source()
    mine = np.append(values, np.nan)[bound.rows]
    known = np.isfinite(mine)
    colors = np.tile(np.array([0.5, 0.5, 0.5, 0.12], dtype=np.float32), (len(mine), 1))
    scaled = np.clip((mine[known] - limits[0]) / (limits[1] - limits[0]), 0, 1)
    colors[known] = ensure_colormap(result.colors).map(scaled)
    order = np.argsort(known, kind="stable")
    features = pd.DataFrame({"value": mine[order]})
    return Points(
        np.asarray(source.data)[order],
        face_color=colors[order],
        features=features,
        name=name,
        metadata=_meta(result),
        size=float(np.median(source.size)),
        border_width=0.0,
        antialiasing=0.0,
        **placement(source),
    )


def _map_layer(
    view: TissueView,
    bound: Bound,
    image: ValueMap,
    /,
    result: MapResult,
    limits: tuple[float, float],
) -> Any:
    source: Any = bound.source()
    origin = np.asarray(source.data_to_world(np.zeros(source.ndim)))[-2:]
    columns = [
        np.asarray(source.data_to_world(np.eye(source.ndim)[source.ndim - 2 + at]))[-2:] - origin
        for at in (0, 1)
    ]
    world = np.eye(3)
    world[:2, :2], world[:2, 2] = np.array(columns).T, origin
    own = np.eye(3)
    own[[0, 1], [0, 1]], own[:2, 2] = image.scale, image.translate
    layer = Image(
        image.image.astype(np.float32),
        name=f"{image.name} [{bound.name}]",
        affine=world @ own,
        metadata=_meta(result),
        contrast_limits=limits,
        colormap=result.colors,
        units=source.units[-2:],
        interpolation2d="linear",
    )
    view.viewer_model.add_layer(layer)
    return layer


def describe_text(calls: Calls) -> list[str]:
    """A sentence for each region, with its reason where nothing is called."""
    said = calls.verdicts
    return [
        f"{name}: {call.replace('_', ' ')}{f' ({why})' if why else ''}"
        for name, call, why in zip(
            calls.samples, said.calls["phenotype"], said.reasons["phenotype"], strict=True
        )
    ]
