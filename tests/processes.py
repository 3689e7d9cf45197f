"""Waits that end only what hangs, and processes that no test leaves to the next one.

A busy machine is slow, and slow is no fault: whatever waits in a test waits LIMIT seconds before it
says that something hangs. `tests/test_processes.py` looks for shorter waits, and for processes that
are started in another way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

LIMIT = 300  # seconds
LIMIT_MS = LIMIT * 1000  # what Qt and browsers count in

Command = Sequence[str | os.PathLike[str]]


def until(holds: Callable[[], object], process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something holds; fail when it takes longer than LIMIT, or the process that
    should do it has ended.
    """
    end = time.monotonic() + LIMIT
    while not holds():
        ended = process is not None and process.poll() is not None
        assert not ended or holds(), "the process ended before it came to what is waited for"
        assert time.monotonic() < end, f"what is waited for did not happen in {LIMIT} s"
        time.sleep(0.01)


@contextlib.contextmanager
def started(command: Command, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process in a group of its own; when the block is left, it and all that it started are
    killed.
    """
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[Any]) -> None:
    """End a process and what it started, also where it has ended itself and left a child behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def finished(command: Command, **options: Any) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` with its output as text; nothing that it started is left, and it may take
    LIMIT seconds.
    """
    with started(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    ) as process:
        out, err = process.communicate(timeout=LIMIT)
    return subprocess.CompletedProcess(list(command), process.returncode, out, err)
