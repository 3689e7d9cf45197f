"""Notebook widgets: one anywidget each, drawing what a Session decides. They need the extra `notebook`.

>>> from resistype.widgets import Explorer, Runner, show  # doctest: +SKIP
>>> Explorer(calls)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistype.errors import MissingExtraError

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
    if find_spec("anywidget") is None:
        message = "The widgets need anywidget: pip install 'resistype[notebook]', then restart the notebook server."
        raise MissingExtraError(message, code="X120")
    static = Path(__file__).parent / "static"
    missing = [one for one in ("main.js", "host.js") if not (static / one).is_file()]
    if missing:
        message = f"{', '.join(missing)} missing in {static}: install resistype again, or run scripts/widgets."
        raise MissingExtraError(message, code="X121")
    return getattr(import_module(f"resistype.widgets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
