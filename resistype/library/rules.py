"""The rules that signature files are checked by, one function each.

A rule takes a draft (what stands in the file) and yields problems: severity, code, the text or key
whose line it is about, and a message. Codes: L1xx names of genes, L2xx provenance (claims.py), L3xx
relations to other signatures (relations.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from resistype.genes import Resolution, clean, id_type, resolve, to_human
from resistype.genes.names import gene_table
from resistype.library.signature import AXES, Signature
from resistype.resources import signatures_dir
from resistype.safe.toml import read_toml
from resistype.text import listed

Problem: TypeAlias = tuple[str, str, str, str]
LOOKALIKES = str.maketrans({"0": "O", "O": "0", "1": "I", "I": "1", "l": "1"})
RECEPTOR = re.compile(r"(TR[ABGD]|IG[HKL])([VDJ])[0-9].*")
CONSTANT = {"TRAC", "TRBC1", "TRBC2", "TRDC", "TRGC1", "TRGC2", "IGKC"}
CONSTANT_HEAVY = re.compile(r"IGH(A[12]|D|E|G[1-4P]|M)|IGLC[1-7]")


@dataclass(frozen=True)
class Draft:
    """One signature as it stands in a file; `signature` is None when the model refused it."""

    file: str
    data: Mapping[str, Any]
    signature: Signature | None
    gene_lines: Mapping[str, int] = field(default_factory=dict)
    key_lines: Mapping[str, int] = field(default_factory=dict)
    first_line: int = 1

    def names(self) -> list[str]:
        """Gene names of the file, untouched; whatever is no text is left to the model."""
        lists = [self.data.get(key) for key in ("up", "down")]
        return [
            name
            for names in lists
            if isinstance(names, list)
            for name in names
            if isinstance(name, str)
        ]

    def text(self, key: str) -> str:
        """A text field of the file; empty when it is absent or no text."""
        value = self.data.get(key, "")
        return value if isinstance(value, str) else ""

    def source(self) -> Mapping[str, Any]:
        """The source table of the file; empty when there is none."""
        value = self.data.get("source", {})
        return value if isinstance(value, dict) else {}

    @property
    def species(self) -> str:
        """Species the file states."""
        return self.text("species") or "human"


def odd_characters(draft: Draft) -> Iterator[Problem]:
    """Spaces around a name, versions, characters that look like others."""
    for name in draft.names():
        if name != name.strip():
            yield "error", "L101", name, f"{name!r} has spaces around it. Remove them."
        elif not (name.isascii() and name.isprintable()):
            points = ", ".join(
                f"U+{ord(char):04X}" for char in name if not (char.isascii() and char.isprintable())
            )
            yield (
                "error",
                "L101",
                name,
                f"{name!a} holds {points}; gene names are plain ASCII. Type it again.",
            )


def symbols(draft: Draft) -> Iterator[Problem]:
    """Names that are no approved symbol today."""
    if draft.species == "mouse":
        return
    plain = [name for name in draft.names() if name.isascii() and name.isprintable()]
    for item in resolve(plain):
        if item.status != "approved":
            yield _name_problem(item)


def _name_problem(item: Resolution) -> Problem:
    name = item.name
    match item.status:
        case "previous" | "alias":
            kind = "an earlier symbol" if item.status == "previous" else "an alias"
            return (
                "error",
                "L102",
                name,
                f"'{name}' is {kind} of {item.symbol}. Write {item.symbol}.",
            )
        case "ambiguous":
            owners = " or ".join(item.candidates)
            return (
                "error",
                "L103",
                name,
                f"'{name}' may mean {owners}. Write the one that is meant.",
            )
        case "excel_date":
            owners = " or ".join(item.candidates)
            return (
                "error",
                "L104",
                name,
                f"'{name}' is a date that a spreadsheet made of {owners}. Look at the source.",
            )
        case "ensembl" | "ncbi":
            return (
                "error",
                "L102",
                name,
                f"'{name}' is the {item.status} id of {item.symbol}. Write {item.symbol}.",
            )
    return _unknown(name)


def _unknown(name: str) -> Problem:
    """A name nobody knows: glued, mistyped, of the mouse, a clone, or something else."""
    if pair := glued(name):
        return (
            "error",
            "L105",
            name,
            f"'{name}' looks like two symbols glued together: {' and '.join(pair)}.",
        )
    if typo := next((s for s in mistyped(name) if s in gene_table().approved), None):
        return (
            "error",
            "L106",
            name,
            f"'{name}' is no symbol; {typo} is, and differs by 0/O or 1/I.",
        )
    if to_human(clean(name)):
        return (
            "error",
            "L107",
            name,
            f"'{name}' is a mouse symbol in a human signature. Split it by species.",
        )
    if name.upper() in gene_table().approved:
        return (
            "error",
            "L108",
            name,
            f"'{name}' is {name.upper()} in other letters. Write {name.upper()}.",
        )
    return (
        "error",
        "L109",
        name,
        f"'{name}' is no symbol, alias or id that is known. Correct it, or move it to 'dropped'.",
    )


def glued(name: str) -> tuple[str, str] | None:
    """Two symbols of today or yesterday that were written together; None when it is no such
    name.
    """
    table = gene_table()
    if len(name) > 24:
        return None
    known = [(name[:cut], name[cut:]) for cut in range(3, len(name) - 2)]
    for left, right in known:
        if all(part in table.approved or part in table.previous for part in (left, right)):
            return left, right
    return None


def mistyped(name: str) -> Iterator[str]:
    """The name with one 0 or O, 1, I or l turned."""
    for place, char in enumerate(name[:24]):
        if ord(char) in LOOKALIKES:
            yield name[:place] + char.translate(LOOKALIKES) + name[place + 1 :]


def duplicates(draft: Draft) -> Iterator[Problem]:
    """The same gene twice, also under two names."""
    names = draft.names()
    seen: dict[str, str] = {}
    for name, item in zip(names, resolve(names), strict=True):
        gene = (item.symbol or clean(name)) if draft.species == "human" else clean(name)
        if gene in seen:
            same = f"as '{seen[gene]}'" if seen[gene] != name else "twice"
            yield "error", "L110", name, f"'{name}' is there {same}: both are {gene}. Keep one."
        seen.setdefault(gene, name)


def mouse_names(draft: Draft) -> Iterator[Problem]:
    """Human symbols in a mouse signature."""
    names = draft.names()
    if draft.species != "mouse" or not names:
        return
    approved = gene_table().approved
    human = [name for name in names if name in approved and name.isupper() and len(name) > 2]
    for name in human:
        yield (
            "error",
            "L107",
            name,
            f"'{name}' is a human symbol in a mouse signature. Split it by species.",
        )
    if id_type(names).kind not in ("mouse_symbol", "mouse_ensembl"):
        yield (
            "warning",
            "L107",
            "species",
            "species is mouse, but the names do not look like mouse symbols.",
        )


def receptor_genes(draft: Draft) -> Iterator[Problem]:
    """Genes of T- and B-cell receptors, whose counts follow clones and cell numbers."""
    names = draft.names()
    variable = [name for name in names if RECEPTOR.fullmatch(name.upper())]
    constant = [
        name for name in names if name.upper() in CONSTANT or CONSTANT_HEAVY.fullmatch(name.upper())
    ]
    if variable:
        why = (
            "They follow single clones, and a state defined by them is found again in its own"
            " clones. Leave them out."
        )
        message = (
            f"{listed(variable, counted=True)}: variable genes of T- or B-cell receptors. {why}"
        )
        yield "warning", "L111", variable[0], message
    if constant:
        why = (
            "constant genes of receptors count cells, not a state. Keep them only in a set that"
            " counts cells."
        )
        yield "note", "L111", constant[0], f"{listed(constant, counted=True)}: {why}"


def without_entrez(draft: Draft) -> Iterator[Problem]:
    """Rows of a table that lack the number of the gene."""
    names = draft.data.get("without_entrez", ())
    if names:
        yield (
            "note",
            "L112",
            "up",
            f"{len(names)} rows lack an Entrez id ({listed(names, counted=True)}).",
        )


NAME_RULES: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    odd_characters,
    symbols,
    duplicates,
    mouse_names,
    receptor_genes,
    without_entrez,
)


# Rules about what a file says of its signature: where it comes from, what it is called, where it
# lies. Codes L2xx.

DOI = re.compile(r"10\.[0-9]{4,9}/\S{1,200}")
ET_AL = re.compile(r"[a-z][a-z-]{1,30}[ _.]+et[ _.]+al[ _.0-9]{0,8}", re.IGNORECASE)
EMPTY_WORDS = {
    "n/a",
    "none",
    "null",
    "test",
    "todo",
    "tbd",
    "xxx",
    "description",
    "desc",
    "foo",
    "bar",
    "?",
    "-",
    ".",
}
TYPED_AT_RANDOM = re.compile(r"[sdfghjkl]{2,12}|(asdf|qwer|zxcv|sdfg)[a-z]{0,8}")
LICENCE_TEMPLATE = re.compile(
    r"use_[a-z0-9_]{2,20}license\(|pick a license|your licen[cs]e here", re.IGNORECASE
)


def provenance(draft: Draft) -> Iterator[Problem]:
    """A source that cannot be followed, and claims that it does not carry."""
    source, status = draft.source(), draft.text("status")
    place = str(source.get("citation", "")) + str(source.get("repository", ""))
    own = status in ("proxy", "recalled")
    if not place.strip():
        severity = "note" if own or not draft.key_lines else "error"
        yield (
            severity,
            "L201",
            "source",
            "no citation and no repository: nobody can check this list. Add [source].",
        )
    identifiers = source.get("identifier_status", "none")
    if status == "verified" and identifiers != "given":
        message = (
            f"status is verified, but its identifiers are '{identifiers}'. Look them up, or write"
            " secondary."
        )
        yield "error", "L202", "status", message
    doi = source.get("doi", "")
    if isinstance(doi, str) and doi and not DOI.fullmatch(doi):
        yield (
            "error",
            "L203",
            "doi",
            f"'{doi[:60]}' is no DOI; one looks like 10.1016/j.cell.2019.07.019.",
        )
    if draft.key_lines and not draft.text("description").strip():
        yield (
            "warning",
            "L204",
            "id",
            "no description: say in a sentence what the signature measures.",
        )


def place(draft: Draft) -> Iterator[Problem]:
    """File and folder that say something else than the file's content."""
    if not draft.key_lines:
        return
    path = PurePath(draft.file)
    key, axis = draft.text("id"), draft.text("axis")
    if key and path.stem not in (key, f"{key}@{draft.text('version')}"):
        yield (
            "error",
            "L205",
            "id",
            f"the id is '{key}' and the file is {path.name}. Name the file {key}.toml.",
        )
    if path.parent.name in AXES and axis and axis != path.parent.name:
        yield (
            "error",
            "L206",
            "axis",
            f"the axis is '{axis}' and the folder is {path.parent.name}. Move the file.",
        )


