"""Words for people: lists of names, plurals, numbers, and cells that no spreadsheet takes for a
formula.

Rounding for a reader happens here and nowhere else.

Excel, LibreOffice and Google Sheets run a cell that begins with ``=``, ``+``, ``-`` or ``@``, in
full width too, also behind spaces or characters that cannot be seen (CWE-1236). Such text gets a
leading apostrophe when a csv or tsv is written, and loses it when resistype reads one. Text that
already begins with apostrophes before such a sign gets one more, so that no two texts become the
same. Numbers are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

import pandas as pd

SHOWN = 5
DELIMITERS = ("\t", ",", ";")
_WORDS = {"indeterminate": "indeterminate", "not_assessable": "not assessable"}
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
# Spaces, controls and marks that cannot be seen stand before the sign without stopping a
# spreadsheet.
_UNSEEN = r"[\s\x00-\x20\x7f\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]"
_LIVE = re.compile(rf"'*(?:{_UNSEEN}*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")


def listed(names: Iterable[object], *, counted: bool = False) -> str:
    """Up to five names, and a sign that there are more: dots, or their number where the names are
    all there are.

    Examples
    --------
    >>> listed("abcdefg"), listed("abcdefg", counted=True)
    ('a, b, c, d, e, …', 'a, b, c, d, e and 2 more')
    """
    every = [str(name) for name in (names if counted else islice(names, SHOWN + 1))]
    if len(every) <= SHOWN:
        return ", ".join(every)
    return ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN:,} more" if counted else ", …")


def plural(n: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{n:,} {one if n == 1 else many}"


def separator(line: str) -> str:
    """What separates the fields of a header line: the most frequent of TAB, comma and semicolon."""
    return max(DELIMITERS, key=line.count)


def word(call: str) -> str:
    """A call in words.

    Examples
    --------
    >>> word("not_assessable"), word("cross_sectional_high")
    ('not assessable', 'cross sectional high')
    """
    return _WORDS.get(call, call.replace("_", " "))


def mode_words(mode: str) -> str:
    """What samples were compared with, in words; the values of 0.1 stay in files."""
    return mode.replace("own cohort", "this cohort").replace(
        "own baseline", "the patient's baseline"
    )


def number(value: float | str | None) -> str:
    """Three significant digits, whole numbers as they are, a dash for what is missing; text stays
    text.

    Examples
    --------
    >>> number(-1.2345), number(1234.5), number(1e-05), number(None), number(8.0)
    ('−1.23', '1,234', '1e−05', '–', '8')
    """
    if value is None or isinstance(value, str):
        return "–" if value is None else value
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return ("0" if text == "-0" else text).replace("-", "−")


def exact(value: float) -> str:
    """A threshold, as it stands in the scheme.

    Examples
    --------
    >>> exact(-0.35), exact(25.0)
    ('−0.35', '25')
    """
    return f"{value:g}".replace("-", "−")


def p_value(value: float | None) -> str:
    """A p value: two significant digits.

    Examples
    --------
    >>> p_value(0.0312), p_value(1.23e-07)
    ('0.031', '1.2e−07')
    """
    return "–" if value is None else f"{value:.2g}".replace("-", "−")


def percent(value: float | None) -> str:
    r"""A share in percent.

    Examples
    --------
    >>> percent(0.314) == "31\N{NO-BREAK SPACE}%", percent(None)
    (True, '–')
    """
    return "–" if value is None else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def sign(op: str) -> str:
    """An operator of a rule as it is printed.

    Examples
    --------
    >>> sign(">=")
    '≥'
    """
    return _SIGNS[op]


def condition(text: str) -> str:
    """A condition with its signs as they are printed.

    Examples
    --------
    >>> condition("change <= -0.5 log2")
    'change ≤ −0.5 log2'
    """
    return text.replace(">=", "≥").replace("<=", "≤").replace(" -", " −")


def one_line(text: str) -> str:
    """A text on one line.

    Examples
    --------
    >>> one_line(" Four axes   read side by side. ")
    'Four axes read side by side.'
    """
    return " ".join(text.split())


def file_names(names: Iterable[str], suffix: str) -> dict[str, str]:
    """A file name for each name: plain letters only, never a path, no two alike on any system.

    Examples
    --------
    >>> file_names(["P1", "p1", "../x", "CON"], ".html")
    {'P1': 'P1.html', 'p1': 'p1-2.html', '../x': 'x.html', 'CON': 'patient-CON.html'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = _UNSAFE.sub("-", name).strip("-.")[:60] or "patient"
        base = f"patient-{plain}" if _RESERVED.fullmatch(plain) else plain
        unique, k = base, 1
        while unique.lower() in taken:
            k += 1
            unique = f"{base}-{k}"
        taken.add(unique.lower())
        found[name] = f"{unique}{suffix}"
    return found


def inert(cell: object) -> object:
    """The cell as it can be written: text that would be a formula gets a leading apostrophe.

    Line breaks within a cell become LF: a bare CR is not quoted by the csv module, yet ends a row
    for some readers.

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
    """The table with all its text made inert, names of columns included; the index is left as it
    is.
    """
    text = [not pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    parts = [
        frame.iloc[:, k].map(inert) if text[k] else frame.iloc[:, k] for k in range(frame.shape[1])
    ]
    made = pd.concat(parts, axis=1) if parts else frame.copy()
    made.columns = pd.Index([inert(name) for name in frame.columns])
    return made
