"""The same answer whatever the route: images together or apart, cells in any order, pixels or µm,
mirrored or moved.

Every measure of the room goes through the same few changes of what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.systems.tissue import (
    MapOptions,
    MarginRule,
    Roi,
    Tissue,
    border_depth,
    compartments,
    densities,
    exclusion_map,
    fraction_map,
    in_roi,
    nearest,
    neighbourhood,
    read_tissue,
)
from tests.strategies import cells_with_places
from tests.systems.tissue.made import COLUMNS, ROLES, Row, frame, tissue

RULE = MarginRule(width_um=6.0, smooth_um=4.0, step_um=2.0, tissue_um=8.0, min_patch_mm2=0.00001)
MAP = MapOptions(step_um=2.0, kernel_um=5.0, min_cells=0.5)
CORNERS = [(2, 3), (25, 4), (22, 28), (6, 20)]
CELL_MEASURES: dict[str, Callable[[Tissue], Any]] = {
    "neighbours": lambda t: neighbourhood(t, 9.0).counts.to_numpy(),
    "shares": lambda t: neighbourhood(t, 9.0, itself=True).fractions.to_numpy(),
    "nearest": lambda t: nearest(t, "tumour").to_numpy(),
    "depth": lambda t: compartments(t, ROLES, rule=RULE).cells["depth_um"].to_numpy(),
    "compartment": lambda t: (
        compartments(t, ROLES, rule=RULE).cells["compartment"].cat.codes.to_numpy()
    ),
    "in a polygon": lambda t: in_roi(t, _everywhere(t)),
    "behind an outline": lambda t: border_depth(t, _everywhere(t)).to_numpy(),
}
MEASURES = pytest.mark.parametrize("measure", CELL_MEASURES.values(), ids=CELL_MEASURES.keys())


def _everywhere(made: Tissue) -> list[Roi]:
    """The same polygon over every image, in the unit of the coordinates."""
    corners = np.array(CORNERS) / made.scale_um
    return [Roi(name, corners, name, axes="xy") for name in made.regions]


def same(first: Any, second: Any) -> None:
    assert np.asarray(first, float) == pytest.approx(
        np.asarray(second, float), abs=1e-9, nan_ok=True
    )


@MEASURES
@given(rows=cells_with_places(max_cells=14))
@settings(max_examples=12)
def test_images_together_are_images_apart(
    measure: Callable[[Tissue], Any], rows: list[Row]
) -> None:
    whole = measure(tissue(rows))
    for name in {row[0] for row in rows}:
        own = [number for number, row in enumerate(rows) if row[0] == name]

        same(whole[own], measure(tissue([rows[number] for number in own])))


@MEASURES
@given(rows=cells_with_places(max_cells=14), seed=st.integers(0, 99))
@settings(max_examples=12)
def test_the_order_of_the_cells_is_free(
    measure: Callable[[Tissue], Any], rows: list[Row], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))

    same(measure(tissue(rows))[order], measure(tissue([rows[number] for number in order])))


@MEASURES
@given(rows=cells_with_places(max_cells=14), scale=st.sampled_from([0.25, 0.5, 2.0]))
@settings(max_examples=12)
def test_pixels_with_a_scale_are_micrometres(
    measure: Callable[[Tissue], Any], rows: list[Row], scale: float
) -> None:
    table = frame(rows)
    pixels = table.assign(x=table["x"] / scale, y=table["y"] / scale)

    same(
        measure(read_tissue(table, unit="um", columns=COLUMNS)),
        measure(read_tissue(pixels, scale_um=scale, columns=COLUMNS)),
    )


@MEASURES
@given(rows=cells_with_places(max_cells=14))
@settings(max_examples=12)
def test_tables_and_anndata_in_either_order_give_the_same(
    measure: Callable[[Tissue], Any], rows: list[Row]
) -> None:
    table = frame(rows)
    index = pd.Index([f"c{number}" for number in range(len(rows))])
    adata = ad.AnnData(obs=table[["region", "id", "kind"]].set_index(index))
    expected = measure(tissue(rows))
    for axes in ("xy", "yx"):
        adata.obsm["spatial"] = table[list(axes)].to_numpy(float)

        same(expected, measure(read_tissue(adata, scale_um=1.0, axes=axes, columns=COLUMNS)))  # type: ignore[arg-type]


MIRRORS = [name for name in CELL_MEASURES if name not in ("in a polygon", "behind an outline")]


@pytest.mark.parametrize("name", MIRRORS)
@given(rows=cells_with_places(max_cells=14))
@settings(max_examples=12)
def test_a_mirrored_image_measures_the_same(name: str, rows: list[Row]) -> None:
    mirrored = [(region, number, y, x, kind) for region, number, x, y, kind in rows]

    same(CELL_MEASURES[name](tissue(rows)), CELL_MEASURES[name](tissue(mirrored)))


@pytest.mark.parametrize("name", MIRRORS)
@given(rows=cells_with_places(max_cells=14), x=st.integers(-50, 50), y=st.integers(-50, 50))
@settings(max_examples=12)
def test_an_image_moved_by_whole_places_measures_the_same(
    name: str, rows: list[Row], x: int, y: int
) -> None:
    moved = [(region, number, u + 2 * x, v + 2 * y, kind) for region, number, u, v, kind in rows]

    same(CELL_MEASURES[name](tissue(rows)), CELL_MEASURES[name](tissue(moved)))


@given(cells_with_places(max_cells=14))
@settings(max_examples=15)
def test_densities_of_kinds_add_up(rows: list[Row]) -> None:
    made = tissue(rows)
    found = compartments(made, ROLES, rule=RULE)
    both = densities(made, ["T cell", "macrophage"], found)
    each = [densities(made, kind, found) for kind in ("T cell", "macrophage")]

    assert both["n"].tolist() == (each[0]["n"] + each[1]["n"]).tolist()
    same(both["density"], each[0]["density"] + each[1]["density"])


@given(cells_with_places(max_cells=14))
@settings(max_examples=15)
def test_shares_of_all_kinds_are_one_and_exclusion_is_their_difference(rows: list[Row]) -> None:
    made = tissue([("first", *row[1:]) for row in rows])
    maps = {kind: fraction_map(made, kind, options=MAP).image for kind in made.kinds}
    total = np.sum(list(maps.values()), axis=0)

    assert np.allclose(total[~np.isnan(total)], 1.0)
    same(exclusion_map(made, ROLES, options=MAP).image, maps["macrophage"] - maps["T cell"])


@given(cells_with_places(max_cells=14))
@settings(max_examples=10)
def test_a_map_moves_with_its_image(rows: list[Row]) -> None:
    here: Sequence[Row] = [("first", *row[1:]) for row in rows]
    there = [(region, number, x + 20, y - 40, kind) for region, number, x, y, kind in here]
    one, two = (fraction_map(tissue(cells), "tumour", options=MAP) for cells in (here, there))

    same(one.image, two.image)
    assert two.translate == pytest.approx((one.translate[0] - 40, one.translate[1] + 20))


def test_files_give_the_same(tmp_path: Path) -> None:
    rows = [("first", n, 3 * n % 29, 7 * n % 31, ("T cell", "tumour")[n % 2]) for n in range(1, 25)]
    frame(rows).to_csv(tmp_path / "cells.csv", index=False)
    back = read_tissue(tmp_path / "cells.csv", scale_um=1.0, columns=COLUMNS)
    made = tissue(rows)

    same(nearest(made, "tumour"), nearest(back, "tumour"))
    assert back.kinds == ("T cell", "tumour")  # a csv does not know of kinds without a cell
    same(neighbourhood(made, 9).counts[["T cell", "tumour"]], neighbourhood(back, 9).counts)
