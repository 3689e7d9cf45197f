"""Views of results: who shows them registers here, so that what is shown need not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_VIEWS: dict[str, Callable[[], Callable[..., Any]]] = {}


def register_view(name: str, load: Callable[[], Callable[..., Any]]) -> None:
    """Name a view; `load` gives the function when it is first needed."""
    _VIEWS[name] = load


def view(name: str) -> Callable[..., Any]:
    """The function of a view; the package registers all of its own when it is imported."""
    return _VIEWS[name]()
