"""The editor: commands, undo, what is kept across a restart, and a save that is refused and
loses nothing.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resistype.curation.editor import SignatureEditor
from resistype.curation.gene_table import Row
from resistype.errors import OutputError, SignatureError
from resistype.library import check_paths, load_library, read_toml

PASTED = "STAT1 IRF1 WARS FAM26F STAT1 STRA13 1-Mar B2M"


@pytest.fixture
def editor(tmp_path: Path) -> SignatureEditor:
    return SignatureEditor("mine", tmp_path)


def names(editor: SignatureEditor) -> list[str]:
    return [row.name for row in editor.table.rows]


def filled(editor: SignatureEditor) -> SignatureEditor:
    editor.add("STAT1 IRF1 B2M")
    editor.set_field("source.citation", "our list")
    editor.set_field("description", "Genes of an inflamed tumour.")
    return editor


def test_a_paste_is_mended_and_saved_and_passes_the_check(editor: SignatureEditor) -> None:
    editor.add(PASTED)
    editor.mend_all()
    assert names(editor) == ["STAT1", "IRF1", "WARS1", "CALHM6", "STRA13", "1-Mar", "B2M"]
    assert editor.messages == ("3 mended; what is left needs your choice.",)
    with pytest.raises(
        SignatureError, match=r"E216 2 to mend before it can be saved: L103 .* \| L104"
    ):
        editor.save()
    editor.mend(5, "L103", "CENPX")
    editor.mend(6, "L104", "MARCHF1")
    editor.set_field("source.citation", "our list")
    editor.set_field("description", "Genes of an inflamed tumour.")
    saved = editor.save()

    assert [one for one in check_paths([saved.path]) if one.severity == "error"] == []
    assert read_toml(saved.path).symbol_updates["1-Mar"] == "MARCHF1"
    assert [path.name for path in saved.path.parent.iterdir()] == ["mine.toml"]


def test_every_command_can_be_taken_back_and_done_again(editor: SignatureEditor) -> None:
    filled(editor)
    key = editor.table.rows[0].key
    states = [editor.table]
    for command in (
        lambda: editor.edit(key, "direction", "down"),
        lambda: editor.edit(key, "weight", "1.5"),
        lambda: editor.edit(key, "citation", "123"),
        lambda: editor.edit(key, "note", "seen"),
        lambda: editor.edit(key, "name", "STAT3"),
        lambda: editor.remove(key),
        lambda: editor.add("TAP1-"),
        lambda: editor.add_rows([Row(0, "TAP2"), Row(0, "TAP1")]),
        lambda: editor.set_field("axis", "ifng"),
        editor.discard,
    ):
        command()
        states.append(editor.table)
    for state in states[-2::-1]:
        editor.undo()
        assert editor.table == state
    for state in states[1:]:
        editor.redo()
        assert editor.table == state
    editor.redo()
    assert editor.table == states[-1]


def test_rows_that_are_there_are_not_added_again(editor: SignatureEditor) -> None:
    filled(editor)
    editor.add_rows([Row(0, "B2M"), Row(0, "TAP1", note="x")], ["from a file"])

    assert names(editor) == ["STAT1", "IRF1", "B2M", "TAP1"]
    assert editor.messages == ("from a file", "1 of 2 were there already.")
    assert len({row.key for row in editor.table.rows}) == 4


BAD = {
    "an unknown row": (lambda d: d.edit(99, "note", "x"), "E215 There is no row 99"),
    "an unknown field of a row": (lambda d: d.edit(0, "key", "5"), "E215 A row has no field 'key'"),
    "no direction": (
        lambda d: d.edit(0, "direction", "left"),
        "E219 The direction is up or down, not 'left'",
    ),
    "no number": (
        lambda d: d.edit(0, "weight", "much"),
        "E219 The weight 'much' is no finite number",
    ),
    "an endless number": (
        lambda d: d.edit(0, "weight", "inf"),
        "E219 The weight 'inf' is no finite number",
    ),
    "an empty name": (lambda d: d.edit(0, "name", "  "), "E219 A name has 1 to 200 characters"),
    "a long text": (
        lambda d: d.edit(0, "note", "x" * 4001),
        "E219 A text of at most 4,000 characters",
    ),
    "no text": (lambda d: d.set_field("name", 7), "E219 A text of at most 4,000 characters"),
    "an unknown field": (lambda d: d.set_field("up", "x"), "E215 There is no field 'up' to set"),
    "an unknown choice": (
        lambda d: d.set_field("axis", "mine"),
        "E219 axis is one of: antigen_presentation",
    ),
    "a mend that is not offered": (
        lambda d: d.mend(0, "L102", "TP53"),
        "E215 'TP53' is no mend for L102 of row 0",
    ),
    "a whole matrix": (
        lambda d: d.add(" ".join(f"G{i}" for i in range(6000))),
        "E219 6,003 genes are more than",
    ),
    "a set that is no file name": (
        lambda d: (d.set_field("id", "../up"), d.save()),
        "E216 .*O104 '../up' cannot name",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_done_is_told(editor: SignatureEditor, act: object, message: str) -> None:
    filled(editor)
    with pytest.raises(SignatureError, match=message):
        act(editor)  # type: ignore[operator]

    assert names(editor) == ["STAT1", "IRF1", "B2M"]
    assert not (editor.store.folder / "mine.toml").exists()


def test_a_start_from_the_library_is_compared_with_it(tmp_path: Path) -> None:
    editor = SignatureEditor("mhc1_mine", tmp_path, "mhc1_core")
    editor.add("CIITA")
    change = editor.difference()

    assert editor.table.fields["id"] == "mhc1_mine"
    assert change is not None
    assert change.added == ("CIITA",)
    assert editor.stored == load_library()["mhc1_core"]


def test_discard_begins_again_from_what_was_given(tmp_path: Path) -> None:
    filled(SignatureEditor("mine", tmp_path, "TAP1 TAP2"))
    again = SignatureEditor("mine", tmp_path, "TAP1 TAP2")
    again.discard()
    assert names(again) == ["TAP1", "TAP2"]
    again.undo()

    assert names(again) == ["TAP1", "TAP2", "STAT1", "IRF1", "B2M"]


def test_a_saved_signature_is_opened_again(tmp_path: Path) -> None:
    filled(SignatureEditor("mine", tmp_path)).save()
    again = SignatureEditor("mine", tmp_path, "other text TAP1")

    assert names(again) == ["STAT1", "IRF1", "B2M"]
    assert again.messages == ("mine@1.0.0 was read from mine.toml.",)


def test_a_second_version_keeps_the_first(editor: SignatureEditor) -> None:
    filled(editor).save()
    editor.add("TAP1")
    with pytest.raises(SignatureError, match=r"E213 .*must become version 2\.0\.0"):
        editor.save()
    editor.set_field("version", "2.0.0")
    saved = editor.save()

    assert saved.kept is not None
    assert read_toml(saved.kept).genes == ("STAT1", "IRF1", "B2M")
    assert sorted(path.name for path in editor.store.folder.iterdir()) == [
        "mine.toml",
        "mine@1.0.0.toml",
    ]


# -- nothing is lost -------------------------------------------------------------------------------


def test_a_restart_brings_the_draft_back(tmp_path: Path) -> None:
    editor = filled(SignatureEditor("mine", tmp_path, "TAP1"))
    editor.edit(editor.table.rows[1].key, "citation", "28650338")
    again = SignatureEditor("mine", tmp_path, "TAP1")

    assert again.table == editor.table
    assert again.messages == ("The draft of 4 genes that was not saved is here again.",)


def test_a_file_changed_by_somebody_else_is_not_overwritten(editor: SignatureEditor) -> None:
    filled(editor).save()
    path = editor.seen.path
    theirs = path.read_text(encoding="utf-8").replace('"IRF1"', '"IRF2"')
    path.write_text(theirs, encoding="utf-8")
    editor.add("TAP1")
    editor.set_field("version", "2.0.0")
    with pytest.raises(SignatureError, match=r"E217 mine\.toml was changed by somebody else"):
        editor.save()
    assert path.read_text(encoding="utf-8") == theirs
    assert names(editor) == ["STAT1", "IRF1", "B2M", "TAP1"]

    editor.look_again()
    change = editor.difference()
    assert change is not None
    assert (change.added, change.removed) == (("IRF1", "TAP1"), ("IRF2",))
    assert editor.save().kept is not None


def test_a_change_by_somebody_else_is_seen_after_a_restart_too(tmp_path: Path) -> None:
    editor = filled(SignatureEditor("mine", tmp_path))
    editor.save()
    editor.add("TAP1")
    editor.set_field("version", "2.0.0")
    path = tmp_path / "mine.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"IRF1"', '"IRF2"'), encoding="utf-8")
    again = SignatureEditor("mine", tmp_path)

    assert names(again) == ["STAT1", "IRF1", "B2M", "TAP1"]
    with pytest.raises(SignatureError, match="E217"):
        again.save()


def test_a_file_that_came_from_nowhere_is_not_overwritten(
    editor: SignatureEditor, tmp_path: Path
) -> None:
    filled(editor)
    other = filled(SignatureEditor("mine", tmp_path / "other"))
    shutil.copy(other.save().path, tmp_path / "mine.toml")
    before = (tmp_path / "mine.toml").read_bytes()
    with pytest.raises(SignatureError, match="E217"):
        editor.save()

    assert (tmp_path / "mine.toml").read_bytes() == before


def test_a_draft_that_cannot_be_kept_is_in_memory_and_says_so(editor: SignatureEditor) -> None:
    filled(editor)
    shutil.rmtree(editor.store.folder)
    editor.add("TAP1")

    assert "nothing was written" in editor.unsaved
    assert names(editor) == ["STAT1", "IRF1", "B2M", "TAP1"]
    with pytest.raises(SignatureError, match=r"E216 .*O104"):
        editor.save()


def test_two_notebooks_do_not_write_one_draft(tmp_path: Path) -> None:
    first = filled(SignatureEditor("mine", tmp_path))
    second = SignatureEditor("mine", tmp_path)
    second.add("TAP1")
    first.add("TAP2")

    assert "O105 mine.draft.json is written by another notebook" in first.unsaved
    assert names(SignatureEditor("mine", tmp_path)) == ["STAT1", "IRF1", "B2M", "TAP1"]
    assert names(first) == ["STAT1", "IRF1", "B2M", "TAP2"]


HARM = {
    "no JSON": "{",
    "another format": '{"format": "x"}',
    "a newer format": '{"format": "resistype-draft", "format_version": 99}',
    "no sheet": '{"format": "resistype-draft", "format_version": 1}',
    "a list": "[]",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", HARM.values(), ids=HARM.keys())
def test_a_draft_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.draft.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SignatureError, match="E218"):
        SignatureEditor("mine", tmp_path)

    assert path.read_text(encoding="utf-8") == text


ROWS = {
    "an unknown field": {"key": 0, "name": "B2M", "path": "/etc"},
    "a direction": {"key": 0, "name": "B2M", "direction": "left"},
    "a number": {"key": 0, "name": 7},
    "a long name": {"key": 0, "name": "x" * 5000},
    "a weight": {"key": 0, "name": "B2M", "weight": "x"},
    "no key": {"key": "0", "name": "B2M"},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_draft_with_rows_that_cannot_be_is_refused(
    tmp_path: Path, row: dict[str, object]
) -> None:
    filled(SignatureEditor("mine", tmp_path))
    path = tmp_path / "mine.draft.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["sheet"]["rows"].append(row)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SignatureError, match="E218"):
        SignatureEditor("mine", tmp_path)


def test_what_is_told_after_each_command(editor: SignatureEditor) -> None:
    told: list[int] = []
    editor.changed.connect(lambda _: told.append(len(editor.table.rows)))
    editor.add("STAT1 B2M")
    editor.undo()
    editor.undo()

    assert told == [2, 0]


def test_a_folder_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "no" / "where"):
        with pytest.raises(OutputError, match=r"O104 .* cannot be the folder of the signatures"):
            SignatureEditor("mine", place)


class Walk(RuleBasedStateMachine):
    """Any commands in any order: what is on the editor is what a new editor finds, and undo
    leads back to the start.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.editor = SignatureEditor("mine", self.folder.name)
        self.start = self.editor.table
        self.n = 0

    @rule(text=st.sampled_from([PASTED, "TAP1 TAP1", "wars", "", "TOX\t1.5"]))
    def add(self, text: str) -> None:
        self.editor.add(text)

    @rule()
    def mend(self) -> None:
        self.editor.mend_all()

    @rule(place=st.integers(0, 20))
    def remove(self, place: int) -> None:
        if self.editor.table.rows:
            self.editor.remove(self.editor.table.rows[place % len(self.editor.table.rows)].key)

    @rule(value=st.text(max_size=20))
    def note(self, value: str) -> None:
        if self.editor.table.rows:
            self.editor.edit(self.editor.table.rows[0].key, "note", value)

    @rule()
    def undo(self) -> None:
        self.editor.undo()

    @rule()
    def redo(self) -> None:
        self.editor.redo()

    @invariant()
    def kept(self) -> None:
        assert self.editor.unsaved == ""
        if self.editor.table != self.start or (Path(self.folder.name) / "mine.draft.json").exists():
            assert SignatureEditor("mine", self.folder.name).table == self.editor.table

    def teardown(self) -> None:
        for _ in range(400):
            self.editor.undo()
        assert self.editor.table == self.start
        self.folder.cleanup()


Walk.TestCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
TestWalk = Walk.TestCase
