"""Human genes in a mouse matrix, and mouse genes in a human one.

One-to-one orthologs come from the shipped table (Ensembl). They miss the genes that matter most in immunology: the
MHC and families that grew apart in one of the species. `CURATED` adds those by hand, one mouse gene for each human
one, the one that does the same work; it wins over the table. Genes without a counterpart (HLA-C in C57BL/6, GNLY,
the KIR family, CXCL8) stay absent and are reported as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from resistype.genes.table import gene_table, read_columns

__all__ = ["CURATED", "MouseTable", "mouse_table", "to_human", "to_mouse"]

CURATED = {
    "HLA-A": "H2-K1",
    "HLA-B": "H2-D1",
    "HLA-E": "H2-T23",
    "HLA-DRA": "H2-Ea",
    "HLA-DRB1": "H2-Eb1",
    "HLA-DQA1": "H2-Aa",
    "HLA-DQB1": "H2-Ab1",
    "HLA-DMA": "H2-DMa",
    "HLA-DMB": "H2-DMb1",
    "HLA-DOA": "H2-Oa",
    "HLA-DOB": "H2-Ob",
    "GZMB": "Gzmb",
    "CD8B": "Cd8b1",
    "CCL3": "Ccl3",
    "CCL4": "Ccl4",
    "CXCL11": "Cxcl11",
    "IFI27": "Ifi27",
    "IFIT1": "Ifit1",
    "IFIT3": "Ifit3",
    "MX1": "Mx1",
    "MX2": "Mx2",
    "OAS1": "Oas1a",
}
COLUMNS = ("human", "mouse", "mouse_ensembl")


@dataclass(frozen=True)
class MouseTable:
    """Pairs of human and mouse genes, both ways, and the mouse Ensembl ids."""

    mouse_of: dict[str, str]
    human_of: dict[str, str]
    ensembl: dict[str, str]
    symbols: frozenset[str]


@cache
def mouse_table() -> MouseTable:
    """The shipped orthologs with the curated pairs on top."""
    human, mouse, ensembl = read_columns("orthologs.tsv.gz", COLUMNS)
    mouse_of = dict(zip(human, mouse, strict=True)) | CURATED
    human_of = {own: other for other, own in mouse_of.items()}
    symbols = frozenset(mouse) | frozenset(CURATED.values())
    return MouseTable(mouse_of, human_of, dict(zip(ensembl, mouse, strict=True)), symbols)


def to_mouse(symbol: str) -> str | None:
    """Mouse counterpart of an approved human symbol; None when there is none.

    Examples
    --------
    >>> to_mouse("HLA-A"), to_mouse("GNLY")
    ('H2-K1', None)
    """
    return mouse_table().mouse_of.get(symbol)


def to_human(symbol: str) -> str | None:
    """Approved human symbol of a mouse gene or mouse Ensembl id; None when there is none.

    Examples
    --------
    >>> to_human("Gzmb"), to_human("H2-K1")
    ('GZMB', 'HLA-A')
    """
    table = mouse_table()
    found = table.human_of.get(table.ensembl.get(symbol, symbol))
    return found if found in gene_table().approved else None
