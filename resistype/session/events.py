"""Events: what a session tells its views.

Each listener has a psygnal signal of its own, so that one that raises does not keep the news from the others; what it
raised is logged and kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from psygnal import SignalInstance

__all__ = ["Event", "Events"]

_LOG = logging.getLogger("resistype.session")


class Event:
    """One kind of news. `connect` adds a listener, `disconnect` takes it away, `emit` tells all of them.

    Examples
    --------
    >>> heard = []
    >>> event = Event("calls")
    >>> event.connect(heard.append)
    >>> event.emit(1)
    >>> heard
    [1]
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.failures: list[BaseException] = []
        self._signals: list[tuple[Callable[..., Any], SignalInstance]] = []

    def connect(self, listener: Callable[..., Any]) -> None:
        """Call `listener` whenever there is news."""
        signal = SignalInstance((object,), name=self.name)
        signal.connect(listener)
        self._signals.append((listener, signal))

    def disconnect(self, listener: Callable[..., Any]) -> None:
        """Stop calling `listener`; nothing happens when it was not connected."""
        self._signals = [(one, signal) for one, signal in self._signals if one != listener]

    def emit(self, news: object) -> None:
        """Tell every listener, in the order in which they came."""
        for listener, signal in tuple(self._signals):
            try:
                signal.emit(news)
            except Exception as error:  # noqa: BLE001  whatever a view raises, the others hear the news
                cause = error.__cause__ or error
                self.failures.append(cause)
                _LOG.error("A listener of %r failed: %r raised %r", self.name, listener, cause)


@dataclass(frozen=True)
class Events:
    """The events of a session.

    Attributes
    ----------
    calls
        Axes whose calls were made again (a tuple of their ids).
    thresholds
        A threshold that was moved: (axis, name, value).
    selection, color, regions, hidden
        The new value.
    quantities
        The name of a quantity that was added.
    """

    calls: Event = field(default_factory=lambda: Event("calls"))
    thresholds: Event = field(default_factory=lambda: Event("thresholds"))
    selection: Event = field(default_factory=lambda: Event("selection"))
    color: Event = field(default_factory=lambda: Event("color"))
    regions: Event = field(default_factory=lambda: Event("regions"))
    hidden: Event = field(default_factory=lambda: Event("hidden"))
    quantities: Event = field(default_factory=lambda: Event("quantities"))

    @property
    def failures(self) -> tuple[BaseException, ...]:
        """What listeners raised, all events together."""
        return tuple(error for event in vars(self).values() for error in event.failures)
