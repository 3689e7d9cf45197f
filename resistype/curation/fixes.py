"""What the library's checks say of a draft, row by row, and how each can be mended.

The rules are those of `resistype signatures check`; none is written anew here. A mend is offered
only where its outcome is known: today's symbol of an old one, the owners of an ambiguous name, the
genes that a spreadsheet's date may have been. What to choose among several is left to the curator.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from resistype.curation.gene_table import GeneTable, Row
from resistype.errors import SignatureError
from resistype.genes import Resolution, clean, resolve, to_human
from resistype.genes.names import gene_table
from resistype.library import Signature
from resistype.library.relations import relations
from resistype.library.rules import CLAIM_RULES, NAME_RULES, Draft, glued, mistyped

DUPLICATE = "L110"
TWICE = re.compile(r"[0-9]+ genes occur more than once \([^)]*\); keep one of each(; )?")


@dataclass(frozen=True)
class Mend:
    """One step that ends a complaint about a row."""

    label: str
    names: tuple[str, ...] = ()
    drop: bool = False


@dataclass(frozen=True)
class Problem:
    """One complaint about a draft."""

    severity: str
    code: str
    message: str
    row: int | None = None
    mends: tuple[Mend, ...] = ()


def problems(table: GeneTable, file: Path, library: Mapping[str, Signature]) -> list[Problem]:
    """Every complaint about a draft, rows first."""
    content = table.content()
    said: list[Problem] = []
    made: Signature | None = None
    if not table.rows:
        said.append(
            Problem("error", "E206", "no gene in 'up' or 'down'; a signature needs at least one")
        )
    else:
        try:
            made = table.signature()
        except SignatureError as error:
            said = [Problem("error", "E206", text) for text in _of_model(error)]
    draft = Draft(str(file), content, made, {}, {"id": 1})
    found = [problem for rule in NAME_RULES for problem in rule(draft)]
    rows = list(_on_rows(table, found))
    claims = [problem for rule in CLAIM_RULES for problem in rule(draft)]
    near = [problem for _, problem in relations([draft], library)]
    whole = [Problem(severity, code, message) for severity, code, _, message in (*claims, *near)]
    return [*rows, *said, *whole]


def _of_model(error: SignatureError) -> Iterator[str]:
    """Complaints of the model, without those that the rules say with the row."""
    for line in error.message.splitlines()[1:]:
        text = TWICE.sub("", line.strip().removeprefix("- "))
        if text and "gene names are plain ASCII" not in text:
            yield text


def _on_rows(table: GeneTable, found: Sequence[tuple[str, str, str, str]]) -> Iterator[Problem]:
    """The complaints with the row each is about: the same name may stand in several rows."""
    ordered = [*table.side("up"), *table.side("down")]
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in ordered:
        by_name[row.name].append(row)
    again = iter(_duplicates(table, ordered))
    resolved = dict(zip(by_name, resolve(list(by_name)), strict=True))
    told: dict[tuple[str, str], int] = defaultdict(int)
    for severity, code, at, message in found:
        own = by_name.get(at, [])
        if not own:
            yield Problem(severity, code, message)
            continue
        place = told[code, at]
        told[code, at] += 1
        row = next(again) if code == DUPLICATE else own[place % len(own)]
        yield Problem(severity, code, message, row.key, tuple(_mends(code, resolved[at])))


def _gene(table: GeneTable, item: Resolution) -> str:
    human = table.fields.get("species", "human") == "human"
    return (item.symbol or clean(item.name)) if human else clean(item.name)


def _duplicates(table: GeneTable, ordered: Sequence[Row]) -> list[Row]:
    """Rows whose gene stands above them already, in the order in which the rule tells them."""
    seen: set[str] = set()
    twice = []
    for row, item in zip(ordered, resolve([row.name for row in ordered]), strict=True):
        gene = _gene(table, item)
        if gene in seen:
            twice.append(row)
        seen.add(gene)
    return twice


OUT = Mend("leave out", drop=True)


def _mends(code: str, item: Resolution) -> Iterator[Mend]:
    name, today = item.name, item.symbol or ""
    if code == DUPLICATE:
        yield Mend("keep one")
        return
    choices: dict[str, Sequence[str]] = {
        "L101": [clean(name)] if clean(name) != name and clean(name).isascii() else [],
        "L102": [today],
        "L103": item.candidates,
        "L104": item.candidates,
        "L106": [typo for typo in mistyped(name) if typo in gene_table().approved][:1],
        "L107": [to_human(clean(name)) or ""],
        "L108": [name.upper()],
    }
    for choice in choices.get(code, ()):
        if choice:
            yield Mend(choice, (choice,))
    if code == "L105" and (pair := glued(name)):
        yield Mend(" and ".join(pair), pair)
    yield OUT if code != "L111" else Mend("leave out")


def certain(problem: Problem) -> Mend | None:
    """The mend that needs no decision: the only name it can be, or one row of two.

    None when a person must choose.
    """
    if problem.code == DUPLICATE:
        return problem.mends[0]
    renames = [mend for mend in problem.mends if mend.names]
    return renames[0] if len(renames) == 1 and problem.code in ("L101", "L102", "L108") else None


def mended(table: GeneTable, row: Row, mend: Mend) -> GeneTable:
    """The table after a mend.

    Evidence and weight of a row that goes as a duplicate pass to the one that stays.
    """
    if not mend.names:
        if mend.drop:
            return replace(
                table.without([row.key]), dropped=tuple(dict.fromkeys((*table.dropped, row.name)))
            )
        return _merged(table, row)
    first, *others = mend.names
    start = table.next_key()
    new = [
        replace(row, name=first),
        *(Row(start + i, name, row.direction) for i, name in enumerate(others)),
    ]
    place = table.rows.index(row)
    rows = (*table.rows[:place], *new, *table.rows[place + 1 :])
    updates = dict(table.updates) if others else {**table.updates, row.name.strip(): first}
    return replace(table, rows=rows, updates=updates)


def _merged(table: GeneTable, row: Row) -> GeneTable:
    items = dict(
        zip((one.key for one in table.rows), resolve([one.name for one in table.rows]), strict=True)
    )
    gene = _gene(table, items[row.key])
    other = next(
        (o for o in table.rows if o.key != row.key and _gene(table, items[o.key]) == gene), None
    )
    if other is None:
        return table.without([row.key])
    note = "; ".join(dict.fromkeys(text for text in (other.note, row.note) if text))
    weight = row.weight if other.weight is None else other.weight
    kept = replace(other, citation=other.citation or row.citation, note=note, weight=weight)
    return table.without([row.key]).with_row(kept)
