"""How far a run is: told at once, and after each block.

A plan is told before the first block, because the first question about a long run is whether to wait for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Hear", "Plan", "Progress", "Reporter", "tell_reading"]

QUIET = 3.0  # seconds without a word in "auto"
PAUSE = 0.2


@dataclass(frozen=True)
class Plan:
    """What a run is going to do."""

    n_obs: int
    n_genes: int
    stored: int
    blocks: int
    jobs: int
    bytes_held: int

    def __str__(self) -> str:
        rows = -(-self.n_obs // max(self.blocks, 1))
        return (
            f"I301 {self.n_obs:,} x {self.n_genes:,}, {self.stored / 1e6:,.0f} M values. "
            f"Plan: {self.blocks:,} blocks of about {rows:,} rows, {self.jobs} jobs, "
            f"about {self.bytes_held / 1e6:,.0f} MB of rows at once."
        )


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Parameters
    ----------
    rows, total_rows
        Rows scored, and all.
    blocks, total_blocks
        Blocks finished, and all. Blocks taken from an earlier run count as finished.
    seconds
        Since the start.
    resumed
        Rows that were taken from an earlier run.
    plan
        What is going to be done.
    reading
        The file that is being read, while nothing else is known; then empty.
    """

    rows: int
    total_rows: int
    blocks: int
    total_blocks: int
    seconds: float
    resumed: int
    plan: Plan
    reading: str = ""

    @property
    def rate(self) -> float:
        """Rows a second in this run; 0 before the first block."""
        return (self.rows - self.resumed) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left; None before the first block."""
        return (self.total_rows - self.rows) / self.rate if self.rate > 0 else None

    def __str__(self) -> str:
        if self.reading:
            return f"reading {self.reading}"
        share = self.rows / max(self.total_rows, 1)
        left = "" if self.seconds_left is None else f", {self.rate:,.0f} rows/s, {self.seconds_left:,.0f} s left"
        return f"{share:4.0%} {self.rows:,} of {self.total_rows:,} rows{left}"


Hear = Callable[[Progress], None] | Literal["auto", "text"] | None


def tell_reading(source: str, heard: Hear) -> None:
    """Say that a file is being read, before anything is known of it; a large one takes some seconds to check."""
    if callable(heard):
        heard(Progress(0, 0, 0, 0, seconds=0.0, resumed=0, plan=Plan(0, 0, 0, 0, 0, 0), reading=source))
    elif heard == "text":
        sys.stderr.write(f"reading {source}\n")
        sys.stderr.flush()


class Reporter:
    """Counts blocks and passes the news on."""

    def __init__(self, plan: Plan, heard: Hear, *, resumed: tuple[int, int]) -> None:
        self._plan = plan
        self._heard = heard if callable(heard) else _Text(quiet=QUIET if heard == "auto" else 0.0) if heard else None
        self._start = time.monotonic()
        self._rows, self._blocks = resumed
        self._resumed = resumed[0]
        self._tell()

    def done(self, rows: int) -> None:
        """One more block, of so many rows."""
        self._rows += rows
        self._blocks += 1
        self._tell()

    @property
    def blocks(self) -> int:
        """Blocks finished."""
        return self._blocks

    def _tell(self) -> None:
        if self._heard is not None:
            seconds = time.monotonic() - self._start
            sizes = (self._rows, self._plan.n_obs, self._blocks, self._plan.blocks)
            self._heard(Progress(*sizes, seconds=seconds, resumed=self._resumed, plan=self._plan))


class _Text:
    """Lines on the standard error: one that is overwritten on a terminal, some whole ones in a log."""

    def __init__(self, *, quiet: float) -> None:
        self._quiet = quiet
        self._spoken = False
        self._last = -1e9

    def __call__(self, progress: Progress) -> None:
        terminal = sys.stderr.isatty()
        finished = progress.rows >= progress.total_rows
        pause = PAUSE if terminal else 50 * PAUSE
        if progress.seconds < self._quiet or (progress.seconds - self._last < pause and not finished):
            return
        if finished and not self._spoken and self._quiet:
            return
        if not self._spoken:
            sys.stderr.write(f"{progress.plan}\n")
            self._spoken = True
        self._last = progress.seconds
        sys.stderr.write(f"\r{progress}    " + ("\n" if finished else "") if terminal else f"{progress}\n")
        sys.stderr.flush()
