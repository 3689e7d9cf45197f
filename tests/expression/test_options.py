"""Options of reading: safe defaults, and every wrong word named at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions
from resistype.expression.units import UNITS


def test_the_defaults_refuse_what_is_doubtful() -> None:
    options = ReadOptions()

    assert (options.duplicates, options.nan, options.case) == ("error", "error", "keep")
    assert options.allow_scaled is False
    assert options.unit is None


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_can_be_named(unit: Any) -> None:
    assert ReadOptions(unit=unit).unit == unit


def test_options_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ReadOptions().unit = "counts"  # type: ignore[misc]


def test_options_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        ReadOptions("counts")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        (
            "unit",
            "fpkm",
            (
                "'counts', 'cpm', 'tpm', 'log2', 'log2_small_offset', 'ln', 'scaled', 'unknown',"
                " 'log10', 'log2_counts', 'ln_counts', 'log10_counts'"
            ),
        ),
        ("orientation", "genes", "'auto', 'samples_x_genes', 'genes_x_samples'"),
        ("duplicates", "median", "'error', 'sum', 'mean', 'max', 'first'"),
        ("nan", "zero", "'error', 'drop'"),
        ("case", "upper", "'keep', 'fold'"),
    ],
)
def test_a_wrong_word_is_named_with_the_right_ones(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        ReadOptions(**{name: value})

    assert (
        str(caught.value)
        == f'E310 Options for reading: 1 problem\n  - {name}="{value}" is not one of {allowed}.'
    )


def test_all_wrong_words_are_named_at_once() -> None:
    with pytest.raises(ExpressionError, match="2 problems"):
        ReadOptions(unit="fpkm", nan="zero")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gene_names", "layer", "backed", "allow_scaled"])
def test_free_options_are_not_checked_against_words(name: str) -> None:
    assert getattr(ReadOptions(**{name: "anything"}), name) == "anything"  # type: ignore[arg-type]
