"""Rows of dense, sparse and backed matrices: the same numbers from all."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression.store import (
    Backed,
    CsrRows,
    as_csr,
    columns_of,
    csr_rows,
    dense_rows,
    is_sparse,
)
from tests.expression.build import COUNTS, write_h5ad
from tests.strategies import Matrix, matrices


def backed(path: Path, values: Any, *, place: str = "X") -> Backed:
    write_h5ad(path, values)
    return Backed(path, place, COUNTS.shape, sparse=sp.issparse(values))


FORMS = ["array", "csr_matrix", "csr_array", "backed dense", "backed csr"]


@pytest.fixture(params=FORMS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The small matrix in each of the forms it may have."""
    made = {
        "array": lambda: COUNTS,
        "csr_matrix": lambda: sp.csr_matrix(COUNTS),
        "csr_array": lambda: sp.csr_array(COUNTS),
        "backed dense": lambda: backed(tmp_path / "d.h5ad", COUNTS),
        "backed csr": lambda: backed(tmp_path / "s.h5ad", sp.csr_matrix(COUNTS)),
    }
    return made[request.param]()


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (0, 1), (1, 3), (3, 4), (2, 2)])
def test_rows_are_the_same_from_every_form(source: Any, start: int, stop: int) -> None:
    rows = dense_rows(source, start, stop)

    assert np.array_equal(rows, COUNTS[start:stop])
    assert rows.flags.c_contiguous
    assert rows.dtype.kind == "f"


@pytest.mark.parametrize("columns", [[0], [7, 0, 3], [2, 2], []])
@pytest.mark.parametrize(
    "rows", [None, slice(None), slice(0, 2), slice(3, 4), slice(2, None), slice(2, 2)]
)
def test_columns_are_the_same_from_every_form(
    source: Any, columns: list[int], rows: slice | None
) -> None:
    wanted = np.array(columns, dtype=np.intp)

    found = columns_of(source, wanted, rows=rows)

    assert found.dtype == np.float64
    assert np.array_equal(found, COUNTS[rows or slice(None)][:, wanted])


@pytest.mark.parametrize("source", ["csr_matrix", "csr_array", "backed csr"], indirect=True)
def test_sparse_rows_hold_no_zeros_and_begin_at_zero(source: Any) -> None:
    assert is_sparse(source)
    data, indices, indptr, n_genes = csr_rows(source, 1, 3)

    assert (data != 0).all()
    assert (indptr[0], indptr[-1], n_genes) == (0, data.size, 8)
    assert np.array_equal(
        sp.csr_matrix((data, indices, indptr), shape=(2, 8)).toarray(), COUNTS[1:3]
    )


def scrambled(values: np.ndarray) -> sp.csr_matrix:
    """The same matrix with a stored zero in each row, columns in falling order, and each value
    in two halves.
    """
    data, indices, indptr = [], [], [0]
    for row in values:
        for column in range(len(row) - 1, -1, -1):
            data += [row[column] / 2, row[column] / 2]
            indices += [column, column]
        indptr.append(len(data))
    return sp.csr_matrix((np.array(data), np.array(indices), np.array(indptr)), shape=values.shape)


@given(matrices())
def test_an_untidy_sparse_matrix_reads_like_a_tidy_one(matrix: Matrix) -> None:
    untidy, tidy = scrambled(matrix.values), sp.csr_matrix(matrix.values)
    stored = untidy.data.copy()

    got, wanted = (csr_rows(one, 0, len(matrix.samples)) for one in (untidy, tidy))

    for mine, theirs in zip(got, wanted, strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(untidy.data, stored), "the user's matrix was changed"


def test_a_tidy_matrix_is_not_copied() -> None:
    matrix = sp.csr_matrix(COUNTS)

    assert np.shares_memory(csr_rows(matrix, 0, 4).data, matrix.data)
    assert np.shares_memory(dense_rows(COUNTS, 1, 3), COUNTS)


@given(matrices(), st.data())
def test_any_range_of_rows_is_that_range(matrix: Matrix, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(matrix.samples)))
    stop = data.draw(st.integers(start, len(matrix.samples)))

    assert np.array_equal(
        dense_rows(sp.csr_matrix(matrix.values), start, stop), matrix.values[start:stop]
    )


@pytest.mark.parametrize("dtype", ["i4", "u2", "i8", "?"])
def test_whole_numbers_become_float64(dtype: str) -> None:
    values = (COUNTS > 5).astype(dtype)

    assert dense_rows(values, 0, 4).dtype == np.float64
    assert csr_rows(sp.csr_matrix(values), 0, 4).data.dtype == np.float64


def test_float32_stays_float32() -> None:
    assert dense_rows(COUNTS.astype("f4"), 0, 2).dtype == np.float32


def test_a_backed_matrix_travels_as_a_path(tmp_path: Path) -> None:
    matrix = backed(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS))
    dense_rows(matrix, 0, 1)

    again = copy.copy(matrix)  # goes through __reduce__, as sending it to a worker does

    assert (again.path, again.place, again.shape, again.sparse) == (matrix.path, "X", (4, 8), True)
    assert np.array_equal(dense_rows(again, 0, 4), COUNTS)


def test_threads_share_one_handle(tmp_path: Path) -> None:
    matrix = backed(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS))
    results: list[bool] = []

    def read() -> None:
        results.extend(
            np.array_equal(dense_rows(matrix, row, row + 1)[0], COUNTS[row]) for row in range(4)
        )

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 32


def test_a_closed_file_opens_again(tmp_path: Path) -> None:
    matrix = backed(tmp_path / "a.h5ad", COUNTS)
    first = dense_rows(matrix, 0, 1)
    matrix.close()
    matrix.close()

    assert np.array_equal(dense_rows(matrix, 0, 1), first)


@pytest.mark.parametrize("column", [8, -1, 2**30])
def test_a_column_that_does_not_exist_is_an_error_not_a_crash(tmp_path: Path, column: int) -> None:
    matrix = backed(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS))
    with h5py.File(tmp_path / "a.h5ad", "r+") as file:
        file["X/indices"][3] = column

    with pytest.raises(ExpressionError) as caught:
        csr_rows(matrix, 0, 2)

    assert (
        str(caught.value)
        == f"E313 {tmp_path / 'a.h5ad'} is damaged: rows 0–2 of X name columns outside 0–7. "
        "Write the file again from its source."
    )


def test_as_csr_adds_cells_stored_twice_and_drops_zeros() -> None:
    matrix = as_csr(np.array([1.0, 2.0, 0.0]), np.array([4, 4, 1]), np.array([0, 3]), shape=(1, 5))

    assert matrix.toarray().tolist() == [[0, 0, 0, 0, 3.0]]
    assert matrix.nnz == 1


def test_csr_rows_is_a_plain_tuple_of_four() -> None:
    assert CsrRows._fields == ("data", "indices", "indptr", "n_genes")
