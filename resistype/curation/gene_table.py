"""The gene table of a draft: genes as they were typed, and the other fields of the signature.

Frozen; edits make new ones. A table may hold what no signature may: an old symbol, a date of a
spreadsheet, the same gene twice. It becomes a signature only when nothing of that is left, and the
model of the signature is what judges. Values that come from a page or a file of a stranger are
checked before they stand in it (E215).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from resistype.curation.draft import Drafted, draft, validated
from resistype.errors import SignatureError
from resistype.genes.names import date_symbols
from resistype.library import Signature
from resistype.library.signature import AXES, Status

MAX_ROWS, MAX_NAME, MAX_TEXT = 5000, 200, 4000
OWN = (
    "id",
    "version",
    "name",
    "axis",
    "species",
    "compartment",
    "status",
    "description",
    "expected_in_resistance",
)
FROM = ("citation", "doi", "pmid", "identifier_status", "repository", "licence", "note")
FORM = (*OWN, *(f"source.{name}" for name in FROM))
CHOICES: dict[str, tuple[str, ...]] = {
    "axis": AXES,
    "species": ("human", "mouse"),
    "status": get_args(Status),
    "expected_in_resistance": ("", "up", "down"),
    "source.identifier_status": ("none", "given", "recalled"),
}
LISTS = ("up", "down", "weights", "evidence", "dropped", "symbol_updates")


@dataclass(frozen=True)
class Row:
    """One gene as it stands in the draft."""

    key: int
    name: str
    direction: str = "up"
    weight: float | None = None
    citation: str = ""
    note: str = ""

    def evidence(self) -> dict[str, str]:
        """Evidence as the signature keeps it; empty when there is none."""
        digits = self.citation.removeprefix("PMID").strip(" :")
        is_pmid = bool(digits) and all(
            part.isascii() and part.isdigit() for part in digits.split(";")
        )
        found = {
            "pmid" if is_pmid else "citation": digits if is_pmid else self.citation,
            "note": self.note,
        }
        return {key: text for key, text in found.items() if text}


@dataclass(frozen=True)
class GeneTable:
    """Rows and fields."""

    rows: tuple[Row, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    updates: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, signature: Signature) -> GeneTable:
        """The table of a signature.

        Examples
        --------
        >>> table = GeneTable.of(Signature(id="mine", name="Mine", up=("B2M",), down=("IL7R",)))
        >>> [(row.name, row.direction) for row in table.rows]
        [('B2M', 'up'), ('IL7R', 'down')]
        """
        data = signature.model_dump()
        rows = []
        for key, gene in enumerate(signature.genes):
            proof = signature.evidence.get(gene)
            cited = (proof.pmid or proof.citation) if proof else ""
            weight = signature.weights[gene] if signature.weights else None
            side = "up" if key < len(signature.up) else "down"
            rows.append(Row(key, gene, side, weight, cited, proof.note if proof else ""))
        fields = {
            name: value for name, value in data.items() if name not in (*LISTS, "source", "scoring")
        }
        fields |= {
            f"{table}.{name}": value
            for table in ("source", "scoring")
            for name, value in data[table].items()
        }
        return cls(tuple(rows), fields, signature.dropped, signature.symbol_updates)

    def row(self, key: int) -> Row:
        """The row with a number."""
        found = next((row for row in self.rows if row.key == key), None)
        if found is None:
            raise SignatureError(
                f"There is no row {key} in the draft; it was removed.", code="E215"
            )
        return found

    def side(self, direction: str) -> list[Row]:
        """Rows of a direction, in order."""
        return [row for row in self.rows if row.direction == direction]

    def next_key(self) -> int:
        """A number that no row has."""
        return max((row.key for row in self.rows), default=-1) + 1

    def with_row(self, row: Row) -> GeneTable:
        """The table with one row changed."""
        return replace(self, rows=tuple(row if one.key == row.key else one for one in self.rows))

    def without(self, keys: Iterable[int]) -> GeneTable:
        """The table without some rows."""
        gone = set(keys)
        return replace(self, rows=tuple(row for row in self.rows if row.key not in gone))

    def content(self) -> dict[str, Any]:
        """What the model of the signature is given; names as typed."""
        data: dict[str, Any] = {"source": {}, "scoring": {}}
        for name, value in self.fields.items():
            table, dot, inner = name.partition(".")
            (data[table] if dot else data)[inner or name] = value
        data["expected_in_resistance"] = data.get("expected_in_resistance") or None
        for side in ("up", "down"):
            data[side] = [row.name for row in self.side(side)]
        genes = {row.name for row in self.rows}
        weighted = [row for row in self.rows if row.weight is not None]
        data["weights"] = {row.name: row.weight for row in weighted} or None
        data["evidence"] = {row.name: proof for row in self.rows if (proof := row.evidence())}
        data["dropped"] = list(self.dropped)
        data["symbol_updates"] = {
            old: new for old, new in self.updates.items() if new in genes and old not in genes
        }
        return data

    def signature(self) -> Signature:
        """The signature."""
        return validated(self.content(), str(self.fields.get("id", "")))

    def working(self) -> Drafted | None:
        """A signature of what can be understood now, for looking at data.

        None when that is nothing.
        """
        weights = {row.key: row.weight for row in self.rows if row.weight is not None}
        full = len(weights) == len(self.rows) and all(
            math.isfinite(one) for one in weights.values()
        )
        sides: list[Any] = []
        for side in ("up", "down"):
            names = [row for row in self.side(side) if len(row.name) <= 64]
            sides.append(
                {row.name: row.weight for row in names} if full else [row.name for row in names]
            )
        known = self.fields.get("species") in CHOICES["species"]
        species = {"species": self.fields["species"]} if known else {}
        try:
            return draft("draft", sides[0], sides[1], fields=species)
        except SignatureError:
            return None

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return {**asdict(self), "fields": dict(self.fields), "updates": dict(self.updates)}


def known_fields() -> set[str]:
    """Every field that a draft may carry, by dotted name."""
    return set(GeneTable.of(Signature(id="x", name="x", up=("B2M",))).fields)


def with_names(
    table: GeneTable, text: str, direction: str, *, note: str = ""
) -> tuple[GeneTable, list[str]]:
    """The table with the genes of a text, and a sentence for what was not taken."""
    names, notes = read_pasted(text)
    start = table.next_key()
    fresh = [
        Row(start + i, one.name, one.direction or direction, one.weight, note=note)
        for i, one in enumerate(names)
    ]
    grown = replace(table, rows=(*table.rows, *fresh))
    check_size(grown)
    return grown, notes


def check_size(table: GeneTable) -> None:
    """Refuse a draft of more rows than a signature has sense for."""
    if len(table.rows) > MAX_ROWS:
        message = (
            f"{len(table.rows):,} genes are more than a draft holds ({MAX_ROWS:,}). Was a whole "
            "matrix pasted?"
        )
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


def read_gene_table(data: Mapping[str, Any]) -> GeneTable:
    """A table from a file; whatever does not fit raises."""
    rows = tuple(Row(**row) for row in data["rows"])
    texts = [text for row in rows for text in (row.name, row.citation, row.note)]
    fields = {**GeneTable.of(Signature(id="x", name="x", up=("B2M",))).fields, **data["fields"]}
    odd = set(fields) - known_fields()
    if (
        odd
        or len({row.key for row in rows}) < len(rows)
        or any(not isinstance(row.key, int) for row in rows)
    ):
        raise ValueError
    for text in (*texts, *data["dropped"], *data["updates"], *data["updates"].values()):
        text_of(text)
    for row in rows:
        side_of(row.direction)
        weight_of("" if row.weight is None else str(row.weight))
    return GeneTable(rows, fields, tuple(data["dropped"]), dict(data["updates"]))


CELL = re.compile(r"[\t,;]+")
MAX_NAME = 200


@dataclass(frozen=True)
class Typed:
    """One name as it was given."""

    name: str
    direction: str = ""
    weight: float | None = None


def read_pasted(text: str) -> tuple[list[Typed], list[str]]:
    r"""Names in a text, and a sentence for what was not taken.

    One name a line, or several with commas, semicolons, TABs or spaces between. A line of a name
    and a number is a gene with its weight. ``CD8A+`` and ``IL7R-`` carry their direction. What
    follows ``#`` is left out.

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
    notes = (
        [f"{long} pieces of text have more than {MAX_NAME} characters and were not taken as genes."]
        if long
        else []
    )
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
