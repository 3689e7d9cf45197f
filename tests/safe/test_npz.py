"""Arrays from somebody else: whole ones are read, everything else is refused with a word."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from resistype.safe.arrays import array_files, read_arrays, write_pair
from resistype.safe.toml import RefusedError


def test_arrays_come_back(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.arange(3.0), names=np.array(["a", "b"]))
    found = read_arrays(tmp_path / "a.npz")

    assert found["x"].tolist() == [0, 1, 2]
    assert found["names"].tolist() == ["a", "b"]


def test_python_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))

    with pytest.raises(RefusedError, match=r"its arrays cannot be read \(ValueError\)"):
        read_arrays(tmp_path / "a.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\0" * (3 << 20))

    with pytest.raises(RefusedError, match="its arrays are larger than 2 MB"):
        read_arrays(tmp_path / "a.npz", max_bytes=2 << 20)


def encrypted() -> bytes:
    """An archive whose entry says that it is encrypted, which zipfile tells with a RuntimeError."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.npy", b"abc")
    content = bytearray(out.getvalue())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flag] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 10, b"\x93NUMPY", encrypted()]
)
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)

    with pytest.raises(RefusedError, match="its arrays cannot be read"):
        read_arrays(tmp_path / "a.npz")


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "a.npz")


def test_a_pair_is_readable_whenever_its_writer_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_pair(path, "one", {"x": np.array([1.0])})
    real, calls, ends = Path.replace, [], [0]

    def killed(self: Path, target: Path) -> Path:
        calls.append(self.name)
        if len(calls) == ends[0]:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    for ends[0], text, values in ((1, "one", [1.0]), (2, "one", [1.0]), (3, "two", [2.0])):
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            write_pair(path, "two", {"x": np.array([2.0])})
        assert path.read_text() == text
        assert values in [read_arrays(one)["x"].tolist() for one in array_files(path)]


def test_a_pair_leaves_two_files(tmp_path: Path) -> None:
    write_pair(tmp_path / "a.json", "words", {"x": np.array([1.0])})

    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.json", "a.npz"]
    assert array_files(tmp_path / "absent.json") == [tmp_path / "absent.npz"]
