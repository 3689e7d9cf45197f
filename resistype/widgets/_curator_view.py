"""What the Curator's page is told: rows with what the data say of them, complaints with mends, pictures as numbers.

Everything is worked out here; the page writes it down. The same shape is declared in widgets/src/curator/view.ts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from resistype.curation import coherence, influence, overlap
from resistype.curation.desk import Desk
from resistype.curation.desk_data import CohortData
from resistype.curation.desk_mend import Problem
from resistype.curation.desk_sheet import CHOICES, FORM, Row
from resistype.curation.draft import Drafted
from resistype.genes import resolve
from resistype.legible import legible
from resistype.library import Signature

__all__ = ["Choice", "exported", "view"]

HEADS = ("symbol", "direction", "weight", "PMID or citation", "evidence")
FIGURES = ("detected", "mean log2", "r with rest", "left out")
OVERLAP = ("signature", "axis", "shared", "Jaccard", "of this", "of that", "genes")
CAUTION = "Genes chosen by this picture fit these samples; other samples must confirm them."
NO_DIFF = "no difference, or nothing stored"
SHOWN, MAX_POINTS = 15, 400
RANK = {"error": 0, "warning": 1, "note": 2}
MARKS = {"error": "✗", "warning": "!", "note": "·"}


@dataclass(frozen=True)
class Choice:
    """What the page looks at: cohort, column, and whether changes from the baseline are shown."""

    cohort: str = ""
    by: str = ""
    change: bool = False


@dataclass
class Measured:
    """Figures of a draft in a cohort: by symbol, and a sentence about the whole."""

    cells: dict[str, list[float]] = field(default_factory=dict)
    words: str = ""


def view(desk: Desk, cohorts: Mapping[str, CohortData], choice: Choice) -> dict[str, Any]:
    """Everything that the page shows of a desk.

    Parameters
    ----------
    desk
        The draft.
    cohorts
        Data by name.
    choice
        What is looked at.
    """
    found = desk.problems()
    made = desk.sheet.working()
    cohort = cohorts.get(choice.cohort)
    measured = _measured(cohort, made) if cohort and made else Measured()
    change = desk.difference()
    fields = desk.sheet.fields
    return {
        "title": readable(f"{fields.get('id')}@{fields.get('version')}"),
        "state": readable(_state(desk, found)),
        "said": readable(desk.said),
        "trouble": readable(desk.trouble),
        "buttons": _buttons(desk),
        "form": [_field(desk, name) for name in FORM],
        "heads": [*HEADS, *(FIGURES if cohort else ()), "out"],
        "rows": _rows(desk.sheet.rows, found, measured),
        "problems": readable([_said(p) for p in sorted(found, key=_rank) if p.row is None]),
        "measured": readable(measured.words),
        "overlap_heads": list(OVERLAP),
        "overlap": _overlap(made, desk),
        "diff": readable(str(change).splitlines()) if change and str(change) else [NO_DIFF],
        "cohorts": list(cohorts),
        "cohort": choice.cohort,
        "columns": list(cohort.columns) if cohort else [],
        "values": {name: _values(cohort, name) for name in cohort.columns} if cohort else {},
        "by": choice.by or (cohort.by if cohort else ""),
        "change": choice.change,
        "pairs": bool(cohort and cohort.pairs is not None),
        "spread": readable(_spread(cohort, desk, made, choice)) if cohort else None,
    }


def readable(value: Any) -> Any:
    """Texts without characters that turn or hide what stands beside them; for what is only read, never sent back."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, Mapping):
        return {name: readable(one) for name, one in value.items()}
    return [readable(one) for one in value] if isinstance(value, (list, tuple)) else value


def exported(shown: dict[str, Any], cohort: CohortData | None) -> dict[str, Any]:
    """The view for a file without Python: no buttons, no values of other columns, and patients without their names."""
    spread = shown["spread"]
    if spread and cohort and cohort.patient and shown["by"] == cohort.patient:
        groups = [[f"patient {number}", figures] for number, (_, figures) in enumerate(spread["groups"], start=1)]
        spread = {**spread, "groups": groups}
    columns = [shown["by"]] if shown["by"] else []
    return {**shown, "buttons": [], "values": {}, "columns": columns, "selected": -1, "spread": spread}


def _rank(problem: Problem) -> int:
    return RANK[problem.severity]


def _said(problem: Problem) -> str:
    return f"{MARKS[problem.severity]} {problem.code} {problem.message}"


def _state(desk: Desk, found: Sequence[Problem]) -> str:
    n, wrong = len(desk.sheet.rows), sum(p.severity == "error" for p in found)
    stored = desk.seen.signature
    saved = f"{desk.seen.path.name} holds {stored.ref}" if stored else "not saved yet"
    todo = f", {wrong} to mend" if wrong else ""
    return f"{n} {'gene' if n == 1 else 'genes'}{todo}; {saved}; folder {desk.shelf.folder.name}. Research use only."


