"""h5ad files as layers: the order of the axes is looked up on the mask, images stay apart, real
files open.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import napari.layers
import numpy as np
import pandas as pd
import pytest

from resistype.errors import ExpressionError, InputError
from resistype.expression.hdf5 import open_h5ad, save_h5ad
from resistype.napari_plugin.axis_order import swap_axes
from resistype.napari_plugin.classify import Calling, classify_layers
from resistype.napari_plugin.maps import MapRequest, prepare, show, work_out
from resistype.napari_plugin.reader import axis_order, get_reader, layers_of, read_h5ad, spacing
from resistype.napari_plugin.sample import simulated_imc
from tests.napari_plugin.conftest import small_table


def made(one: Any) -> Any:
    return napari.layers.Layer.create(*one)


@pytest.fixture
def one_image(demo: Any) -> tuple[ad.AnnData, np.ndarray]:
    """One simulated image with its mask inside, as squidpy keeps it."""
    adata = demo.to_anndata()
    adata = adata[adata.obs["region"] == "sim_excluded"].copy()
    mask = demo.masks["sim_excluded"]
    adata.uns["spatial"] = {"sim_excluded": {"images": {"segmentation": mask}}}
    return adata, mask


@pytest.mark.parametrize("stored", ["xy", "yx"])
def test_the_order_of_the_axes_is_looked_up_on_the_mask(one_image: Any, stored: str) -> None:
    adata, mask = one_image
    true = adata.obsm["spatial"].copy()
    adata.obsm["spatial"] = true if stored == "xy" else true[:, ::-1].copy()

    points, masked = layers_of(adata, "imc")

    assert axis_order(adata, mask, "sim_excluded").order == stored
    np.testing.assert_allclose(points[0], true[:, ::-1])
    assert points[1]["metadata"]["axes"].endswith("on the mask")
    assert masked[2] == "labels"


def test_an_order_that_no_reading_explains_is_said_to_be_unclear(one_image: Any) -> None:
    adata, _ = one_image
    adata.obsm["spatial"] = np.random.default_rng(0).uniform(0, 600, adata.obsm["spatial"].shape)

    assert layers_of(adata, "imc")[0][1]["metadata"]["axes"].startswith("unclear, taken as (x, y)")


def test_without_a_mask_the_order_is_taken_and_said(demo: Any) -> None:
    adata = demo.to_anndata()

    layers = layers_of(adata, "imc")

    assert [one[1]["name"] for one in layers] == [f"imc {name}" for name in demo.masks]
    assert layers[0][1]["metadata"]["axes"] == "(x, y) not tested: no mask; taken as such"


def test_an_open_mask_shows_points_to_be_swapped(viewer: Any, one_image: Any) -> None:
    adata, mask = one_image
    del adata.uns["spatial"]
    adata.obsm["spatial"] = adata.obsm["spatial"][:, ::-1].copy()
    points = viewer.add_layer(made(layers_of(adata, "imc")[0]))
    viewer.add_labels(mask, name="cells")

    view = classify_layers(viewer, [points])

    assert (
        "imc sim_excluded: x and y are swapped (100% of the cells lie on their label when swapped"
        in view.status
    )
    swap_axes(points)
    assert "swapped" not in classify_layers(viewer, [points]).status


def test_points_that_do_not_fit_an_open_mask_are_said(viewer: Any, one_image: Any) -> None:
    adata, mask = one_image
    points = viewer.add_layer(made(layers_of(adata, "imc")[0]))
    viewer.add_labels(np.roll(mask, 200, axis=0), name="other")

    assert "the points do not fit the mask 'other'" in classify_layers(viewer, [points]).status


def test_only_points_are_swapped(viewer: Any, one_image: Any) -> None:
    layer = viewer.add_labels(one_image[1])

    with pytest.raises(InputError, match="N108 Select the Points layer"):
        swap_axes(layer)


def test_both_layers_of_a_file_are_classified_as_one_table(viewer: Any, one_image: Any) -> None:
    layers = [viewer.add_layer(made(one)) for one in layers_of(one_image[0], "imc")]

    view = classify_layers(viewer, layers)

    assert view.session.data.n_obs == one_image[0].n_obs
    assert [one.match.layer_only for one in view.bounds] == [0, 0]


def test_a_file_is_read_as_it_was_written(demo: Any, tmp_path: Path) -> None:
    path = save_h5ad(demo.to_anndata(), tmp_path / "cells.h5ad")

    layers = read_h5ad([str(path)])

    assert len(layers) == 4
    assert layers[0][1]["metadata"]["source"] == str(path)
    assert open_h5ad(path).obs["phenotype"].tolist() == demo.table["phenotype"].tolist()


def test_scimap_opens_from_h5ad(shared: Path, viewer: Any, scimap: ad.AnnData) -> None:
    path = shared / "data" / "scimap_spatial" / "scimap_example.h5ad"

    layers = [viewer.add_layer(made(one)) for one in read_h5ad(str(path))]

    assert [one.name for one in layers] == ["scimap_example 230"]
    assert len(layers[0].data) == scimap.n_obs == 3029
    np.testing.assert_allclose(layers[0].data[:, ::-1], scimap.obs[["X_position", "Y_position"]])


def test_scimap_is_coloured_counted_and_mapped(
    shared: Path, viewer: Any, scimap: ad.AnnData
) -> None:
    path = shared / "data" / "scimap_spatial" / "scimap_example.h5ad"
    layers = [viewer.add_layer(made(one)) for one in read_h5ad(str(path))]
    view = classify_layers(
        viewer, layers, calling=Calling.read("m2: CD163, CD206; tumour: CD30; cd8_t_cell: CD3, CD8")
    )
    view.scale_um = 0.65

    view.color_by("column:phenotype")
    assert {row.name: row.n for row in view.legend()} == scimap.obs[
        "phenotype"
    ].value_counts().to_dict()

    score = scimap.to_df()[["CD163", "CD206"]].mean(axis=1)
    np.testing.assert_allclose(view.session.data.columns["m2_score"], score, rtol=1e-5)
    by_kind = score.groupby(scimap.obs["phenotype"], observed=True).mean()
    assert (
        by_kind["M2 Macrophages"]
        == by_kind[by_kind.index[by_kind.index.str.contains("Macro|Tumor|T cells")]].max()
    )

    result = work_out(
        prepare(view), MapRequest("fraction of neighbours", ("M2 Macrophages",), radius_um=30.0)
    )
    assert show(view, result)
    assert result.values is not None
    near = (
        pd.Series(result.values).groupby(scimap.obs["phenotype"].to_numpy(), observed=True).mean()
    )
    assert near["M2 Macrophages"] > 2 * near["Tumor CD30+"]


def test_no_places_say_what_there_is() -> None:
    with pytest.raises(
        InputError,
        match=r"N150 The file has no places: neither obsm\['spatial'\] \(obsm holds: nothing\)",
    ):
        layers_of(small_table([1]), "x")


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.h5ad").write_bytes(b"no")

    with pytest.raises(ExpressionError, match="E313"):
        read_h5ad(str(tmp_path / "x.h5ad"))
    with pytest.raises(ExpressionError, match="E300"):
        read_h5ad(str(tmp_path / "y.h5ad"))


PATHS = [
    ("a.h5ad", True),
    ("A.H5AD", True),
    (["a.h5ad", "b.h5ad"], True),
    ("a.zarr", False),
    (["a.h5ad", "b.tif"], False),
]


@pytest.mark.parametrize(("path", "ours"), PATHS)
def test_zarr_is_left_to_napari_spatialdata(path: Any, ours: bool) -> None:
    assert (get_reader(path) is read_h5ad) is ours


def test_the_size_of_points_is_their_distance() -> None:
    grid = np.array([(y, x) for y in range(0, 100, 5) for x in range(0, 100, 5)], dtype=float)

    assert spacing(grid) == 5.0
    assert spacing(grid[:1]) == 10.0
    assert spacing(np.zeros((4, 2))) == 10.0


def test_the_sample_says_that_it_is_simulated_everywhere() -> None:
    layers = simulated_imc()

    assert all("(simulated)" in options["name"] for _, options, _ in layers)
    assert all(options["metadata"]["simulated"] for _, options, _ in layers)
    assert {kind for _, _, kind in layers} == {"image", "labels"}


def test_the_sample_can_be_classified_with_a_scale(viewer: Any, demo: Any) -> None:
    cells = [viewer.add_layer(made(one)) for one in simulated_imc() if one[2] == "labels"]

    view = classify_layers(viewer, cells)

    assert view.scale_um == 1.0
    planted = (
        demo.table["phenotype"]
        .astype(str)
        .map(
            {"Tumour": "tumour", "CD8 T cell": "cd8_t_cell", "CD163 macrophage": "cd163_macrophage"}
        )
    )
    called = view.session.to_frame()["cell"].astype(str).to_numpy()
    assert (called == planted.fillna("unassigned").to_numpy()).mean() > 0.99
