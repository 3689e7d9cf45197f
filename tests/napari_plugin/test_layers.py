"""Layers without a window: every id in its colour, points in an order that keeps classes on top,
every misfit named.
"""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
import pandas as pd
import pytest

from resistype.errors import InputError
from resistype.napari_plugin.callbacks import placement, scale_of
from resistype.napari_plugin.cells import table_of
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.layers import MARK, bind
from resistype.napari_plugin.paint import Classes, rgba
from resistype.napari_plugin.view import TissueView
from tests.napari_plugin.conftest import labels, points, small_table, squares


def shown(view: TissueView, at: int = 0, kind: str = "classes") -> Any:
    return view.bounds[at].shown[kind]


def colour_of(layer: Any, place: tuple[int, int]) -> np.ndarray:
    """Colour that a display layer of classes gives a pixel."""
    return np.asarray(layer.get_color(int(layer.data[place])))


def test_every_label_has_the_colour_of_its_call(view: TissueView, demo: Any) -> None:
    drawn = view.drawn
    assert isinstance(drawn, Classes)
    colors = {one.name: rgba(one.color) for one in drawn.categories}
    calls = view.session.to_frame()["cell"].astype(str)
    rng = np.random.default_rng(0)
    for at, (name, mask) in enumerate(demo.masks.items()):
        own = demo.table[demo.table["region"] == name]
        for number in rng.choice(len(own), 50, replace=False):
            y, x = (int(one[0]) for one in np.nonzero(mask == own["instance_id"].iloc[number]))
            call = calls[f"{name}_{own['instance_id'].iloc[number]}"]
            np.testing.assert_allclose(colour_of(shown(view, at), (y, x)), colors[call], atol=1e-6)


def test_the_raster_counts_what_the_table_counts(view: TissueView, demo: Any) -> None:
    view.color_by("column:phenotype")
    drawn = view.drawn
    assert isinstance(drawn, Classes)
    for at, (name, mask) in enumerate(demo.masks.items()):
        ids, first = np.unique(mask, return_index=True)
        codes = shown(view, at).data.ravel()[first[ids > 0]] - 2
        found = pd.Series([drawn.categories[code].name for code in codes]).value_counts().to_dict()
        assert (
            found
            == demo.table.loc[demo.table["region"] == name, "phenotype"]
            .value_counts()
            .pipe(lambda one: one[one > 0])
            .to_dict()
        )


def test_background_is_clear_and_the_layer_is_opaque(view: TissueView) -> None:
    layer = shown(view)

    assert layer.opacity == 1.0
    assert np.asarray(layer.get_color(0))[3] == 0 if layer.get_color(0) is not None else True


def test_the_users_layer_is_hidden_and_not_changed(
    view: TissueView, sample: list[Any], demo: Any
) -> None:
    view.color_by("column:phenotype")
    view.session.move_threshold("tumour", "cut", 0.9)

    for layer, (name, mask) in zip(sample, demo.masks.items(), strict=True):
        assert not layer.visible
        assert layer.data is mask
        assert layer.metadata["region"] == name
        assert layer.features.empty


def test_a_quantity_becomes_an_image_of_values(view: TissueView, demo: Any) -> None:
    view.color_by("quantity:cd163_macrophage_score")
    image = shown(view, kind="values")
    scores = view.session.data.columns["cd163_macrophage_score"]

    mask = demo.masks["sim_excluded"]
    for number in (1, 100, 2000):
        assert np.unique(image.data[mask == number]).tolist() == [scores[number - 1]]
    assert np.isnan(image.data[mask == 0]).all()
    assert not shown(view).visible


def test_a_recolour_keeps_the_layer(view: TissueView) -> None:
    before = shown(view)

    view.color_by("column:phenotype")
    view.color_by("quantity:dna")
    view.color_by("axis:cell")

    assert shown(view) is before
    assert before.visible


def test_display_layers_lie_where_the_cells_lie(view: TissueView, sample: list[Any]) -> None:
    for at, source in enumerate(sample):
        layer = shown(view, at)
        np.testing.assert_array_equal(layer.translate, source.translate)
        np.testing.assert_array_equal(layer.scale, source.scale)


@pytest.fixture
def dots(viewer: Any) -> Any:
    """Five points: two of a class, two unassigned, one without a value."""
    values = pd.DataFrame(
        {
            "CD163": [0.9, 0.05, 0.9, 0.05, np.nan],
            "panCK": [0.1, 0.1, 0.1, 0.1, np.nan],
            "kind": list("abcab"),
        }
    )
    data = [[0, 0], [0, 5], [5, 0], [5, 5], [9, 9]]
    return viewer.add_points(data, features=values, size=3, name="dots")


