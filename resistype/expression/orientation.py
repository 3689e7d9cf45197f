"""Which side of a table holds the genes: the side whose names the shipped gene table knows.

Up to 2,000 names of each side, evenly spread, are looked up as approved human symbols, Ensembl ids and mouse symbols.
Aliases do not count, for half of all short sample names are one (P1, T2, S100). A side holds the genes when at least a
fifth of its names are known and the other side has at most half of that share. Anything else is unclear, and refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resistype.errors import ExpressionError
from resistype.genes import id_type, resolve

__all__ = ["Side", "look_at", "sides", "transposed"]

MOST = 2_000
ENOUGH = 0.2
WORDS = {
    "symbol": "approved gene symbols",
    "ensembl": "Ensembl ids",
    "mouse_ensembl": "mouse Ensembl ids",
    "ncbi": "NCBI gene ids",
    "mouse_symbol": "mouse gene symbols",
    "lower_case": "gene symbols in lower case",
    "unknown": "known genes",
}
STATUS = {"approved": "symbol", "ensembl": "ensembl"}
BY_SHAPE = {"ensembl", "mouse_symbol", "mouse_ensembl"}
MANY_NUMBERS = 100


@dataclass(frozen=True)
class Side:
    """Names of one side of a table: how many look like genes, and like which kind."""

    kind: str
    known: int
    looked_at: int
    total: int

    @property
    def share(self) -> float:
        """Share of the names looked at that are genes."""
        return self.known / self.looked_at if self.looked_at else 0.0

    def sentence(self, where: str) -> str:
        """Counts in words, for example ``1,873 of 2,000 row names are gene symbols``."""
        if self.looked_at == self.total:
            return f"{self.known:,} of {self.total:,} {where} names are {WORDS[self.kind]}"
        return f"{self.known:,} of {self.looked_at:,} {where} names (picked from {self.total:,}) are {WORDS[self.kind]}"


def look_at(names: Sequence[str]) -> Side:
    """Count the gene names among `names`; bare numbers count only where a hundred of them can be NCBI ids."""
    step = max(1, -(-len(names) // MOST))
    spread = list(names[::step])
    known = Counter(STATUS[one.status] for one in resolve(spread) if one.status in STATUS)
    other = id_type([name for name in spread if len(name) > 1 or name.isdigit()])  # mice have genes named a and T
    if other.kind == "lower_case":
        known["lower_case"] = sum(one.status == "approved" for one in resolve([name.upper() for name in spread]))
    elif other.kind in BY_SHAPE or (other.kind == "ncbi" and other.n >= MANY_NUMBERS):
        known[other.kind] = other.n
    kind, n = known.most_common(1)[0] if known else ("unknown", 0)
    return Side(kind if n else "unknown", n, len(spread), len(names))


def _holds_genes(side: Side, other: Side) -> bool:
    if other.kind == "ncbi" and side.kind != "ncbi":
        return side.share >= ENOUGH
    return side.share >= ENOUGH and other.share <= side.share / 2


def sides(rows: Sequence[str], columns: Sequence[str]) -> tuple[Literal["rows", "columns", "unclear"], str]:
    """Where the genes of a table are, and the counts that say so, in words."""
    row_side, column_side = look_at(rows), look_at(columns)
    words = f"{row_side.sentence('row')}, {column_side.sentence('column')}"
    if _holds_genes(row_side, column_side):
        return "rows", words
    if _holds_genes(column_side, row_side):
        return "columns", words
    return "unclear", words


def transposed(samples: Sequence[str], genes: Sequence[str], remedy: str) -> ExpressionError | None:
    """The error of a matrix in memory that has its genes in rows; None when nothing speaks for that."""
    where, words = sides(samples, genes)
    if where != "rows":
        return None
    message = f"Genes seem to be in rows: {words}. resistype wants samples x genes; {remedy}."
    return ExpressionError(message, code="E701")
