"""Signatures in and out of other people's formats, with a list of what is lost on the way.

What a format loses is not claimed but measured: the text that was written is read again, and every
field that comes back different is a `Loss`. So a format that gains a field, or a signature that
uses a new one, needs no second table.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import SignatureError, complain
from resistype.genes.names import gene_table
from resistype.library.formats.gmt import ENRICHR, GMT, UCELL
from resistype.library.formats.raw import (
    MAX_GENES,
    MAX_SETS,
    TOO_MANY_SETS,
    Complaint,
    Format,
    Loss,
    Parsed,
    RawSet,
    name_complaint,
    safe_id,
    to_signature,
)
from resistype.library.signature import Signature, near
from resistype.library.textfile import read_text
from resistype.safe.toml import RefusedError, read_json
from resistype.text import separator

# Long tables, a gene a row: decoupler's net, the CSV of SignatureSets, and a plain table of genes
# and weights.

NAMES = ("source", "signature_name", "signature", "geneset", "gene_set", "gs_name")
GENES = ("target", "gene_name", "gene", "genes", "gene_symbol", "symbol", "genesymbol")
WEIGHTS = ("weight", "weights", "coefficient", "mor", "score")
DIRECTIONS = ("direction", "sign")
NET_HEADER = ("source", "target", "weight", "direction")
SETS_HEADER = ("signature_name", "gene_id", "gene_type", "gene_name", "weight", "entrez_id")
UNNAMED = "table"
MAX_COMPLAINTS = 100


@dataclass
class _Rows:
    """Rows of one set while they are gathered."""

    line: int
    up: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    without_entrez: list[str] = field(default_factory=list)


def _column(header: Sequence[str], wanted: Sequence[str]) -> int:
    return next((header.index(name) for name in wanted if name in header), -1)


def _read(text: str) -> Parsed:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(first))
    sets: dict[str, _Rows] = {}
    complaints: list[Complaint] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        places = [
            _column(header, names)
            for names in (NAMES, GENES, WEIGHTS, DIRECTIONS, ("entrez_id", "entrez"))
        ]
        places = _headless(header, places)
        if places[1] < 0:
            shown = ", ".join(header[:6])[:120]
            return [], [
                (
                    1,
                    (
                        f"no column of genes among {shown!r}; wanted source, target, weight or"
                        " gene_name, weight"
                    ),
                )
            ]
        for row in reader:
            if any(cell.strip() for cell in row):
                complaints += _take(sets, row, places, reader.line_num)
            if len(sets) > MAX_SETS or len(complaints) >= MAX_COMPLAINTS:
                why = (
                    TOO_MANY_SETS
                    if len(sets) > MAX_SETS
                    else "reading was stopped here; mend these rows first"
                )
                return [], [*complaints, (reader.line_num, why)]
    except csv.Error as error:
        return [], [(reader.line_num, f"not a table: {error}")]
    seen: dict[str, str] = {}
    for name, rows in sets.items():
        if seen.setdefault(safe_id(name), name) != name:
            complaints.append(
                (rows.line, f"the name '{name[:60]}' becomes the id of another set; rename one")
            )
    return [_raw(name, rows) for name, rows in sets.items()], complaints


def _headless(header: list[str], places: list[int]) -> list[int]:
    """A table of weights often leaves the heading of its genes empty, as R writes row names."""
    nameless = places[1] < 0 and places[2] >= 0 and header[0] in ("", "x", "unnamed: 0", "rn")
    return [places[0], 0, *places[2:]] if nameless else places


def _take(
    sets: dict[str, _Rows], row: list[str], places: Sequence[int], line: int
) -> list[Complaint]:
    """Put a row into its set; or say what is wrong with it."""
    cells = [row[place] if 0 <= place < len(row) else "" for place in places]
    name, gene, weight, direction, entrez = cells
    name = name.strip() or UNNAMED
    if name not in sets and (problem := name_complaint(name)):
        return [(line, problem)]
    rows = sets.setdefault(name, _Rows(line))
    if len(rows.up) + len(rows.down) == MAX_GENES:
        return [(line, f"'{name[:60]}' has more than {MAX_GENES:,} genes")]
    if not gene.strip():
        return [(line, "no gene in this row")]
    number = _number(weight)
    if number is None or not math.isfinite(number):
        return [(line, f"the weight {weight[:40]!r} of {gene[:40]!r} is no finite number")]
    down = direction.strip().lower() in ("down", "-", "-1") if direction.strip() else number < 0
    (rows.down if down else rows.up).append(gene)
    rows.weights[gene] = number
    if places[4] >= 0 and entrez.strip() in ("", "NA"):
        rows.without_entrez.append(gene)
    return []


def _number(text: str) -> float | None:
    if not text.strip():
        return 1.0
    try:
        return float(text) if len(text) < 40 and "_" not in text else None
    except ValueError:
        return None


def _raw(name: str, rows: _Rows) -> RawSet:
    plain = all(
        weight == (-1.0 if gene in rows.down else 1.0) for gene, weight in rows.weights.items()
    )
    fields = {"without_entrez": tuple(rows.without_entrez)} if rows.without_entrez else {}
    return RawSet(
        name, tuple(rows.up), tuple(rows.down), None if plain else rows.weights, fields, rows.line
    )


def weight_of(signature: Signature, gene: str) -> float:
    """Weight of a gene; where there are none, 1 for a gene up and -1 for a gene down."""
    weights = signature.weights
    return weights[gene] if weights is not None else (-1.0 if gene in signature.down else 1.0)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _write_net(signatures: Sequence[Signature]) -> str:
    rows = [
        (one.id, gene, repr(weight_of(one, gene)), "up" if gene in one.up else "down")
        for one in signatures
        for gene in one.genes
    ]
    return _table(NET_HEADER, rows)


def _ids() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Ensembl and NCBI id of each symbol."""
    table = gene_table()
    ensembl, ncbi = (
        {symbol: key for key, symbol in ids.items()} for ids in (table.ensembl, table.ncbi)
    )
    return ensembl, ncbi


