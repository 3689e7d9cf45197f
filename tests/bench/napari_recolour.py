"""Recolouring in napari beside napari-spatialdata: `xvfb-run -a python -m
tests.bench.napari_recolour`.

Times are the shortest of several runs in this process, in seconds of model time: from the command
to the last change of a layer, without the redraw of the window, which is the same for both. The
first run of each is left out (it compiles). Needs the dependency group `napari` and a display.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

REGION = "cells"
KINDS = ("CD8 T cell", "CD163 macrophage", "Tumour", "Fibroblast", "Endothelial")
RUNS = 5


def shortest(run: Callable[[int], object], times: int = RUNS) -> float:
    """Shortest time of several runs, after one that is left out."""
    run(0)
    found = []
    for number in range(1, times + 1):
        begin = time.perf_counter()
        run(number)
        found.append(time.perf_counter() - begin)
    return min(found)


def table(n: int) -> Any:
    """An AnnData of n cells with three markers; simulated."""
    import anndata

    rng = np.random.default_rng(1)
    values = rng.gamma(0.6, 1.0, (n, 3)).astype(np.float32)
    obs = pd.DataFrame(
        {"region": pd.Categorical([REGION] * n), "instance_id": np.arange(1, n + 1)}, index=names(n)
    )
    obs["phenotype"] = pd.Categorical(rng.choice(KINDS, n))
    return anndata.AnnData(values, obs, pd.DataFrame(index=["panCK", "CD8A", "CD163"]))


def names(n: int) -> list[str]:
    return [f"c{at}" for at in range(n)]


def mask(n: int, side: int = 15) -> np.ndarray:
    """Squares of `side` pixels, one an id, in as square a picture as n allows."""
    wide = int(np.ceil(np.sqrt(n)))
    ids = np.zeros(wide * wide, dtype=np.int32)
    ids[:n] = np.arange(1, n + 1)
    return np.kron(ids.reshape(wide, wide), np.ones((side, side), dtype=np.int32))


def ours(layer: Any, viewer: Any) -> dict[str, float]:
    """Our recolours: another column, a moved threshold, a value."""
    from resistype.napari_plugin.classify import classify_layers

    begin = time.perf_counter()
    view = classify_layers(viewer, [layer])
    found = {"classify (once)": time.perf_counter() - begin}
    found["colour by a column"] = shortest(
        lambda at: view.color_by(("axis:cell", "column:phenotype")[at % 2])
    )
    view.color_by("axis:cell")
    found["move a threshold"] = shortest(
        lambda at: view.session.move_threshold("tumour", "cut", 0.3 + at / 50)
    )
    found["colour by a value"] = shortest(
        lambda at: view.color_by(("quantity:cd163", "quantity:panck")[at % 2])
    )
    view.close()
    return found


def theirs(window: Any, sdata: Any) -> float:
    """napari-spatialdata's View: two columns in turn on its own layer."""
    from napari_spatialdata._sdata_widgets import SdataWidget
    from napari_spatialdata._view import QtAdataViewWidget

    panel = SdataWidget(window, [sdata])
    window.window.add_dock_widget(panel, name="SpatialData")
    add = (
        panel.viewer_model.add_sdata_labels
        if sdata.labels
        else panel.viewer_model.add_sdata_circles
    )
    add(sdata, REGION, "global", False)
    window.layers.selection.active = window.layers[REGION]
    widget = QtAdataViewWidget(window, panel.viewer_model.model)
    window.window.add_dock_widget(widget, name="View")
    found = shortest(lambda at: widget.obs_widget._onAction([("phenotype", "other")[at % 2]]), 2)
    window.window.remove_dock_widget(panel)
    return found


def spatial_data(n: int, element: str) -> Any:
    """The same cells as a SpatialData: a label image, or circles."""
    import spatialdata
    from spatialdata.models import Labels2DModel, ShapesModel, TableModel

    adata = table(n)
    adata.obs["other"] = adata.obs["phenotype"].cat.rename_categories(lambda one: one.upper())
    made = TableModel.parse(adata, region=REGION, region_key="region", instance_key="instance_id")
    if element == "labels":
        return spatialdata.SpatialData(
            labels={REGION: Labels2DModel.parse(mask(n), dims=("y", "x"))}, tables={"t": made}
        )
    circles = ShapesModel.parse(places(n), geometry=0, radius=6.0, index=np.arange(1, n + 1))
    return spatialdata.SpatialData(shapes={REGION: circles}, tables={"t": made})


def places(n: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 15 * np.sqrt(n), (n, 2))


def threshold_to_calls(n: int) -> float:
    """A moved threshold until the calls are made, without any view."""
    from resistype.napari_plugin.marker_sets import read_panel
    from resistype.session import Session, SessionData

    adata = table(n)
    panel = read_panel(pd.DataFrame(adata.X, columns=adata.var_names))
    session = Session(SessionData.from_quantities(panel.scheme, panel.quantities))
    return shortest(lambda at: session.move_threshold("tumour", "cut", 0.3 + at / 50))


def line(what: str, seconds: float, target: float | None = None) -> None:
    aim = (
        ""
        if target is None
        else f"   target {target:g}   {'reached' if seconds <= target else 'MISSED'}"
    )
    print(f"{what:58s} {seconds:8.3f} s{aim}", flush=True)


def main() -> None:
    """Print every time, and ours against theirs."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--cells", type=int, default=100_000)
    asked.add_argument("--many", type=int, default=500_000)
    asked.add_argument(
        "--alone", action="store_true", help="without napari-spatialdata and without a window"
    )
    options = asked.parse_args()
    warnings.simplefilter("ignore")
    n = options.cells
    line(f"{options.many:,} cells: threshold to calls", threshold_to_calls(options.many), 0.1)

    from napari.components import ViewerModel

    for element, target in (("labels", 0.5), ("points", 0.3)):
        viewer = ViewerModel()
        adata = table(n)
        if element == "labels":
            layer = viewer.add_labels(mask(n), metadata={"adata": adata})
        else:
            layer = viewer.add_points(places(n)[:, ::-1], metadata={"adata": adata}, size=8)
        found = ours(layer, viewer)
        for what, seconds in found.items():
            line(f"{n:,} {element}: {what}", seconds, None if "once" in what else target)
        if options.alone:
            continue
        import napari

        window = napari.Viewer(show=False)
        peer = theirs(window, spatial_data(n, element))
        window.close()
        line(f"{n:,} {element}: napari-spatialdata, colour by a column", peer)
        print(f"    ratio theirs / ours: {peer / found['colour by a column']:.1f}", flush=True)


if __name__ == "__main__":
    main()
