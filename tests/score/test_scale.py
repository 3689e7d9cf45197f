"""A block in log2(x + 1): the same numbers as Expression.log2, dense and sparse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, as_expression
from resistype.score.rows import CsrRows, DenseRows, as_rows, log2_rows

COUNTS = np.array([[0.0, 3.0, 12.0, 1.0], [5.0, 0.0, 0.0, 7.0]])
GENES = ["B2M", "TAP1", "CD8A", "ACTB"]


def values_of(unit: str) -> np.ndarray:
    return {
        "log2_small_offset": np.log2(COUNTS + 0.001),
        "log2": np.log2(COUNTS + 1),
        "ln": np.log1p(COUNTS),
    }.get(unit, COUNTS)


def dense(rows: object) -> np.ndarray:
    if isinstance(rows, DenseRows):
        return rows.values
    return sp.csr_matrix(
        (rows.data, rows.indices, rows.indptr), shape=(rows.n_obs, rows.n_genes)
    ).toarray()


@pytest.mark.parametrize("unit", ["counts", "cpm", "tpm", "log2", "log2_small_offset", "ln"])
def test_is_what_the_expression_says(unit: str) -> None:
    values = values_of(unit)
    table = pd.DataFrame(values, columns=GENES, index=["a", "b"])
    expected = as_expression(table, ReadOptions(unit=unit)).log2()

    np.testing.assert_array_equal(dense(log2_rows(as_rows(values), unit)), expected)
    np.testing.assert_array_equal(dense(log2_rows(as_rows(sp.csr_matrix(values)), unit)), expected)


@pytest.mark.parametrize("unit", ["counts", "cpm", "tpm", "log2", "ln"])
def test_sparse_stays_sparse(unit: str) -> None:
    rows = log2_rows(as_rows(sp.csr_matrix(values_of(unit))), unit)

    assert isinstance(rows, CsrRows)
    assert rows.data.size == 5


def test_library_sizes_are_exact() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((3, 500)) * 1e3  # estimated counts are no whole numbers
    order = rng.permutation(500)

    here, moved = (dense(log2_rows(as_rows(one), "counts")) for one in (values, values[:, order]))

    np.testing.assert_array_equal(here[:, order], moved)


def test_an_empty_sample_has_no_cpm() -> None:
    assert np.isnan(dense(log2_rows(as_rows(np.zeros((1, 4))), "counts"))).all()


@pytest.mark.parametrize("unit", ["scaled", "unknown"])
def test_units_that_cannot_be_converted(unit: str) -> None:
    message = (
        f"E404 This method needs log2 expression, and the values are of unit '{unit}'. Give counts,"
        " TPM or log2 "
    )
    with pytest.raises(ExpressionError) as error:
        log2_rows(as_rows(COUNTS), unit)
    assert str(error.value).startswith(message)
