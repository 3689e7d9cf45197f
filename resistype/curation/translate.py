"""A signature in the symbols of the other species, gene by gene, with what is lost.

Scores find orthologs by themselves; a translation is for whoever needs the list itself: to read it, to publish it, to
use it elsewhere. Genes of several counterparts take the best one; genes that meet in one counterpart are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from resistype.curation.draft import Drafted, validated
from resistype.genes import to_human, to_mouse
from resistype.library import Signature
from resistype.text import listed

__all__ = ["counterparts", "translate"]

Species = Literal["human", "mouse"]


def counterparts(genes: Sequence[str], species: str) -> dict[str, str]:
    """Each gene with its best counterpart in a species; genes without one are left out.

    Examples
    --------
    >>> counterparts(["Gzmb", "H2-K1", "Gm10000"], "human")
    {'Gzmb': 'GZMB', 'H2-K1': 'HLA-A'}
    """
    turn = to_human if species == "human" else to_mouse
    found = ((gene, turn(gene)) for gene in genes)
    return {gene: other for gene, other in found if other is not None}


def translate(signature: Signature, species: Species) -> Drafted:
    """The signature in the symbols of another species.

    Parameters
    ----------
    signature
        A human or mouse signature.
    species
        ``"human"`` or ``"mouse"``.

    Returns
    -------
    Drafted
        A signature ``<id>_<species>`` of status proxy, and notes on what was lost or merged. The signature itself, when
        it is of that species already.

    Raises
    ------
    SignatureError
        When no gene has a counterpart (E210).

    Examples
    --------
    >>> mouse = Signature(id="tex", name="Tex", species="mouse", up=("Tox", "Gzmb", "Gm10000"))
    >>> made = translate(mouse, "human")
    >>> made.signature.id, made.signature.up, made.notes
    ('tex_human', ('TOX', 'GZMB'), ('1 of 3 genes has no human counterpart: Gm10000.',))
    """
    if signature.species == species:
        return Drafted(signature)
    today = counterparts(signature.genes, species)
    up = list(dict.fromkeys(today[gene] for gene in signature.up if gene in today))
    down = [g for g in dict.fromkeys(today[gene] for gene in signature.down if gene in today) if g not in up]
    lost = [gene for gene in signature.genes if gene not in today]
    merged = len(today) - len(up) - len(down)
    weights = {today[gene]: weight for gene, weight in reversed((signature.weights or {}).items()) if gene in today}
    note = f"Orthologs of {signature.ref} ({signature.species})."
    content = signature.model_dump() | {
        "id": f"{signature.id[:57]}_{species}",
        "name": f"{signature.name[:180]}, {species} form",
        "version": "1.0.0",
        "species": species,
        "status": "proxy",
        "derived_from": "",
        "up": up,
        "down": down,
        "dropped": lost,
        "symbol_updates": {},
        "evidence": {today[gene]: one for gene, one in signature.evidence.items() if gene in today},
        "weights": {gene: weights[gene] for gene in [*up, *down]} if weights else None,
        "pairs": None,
        "source": signature.source.model_dump() | {"note": f"{signature.source.note} {note}".strip()},
    }
    return Drafted(validated(content, signature.id), tuple(_notes(signature, species, lost, merged)))


def _notes(signature: Signature, species: str, lost: Sequence[str], merged: int) -> list[str]:
    notes = []
    if lost:
        verb = "has" if len(lost) == 1 else "have"
        which = listed(lost, counted=True)
        notes.append(f"{len(lost)} of {len(signature)} genes {verb} no {species} counterpart: {which}.")
    if merged:
        notes.append(f"{merged} genes share a counterpart with another one and were merged.")
    if signature.pairs:
        notes.append("Pairs were left out; a pair needs both genes.")
    return notes
