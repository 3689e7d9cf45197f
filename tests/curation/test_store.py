"""The shelf: what names a file, links, a folder that moved, a full disk. Nothing half-written,
nothing elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resistype.curation.store import DraftStore
from resistype.errors import OutputError
from resistype.library import Signature, read_toml
from tests.widgets.hostile import HOSTILE

MINE = Signature(id="mine", name="Mine", up=("B2M", "TAP1"))
NAMES = {
    "up": "../mine",
    "absolute": "/etc/mine",
    "hidden": ".mine",
    "folder": "a/b",
    "backslash": "a\\b",
    "empty": "",
    "letters": "MINE",
    "look-alike": "mіne",
    "line": "mine\n",
    "long": "m" * 65,
    "nothing": "mine\0",
}


@pytest.mark.parametrize("name", [*NAMES.values(), *HOSTILE], ids=lambda name: ascii(name)[:24])
def test_a_name_that_is_no_plain_id_names_no_file(tmp_path: Path, name: str) -> None:
    shelf = DraftStore(tmp_path / "mine")
    for act in (shelf.path, shelf.look, shelf.draft_path, shelf.read_draft):
        with pytest.raises(OutputError, match=r"(?s)O104 .* cannot name a file"):
            act(name)

    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text("theirs")
    shelf = DraftStore(tmp_path / "mine")
    (shelf.folder / "mine.toml").symlink_to(outside)
    with pytest.raises(OutputError, match=r"O106 .* is a link to another place"):
        shelf.save(MINE, shelf.look("mine"))

    assert outside.read_text() == "theirs"


def test_a_link_in_the_place_of_the_draft_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    shelf = DraftStore(tmp_path / "mine")
    (shelf.folder / "mine.draft.json").symlink_to(outside)
    shelf.keep_draft("mine", {"sheet": {}})

    assert not outside.exists()
    assert not (shelf.folder / "mine.draft.json").is_symlink()


def test_a_folder_that_became_another_one_is_refused(tmp_path: Path) -> None:
    shelf = DraftStore(tmp_path / "mine")
    other = tmp_path / "other"
    other.mkdir()
    shelf.folder.rename(tmp_path / "moved")
    (tmp_path / "mine").symlink_to(other)
    with pytest.raises(
        OutputError, match=r"O104 .* is gone, or another folder than the one chosen"
    ):
        shelf.path("mine")

    assert list(other.iterdir()) == []


def test_a_folder_behind_a_link_is_the_folder_itself(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    shelf = DraftStore(tmp_path / "link")

    assert shelf.save(MINE, shelf.look("mine")).path == real.resolve() / "mine.toml"


FULL = """
import resource, sys, json
from resistype.curation.editor import SignatureEditor
from resistype.errors import ResistypeError
editor = SignatureEditor("mine", sys.argv[1])
editor.add("TAP2")
editor.set_field("version", "2.0.0")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
said = []
for act in (lambda: editor.add("LAG3"), editor.save):
    try:
        act()
    except ResistypeError as error:
        said.append(str(error))
print(json.dumps([editor.unsaved, said, [row.name for row in editor.table.rows]]))
"""


def test_a_full_disk_leaves_the_folder_as_it_was_and_the_draft_in_memory(tmp_path: Path) -> None:
    shelf = DraftStore(tmp_path)
    shelf.save(MINE, shelf.look("mine"))
    before = (tmp_path / "mine.toml").read_bytes()
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + FULL
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    unsaved, messages, names = json.loads(done.stdout.splitlines()[-1])

    assert (
        unsaved
        == "O105 The draft could not be kept in mine.draft.json: File too large. It is only in"
        " memory now."
    )
    assert len(messages) == 1
    assert "cannot be written: File too large" in messages[0]
    assert names == ["B2M", "TAP1", "TAP2", "LAG3"]
    assert (tmp_path / "mine.toml").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.draft.json", "mine.toml"]
    assert read_toml(tmp_path / "mine.toml") == MINE


def test_a_draft_that_is_not_ours_is_not_taken_away(tmp_path: Path) -> None:
    shelf, other = DraftStore(tmp_path), DraftStore(tmp_path)
    shelf.keep_draft("mine", {"sheet": 1})
    other.forget_draft("mine")
    assert shelf.draft_path("mine").exists()
    shelf.forget_draft("mine")

    assert not shelf.draft_path("mine").exists()
