"""The tests with a window: each file of `screen/` in a process of its own, on an Xvfb display of
its own.

A crash of Qt or of the graphics library ends that process and not the run. Absent Xvfb the tests
are skipped with the reason; under CI=true they fail. To run one by hand:

    xvfb-run -a python -m pytest -c tests/napari_plugin/screen/pytest.ini
    tests/napari_plugin/screen/test_dock.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import LIMIT, finished, started

SCREEN = Path(__file__).parent / "screen"
FILES = sorted(path.name for path in SCREEN.glob("test_*.py"))


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """Name of a display without a screen."""
    if shutil.which("Xvfb") is None:
        reason = "Xvfb is not here; scripts/setup installs it on Debian as root"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    reads, writes = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writes),
        "-screen",
        "0",
        "1500x1000x24",
        "-nolisten",
        "tcp",
    ]
    with started(command, pass_fds=[writes], stderr=subprocess.DEVNULL) as server:
        os.close(writes)
        with os.fdopen(reads) as pipe:
            number = pipe.readline().strip()
        try:
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()  # by its own hand it takes its lock file along
            server.wait(timeout=LIMIT)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_with_a_window(file: str, display: str) -> None:
    env = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(SCREEN / "pytest.ini"),
        "-q",
        str(SCREEN / file),
    ]

    done = finished(command, env=env)

    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert " skipped" not in done.stdout, done.stdout[-2000:]


def test_every_kind_of_test_with_a_window_is_there() -> None:
    assert FILES == ["test_dock.py", "test_neighbour.py", "test_pixels.py"]
