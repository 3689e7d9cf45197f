"""From gene lists and files of sets to drafts: signatures with today's symbols, and a note for all
that was changed.

A draft updates what can be updated with certainty (WARS becomes WARS1, and the old spelling is kept
beside it), and leaves out what cannot: ambiguous names, dates of a spreadsheet, unknown names.
Nothing is dropped in silence: names left out stay in ``dropped`` and every change is a note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from resistype.errors import SignatureError, complain
from resistype.genes import Resolution, clean, id_type, resolve, to_human, to_mouse
from resistype.library import Scoring, Signature, Source
from resistype.library.formats import RawSet, read_raw
from resistype.library.formats.raw import name_complaint, safe_id
from resistype.library.signature import near
from resistype.library.textfile import complaint
from resistype.text import listed

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
        Genes that raise and lower the score: symbols, aliases, Ensembl or NCBI ids; or genes with
        weights.
    fields
        Other fields of the signature: axis, description, source and so on. Without a status it is
        ``secondary`` when there is a citation, else ``recalled``. Without a species it is what most
        names are.

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
    updates = {
        old: new for old, new in today.items() if old != new and new in {*side_up, *side_down}
    }
    cited = bool(given.get("source", {}).get("citation"))
    content = {
        "id": safe_id(name),
        "name": name[:200],
        "species": species,
        "status": _status(cited=cited),
        **given,
    }
    content |= {"up": side_up, "down": side_down, "symbol_updates": updates, "dropped": [*lost]}
    content["weights"] = _weights(up, down, today)
    return Drafted(validated(content, name), _notes(updates, lost, twice))


def _status(*, cited: bool) -> str:
    return "secondary" if cited else "recalled"


def validated(content: Mapping[str, Any], subject: str) -> Signature:
    """The signature that the content makes."""
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
        odd = {
            name: "not plain ASCII"
            for name, text in plain.items()
            if not (text.isascii() and text.isprintable())
        }
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


def _sides(
    up: Sequence[str] | Mapping[str, float], down: Any, today: Mapping[str, str]
) -> tuple[list[str], ...]:
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
    return (
        [g for g, s in sides.items() if s == "up"],
        [g for g, s in sides.items() if s == "down"],
        twice,
    )


def _weights(up: Any, down: Any, today: Mapping[str, str]) -> dict[str, float] | None:
    given = [item for names in (up, down) if isinstance(names, Mapping) for item in names.items()]
    weights: dict[str, float] = {}
    for name, value in given:
        if name in today:
            weights.setdefault(today[name], float(value))
    return weights or None


def _count(n: int) -> str:
    return "1 name was" if n == 1 else f"{n} names were"


def _notes(
    updates: Mapping[str, str], lost: Mapping[str, str], twice: Sequence[str]
) -> tuple[str, ...]:
    texts = {
        "updated": [f"{old} → {new}" for old, new in updates.items()],
        "left out": [f"{name} ({why})" for name, why in lost.items()],
        "dropped as the same gene as another": list(twice),
    }
    said = {word: items for word, items in texts.items() if items}
    return tuple(
        f"{_count(len(items))} {word}: {listed(items, counted=True)}."
        for word, items in said.items()
    )


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
        When the file cannot be read, or holds something that cannot be believed; all complaints at
        once.
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
    note = (
        (f"{len(missing)} rows had no Entrez id ({listed(missing, counted=True)}).",)
        if missing
        else ()
    )
    return Drafted(made.signature, made.notes + note)


def draft_library(
    sets: Mapping[str, Sequence[str]],
    terms: Sequence[str] | None = None,
    *,
    fields: Mapping[str, Any] | None = None,
) -> list[Drafted]:
    """Drafts of sets that gseapy has loaded, for example
    ``gseapy.get_library("MSigDB_Hallmark_2020")``.

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
    >>> [
    ...     made.signature.id
    ...     for made in draft_library({"Interferon Gamma Response": ["WARS", "STAT1"]})
    ... ]
    ['interferon_gamma_response']
    """
    wanted = list(sets) if terms is None else list(terms)
    absent = [
        f"there is no set '{term}' among the {len(sets)}" for term in wanted if term not in sets
    ]
    odd = [problem for term in wanted if (problem := name_complaint(term))]
    complain([*absent, *odd][:50], SignatureError, code="E210", subject="Library of gene sets")
    return [draft(term, list(sets[term]), fields=fields) for term in wanted]


def read_names(path: str | Path) -> list[str]:
    """Gene names of a text file, one a line or separated by commas, TABs or semicolons; what
    follows # is left out.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205).
    """
    # a private reader of the room below
    from resistype.library.textfile import read_text  # noqa: PLC0415

    lines = (line.partition("#")[0] for line in read_text(Path(path)).splitlines())
    cells = (
        cell.strip()
        for line in lines
        for cell in line.replace("\t", ",").replace(";", ",").split(",")
    )
    return [cell for cell in cells if cell]


# Settings as a user types them, ``key=value``, sorted into fields of a signature and filters of
# genes.

TOP = (
    "version",
    "name",
    "axis",
    "species",
    "compartment",
    "status",
    "description",
    "expected_in_resistance",
)
NESTED = {"source": tuple(Source.model_fields), "scoring": tuple(Scoring.model_fields)}
SHORT = {"citation", "doi", "pmid", "licence", "identifier_status"}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which genes of a comparison make a signature.

    Parameters
    ----------
    effect
        Least difference of means, in log2 units.
    fdr
        Largest adjusted p-value (Benjamini-Hochberg).
    detection
        Least fraction of the case's samples in which the gene is expressed; not used for tables
        that do not tell it.
    expressed
        Expression from which a gene counts as expressed, in log2(x + 1).
    top
        Most genes a direction, those of the largest effect.
    down
        Whether genes lower in the case are taken too, as genes down.
    within
        Names of genes; where there are some, only genes that are among them are taken, also as
        orthologs: what a panel or another matrix can measure.
    group
        Of a table with the markers of several clusters or groups, the one that is taken.

    Raises
    ------
    SignatureError
        When a number is out of its range (E222).
    """

    effect: float = 1.0
    fdr: float = 0.05
    detection: float = 0.5
    expressed: float = 0.5
    top: int = 200
    down: bool = False
    within: tuple[str, ...] = ()
    group: str = ""

    def __post_init__(self) -> None:
        ranges = {
            "effect": (0, math.inf),
            "fdr": (0, 1),
            "detection": (0, 1),
            "expressed": (0, 50),
            "top": (1, 5000),
        }
        wrong = [
            f"{name} is {getattr(self, name)}; it must lie between {low} and {high}"
            for name, (low, high) in ranges.items()
            if not low <= getattr(self, name) <= high
        ]
        complain(wrong, SignatureError, code="E222", subject="Filters of genes")


