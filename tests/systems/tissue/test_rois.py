"""Cells in polygons against a cast ray, depth against the distance to every line, and polygons
that are none.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import TissueError, TissueWarning
from resistype.systems.tissue import Roi, border_depth, in_roi, infiltration
from tests.strategies import cells_with_places, polygons
from tests.systems.tissue.made import Row, cast, in_polygon, outline_distance, tissue

BOX = Roi("box", [[0, 0], [0, 10], [10, 10], [10, 0]], "first")
Corners = list[tuple[int, int]]


def crosses(corners: Corners) -> bool:
    """Whether two lines of a polygon meet anywhere but at a shared corner."""
    import shapely

    return not shapely.Polygon(corners).is_valid


@given(cells_with_places(side=20), polygons())
@settings(max_examples=150)
def test_cells_in_a_polygon(rows: list[Row], corners: Corners) -> None:
    roi = Roi("drawn", corners, "first", axes="xy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TissueWarning)
        found = in_roi(tissue([("first", 99, 0, 0, "tumour"), *rows]), roi)[1:]
    for inside, (region, _, x, y, _) in zip(found, rows, strict=True):
        if region != "first":
            assert not inside
        elif outline_distance((x, y), corners) > 1e-9:
            assert inside == cast((x, y), corners)
        elif not crosses(corners):
            assert inside


@given(polygons())
def test_the_unit_of_a_polygon_is_that_of_the_coordinates(corners: Corners) -> None:
    rows = [
        ("first", 1 + 21 * x + y, x, y, "tumour") for x in range(0, 21, 4) for y in range(0, 21, 4)
    ]
    roi = Roi("drawn", corners, axes="xy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TissueWarning)

        assert (in_roi(tissue(rows), roi) == in_roi(tissue(rows, scale_um=0.37), roi)).all()


def test_vertices_of_napari_are_yx() -> None:
    rows = [("first", 1, 15, 5, "tumour"), ("first", 2, 5, 15, "tumour")]
    wide = [[0, 0], [0, 20], [10, 20], [10, 0]]  # y to 10, x to 20

    assert in_roi(tissue(rows), Roi("a", wide)).tolist() == [True, False]
    assert in_roi(tissue(rows), Roi("a", wide, axes="xy")).tolist() == [False, True]


def test_a_polygon_lies_over_one_image() -> None:
    made = tissue([("first", 1, 5, 5, "tumour"), ("second", 1, 5, 5, "tumour")])

    assert in_roi(made, BOX).tolist() == [True, False]
    assert in_roi(made, [BOX, Roi("other", BOX.vertices, "second")]).tolist() == [True, True]
    with pytest.raises(TissueError) as caught:
        in_roi(made, Roi("A", BOX.vertices))
    assert str(caught.value) == "P110 ROI 'A' names no region and there are 2; name its image."
    with pytest.raises(
        TissueError, match=r"^P110 There is no region 'third'; the regions are: first, second\."
    ):
        in_roi(made, Roi("A", BOX.vertices, "third"))


def test_a_polygon_that_crosses_itself_is_even_odd_and_says_so() -> None:
    bow = Roi("bow", [[0, 0], [10, 10], [10, 0], [0, 10]])
    rows = [("first", 1, 2, 5, "tumour"), ("first", 2, 5, 2, "tumour")]

    with pytest.warns(
        TissueWarning, match=r"^W501 ROI 'bow' crosses itself; what an even number of its lines"
    ):
        assert in_roi(tissue(rows), bow).tolist() == [False, True]


NOT_POLYGONS = {
    "two corners": (
        [[0, 0], [5, 5]],
        "has vertices of shape (2, 2); a polygon has at least 3 different (y, x).",
    ),
    "the same corner": (
        [[1, 1]] * 4,
        "has vertices of shape (4, 2); a polygon has at least 3 different (y, x).",
    ),
    "three coordinates": (
        [[0, 0, 0]] * 4,
        "has vertices of shape (4, 3); a polygon has at least 3 different (y, x).",
    ),
    "text": (
        [["a", "b"]] * 3,
        "has vertices of shape (0, 0); a polygon has at least 3 different (y, x).",
    ),
    "a hole in the numbers": (
        [[0, 0], [np.nan, 5], [5, 0]],
        "has vertices that are missing or infinite, or axes 'yx'.",
    ),
    "a line": ([[0, 0], [5, 5], [9, 9]], "encloses nothing; its corners lie on one line."),
}


@pytest.mark.parametrize(("vertices", "said"), NOT_POLYGONS.values(), ids=NOT_POLYGONS.keys())
def test_what_is_no_polygon(vertices: list[list[float]], said: str) -> None:
    with pytest.raises(TissueError) as caught:
        Roi("A", vertices)

    assert str(caught.value) == f"P109 ROI 'A' {said}"


@given(cells_with_places(side=20), polygons(), st.sampled_from([0.5, 1.0, 3.0]))
@settings(max_examples=80)
def test_depth_behind_an_outline(rows: list[Row], corners: Corners, scale: float) -> None:
    if crosses(corners):
        return
    found = border_depth(tissue(rows, scale_um=scale), [Roi("o", corners, rows[0][0], axes="xy")])
    for depth, (region, _, x, y, _) in zip(found, rows, strict=True):
        if region != rows[0][0]:
            assert np.isnan(depth)
            continue
        away = outline_distance((x, y), corners) * scale
        assert depth == pytest.approx(away if in_polygon((x, y), corners) else -away, abs=1e-9)


def test_two_outlines_of_one_image_are_taken_together() -> None:
    apart = [BOX, Roi("far", [[100, 100], [100, 120], [120, 120], [120, 100]], "first")]
    rows = [
        ("first", 1, 5, 5, "T cell"),
        ("first", 2, 110, 110, "T cell"),
        ("first", 3, 50, 5, "T cell"),
    ]

    assert border_depth(tissue(rows), apart).tolist() == [5.0, 10.0, -40.0]


def test_infiltration_of_a_disc() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    disc = Roi("disc", np.column_stack([50 + 40 * np.sin(angle), 50 + 40 * np.cos(angle)]), "first")
    rows = [
        ("first", 1, 50, 50, "T cell"),
        ("first", 2, 80, 50, "T cell"),
        ("first", 3, 50, 95, "T cell"),
    ]
    rows.append(("first", 4, 50, 60, "tumour"))
    found = infiltration(tissue(rows, scale_um=2.0), [disc], of="T cell").loc["first"]

    assert (found["n"], found["n_beyond"]) == (2, 1)
    assert found["deepest_um"] == pytest.approx(80.0, rel=1e-2)
    assert found["depth_um"] == pytest.approx((80.0 + 20.0) / 2, rel=1e-2)
    assert found["relative"] == pytest.approx(50.0 / 80.0, rel=1e-2)


def test_infiltration_without_cells_within() -> None:
    found = infiltration(tissue([("first", 1, 90, 90, "T cell")]), [BOX])

    assert found["n"].tolist() == [0]
    assert pd.isna(found["relative"]).all()


def test_a_cell_on_the_line_is_in_and_two_polygons_of_one_image_add_up() -> None:
    rows = [("first", n, x, 5, "T cell") for n, x in enumerate((0, 10, 11, 30), start=1)]
    far = Roi("far", [[0, 25], [0, 35], [10, 35], [10, 25]], "first")

    assert in_roi(tissue(rows), BOX).tolist() == [True, True, False, False]
    assert in_roi(tissue(rows), [BOX, far]).tolist() == [True, True, False, True]
    assert in_roi(tissue(rows), [far, BOX]).tolist() == [True, True, False, True]
