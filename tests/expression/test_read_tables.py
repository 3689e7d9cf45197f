"""Tables of numbers from DataFrames and parquet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.expression.read import _parquet
from resistype.expression.tables import frame_table
from tests.expression.build import GENES, LOGS, SAMPLES, frame


def test_numbers_and_names() -> None:
    table = frame_table(frame())

    assert np.array_equal(table.values, LOGS)
    assert (table.rows, table.columns, table.notes) == (SAMPLES, GENES, ())


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("f8", "f8"),
        ("f4", "f4"),
        ("i4", "f8"),
        ("u1", "f8"),
        ("Int64", "f8"),
        ("Float32", "f8"),
        ("?", "f8"),
    ],
)
def test_precision_is_kept_or_raised(dtype: str, kept: str) -> None:
    table = frame_table(frame(LOGS > 1 if dtype == "?" else np.round(LOGS)).astype(dtype))

    assert table.values.dtype == np.dtype(kept)
    assert table.values.flags.c_contiguous


def test_mixed_columns_are_float64() -> None:
    mixed = frame(np.round(LOGS)).astype({"CD8A": "i4", "B2M": "f4"})

    assert np.array_equal(frame_table(mixed).values, np.round(LOGS))


def test_the_values_are_a_copy_of_their_own() -> None:
    given = frame()
    table = frame_table(given)
    table.values[0, 0] = 99.0

    assert given.iloc[0, 0] == LOGS[0, 0]


def test_a_read_only_frame_is_read() -> None:
    values = LOGS.copy()
    values.flags.writeable = False

    assert np.array_equal(frame_table(frame(values)).values, LOGS)


def test_wide_frames_are_copied_whole() -> None:
    wide = pd.DataFrame(np.arange(3 * 1000.0).reshape(3, 1000))

    assert np.array_equal(frame_table(wide).values, wide.to_numpy())


def test_nullable_gaps_become_missing() -> None:
    given = frame(np.round(LOGS)).astype("Int64")
    given.iloc[1, 2] = pd.NA

    assert np.isnan(frame_table(given).values[1, 2])


def test_numbers_spelt_as_text_are_numbers() -> None:
    assert np.array_equal(frame_table(frame().astype(str)).values, LOGS)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("absent", "'absent'"),
        ("1,5", "'1,5'"),
        ("", "''"),
        (dt.date(2024, 3, 1), "datetime.date(2024, 3, 1)"),
    ],
)
def test_text_is_named_with_its_place(cell: Any, shown: str) -> None:
    given = frame().astype(object)
    given.iloc[2, 4] = cell

    with pytest.raises(ExpressionError) as caught:
        frame_table(given)

    assert (
        str(caught.value)
        == f"E503 1 cell holds text where a number belongs (first: {shown} in row 'P2_pre', column"
        " 'IFNG'). Correct them, or remove their columns."
    )


@pytest.mark.parametrize("values", [pd.to_datetime(["2024-01-01"] * 4), np.array([1j] * 4)])
def test_columns_of_other_kinds_are_refused(values: Any) -> None:
    with pytest.raises(ExpressionError, match="E503 4 cells hold text where a number belongs"):
        frame_table(frame().assign(seen=values))


def test_a_column_of_words_is_set_aside_and_told() -> None:
    table = frame_table(frame().assign(response=["R", "NR", "R", "NR"]))

    assert table.columns == GENES
    assert table.beside == {"response": ("R", "NR", "R", "NR")}
    assert table.notes == ("1 column of text was set aside and not read as values: 'response'.",)


def test_categories_of_numbers_are_numbers_and_of_words_are_not() -> None:
    given = frame().assign(B2M=pd.Categorical([1.0, 2.0, 1.0, 2.0]))
    assert frame_table(given).values[:, 1].tolist() == [1.0, 2.0, 1.0, 2.0]

    with pytest.raises(ExpressionError, match="'low' in row 'P1_pre', column 'B2M'"):
        frame_table(given.assign(B2M=pd.Categorical(["low", "high", "low", "high"])))


@pytest.mark.parametrize("side", ["index", "columns"])
def test_names_of_several_levels_are_refused(side: str) -> None:
    given = frame()
    setattr(given, side, pd.MultiIndex.from_product([["x"], getattr(given, side)]))

    with pytest.raises(ExpressionError) as caught:
        frame_table(given)

    assert (
        str(caught.value)
        == "E505 The DataFrame has names of several levels. Give rows and columns one name each."
    )


def test_missing_names_are_blank() -> None:
    given = frame()
    given.index = pd.Index(["a", None, np.nan, "d"])

    assert frame_table(given).rows == ("a", "", "", "d")


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3)])
def test_an_empty_frame_is_an_empty_table(shape: tuple[int, int]) -> None:
    table = frame_table(pd.DataFrame(np.empty(shape)))

    assert table.values.shape == shape


def parquet(path: Path, table: pd.DataFrame) -> Path:
    table.to_parquet(path)
    return path


@pytest.mark.parametrize("as_column", [True, False])
def test_parquet_has_its_names_in_the_index_or_the_first_column(
    tmp_path: Path, as_column: bool
) -> None:
    given = frame().T.rename_axis("gene")
    file = parquet(tmp_path / "a.parquet", given.reset_index() if as_column else given)

    table = _parquet(file, ReadOptions())

    assert (table.rows, table.columns) == (GENES, SAMPLES)
    assert np.array_equal(table.values, LOGS.T)


def test_parquet_with_another_column_of_names(tmp_path: Path) -> None:
    given = frame().T.assign(other=list("abcdefgh"), symbol=[f"{gene}x" for gene in GENES])

    table = _parquet(parquet(tmp_path / "a.parquet", given), ReadOptions(gene_names="symbol"))

    assert table.rows[0] == "CD8Ax"
    assert table.columns == SAMPLES
    assert table.notes == ("1 column of text was set aside and not read as values: 'other'.",)


def test_parquet_without_the_column_of_names(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", frame())

    with pytest.raises(ExpressionError) as caught:
        _parquet(file, ReadOptions(gene_names="symbol"))

    assert (
        str(caught.value)
        == f"E311 {file} has no column 'symbol' for gene_names=; its first columns are: CD8A, B2M,"
        " TAP1, STAT1, IFNG, …."
    )


def test_what_is_no_parquet(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_text("gene,P1\nCD8A,1\n")

    with pytest.raises(ExpressionError, match=r"E308 .*a.parquet cannot be read as parquet"):
        _parquet(file, ReadOptions())