def _write_sets(signatures: Sequence[Signature]) -> str:
    ensembl, ncbi = _ids()
    rows = [
        (one.id, ensembl.get(gene, ""), "", gene, repr(weight_of(one, gene)), ncbi.get(gene, ""))
        for one in signatures
        for gene in one.genes
    ]
    return _table(SETS_HEADER, rows)


NET = Format("net", ".csv", "decoupler net", _read, _write_net)
SIGNATURE_SETS = Format("signaturesets", ".csv", "SignatureSets CSV", _read, _write_sets)


# MSigDB JSON: sets by name, each with its genes and where it comes from; ours lose nothing in it.

OWN = "resistype"


def load_json(text: str) -> tuple[Any, list[Complaint]]:
    """Values of JSON text, or the one complaint why it is refused."""
    try:
        return read_json(text), []
    except RefusedError as error:
        if error.invalid:
            return None, [(error.line, f"not valid JSON: {error}")]
        return None, [(1, str(error) if "nest" in error.reason else f"not read: {error}")]


def _msigdb_read(text: str) -> Parsed:
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
    complaints += [
        (one.line, f"the name '{one.name[:60]}' becomes the id of another set; rename one")
        for one in twins
    ]
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
    return (
        ""
        if isinstance(own, dict) or own is True
        else f"'{name[:60]}': its part '{OWN}' is no object"
    )


