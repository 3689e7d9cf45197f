"""Pace: a long computation says where it is and stops when asked, without a parameter through every function.

Who wants to know opens `listening` in the thread that computes; loops inside call `step`. Where nobody listens a step
costs one look at a variable, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from resistype.errors import RunError

__all__ = ["Cancel", "asked", "is_heard", "listening", "step", "watched"]

P = ParamSpec("P")
R = TypeVar("R")


class Cancel(Protocol):
    """Anything with `is_set`, for example a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether the run should stop."""


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
        When it is set, the next step raises; scoring ends after the blocks at hand and keeps what is finished.

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
