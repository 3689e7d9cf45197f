"""How long a run with a lost worker gave no sign of life, from what `driver.py` left beside the
run.

A sign of life is a block that was finished and kept, another worker that came as far as dying, or
the end of the call, with a result or an error. The wait is the longest time from one sign to the
next, from the first SIGKILL on.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

AIM = 10.0  # seconds, and the time of one block


@dataclass(frozen=True)
class Waited:
    """Seconds.

    Attributes
    ----------
    silence
        The longest time without a sign of life after the first kill.
    again
        From a kill to the end of the block that was lost by it, the longest; 0 where none was
        computed again.
    block
        What one block takes, the median; 0 where none was finished.
    """

    engine: str
    silence: float
    again: float
    block: float

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return self.silence <= AIM + self.block


def waited(engine: str, flag: Path, ended: float) -> Waited:
    """What was left beside `flag`; `ended` is when the call returned or raised."""
    kills = [_numbers(path.read_text()) for path in sorted(flag.parent.glob(f"{flag.name}.[0-9]*"))]
    done_at = flag.with_name(f"{flag.name}.done")
    done = [_numbers(line) for line in done_at.read_text().splitlines()] if done_at.exists() else []
    first = min(at for at, _ in kills)
    signs = sorted([*(at for at, _ in kills), *(at for at, _, _ in done if at > first), ended])
    again = [
        min((at for at, start, _ in done if start == lost and at > kill), default=kill) - kill
        for kill, lost in kills
    ]
    took = [seconds for _, _, seconds in done]
    return Waited(
        engine,
        max(b - a for a, b in pairwise(signs)),
        max(again),
        statistics.median(took) if took else 0.0,
    )


def _numbers(line: str) -> list[float]:
    return [float(one) for one in line.split()]
