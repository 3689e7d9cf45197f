"""Parquet of strangers: sound files come whole, those that declare far more than they hold are
refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resistype.safe import arrays as parquet
from resistype.safe.arrays import read_frame
from resistype.safe.toml import RefusedError

TABLE = pd.DataFrame(
    {"patient": ["P1", "P1", None], "kind": pd.Categorical(["T", "B", "T"]), "n": [1, 2, 3]}
)


@pytest.mark.parametrize("compression", [None, "snappy", "zstd"])
def test_a_sound_file_comes_whole(tmp_path: Path, compression: str | None) -> None:
    TABLE.to_parquet(tmp_path / "a.parquet", compression=compression)

    pd.testing.assert_frame_equal(read_frame(tmp_path / "a.parquet"), TABLE)


def test_many_equal_texts_are_no_bomb(tmp_path: Path) -> None:
    pd.DataFrame({"kind": ["T cell"] * 300_000}).to_parquet(tmp_path / "a.parquet")

    assert len(read_frame(tmp_path / "a.parquet")) == 300_000


def test_rows_are_counted_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BOMB_SIZE", 1000)
    pd.DataFrame({"n": np.zeros(1_000_000)}).to_parquet(tmp_path / "a.parquet", compression="zstd")

    with pytest.raises(RefusedError, match=r"it declares 0\.0 GB but holds"):
        read_frame(tmp_path / "a.parquet")


@pytest.mark.parametrize("dictionary", [True, False])
def test_texts_are_counted_before_they_are_spread_out(tmp_path: Path, dictionary: bool) -> None:
    names: pa.Array = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(400, np.int32)), pa.array(["x" * 1_000_000])
    )
    table = pa.table({"gene": names if dictionary else names.dictionary_decode()})
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(RefusedError, match=r"it declares 0\.4 GB but holds"):
        read_frame(tmp_path / "a.parquet")


def test_lists_are_no_cells(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [[1, 2], [3]]}), tmp_path / "a.parquet")

    with pytest.raises(RefusedError, match="column 'a' holds lists or tables"):
        read_frame(tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 99 + b"PAR1"])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)

    with pytest.raises(RefusedError) as caught:
        read_frame(tmp_path / "a.parquet")
    assert caught.value.invalid
