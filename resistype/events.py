"""Events: a list of callbacks. One that fails is told and warned of, and the others go on."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

from resistype.errors import ResistypeWarning, warn

Listener = Callable[..., Any]


class Event:
    """One kind of news, and who listens to it.

    A method of an object is held weakly: who listens is not kept alive by it, and is silent once
    it is gone.

    Parameters
    ----------
    name
        What the news is about.
    failed
        Is given a sentence about each listener that fails, besides the warning.

    Examples
    --------
    >>> heard = []
    >>> event = Event("calls")
    >>> event.connect(heard.append)
    >>> event.emit(1)
    >>> heard
    [1]
    """

    def __init__(self, name: str, failed: Listener | None = None) -> None:
        self.name = name
        self._failed = None if failed is None else _held(failed)
        self._telling = False
        self._listeners: list[Callable[[], Listener | None]] = []

    def __len__(self) -> int:
        """How many listeners there are."""
        return sum(one() is not None for one in self._listeners)

    def connect(self, listener: Listener) -> None:
        """Call `listener` whenever there is news."""
        self._listeners.append(_held(listener))

    def disconnect(self, listener: Listener) -> None:
        """Stop calling `listener`; nothing happens when it was not connected."""
        self._listeners = [one for one in self._listeners if one() not in (None, listener)]

    def emit(self, news: object) -> None:
        """Tell every listener, in the order in which they came.

        Warns
        -----
        ResistypeWarning
            V120 for each listener that failed, once all were told.
        """
        failures = []
        for held in tuple(self._listeners):
            listener = held()
            try:
                if listener is not None:
                    listener(news)
            except Exception as error:  # noqa: BLE001  the others hear the news
                failures.append(self._sentence(listener, error))
        for sentence in failures:
            self._tell(sentence)

    def _tell(self, sentence: str) -> None:
        show = None if self._failed is None else self._failed()
        if show is not None and not self._telling:  # who shows it may be the one that fails
            self._telling = True
            try:
                show(sentence)
            finally:
                self._telling = False
        warn(sentence, ResistypeWarning, code="V120")

    def _sentence(self, listener: Any, error: Exception) -> str:
        name = getattr(listener, "__qualname__", type(listener).__name__)
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return f"What listens to {self.name!r} ({name}) failed and may show an older state: {said}"


def _held(listener: Listener) -> Callable[[], Listener | None]:
    return weakref.WeakMethod(listener) if isinstance(listener, MethodType) else lambda: listener
