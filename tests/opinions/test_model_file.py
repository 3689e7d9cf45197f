"""Files of models: the same figures back, and nothing that was changed, cut, made newer or made
to harm.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ModelError, OutputError
from resistype.opinions.model import digest_of, read_model, write_model

HEAD: dict[str, Any] = {
    "kind": "logistic",
    "classes": ["a", "γ"],
    "assessment": {"auc": 0.1 + 0.2, "p": 1 / 3},
}
ARRAYS = {
    "location": np.array([1.0, 1 / 3, -0.0]),
    "codes": np.array([[0, 1], [2, 3]]),
    "empty": np.empty(0),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.json", HEAD, ARRAYS)


def test_what_was_written_is_read(saved: Path) -> None:
    head, arrays = read_model(saved)

    assert head == {"format": "resistype-model", "format_version": 1, **HEAD}
    assert {name: one.tobytes() for name, one in arrays.items()} == {
        name: one.tobytes() for name, one in ARRAYS.items()
    }
    assert arrays["codes"].shape == (2, 2)
    assert sorted(path.name for path in saved.parent.iterdir()) == ["model.json", "model.npz"]


def test_writing_again_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    head, arrays = read_model(saved)
    (tmp_path / "b").mkdir()
    again = write_model(tmp_path / "b" / "model.json", head, arrays)

    assert again.read_bytes() == saved.read_bytes()
    assert again.with_suffix(".npz").read_bytes() == saved.with_suffix(".npz").read_bytes()


def test_a_file_can_be_read_by_a_person_and_holds_no_pickle(saved: Path) -> None:
    text = saved.read_text(encoding="utf-8")

    assert '"γ"' in text
    with zipfile.ZipFile(saved.with_suffix(".npz")) as archive:
        assert all(b"'descr': '<" in archive.read(name)[:80] for name in archive.namelist())


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), NUMBERS, max_size=3),
    st.lists(NUMBERS, max_size=5),
)
def test_any_figures_come_back_as_they_are(words: dict[str, float], row: list[float]) -> None:
    before = digest_of({"about": words}, {"x": np.array(row, dtype=float)})
    after = json.loads(json.dumps({"about": words}))

    assert digest_of(after, {"x": np.array(row, dtype=">f8")}) == before


@given(st.integers(0, 2), st.integers(0, 63))
def test_one_bit_more_is_another_digest(place: int, bit: int) -> None:
    changed = ARRAYS["location"].copy()
    changed.view(np.uint64)[place] ^= np.uint64(1 << bit)

    assert digest_of(HEAD, {**ARRAYS, "location": changed}) != digest_of(HEAD, ARRAYS)


def test_shape_and_name_count_in_the_digest() -> None:
    whole = digest_of(HEAD, ARRAYS)

    assert digest_of(HEAD, {**ARRAYS, "codes": ARRAYS["codes"].ravel()}) != whole
    assert (
        digest_of(
            HEAD, {"place": ARRAYS["location"], "codes": ARRAYS["codes"], "empty": ARRAYS["empty"]}
        )
        != whole
    )


def _json(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        head = json.loads(path.read_text(encoding="utf-8"))
        change(head)
        path.write_text(json.dumps(head), encoding="utf-8")

    return edit


def _arrays(**changed: Any) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        np.savez_compressed(path.with_suffix(".npz"), **{**ARRAYS, **changed})

    return edit


def _pickled(path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path.with_suffix(".npz"), "a") as archive:
        archive.writestr("evil.npy", stream.getvalue())


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path.with_suffix(".npz"), "w", zipfile.ZIP_DEFLATED) as archive:
        zeros = bytes(2**20)
        with archive.open("location.npy", "w", force_zip64=True) as stream:
            for _ in range(520):
                stream.write(zeros)


def _flip(path: Path) -> None:
    arrays = path.with_suffix(".npz")
    data = bytearray(arrays.read_bytes())
    data[len(data) // 3] ^= 0xFF
    arrays.write_bytes(bytes(data))


CHANGED = "it was changed after it was written (its hash does not match). Fit the model again"
UNREADABLE = "its arrays cannot be read"
REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a class renamed": (_json(lambda head: head.update(classes=["a", "b"])), CHANGED),
    "a better auc": (_json(lambda head: head["assessment"].update(auc=0.99)), CHANGED),
    "a word more": (_json(lambda head: head.update(note="mine")), CHANGED),
    "a word less": (_json(lambda head: head.pop("kind")), CHANGED),
    "no hash": (_json(lambda head: head.pop("sha256")), CHANGED),
    "another number": (_arrays(location=np.array([1.0, 1 / 3, 1e-300])), CHANGED),
    "minus zero made zero": (_arrays(location=np.array([1.0, 1 / 3, 0.0])), CHANGED),
    "another shape": (_arrays(codes=np.arange(4)), CHANGED),
    "an array more": (_arrays(more=np.zeros(1)), CHANGED),
    "a newer format": (
        _json(lambda head: head.update(format_version=2)),
        "it has format version 2 and this resistype reads 1; install a newer resistype",
    ),
    "an older format": (
        _json(lambda head: head.update(format_version=0)),
        "its format version is 0",
    ),
    "a format that is text": (
        _json(lambda head: head.update(format_version="1")),
        "its format version is '1'",
    ),
    "a format that is true": (
        _json(lambda head: head.update(format_version=True)),
        "its format version is True",
    ),
    "another kind of file": (
        _json(lambda head: head.update(format="resistype-reference")),
        "it is not a resistype model",
    ),
    "a list": (lambda path: path.write_text("[1]"), "it is not a resistype model"),
    "no json": (lambda path: path.write_text("{"), "it is not JSON"),
    "not a number in it": (lambda path: path.write_text('{"format": NaN}'), "NaN is no JSON"),
    "depth": (lambda path: path.write_text("[" * 200_000), "brackets nest deeper than 8"),
    "bytes": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "it is not JSON"),
    "much text": (
        lambda path: path.write_text(" " * (8 * 2**20 + 1)),
        "its JSON is larger than 8 MB",
    ),
    "absent": (Path.unlink, "there is no such file"),
    "arrays absent": (
        lambda path: path.with_suffix(".npz").unlink(),
        "there is no such file; a model is a .json and the .npz written with it",
    ),
    "arrays of bytes": (
        lambda path: path.with_suffix(".npz").write_bytes(b"not an archive"),
        UNREADABLE,
    ),
    "arrays cut short": (
        lambda path: os.truncate(
            path.with_suffix(".npz"), path.with_suffix(".npz").stat().st_size // 2
        ),
        UNREADABLE,
    ),
    "a bit flipped": (_flip, ""),
    "a pickle": (_pickled, UNREADABLE),
    "text as array": (
        _arrays(location=np.array(["a", "b", "c"])),
        "array 'location' does not hold plain numbers",
    ),
    "a bomb": (_bomb, "its arrays are larger than 512 MB"),
}


@pytest.mark.parametrize(("change", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_changed_file_is_refused(saved: Path, change: Callable[[Path], Any], why: str) -> None:
    change(saved)
    with pytest.raises(ModelError) as caught:
        read_model(saved)

    assert str(caught.value).startswith(f"T103 The model '{saved.with_suffix('')}")
    assert why in str(caught.value)


def test_a_folder_that_is_absent_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"O101 The model could not be written to .*: No such file or directory"
    ):
        write_model(tmp_path / "absent" / "model.json", HEAD, ARRAYS)

    assert list(tmp_path.iterdir()) == []


def test_the_name_of_the_arrays_cannot_be_the_name_of_the_model(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"give the model a name that ends in \.json"):
        write_model(tmp_path / "model.npz", HEAD, ARRAYS)

    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_model(tmp_path / "model.json", {"auc": float("nan")}, ARRAYS)

    assert list(tmp_path.iterdir()) == []


def test_an_older_model_stays_when_writing_fails(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_model(saved)[0]

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("resistype.safe.files.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_model(saved, {**HEAD, "kind": "knn"}, ARRAYS)

    assert read_model(saved)[0] == before
    assert sorted(path.name for path in saved.parent.iterdir()) == ["model.json", "model.npz"]
