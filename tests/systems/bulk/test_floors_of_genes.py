"""Genes at the floor: in the whole cohort, in a batch, without variation; in counts, log2 values
and sparse rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.genes import Match
from resistype.systems.bulk.context import at_floor, batch_columns, batch_floors, floor_everywhere
from tests.scheme.build import MHC1, matrix


def of(rows: list[list[float]], unit: str = "log2") -> tuple[Expression, Match]:
    """A matrix of the first genes of MHC class I, all of them wanted, and one that is absent."""
    values = np.array(rows, dtype=np.float64)
    genes = MHC1[: values.shape[1]]
    names = tuple(f"s{row}" for row in range(len(values)))
    expression = Expression(values, genes, names, pd.DataFrame(index=list(names)), unit)  # type: ignore[arg-type]
    return expression, expression.index.match([*genes, "NLRC5"])


CELLS = st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0])


# ---------------------------------------------------------------- single cells


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=5), st.booleans())
def test_at_floor_is_the_smallest_value_of_the_sample(
    rows: list[list[float]], sparse: bool
) -> None:
    expression, match = of(rows)
    if sparse:
        expression = replace(expression, values=sp.csr_matrix(expression.values))
    expected = [[cell == min(row) for cell in row] for row in rows]

    assert at_floor(expression, match).tolist() == expected


def test_the_floor_is_that_of_all_genes_and_not_of_the_set() -> None:
    expression, _ = of([[0.0, 3.0, 4.0]])

    assert at_floor(expression, expression.index.match(["TAP1", "TAP2"])).tolist() == [
        [False, False]
    ]


def test_a_floor_need_not_be_zero() -> None:
    """log2(TPM + 0.001) puts silent genes at -9.97, a filled-in detection limit anywhere."""
    expression, match = of([[-9.966, 2.0, 3.0], [-9.966, 5.0, 1.0]], "log2_small_offset")

    assert at_floor(expression, match).tolist() == [[True, False, False], [True, False, False]]


def test_an_absent_gene_is_no_gene_at_the_floor() -> None:
    expression, match = of([[1.0, 2.0]])

    assert at_floor(expression, match).shape == (1, 2)
    assert at_floor(expression, expression.index.match(["NLRC5"])).shape == (1, 0)
    assert floor_everywhere(expression, expression.index.match(["NLRC5"])).shape == (0,)


# ---------------------------------------------------------------- the whole cohort


def slow_everywhere(rows: list[list[float]]) -> list[bool]:
    found = []
    for gene in range(len(rows[0])):
        lowest = all(row[gene] == min(row) for row in rows)
        constant = len(rows) >= 3 and len({row[gene] for row in rows}) == 1
        found.append(lowest or constant)
    return found


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_everywhere_or_without_variation(rows: list[list[float]], sparse: bool) -> None:
    expression, match = of(rows)
    if sparse:
        expression = replace(expression, values=sp.csr_matrix(expression.values))

    assert floor_everywhere(expression, match).tolist() == slow_everywhere(rows)


@pytest.mark.parametrize("unit", ["counts", "tpm", "log2"])
def test_a_gene_that_never_varies_was_not_measured(unit: str) -> None:
    varied = [[7.0, 1.0, 0.0], [7.0, 2.0, 0.0], [7.0, 3.0, 4.0]]

    assert floor_everywhere(*of(varied, unit)).tolist() == [True, False, False]
    assert floor_everywhere(*of(varied[:2], unit)).tolist() == [False, False, True]


def test_one_sample_with_the_gene_clears_it() -> None:
    expression = matrix(0, 30)
    values = expression.values.copy()
    match = expression.index.match(MHC1)
    values[:29, match.columns[0]] = 0.0

    assert floor_everywhere(replace(expression, values=values), match).tolist() == [False] * 5
    values[29, match.columns[0]] = 0.0
    assert (
        floor_everywhere(replace(expression, values=values), match).tolist() == [True] + [False] * 4
    )


def test_counts_of_other_depths() -> None:
    """A zero is the floor whatever the depth; on the CPM scale the floors of two samples would
    be equal too.
    """
    counts = [[0.0, 10.0, 900.0], [0.0, 1.0, 80.0], [0.0, 400.0, 9000.0]]

    assert floor_everywhere(*of(counts, "counts")).tolist() == [True, False, False]


# ---------------------------------------------------------------- batches


def slow_batches(low: np.ndarray, levels: list[str]) -> dict[str, list[bool]]:
    found = {}
    for level in dict.fromkeys(levels):
        inside = [row for row, own in enumerate(levels) if own == level]
        outside = [row for row, own in enumerate(levels) if own != level]
        if len(inside) < 3 or not outside:
            continue
        genes = [
            all(low[row, gene] for row in inside)
            and sum(low[row, gene] for row in outside) / len(outside) < 0.5
            for gene in range(low.shape[1])
        ]
        if any(genes):
            found[f"plate = {level}"] = genes
    return found


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.booleans(), st.booleans()), min_size=3, max_size=14
    ),
)
def test_genes_at_the_floor_in_a_batch_though_not_elsewhere(
    rows: list[tuple[str, bool, bool]],
) -> None:
    levels = [row[0] for row in rows]
    low = np.array([row[1:] for row in rows])
    table = pd.DataFrame({"plate": levels})
    found = list(batch_floors(low, table, ["plate"]))

    assert {words: genes.tolist() for words, _, genes in found} == slow_batches(low, levels)
    for words, inside, _ in found:
        assert inside.tolist() == [f"plate = {level}" == words for level in levels]


def test_several_columns_are_looked_at_one_after_the_other() -> None:
    low = np.array([[True]] * 3 + [[False]] * 5)
    table = pd.DataFrame({"plate": list("xxxyyyyy"), "run": [1, 1, 1, 2, 2, 2, 3, 3]})
    found = [words for words, _, _ in batch_floors(low, table, ["run", "plate"])]

    assert found == ["run = 1", "plate = x"]


def test_a_gap_in_the_batch_column_is_a_batch_of_its_own() -> None:
    low = np.array([[True]] * 3 + [[False]] * 3)
    table = pd.DataFrame({"plate": [None, None, None, "y", "y", "y"]})

    assert len(list(batch_floors(low, table, ["plate"]))) == 1


TABLE = pd.DataFrame(
    {
        "patient": list("aabbccddee"),
        "plate": list("xxxxxyyyyy"),
        "three": list("uuuvvvwwww"),
        "four": list("ijklijklij"),
        "constant": ["z"] * 10,
        "purity": np.arange(10) / 10,
        2: [1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
    }
)


def test_which_columns_may_be_a_batch() -> None:
    """Groups of three or more on average; not the patients, not what is the same or different
    everywhere.
    """
    assert batch_columns(TABLE, None, patient="patient") == ["plate", "three", 2]
    assert batch_columns(TABLE, None, patient="plate") == ["three", 2]


def test_a_column_whose_name_is_a_number() -> None:
    low = np.array([[True]] * 5 + [[False]] * 5)
    found = list(batch_floors(low, TABLE, batch_columns(TABLE, None, patient="patient")))

    assert [words for words, _, _ in found] == ["plate = x", "three = u", "2 = 1"]


def test_the_column_named_is_taken_whatever_it_holds() -> None:
    assert batch_columns(TABLE, "constant", patient="patient") == ["constant"]
    assert batch_columns(None, "plate", patient="patient") == []
    with pytest.raises(
        SamplesError,
        match=r"^E903 The samples table has no column 'lane' for the batch; its columns ",
    ):
        batch_columns(TABLE, "lane", patient="patient")
