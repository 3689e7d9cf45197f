"""Beside napari-spatialdata: it colours our columns, its clicks leave our calls alone, we do not
make it crash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import spatialdata
from napari_spatialdata._sdata_widgets import SdataWidget
from napari_spatialdata._view import QtAdataViewWidget
from spatialdata.models import Labels2DModel, TableModel

from resistype.napari_plugin import export
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.paint import rgba

REGION = "sim_excluded"


@pytest.fixture
def beside(window: Any, demo: Any, qtbot: Any) -> Callable[[int], Any]:
    """A SpatialData of one image whose first rows are left out of the table, opened by
    napari-spatialdata.
    """

    def opened(left_out: int) -> tuple[Any, Any, Any]:
        adata = demo.to_anndata()
        adata = adata[adata.obs["region"] == REGION][left_out:].copy()
        adata.obs["region"] = pd.Categorical(adata.obs["region"].astype(str))
        del adata.uns["spatialdata_attrs"]
        table = TableModel.parse(
            adata, region=REGION, region_key="region", instance_key="instance_id"
        )
        labels = Labels2DModel.parse(demo.masks[REGION], dims=("y", "x"))
        sdata = spatialdata.SpatialData(labels={REGION: labels}, tables={"table": table})
        theirs = SdataWidget(window, [sdata])
        window.window.add_dock_widget(theirs, name="SpatialData")
        theirs.viewer_model.add_sdata_labels(sdata, REGION, "global", False)
        return sdata, theirs, window.layers[REGION]

    return opened


def view_widget(window: Any, theirs: Any, layer: Any) -> Any:
    layer.visible = True
    window.layers.selection.active = layer
    widget = QtAdataViewWidget(window, theirs.viewer_model.model)
    window.window.add_dock_widget(widget, name="View")
    return widget


def test_its_layers_are_classified_as_they_are(window: Any, beside: Any) -> None:
    _, _, layer = beside(0)

    view = classify_layers(window, [layer])

    assert view.status == f"{REGION}: 2,942 cells, each with its row of the table (by instance_id)."


def test_it_shows_our_columns_in_our_colours_and_our_calls_survive(
    window: Any, beside: Any
) -> None:
    _, theirs, layer = beside(0)
    view = classify_layers(window, [layer])
    calls = view.session.to_frame()
    export.fill_layers(view)
    widget = view_widget(window, theirs, layer)

    widget.obs_widget._onAction(["resistype_cell"])

    colors = {one.name: one.color for one in view.drawn.categories}  # type: ignore[union-attr]
    ids = layer.features.set_index("index")["resistype_cell"]
    for number in (1, 500, 1500, 2942):
        np.testing.assert_allclose(layer.get_color(number), rgba(colors[ids[number]]), atol=1e-2)
    assert list(layer.features.columns) == ["resistype_cell", "index"]
    pd.testing.assert_frame_equal(view.session.to_frame(), calls)
    view.session.move_threshold("tumour", "cut", 0.5)
    assert view.bounds[0].shown["classes"].data.shape == (600, 600)


def test_ids_without_a_row_do_not_make_it_crash_through_us(window: Any, beside: Any) -> None:
    _, theirs, layer = beside(5)
    view = classify_layers(window, [layer])
    assert "5 of 2,942 in the layer have no row" in view.status

    assert "without colours: 5 cells of the layers have no row" in export.fill_layers(view)
    view_widget(window, theirs, layer).obs_widget._onAction(["resistype_cell"])

    assert list(layer.features.columns) == ["resistype_cell", "index"]


def test_with_colours_it_would_crash(window: Any, beside: Any) -> None:
    """The reason for leaving them out: napari-spatialdata issue 392. When this passes no longer,
    leave them in.
    """
    sdata, theirs, layer = beside(5)
    view = classify_layers(window, [layer])
    export.fill_layers(view)
    n = len(sdata["table"].obs["resistype_cell"].cat.categories)
    sdata["table"].uns["resistype_cell_colors"] = np.array(["#FF0000"] * n)

    widget = view_widget(window, theirs, layer)

    with pytest.raises(Exception, match="DirectLabelColormap"):
        widget.obs_widget._onAction(["resistype_cell"])
