"""A scheme as TOML: the same text for the same scheme, and reading it gives the scheme again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resistype.atomic import replace_file
from resistype.errors import OutputError
from resistype.scheme.scheme import Scheme

__all__ = ["scheme_to_toml", "write_scheme"]


def scheme_to_toml(scheme: Scheme) -> str:
    """TOML text of a scheme.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme_to_toml(load_scheme("acquired_resistance")).splitlines()[0]
    'format = "resistype-scheme"'
    """
    data = scheme.model_dump(mode="json", exclude_defaults=True)
    fixed = {"format": scheme.format, "format_version": 2, "system": scheme.system}
    return "\n".join(_table(fixed | {k: v for k, v in data.items() if k not in fixed}, ())) + "\n"


def write_scheme(scheme: Scheme, path: str | Path) -> Path:
    """Write a scheme, whole or not at all; `path` is a file or a folder that gets ``<id>-<version>.toml``.

    Raises
    ------
    OutputError
        O101 when it cannot be written.
    """
    target = Path(path)
    if target.is_dir():
        target = target / f"{scheme.id}-{scheme.version}.toml"
    try:
        replace_file(target, lambda stream: stream.write(scheme_to_toml(scheme).encode()))
    except OSError as error:
        raise OutputError(f"{target} could not be written: {error.strerror}.", code="O101") from error
    return target


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {k: v for k, v in data.items() if not isinstance(v, Mapping) and not _rows(v)}
    yield from (f"{_key(k)} = {_value(v)}" for k, v in plain.items() if v is not None)
    for key, value in data.items():
        here = (*path, _key(key))
        if isinstance(value, Mapping):
            yield from ("", f"[{'.'.join(here)}]", *_table(value, here))
        elif _rows(value):
            for row in value:
                yield from ("", f"[[{'.'.join(here)}]]", *_table(row, here))


def _rows(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)