def names_of_people(draft: Draft) -> Iterator[Problem]:
    """A name that is only an author."""
    name = draft.text("name") or draft.text("id")
    if ET_AL.fullmatch(name):
        message = (
            f"'{name}' names people, not a signature: authors share names. Say what it measures,"
            " and the year."
        )
        yield "warning", "L207", "name", message


def descriptions(draft: Draft) -> Iterator[Problem]:
    """A description that says nothing."""
    text = draft.text("description").strip()
    if text.lower() in EMPTY_WORDS or TYPED_AT_RANDOM.fullmatch(text.lower()):
        message = (
            f"the description '{text}' says nothing: say in a sentence what the signature measures."
        )
        yield "warning", "L208", "description", message


def licences(draft: Draft) -> Iterator[Problem]:
    """A licence field that still holds the text of a template."""
    licence = draft.source().get("licence", "")
    if isinstance(licence, str) and LICENCE_TEMPLATE.search(licence[:400]):
        message = (
            "the licence is the text of a template. Write the licence, or that none is stated."
        )
        yield "warning", "L209", "licence", message


CLAIM_RULES: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    provenance,
    names_of_people,
    descriptions,
    licences,
    place,
)


# Genes that a signature shares with the other axes of a scheme.

SHARE, LEAST = 0.1, 2
WORD = re.compile(r"[a-z][a-z0-9_]*")
SIZE = 2**20


