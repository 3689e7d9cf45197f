"""The folder that a classification leaves: all of it or nothing, the same bytes each time, inert
in a spreadsheet.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import OutputError
from resistype.report import make_folder, table_text, write_folder, write_text
from resistype.report.write import run_json
from resistype.scheme import Calls
from resistype.systems import classify
from tests.scheme.build import QUICK, cohort, level_calls, paired_calls

FILES = [
    "calls.tsv",
    "coverage.tsv",
    "evidence.tsv",
    "genes.tsv",
    "report.html",
    "report.json",
    "run.json",
    "scheme.toml",
    "scores.tsv",
]


def inside(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read(text: str | bytes) -> pd.DataFrame:
    """A table as any program reads it; every cell as text."""
    stream = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return pd.read_csv(stream, sep="\t", dtype=str, keep_default_na=False)


@cache
def paired_run(folder: Path) -> dict[str, bytes]:
    write_folder(paired_calls(), folder)
    return inside(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return paired_run(tmp_path_factory.mktemp("run"))


# ---------------------------------------------------------------- all or nothing


def test_what_is_written(tmp_path: Path) -> None:
    paths = write_folder(level_calls(), tmp_path / "new" / "folder")

    assert sorted(path.name for path in paths) == FILES
    assert sorted(inside(tmp_path / "new" / "folder")) == FILES
    assert all(path.parent == tmp_path / "new" / "folder" for path in paths)


def test_two_writes_give_the_same_bytes(written: dict[str, bytes], tmp_path: Path) -> None:
    expression, samples = cohort()
    again = classify(expression, samples=samples, baseline="Pre", options=QUICK)
    write_folder(again, tmp_path)

    assert inside(tmp_path) == written


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for target in (tmp_path / "taken", tmp_path / "taken" / "deeper"):
        with pytest.raises(
            OutputError,
            match=r"^O102 The output folder '.*taken.*' cannot be written: .* Nothing was ",
        ):
            write_folder(level_calls(), target)

    assert inside(tmp_path) == {"taken": b"mine"}


@pytest.mark.parametrize("blocked", ["calls.tsv", "genes.tsv", "report.html"])
def test_a_folder_where_a_file_should_be(tmp_path: Path, blocked: str) -> None:
    """Whichever of the eight cannot be written, none of the others appears and old ones stay."""
    (tmp_path / blocked).mkdir()
    (tmp_path / "run.json").write_text("old")
    with pytest.raises(OutputError, match=blocked):
        write_folder(level_calls(), tmp_path)

    assert inside(tmp_path) == {"run.json": b"old"}


def test_an_error_while_rendering_leaves_not_even_the_folder(tmp_path: Path) -> None:
    broken = replace(paired_calls(), run={})
    with pytest.raises(Exception, match=r"."):
        write_folder(broken, tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


def test_an_older_run_is_replaced(tmp_path: Path) -> None:
    write_folder(paired_calls(), tmp_path)
    write_folder(level_calls(), tmp_path)

    assert len(read((tmp_path / "calls.tsv").read_bytes())) == 32
    assert sorted(inside(tmp_path)) == FILES


def test_making_a_folder(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_text_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    with pytest.raises(OutputError, match=r"^O101 '.*a\.txt' cannot be written: No such file"):
        write_text(tmp_path / "no" / "a.txt", "x")
    with pytest.raises(OutputError, match=r"^O101 "):
        write_text(tmp_path / "old.txt" / "a.txt", "x")

    assert inside(tmp_path) == {"old.txt": b"old"}


def test_a_name_that_is_no_text_does_not_stop_the_writing(tmp_path: Path) -> None:
    """Linux file names need not be UTF-8; Python holds the odd bytes as lone surrogates."""
    written = write_text(tmp_path / "a.txt", "cohort\udcff.csv é")

    assert written.read_bytes().startswith(b"cohort")
    assert written.read_text(encoding="utf-8").endswith(".csv é")


# ---------------------------------------------------------------- tables hold the calls


def test_calls_tsv_is_the_frame(written: dict[str, bytes]) -> None:
    table, frame = read(written["calls.tsv"]).set_index("sample"), paired_calls().to_frame()

    assert list(table.columns) == list(frame.columns)
    for column in frame.columns:
        if frame[column].dtype == float:
            numbers = pd.to_numeric(table[column].replace("", None))
            np.testing.assert_allclose(numbers, frame[column], rtol=1e-9)
        else:
            assert table[column].tolist() == [str(cell) for cell in frame[column]]


def test_scores_tsv_holds_every_quantity(written: dict[str, bytes]) -> None:
    table, expected = read(written["scores.tsv"]).set_index("sample"), paired_calls().quantities

    assert list(table.columns) == list(expected.columns)
    for name in expected.columns:
        numbers = pd.to_numeric(table[name].replace("", None)).astype(float)
        np.testing.assert_allclose(numbers, expected[name], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(("name", "frame"), [("evidence.tsv", "evidence"), ("genes.tsv", "genes")])
def test_long_tables_are_whole(written: dict[str, bytes], name: str, frame: str) -> None:
    calls = paired_calls()
    expected = calls.evidence() if frame == "evidence" else calls.genes
    table = read(written[name])

    assert list(table.columns) == list(expected.columns)
    assert table["sample"].tolist() == expected["sample"].tolist()
    value = "value" if frame == "evidence" else "log2"
    numbers = pd.to_numeric(table[value].replace("", None)).astype(float)
    np.testing.assert_allclose(numbers, expected[value].astype(float), rtol=1e-9)


def test_coverage_tsv_holds_one_row_a_signature(written: dict[str, bytes]) -> None:
    table = read(written["coverage.tsv"])

    assert table["signature"].tolist() == list(paired_calls().coverage.index)
    assert table["found"].astype(int).tolist() == paired_calls().coverage["found"].tolist()


def test_a_number_keeps_ten_digits_and_a_gap_is_empty() -> None:
    frame = pd.DataFrame({"a": [1 / 3, np.nan, -2.5], "b": ["x", None, "y"]})

    assert table_text(frame) == "a\tb\n0.3333333333\tx\n\t\n-2.5\ty\n"


# ---------------------------------------------------------------- spreadsheets

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    " =1",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
]


@pytest.mark.parametrize("cell", FORMULAS)
@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_a_formula_becomes_text(cell: str, dtype: str) -> None:
    frame = pd.DataFrame({"note": pd.Series([cell, "plain"], dtype=dtype), "value": [-1.5, 2.0]})
    table = read(table_text(frame))

    assert table["note"].tolist() == ["'" + cell.replace("\r", "\n"), "plain"]
    assert table["value"].tolist() == ["-1.5", "2"]


@pytest.mark.parametrize("cell", ["P-1", "a=b", "IFNγ up + dysfunction", "−1", "", "'x", "3-4"])
def test_other_text_is_left_alone(cell: str) -> None:
    assert read(table_text(pd.DataFrame({"a": [cell], "b": ["end"]})))["a"].tolist() == [cell]


@pytest.mark.parametrize(
    "cell", ["a\tb", "a\nb", "a\rb", "a\r\nb", 'say "x"', "a\x0bb", "a\u2028b", "a\x85b"]
)
def test_a_cell_stays_one_cell(cell: str) -> None:
    """Whatever its breaks, the row stays a row for a reader of tables."""
    frame = pd.DataFrame({"a": [cell, "next"], "b": ["1", "2"]})
    table = read(table_text(frame))

    assert table["b"].tolist() == ["1", "2"]
    assert table["a"].tolist() == [cell.replace("\r\n", "\n").replace("\r", "\n"), "next"]


def test_formulas_in_names_of_samples_patients_and_times() -> None:
    expression, samples = cohort()
    odd = samples.assign(
        sample=["=" + name for name in samples["sample"]],
        patient=["@" + name for name in samples["patient"]],
        timepoint=[{"Pre": "-Pre", "Post": "+Post"}[name] for name in samples["timepoint"]],
    )
    renamed = replace(
        expression, samples=tuple(odd["sample"]), obs=pd.DataFrame(index=odd["sample"].tolist())
    )
    calls = classify(renamed, samples=odd, baseline="-Pre", options=QUICK)
    table = read(table_text(calls.to_frame().reset_index()))

    for column in ("sample", "patient", "timepoint"):
        assert table[column].str.startswith("'").all(), column
    assert table.loc[1, "baseline_sample"] == "'=P00-Pre"
    assert read(table_text(calls.evidence()))["sample"].str.startswith("'=").all()
    assert read(table_text(calls.genes))["sample"].str.startswith("'=").all()


# ---------------------------------------------------------------- run.json


def refuse(word: str) -> None:
    raise AssertionError(word)


def strict(text: str | bytes) -> dict[str, Any]:
    """JSON as the standard has it: no NaN, no infinity."""
    parsed: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return parsed


def test_run_json_holds_every_threshold_with_its_source(written: dict[str, bytes]) -> None:
    record = strict(written["run.json"])
    scheme = paired_calls().scheme
    given = {abs(row["value"]) for row in record["thresholds"]}
    known = {t.value for axis in scheme.axes for t in axis.thresholds.values()}

    assert given == known
    for row in record["thresholds"]:
        assert set(row) == {"axis", "condition", "value", "source", "citation", "doi", "text"}
        assert row["source"] in ("published", "ours")
        assert row["source"] == "ours" or row["citation"]
        assert f"{row['value']:g}" in row["condition"]


@pytest.mark.parametrize("make", [paired_calls, level_calls])
def test_run_json_is_the_record_of_the_run(make: Any) -> None:
    calls: Calls = make()
    record = strict(run_json(calls))

    assert record["caveats"] == dict(calls.run_caveats)
    for key, value in calls.run.items():
        assert record[key] == json.loads(json.dumps(value)), key
    assert run_json(calls).endswith("}\n")


def test_writing_leaves_the_record_alone() -> None:
    calls = level_calls()
    before = json.dumps(calls.run, sort_keys=True)
    run_json(calls)

    assert json.dumps(calls.run, sort_keys=True) == before
    assert "thresholds" not in calls.run
