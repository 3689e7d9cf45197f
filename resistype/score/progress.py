"""How a long run is told, stopped and kept.

A plan is told before the first block, because the first question about a long run is whether to
wait for it. Who wants to know of a computation without blocks opens `listening` in the thread that
computes; loops inside call `step`, and where nobody listens a step costs one look at a variable.

A run kept in a folder holds finished blocks, each whole or not there at all: written to a temporary
file beside its place, synced, then renamed. The file begins with the SHA-256 of what follows, so a
block cut short or changed on disk is found out and computed again. The manifest says what the run
is about, under a seal of its own; a folder that belongs to other data, signatures or methods is
refused, never mixed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from resistype.errors import OutputError, RunError
from resistype.expression import Block
from resistype.safe.files import replace_file
from resistype.safe.toml import read_json
from resistype.score.rows import Values

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
        left = (
            ""
            if self.seconds_left is None
            else f", {self.rate:,.0f} rows/s, {self.seconds_left:,.0f} s left"
        )
        return f"{share:4.0%} {self.rows:,} of {self.total_rows:,} rows{left}"


Hear = Callable[[Progress], None] | Literal["auto", "text"] | None


def tell_reading(source: str, heard: Hear) -> None:
    """Say that a file is being read, before anything is known of it; a large one takes some
    seconds to check.
    """
    if callable(heard):
        heard(
            Progress(
                0, 0, 0, 0, seconds=0.0, resumed=0, plan=Plan(0, 0, 0, 0, 0, 0), reading=source
            )
        )
    elif heard == "text":
        sys.stderr.write(f"reading {source}\n")
        sys.stderr.flush()


class Reporter:
    """Counts blocks and passes the news on."""

    def __init__(self, plan: Plan, heard: Hear, *, resumed: tuple[int, int]) -> None:
        self._plan = plan
        self._heard = (
            heard
            if callable(heard)
            else _Text(quiet=QUIET if heard == "auto" else 0.0)
            if heard
            else None
        )
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
    """Lines on the standard error: one that is overwritten on a terminal, some whole ones in a
    log.
    """

    def __init__(self, *, quiet: float) -> None:
        self._quiet = quiet
        self._spoken = False
        self._last = -1e9

    def __call__(self, progress: Progress) -> None:
        terminal = sys.stderr.isatty()
        finished = progress.rows >= progress.total_rows
        pause = PAUSE if terminal else 50 * PAUSE
        if progress.seconds < self._quiet or (
            progress.seconds - self._last < pause and not finished
        ):
            return
        if finished and not self._spoken and self._quiet:
            return
        if not self._spoken:
            sys.stderr.write(f"{progress.plan}\n")
            self._spoken = True
        self._last = progress.seconds
        sys.stderr.write(
            f"\r{progress}    " + ("\n" if finished else "") if terminal else f"{progress}\n"
        )
        sys.stderr.flush()


P = ParamSpec("P")
R = TypeVar("R")


class Cancel(Protocol):
    """Anything with `is_set`, for example a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether the run should stop."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a long run is kept and shown; `resistype.score.listening` stops one.

    Parameters
    ----------
    run_dir
        Folder where finished blocks are kept. A run that was killed goes on from there with
        `resume`.
    resume
        Go on with the run in `run_dir`; blocks that are missing or damaged are computed again, no
        others.
    progress
        ``"auto"`` writes to the standard error when a run takes longer than some seconds,
        ``"text"`` always, None never; or a function that is called with a `Progress` while a file
        is read, at once, and after each block.
    tries
        How often a block is given out when the worker that had it is lost.
    """

    run_dir: str | Path | None = None
    resume: bool = False
    progress: Hear = "auto"
    tries: int = 3


@dataclass(frozen=True)
class _Pace:
    hear: Callable[[str], None]
    cancel: Cancel

    def stop_if_asked(self) -> None:
        if self.cancel.is_set():
            raise RunError("Cancelled. Nothing was kept.", code="E602")


_PACE: ContextVar[_Pace | None] = ContextVar("resistype_pace", default=None)


@contextmanager
def listening(hear: Callable[[str], None], cancel: Cancel) -> Iterator[None]:
    """Hear every step of this thread, and let `cancel` end it.

    Parameters
    ----------
    hear
        Called with the name of each step.
    cancel
        When it is set, the next step raises; scoring ends after the blocks at hand and keeps what
        is finished.

    Raises
    ------
    RunError
        E602, from inside, when it was cancelled.

    Examples
    --------
    >>> import threading
    >>> heard = []
    >>> with listening(heard.append, threading.Event()):
    ...     step("first")
    >>> step("nobody hears this")
    >>> heard
    ['first']
    """
    token = _PACE.set(_Pace(hear, cancel))
    try:
        yield
    finally:
        _PACE.reset(token)


def asked() -> Cancel | None:
    """What stops this thread's run; handed to workers, which do not know who listens."""
    pace = _PACE.get()
    return None if pace is None else pace.cancel


def is_heard() -> bool:
    """Whether somebody listens, so that work is cut into smaller parts."""
    return _PACE.get() is not None


def step(text: str) -> None:
    """Say what comes next; raises where the run was cancelled."""
    pace = _PACE.get()
    if pace is not None:
        pace.stop_if_asked()
        pace.hear(text)


def watched(work: Callable[P, R]) -> Callable[P, R]:
    """The work, refused once the run is cancelled; for threads, which do not know who listens."""
    pace = _PACE.get()
    if pace is None:
        return work

    def _run(*given: P.args, **named: P.kwargs) -> R:
        pace.stop_if_asked()
        return work(*given, **named)

    return _run


