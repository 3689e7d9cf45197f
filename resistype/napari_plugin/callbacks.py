"""What several files share.

Listeners that keep nothing alive, where a layer lies, the names of images.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from resistype.errors import InputError

ONE_IMAGE = "image"
DRAGGED = 3  # screen pixels
MICRON = {"micrometer": 1.0, "micron": 1.0, "um": 1.0, "nanometer": 1e-3, "millimeter": 1e3}
WITH_LAYERS = ("scale", "translate", "rotate", "shear", "affine", "units")


def real(viewer: Any) -> Any:
    """The viewer behind the proxy that napari hands to plugins.

    The proxy lives no longer than the call.
    """
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
    """A mouse callback of napari.

    A press that is let go in the same place is a click, one that drags is not.
    """
    held = weakref.ref(owner)

    def pressed(_viewer: Any, event: Any) -> Iterator[None]:
        start = tuple(event.pos)
        yield
        while event.type == "mouse_move":
            yield
        there = held()
        if (
            there is not None
            and max(abs(a - b) for a, b in zip(event.pos, start, strict=True)) <= DRAGGED
        ):
            there.click(event.position)

    return pressed


def placement(source: Any) -> dict[str, Any]:
    """Where a layer lies: what another one needs to lie over it."""
    return {} if source is None else {name: getattr(source, name) for name in WITH_LAYERS}


def scale_of(layer: Any) -> float | None:
    """µm per pixel of a layer whose units are a length; None where they are pixels."""
    names = [str(one) for one in layer.units[-2:]]
    if any(name not in MICRON for name in names):
        return None
    sides = [MICRON[name] * float(size) for name, size in zip(names, layer.scale[-2:], strict=True)]
    if not np.isclose(sides[0], sides[1], rtol=1e-3):
        message = (
            f"Pixels of {layer.name!r} are {sides[0]:g} × {sides[1]:g} µm; square ones are needed."
        )
        raise InputError(message, code="N107")
    return sides[0]
