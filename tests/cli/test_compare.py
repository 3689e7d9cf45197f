"""`resistype compare`: what it writes, what it prints, and what it refuses."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from resistype import datasets
from resistype.cli import main
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

TABLES = [
    "agreement.tsv",
    "changed.csv",
    "confusion.tsv",
    "differences.tsv",
    "shift.tsv",
    "unmatched.tsv",
]


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root, demo = tmp_path_factory.mktemp("compare"), datasets.demo()
    options = CallOptions(n_jobs=1, stability=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classify(demo.expression, samples=demo.samples, baseline="Pre", options=options).write(
            root / "ssgsea"
        )
        fewer = demo.expression.iloc[:-2]
        other = replace(options, method="ucell", anchor="")
        classify(fewer, samples=demo.samples, baseline="Pre", options=other).write(root / "ucell")
    return root / "ssgsea", root / "ucell"


def test_the_folder_holds_tables_and_figures(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", *folders, "--out", tmp_path / "out") == 0
    shown = capsys.readouterr().out
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    agreement = pd.read_csv(tmp_path / "out" / "agreement.tsv", sep="\t").set_index("axis")
    changed = pd.read_csv(tmp_path / "out" / "changed.csv")

    assert [name for name in written if not name.endswith(".png")] == TABLES
    assert [name for name in written if name.endswith(".png")] == sorted(
        f"compare_{axis}.png" for axis in agreement.index
    )
    assert len(changed) == agreement["changed"].sum() > 0
    assert changed["reason"].notna().all()
    assert "62 samples in both; 2 only in ssgsea, 0 only in ucell" in shown
    assert "Research use only" in shown


def test_samples_without_a_partner_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert run("compare", folders[1], folders[0], "--out", tmp_path / "out", "--no-figures") == 0
    unmatched = pd.read_csv(tmp_path / "out" / "unmatched.tsv", sep="\t")

    assert unmatched["only_in"].tolist() == ["second", "second"]
    assert unmatched["sample"].tolist() == list(datasets.demo().expression.index[-2:])


def test_only_the_axes_asked_for_and_the_names_given(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--axis", "ifng", "--name", "rank", "--name", "area", "--no-figures"]
    assert run("compare", *folders, "--out", tmp_path / "out", *words) == 0

    assert pd.read_csv(tmp_path / "out" / "agreement.tsv", sep="\t")["axis"].tolist() == ["ifng"]
    assert "2 only in rank, 0 only in area" in capsys.readouterr().out


BAD = {
    "no folder": (["{one}", "{out}/nope"], "error: E993 "),
    "one name": (
        ["{one}", "{two}", "--name", "x"],
        "error: E990 --name was given 1 times; give it twice, or not at all.",
    ),
    "no such axis": (
        ["{one}", "{two}", "--axis", "nope"],
        "error: E992 'ssgsea' and 'ucell' cannot be compared on any axis",
    ),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_ends_with_2_and_nothing_written(
    folders: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    places = {"one": folders[0], "two": folders[1], "out": tmp_path}
    assert (
        run("compare", *(word.format(**places) for word in words), "--out", tmp_path / "out") == 2
    )

    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
