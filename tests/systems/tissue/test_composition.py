"""What a drawn region holds, against pandas on the same polygon."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from resistype.errors import TissueError, TissueWarning
from resistype.stats import wilson
from resistype.systems.tissue import Roi, roi_composition, roi_difference
from tests.strategies import CELL_KINDS, cells_with_places, polygons
from tests.systems.tissue.made import Row, block, frame, in_polygon, tissue
from tests.systems.tissue.test_rois import crosses

LEFT = Roi("left", [[-5, -5], [-5, 95], [500, 95], [500, -5]], "first")
RIGHT = Roi("right", [[-5, 96], [-5, 500], [500, 500], [500, 96]], "first")
ROWS = block("tumour", x=range(10), y=range(12)) + block(
    "T cell", x=range(10, 20), y=range(12), first=1000
)
ROWS = [(*row[:4], "macrophage") if row[1] % 5 == 0 else row for row in ROWS]


@given(cells_with_places(side=20), polygons(simple=True), st.booleans())
@settings(max_examples=80)
def test_counts_are_those_of_pandas(
    rows: list[Row], corners: list[tuple[int, int]], by_region: bool
) -> None:
    assume(not crosses(corners))
    rows = [*rows, ("first", 998, *corners[0], "tumour"), ("first", 999, 99, 99, "T cell")]
    table = frame(rows)
    inside = [region == "first" and in_polygon((x, y), corners) for region, _, x, y, _ in rows]
    table["group"] = np.where(inside, "A", np.where(table["region"] == "first", "rest", ""))
    keys = ["group", "region"] if by_region else ["group"]
    expected = table[table["group"] != ""].groupby([*keys, "kind"], observed=True).size()
    found = roi_composition(
        tissue(rows), Roi("A", corners, "first", axes="xy"), by_region=by_region, min_cells=1
    )

    counted = found[found["numerator"] > 0].set_index([*keys, "kind"])["numerator"]
    assert {key: int(n) for key, n in counted.items()} == {
        key: int(n) for key, n in expected.items()
    }
    low, high = wilson(found["numerator"], found["denominator"])
    assert found["proportion"].to_numpy() == pytest.approx(
        (found["numerator"] / found["denominator"]).to_numpy()
    )
    assert found["low"].to_numpy() == pytest.approx(low)
    assert found["high"].to_numpy() == pytest.approx(high)


def test_one_against_another() -> None:
    found = roi_composition(tissue(ROWS), LEFT, against=RIGHT).set_index(["group", "kind"])

    assert found["denominator"].groupby("group").first().to_dict() == {"left": 120, "right": 120}
    assert found.loc[("left", "tumour"), "numerator"] == 96
    assert found.loc[("right", "T cell"), "numerator"] == 96
    assert found.loc[("right", "tumour"), "numerator"] == 0


def test_the_rest_is_of_the_images_drawn_over() -> None:
    more = ROWS + block("T cell", x=range(30), y=range(30), region="second")
    found = roi_composition(tissue(more), LEFT)

    assert found.drop_duplicates("group")["denominator"].tolist() == [120, 120]


def test_by_region() -> None:
    more = ROWS + block("T cell", x=range(20), y=range(12), region="second")
    both = [LEFT, Roi("left", LEFT.vertices, "second")]
    found = roi_composition(tissue(more), both, by_region=True).set_index(
        ["group", "region", "kind"]
    )

    assert found.loc[("left", "second", "T cell"), "numerator"] == 120
    assert found.loc[("left", "first", "tumour"), "numerator"] == 96


def test_few_cells_have_counts_and_no_share() -> None:
    small = Roi("small", [[-5, -5], [-5, 25], [25, 25], [25, -5]], "first")
    found = roi_composition(tissue(ROWS), small).set_index("group")

    assert found.loc["small", "denominator"].tolist() == [9, 9, 9]
    assert found.loc["small", "proportion"].isna().all()
    assert (found.loc["small", "reason"] != "").all()
    assert found.loc["rest", "proportion"].notna().all()


def test_kinds_without_a_cell_stay_in_the_table() -> None:
    found = roi_composition(tissue([(*row[:4], "tumour") for row in ROWS]), LEFT)

    assert set(found["kind"]) <= set(CELL_KINDS)
    assert found.set_index(["group", "kind"]).loc[("left", "tumour"), "proportion"] == 1.0


def test_differences_are_first_less_second() -> None:
    shares = roi_composition(tissue(ROWS), LEFT)
    found = roi_difference(shares).set_index("kind")
    wide = shares.pivot_table(index="kind", columns="group", values="proportion", observed=True)

    assert found["first"].unique().tolist() == ["left"]
    assert found["second"].unique().tolist() == ["rest"]
    assert found["difference"].to_dict() == pytest.approx((wide["left"] - wide["rest"]).to_dict())
    assert (found["low"] <= found["difference"]).all()
    assert (found["difference"] <= found["high"]).all()


def test_a_refused_share_has_no_difference() -> None:
    small = Roi("small", [[-5, -5], [-5, 25], [25, 25], [25, -5]], "first")

    assert roi_difference(roi_composition(tissue(ROWS), small))["difference"].isna().all()


def test_differences_need_two_groups() -> None:
    more = ROWS + block("T cell", x=range(20), y=range(12), region="second")
    shares = roi_composition(tissue(more), LEFT, by_region=True)

    with pytest.raises(TissueError) as caught:
        roi_difference(pd.concat([shares, shares.assign(group="third")]))
    assert (
        str(caught.value)
        == "P114 A difference needs the proportions of two groups, each once; these have left,"
        " rest, third. Take roi_composition without by_region."
    )


def test_rois_that_overlap_or_are_empty() -> None:
    made = tissue(ROWS)

    with pytest.raises(TissueError) as caught:
        roi_composition(
            made, LEFT, against=Roi("wide", [[-5, -5], [-5, 500], [500, 500], [500, -5]], "first")
        )
    assert (
        str(caught.value)
        == "P114 ROI 'left' and 'wide' share 120 cells, or a name; compare ROIs that do not"
        " overlap."
    )
    with pytest.raises(TissueError) as caught:
        roi_composition(made, Roi("sky", [[-99, -99], [-99, -90], [-90, -90]], "first"))
    assert str(caught.value) == "P109 There is no cell in 'sky'; draw it over cells of its image."


def test_a_roi_of_the_whole_image_leaves_no_rest() -> None:
    found = roi_composition(
        tissue(ROWS), Roi("all", [[-5, -5], [-5, 500], [500, 500], [500, -5]], "first")
    )

    assert found["group"].unique().tolist() == ["all"]
    assert found["denominator"].unique().tolist() == [240]


def test_a_lasso_that_crosses_itself_warns() -> None:
    bow = Roi("bow", [[-5, -5], [500, 500], [500, -5], [-5, 500]], "first")

    with pytest.warns(TissueWarning, match="W501"):
        roi_composition(tissue(ROWS), bow)
    roi_composition(tissue(ROWS), LEFT)  # a warning is an error in every test
