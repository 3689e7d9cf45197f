"""The unit of a matrix: found from its values, or named and then checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.expression.figures import Turned, figures
from resistype.expression.units import SMALL_OFFSET_FLOOR, Verdict, find_unit
from tests.expression.build import COUNTS

RNG = np.random.default_rng(7)
SIZES = np.array([[3e6], [5e6], [9e6]])
RATES = RNG.gamma(0.3, 1.0, size=(3, 400))
TPM = RATES / RATES.sum(axis=1, keepdims=True) * 1e6
FRACTIONS = (RNG.gamma(0.3, 1.0, size=(3, 6000)) * SIZES / 1800).round(2)
MOSTLY_WHOLE = np.where(RNG.random(TPM.shape) < 0.3, TPM.round(2), TPM.round())[:, :300]
WIDE = np.where(RNG.random((3, 12_000)) < 0.3, 0.0, RNG.gamma(0.3, 1.0, size=(3, 12_000)))
WIDE = WIDE / WIDE.sum(axis=1, keepdims=True) * 1e6
NEGATIVE_LOG = np.log2(TPM + 1) + RNG.normal(0, 0.3, size=TPM.shape)
SMALL_OFFSET = np.log2(np.where(TPM < 5, 0.0, TPM) + 0.001)


def unit_of(values: Any, **options: Any) -> Verdict:
    return find_unit(figures(values), ReadOptions(**options))


@pytest.mark.parametrize(
    ("values", "unit", "words"),
    [
        (COUNTS, "counts", "raw counts (recognised by whole numbers, the largest 18,214"),
        (np.round(RATES * SIZES / 400), "counts", "read as raw counts"),
        (np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0]]), "counts", "the largest 2"),
        (TPM, "tpm", "samples that sum to a million each"),
        (TPM[:, :200], "tpm", "not to a million, and are left as they are"),
        (TPM * 27, "tpm", "samples that sum to about 27,000,000 each"),
        (np.log2(TPM + 1), "log2", "log2(x + 1) (recognised by samples that sum to 1,000,000 each"),
        (np.round(np.log2(TPM + 1), 2), "log2", "log2(x + 1) (recognised by samples that sum to"),
        (FRACTIONS, "counts", "expected counts with fractions (recognised by sums that TPM"),
        (np.round(FRACTIONS[:, :200] * (RATES[:, :200] > 1)), "counts", "whole numbers"),
        (MOSTLY_WHOLE, "counts", "% of the values being whole"),
        (np.log2(np.rint(FRACTIONS) + 1).round(4), "counts", "log2(count + 1) (recognised by"),
        (np.log1p(np.rint(FRACTIONS)).round(4), "counts", "ln(count + 1) (recognised by whole"),
        (np.log10(WIDE / 7 + 1).round(5), "log2", "log10(x + 1), kept as log2"),
        (np.log10(WIDE[:, ::2] + 1), "log2", "log10(x + 1), kept as log2"),
        (np.log(WIDE[:, ::2] + 1), "ln", "natural logs, ln(x + 1) (recognised by samples"),
        (np.log2(WIDE * 27 + 1), "log2", "log2(x + 1) (recognised by samples that sum to 27,0"),
        (np.log2(WIDE[:, ::2] * 27 + 1), "log2", "TPM cannot pass a million"),
        (np.log2(WIDE * 27 + 0.001), "log2_small_offset", "TPM cannot pass a million"),
        (np.log2(WIDE * [[1.0], [1.3], [0.8]] + 16), "log2", "Nothing is 0: an array, VST or rlog"),
        (np.rint(WIDE * 4e3), "counts", "bases covered, as recount gives"),
        (NEGATIVE_LOG, "log2", "as batch correction leaves"),
        (SMALL_OFFSET, "log2_small_offset", "-9.966 = log2(0.001), the largest"),
        (SMALL_OFFSET.astype("f4"), "log2_small_offset", "log2(TPM + 0.001)"),
        (np.log1p(TPM / 100), "ln", "samples that sum to 10,000 each when turned back"),
        (TPM / TPM.max(), "unknown", "no unit known here (guessed from values from 0.00 to 1.00"),
        (TPM / TPM.max() * 60, "unknown", "no unit known here (guessed from values from 0.00 to"),
    ],
    ids=[
        "counts", "deep counts", "tiny counts", "tpm", "tpm of a panel", "27 million", "log2",
        "log2 rounded", "fractional counts", "few counts", "mostly whole", "log2 counts",
        "ln counts", "log10 to one total", "log10 of TPM", "ln of TPM", "log2 to 27 million",
        "log2 of 27 million", "small offset of 27 million", "array", "coverage",
        "batch-corrected log2", "small offset", "small offset float32", "ln", "zero to one",
        "between log and linear",
    ],
)  # fmt: skip
def test_units_are_found(values: Any, unit: str, words: str) -> None:
    found = unit_of(values)

    assert found.unit == unit
    assert words in found.note
    assert found.note.endswith(".")


def test_samples_that_sum_to_the_very_same_are_no_single_sample() -> None:
    """Sums may be equal to the last bit, as they are by chance with another numpy."""
    assert Turned(27e6, 27e6, counts=False, n=3).even
    assert not Turned(27e6, 27e6, counts=False, n=1).even
    counted = [
        figures(np.log2(WIDE[rows] * 27 + 1)).turned["log2"].n for rows in ([0, 1, 2], [0, 0])
    ]
    assert counted == [3, 1]


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
    found = unit_of(np.log2(TPM[:, :200] + 1), unit="ln")
    assert (found.unit, found.read_as) == ("ln", "read as natural logs, ln(x + 1) (given by unit=)")
    assert unit_of(COUNTS, unit="tpm").unit == "tpm"


@pytest.mark.parametrize(
    ("values", "unit", "words"),
    [
        (
            COUNTS,
            "log2",
            'Values look like raw counts (integers, max 18,214) but unit="log2" was given.',
        ),
        (COUNTS + 0.5, "ln", 'Values look like TPM (max 18,214) but unit="ln" was given.'),
        (
            -COUNTS,
            "counts",
            'Values are negative in places (lowest -18214.00) but unit="counts" was given.',
        ),
        (
            COUNTS - 1,
            "tpm",
            'Values are negative in places (lowest -1.00) but unit="tpm" was given.',
        ),
        (SMALL_OFFSET - 3, "log2_small_offset", "go below log2(0.001) (lowest -12.97)"),
    ],
)
def test_a_unit_that_the_values_contradict(values: Any, unit: Any, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        unit_of(values, unit=unit)

    assert caught.value.code == "E401"
    assert words in str(caught.value)
    assert str(caught.value).endswith("Correct it, or leave it out.")


def test_a_scaled_unit_that_is_named_must_be_allowed_too() -> None:
    with pytest.raises(ExpressionError, match="allow_scaled=True"):
        unit_of(COUNTS, unit="scaled")
