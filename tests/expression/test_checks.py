"""Names and values: what is refused, what is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from resistype.errors import ExpressionError, ExpressionWarning, GeneNameWarning
from resistype.expression import ReadOptions
from resistype.expression.checks import (
    Names,
    check_flat,
    check_samples,
    check_values,
    not_empty,
)
from resistype.expression.figures import figures
from resistype.expression.gene_rows import clean_genes, gene_notes
from resistype.text import listed, plural
from tests.expression.build import COUNTS, GENES, LOGS, SAMPLES

NAMES = Names(GENES, SAMPLES)


def checked(values: np.ndarray, **options: str) -> list[str]:
    return check_values(values, NAMES, seen=figures(values), options=ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c", "d", "e"], "a, b, c, d, e"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d, e, …"),
        (range(100), "0, 1, 2, 3, 4, …"),
    ],
)
def test_five_names_are_listed(names: Sequence[object], text: str) -> None:
    assert listed(names) == text


@pytest.mark.parametrize(("n", "text"), [(1, "1 gene"), (0, "0 genes"), (22141, "22,141 genes")])
def test_counts_have_their_noun(n: int, text: str) -> None:
    assert plural(n, "gene", "genes") == text


@pytest.mark.parametrize(("n_obs", "n_genes"), [(0, 5), (5, 0), (0, 0)])
def test_an_empty_matrix(n_obs: int, n_genes: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        not_empty(n_obs, n_genes, "a.csv")

    assert (
        str(caught.value)
        == f"E301 a.csv has {n_obs} rows and {n_genes} columns of values. A matrix needs at least"
        " one of each."
    )


def test_sample_names_that_repeat() -> None:
    with pytest.raises(ExpressionError) as caught:
        check_samples(["a", "b", "a", "c", "a", "b"])

    assert (
        str(caught.value) == "E803 2 sample names occur more than once (a x3, b x2). "
        "Samples are joined by name, so each needs its own; rename or remove them."
    )


def test_samples_without_a_name() -> None:
    with pytest.raises(ExpressionError) as caught:
        check_samples(["a", "", "b", ""])

    assert str(caught.value) == "E804 2 samples have no name (number 2, 4). Name each sample."


def test_gene_names_are_cleaned_and_that_is_told() -> None:
    genes, notes = clean_genes([" TP53", "ENSG00000166710.12", "B2M"], ReadOptions())

    assert genes == ("TP53", "ENSG00000166710", "B2M")
    assert notes == [
        (
            "2 gene names were cleaned of spaces or Ensembl versions "
            "(' TP53' → TP53, 'ENSG00000166710.12' → ENSG00000166710)."
        )
    ]


def test_clean_names_leave_no_note() -> None:
    assert clean_genes(GENES, ReadOptions()) == (GENES, [])


def test_genes_without_a_name_are_kept_apart() -> None:
    genes, notes = clean_genes(["TP53", "", " "], ReadOptions())

    assert genes == ("TP53", "unnamed_1", "unnamed_2")
    assert "2 genes have no name and are kept as unnamed_1, …" in notes[-1]


def test_case_is_folded_only_when_asked_for() -> None:
    assert clean_genes(["tp53"], ReadOptions())[0] == ("tp53",)

    genes, notes = clean_genes(["tp53", "B2M"], ReadOptions(case="fold"))

    assert genes == ("TP53", "B2M")
    assert notes == ["case='fold': 1 gene name was turned into upper case."]


@pytest.mark.parametrize(
    ("genes", "note"),
    [
        (GENES, "8 of 8 gene names are gene symbols (CD8A, B2M, TAP1)."),
        (
            ("ENSG00000141510", "ENSG00000166710"),
            "2 of 2 gene names are Ensembl ids (ENSG00000141510, ENSG00000166710).",
        ),
        (("Gzmb", "Pdcd1", "other"), "2 of 3 gene names are mouse symbols (Gzmb, Pdcd1)."),
        (("x-1", "y-2"), "2 of 2 gene names are of no kind known here (x-1, y-2)."),
    ],
)
def test_the_kind_of_names_is_told(genes: tuple[str, ...], note: str) -> None:
    assert gene_notes(genes) == [note]


def test_lower_case_warns_with_the_remedy() -> None:
    with pytest.warns(GeneNameWarning) as caught:
        gene_notes([name.lower() for name in GENES])

    assert [str(one.message) for one in caught] == [
        (
            "W902 8 of 8 gene names are gene symbols in lower case (cd8a, b2m, tap1). "
            'Symbols are compared as written, so none will match; pass case="fold".'
        )
    ]


def test_excel_dates_warn_with_what_they_may_have_been() -> None:
    with pytest.warns(GeneNameWarning) as caught:
        notes = gene_notes([*GENES, "1-Mar", "1-Dec"])

    assert [str(one.message) for one in caught] == [
        (
            "W901 2 gene names look like Excel dates: '1-Mar' (MARCHF1 or MTARC1?), '1-Dec'"
            " (DELEC1). They were not matched."
        )
    ]
    assert f"W901 {notes[1]}" == str(caught[0].message)


def test_one_date_is_told_in_the_singular() -> None:
    with pytest.warns(GeneNameWarning, match="1 gene name looks like an Excel date: '1-Dec'"):
        gene_notes([*GENES, "1-Dec"])


def test_good_values_leave_no_note() -> None:
    assert checked(LOGS) == []


def test_missing_values_are_placed() -> None:
    values = LOGS.copy()
    values[1, 1] = values[1, 2] = values[3, 1] = np.nan

    with pytest.raises(ExpressionError) as caught:
        checked(values)

    assert (
        str(caught.value)
        == "E501 3 missing values in 2 genes x 2 samples (first: B2M in 'P1_post', TAP1 in"
        " 'P1_post', B2M in 'P2_post'). nan=\"error\" is the default; nan=\"drop\" ranks each"
        " sample over its present genes; do not fill with 0."
    )


def test_missing_values_can_be_kept() -> None:
    values = LOGS.copy()
    values[1, 1] = np.nan

    assert checked(values, nan="drop") == [
        (
            "1 missing value in 1 gene x 1 sample stay missing: each sample is ranked over its"
            ' present genes (nan="drop").'
        )
    ]


@pytest.mark.parametrize("nan", ["error", "drop"])
def test_infinite_values_are_always_refused(nan: str) -> None:
    values = LOGS.copy()
    values[0, 0], values[2, 7], values[2, 6] = -np.inf, np.inf, np.nan

    with pytest.raises(ExpressionError) as caught:
        checked(values, nan=nan)

    assert (
        str(caught.value) == "E502 2 infinite values (first: CD8A in 'P1_pre', CXCL9 in 'P2_pre'). "
        "log2(0) gives them: add an offset before taking logs, or correct the values."
    )


def test_negative_values_beside_large_ones() -> None:
    values = COUNTS.copy()
    values[2, 1] = -40

    with pytest.raises(ExpressionError) as caught:
        checked(values)

    assert (
        str(caught.value)
        == "E403 Values reach 18,214 but 1 is negative (first: B2M in 'P2_pre'). Counts and TPM"
        " have no negative values, and logs no such large ones. Correct them, or say what they"
        " are with unit=."
    )


def test_a_sample_without_variation_is_told() -> None:
    values = COUNTS.copy()
    values[2] = 0

    with pytest.warns(ExpressionWarning) as caught:
        notes = check_flat(SAMPLES, figures(values), 4)

    assert (
        str(caught[0].message)
        == "W401 1 sample has one and the same value in all genes (P2_pre). Their scores mean"
        " nothing; leave them out."
    )
    assert f"W401 {notes[0]}" == str(caught[0].message)


@pytest.mark.parametrize("value", [0.0, 3.5])
def test_a_matrix_of_one_value_is_refused(value: float) -> None:
    with pytest.raises(ExpressionError) as caught:
        check_flat(SAMPLES, figures(np.full((4, 8), value)), 4)

    assert (
        str(caught.value)
        == f"E504 Every value of the matrix is {value:g}. There is nothing to score; check how it"
        " was exported."
    )
