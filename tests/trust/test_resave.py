"""Kills at random moments of a re-save: the older or the newer file is there, whole, of every
saved format.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.processes import finished
from tests.trust.figures import enough, record

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_is_lost(tmp_path: Path) -> None:
    kills = enough(24, 100)
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.trust.resaver",
        str(tmp_path),
        str(kills),
        "7",
    ]
    done = finished(command, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line.split() for line in done.stdout.splitlines()]
    found = [words[2] for words in lines if words[0] == "kill"]
    record(
        "re-saves",
        kills=len(found),
        formats=len({words[1] for words in lines}),
        lost=found.count("lost"),
    )

    assert found == ["whole"] * kills, done.stdout
