"""Forty cells that a spreadsheet runs as formulas, and an obvious slow test of whether one does."""

from __future__ import annotations

import unicodedata

FORMULAS = (
    "=1+1",
    "=cmd|'/c calc'!A1",
    '=HYPERLINK("http://example.com","x")',
    '=IMPORTXML("http://example.com","//a")',
    "=WEBSERVICE(A1)",
    '=DDE("cmd","/c calc","x")',
    "=@SUM(A1)",
    "==1",
    "+1+1",
    "+cmd|'/c calc'!A1",
    "+SUM(A1:A9)",
    "++1",
    "-1+1",
    "-cmd|'/c calc'!A1",
    "--1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "@A1",
    "@@",
    "=",
    "+",
    "-",
    "@",
    " =1",
    "   +1",
    "\t=1",
    "\tcmd",
    "\r=1",
    "\rcmd",
    "\n=1",
    "\ncmd",
    "\r\n@1",
    "\u00a0=1",
    "\u3000=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
)


def starts_a_formula(cell: str) -> bool:
    """Whether a spreadsheet may run the cell: slow and obvious."""
    if cell[:1] in {"\t", "\r", "\n"}:
        return True
    for char in cell:
        if char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Zs"):
            continue
        return unicodedata.normalize("NFKC", char) in "=+-@"
    return False
