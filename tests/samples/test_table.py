"""Samples tables: ids as text, numbers as numbers, and every fault named."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.samples import align_samples, read_samples
from resistype.samples.table import as_key
from resistype.text import listed

TABLE = pd.DataFrame({"id": ["b", "a", "c"], "patient": ["P1", "P1", "P2"], "age": [61, 61, 40]})


def written(folder: Path, text: str, name: str = "s.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("name", ["s.csv", "s.tsv", "s.txt", "s.csv.gz", "s.parquet"])
def test_every_kind_of_file(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        TABLE.to_parquet(tmp_path / name)
    else:
        TABLE.to_csv(tmp_path / name, index=False, sep="\t" if "tsv" in name else ",")

    table = read_samples(tmp_path / name)

    assert table.index.tolist() == ["b", "a", "c"], "the order of the table"
    assert table.index.name == "id"
    assert table["age"].tolist() == [61, 61, 40]
    assert list(table.columns) == ["patient", "age"]


def test_the_riaz_table(shared: Path) -> None:
    table = read_samples(shared / "data/riaz_pairs/samples.tsv")

    assert len(table) == 109
    assert table["timepoint"].value_counts().to_dict() == {"On": 58, "Pre": 51}
    assert table["OS"].dtype.kind == "f"


@pytest.mark.parametrize(
    "name",
    [
        "gide/Gide_melanoma_PD1.clinical.tsv",
        "hugo/Hugo_melanoma_PD1.clinical.tsv",
        "mariathasan_bladder/Mariathasan_bladder_small.clinical.tsv",
        "philip_mouse/samples.tsv",
        "tcga_skcm/samples.tsv",
        "compass_scores/ITRP_clinical.csv",
    ],
)
def test_real_tables_have_the_rows_that_pandas_reads(shared: Path, name: str) -> None:
    path = shared / "data" / name
    plain = pd.read_csv(path, sep="\t" if name.endswith("tsv") else ",", dtype=str)

    table = read_samples(path)

    assert table.index.tolist() == plain.iloc[:, 0].tolist()
    assert list(table.columns) == list(plain.columns[1:])


def test_another_column_of_ids(tmp_path: Path) -> None:
    path = written(tmp_path, "patient,run\nP1,007\nP1,008\n")

    assert read_samples(path, sample="run").index.tolist() == ["007", "008"]
    assert read_samples(path, sample="run")["patient"].tolist() == ["P1", "P1"]


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1", "2", "3"], [1, 2, 3]),
        (["1.5", "", "2"], [1.5, None, 2]),
        (["007", "008", "010"], ["007", "008", "010"]),
        (["1E2", "3E5", "2E1"], ["1E2", "3E5", "2E1"]),
        (["1.2e-05", "1e-3", "0"], [1.2e-05, 1e-3, 0]),
        (["12345678901234567", "1", "NA"], ["12345678901234567", "1", None]),
        (["Yes", "No", "n/a"], ["Yes", "No", None]),
        (["", "", ""], [None, None, None]),
        (["-3", "+4", ".5"], [-3, 4, 0.5]),
    ],
    ids=[
        "whole",
        "gaps",
        "leading zeros",
        "wells",
        "exponents",
        "long ids",
        "words",
        "nothing",
        "signs",
    ],
)
def test_columns_are_numbers_only_when_all_are(
    tmp_path: Path, cells: list[str], wanted: list[Any]
) -> None:
    path = written(tmp_path, "id,x\n" + "".join(f"s{k},{cell}\n" for k, cell in enumerate(cells)))

    column = read_samples(path)["x"]

    assert (
        column.where(column.notna(), None).astype(object).where(column.notna(), None).tolist()
        == wanted
    )


def test_ids_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, "id,x\n001,1\n1e5,2\nNA,3\n 12 ,4\n")

    assert read_samples(path).index.tolist() == ["001", "1e5", "NA", "12"]


def test_a_frame_with_numbered_rows_has_its_ids_in_the_first_column() -> None:
    assert read_samples(TABLE).index.tolist() == ["b", "a", "c"]
    assert read_samples(TABLE.iloc[1:]).index.tolist() == ["a", "c"]


def test_a_frame_with_named_rows_keeps_them() -> None:
    table = TABLE.set_index("id")

    assert read_samples(table).index.tolist() == ["b", "a", "c"]
    assert list(read_samples(table).columns) == ["patient", "age"]


def test_reading_twice_changes_nothing() -> None:
    once = read_samples(TABLE)

    pd.testing.assert_frame_equal(read_samples(once), once)


def test_the_frame_is_not_changed() -> None:
    before = TABLE.copy()
    found = read_samples(TABLE)
    found["patient"] = "other"

    pd.testing.assert_frame_equal(TABLE, before)


def test_r_leaves_out_the_name_of_the_first_column(tmp_path: Path) -> None:
    table = read_samples(written(tmp_path, "patient\ttime\ns1\tP1\tPre\ns2\tP1\tOn\n", "s.tsv"))

    assert table.index.tolist() == ["s1", "s2"]
    assert list(table.columns) == ["patient", "time"]


def test_quotes_and_byte_marks(tmp_path: Path) -> None:
    table = read_samples(written(tmp_path, '\ufeff"id","note"\n"s1","a, b"\n\n"s2","two\nlines"\n'))

    assert table.index.name == "id"
    assert table["note"].tolist() == ["a, b", "two\nlines"]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("P1", "P1"),
        (" P1 ", "P1"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (np.float64(3), "3"),
        (np.int64(3), "3"),
        (None, None),
        (np.nan, None),
        (pd.NA, None),
        (pd.NaT, None),
        ("", None),
        ("  ", None),
        (True, "True"),
    ],
)
def test_keys_are_text(value: Any, key: str | None) -> None:
    assert as_key(value) == key


def test_five_names_are_listed() -> None:
    assert listed(list("abcdef")) == "a, b, c, d, e, …"


BAD: dict[str, tuple[str, str | None, str]] = {
    "repeated ids": (
        "id,x\na,1\nb,2\na,3\n",
        None,
        (
            "E901 1 sample id occurs more than once in the samples table (a x2). The column of"
            " sample ids needs one row per sample; name another column with sample= (--sample),"
            " or remove the repeats."
        ),
    ),
    "patients first": (
        "patient,id\nP1,a\nP1,b\nP2,c\nP2,d\n",
        None,
        (
            "E901 2 sample ids occur more than once in the samples table (P1 x2, P2 x2). The column"
            " of sample ids needs one row per sample; name another column with sample= (--sample),"
            " or remove the repeats."
        ),
    ),
    "an id is missing": (
        "id,x\na,1\n,2\n ,3\n",
        None,
        "E902 2 rows of the samples table have no sample id (row 2, 3). Give each its id.",
    ),
    "no such column": (
        "id,patient\na,P1\n",
        "sample_id",
        "E903 The samples table has no column 'sample_id'; its columns are: id, patient.",
    ),
    "header only": (
        "id,patient\n",
        None,
        "E907 The samples table {path} has no rows. It needs a header and one row per sample.",
    ),
    "empty": (
        "",
        None,
        "E907 The samples table {path} has no rows. It needs a header and one row per sample.",
    ),
    "uneven and repeated": (
        "id,x,x\na,1,2\nb,1\nc,1,2,3\n",
        None,
        (
            "E907 Samples table {path}: 2 problems\n"
            "  - 2 lines do not have 3 fields like the header (line 3, 4).\n"
            "  - Columns occur more than once: x."
        ),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_named_exactly(tmp_path: Path, case: str) -> None:
    text, sample, message = BAD[case]
    path = written(tmp_path, text)

    with pytest.raises(SamplesError) as caught:
        read_samples(path, sample=sample)

    assert str(caught.value) == message.replace("{path}", str(path))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "There is no samples table .*none.csv. Check the path."),
        (
            "s.xlsx",
            b"PK",
            "s.xlsx is of no kind known here. Give the samples table as csv, tsv or parquet.",
        ),
        ("s.parquet", b"PAR", "The samples table .* cannot be read as parquet"),
        ("s.csv.gz", gzip.compress(b"id,x\na,1\n")[:-9], "is not a whole gzip file"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(SamplesError, match=f"^E907 .*{words}"):
        read_samples(tmp_path / name)


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match="E907 There is no samples table"):
        read_samples(tmp_path)


def test_a_gzip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.samples.table.LARGEST", 1 << 20)
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(b"a" * (3 << 20)))

    with pytest.raises(
        SamplesError, match=r"is larger than 1 MB\. It needs one row per sample; check the path\."
    ):
        read_samples(tmp_path / "s.csv.gz")


def test_a_frame_without_rows() -> None:
    with pytest.raises(SamplesError) as caught:
        read_samples(TABLE.iloc[:0])

    assert str(caught.value) == "E907 The samples table has no rows. It needs one row per sample."


def test_a_frame_with_repeated_columns() -> None:
    with pytest.raises(SamplesError) as caught:
        read_samples(TABLE.set_axis(["id", "x", "x"], axis=1))

    assert (
        str(caught.value)
        == "E907 Columns of the samples table occur more than once: x. Give each its own name."
    )


def test_rows_are_put_in_the_order_of_the_matrix() -> None:
    aligned, notes = align_samples(read_samples(TABLE), ["a", "c", "b"])

    assert aligned.index.tolist() == ["a", "c", "b"]
    assert aligned["patient"].tolist() == ["P1", "P2", "P1"]
    assert notes == ()


@given(st.permutations(list("abcdefgh")), st.permutations(list("abcdefgh")), st.integers(0, 8))
def test_joining_goes_by_name_alone(rows: list[str], samples: list[str], n: int) -> None:
    table = read_samples(pd.DataFrame({"id": rows, "own": [f"own {name}" for name in rows]}))

    aligned, notes = align_samples(table, samples[:n])

    assert aligned["own"].tolist() == [f"own {name}" for name in samples[:n]]
    assert len(notes) == (n < 8)


def test_rows_without_expression_are_told() -> None:
    _, notes = align_samples(read_samples(TABLE), ["a"])

    assert notes == ("2 of 3 rows of the samples table have no expression (b, c).",)


def test_one_row_without_expression_is_told_in_the_singular() -> None:
    _, notes = align_samples(read_samples(TABLE), ["a", "b"])

    assert notes == ("1 of 3 rows of the samples table has no expression (c).",)


def test_samples_that_are_not_in_the_table() -> None:
    with pytest.raises(SamplesError) as caught:
        align_samples(read_samples(TABLE), ["a", "x1", "x2"])

    assert (
        str(caught.value)
        == "E904 2 of 3 samples of the matrix are not in the samples table (x1, x2). The table's"
        " ids look like b, a, c. Add the rows, or name the column of sample ids with sample="
        " (--sample)."
    )
