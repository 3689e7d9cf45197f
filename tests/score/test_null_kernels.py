"""The vectors and loops of the null against plain ones, and what may not change a null: company,
order, blocks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, Signature
from resistype.score import IndexedSets, Null, ScoreOptions, Scores, matched_sets, score
from resistype.score.kernels import Ranks, add_gene_sums, rank_sums
from resistype.score.null import Draws, _classes, shuffle
from resistype.score.rows import as_rows
from tests.score.helpers import SMALL, some_cells, some_sets
from tests.score.test_run import SIGNATURES, SYMBOLS
from tests.strategies import Scored, scored


@given(st.integers(1, 30), st.integers(1, 20), st.integers(0, 9))
def test_a_shuffle_is_fisher_and_yates(size: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    others = np.array([rng.integers(c, size, n) for c in range(size)]).T
    expected = np.tile(np.arange(size), (n, 1))
    for draw in range(n):
        for c in range(size):
            expected[draw, [c, others[draw, c]]] = expected[draw, [others[draw, c], c]]
    out = np.empty((n, size), np.int32)

    shuffle(others, size, out)

    np.testing.assert_array_equal(out, expected)


def test_a_deeper_shuffle_begins_with_the_shallow_one() -> None:
    mean = np.random.default_rng(0).random(300)
    few = np.array(matched_sets(mean, np.argsort(mean)[:3], n=20, seed=4, bins=5))
    more = np.array(matched_sets(mean, np.argsort(mean)[:30], n=20, seed=4, bins=5))

    np.testing.assert_array_equal(more[:, :3], few)


def test_draws_of_a_run_are_those_of_each_set_alone() -> None:
    mean = np.random.default_rng(0).random(200)
    members = some_sets(200, (4, 40, 90))
    draws = Draws.build(mean, IndexedSets.build(members, 200), Null(n=15, seed=8))

    for part, columns in enumerate(members):
        np.testing.assert_array_equal(
            draws.columns(part), matched_sets(mean, columns, n=15, seed=8)
        )


def test_up_and_down_genes_of_a_draw_differ() -> None:
    sets = IndexedSets.build([np.arange(30)], 60, down=[np.arange(30, 60)])
    draws = Draws.build(np.random.default_rng(1).random(60), sets, Null(n=50))

    for up, down in zip(draws.columns(0), draws.columns(1), strict=True):
        assert sorted([*up, *down]) == list(range(60))


@settings(deadline=None)
@given(scored(negative=True))
def test_ranks_are_kept_as_they_are_used(case: Scored) -> None:
    n_genes = case.values.shape[1]
    sets, table = IndexedSets.build(case.sets, n_genes), np.arange(2 * n_genes + 2)[:, None]
    for rows in (as_rows(case.values), as_rows(sp.csr_matrix(case.values))):
        ranks = Ranks.room(rows)

        sums = rank_sums(rows, sets, table, ranks=ranks)

        np.testing.assert_array_equal(sums, rank_sums(rows, sets, table))
        for row in range(rows.n_obs):
            one, alone = rows.cut(row, row + 1), ranks.cut(rows, row, row + 1)
            again = Ranks.room(one)
            rank_sums(one, sets, table, ranks=again)
            np.testing.assert_array_equal(alone.values, again.values)
            np.testing.assert_array_equal(alone.zeros, again.zeros)


@settings(deadline=None)
@given(scored(negative=True), st.integers(0, 3))
def test_sums_of_genes_have_no_order(case: Scored, cut: int) -> None:
    values = case.values.copy()
    values[0, 0] = np.nan
    whole, parts = np.zeros((2, values.shape[1]), np.int64)
    expected = np.rint(np.clip(np.nan_to_num(values), -(2.0**20), 2.0**20) * 2**20).sum(axis=0)

    add_gene_sums(as_rows(values), whole)
    for rows in (values[cut:][::-1], values[:cut]):
        add_gene_sums(as_rows(sp.csr_matrix(rows)), parts)

    np.testing.assert_array_equal(whole, expected)
    np.testing.assert_array_equal(parts, expected)


def test_classes_of_size() -> None:
    sizes = (1, 256, 257, 1024, 3, 1100)
    sets = IndexedSets.build([np.arange(size) for size in sizes], 2000)

    found = {most: some.tolist() for some, most in _classes(sets)}

    assert found == {256: [0, 1, 4], 1024: [2, 3], 4096: [5]}


@pytest.mark.parametrize("some", [[0], [1, 2], [0, 2]])
def test_some_signatures_of_many(some: list[int]) -> None:
    members = some_sets(50, (3, 5, 7))
    down = [some_sets(50, (2,), seed=1)[0], (), some_sets(50, (4,), seed=2)[0]]
    sets = IndexedSets.build(members, 50, down=down, names=["a", "b", "c"])

    found = sets.select(np.array(some))

    alone = IndexedSets.build([members[k] for k in some], 50, down=[down[k] for k in some])
    assert found.names == tuple("abc"[k] for k in some)
    for name in ("indices", "offsets", "owner", "sign", "weights", "asked"):
        np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


class TestCompany:
    """z and p of a signature do not depend on which others are asked for, on blocks, or on how
    rows are stored.
    """

    METHODS = ("ssgsea", "ucell", "aucell", "singscore")
    values = some_cells(20, 400)
    table = pd.DataFrame(values, columns=SYMBOLS, index=[f"c{i}" for i in range(20)])

    def run(self, signatures: Library, *, sparse: bool = False, **more: object) -> Scores:
        data = as_expression(self.table, ReadOptions(unit="log2"))
        if sparse:
            values = sp.csr_matrix(self.values)
            data = type(data)(values, data.genes, data.samples, data.obs, data.unit)
        options = ScoreOptions(null=Null(n=60, seed=3), settings=SMALL, **more)
        return score(data, signatures, method=list(self.METHODS), n_jobs=2, options=options)

    def same(self, found: Scores, whole: Scores) -> None:
        assert found.null is not None
        assert whole.null is not None
        columns = [whole.signatures.index(name) for name in found.signatures]
        for name in self.METHODS:
            np.testing.assert_array_equal(found.null.z[name], whole.null.z[name][:, columns])
            np.testing.assert_array_equal(found.null.p[name], whole.null.p[name][:, columns])

    def test_alone_and_in_company(self) -> None:
        large = Signature(
            id="large", name="large", up=tuple(SYMBOLS[:300])
        )  # of another class of size
        whole = self.run(Library([*SIGNATURES.values(), large]))
        for one in (*SIGNATURES.values(), large):
            self.same(self.run(Library([one])), whole)

    @pytest.mark.parametrize("rows", [1, 7, 16, 20])
    def test_stored_sparsely_in_blocks_of_any_size(self, rows: int) -> None:
        whole = self.run(SIGNATURES)

        self.same(self.run(SIGNATURES, sparse=True, block_rows=rows), whole)
        self.same(self.run(SIGNATURES, block_rows=rows), whole)