def _entry(name: str, entry: dict[str, Any], line: int) -> list[RawSet]:
    own = entry.get(OWN)
    if own is True:  # the genes down of a set that stands whole under its first name
        return []
    genes = tuple(entry["geneSymbols"])
    if isinstance(own, dict):
        kept = {key: value for key, value in own.items() if key not in ("up", "down", "weights")}
        parts = (own.get("up", ()), own.get("down", ()))
        sides = [tuple(part) if isinstance(part, list) else () for part in parts]
        return [
            RawSet(str(own.get("id", name)), sides[0], sides[1], own.get("weights"), kept, line)
        ]
    pmid = str(entry.get("pmid") or "")
    source = {
        "citation": f"MSigDB {entry.get('systematicName') or name}",
        "pmid": pmid if pmid.isdigit() else "",
    }
    place = {
        "path": str(entry.get("exactSource") or "")[:4000],
        "repository": str(entry.get("msigdbURL") or "")[:4000],
    }
    return [RawSet(name, genes, fields={"source": {**source, **place}}, line=line)]


def _write(signatures: Sequence[Signature]) -> str:
    entries: dict[str, Any] = {}
    for one in signatures:
        sides = (("_UP", one.up), ("_DN", one.down)) if one.down else (("", one.up),)
        whole: Any = one.model_dump(mode="json", exclude_defaults=True) | {
            "id": one.id,
            "up": one.up,
            "down": one.down,
        }
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


MSIGDB = Format("msigdb", ".json", "MSigDB JSON", _msigdb_read, _write)

FORMATS: dict[str, Format] = {
    one.id: one for one in (GMT, UCELL, MSIGDB, NET, SIGNATURE_SETS, ENRICHR)
}
BY_SUFFIX = {".gmt": "gmt", ".json": "msigdb", ".csv": "net", ".tsv": "net", ".txt": "enrichr"}


@dataclass(frozen=True)
class Exported:
    """Text in another format, and what it does not hold.

    Parameters
    ----------
    text
        The file's content.
    losses
        What reading it again does not give back.
    """

    text: str
    losses: tuple[Loss, ...]


def _format(name: str) -> Format:
    if name not in FORMATS:
        message = f"There is no format '{name}'. {near(name, FORMATS)} All: {', '.join(FORMATS)}."
        raise SignatureError(message, code="E209")
    return FORMATS[name]


def format_of(path: str | Path) -> str:
    """Name of the format that a file's suffix means: gmt, msigdb, net (csv, tsv) or enrichr (txt).

    Raises
    ------
    SignatureError
        For another suffix (E209).

    Examples
    --------
    >>> format_of("h.all.json"), format_of("net.tsv")
    ('msigdb', 'net')
    """
    suffix = Path(path).suffix.lower()
    if suffix not in BY_SUFFIX:
        message = (
            f"{path} ends with no known suffix ({', '.join(BY_SUFFIX)}). Name the format:"
            f" {', '.join(FORMATS)}."
        )
        raise SignatureError(message, code="E209")
    return BY_SUFFIX[suffix]


# the word of the user
def read_raw(path: str | Path, format: str | None = None) -> Parsed:  # noqa: A002
    """Sets of a file as they stand there, and the complaints about it, each with its line.

    Parameters
    ----------
    path
        The file; a table may also be Latin-1, as those of SignatureSets are.
    format
        Name of the format; None to go by the suffix.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205) or the format is unknown (E209).
    """
    name = format or format_of(path)
    kind = _format(name)
    text = read_text(Path(path), latin=name in ("net", "signaturesets"))
    sets, complaints = kind.read(text)
    stem = Path(path).name.partition(".")[0]
    named = [
        RawSet(stem, s.up, s.down, s.weights, s.fields, s.line) if s.name == "table" else s
        for s in sets
    ]
    return named, complaints


