"""What is written: the same numbers again when read back, whole or not at all, and the user's
table left alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from resistype.errors import InputError, OutputError
from resistype.napari_plugin import export
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.regions import drawn_rois, keep_regions
from resistype.napari_plugin.view import TissueView
from resistype.systems.tissue import read_cells, read_rois
from tests.napari_plugin.conftest import small_table, squares

BOX = np.array([[100.0, 100.0], [100.0, 300.0], [300.0, 300.0], [300.0, 100.0]])


@pytest.fixture
def drawn(view: TissueView, viewer: Any) -> Any:
    shapes = viewer.add_shapes([BOX], shape_type="rectangle", name="roi")
    found = drawn_rois(view, shapes)
    keep_regions(view, found)
    return found


def test_a_copy_is_written_and_the_table_in_memory_is_not_touched(
    view: TissueView, drawn: Any, tmp_path: Path
) -> None:
    assert drawn.rois
    before = view.table.origin.copy()
    view.session.move_threshold("tumour", "cut", 0.5)

    back = ad.read_h5ad(export.write_h5ad(view, tmp_path / "out.h5ad"))

    assert list(view.table.origin.obs) == list(before.obs)
    assert "resistype" not in view.table.origin.uns
    calls = view.session.to_frame()
    for axis in view.session.scheme.axes:
        assert (
            back.obs[f"resistype_{axis.id}"].astype(str).tolist()
            == calls[axis.id].astype(str).tolist()
        )
    np.testing.assert_array_equal(
        back.obs["resistype_tumour_score"], view.session.data.columns["tumour_score"]
    )
    assert back.uns["resistype"]["thresholds"]["tumour.cut"] == 0.5
    assert (back.obs["resistype_roi"] == "roi 1").sum() > 100


def test_a_margin_written_is_the_score_less_the_threshold(view: TissueView) -> None:
    view.session.move_threshold("tumour", "cut", 0.25)

    frame = export.cell_frame(view)

    expected = view.session.data.columns["tumour_score"] - np.float32(0.25)
    np.testing.assert_array_equal(frame["resistype_margin_tumour_cut"], expected)
    above = frame["resistype_margin_tumour_cut"] >= 0
    assert (above == (frame["resistype_tumour"] == "positive")).all()


def test_every_threshold_stands_in_the_header_of_the_csv(view: TissueView, tmp_path: Path) -> None:
    view.session.move_threshold("tumour", "cut", 0.5)

    path = export.write_csv(view, tmp_path / "cells.csv")

    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    cuts = [line for line in head if line.startswith("# threshold ")]
    assert len(cuts) == 3
    assert (
        cuts[0].startswith("# threshold tumour.cut=0.5  (ours): Otsu's split")
        or "tumour.cut=0.5" in cuts[0]
    )
    assert "(moved from" in cuts[0]
    assert any("Research use only" in line for line in head)
    assert any("1 µm per pixel" in line for line in head)


def test_the_csv_holds_every_cell_with_its_key(view: TissueView, demo: Any, tmp_path: Path) -> None:
    back = read_cells(export.write_csv(view, tmp_path / "cells.csv"))

    assert len(back) == len(demo.table)
    assert back["region"].tolist() == demo.table["region"].tolist()
    assert back["instance_id"].tolist() == demo.table["instance_id"].tolist()
    assert back["resistype_cell"].value_counts().to_dict() == {
        n: c for n, c in view.session.counts("cell").items() if c
    }


def test_regions_are_written_and_read_back(view: TissueView, drawn: Any, tmp_path: Path) -> None:
    path = export.write_geojson(view, drawn, tmp_path / "regions.geojson")

    back = read_rois(path)
    assert [(one.name, one.region) for one in back] == [("roi 1", "sim_excluded")]
    np.testing.assert_allclose(back[0].xy[:4], BOX[:, ::-1])
    about = json.loads(path.read_text(encoding="utf-8"))
    assert (about["type"], about["unit"], about["scale_um"]) == ("FeatureCollection", "px", 1.0)


def test_colours_are_written_only_where_every_cell_has_a_row(viewer: Any) -> None:
    adata = small_table([1, 2])
    whole = classify_layers(viewer, [viewer.add_labels(squares([1, 2]), metadata={"adata": adata})])
    assert export.fill_layers(whole) == "3 axes were written to obs, with their colours."
    shown = adata.obs["resistype_cell"].cat.categories
    colors = {one.name: one.color for one in whole.drawn.categories}  # type: ignore[union-attr]
    assert adata.uns["resistype_cell_colors"].tolist() == [colors[name] for name in shown]

    less = classify_layers(
        viewer, [viewer.add_labels(squares([1, 2, 3]), metadata={"adata": adata})]
    )
    said = export.fill_layers(less)

    assert said.startswith(
        "3 axes were written to obs, without colours: 1 cells of the layers have no row"
    )
    assert "resistype_cell_colors" not in adata.uns


def test_rows_are_joined_by_name(view: TissueView) -> None:
    other = view.table.origin[::-1].copy()

    export.fill_adata(view, other)

    calls = view.session.to_frame()["cell"].astype(str)
    assert other.obs["resistype_cell"].astype(str).tolist() == calls.loc[other.obs_names].tolist()


def test_without_an_anndata_there_is_csv(viewer: Any, tmp_path: Path) -> None:
    features = pd.DataFrame({"label": [1, 2], "CD163": [0.9, 0.1], "kind": ["a", "b"]})
    view = classify_layers(viewer, [viewer.add_labels(squares([1, 2]), features=features)])

    for run in (
        lambda: export.write_h5ad(view, tmp_path / "x.h5ad"),
        lambda: export.fill_layers(view),
    ):
        with pytest.raises(
            InputError, match="N140 The layers have no AnnData in common; write the cells as CSV"
        ):
            run()
    assert read_cells(export.write_csv(view, tmp_path / "x.csv"))[
        "resistype_cd163_macrophage"
    ].tolist() == [
        "positive",
        "unassigned",
    ]


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    view: TissueView, drawn: Any, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    for run in (
        lambda path: export.write_csv(view, path),
        lambda path: export.write_h5ad(view, path),
        lambda path: export.write_geojson(view, drawn, path),
        lambda path: export.write_script(view, path),
    ):
        with pytest.raises(OutputError, match="O101"):
            run(tmp_path / "taken")
        with pytest.raises(OutputError, match="O101"):
            run(tmp_path / "nowhere" / "file")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_the_script_repeats_what_was_done(viewer: Any, demo: Any, tmp_path: Path) -> None:
    import napari.layers

    from resistype.napari_plugin.reader import read_h5ad

    file = tmp_path / "cells.h5ad"
    demo.to_anndata().write_h5ad(file)
    layers = [viewer.add_layer(napari.layers.Layer.create(*one)) for one in read_h5ad(str(file))]
    view = classify_layers(viewer, layers)
    view.session.move_threshold("tumour", "cut", 0.5)
    view.session.add_region("nest", "tissue sim_excluded", [(200, 200), (400, 200), (400, 400)])
    view.session.select_region("nest")
    script = export.write_script(view, tmp_path / "session.py")
    tail = "\nprint(session.counts('cell'), session.state.selection)\n"
    script.write_text(
        "import warnings; warnings.simplefilter('ignore')\n" + script.read_text() + tail
    )

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"{view.session.counts('cell')} {view.session.state.selection}"


def test_the_script_of_other_cells_refuses_to_run(view: TissueView) -> None:
    script = view.to_script()

    assert "made = list(viewer.layers)  # a viewer with the same layers open" in script
    assert f'expect(session, "{view.session.data.digest()}")' in script
