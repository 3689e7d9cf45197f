"""What a gene name means today: alias closure, ambiguity, ids, damage.

A name is looked up as an approved HGNC symbol, then as a previous symbol, then as an alias, then as an Ensembl or
NCBI id; the first that answers wins. A name with several owners at the same step is *ambiguous*: its candidates are
reported and none is chosen. Letter case is never changed. Names must be ASCII after NFKC: a Cyrillic А or a
zero-width space looks right and is not, so such a name is unknown and its code points are told.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resistype.genes.excel import date_symbols, is_serial
from resistype.genes.orthologs import mouse_table
from resistype.genes.table import GeneTable, gene_table

__all__ = ["IdType", "Kind", "Resolution", "Status", "clean", "id_type", "resolve"]

Status = Literal["approved", "previous", "alias", "ensembl", "ncbi", "ambiguous", "excel_date", "unknown"]
Kind = Literal["symbol", "ensembl", "ncbi", "mouse_symbol", "mouse_ensembl", "lower_case", "excel", "unknown"]

VERSIONED = re.compile(r"(ENS[A-Z]{0,4}G[0-9]{11})\.[0-9]{1,3}")
ENSEMBL = re.compile(r"ENSG[0-9]{11}")
MOUSE_ENSEMBL = re.compile(r"ENSMUSG[0-9]{11}")
MOUSE_SHAPE = re.compile(r"[A-Z][a-z0-9]+(-[A-Za-z0-9]+)?")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one name means.

    Parameters
    ----------
    name
        The name as it was given.
    status
        How it was understood.
    symbol
        The approved symbol; None when ambiguous, damaged or unknown.
    candidates
        Approved symbols it may stand for, when there is more than one or it is a spreadsheet's date.
    note
        Code points of characters that are not ASCII, for a name that looks right and is not.
    """

    name: str
    status: Status
    symbol: str | None = None
    candidates: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class IdType:
    """What most of a list of names are.

    Parameters
    ----------
    kind
        The commonest kind.
    n
        How many names are of that kind.
    total
        How many names there are.
    examples
        Up to three names of that kind.
    """

    kind: Kind
    n: int
    total: int
    examples: tuple[str, ...]


def clean(name: str) -> str:
    """A name without surrounding space, look-alike width forms or an Ensembl version. Case stays.

    Examples
    --------
    >>> clean(" TP53 "), clean("ENSG00000141510.18")
    ('TP53', 'ENSG00000141510')
    """
    text = name if name.isascii() else unicodedata.normalize("NFKC", name)
    text = text.strip()
    if text.startswith("ENS") and (found := VERSIONED.fullmatch(text)):
        return found[1]
    return text


def _code_points(text: str) -> str:
    if text.isascii() and text.isprintable():
        return ""
    odd = [char for char in text if not (char.isascii() and char.isprintable())]
    return ", ".join(f"U+{ord(char):04X}" for char in odd[:5])


def _answer(name: str, status: Status, owners: str) -> Resolution:
    if "|" not in owners:
        return Resolution(name, status, owners)
    return Resolution(name, "ambiguous", None, tuple(sorted(set(owners.split("|")))))


def _owned(text: str, table: GeneTable, *, numbers_are_ids: bool) -> tuple[Status, str]:
    """First step at which a name is known, and its owners."""
    if text in table.approved:
        return "approved", text
    if owners := table.previous.get(text):
        return "previous", owners
    if owners := table.alias.get(text):
        return "alias", owners
    if owners := table.ensembl.get(text):
        return "ensembl", owners
    if (owners := table.ncbi.get(text)) and (numbers_are_ids or not is_serial(text)):
        return "ncbi", owners
    return "unknown", ""


def _resolve_one(name: str, table: GeneTable, *, numbers_are_ids: bool) -> Resolution:
    text = clean(name)
    if note := _code_points(text):
        return Resolution(name, "unknown", note=note)
    status, owners = _owned(text, table, numbers_are_ids=numbers_are_ids)
    if owners:
        return _answer(name, status, owners)
    if dates := date_symbols(text):
        return Resolution(name, "excel_date", None, dates)
    return Resolution(name, "unknown")


def resolve(names: Sequence[str]) -> list[Resolution]:
    """What each name means: approved > previous > alias > Ensembl > NCBI; ambiguous is never guessed.

    Parameters
    ----------
    names
        Gene names of any kind, also mixed.

    Returns
    -------
    list of Resolution
        One a name, in the same order.

    Examples
    --------
    >>> [(r.status, r.symbol) for r in resolve(["WARS", "ENSG00000141510.18", "1-Mar"])]
    [('previous', 'WARS1'), ('ensembl', 'TP53'), ('excel_date', None)]
    >>> resolve(["STRA13"])[0].candidates
    ('BHLHE40', 'CENPX')
    """
    table = gene_table()
    texts = [str(name) for name in names]
    numbers = sum(text.strip().isdigit() for text in texts)
    numbers_are_ids = 2 * numbers > len(texts) > 1
    return [_resolve_one(text, table, numbers_are_ids=numbers_are_ids) for text in texts]


def _kind(name: str, table: GeneTable, mouse: frozenset[str]) -> Kind:
    text = clean(name)
    if text in table.approved:
        return "symbol"
    if text in mouse:
        return "mouse_symbol"
    if text in table.previous or text in table.alias:
        return "symbol"
    return _kind_by_shape(text, table)


def _kind_by_shape(text: str, table: GeneTable) -> Kind:
    """Kind of a name that is no symbol."""
    if ENSEMBL.fullmatch(text):
        return "ensembl"
    if MOUSE_ENSEMBL.fullmatch(text):
        return "mouse_ensembl"
    if text.isdigit():
        return "excel" if is_serial(text) and date_symbols(text) else "ncbi"
    if date_symbols(text):
        return "excel"
    if text.upper() in table.approved or text.upper() in table.previous:
        return "mouse_symbol" if MOUSE_SHAPE.fullmatch(text) else "lower_case"
    return "unknown"


def id_type(names: Sequence[str]) -> IdType:
    """What most of the names are; what nothing is known about counts only when nothing else is there.

    Parameters
    ----------
    names
        Gene names of one table.

    Returns
    -------
    IdType
        The commonest known kind, its count, the total and up to three examples.

    Examples
    --------
    >>> id_type(["ENSG00000141510.18", "ENSG00000166710", "TP53"]).kind
    'ensembl'
    >>> id_type(["Gzmb", "Pdcd1", "Tox"]).kind
    'mouse_symbol'
    """
    table, mouse = gene_table(), mouse_table().symbols
    kinds = [_kind(str(name), table, mouse) for name in names]
    counts = Counter(kinds)
    known: list[tuple[Kind, int]] = [(kind, n) for kind, n in counts.most_common() if kind != "unknown"]
    kind, n = known[0] if known else ("unknown", len(kinds))
    examples = [str(name) for name, own in zip(names, kinds, strict=True) if own == kind]
    return IdType(kind, n, len(kinds), tuple(examples[:3]))
