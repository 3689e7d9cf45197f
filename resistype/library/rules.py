"""The rules that signature files are checked by, one function each.

A rule takes a draft (what stands in the file) and yields problems: severity, code, the text or key whose line it is
about, and a message. Codes: L1xx names of genes, L2xx provenance, L3xx relations to other signatures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeAlias

from resistype.genes import Resolution, clean, id_type, resolve, to_human
from resistype.genes.table import gene_table
from resistype.library.algebra import evaluate
from resistype.library.signature import AXES, Signature

__all__ = ["RULES", "Draft", "near_duplicates"]

Problem: TypeAlias = tuple[str, str, str, str]
DOI = re.compile(r"10\.[0-9]{4,9}/\S{1,200}")
LOOKALIKES = str.maketrans({"0": "O", "O": "0", "1": "I", "I": "1", "l": "1"})
JACCARD, CONTAINED, SMALLEST = 0.8, 0.95, 5


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
        return [name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)]

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
            points = ", ".join(f"U+{ord(char):04X}" for char in name if not (char.isascii() and char.isprintable()))
            yield "error", "L101", name, f"{name!a} holds {points}; gene names are plain ASCII. Type it again."


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
            return "error", "L102", name, f"'{name}' is {kind} of {item.symbol}. Write {item.symbol}."
        case "ambiguous":
            owners = " or ".join(item.candidates)
            return "error", "L103", name, f"'{name}' may mean {owners}. Write the one that is meant."
        case "excel_date":
            owners = " or ".join(item.candidates)
            return "error", "L104", name, f"'{name}' is a date that a spreadsheet made of {owners}. Look at the source."
        case "ensembl" | "ncbi":
            return "error", "L102", name, f"'{name}' is the {item.status} id of {item.symbol}. Write {item.symbol}."
    return _unknown(name)


def _unknown(name: str) -> Problem:
    """A name nobody knows: glued, mistyped, of the mouse, a clone, or something else."""
    if pair := _glued(name):
        return "error", "L105", name, f"'{name}' looks like two symbols glued together: {' and '.join(pair)}."
    if typo := next((s for s in _mistyped(name) if s in gene_table().approved), None):
        return "error", "L106", name, f"'{name}' is no symbol; {typo} is, and differs by 0/O or 1/I."
    if to_human(clean(name)):
        return "error", "L107", name, f"'{name}' is a mouse symbol in a human signature. Split it by species."
    if name.upper() in gene_table().approved:
        return "error", "L108", name, f"'{name}' is {name.upper()} in other letters. Write {name.upper()}."
    return (
        "error",
        "L109",
        name,
        f"'{name}' is no symbol, alias or id that is known. Correct it, or move it to 'dropped'.",
    )


def _glued(name: str) -> tuple[str, str] | None:
    table = gene_table()
    if len(name) > 24:
        return None
    known = [(name[:cut], name[cut:]) for cut in range(3, len(name) - 2)]
    for left, right in known:
        if all(part in table.approved or part in table.previous for part in (left, right)):
            return left, right
    return None


def _mistyped(name: str) -> Iterator[str]:
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
        yield "error", "L107", name, f"'{name}' is a human symbol in a mouse signature. Split it by species."
    if id_type(names).kind not in ("mouse_symbol", "mouse_ensembl"):
        yield "warning", "L107", "species", "species is mouse, but the names do not look like mouse symbols."


def provenance(draft: Draft) -> Iterator[Problem]:
    """A source that cannot be followed, and claims that it does not carry."""
    source, status = draft.source(), draft.text("status")
    place = str(source.get("citation", "")) + str(source.get("repository", ""))
    own = status in ("proxy", "recalled")
    if not place.strip():
        severity = "note" if own or not draft.key_lines else "error"
        yield severity, "L201", "source", "no citation and no repository: nobody can check this list. Add [source]."
    identifiers = source.get("identifier_status", "none")
    if status == "verified" and identifiers != "given":
        message = f"status is verified, but its identifiers are '{identifiers}'. Look them up, or write secondary."
        yield "error", "L202", "status", message
    doi = source.get("doi", "")
    if isinstance(doi, str) and doi and not DOI.fullmatch(doi):
        yield "error", "L203", "doi", f"'{doi[:60]}' is no DOI; one looks like 10.1016/j.cell.2019.07.019."
    if draft.key_lines and not draft.text("description").strip():
        yield "warning", "L204", "id", "no description: say in a sentence what the signature measures."


def place(draft: Draft) -> Iterator[Problem]:
    """File and folder that say something else than the file's content."""
    if not draft.key_lines:
        return
    path = PurePath(draft.file)
    key, axis = draft.text("id"), draft.text("axis")
    if key and path.stem not in (key, f"{key}@{draft.text('version')}"):
        yield "error", "L205", "id", f"the id is '{key}' and the file is {path.name}. Name the file {key}.toml."
    if path.parent.name in AXES and axis and axis != path.parent.name:
        yield "error", "L206", "axis", f"the axis is '{axis}' and the folder is {path.parent.name}. Move the file."


RULES: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    odd_characters,
    symbols,
    duplicates,
    mouse_names,
    provenance,
    place,
)


def near_duplicates(drafts: Sequence[Draft], library: Mapping[str, Signature]) -> Iterator[tuple[Draft, Problem]]:
    """Sets that are nearly another set (Jaccard, containment), and derived sets that are not what they say."""
    known = {key: frozenset(signature.genes) for key, signature in library.items()}
    known |= {draft.text("id"): frozenset(draft.names()) for draft in drafts}
    by_gene: dict[str, set[str]] = defaultdict(set)
    for key, genes in known.items():
        for gene in genes:
            by_gene[gene].add(key)
    for draft in drafts:
        own = draft.text("id")
        near = {key for gene in known[own] for key in by_gene[gene]} - {own} - _parents(draft)
        for other in sorted(near):
            if message := _nearness(known[own], known[other], other):
                yield draft, ("note", "L301", "up", message)
        if draft.signature is not None and draft.signature.derived_from:
            yield from ((draft, problem) for problem in _derivation(draft.signature, library))


def _parents(draft: Draft) -> set[str]:
    return set(re.findall(r"[a-z0-9][a-z0-9_.-]{0,63}", draft.text("derived_from")))


def _nearness(own: frozenset[str], other: frozenset[str], key: str) -> str:
    shared = len(own & other)
    jaccard, inside = shared / len(own | other), shared / len(own)
    if jaccard >= JACCARD:
        return f"nearly the same set as {key}: {shared} genes shared, Jaccard {jaccard:.2f}. Never count both."
    if inside >= CONTAINED and len(own) >= SMALLEST:
        return f"{shared} of its {len(own)} genes are in {key}. Never count both as independent."
    return ""


def _derivation(signature: Signature, library: Mapping[str, Signature]) -> Iterator[Problem]:
    wanted = evaluate(signature.derived_from, library)
    if isinstance(wanted, str):
        yield "error", "L302", "derived_from", wanted
    elif set(wanted) != set(signature.genes):
        extra, lacking = sorted(set(signature.genes) - set(wanted))[:5], sorted(set(wanted) - set(signature.genes))[:5]
        message = f"the genes are not what derived_from gives: too many {extra or 'none'}, missing {lacking or 'none'}."
        yield "error", "L302", "derived_from", message
