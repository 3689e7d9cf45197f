"""Tables behind layers: keys, matches counted both ways, and every way in which they do not
meet, by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import InputError
from resistype.napari_plugin.cells import as_keys, join_tables, match_ids, table_of
from tests.napari_plugin.conftest import labels, points, small_table, squares

KEYS = [
    ("integers", np.array([1, 2]), ["1", "2"]),
    ("whole floats", np.array([1.0, 2.0]), ["1", "2"]),
    ("text", ["a1", " b2 "], ["a1", "b2"]),
    ("text of numbers", ["7", "8"], ["7", "8"]),
    ("mixed", [7, "7", 7.0], ["7", "7", "7"]),
    ("missing", [None, float("nan"), 3], ["", "", "3"]),
    ("categories", pd.Series(["x", "y"], dtype="category"), ["x", "y"]),
    ("large", np.array([2**40], dtype=np.int64), [str(2**40)]),
]


@pytest.mark.parametrize(
    ("values", "keys"), [one[1:] for one in KEYS], ids=[one[0] for one in KEYS]
)
def test_ids_become_text_that_meets(values: Any, keys: list[str]) -> None:
    assert as_keys(values).tolist() == keys


ids = st.lists(st.integers(1, 40), unique=True, max_size=25)


@given(layer=ids, table=ids)
def test_matching_is_a_dictionary_look_up(layer: list[int], table: list[int]) -> None:
    where = {one: at for at, one in enumerate(table)}
    expected = [where.get(one, -1) for one in layer]
    if layer and table and max(expected) < 0:
        with pytest.raises(InputError, match="N105"):
            match_ids(as_keys(layer), as_keys(table), by="id")
        return

    rows, found = match_ids(as_keys(layer), as_keys(table), by="id")

    assert rows.tolist() == expected
    assert found.n_both == len(set(layer) & set(table))
    assert found.layer_only == len(set(layer) - set(table))
    assert found.table_only == len(set(table) - set(layer))


def test_both_sides_of_a_mismatch_are_counted_and_said() -> None:
    _, found = match_ids(as_keys([1, 2, 3]), as_keys([2, 3, 4, 5]), by="cell_id")

    assert (
        found.text
        == "2 cells with their row of the table (by cell_id); 1 of 3 in the layer have no row, 2 of"
        " 4 rows have no cell in the layer."
    )


def test_a_full_match_is_one_sentence() -> None:
    _, found = match_ids(as_keys([1, 2]), as_keys([2, 1]), by="cell_id")

    assert found.text == "2 cells, each with its row of the table (by cell_id)."


def test_missing_ids_meet_nothing() -> None:
    rows, found = match_ids(as_keys([None, 1]), as_keys([1, None]), by="id")

    assert rows.tolist() == [-1, 0]
    assert found.n_both == 1


def test_the_table_of_an_anndata() -> None:
    table = table_of(labels(squares([1, 2]), metadata={"adata": small_table([1, 2])}))

    assert table.names == ("c0", "c1")
    assert table.instance is not None
    assert table.instance.tolist() == ["1", "2"]
    assert table.markers.columns.tolist() == ["panCK", "CD163"]
    assert table.regions == ("",)


def test_the_features_where_there_is_no_anndata() -> None:
    features = pd.DataFrame({"label": [3, 4], "CD8": [0.1, 0.9], "kind": ["a", "b"]})
    layer = labels(squares([3, 4]), features=features)

    table = table_of(layer)

    assert table.instance is not None
    assert table.instance.tolist() == ["3", "4"]
    assert table.markers.columns.tolist() == ["CD8"]
    assert table.names == ("3", "4")


def test_keys_named_by_the_layer_come_before_known_names() -> None:
    adata = small_table([1, 2])
    adata.obs["mine"] = [10, 20]

    table = table_of(labels(squares([10, 20]), metadata={"adata": adata, "instance_key": "mine"}))

    assert table.instance_column == "mine"


def test_keys_that_spatialdata_names_are_used() -> None:
    adata = small_table([1, 2], region=["a", "b"], column="my_id")
    adata.uns["spatialdata_attrs"] = {
        "region_key": "region",
        "instance_key": "my_id",
        "region": ["a", "b"],
    }

    table = table_of(labels(squares([1]), metadata={"adata": adata}))

    assert (table.region_column, table.instance_column, table.regions) == (
        "region",
        "my_id",
        ("a", "b"),
    )


def test_repeated_ids_across_images_are_told_apart_by_the_image() -> None:
    adata = small_table([1, 2, 1, 2], region=["a", "a", "b", "b"])

    table = table_of(labels(squares([1, 2]), metadata={"adata": adata}))

    assert table.rows_of("b").tolist() == [2, 3]


def test_row_names_that_are_numbers_serve_as_ids() -> None:
    adata = small_table([1, 2], column="other")
    adata.obs_names = ["5", "6"]

    table = table_of(labels(squares([5]), metadata={"adata": adata}))

    assert table.instance is not None
    assert (table.instance.tolist(), table.instance_column) == (["5", "6"], "row names")


def test_a_transcriptome_is_no_panel() -> None:
    import anndata as ad

    adata = ad.AnnData(np.zeros((2, 501), dtype=np.float32))

    assert table_of(points([[0, 0], [1, 1]], metadata={"adata": adata})).markers.shape == (2, 0)


def test_a_sparse_matrix_of_markers_is_read() -> None:
    from scipy import sparse

    adata = small_table([1, 2])
    dense = table_of(labels(squares([1]), metadata={"adata": adata})).markers
    adata.X = sparse.csr_matrix(adata.X)

    assert table_of(labels(squares([1]), metadata={"adata": adata})).markers.equals(dense)


def _bare() -> Any:
    return labels(squares([1]), name="mask")


def _unnamed_column() -> Any:
    return labels(
        squares([1]),
        metadata={"adata": small_table([1]), "instance_key": "nope", "region_key": "no"},
    )


def _twice() -> Any:
    return labels(squares([1, 2]), features=pd.DataFrame({"label": [1, 1], "v": [0.1, 0.2]}))


BAD = {
    "no table": (_bare, "N101 Layer 'mask' has no table: neither metadata['adata'] nor features."),
    "a column that is not there": (
        _unnamed_column,
        "N102 There is no column 'no' or 'nope' in the table; the columns",
    ),
    "an id twice": (_twice, "N104 1 rows share their name or id with another (1 …)."),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_a_table_that_cannot_be_used_says_why(make: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        table_of(make())

    assert str(caught.value).startswith(message)


def test_an_image_that_is_not_named_is_asked_for() -> None:
    table = table_of(
        labels(squares([1]), metadata={"adata": small_table([1, 1], region=["a", "b"])})
    )

    with pytest.raises(
        InputError,
        match=r"N103 The table holds cells of 2 images \(a, b …\) and the layer does not say",
    ):
        table.rows_of(None)
    with pytest.raises(InputError, match=r"N103 .* the layer says 'c'"):
        table.rows_of("c")


def test_ids_twice_in_one_image_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"N104 1 ids occur more than once in the rows of this image \(7 …\)"
    ):
        match_ids(as_keys([7]), as_keys([7, 7]), by="id")


def test_nothing_in_common_names_both_sides() -> None:
    with pytest.raises(
        InputError,
        match=r"N105 None of 1 ids of the layer \(such as '1'\) is among the 2 of the table",
    ):
        match_ids(as_keys([1]), as_keys(["x", "y"]), by="cell_id")


def test_layers_that_share_an_anndata_share_its_rows() -> None:
    adata = small_table([1, 1], region=["a", "b"])
    parts = [
        (name, table_of(labels(squares([1]), metadata={"adata": adata}))) for name in ("a", "b")
    ]

    whole, own = join_tables(parts)

    assert whole.n_obs == 2
    assert [start for _, start in own] == [0, 0]


def test_tables_of_several_layers_become_one() -> None:
    parts = [
        (name, table_of(labels(squares([1, 2]), metadata={"adata": small_table([1, 2])})))
        for name in ("a", "b")
    ]

    whole, own = join_tables(parts)

    assert whole.n_obs == 4
    assert [start for _, start in own] == [0, 2]
    assert whole.region.tolist() == ["a", "a", "b", "b"]
    assert whole.names == ("a/c0", "a/c1", "b/c0", "b/c1")
    assert whole.origin is None


def test_a_cell_in_two_tables_is_refused() -> None:
    layer = labels(squares([1]), metadata={"adata": small_table([1], region=["a"])})
    other = labels(squares([1]), metadata={"adata": small_table([1], region=["a"])})

    with pytest.raises(InputError, match="N104 The selected layers share cells"):
        join_tables([("x", table_of(layer)), ("y", table_of(other))])