def parse_settings(settings: Sequence[str]) -> tuple[dict[str, Any], Filters, dict[str, str]]:
    """Fields of a signature, filters of genes, and whatever else was set, from texts ``key=value``.

    Parameters
    ----------
    settings
        For example ``["name=My set", "axis=ifng", "source.doi=10.1000/1", "effect=0.8"]``.
        ``citation``, ``doi``, ``pmid``, ``licence`` and ``identifier_status`` need no ``source.``
        before them.

    Returns
    -------
    tuple
        The fields, nested as in a signature; the filters; and the settings ``unit``, ``replicate``,
        ``method``, ``within`` and ``duplicates`` of a derivation.

    Raises
    ------
    SignatureError
        For unknown keys, missing ``=`` and values that are no numbers; all at once (E222).

    Examples
    --------
    >>> parse_settings(["axis=ifng", "doi=10.1000/1", "top=50"])[0]
    {'axis': 'ifng', 'source': {'doi': '10.1000/1'}}
    """
    found: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    rest: dict[str, str] = {}
    complaints: list[str] = []
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        table, _, inner = key.rpartition(".")
        if not equals:
            complaints.append(f"'{setting[:60]}' is no key=value")
        elif key in KINDS:
            _take_number(numbers, key, value, complaints)
        elif key in TOP:
            found[key] = value
        elif key in SHORT or inner in NESTED.get(table, ()):
            found.setdefault(table or "source", {})[inner or key] = value
        elif key in REST:
            rest[key] = value
        else:
            complaints.append(f"there is no setting '{key[:60]}'. {near(key, ALL)}")
    complain(complaints, SignatureError, code="E222", subject="Settings")
    return found, Filters(**numbers), rest


KINDS: dict[str, Any] = {
    field.name: type(field.default) for field in fields(Filters) if field.name != "within"
}
ALL = [*TOP, *KINDS, *SHORT, *(f"{key}.{name}" for key, names in NESTED.items() for name in names)]
REST = ("unit", "replicate", "method", "within", "duplicates")
ALL += REST
WORDS = {"yes": True, "true": True, "no": False, "false": False}


def _take_number(numbers: dict[str, Any], key: str, value: str, complaints: list[str]) -> None:
    kind = KINDS[key]
    try:
        numbers[key] = WORDS[value.lower()] if kind is bool else kind(value[:40])
    except (ValueError, KeyError):
        wanted = {bool: "yes or no", int: "a whole number", float: "a number"}[kind]
        complaints.append(f"{key} is '{value[:40]}'; it must be {wanted}")


# A signature in the symbols of the other species, gene by gene, with what is lost.

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
        A signature ``<id>_<species>`` of status proxy, and notes on what was lost or merged. The
        signature itself, when it is of that species already.

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
    down = [
        g
        for g in dict.fromkeys(today[gene] for gene in signature.down if gene in today)
        if g not in up
    ]
    lost = [gene for gene in signature.genes if gene not in today]
    merged = len(today) - len(up) - len(down)
    weights = {
        today[gene]: weight
        for gene, weight in reversed((signature.weights or {}).items())
        if gene in today
    }
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
        "source": (
            signature.source.model_dump() | {"note": f"{signature.source.note} {note}".strip()}
        ),
    }
    return Drafted(
        validated(content, signature.id), tuple(_translate_notes(signature, species, lost, merged))
    )


def _translate_notes(
    signature: Signature, species: str, lost: Sequence[str], merged: int
) -> list[str]:
    notes = []
    if lost:
        verb = "has" if len(lost) == 1 else "have"
        which = listed(lost, counted=True)
        notes.append(
            f"{len(lost)} of {len(signature)} genes {verb} no {species} counterpart: {which}."
        )
    if merged:
        notes.append(f"{merged} genes share a counterpart with another one and were merged.")
    if signature.pairs:
        notes.append("Pairs were left out; a pair needs both genes.")
    return notes
