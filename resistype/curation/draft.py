"""From gene lists and files of sets to drafts: signatures with today's symbols, and a note for all that was changed.

A draft updates what can be updated with certainty (WARS becomes WARS1, and the old spelling is kept beside it), and
leaves out what cannot: ambiguous names, dates of a spreadsheet, unknown names. Nothing is dropped in silence: names
left out stay in ``dropped`` and every change is a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resistype.errors import SignatureError, complain
from resistype.genes import Resolution, clean, id_type, resolve
from resistype.library import Signature
from resistype.library.formats import RawSet, read_raw
from resistype.library.formats.raw import name_complaint, safe_id
from resistype.library.parse import complaint
from resistype.text import listed

__all__ = ["Drafted", "draft", "draft_file", "draft_library", "read_names"]

MOUSE = ("mouse_symbol", "mouse_ensembl")


@dataclass(frozen=True)
class Drafted:
    """A draft and what was done to make it.

    Parameters
    ----------
    signature
        The draft.
    notes
        What was updated, merged and left out, a sentence each.
    """

    signature: Signature
    notes: tuple[str, ...] = ()


def draft(
    name: str,
    up: Sequence[str] | Mapping[str, float],
    down: Sequence[str] | Mapping[str, float] = (),
    *,
    fields: Mapping[str, Any] | None = None,
) -> Drafted:
    """A signature from a gene list of any year.

    Parameters
    ----------
    name
        Its name; the id is made of it unless `fields` has one.
    up, down
        Genes that raise and lower the score: symbols, aliases, Ensembl or NCBI ids; or genes with weights.
    fields
        Other fields of the signature: axis, description, source and so on. Without a status it is ``secondary`` when
        there is a citation, else ``recalled``. Without a species it is what most names are.

    Returns
    -------
    Drafted
        The signature with approved symbols, and the notes.

    Raises
    ------
    SignatureError
        When nothing is left, or a field is wrong; all complaints at once (E210).

    Examples
    --------
    >>> made = draft("Mine", ["WARS", "B2M", "STRA13"], fields={"axis": "ifng"})
    >>> made.signature.genes, made.signature.symbol_updates, made.signature.dropped
    (('WARS1', 'B2M'), {'WARS': 'WARS1'}, ('STRA13',))
    >>> made.notes
    ('1 name was updated: WARS → WARS1.', '1 name was left out: STRA13 (may be BHLHE40 or CENPX).')
    """
    given = dict(fields or {})
    names = [*up, *down]
    species = given.get("species") or ("mouse" if id_type(names).kind in MOUSE else "human")
    today, lost = _current(names, species)
    side_up, side_down, twice = _sides(up, down, today)
    updates = {old: new for old, new in today.items() if old != new and new in {*side_up, *side_down}}
    cited = bool(given.get("source", {}).get("citation"))
    content = {"id": safe_id(name), "name": name[:200], "species": species, "status": _status(cited=cited), **given}
    content |= {"up": side_up, "down": side_down, "symbol_updates": updates, "dropped": [*lost]}
    content["weights"] = _weights(up, down, today)
    return Drafted(validated(content, name), _notes(updates, lost, twice))


def _status(*, cited: bool) -> str:
    return "secondary" if cited else "recalled"


def validated(content: Mapping[str, Any], subject: str) -> Signature:
    """The signature that the content makes.

    Raises
    ------
    SignatureError
        All complaints of the model (E210).
    """
    try:
        return Signature.model_validate(dict(content))
    except ValidationError as error:
        messages = [complaint(item)[1] for item in error.errors(include_url=False)]
        complain(messages[:20], SignatureError, code="E210", subject=f"Draft '{subject[:60]}'")
        raise  # never reached: an error of the model has messages


def _current(names: Sequence[str], species: str) -> tuple[dict[str, str], dict[str, str]]:
    """Each name with its symbol of today, and the names that have none with the reason."""
    if species == "mouse":
        plain = {name: clean(name) for name in names}
        odd = {name: "not plain ASCII" for name, text in plain.items() if not (text.isascii() and text.isprintable())}
        return {name: text for name, text in plain.items() if name not in odd and text}, odd
    found = {item.name: item for item in resolve(names) if item.name.strip()}
    today = {name: item.symbol for name, item in found.items() if item.symbol}
    return today, {_shown(name): _reason(item) for name, item in found.items() if not item.symbol}


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)


def _reason(item: Resolution) -> str:
    if item.candidates:
        word = "a date that a spreadsheet made of" if item.status == "excel_date" else "may be"
        return f"{word} {' or '.join(item.candidates)}"
    return item.note or "no known name of a gene"


def _sides(up: Sequence[str] | Mapping[str, float], down: Any, today: Mapping[str, str]) -> tuple[list[str], ...]:
    """Genes up, genes down, and names that are another name's gene."""
    sides: dict[str, str] = {}
    twice: list[str] = []
    for side, names in (("up", up), ("down", down)):
        for name in names:
            gene = today.get(name)
            if gene is not None and gene in sides:
                twice.append(f"{name} ({gene})" if name != gene else gene)
            elif gene is not None:
                sides[gene] = side
    return [g for g, s in sides.items() if s == "up"], [g for g, s in sides.items() if s == "down"], twice


