"""Maps against sums over every cell and every place, and what they show on planted tissue."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.systems.tissue import (
    MapOptions,
    Roles,
    Tissue,
    TissueColumns,
    ValueMap,
    density_map,
    exclusion_map,
    fraction_map,
    marker_map,
    read_tissue,
)
from resistype.systems.tissue.grid import Grid
from tests.strategies import cells_with_places
from tests.systems.tissue.made import ROLES, Row, block, tissue
from tests.systems.tissue.test_grid import slow_smooth

OPTIONS = MapOptions(step_um=5.0, kernel_um=6.0, min_cells=0.5)
ONE = cells_with_places(max_cells=12).map(lambda rows: [("first", *row[1:]) for row in rows])


def slow(
    made: Tissue, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smoothed weights and smoothed cells, in units of a cell right there."""
    grid = Grid.over(made.um, OPTIONS.step_um, pad_um=2 * OPTIONS.kernel_um)
    sigma = OPTIONS.kernel_um / OPTIONS.step_um
    reach = int(4 * sigma + 0.5)
    line = [np.exp(-(d**2) / (2 * sigma**2)) for d in range(-reach, reach + 1)]
    peak = (sum(line) / 1.0) ** 2
    parts = []
    for values in (weights, np.ones(made.n_obs)):
        image = np.zeros(grid.shape)
        for (x, y), value in zip(made.um, values, strict=True):
            image[int((y - grid.y0) // grid.step_um), int((x - grid.x0) // grid.step_um)] += value
        parts.append(slow_smooth(image, sigma) * peak)
    near = _near(made, grid)
    return parts[0], np.where(near, parts[1], 0.0)


def _near(made: Tissue, grid: Grid) -> NDArray[np.bool_]:
    """Places whose middle is at most one standard deviation from that of a place with a cell."""
    places = {
        (int((y - grid.y0) // grid.step_um), int((x - grid.x0) // grid.step_um)) for x, y in made.um
    }
    out = np.zeros(grid.shape, dtype=bool)
    for y, x in np.ndindex(*grid.shape):
        out[y, x] = (
            min(np.hypot(y - v, x - u) for v, u in places) * grid.step_um <= OPTIONS.kernel_um
        )
    return out


def quotient(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole >= OPTIONS.min_cells, part / whole, np.nan)


def same(found: ValueMap, expected: NDArray[np.float64], whole: NDArray[np.float64]) -> None:
    sure = np.abs(whole - OPTIONS.min_cells) > 1e-9  # rounding decides at the limit itself
    assert found.image[sure] == pytest.approx(expected[sure], abs=1e-9, nan_ok=True)


@given(ONE)
@settings(max_examples=15)
def test_shares(rows: list[Row]) -> None:
    made = tissue(rows)
    part, whole = slow(made, made.of("tumour").astype(float))

    same(fraction_map(made, "tumour", options=OPTIONS), quotient(part, whole), whole)


@given(ONE)
@settings(max_examples=15)
def test_exclusion(rows: list[Row]) -> None:
    made = tissue(rows)
    part, whole = slow(made, made.of("macrophage").astype(float) - made.of("T cell"))
    found = exclusion_map(made, ROLES, options=OPTIONS)

    same(found, quotient(part, whole), whole)
    assert np.nanmax(np.abs(found.image), initial=0.0) <= 1.0 + 1e-9


@given(ONE, st.integers(0, 99))
@settings(max_examples=15)
def test_markers(rows: list[Row], seed: int) -> None:
    values = np.random.default_rng(seed).random(len(rows))
    table = pd.DataFrame(rows, columns=["region", "id", "x", "y", "kind"]).assign(CD163=values)
    made = read_tissue(
        table, unit="um", columns=TissueColumns("region", "id", "kind"), markers=["CD163"]
    )
    part, whole = slow(made, values)

    same(marker_map(made, "CD163", options=OPTIONS), quotient(part, whole), whole)


def test_a_density_sums_to_the_cells() -> None:
    made = tissue(block("T cell", x=range(20), y=range(20)))
    found = density_map(made, "T cell", options=MapOptions(step_um=5.0, kernel_um=5.0))
    inner = found.image[12:-12, 12:-12]

    assert inner.mean() == pytest.approx(10_000, rel=0.05)
    assert found.unit == "cells/mm²"


def test_a_map_lies_over_its_cells() -> None:
    rows = [
        ("first", 1, 100, 40, "macrophage"),
        ("first", 2, 300, 40, "T cell"),
        ("first", 3, 300, 160, "T cell"),
    ]
    for scale in (1.0, 0.5):
        found = fraction_map(
            tissue(rows, scale_um=scale), "macrophage", options=MapOptions(10.0, 10.0, 0.9)
        )
        y, x = np.unravel_index(np.nanargmax(found.image), found.image.shape)
        at = [
            start + step * place
            for start, step, place in zip(found.translate, found.scale, (y, x), strict=True)
        ]

        assert abs(at[0] - 40) <= found.scale[0] / 2
        assert abs(at[1] - 100) <= found.scale[1] / 2


def test_places_with_too_few_cells_have_no_value() -> None:
    rows = [
        ("first", 1, 0, 0, "T cell"),
        ("first", 2, 500, 0, "T cell"),
        ("first", 3, 501, 0, "T cell"),
    ]
    found = fraction_map(tissue(rows), "T cell", options=MapOptions(min_cells=1.5))
    x = found.translate[1] + found.scale[1] * np.nonzero(~np.isnan(found.image))[1]

    assert len(x) > 0
    assert x.min() > 400


def test_a_map_says_how_it_was_made() -> None:
    found = fraction_map(tissue([("first", 1, 0, 0, "T cell")]), "T cell")

    assert [(one.name, one.value, one.unit) for one in found.thresholds()] == [
        ("grid", 10.0, "µm"),
        ("kernel", 20.0, "µm"),
        ("smallest weight", 2.0, "cells"),
    ]


def test_bad_maps() -> None:
    made = tissue([("first", 1, 0, 0, "T cell"), ("second", 1, 0, 0, "T cell")])

    with pytest.raises(TissueError) as caught:
        fraction_map(made, "T cell")
    assert (
        str(caught.value)
        == "P110 There are 2 regions: first, second. Name the one to map with region=."
    )
    with pytest.raises(TissueError) as caught:
        marker_map(made, "CD163", region="first")
    assert (
        str(caught.value)
        == "P102 There is no marker 'CD163'; the markers are: none. Read them with markers=."
    )
    with pytest.raises(TissueError) as caught:
        exclusion_map(made, Roles(("tumour",), ("T cell",)), region="first")
    assert (
        str(caught.value)
        == "P105 No kind of cell was named; the kinds are: T cell, macrophage, tumour."
    )
    with pytest.raises(TissueError) as caught:
        MapOptions(step_um=0)
    assert str(caught.value) == "P108 step_um=0: give a number above 0."
