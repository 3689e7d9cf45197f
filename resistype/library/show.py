"""The library as a table, and a signature as a page of text."""

from __future__ import annotations

import textwrap

import pandas as pd

from resistype.library.library import Library
from resistype.library.signature import Signature

WIDTH = 100


def list_frame(library: Library) -> pd.DataFrame:
    """One row per signature: what it is, how many genes, how sure we are.

    Parameters
    ----------
    library
        The signatures.

    Returns
    -------
    DataFrame
        Index: signature ids. Columns: axis, version, status, species, up, down, scoring, name.

    Examples
    --------
    >>> from resistype.library import load_library
    >>> list_frame(load_library()).loc["mhc1_core", "up"].item()
    8
    """
    rows = {
        key: {
            "axis": item.axis,
            "version": item.version,
            "status": item.status,
            "species": item.species,
            "up": len(item.up),
            "down": len(item.down),
            "scoring": item.scoring.method,
            "name": item.name,
        }
        for key, item in library.items()
    }
    columns = ["axis", "version", "status", "species", "up", "down", "scoring", "name"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("signature")


def _field(label: str, text: str) -> list[str]:
    if not text:
        return []
    wrapper = textwrap.TextWrapper(WIDTH, initial_indent=f"{label:<14}", subsequent_indent=" " * 14)
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    return wrapper.wrap(text)


def _direction(value: str | None) -> str:
    return f"{value} (as the source claims; no prediction of response)" if value else ""


def show(signature: Signature) -> str:
    """Everything about a signature, as text for a terminal.

    Parameters
    ----------
    signature
        What to show.

    Returns
    -------
    str
        Lines of at most 100 characters.

    Examples
    --------
    >>> from resistype.library import load_library
    >>> print(show(load_library()["mhc1_core"]).splitlines()[0])
    mhc1_core@1.0.0  MHC class I presentation core
    """
    source, scoring = signature.source, signature.scoring
    updates = ", ".join(f"{old} → {new}" for old, new in signature.symbol_updates.items())
    published = ", ".join(
        part for part in (scoring.method, scoring.units, scoring.normaliser) if part
    )
    place = "  ".join(part for part in (source.repository, source.path, source.commit[:12]) if part)
    ids = "  ".join(
        text
        for text in (source.doi and f"doi {source.doi}", source.pmid and f"pmid {source.pmid}")
        if text
    )
    pairs = ", ".join(f"{a}>{b}" for a, b in signature.pairs or ())
    fields = {
        "": signature.description,
        "axis": (
            f"{signature.axis} ({signature.species};"
            f" {signature.compartment or 'compartment not stated'})"
        ),
        "status": f"{signature.status} (identifiers: {source.identifier_status})",
        "in resistance": _direction(signature.expected_in_resistance),
        "derived from": signature.derived_from,
        f"up ({len(signature.up)})": " ".join(signature.up),
        f"down ({len(signature.down)})": " ".join(signature.down) if signature.down else "",
        "pairs": pairs,
        "weights": "each gene has one" if signature.weights else "",
        "updated": updates,
        "left out": ", ".join(signature.dropped),
        "published as": ". ".join(part for part in (published, scoring.note) if part),
        "source": source.citation,
        "identifiers": ids,
        "read from": place,
        "licence": source.licence,
        "note": source.note,
        "content": signature.content_hash,
    }
    lines = [f"{signature.ref}  {signature.name}"]
    for label, text in fields.items():
        lines += _field(label, text)
    return "\n".join(lines)
