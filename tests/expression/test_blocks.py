"""Blocks: every row once, within the budget, the same values from every source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import (
    Backed,
    Block,
    CsrRows,
    Expression,
    ReadOptions,
    as_expression,
    iter_blocks,
    read_block,
    read_expression,
)
from tests.expression.build import COUNTS, annotated, expression, write_10x, write_h5ad, write_zarr

BACKED = ReadOptions(backed=True)


def as_dense(got: Any) -> np.ndarray:
    if isinstance(got, CsrRows):
        data, indices, indptr, n_genes = got
        return sp.csr_matrix((data, indices, indptr), shape=(indptr.size - 1, n_genes)).toarray()
    return np.asarray(got)


def sources(folder: Path) -> dict[str, Expression]:
    """The small matrix through every way in."""
    csr = sp.csr_matrix(COUNTS)
    return {
        "frame": expression(),
        "AnnData dense": as_expression(annotated(COUNTS)),
        "AnnData csr": as_expression(annotated(csr)),
        "AnnData csc": as_expression(annotated(sp.csc_matrix(COUNTS))),
        "h5ad dense": read_expression(write_h5ad(folder / "d.h5ad", COUNTS)),
        "h5ad csr": read_expression(write_h5ad(folder / "s.h5ad", csr)),
        "h5ad csc": read_expression(write_h5ad(folder / "c.h5ad", sp.csc_matrix(COUNTS)), BACKED),
        "h5ad dense backed": read_expression(folder / "d.h5ad", BACKED),
        "h5ad csr backed": read_expression(folder / "s.h5ad", BACKED),
        "10x": read_expression(write_10x(folder / "x.h5")),
        "10x backed": read_expression(folder / "x.h5", BACKED),
        "zarr": read_expression(write_zarr(folder / "z.zarr", csr)),
        "zarr backed": read_expression(folder / "z.zarr", BACKED),
        "zarr 2 dense backed": read_expression(
            write_zarr(folder / "z2.zarr", COUNTS, version=2), BACKED
        ),
    }


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 100])
def test_every_source_gives_the_same_values(tmp_path: Path, rows: int) -> None:
    for name, data in sources(tmp_path).items():
        blocks = list(iter_blocks(data, rows=rows))

        assert [row for block in blocks for row in range(*block)] == [0, 1, 2, 3], name
        assert np.array_equal(
            np.vstack([as_dense(read_block(data, block)) for block in blocks]), COUNTS
        ), name


def test_what_is_backed_stays_on_disk(tmp_path: Path) -> None:
    found = {name: isinstance(data.values, Backed) for name, data in sources(tmp_path).items()}

    assert {name for name, backed in found.items() if backed} == {
        "h5ad dense backed",
        "h5ad csr backed",
        "10x backed",
        "zarr backed",
        "zarr 2 dense backed",
    }


def test_log2_is_the_same_from_every_source(tmp_path: Path) -> None:
    results = {name: data.log2().tobytes() for name, data in sources(tmp_path).items()}

    assert len(set(results.values())) == 1, {name: hash(value) for name, value in results.items()}


def test_stored_by_columns_is_told(tmp_path: Path) -> None:
    data = sources(tmp_path)["h5ad csc"]

    assert (
        data.notes[0]
        == "The matrix was read into memory: it is stored by columns (CSC) and was turned into rows"
        " once; save it as CSR to leave it on disk."
    )


def test_a_block_of_no_rows() -> None:
    assert as_dense(read_block(expression(), Block(2, 2))).shape == (0, 8)


@pytest.mark.parametrize(
    ("cell", "code", "word"), [(np.nan, "E501", "missing"), (np.inf, "E502", "infinite")]
)
@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_rows_read_late_are_checked_late(
    tmp_path: Path, make: Any, cell: float, code: str, word: str
) -> None:
    """A file that stays on disk is not read whole when it is opened; its bad rows are found when
    they are read.
    """
    values = COUNTS.copy()
    path = write_h5ad(tmp_path / "a.h5ad", make(values))
    data = read_expression(path, BACKED)
    data.values.close()
    values[2, 1] = cell
    write_h5ad(path, make(values))

    assert as_dense(read_block(data, Block(0, 2))).shape == (2, 8)
    with pytest.raises(ExpressionError) as caught:
        read_block(data, Block(1, 4))

    assert (
        str(caught.value)
        == f"{code} 1 {word} value in samples 2–4 of {path} (first: B2M in 'P2_pre'). "
        "Correct them at the source; do not fill with 0."
    )


def test_missing_values_that_are_allowed_are_passed_on(tmp_path: Path) -> None:
    values = COUNTS + 0.5
    values[2, 1] = np.nan
    data = read_expression(
        write_h5ad(tmp_path / "a.h5ad", values), ReadOptions(backed=True, nan="drop")
    )

    assert np.isnan(as_dense(read_block(data, Block(0, 4)))).sum() == 1


def test_a_block_beyond_the_budget() -> None:
    with pytest.raises(ExpressionError) as caught:
        list(iter_blocks(expression(), memory=128, rows=4))

    assert (
        str(caught.value)
        == "E302 One block of 4 rows needs 256 bytes but the budget is 128 bytes; lower rows to ≤ 2"
        " or raise memory=."
    )
