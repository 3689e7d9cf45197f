"""Values that come from a page or a file of a stranger: each is checked before it stands on the sheet. Code E219."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resistype.curation.desk_names import read_pasted
from resistype.curation.desk_sheet import MAX_ROWS, MAX_TEXT, Row, Sheet, known_fields
from resistype.errors import SignatureError
from resistype.library import Signature

__all__ = ["check_size", "read_sheet", "side_of", "text_of", "weight_of", "with_names"]


def with_names(sheet: Sheet, text: str, direction: str, *, note: str = "") -> tuple[Sheet, list[str]]:
    """The sheet with the genes of a text, and a sentence for what was not taken."""
    names, notes = read_pasted(text)
    start = sheet.next_key()
    fresh = [Row(start + i, one.name, one.direction or direction, one.weight, note=note) for i, one in enumerate(names)]
    grown = replace(sheet, rows=(*sheet.rows, *fresh))
    check_size(grown)
    return grown, notes


def check_size(sheet: Sheet) -> None:
    """Refuse a sheet of more rows than a signature has sense for."""
    if len(sheet.rows) > MAX_ROWS:
        message = f"{len(sheet.rows):,} genes are more than a sheet holds ({MAX_ROWS:,}). Was a whole matrix pasted?"
        raise SignatureError(message, code="E219")


def side_of(value: str) -> str:
    """``up`` or ``down``."""
    if value not in ("up", "down"):
        raise SignatureError(f"The direction is up or down, not '{str(value)[:20]}'.", code="E219")
    return value


def text_of(value: object) -> str:
    """A text that a signature can hold."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise SignatureError(f"A text of at most {MAX_TEXT:,} characters is needed.", code="E219")
    return value


def weight_of(value: str) -> float | None:
    """A finite number; None for no text."""
    if not str(value).strip():
        return None
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SignatureError(f"The weight '{str(value)[:20]}' is no finite number.", code="E219")
    return number


def read_sheet(data: Mapping[str, Any]) -> Sheet:
    """A sheet from a file; whatever does not fit raises."""
    rows = tuple(Row(**row) for row in data["rows"])
    texts = [text for row in rows for text in (row.name, row.citation, row.note)]
    fields = {**Sheet.of(Signature(id="x", name="x", up=("B2M",))).fields, **data["fields"]}
    odd = set(fields) - known_fields()
    if odd or len({row.key for row in rows}) < len(rows) or any(not isinstance(row.key, int) for row in rows):
        raise ValueError
    for text in (*texts, *data["dropped"], *data["updates"], *data["updates"].values()):
        text_of(text)
    for row in rows:
        side_of(row.direction)
        weight_of("" if row.weight is None else str(row.weight))
    return Sheet(rows, fields, tuple(data["dropped"]), dict(data["updates"]))