def import_signatures(path: str | Path, format: str | None = None) -> list[Signature]:  # noqa: A002
    """Signatures of a file in another format, as they stand there: symbols are not updated, nothing
    is dropped.

    Parameters
    ----------
    path
        A GMT file (also with UCell's + and -), MSigDB JSON, a table of decoupler or SignatureSets,
        an Enrichr library.
    format
        gmt, ucell, msigdb, net, signaturesets or enrichr; None to go by the suffix.

    Returns
    -------
    list of Signature
        In the order of the file.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205); all complaints about its content at once (E207).

    Examples
    --------
    >>> import_signatures("no_such_file.gmt")
    Traceback (most recent call last):
    resistype.errors.SignatureError: E205 There is no file no_such_file.gmt...
    """
    sets, complaints = read_raw(path, format)
    signatures, more = _signatures(sets)
    found = [f"{path}:{line}: {message}" for line, message in sorted([*complaints, *more])]
    shown = [*found[:50], f"… and {len(found) - 50} more"] if len(found) > 50 else found
    if not signatures and not shown:
        shown = [f"{path}:1: there is no set in it"]
    complain(shown, SignatureError, code="E207", subject=str(path))
    return signatures


def _signatures(sets: Iterable[RawSet]) -> tuple[list[Signature], list[tuple[int, str]]]:
    signatures: list[Signature] = []
    complaints: list[tuple[int, str]] = []
    for raw in sets:
        known = {key: value for key, value in raw.fields.items() if key != "without_entrez"}
        signature, found = to_signature(
            RawSet(raw.name, raw.up, raw.down, raw.weights, known, raw.line)
        )
        complaints += found
        signatures += [signature] if signature else []
    return signatures, complaints


def export_text(signatures: Iterable[Signature], format: str) -> Exported:  # noqa: A002
    r"""Signatures as text of another format, and what that loses.

    Parameters
    ----------
    signatures
        What to write.
    format
        gmt, ucell, msigdb, net, signaturesets or enrichr.

    Returns
    -------
    Exported
        The text, and a `Loss` for every field that reading the text again does not give back.

    Raises
    ------
    SignatureError
        For an unknown format (E209).

    Examples
    --------
    >>> done = export_text([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))], "ucell")
    >>> done.text, done.losses
    ('two\t\tB2M+\tIL7R-\n', ())
    """
    kind, given = _format(format), list(signatures)
    text = kind.write(given)
    back = {signature.id: signature for signature in _signatures(kind.read(text)[0])[0]}
    losses = [loss for signature in given for loss in _losses(signature, back.get(signature.id))]
    return Exported(text, tuple(losses))


def _flat(signature: Signature) -> dict[str, Any]:
    """Fields by dotted name; the numbers of a weight stand for themselves."""
    data = signature.model_dump()
    nested = {
        f"{key}.{part}": value
        for key in ("source", "scoring")
        for part, value in data.pop(key).items()
    }
    return {**data, **nested}


def _losses(signature: Signature, back: Signature | None) -> list[Loss]:
    if back is None:
        return [Loss(signature.id, "id", "read again it is another set or none")]
    new = _flat(back)
    return [
        Loss(signature.id, key, _short(value))
        for key, value in _flat(signature).items()
        if value != new[key]
    ]


def _short(value: object) -> str:
    if isinstance(value, (dict, tuple)):
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def to_gseapy(signatures: Iterable[Signature]) -> dict[str, list[str]]:
    """A dictionary of gene lists as gseapy takes it; genes down become a list ``<id>_DN`` beside
    ``<id>_UP``.

    Examples
    --------
    >>> to_gseapy([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))])
    {'two_UP': ['B2M'], 'two_DN': ['IL7R']}
    """
    lists: dict[str, list[str]] = {}
    for one in signatures:
        sides = {f"{one.id}_UP": one.up, f"{one.id}_DN": one.down} if one.down else {one.id: one.up}
        lists |= {name: list(genes) for name, genes in sides.items() if genes}
    return lists


def to_net(signatures: Sequence[Signature]) -> pd.DataFrame:
    """A net as decoupler takes it: one row per gene with source, target and weight; genes down have
    -1.

    Examples
    --------
    >>> to_net([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))])["weight"].tolist()
    [1.0, -1.0]
    """
    rows = [(one.id, gene, weight_of(one, gene)) for one in signatures for gene in one.genes]
    return pd.DataFrame(rows, columns=["source", "target", "weight"])
