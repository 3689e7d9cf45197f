"""Rules about what a file says of its signature: where it comes from, what it is called, where it lies. Codes L2xx."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

from resistype.library.rules import Draft, Problem
from resistype.library.signature import AXES

__all__ = ["CLAIM_RULES"]

DOI = re.compile(r"10\.[0-9]{4,9}/\S{1,200}")
ET_AL = re.compile(r"[a-z][a-z-]{1,30}[ _.]+et[ _.]+al[ _.0-9]{0,8}", re.IGNORECASE)
EMPTY_WORDS = {"n/a", "none", "null", "test", "todo", "tbd", "xxx", "description", "desc", "foo", "bar", "?", "-", "."}
TYPED_AT_RANDOM = re.compile(r"[sdfghjkl]{2,12}|(asdf|qwer|zxcv|sdfg)[a-z]{0,8}")
LICENCE_TEMPLATE = re.compile(r"use_[a-z0-9_]{2,20}license\(|pick a license|your licen[cs]e here", re.IGNORECASE)


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


def names_of_people(draft: Draft) -> Iterator[Problem]:
    """A name that is only an author."""
    name = draft.text("name") or draft.text("id")
    if ET_AL.fullmatch(name):
        message = f"'{name}' names people, not a signature: authors share names. Say what it measures, and the year."
        yield "warning", "L207", "name", message


def descriptions(draft: Draft) -> Iterator[Problem]:
    """A description that says nothing."""
    text = draft.text("description").strip()
    if text.lower() in EMPTY_WORDS or TYPED_AT_RANDOM.fullmatch(text.lower()):
        message = f"the description '{text}' says nothing: say in a sentence what the signature measures."
        yield "warning", "L208", "description", message


def licences(draft: Draft) -> Iterator[Problem]:
    """A licence field that still holds the text of a template."""
    licence = draft.source().get("licence", "")
    if isinstance(licence, str) and LICENCE_TEMPLATE.search(licence[:400]):
        message = "the licence is the text of a template. Write the licence, or that none is stated."
        yield "warning", "L209", "licence", message


CLAIM_RULES: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    provenance,
    names_of_people,
    descriptions,
    licences,
    place,
)
