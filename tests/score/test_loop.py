"""Long runs: kept, resumed, shown, cancelled, and whole after faults."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from joblib import Parallel, delayed, parallel_config

from resistype.errors import ExpressionError, OutputError, RunError
from resistype.expression import Block, Expression, ReadOptions, read_expression
from resistype.score import Progress, RunOptions, ScoreOptions, Scores, get_method, listening, score
from resistype.score import run as loop
from resistype.score.progress import RunFolder, write_whole
from tests.processes import LIMIT, started, until
from tests.score.helpers import some_cells
from tests.score.test_run import SIGNATURES, SYMBOLS

METHODS = ["ssgsea", "ucell"]
ROOT = Path(__file__).parents[2]


def make_cells(path: Path) -> Path:
    """60 cells in an h5ad."""
    obs = pd.DataFrame(index=[f"c{i}" for i in range(60)])
    values = sp.csr_matrix(some_cells(60, len(SYMBOLS)).astype(np.float32))
    anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=SYMBOLS)).write_h5ad(path)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cells(tmp_path_factory.mktemp("cells") / "cells.h5ad")


def backed(path: Path) -> Expression:
    return read_expression(path, ReadOptions(unit="log2", backed=True))


def run(data: object, *, n_jobs: int | None = 2, rows: int = 5, **more: object) -> Scores:
    options = ScoreOptions(block_rows=rows, run=RunOptions(**more))
    return score(data, SIGNATURES, method=METHODS, n_jobs=n_jobs, options=options)


def run_until(stop: threading.Event, data: object, **more: object) -> Scores:
    with listening(lambda _: None, stop):
        return run(data, **more)


@pytest.fixture(scope="module")
def expected(file: Path) -> str:
    return run(backed(file)).digest


class TestProgress:
    def test_told_at_once_and_after_each_block(self, file: Path) -> None:
        heard: list[Progress] = []
        run(backed(file), progress=heard.append)

        assert [one.blocks for one in heard] == list(range(13))
        assert (heard[0].rows, heard[-1].rows, heard[0].total_rows) == (0, 60, 60)
        assert heard[0].seconds_left is None
        assert heard[-1].seconds_left == 0
        assert heard[0].plan.n_genes == 400
        assert str(heard[0].plan).startswith(
            "I301 60 x 400, 0 M values. Plan: 12 blocks of about 5 rows, 2 jobs, about"
        )
        assert str(heard[-1]).startswith("100% 60 of 60 rows")

    def test_text(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run(backed(file), progress="text")

        lines = capsys.readouterr().err.splitlines()
        assert lines[0].startswith("I301 60 x 400")
        assert lines[1].startswith("  0% 0 of 60 rows")
        assert lines[-1].startswith("100% 60 of 60 rows")

    def test_told_while_a_file_is_read(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        heard: list[Progress] = []
        options = ScoreOptions(read=ReadOptions(unit="log2"), run=RunOptions(progress=heard.append))
        score(file, SIGNATURES, options=options)
        score(str(file), SIGNATURES, options=replace(options, run=RunOptions(progress="text")))

        assert str(heard[0]) == f"reading {file}"
        assert heard[-1].reading == ""
        assert capsys.readouterr().err.splitlines()[0] == f"reading {file}"

    @pytest.mark.parametrize("progress", ["auto", None])
    def test_short_runs_are_silent(
        self, file: Path, progress: str | None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(backed(file), progress=progress)

        assert capsys.readouterr().err == ""


class TestCancel:
    def test_within_one_block(self, file: Path) -> None:
        stop = threading.Event()

        def hear(progress: Progress) -> None:
            if progress.blocks == 3:
                stop.set()

        with pytest.raises(
            RunError, match=r"E602 Cancelled after 3 blocks\. Nothing was kept; name a run_dir"
        ):
            run_until(stop, backed(file), n_jobs=1, progress=hear)

    def test_what_is_finished_is_kept(self, file: Path, expected: str, tmp_path: Path) -> None:
        stop = threading.Event()
        stop.set()
        with pytest.raises(RunError, match=r"E602 .*call again with resume=True to go on"):
            run_until(stop, backed(file), run_dir=tmp_path / "run")
        stop.clear()

        def hear(progress: Progress) -> None:
            if progress.blocks == 4:
                stop.set()

        with pytest.raises(RunError, match="E602"):
            run_until(stop, backed(file), run_dir=tmp_path / "run", resume=True, progress=hear)
        heard: list[Progress] = []
        resumed = run(backed(file), run_dir=tmp_path / "run", resume=True, progress=heard.append)

        assert resumed.digest == expected
        assert heard[0].blocks >= 4
        assert heard[0].resumed == heard[0].rows >= 20


class TestFolder:
    def test_blocks_and_manifest(self, file: Path, expected: str, tmp_path: Path) -> None:
        assert run(backed(file), run_dir=tmp_path).digest == expected

        about = json.loads((tmp_path / "manifest.json").read_text())
        assert (about["format"], about["format_version"]) == ("resistype-run", 2)
        assert about["edges"] == list(range(0, 61, 5))
        assert len(list(tmp_path.glob("*.block"))) == 12
        assert not list(tmp_path.glob(".tmp-*"))

    @pytest.mark.parametrize(
        ("damage", "again"),
        [
            ("flip", 1),
            ("cut", 1),
            ("empty", 1),
            ("gone", 1),
            ("other", 2),
            ("swapped", 2),
            ("nothing", 0),
        ],
    )
    def test_only_damaged_blocks_are_computed_again(
        self, file: Path, expected: str, tmp_path: Path, damage: str, again: int
    ) -> None:
        run(backed(file), run_dir=tmp_path)
        blocks = sorted(tmp_path.glob("*.block"))
        spoil(blocks, damage)
        heard: list[Progress] = []

        resumed = run(backed(file), run_dir=tmp_path, resume=True, progress=heard.append)

        assert resumed.digest == expected
        assert 12 - heard[0].blocks == again

    def test_every_flipped_bit_is_noticed(self, file: Path, tmp_path: Path) -> None:
        run(backed(file), run_dir=tmp_path)
        about = json.loads((tmp_path / "manifest.json").read_text())
        folder = RunFolder(tmp_path, tuple(METHODS), 3, about["fingerprint"])
        path = min(tmp_path.glob("*.block"))
        whole = path.read_bytes()
        assert folder.load(Block(0, 5)) is not None
        for bit in np.random.default_rng(0).integers(0, len(whole) * 8, 100).tolist():
            spoiled = bytearray(whole)
            spoiled[bit // 8] ^= 1 << bit % 8
            path.write_bytes(spoiled)
            assert folder.load(Block(0, 5)) is None

    def test_other_jobs_and_blocks_on_resume(
        self, file: Path, expected: str, tmp_path: Path
    ) -> None:
        run(backed(file), run_dir=tmp_path)
        sorted(tmp_path.glob("*.block"))[3].unlink()

        assert (
            run(backed(file), run_dir=tmp_path, resume=True, n_jobs=1, rows=17).digest == expected
        )

    def test_a_run_is_not_overwritten(self, file: Path, tmp_path: Path) -> None:
        run(backed(file), run_dir=tmp_path)

        with pytest.raises(RunError, match=r"E604 .* holds a run already. Pass resume=True"):
            run(backed(file), run_dir=tmp_path)

    def test_other_data_are_not_mixed(self, file: Path, tmp_path: Path) -> None:
        table = pd.DataFrame(
            some_cells(60, len(SYMBOLS)), columns=SYMBOLS, index=[f"c{i}" for i in range(60)]
        )
        run(table, run_dir=tmp_path)

        with pytest.raises(
            RunError, match=r"E604 .* belongs to a run with other data, signatures or methods"
        ):
            run(table * 2, run_dir=tmp_path, resume=True)
        assert run(table, run_dir=tmp_path, resume=True).digest == run(table).digest

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"{", "is damaged"),
            (b"[]", "is damaged"),
            (
                b'{"format": "resistype-run", "format_version": 3}',
                "was written by a newer resistype",
            ),
            (b'{"format": "other", "format_version": 1}', "is no manifest of a run"),
        ],
    )
    def test_a_damaged_manifest(
        self, file: Path, tmp_path: Path, content: bytes, message: str
    ) -> None:
        (tmp_path / "manifest.json").write_bytes(content)

        with pytest.raises(RunError, match=f"E604 .*{message}"):
            run(backed(file), run_dir=tmp_path, resume=True)

    def test_every_flipped_bit_of_the_manifest_is_noticed(self, file: Path, tmp_path: Path) -> None:
        run(backed(file), run_dir=tmp_path)
        path = tmp_path / "manifest.json"
        whole = path.read_bytes()
        for bit in np.random.default_rng(1).integers(0, len(whole) * 8, 100).tolist():
            spoiled = bytearray(whole)
            spoiled[bit // 8] ^= 1 << bit % 8
            path.write_bytes(spoiled)
            try:
                again = json.loads(spoiled)
            except ValueError:
                again = None
            if again != json.loads(whole):
                with pytest.raises(RunError, match="E604"):
                    run(backed(file), run_dir=tmp_path, resume=True)

    @pytest.mark.parametrize(
        "edges",
        [
            [0, 5],
            [5, 60],
            [0, 30, 20, 60],
            [0, 60.0],
            ["a"],
            [],
            [0, 10, 10, 60],
            [0, 1, 61],
            [0, True, 60],
        ],
    )
    def test_a_manifest_of_version_1_must_cover_all_rows(
        self, file: Path, tmp_path: Path, edges: list[object]
    ) -> None:
        run(backed(file), run_dir=tmp_path)
        path = tmp_path / "manifest.json"
        path.write_text(
            json.dumps({**json.loads(path.read_text()), "format_version": 1, "edges": edges})
        )

        with pytest.raises(RunError, match=r"E604 .* is damaged"):
            run(backed(file), run_dir=tmp_path, resume=True)

    def test_a_run_of_version_1_goes_on(self, file: Path, expected: str, tmp_path: Path) -> None:
        run(backed(file), run_dir=tmp_path)
        path = tmp_path / "manifest.json"
        about = json.loads(path.read_text())
        del about["sha256"]
        path.write_text(json.dumps({**about, "format_version": 1}))
        for one in tmp_path.glob("*.block"):
            content = one.read_bytes()[50:]
            one.write_bytes(b"resistype-block-1\n" + hashlib.sha256(content).digest() + content)
        heard: list[Progress] = []

        assert (
            run(backed(file), run_dir=tmp_path, resume=True, progress=heard.append).digest
            == expected
        )
        assert heard[0].blocks == 12

    def test_a_file_in_the_place_of_the_folder(self, file: Path, tmp_path: Path) -> None:
        (tmp_path / "run").write_text("mine")

        with pytest.raises(OutputError, match="O101"):
            run(backed(file), run_dir=tmp_path / "run")
        assert (tmp_path / "run").read_text() == "mine"

    def test_what_is_left_of_a_killed_writer_is_cleared(
        self, file: Path, expected: str, tmp_path: Path
    ) -> None:
        run(backed(file), run_dir=tmp_path)
        left = [
            tmp_path / ".tmp-abc",
            tmp_path / ".000000000000-000000000005.block.0a",
            tmp_path / ".manifest.json.0a",
        ]
        for one in left:
            one.write_bytes(b"half")

        assert run(backed(file), run_dir=tmp_path, resume=True).digest == expected
        assert not any(one.exists() for one in left)

    def test_a_file_is_whole_or_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_whole(tmp_path / "a", b"first")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(
            OutputError, match=r"O101 .* could not be written: No space left on device"
        ):
            write_whole(tmp_path / "a", b"second")
        assert (tmp_path / "a").read_bytes() == b"first"
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


def spoil(blocks: list[Path], damage: str) -> None:
    """Do one kind of damage to the first block, or the first two."""
    content = bytearray(blocks[0].read_bytes())
    if damage == "flip":
        content[100] ^= 4
        blocks[0].write_bytes(content)
    elif damage == "cut":
        blocks[0].write_bytes(content[:-7])
    elif damage == "empty":
        blocks[0].write_bytes(b"")
    elif damage == "gone":
        blocks[0].unlink()
    elif damage == "swapped":
        blocks[0].write_bytes(blocks[1].read_bytes())
        blocks[1].write_bytes(content)
    elif damage == "other":
        for path in blocks[:2]:
            path.write_bytes(b"something else entirely")


def test_bad_values_in_rows_on_disk_are_named(file: Path, tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "bad.h5ad"
    path.write_bytes(file.read_bytes())
    with h5py.File(path, "r+") as opened:
        row = opened["X"]["indptr"][41]
        opened["X"]["data"][row] = np.nan

    with pytest.raises(ExpressionError, match="E501 1 missing value"):
        run(backed(path))


def test_an_error_of_the_work_itself_is_not_tried_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fails(*_: object, **__: object) -> None:
        calls.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "score_block", fails)
    with pytest.raises(ZeroDivisionError):
        run(backed(file), n_jobs=1)
    assert len(calls) == 1


class TerminatedWorkerError(Exception):
    """Named like loky's."""


