"""The verbs of the command line on good input: what they write, what they print, how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resistype.cli import main
from resistype.datasets import demo, write_demo
from resistype.library import load_library
from resistype.report import write_folder
from resistype.scheme import load_scheme

OUTPUTS = [
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


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_demo(folder)
    return folder


def classify(inputs: Path, out: Path, *more: str) -> int:
    words = [
        "--samples",
        inputs / "samples.tsv",
        "--patient",
        "patient",
        "--timepoint",
        "timepoint",
        "--baseline",
        "Pre",
    ]
    return run("classify", inputs / "expression.tsv.gz", *words, "--out", out, *more)


def test_demo_finds_every_planted_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("demo", "--out", tmp_path) == 0
    shown = capsys.readouterr().out
    calls = pd.read_csv(tmp_path / "calls.tsv", sep="\t").set_index("sample")

    assert "SIMULATED" in shown
    assert "Research use only" in shown
    for _, row in demo().truth.iterrows():
        assert calls.loc[row["sample"], row["axis"]] == row["label"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*OUTPUTS, "input"])


def test_classify_writes_the_folder(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classify(inputs, tmp_path / "out") == 0
    shown = capsys.readouterr().out

    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == OUTPUTS
    assert "base rate" in shown
    assert "Research use only" in shown


def test_files_and_memory_give_the_same_calls(inputs: Path, tmp_path: Path) -> None:
    classify(inputs, tmp_path / "file")
    run("demo", "--out", tmp_path / "memory")
    from_file = pd.read_csv(tmp_path / "file" / "scores.tsv", sep="\t")
    from_memory = pd.read_csv(tmp_path / "memory" / "scores.tsv", sep="\t")

    pd.testing.assert_frame_equal(from_file, from_memory, check_exact=True)


def test_two_runs_write_the_same_bytes(inputs: Path, tmp_path: Path) -> None:
    classify(inputs, tmp_path / "a", "--jobs", "1")
    classify(inputs, tmp_path / "b", "--jobs", "2")
    for name in ("calls.tsv", "evidence.tsv", "scores.tsv", "genes.tsv", "coverage.tsv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_run_json_lets_a_run_be_repeated(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [
        "classify",
        str(inputs / "expression.tsv.gz"),
        "--samples",
        str(inputs / "samples.tsv"),
        "--baseline",
        "Pre",
    ]
    monkeypatch.setattr(sys, "argv", ["resistype", *words, "--out", str(tmp_path / "a")])
    assert run(*words, "--out", tmp_path / "a") == 0
    record = json.loads((tmp_path / "a" / "run.json").read_text())

    again = record["command"].replace(str(tmp_path / "a"), str(tmp_path / "b")).split()
    assert again[0] == "resistype"
    assert run(*again[1:]) == 0
    assert (tmp_path / "a" / "calls.tsv").read_bytes() == (
        tmp_path / "b" / "calls.tsv"
    ).read_bytes()
    assert len(record["input"]["sha256"]) == 64
    assert record["scheme"].pop("sha256") == load_scheme("acquired_resistance").content_hash
    assert record["scheme"] == {
        "id": "acquired_resistance",
        "version": "1.1.0",
        "seed": 20240212,
        "random_sets": 500,
    }
    assert set(record["signatures"]["mhc1_core"]) == {"ref", "sha256"}
    assert all(t["source"] in ("ours", "published") for t in record["thresholds"])
    assert record["versions"]["numpy"]
    assert record["arguments"]["scheme"] == "acquired_resistance"


def test_the_script_of_the_report_runs(inputs: Path, tmp_path: Path) -> None:
    words = ["classify", inputs / "expression.tsv.gz", "--samples", inputs / "samples.tsv"]
    kept = ["--keep", "simulated"]
    assert run(*words, "--baseline", "Pre", *kept, "--out", tmp_path / "o") == 0
    script = json.loads((tmp_path / "o" / "report.json").read_text(encoding="utf-8"))["script"]

    names: dict[str, Any] = {}
    exec(script, names)  # noqa: S102  what the report prints, from this very run
    made = write_folder(names["calls"], tmp_path / "again")
    assert made
    for name in ("calls.tsv", "evidence.tsv", "scores.tsv"):
        assert (tmp_path / "o" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_score_writes_scores_and_coverage(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--signatures",
        "benci_isg_rs",
        "--signatures",
        "mhc1_core",
        "--method",
        "ssgsea",
        "--method",
        "singscore",
    ]
    assert run("score", inputs / "expression.tsv.gz", *words, "--out", tmp_path / "s.tsv") == 0
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t")

    assert table.columns.tolist() == [
        "sample",
        "ssgsea:benci_isg_rs",
        "ssgsea:mhc1_core",
        "singscore:benci_isg_rs",
        "singscore:mhc1_core",
    ]
    assert len(table) == len(demo().samples)
    assert table.notna().all(axis=None)
    assert (tmp_path / "s.coverage.tsv").exists()
    assert "digest " in capsys.readouterr().out


def test_score_takes_a_gmt_file(inputs: Path, tmp_path: Path) -> None:
    gmt = tmp_path / "own.gmt"
    gmt.write_text("mine\tmy own set\tB2M\tHLA-A\tHLA-B\tTAP1\n")
    assert (
        run("score", inputs / "expression.tsv.gz", "--signatures", gmt, "--out", tmp_path / "s.tsv")
        == 0
    )

    assert pd.read_csv(tmp_path / "s.tsv", sep="\t").columns.tolist() == ["sample", "mine"]


def test_clinical(inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("clinical", inputs / "clinical.tsv", "--definition", "all", "--out", tmp_path / "c.tsv")
        == 0
    )
    table = pd.read_csv(tmp_path / "c.tsv", sep="\t")

    assert {
        "sitc2020",
        "sitc_180d",
        "sitc_ici_chemo",
        "nsclc_ar_2021",
        "hcc_pref",
        "definitions_disagree",
    } <= set(table)
    assert "the published definitions disagree on" in capsys.readouterr().out


def test_signatures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "list", "--axis", "ifng", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert run("signatures", "list") == 0
    assert run("signatures", "show", "benci_isg_rs") == 0
    shown = capsys.readouterr().out

    assert len(listed) >= 8
    assert "IFI44L" in shown
    assert "31398344" in shown


def test_the_shipped_library_and_schemes_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "check") == 0
    assert run("schemes", "check") == 0
    assert capsys.readouterr().out.rstrip().endswith("0 complaints")


def test_schemes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schemes", "list") == 0
    assert run("schemes", "show", "tex_psr") == 0
    assert run("schemes", "check", "cart_product") == 0
    cells = capsys.readouterr().out
    assert "dli_response" in cells
    assert "0 complaints" in cells
    assert run("schemes", "show", "acquired_resistance") == 0
    shown = capsys.readouterr().out

    assert "ifng_change >= change" in shown
    assert "10.1016" not in shown or "Memon" in shown
    assert "ours" in shown


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", "--json") == 0
    findings = json.loads(capsys.readouterr().out)

    assert {f["state"] for f in findings if f["what"].startswith("self-test")} == {"ok"}
    assert run("doctor") == 0


def test_warnings_are_one_line_on_stderr(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(inputs / "expression.tsv.gz", sep="\t", index_col=0).iloc[:, :24]
    table.to_csv(tmp_path / "small.tsv", sep="\t")
    assert run("classify", tmp_path / "small.tsv", "--out", tmp_path / "out") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]

    assert lines == [
        (
            "warning: W301 The reference has 24 samples; below 30 about one call in ten or more"
            " moves when the cohort changes."
        ),
    ]


def test_without_words_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() in (0, 2)
    assert "Usage" in "".join(capsys.readouterr())


def test_the_installed_command(inputs: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("resistype")
    done = subprocess.run(
        [command, "schemes", "list"], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert done.returncode == 0
    assert "acquired_resistance" in done.stdout


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of marker genes: T cells against interferon-stimulated genes."""
    library = load_library()
    path = tmp_path_factory.mktemp("templates") / "two.gmt"
    lines = [
        (name, "markers", *library[one].genes)
        for name, one in (("tcell", "ss_cyt_davoli"), ("isg", "benci_isg_rs"))
    ]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_another_method_and_a_second_opinion(
    inputs: Path, templates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "classify",
        inputs / "expression.tsv.gz",
        "--samples",
        inputs / "samples.tsv",
        "--baseline",
        "Pre",
    )
    assert (
        run(
            *words,
            "--no-stability",
            "--method",
            "singscore",
            "--opinion",
            templates,
            "--out",
            tmp_path / "o",
        )
        == 0
    )
    record = json.loads((tmp_path / "o" / "run.json").read_text())
    opinion = pd.read_csv(tmp_path / "o" / "opinion.tsv", sep="\t")
    page = (tmp_path / "o" / "report.html").read_text()

    assert "1.1.0+singscore" in json.dumps(record)
    assert len(opinion) == 64
    assert set(opinion["nearest"]) <= {"tcell", "isg"}
    assert "nearest template (two.gmt)" in page
    assert "1.1.0+singscore" in capsys.readouterr().out


def test_without_templates_there_is_no_opinion(inputs: Path, tmp_path: Path) -> None:
    words = (
        "classify",
        inputs / "expression.tsv.gz",
        "--samples",
        inputs / "samples.tsv",
        "--baseline",
        "Pre",
    )
    assert run(*words, "--no-stability", "--out", tmp_path / "o") == 0

    assert not (tmp_path / "o" / "opinion.tsv").exists()


def test_templates_of_one_class_are_refused(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.gmt").write_text("one\tx\tSTAT1\tIRF1\n", encoding="utf-8")
    words = (
        "classify",
        inputs / "expression.tsv.gz",
        "--no-stability",
        "--opinion",
        tmp_path / "one.gmt",
    )

    assert run(*words, "--out", tmp_path / "o") == 2
    assert "1 class(es); a classifier compares at least 2" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
