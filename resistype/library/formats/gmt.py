"""GMT and its relatives: a line is a name, a description and genes, separated by TABs and by
nothing else.

Three forms share the layout. In plain GMT a set with genes up and down is two lines, ``<id>_UP``
and ``<id>_DN``, as MSigDB writes them; a reader here joins such a pair again. UCell writes the
direction behind each gene (``CD8A+``, ``IL7R-``). Enrichr leaves the description empty and may give
a weight behind a comma (``CD8A,0.5``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
from resistype.text import inert, restored

SIDE = re.compile(r"(.+)_(up|dn|down)", re.IGNORECASE)
WANTED = "no genes; wanted name, description and genes separated by TABs"


def rows(text: str) -> tuple[list[tuple[int, str, str, list[str]]], list[Complaint]]:
    """Line number, name, description and genes of every line, and the complaints about the
    others.
    """
    good: list[tuple[int, str, str, list[str]]] = []
    complaints: list[Complaint] = []
    seen: dict[str, int] = {}
    if text.count("\n") > MAX_SETS:
        return [], [(1, TOO_MANY_SETS)]
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if line.count("\t") > MAX_GENES:
            complaints.append(
                (number, f"{line.count(chr(9)) - 1:,} genes; a signature has at most {MAX_GENES:,}")
            )
            continue
        cells = line.split("\t")
        genes = [cell for cell in cells[2:] if cell.strip()]
        name = cells[0].strip()
        if problem := WANTED if not genes else name_complaint(name):
            complaints.append((number, problem))
        elif safe_id(name) in seen:
            complaints.append(
                (number, f"the name '{name[:60]}' is already on line {seen[safe_id(name)]}")
            )
        else:
            seen[safe_id(name)] = number
            good.append((number, name, restored(cells[1].strip()[:4000]), genes))
    return good, complaints


def is_signed(genes: Sequence[str]) -> bool:
    """Whether every gene of a list ends with the + or - of UCell."""
    return bool(genes) and all(len(gene) > 1 and gene[-1] in "+-" for gene in genes)


def _read_gmt(text: str) -> Parsed:
    good, complaints = rows(text)
    sets = [
        (
            _signed(name, genes, line, about)
            if is_signed(genes)
            else _plain(name, tuple(genes), line, about)
        )
        for line, name, about, genes in good
    ]
    return list(_joined(sets)), complaints


def _plain(name: str, genes: tuple[str, ...], line: int, about: str) -> RawSet:
    return RawSet(name, genes, fields=_about(about), line=line)


def _about(text: str) -> dict[str, str]:
    return {"description": text} if text else {}


def _signed(name: str, genes: Sequence[str], line: int, about: str) -> RawSet:
    up = tuple(gene[:-1] for gene in genes if gene.endswith("+"))
    down = tuple(gene[:-1] for gene in genes if gene.endswith("-"))
    return RawSet(name, up, down, fields=_about(about), line=line)


def _joined(sets: list[RawSet]) -> Iterator[RawSet]:
    """Pairs of ``_UP`` and ``_DN`` as one set, where the first of them stands; all others as
    they are.
    """
    sides: dict[str, dict[str, RawSet]] = {}
    for one in sets:
        if found := SIDE.fullmatch(one.name):
            sides.setdefault(found[1].lower(), {})[found[2].lower()[0]] = one
    for one in sets:
        found = SIDE.fullmatch(one.name)
        pair = sides[found[1].lower()] if found else {}
        if len(pair) < 2 or one.down:
            yield one
        elif pair and one is min(pair.values(), key=lambda part: part.line) and found:
            up, down = pair["u"], pair["d"]
            weights = {**(up.weights or {}), **(down.weights or {})} or None
            yield RawSet(found[1], up.up, down.up, weights, one.fields, one.line)


def _cell(text: str) -> str:
    return str(inert(" ".join(text.split())))


def _lines(signature: Signature, about: str, genes: dict[str, str]) -> Iterator[str]:
    """One line, or two for a set with genes up and down."""
    sides = (
        (("_UP", signature.up), ("_DN", signature.down))
        if signature.down
        else (("", signature.up),)
    )
    for suffix, names in sides:
        if names:
            yield "\t".join([signature.id + suffix, about, *(genes[name] for name in names)])


def _write_gmt(signatures: Sequence[Signature]) -> str:
    lines = (
        line
        for signature in signatures
        for line in _lines(
            signature, _cell(signature.description), {gene: gene for gene in signature.genes}
        )
    )
    return "".join(f"{line}\n" for line in lines)


def _write_ucell(signatures: Sequence[Signature]) -> str:
    lines = []
    for one in signatures:
        genes = [*(f"{gene}+" for gene in one.up), *(f"{gene}-" for gene in one.down)]
        lines.append("\t".join([one.id, _cell(one.description), *genes]))
    return "".join(f"{line}\n" for line in lines)


def _write_enrichr(signatures: Sequence[Signature]) -> str:
    lines: list[str] = []
    for one in signatures:
        weights = one.weights or {}
        genes = {
            gene: f"{gene},{weights[gene]!r}" if gene in weights else gene for gene in one.genes
        }
        lines += _lines(one, "", genes)
    return "".join(f"{line}\n" for line in lines)


def _read_enrichr(text: str) -> Parsed:
    good, complaints = rows(text)
    sets: list[RawSet] = []
    for line, name, about, cells in good:
        weights: dict[str, float] = {}
        genes: list[str] = []
        for cell in cells:
            gene, comma, weight = cell.partition(",")
            genes.append(gene)
            if comma:
                weights[gene] = _number(weight)
        whole = weights if len(weights) == len(set(genes)) else None
        sets.append(RawSet(name, tuple(genes), weights=whole, fields=_about(about), line=line))
    return list(_joined(sets)), complaints


def _number(text: str) -> float:
    try:
        return float(text) if len(text) < 40 else float("nan")
    except ValueError:
        return float("nan")  # the model refuses it and names the gene


GMT = Format("gmt", ".gmt", "GMT", _read_gmt, _write_gmt)
UCELL = Format("ucell", ".gmt", "UCell +/-", _read_gmt, _write_ucell)
ENRICHR = Format("enrichr", ".txt", "Enrichr library", _read_enrichr, _write_enrichr)