class TestLostWorkers:
    """A stand-in for loky losing workers; test_faults.py kills real ones."""

    @pytest.fixture
    def losses(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        left, real = [0], loop.score_block

        def sometimes(*args: object, **more: object) -> object:
            if left[0] > 0:
                left[0] -= 1
                raise TerminatedWorkerError
            return real(*args, **more)

        monkeypatch.setattr(loop, "score_block", sometimes)
        return left

    @pytest.mark.parametrize("lost", [1, 2])
    def test_blocks_are_given_out_again(
        self, file: Path, expected: str, losses: list[int], lost: int
    ) -> None:
        losses[0] = lost

        assert run(backed(file), n_jobs=1).digest == expected

    def test_a_cluster_without_workers_has_lost_them(
        self, file: Path, expected: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        times, real = [0], loop._State._results

        def empty(*args: Any) -> Any:
            times[0] += 1
            if times[0] == 1:
                raise TimeoutError("DaskDistributedBackend has no worker after 10 seconds.")
            return real(*args)

        monkeypatch.setattr(loop._State, "_results", empty)

        assert run(backed(file), n_jobs=1).digest == expected

    def test_not_for_ever(self, file: Path, losses: list[int], tmp_path: Path) -> None:
        losses[0] = 99

        with pytest.raises(RunError) as error:
            run(backed(file), n_jobs=1, run_dir=tmp_path)
        assert (
            str(error.value)
            == "E601 Worker lost 3 times on rows 0–4 (TerminatedWorkerError; likely out of"
            f" memory). Finished: 0 blocks. They are saved in '{tmp_path}'; call again with"
            " resume=True to go on. Smaller blocks need less memory: block_rows ≤ 2."
        )


def test_processes_are_sent_rows_or_a_path(file: Path, expected: str) -> None:
    table = pd.DataFrame(
        some_cells(60, len(SYMBOLS)).astype(np.float32),
        columns=SYMBOLS,
        index=[f"c{i}" for i in range(60)],
    )
    with parallel_config(backend="loky", n_jobs=2):
        assert run(backed(file), n_jobs=None).digest == expected
        assert (
            score(
                table,
                SIGNATURES,
                method=METHODS,
                n_jobs=None,
                options=ScoreOptions(read=ReadOptions(unit="log2")),
            ).digest
            == expected
        )


# It stands still after four blocks until it is killed or let go: however late the signal comes, the
# run is not over.
HELD_RUN = """
import signal, sys, time
# a shell's background jobs are started deaf to it
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from resistype.score import run as loop
from tests.score.test_loop import backed, run
real, folder, let_go = loop.score_block, Path(sys.argv[2]), Path(sys.argv[3])
def held(*args, **more):
    while len(list(folder.glob("*.block"))) >= 4 and not let_go.exists():
        time.sleep(0.02)
    time.sleep(0.15)
    return real(*args, **more)
loop.score_block = held
if __name__ == "__main__":
    print(run(backed(Path(sys.argv[1])), run_dir=folder, resume=True).digest, flush=True)
"""


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name
)
def test_the_driver_is_killed(
    file: Path, expected: str, tmp_path: Path, how: signal.Signals
) -> None:
    command = [
        sys.executable,
        "-c",
        HELD_RUN,
        str(file),
        str(tmp_path / "run"),
        str(tmp_path / "let go"),
    ]
    with started(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_for_blocks(tmp_path / "run", 2, process)
        process.send_signal(how)
        (tmp_path / "let go").touch()
        assert process.wait(timeout=LIMIT) != 0
    kept = len(list((tmp_path / "run").glob("*.block")))
    assert kept < 12
    heard: list[Progress] = []

    resumed = run(backed(file), run_dir=tmp_path / "run", resume=True, progress=heard.append)

    assert resumed.digest == expected
    assert heard[0].blocks == kept >= 2


def wait_for_blocks(folder: Path, n: int, process: subprocess.Popen[Any]) -> None:
    until(lambda: len(list(folder.glob("*.block"))) >= n, process)


def test_methods_travel_to_processes() -> None:
    with parallel_config(backend="loky", n_jobs=2):
        back = Parallel()(delayed(lambda method: method)(get_method(name)) for name in METHODS)
    assert [method.id for method in back] == METHODS
