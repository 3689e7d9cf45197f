"""The Curator: the library's checks under a person's hands, on their data. The editor decides.

The page asks and shows.

A command of the page is a name and plain arguments, each of a declared kind; nothing else reaches
the editor. No path comes from the page: the folder is chosen in Python, and files arrive as text.
What the page is told is worked out here and declared in widgets/src/curator/view.ts as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from resistype.curation import coherence, influence, overlap
from resistype.curation.cohort import CohortData
from resistype.curation.derive import Contrast
from resistype.curation.draft import Drafted, Filters
from resistype.curation.editor import SignatureEditor, from_contrast, from_file
from resistype.curation.fixes import Problem
from resistype.curation.gene_table import CHOICES, FORM, Row
from resistype.errors import InputError, complain
from resistype.genes import resolve
from resistype.library import Library, Signature
from resistype.safe.files import legible
from resistype.score import ScoreOptions, score
from resistype.session import Session
from resistype.session.drivers import driver_genes
from resistype.widgets.base import Answer, PageData, Widget, static_table
from resistype.widgets.export import write_page

MAX_FILE = 2 * 2**20
SHAPES: dict[str, tuple[type, ...]] = {
    "add": (str, str),
    "edit": (int, str, str),
    "remove": (int,),
    "mend": (int, str, str),
    "mend_all": (),
    "set_field": (str, str),
    "undo": (),
    "redo": (),
    "discard": (),
    "look_again": (),
    "save": (),
    "choose": (str, str, bool),
    "file": (str, str, float, float, int, bool),
    "contrast": (str, str, str, float, float, int, bool),
    "drivers": (float, float, int, bool),
    "show": (),
}


class SignatureCurator(Widget):
    """Make and mend a signature, with its checks, its behaviour in data and its versions in view.

    Parameters
    ----------
    name
        Name of the draft, and the id of the signature at the start. The draft is kept under this
        name in `folder` after every step, and is there again after a restart.
    folder
        Where signatures are saved; the page can write nowhere else.
    start
        A signature or an id of the library to begin with, or names of genes as one text.
    data
        A `CohortData`, several of them by name, or whatever `as_expression` takes.
    session
        The session of an `Explorer`: its selection can give genes, and the draft's score can be
        shown there.
    library
        What to compare with; None for the shipped library.

    Raises
    ------
    ResistypeError
        V117 for a start or session of another kind; what `SignatureEditor` and `as_expression` say
        of folder and data.

    Attributes
    ----------
    editor
        The draft: `add`, `edit`, `mend`, `undo`, `save` and so on from Python; the page follows.

    Examples
    --------
    >>> import tempfile
    >>> from resistype.widgets import SignatureCurator
    >>> curator = SignatureCurator("mine", tempfile.mkdtemp(), "WARS1, TAP1")
    >>> curator.editor.add("B2M")
    >>> curator.editor.save().path.name
    'mine.toml'
    """

    _kind = traitlets.Unicode("curator").tag(sync=True)
    _turn = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        name: str = "draft",
        folder: str | Path = ".",
        start: Signature | str | None = None,
        *,
        data: Any = None,
        session: Session | None = None,
        library: Library | None = None,
    ) -> None:
        _check(start, session)
        self.editor = SignatureEditor(name, folder, start, library=library)
        self.cohorts = _cohorts(data)
        self.session = session
        self._choice = Choice(next(iter(self.cohorts), ""))
        self._asked_here = False
        super().__init__()
        self.listen(self.editor.changed, self._changed)
        self.listen(self.editor.failed, self.show_message)
        if session is not None:
            self.listen(session.events.selection, self._changed)
            self.listen(session.events.failed, self.show_message)

    def static_html(self) -> str:
        """Genes of the draft as a table, escaped."""
        rows = [(row.name, row.direction, row.citation, row.note) for row in self.editor.table.rows]
        caption = (
            f"Draft {self.editor.table.fields.get('id')}: {len(rows)} genes. Research use only."
        )
        return static_table(caption, ("gene", "direction", "citation", "evidence"), rows)

    def to_html(self, path: str | Path) -> Path:
        """Write what the page shows to one file that needs no network and no Python.

        Nothing can be changed in it.

        Parameters
        ----------
        path
            The file; it appears whole or not at all. It holds genes, evidence and scores by group,
            no names of samples.
        """
        cohort = self.cohorts.get(self._choice.cohort)
        shown = exported(view(self.editor, self.cohorts, self._choice), cohort)
        drawn = PageData(shown)
        return write_page(
            path, drawn, state={"_kind": self._kind, "_live": False}, fallback=self.static_html()
        )

    # -- between page and editor -------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: the view, and commands."""
        return {"view": self._view, "do": self._do}

    def _view(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        shown = view(self.editor, self.cohorts, self._choice)
        chosen = -1 if self.session is None else len(self.session.selection)
        if self.session is not None:
            shown["buttons"].append(
                (
                    "show",
                    "show in the Explorer",
                    "score the draft; then it can be chosen as a colour",
                )
            )
        return {"view": {**shown, "selected": chosen}}, []

    def _do(self, content: dict[str, Any], buffers: list[bytes]) -> Answer:
        name, given = _command(content)
        self._asked_here = True
        try:
            own: dict[str, Callable[..., Any]] = {
                "choose": self._choose,
                "file": self._file,
                "contrast": self._contrast,
                "drivers": self._drivers,
                "show": self.show_scores,
            }
            (own[name] if name in own else getattr(self.editor, name))(*given)
        finally:
            self._asked_here = False
        return self._view(content, buffers)

    def _changed(self, *_news: object) -> None:
        if not self._asked_here:  # the page that asked gets the view as its answer
            self._turn += 1

    def _choose(self, cohort: str, by: str, change: bool) -> None:  # noqa: FBT001
        if cohort not in self.cohorts:
            raise InputError(f"There is no cohort '{cohort[:40]}'.", code="V123")
        column = by if by in self.cohorts[cohort].columns else ""
        self._choice = Choice(cohort, column, change and self.cohorts[cohort].pairs is not None)

    def _file(self, name: str, text: str, *numbers: Any) -> None:
        if len(text) > MAX_FILE:
            raise InputError("The file has more than 2 MB.", code="V116")
        self.editor.add_rows(*from_file(name, text, filters=_filters(*numbers)))

    def _contrast(self, column: str, case: str, control: str, *numbers: Any) -> None:
        contrast = Contrast(case=f"{column}={case}", controls=(f"{column}={control}",))
        rows, notes = from_contrast(self._cohort(), contrast, filters=_filters(*numbers))
        self.editor.add_rows(rows, notes)

    def _cohort(self) -> CohortData:
        if self._choice.cohort not in self.cohorts:
            raise InputError("No data were given: SignatureCurator(…, data=…).", code="V123")
        return self.cohorts[self._choice.cohort]

    # -- with an Explorer --------------------------------------------------------------------------

    def _session_cohort(self) -> tuple[Session, CohortData]:
        if self.session is None:
            raise InputError(
                "There is no session: SignatureCurator(…, session=explorer.session).", code="V123"
            )
        wanted = set(self.session.data.samples)
        found = next(
            (one for one in self.cohorts.values() if wanted <= set(one.whole.samples)), None
        )
        if found is None:
            message = (
                "None of the data given has all observations of the session; pass their matrix as "
                "data."
            )
            raise InputError(message, code="V123")
        return self.session, found

    def _drivers(self, effect: float, _fdr: float, top: int, down: bool) -> None:  # noqa: FBT001
        session, cohort = self._session_cohort()
        samples = session.data.samples
        matrix = cohort.whole if cohort.whole.samples == samples else cohort.whole.select(samples)
        mask = np.zeros(len(samples), dtype=bool)
        mask[session.selection] = True
        table = driver_genes(matrix, mask, top=matrix.n_genes)
        pairs = [
            (str(gene), float(size)) for gene, size in table[["gene", "effect"]].to_numpy().tolist()
        ]
        ups = [pair for pair in pairs if pair[1] >= effect][:top]
        downs = [pair for pair in pairs if pair[1] <= -effect][: top if down else 0]
        words = f"higher or lower in {int(mask.sum())} selected of {len(samples)} observations"
        rows = [
            Row(
                0,
                gene,
                "up" if size > 0 else "down",
                note=f"driver of a selection: {size:+.2f} log2",
            )
            for gene, size in (*ups, *downs)
        ]
        self.editor.add_rows(rows, [f"{len(rows)} genes, {words}; a description, not a test."])

    def show_scores(self) -> str:
        """Score the draft and show it in the Explorer of the session as a quantity.

        Gives the quantity's name.

        Raises
        ------
        InputError
            V123 without a session, or without the matrix behind it.
        """
        session, cohort = self._session_cohort()
        made = self.editor.table.working()
        if made is None:
            raise InputError(
                "The draft has no gene that is known; there is nothing to score. Add one.",
                code="V123",
            )
        name = f"draft_{self.editor.table.fields['id']}"
        signature = made.signature
        data = cohort.whole.select(session.data.samples)
        found = score(data, Library([signature]), options=ScoreOptions(warn_below=0.0), n_jobs=1)
        title = f"draft of {self.editor.table.fields['id']}, {len(signature)} genes"
        session.add_quantity(name, found.to_frame().iloc[:, 0].to_numpy().tolist(), title)
        self.editor.messages = (f"'{title}' can be chosen as a colour in the Explorer.",)
        return name


def _check(start: Any, session: Any) -> None:
    wrong = []
    if not (start is None or isinstance(start, (Signature, str))):
        wrong.append(
            f"start is {type(start).__name__}; give a Signature, an id of the library, or names as "
            "one text"
        )
    if not (session is None or isinstance(session, Session)):
        wrong.append(
            f"session is {type(session).__name__}; give a Session, such as that of an Explorer: "
            "view.session"
        )
    complain(wrong, InputError, code="V117", subject="SignatureCurator")


def _cohorts(data: Any) -> dict[str, CohortData]:
    if data is None:
        return {}
    if isinstance(data, CohortData):
        return {"data": data}
    if isinstance(data, Mapping) and all(isinstance(one, CohortData) for one in data.values()):
        return {str(name): one for name, one in data.items()}
    return {"data": CohortData(data)}


def _command(content: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Name and arguments of a command, when they have the declared kinds."""
    name, given = content.get("name"), content.get("given")
    shape = SHAPES.get(name) if isinstance(name, str) else None
    fits = shape is not None and isinstance(given, list) and len(given) == len(shape)
    if not fits or shape is None or not isinstance(name, str) or not isinstance(given, list):
        raise InputError(
            f"Unknown command {str(name)[:40]!r}, or other arguments than it takes.", code="V116"
        )
    values = [
        float(one) if kind is float and type(one) is int else one
        for one, kind in zip(given, shape, strict=True)
    ]
    wrong = [
        str(kind.__name__) for one, kind in zip(values, shape, strict=True) if type(one) is not kind
    ]
    if wrong:
        raise InputError(
            f"The command '{name}' takes {', '.join(wrong)} where something else was given.",
            code="V116",
        )
    return name, values


def _filters(effect: float, fdr: float, top: int, down: bool) -> Filters:  # noqa: FBT001
    return replace(Filters(), effect=effect, fdr=fdr, top=top, down=down)


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


def view(
    editor: SignatureEditor, cohorts: Mapping[str, CohortData], choice: Choice
) -> dict[str, Any]:
    """Everything that the page shows of a editor."""
    found = editor.problems()
    made = editor.table.working()
    cohort = cohorts.get(choice.cohort)
    measured = _measured(cohort, made) if cohort and made else Measured()
    change = editor.difference()
    fields = editor.table.fields
    return {
        "title": readable(f"{fields.get('id')}@{fields.get('version')}"),
        "state": readable(_state(editor, found)),
        "said": readable(editor.messages),
        "trouble": readable(editor.unsaved),
        "buttons": _buttons(editor),
        "form": [_field(editor, name) for name in FORM],
        "heads": [*HEADS, *(FIGURES if cohort else ()), "out"],
        "rows": _rows(editor.table.rows, found, measured),
        "problems": readable([_said(p) for p in sorted(found, key=_rank) if p.row is None]),
        "measured": readable(measured.words),
        "overlap_heads": list(OVERLAP),
        "overlap": _overlap(made, editor),
        "diff": readable(str(change).splitlines()) if change and str(change) else [NO_DIFF],
        "cohorts": list(cohorts),
        "cohort": choice.cohort,
        "columns": list(cohort.columns) if cohort else [],
        "values": {name: _values(cohort, name) for name in cohort.columns} if cohort else {},
        "by": choice.by or (cohort.by if cohort else ""),
        "change": choice.change,
        "pairs": bool(cohort and cohort.pairs is not None),
        "spread": readable(_spread(cohort, editor, made, choice)) if cohort else None,
    }


def readable(value: Any) -> Any:
    """Texts without characters that turn or hide what stands beside them.

    For what is only read, never sent back.
    """
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, Mapping):
        return {name: readable(one) for name, one in value.items()}
    return [readable(one) for one in value] if isinstance(value, (list, tuple)) else value


def exported(shown: dict[str, Any], cohort: CohortData | None) -> dict[str, Any]:
    """The view for a file without Python.

    No buttons, no values of other columns, and patients without their names.
    """
    spread = shown["spread"]
    if spread and cohort and cohort.patient and shown["by"] == cohort.patient:
        groups = [
            [f"patient {number}", figures]
            for number, (_, figures) in enumerate(spread["groups"], start=1)
        ]
        spread = {**spread, "groups": groups}
    columns = [shown["by"]] if shown["by"] else []
    return {
        **shown,
        "buttons": [],
        "values": {},
        "columns": columns,
        "selected": -1,
        "spread": spread,
    }


def _rank(problem: Problem) -> int:
    return RANK[problem.severity]


def _said(problem: Problem) -> str:
    return f"{MARKS[problem.severity]} {problem.code} {problem.message}"


def _state(editor: SignatureEditor, found: Sequence[Problem]) -> str:
    n, wrong = len(editor.table.rows), sum(p.severity == "error" for p in found)
    stored = editor.seen.signature
    saved = f"{editor.seen.path.name} holds {stored.ref}" if stored else "not saved yet"
    todo = f", {wrong} to mend" if wrong else ""
    return (
        f"{n} {'gene' if n == 1 else 'genes'}{todo}; {saved}; folder {editor.store.folder.name}. "
        "Research use only."
    )


def _buttons(editor: SignatureEditor) -> list[tuple[str, str, str]]:
    """Command, label and what it does; without the last there is nothing to do."""
    return [
        (
            "undo",
            "undo",
            f"undo: {editor.history.undo_label}" if editor.history.undo_label else "",
        ),
        (
            "redo",
            "redo",
            f"do again: {editor.history.redo_label}" if editor.history.redo_label else "",
        ),
        ("mend_all", "mend what is certain", "every mend that leaves no choice"),
        (
            "save",
            "save as a version",
            f"into the folder {editor.store.folder.name}, when no check says error",
        ),
        ("look_again", "read the file again", "the draft stays and is compared with it"),
        ("discard", "discard", "begin again from what is saved; can be undone"),
    ]


def _field(editor: SignatureEditor, name: str) -> dict[str, Any]:
    value = editor.table.fields.get(name)
    label = name.removeprefix("source.").replace("_", " ")
    return {
        "key": name,
        "label": label,
        "value": "" if value is None else str(value),
        "choices": CHOICES.get(name),
    }


def _rows(
    rows: Sequence[Row], found: Sequence[Problem], measured: Measured
) -> list[dict[str, Any]]:
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
        seen = (
            [float(prepared.detected[column]), float(prepared.mean[column])]
            if known
            else [math.nan, math.nan]
        )
        cells[gene] = [*seen, math.nan, math.nan]
    if len(members):
        for name, row in influence(prepared, members).iterrows():
            cells[str(name)][2:] = [float(row["r_with_rest"]), float(row["change"])]
    whole = coherence(prepared, members)
    cover = members.coverage
    words = (
        f"{cover.found} of {cover.asked} genes are in the data ({prepared.n_obs} samples). Mean "
        "correlation of the "
        f"genes {whole.mean_r:.3f}; {whole.n_random} random gene sets of like expression "
        f"{whole.random_mean:.3f} ± "
        f"{whole.random_sd:.3f}, p = {whole.p:.3f}."
    )
    if len(members) < 2:
        words = (
            f"{cover.found} of {cover.asked} genes are in the data; two that vary are needed to "
            "compare them."
        )
    return Measured(
        {gene: [_plain(one) for one in values] for gene, values in cells.items()}, words
    )


def _plain(value: float) -> Any:
    return round(value, 4) if math.isfinite(value) else None


def _overlap(made: Drafted | None, editor: SignatureEditor) -> list[list[Any]]:
    if made is None:
        return []
    own = made.signature.model_copy(update={"id": editor.table.fields.get("id") or "draft"})
    table = overlap(own, editor.library).head(SHOWN)
    return [
        [str(name), row["axis"], row["shared"], f"{row['jaccard']:.2f}", f"{row['inside']:.0%}",
         f"{row['holds']:.0%}", ", ".join(row["genes"][:12])]
        for name, row in table.iterrows()
    ]  # fmt: skip


def _values(cohort: CohortData, name: str) -> list[str]:
    return sorted({str(one) for one in cohort.table[name].dropna()})


def _spread(
    cohort: CohortData, editor: SignatureEditor, made: Drafted | None, choice: Choice
) -> dict[str, Any]:
    after: Signature | None = made.signature if made else None
    change = choice.change and cohort.pairs is not None
    found = cohort.spread(editor.stored, after, by=choice.by, change=change)
    versions = [editor.stored.ref if editor.stored else "", "draft"]
    groups = [
        [group.name, [_figures(group.before), _figures(group.after)]] for group in found.groups
    ]
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
    return {
        "n": int(array.size),
        "quartiles": quartiles.round(5).tolist(),
        "points": shown.round(5).tolist(),
    }
