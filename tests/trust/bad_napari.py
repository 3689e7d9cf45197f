"""Bad inputs of the napari plugin: layers, tables and sessions that do not fit, refused or told
with a right result.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of napari's own, when it is imported
    import napari.layers

from resistype.napari_plugin.classify import Calling, classify_layers, tissue_material
from resistype.napari_plugin.view import TissueView
from resistype.session import Session
from tests.napari_plugin.conftest import ViewerModel, labels, points, small_table, squares
from tests.trust.bad_widgets import Told, calls
from tests.widgets.vectors import material

Case = Callable[[], object]
IDS = [1, 2, 3, 4]
PLACES = [[0, 0], [1, 1], [2, 2], [3, 3]]


def shown(*layers: Any, line: str = "", session: Any = None) -> TissueView:
    """Layers in a viewer without a window, classified."""
    viewer = ViewerModel()
    for one in layers:
        viewer.add_layer(one)
    return classify_layers(
        viewer, layers, calling=Calling.read(line) if line else Calling(), session=session
    )


def mask(ids: list[int] = IDS, table: Any = None, **metadata: Any) -> Any:
    """A Labels layer with an AnnData behind it."""
    return labels(
        squares(ids),
        name="mask",
        metadata={"adata": small_table(IDS) if table is None else table, **metadata},
    )


def dots(data: Any = PLACES, table: Any = None, **metadata: Any) -> Any:
    """A Points layer with an AnnData behind it."""
    return points(
        data,
        name="dots",
        metadata={"adata": small_table(IDS) if table is None else table, **metadata},
    )


def _filled(value: float, *, rows: slice = slice(None), column: int = 0) -> ad.AnnData:
    table = small_table(IDS)
    table.X = table.X.copy()
    table.X[rows, column] = value
    return table


def _nowhere() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, in napari
        return dots([*PLACES[:3], [np.nan, 1]])


def _keys(attrs: Any) -> ad.AnnData:
    table = small_table(IDS, region=["a"] * 4)
    table.uns["spatialdata_attrs"] = attrs
    return table


def _twice() -> ad.AnnData:
    table = small_table(IDS)
    table.var_names = ["panCK", "panCK"]
    return table


def _transcripts() -> ad.AnnData:
    obs = pd.DataFrame({"cell_id": IDS}, index=list("abcd"))
    return ad.AnnData(np.zeros((4, 501), dtype=np.float32), obs)


def _two(region: list[str]) -> ad.AnnData:
    return small_table([1, 2, 1, 2], region=region)


def _other_order() -> Session:
    return Session(tissue_material([mask(table=small_table(IDS)[::-1].copy())]))


def _features(**columns: Any) -> Any:
    return labels(squares(IDS), name="mask", features=pd.DataFrame(columns))


REFUSED: dict[str, tuple[Case, str]] = {
    "nothing selected": (shown, "N100 Select the Points or Labels layer"),
    "labels without a table": (
        lambda: shown(labels(squares(IDS), name="bare")),
        "N101 Layer 'bare' has no table",
    ),
    "points without a table": (
        lambda: shown(points(PLACES, name="bare")),
        "N101 Layer 'bare' has no table",
    ),
    "an image without a table": (
        lambda: shown(napari.layers.Image(np.zeros((4, 4)), name="photo")),
        "N101 Layer 'photo' has no table",
    ),
    "an image with a table": (
        lambda: shown(
            napari.layers.Image(
                np.zeros((4, 4)), name="photo", metadata={"adata": small_table(IDS)}
            )
        ),
        "N108 'photo' is a layer of Image",
    ),
    "a table that is a path": (
        lambda: shown(mask(table="cells.h5ad")),
        "N101 metadata['adata'] of 'mask' is str",
    ),
    "a table that is no AnnData": (
        lambda: shown(mask(table=pd.DataFrame({"a": [1]}))),
        "N101 metadata['adata'] of 'mask' is DataFrame",
    ),
    "a table without rows": (
        lambda: shown(mask(table=small_table(IDS)[:0])),
        "N101 metadata['adata'] of 'mask' is an AnnData without rows",
    ),
    "labels of other ids": (lambda: shown(mask([11, 12])), "N105 None of 2 ids of the layer"),
    "ids that are words": (
        lambda: shown(mask(table=small_table(list("abcd")))),
        "N105 None of 4 ids of the layer",
    ),
    "ids below zero": (
        lambda: shown(mask(table=small_table([-1, -2, -3, -4]))),
        "N105 None of 4 ids of the layer",
    ),
    "ids that are true or false": (
        lambda: shown(mask(table=small_table([True, False] * 2))),
        "N104 2 ids occur",
    ),
    "an id twice": (
        lambda: shown(mask(table=small_table([1, 1, 2, 3]))),
        "N104 1 ids occur more than once",
    ),
    "a mask of three dimensions": (
        lambda: shown(labels(np.ones((2, 4, 4), dtype=int), metadata={"adata": small_table(IDS)})),
        "N106 The mask has shape (2, 4, 4)",
    ),
    "points of another number": (
        lambda: shown(dots(PLACES[:3])),
        "N105 'dots' has 3 points and its table 4 rows",
    ),
    "no points": (lambda: shown(dots(np.zeros((0, 2)))), "N105 'dots' has 0 points"),
    "a point without a place": (
        lambda: classify_layers(ViewerModel(), [_nowhere()]),
        "N113 1 of 4 points of 'dots' have no finite place",
    ),
    "points with fewer ids": (
        lambda: shown(dots(indices=[1, 2])),
        "N105 'dots' has 4 points and 2 ids",
    ),
    "points of other ids": (
        lambda: shown(dots(indices=[11, 12, 13, 14])),
        "N105 None of 4 ids of the layer",
    ),
    "points that share an id": (
        lambda: shown(dots(indices=[1, 1, 2, 3])),
        "N104 1 ids of points of 'dots'",
    ),
    "ids of points and none in the table": (
        lambda: shown(dots(table=small_table(IDS, column="other"), indices=[4, 3, 2, 1])),
        "N105 'dots' has 4 points and ids, and its table has no column of ids",
    ),
    "an image the table does not have": (
        lambda: shown(mask([1, 2], _two(list("aabb")), region="c")),
        "N103 The table holds cells of 2 images (a, b …) and the layer says 'c'",
    ),
    "another image than the only one": (
        lambda: shown(mask(table=small_table(IDS, region=["a"] * 4), region="c")),
        "N103 The table holds cells of 1 images (a) and the layer says 'c'",
    ),
    "an image that is not named": (
        lambda: shown(mask([1, 2], _two(list("aabb")))),
        "N103 The table holds cells of 2",
    ),
    "a region key that is not there": (
        lambda: shown(mask(table=_keys({"region_key": "nothing", "instance_key": "cell_id"}))),
        "N102 There is no column 'nothing'",
    ),
    "an instance key that is not there": (
        lambda: shown(mask(table=_keys({"region_key": "region", "instance_key": "nothing"}))),
        "N102 There is no column 'nothing'",
    ),
    "keys that are no dictionary": (
        lambda: shown(mask(table=_keys("region"))),
        "N102 uns['spatialdata_attrs'] is str",
    ),
    "features without ids": (
        lambda: shown(_features(CD163=[0.1, 0.9, 0.1, 0.9])),
        "N105 Nothing in the table of 'mask'",
    ),
    "features without numbers": (
        lambda: shown(_features(label=IDS, kind=list("abcd"))),
        "N112 The table has no markers",
    ),
    "a marker twice": (
        lambda: shown(mask(table=_twice())),
        "N114 1 names of markers occur more than once (panCK)",
    ),
    "a marker without end": (
        lambda: shown(mask(table=_filled(np.inf, rows=slice(1)))),
        "N113 1 markers have infinite values (panCK)",
    ),
    "sets of other markers": (
        lambda: shown(mask(), line="x: FOO, BAR"),
        "N110 No set has half of its markers",
    ),
    "the same set twice": (lambda: shown(mask(), line="t: panCK; t: CD163"), "N111 Marker sets"),
    "a scheme nobody knows": (
        lambda: shown(mask(), line="scheme nothing"),
        "S101 There is no scheme 'nothing'",
    ),
    "a transcriptome and no scheme": (
        lambda: shown(mask(table=_transcripts())),
        "N112 The table has no markers",
    ),
    "calls in the place of a session": (
        lambda: shown(mask(), session=calls()),
        "N123 Got Calls as session",
    ),
    "a session of more cells": (
        lambda: shown(mask(), session=Session(material(40))),
        "N123 The session holds 40 cells",
    ),
    "a session of other samples": (
        lambda: shown(mask(), session=Session(material(4))),
        "N123 The session holds cells of other names: row 0 is 'S0' there and 'c0'",
    ),
    "a session in another order": (
        lambda: shown(mask(), session=_other_order()),
        "N123 The session holds cells in another order: row 0 is 'c3' there and 'c0'",
    ),
    "the same cells twice": (
        lambda: shown(*(mask(table=small_table(IDS, region=["a"] * 4)) for _ in range(2))),
        "N104 The selected layers share cells",
    ),
}


def _as_clean(view: TissueView, *, cells: int = 4) -> Told:
    """Told; right when the cells are called as those of a clean input, and so many of them are
    drawn.
    """
    clean = shown(mask()).session.to_frame()["cell"].astype(str).tolist()
    found = view.session.to_frame()["cell"].astype(str).tolist()
    return Told(view.status, found == clean and view.bounds[0].match.n_both == cells)


def _by_id() -> Told:
    view = shown(dots(indices=[4, 3, 2, 1]))
    return Told(view.status, view.bounds[0].rows.tolist() == [3, 2, 1, 0])


def _unmeasured() -> Told:
    table = _filled(np.nan)
    table.X[:, 1] = np.nan
    view = shown(mask(table=table))
    return Told(
        f"{view.session.counts('cell')}", view.session.counts("cell")["not_assessable"] == 4
    )


def _in_part() -> Told:
    view = shown(mask(table=_filled(np.nan, rows=slice(1))))
    calls_of = view.session.to_frame()["tumour"].astype(str).tolist()
    return Told(calls_of[0], calls_of == ["not_assessable", "unassigned", "positive", "unassigned"])


TOLD: dict[str, tuple[Callable[[], Told], str]] = {
    "labels of which half have a row": (
        lambda: _as_clean(shown(mask([1, 2, 13, 14])), cells=2),
        (
            "2 cells with their row of the table .*; 2 of 4 in the layer have no row, 2 of 4 rows"
            " have no cell"
        ),
    ),
    "more labels than rows": (
        lambda: _as_clean(shown(mask([1, 2, 3, 4, 5, 6]))),
        "2 of 6 in the layer have no row, 0 of 4 rows",
    ),
    "a mask without a cell": (
        lambda: _as_clean(shown(mask([0, 0])), cells=0),
        "0 cells .*4 of 4 rows have no cell",
    ),
    "an id that is missing": (
        lambda: _as_clean(shown(mask(table=small_table([1.0, np.nan, 3.0, 4.0]))), cells=3),
        "1 of 4 in the layer have no row, 1 of 4 rows have no cell",
    ),
    "an id that is no whole number": (
        lambda: _as_clean(shown(mask(table=small_table([1.0, 2.5, 3.0, 4.0]))), cells=3),
        "1 of 4 in the layer have no row, 1 of 4 rows have no cell",
    ),
    "the background as an id": (
        lambda: _as_clean(shown(mask([0, 1, 2, 3], small_table([0, 1, 2, 3]))), cells=3),
        "1 of 4 rows have no cell",
    ),
    "ids as text": (
        lambda: _as_clean(shown(mask(table=small_table(list("1234"))))),
        "4 cells, each with its row",
    ),
    "points in another order than the table": (
        _by_id,
        r"4 cells, each with its row of the table \(by cell_id\)",
    ),
    "a set without its markers": (
        lambda: _as_clean(shown(mask())),
        "Left out, under half of .*: cd8_t_cell: CD3, CD8",
    ),
    "markers that nobody measured": (_unmeasured, "'not_assessable': 4"),
    "a marker that one cell lacks": (_in_part, "not_assessable"),
}
