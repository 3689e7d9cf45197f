"""Undo and redo: every sheet that was, with what was done to it. Sheets are frozen, so keeping them is all it takes."""

from __future__ import annotations

from resistype.curation.desk_sheet import Sheet

__all__ = ["History"]

MOST = 300


class History:
    """Sheets before and after the one on the desk.

    Examples
    --------
    >>> history = History()
    >>> history.did(Sheet(), "add 1 gene")
    >>> history.undo_label, history.back(Sheet(dropped=("x",))), history.redo_label
    ('add 1 gene', Sheet(rows=(), fields={}, dropped=(), updates={}), 'add 1 gene')
    """

    def __init__(self) -> None:
        self._done: list[tuple[Sheet, str]] = []
        self._undone: list[tuple[Sheet, str]] = []

    @property
    def undo_label(self) -> str:
        """What going back takes back; empty when there is nothing."""
        return self._done[-1][1] if self._done else ""

    @property
    def redo_label(self) -> str:
        """What going forth does again; empty when there is nothing."""
        return self._undone[-1][1] if self._undone else ""

    def did(self, before: Sheet, label: str) -> None:
        """Keep the sheet that was before a command; the oldest of 300 is forgotten."""
        self._done = [*self._done[1 - MOST :], (before, label)]
        self._undone = []

    def back(self, now: Sheet) -> Sheet | None:
        """The sheet before the last command; None when there is none."""
        return _move(self._done, self._undone, now)

    def forth(self, now: Sheet) -> Sheet | None:
        """The sheet after the command that was taken back; None when there is none."""
        return _move(self._undone, self._done, now)


def _move(source: list[tuple[Sheet, str]], target: list[tuple[Sheet, str]], now: Sheet) -> Sheet | None:
    if not source:
        return None
    sheet, label = source.pop()
    target.append((now, label))
    return sheet
