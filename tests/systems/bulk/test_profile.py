"""The usual tumour of a reference, and how far its score moves when genes are left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.scheme.reference import GeneFigures, Reference
from resistype.systems.bulk.context import Context, es_of_profile, gene_figures, leave_out_shift
from tests.scheme.build import MINI_GENES, SETS, context, matrix, slow_ssgsea


def slow_rank(row: list[float], gene: int) -> float:
    """Mean place among all genes, ties sharing theirs, as a fraction of the number of genes."""
    below = sum(value < row[gene] for value in row)
    equal = sum(value == row[gene] for value in row)
    return (below + (equal + 1) / 2) / len(row)


@pytest.mark.parametrize("sparse", [False, True])
def test_figures_are_means_over_the_reference_rows(sparse: bool) -> None:
    expression = matrix(0)
    values = np.round(expression.values)
    made = context(
        replace(expression, values=sp.csr_matrix(values) if sparse else values), own=False
    )
    rows = np.array([1, 4, 4, 9])
    figures = gene_figures(made.panel, rows)

    assert set(figures) == set(SETS)
    for name, found in figures.items():
        measured = [gene for gene in SETS[name] if gene in MINI_GENES]
        assert found.genes == tuple(measured)
        for place, gene in enumerate(measured):
            column = MINI_GENES.index(gene)
            ranks = [slow_rank(values[row].tolist(), column) for row in rows]
            assert found.log2[place] == pytest.approx(
                np.mean([values[row, column] for row in rows])
            )
            assert found.rank[place] == pytest.approx(np.mean(ranks))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_profile_gives_the_score_of_a_set_among_many_genes(seed: int) -> None:
    """Within a hundredth for a set of twelve among three thousand."""
    rng = np.random.default_rng(seed)
    row = rng.permutation(3000).astype(float)
    members = rng.choice(3000, 12, replace=False).tolist()

    assert es_of_profile((row[members] + 1) / 3000) == pytest.approx(
        slow_ssgsea(row, members), abs=0.01
    )


def test_the_profile_does_not_hang_on_the_order_of_genes() -> None:
    ranks = np.array([0.2, 0.9, 0.5])

    assert es_of_profile(ranks) == pytest.approx(es_of_profile(ranks[::-1]))
    assert es_of_profile(np.array([0.9, 0.9])) == pytest.approx(0.4)


# ---------------------------------------------------------------- genes left out

RANKS = np.linspace(0.1, 0.98, 12)
KEPT = [
    np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    np.arange(12),
]


def known(
    genes: tuple[str, ...] = tuple(SETS["set_a"]), ranks: np.ndarray = RANKS, mode: str = "frozen"
) -> Context:
    figures = {"set_a": GeneFigures(genes, np.zeros(len(genes)), ranks)}
    made = context(matrix(0), own=False)
    made.reference = Reference(
        "far", mode, "mini@1.0.0", MINI_GENES, {"a_score": np.zeros(3)}, {}, genes_of=figures
    )
    return made


def slow_profile(ranks: list[float]) -> float:
    weight = sum(rank**0.25 for rank in ranks)
    return sum(rank**0.25 * rank for rank in ranks) / weight - 0.5


def test_how_far_the_usual_tumour_moves() -> None:
    shift = leave_out_shift(known(), "set_a", KEPT, method="ssgsea")
    expected = [
        slow_profile([float(RANKS[k]) for k in places]) - slow_profile(RANKS.tolist())
        for places in KEPT
    ]

    np.testing.assert_allclose(shift, expected, atol=1e-12)
    assert shift[0] < 0 < shift[1]  # type: ignore[index]
    assert shift[2] == 0  # type: ignore[index]


def test_ranks_go_by_name_and_not_by_place() -> None:
    """A reference may keep more genes than the data have, in another order."""
    genes = ("EXTRA", *SETS["set_a"][::-1])
    turned = known(genes, np.array([0.5, *RANKS[::-1]]))

    np.testing.assert_allclose(
        leave_out_shift(turned, "set_a", KEPT, method="ssgsea"),
        leave_out_shift(known(), "set_a", KEPT, method="ssgsea"),
    )


def without_reference() -> Context:
    return context(matrix(0), own=False)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: known(mode="own cohort"), id="own cohort"),
        pytest.param(without_reference, id="no reference"),
        pytest.param(
            lambda: known(tuple(SETS["set_a"][1:]), RANKS[1:]),
            id="a gene the reference does not know",
        ),
    ],
)
def test_where_nothing_is_known_nothing_is_moved(made: object) -> None:
    assert callable(made)
    assert leave_out_shift(made(), "set_a", KEPT, method="ssgsea") == 0.0
    assert leave_out_shift(known(), "set_b", KEPT, method="ssgsea") == 0.0


def test_the_method_decides_how_far_it_moves() -> None:
    shift = leave_out_shift(known(), "set_a", KEPT, method="singscore")

    np.testing.assert_allclose(shift, [RANKS[places].mean() - RANKS.mean() for places in KEPT])
    assert leave_out_shift(known(), "set_a", KEPT, method="zscore") == 0.0


def test_genes_down_are_taken_off() -> None:
    made = known()
    one = replace(made.panel.members["set_a"], up=np.arange(len(SETS["set_a"])) < 7)
    made.panel = replace(made.panel, members={"set_a": one})
    shift = leave_out_shift(made, "set_a", KEPT, method="ssgsea")

    up = np.arange(len(SETS["set_a"])) < 7
    sides = [
        [RANKS[places[side[places]]].tolist() for side in (up, ~up)]
        for places in (np.arange(12), *KEPT)
    ]
    scores = [slow_profile(one) - slow_profile(other) for one, other in sides]
    np.testing.assert_allclose(shift, np.array(scores[1:]) - scores[0], atol=1e-12)


def test_usual_expression_comes_from_the_frozen_reference_where_it_knows_the_genes() -> None:
    made = known()
    made.reference = replace(
        made.reference,  # type: ignore[type-var]
        genes_of={"set_a": GeneFigures(tuple(SETS["set_a"][::-1]), np.arange(12.0), RANKS)},
    )

    assert made.usual_log2("set_a").tolist() == np.arange(12.0)[::-1].tolist()
    np.testing.assert_allclose(made.usual_log2("set_b"), made.panel.log2["set_b"].mean(axis=0))
