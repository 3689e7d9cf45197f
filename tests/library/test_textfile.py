"""Reading text of strangers: size, kind, encoding."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resistype.errors import SignatureError
from resistype.library.textfile import MAX_BYTES, read_text


def test_text_comes_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("γ\r\nx".encode())

    assert read_text(path) == "γ\r\nx"


def test_a_mark_at_the_beginning_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfname")

    assert read_text(path) == "name"


def test_latin_letters_only_where_they_are_expected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Müller".encode("latin-1"))

    assert read_text(path, latin=True) == "Müller"
    with pytest.raises(SignatureError, match="is not UTF-8 text"):
        read_text(path)


def test_binary_files_are_not_latin(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04\xff\x00")

    with pytest.raises(SignatureError, match="is not UTF-8 text"):
        read_text(path, latin=True)


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_is_exact(extra: int, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 10)
    os.truncate(path, MAX_BYTES + extra)

    if not extra:
        assert len(read_text(path)) == MAX_BYTES
        return
    with pytest.raises(SignatureError, match="at most 8 MB"):
        read_text(path)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x", encoding="utf-8")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(SignatureError, match="cannot be read: Permission denied") as caught:
        read_text(path)
    assert caught.value.code == "E205"


@pytest.mark.parametrize("name", ["absent.txt", "absent/file.txt"])
def test_an_absent_file_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="There is no file"):
        read_text(tmp_path / name)
