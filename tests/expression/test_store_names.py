"""Names held compactly do all that a tuple of them does."""

from __future__ import annotations

import copy
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, read_expression
from resistype.expression import hdf5 as stored
from resistype.expression import store as names
from resistype.expression.store import SampleNames, arrow_index, compact, names_in
from resistype.score import ScoreOptions, score

TEXTS = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).map(str.strip), max_size=30
)


@given(TEXTS, st.integers(-35, 35), st.integers(-35, 35), st.integers(1, 4))
def test_like_a_tuple(given: list[str], start: int, stop: int, step: int) -> None:
    plain = tuple(given)
    held, index = compact(given)

    assert len(held) == len(plain)
    assert list(held) == list(plain)
    assert held == plain
    assert plain == held
    assert hash(held) == hash(plain)
    assert repr(held) == repr(plain)
    assert held[start:stop:step] == plain[start:stop:step]
    assert [held[place] for place in range(-len(plain), len(plain))] == [*plain, *plain]
    more = ("x",)
    assert held + more == (*plain, "x")
    assert more + held == ("x", *plain)
    assert index.tolist() == given
    assert copy.deepcopy(held) == plain


@given(TEXTS, TEXTS)
def test_equal_only_to_the_same_names(one: list[str], other: list[str]) -> None:
    held, there = compact(one)[0], compact(other)[0]

    assert (held == there) is (one == other)
    assert (held == tuple(other)) is (one == other)
    assert held != one  # no more than a tuple equals a list


@given(TEXTS)
def test_sound_is_what_a_set_says(given: list[str]) -> None:
    held = SampleNames(compact(given)[1])

    assert held.sound() is (len(set(given)) == len(given) and "" not in given)


def test_numpy_and_pandas_take_them() -> None:
    held, _ = compact(["c1", "c22", "é"])

    assert np.array(held).tolist() == ["c1", "c22", "é"]
    assert np.repeat(held, 2).tolist() == ["c1", "c1", "c22", "c22", "é", "é"]
    assert pd.Index(held, name="sample").tolist() == ["c1", "c22", "é"]
    assert "c22" in held
    assert held.index("é") == 2
    assert held.count("c1") == 1


def test_parts_are_joined_and_stripped_and_their_memory_is_shared() -> None:
    index = arrow_index([[" a", "b "], [], ["c"]])

    held = names_in(index)

    assert held == ("a", "b", "c")
    assert compact(held)[0] == held
    assert compact(held)[1].equals(index)
    assert names_in(pd.Index(["a", "b"])) == ("a", "b")
    assert type(names_in(pd.Index(["a", "b"], dtype=object))) is tuple


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    genes = ["CD8A", "B2M", "TAP1", "STAT1"]
    values = sp.random(
        40, 4, density=0.6, format="csr", rng=np.random.default_rng(0), dtype=np.float32
    )
    obs = pd.DataFrame({"batch": ["x", "y"] * 20}, index=[f"cell {i}" for i in range(40)])
    path = tmp_path / "cells.h5ad"
    anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=genes)).write_h5ad(path)
    return path


@pytest.mark.parametrize("many", [7, 16_384], ids=["in_parts", "at_once"])
class TestOfAFile:
    """Names of a matrix that stays on disk, read in parts or at once."""

    def read(
        self, path: Path, many: int, monkeypatch: pytest.MonkeyPatch, *, backed: bool = True
    ) -> object:
        monkeypatch.setattr(stored, "MANY", many)
        return read_expression(path, ReadOptions(unit="log2", backed=backed))

    def test_on_disk_and_in_memory_are_alike(
        self, cells: Path, many: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = self.read(cells, many, monkeypatch)
        memory = self.read(cells, many, monkeypatch, backed=False)

        assert isinstance(disk.samples, SampleNames)
        assert type(memory.samples) is tuple
        assert disk.samples == memory.samples
        assert disk.obs["batch"].tolist() == memory.obs["batch"].tolist()
        assert disk.obs.index.tolist() == list(memory.samples)
        assert memory.obs.index.dtype == object
        assert disk.obs.loc["cell 3", "batch"] == "y"
        assert disk.select(["cell 5", "cell 2"]).samples == ("cell 5", "cell 2")

    def test_scores_have_one_digest(
        self, cells: Path, many: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = self.read(cells, many, monkeypatch)
        memory = self.read(cells, many, monkeypatch, backed=False)
        one, other = (
            score(data, {"a": ["CD8A", "B2M"]}, options=ScoreOptions()) for data in (disk, memory)
        )

        assert one.digest == other.digest
        pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())

    @pytest.mark.parametrize(
        ("name", "complaint"),
        [
            ("cell 0", "E803 1 sample name occurs more than once (cell 0 x2). "),
            (" cell 0 ", "E803 1 sample name occurs more than once (cell 0 x2). "),
            ("", "E804 1 sample has no name (number 31). Name each sample."),
            ("  ", "E804 1 sample has no name (number 31). Name each sample."),
        ],
    )
    def test_a_name_twice_or_blank(
        self, cells: Path, many: int, monkeypatch: pytest.MonkeyPatch, *, name: str, complaint: str
    ) -> None:
        with h5py.File(cells, "r+") as file:
            held = file["obs"][file["obs"].attrs["_index"]]
            (held["values"] if isinstance(held, h5py.Group) else held)[30] = (
                name  # anndata 0.13 adds a mask
            )
        with pytest.raises(ExpressionError) as raised:
            self.read(cells, many, monkeypatch)

        assert str(raised.value).startswith(complaint)


def test_hashes_that_meet_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    held = SampleNames(compact(["a", "b", "c"])[1])
    monkeypatch.setattr(names, "hash", lambda name: 1 if name else 0, raising=False)

    assert not held.sound()
