"""The unit of a matrix: found from its values, or named and then checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.expression.units import SMALL_OFFSET_FLOOR, Verdict, figures, find_unit
from tests.expression.build import COUNTS

RNG = np.random.default_rng(7)
SIZES = np.array([[3e6], [5e6], [9e6]])
RATES = RNG.gamma(0.3, 1.0, size=(3, 400))
TPM = RATES / RATES.sum(axis=1, keepdims=True) * 1e6
NEGATIVE_LOG = np.log2(TPM + 1) + RNG.normal(0, 0.3, size=TPM.shape)
SMALL_OFFSET = np.log2(np.where(TPM < 5, 0.0, TPM) + 0.001)


def unit_of(values: Any, **options: Any) -> Verdict:
    return find_unit(figures(values), ReadOptions(**options))


@pytest.mark.parametrize(
    ("values", "unit", "words"),
    [
        (COUNTS, "counts", "raw counts: whole numbers, the largest 18,214"),
        (np.round(RATES * SIZES / 400), "counts", "raw counts"),
        (np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0]]), "counts", "the largest 2"),
        (TPM, "tpm", "every sample sums to a million"),
        (TPM[:, :200], "tpm", "not to a million, and are left as they are"),
        (TPM * 27, "tpm", "samples sum to 27,000,000–27,000,000"),
        (np.log2(TPM + 1), "log2", "taken as log2(x + 1)"),
        (np.round(np.log2(TPM + 1), 2), "log2", "unit='ln'"),
        (NEGATIVE_LOG, "log2", "as batch correction leaves"),
        (SMALL_OFFSET, "log2_small_offset", "-9.966 = log2(0.001)"),
        (SMALL_OFFSET.astype("f4"), "log2_small_offset", "log2(TPM + 0.001)"),
        (np.log1p(TPM / 100), "ln", "exp(x) − 1 sums to 10,000 in every sample"),
        (TPM / TPM.max(), "unknown", "not recognised: from 0.00 to 1.00"),
        (TPM / TPM.max() * 60, "unknown", "not recognised: from 0.00 to 60.00"),
    ],
    ids=[
        "counts", "deep counts", "tiny counts", "tpm", "tpm of a panel", "27 million", "log2",
        "log2 rounded", "batch-corrected log2", "small offset", "small offset float32", "ln",
        "zero to one", "between log and linear",
    ],
)  # fmt: skip
def test_units_are_found(values: Any, unit: str, words: str) -> None:
    found = unit_of(values)

    assert found.unit == unit
    assert words in found.note
    assert found.note.endswith(".")


@pytest.mark.parametrize("values", [COUNTS, np.log2(TPM + 1), TPM, np.log1p(TPM / 100)])
def test_sparse_values_have_the_unit_of_dense_ones(values: Any) -> None:
    assert unit_of(sp.csr_matrix(values)) == unit_of(values)


@pytest.mark.parametrize("row", range(3))
def test_one_sample_has_the_unit_of_its_cohort(row: int) -> None:
    for values in (COUNTS, TPM, np.log2(TPM + 1), SMALL_OFFSET):
        assert unit_of(values[row : row + 1]).unit == unit_of(values).unit


def test_the_floor_is_log2_of_a_thousandth() -> None:
    assert pytest.approx(-9.9658, abs=1e-4) == SMALL_OFFSET_FLOOR


def test_scaled_values_are_refused() -> None:
    logs = np.log2(TPM + 1)

    with pytest.raises(ExpressionError) as caught:
        unit_of(logs - logs.mean(axis=0))

    assert str(caught.value).startswith("E402 Values look centred or scaled (from -")
    assert str(caught.value).endswith(
        "Genes of such a sample cannot be ranked against each other. Give counts, TPM or log2"
        " values, or pass allow_scaled=True."
    )


def test_scaled_values_are_taken_when_that_is_asked_for() -> None:
    logs = np.log2(TPM + 1)

    assert unit_of((logs - logs.mean()) / logs.std(), allow_scaled=True).unit == "scaled"


def test_a_unit_that_is_named_is_believed() -> None:
    assert unit_of(np.log2(TPM + 1), unit="ln") == ("ln", "The unit was given: ln.")
    assert unit_of(COUNTS, unit="tpm").unit == "tpm"


@pytest.mark.parametrize(
    ("values", "unit", "words"),
    [
        (
            COUNTS,
            "log2",
            "Values look like raw counts (integers, max 18,214) but unit='log2' was given.",
        ),
        (COUNTS + 0.5, "ln", "Values look like TPM (max 18,214) but unit='ln' was given."),
        (
            -COUNTS,
            "counts",
            "Values are negative in places (lowest -18214.00) but unit='counts' was given.",
        ),
        (
            COUNTS - 1,
            "tpm",
            "Values are negative in places (lowest -1.00) but unit='tpm' was given.",
        ),
        (SMALL_OFFSET - 3, "log2_small_offset", "go below log2(0.001) (lowest -12.97)"),
    ],
)
def test_a_unit_that_the_values_contradict(values: Any, unit: Any, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        unit_of(values, unit=unit)

    assert caught.value.code == "E401"
    assert words in str(caught.value)
    assert str(caught.value).endswith("Correct unit=, or leave it out.")


def test_a_scaled_unit_that_is_named_must_be_allowed_too() -> None:
    with pytest.raises(ExpressionError, match="allow_scaled=True"):
        unit_of(COUNTS, unit="scaled")
