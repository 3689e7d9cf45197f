"""What a gene name means today: the shipped tables, names that a spreadsheet damaged, and the
survey of a matrix.

A name is looked up as an approved HGNC symbol, then as a previous symbol, then as an alias, then as
an Ensembl or NCBI id; the first that answers wins. A name with several owners at the same step is
*ambiguous*: its candidates are reported and none is chosen. Letter case is never changed. Names
must be ASCII after NFKC: a Cyrillic А or a zero-width space looks right and is not, so such a name
is unknown and its code points are told.

Excel reads MARCH1, SEPT2 or DEC1 as a day and saves ``1-Mar``, ``2-Sep``, ``Mar-01``,
``2022-03-01`` or the serial number ``44621``. What was lost cannot be restored with certainty
(MARCH1 and MARC1 both became ``1-Mar``), so such names are never matched: they are named, with the
symbols they may have been.
"""

from __future__ import annotations

import datetime as dt
import gzip
import re
import threading
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice
from typing import Literal

from resistype.errors import ResistypeError
from resistype.resources import signatures_dir

COLUMNS = ("symbol", "ensembl", "ncbi", "previous", "alias")
MOUSE_COLUMNS = ("human", "mouse", "mouse_ensembl", "support")


@dataclass(frozen=True)
class GeneTable:
    """Names of human genes; every value is a symbol, or several joined by ``|``."""

    approved: frozenset[str]
    previous: dict[str, str]
    alias: dict[str, str]
    ensembl: dict[str, str]
    ncbi: dict[str, str]

    def __len__(self) -> int:
        return len(self.approved)

    @cached_property
    def older(self) -> frozenset[str]:
        """Previous symbols and aliases."""
        return frozenset(self.previous) | frozenset(self.alias)


def read_columns(name: str, columns: tuple[str, ...]) -> list[list[str]]:
    """Columns of a gzipped table of the folder `signatures/genes`."""
    path = signatures_dir() / "genes" / name
    try:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        message = f"The gene table {path} cannot be read ({error}). Install resistype again."
        raise ResistypeError(message, code="X102") from error
    header, _, body = text.partition("\n")
    cells = body.rstrip("\n").replace("\n", "\t").split("\t")
    width = len(columns)
    if tuple(header.split("\t")) != columns or len(cells) % width:
        message = (
            f"The gene table {path} has not the columns {', '.join(columns)}. Install resistype"
            " again."
        )
        raise ResistypeError(message, code="X102")
    return [cells[start::width] for start in range(width)]


def _owners(symbols: list[str], names: Iterable[str]) -> dict[str, str]:
    """Map each name of the ``|``-joined lists to the symbols that have it."""
    owners: dict[str, str] = {}
    for symbol, joined in zip(symbols, names, strict=True):
        if not joined:
            continue
        for name in joined.split("|"):
            owners[name] = f"{owners[name]}|{symbol}" if name in owners else symbol
    return owners


@cache
def gene_table() -> GeneTable:
    """The shipped table of human gene names."""
    symbol, ensembl, ncbi, previous, alias = read_columns("hgnc.tsv.gz", COLUMNS)
    return GeneTable(
        approved=frozenset(symbol),
        previous=_owners(symbol, previous),
        alias=_owners(symbol, alias),
        ensembl=_owners(symbol, ensembl),
        ncbi=_owners(symbol, ncbi),
    )


@dataclass(frozen=True)
class MouseTable:
    """Counterparts both ways, and the mouse Ensembl ids."""

    mouse_of: dict[str, tuple[str, ...]]
    human_of: dict[str, str]
    ensembl: dict[str, str]

    @property
    def symbols(self) -> frozenset[str]:
        """Mouse symbols that the table knows."""
        return frozenset(self.human_of)


@cache
def mouse_table() -> MouseTable:
    """The shipped counterparts, best first for each human gene."""
    human, mouse, ensembl, _ = read_columns("orthologs.tsv.gz", MOUSE_COLUMNS)
    mouse_of: dict[str, tuple[str, ...]] = {}
    for own, other in zip(human, mouse, strict=True):
        mouse_of[own] = (*mouse_of[own], other) if own in mouse_of else (other,)
    return MouseTable(
        mouse_of, dict(zip(mouse, human, strict=True)), dict(zip(ensembl, mouse, strict=True))
    )


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
FIRST, LAST = (
    36526,
    51500,
)  # 2000-01-01 to 2040-12-30: the years in which a table can have been saved


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
    """Approved symbols that a spreadsheet may have turned into `name`; none when it is no such
    date.
    """
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
    return tuple(
        dict.fromkeys(symbol for joined in owners for symbol in joined.split("|") if symbol)
    )


