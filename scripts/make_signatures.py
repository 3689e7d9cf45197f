"""Write signatures/<axis>/<id>.toml from the collected candidates. For maintainers; not needed to
use resistype.

    python scripts/make_signatures.py FOLDER

FOLDER holds `candidates.jsonl` and `cores.json`. A released file is immutable: this script refuses
to change the content of an existing `id@version`; raise the version instead. `signature_texts.toml`
beside this script holds what people wrote: descriptions, corrected licences, published scoring. A
candidate is taken when it is recommended there or has a text here. The newest version of a
signature is <id>.toml; older ones stay beside it as <id>@<version>.toml.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from resistype.genes import resolve
from resistype.library import Library, Signature, read_toml, write_toml
from resistype.library.library import evaluate
from resistype.library.read import signature_files
from resistype.library.write import write_text

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "signatures"
NO_LICENCE = "none stated in the source; gene symbols are facts"
LICENCES = {
    "": NO_LICENCE,
    "none stated": NO_LICENCE,
    "KB MIT; set licence=MIT": "MIT (knowledge base and set)",
    "LICENSE = CC BY 3.0 PDF (recalled; file unread) - mirror of Genentech package": (
        "CC BY 3.0 as recalled, its file was not read; a mirror of the authors' package"
    ),
    "repo none; content MSigDB Hallmark CC BY 4.0": (
        "CC BY 4.0 (MSigDB Hallmark); the copy states none"
    ),
    "LICENSE present (unread)": (
        "the repository has a licence file that was not read; gene symbols are facts"
    ),
}
IDENTIFIERS = {
    "recalled": "PMID and DOI are written from memory and unchecked.",
    "given by source": "Identifiers as the copy gives them.",
    "pmid SignatureSets; doi recalled": (
        "PMID as SignatureSets gives it; DOI from memory, unchecked."
    ),
    "pmid COMPASS; doi recalled": "PMID as COMPASS gives it; DOI from memory, unchecked.",
    "pmid CARTEx README; doi recalled": (
        "PMID as the CARTEx README gives it; DOI from memory, unchecked."
    ),
    "SignatureSets csv": "Identifiers as SignatureSets gives them.",
    "cytopus README": "Identifiers as the README of Cytopus gives them.",
    "COMPASS marker.tsv / easier R header": "Identifiers as COMPASS and easier give them.",
    "search hit url": "DOI as it stands in the article's address.",
    "seed 003": "PMID and DOI were not checked.",
}
RENAMED = {"recalled_mhc1_core": "mhc1_core"}
AXES = {"pirly_culture_stress": "control"}
# Lists in the authors' own release, with the identifier given there. Everything else is a copy, or
# unchecked.
OWN_RELEASE = ("cytopus_",)


def identifier_status(row: dict[str, Any]) -> str:
    if not (row["pmid"] or row["doi"]):
        return "none"
    told = row["identifier_source"]
    return (
        "recalled"
        if "recalled" in told or told.startswith("seed") or told in ("", "n/a")
        else "given"
    )


def status(row: dict[str, Any], identifiers: str) -> str:
    if "OUR proxy" in row["note"]:
        return "proxy"
    if row["confidence"] != "exact-from-source":
        return "recalled"
    return (
        "verified" if identifiers == "given" and row["id"].startswith(OWN_RELEASE) else "secondary"
    )


def current(row: dict[str, Any], names: list[str]) -> tuple[dict[str, str], list[str]]:
    """Each name with its symbol of today, and the names that have none. Mouse symbols stay as
    they are.
    """
    if row["species"] == "mouse":
        return {name: name for name in names}, []
    found = {item.name: item.symbol for item in resolve([*names, *row["unresolved"]])}
    lost = [old for old, new in found.items() if not new or old in row["unresolved"]]
    return {old: new for old, new in found.items() if new and old not in lost}, lost


def note(row: dict[str, Any]) -> str:
    first = " ".join(row["note"].split())
    parts = [first if not first or first.endswith((".", ")")) else f"{first}."]
    if row["pmid"] or row["doi"]:
        told = row["identifier_source"]
        parts.append(IDENTIFIERS.get(told, f"Identifiers: {told}." if told else ""))
    if row["species"] == "mouse" and row["unresolved"]:
        parts.append(
            f"Outdated or without a human counterpart: {', '.join(sorted(row['unresolved']))}."
        )
    return " ".join(part for part in parts if part)


def build(row: dict[str, Any], text: dict[str, Any]) -> Signature:
    names = row["genes_up"] + row["genes_down"]
    today, dropped = current(row, names)
    up = list(dict.fromkeys(today[name] for name in row["genes_up"] if name in today))
    down = [
        s
        for s in dict.fromkeys(today[name] for name in row["genes_down"] if name in today)
        if s not in up
    ]
    updates = {old: new for old, new in row["symbol_updates"].items() if new in {*up, *down}}
    updates |= {old: new for old, new in today.items() if old != new}
    weights = {
        today[name]: value for name, value in (row["weights"] or {}).items() if name in today
    }
    identifiers = identifier_status(row)
    source = {
        "citation": row["citation"],
        "doi": row["doi"],
        "pmid": row["pmid"],
        "identifier_status": identifiers,
        "repository": row["source_repo"],
        "path": row["source_path"],
        "commit": row["source_commit"],
        "licence": LICENCES.get(row["licence"], row["licence"]),
        "note": note(row),
    }
    fields = {
        "id": RENAMED.get(row["id"], row["id"]),
        "version": "1.0.0",
        "name": row["name"],
        "axis": AXES.get(row["id"], row["axis"]),
        "species": row["species"],
        "compartment": row["compartment"],
        "status": status(row, identifiers),
        "expected_in_resistance": row["expected_direction_in_resistance"],
        "up": up,
        "down": down,
        "dropped": dropped,
        "symbol_updates": dict(sorted(updates.items())),
        "weights": weights or None,
        "pairs": row.get("pairs"),
        "source": source | text.get("source", {}),
    }
    return Signature.model_validate(
        fields | {key: value for key, value in text.items() if key != "source"}
    )


def from_algebra(key: str, text: dict[str, Any], made: dict[str, Signature]) -> Signature:
    """A set made of others, see resistype.library.library."""
    up = evaluate(text["derived_from"], Library(made.values()))
    if isinstance(up, str):
        sys.exit(f"{key}: {up}")
    return Signature.model_validate(
        {"id": key, "version": "1.0.0", "up": up, "status": "proxy", **text}
    )


def save(signature: Signature) -> None:
    """Write the newest version as <id>.toml; an older one found there moves to
    <id>@<version>.toml and stays.
    """
    folder = TARGET / signature.axis
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{signature.id}.toml"
    old = read_toml(path) if path.exists() else signature
    if old.ref != signature.ref:
        path.rename(folder / f"{old.ref}.toml")
    elif old.content_hash != signature.content_hash:
        sys.exit(
            f"{path}: {signature.ref} is released and its content would change; give it a new"
            " version"
        )
    write_toml(signature, path)


def release() -> None:
    """Note the content of every id@version for good; a noted one must not change."""
    path = TARGET / "released.tsv"
    noted = (
        dict(line.split("\t") for line in path.read_text(encoding="ascii").splitlines())
        if path.exists()
        else {}
    )
    now = {
        item.ref: item.content_hash
        for item in (read_toml(file) for file in signature_files(TARGET, axes=True))
    }
    changed = sorted(ref for ref in noted.keys() & now if noted[ref] != now[ref])
    if changed:
        sys.exit(f"released and changed: {', '.join(changed)}; give them new versions")
    write_text(path, "".join(f"{ref}\t{text}\n" for ref, text in sorted((noted | now).items())))


def main(folder: Path) -> None:
    texts: dict[str, dict[str, Any]] = tomllib.loads(
        (HERE / "signature_texts.toml").read_text(encoding="utf-8")
    )
    lines = (folder / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [
        row
        for row in map(json.loads, lines)
        if row["recommended"] or RENAMED.get(row["id"], row["id"]) in texts
    ]
    made: dict[str, Signature] = {}
    for row in rows:
        key = RENAMED.get(row["id"], row["id"])
        made[key] = build(row, texts.pop(key, {}))
    cores = json.loads((folder / "cores.json").read_text(encoding="utf-8"))
    for key, genes in cores.items():
        text = texts.pop(key)
        without = text.pop("without", [])
        up = [gene for gene in genes if gene not in without]
        made[key] = Signature.model_validate(
            {"id": key, "version": "1.0.0", "up": up, "status": "proxy", **text}
        )
    for key, text in texts.items():
        made[key] = (
            from_algebra(key, text, made) if "derived_from" in text else Signature(id=key, **text)
        )
    for signature in made.values():
        save(signature)
    release()
    lacking = sorted(key for key, signature in made.items() if not signature.description)
    print(len(made), "signatures;", "without description:", lacking or "none")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
