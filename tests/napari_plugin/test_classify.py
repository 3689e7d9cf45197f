"""How cells are called from a layer: by sets in a line or by a scheme; what the panel says of
thresholds and cells.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel

import resistype as rt
from resistype.errors import InputError, ResistypeWarning, SchemeError
from resistype.napari_plugin import panels
from resistype.napari_plugin.classify import Calling, classify_layers, tissue_material, view_of
from resistype.napari_plugin.marker_sets import DEFAULT_SETS, MarkerSet
from resistype.napari_plugin.view import TissueView
from tests.napari_plugin.conftest import labels, points, small_table, squares

LINES = {
    "sets": ("m2: CD163, CD206", Calling((MarkerSet("m2", "m2 markers", ("CD163", "CD206")),))),
    "known set": ("tumour: PANCK", Calling(DEFAULT_SETS[:1])),
    "scheme": (" scheme acquired_resistance ", Calling(scheme="acquired_resistance")),
}


@pytest.mark.parametrize(("line", "calling"), LINES.values(), ids=LINES.keys())
def test_a_line_says_how_cells_are_called(line: str, calling: Calling) -> None:
    assert Calling.read(line) == calling


def test_a_line_that_is_neither_is_refused() -> None:
    with pytest.raises(InputError, match="N111"):
        Calling.read("scheme")


@pytest.fixture(scope="module")
def spots() -> Any:
    """The simulated cohort as spots of a transcriptome, in a grid."""
    demo = rt.datasets.demo()
    n = len(demo.expression)
    adata = ad.AnnData(
        demo.expression.to_numpy(np.float32), pd.DataFrame(index=demo.expression.index)
    )
    adata.var_names = demo.expression.columns
    grid = [(at // 8, at % 8) for at in range(n)]
    return points(grid, name="spots", metadata={"adata": adata})


def test_a_transcriptome_is_called_by_a_scheme(viewer: Any, spots: Any) -> None:
    viewer.add_layer(spots)

    view = classify_layers(viewer, [spots], calling=Calling(scheme="acquired_resistance"))

    expected = view.session.data.calls
    assert expected is not None
    assert view.session.data.n_obs == len(spots.data)
    assert view.color == "axis:ifng"
    shown = view.session.to_frame()["ifng"].astype(str)
    assert shown.tolist() == expected.to_frame()["ifng"].astype(str).tolist()


def test_a_transcriptome_without_a_scheme_says_what_to_do(spots: Any) -> None:
    with pytest.raises(
        InputError, match="N112 The table has no markers, or too many for a panel: choose a scheme"
    ):
        tissue_material([spots])


def test_an_unknown_scheme_lists_those_there_are(spots: Any) -> None:
    with pytest.raises(SchemeError, match="S101 There is no scheme 'nope'"):
        tissue_material([spots], calling=Calling(scheme="nope"))


def test_a_scheme_needs_one_anndata() -> None:
    features = pd.DataFrame({"label": [1], "CD163": [0.1]})
    with pytest.raises(InputError, match="N109 A scheme needs the expression of genes"):
        tissue_material(
            [labels(squares([1]), features=features)], calling=Calling(scheme="acquired_resistance")
        )


def test_the_same_layers_give_the_same_material(view: TissueView, sample: list[Any]) -> None:
    assert tissue_material(sample).digest() == view.session.data.digest()


def test_other_sets_give_another_material(view: TissueView, sample: list[Any]) -> None:
    other = tissue_material(sample, calling=Calling(DEFAULT_SETS[:1]))

    assert [axis.id for axis in other.scheme.axes] == ["tumour", "cell"]
    assert other.digest() != view.session.data.digest()


def test_every_image_has_places_of_its_own(view: TissueView, demo: Any) -> None:
    places = view.session.data.embeddings

    assert list(places) == [f"tissue {name}" for name in demo.masks]
    for name, xy in places.items():
        known = ~np.isnan(xy).any(axis=1)
        assert (demo.table["region"][known] == name.removeprefix("tissue ")).all()


def test_text_and_whole_numbers_of_the_table_can_colour(viewer: Any) -> None:
    adata = small_table([1, 2, 3, 4])
    adata.obs["batch"], adata.obs["who"], adata.obs["size"] = (
        [1, 1, 2, 2],
        list("abab"),
        [0.5, 1.5, 2.5, 3.5],
    )

    view = classify_layers(
        viewer, [viewer.add_labels(squares([1, 2, 3, 4]), metadata={"adata": adata})]
    )

    assert {"column:batch", "column:who", "quantity:size", "quantity:pancK".lower()} <= set(
        view.color_choices
    )


def test_the_panel_counts_what_is_above_a_threshold(view: TissueView) -> None:
    shown = panels.histogram(view.session, "tumour", "cut")

    scores = view.session.data.columns["tumour_score"]
    assert shown.n_above == view.session.counts("tumour")["positive"]
    assert shown.counts.sum() == shown.n_known == len(scores)
    assert shown.edges[0] <= shown.value <= shown.edges[-1]


def test_a_threshold_beyond_the_values_is_still_on_the_histogram(view: TissueView) -> None:
    view.session.move_threshold("tumour", "cut", 3.0)

    shown = panels.histogram(view.session, "tumour", "cut")

    assert (shown.n_above, shown.place(3.0), shown.place(-9.0)) == (0, 1.0, 0.0)
    assert shown.default < 1


def test_the_words_of_a_threshold_say_whose_it_is_and_where_it_holds(view: TissueView) -> None:
    before = panels.threshold_text(view.session, "tumour", "cut")
    view.session.move_threshold("tumour", "cut", 0.9)
    after = panels.threshold_text(view.session, "tumour", "cut")

    assert ", in all images. ours: Otsu's split" in before
    assert "moved from" not in before
    assert "at or above 0.9, moved from 0." in after


def test_evidence_has_a_line_for_every_axis(view: TissueView) -> None:
    assert panels.evidence_lines(view) == []

    view.session.select([5])
    lines = panels.evidence_lines(view)

    assert [line[0] for line in lines] == ["cell", "tumour", "cd8_t_cell", "cd163_macrophage"]
    calls = view.session.to_frame().iloc[5]
    assert [line[1] for line in lines] == [str(calls[line[0]]) for line in lines]
    score, cut, distance = (float(lines[1][at].split()[-2 if at == 4 else 0]) for at in (3, 4, 5))
    assert distance == pytest.approx(score - cut, abs=2e-3)


def test_a_histogram_of_nothing_has_a_range(viewer: Any) -> None:
    adata = small_table([1, 2])
    adata.X[:, 1] = np.nan

    view = classify_layers(viewer, [viewer.add_labels(squares([1, 2]), metadata={"adata": adata})])

    shown = panels.histogram(view.session, "cd163_macrophage", "cut")
    assert (shown.n_known, shown.counts.sum()) == (0, 0)
    assert shown.edges[0] < shown.edges[-1]


def test_calling_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Calling().scheme = "x"  # type: ignore[misc]


def called(viewer: ViewerModel, **columns: Any) -> TissueView:
    table = pd.DataFrame({"panCK": [0.9, 0.1, 0.9, 0.1], "CD163": [0.1, 0.9, 0.1, 0.9]} | columns)
    return classify_layers(
        viewer, [viewer.add_points(np.arange(8.0).reshape(4, 2), features=table)]
    )


def test_a_category_that_no_cell_has_is_no_obstacle() -> None:
    viewer = ViewerModel()
    kind = pd.Categorical(["a", "b", "a", "b"], categories=["b", "a", "unused"])
    view = called(viewer, kind=kind)
    view.color_by("column:kind")

    assert [(row.name, row.n) for row in view.legend()] == [("a", 2), ("b", 2)]


@pytest.mark.parametrize("kind", ["int64", "uint16", "Int64"])
def test_a_marker_of_whole_numbers_is_a_marker(kind: str) -> None:
    values = {"panCK": [900.5, 10.5, 900.5, 10.5], "CD163": [10, 900, 10, 900]}
    wanted = called(
        ViewerModel(), **values | {"CD163": [10.0, 900.0, 10.0, 900.0]}
    ).session.to_frame()["cell"]
    found = called(
        ViewerModel(),
        **values | {"CD163": pd.array(values["CD163"], dtype=kind), "cluster": [0, 1, 2, 90]},
    )

    assert found.session.to_frame()["cell"].tolist() == wanted.tolist()
    assert found.session.to_frame()["cell"].tolist()[:2] == ["tumour", "cd163_macrophage"]


def test_points_that_were_deleted_are_said_and_not_drawn_over() -> None:
    viewer = ViewerModel()
    view = called(viewer)
    layer = viewer.layers[0]
    layer.selected_data = {0}
    layer.remove_selected()
    view.color_by("axis:tumour")

    assert view.status.startswith("'Points' has 3 points and had 4 when it was classified")
    assert len(view.bounds[0].shown["classes"].data) == 4
    with pytest.raises(InputError, match="N122"):
        view.tissue()
    classify_layers(viewer, [layer])

    assert view_of(viewer) is not view


def test_what_fails_behind_the_view_is_its_status() -> None:
    viewer = ViewerModel()
    view = called(viewer)

    def broken(_news: object) -> None:
        raise RuntimeError("no picture")

    view.session.events.calls.connect(broken)
    view.changed.connect(broken)
    with pytest.warns(ResistypeWarning, match="V120"):
        view.session.move_threshold("tumour", "cut", 0.95)

    assert view.status.endswith("RuntimeError: no picture")
