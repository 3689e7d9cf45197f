"""Marker sets: what a user writes in a line, and the columns of a panel that stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resistype.errors import InputError

__all__ = ["DEFAULT_SETS", "MarkerSet", "find_markers", "parse_sets", "quantity_name", "sets_text"]

ALIASES = {
    "CD3": ("CD3", "CD3D", "CD3E", "CD3G", "CD3EPSILON"),
    "CD8": ("CD8", "CD8A", "CD8ALPHA"),
    "CD163": ("CD163",),
    "CD206": ("CD206", "MRC1"),
    "PANCK": ("PANCK", "PANCYTOKERATIN", "KRT", "CYTOKERATIN", "ECADHERIN", "EPCAM", "ARG1", "HEPPAR1", "GLYPICAN3"),
    "MHCI": ("MHCI", "HLAABC", "HLAA", "HLAB", "HLAC", "B2M"),
    "PD1": ("PD1", "PDCD1", "CD279"),
}


@dataclass(frozen=True)
class MarkerSet:
    """A set of markers: its id, what a positive cell is called in words, the markers."""

    id: str
    title: str
    markers: tuple[str, ...]


DEFAULT_SETS = (
    MarkerSet("tumour", "tumour cell markers", ("PANCK",)),
    MarkerSet("cd8_t_cell", "CD8 T cell markers", ("CD3", "CD8")),
    MarkerSet("cd163_macrophage", "CD163+ myeloid markers", ("CD163", "CD206")),
)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def find_markers(wanted: Sequence[str], columns: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that stand for the markers, and the markers that have none.

    Examples
    --------
    >>> find_markers(["CD8", "CD163"], ["CD8a", "DNA1"])
    (('CD8a',), ('CD163',))
    """
    known = {_plain(name): name for name in columns}
    hits: list[str] = []
    absent: list[str] = []
    for marker in wanted:
        names = (_plain(marker), *ALIASES.get(_plain(marker), ()))
        hit = next((known[name] for name in names if name in known), None)
        (absent if hit is None else hits).append(marker if hit is None else hit)
    return tuple(dict.fromkeys(hits)), tuple(absent)


def sets_text(sets: Sequence[MarkerSet]) -> str:
    """Marker sets as a line that `parse_sets` reads.

    Examples
    --------
    >>> sets_text(DEFAULT_SETS)
    'tumour: PANCK; cd8_t_cell: CD3, CD8; cd163_macrophage: CD163, CD206'
    """
    return "; ".join(f"{one.id}: {', '.join(one.markers)}" for one in sets)


def parse_sets(text: str) -> tuple[MarkerSet, ...]:
    """Marker sets from a line such as ``tumour: CD30; m2: CD163, CD206``.

    Raises
    ------
    InputError
        N111 when a part has no name or no marker.

    Examples
    --------
    >>> parse_sets("m2: CD163, CD206")[0].markers
    ('CD163', 'CD206')
    """
    titles = {one.id: one.title for one in DEFAULT_SETS}
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, colon, listed = part.partition(":")
        markers = tuple(filter(None, (one.strip() for one in listed.split(","))))
        if not colon or not markers or not name.strip():
            raise InputError(f"Marker set {part!r}: write it as 'name: MARKER, MARKER; name: MARKER'.", code="N111")
        key = quantity_name(name.strip())
        found.append(MarkerSet(key, titles.get(key, f"{name.strip()} markers"), markers))
    if not found:
        raise InputError("There is no marker set: write 'name: MARKER, MARKER; name: MARKER'.", code="N111")
    return tuple(found)


def quantity_name(name: str, taken: Iterable[str] = ()) -> str:
    """Name that a rule of a scheme can use, made from a column's.

    Examples
    --------
    >>> quantity_name("HLA-DR (2)")
    'hla_dr_2'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "value"
    plain = plain if plain[0].isalpha() else f"v_{plain}"
    used, number = set(taken), 1
    while (plain if number == 1 else f"{plain}_{number}") in used:
        number += 1
    return plain if number == 1 else f"{plain}_{number}"
