"""The shipped gene tables, read once and kept.

`signatures/genes/hgnc.tsv.gz` has one row a gene: approved symbol, Ensembl id, NCBI id, previous symbols, aliases.
Here it becomes five plain dictionaries from a name to a symbol. A name that belongs to several genes keeps all of
them, joined by ``|``: such a name is ambiguous and is reported, never guessed. Nothing is read before the first
name is asked for; reading takes less than a tenth of a second.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from resistype.errors import ResistypeError
from resistype.resources import signatures_dir

__all__ = ["GeneTable", "gene_table"]

COLUMNS = ("symbol", "ensembl", "ncbi", "previous", "alias")


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
        message = f"The gene table {path} has not the columns {', '.join(columns)}. Install resistype again."
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
    """The shipped table of human gene names.

    Raises
    ------
    ResistypeError
        When the table is absent or damaged (X102).
    """
    symbol, ensembl, ncbi, previous, alias = read_columns("hgnc.tsv.gz", COLUMNS)
    return GeneTable(
        approved=frozenset(symbol),
        previous=_owners(symbol, previous),
        alias=_owners(symbol, alias),
        ensembl=_owners(symbol, ensembl),
        ncbi=_owners(symbol, ncbi),
    )
