"""Gene names that a spreadsheet has turned into dates.

Excel reads MARCH1, SEPT2 or DEC1 as a day and saves ``1-Mar``, ``2-Sep``, ``Mar-01``, ``2022-03-01`` or the serial
number ``44621``. What was lost cannot be restored with certainty (MARCH1 and MARC1 both became ``1-Mar``), so such
names are never matched: they are named, with the symbols they may have been.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from resistype.genes.table import gene_table

__all__ = ["date_symbols", "excel_dates", "is_serial"]

# How the months that stand for gene families were spelt in gene names.
SPELLINGS = {
    2: ("FEB",),
    3: ("MARCH", "MARC"),
    4: ("APR", "APR-"),
    9: ("SEPT", "SEP"),
    10: ("OCT", "OCT-"),
    11: ("NOV",),
    12: ("DEC",),
}
MONTHS = {
    name: number
    for number, names in {
        2: ("FEB", "FEBRUARY"),
        3: ("MAR", "MARCH"),
        4: ("APR", "APRIL"),
        9: ("SEP", "SEPT", "SEPTEMBER"),
        10: ("OCT", "OCTOBER"),
        11: ("NOV", "NOVEMBER"),
        12: ("DEC", "DECEMBER"),
    }.items()
    for name in names
}
DAY_FIRST = re.compile(r"([0-9]{1,2})[-/ ]([A-Za-z]{3,9})(?:[-/ ][0-9]{2,4})?")
MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})[-/ ]([0-9]{1,2})(?:[-/ ][0-9]{2,4})?")
ISO = re.compile(r"(?:19|20)[0-9]{2}-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00)?")
SERIAL = re.compile(r"[34][0-9]{4}")
EPOCH = dt.date(1899, 12, 30)
FIRST, LAST = 36526, 51500  # 2000-01-01 to 2040-12-30: the years in which a table can have been saved


def _month_day(name: str) -> tuple[int, int] | None:
    """Month and day that `name` spells, whatever the notation."""
    if found := DAY_FIRST.fullmatch(name):
        return MONTHS.get(found[2].upper(), 0), int(found[1])
    if found := MONTH_FIRST.fullmatch(name):
        return MONTHS.get(found[1].upper(), 0), int(found[2])
    if found := ISO.fullmatch(name):
        return int(found[1]), int(found[2])
    if is_serial(name):
        date = EPOCH + dt.timedelta(days=int(name))
        return date.month, date.day
    return None


def is_serial(name: str) -> bool:
    """Whether `name` is a number that can be a spreadsheet's day count."""
    return bool(SERIAL.fullmatch(name)) and FIRST <= int(name) <= LAST


def date_symbols(name: str) -> tuple[str, ...]:
    """Approved symbols that a spreadsheet may have turned into `name`; none when it is no such date."""
    if len(name) > 24 or not any(char.isdigit() for char in name):
        return ()
    month_day = _month_day(name)
    if month_day is None:
        return ()
    month, day = month_day
    table = gene_table()
    spelt = [f"{spelling}{day}" for spelling in SPELLINGS.get(month, ())]
    owners = [name if name in table.approved else table.previous.get(name, "") for name in spelt]
    if not any(owners):  # an alias is the weakest guess: only where no symbol, old or new, fits
        owners = [table.alias.get(name, "") for name in spelt]
    return tuple(dict.fromkeys(symbol for joined in owners for symbol in joined.split("|") if symbol))


def excel_dates(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Names that look like dates a spreadsheet made of gene symbols, with the symbols they may have been.

    Parameters
    ----------
    names
        Gene names as they stand in a table.

    Returns
    -------
    dict
        Each damaged name with its possible approved symbols, in the order of `names`.

    Examples
    --------
    >>> excel_dates(["TP53", "1-Mar", "2-Sep"])
    {'1-Mar': ('MARCHF1', 'MTARC1'), '2-Sep': ('SEPTIN2',)}
    """
    table = gene_table()
    known = table.approved, table.previous, table.alias, table.ncbi
    texts = (str(name).strip() for name in names)
    found = {text: date_symbols(text) for text in texts if not any(text in group for group in known)}
    return {name: symbols for name, symbols in found.items() if symbols}