Status = Literal[
    "approved", "previous", "alias", "ensembl", "ncbi", "ambiguous", "excel_date", "unknown"
]
Kind = Literal[
    "symbol", "ensembl", "ncbi", "mouse_symbol", "mouse_ensembl", "lower_case", "excel", "unknown"
]

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
        Approved symbols it may stand for, when there is more than one or it is a spreadsheet's
        date.
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


def _owned(text: str, table: GeneTable, *, ids: bool) -> tuple[Status, str]:
    """First step at which a name is known, and its owners."""
    if text in table.approved:
        return "approved", text
    if owners := table.previous.get(text):
        return "previous", owners
    if owners := table.alias.get(text):
        return "alias", owners
    if owners := table.ensembl.get(text):
        return "ensembl", owners
    if (owners := table.ncbi.get(text)) and (ids or not is_serial(text)):
        return "ncbi", owners
    return "unknown", ""


def resolve_one(name: str, table: GeneTable, *, ids: bool) -> Resolution:
    """What one name means; `ids` says that bare numbers are NCBI ids."""
    text = clean(name)
    if note := _code_points(text):
        return Resolution(name, "unknown", note=note)
    status, owners = _owned(text, table, ids=ids)
    if owners:
        return _answer(name, status, owners)
    if dates := date_symbols(text):
        return Resolution(name, "excel_date", None, dates)
    return Resolution(name, "unknown")


def resolve(names: Sequence[str]) -> list[Resolution]:
    """What each name means: approved > previous > alias > Ensembl > NCBI; ambiguous is never
    guessed.

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
    ids = numbers_are_ids(texts)
    return [resolve_one(text, table, ids=ids) for text in texts]


def numbers_are_ids(names: Sequence[str]) -> bool:
    """Whether so many names are bare numbers that each is an NCBI id rather than a date."""
    return 2 * sum(name.strip().isdigit() for name in names) > len(names) > 1


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
    return _kind_by_capitals(text, table)


def _kind_by_capitals(text: str, table: GeneTable) -> Kind:
    capitals = text.upper()
    if capitals in table.approved or capitals in table.previous:
        return "mouse_symbol" if MOUSE_SHAPE.fullmatch(text) else "lower_case"
    return "unknown"


WHITE = (" ", "\t", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f")
LINES_VERSION = re.compile(r"^(ENS[A-Z]{0,4}G[0-9]{11})\.[0-9]{1,3}$", re.MULTILINE)
LINES_ENSEMBL = re.compile(rf"^(?:{ENSEMBL.pattern}|{MOUSE_ENSEMBL.pattern})$", re.MULTILINE)
# Every name that `_month_day` can read is one of these; so few are, that each is then looked at by
# itself.
LINES_DATE = re.compile(
    r"^(?:[0-9]{1,2}[-/ ][A-Za-z]{3,9}.*|[A-Za-z]{3,9}[-/"
    r" ][0-9]{1,2}.*|(?:19|20)[0-9]{2}-.*|[34][0-9]{4})$",
    re.MULTILINE,
)
# names from which on a survey is kept: the lists of signatures would push the names of a matrix out
MANY = 1_000
KEPT = 8
_KEPT: OrderedDict[tuple[str, ...], GeneNames] = OrderedDict()
_LOCK = threading.Lock()


@dataclass(frozen=True, eq=False)
class GeneNames:
    """What the names of a matrix are."""

    names: tuple[str, ...]
    cleaned: tuple[str, ...]
    kinds: dict[str, Kind]
    dates: dict[str, tuple[str, ...]]

    @cached_property
    def ids(self) -> IdType:
        """What most of the names are."""
        if len(self.places) == len(self.cleaned):
            counts = Counter(self.kinds.values())
            counts["symbol"] += len(self.cleaned) - len(self.kinds)
        else:
            counts = Counter(self._kinds())
        counts["unknown"] = 0
        most = max(counts.values())
        best = {kind for kind, n in counts.items() if n == most} if most else {"unknown"}
        kind: Kind = next(
            (kind for kind in self._kinds() if kind in best), "unknown"
        )  # of equal ones the first seen
        examples = (
            name for name, own in zip(self.names, self._kinds(), strict=True) if own == kind
        )
        return IdType(
            kind, most or len(self.cleaned), len(self.cleaned), tuple(islice(examples, 3))
        )

    @cached_property
    def numbers_are_ids(self) -> bool:
        """Whether bare numbers are NCBI ids."""
        return numbers_are_ids(self.names)

    def _kinds(self) -> Iterator[Kind]:
        return (self.kinds.get(name, "symbol") for name in self.cleaned)

    @cached_property
    def places(self) -> dict[str, int]:
        """First column of each cleaned name."""
        if len(set(self.cleaned)) == len(self.cleaned):
            return dict(zip(self.cleaned, range(len(self.cleaned)), strict=True))
        return {name: len(self.cleaned) - 1 - k for k, name in enumerate(reversed(self.cleaned))}

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Cleaned names that occur more than once."""
        if len(self.places) == len(self.cleaned):
            return frozenset()
        return frozenset(name for name, n in Counter(self.cleaned).items() if n > 1)


