"""Writing whole or not at all: what is there before, during and after, whoever else writes."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from resistype.safe.files import replace_file


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def inside(folder: Path) -> list[str]:
    """Names of everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def text(words: bytes):  # type: ignore[no-untyped-def]
    return lambda stream: stream.write(words)


def test_a_new_file(tmp_path: Path) -> None:
    made = replace_file(str(tmp_path / "a.txt"), text(b"whole"))

    assert made == tmp_path / "a.txt"
    assert made.read_bytes() == b"whole"
    assert inside(tmp_path) == ["a.txt"]


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"a longer text than the new one")
    replace_file(target, text(b"new"))

    assert target.read_bytes() == b"new"
    assert inside(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "error", [ValueError("bad"), OSError(28, "No space left on device"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("older", [None, b"old"])
def test_an_error_inside_leaves_what_was_there(
    tmp_path: Path, error: BaseException, older: bytes | None
) -> None:
    target = tmp_path / "a.txt"
    if older is not None:
        target.write_bytes(older)

    def fail(stream: BinaryIO) -> None:
        stream.write(b"half of it")
        raise error

    with pytest.raises(type(error)):
        replace_file(target, fail)
    assert inside(tmp_path) == ([] if older is None else ["a.txt"])
    assert older is None or target.read_bytes() == older


def test_while_writing_the_old_file_is_read(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    seen = []

    def write(stream: BinaryIO) -> None:
        stream.write(b"new")
        stream.flush()
        seen.append(target.read_bytes())

    replace_file(target, write)
    assert seen == [b"old"]
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
@pytest.mark.usefixtures("umask")
def test_permissions_follow_the_umask(tmp_path: Path, mask: int, expected: int) -> None:
    os.umask(mask)
    made = replace_file(tmp_path / "a.txt", text(b"x"))

    assert stat.S_IMODE(made.stat().st_mode) == expected


def test_concurrent_writers_leave_one_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    bodies = [bytes([65 + number]) * 200_000 for number in range(8)]
    start = threading.Barrier(len(bodies))

    def write(body: bytes) -> None:
        start.wait()
        for _ in range(5):
            replace_file(target, text(body))

    threads = [threading.Thread(target=write, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert target.read_bytes() in bodies
    assert inside(tmp_path) == ["a.txt"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    bodies = {b"A" * 300_000, b"B" * 300_000}
    replace_file(target, text(b"A" * 300_000))
    done = threading.Event()

    def write() -> None:
        for _ in range(10):
            for body in sorted(bodies):
                replace_file(target, text(body))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(target.read_bytes())
    writer.join()

    assert seen <= bodies


@pytest.mark.parametrize(
    "name", ["a", "γ" * 127, "档" * 85, "🧬" * 63, "n" * 255], ids=["a", "2", "3", "4", "1"]
)
def test_names_as_long_as_the_system_allows(tmp_path: Path, name: str) -> None:
    """255 bytes is the limit; the temporary file beside it must not need more."""
    assert replace_file(tmp_path / name, text(b"x")).read_bytes() == b"x"
    assert inside(tmp_path) == [name]


@pytest.mark.parametrize("make", ["missing folder", "a file as folder", "a folder as file"])
def test_where_no_file_can_be(tmp_path: Path, make: str) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    target = {
        "missing folder": tmp_path / "no" / "a.txt",
        "a file as folder": tmp_path / "file" / "a.txt",
        "a folder as file": tmp_path / "folder",
    }[make]
    with pytest.raises(OSError, match=r"."):
        replace_file(target, text(b"x"))
    assert inside(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"old"
