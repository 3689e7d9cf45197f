"""Table and mask: ids counted both ways, the order of the axes tried on the raster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.systems.tissue import TissueColumns, match_mask, read_tissue
from tests.systems.tissue.made import COLUMNS, frame, tissue

LABELS = np.array([[1, 1, 0, 0, 0], [0, 0, 2, 2, 0], [0, 3, 3, 0, 4]])
CELLS = [("first", 1, 0, 0, "tumour"), ("first", 2, 3, 1, "tumour"), ("first", 3, 1, 2, "T cell")]


def test_ids_are_counted_both_ways() -> None:
    found = match_mask(tissue([*CELLS, ("first", 9, 4, 2, "tumour")]), LABELS)

    assert (found.n_both, found.only_table, found.only_mask) == (3, (9,), (4,))
    assert (
        str(found)
        == "first: 3 cells in table and mask; 1 only in the table (9); 1 only in the mask (4)"
    )
    assert (found.agree_xy, found.order) == (1.0, "xy")


@given(
    st.lists(st.integers(0, 6), min_size=20, max_size=20),
    st.sets(st.integers(1, 8), min_size=1, max_size=6),
)
def test_counts_are_those_of_sets(pixels: list[int], ids: set[int]) -> None:
    labels = np.array(pixels).reshape(4, 5)
    rows = [("first", number, number % 5, number % 4, "tumour") for number in sorted(ids)]
    found = match_mask(tissue(rows), labels, strict=False)
    present = set(pixels) - {0}

    assert found.n_both == len(ids & present)
    assert set(found.only_table) == ids - present
    assert set(found.only_mask) == present - ids
    on = [labels[number % 4, number % 5] == number for number in ids & present]
    assert found.agree_xy == pytest.approx(sum(on) / len(on) if on else np.nan, nan_ok=True)


def planted(seed: int) -> tuple[NDArray[np.int64], list[tuple[str, int, int, int, str]]]:
    """A mask of 60 discs in a wide image, and their centres."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((40, 90), dtype=np.int64)
    spots = [(x, y) for x in range(4, 90, 9) for y in range(4, 40, 9)]
    for number, (x, y) in enumerate(spots, start=1):
        labels[y - 2 : y + 3, x - 2 : x + 3] = number
    rows = [
        ("first", number, int(x + rng.integers(-1, 2)), int(y), "tumour")
        for number, (x, y) in enumerate(spots, 1)
    ]
    return labels, rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_coordinates_in_yx_are_refused_with_the_remedy(seed: int) -> None:
    labels, rows = planted(seed)
    swapped = [(region, number, y, x, kind) for region, number, x, y, kind in rows]

    assert match_mask(tissue(rows), labels).order == "xy"
    with pytest.raises(TissueError) as caught:
        match_mask(tissue(swapped), labels)

    assert str(caught.value).startswith(
        "P106 The coordinates of 'first' are (y, x): 100% of the cells lie on their"
    )
    assert str(caught.value).endswith("in a mask of 40 × 90. Read them with axes='yx'.")
    assert match_mask(tissue(swapped), labels, strict=False).order == "yx"


def test_where_neither_reading_fits_the_order_is_unclear() -> None:
    labels, rows = planted(1)
    moved = [(region, number, x + 9, y + 9, kind) for region, number, x, y, kind in rows]
    found = match_mask(tissue(moved), labels)

    assert found.order == "unclear"
    assert found.agree_xy < 0.5


def test_no_id_in_common() -> None:
    with pytest.raises(TissueError) as caught:
        match_mask(tissue([("first", 77, 0, 0, "tumour")]), LABELS)

    assert (
        str(caught.value)
        == "P107 Table and mask of 'first' have no id in common: the table has 1 (77), the mask 4"
        " (1, 2, 3, 4). Name the column that holds the labels of the mask."
    )


def test_ids_of_text_that_are_numbers_are_labels() -> None:
    table = frame(CELLS).assign(id=["1", "2", "cell-3"])
    found = match_mask(read_tissue(table, scale_um=1.0, columns=COLUMNS), LABELS)

    assert (found.n_both, found.only_table) == (2, ("cell-3",))


def test_a_mask_belongs_to_one_image() -> None:
    made = tissue([*CELLS, ("second", 1, 0, 0, "tumour")])

    assert match_mask(made, LABELS, region="second").only_mask == (2, 3, 4)
    with pytest.raises(
        TissueError, match=r"^P110 There are 2 regions: first, second\. Name the one of the mask\."
    ):
        match_mask(made, LABELS)


def test_coordinates_in_micrometres_need_the_size_of_a_pixel() -> None:
    um = frame(CELLS).assign(x=lambda t: t["x"] * 0.5, y=lambda t: t["y"] * 0.5)
    made = read_tissue(um, unit="um", columns=COLUMNS)

    assert match_mask(made, LABELS, pixel_um=0.5).agree_xy == 1.0
    assert match_mask(made, LABELS).agree_xy < 1.0


@pytest.mark.parametrize("mask", [np.zeros((2, 2, 2), int), np.zeros((3, 3)), np.array(5)])
def test_what_is_no_mask(mask: NDArray[np.float64]) -> None:
    with pytest.raises(TissueError) as caught:
        match_mask(tissue(CELLS), mask)

    assert (
        str(caught.value)
        == f"P107 The mask has shape {mask.shape} and type {mask.dtype}; wanted integers of shape"
        " (n_y, n_x)."
    )


def test_cells_beyond_the_mask_do_not_agree() -> None:
    table = frame([("first", 1, 400, 400, "tumour"), ("first", 2, 3, 1, "tumour")])
    found = match_mask(
        read_tissue(table, scale_um=1.0, columns=TissueColumns("region", "id", "kind")), LABELS
    )

    assert found.agree_xy == 0.5
