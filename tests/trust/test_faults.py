"""Faults of a machine: whatever is killed, cut or flipped, a run that goes on ends with the same
digest.

A run of twelve blocks is disturbed on each of four engines, then gone on with in this process; only
blocks that were not finished, or are damaged, are computed again. Where faults fall is drawn from a
fixed seed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from resistype.score import Progress
from tests.processes import LIMIT, kill_group, started, until
from tests.score.test_loop import backed, make_cells, run
from tests.trust.figures import FULL, enough, record
from tests.trust.waits import AIM, Waited, waited

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = 12
ENGINES = ["sequential", "threading", "loky", "dask"]
PROCESSES = ["loky", "dask", "multiprocessing"]
DONE: list[dict[str, object]] = []
WAITS: list[Waited] = []


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cells(tmp_path_factory.mktemp("cells") / "cells.h5ad")


@pytest.fixture(scope="module")
def whole(cells: Path) -> str:
    return run(backed(cells)).digest


class Disturbed:
    """A run in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder

    def blocks(self) -> int:
        return len(list(self.folder.glob("*.block")))

    def wait_for(self, n: int) -> None:
        until(lambda: self.blocks() >= n, self.process)

    def kill_all(self) -> None:
        """The driver and all that it started."""
        kill_group(self.process)
        self.process.communicate()

    def end(self) -> dict[str, str]:
        """What it printed."""
        out, _ = self.process.communicate(timeout=LIMIT)
        return {word: rest for word, _, rest in (line.partition(" ") for line in out.splitlines())}


Disturb = Callable[..., Disturbed]


