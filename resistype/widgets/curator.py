"""The Curator: the library's checks under a person's hands, on their data. The desk decides; the page shows and asks.

A command of the page is a name and plain arguments, each of a declared kind; nothing else reaches the desk. No path
comes from the page: the folder is chosen in Python, and files arrive as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from resistype.curation.contrast import Contrast
from resistype.curation.desk import Desk
from resistype.curation.desk_add import from_contrast, from_file
from resistype.curation.desk_data import CohortData
from resistype.curation.desk_sheet import Row
from resistype.curation.fields import Filters
from resistype.errors import InputError, complain
from resistype.library import Library, Signature
from resistype.score import ScoreOptions, score
from resistype.session import Session
from resistype.session.drivers import driver_genes
from resistype.widgets._base import Answer, Widget, static_table
from resistype.widgets._curator_view import Choice, exported, view
from resistype.widgets._spec import Drawn
from resistype.widgets.export import write_page

__all__ = ["SignatureCurator"]

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
        Name of the draft, and the id of the signature at the start. The draft is kept under this name in `folder` after
        every step, and is there again after a restart.
    folder
        Where signatures are saved; the page can write nowhere else.
    start
        A signature or an id of the library to begin with, or names of genes as one text.
    data
        A `CohortData`, several of them by name, or whatever `as_expression` takes.
    session
        The session of an `Explorer`: its selection can give genes, and the draft's score can be shown there.
    library
        What to compare with; None for the shipped library.

    Raises
    ------
    ResistypeError
        V117 for a start or session of another kind; what `Desk` and `as_expression` say of folder and data.

    Attributes
    ----------
    desk
        The draft: `add`, `edit`, `mend`, `undo`, `save` and so on from Python; the page follows.

    Examples
    --------
    >>> import tempfile
    >>> from resistype.widgets import SignatureCurator
    >>> curator = SignatureCurator("mine", tempfile.mkdtemp(), "WARS1, TAP1")
    >>> curator.desk.add("B2M")
    >>> curator.desk.save().path.name
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
        self.desk = Desk(name, folder, start, library=library)
        self.cohorts = _cohorts(data)
        self.session = session
        self._choice = Choice(next(iter(self.cohorts), ""))
        self._asked_here = False
        super().__init__()
        self.desk.listeners.append(self._changed)
        if session is not None:
            session.events.selection.connect(self._changed)

    def close(self) -> None:
        """Stop listening; the draft stays where it is kept."""
        desk, session = getattr(self, "desk", None), getattr(self, "session", None)  # none where it was never made
        if desk is not None and self._changed in desk.listeners:
            desk.listeners.remove(self._changed)
        if session is not None:
            session.events.selection.disconnect(self._changed)
        super().close()

    def static_html(self) -> str:
        """Genes of the draft as a table, escaped."""
        rows = [(row.name, row.direction, row.citation, row.note) for row in self.desk.sheet.rows]
        caption = f"Draft {self.desk.sheet.fields.get('id')}: {len(rows)} genes. Research use only."
        return static_table(caption, ("gene", "direction", "citation", "evidence"), rows)

    def to_html(self, path: str | Path) -> Path:
        """Write what the page shows to one file that needs no network and no Python; nothing can be changed in it.

        Parameters
        ----------
        path
            The file; it appears whole or not at all. It holds genes, evidence and scores by group, no names of samples.
        """
        cohort = self.cohorts.get(self._choice.cohort)
        shown = exported(view(self.desk, self.cohorts, self._choice), cohort)
        drawn = Drawn(shown, [], np.empty(0, dtype=np.int64))
        return write_page(path, drawn, state={"_kind": self._kind, "_live": False}, fallback=self.static_html())

    # -- between page and desk -------------------------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: the view, and commands."""
        return {"view": self._view, "do": self._do}

    def _view(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        shown = view(self.desk, self.cohorts, self._choice)
        chosen = -1 if self.session is None else len(self.session.selection)
        if self.session is not None:
            shown["buttons"].append(
                ("show", "show in the Explorer", "score the draft; then it can be chosen as a colour")
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
            (own[name] if name in own else getattr(self.desk, name))(*given)
        finally:
            self._asked_here = False
        return self._view(content, buffers)

    def _changed(self, *_news: object) -> None:
        if not self._asked_here:  # the page that asked gets the view as its answer
            self._turn += 1

    def _choose(self, cohort: str, by: str, change: bool) -> None:  # noqa: FBT001  a command of the page
        if cohort not in self.cohorts:
            raise InputError(f"There is no cohort '{cohort[:40]}'.", code="V123")
        column = by if by in self.cohorts[cohort].columns else ""
        self._choice = Choice(cohort, column, change and self.cohorts[cohort].pairs is not None)

    def _file(self, name: str, text: str, *numbers: Any) -> None:
        if len(text) > MAX_FILE:
            raise InputError("The file has more than 2 MB.", code="V116")
        self.desk.add_rows(*from_file(name, text, filters=_filters(*numbers)))

    def _contrast(self, column: str, case: str, control: str, *numbers: Any) -> None:
        contrast = Contrast(case=f"{column}={case}", controls=(f"{column}={control}",))
        rows, notes = from_contrast(self._cohort(), contrast, filters=_filters(*numbers))
        self.desk.add_rows(rows, notes)

    def _cohort(self) -> CohortData:
        if self._choice.cohort not in self.cohorts:
            raise InputError("No data were given: SignatureCurator(…, data=…).", code="V123")
        return self.cohorts[self._choice.cohort]

    # -- with an Explorer ------------------------------------------------------------------------------------------

    def _session_cohort(self) -> tuple[Session, CohortData]:
        if self.session is None:
            raise InputError("There is no session: SignatureCurator(…, session=explorer.session).", code="V123")
        wanted = set(self.session.data.samples)
        found = next((one for one in self.cohorts.values() if wanted <= set(one.whole.samples)), None)
        if found is None:
            message = "None of the data given has all observations of the session; pass their matrix as data."
            raise InputError(message, code="V123")
        return self.session, found

    def _drivers(self, effect: float, _fdr: float, top: int, down: bool) -> None:  # noqa: FBT001  a command
        session, cohort = self._session_cohort()
        samples = session.data.samples
        matrix = cohort.whole if cohort.whole.samples == samples else cohort.whole.select(samples)
        mask = np.zeros(len(samples), dtype=bool)
        mask[session.selection] = True
        table = driver_genes(matrix, mask, top=matrix.n_genes)
        pairs = [(str(gene), float(size)) for gene, size in table[["gene", "effect"]].to_numpy().tolist()]
        ups = [pair for pair in pairs if pair[1] >= effect][:top]
        downs = [pair for pair in pairs if pair[1] <= -effect][: top if down else 0]
        words = f"higher or lower in {int(mask.sum())} selected of {len(samples)} observations"
        rows = [
            Row(0, gene, "up" if size > 0 else "down", note=f"driver of a selection: {size:+.2f} log2")
            for gene, size in (*ups, *downs)
        ]
        self.desk.add_rows(rows, [f"{len(rows)} genes, {words}; a description, not a test."])

    def show_scores(self) -> str:
        """Score the draft and show it in the Explorer of the session as a quantity; gives the quantity's name.

        Raises
        ------
        InputError
            V123 without a session, or without the matrix behind it.
        """
        session, cohort = self._session_cohort()
        made = self.desk.sheet.working()
        if made is None:
            raise InputError("The draft has no gene that is known; there is nothing to score. Add one.", code="V123")
        name = f"draft_{self.desk.sheet.fields['id']}"
        signature = made.signature
        data = cohort.whole.select(session.data.samples)
        found = score(data, Library([signature]), options=ScoreOptions(warn_below=0.0), n_jobs=1)
        title = f"draft of {self.desk.sheet.fields['id']}, {len(signature)} genes"
        session.add_quantity(name, found.to_frame().iloc[:, 0].to_numpy().tolist(), title)
        self.desk.said = (f"'{title}' can be chosen as a colour in the Explorer.",)
        return name


def _check(start: Any, session: Any) -> None:
    wrong = []
    if not (start is None or isinstance(start, (Signature, str))):
        wrong.append(f"start is {type(start).__name__}; give a Signature, an id of the library, or names as one text")
    if not (session is None or isinstance(session, Session)):
        wrong.append(f"session is {type(session).__name__}; give a Session, such as that of an Explorer: view.session")
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
        raise InputError(f"Unknown command {str(name)[:40]!r}, or other arguments than it takes.", code="V116")
    values = [float(one) if kind is float and type(one) is int else one for one, kind in zip(given, shape, strict=True)]
    wrong = [str(kind.__name__) for one, kind in zip(values, shape, strict=True) if type(one) is not kind]
    if wrong:
        raise InputError(f"The command '{name}' takes {', '.join(wrong)} where something else was given.", code="V116")
    return name, values


def _filters(effect: float, fdr: float, top: int, down: bool) -> Filters:  # noqa: FBT001  numbers of the page
    return replace(Filters(), effect=effect, fdr=fdr, top=top, down=down)
