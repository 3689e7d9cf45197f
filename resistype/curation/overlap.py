"""What else has these genes: the library by shared genes, and other collections by over-representation.

Jaccard hides a small set inside a large one, so both shares are given. Sets are compared in human symbols, mouse sets
through their orthologs. Over-representation is gseapy's hypergeometric test against the genes that were measured; it
runs on sets that are handed over and opens no connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from resistype.curation.translate import counterparts
from resistype.errors import GeneError
from resistype.extras import needs
from resistype.library import Library, Signature, load_library, to_gseapy

__all__ = ["over_representation", "overlap"]


def human_genes(signature: Signature) -> frozenset[str]:
    """Genes of a signature in human symbols."""
    if signature.species == "human":
        return frozenset(signature.genes)
    return frozenset(counterparts(signature.genes, "human").values())


def overlap(signature: Signature, library: Library | None = None, *, least: int = 1) -> pd.DataFrame:
    """Signatures of a library that share genes with one.

    Parameters
    ----------
    signature
        The signature.
    library
        What to compare with; None for the shipped library. The signature itself is left out.
    least
        Fewest genes shared to be listed.

    Returns
    -------
    DataFrame
        Indexed by signature, nearest first: axis, shared, jaccard, inside (share of this set's genes in the other),
        holds (share of the other's genes in this set), genes.

    Examples
    --------
    >>> found = overlap(load_library()["mhc1_core"])
    >>> found.index[0], round(float(found["jaccard"].iloc[0]), 2)
    ('aps7_senbabaoglu', 0.88)
    """
    own = human_genes(signature)
    rows = {}
    for key, other in (library if library is not None else load_library()).items():
        genes = human_genes(other)
        shared = own & genes
        if key != signature.id and len(shared) >= max(least, 1):
            rows[key] = {
                "axis": other.axis,
                "shared": len(shared),
                "jaccard": len(shared) / len(own | genes),
                "inside": len(shared) / len(own),
                "holds": len(shared) / len(genes),
                "genes": tuple(sorted(shared)),
            }
    columns = ["axis", "shared", "jaccard", "inside", "holds", "genes"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("signature")
    return frame.sort_values(["jaccard", "inside"], ascending=False, kind="stable")


def over_representation(
    signature: Signature, background: Sequence[str], sets: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Which sets hold more of a signature's genes than chance, by gseapy, without a connection.

    Parameters
    ----------
    signature
        The signature; all its genes count, up and down.
    background
        Genes that were measured, in human symbols; only these count.
    sets
        Gene lists by name, for example ``gseapy.get_library(…)``; None for the shipped human signatures.

    Returns
    -------
    DataFrame
        Indexed by set, smallest p first: overlap, p, fdr, odds_ratio, genes.

    Raises
    ------
    MissingExtraError
        When gseapy is not installed (X101).
    GeneError
        When no gene of the signature is in the background (E101).
    """
    with needs("gseapy", extra="gsea", what="Over-representation"):
        import gseapy  # noqa: PLC0415  heavy, and optional
    measured = sorted(set(background))
    genes = sorted(human_genes(signature) & set(measured))
    if not genes:
        message = (
            f"None of the {len(signature)} genes of {signature.id} is among the {len(measured):,} of the background."
        )
        raise GeneError(message, code="E101")
    shipped = load_library().values()
    lists = dict(sets) if sets is not None else to_gseapy(s for s in shipped if s.species == "human")
    lists = {name: kept for name, given in lists.items() if (kept := sorted(set(given) & set(measured)))}
    found = gseapy.enrich(gene_list=genes, gene_sets=lists, background=measured, outdir=None, no_plot=True).results
    frame = pd.DataFrame(found)
    if frame.empty:
        return pd.DataFrame(columns=["overlap", "p", "fdr", "odds_ratio", "genes"]).rename_axis("set")
    names = {"Term": "set", "Overlap": "overlap", "P-value": "p", "Adjusted P-value": "fdr", "Odds Ratio": "odds_ratio"}
    frame = frame.rename(columns={**names, "Genes": "genes"}).set_index("set")
    return frame[["overlap", "p", "fdr", "odds_ratio", "genes"]].sort_values("p", kind="stable")