@cache
def scheme_axes(folder: Path | None = None) -> dict[str, dict[str, frozenset[str]]]:
    """Signatures behind each axis of each scheme of a folder; a file that is no scheme is left to
    the scheme checks.

    Examples
    --------
    >>> "mhc1_core" in scheme_axes()["acquired_resistance"]["antigen_presentation"]
    True
    """
    found: dict[str, dict[str, frozenset[str]]] = {}
    for path in sorted((folder or signatures_dir() / "schemes").glob("*.toml")):
        try:
            data = read_toml(path.read_text(encoding="utf-8")) if path.stat().st_size < SIZE else {}
        except (OSError, ValueError):
            continue
        quantities, axes = data.get("quantities"), data.get("axes")
        if isinstance(quantities, dict) and isinstance(axes, list):
            found[path.stem] = {str(axis.get("id")): _behind(axis, quantities) for axis in axes}
    return found


def _behind(axis: Mapping[str, Any], quantities: Mapping[str, Any]) -> frozenset[str]:
    """Signatures that an axis measures; what it only corrects for (`on`) is not its own."""
    texts = [
        *axis.get("evidence", ()),
        *(text for rule in axis.get("rules", ()) for text in rule.get("when", ())),
    ]
    waiting = [word for text in texts for word in WORD.findall(str(text)) if word in quantities]
    seen: set[str] = set()
    signatures: set[str] = set()
    while waiting:
        name = waiting.pop()
        quantity = quantities.get(name)
        if name in seen or not isinstance(quantity, dict):
            continue
        seen.add(name)
        signatures |= {str(quantity["signature"])} if quantity.get("signature") else set()
        waiting += [str(quantity[key]) for key in ("of", "minus") if quantity.get(key)]
    return frozenset(signatures)


