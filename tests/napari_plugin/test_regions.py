"""Drawn regions: what pandas counts in the same polygon, whatever the scale and the shift of the
layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import InputError
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.regions import (
    compose,
    compose_text,
    drawn_rois,
    keep_regions,
    shapes_of,
)
from resistype.napari_plugin.view import TissueView
from resistype.stats import wilson

POLYGON = np.array(
    [[120.0, 90.0], [480.0, 150.0], [420.0, 500.0], [260.0, 380.0], [90.0, 430.0]]
)  # y, x


def slow_inside(x: float, y: float, corners: np.ndarray) -> bool:
    """Even-odd rule, a side at a time."""
    hit = False
    for (y1, x1), (y2, x2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            hit = not hit
    return hit


@pytest.fixture
def phenotypes(view: TissueView) -> TissueView:
    view.color_by("column:phenotype")
    return view


def counted(view: TissueView, demo: Any, corners: np.ndarray) -> pd.Series:
    """Phenotypes of the cells of the first image inside a polygon, by pandas."""
    xy = view.bounds[0].coordinates(view.table.n_obs)
    own = np.flatnonzero(demo.table["region"] == "sim_excluded")
    here = [row for row in own if slow_inside(*xy[row], corners)]
    return demo.table["phenotype"].iloc[here].value_counts()


def test_the_composition_is_what_pandas_counts_in_the_polygon(
    phenotypes: TissueView, viewer: Any, demo: Any
) -> None:
    shapes = viewer.add_shapes([POLYGON], shape_type="polygon", name="roi")
    rois = drawn_rois(phenotypes, shapes).rois["roi 1"]

    found = compose(phenotypes, rois).set_index(["group", "kind"])

    expected = counted(phenotypes, demo, POLYGON)
    assert {
        kind: found.loc[("roi 1", kind), "numerator"] for kind in expected.index
    } == expected.to_dict()
    total = int(expected.sum())
    for kind, n in expected.items():
        row = found.loc[("roi 1", kind)]
        low, high = wilson(np.array([n]), np.array([total]))
        assert (row["denominator"], row["proportion"]) == (total, pytest.approx(n / total))
        assert (row["low"], row["high"]) == (pytest.approx(low[0]), pytest.approx(high[0]))


def test_region_and_rest_are_the_whole_image(
    phenotypes: TissueView, viewer: Any, demo: Any
) -> None:
    shapes = viewer.add_shapes([POLYGON], shape_type="polygon", name="roi")

    found = compose(phenotypes, drawn_rois(phenotypes, shapes).rois["roi 1"])

    image = demo.table.loc[demo.table["region"] == "sim_excluded", "phenotype"].value_counts()
    assert (
        found.groupby("kind")["numerator"].sum().to_dict()
        == image[found["kind"].unique()].to_dict()
    )


def test_two_regions_beside_each_other(phenotypes: TissueView, viewer: Any) -> None:
    nest = np.array([[200.0, 200.0], [200.0, 400.0], [400.0, 400.0], [400.0, 200.0]])
    corner = np.array([[0.0, 0.0], [0.0, 120.0], [120.0, 120.0], [120.0, 0.0]])
    shapes = viewer.add_shapes(
        [nest, corner], shape_type="rectangle", features={"name": ["nest", "corner"]}
    )
    rois = drawn_rois(phenotypes, shapes).rois

    found = compose(phenotypes, rois["nest"], rois["corner"]).set_index(["group", "kind"])

    assert found.loc[("nest", "Tumour"), "proportion"] > 0.9
    assert found.loc[("corner", "Tumour"), "proportion"] == 0
    assert found.loc[("nest", "Tumour"), "difference_low"] > 0.8


def test_a_region_over_two_images_is_counted_by_image(phenotypes: TissueView, viewer: Any) -> None:
    wide = np.array([[100.0, 300.0], [100.0, 1000.0], [500.0, 1000.0], [500.0, 300.0]])
    shapes = viewer.add_shapes([wide], shape_type="rectangle", name="wide")
    rois = drawn_rois(phenotypes, shapes).rois["wide 1"]

    found = compose(phenotypes, rois, by_image=True)

    assert {roi.region for roi in rois} == {"sim_excluded", "sim_inflamed"}
    assert set(found["region"]) == {"sim_excluded", "sim_inflamed"}
    assert compose_text(found)[0][0].startswith("wide 1 · sim_")


def test_the_rest_of_an_image_that_was_not_drawn_on_is_not_counted(
    phenotypes: TissueView, viewer: Any, demo: Any
) -> None:
    shapes = viewer.add_shapes([POLYGON], shape_type="polygon", name="roi")

    found = compose(phenotypes, drawn_rois(phenotypes, shapes).rois["roi 1"])

    assert (
        found.groupby("group")["denominator"].first().sum()
        == (demo.table["region"] == "sim_excluded").sum()
    )


def test_scale_shift_and_turn_of_both_layers_count(viewer: Any, demo: Any) -> None:
    adata = demo.to_anndata()
    place = {"scale": (0.5, 0.5), "translate": (30, -20), "rotate": 25}
    layer = viewer.add_labels(
        demo.masks["sim_excluded"],
        metadata={"adata": adata, "region": "sim_excluded"},
        name="m",
        **place,
    )
    view = classify_layers(viewer, [layer])
    view.scale_um = 1.0
    view.color_by("column:phenotype")
    world = np.array([layer.data_to_world(corner) for corner in POLYGON])
    shapes = viewer.add_shapes(
        [world * 2 - 7], shape_type="polygon", name="roi", scale=(0.5, 0.5), translate=(3.5, 3.5)
    )

    found = compose(view, drawn_rois(view, shapes).rois["roi 1"]).set_index(["group", "kind"])[
        "numerator"
    ]

    expected = counted(view, demo, POLYGON)
    assert {kind: found["roi 1", kind] for kind in expected.index} == expected.to_dict()


def test_an_ellipse_holds_what_lies_in_it(phenotypes: TissueView, viewer: Any, demo: Any) -> None:
    box = np.array([[100.0, 150.0], [100.0, 450.0], [500.0, 450.0], [500.0, 150.0]])
    shapes = viewer.add_shapes([box], shape_type="ellipse", name="oval")

    found = compose(phenotypes, drawn_rois(phenotypes, shapes).rois["oval 1"])

    xy = phenotypes.bounds[0].coordinates(phenotypes.table.n_obs)[
        demo.table["region"] == "sim_excluded"
    ]
    exact = ((xy[:, 1] - 300) / 200) ** 2 + ((xy[:, 0] - 300) / 150) ** 2 <= 1
    assert found.loc[found["group"] == "oval 1", "denominator"].iloc[0] == pytest.approx(
        exact.sum(), rel=0.01
    )


def test_a_region_is_kept_in_the_session_and_replaced_when_moved(
    phenotypes: TissueView, viewer: Any
) -> None:
    shapes = viewer.add_shapes([POLYGON], shape_type="polygon", name="roi")
    keep_regions(phenotypes, drawn_rois(phenotypes, shapes))
    keep_regions(phenotypes, drawn_rois(phenotypes, shapes))
    assert [one.name for one in phenotypes.session.state.regions] == ["roi 1"]

    shapes.data = [POLYGON + 10]
    keep_regions(phenotypes, drawn_rois(phenotypes, shapes))

    assert phenotypes.session.state.regions[0].corners[0] == (100.0, 130.0)
    phenotypes.session.select_region("roi 1")
    assert len(phenotypes.session.selection) > 100


def test_shapes_without_an_inside_are_named(phenotypes: TissueView, viewer: Any) -> None:
    line = np.array([[0.0, 0.0], [50.0, 50.0]])
    far = np.array([[9000.0, 9000.0], [9000.0, 9100.0], [9100.0, 9100.0]])
    shapes = viewer.add_shapes(
        [POLYGON, line, far], shape_type=["polygon", "line", "polygon"], name="roi"
    )

    drawn = drawn_rois(phenotypes, shapes)

    assert list(drawn.rois) == ["roi 1"]
    assert drawn.left_out == (
        "roi 2: a line has no inside",
        "roi 3: no cell of an image that is shown lies in it",
    )


def test_only_some_shapes_can_be_taken(phenotypes: TissueView, viewer: Any) -> None:
    shapes = viewer.add_shapes(
        [POLYGON, POLYGON + 5], shape_type="polygon", features={"name": ["a", "a"]}
    )

    assert list(drawn_rois(phenotypes, shapes, only=[1]).rois) == ["a (2)"]


def test_nothing_drawn_says_what_to_draw(phenotypes: TissueView, viewer: Any) -> None:
    with pytest.raises(InputError, match="N130 There is no Shapes layer: add one"):
        shapes_of(viewer)

    shapes = viewer.add_shapes(name="roi")
    with pytest.raises(InputError, match=r"N130 'roi' holds no region over cells \(it is empty\)"):
        drawn_rois(phenotypes, shapes)


def test_the_selected_shapes_are_meant(viewer: Any) -> None:
    first, last = (
        viewer.add_shapes([POLYGON], shape_type="polygon", name=name) for name in ("a", "b")
    )

    assert shapes_of(viewer) is last
    viewer.layers.selection = {first}
    assert shapes_of(viewer) is first


def test_regions_that_share_cells_are_refused(phenotypes: TissueView, viewer: Any) -> None:
    shapes = viewer.add_shapes([POLYGON, POLYGON + 5], shape_type="polygon", name="roi")
    rois = drawn_rois(phenotypes, shapes).rois

    with pytest.raises(InputError, match="P114 ROI 'roi 1' and 'roi 2' share"):
        compose(phenotypes, rois["roi 1"], rois["roi 2"])


def test_a_small_region_has_counts_and_a_reason(phenotypes: TissueView, viewer: Any) -> None:
    tiny = np.array([[300.0, 300.0], [300.0, 340.0], [340.0, 340.0], [340.0, 300.0]])
    shapes = viewer.add_shapes([tiny], shape_type="rectangle", name="tiny")

    lines = compose_text(compose(phenotypes, drawn_rois(phenotypes, shapes).rois["tiny 1"]))

    group, _, n, share = lines[0]
    assert group == "tiny 1"
    assert " of " in n
    assert "cells" in share
