"""Versions of a file: what is kept, what is refused, and that nothing half-written stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistype.curation import save_version
from resistype.errors import OutputError, SignatureError
from resistype.library import Signature, check_paths, load_library, read_toml, write_toml

FIRST = Signature(id="mine", name="Mine", up=("TOX", "LAG3"))


def version(number: str, **fields: Any) -> Signature:
    return Signature.model_validate(FIRST.model_dump() | {"version": number} | fields)


def test_the_first_version_is_a_file(tmp_path: Path) -> None:
    saved = save_version(FIRST, tmp_path)

    assert (saved.path, saved.kept, saved.change) == (tmp_path / "mine.toml", None, None)
    assert read_toml(saved.path) == FIRST


def test_a_new_version_keeps_the_old_one_beside_it(tmp_path: Path) -> None:
    save_version(FIRST, tmp_path)

    saved = save_version(version("2.0.0", up=("TOX", "CTLA4")), tmp_path / "mine.toml")

    assert saved.kept == tmp_path / "mine@1.0.0.toml"
    assert saved.change is not None
    assert (saved.change.added, saved.change.removed) == (("CTLA4",), ("LAG3",))
    library = load_library(tmp_path)
    assert library["mine"].version == "2.0.0"
    assert library["mine@1.0.0"] == FIRST
    assert [item for item in check_paths([tmp_path]) if item.code in ("L205", "E204")] == []


def test_a_third_version_keeps_both(tmp_path: Path) -> None:
    for one in (FIRST, version("2.0.0", up=("TOX",)), version("3.0.0", up=("LAG3",))):
        save_version(one, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine.toml",
        "mine@1.0.0.toml",
        "mine@2.0.0.toml",
    ]
    assert [item.version for item in load_library(tmp_path).versions("mine")] == [
        "1.0.0",
        "2.0.0",
        "3.0.0",
    ]


def test_the_same_again_is_no_version(tmp_path: Path) -> None:
    save_version(FIRST, tmp_path)

    assert save_version(FIRST, tmp_path).kept is None
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("number", "fields", "message"),
    [
        (
            "1.0.0",
            {"up": ("TOX",)},
            "the score can change, so mine@1.0.0 must become version 2.0.0 or later",
        ),
        ("1.1.0", {"up": ("TOX",)}, "must become version 2.0.0 or later; mine@1.1.0 is not"),
        (
            "1.0.0",
            {"status": "proxy"},
            "the claims changed, so mine@1.0.0 must become version 1.1.0",
        ),
        (
            "1.0.0",
            {"description": "New words."},
            "the words changed, so mine@1.0.0 must become version 1.0.1",
        ),
        ("1.0.0", {"id": "other"}, "holds another signature, mine@1.0.0. Choose another file."),
    ],
)
def test_a_version_that_does_not_fit_is_refused(
    number: str, fields: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = save_version(FIRST, tmp_path).path

    with pytest.raises(SignatureError) as caught:
        save_version(version(number, **fields), path)

    assert caught.value.code == "E213"
    assert message in caught.value.message
    assert [item.name for item in tmp_path.iterdir()] == ["mine.toml"]
    assert read_toml(path) == FIRST


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    outside = save_version(FIRST, tmp_path / "elsewhere").path
    link = tmp_path / "mine.toml"
    link.symlink_to(outside)

    with pytest.raises(OutputError, match="is a link to another place"):
        save_version(version("2.0.0", up=("TOX",)), link)
    assert read_toml(outside) == FIRST


def test_a_file_that_is_no_signature_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[tool]\nname = 'x'\n", encoding="utf-8")

    with pytest.raises(SignatureError, match="format is None"):
        save_version(FIRST, path)
    assert path.read_text(encoding="utf-8").startswith("[tool]")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_version(FIRST, tmp_path / "no" / "mine.toml")


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_version(FIRST, tmp_path).path

    def break_off(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", break_off)

    with pytest.raises(OutputError):
        save_version(version("2.0.0", up=("TOX",)), path)
    assert read_toml(path) == FIRST
    assert [item.name for item in tmp_path.iterdir()] == ["mine.toml"]


def test_a_full_disk_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_version(FIRST, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = f"{FIRST.ref}.toml"
    full = OutputError("No space left on device.", code="O101")

    def write(signature: Signature, path: Path) -> Path:
        if Path(path).name != kept:
            raise full
        return write_toml(signature, path)

    monkeypatch.setattr("resistype.curation.store.write_toml", write)
    with pytest.raises(OutputError, match="No space left"):
        save_version(version("2.0.0", up=["B2M"]), tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
