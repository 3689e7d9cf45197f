"""Hostile files: each is refused by our own error in two seconds and 256 MiB, and nothing outside
of it is touched.

Every file is tried in a process of its own. Beside it stands a canary, watched by the kernel, that
its links, external storage and virtual datasets point to; pickles in it would make a folder `ran`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.expression.build import COUNTS
from tests.processes import LIMIT, started
from tests.trust.figures import record
from tests.trust.good import GOOD
from tests.trust.hostile_stores import DENSE, SPARSE, STORES, made_h5ad
from tests.trust.hostile_texts import TEXTS
from tests.trust.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
SECONDS, BYTES = 2.0, 256 << 20
NAMES = [*DENSE, *SPARSE, *STORES, *TEXTS]
# A file that is refused for its content: its make, its size, what it points to; never for a unit or
# a missing gene.
CODES = {
    "matrix": {"E300", "E301", "E306", "E307", "E308", "E313", "E314", "E506"},
    "signatures": {"E205", "E206", "E207"},
    "samples": {"E907"},
    "clinical": {"E950", "E952"},
    "scheme": {"S102", "S103"},
    "cell scheme": {"S102", "S103"},
    "reference": {"R103"},
    "model": {"T103"},
    "scaler": {"R106"},
    "run": {"E604"},
}
FOUND: dict[str, dict[str, Any]] = {}
ACCEPTED: dict[str, str] = {}


class Zygote:
    """The process that tries files."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self.process, self.errors = process, errors
        self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        found = self.process.stdout.readline()
        assert found, self.errors.read_text()[-3000:]
        return found

    def ask(self, reader: str, path: Path) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"reader": reader, "path": str(path)}) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.line()))


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    folder = tmp_path_factory.mktemp("zygote")
    command = [sys.executable, "-W", "ignore", "-m", "tests.trust.zygote", str(folder / "warm")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    errors = folder / "errors.txt"
    with errors.open("wb") as stderr, started(command, cwd=ROOT, stderr=stderr, **pipes) as process:
        yield Zygote(process, errors)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=LIMIT) == 0


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """An HDF5 file outside that nothing of may be read."""
    folder = tmp_path / "canary"
    folder.mkdir()
    with h5py.File(folder / "canary.h5", "w") as file:
        file["X"] = COUNTS
        file["names"] = np.array([f"SECRET{number}" for number in range(8)], dtype="S")
    return folder / "canary.h5"


def made(name: str, folder: Path, canary: Path) -> tuple[str, Path]:
    """Reader and file of a case."""
    folder.mkdir()
    if name in DENSE or name in SPARSE:
        change = DENSE.get(name) or SPARSE[name]
        return "matrix", made_h5ad(folder, canary, change, sparse=name in SPARSE)
    reader, make = (STORES | TEXTS)[name]
    return reader, make(folder, canary)


def inside(folder: Path) -> list[str]:
    return sorted(os.path.relpath(one, folder) for one in folder.rglob("*"))


@pytest.mark.parametrize("name", NAMES)
def test_hostile(name: str, zygote: Zygote, tmp_path: Path, canary: Path) -> None:
    reader, path = made(name, tmp_path / "given", canary)
    before = inside(tmp_path)
    watch = Watch(canary)
    found = zygote.ask(reader, path)
    touched = watch.opened()
    watch.close()
    FOUND[name] = {**found, "touched": len(touched)}

    assert found["end"] == "refused", found
    assert found["code"] in CODES[reader], found
    assert found["message"].startswith(found["code"])
    assert "SECRET" not in found["message"]
    assert touched == set()
    assert inside(tmp_path) == before
    assert found["bytes"] <= BYTES


LOOKED_AT = [*DENSE, *SPARSE, *(name for name, (reader, _) in STORES.items() if reader == "matrix")]
COLUMNS_ONLY = {
    "category codes beyond the categories",
    "index named by a path",
    "10x file with an external link",
}
EVERYWHERE = [
    name for name in LOOKED_AT if name not in {*COLUMNS_ONLY, "zarr with an index outside"}
]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_store_is_refused_before_anndata_opens_it(
    name: str, zygote: Zygote, tmp_path: Path, canary: Path
) -> None:
    _, path = made(name, tmp_path / "given", canary)
    found = zygote.ask("before anndata", path)

    assert found["end"] == "refused", found


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("reader", ["matrix", "before anndata"])
def test_good(name: str, reader: str, zygote: Zygote, tmp_path: Path) -> None:
    path = GOOD[name](tmp_path)
    if reader == "before anndata" and path.suffix not in {".h5ad", ".h5", ".zarr"}:
        reader = "backed"
    found = zygote.ask(reader, path)
    if reader == "matrix":
        ACCEPTED[name] = found["end"]

    assert (found["end"], found["message"]) == ("accepted", "")


def test_the_watch_sees_what_it_should(canary: Path) -> None:
    watch = Watch(canary)
    assert watch.opened() == set()
    canary.read_bytes()

    assert watch.opened() == {canary}
    watch.close()


@pytest.mark.parametrize("name", ["external link for X", "virtual X", "external storage of X"])
def test_the_canary_is_read_where_nobody_looks(name: str, tmp_path: Path, canary: Path) -> None:
    """The hostile files do what they are made for: a plain reader follows them out."""
    _, path = made(name, tmp_path / "given", canary)
    watch = Watch(canary)
    with h5py.File(path) as file:
        file["X"][:]

    assert watch.opened() == {canary}
    watch.close()


def test_figures() -> None:
    assert len(NAMES) >= 60
    assert len(GOOD) >= 10
    if len(FOUND) < len(NAMES):
        return  # only some of them were asked for
    slowest = max(FOUND.values(), key=lambda one: one["seconds"])
    record(
        "hostile files",
        files=len(FOUND),
        refused=sum(one["end"] == "refused" for one in FOUND.values()),
        crashed=sum(one["end"] == "crash" for one in FOUND.values()),
        read_outside=sum(one["touched"] for one in FOUND.values()),
        slowest_seconds=round(slowest["seconds"], 2),
        over_two_seconds=sum(one["seconds"] > SECONDS for one in FOUND.values()),
        most_mib=round(max(one["bytes"] for one in FOUND.values()) / 2**20),
        good=len(ACCEPTED),
        good_accepted=sum(end == "accepted" for end in ACCEPTED.values()),
    )
