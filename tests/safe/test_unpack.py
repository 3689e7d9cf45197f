"""Bytes of a file: plain or gzipped, whole, and no more than agreed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from resistype.safe.files import unpacked
from resistype.safe.toml import RefusedError

TEXT = b"gene\tS1\nB2M\t1\n"


@pytest.mark.parametrize("content", [TEXT, gzip.compress(TEXT)])
def test_the_same_content_either_way(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    assert unpacked(tmp_path / "a", max_bytes=1000) == TEXT


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * (2 << 20), "it is larger than 1 MB"),
        (gzip.compress(b"x" * (2 << 20)), "it unpacks to more than 1 MB"),
        (gzip.compress(TEXT)[:-9], "it is not a whole gzip file"),
        (
            gzip.compress(TEXT)[:12] + b"????" + gzip.compress(TEXT)[16:],
            "it is not a whole gzip file",
        ),
        (b"\x1f\x8b", "it is not a whole gzip file"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(RefusedError, match=why):
        unpacked(tmp_path / "a", max_bytes=1 << 20)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="it is not a file"):
        unpacked(tmp_path, max_bytes=1)


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unpacked(tmp_path / "a", max_bytes=1)
