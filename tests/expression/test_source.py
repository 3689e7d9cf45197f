"""The hash of a file: found late for what stays on disk, never of another file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, read_expression
from resistype.expression import store as module
from resistype.expression.store import SourceFile

GENES = ["CD8A", "B2M", "TAP1", "TAP2"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    adata = anndata.AnnData(
        sp.csr_matrix(np.eye(4, dtype=np.float32) * 3), var=pd.DataFrame(index=GENES)
    )
    adata.obs_names = [f"c{i}" for i in range(4)]
    adata.write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path / "cells.h5ad"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("backed", [True, False])
def test_the_hash_is_that_of_the_file(file: Path, *, backed: bool) -> None:
    data = read_expression(file, ReadOptions(unit="log2", backed=backed))

    assert data.digest == sha256(file)
    assert data.select(["c1"]).digest == data.digest
    assert replace(data, notes=()).digest == data.digest


def test_a_file_on_disk_is_hashed_once_and_when_asked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []
    real = module._sha256
    monkeypatch.setattr(module, "_sha256", lambda path: calls.append(path) or real(path))

    data = read_expression(file, ReadOptions(unit="log2", backed=True))
    assert calls == []
    assert data.digest == data.select(["c1"]).digest
    assert calls == [file]


def test_a_file_read_whole_may_go_away(file: Path) -> None:
    expected = sha256(file)
    data = read_expression(file, ReadOptions(unit="log2", backed=False))
    file.unlink()

    assert data.digest == expected


@pytest.mark.parametrize("change", ["other", "gone"])
def test_another_file_is_refused(file: Path, change: str) -> None:
    data = read_expression(file, ReadOptions(unit="log2", backed=True))
    data.values.close()
    if change == "other":
        file.write_bytes(file.read_bytes() + b"x")
    else:
        file.unlink()

    with pytest.raises(
        ExpressionError, match=r"E316 .* has been changed since it was opened\. Read it again"
    ):
        _ = data.digest


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    first = SourceFile(tmp_path).sha256
    (tmp_path / "b").rename(tmp_path / "c")

    assert len(first) == 64
    assert SourceFile(tmp_path).sha256 != first


def test_nothing_in_memory() -> None:
    from resistype.expression import as_expression

    assert as_expression(pd.DataFrame([[1.5, 2.5]], columns=GENES[:2], index=["a"])).digest == ""
