"""Which columns of a matrix hold the genes of a set, and how each was found.

`GeneIndex` is built once for the genes of a matrix: every column name is resolved to an approved
symbol, and for each symbol the best column is kept (approved > previous > alias > id). Wanted genes
are resolved the same way, so alias closure works in both directions: an old list meets a new matrix
and a new list an old matrix. Two columns that claim a symbol with the same right make it
*ambiguous*; nothing is guessed. A column serves one wanted gene: a list that holds IL8 and CXCL8
gets one column and one ``duplicate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resistype.genes.names import (
    GeneNames,
    IdType,
    Resolution,
    clean,
    gene_table,
    id_type,
    resolve,
    resolve_one,
    survey,
)
from resistype.genes.orthologs import ranked_human, to_human

How = Literal[
    "exact", "previous", "alias", "ensembl", "ncbi", "ortholog", "ambiguous", "duplicate", "absent"
]
Species = Literal["human", "mouse"]

MOUSE_KINDS = ("mouse_symbol", "mouse_ensembl")
RANK = {"approved": 0, "previous": 1, "alias": 2, "ensembl": 3, "ncbi": 4}
NAMELESS = frozenset(
    {"unknown", "lower_case", "mouse_ensembl"}
)  # kinds that stand in no table of human names
HOW: dict[str, How] = {
    "previous": "previous",
    "alias": "alias",
    "ensembl": "ensembl",
    "ncbi": "ncbi",
}


@dataclass(frozen=True)
class Match:
    """Columns for a list of wanted genes.

    Parameters
    ----------
    wanted
        The genes asked for, as given.
    columns
        Column of each, shape (n_wanted,); -1 where there is none.
    how
        How each was found: exact, previous, alias, ensembl, ncbi or ortholog; or why it was not:
        ambiguous, duplicate (another wanted gene has the column), absent.
    """

    wanted: tuple[str, ...]
    columns: NDArray[np.intp]
    how: tuple[How, ...]

    @property
    def found(self) -> NDArray[np.intp]:
        """Columns of the genes that were found, in the order of `wanted`; each column once."""
        return self.columns[self.columns >= 0]


@dataclass(frozen=True)
class Coverage:
    """How much of a gene list a matrix holds.

    Parameters
    ----------
    asked
        Different genes asked for.
    found
        How many of them have a column.
    missing
        Genes without a column, the ambiguous ones included.
    ambiguous
        Genes that could be one of several columns or symbols.
    by_alias
        Genes found under another name: the name asked for and the column's name.
    """

    asked: int
    found: int
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]
    by_alias: dict[str, str]

    @property
    def fraction(self) -> float:
        """Fraction of the genes that were found; 0 for an empty list."""
        return self.found / self.asked if self.asked else 0.0


class GeneIndex:
    """Finds genes among the columns of a matrix.

    Parameters
    ----------
    genes
        Names of the columns: symbols of any year, Ensembl or NCBI ids, of human or mouse.
    species
        Species of the columns; None finds it from the names. Genes of the other species are matched
        through orthologs, and marked so.

    Examples
    --------
    >>> index = GeneIndex(["DDX58", "B2M", "ENSG00000141510.18"])
    >>> index.match(["RIGI", "TP53", "GZMB"]).how
    ('previous', 'ensembl', 'absent')
    >>> GeneIndex(["Gzmb", "H2-K1", "Tap1"], species="mouse").coverage(
    ...     ["GZMB", "HLA-A", "GNLY"]
    ... ).missing
    ('GNLY',)
    """

    def __init__(self, genes: Sequence[str], *, species: Species | None = None) -> None:
        self._seen = survey(genes)
        self.genes = self._seen.names
        self._given = species

    def __len__(self) -> int:
        return len(self.genes)

    @cached_property
    def ids(self) -> IdType:
        """What most of the column names are."""
        return self._seen.ids

    @cached_property
    def species(self) -> Species:
        """Species of the columns, as given or as the names tell."""
        return self._given or ("mouse" if self.ids.kind in MOUSE_KINDS else "human")

    @cached_property
    def _by_symbol(self) -> dict[str, tuple[int, int, How]]:
        """For each approved symbol (mouse: human counterpart) its rank, best column (-1:
        ambiguous) and how.
        """
        return _claimed(self._seen, self.species)

    def match(self, wanted: Sequence[str], *, species: Species | None = None) -> Match:
        """Find the column of each wanted gene.

        Parameters
        ----------
        wanted
            Genes by any name.
        species
            Species of the wanted names; None finds it from the names.

        Returns
        -------
        Match
            One column per gene, -1 where there is none, and how each was found.
        """
        names = tuple(str(name) for name in wanted)
        columns = np.full(len(names), -1, dtype=np.intp)
        how: list[How] = ["absent"] * len(names)
        self._match_exact(names, columns, how)
        taken = {int(column) for column in columns if column >= 0}
        rest = [place for place, way in enumerate(how) if way == "absent"]
        if rest:
            translated = self._translate(
                [names[place] for place in rest], species or _species_of(names)
            )
            for place, meaning in zip(rest, translated, strict=True):
                how[place], columns[place] = self._find(meaning, taken)
        return Match(names, columns, tuple(how))

    def _match_exact(
        self, names: tuple[str, ...], columns: NDArray[np.intp], how: list[How]
    ) -> None:
        """The same name on both sides; first, so that an alias never takes its column."""
        taken: set[int] = set()
        for place, name in enumerate(names):
            text = clean(name)
            column = self._seen.places.get(text, -1)
            if text in self._seen.repeated:
                how[place] = "ambiguous"
            elif column in taken:
                how[place] = "duplicate"
            elif column >= 0:
                how[place], columns[place] = "exact", column
                taken.add(column)

    def _translate(self, names: list[str], species: Species) -> list[Resolution]:
        """Names as approved human symbols."""
        if species == "human":
            return resolve(names)
        humans = [to_human(clean(name)) for name in names]
        return [
            Resolution(n, "approved" if h else "unknown", h)
            for n, h in zip(names, humans, strict=True)
        ]

    def _find(self, wanted: Resolution, taken: set[int]) -> tuple[How, int]:
        if wanted.status == "ambiguous":
            return "ambiguous", -1
        if wanted.symbol is None:
            return "absent", -1
        _, column, how = self._by_symbol.get(wanted.symbol, (0, -1, "absent"))
        if column < 0:
            return how, -1
        if column in taken:
            return "duplicate", -1
        taken.add(column)
        if how == "exact":
            how = HOW.get(wanted.status, "ortholog")
        return how, column

    def coverage(self, wanted: Sequence[str], *, species: Species | None = None) -> Coverage:
        """How much of a gene list the columns hold.

        Parameters
        ----------
        wanted
            Genes by any name.
        species
            Species of the wanted names; None finds it from the names.

        Returns
        -------
        Coverage
            Counts, what is missing, what is ambiguous, and what was found under another name.
        """
        return coverage_of(self.match(wanted, species=species), self.genes)


@lru_cache(maxsize=8)
def _claimed(seen: GeneNames, species: Species) -> dict[str, tuple[int, int, How]]:
    """The best column of each symbol among surveyed names; kept as long as surveys are."""
    best: dict[str, tuple[int, int, How]] = {}
    approved = gene_table().approved if species == "human" else frozenset[str]()
    for name, column in seen.places.items():
        if name in approved:
            best[name] = (0, -1, "ambiguous") if name in seen.repeated else (0, column, "exact")
    for column, name in enumerate(seen.cleaned):
        if name in approved:
            continue
        rank, symbol, how = (
            _claim(seen, name) if species == "human" else (*ranked_human(name), "ortholog")
        )
        if symbol is None:
            continue
        held = best.get(symbol)
        if held is None or rank < held[0]:
            best[symbol] = (rank, column, how)
        elif rank == held[0]:
            best[symbol] = (rank, -1, "ambiguous")
    return best


def _claim(seen: GeneNames, name: str) -> tuple[int, str | None, How]:
    """Rank, symbol and way of a cleaned name that is no approved symbol."""
    kind = seen.kinds.get(name)
    if kind == "ensembl":
        owner = gene_table().ensembl.get(name)
        return RANK["ensembl"], None if owner is None or "|" in owner else owner, "ensembl"
    if kind in NAMELESS:
        return len(RANK), None, "absent"
    found = resolve_one(name, gene_table(), ids=seen.numbers_are_ids)
    return RANK.get(found.status, len(RANK)), found.symbol, HOW.get(found.status, "exact")


def _species_of(names: Sequence[str]) -> Species:
    return "mouse" if id_type(names).kind in MOUSE_KINDS else "human"


def coverage_of(match: Match, genes: Sequence[str]) -> Coverage:
    """Coverage that a match has among the columns named `genes`."""
    rows = [
        row
        for row in zip(match.wanted, match.columns, match.how, strict=True)
        if row[2] != "duplicate"
    ]
    return Coverage(
        asked=len(rows),
        found=sum(1 for _, column, _ in rows if column >= 0),
        missing=tuple(name for name, column, _ in rows if column < 0),
        ambiguous=tuple(name for name, _, how in rows if how == "ambiguous"),
        by_alias={
            name: genes[column] for name, column, how in rows if column >= 0 and how != "exact"
        },
    )