@pytest.fixture
def disturb(cells: Path, tmp_path: Path) -> Iterator[Disturb]:
    """Starts runs into one folder; none of them outlives the test."""

    def start(engine: str, *, fault: str = "", pause: float = 0.08, allowed: int = 3) -> Disturbed:
        words = [engine, str(cells), str(tmp_path / "run"), str(pause), *([fault] if fault else [])]
        command = [sys.executable, "-W", "ignore", "-m", "tests.trust.driver", *words]
        env = {**os.environ, "ALLOWED": str(allowed)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        return Disturbed(
            open_runs.enter_context(started(command, cwd=ROOT, env=env, **pipes)), tmp_path / "run"
        )

    with ExitStack() as open_runs:
        yield start


def gone_on(cells: Path, folder: Path) -> tuple[str, int]:
    """Digest after going on, and how many blocks were there already."""
    heard: list[Progress] = []
    digest = run(backed(cells), run_dir=folder, resume=True, progress=heard.append).digest
    return digest, heard[0].blocks


def survived(kind: str, engine: str, *, digest: bool, again: int, at_most: int) -> None:
    DONE.append(
        {"kind": kind, "engine": engine, "digest": digest, "again": again, "at_most": at_most}
    )
    assert digest
    assert again <= at_most


KILLS = [
    (engine, number)
    for engine in (ENGINES if FULL else ["threading"])
    for number in range(enough(1, 3))
]


@pytest.mark.parametrize(("engine", "number"), KILLS)
def test_the_driver_is_killed(
    engine: str, number: int, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """SIGKILL of the driver and all of its workers, after a random number of blocks."""
    wanted = random.Random(f"{engine} {number}").randrange(0, BLOCKS - 3)
    disturbed = disturb(engine)
    disturbed.wait_for(wanted)
    disturbed.kill_all()
    kept = disturbed.blocks()
    digest, found = gone_on(cells, tmp_path / "run")

    assert found == kept
    assert not list((tmp_path / "run").glob(".*"))
    survived(
        "driver killed",
        engine,
        digest=digest == whole,
        again=BLOCKS - found,
        at_most=BLOCKS - wanted,
    )


TIMES = dict(zip(PROCESSES, (4, 3, 3) if FULL else (1, 0, 1), strict=True))
WORKERS = [(engine, number) for engine, times in TIMES.items() for number in range(times)]


@pytest.mark.parametrize(("engine", "number"), WORKERS)
def test_workers_are_killed(
    engine: str, number: int, disturb: Disturb, whole: str, tmp_path: Path
) -> None:
    """SIGKILL of one or two workers: the call itself ends with the same digest; how soon is
    recorded.
    """
    fault = f"worker:{tmp_path / 'flag'}:{1 + number % 2}"
    found = disturb(engine, fault=fault, pause=0.02).end()

    assert "digest" in found, found
    DONE.append({"kind": "longest call", "engine": engine, "seconds": float(found["seconds"])})
    WAITS.append(waited(engine, tmp_path / "flag", float(found["ended"])))
    survived("worker killed", engine, digest=found["digest"] == whole, again=0, at_most=0)


@pytest.mark.parametrize("engine", PROCESSES if FULL else PROCESSES[2:])
def test_every_worker_is_killed(
    engine: str, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """The call ends in an error of ours, unless dask has one worker left: then joblib computes
    in the driver itself.
    """
    fault = f"worker:{tmp_path / 'flag'}:999"
    found = disturb(engine, fault=fault, pause=0.02, allowed=1).end()

    if (engine, found.get("digest")) != ("dask", whole):
        assert "RunError E601 Worker lost 3 times" in found.get("error", ""), found
    WAITS.append(waited(engine, tmp_path / "flag", float(found["ended"])))
    digest, kept = gone_on(cells, tmp_path / "run")
    survived("worker killed", engine, digest=digest == whole, again=BLOCKS - kept, at_most=BLOCKS)


@pytest.mark.parametrize("engine", [*ENGINES, "threading"][: enough(1, 5)])
def test_interrupted(
    engine: str, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """SIGINT, as Ctrl-C sends it to the driver and its workers."""
    disturbed = disturb(engine, fault=f"held:{tmp_path / 'let go'}", pause=0.15)
    disturbed.wait_for(3)
    start = time.monotonic()
    os.killpg(disturbed.process.pid, signal.SIGINT)
    (tmp_path / "let go").touch()
    out, _ = disturbed.process.communicate(timeout=LIMIT)
    DONE.append(
        {"kind": "longest interrupt", "engine": engine, "seconds": time.monotonic() - start}
    )
    digest, found = gone_on(cells, tmp_path / "run")

    assert "digest" not in out
    survived(
        "interrupted", engine, digest=digest == whole, again=BLOCKS - found, at_most=BLOCKS - 3
    )


@pytest.mark.parametrize(
    ("engine", "size"), [*zip(ENGINES, (100, 200, 100, 200), strict=True)][: enough(1, 4)]
)
def test_the_disk_is_full(
    engine: str, size: int, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """No file may grow: an error of ours, nothing that looks like a result, and the next run
    ends.
    """
    disturbed = disturb(engine, fault=f"full:{size}", pause=0.0)
    found = disturbed.end()

    assert "error" in found, found
    assert "OutputError" in found["error"]
    assert "O101" in found["error"]
    assert disturbed.blocks() == 0
    digest, kept = gone_on(cells, tmp_path / "run")
    survived("disk full", engine, digest=digest == whole, again=BLOCKS - kept, at_most=BLOCKS)


@pytest.mark.parametrize("number", range(enough(1, 3)))
@pytest.mark.parametrize("damage", ["bit flipped", "block cut", "blocks swapped"])
def test_a_block_is_damaged(
    damage: str, number: int, cells: Path, whole: str, tmp_path: Path
) -> None:
    """Only what is damaged is computed again."""
    run(backed(cells), run_dir=tmp_path / "run")
    chosen = random.Random(f"{damage} {number}")
    first, second = chosen.sample(sorted((tmp_path / "run").glob("*.block")), 2)
    content = bytearray(first.read_bytes())
    if damage == "bit flipped":
        content[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
    elif damage == "block cut":
        del content[chosen.randrange(len(content)) :]
    else:
        other = second.read_bytes()
        second.write_bytes(content)
        content = bytearray(other)
    first.write_bytes(content)
    digest, kept = gone_on(cells, tmp_path / "run")

    survived(
        damage,
        "threading",
        digest=digest == whole,
        again=BLOCKS - kept,
        at_most=1 + (damage[5:] == "s swapped"),
    )


@pytest.mark.parametrize("engine", ["threading", "loky"][: enough(1, 2)])
def test_two_at_once(
    engine: str, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """Two runs into one folder at the same time."""
    both = [disturb(engine, pause=0.02) for _ in range(2)]
    found = [one.end() for one in both]
    digest, kept = gone_on(cells, tmp_path / "run")

    assert [one.get("digest") for one in found] == [whole, whole], found
    survived("two writers", engine, digest=digest == whole, again=BLOCKS - kept, at_most=0)


@pytest.mark.parametrize("engine", ["sequential", "threading"][: enough(1, 2)])
def test_the_clock_jumps(
    engine: str, disturb: Disturb, cells: Path, whole: str, tmp_path: Path
) -> None:
    """A year forth and back, and files that were written in the future or in 1970."""
    disturbed = disturb(engine, fault="clock", pause=0.05)
    disturbed.wait_for(4)
    disturbed.kill_all()
    for number, path in enumerate(sorted((tmp_path / "run").iterdir())):
        os.utime(path, (0, 0) if number % 2 else (4e9, 4e9))
    kept = disturbed.blocks()
    digest, found = gone_on(cells, tmp_path / "run")

    assert found == kept
    survived(
        "clock jumps", engine, digest=digest == whole, again=BLOCKS - found, at_most=BLOCKS - 4
    )


def test_figures_of_waits() -> None:
    if not WAITS:
        return
    longest = [
        max((one for one in WAITS if one.engine == name), key=lambda one: one.silence)
        for name in PROCESSES
        if name in {one.engine for one in WAITS}
    ]
    worst = max(longest, key=lambda one: one.silence)
    record(
        "lost workers",
        runs=len(WAITS),
        waits=", ".join(f"{one.engine} {one.silence:.1f} s" for one in longest),
        longest=round(worst.silence, 2),
        again=round(max(one.again for one in WAITS), 2),
        block=round(worst.block, 2),
        missed=sum(not one.kept for one in WAITS),
        aim=AIM,
    )


def test_figures() -> None:
    faults = [one for one in DONE if "digest" in one]
    if not faults:
        return
    kinds: dict[str, int] = {}
    for one in faults:
        kinds[str(one["kind"])] = kinds.get(str(one["kind"]), 0) + 1
    longest = [float(str(one["seconds"])) for one in DONE if one["kind"] == "longest call"]
    record(
        "faults",
        injected=len(faults),
        same_digest=sum(bool(one["digest"]) for one in faults),
        engines=len({one["engine"] for one in faults}),
        longest_call_after_a_lost_worker=max(longest, default=0.0),
        **{f"kind: {kind}": n for kind, n in sorted(kinds.items())},
    )
    assert not FULL or len(faults) >= 40