def test_points_are_drawn_faint_first_and_each_in_its_colour(viewer: Any, dots: Any) -> None:
    view = classify_layers(viewer, [dots])
    drawn, layer, order = view.drawn, shown(view), view.bounds[0].order
    assert isinstance(drawn, Classes)
    assert order is not None

    faint = drawn.faint[drawn.codes][order]
    assert faint.tolist() == sorted(faint.tolist(), reverse=True)
    np.testing.assert_array_equal(layer.data, dots.data[order])
    for place, row in enumerate(order):
        expected = np.array(rgba(drawn.categories[drawn.codes[row]].color))
        expected[3] = 0.12 if drawn.faint[drawn.codes[row]] else 1.0
        np.testing.assert_allclose(layer.face_color[place], expected, atol=1e-6)


def test_points_keep_their_colours_when_the_order_changes(viewer: Any, dots: Any) -> None:
    view = classify_layers(viewer, [dots])
    before = view.bounds[0].order

    view.session.move_threshold("cd163_macrophage", "cut", 0.01)

    order, drawn, layer = view.bounds[0].order, view.drawn, shown(view)
    assert isinstance(drawn, Classes)
    assert before is not None
    assert order is not None
    assert not np.array_equal(before, order)
    np.testing.assert_array_equal(layer.data, dots.data[order])
    np.testing.assert_allclose(
        layer.face_color[:, :3], drawn.colors()[drawn.codes[order], :3], atol=1e-6
    )


def test_colours_in_order_of_appearance_would_be_found(viewer: Any, dots: Any) -> None:
    """What `face_color_cycle` with a list does: the first class seen gets the first colour. Ours
    is not that.
    """
    view = classify_layers(viewer, [dots])
    view.color_by("column:kind")
    drawn, order = view.drawn, view.bounds[0].order
    assert isinstance(drawn, Classes)
    seen = list(dict.fromkeys(drawn.codes[::-1].tolist()))
    wrong = {code: drawn.categories[at].color for at, code in enumerate(seen)}
    assert order is not None

    ours = [tuple(one) for one in shown(view).face_color[:, :3].round(4).tolist()]
    theirs = [tuple(np.round(rgba(wrong[code])[:3], 4).tolist()) for code in drawn.codes[order]]
    assert ours != theirs


def test_points_with_ids_are_joined_by_id_and_not_by_place(viewer: Any) -> None:
    adata = small_table([30, 10, 20])
    layer = viewer.add_points(
        [[0, 0], [1, 1], [2, 2]], metadata={"adata": adata, "indices": [10, 20, 99]}
    )

    view = classify_layers(viewer, [layer])

    assert view.bounds[0].rows.tolist() == [1, 2, -1]
    assert (view.bounds[0].match.layer_only, view.bounds[0].match.table_only) == (1, 1)
    assert shown(view).face_color.shape == (3, 4)


def test_string_ids_of_points_meet_string_ids(viewer: Any) -> None:
    layer = viewer.add_points(
        [[0, 0], [1, 1]], metadata={"adata": small_table(["b", "a"]), "indices": ["a", "b"]}
    )

    assert classify_layers(viewer, [layer]).bounds[0].rows.tolist() == [1, 0]


def test_integer_labels_meet_ids_that_are_text_of_numbers(viewer: Any) -> None:
    layer = viewer.add_labels(squares([7, 8]), metadata={"adata": small_table(["8", "7"])})

    raster = classify_layers(viewer, [layer]).bounds[0].raster

    assert raster is not None
    assert raster.levels[0][0, [0, 4]].tolist() == [3, 2]


def test_labels_without_a_row_are_grey_and_counted(viewer: Any) -> None:
    layer = viewer.add_labels(squares([1, 2, 3]), metadata={"adata": small_table([1, 2, 50, 51])})

    view = classify_layers(viewer, [layer])

    assert (
        view.status
        == "Labels: 2 cells with their row of the table (by cell_id); 1 of 3 in the layer have no"
        " row, 2 of 4 rows have no cell in the layer. Left out, under half of their markers are"
        " here: cd8_t_cell: CD3, CD8."
    )
    np.testing.assert_allclose(colour_of(shown(view), (0, 8)), rgba("#5A5A5A"), atol=1e-6)
    assert view.legend()[-1].n == 1


def test_repeated_ids_across_images_get_each_their_own_row(viewer: Any) -> None:
    adata = small_table([1, 2, 1, 2], region=["a", "a", "b", "b"])
    layers = [
        viewer.add_labels(squares([1, 2]), name=name, metadata={"adata": adata})
        for name in ("b", "a")
    ]

    view = classify_layers(viewer, layers)

    levels = [
        one.raster.levels[0][0, [0, 4]].tolist() for one in view.bounds if one.raster is not None
    ]
    assert levels == [[4, 5], [2, 3]]
    assert view.session.data.n_obs == 4


