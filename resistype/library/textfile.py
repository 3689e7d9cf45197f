"""Text of a stranger's file: small, a real file, and UTF-8, or a sentence about what it is
instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from resistype.errors import SignatureError

MAX_BYTES = 8 * 2**20


def read_text(path: Path, *, latin: bool = False) -> str:
    """Text of a file of at most 8 MB; with `latin`, what is not UTF-8 is read as Latin-1."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise SignatureError(f"{path} is not a file.", code="E205")
        if size > MAX_BYTES:
            message = (
                f"{path} has {size / 2**20:.1f} MB; signature files have at most 8 MB. Split it, or"
                " check the file."
            )
            raise SignatureError(message, code="E205")
        return _decoded(path.read_bytes(), latin=latin)
    except FileNotFoundError:
        message = (
            f"There is no file {path}. Give a TOML or GMT file, a folder, or the id of a shipped"
            " signature."
        )
        raise SignatureError(message, code="E205") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise SignatureError(message, code="E205") from None
    except OSError as error:
        raise SignatureError(f"{path} cannot be read: {error.strerror}.", code="E205") from None


def _decoded(content: bytes, *, latin: bool) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not latin or b"\0" in content:
            raise
    return content.decode("latin-1")


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


def line_of(text: str, *where: object) -> int:
    """Line of a key in TOML text, of a key in its table, or of a text in its list; 1 when
    nothing is there.
    """
    place = -1
    for part in where:
        word = re.escape(str(part))
        pattern = rf"\"{word}\"" if place >= 0 else rf"^[ \t]*\[?[ \t]*\"?{word}\"?[ \t]*[=\]]"
        inner = rf"^[ \t]*\"?{word}\"?[ \t]*=|{pattern}"
        found = re.compile(inner if place >= 0 else pattern, re.MULTILINE).search(
            text, max(place, 0)
        )
        place = found.start() if found else place
    return text.count("\n", 0, place) + 1 if place >= 0 else 1
