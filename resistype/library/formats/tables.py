"""Long tables, a gene a row: decoupler's net, the CSV of SignatureSets, and a plain table of genes and weights.

Which one it is, the header tells; SignatureSets alone has three variants of it. decoupler keeps direction as the sign
of the weight; the column ``direction``, which it ignores, keeps a gene apart that stands in 'up' with a negative one.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from resistype.genes.names import gene_table
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
from resistype.text import separator

__all__ = ["NET", "SIGNATURE_SETS", "weight_of"]

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
        places = [_column(header, names) for names in (NAMES, GENES, WEIGHTS, DIRECTIONS, ("entrez_id", "entrez"))]
        places = _headless(header, places)
        if places[1] < 0:
            shown = ", ".join(header[:6])[:120]
            return [], [(1, f"no column of genes among {shown!r}; wanted source, target, weight or gene_name, weight")]
        for row in reader:
            if any(cell.strip() for cell in row):
                complaints += _take(sets, row, places, reader.line_num)
            if len(sets) > MAX_SETS or len(complaints) >= MAX_COMPLAINTS:
                why = TOO_MANY_SETS if len(sets) > MAX_SETS else "reading was stopped here; mend these rows first"
                return [], [*complaints, (reader.line_num, why)]
    except csv.Error as error:
        return [], [(reader.line_num, f"not a table: {error}")]
    seen: dict[str, str] = {}
    for name, rows in sets.items():
        if seen.setdefault(safe_id(name), name) != name:
            complaints.append((rows.line, f"the name '{name[:60]}' becomes the id of another set; rename one"))
    return [_raw(name, rows) for name, rows in sets.items()], complaints


def _headless(header: list[str], places: list[int]) -> list[int]:
    """A table of weights often leaves the heading of its genes empty, as R writes row names."""
    nameless = places[1] < 0 and places[2] >= 0 and header[0] in ("", "x", "unnamed: 0", "rn")
    return [places[0], 0, *places[2:]] if nameless else places


def _take(sets: dict[str, _Rows], row: list[str], places: Sequence[int], line: int) -> list[Complaint]:
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
    plain = all(weight == (-1.0 if gene in rows.down else 1.0) for gene, weight in rows.weights.items())
    fields = {"without_entrez": tuple(rows.without_entrez)} if rows.without_entrez else {}
    return RawSet(name, tuple(rows.up), tuple(rows.down), None if plain else rows.weights, fields, rows.line)


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
    ensembl, ncbi = ({symbol: key for key, symbol in ids.items()} for ids in (table.ensembl, table.ncbi))
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
