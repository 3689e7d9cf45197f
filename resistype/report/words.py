"""Numbers and names as a reader meets them. Text only; rounding happens here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["condition", "exact", "file_names", "number", "one_line", "p_value", "percent", "sign", "word"]

_WORDS = {"indeterminate": "indeterminate", "not_assessable": "not assessable"}
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def word(call: str) -> str:
    """A call in words.

    Examples
    --------
    >>> word("not_assessable"), word("cross_sectional_high")
    ('not assessable', 'cross sectional high')
    """
    return _WORDS.get(call, call.replace("_", " "))


def number(value: float | str | None) -> str:
    """Three significant digits, whole numbers as they are, a dash for what is missing; text stays text.

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
