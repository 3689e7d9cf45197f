"""Texts of strangers, made fit to be read: without characters that turn, hide or join what stands beside them.

A name may hold a character that turns the direction of all text after it (U+202E), or one that cannot be seen. On a
page it would change how our own words read. Such characters are shown as U+FFFD. Files keep names as they are.
"""

from __future__ import annotations

import re

__all__ = ["legible"]

# as in widgets/src/dom.ts: control characters and those that turn the direction of text
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSAFE_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def legible(text: str, *, lines: bool = False) -> str:
    r"""The text with U+FFFD in place of what must not be shown; with `lines`, breaks of lines and tabs stay.

    Examples
    --------
    >>> legible("P1\u202e") == "P1\ufffd"
    True
    """
    return (_UNSAFE_IN_LINES if lines else _UNSAFE).sub("\ufffd", text)
