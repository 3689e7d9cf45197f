"""Cells of tables that a spreadsheet opens: text that it would take for a formula is made plain text, and back.

Excel, LibreOffice and Google Sheets run a cell that begins with ``=``, ``+``, ``-`` or ``@``, in full width too, also
behind spaces or characters that cannot be seen (CWE-1236). Such text gets a leading apostrophe when a csv or tsv is
written, and loses it when resistype reads one. Text that already begins with apostrophes before such a sign gets one
more, so that no two texts become the same. Numbers are not touched.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["inert", "inert_frame", "restored"]

# Spaces, controls and marks that cannot be seen stand before the sign without stopping a spreadsheet.
_UNSEEN = r"[\s\x00-\x20\x7f\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]"
_LIVE = re.compile(rf"'*(?:{_UNSEEN}*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")


def inert(cell: object) -> object:
    """The cell as it can be written: text that would be a formula gets a leading apostrophe.

    Line breaks within a cell become LF: a bare CR is not quoted by the csv module, yet ends a row for some readers.

    Examples
    --------
    >>> inert("=1+1"), inert("B2M"), inert(-1.5)
    ("'=1+1", 'B2M', -1.5)
    """
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _LIVE.match(cell) else text


def restored(cell: str) -> str:
    """The text that `inert` was given.

    Examples
    --------
    >>> restored("'=1+1"), restored("'tis"), restored(inert("'=x"))
    ('=1+1', "'tis", "'=x")
    """
    return cell[1:] if cell.startswith("'") and _LIVE.match(cell[1:]) else cell


def inert_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with all its text made inert, names of columns included; the index is left as it is."""
    text = [not pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    parts = [frame.iloc[:, k].map(inert) if text[k] else frame.iloc[:, k] for k in range(frame.shape[1])]
    made = pd.concat(parts, axis=1) if parts else frame.copy()
    made.columns = pd.Index([inert(name) for name in frame.columns])
    return made
