"""Points before they are joined: ids that are there are used or refused, never passed over."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from resistype.errors import InputError
from resistype.napari_plugin.layers import check_points
from tests.napari_plugin.conftest import points

PLACES = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]
GOOD = {
    "no ids": (None, False),
    "ids": ([3, 1, 2], True),
    "words": (["a", "b", "c"], True),
    "two that are missing": ([1, None, None], True),
}


@pytest.mark.parametrize(("ids", "has_ids"), GOOD.values(), ids=GOOD.keys())
def test_what_can_be_joined_passes(ids: Any, has_ids: bool) -> None:
    check_points(points(PLACES, name="dots"), ids, has_ids=has_ids)


END = "; or remove them to join by position."
BAD = {
    "fewer": (
        [1, 2],
        True,
        "N105 'dots' has 3 points and 2 ids: layer.metadata[\"indices\"]. Give one id",
        END,
    ),
    "none in the table": (
        [1, 2, 3],
        False,
        "N105 'dots' has 3 points and ids, and its table has no column of ids",
        END,
    ),
    "twice": (
        [1, 1.0, "2"],
        True,
        "N104 1 ids of points of 'dots' occur more than once (1 …).",
        "Give each its own.",
    ),
}


@pytest.mark.parametrize(("ids", "has_ids", "start", "end"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_joined_is_refused(ids: Any, has_ids: bool, start: str, end: str) -> None:
    with pytest.raises(InputError) as caught:
        check_points(points(PLACES, name="dots"), ids, has_ids=has_ids)

    assert str(caught.value).startswith(start)
    assert str(caught.value).endswith(end)


def test_a_point_without_a_place_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, in napari
        layer = points([*PLACES, [np.nan, 1.0]], name="dots")
    message = (
        "N113 1 of 4 points of 'dots' have no finite place. Remove them, or give their x and y."
    )
    with pytest.raises(InputError) as caught:
        check_points(layer, None, has_ids=False)

    assert str(caught.value) == message