def _buttons(desk: Desk) -> list[tuple[str, str, str]]:
    """Command, label and what it does; without the last there is nothing to do."""
    return [
        ("undo", "undo", f"take back: {desk.history.undo_label}" if desk.history.undo_label else ""),
        ("redo", "redo", f"do again: {desk.history.redo_label}" if desk.history.redo_label else ""),
        ("mend_all", "mend what is certain", "every mend that leaves no choice"),
        ("save", "save as a version", f"into the folder {desk.shelf.folder.name}, when no check says error"),
        ("look_again", "read the file again", "the draft stays and is compared with it"),
        ("discard", "discard", "begin again from what is saved; can be undone"),
    ]


def _field(desk: Desk, name: str) -> dict[str, Any]:
    value = desk.sheet.fields.get(name)
    label = name.removeprefix("source.").replace("_", " ")
    return {"key": name, "label": label, "value": "" if value is None else str(value), "choices": CHOICES.get(name)}


def _rows(rows: Sequence[Row], found: Sequence[Problem], measured: Measured) -> list[dict[str, Any]]:
    by_row: dict[int, list[Problem]] = {}
    for problem in found:
        if problem.row is not None:
            by_row.setdefault(problem.row, []).append(problem)
    today = [item.symbol or item.name for item in resolve([row.name for row in rows])]
    return [
        {
            "key": row.key,
            "name": row.name,
            "down": row.direction == "down",
            "weight": "" if row.weight is None else f"{row.weight:g}",
            "citation": row.citation,
            "note": row.note,
            "cells": measured.cells.get(symbol, []),
            "bad": any(p.severity == "error" for p in by_row.get(row.key, ())),
            "said": readable([_said(p) for p in by_row.get(row.key, ())]),
            "mends": [[p.code, mend.label] for p in by_row.get(row.key, ()) for mend in p.mends],
        }
        for row, symbol in zip(rows, today, strict=True)
    ]


def _measured(cohort: CohortData, made: Drafted) -> Measured:
    signature, prepared = made.signature, cohort.prepared
    members = prepared.members(signature)
    match = prepared.index.match(signature.genes, species=signature.species)
    cells = {}
    for gene, column in zip(signature.genes, match.columns.tolist(), strict=True):
        known = column >= 0
        seen = [float(prepared.detected[column]), float(prepared.mean[column])] if known else [math.nan, math.nan]
        cells[gene] = [*seen, math.nan, math.nan]
    if len(members):
        for name, row in influence(prepared, members).iterrows():
            cells[str(name)][2:] = [float(row["r_with_rest"]), float(row["change"])]
    whole = coherence(prepared, members)
    cover = members.coverage
    words = (
        f"{cover.found} of {cover.asked} genes are in the data ({prepared.n_obs} samples). Mean correlation of the "
        f"genes {whole.mean_r:.3f}; {whole.n_random} random sets of like expression {whole.random_mean:.3f} ± "
        f"{whole.random_sd:.3f}, p = {whole.p:.3f}."
    )
    if len(members) < 2:
        words = f"{cover.found} of {cover.asked} genes are in the data; two that vary are needed to compare them."
    return Measured({gene: [_plain(one) for one in values] for gene, values in cells.items()}, words)


def _plain(value: float) -> Any:
    return round(value, 4) if math.isfinite(value) else None


def _overlap(made: Drafted | None, desk: Desk) -> list[list[Any]]:
    if made is None:
        return []
    own = made.signature.model_copy(update={"id": desk.sheet.fields.get("id") or "draft"})
    table = overlap(own, desk.library).head(SHOWN)
    return [
        [str(name), row["axis"], row["shared"], f"{row['jaccard']:.2f}", f"{row['inside']:.0%}", f"{row['holds']:.0%}",
         ", ".join(row["genes"][:12])]
        for name, row in table.iterrows()
    ]  # fmt: skip


def _values(cohort: CohortData, name: str) -> list[str]:
    return sorted({str(one) for one in cohort.table[name].dropna()})


def _spread(cohort: CohortData, desk: Desk, made: Drafted | None, choice: Choice) -> dict[str, Any]:
    after: Signature | None = made.signature if made else None
    change = choice.change and cohort.pairs is not None
    found = cohort.spread(desk.stored, after, by=choice.by, change=change)
    versions = [desk.stored.ref if desk.stored else "", "draft"]
    groups = [[group.name, [_figures(group.before), _figures(group.after)]] for group in found.groups]
    notes = "; ".join((*found.notes, *cohort.notes))
    both = f"○ {versions[0]}, ● draft; " if versions[0] else ""
    return {
        "title": found.title,
        "words": f"{found.title}. {both}line: quartiles and median. {notes}",
        "caution": CAUTION,
        "heads": ["group", "version", "n", "median", "25 %", "75 %"],
        "versions": versions,
        "groups": groups,
    }


def _figures(values: tuple[float, ...]) -> dict[str, Any]:
    """Points of one group and version, sorted, with quartiles; of many points every so-manieth."""
    array = np.sort(np.array([one for one in values if math.isfinite(one)]))
    if not array.size:
        return {"n": 0, "quartiles": [], "points": []}
    shown = array[np.linspace(0, array.size - 1, min(array.size, MAX_POINTS)).round().astype(int)]
    quartiles = np.quantile(array, [0.25, 0.5, 0.75])
    return {"n": int(array.size), "quartiles": quartiles.round(5).tolist(), "points": shown.round(5).tolist()}
