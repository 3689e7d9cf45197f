"""MSigDB JSON: sets by name, each with its genes and where it comes from; ours lose nothing in it.

The format lets a set have more keys than MSigDB's own. What MSigDB has no key for stands under ``resistype`` in the
first entry of a set, so that a reader here gets the signature back whole and every other reader a plain gene set.
JSON of strangers is read strictly: NaN and a key that occurs twice are refused, which the standard library lets pass.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from resistype.library.formats.raw import (
    MAX_GENES,
    MAX_SETS,
    TOO_MANY_SETS,
    Complaint,
    Format,
    Parsed,
    RawSet,
    name_complaint,
    safe_id,
)
from resistype.library.signature import Signature
from resistype.strict import RefusedError, read_json

__all__ = ["MSIGDB", "load_json"]

OWN = "resistype"


def load_json(text: str) -> tuple[Any, list[Complaint]]:
    """Values of JSON text, or the one complaint why it is refused."""
    try:
        return read_json(text), []
    except RefusedError as error:
        if error.invalid:
            return None, [(error.line, f"not valid JSON: {error}")]
        return None, [(1, str(error) if "nest" in error.reason else f"not read: {error}")]


def _read(text: str) -> Parsed:
    data, complaints = load_json(text)
    if complaints:
        return [], complaints
    if not isinstance(data, dict) or not data:
        return [], [(1, "wanted an object of sets by name, each with 'geneSymbols'")]
    if len(data) > MAX_SETS:
        return [], [(1, TOO_MANY_SETS)]
    sets: list[RawSet] = []
    for name, entry in data.items():
        problem = name_complaint(name) or _entry_problem(name, entry)
        if problem:
            complaints.append((_line(text, name), problem))
        else:
            sets += _entry(name, entry, _line(text, name))
    seen: set[str] = set()
    twins = [one for one in sets if safe_id(one.name) in seen or seen.add(safe_id(one.name))]  # type: ignore[func-returns-value]
    complaints += [(one.line, f"the name '{one.name[:60]}' becomes the id of another set; rename one") for one in twins]
    return sets, complaints


def _line(text: str, name: str) -> int:
    place = text.find(json.dumps(name))
    return text.count("\n", 0, place) + 1 if place >= 0 else 1


def _entry_problem(name: str, entry: object) -> str:
    genes = entry.get("geneSymbols") if isinstance(entry, dict) else None
    if not isinstance(genes, list) or not genes:
        return f"'{name[:60]}' has no list 'geneSymbols'"
    if len(genes) > MAX_GENES:
        return f"'{name[:60]}' has {len(genes):,} genes; a signature has at most {MAX_GENES:,}"
    if not all(isinstance(gene, str) for gene in genes):
        return f"'{name[:60]}' holds a gene that is no text"
    own = entry.get(OWN, {}) if isinstance(entry, dict) else {}
    return "" if isinstance(own, dict) or own is True else f"'{name[:60]}': its part '{OWN}' is no object"


def _entry(name: str, entry: dict[str, Any], line: int) -> list[RawSet]:
    own = entry.get(OWN)
    if own is True:  # the genes down of a set that stands whole under its first name
        return []
    genes = tuple(entry["geneSymbols"])
    if isinstance(own, dict):
        kept = {key: value for key, value in own.items() if key not in ("up", "down", "weights")}
        parts = (own.get("up", ()), own.get("down", ()))
        sides = [tuple(part) if isinstance(part, list) else () for part in parts]
        return [RawSet(str(own.get("id", name)), sides[0], sides[1], own.get("weights"), kept, line)]
    pmid = str(entry.get("pmid") or "")
    source = {"citation": f"MSigDB {entry.get('systematicName') or name}", "pmid": pmid if pmid.isdigit() else ""}
    place = {"path": str(entry.get("exactSource") or "")[:4000], "repository": str(entry.get("msigdbURL") or "")[:4000]}
    return [RawSet(name, genes, fields={"source": {**source, **place}}, line=line)]


def _write(signatures: Sequence[Signature]) -> str:
    entries: dict[str, Any] = {}
    for one in signatures:
        sides = (("_UP", one.up), ("_DN", one.down)) if one.down else (("", one.up),)
        whole: Any = one.model_dump(mode="json", exclude_defaults=True) | {"id": one.id, "up": one.up, "down": one.down}
        for suffix, genes in sides:
            if genes:
                entries[one.id.upper() + suffix] = _msigdb(one, genes) | {OWN: whole}
                whole = True
    return json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _msigdb(one: Signature, genes: Sequence[str]) -> dict[str, Any]:
    return {
        "systematicName": "",
        "pmid": one.source.pmid,
        "exactSource": one.source.path,
        "geneSymbols": list(genes),
        "msigdbURL": "",
        "externalDetailsURL": [one.source.repository] if one.source.repository else [],
        "filteredBySimilarity": [],
        "externalNamesForSimilarTerms": [],
        "collection": f"resistype:{one.axis}",
    }


MSIGDB = Format("msigdb", ".json", "MSigDB JSON", _read, _write)
