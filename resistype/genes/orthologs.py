"""Human genes in a mouse matrix, and mouse genes in a human one.

One-to-one orthologs (Ensembl) miss the genes that matter most in immunology: the MHC, and families
that grew apart in one of the species. The shipped table therefore has three kinds of rows: curated
pairs, which win; one-to-one pairs; and, for human genes without either, the mouse genes that at
least three sources name (HCOP), best first. A mouse gene belongs to one human gene only, so the
order of a gene list never decides who gets it. Genes without a counterpart (HLA-C, GNLY, CXCL8)
stay absent and are reported.
"""

from __future__ import annotations

from resistype.genes.names import gene_table, mouse_table

OLD_NAME = 90  # rank of a column found by an outdated mouse name: after every counterpart


def orthologs(symbol: str) -> tuple[str, ...]:
    """Mouse counterparts of an approved human symbol, best first.

    Parameters
    ----------
    symbol
        An approved human symbol.

    Returns
    -------
    tuple of str
        Mouse symbols; empty when there is no counterpart.

    Examples
    --------
    >>> orthologs("HLA-A"), orthologs("GNLY")
    (('H2-K1',), ())
    """
    return mouse_table().mouse_of.get(symbol, ())


def to_mouse(symbol: str) -> str | None:
    """Best mouse counterpart of an approved human symbol; None when there is none.

    Examples
    --------
    >>> to_mouse("GZMB"), to_mouse("GNLY")
    ('Gzmb', None)
    """
    return next(iter(orthologs(symbol)), None)


def to_human(symbol: str) -> str | None:
    """Approved human symbol of a mouse gene or mouse Ensembl id; None when there is none.

    Examples
    --------
    >>> to_human("Gzmb"), to_human("H2-K1"), to_human("Wars")
    ('GZMB', 'HLA-A', 'WARS1')
    """
    return ranked_human(symbol)[1]


def ranked_human(symbol: str) -> tuple[int, str | None]:
    """Human symbol of a mouse gene, and how good a counterpart it is: 0 is the best.

    Mouse names follow the human ones. A name that the table lacks is therefore read as an outdated
    one when its capitals are a previous symbol of one human gene (Wars: WARS, today WARS1).
    """
    table = mouse_table()
    name = table.ensembl.get(symbol, symbol)
    if human := table.human_of.get(name):
        return table.mouse_of[human].index(name), human
    old = (
        gene_table().previous.get(symbol.upper(), "|")
        if symbol[:1].isupper() and not symbol.isupper()
        else "|"
    )
    return (OLD_NAME, old) if old in table.mouse_of else (OLD_NAME, None)
