"""Names of genes out of whatever was pasted or typed: lists, columns with weights, names with a sign behind them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from resistype.genes.names import date_symbols

__all__ = ["Typed", "read_pasted"]

CELL = re.compile(r"[\t,;]+")
MAX_NAME = 200


@dataclass(frozen=True)
class Typed:
    """One name as it was given.

    Parameters
    ----------
    name
        The name.
    direction
        ``"up"`` or ``"down"`` where a sign told it, else empty.
    weight
        The number beside it; None without one.
    """

    name: str
    direction: str = ""
    weight: float | None = None


def read_pasted(text: str) -> tuple[list[Typed], list[str]]:
    r"""Names in a text, and a sentence for what was not taken.

    One name a line, or several with commas, semicolons, TABs or spaces between. A line of a name and a number is a gene
    with its weight. ``CD8A+`` and ``IL7R-`` carry their direction. What follows ``#`` is left out.

    Examples
    --------
    >>> names, notes = read_pasted("TP53, B2M # two\nTOX\t1.5\nIL7R-")
    >>> [(one.name, one.direction, one.weight) for one in names]
    [('TP53', '', None), ('B2M', '', None), ('TOX', '', 1.5), ('IL7R', 'down', None)]
    """
    found: list[Typed] = []
    long = 0
    for line in text.replace("\r", "\n").split("\n"):
        for one in _of_line(line.partition("#")[0]):
            if len(one.name) > MAX_NAME:
                long += 1
            else:
                found.append(one)
    notes = [f"{long} pieces of text have more than {MAX_NAME} characters and were not taken as genes."] if long else []
    return found, notes


def _of_line(line: str) -> Iterator[Typed]:
    cells = [cell for part in CELL.split(line) if (cell := part.strip().strip("\"'"))]
    if len(cells) == 2 and (weight := _number(cells[1])) is not None and _number(cells[0]) is None:
        yield Typed(*_signed(cells[0]), weight)
        return
    for cell in cells:
        parts = [cell] if date_symbols(cell) else cell.split()
        yield from (Typed(*_signed(part)) for part in parts)


def _signed(name: str) -> tuple[str, str]:
    if len(name) > 1 and name[-1] in "+-":
        return name[:-1], "up" if name[-1] == "+" else "down"
    return name, ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
