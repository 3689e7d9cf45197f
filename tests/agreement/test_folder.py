"""Folders of `resistype classify` read back: the same comparison as of the calls themselves."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from resistype import datasets
from resistype.agreement import as_call_set, compare_calls
from resistype.errors import SamplesError
from resistype.scheme import Calls
from resistype.scheme.known import OLD_QUANTITIES
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

from .agreement_check import check_kappa, check_reasons

OPTIONS = CallOptions(n_jobs=1)


def called(options: CallOptions = OPTIONS, *, prefix: str = "") -> Calls:
    demo = datasets.demo()
    matrix, table = demo.expression, demo.samples
    if prefix:
        matrix = matrix.rename(index=lambda name: f"{prefix}{name}")
        table = table.rename(index=lambda name: f"{prefix}{name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classify(matrix, samples=table, baseline="Pre", options=options)


@pytest.fixture(scope="module")
def pair() -> tuple[Calls, Calls]:
    return called(), called(replace(OPTIONS, method="ucell", anchor=""))


@pytest.fixture(scope="module")
def folders(
    pair: tuple[Calls, Calls], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("folders")
    for name, calls in zip(("one", "two"), pair, strict=True):
        calls.write(root / name)
    return root / "one", root / "two"


def test_folders_are_compared_as_the_calls_are(
    pair: tuple[Calls, Calls], folders: tuple[Path, Path]
) -> None:
    here, there = compare_calls(*pair, names=("a", "b")), compare_calls(*folders, names=("a", "b"))

    assert there.samples == here.samples
    assert there.summary().round(9).equals(here.summary().round(9))
    assert there.changed().drop(columns="reason").equals(here.changed().drop(columns="reason"))
    check_reasons(there)
    check_kappa(there)
    assert there.differences.equals(here.differences)


def as_of_version_1(folder: Path, target: Path) -> Path:
    """A folder with the words that 0.1 wrote."""
    shutil.copytree(folder, target)
    for name in ("calls.tsv", "evidence.tsv", "scores.tsv", "scheme.toml"):
        if (target / name).exists():
            text = (target / name).read_text(encoding="utf-8")
            for old, new in OLD_QUANTITIES.items():
                text = re.sub(rf"\b{new}\b", old, text)
            text = re.sub(r"\bcounted\b", "used_first", text)
            text = text.replace("call withheld: the rules", "not firm: the rules")
            (target / name).write_text(text, encoding="utf-8")
    run = json.loads((target / "run.json").read_text(encoding="utf-8"))
    assert run["format_version"] == 2
    (target / "run.json").write_text(json.dumps(run | {"format_version": 1}), encoding="utf-8")
    return target


def test_a_folder_of_version_1_is_compared_as_one_of_today(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    today = compare_calls(*folders, names=("a", "b"))
    old = as_of_version_1(folders[0], tmp_path / "old")
    found = compare_calls(old, folders[1], names=("a", "b"))

    assert "ifng_share_higher" in (old / "scores.tsv").read_text(encoding="utf-8")
    assert "not firm: " in (old / "evidence.tsv").read_text(encoding="utf-8")
    assert as_call_set(old, "a").values.equals(as_call_set(folders[0], "a").values)
    assert found.summary().equals(today.summary())
    assert [one.kinds for one in found.changes] == [one.kinds for one in today.changes]
    assert any("unstable" in one.kinds for one in found.changes)


def test_a_folder_of_a_newer_format_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(folders[0], tmp_path / "new")
    text = (tmp_path / "new/run.json").read_text(encoding="utf-8")
    (tmp_path / "new/run.json").write_text(
        text.replace('"format_version": 2', '"format_version": 3')
    )

    with pytest.raises(SamplesError, match=r"E993 .* has format 3; this version reads 1 and 2"):
        as_call_set(tmp_path / "new", "a")


def test_reasons_of_a_folder_name_the_same_scores(
    pair: tuple[Calls, Calls], folders: tuple[Path, Path]
) -> None:
    here, there = compare_calls(*pair), compare_calls(*folders)

    for one, two in zip(here.changes, there.changes, strict=True):
        assert [x.line for x in one.crossings] == [x.line for x in two.crossings]


def test_calls_and_a_folder_can_be_mixed(
    pair: tuple[Calls, Calls], folders: tuple[Path, Path]
) -> None:
    found = compare_calls(pair[0], folders[0], names=("memory", "folder"))

    assert found.changes == ()
    assert len(found.differences) == 0


def test_ids_that_look_like_formulas_come_back_as_they_were(tmp_path: Path) -> None:
    calls = called(replace(OPTIONS, stability=False), prefix="=1+")
    calls.write(tmp_path / "out")

    assert as_call_set(tmp_path / "out", "x").labels.index.tolist() == list(calls.samples)
    assert compare_calls(calls, tmp_path / "out").changes == ()


def edited(folder: Path, target: Path, name: str, text: str | None) -> Path:
    target.mkdir()
    for path in folder.iterdir():
        if path.name != name:
            (target / path.name).write_bytes(path.read_bytes())
        elif text is not None:
            (target / path.name).write_text(text, encoding="utf-8")
    return target


BAD = {
    "no calls": ("calls.tsv", None, "calls.tsv missing"),
    "no record": ("run.json", None, "run.json missing"),
    "broken record": ("run.json", "{", "cannot be read as written by resistype classify"),
    "another record": ("run.json", '{"format": "other"}', "holds no calls of resistype classify"),
    "empty scores": ("scores.tsv", "", "cannot be read as written by resistype classify"),
    "calls of cells": (
        "calls.tsv",
        "sample\tproduct\na\tx\n",
        "holds no calls of resistype classify",
    ),
    "no numbers": (
        "scores.tsv",
        "sample\tifng_level\nSIM\tmany\n",
        "cannot be read as written by resistype classify",
    ),
}


@pytest.mark.parametrize(("name", "text", "said"), BAD.values(), ids=BAD.keys())
def test_a_folder_that_is_none_is_refused(
    folders: tuple[Path, Path], tmp_path: Path, name: str, text: str | None, said: str
) -> None:
    bad = edited(folders[0], tmp_path / "bad", name, text)
    with pytest.raises(SamplesError, match="E993") as caught:
        compare_calls(bad, folders[1])

    assert said in str(caught.value)


def test_rules_that_cannot_be_had_again_are_not_guessed(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    record = json.loads((folders[1] / "run.json").read_text(encoding="utf-8"))
    record["scheme"]["version"] = "9.9.9"
    lost = edited(folders[1], tmp_path / "lost", "run.json", json.dumps(record))
    found = compare_calls(folders[0], lost)

    assert found.changes
    assert {change.kinds for change in found.changes} == {("labels",)}
    assert found.differences.set_index("what").loc["rules"].tolist() == [
        "known",
        "not to be had again",
    ]


def test_other_thresholds_than_the_shipped_ones_are_seen_in_the_evidence(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    text = (folders[1] / "evidence.tsv").read_text(encoding="utf-8").replace(">= 0.5", ">= 0.6")
    moved = edited(folders[1], tmp_path / "moved", "evidence.tsv", text)

    assert as_call_set(moved, "x").scheme is None
    assert as_call_set(folders[1], "x").scheme is not None
