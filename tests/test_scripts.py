"""The scripts: that they are whole, and that `setup` says what is missing instead of leaving
half an environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [ROOT / "scripts" / name for name in ("setup", "demo", "test", "check", "trust")] + [
    ROOT / ".ci" / "run"
]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are for bash")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_executable_strict_and_can_be_read_by_bash(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()

    assert os.access(script, os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# ")
    assert "set -euo pipefail" in lines
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy of what `setup` reads, so that the environment of this checkout is left alone."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts" / "setup")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def setup(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", checkout / "scripts" / "setup"]
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def fake_python(path: Path, refused: str) -> str:
    """Executable that fails for code that holds a word, and runs well otherwise."""
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; esac\necho python3.11\n', encoding="utf-8"
    )
    path.chmod(0o755)
    return str(path)


def tools(folder: Path) -> Path:
    """A machine with hardly anything on it."""
    made = folder / "tools"
    made.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "id"):
        (made / name).symlink_to(shutil.which(name) or "")
    return made


@pytest.mark.parametrize(
    ("has_old_python", "wanted"),
    [(False, "python3 python3-venv"), (True, "python3.11 python3.11-venv")],
)
def test_no_python_or_an_old_one_says_what_to_install(
    checkout: Path, tmp_path: Path, *, has_old_python: bool, wanted: str
) -> None:
    path = tools(tmp_path)
    if has_old_python:
        fake_python(path / "python3", "version_info")
    done = setup(checkout, RESISTYPE_PYTHON="", PATH=str(path))

    assert done.returncode == 1
    assert done.stderr.startswith(
        f"setup: missing: {wanted}. On Debian or Ubuntu: sudo apt-get install {wanted}. Or"
    )


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    done = setup(checkout, RESISTYPE_PYTHON="/nowhere/python")

    assert done.returncode == 1
    assert (
        done.stderr
        == "setup: RESISTYPE_PYTHON=/nowhere/python is not a Python >= 3.11 that runs.\n"
    )
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_refused(checkout: Path, tmp_path: Path) -> None:
    old = fake_python(tmp_path / "old-python", "version_info")
    done = setup(checkout, RESISTYPE_PYTHON=old)

    assert done.returncode == 1
    assert done.stderr == f"setup: RESISTYPE_PYTHON={old} is not a Python >= 3.11 that runs.\n"


def test_a_python_without_venv_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    bare = fake_python(tmp_path / "bare-python", "ensurepip")
    done = setup(checkout, RESISTYPE_PYTHON=bare, PATH=str(tools(tmp_path)))

    assert done.returncode == 1
    assert (
        done.stderr == "setup: missing: python3.11-venv. On Debian or Ubuntu: sudo apt-get install"
        " python3.11-venv. Or set RESISTYPE_PYTHON to a Python >= 3.11 with venv.\n"
    )
    assert not (checkout / ".venv").exists()


def test_an_environment_that_is_up_to_date_is_left_as_it_is(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    fake_python(python, "nothing")
    content = (checkout / "pyproject.toml").read_bytes() + (
        checkout / "scripts" / "setup"
    ).read_bytes()
    checksum = (
        subprocess.run(["cksum"], input=content, capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )
    (checkout / ".venv" / ".resistype-setup").write_text(
        f"{checksum} {checkout} \n", encoding="utf-8"
    )
    done = setup(checkout, RESISTYPE_PYTHON="")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == [
        ".resistype-setup",
        "bin",
    ]
