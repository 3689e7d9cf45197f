"""The sheet on the desk: genes as they were typed and the other fields of a signature. Frozen; edits make new ones.

A sheet may hold what no signature may: an old symbol, a date of a spreadsheet, the same gene twice. It becomes a
signature only when nothing of that is left, and the model of the signature is what judges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from resistype.curation.draft import Drafted, draft, validated
from resistype.errors import SignatureError
from resistype.library import Signature
from resistype.library.signature import AXES, Status

__all__ = ["CHOICES", "FORM", "MAX_NAME", "MAX_ROWS", "MAX_TEXT", "Row", "Sheet", "known_fields"]

MAX_ROWS, MAX_NAME, MAX_TEXT = 5000, 200, 4000
OWN = ("id", "version", "name", "axis", "species", "compartment", "status", "description", "expected_in_resistance")
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
    """One gene as it stands on the sheet.

    Parameters
    ----------
    key
        Number of the row; stays with it through every edit.
    name
        Name as typed, symbol or not.
    direction
        ``"up"`` or ``"down"``.
    weight
        Weight; None without one.
    citation
        PubMed id (digits), or a paper in words.
    note
        Evidence in words.
    """

    key: int
    name: str
    direction: str = "up"
    weight: float | None = None
    citation: str = ""
    note: str = ""

    def evidence(self) -> dict[str, str]:
        """Evidence as the signature keeps it; empty when there is none."""
        digits = self.citation.removeprefix("PMID").strip(" :")
        is_pmid = bool(digits) and all(part.isascii() and part.isdigit() for part in digits.split(";"))
        found = {"pmid" if is_pmid else "citation": digits if is_pmid else self.citation, "note": self.note}
        return {key: text for key, text in found.items() if text}


@dataclass(frozen=True)
class Sheet:
    """Rows and fields.

    Parameters
    ----------
    rows
        The genes.
    fields
        All other fields of the signature by dotted name.
    dropped
        Names of the source that were left out.
    updates
        Spelling of the source and today's symbol, for rows that were renamed.
    """

    rows: tuple[Row, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    updates: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, signature: Signature) -> Sheet:
        """The sheet of a signature.

        Examples
        --------
        >>> sheet = Sheet.of(Signature(id="mine", name="Mine", up=("B2M",), down=("IL7R",)))
        >>> [(row.name, row.direction) for row in sheet.rows]
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
        fields = {name: value for name, value in data.items() if name not in (*LISTS, "source", "scoring")}
        fields |= {f"{table}.{name}": value for table in ("source", "scoring") for name, value in data[table].items()}
        return cls(tuple(rows), fields, signature.dropped, signature.symbol_updates)

    def row(self, key: int) -> Row:
        """The row with a number.

        Raises
        ------
        SignatureError
            E215 when there is none.
        """
        found = next((row for row in self.rows if row.key == key), None)
        if found is None:
            raise SignatureError(f"There is no row {key} on the sheet; it was removed.", code="E215")
        return found

    def side(self, direction: str) -> list[Row]:
        """Rows of a direction, in order."""
        return [row for row in self.rows if row.direction == direction]

    def next_key(self) -> int:
        """A number that no row has."""
        return max((row.key for row in self.rows), default=-1) + 1

    def with_row(self, row: Row) -> Sheet:
        """The sheet with one row changed."""
        return replace(self, rows=tuple(row if one.key == row.key else one for one in self.rows))

    def without(self, keys: Iterable[int]) -> Sheet:
        """The sheet without some rows."""
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
        data["symbol_updates"] = {old: new for old, new in self.updates.items() if new in genes and old not in genes}
        return data

    def signature(self) -> Signature:
        """The signature.

        Raises
        ------
        SignatureError
            All complaints of the model (E210).
        """
        return validated(self.content(), str(self.fields.get("id", "")))

    def working(self) -> Drafted | None:
        """A signature of what can be understood now, for looking at data; None when that is nothing."""
        weights = {row.key: row.weight for row in self.rows if row.weight is not None}
        full = len(weights) == len(self.rows) and all(math.isfinite(one) for one in weights.values())
        sides: list[Any] = []
        for side in ("up", "down"):
            names = [row for row in self.side(side) if len(row.name) <= 64]
            sides.append({row.name: row.weight for row in names} if full else [row.name for row in names])
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
    """Every field that a sheet may carry, by dotted name."""
    return set(Sheet.of(Signature(id="x", name="x", up=("B2M",))).fields)
