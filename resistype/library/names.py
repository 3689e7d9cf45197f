"""Near misses: what a user may have meant by an unknown name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["near"]


def near(word: str, known: Iterable[str]) -> str:
    """A sentence with up to three known names that look like `word`, or with some of them."""
    names = sorted(known)
    found = (
        difflib.get_close_matches(str(word)[:80], names, n=3, cutoff=0.6) or [n for n in names if str(word) in n][:3]
    )
    if found:
        return f"Did you mean {' or '.join(found)}?"
    return f"Known are {', '.join(names[:5])}{', …' if len(names) > 5 else ''}." if names else "The library is empty."
