"""Notebook widgets: one anywidget each, drawing what a Session decides.

They need the extra `notebook`.

>>> from resistype.widgets import Explorer, Runner, show  # doctest: +SKIP
>>> Explorer(calls)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistype.errors import MissingExtraError
from resistype.extras import needs

if TYPE_CHECKING:
    from resistype.widgets.compare import Compare
    from resistype.widgets.curator import SignatureCurator
    from resistype.widgets.explorer import Explorer, show
    from resistype.widgets.runner import Runner

__all__ = ["Compare", "Explorer", "Runner", "SignatureCurator", "show"]

_HOMES = {
    "Compare": "compare",
    "Explorer": "explorer",
    "Runner": "runner",
    "SignatureCurator": "curator",
    "show": "explorer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'resistype.widgets' has no attribute {name!r}"
        raise AttributeError(message)
    with needs(
        "anywidget",
        extra="notebook",
        what="A widget",
        hint="Then restart the notebook server.",
    ):
        import anywidget  # noqa: F401, PLC0415  with any widget
    static = Path(__file__).parent / "static"
    missing = [one for one in ("main.js", "host.js") if not (static / one).is_file()]
    if missing:
        message = (
            f"{', '.join(missing)} missing in {static}: install resistype again, or run "
            "scripts/widgets."
        )
        raise MissingExtraError(message, code="X121")
    return getattr(import_module(f"resistype.widgets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