def _weights(up: Any, down: Any, today: Mapping[str, str]) -> dict[str, float] | None:
    given = [item for names in (up, down) if isinstance(names, Mapping) for item in names.items()]
    weights: dict[str, float] = {}
    for name, value in given:
        if name in today:
            weights.setdefault(today[name], float(value))
    return weights or None


def _count(n: int) -> str:
    return "1 name was" if n == 1 else f"{n} names were"


def _notes(updates: Mapping[str, str], lost: Mapping[str, str], twice: Sequence[str]) -> tuple[str, ...]:
    texts = {
        "updated": [f"{old} → {new}" for old, new in updates.items()],
        "left out": [f"{name} ({why})" for name, why in lost.items()],
        "dropped as the same gene as another": list(twice),
    }
    said = {word: items for word, items in texts.items() if items}
    return tuple(f"{_count(len(items))} {word}: {listed(items, counted=True)}." for word, items in said.items())


def draft_file(
    path: str | Path,
    format: str | None = None,  # noqa: A002  the word of the user
    *,
    fields: Mapping[str, Any] | None = None,
) -> list[Drafted]:
    """Drafts of all sets of a file: GMT, UCell, MSigDB JSON, a table, an Enrichr library.

    Parameters
    ----------
    path
        The file.
    format
        Name of the format; None to go by the suffix.
    fields
        Fields that every draft gets, over what the file says.

    Raises
    ------
    SignatureError
        When the file cannot be read, or holds something that cannot be believed; all complaints at once.
    """
    sets, complaints = read_raw(path, format)
    lines = [f"{path}:{line}: {message}" for line, message in complaints]
    if not sets and not lines:
        lines = [f"{path}:1: there is no set in it"]
    complain(lines[:50], SignatureError, code="E207", subject=str(path))
    return [_from_raw(one, Path(path), fields or {}) for one in sets]


def _from_raw(one: RawSet, path: Path, fields: Mapping[str, Any]) -> Drafted:
    up: Any = {gene: one.weights[gene] for gene in one.up} if one.weights else one.up
    down: Any = {gene: one.weights[gene] for gene in one.down} if one.weights else one.down
    own = {key: value for key, value in one.fields.items() if key != "without_entrez"}
    source = {"path": path.name, **own.get("source", {}), **fields.get("source", {})}
    made = draft(one.name, up, down, fields={**own, **fields, "source": source})
    missing = one.fields.get("without_entrez", ())
    note = (f"{len(missing)} rows had no Entrez id ({listed(missing, counted=True)}).",) if missing else ()
    return Drafted(made.signature, made.notes + note)


def draft_library(
    sets: Mapping[str, Sequence[str]], terms: Sequence[str] | None = None, *, fields: Mapping[str, Any] | None = None
) -> list[Drafted]:
    """Drafts of sets that gseapy has loaded, for example ``gseapy.get_library("MSigDB_Hallmark_2020")``.

    resistype itself opens no connection; the dictionary, or a file saved from it, is handed over.

    Parameters
    ----------
    sets
        Genes by name of the set.
    terms
        Names of the sets wanted; None for all.
    fields
        Fields that every draft gets.

    Raises
    ------
    SignatureError
        For names that are not in it, or that look like paths (E210).

    Examples
    --------
    >>> [made.signature.id for made in draft_library({"Interferon Gamma Response": ["WARS", "STAT1"]})]
    ['interferon_gamma_response']
    """
    wanted = list(sets) if terms is None else list(terms)
    absent = [f"there is no set '{term}' among the {len(sets)}" for term in wanted if term not in sets]
    odd = [problem for term in wanted if (problem := name_complaint(term))]
    complain([*absent, *odd][:50], SignatureError, code="E210", subject="Library of gene sets")
    return [draft(term, list(sets[term]), fields=fields) for term in wanted]


def read_names(path: str | Path) -> list[str]:
    """Gene names of a text file, one a line or separated by commas, TABs or semicolons; what follows # is left out.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205).
    """
    from resistype.library.textfile import read_text  # noqa: PLC0415  a private reader of the room below

    lines = (line.partition("#")[0] for line in read_text(Path(path)).splitlines())
    cells = (cell.strip() for line in lines for cell in line.replace("\t", ",").replace(";", ",").split(","))
    return [cell for cell in cells if cell]