FORMAT, FORMAT_VERSION = "resistype-run", 2
MAGIC, OLD_MAGIC = b"resistype-block-2\n", b"resistype-block-1\n"  # of the same length
TRIES = 3


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    for attempt in range(TRIES):
        try:
            replace_file(path, lambda stream: stream.write(content))
            return
        except (
            FileNotFoundError
        ) as error:  # another run of this folder has cleared what it took for leftovers
            if attempt < TRIES - 1 and path.parent.is_dir():
                continue
            raise _not_written(path, error) from error
        except OSError as error:
            raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> OutputError:
    message = (
        f"{path} could not be written: {error.strerror}. Nothing half-written was left; free space"
        " or change it."
    )
    return OutputError(message, code="O101")


@dataclass(frozen=True)
class RunFolder:
    """Folder of a run; travels to workers as a path and the shape of its blocks."""

    path: Path
    methods: tuple[str, ...]
    n_sets: int
    fingerprint: str

    def begin(self, blocks: Sequence[Block], *, resume: bool) -> list[Block]:
        """Open the folder: the blocks of the run there when it is resumed, else those given."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_written(self.path, error) from error
        manifest = self.path / "manifest.json"
        if manifest.exists():
            return self._reopen(manifest, n_obs=blocks[-1].stop, resume=resume)
        self._describe(manifest, [0, *(block.stop for block in blocks)])
        return self._reopen(manifest, n_obs=blocks[-1].stop, resume=True)

    def _describe(self, manifest: Path, edges: list[int]) -> None:
        about = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "methods": list(self.methods),
            "n_sets": self.n_sets,
            "edges": edges,
        }
        write_whole(manifest, json.dumps({**about, "sha256": _seal(about)}, indent=1).encode())

    def _reopen(self, manifest: Path, *, n_obs: int, resume: bool) -> list[Block]:
        about = _read_manifest(manifest, n_obs)
        if about["fingerprint"] != self.fingerprint:
            message = (
                f"{self.path} belongs to a run with other data, signatures or methods. Choose"
                " another run_dir, or delete the folder."
            )
            raise RunError(message, code="E604")
        if not resume:
            message = (
                f"{self.path} holds a run already. Pass resume=True to go on with it, or choose"
                " another run_dir."
            )
            raise RunError(message, code="E604")
        for left in (
            *self.path.glob(".tmp-*"),
            *self.path.glob(".*.block.*"),
            *self.path.glob(".manifest.json.*"),
        ):
            left.unlink(missing_ok=True)
        edges = about["edges"]
        return [Block(a, b) for a, b in pairwise(edges)]

    def _file(self, block: Block) -> Path:
        return self.path / f"{block.start:012d}-{block.stop:012d}.block"

    def save(self, block: Block, values: Values) -> None:
        """Keep a finished block."""
        content = b"".join(
            np.ascontiguousarray(values[name], "<f8").tobytes() for name in self.methods
        )
        write_whole(self._file(block), MAGIC + self._block_seal(block, content) + content)

    def _block_seal(self, block: Block, content: bytes) -> bytes:
        """SHA-256 of the numbers and of the place they belong to: a block in the place of
        another is found out.
        """
        return hashlib.sha256(
            f"{self.fingerprint} {block.start} {block.stop}\n".encode() + content
        ).digest()

    def load(self, block: Block) -> Values | None:
        """A finished block; None when it is not there or not what was written."""
        try:
            data = self._file(block).read_bytes()
        except OSError:
            return None
        start, rows = len(MAGIC) + 32, block.stop - block.start
        content = data[start:]
        size = rows * self.n_sets * 8
        old = data.startswith(OLD_MAGIC)
        seal = hashlib.sha256(content).digest() if old else self._block_seal(block, content)
        whole = (old or data.startswith(MAGIC)) and len(content) == size * len(self.methods)
        if not whole or seal != data[len(MAGIC) : start]:
            return None
        return {
            name: self._array(content[i * size : (i + 1) * size], rows)
            for i, name in enumerate(self.methods)
        }

    def _array(self, content: bytes, rows: int) -> NDArray[np.float64]:
        return np.frombuffer(content, "<f8").reshape(rows, self.n_sets).astype(np.float64)


def _seal(about: dict[str, Any]) -> str:
    """SHA-256 of a manifest without its own."""
    body = {key: value for key, value in about.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _read_manifest(manifest: Path, n_obs: int) -> dict[str, Any]:
    try:
        about = read_json(manifest.read_bytes())
        version = about["format_version"]
        if about["format"] != FORMAT or version > FORMAT_VERSION:
            message = (
                f"{manifest} was written by a newer resistype, or is no manifest of a run. Update,"
                " or delete it."
            )
            raise RunError(message, code="E604")
        edges, sealed = (
            about["edges"],
            version == 1 or about["sha256"] == _seal(about),
        )  # version 1 had no seal
        whole = all(type(edge) is int for edge in edges) and all(a < b for a, b in pairwise(edges))
        if (
            type(version) is not int
            or version < 1
            or not sealed
            or not whole
            or (edges[0], edges[-1]) != (0, n_obs)
        ):
            raise ValueError("it was changed after it was written")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        message = f"{manifest} is damaged. Delete the folder {manifest.parent} and run again."
        raise RunError(message, code="E604") from error
    return dict(about)
