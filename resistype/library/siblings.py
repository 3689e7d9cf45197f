"""Genes that a signature shares with the other axes of a scheme.

A scheme calls its axes side by side; where two axes count the same genes, one call repeats the other. The schemes are
read here as plain data (which signature stands behind which axis), because their room lies above this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from resistype.library.signature import Signature
from resistype.resources import signatures_dir
from resistype.strict import read_toml

__all__ = ["scheme_axes", "shared_with_siblings"]

SHARE, LEAST = 0.1, 2
WORD = re.compile(r"[a-z][a-z0-9_]*")
SIZE = 2**20


@cache
def scheme_axes(folder: Path | None = None) -> dict[str, dict[str, frozenset[str]]]:
    """Signatures behind each axis of each scheme of a folder; a file that is no scheme is left to the scheme checks.

    Examples
    --------
    >>> "mhc1_core" in scheme_axes()["acquired_resistance"]["antigen_presentation"]
    True
    """
    found: dict[str, dict[str, frozenset[str]]] = {}
    for path in sorted((folder or signatures_dir() / "schemes").glob("*.toml")):
        try:
            data = read_toml(path.read_text(encoding="utf-8")) if path.stat().st_size < SIZE else {}
        except (OSError, ValueError):
            continue
        quantities, axes = data.get("quantities"), data.get("axes")
        if isinstance(quantities, dict) and isinstance(axes, list):
            found[path.stem] = {str(axis.get("id")): _behind(axis, quantities) for axis in axes}
    return found


def _behind(axis: Mapping[str, Any], quantities: Mapping[str, Any]) -> frozenset[str]:
    """Signatures that an axis measures; what it only corrects for (`on`) is not its own."""
    texts = [*axis.get("evidence", ()), *(text for rule in axis.get("rules", ()) for text in rule.get("when", ()))]
    waiting = [word for text in texts for word in WORD.findall(str(text)) if word in quantities]
    seen: set[str] = set()
    signatures: set[str] = set()
    while waiting:
        name = waiting.pop()
        quantity = quantities.get(name)
        if name in seen or not isinstance(quantity, dict):
            continue
        seen.add(name)
        signatures |= {str(quantity["signature"])} if quantity.get("signature") else set()
        waiting += [str(quantity[key]) for key in ("of", "minus") if quantity.get(key)]
    return frozenset(signatures)


def shared_with_siblings(
    key: str, axis: str, genes: frozenset[str], *, library: Mapping[str, Signature]
) -> Iterator[str]:
    """One sentence a scheme about the genes that a signature shares with its other axes.

    A signature that the scheme names is compared with the axes it does not stand behind; any other one with the
    scheme's signatures of another subject than its own.
    """
    for scheme, axes in scheme_axes().items():
        named = any(key in behind for behind in axes.values())
        if not named and (key in library or axis in ("", "custom", "control")):
            continue
        own = {other for behind in axes.values() if key in behind for other in behind}
        siblings = sorted({other for behind in axes.values() for other in behind} - own - {key})
        met = [library[other] for other in siblings if other in library]
        shared = [
            text for other in met if named or other.axis not in (axis, "control") if (text := _overlap(genes, other))
        ]
        if shared:
            yield f"in the scheme {scheme} other axes count the same genes: {'; '.join(shared)}."


def _overlap(genes: frozenset[str], other: Signature) -> str:
    both = sorted(genes & set(other.genes))
    smaller = min(len(genes), len(other))
    if len(both) < LEAST or len(both) < SHARE * smaller:
        return ""
    return f"{len(both)} of {smaller} with {other.id} ({', '.join(both[:4])}{', …' if len(both) > 4 else ''})"