def survey(names: Sequence[str]) -> GeneNames:
    """Everything that can be told of gene names by looking at each once; of long lists the last
    eight are kept.

    Examples
    --------
    >>> seen = survey(["ENSG00000141510.18", "1-Mar", "Gzmb", "TP53"])
    >>> seen.cleaned[0], seen.kinds
    ('ENSG00000141510', {'ENSG00000141510': 'ensembl', '1-Mar': 'excel', 'Gzmb': 'mouse_symbol'})
    """
    with _LOCK:
        if type(names) is tuple and names in _KEPT:
            _KEPT.move_to_end(names)
            return _KEPT[names]
    texts = tuple(str(name) for name in names)
    if len(texts) < MANY:
        return _survey(texts)[0]
    found, plain = _survey(texts)
    with _LOCK:
        _KEPT[texts] = found
        if (
            plain and found.cleaned is not texts
        ):  # the same names without their versions, as they are asked for next
            _KEPT[found.cleaned] = replace(found, names=found.cleaned)
        while len(_KEPT) > KEPT:
            _KEPT.popitem(last=False)
    return found


def _survey(names: tuple[str, ...]) -> tuple[GeneNames, bool]:
    """Sets against the tables of symbols, regular expressions over all other names at once, Python
    for the rest.

    And whether the names are plain: ASCII without spaces, so that cleaning takes off versions at
    most.
    """
    table, text = gene_table(), "\n".join(names)
    plain = (
        text.isascii()
        and text.count("\n") == len(names) - 1
        and not any(white in text for white in WHITE)
    )
    cleaned = _unversioned(names, text) if plain else tuple(map(clean, names))
    unique = set(cleaned) - table.approved
    mice = unique & mouse_table().human_of.keys()
    kinds = _kinds_of(unique - mice - table.older, table) | dict.fromkeys(mice, "mouse_symbol")
    # What cleaning changes besides space, widths and versions, is no date as it was given.
    texts = cleaned if plain else tuple(name.strip() for name in names)
    return (
        GeneNames(names, cleaned, kinds, _dates(texts, unique if plain else set(texts), table)),
        plain,
    )


def _unversioned(names: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Names without Ensembl versions; `text` is the names as lines."""
    if not any("." in name and name.startswith("ENS") for name in names):
        return names
    bare = LINES_VERSION.findall(
        text
    )  # half as long as to substitute, and mostly all have a version or none has
    return tuple(bare if len(bare) == len(names) else LINES_VERSION.sub(r"\1", text).split("\n"))


def _read_by(pattern: re.Pattern[str], names: set[str]) -> set[str]:
    """Names that a pattern reads as a line."""
    text = "\n".join(names)
    if text.count("\n") >= len(names):  # a name that is more than one line
        return {name for name in names if pattern.fullmatch(name)}
    return set(pattern.findall(text))


def _kinds_of(names: set[str], table: GeneTable) -> dict[str, Kind]:
    """Kinds of names that stand in no table of symbols."""
    ids = _read_by(LINES_ENSEMBL, names)
    kinds: dict[str, Kind] = {
        name: "ensembl" if name[3:4] == "G" else "mouse_ensembl" for name in ids
    }
    rest = names - ids
    special = _read_by(LINES_DATE, rest)
    for name in rest:
        if name in special or (name.isdigit() and len(name) == 5):
            kinds[name] = _kind_by_shape(name, table)
        else:
            kinds[name] = "ncbi" if name.isdigit() else _kind_by_capitals(name, table)
    return kinds


def _dates(texts: tuple[str, ...], some: set[str], table: GeneTable) -> dict[str, tuple[str, ...]]:
    """Names in no table that are dates, in their order."""
    unknown = some - table.approved - table.older - table.ncbi.keys()
    found = {
        name: symbols for name in _read_by(LINES_DATE, unknown) if (symbols := date_symbols(name))
    }
    return {name: found[name] for name in texts if name in found} if found else {}


def excel_dates(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Names that look like dates a spreadsheet made of gene symbols, with the symbols they may have
    been.

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
    return dict(survey(names).dates)


def id_type(names: Sequence[str]) -> IdType:
    """What most of the names are; what nothing is known about counts only when nothing else is
    there.

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
    return survey(names).ids
