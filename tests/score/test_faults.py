"""Workers that are killed: the same digest, only what was lost computed again, and no call that
hangs.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from tests.processes import finished
from tests.score.test_loop import ROOT, backed, make_cells, run

HAS_DASK = importlib.util.find_spec("distributed") is not None
ENGINES = [
    "loky",
    "multiprocessing",
    pytest.param("dask", marks=pytest.mark.skipif(not HAS_DASK, reason="dask is not installed")),
]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cells(tmp_path_factory.mktemp("cells") / "cells.h5ad")


@pytest.fixture(scope="module")
def whole(cells: Path) -> str:
    return run(backed(cells)).digest


def faulty(
    engine: str, file: Path, folder: Path, *, kills: int, keep: bool, allowed: int = 3
) -> dict[str, str]:
    """Run `faulty.py` and give back what it printed."""
    where = str(folder / "run") if keep else "-"
    command = [
        sys.executable,
        "-m",
        "tests.score.faulty",
        engine,
        str(file),
        where,
        str(folder / "flag"),
        str(kills),
    ]
    env = {**os.environ, "ALLOWED": str(allowed), "PYTHONWARNINGS": "ignore"}
    done = finished(command, cwd=ROOT, env=env)
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    found = {word: rest for word, _, rest in lines}
    assert "seconds" in found, done.stderr[-2000:]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "keep"), [(2, True), (1, False)], ids=["2_kept", "1_not_kept"])
@pytest.mark.parametrize("engine", ENGINES)
class TestKilledWorkers:
    def test_the_same_digest(
        self, cells: Path, whole: str, tmp_path: Path, *, engine: str, kills: int, keep: bool
    ) -> None:
        found = faulty(engine, cells, tmp_path, kills=kills, keep=keep)

        assert found.get("digest") == whole, found
        assert len(list(tmp_path.glob("flag.*"))) == kills


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_workers_that_always_die_do_not_hang_the_call(
    engine: str, cells: Path, whole: str, tmp_path: Path
) -> None:
    """It ends in an error, unless dask has a single worker left: then joblib computes in the
    driver itself.
    """
    found = faulty(engine, cells, tmp_path, kills=1000, keep=True, allowed=1)

    if "digest" in found:
        assert (engine, found["digest"]) == ("dask", whole)
        return
    assert found["error"].startswith("RunError E601 Worker lost 3 times on rows ")
    assert "call again with resume=True to go on" in found["error"]
    assert faulty("loky", cells, tmp_path, kills=0, keep=True)["digest"] == whole
