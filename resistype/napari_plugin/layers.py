"""Layers that show the session.

One display layer for each layer of the user, which is hidden and never changed.

Labels are drawn as a raster of classes with a colour a class, or as an image of values; points as
points with RGBA, the unassigned first and faint, so that what has a class stays on top. A click is
answered with the row of the table. The ids of a mask are looked up once: after that a new colour is
one look-up in a small table, whatever the ids are. napari keeps the ids of points in
``metadata["indices"]``. Ids that are there are used or refused, never passed over: a layer whose
ids were ignored would be joined by position, and show each cell with the values of another. napari
is imported here, Qt is not.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from napari.layers import Image, Labels, Points
from napari.utils.colormaps import DirectLabelColormap, ensure_colormap
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.napari_plugin.callbacks import placement
from resistype.napari_plugin.cells import CellTable, Match, as_keys, match_ids
from resistype.napari_plugin.paint import FAINT, NO_ROW_COLOR, Classes, Ramp, rgba
from resistype.session import GREYS, NO_DATA

BACKGROUND, UNKNOWN, FIRST = 0, 1, 2  # a pixel of row r holds r + FIRST
MAX_DIRECT = 50_000_000
BLOCK = 512


@dataclass(frozen=True, eq=False)
class RowRaster:
    """A mask with rows in place of ids."""

    levels: tuple[NDArray[np.int32], ...]

    def paint(self, per_row: NDArray[Any], *, background: Any, unknown: Any) -> list[NDArray[Any]]:
        """Every level with the value of its row in place of the row, of the type of `per_row`."""
        table = np.concatenate([np.array([background, unknown], dtype=per_row.dtype), per_row])
        return [table[level] for level in self.levels]

    def row_at(self, yx: tuple[float, float]) -> int:
        """Row at a place in pixels of the finest level; −1 for none."""
        at = tuple(round(one) for one in yx)
        shape = self.levels[0].shape
        if not all(0 <= one < n for one, n in zip(at, shape, strict=True)):
            return -1
        return max(int(self.levels[0][at]) - FIRST, -1)

    def centroids(self, n_rows: int) -> NDArray[np.float64]:
        """Middle of every row's pixels as (x, y), shape (n_rows, 2), in pixels.

        NaN for rows without a pixel.
        """
        level, size = self.levels[0], n_rows + FIRST
        sums = np.zeros((3, size))
        for start in range(0, len(level), BLOCK):  # a block of lines at a time, to save memory
            block = level[start : start + BLOCK]
            y, x = np.nonzero(block >= FIRST)
            rows = block[y, x]
            for number, weights in enumerate((x, y + start, None)):
                sums[number] += np.bincount(rows, weights=weights, minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = sums[:2, FIRST:] / sums[2, FIRST:]
        return np.ascontiguousarray(middle.T)


def read_raster(
    data: Any, *, multiscale: bool, look_up: Callable[[NDArray[np.int64]], Any]
) -> tuple[RowRaster, Any]:
    """Read the mask of a Labels layer."""
    levels = [np.asarray(one) for one in (data if multiscale else [data])]
    shape = levels[0].shape
    if (
        levels[0].ndim != 2
        or levels[0].dtype.kind not in "iu"
        or (levels[0].size and int(levels[0].min()) < 0)
    ):
        message = (
            f"The mask has shape {shape} of {levels[0].dtype}; two dimensions of ids from 0 on are "
            "needed."
        )
        raise InputError(message, code="N106")
    ids, top = _ids(levels[0])
    rows, news = look_up(ids)
    return RowRaster(tuple(_rows(level, ids, rows, top) for level in levels)), news


def _ids(level: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    top = int(level.max()) if level.size else 0
    if top <= MAX_DIRECT:
        there = np.zeros(top + 1, dtype=bool)
        there[level.ravel()] = True
        ids = np.flatnonzero(there)
    else:
        ids = np.unique(level)
    return ids[ids > 0].astype(np.int64), top


def _rows(
    level: NDArray[Any], ids: NDArray[np.int64], rows: NDArray[np.intp], top: int
) -> NDArray[np.int32]:
    """Rows in place of ids; an id that only a coarse level holds counts as unknown."""
    value = np.where(rows >= 0, rows + FIRST, UNKNOWN).astype(np.int32)
    if top <= MAX_DIRECT:
        table = np.full(top + 2, UNKNOWN, dtype=np.int32)
        table[0], table[ids] = BACKGROUND, value
        return np.asarray(table[np.minimum(level, top + 1)])
    ids, value = (
        np.append(ids, -1),
        np.append(value, np.int32(UNKNOWN)),
    )  # a last place for what is beyond
    at = np.searchsorted(ids[:-1], level)
    found = np.where(ids[at] == level, value[at], UNKNOWN).astype(np.int32)
    found[level == 0] = BACKGROUND
    return found


def check_points(layer: Any, ids: Any, *, has_ids: bool) -> None:
    """Every point has a place.

    Where the layer has ids, one each, each once, and the table has ids to meet them.
    """
    n_points, name = len(layer.data), repr(layer.name)
    nowhere = int((~np.isfinite(np.asarray(layer.data, dtype=np.float64)).all(axis=1)).sum())
    if nowhere:
        message = (
            f"{nowhere:,} of {n_points:,} points of {name} have no finite place. Remove them, or "
            "give their x and y."
        )
        raise InputError(message, code="N113")
    if ids is None:
        return
    if len(ids) != n_points or not has_ids:
        lacks = f"{len(ids):,} ids" if has_ids else "ids, and its table has no column of ids"
        message = (
            f'{name} has {n_points:,} points and {lacks}: layer.metadata["indices"]. '
            "Give one id a point and name the column that holds them, "
            'layer.metadata["instance_key"]; or remove them to join by position.'
        )
        raise InputError(message, code="N105")
    keys = as_keys(ids)
    twice = keys[(keys != "") & pd.Index(keys).duplicated()]
    if len(twice):
        message = (
            f"{len(twice):,} ids of points of {name} occur more than once ({twice[0]} …). Give "
            "each its own."
        )
        raise InputError(message, code="N104")


MARK = "resistype"  # in the metadata of every layer that is ours


@dataclass(eq=False)
class Bound:
    """A layer of the user, the rows its cells have, and the layer in which they are drawn."""

    source: weakref.ref[Any]
    rows: NDArray[np.intp]
    match: Match
    region: str
    raster: RowRaster | None = None
    name: str = ""
    shown: dict[str, Any] = field(default_factory=dict)
    order: NDArray[np.intp] | None = None
    places: NDArray[np.float64] | None = None

    def shift(self, start: int) -> None:
        """Move the rows on, where the table is a part of a larger one that begins at `start`."""
        if not start:
            return
        self.rows = np.where(self.rows >= 0, self.rows + start, -1)
        if self.raster is not None:
            moved = tuple(
                np.where(level >= FIRST, level + start, level).astype(np.int32)
                for level in self.raster.levels
            )
            self.raster = RowRaster(moved)

    @property
    def stale(self) -> str:
        """Why the rows no longer fit the layer: points were added or deleted.

        Empty while they do.
        """
        source = self.source()
        n_points = len(self.rows) if source is None or self.raster is not None else len(source.data)
        if n_points == len(self.rows):
            return ""
        return (
            f"{self.name!r} has {n_points:,} points and had {len(self.rows):,} when it was "
            "classified; "
            "its picture is that of before. Classify it again."
        )

    @property
    def layers(self) -> list[Any]:
        """Display layers that were made."""
        return list(self.shown.values())

    def draw(self, viewer: Any, drawn: Classes | Ramp) -> None:
        """Show classes or values; the display layer is made where it is not there."""
        if self.source() is None or self.stale:
            return
        if self.raster is None:
            self._draw_points(viewer, drawn)
        elif isinstance(drawn, Classes):
            self._draw_classes(viewer, drawn, self.raster)
        else:
            self._draw_values(viewer, drawn, self.raster)
        for kind, layer in self.shown.items():
            wanted = self.raster is None or (kind == "classes") == isinstance(drawn, Classes)
            if layer.visible != wanted:
                layer.visible = wanted

    def coordinates(self, n_rows: int) -> NDArray[np.float64]:
        """(x, y) of every row in pixels of the user's layer, shape (n_rows, 2).

        NaN for rows that it does not hold.
        """
        if self.stale:
            return np.full((n_rows, 2), np.nan)
        if self.places is None or len(self.places) != n_rows:
            self.places = self._found(n_rows)
        return self.places

    def _found(self, n_rows: int) -> NDArray[np.float64]:
        if self.raster is not None:
            return self.raster.centroids(n_rows)
        xy = np.full((n_rows, 2), np.nan)
        known, source = self.rows >= 0, self.source()
        if source is not None:
            xy[self.rows[known]] = np.asarray(source.data)[known, -2:][:, ::-1]
        return xy

    def row_at(self, layer: Any, world: tuple[float, ...]) -> int:
        """Row of the cell at a place in world coordinates; −1 for none."""
        if self.raster is not None:
            yx = layer.world_to_data(world)[-2:]
            return self.raster.row_at((float(yx[0]), float(yx[1])))
        at = layer.get_value(world, world=True)
        if at is None or self.order is None:
            return -1
        return int(self.rows[self.order[int(at)]])

    def remove(self, viewer: Any) -> None:
        """Take the display layers away and show the user's layer again."""
        for layer in self.layers:
            if layer in viewer.layers:
                viewer.layers.remove(layer)
        self.shown.clear()
        source = self.source()
        if source is not None and source in viewer.layers:
            source.visible = True

    def _put(
        self, viewer: Any, kind: str, make: Callable[..., Any], options: Mapping[str, Any]
    ) -> Any:
        source = self.source()
        old = self.shown.get(kind)
        if old is not None and old in viewer.layers:
            return old
        name = f"{self.name} [resistype{'' if kind == 'classes' else ' ' + kind}]"
        layer = make(name=name, metadata={MARK: kind}, **options, **placement(source))
        self.shown[kind] = layer
        viewer.add_layer(layer)
        if source is not None and source.visible:
            source.visible = False
        return layer

    def _draw_classes(self, viewer: Any, drawn: Classes, raster: RowRaster) -> None:
        codes = drawn.codes + np.uint8(FIRST)
        levels = raster.paint(codes, background=0, unknown=1)
        data = levels if len(levels) > 1 else levels[0]
        table = drawn.colors()
        colors: dict[int | None, Any] = {None: np.zeros(4), 0: np.zeros(4), 1: table[-1]}
        colors |= {at + FIRST: table[at] for at in range(len(drawn.categories))}
        fresh = "classes" not in self.shown or self.shown["classes"] not in viewer.layers
        options = {"data": data, "opacity": 1.0, "multiscale": len(levels) > 1}
        layer = self._put(
            viewer,
            "classes",
            Labels,
            options | {"colormap": DirectLabelColormap(color_dict=colors)},
        )
        if not fresh:
            layer.data = data
            if not _same_colors(layer.colormap, colors):
                layer.colormap = DirectLabelColormap(color_dict=colors)

    def _draw_values(self, viewer: Any, drawn: Ramp, raster: RowRaster) -> None:
        levels = raster.paint(drawn.values, background=np.nan, unknown=np.nan)
        data = levels if len(levels) > 1 else levels[0]
        fresh = "values" not in self.shown or self.shown["values"] not in viewer.layers
        options = {"data": data, "multiscale": len(levels) > 1, "contrast_limits": drawn.limits}
        layer = self._put(viewer, "values", Image, options | {"colormap": drawn.colormap})
        if not fresh:
            layer.data = data
        layer.colormap = drawn.colormap
        layer.contrast_limits = drawn.limits

    def _order(self, behind: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Those behind first.

        The order of before where it does, because moving points costs more than colouring.
        """
        if self.order is not None and len(self.order) == len(behind):
            now = behind[self.order]
            if not (now[1:] & ~now[:-1]).any():
                return self.order
        return np.argsort(~behind, kind="stable")

    def _draw_points(self, viewer: Any, drawn: Classes | Ramp) -> None:
        source: Any = self.source()
        colors, behind = _point_colors(drawn, self.rows)
        order = self._order(behind)
        xy = np.asarray(source.data)[order]
        layer = self.shown.get("classes")
        if layer is None or layer not in viewer.layers:
            look = {
                "size": _size(source),
                "border_width": 0.0,
                "antialiasing": 0.0,
                "symbol": "disc",
            }
            self._put(viewer, "classes", Points, {"data": xy, "face_color": colors[order], **look})
        else:
            if order is not self.order:
                layer.data = xy
            layer.face_color = colors[order]
        self.order = order


def _same_colors(colormap: Any, colors: Mapping[int | None, Any]) -> bool:
    old = colormap.color_dict
    return old.keys() == colors.keys() and all(
        np.allclose(old[key], colors[key], atol=1e-6) for key in colors
    )


def _point_colors(
    drawn: Classes | Ramp, rows: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """RGBA of every point, and which points lie behind; row −1 is a point without a row."""
    if isinstance(drawn, Classes):
        codes = np.append(drawn.codes.astype(np.intp), len(drawn.categories))
        behind = np.append(drawn.faint, True)
        return drawn.colors(faint=FAINT)[codes[rows]], behind[codes[rows]]
    low, high = drawn.limits
    scaled = np.clip((drawn.values - low) / (high - low), 0, 1)
    table = ensure_colormap(drawn.colormap).map(np.linspace(0, 1, 256)).astype(np.float32)
    missing = np.isnan(scaled)
    colors = table[np.where(missing, 0, np.round(scaled * 255)).astype(np.intp)]
    colors[missing] = (*rgba(GREYS[NO_DATA])[:3], FAINT)
    colors = np.vstack([colors, (*rgba(NO_ROW_COLOR)[:3], FAINT)]).astype(np.float32)
    return colors[rows], np.append(missing, True)[rows]


def _size(source: Any) -> float:
    """Size of the drawn points: that of the user's, in the middle."""
    return float(np.median(np.asarray(source.size))) if len(source.data) else 1.0


def region_of(layer: Any, table: CellTable) -> str | None:
    """The image that a layer says it shows: by metadata, else by its name."""
    for name in (layer.metadata.get("region"), layer.metadata.get("name"), layer.name):
        if name is not None and str(name) in table.regions:
            return str(name)
    given = layer.metadata.get("region")
    return None if given is None else str(given)


def bind(layer: Any, table: CellTable) -> Bound:
    """Find the row of every cell of a layer."""
    if isinstance(layer, Labels):
        return _bind_labels(layer, table)
    if isinstance(layer, Points):
        return _bind_points(layer, table)
    raise InputError(
        f"{layer.name!r} is a layer of {type(layer).__name__}; Points or Labels are needed.",
        code="N108",
    )


def _bind_labels(layer: Any, table: CellTable) -> Bound:
    region = region_of(layer, table)
    here = table.rows_of(region)
    if table.instance is None:
        raise InputError(
            f"Nothing in the table of {layer.name!r} says which label a row belongs to. Name the "
            "column with the label "
            'ids: layer.metadata["instance_key"] = "cell_id".',
            code="N105",
        )
    ids = table.instance[here]

    def look_up(labels: NDArray[np.int64]) -> tuple[NDArray[np.intp], Match]:
        found, news = match_ids(as_keys(labels), ids, by=table.instance_column)
        return np.where(found >= 0, here[found], -1), news

    raster, news = read_raster(layer.data, multiscale=bool(layer.multiscale), look_up=look_up)
    return Bound(weakref.ref(layer), here, news, table.region[here[0]], raster, layer.name)


def _bind_points(layer: Any, table: CellTable) -> Bound:
    n_points = len(layer.data)
    ids = layer.metadata.get("indices")
    whole = len(table.regions) > 1 and n_points == table.n_obs and region_of(layer, table) is None
    here = np.arange(table.n_obs) if whole else table.rows_of(region_of(layer, table))
    region = "" if whole else (table.region[here[0]] if len(here) else "")
    check_points(layer, ids, has_ids=table.instance is not None)
    if ids is not None and table.instance is not None:
        found, news = match_ids(as_keys(ids), table.instance[here], by=table.instance_column)
        return Bound(
            weakref.ref(layer),
            np.where(found >= 0, here[found], -1),
            news,
            region,
            None,
            layer.name,
        )
    if n_points != len(here):
        message = (
            f"{layer.name!r} has {n_points:,} points and its table {len(here):,} rows, and no ids "
            "to bring them "
            'together. Give the id of each point, layer.metadata["indices"], '
            "or a table with one row a point."
        )
        raise InputError(message, code="N105")
    return Bound(
        weakref.ref(layer),
        here,
        Match(n_points, n_points, n_points, "position"),
        region,
        None,
        layer.name,
    )
