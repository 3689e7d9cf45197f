"""The desk: one draft under a curator's hands. Commands change it, every one can be undone, none can lose it.

The desk is headless: a widget sends it commands and shows what it says. After every command the draft is kept in the
folder, so that a kernel that stops loses nothing; when it cannot be kept, `trouble` says so and the draft is still in
memory. A saved signature is judged by the same rules as a file, before and after it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from resistype.curation.desk_file import Shelf, Stored
from resistype.curation.desk_history import History
from resistype.curation.desk_mend import Problem, certain, mended, problems
from resistype.curation.desk_sheet import CHOICES, FORM, MAX_NAME, Row, Sheet
from resistype.curation.desk_values import check_size, read_sheet, side_of, text_of, weight_of, with_names
from resistype.curation.save import Saved
from resistype.errors import OutputError, SignatureError
from resistype.library import Library, Signature, SignatureDiff, check_paths, diff, load_library

__all__ = ["Desk"]

ANYWHERE = Path("x.toml")  # for checks that look at the genes only


class Desk:
    """An editable draft.

    Parameters
    ----------
    name
        Name of the draft, and the id of the signature at the start.
    folder
        Where drafts are kept and signatures saved.
    start
        A signature to begin with, or an id of the library, or names as one text. A draft that was kept goes before it,
        then the signature that is saved in the folder under this name.
    library
        What to compare with; None for the shipped library.

    Attributes
    ----------
    sheet
        The draft as it stands.
    history
        What can be undone and done again.
    said
        What happened last, a sentence each.
    trouble
        Why the draft is only in memory; empty when it is kept.

    Raises
    ------
    OutputError
        O104 for a folder or name that cannot be used.
    SignatureError
        E218 when a draft of that name cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> desk = Desk("mine", tempfile.mkdtemp())
    >>> desk.add("WARS, B2M, 1-Mar")
    >>> [(problem.code, [mend.label for mend in problem.mends]) for problem in desk.problems()[:2]]
    [('L102', ['WARS1', 'leave out']), ('L104', ['MARCHF1', 'MTARC1', 'leave out'])]
    >>> desk.mend_all()
    >>> [row.name for row in desk.sheet.rows]
    ['WARS1', 'B2M', '1-Mar']
    """

    def __init__(
        self, name: str, folder: str | Path, start: Signature | str | None = None, *, library: Library | None = None
    ) -> None:
        self.name, self.shelf, self._start = name, Shelf(folder), start
        self.library = library if library is not None else load_library()
        self.said: tuple[str, ...] = ()
        self.trouble = ""
        self.listeners: list[Callable[[], None]] = []
        self.history = History()
        self.seen = self.shelf.look(name)
        self.origin: Signature | None = None
        kept = self.shelf.read_draft(name)
        self.sheet = self._begin(start)
        if kept is not None:
            self._restore(kept)

    def _begin(self, start: Signature | str | None) -> Sheet:
        known = self.library[start] if isinstance(start, str) and start in self.library else start
        if self.seen.signature is not None:
            self.said = (f"{self.seen.signature.ref} was read from {self.seen.path.name}.",)
            return Sheet.of(self.seen.signature)
        if isinstance(known, Signature):
            self.origin = known
            base = Sheet.of(known)
            own = {"id": self.name} if known.id != self.name else {}
            return replace(base, fields={**base.fields, **own})
        fields = Sheet.of(Signature(id=self.name, name=self.name, up=("B2M",))).fields
        return with_names(Sheet(fields=fields), known or "", "up")[0]

    @property
    def stored(self) -> Signature | None:
        """What the draft is compared with: the saved signature of its id, else the one it began with."""
        return self.seen.signature or self.origin

    def problems(self) -> list[Problem]:
        """Every complaint of the library's checks, with mends."""
        try:
            path = self.shelf.path(str(self.sheet.fields["id"]))
        except OutputError as error:
            return [Problem("error", error.code, error.message), *problems(self.sheet, ANYWHERE, self.library)]
        return problems(self.sheet, path, self.library)

    def difference(self) -> SignatureDiff | None:
        """What changed against the stored signature; None when there is none, or the draft is no signature yet."""
        try:
            return diff(self.stored, self.sheet.signature()) if self.stored else None
        except SignatureError:
            return None

    # -- commands ------------------------------------------------------------------------------------------------

    def add(self, text: str, direction: str = "up", *, note: str = "") -> None:
        """Add the genes of a text; a sign behind a name goes before `direction`."""
        sheet, notes = with_names(self.sheet, text, side_of(direction), note=text_of(note))
        n = len(sheet.rows) - len(self.sheet.rows)
        self._do(sheet, f"add {n} {'gene' if n == 1 else 'genes'}", notes)

    def add_rows(self, rows: Sequence[Row], said: Sequence[str] = ()) -> None:
        """Add rows that are not there yet by name; they get numbers of their own."""
        known = {row.name for row in self.sheet.rows}
        fresh = [row for row in rows if row.name not in known]
        start = self.sheet.next_key()
        sheet = replace(
            self.sheet, rows=(*self.sheet.rows, *(replace(row, key=start + i) for i, row in enumerate(fresh)))
        )
        check_size(sheet)
        old = len(rows) - len(fresh)
        notes = [*said, *([f"{old} of {len(rows)} were there already."] if old else [])]
        self._do(sheet, f"add {len(fresh)} genes", notes)

    def edit(self, key: int, field: str, value: str) -> None:
        """Change one field of a row: name, direction, weight, citation or note."""
        row = self.sheet.row(key)
        changes: dict[str, Any] = {field: text_of(value).strip()}
        if field == "direction":
            changes = {field: side_of(value)}
        elif field == "weight":
            changes = {field: weight_of(value)}
        elif field == "name" and not 0 < len(changes[field]) <= MAX_NAME:
            raise SignatureError(f"A name has 1 to {MAX_NAME} characters.", code="E219")
        elif field not in ("name", "citation", "note"):
            raise SignatureError(f"A row has no field '{field[:40]}'.", code="E215")
        self._do(self.sheet.with_row(replace(row, **changes)), f"{field} of {row.name[:40]}")

    def remove(self, key: int) -> None:
        """Take a row away."""
        row = self.sheet.row(key)
        self._do(self.sheet.without([key]), f"remove {row.name[:40]}")

    def mend(self, key: int, code: str, label: str) -> None:
        """Do one of the mends that are offered for a row."""
        offered = [p for p in self.problems() if p.row == key and p.code == code]
        chosen = next((mend for one in offered for mend in one.mends if mend.label == label), None)
        if chosen is None:
            message = f"'{label[:60]}' is no mend for {code[:10]} of row {key}; the sheet has changed. Look again."
            raise SignatureError(message, code="E215")
        row = self.sheet.row(key)
        self._do(mended(self.sheet, row, chosen), f"mend {row.name[:40]}")

    def mend_all(self) -> None:
        """Do every mend that needs no decision."""
        sheet, done = self.sheet, 0
        for _ in range(4):  # a renamed gene may meet its like, which is the next round's
            todo = [
                (p.row, mend)
                for p in problems(sheet, ANYWHERE, self.library)
                if p.row is not None and (mend := certain(p))
            ]
            for key, mend in todo:
                if any(row.key == key for row in sheet.rows):
                    sheet = mended(sheet, sheet.row(key), mend)
                    done += 1
            if not todo:
                break
        self._do(sheet, f"mend {done}", [f"{done} mended; what is left needs your choice."])

    def set_field(self, name: str, value: str) -> None:
        """Change a field of the signature; a new id looks at the file of that id."""
        if name not in FORM:
            raise SignatureError(f"There is no field '{name[:40]}' to set.", code="E215")
        text = text_of(value).strip()
        if name in CHOICES and text not in CHOICES[name]:
            raise SignatureError(f"{name} is one of: {', '.join(CHOICES[name])}.", code="E219")
        self._do(replace(self.sheet, fields={**self.sheet.fields, name: text}), f"set {name}")

    def undo(self) -> None:
        """Take the last command back; nothing happens when there is none."""
        self._walk(self.history.back(self.sheet))

    def redo(self) -> None:
        """Do again what was undone; nothing happens when there is nothing."""
        self._walk(self.history.forth(self.sheet))

    def discard(self) -> None:
        """Begin again from what is stored, or from nothing; can be undone."""
        self.seen = self.shelf.look(self.name)
        fresh = self._begin(self._start)
        self._do(fresh, "discard the draft", ["The draft was discarded; undo brings it back."])

    def look_again(self) -> None:
        """Read the stored file again: the draft stays and is compared with it."""
        self.seen = self.shelf.look(str(self.sheet.fields["id"]))
        ref = self.seen.signature.ref if self.seen.signature else "no signature"
        self.said = (f"{self.seen.path.name} was read again: it holds {ref}. Your draft is as it was.",)
        self._tell()

    def save(self) -> Saved:
        """Save the draft as a version; see `save_version`.

        Raises
        ------
        SignatureError
            E216 when a check says error, E217 when the file was changed meanwhile, E213 when the version does not fit.
        OutputError
            When it cannot be written. The draft and the folder are as they were, whatever went wrong.
        """
        wrong = [f"{p.code} {p.message}" for p in self.problems() if p.severity == "error"]
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            message = f"{len(wrong)} to mend before it can be saved: {' | '.join(wrong[:3])}{more}"
            raise SignatureError(message, code="E216")
        signature = self.sheet.signature()
        saved = self.shelf.save(signature, self.seen)
        self.seen, self.origin = self.shelf.look(signature.id), None
        found = [str(one) for one in check_paths([saved.path], library=self.library) if one.severity == "error"]
        kept = f"; the version before is {saved.kept.name}" if saved.kept else ""
        self.said = (f"Saved {signature.ref} as {saved.path.name}{kept}.", *found)
        self._forget()
        self._tell()
        return saved

    def _do(self, sheet: Sheet, label: str, said: Sequence[str] = ()) -> None:
        self.said = tuple(said)
        if sheet != self.sheet:
            self.history.did(self.sheet, label)
            self._put(sheet)
        self._tell()

    def _walk(self, sheet: Sheet | None) -> None:
        if sheet is not None:
            self.said = ()
            self._put(sheet)
            self._tell()

    def _put(self, sheet: Sheet) -> None:
        moved = sheet.fields.get("id") != self.sheet.fields.get("id")
        self.sheet = sheet
        if moved:
            try:
                self.seen = self.shelf.look(str(sheet.fields["id"]))
            except (OutputError, SignatureError):
                self.seen = Stored(self.shelf.folder / "none")
        self._keep()

    def _keep(self) -> None:
        seen = {"file": self.seen.path.name, "sha256": self.seen.sha256}
        origin = self.origin.model_dump(mode="json") if self.origin else None
        try:
            self.shelf.keep_draft(self.name, {"sheet": self.sheet.to_json(), "seen": seen, "origin": origin})
            self.trouble = ""
        except OutputError as error:
            self.trouble = str(error)

    def _forget(self) -> None:
        try:
            self.shelf.forget_draft(self.name)
            self.trouble = ""
        except OSError:
            self.trouble = "The draft's file could not be removed; it will be offered again."

    def _restore(self, kept: Mapping[str, Any]) -> None:
        try:
            sheet = read_sheet(kept["sheet"])
            self.origin = Signature.model_validate(kept["origin"]) if kept.get("origin") else None
            file, sha = str(kept["seen"]["file"]), str(kept["seen"]["sha256"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"The draft {self.shelf.draft_path(self.name).name} was not read: {type(error).__name__} in it."
            raise SignatureError(f"{message} Move it away, or take another name.", code="E218") from None
        self.sheet = sheet
        now = self.shelf.look(str(sheet.fields["id"])) if sheet.fields.get("id") else self.seen
        self.seen = now if now.sha256 == sha else Stored(self.shelf.folder / file, sha, now.signature)
        self.said = (f"The draft of {len(sheet.rows)} genes that was not saved is here again.",)

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()
