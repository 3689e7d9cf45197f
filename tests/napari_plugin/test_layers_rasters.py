"""Masks as rasters of rows, beside the loop over pixels that says the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from resistype.errors import InputError
from resistype.napari_plugin import layers as rasters
from resistype.napari_plugin.layers import FIRST, RowRaster, read_raster

masks = hnp.arrays(
    np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 9)
)


def by_dictionary(known: dict[int, int]) -> Any:
    return lambda ids: (np.array([known.get(int(one), -1) for one in ids], dtype=np.intp), len(ids))


@given(mask=masks, known=st.dictionaries(st.integers(1, 9), st.integers(0, 20)))
def test_every_pixel_gets_the_row_of_its_id(mask: np.ndarray, known: dict[int, int]) -> None:
    slow = np.array(
        [
            [0 if i == 0 else known[i] + FIRST if i in known else 1 for i in line]
            for line in mask.tolist()
        ]
    )

    raster, n_ids = read_raster(mask, multiscale=False, look_up=by_dictionary(known))

    assert np.array_equal(raster.levels[0], slow)
    assert n_ids == len(set(mask.ravel().tolist()) - {0})


@given(mask=masks, known=st.dictionaries(st.integers(1, 9), st.integers(0, 20)))
def test_large_ids_take_another_way_to_the_same(mask: np.ndarray, known: dict[int, int]) -> None:
    direct, _ = read_raster(mask, multiscale=False, look_up=by_dictionary(known))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rasters, "MAX_DIRECT", -1)
        searched, _ = read_raster(mask, multiscale=False, look_up=by_dictionary(known))

    assert np.array_equal(direct.levels[0], searched.levels[0])


@given(mask=hnp.arrays(np.int32, (9, 7), elements=st.integers(0, 5)))
def test_the_middle_of_a_row_is_the_mean_of_its_pixels(mask: np.ndarray) -> None:
    raster, _ = read_raster(
        mask, multiscale=False, look_up=by_dictionary({i: i - 1 for i in range(1, 6)})
    )

    middle = raster.centroids(5)

    for row in range(5):
        y, x = np.nonzero(mask == row + 1)
        expected = [x.mean(), y.mean()] if len(x) else [np.nan, np.nan]
        np.testing.assert_allclose(middle[row], expected)


def test_blocks_of_lines_do_not_change_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.random.default_rng(3).integers(0, 4, (40, 11)).astype(np.int32)
    raster, _ = read_raster(mask, multiscale=False, look_up=by_dictionary({1: 0, 2: 1, 3: 2}))
    whole = raster.centroids(3)

    monkeypatch.setattr(rasters, "BLOCK", 7)

    np.testing.assert_array_equal(raster.centroids(3), whole)


def test_a_value_a_row_is_painted_on_its_pixels() -> None:
    raster = RowRaster((np.array([[0, 1, 2, 3]], dtype=np.int32),))

    painted = raster.paint(np.array([0.5, 0.7], dtype=np.float32), background=np.nan, unknown=-1)

    np.testing.assert_array_equal(painted[0], np.array([[np.nan, -1, 0.5, 0.7]], dtype=np.float32))


def test_every_level_of_a_pyramid_is_painted() -> None:
    fine = np.kron(np.array([[1, 2], [0, 3]]), np.ones((4, 4), dtype=int))
    raster, _ = read_raster(
        [fine, fine[::2, ::2]], multiscale=True, look_up=by_dictionary({1: 0, 2: 1})
    )

    painted = raster.paint(np.array([7, 8], dtype=np.uint8), background=0, unknown=1)

    assert [one.shape for one in painted] == [(8, 8), (4, 4)]
    assert np.array_equal(painted[0][::2, ::2], painted[1])


def test_an_id_that_only_a_coarse_level_holds_is_unknown() -> None:
    raster, _ = read_raster(
        [np.array([[1, 1]]), np.array([[9]])], multiscale=True, look_up=by_dictionary({1: 0, 9: 1})
    )

    assert raster.levels[1].tolist() == [[1]]


PLACES = [
    ((0, 2), 0),
    ((0, 3), 1),
    ((0, 0), -1),
    ((0, 1), -1),
    ((-1, 0), -1),
    ((5, 5), -1),
    ((0.2, 2.4), 0),
]


@pytest.mark.parametrize(("place", "row"), PLACES)
def test_a_place_is_answered_with_its_row(place: tuple[float, float], row: int) -> None:
    assert RowRaster((np.array([[0, 1, 2, 3]], dtype=np.int32),)).row_at(place) == row


BAD = {
    "three dimensions": (np.zeros((2, 2, 2), dtype=int), r"\(2, 2, 2\) of int64"),
    "floats": (np.zeros((2, 2)), r"\(2, 2\) of float64"),
    "negative ids": (np.array([[-1, 2]]), r"\(1, 2\) of int64"),
}


@pytest.mark.parametrize(("mask", "said"), BAD.values(), ids=BAD.keys())
def test_a_mask_that_is_none_is_refused(mask: np.ndarray, said: str) -> None:
    with pytest.raises(
        InputError, match=f"N106 The mask has shape {said}; two dimensions of ids from 0 on"
    ):
        read_raster(mask, multiscale=False, look_up=by_dictionary({}))


def test_an_empty_mask_has_no_ids() -> None:
    raster, n_ids = read_raster(
        np.zeros((0, 5), dtype=int), multiscale=False, look_up=by_dictionary({})
    )

    assert (raster.levels[0].shape, n_ids) == ((0, 5), 0)
