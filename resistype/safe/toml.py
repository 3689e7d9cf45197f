"""JSON and TOML of strangers, read strictly: what the standard library lets pass in silence is
refused.

JSON: a key that occurs twice, NaN and Infinity, brackets nested without end. TOML: keys and
brackets nested without end, whose cost grows with the square of their depth, and numbers that are
not finite where none are wanted. Size and depth are measured first, in linear time, on the text
without its strings.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import Any

MAX_DEPTH = 8
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"' + r"|'''(?:[^']|'(?!''))*'''|'[^'\n]*'",
    re.DOTALL,
)
COMMENT = re.compile(r"#[^\n]*")
DELIMITER = re.compile(r"[=,{}\[\]\n]")
BRACKET = re.compile(r"[\[\]{}]")


class RefusedError(ValueError):
    """Text that is not read, and why."""

    def __init__(self, reason: str, *, line: int = 1, invalid: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.line, self.invalid = reason, line, invalid


def read_json(text: str | bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Values of JSON text.

    Examples
    --------
    >>> read_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise RefusedError(f"not UTF-8 (byte {error.start})", invalid=True) from None
    _check_brackets(JSON_STRING.sub("", plain), max_depth)
    try:
        return json.loads(plain, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise RefusedError(error.msg, line=error.lineno, invalid=True) from None
    except RefusedError:
        raise
    except (RecursionError, ValueError) as error:
        raise RefusedError(type(error).__name__) from None


def read_toml(text: str, *, max_depth: int = MAX_DEPTH, finite: bool = False) -> dict[str, Any]:
    """Values of TOML text.

    Examples
    --------
    >>> read_toml('a = 1')
    {'a': 1}
    """
    bare = COMMENT.sub("", STRING.sub("s", text))
    if any(part.count(".") >= max_depth for part in DELIMITER.split(bare)):
        raise RefusedError(f"a key has more than {max_depth} parts")
    _check_brackets(bare, max_depth)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line ([0-9]+)", str(error))
        raise RefusedError(str(error), line=int(line[1]) if line else 1, invalid=True) from None
    except (RecursionError, ValueError) as error:
        raise RefusedError(type(error).__name__, invalid=True) from None
    if finite and (where := _endless(found)):
        raise RefusedError(f"{where} is no finite number")
    return found


def _check_brackets(bare: str, max_depth: int) -> None:
    depth = deepest = 0
    for char in BRACKET.findall(bare):
        depth += 1 if char in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > max_depth:
        raise RefusedError(f"brackets nest deeper than {max_depth}")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RefusedError(f"the key {twice[:60]!r} occurs twice in one object; keep one")
    return found


def _no_constant(text: str) -> float:
    raise RefusedError(f"{text} is no JSON; write a number or leave the value out")


def _endless(value: Any, where: str = "") -> str:
    """Place of the first number that is not finite; empty when there is none. As deep as the
    text was.
    """
    if isinstance(value, float):
        return "" if math.isfinite(value) else where
    below = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value, 1)
        if isinstance(value, list)
        else ()
    )
    return next(
        (found for key, one in below if (found := _endless(one, f"{where}.{key}".strip(".")))), ""
    )
