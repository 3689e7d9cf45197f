"""The verb `score`: kept runs, resumed after a kill; progress; random sets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.test_good import run
from tests.processes import LIMIT, started
from tests.score.test_loop import ROOT, make_cells, wait_for_blocks

# It stands still after the first block: however late the signal comes, the run is not over.
HELD = """
import signal, sys, time
# a shell's background jobs are started deaf to it
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from resistype.score import run as loop
real, folder = loop.score_block, Path(sys.argv[-1])
def held(*args, **more):
    while list(folder.glob("*.block")):
        time.sleep(0.02)
    return real(*args, **more)
loop.score_block = held
if __name__ == "__main__":
    from resistype.cli import main
    main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cells(tmp_path_factory.mktemp("cells") / "cells.h5ad")


@pytest.fixture(scope="module")
def expected(file: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("out") / "s.tsv"
    assert run("score", file, *WORDS, "--out", out) == 0
    return out.read_text()


WORDS = ["--unit", "log2", "--method", "ssgsea", "--method", "ucell", "--jobs", "1"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda s: s.name)
def test_a_killed_run_is_resumed(
    file: Path, expected: str, tmp_path: Path, how: signal.Signals
) -> None:
    words = [
        "score",
        str(file),
        *WORDS,
        "--out",
        str(tmp_path / "s.tsv"),
        "--run-dir",
        str(tmp_path / "run"),
    ]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with started([sys.executable, "-c", HELD, *words], cwd=ROOT, env=env, **silent) as process:
        wait_for_blocks(tmp_path / "run", 1, process)
        process.send_signal(how)
        assert process.wait(timeout=LIMIT) != 0
    assert not (tmp_path / "s.tsv").exists()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*.block")}

    assert run(*words, "--resume") == 0

    assert (tmp_path / "s.tsv").read_text() == expected
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*.block")}
    assert kept
    assert kept.items() <= now.items()


def test_a_run_is_not_mixed_with_another(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["score", file, *WORDS, "--out", tmp_path / "s.tsv", "--run-dir", tmp_path / "run"]
    assert run(*words) == 0
    assert run(*words) == 2
    assert "error: E604" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "shown"), [("--progress", True), ("--no-progress", False)])
def test_progress(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str, *, shown: bool
) -> None:
    assert run("score", file, *WORDS, "--out", tmp_path / "s.tsv", word) == 0

    said = capsys.readouterr().err
    assert ("60 of 60 rows" in said) == shown
    assert (f"reading {file}" in said) == shown


def test_random_sets(file: Path, expected: str, tmp_path: Path) -> None:
    assert run("score", file, *WORDS, "--out", tmp_path / "s.tsv", "--null", "50") == 0

    null = pd.read_csv(tmp_path / "s.null.tsv", sep="\t")
    scores = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    assert (tmp_path / "s.tsv").read_text() == expected
    assert list(null.columns) == ["sample", "signature", "method", "score", "z", "p"]
    assert len(null) == 60 * (scores.shape[1] - 1)
    known = null["p"].dropna()
    assert ((known >= 1 / 51) & (known <= 1)).all()


def test_no_null_writes_none(file: Path, tmp_path: Path) -> None:
    assert run("score", file, *WORDS, "--out", tmp_path / "s.tsv") == 0

    assert not (tmp_path / "s.null.tsv").exists()
