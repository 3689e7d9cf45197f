"""Where the tumour ends, against a grid that is worked out place by place, and against borders
that are known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.systems.tissue import MarginRule, Roles, compartments
from resistype.systems.tissue.compartments import _depth, _ground, _tissue
from resistype.systems.tissue.grid import TRUNCATE, Grid
from tests.strategies import cells_with_places
from tests.systems.tissue.made import ROLES, Row, block, tissue
from tests.systems.tissue.test_grid import slow_smooth

GRIDS = st.lists(st.booleans(), min_size=48, max_size=48).map(
    lambda values: np.array(values).reshape(6, 8)
)
RULE = MarginRule(width_um=6.0, smooth_um=4.0, step_um=3.0, tissue_um=7.0, min_patch_mm2=0.00003)


def away(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of every place to the nearest place of the mask, one after the other; inf without
    one.
    """
    places = np.argwhere(mask).tolist()
    out = np.full(mask.shape, np.inf)
    for y, x in np.ndindex(*mask.shape):
        out[y, x] = min((math.hypot(y - v, x - u) for v, u in places), default=np.inf)
    return out


def slow_tissue(cells: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    far = away(cells) >= reach
    return cells | (away(far) > reach - 0.5)


@given(GRIDS.filter(lambda grid: grid.any()), st.sampled_from([1.0, 1.5, 2.0]))
@settings(max_examples=40)
def test_gaps_between_cells_are_tissue(cells: NDArray[np.bool_], reach: float) -> None:
    framed = np.pad(cells, 4)

    assert (_tissue(framed, reach) == slow_tissue(framed, reach)).all()


def slow_depth(
    mask: NDArray[np.bool_], other: NDArray[np.bool_], step: float
) -> NDArray[np.float64]:
    if not mask.any() or not other.any():
        return np.full(mask.shape, np.inf if mask.any() else -np.inf)
    return np.where(mask, away(other) - 0.5, 0.5 - away(mask)) * step


@given(GRIDS, GRIDS, st.sampled_from([1.0, 5.0]))
@settings(max_examples=40)
def test_distance_from_the_border(
    mask: NDArray[np.bool_], rest: NDArray[np.bool_], step: float
) -> None:
    other = rest & ~mask

    assert _depth(mask, other, step) == pytest.approx(slow_depth(mask, other, step))


def slow_codes(
    um: NDArray[np.float64], tumour: NDArray[np.bool_], rule: MarginRule
) -> NDArray[Any]:
    """Compartments of the grid, step by step as the rule says it."""
    pad = max(rule.tissue_um, TRUNCATE * rule.smooth_um) + 2 * rule.step_um
    grid = Grid.over(um, rule.step_um, pad_um=pad)
    within = slow_tissue(grid.binned(um) > 0, rule.tissue_um / rule.step_um)
    mask = np.zeros(grid.shape, dtype=bool)
    if tumour.any():
        sigma = rule.smooth_um / rule.step_um
        known = slow_smooth(within.astype(float), sigma)
        density = np.where(
            within, slow_smooth(grid.binned(um[tumour]), sigma) / np.maximum(known, 1e-300), 0.0
        )
        usual = np.median([density[y, x] for x, y in _places(grid, um[tumour])])
        mask = _without_small(
            within & (density >= rule.part * usual - 1e-12), rule.min_patch_mm2 / grid.place_mm2
        )
    depth = slow_depth(mask, within & ~mask, rule.step_um)
    codes = np.where(depth > rule.width_um, 0, np.where(depth >= -rule.width_um, 1, 2))
    return np.where(within, codes, -1)


def _places(grid: Grid, um: NDArray[np.float64]) -> list[tuple[int, int]]:
    return [(int((x - grid.x0) // grid.step_um), int((y - grid.y0) // grid.step_um)) for x, y in um]


def _without_small(mask: NDArray[np.bool_], smallest: float) -> NDArray[np.bool_]:
    """Patches joined over edges and corners, by walking; those with fewer places than `smallest`
    are left out.
    """
    left, kept = {tuple(place) for place in np.argwhere(mask)}, np.zeros_like(mask)
    while left:
        patch, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            patch.add((y, x))
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            edge += near
        if len(patch) >= max(smallest, 1):
            for place in patch:
                kept[place] = True
    return kept


@given(cells_with_places(max_cells=20, side=20))
@settings(max_examples=40)
def test_the_whole_rule(rows: list[Row]) -> None:
    made = tissue(rows)
    for _, cells in made.each():
        if not len(cells):
            continue
        um, tumour = made.um[cells], made.of("tumour")[cells]

        assert (_ground(um, tumour, RULE).codes == slow_codes(um, tumour, RULE)).all()


def test_a_straight_border_is_found_where_it_is() -> None:
    rows = block("tumour", x=range(30), y=range(60))
    rows += block("T cell", x=range(30, 60), y=range(60), first=5000)
    found = compartments(tissue(rows), ROLES)
    x = np.array([row[2] for row in rows])
    depth = found.cells["depth_um"].to_numpy()

    # the border lies between the columns at 290 and 300 µm; the grid has places of 5 µm
    assert np.abs(depth - (295.0 - x)).max() <= 7.5
    assert found.cells["compartment"][(x < 255)].eq("inside").all()
    assert found.cells["compartment"][(x > 340)].eq("outside").all()


def test_the_frame_of_the_image_is_no_border() -> None:
    rows = block("tumour", x=range(30), y=range(60))
    rows += block("T cell", x=range(30, 60), y=range(60), first=5000)
    found = compartments(tissue(rows), ROLES)
    x = np.array([row[2] for row in rows])

    assert found.cells["compartment"][x == 0].eq("inside").all()
    assert found.cells["compartment"][x == 590].eq("outside").all()


def test_areas_add_up_to_the_tissue() -> None:
    rows = block("tumour", x=range(30), y=range(60))
    rows += block("T cell", x=range(30, 60), y=range(60), first=5000)
    area = compartments(tissue(rows), ROLES).area("first")

    assert sum(area.values()) == pytest.approx(0.6 * 0.6, rel=0.04)
    assert area["margin"] == pytest.approx(0.06 * 0.6, rel=0.1)
    assert area["inside"] == pytest.approx(area["outside"], rel=0.05)


def test_a_scale_scales() -> None:
    rows = block("tumour", x=range(30), y=range(30)) + block(
        "T cell", x=range(30, 60), y=range(30), first=5000
    )
    near, far = compartments(tissue(rows), ROLES), compartments(tissue(rows, scale_um=2.0), ROLES)

    assert sum(far.area("first").values()) == pytest.approx(
        4 * sum(near.area("first").values()), rel=0.05
    )


def test_an_image_without_tumour_is_outside() -> None:
    found = compartments(tissue(block("T cell", x=range(9), y=range(9))), ROLES)

    assert found.cells["compartment"].eq("outside").all()
    assert found.cells["depth_um"].eq(-np.inf).all()
    assert np.isnan(found.areas.loc["first", "tumour_mm2"])


def test_an_image_of_tumour_only_is_inside() -> None:
    found = compartments(tissue(block("tumour", x=range(20), y=range(20))), ROLES)

    assert found.cells["compartment"].eq("inside").all()
    assert found.cells["depth_um"].eq(np.inf).all()


def test_a_few_tumour_cells_make_no_tumour() -> None:
    rows = block("T cell", x=range(40), y=range(40))
    rows[800] = ("first", 801, rows[800][2], rows[800][3], "tumour")
    found = compartments(tissue(rows), ROLES, rule=MarginRule(min_patch_mm2=0.004))

    assert found.cells["compartment"].eq("outside").all()


def test_every_limit_is_ours_and_stated() -> None:
    found = compartments(tissue(block("T cell", x=range(3), y=range(3))), ROLES)

    assert {one.source for one in found.thresholds()} == {"ours"}
    assert [one.value for one in found.thresholds()] == [30.0, 15.0, 0.5, 5.0, 50.0, 0.002]


def test_bad_rules_and_roles() -> None:
    with pytest.raises(TissueError) as caught:
        MarginRule(width_um=-1, step_um=0)
    assert str(caught.value) == "P108 width_um=-1, step_um=0: give a number above 0."
    with pytest.raises(
        TissueError, match=r"^P105 There are no cells called 'Tumor'; the kinds are: T cell"
    ):
        compartments(
            tissue(block("T cell", x=range(3), y=range(3))), Roles(("Tumor",), ("T cell",))
        )


def test_places_that_touch_at_a_corner_are_one_patch() -> None:
    """A row of tumour cells that runs aslant, one place a cell, is as large as all its places
    together.
    """
    aslant = [
        ("first", number + 1, 3 * number + 1, 3 * number + 1, "tumour") for number in range(10)
    ]
    beside = [
        ("first", number + 20, 3 * number + 10, 3 * number + 1, "T cell") for number in range(10)
    ]
    sharp = MarginRule(
        width_um=1.0, smooth_um=0.6, step_um=3.0, tissue_um=20.0, min_patch_mm2=0.00005
    )
    found = compartments(tissue(aslant + beside), ROLES, rule=sharp)

    assert (found.cells["depth_um"][:10] > 0).all()
    assert (found.cells["depth_um"][10:] < 0).all()