def test_tables_of_several_layers_have_rows_of_their_own(viewer: Any) -> None:
    layers = [
        viewer.add_labels(squares([1, 2]), name=n, metadata={"adata": small_table([1, 2])})
        for n in ("a", "b")
    ]

    view = classify_layers(viewer, layers)

    levels = [
        one.raster.levels[0][0, [0, 4]].tolist() for one in view.bounds if one.raster is not None
    ]
    assert levels == [[2, 3], [4, 5]]


def test_a_pyramid_is_drawn_at_every_level(viewer: Any) -> None:
    fine = np.kron(np.array([[1, 2]]), np.ones((8, 8), dtype=int))
    layer = viewer.add_labels(
        [fine, fine[::2, ::2]], multiscale=True, metadata={"adata": small_table([1, 2])}
    )

    view = classify_layers(viewer, [layer])
    view.color_by("quantity:panck")
    view.color_by("axis:cell")

    assert shown(view).multiscale
    assert [one.shape for one in shown(view).data] == [(8, 16), (4, 8)]


def test_a_click_on_points_is_answered_through_the_order_of_drawing(viewer: Any, dots: Any) -> None:
    view = classify_layers(viewer, [dots])

    rows = [view.click(place) for place in dots.data]

    assert rows == [0, 1, 2, 3, 4]
    assert view.click((100, 100)) == -1
    assert len(view.session.selection) == 0


def test_a_click_on_labels_counts_the_shift_of_the_layer(viewer: Any) -> None:
    layer = viewer.add_labels(
        squares([1, 2]), metadata={"adata": small_table([1, 2])}, translate=(100, 100), scale=(2, 2)
    )
    view = classify_layers(viewer, [layer])

    assert view.click((102, 102)) == 0
    assert view.click((102, 110)) == 1
    assert view.click((2, 2)) == -1


def test_coordinates_of_points_are_x_then_y() -> None:
    layer = points([[1, 10], [2, 20]], metadata={"adata": small_table([1, 2])})

    assert bind(layer, table_of(layer)).coordinates(2).tolist() == [[10, 1], [20, 2]]


SCALES = [
    ({}, None),
    ({"scale": (0.5, 0.5)}, None),
    ({"scale": (0.5, 0.5), "units": ("um", "um")}, 0.5),
    ({"scale": (500, 500), "units": ("nm", "nm")}, 0.5),
    ({"scale": (0.001, 0.001), "units": ("mm", "mm")}, 1.0),
]


@pytest.mark.parametrize(("options", "scale"), SCALES)
def test_a_scale_is_taken_from_units_and_never_guessed(
    options: dict[str, Any], scale: float | None
) -> None:
    assert scale_of(labels(squares([1]), **options)) == pytest.approx(scale)


def test_pixels_that_are_not_square_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"N107 Pixels of 'm' are 1 × 2 µm; square ones are needed"
    ):
        scale_of(labels(squares([1]), name="m", scale=(1, 2), units=("um", "um")))


def _image() -> Any:
    return napari.layers.Image(np.zeros((4, 4)), name="im", metadata={"adata": small_table([1])})


def _no_ids() -> Any:
    return labels(squares([1]), name="mask", metadata={"adata": small_table(["x"], column="who")})


def _other_length() -> Any:
    return points([[0, 0], [1, 1]], name="p", metadata={"adata": small_table([1, 2, 3])})


BAD = {
    "an image": (_image, "N108 'im' is a layer of Image; Points or Labels are needed."),
    "labels without ids": (
        _no_ids,
        "N105 Nothing in the table of 'mask' says which label a row belongs to.",
    ),
    "points of another number": (
        _other_length,
        "N105 'p' has 2 points and its table 3 rows, and no ids",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_a_layer_that_does_not_fit_says_why(make: Any, message: str) -> None:
    layer = make()
    with pytest.raises(InputError) as caught:
        bind(layer, table_of(layer))

    assert str(caught.value).startswith(message)


def test_our_layers_are_marked_and_never_classified(viewer: Any, view: TissueView) -> None:
    assert all(MARK in one.metadata for one in view.bounds[0].layers)

    with pytest.raises(InputError, match="N100 Select the Points or Labels layer with your cells"):
        classify_layers(viewer, view.bounds[0].layers)


def test_placement_is_all_that_lays_a_layer_over_another() -> None:
    source = labels(squares([1]), scale=(2, 3), translate=(4, 5), rotate=30)

    other = labels(squares([1]), **placement(source))

    np.testing.assert_allclose(other.data_to_world((1, 2)), source.data_to_world((1, 2)))
