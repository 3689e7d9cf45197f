"""Options for reading a matrix: one set for every verb that reads one.

Each option is a field of `ReadOptions`, under the name that errors of the command line use, with
the help of `READING`. A verb that is decorated gets them all as `read`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from resistype.expression import ReadOptions
from resistype.expression.units import READING, read_options

# The type of each option at the command line where it is no text, and its words where they differ.
_TYPES: dict[str, Any] = {"raw": bool, "allow_scaled": bool, "set_aside": list[str] | None}
_OWN = {"values": ("--values",), "raw": ("--raw",), "allow_scaled": ("--allow-scaled",)}
NAMES = tuple(READING)


def reads_a_matrix(*, old: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a verb the options for reading; `old` is a former name of --values."""

    def decorated(verb: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(verb, include_extras=True)
        own = [
            one.replace(annotation=hints[one.name])
            for one in inspect.signature(verb).parameters.values()
            if one.name != "read"
        ]
        added = [_parameter(name, old) for name in NAMES]

        @functools.wraps(verb)
        def _run(**words: Any) -> Any:
            given = {name: words.pop(name) for name in NAMES}
            return verb(**words, read=read_options(given))

        _run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        _run.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
        return _run

    return decorated


def _parameter(name: str, old: str) -> inspect.Parameter:
    words = (*_OWN.get(name, ()), *([old] if old and name == "values" else []))
    default = getattr(ReadOptions(), "unit" if name == "values" else name)
    kind = _TYPES.get(name, str if default is not None else str | None)
    option = typer.Option(*words, help=READING[name])
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )
