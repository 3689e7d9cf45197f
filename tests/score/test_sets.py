"""Sets as arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from resistype.errors import SignatureError
from resistype.score import IndexedSets
from tests.strategies import Scored, scored


def test_parts_lie_one_after_the_other() -> None:
    sets = IndexedSets.build([[3, 1], [0], []], 4, down=[[2], [], [3]], names=["a", "b", "c"])

    assert sets.names == ("a", "b", "c")
    assert sets.indices.tolist() == [3, 1, 2, 0, 3]
    assert sets.offsets.tolist() == [0, 2, 3, 4, 5]
    assert sets.owner.tolist() == [0, 0, 1, 2]
    assert sets.sign.tolist() == [1, -1, 1, -1]
    assert sets.sizes.tolist() == [2, 1, 1, 1]
    assert (sets.n_sets, sets.n_parts) == (3, 4)


def test_genes_not_found_are_counted_and_dropped() -> None:
    sets = IndexedSets.build([[3, -1, 1]], 4, weights=[[1.0, 2.0, 3.0]])

    assert sets.indices.tolist() == [3, 1]
    assert sets.weights.tolist() == [1.0, 3.0]
    assert sets.asked.tolist() == [3]


def test_weights_of_up_and_down_genes() -> None:
    sets = IndexedSets.build([[0, 1]], 4, down=[[2]], weights=[[1.0, 2.0, 3.0]])

    assert sets.weights.tolist() == [1.0, 2.0, 3.0]


def test_no_set_at_all() -> None:
    sets = IndexedSets.build([], 4)

    assert sets.n_sets == 0
    assert sets.combine(np.empty((2, 0))).shape == (2, 0)


@given(scored())
def test_by_gene_is_the_same_turned_round(case: Scored) -> None:
    n_genes = case.values.shape[1]
    sets = IndexedSets.build(case.sets, n_genes)
    offsets, parts, held = sets.by_gene

    for gene in range(n_genes):
        expected = [number for number, one in enumerate(case.sets) if gene in one]
        assert sorted(parts[offsets[gene] : offsets[gene + 1]].tolist()) == expected
        assert bool(held[gene]) is bool(expected)


@pytest.mark.parametrize("columns", [[0, 4], [1, 1]])
def test_wrong_columns(columns: list[int]) -> None:
    with pytest.raises(
        SignatureError, match=r"E220 Signature 0 names a column twice or outside 0\.\.3\."
    ):
        IndexedSets.build([columns], 4)


def test_wrong_number_of_weights() -> None:
    with pytest.raises(SignatureError, match=r"E220 Signature 0 has 2 genes but 1 weights\."):
        IndexedSets.build([[0, 1]], 4, weights=[[1.0]])


def test_controls_follow_the_parts() -> None:
    sets = IndexedSets.build([[0], [1]], 4, down=[[2], []]).with_controls([None, [3]])

    assert sets.controls is not None
    assert sets.controls.sizes.tolist() == [0, 0, 1]
    assert IndexedSets.build([[0]], 4).with_controls([None]).controls is None
