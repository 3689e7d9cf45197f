"""The guard part by part: notes of text, codecs, filters, and the look before another library
opens a file.
"""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import check_file, read_expression
from resistype.expression import limits as guard
from resistype.expression import limits as guard_zarr
from resistype.expression.limits import claimed_text
from tests.expression.build import COUNTS, write_10x, write_h5ad, write_zarr

NAMES = np.array(["a", "bcd", "", "Ünïcode", "x" * 999] * 40, dtype=object)
BYTES = sum(len(str(name).encode()) for name in NAMES)


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize("chunks", [None, (7,), (200,)])
def test_text_is_counted_without_being_read(
    tmp_path: Path, compression: str | None, chunks: tuple[int, ...] | None
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        kind = h5py.string_dtype()
        file.create_dataset("names", data=NAMES, dtype=kind, chunks=chunks, compression=compression)
    with h5py.File(tmp_path / "a.h5") as file:
        assert claimed_text(tmp_path / "a.h5", file["names"]) == BYTES


def test_what_holds_no_text_counts_none(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["numbers"] = np.arange(5)
        file["fixed"] = np.array([b"abc"] * 5)
        file["scalar"] = "text"
        file.create_dataset("never written", shape=(9,), dtype=h5py.string_dtype())
    with h5py.File(tmp_path / "a.h5") as file:
        assert [claimed_text(tmp_path / "a.h5", file[name]) for name in file] == [0, 0, 0, 0]


def test_lists_of_numbers_count_their_bytes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("lists", shape=(2,), dtype=h5py.vlen_dtype(np.float64))
        made[0], made[1] = np.arange(3.0), np.arange(4.0)
    with h5py.File(tmp_path / "a.h5") as file:
        assert claimed_text(tmp_path / "a.h5", file["lists"]) == 56


@pytest.mark.parametrize(
    "path",
    [
        lambda folder: write_h5ad(folder / "a.h5ad", COUNTS),
        lambda folder: write_h5ad(
            folder / "a.h5ad", sp.csc_matrix(COUNTS), counts=sp.csr_matrix(COUNTS)
        ),
        lambda folder: write_zarr(folder / "a.zarr", sp.csr_matrix(COUNTS), version=2),
        lambda folder: write_10x(folder / "a.h5"),
    ],
    ids=["dense", "csc and a layer", "zarr", "10x"],
)
def test_a_good_store_may_be_opened_by_others(tmp_path: Path, path) -> None:  # type: ignore[no-untyped-def]
    check_file(path(tmp_path))


def test_layers_are_looked_at_too(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "a.h5ad", COUNTS, counts=sp.csr_matrix(COUNTS))
    with h5py.File(path, "r+") as file:
        file["layers/counts/indices"][0] = 99

    with pytest.raises(ExpressionError, match=r"E313 .* layers/counts names places outside 0–7"):
        check_file(path)


CODECS = {
    "none": ({"compressor": None, "filters": None}, []),
    "v2": (
        {"compressor": {"id": "blosc"}, "filters": [{"id": "vlen-utf8"}]},
        ["blosc", "vlen-utf8"],
    ),
    "v3": ({"codecs": [{"name": "bytes"}, {"name": "numcodecs.zlib"}]}, ["bytes", "zlib"]),
    "shard": (
        {
            "codecs": [
                {
                    "name": "sharding_indexed",
                    "configuration": {"codecs": [{"name": "x"}], "index_codecs": ["y"]},
                }
            ]
        },
        ["sharding_indexed", "x", "y"],
    ),
    "odd": ({"codecs": "zstd", "filters": 5}, [5, "zstd"]),
}


@pytest.mark.parametrize(("about", "names"), CODECS.values(), ids=CODECS)
def test_codecs_are_found_wherever_they_are_asked_for(
    about: dict[str, object], names: list[object]
) -> None:
    assert list(guard_zarr._codecs(about)) == names


@pytest.mark.parametrize(
    ("kind", "size"),
    [("<f8", 8), ("|b1", 1), ("<U10", 40), ("float64", 8), ("uint16", 2), ("string", 8), ("|O", 8)],
)
def test_bytes_of_a_value(kind: str, size: int) -> None:
    assert guard_zarr._bytes(kind) == size


def test_a_summary_of_a_zarr_folder_is_not_believed(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr", version=2)
    (path / ".zmetadata").write_text(
        json.dumps({"metadata": {"../../x/.zgroup": {}}, "zarr_consolidated_format": 1})
    )

    check_file(path)


def test_the_filters_of_good_files_are_known() -> None:
    assert {1, 2, 3, 32000} <= guard.FILTERS


def test_a_column_of_another_length_is_no_column(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "a.h5ad", COUNTS)
    with h5py.File(path, "r+") as file:
        del file["obs/age"]
        file["obs/age"] = [1, 2, 3]

    with pytest.raises(
        ExpressionError, match=r"E313 /obs is damaged: column 'age' has 3 values for 4 names"
    ):
        read_expression(path)
