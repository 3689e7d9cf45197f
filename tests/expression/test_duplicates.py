"""Genes that repeat: refused, or merged; dense and sparse alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.expression.gene_rows import merge_duplicates
from tests.expression.build import dense
from tests.strategies import Matrix, matrices

WAYS = ["sum", "mean", "max", "first"]


def obvious(values: np.ndarray, genes: tuple[str, ...], how: str) -> pd.DataFrame:
    """The same by pandas."""
    grouped = pd.DataFrame(values.T, index=list(genes)).groupby(level=0, sort=False)
    return getattr(grouped, how)().T


def merged(values: Any, genes: tuple[str, ...], how: Any, unit: Any = "counts") -> Any:
    return merge_duplicates(values, genes, unit=unit, options=ReadOptions(duplicates=how))


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
@given(matrix=matrices(), data=st.data())
def test_merging_is_what_pandas_does(
    how: str, make: Any, matrix: Matrix, data: st.DataObject
) -> None:
    names = st.lists(
        st.sampled_from("ABCD"), min_size=len(matrix.genes), max_size=len(matrix.genes)
    )
    genes = tuple(data.draw(names))
    before = matrix.values.copy()

    values, kept, _ = merged(make(matrix.values), genes, how)

    wanted = obvious(matrix.values, genes, how)
    assert kept == tuple(wanted.columns)
    assert np.allclose(dense(values), wanted.to_numpy(), rtol=1e-12)
    assert np.array_equal(matrix.values, before), "the input was changed"


@given(matrices())
def test_without_repeats_nothing_is_touched(matrix: Matrix) -> None:
    values, genes, notes = merged(matrix.values, matrix.genes, "sum")

    assert values is matrix.values
    assert (genes, notes) == (matrix.genes, [])


def test_what_was_merged_is_told() -> None:
    _, _, notes = merged(np.eye(2, 3), ("HLA-A", "B2M", "HLA-A"), "max")

    assert notes == [
        "1 gene name occurred more than once (HLA-A x2); duplicates='max' was applied."
    ]


def test_a_sparse_matrix_stays_sparse_and_in_order() -> None:
    values, _, _ = merged(sp.csr_matrix(np.eye(3, 5)), ("A", "B", "A", "C", "B"), "sum")

    assert values.format == "csr"
    assert values.has_sorted_indices


def test_the_precision_stays() -> None:
    values, _, _ = merged(np.ones((2, 2), dtype="f4"), ("A", "A"), "mean")

    assert values.dtype == np.float32


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_the_refusal_says_whether_values_differ(make: Any) -> None:
    values = make(np.array([[1.0, 2.0, 1.0, 2.0, 5.0], [1.0, 2.0, 1.0, 9.0, 5.0]]))

    with pytest.raises(ExpressionError) as caught:
        merged(values, ("HLA-A", "HLA-B", "HLA-A", "HLA-B", "B2M"), "error")

    assert (
        str(caught.value)
        == "E801 2 gene names occur more than once (HLA-A x2, HLA-B x2); values differ in 1 of"
        " them. "
        'Choose duplicates="sum" (counts), mean or max.'
    )


def test_the_refusal_says_when_values_are_the_same() -> None:
    with pytest.raises(
        ExpressionError,
        match=r"1 gene name occurs more than once \(A x3\); their values are the same",
    ):
        merged(np.ones((2, 3)), ("A", "A", "A"), "error")


@pytest.mark.parametrize("unit", ["log2", "log2_small_offset", "ln", "scaled", "unknown"])
def test_logs_are_not_summed(unit: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        merged(np.ones((2, 2)), ("A", "A"), "sum", unit)

    assert (
        str(caught.value)
        == f"E802 duplicates=\"sum\" adds linear values, but the unit is '{unit}'. Choose mean,"
        " max or first."
    )
