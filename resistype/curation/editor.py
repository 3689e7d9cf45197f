"""The signature editor: one draft under a curator's hands.

Commands change it, each can be undone, none can lose it.

The editor is headless: a widget sends it commands and shows what it says. After every command the
draft is kept in the folder, so that a kernel that stops loses nothing; when it cannot be kept,
`unsaved` says so and the draft is still in memory. A saved signature is judged by the same rules as
a file, before and after it is written.

A file arrives as a name and a text, never as a path: the page of a notebook cannot name files of
this machine.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.curation.cohort import CohortData
from resistype.curation.derive import COLUMNS, Contrast, derive, filter_text, strongest, values_of
from resistype.curation.draft import Drafted, Filters
from resistype.curation.fixes import Problem, certain, mended, problems
from resistype.curation.gene_table import (
    CHOICES,
    FORM,
    MAX_NAME,
    GeneTable,
    Row,
    check_size,
    read_gene_table,
    read_pasted,
    side_of,
    text_of,
    weight_of,
    with_names,
)
from resistype.curation.store import DraftStore, Saved, Stored
from resistype.errors import OutputError, SignatureError
from resistype.events import Event
from resistype.history import History
from resistype.library import Library, Signature, SignatureDiff, check_paths, diff, load_library
from resistype.library.formats import read_raw
from resistype.library.read import parse_toml

MOST = 300  # commands that can be taken back
ANYWHERE = Path("x.toml")  # for checks that look at the genes only


class SignatureEditor:
    """An editable draft.

    Examples
    --------
    >>> import tempfile
    >>> editor = SignatureEditor("mine", tempfile.mkdtemp())
    >>> editor.add("WARS, B2M, 1-Mar")
    >>> [(one.code, [mend.label for mend in one.mends]) for one in editor.problems()[:2]]
    [('L102', ['WARS1', 'leave out']), ('L104', ['MARCHF1', 'MTARC1', 'leave out'])]
    >>> editor.mend_all()
    >>> [row.name for row in editor.table.rows]
    ['WARS1', 'B2M', '1-Mar']
    """

    def __init__(
        self,
        name: str,
        folder: str | Path,
        start: Signature | str | None = None,
        *,
        library: Library | None = None,
    ) -> None:
        self.name, self.store, self._start = name, DraftStore(folder), start
        self.library = library if library is not None else load_library()
        self.messages: tuple[str, ...] = ()
        self.unsaved = ""
        self.failed = Event("failed")
        self.changed = Event("changed", self.failed.emit)
        self.history: History[GeneTable] = History(MOST)
        self.seen = self.store.look(name)
        self.origin: Signature | None = None
        kept = self.store.read_draft(name)
        self.table = self._begin(start)
        if kept is not None:
            self._restore(kept)

    def _begin(self, start: Signature | str | None) -> GeneTable:
        known = self.library[start] if isinstance(start, str) and start in self.library else start
        if self.seen.signature is not None:
            self.messages = (f"{self.seen.signature.ref} was read from {self.seen.path.name}.",)
            return GeneTable.of(self.seen.signature)
        if isinstance(known, Signature):
            self.origin = known
            base = GeneTable.of(known)
            own = {"id": self.name} if known.id != self.name else {}
            return replace(base, fields={**base.fields, **own})
        fields = GeneTable.of(Signature(id=self.name, name=self.name, up=("B2M",))).fields
        return with_names(GeneTable(fields=fields), known or "", "up")[0]

    @property
    def stored(self) -> Signature | None:
        """What the draft is compared with.

        The saved signature of its id, else the one it began with.
        """
        return self.seen.signature or self.origin

    def problems(self) -> list[Problem]:
        """Every complaint of the library's checks, with mends."""
        try:
            path = self.store.path(str(self.table.fields["id"]))
        except OutputError as error:
            return [
                Problem("error", error.code, error.message),
                *problems(self.table, ANYWHERE, self.library),
            ]
        return problems(self.table, path, self.library)

    def difference(self) -> SignatureDiff | None:
        """What changed against the stored signature.

        None when there is none, or the draft is no signature yet.
        """
        try:
            return diff(self.stored, self.table.signature()) if self.stored else None
        except SignatureError:
            return None

    # -- commands ----------------------------------------------------------------------------------

    def add(self, text: str, direction: str = "up", *, note: str = "") -> None:
        """Add the genes of a text; a sign behind a name goes before `direction`."""
        table, notes = with_names(self.table, text, side_of(direction), note=text_of(note))
        n = len(table.rows) - len(self.table.rows)
        self._do(table, f"add {n} {'gene' if n == 1 else 'genes'}", notes)

    def add_rows(self, rows: Sequence[Row], messages: Sequence[str] = ()) -> None:
        """Add rows that are not there yet by name; they get numbers of their own."""
        known = {row.name for row in self.table.rows}
        fresh = [row for row in rows if row.name not in known]
        start = self.table.next_key()
        table = replace(
            self.table,
            rows=(*self.table.rows, *(replace(row, key=start + i) for i, row in enumerate(fresh))),
        )
        check_size(table)
        old = len(rows) - len(fresh)
        notes = [*messages, *([f"{old} of {len(rows)} were there already."] if old else [])]
        self._do(table, f"add {len(fresh)} genes", notes)

    def edit(self, key: int, field: str, value: str) -> None:
        """Change one field of a row: name, direction, weight, citation or note."""
        row = self.table.row(key)
        changes: dict[str, Any] = {field: text_of(value).strip()}
        if field == "direction":
            changes = {field: side_of(value)}
        elif field == "weight":
            changes = {field: weight_of(value)}
        elif field == "name" and not 0 < len(changes[field]) <= MAX_NAME:
            raise SignatureError(f"A name has 1 to {MAX_NAME} characters.", code="E219")
        elif field not in ("name", "citation", "note"):
            raise SignatureError(f"A row has no field '{field[:40]}'.", code="E215")
        self._do(self.table.with_row(replace(row, **changes)), f"{field} of {row.name[:40]}")

    def remove(self, key: int) -> None:
        """Take a row away."""
        row = self.table.row(key)
        self._do(self.table.without([key]), f"remove {row.name[:40]}")

    def mend(self, key: int, code: str, label: str) -> None:
        """Do one of the mends that are offered for a row."""
        offered = [p for p in self.problems() if p.row == key and p.code == code]
        chosen = next((mend for one in offered for mend in one.mends if mend.label == label), None)
        if chosen is None:
            message = (
                f"'{label[:60]}' is no mend for {code[:10]} of row {key}; the draft has changed. "
                "Look again."
            )
            raise SignatureError(message, code="E215")
        row = self.table.row(key)
        self._do(mended(self.table, row, chosen), f"mend {row.name[:40]}")

    def mend_all(self) -> None:
        """Do every mend that needs no decision."""
        table, done = self.table, 0
        for _ in range(4):  # a renamed gene may meet its like, which is the next round's
            todo = [
                (p.row, mend)
                for p in problems(table, ANYWHERE, self.library)
                if p.row is not None and (mend := certain(p))
            ]
            for key, mend in todo:
                if any(row.key == key for row in table.rows):
                    table = mended(table, table.row(key), mend)
                    done += 1
            if not todo:
                break
        self._do(table, f"mend {done}", [f"{done} mended; what is left needs your choice."])

    def set_field(self, name: str, value: str) -> None:
        """Change a field of the signature; a new id looks at the file of that id."""
        if name not in FORM:
            raise SignatureError(f"There is no field '{name[:40]}' to set.", code="E215")
        text = text_of(value).strip()
        if name in CHOICES and text not in CHOICES[name]:
            raise SignatureError(f"{name} is one of: {', '.join(CHOICES[name])}.", code="E219")
        self._do(replace(self.table, fields={**self.table.fields, name: text}), f"set {name}")

    def undo(self) -> None:
        """Take the last command back; nothing happens when there is none."""
        self._walk(self.history.back(self.table))

    def redo(self) -> None:
        """Do again what was undone; nothing happens when there is nothing."""
        self._walk(self.history.forth(self.table))

    def discard(self) -> None:
        """Begin again from what is stored, or from nothing; can be undone."""
        self.seen = self.store.look(self.name)
        fresh = self._begin(self._start)
        self._do(fresh, "discard the draft", ["The draft was discarded; undo brings it back."])

    def look_again(self) -> None:
        """Read the stored file again: the draft stays and is compared with it."""
        self.seen = self.store.look(str(self.table.fields["id"]))
        ref = self.seen.signature.ref if self.seen.signature else "no signature"
        self.messages = (
            f"{self.seen.path.name} was read again: it holds {ref}. Your draft is as it was.",
        )
        self.changed.emit(self.name)

    def save(self) -> Saved:
        """Save the draft as a version; see `save_version`."""
        wrong = [f"{p.code} {p.message}" for p in self.problems() if p.severity == "error"]
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            message = f"{len(wrong)} to mend before it can be saved: {' | '.join(wrong[:3])}{more}"
            raise SignatureError(message, code="E216")
        signature = self.table.signature()
        saved = self.store.save(signature, self.seen)
        self.seen, self.origin = self.store.look(signature.id), None
        found = [
            str(one)
            for one in check_paths([saved.path], library=self.library)
            if one.severity == "error"
        ]
        kept = f"; the version before is {saved.kept.name}" if saved.kept else ""
        self.messages = (f"Saved {signature.ref} as {saved.path.name}{kept}.", *found)
        self._forget()
        self.changed.emit(self.name)
        return saved

    def _do(self, table: GeneTable, label: str, messages: Sequence[str] = ()) -> None:
        self.messages = tuple(messages)
        if table != self.table:
            self.history.did(self.table, label)
            self._put(table)
        self.changed.emit(self.name)

    def _walk(self, table: GeneTable | None) -> None:
        if table is not None:
            self.messages = ()
            self._put(table)
            self.changed.emit(self.name)

    def _put(self, table: GeneTable) -> None:
        moved = table.fields.get("id") != self.table.fields.get("id")
        self.table = table
        if moved:
            try:
                self.seen = self.store.look(str(table.fields["id"]))
            except (OutputError, SignatureError):
                self.seen = Stored(self.store.folder / "none")
        self._keep()

    def _keep(self) -> None:
        seen = {"file": self.seen.path.name, "sha256": self.seen.sha256}
        origin = self.origin.model_dump(mode="json") if self.origin else None
        try:
            self.store.keep_draft(
                self.name, {"sheet": self.table.to_json(), "seen": seen, "origin": origin}
            )
            self.unsaved = ""
        except OutputError as error:
            self.unsaved = str(error)

    def _forget(self) -> None:
        try:
            self.store.forget_draft(self.name)
            self.unsaved = ""
        except OSError:
            self.unsaved = "The draft's file could not be removed; it will be offered again."

    def _restore(self, kept: Mapping[str, Any]) -> None:
        try:
            table = read_gene_table(kept["sheet"])
            self.origin = Signature.model_validate(kept["origin"]) if kept.get("origin") else None
            file, sha = str(kept["seen"]["file"]), str(kept["seen"]["sha256"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = (
                f"The draft {self.store.draft_path(self.name).name} was not read: "
                f"{type(error).__name__} in it."
            )
            raise SignatureError(
                f"{message} Move it away, or take another name.", code="E218"
            ) from None
        self.table = table
        now = self.store.look(str(table.fields["id"])) if table.fields.get("id") else self.seen
        self.seen = (
            now if now.sha256 == sha else Stored(self.store.folder / file, sha, now.signature)
        )
        self.messages = (f"The draft of {len(table.rows)} genes that was not saved is here again.",)


MAX_TEXT = 2 * 2**20
KINDS = (".toml", ".gmt", ".json", ".csv", ".tsv", ".txt")
Found = tuple[list[Row], list[str]]


def from_file(name: str, text: str, *, filters: Filters) -> Found:
    """Rows of a file.

    A signature, a set of GMT or MSigDB JSON, a table of differential expression, or plain names.
    """
    suffix = Path(name[-80:]).suffix.lower()
    if suffix not in KINDS or len(text) > MAX_TEXT:
        size = f"'{name[-40:]}' has {len(text):,} characters"
        message = f"{size}; a file of {', '.join(KINDS)} and at most 2 MB is needed."
        raise SignatureError(message, code="E207")
    if suffix == ".toml":
        signature, complaints = parse_toml(text)
        if signature is None:
            raise SignatureError(f"The file is no signature: {complaints[0][1]}", code="E207")
        return list(GeneTable.of(signature).rows), [f"Genes of {signature.ref}."]
    if suffix in (".gmt", ".json"):
        return _of_sets(text, suffix)
    if (frame := _table(text)) is not None:
        return _of_table(frame, filters)
    names, notes = read_pasted(text)
    rows = [Row(i, one.name, one.direction or "up", one.weight) for i, one in enumerate(names)]
    return rows, [f"{len(rows)} names of a text.", *notes]


def _of_sets(text: str, suffix: str) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sets{suffix}"
        path.write_text(text, encoding="utf-8")
        sets, complaints = read_raw(path)
    if len(sets) != 1:
        names = ", ".join(one.name[:40] for one in sets[:6])
        messages = (
            f"it holds {len(sets)} sets ({names}); give a file of one"
            if sets
            else str(complaints[:1])
        )
        raise SignatureError(f"The file cannot be used: {messages}.", code="E207")
    one = sets[0]
    pairs = [*((gene, "up") for gene in one.up), *((gene, "down") for gene in one.down)]
    weights = one.weights or {}
    rows = [Row(i, gene, side, weights.get(gene)) for i, (gene, side) in enumerate(pairs)]
    return rows, [f"Genes of {one.name[:80]}."]


def _table(text: str) -> pd.DataFrame | None:
    """A table of differential expression; None when the text is none."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    head = {cell.strip().strip('"').lower() for cell in first.split(separator)}
    if not all(head & set(COLUMNS[kind]) for kind in ("effect", "fdr")):
        return None
    try:
        return pd.read_csv(io.StringIO(text.lstrip("\ufeff")), sep=separator)
    except (ValueError, pd.errors.ParserError) as error:
        raise SignatureError(
            f"The table cannot be read: {str(error)[:200]}.", code="E207"
        ) from None


def _of_table(frame: pd.DataFrame, filters: Filters) -> Found:
    """Rows of the genes that pass, under the names of the table, each with its figures."""
    values, told = values_of(frame, filters)
    up, down = strongest(values, filters)
    figures: Any = values[~values.index.duplicated()][["effect", "fdr"]]
    sides = [*((gene, "up") for gene in up), *((gene, "down") for gene in down)]
    rows = [
        Row(i, gene, side, note=_words(*figures.loc[gene].tolist()))
        for i, (gene, side) in enumerate(sides)
    ]
    words = filter_text(filters, detection=False)
    return rows, [f"{len(rows)} of {len(values):,} genes of a table: {words}.", *told]


def _words(effect: float, fdr: float) -> str:
    return f"differential expression: {effect:+.2f} log2, fdr {fdr:.1e}"


def _of_draft(made: Drafted, note: str) -> Found:
    """Rows of a draft.

    Names that it left out come too, so that they are seen and mended in the draft.
    """
    signature = made.signature
    words = note or signature.source.note
    sides = [
        *((gene, "up") for gene in (*signature.up, *signature.dropped)),
        *((g, "down") for g in signature.down),
    ]
    return [Row(i, gene, side, note=words) for i, (gene, side) in enumerate(sides)], [words]


def from_contrast(cohort: CohortData, contrast: Contrast, *, filters: Filters) -> Found:
    """Rows of the genes that tell case from controls in a cohort, each with its figures."""
    made = derive(cohort.expression, contrast, "de", samples=cohort.table, filters=filters)
    rows, notes = _of_draft(made, str(contrast))
    table = made.table if made.table is not None else pd.DataFrame()
    original = {new: old for old, new in made.signature.symbol_updates.items()}
    out = []
    for row in rows:
        name = original.get(row.name, row.name)
        effect, fdr = (
            table.loc[name, ["effect", "fdr"]] if name in table.index else (np.nan, np.nan)
        )
        out.append(
            Row(
                row.key,
                row.name,
                row.direction,
                note=f"{contrast}: {effect:+.2f} log2, fdr {fdr:.1e}",
            )
        )
    return out, [*notes, "From these samples: scores of them cannot confirm it."]
