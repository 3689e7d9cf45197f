"""TOML text of a stranger to a signature: refused before parsing when it is hostile, explained when it is wrong.

The standard parser is safe but slow on depth: a key of half a million parts takes all memory. So size, key depth
and bracket depth are measured first (`resistype.strict`).
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from resistype.library.signature import Signature
from resistype.strict import RefusedError, read_toml

__all__ = ["FORMAT", "FORMAT_VERSION", "brief", "complaint", "line_of", "parse_toml"]

FORMAT = "resistype-signature"
FORMAT_VERSION = 1
MAX_TOML = 2**18


def parse_toml(text: str) -> tuple[Signature | None, list[tuple[int, str]]]:
    """A signature from TOML text, or the complaints about it, each with its line."""
    if len(text) > MAX_TOML:
        return None, [(1, f"not read: it has {len(text):,} characters; one signature has at most {MAX_TOML:,}")]
    try:
        data = read_toml(text)
    except RefusedError as error:
        return None, [(error.line, f"{'not valid TOML' if error.invalid else 'not read'}: {error}")]
    complaints = _format_complaints(data, text)
    if complaints:
        return None, complaints
    content = {key: value for key, value in data.items() if key not in ("format", "format_version")}
    try:
        return Signature.model_validate(content), []
    except ValidationError as error:
        return None, [complaint(item, text) for item in error.errors(include_url=False)]


def line_of(text: str, *where: object) -> int:
    """Line of a key in TOML text, of a key in its table, or of a text in its list; 1 when nothing is there."""
    place = -1
    for part in where:
        word = re.escape(str(part))
        pattern = rf"\"{word}\"" if place >= 0 else rf"^[ \t]*\[?[ \t]*\"?{word}\"?[ \t]*[=\]]"
        inner = rf"^[ \t]*\"?{word}\"?[ \t]*=|{pattern}"
        found = re.compile(inner if place >= 0 else pattern, re.MULTILINE).search(text, max(place, 0))
        place = found.start() if found else place
    return text.count("\n", 0, place) + 1 if place >= 0 else 1


def _format_complaints(data: dict[str, Any], text: str) -> list[tuple[int, str]]:
    kind, version = data.get("format"), data.get("format_version")
    if kind != FORMAT:
        return [(line_of(text, "format"), f'format is {kind!r}; a signature file says format = "{FORMAT}"')]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return [(line_of(text, "format_version"), f"format_version is {version!r}; it must be a whole number from 1")]
    if version > FORMAT_VERSION:
        message = f"format_version is {version}, this resistype reads up to {FORMAT_VERSION}; update resistype"
        return [(line_of(text, "format_version"), message)]
    return []


def complaint(item: Any, text: str = "") -> tuple[int, str]:
    """One pydantic error as a line number and a sentence."""
    where = [str(part) for part in item["loc"]]
    message = str(item["msg"]).removeprefix("Value error, ")
    if not where:
        return 1, message
    field = ".".join(where)
    got = "" if item["type"] in ("missing", "extra_forbidden") else f"; got {brief(item['input'])}"
    if item["type"] == "extra_forbidden":
        message = "there is no such field"
    inside = [item["input"] if isinstance(part, int) else part for part in item["loc"][1:]]
    return line_of(text, where[0], *inside), f"{field}: {message}{got}"


def brief(value: object) -> str:
    """A value for a message: short, on one line, and never a whole structure."""
    if isinstance(value, str):
        return repr(value[:60])
    return repr(value) if isinstance(value, (int, float)) else f"a {type(value).__name__}"
