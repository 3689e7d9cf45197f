"""Maps: the planted rim and exclusion are found, a value a cell is its own, deleted layers have
an outcome.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistype.errors import InputError, TissueError
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.layers import MARK
from resistype.napari_plugin.maps import MapRequest, prepare, show, work_out
from resistype.napari_plugin.panels import guess_roles, kinds_of
from resistype.napari_plugin.view import TissueView
from resistype.systems.tissue import Roles, nearest, neighbourhood

ROLES = Roles(("Tumour",), ("CD8 T cell",), ("CD163 macrophage",))


@pytest.fixture
def phenotypes(view: TissueView) -> TissueView:
    view.color_by("column:phenotype")
    return view


def zone_means(view: TissueView, demo: Any, image: Any, region: str) -> dict[str, float]:
    """Mean of a map at the cells of each planted zone."""
    rows = np.flatnonzero(demo.table["region"] == region)
    bound = next(one for one in view.bounds if one.region == region)
    xy = bound.coordinates(view.table.n_obs)[rows]
    at = [image.world_to_data(bound.source().data_to_world((y, x))) for x, y in xy]
    y, x = np.rint(np.array(at)).astype(int).T
    values = image.data[
        np.clip(y, 0, image.data.shape[0] - 1), np.clip(x, 0, image.data.shape[1] - 1)
    ]
    return (
        demo.table["zone"]
        .iloc[rows]
        .to_frame()
        .assign(v=values)
        .groupby("zone")["v"]
        .mean()
        .to_dict()
    )


def test_the_planted_rim_stands_out_in_the_exclusion_map(phenotypes: TissueView, demo: Any) -> None:
    layers = show(
        phenotypes, work_out(prepare(phenotypes), MapRequest("exclusion map", (), ROLES, 20.0))
    )

    found = zone_means(phenotypes, demo, layers[0], "sim_excluded")
    rim = max(found, key=lambda zone: found[zone])
    planted = demo.table[
        (demo.table["phenotype"] == "CD163 macrophage") & (demo.table["region"] == "sim_excluded")
    ]
    assert rim == planted["zone"].value_counts().index[0]
    assert found[rim] > 0.3
    assert min(found.values()) < 0


def test_planted_images_are_described_as_planted(phenotypes: TissueView, demo: Any) -> None:
    result = work_out(prepare(phenotypes), MapRequest("description", (), ROLES))
    show(phenotypes, result)

    assert result.calls is not None
    assert result.calls.to_frame()["phenotype"].to_dict() == demo.truth["label"].to_dict()
    assert "sim_excluded: excluded" in phenotypes.status
    assert "ours" in result.thresholds[0].source


def test_called_cells_give_the_same_description_as_the_planted_ones(
    view: TissueView, demo: Any
) -> None:
    roles = Roles(("tumour",), ("cd8_t_cell",), ("cd163_macrophage",))

    result = work_out(prepare(view), MapRequest("description", (), roles))

    assert result.calls is not None
    assert result.calls.to_frame()["phenotype"].to_dict() == demo.truth["label"].to_dict()


def test_a_share_of_neighbours_is_that_of_the_core(phenotypes: TissueView, demo: Any) -> None:
    result = work_out(
        prepare(phenotypes),
        MapRequest("fraction of neighbours", ("CD163 macrophage",), ROLES, 25.0),
    )
    layers = show(phenotypes, result)

    tissue, rows = phenotypes.tissue()
    shares = neighbourhood(tissue, 25.0).fractions["CD163 macrophage"].to_numpy(np.float32)
    mask = demo.masks["sim_excluded"]
    for number in (0, 500, 2500):
        row = int(rows[number])
        value = np.unique(layers[0].data[mask == demo.table["instance_id"].iloc[row]])
        np.testing.assert_array_equal(value, shares[number : number + 1])
    assert np.isnan(layers[0].data[mask == 0]).all()


def test_the_distance_of_t_cells_is_that_of_the_core(phenotypes: TissueView) -> None:
    result = work_out(prepare(phenotypes), MapRequest("distance", (), ROLES))

    tissue, rows = phenotypes.tissue()
    far = nearest(tissue, "Tumour", of="CD8 T cell").to_numpy(np.float32)
    assert result.values is not None
    np.testing.assert_array_equal(result.values[rows], far)
    assert result.unit == "µm"


@pytest.mark.parametrize("kind", ["fraction map", "density map"])
def test_a_map_lies_over_its_image(phenotypes: TissueView, sample: list[Any], kind: Any) -> None:
    layers = show(phenotypes, work_out(prepare(phenotypes), MapRequest(kind, ("Tumour",), ROLES)))

    for layer, source in zip(layers, sample, strict=True):
        y, x = np.unravel_index(np.nanargmax(layer.data), layer.data.shape)
        low = source.data_to_world((0, 0))
        high = source.data_to_world(source.data.shape)
        at = layer.data_to_world((y, x))
        assert (
            all(a <= b <= c for a, b, c in zip(low, at, high, strict=True))
            or np.nanmax(layer.data) == 0
        )


def test_what_a_map_rests_on_is_said_and_kept(phenotypes: TissueView) -> None:
    layers = show(
        phenotypes,
        work_out(prepare(phenotypes), MapRequest("fraction map", ("Tumour",), ROLES, 20.0)),
    )

    assert "kernel 20 µm (ours)" in phenotypes.status
    assert layers[0].metadata[MARK] == "map"
    assert "kernel=20 µm (ours)" in layers[0].metadata["thresholds"]


def test_points_get_values_in_their_own_places(viewer: Any, demo: Any) -> None:
    own = demo.table[demo.table["region"] == "sim_excluded"]
    adata = demo.to_anndata()[: len(own)].copy()
    layer = viewer.add_points(
        own[["y", "x"]].to_numpy(), metadata={"adata": adata}, name="p", size=8
    )
    view = classify_layers(viewer, [layer])
    view.scale_um = 1.0
    view.color_by("column:phenotype")

    result = work_out(prepare(view), MapRequest("fraction of neighbours", ("Tumour",), ROLES))
    made = show(view, result)[0]

    assert result.values is not None
    known = {
        tuple(place): value
        for place, value in zip(made.data.tolist(), made.features["value"], strict=True)
    }
    for number in (0, 700, 2000):
        expected = result.values[number]
        value = known[tuple(layer.data[number].tolist())]
        assert value == expected or (np.isnan(value) and np.isnan(expected))


def test_a_layer_deleted_during_the_work_is_said(
    phenotypes: TissueView, viewer: Any, sample: list[Any]
) -> None:
    result = work_out(prepare(phenotypes), MapRequest("fraction map", ("Tumour",), ROLES))
    viewer.layers.remove(sample[0])

    layers = show(phenotypes, result)

    assert len(layers) == 3
    assert phenotypes.status.endswith("1 of 4 images are no longer shown.")


def test_all_layers_deleted_during_the_work_drop_the_map(
    phenotypes: TissueView, viewer: Any
) -> None:
    result = work_out(prepare(phenotypes), MapRequest("exclusion map", (), ROLES))
    viewer.layers.clear()

    with pytest.raises(
        InputError, match="N122 The layer was deleted while 'macrophages less T cells' was made"
    ):
        show(phenotypes, result)
    assert len(viewer.layers) == 0


def test_a_kind_that_is_not_there_is_named(phenotypes: TissueView) -> None:
    with pytest.raises(TissueError, match="P105 There are no cells called 'B cell'"):
        work_out(prepare(phenotypes), MapRequest("fraction of neighbours", ("B cell",), ROLES))


def test_a_radius_must_be_a_length(phenotypes: TissueView) -> None:
    with pytest.raises(TissueError, match="P108"):
        work_out(
            prepare(phenotypes), MapRequest("fraction of neighbours", ("Tumour",), ROLES, -3.0)
        )


def test_roles_are_guessed_from_the_kinds_and_left_to_the_user(phenotypes: TissueView) -> None:
    assert guess_roles(kinds_of(phenotypes)) == ROLES
    phenotypes.color_by("quantity:dna")
    assert kinds_of(phenotypes) == ()
