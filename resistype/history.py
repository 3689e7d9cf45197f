"""Undo and redo: every state that was, with what was done to it.

States are frozen, so keeping them is all it takes.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

StateT = TypeVar("StateT")


class History(Generic[StateT]):
    """States before and after the one that stands now.

    Parameters
    ----------
    most
        How many commands can be taken back; None for all of them.

    Examples
    --------
    >>> history: History[str] = History()
    >>> history.did("before", "add 1 gene")
    >>> history.undo_label, history.back("after"), history.redo_label
    ('add 1 gene', 'before', 'add 1 gene')
    """

    def __init__(self, most: int | None = None) -> None:
        self._done: deque[tuple[StateT, str]] = deque(maxlen=most)
        self._undone: list[tuple[StateT, str]] = []

    @property
    def undo_label(self) -> str:
        """What going back takes back; empty when there is nothing."""
        return self._done[-1][1] if self._done else ""

    @property
    def redo_label(self) -> str:
        """What going forth does again; empty when there is nothing."""
        return self._undone[-1][1] if self._undone else ""

    def did(self, before: StateT, label: str) -> None:
        """Keep the state that was before a command; what was undone is forgotten."""
        self._done.append((before, label))
        self._undone.clear()

    def back(self, now: StateT) -> StateT | None:
        """The state before the last command; None when there is none."""
        return _move(self._done, self._undone, now)

    def forth(self, now: StateT) -> StateT | None:
        """The state after the command that was taken back; None when there is none."""
        return _move(self._undone, self._done, now)


def _move(
    source: deque[tuple[StateT, str]] | list[tuple[StateT, str]],
    target: deque[tuple[StateT, str]] | list[tuple[StateT, str]],
    now: StateT,
) -> StateT | None:
    if not source:
        return None
    state, label = source.pop()
    target.append((now, label))
    return state
