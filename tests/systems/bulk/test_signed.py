"""Signatures with genes down and with weights: wherever a signature is scored again, as it was
scored first.
"""

from __future__ import annotations

import numpy as np
import pytest

from resistype.library import Library, Signature
from resistype.scheme.scheme import StabilityPlan
from resistype.score import Null, matched_sets, score
from resistype.systems.bulk.context import (
    Context,
    Members,
    build_panel,
    random_sets,
    rescored,
    sets_of,
)
from resistype.systems.bulk.quantities import measure, measure_basic
from resistype.systems.bulk.stability import _other_methods, _scores_without, kept_genes
from tests.scheme.build import PLAIN, library, matrix, pairs, scheme

GENES = (*PLAIN[:7], "ABSENT1")
DOWN = (*PLAIN[7:12], "ABSENT2")
WEIGHTS = {
    gene: (-1.0 if gene in DOWN else 1.0) * (0.5 + k / 10) for k, gene in enumerate((*GENES, *DOWN))
}
SIGNED = Signature(id="set_a", name="a", up=GENES, down=DOWN, weights=WEIGHTS)
PLAN = StabilityPlan(minimum={"value": 0.7, "source": "ours", "text": "x"}, repeats=30)


def signed(seed: int = 0) -> Context:
    """The small scheme with genes down in its first signature."""
    known = Library([SIGNED, *(one for one in library().values() if one.id != "set_a")])
    made = Context(scheme(), known, build_panel(matrix(seed), scheme(), known), n_jobs=1)
    made.basic = measure_basic(made)
    return made


def members() -> Members:
    return Members.of(SIGNED, matrix().index.match(SIGNED.genes))


def test_members_are_those_found_with_their_side_and_weight() -> None:
    found = members()

    assert found.genes == (*GENES[:-1], *DOWN[:-1])
    assert found.up.tolist() == [True] * 7 + [False] * 5
    np.testing.assert_allclose(found.weights, [abs(WEIGHTS[gene]) for gene in found.genes])


@pytest.mark.parametrize("method", ["ssgsea", "singscore", "ucell", "aucell", "zscore", "weighted"])
def test_scored_again_is_scored_the_same(method: str) -> None:
    expression = matrix(3)
    expected = score(expression, Library([SIGNED]), method=method).to_frame()["set_a"]

    found = rescored(expression, sets_of([members()], expression.n_genes), method, n_jobs=1)

    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-12)


def test_other_methods_see_genes_down() -> None:
    made = signed()
    plan = PLAN.model_copy(update={"methods": ("singscore", "zscore")})

    for method, other in zip(plan.methods, _other_methods(made, plan), strict=True):
        expected = score(matrix(), Library([SIGNED]), method=method).to_frame()["set_a"]
        np.testing.assert_allclose(other.basic["a_score"].values, expected, rtol=1e-12)


def test_with_no_gene_left_out_nothing_changes() -> None:
    made = signed()

    found = _scores_without(made, {"set_a": [np.arange(12), np.arange(11)]})

    assert set(found) == {"a_score", "a_z", "a_sing"}
    for name, values in found.items():
        np.testing.assert_allclose(values[:, 0], made.basic[name].values, rtol=1e-12)
        assert not np.allclose(values[:, 1], values[:, 0])


def test_genes_are_left_out_of_both_sides() -> None:
    up = np.arange(30) < 20

    for places in kept_genes(up, PLAN, seed=1, signature="a"):
        assert (places < 20).sum() == 18
        assert (places >= 20).sum() == 9
        assert places.tolist() == sorted(set(places.tolist()))


def test_a_gene_alone_on_its_side_is_kept() -> None:
    for places in kept_genes(np.arange(9) < 8, PLAN, seed=1, signature="a"):
        assert 8 in places
        assert len(places) == 8


def test_random_sets_have_both_sides_and_no_gene_twice() -> None:
    expression = matrix()
    mean = np.asarray(expression.values).mean(axis=0)

    found = random_sets(members(), mean, Null(n=20, seed=4), names=expression.genes)

    assert found.n_sets == 20
    assert found.sizes.tolist() == [7, 5] * 20
    assert found.sign.tolist() == [1, -1] * 20
    np.testing.assert_allclose(found.weights, np.tile(members().weights, 20))
    for k in range(20):
        assert np.unique(found.indices[12 * k : 12 * k + 12]).size == 12


def test_random_sets_of_genes_that_go_one_way_are_matched_sets() -> None:
    expression = matrix()
    mean = np.asarray(expression.values).mean(axis=0)
    plain = Members.of(library()["set_a"], expression.index.match(library()["set_a"].genes))
    lower = Signature(id="low", name="low", down=library()["set_a"].up)

    expected = matched_sets(mean, plain.columns, n=9, seed=4, names=expression.genes)
    for one in (plain, Members.of(lower, expression.index.match(lower.genes))):
        found = random_sets(one, mean, Null(n=9, seed=4), names=expression.genes)
        assert found.indices.tolist() == np.concatenate(expected).tolist()
        assert set(found.sign) == {1 if one.up.all() else -1}


def test_a_gene_down_moves_with_its_signature_when_it_falls() -> None:
    made, rows = signed(), pairs(12)
    columns = [matrix().genes.index(gene) for gene in members().genes]
    signs = np.where(members().up, 1, -1)
    values = np.asarray(matrix().values)[:, columns]

    found = measure(made, rows)

    for row in range(1, 12, 2):
        moved = (values[row] - values[row - 1]) * signs
        assert found["a_higher"].values[row] == pytest.approx((moved > 0).mean())
        assert found["a_lower"].values[row] == pytest.approx((moved < 0).mean())


def test_a_mean_of_genes_that_go_two_ways_is_refused() -> None:
    known = Library(
        [
            *(one for one in library().values() if one.id != "set_c"),
            SIGNED.model_copy(update={"id": "set_c"}),
        ]
    )
    made = Context(scheme(), known, build_panel(matrix(), scheme(), known), n_jobs=1)

    column = measure_basic(made)["c_mean"]

    assert np.isnan(column.values).all()
    assert set(column.reason) == {
        "set_c has genes down: their mean in log2 says nothing; take a score"
    }