def shared_with_siblings(
    key: str, axis: str, genes: frozenset[str], *, library: Mapping[str, Signature]
) -> Iterator[str]:
    """One sentence a scheme about the genes that a signature shares with its other axes.

    A signature that the scheme names is compared with the axes it does not stand behind; any other
    one with the scheme's signatures of another subject than its own.
    """
    for scheme, axes in scheme_axes().items():
        named = any(key in behind for behind in axes.values())
        if not named and (key in library or axis in ("", "custom", "control")):
            continue
        own = {other for behind in axes.values() if key in behind for other in behind}
        siblings = sorted({other for behind in axes.values() for other in behind} - own - {key})
        met = [library[other] for other in siblings if other in library]
        shared = [
            text
            for other in met
            if named or other.axis not in (axis, "control")
            if (text := _overlap(genes, other))
        ]
        if shared:
            yield f"in the scheme {scheme} other axes count the same genes: {'; '.join(shared)}."


def _overlap(genes: frozenset[str], other: Signature) -> str:
    both = sorted(genes & set(other.genes))
    smaller = min(len(genes), len(other))
    if len(both) < LEAST or len(both) < SHARE * smaller:
        return ""
    return (
        f"{len(both)} of {smaller} with {other.id}"
        f" ({', '.join(both[:4])}{', …' if len(both) > 4 else ''})"
    )
