"""Listeners that do not keep alive what they serve, and the names that several files share."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["ONE_IMAGE", "embedding_of", "real", "weak_clicks", "weakly"]

ONE_IMAGE = "image"
DRAGGED = 3  # screen pixels


def real(viewer: Any) -> Any:
    """The viewer behind the proxy that napari hands to plugins: the proxy lives no longer than the call."""
    return getattr(viewer, "__wrapped__", viewer)


def embedding_of(region: str) -> str:
    """Name under which a session holds the places of an image's cells."""
    return f"tissue {region}".strip()


def weakly(owner: Any, name: str) -> Callable[..., Any]:
    """A listener that calls a method of something that may be gone by then."""
    held = weakref.ref(owner)

    def listener(*news: Any) -> None:
        there = held()
        if there is not None:
            getattr(there, name)(*news)

    return listener


def weak_clicks(owner: Any) -> Callable[[Any, Any], Iterator[None]]:
    """A mouse callback of napari: a press that is let go in the same place is a click, one that drags is not."""
    held = weakref.ref(owner)

    def pressed(_viewer: Any, event: Any) -> Iterator[None]:
        start = tuple(event.pos)
        yield
        while event.type == "mouse_move":
            yield
        there = held()
        if there is not None and max(abs(a - b) for a, b in zip(event.pos, start, strict=True)) <= DRAGGED:
            there.click(event.position)

    return pressed
