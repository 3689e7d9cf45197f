"""Expression: the house scale, library sizes, choosing samples and genes."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression import Expression, ReadOptions, as_expression, read_expression
from tests.expression.build import (
    COUNTS,
    GENES,
    LOGS,
    SAMPLES,
    dense,
    expression,
    frame,
    write_h5ad,
)
from tests.strategies import Matrix, matrices

CELLS = st.floats(0.0, 1e5, width=32)


def obvious_log2(values: np.ndarray, unit: str) -> np.ndarray:
    """The house scale, cell by cell."""
    out = np.empty(values.shape)
    for (row, column), value in np.ndenumerate(values):
        size = math.fsum(values[row])
        linear = {
            "counts": lambda x, size=size: x / size * 1e6 if size else math.nan,
            "tpm": lambda x: x,
            "cpm": lambda x: x,
            "log2": lambda x: 2**x - 1,
            "log2_small_offset": lambda x: max(2**x - 0.001, 0.0),
            "ln": lambda x: math.exp(x) - 1,
        }[unit](float(value))
        out[row, column] = math.log2(linear + 1)
    return out


def made(values: Any, unit: Any, genes: tuple[str, ...] = GENES) -> Expression:
    samples = tuple(f"case-{row}" for row in range(values.shape[0]))
    return Expression(values, genes, samples, pd.DataFrame(index=list(samples)), unit)


@pytest.mark.parametrize("unit", ["counts", "tpm", "cpm"])
@given(matrix=matrices(cells=CELLS))
def test_linear_units_become_log2(unit: str, matrix: Matrix) -> None:
    got = made(matrix.values, unit, matrix.genes).log2()

    assert np.allclose(
        got, obvious_log2(matrix.values, unit), rtol=1e-12, atol=1e-12, equal_nan=True
    )


@pytest.mark.parametrize("unit", ["log2", "log2_small_offset", "ln"])
def test_logs_become_log2_of_x_plus_one(unit: str) -> None:
    values = LOGS - 9.9 if unit == "log2_small_offset" else LOGS

    assert np.allclose(made(values, unit).log2(), obvious_log2(values, unit), rtol=1e-12, atol=1e-9)


def test_log2_values_come_back_to_the_bit() -> None:
    assert np.array_equal(made(LOGS, "log2").log2(), LOGS)


def test_the_floor_of_the_small_offset_is_zero() -> None:
    floor = np.full((1, 8), np.log2(0.001), dtype="f4")

    assert np.abs(made(floor, "log2_small_offset").log2()).max() < 1e-8


@pytest.mark.parametrize("unit", ["scaled", "unknown"])
def test_other_units_are_refused(unit: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        made(LOGS, unit).log2()

    assert (
        str(caught.value)
        == f"E404 Values are of unit '{unit}' and cannot be turned into log2(x + 1). Give counts,"
        " TPM or log2 values; where the unit was not recognised, name it with unit=."
    )


def test_an_absent_gene_is_nan_and_never_the_last_one() -> None:
    got = expression().log2(np.array([0, -1, 7]))

    assert np.isnan(got[:, 1]).all()
    assert np.array_equal(got[:, [0, 2]], expression().log2(np.array([0, 7])))


def test_no_columns_give_no_columns() -> None:
    assert expression().log2(np.array([], dtype=np.intp)).shape == (4, 0)


def test_a_sample_without_counts_has_no_cpm() -> None:
    values = COUNTS.copy()
    values[1] = 0

    got = made(values, "counts").log2()

    assert np.isnan(got[1]).all()
    assert np.isfinite(got[[0, 2, 3]]).all()


@given(matrix=matrices(cells=CELLS), data=st.data())
def test_a_sample_alone_has_the_bytes_it_has_in_the_cohort(
    matrix: Matrix, data: st.DataObject
) -> None:
    whole = made(matrix.values, "counts", matrix.genes)
    row = data.draw(st.integers(0, len(matrix.samples) - 1))

    alone = whole.select([whole.samples[row]])

    assert alone.log2().tobytes() == whole.log2()[row].tobytes()
    assert alone.library_size[0] == whole.library_size[row]


@given(matrix=matrices(cells=CELLS), data=st.data())
def test_the_order_of_genes_changes_no_bit(matrix: Matrix, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(matrix.genes))))
    shuffled = made(matrix.values[:, order], "counts", tuple(matrix.genes[k] for k in order))

    assert (
        shuffled.log2().tobytes()
        == made(matrix.values, "counts", matrix.genes).log2()[:, order].tobytes()
    )


@given(matrix=matrices(cells=CELLS))
def test_dense_and_sparse_give_the_same_bytes(matrix: Matrix) -> None:
    first = made(matrix.values, "counts", matrix.genes)
    second = made(sp.csr_matrix(matrix.values), "counts", matrix.genes)

    assert first.log2().tobytes() == second.log2().tobytes()
    assert first.floor().tobytes() == second.floor().tobytes()
    assert first.library_size.tobytes() == second.library_size.tobytes()


def test_library_sizes_are_exact() -> None:
    values = np.array([[1e16, 1.0, -1e16, 1.0, 0.1, 0.2, 0.3, 0.0]])

    assert made(values, "counts").library_size.tolist() == [math.fsum(values[0])]


def test_very_large_counts_are_added_exactly() -> None:
    values = np.full((2, 8), 2.0**52)

    assert made(values, "counts").library_size.tolist() == [2.0**55] * 2


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_the_floor_is_the_smallest_value_of_each_sample(make: Any) -> None:
    values = LOGS + np.array([[0.0], [2.0], [-3.0], [0.0]])

    assert made(make(values), "log2").floor().tolist() == values.min(axis=1).tolist()


def test_the_floor_passes_over_missing_values() -> None:
    values = LOGS + 1
    values[0, 0] = np.nan

    assert made(values, "log2").floor()[0] == np.nanmin(values[0])


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_samples_are_chosen_by_name_in_the_order_asked(make: Any) -> None:
    whole = made(make(COUNTS), "counts")
    assert whole.index is whole.index

    some = whole.select(["case-3", "case-1"])

    assert some.samples == ("case-3", "case-1")
    assert np.array_equal(dense(some.values), COUNTS[[3, 1]])
    assert some.obs.index.tolist() == ["case-3", "case-1"]
    assert some.index is whole.index, "the genes are the same"


def test_a_backed_matrix_is_chosen_from_too(tmp_path: Path) -> None:
    for name, values in (("d.h5ad", COUNTS), ("s.h5ad", sp.csr_matrix(COUNTS))):
        whole = read_expression(write_h5ad(tmp_path / name, values), ReadOptions(backed=True))

        assert np.array_equal(dense(whole.select(["P2_post", "P1_pre"]).values), COUNTS[[3, 0]])
        assert np.array_equal(dense(whole.restrict(np.array([5, 1])).values), COUNTS[:, [5, 1]])


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["case-0", "other"], "not in the matrix: other"),
        (["case-0", "case-0"], "a name is asked for twice"),
    ],
)
def test_samples_that_cannot_be_chosen(names: list[str], why: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        made(COUNTS, "counts").select(names)

    assert str(caught.value) == f"E305 Cannot select 2 samples; {why}. The matrix has 4 samples."


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_fewer_genes_keep_the_library_size_of_all(make: Any) -> None:
    whole = made(make(COUNTS), "counts")
    columns = np.array([3, 0])

    some = whole.restrict(columns)

    assert some.genes == (GENES[3], GENES[0])
    assert some.log2().tobytes() == whole.log2(columns).tobytes()


@pytest.mark.parametrize("columns", [[0, 0], [-1], [8]])
def test_genes_that_cannot_be_taken(columns: list[int]) -> None:
    with pytest.raises(
        ExpressionError,
        match=r"E305 Cannot take . genes by number: each must lie in 0–7 and occur once",
    ):
        made(COUNTS, "counts").restrict(np.array(columns))


def test_shapes_must_agree() -> None:
    with pytest.raises(ExpressionError) as caught:
        made(COUNTS, "counts", GENES[:5])

    assert str(caught.value) == "E304 Values of shape (4, 8) do not go with 4 samples × 5 genes."


def test_an_expression_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        expression().unit = "tpm"  # type: ignore[misc]


def test_genes_are_found_by_alias() -> None:
    found = expression().index.match(["PD1", "CD8A", "nothing"])

    assert found.columns.tolist()[1:] == [0, -1]


def test_it_says_what_it_is() -> None:
    assert repr(expression()) == "Expression(4 samples × 8 genes, counts, dense, from memory)"
    assert "sparse" in repr(made(sp.csr_matrix(COUNTS), "counts"))
    assert (expression().n_obs, expression().n_genes) == (4, 8)


def test_samples_of_a_frame_are_kept() -> None:
    assert as_expression(frame()).samples == SAMPLES
