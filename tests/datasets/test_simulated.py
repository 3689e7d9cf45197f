"""The demo cohort as a whole: its files, and that the scheme finds what was planted and nothing
that was not.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from resistype.datasets import Demo, demo, write_demo
from resistype.errors import OutputError
from resistype.systems import classify

FILES = {"README.txt", "clinical.tsv", "expression.tsv.gz", "samples.tsv", "truth.tsv"}


@pytest.fixture(scope="module")
def cohort() -> Demo:
    return demo()


def wrong_calls(cohort: Demo) -> pd.DataFrame:
    """Rows of the truth that the scheme calls otherwise, with what it calls."""
    calls = classify(cohort.expression, samples=cohort.samples, baseline="Pre").to_frame()
    truth = cohort.truth
    got = [
        calls.loc[sample, axis] for sample, axis in zip(truth["sample"], truth["axis"], strict=True)
    ]
    compared = truth.assign(got=got)
    return compared[compared["label"] != compared["got"]]


def test_every_planted_profile_is_found_and_no_other_defect(cohort: Demo) -> None:
    assert wrong_calls(cohort).to_dict("records") == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 7])
def test_other_seeds_give_every_planted_effect_and_no_other_defect(seed: int) -> None:
    wrong = wrong_calls(demo(seed=seed))

    assert wrong[wrong["label"] != "intact"].to_dict("records") == []
    assert set(wrong["got"]) <= {"indeterminate"}


def test_every_part_is_marked_as_simulated(cohort: Demo) -> None:
    assert all(
        table.attrs["simulated"] is True
        for table in (cohort.expression, cohort.samples, cohort.clinical, cohort.truth)
    )
    assert cohort.expression.index.str.startswith("SIM-").all()
    assert "SIMULATED" in cohort.description


def test_one_cohort_is_not_changed_through_another() -> None:
    first = demo()
    first.expression.iloc[:, :] = 0
    first.samples["patient"] = "x"

    assert demo().expression.to_numpy().sum() > 0
    assert demo().samples["patient"].nunique() == 32


def test_the_files_hold_the_cohort(tmp_path: Path, cohort: Demo) -> None:
    paths = write_demo(tmp_path / "new" / "folder")
    expression = pd.read_csv(paths["expression"], sep="\t", index_col=0)
    samples = pd.read_csv(paths["samples"], sep="\t", keep_default_na=False, index_col=0)

    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == FILES
    pd.testing.assert_frame_equal(expression.T, cohort.expression, check_names=False)
    pd.testing.assert_frame_equal(samples, cohort.samples)
    pd.testing.assert_frame_equal(pd.read_csv(paths["truth"], sep="\t"), cohort.truth)
    pd.testing.assert_frame_equal(
        pd.read_csv(paths["clinical"], sep="\t", keep_default_na=False), cohort.clinical
    )
    assert paths["description"].read_text(encoding="utf-8").startswith("SIMULATED DATA.")


def test_genes_stand_in_rows_as_in_public_cohorts(tmp_path: Path) -> None:
    with gzip.open(write_demo(tmp_path)["expression"], "rt") as stream:
        header = stream.readline().split("\t")

    assert header[:3] == ["gene", "SIM-P01-Pre", "SIM-P01-Post"]


def test_the_files_are_the_same_every_time(tmp_path: Path) -> None:
    first, second = write_demo(tmp_path / "a"), write_demo(tmp_path / "b")

    assert [path.read_bytes() for path in first.values()] == [
        path.read_bytes() for path in second.values()
    ]


def test_files_that_were_there_are_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "samples.tsv").write_text("old", encoding="utf-8")
    write_demo(tmp_path)

    assert (tmp_path / "samples.tsv").read_text(encoding="utf-8").startswith("sample\tpatient\t")
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_an_interrupted_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "expression.tsv.gz").write_bytes(b"old")

    def broken(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(KeyboardInterrupt):
        write_demo(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["expression.tsv.gz"]
    assert (tmp_path / "expression.tsv.gz").read_bytes() == b"old"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OutputError) as caught:
        write_demo(tmp_path / "file")

    assert (
        str(caught.value)
        == f"O101 The demo cohort could not be written to '{tmp_path / 'file'}': File exists. "
        "Choose a folder you may write to."
    )
