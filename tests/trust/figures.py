"""Figures of a run: each test of trust leaves what it counted, and `scripts/trust` makes a page of
it.

`RESISTYPE_TRUST=full` asks for all examples and faults; otherwise a part of them runs, small enough
for every day. `RESISTYPE_TRUST_FIGURES` names the file that figures are added to, a JSON a line.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FULL = os.environ.get("RESISTYPE_TRUST") == "full"


def enough(every_day: int, full: int) -> int:
    """How many of a kind this run takes."""
    return full if FULL else every_day


def record(name: str, **figures: object) -> None:
    """Print figures, and keep them where the page is made."""
    print(f"{name}: {figures}")
    place = os.environ.get("RESISTYPE_TRUST_FIGURES")
    if place:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, **figures}, default=str) + "\n")
