"""What resistype brings with it and reaches for: few distributions, all of them hashed, and no
socket.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.processes import finished
from tests.trust.figures import record

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = ABOUT["project"]
CORE_LIMIT = 25
OF_OLD_PANDAS = {
    "pytz",
    "six",
}  # pandas 2 and python-dateutil 2 bring them, which anndata holds here on Python 3.11
GROUPS = ("test", "check", "build", "e2e", "docs", "napari")  # those that `scripts/setup` installs
INSTALLED_EXTRAS = ("all", "napari")
QUIET: dict[str, int] = {}


def closure(name: str) -> set[str]:
    """A distribution and all that it needs here, without extras of its own."""
    found: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one, extras = waiting.pop()
        if (one, extras) in seen:
            continue
        seen.add((one, extras))
        found.add(canonicalize_name(one))
        for text in requires(one) or ():
            need = Requirement(text)
            known = [{"extra": extra} for extra in (*extras, "")]
            if need.marker is None or any(need.marker.evaluate(one) for one in known):
                waiting.append((need.name, frozenset(need.extras)))
    return found - {canonicalize_name(name)}


def locked() -> dict[str, list[str]]:
    """Hashes of every pinned distribution of the lock; a name may have a version for each
    Python.
    """
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text(encoding="utf-8")):
        head = re.match(r"([A-Za-z0-9._-]+)==(\S+)", block)
        if head:
            found.setdefault(canonicalize_name(head[1]), []).extend(
                re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
            )
    return found


@pytest.mark.slow
def test_the_core_is_small(tmp_path: Path) -> None:
    """What pip would install for the core where nothing is installed yet."""
    told = tmp_path / "told.json"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--dry-run",
    ]
    command = [*pip, "--ignore-installed", "--report", told, *PROJECT["dependencies"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    needed = {
        canonicalize_name(one["metadata"]["name"])
        for one in json.loads(told.read_bytes())["install"]
    }
    record("supply chain", core_distributions=len(needed), aim=CORE_LIMIT, locked=len(locked()))

    assert {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]} <= needed
    assert len(needed) <= CORE_LIMIT, sorted(needed)


def test_the_core_is_small_here_too() -> None:
    """The same from what is installed, where pandas may be older."""
    needed = closure("resistype") - OF_OLD_PANDAS

    assert len(needed) <= CORE_LIMIT, sorted(needed)
    assert needed.isdisjoint({"anndata", "h5py", "zarr", "scanpy"})


def test_everything_in_the_lock_is_pinned_and_hashed() -> None:
    lines = [
        line for line in LOCK.read_text(encoding="utf-8").splitlines() if line and line[0].isalnum()
    ]

    assert all(re.match(r"[A-Za-z0-9._-]+==[0-9]\S*( ;.*)? \\$", line) for line in lines)
    assert [name for name, hashes in locked().items() if not hashes] == []
    assert not [line for line in lines if "@" in line or "git+" in line]


def asked_by(extra: str, extras: dict[str, list[str]]) -> list[str]:
    """Requirements of an extra and of the extras inside of it, without resistype itself."""
    found = []
    for text in extras[extra]:
        need = Requirement(text)
        inner = sorted(need.extras) if need.name == "resistype" else None
        found += (
            [text] if inner is None else [one for name in inner for one in asked_by(name, extras)]
        )
    return found


def test_the_setup_installs_the_groups_of_the_lock() -> None:
    line = next(
        one
        for one in (ROOT / "scripts/setup").read_text(encoding="utf-8").splitlines()
        if "install -e" in one
    )
    made = LOCK.read_text(encoding="utf-8").partition("-o requirements.lock")[0]

    assert (
        sorted(re.findall(r"--group (\w+)", line))
        == sorted(GROUPS)
        == sorted(re.findall(r"--group (\w+)", made))
    )
    assert f".[{','.join(INSTALLED_EXTRAS)}]" in line
    assert tuple(re.findall(r"--extra (\w+)", made)) == INSTALLED_EXTRAS


def test_the_lock_covers_what_is_asked_for() -> None:
    """Every requirement of the core, of the extras and of the groups that `scripts/setup`
    installs stands in it.
    """
    groups = ABOUT["dependency-groups"]
    every = [*PROJECT["dependencies"], *(one for name in GROUPS for one in groups[name])]
    every += [
        one for name in INSTALLED_EXTRAS for one in asked_by(name, PROJECT["optional-dependencies"])
    ]
    names = {canonicalize_name(Requirement(one).name) for one in every}

    assert names - set(locked()) == set()


def test_versions_here_that_are_locked_are_the_locked_ones_or_allowed() -> None:
    """The environment that runs this satisfies what the project asks for."""
    for text in requires("resistype") or ():
        need = Requirement(text)
        if need.marker is None:
            assert need.specifier.contains(distribution(need.name).version, prereleases=True), need


@pytest.mark.parametrize("what", ["import", "every name", "score", "report", "command line"])
def test_no_socket(what: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.trust.quiet", what, str(tmp_path)]
    done = finished(command, cwd=ROOT)
    found = [line for line in done.stdout.splitlines() if line.startswith("TOLD")]
    QUIET[what] = int(found[0].split()[1]) if found else -1

    assert found == ["TOLD 0"], done.stdout[-500:] + done.stderr[-1500:]


def test_the_hook_hears_a_socket() -> None:
    code = (
        "from tests.trust import quiet; import socket; socket.socket().close();"
        " print(len(quiet.TOLD))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert int(done.stdout) >= 1


def test_figures() -> None:
    if len(QUIET) == 5:
        record("offline", routes=len(QUIET), sockets=sum(QUIET.values()))
