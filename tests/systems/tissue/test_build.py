"""Cells from tables, AnnData and files; and everything that can be wrong with them, by its exact
message.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from resistype.errors import TissueError
from resistype.systems.tissue import UNASSIGNED, TissueColumns, read_tissue
from tests.systems.tissue.made import COLUMNS, frame

ROWS = [("one", 1, 0, 0, "T cell"), ("one", 2, 30, 40, "tumour"), ("two", 1, 5, 6, "tumour")]


def adata(*, swap: bool = False) -> ad.AnnData:
    table = frame(ROWS)
    obs = table[["region", "id", "kind"]].set_index(pd.Index(["a", "b", "c"]))
    made = ad.AnnData(np.arange(6.0).reshape(3, 2), obs, pd.DataFrame(index=["CD163", "CD8A"]))
    made.obsm["spatial"] = table[["y", "x"] if swap else ["x", "y"]].to_numpy(float)
    return made


def test_a_table() -> None:
    found = read_tissue(frame(ROWS), scale_um=0.5, columns=COLUMNS)

    assert found.n_obs == 3
    assert found.regions == ("one", "two")
    assert found.kinds == ("T cell", "macrophage", "tumour")
    assert found.um.tolist() == [[0.0, 0.0], [15.0, 20.0], [2.5, 3.0]]
    assert found.yx.tolist() == [[0.0, 0.0], [40.0, 30.0], [6.0, 5.0]]
    assert found.keys.tolist() == [("one", 1), ("one", 2), ("two", 1)]
    assert [found.rows("one").tolist(), found.rows("two").tolist()] == [[0, 1], [2]]
    assert {name: rows.tolist() for name, rows in found.each()} == {"one": [0, 1], "two": [2]}


def test_coordinates_cannot_be_changed() -> None:
    found = read_tissue(frame(ROWS), scale_um=1.0, columns=COLUMNS)

    with pytest.raises(ValueError, match="read-only"):
        found.xy[0, 0] = 9.0


def test_the_table_is_left_as_it_was() -> None:
    table = frame(ROWS)
    before = table.copy()
    read_tissue(table, scale_um=1.0, columns=COLUMNS)

    pd.testing.assert_frame_equal(before, table)


def test_micrometres_need_no_scale() -> None:
    assert read_tissue(frame(ROWS), unit="um", columns=COLUMNS).scale_um == 1.0


@pytest.mark.parametrize("swap", [False, True])
def test_an_anndata_in_either_order_of_axes(swap: bool) -> None:
    found = read_tissue(
        adata(swap=swap), scale_um=1.0, axes="yx" if swap else "xy", columns=COLUMNS
    )

    assert found.xy.tolist() == [[0.0, 0.0], [30.0, 40.0], [5.0, 6.0]]
    assert found.obs.index.tolist() == ["a", "b", "c"]


def test_spatialdatas_keys_are_known() -> None:
    made = adata()
    made.uns["spatialdata_attrs"] = {
        "region": ["one", "two"],
        "region_key": "region",
        "instance_key": "id",
    }

    found = read_tissue(made, scale_um=1.0, columns=TissueColumns(kind="kind"), markers=["CD8A"])

    assert found.keys.tolist() == [("one", 1), ("one", 2), ("two", 1)]
    assert found.markers is not None
    assert found.markers["CD8A"].tolist() == [1.0, 3.0, 5.0]


def test_columns_named_by_the_user_come_before_spatialdatas() -> None:
    made = adata()
    made.obs["other"] = [7, 8, 9]
    made.uns["spatialdata_attrs"] = {"region_key": "region", "instance_key": "id"}

    found = read_tissue(made, scale_um=1.0, columns=TissueColumns(instance="other", kind="kind"))

    assert found.keys.tolist() == [("one", 7), ("one", 8), ("two", 9)]


def test_an_anndata_without_obsm_may_have_columns() -> None:
    made = adata()
    del made.obsm["spatial"]
    made.obs[["x", "y"]] = [[1, 2], [3, 4], [5, 6]]

    assert read_tissue(made, scale_um=1.0, columns=COLUMNS).xy.tolist() == [
        [1.0, 2.0],
        [3.0, 4.0],
        [5.0, 6.0],
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "parquet", "h5ad"])
def test_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"cells.{ending}"
    if ending == "h5ad":
        adata().write_h5ad(path)
    elif ending == "parquet":
        frame(ROWS).to_parquet(path)
    else:
        frame(ROWS).to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")

    found = read_tissue(path, scale_um=1.0, columns=COLUMNS)

    assert found.keys.tolist() == [("one", 1), ("one", 2), ("two", 1)]
    assert found.xy.tolist() == [[0.0, 0.0], [30.0, 40.0], [5.0, 6.0]]


def test_string_ids_and_integer_ids() -> None:
    table = frame(ROWS)

    assert read_tissue(table, scale_um=1.0, columns=COLUMNS).instance.dtype.kind == "i"
    assert read_tissue(
        table.assign(id=[1.0, 2.0, 1.0]), scale_um=1.0, columns=COLUMNS
    ).instance.tolist() == [1, 2, 1]
    text = read_tissue(table.assign(id=["aaab-1", "2", "007"]), scale_um=1.0, columns=COLUMNS)
    assert text.instance.tolist() == ["aaab-1", "2", "007"]


def test_cells_without_a_kind_are_unassigned() -> None:
    table = frame(ROWS).assign(kind=["T cell", None, "  "])
    found = read_tissue(table, scale_um=1.0, columns=COLUMNS)

    assert list(found.kind) == ["T cell", UNASSIGNED, UNASSIGNED]
    assert found.of(UNASSIGNED).tolist() == [False, True, True]


def test_one_image_and_row_numbers_where_nothing_is_named() -> None:
    found = read_tissue(frame(ROWS), scale_um=1.0, columns=TissueColumns(kind=None))

    assert found.keys.tolist() == [("image", 1), ("image", 2), ("image", 3)]
    assert found.kinds == (UNASSIGNED,)


Edit = Callable[[pd.DataFrame], pd.DataFrame]
AT_ONE = "P103 1 of 3 cells have coordinates that are missing or infinite: one/1; leave them out"
AGAIN = "P104 1 cells have a key (region, instance id) that another cell has: one/1"
NO_KINDS = "P105 the column 'kind' is empty in all 3 cells; without kinds give kind=None"
NO_IMAGE = (
    "; ids repeat from image to image, so name the column of the image with"
    " TissueColumns(region=...)"
)
BAD: dict[str, tuple[Edit, list[str]]] = {
    "no cells": (lambda t: t.iloc[:0], ["P103 there are no cells"]),
    "a coordinate is missing": (
        lambda t: t.assign(x=[0, np.nan, 5]),
        ["P103 1 of 3 cells have coordinates that are missing or infinite: one/2; leave them out"],
    ),
    "a coordinate is infinite": (
        lambda t: t.assign(y=[np.inf, 1, -np.inf]),
        [
            (
                "P103 2 of 3 cells have coordinates that are missing or infinite: one/1, two/1;"
                " leave them out"
            )
        ],
    ),
    "coordinates are text": (
        lambda t: t.assign(x=["0", "left", "3"]),
        ["P103 the coordinates are not numbers: could not convert string to float: 'left'"],
    ),
    "a key twice": (lambda t: t.assign(id=[1, 1, 1]), [AGAIN]),
    "ids repeat and no image is named": (
        lambda t: t.assign(region="one", id=[1, 2, 1]),
        [AGAIN + NO_IMAGE],
    ),
    "no image": (
        lambda t: t.assign(region=["one", None, "two"]),
        ["P104 1 of 3 cells have no region; give each cell its image"],
    ),
    "no id": (lambda t: t.assign(id=["a", None, "b"]), ["P104 1 of 3 cells have no instance id"]),
    "no kinds": (lambda t: t.assign(kind=[None, "", None]), [NO_KINDS]),
    "several at once": (
        lambda t: t.assign(x=[np.nan, 0, 0], id=[1, 1, 1], kind=None),
        [AT_ONE, AGAIN, NO_KINDS],
    ),
}


@pytest.mark.parametrize(("edit", "lines"), BAD.values(), ids=BAD.keys())
def test_bad_tables(edit: Edit, lines: list[str]) -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue(edit(frame(ROWS)), scale_um=1.0, columns=COLUMNS)

    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    code = lines[0].partition(" ")[0]
    assert str(caught.value) == "\n  - ".join([f"{code} The cells: {count}", *lines])


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue(frame(ROWS).drop(columns=["id", "x"]), scale_um=1.0, columns=COLUMNS)

    assert (
        str(caught.value)
        == "P102 the table has no column 'x', 'id'; there are: region, y, kind. Say which column is"
        " what with columns=TissueColumns(...); None where there is none."
    )


NO_SCALE = (
    "P101 The coordinates are in pixels and no scale was given. Distances and densities need µm:"
    " give scale_um= (µm per pixel, from the microscope's file), or unit='um' when the coordinates"
    " are µm."
)


def test_without_a_scale_there_is_no_tissue() -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue(frame(ROWS), columns=COLUMNS)

    assert str(caught.value) == NO_SCALE


@pytest.mark.parametrize("scale", [0, -1.0, np.nan, np.inf, "0.5"])
def test_a_scale_is_a_number_above_0(scale: float) -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue(frame(ROWS), scale_um=scale, columns=COLUMNS)

    assert str(caught.value) == f"P101 scale_um={scale!r}; give µm per pixel, a number above 0."


def test_micrometres_have_no_scale() -> None:
    with pytest.raises(
        TissueError, match=r"^P101 The coordinates are said to be µm and to have 0.5 µm per pixel"
    ):
        read_tissue(frame(ROWS), scale_um=0.5, unit="um", columns=COLUMNS)
    with pytest.raises(TissueError, match=r"^P101 unit='mm'; choose 'px' or 'um'"):
        read_tissue(frame(ROWS), scale_um=0.5, unit="mm", columns=COLUMNS)  # type: ignore[arg-type]


def test_the_columns_of_a_table_have_names_and_no_order() -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue(frame(ROWS), scale_um=1.0, axes="yx", columns=COLUMNS)

    assert (
        str(caught.value)
        == "P106 axes='yx': 'xy' or 'yx', and for a table, whose columns x and y are named, 'xy'."
    )


def test_three_coordinates_are_refused() -> None:
    made = adata()
    made.obsm["spatial"] = np.zeros((3, 3))

    with pytest.raises(
        TissueError, match=r"P103 the coordinates have shape \(3, 3\); wanted two columns"
    ):
        read_tissue(made, scale_um=1.0, columns=COLUMNS)


def test_an_anndata_without_places() -> None:
    made = adata()
    made.obsm["X_umap"] = made.obsm.pop("spatial")

    with pytest.raises(TissueError) as caught:
        read_tissue(made, scale_um=1.0, columns=COLUMNS)

    assert (
        str(caught.value)
        == "P102 obsm has no 'spatial' (its keys are: X_umap) and obs no columns 'x' and 'y' (it"
        " has: region, id, kind). Name the coordinates with columns=TissueColumns(spatial=...)"
        " or TissueColumns(x=..., y=...)."
    )


def test_a_marker_that_is_not_there() -> None:
    with pytest.raises(
        TissueError, match=r"^P102 var has no column 'CD4'; there are: CD163, CD8A\."
    ):
        read_tissue(adata(), scale_um=1.0, columns=COLUMNS, markers=["CD4"])


FILES: dict[str, tuple[str, bytes | None, str]] = {
    "absent": ("cells.csv", None, "P111 There is no file {path}. Check the path."),
    "unknown ending": (
        "cells.xlsx",
        b"PK",
        (
            "P111 {path} has an ending that is not known here; known are .csv, .tsv, .txt,"
            " .parquet, .h5ad."
        ),
    ),
    "empty": (
        "cells.csv",
        b"",
        "P111 {path} cannot be read: No columns to parse from file. Write the file again.",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), FILES.values(), ids=FILES.keys())
def test_bad_files(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(TissueError) as caught:
        read_tissue(path, scale_um=1.0, columns=COLUMNS)

    assert str(caught.value) == message.format(path=path)


def test_something_else() -> None:
    with pytest.raises(TissueError) as caught:
        read_tissue([1, 2], scale_um=1.0)

    assert str(caught.value) == "P111 Cells come as an AnnData, a DataFrame or a path; got list."


def test_kinds_and_regions_that_are_not_there() -> None:
    found = read_tissue(frame(ROWS), scale_um=1.0, columns=COLUMNS)

    with pytest.raises(TissueError) as caught:
        found.of(["tumour", "B cell"])
    assert (
        str(caught.value)
        == "P105 There are no cells called 'B cell'; the kinds are: T cell, macrophage, tumour."
    )
    with pytest.raises(TissueError) as caught:
        found.of([])
    assert (
        str(caught.value)
        == "P105 No kind of cell was named; the kinds are: T cell, macrophage, tumour."
    )
    with pytest.raises(TissueError) as caught:
        found.rows("three")
    assert str(caught.value) == "P110 There is no region 'three'; the regions are: one, two."
