"""The desk: commands, undo, what is kept across a restart, and a save that is refused and loses nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resistype.curation.desk import Desk
from resistype.curation.desk_sheet import Row
from resistype.errors import OutputError, SignatureError
from resistype.library import check_paths, load_library, read_toml

PASTED = "STAT1 IRF1 WARS FAM26F STAT1 STRA13 1-Mar B2M"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk("mine", tmp_path)


def names(desk: Desk) -> list[str]:
    return [row.name for row in desk.sheet.rows]


def filled(desk: Desk) -> Desk:
    desk.add("STAT1 IRF1 B2M")
    desk.set_field("source.citation", "our list")
    desk.set_field("description", "Genes of an inflamed tumour.")
    return desk


def test_a_paste_is_mended_and_saved_and_passes_the_check(desk: Desk) -> None:
    desk.add(PASTED)
    desk.mend_all()
    assert names(desk) == ["STAT1", "IRF1", "WARS1", "CALHM6", "STRA13", "1-Mar", "B2M"]
    assert desk.said == ("3 mended; what is left needs your choice.",)
    with pytest.raises(SignatureError, match=r"E216 2 to mend before it can be saved: L103 .* \| L104"):
        desk.save()
    desk.mend(5, "L103", "CENPX")
    desk.mend(6, "L104", "MARCHF1")
    desk.set_field("source.citation", "our list")
    desk.set_field("description", "Genes of an inflamed tumour.")
    saved = desk.save()

    assert [one for one in check_paths([saved.path]) if one.severity == "error"] == []
    assert read_toml(saved.path).symbol_updates["1-Mar"] == "MARCHF1"
    assert [path.name for path in saved.path.parent.iterdir()] == ["mine.toml"]


def test_every_command_can_be_taken_back_and_done_again(desk: Desk) -> None:
    filled(desk)
    key = desk.sheet.rows[0].key
    states = [desk.sheet]
    for command in (
        lambda: desk.edit(key, "direction", "down"),
        lambda: desk.edit(key, "weight", "1.5"),
        lambda: desk.edit(key, "citation", "123"),
        lambda: desk.edit(key, "note", "seen"),
        lambda: desk.edit(key, "name", "STAT3"),
        lambda: desk.remove(key),
        lambda: desk.add("TAP1-"),
        lambda: desk.add_rows([Row(0, "TAP2"), Row(0, "TAP1")]),
        lambda: desk.set_field("axis", "ifng"),
        desk.discard,
    ):
        command()
        states.append(desk.sheet)
    for state in states[-2::-1]:
        desk.undo()
        assert desk.sheet == state
    for state in states[1:]:
        desk.redo()
        assert desk.sheet == state
    desk.redo()
    assert desk.sheet == states[-1]


def test_rows_that_are_there_are_not_added_again(desk: Desk) -> None:
    filled(desk)
    desk.add_rows([Row(0, "B2M"), Row(0, "TAP1", note="x")], ["from a file"])

    assert names(desk) == ["STAT1", "IRF1", "B2M", "TAP1"]
    assert desk.said == ("from a file", "1 of 2 were there already.")
    assert len({row.key for row in desk.sheet.rows}) == 4


BAD = {
    "an unknown row": (lambda d: d.edit(99, "note", "x"), "E215 There is no row 99"),
    "an unknown field of a row": (lambda d: d.edit(0, "key", "5"), "E215 A row has no field 'key'"),
    "no direction": (lambda d: d.edit(0, "direction", "left"), "E219 The direction is up or down, not 'left'"),
    "no number": (lambda d: d.edit(0, "weight", "much"), "E219 The weight 'much' is no finite number"),
    "an endless number": (lambda d: d.edit(0, "weight", "inf"), "E219 The weight 'inf' is no finite number"),
    "an empty name": (lambda d: d.edit(0, "name", "  "), "E219 A name has 1 to 200 characters"),
    "a long text": (lambda d: d.edit(0, "note", "x" * 4001), "E219 A text of at most 4,000 characters"),
    "no text": (lambda d: d.set_field("name", 7), "E219 A text of at most 4,000 characters"),
    "an unknown field": (lambda d: d.set_field("up", "x"), "E215 There is no field 'up' to set"),
    "an unknown choice": (lambda d: d.set_field("axis", "mine"), "E219 axis is one of: antigen_presentation"),
    "a mend that is not offered": (lambda d: d.mend(0, "L102", "TP53"), "E215 'TP53' is no mend for L102 of row 0"),
    "a whole matrix": (lambda d: d.add(" ".join(f"G{i}" for i in range(6000))), "E219 6,003 genes are more than"),
    "a set that is no file name": (lambda d: (d.set_field("id", "../up"), d.save()), "E216 .*O104 '../up' cannot name"),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_done_is_told(desk: Desk, act: object, message: str) -> None:
    filled(desk)
    with pytest.raises(SignatureError, match=message):
        act(desk)  # type: ignore[operator]

    assert names(desk) == ["STAT1", "IRF1", "B2M"]
    assert not (desk.shelf.folder / "mine.toml").exists()


def test_a_start_from_the_library_is_compared_with_it(tmp_path: Path) -> None:
    desk = Desk("mhc1_mine", tmp_path, "mhc1_core")
    desk.add("CIITA")
    change = desk.difference()

    assert desk.sheet.fields["id"] == "mhc1_mine"
    assert change is not None
    assert change.added == ("CIITA",)
    assert desk.stored == load_library()["mhc1_core"]


def test_discard_begins_again_from_what_was_given(tmp_path: Path) -> None:
    filled(Desk("mine", tmp_path, "TAP1 TAP2"))
    again = Desk("mine", tmp_path, "TAP1 TAP2")
    again.discard()
    assert names(again) == ["TAP1", "TAP2"]
    again.undo()

    assert names(again) == ["TAP1", "TAP2", "STAT1", "IRF1", "B2M"]


def test_a_saved_signature_is_opened_again(tmp_path: Path) -> None:
    filled(Desk("mine", tmp_path)).save()
    again = Desk("mine", tmp_path, "other text TAP1")

    assert names(again) == ["STAT1", "IRF1", "B2M"]
    assert again.said == ("mine@1.0.0 was read from mine.toml.",)


def test_a_second_version_keeps_the_first(desk: Desk) -> None:
    filled(desk).save()
    desk.add("TAP1")
    with pytest.raises(SignatureError, match=r"E213 .*must become version 2\.0\.0"):
        desk.save()
    desk.set_field("version", "2.0.0")
    saved = desk.save()

    assert saved.kept is not None
    assert read_toml(saved.kept).genes == ("STAT1", "IRF1", "B2M")
    assert sorted(path.name for path in desk.shelf.folder.iterdir()) == ["mine.toml", "mine@1.0.0.toml"]


# -- nothing is lost ----------------------------------------------------------------------------------------------


def test_a_restart_brings_the_draft_back(tmp_path: Path) -> None:
    desk = filled(Desk("mine", tmp_path, "TAP1"))
    desk.edit(desk.sheet.rows[1].key, "citation", "28650338")
    again = Desk("mine", tmp_path, "TAP1")

    assert again.sheet == desk.sheet
    assert again.said == ("The draft of 4 genes that was not saved is here again.",)


def test_a_file_changed_by_somebody_else_is_not_overwritten(desk: Desk) -> None:
    filled(desk).save()
    path = desk.seen.path
    theirs = path.read_text(encoding="utf-8").replace('"IRF1"', '"IRF2"')
    path.write_text(theirs, encoding="utf-8")
    desk.add("TAP1")
    desk.set_field("version", "2.0.0")
    with pytest.raises(SignatureError, match=r"E217 mine\.toml was changed by somebody else"):
        desk.save()
    assert path.read_text(encoding="utf-8") == theirs
    assert names(desk) == ["STAT1", "IRF1", "B2M", "TAP1"]

    desk.look_again()
    change = desk.difference()
    assert change is not None
    assert (change.added, change.removed) == (("IRF1", "TAP1"), ("IRF2",))
    assert desk.save().kept is not None


def test_a_change_by_somebody_else_is_seen_after_a_restart_too(tmp_path: Path) -> None:
    desk = filled(Desk("mine", tmp_path))
    desk.save()
    desk.add("TAP1")
    desk.set_field("version", "2.0.0")
    path = tmp_path / "mine.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"IRF1"', '"IRF2"'), encoding="utf-8")
    again = Desk("mine", tmp_path)

    assert names(again) == ["STAT1", "IRF1", "B2M", "TAP1"]
    with pytest.raises(SignatureError, match="E217"):
        again.save()


def test_a_file_that_came_from_nowhere_is_not_overwritten(desk: Desk, tmp_path: Path) -> None:
    filled(desk)
    other = filled(Desk("mine", tmp_path / "other"))
    shutil.copy(other.save().path, tmp_path / "mine.toml")
    before = (tmp_path / "mine.toml").read_bytes()
    with pytest.raises(SignatureError, match="E217"):
        desk.save()

    assert (tmp_path / "mine.toml").read_bytes() == before


def test_a_draft_that_cannot_be_kept_is_in_memory_and_says_so(desk: Desk) -> None:
    filled(desk)
    shutil.rmtree(desk.shelf.folder)
    desk.add("TAP1")

    assert "nothing was written" in desk.trouble
    assert names(desk) == ["STAT1", "IRF1", "B2M", "TAP1"]
    with pytest.raises(SignatureError, match=r"E216 .*O104"):
        desk.save()


def test_two_notebooks_do_not_write_one_draft(tmp_path: Path) -> None:
    first = filled(Desk("mine", tmp_path))
    second = Desk("mine", tmp_path)
    second.add("TAP1")
    first.add("TAP2")

    assert "O105 mine.draft.json is written by another notebook" in first.trouble
    assert names(Desk("mine", tmp_path)) == ["STAT1", "IRF1", "B2M", "TAP1"]
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
        Desk("mine", tmp_path)

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
def test_a_draft_with_rows_that_cannot_be_is_refused(tmp_path: Path, row: dict[str, object]) -> None:
    filled(Desk("mine", tmp_path))
    path = tmp_path / "mine.draft.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["sheet"]["rows"].append(row)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SignatureError, match="E218"):
        Desk("mine", tmp_path)


def test_what_is_told_after_each_command(desk: Desk) -> None:
    told: list[int] = []
    desk.listeners.append(lambda: told.append(len(desk.sheet.rows)))
    desk.add("STAT1 B2M")
    desk.undo()
    desk.undo()

    assert told == [2, 0]


def test_a_folder_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "no" / "where"):
        with pytest.raises(OutputError, match=r"O104 .* cannot be the folder of the signatures"):
            Desk("mine", place)


class Walk(RuleBasedStateMachine):
    """Any commands in any order: what is on the desk is what a new desk finds, and undo leads back to the start."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk("mine", self.folder.name)
        self.start = self.desk.sheet
        self.n = 0

    @rule(text=st.sampled_from([PASTED, "TAP1 TAP1", "wars", "", "TOX\t1.5"]))
    def add(self, text: str) -> None:
        self.desk.add(text)

    @rule()
    def mend(self) -> None:
        self.desk.mend_all()

    @rule(place=st.integers(0, 20))
    def remove(self, place: int) -> None:
        if self.desk.sheet.rows:
            self.desk.remove(self.desk.sheet.rows[place % len(self.desk.sheet.rows)].key)

    @rule(value=st.text(max_size=20))
    def note(self, value: str) -> None:
        if self.desk.sheet.rows:
            self.desk.edit(self.desk.sheet.rows[0].key, "note", value)

    @rule()
    def undo(self) -> None:
        self.desk.undo()

    @rule()
    def redo(self) -> None:
        self.desk.redo()

    @invariant()
    def kept(self) -> None:
        assert self.desk.trouble == ""
        if self.desk.sheet != self.start or (Path(self.folder.name) / "mine.draft.json").exists():
            assert Desk("mine", self.folder.name).sheet == self.desk.sheet

    def teardown(self) -> None:
        for _ in range(400):
            self.desk.undo()
        assert self.desk.sheet == self.start
        self.folder.cleanup()


Walk.TestCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
TestWalk = Walk.TestCase
