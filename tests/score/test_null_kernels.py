"""The vectors and loops of the null against plain ones, and what may not change a null: company, order, blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, Signature
from resistype.score import IndexedSets, Null, ScoreOptions, Scores, matched_sets, score
from resistype.score.null import Draws
from resistype.score.null_kernels import shuffle
from resistype.score.null_lanes import ABREAST, LANES, add_line, add_rows, room, run_along, tally
from resistype.score.null_scores import _classes
from resistype.score.rank import Ranks, add_gene_sums, rank_sums
from resistype.score.rows import as_rows
from tests.score.helpers import SMALL, some_cells, some_sets
from tests.score.test_run import SIGNATURES, SYMBOLS
from tests.strategies import Scored, scored

WHOLE = st.integers(-(2**31), 2**31 - 1)


@njit
def line_sum(lines: NDArray[np.int32], sums: NDArray[np.int32], at: NDArray[np.int64]) -> None:
    add_line(lines, sums, (at[0], at[1], at[2]))


@njit
def row_sum(
    sums: NDArray[np.int32], ground: NDArray[np.int32], rows: NDArray[np.int32], out: NDArray[np.int32]
) -> None:
    add_rows((sums, ground), (rows, 1, 4), (rows, 4, rows.size), (sums.shape[1], LANES, LANES), out)


@njit
def runs(lines: NDArray[np.int32], genes: NDArray[np.int32], sums: NDArray[np.int32], n: int) -> None:
    for table in range(lines.shape[1]):
        at = np.int64(1), n, LANES + table * np.int64(sums.shape[1]), table * LANES, np.int64(lines.shape[1] * LANES)
        run_along(lines, genes, sums, at)


@njit
def tallied(scores: NDArray[np.float64], found: NDArray[np.float64], floor: float, out: NDArray[np.float64]) -> None:
    tally(scores, found, (scores.shape[0], LANES, 3 * LANES, floor), out)


def wrapped(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Modulo 2**32, as sums of int32 are."""
    return values.astype(np.int64).astype(np.uint64).astype(np.uint32).view(np.int32)


@settings(deadline=None)
@given(st.lists(WHOLE, min_size=8 * LANES, max_size=8 * LANES), st.permutations(range(8)))
def test_a_line_is_added_lane_by_lane(given_values: list[int], places: list[int]) -> None:
    values = np.array(given_values, np.int32).reshape(8, LANES)
    lines, sums = values[:4].copy(), values[4:].copy()
    line, lower, upper = (place % 4 for place in places[:3])
    expected = sums.copy()
    expected[upper] = wrapped(lines[line].astype(np.int64) + sums[lower])

    line_sum(lines, sums, np.array([line, lower, upper]) * LANES)

    np.testing.assert_array_equal(sums, expected)


def any_whole(rng: np.random.Generator, *shape: int) -> NDArray[np.int32]:
    return rng.integers(-(2**31), 2**31, shape).astype(np.int32)


@pytest.mark.parametrize("n", [4, 5, 9])
def test_rows_are_added_and_taken_off_for_four_draws(n: int) -> None:
    rng = np.random.default_rng(n)
    sums, ground = any_whole(rng, ABREAST, 12, LANES), any_whole(rng, 3, LANES)
    rows, out = rng.integers(0, 12, n), np.zeros((ABREAST + 2, LANES), np.int32)
    whole = sums.astype(np.int64)
    expected = wrapped(ground[1] + whole[:, rows[1:4]].sum(axis=1) - whole[:, rows[4:]].sum(axis=1))

    row_sum(sums.reshape(ABREAST, -1), ground, (rows * LANES).astype(np.int32), out)

    np.testing.assert_array_equal(out[1:-1], expected)
    assert not out[[0, -1]].any()


@pytest.mark.parametrize("n_tables", [1, 3])
@pytest.mark.parametrize("n", [0, 1, 7])
def test_sums_run_along_the_genes_of_each_table(n_tables: int, n: int) -> None:
    rng = np.random.default_rng(n)
    lines, genes = any_whole(rng, 20, n_tables, LANES), rng.integers(0, 20, 9).astype(np.int32)
    sums = np.zeros((n_tables, 10, LANES), np.int32)
    expected = sums.copy()
    expected[:, 1 : n + 1] = wrapped(lines[genes[1 : n + 1]].astype(np.int64).cumsum(axis=0)).transpose(1, 0, 2)

    runs(lines, genes, sums.reshape(n_tables, -1), n)

    np.testing.assert_array_equal(sums, expected)


@pytest.mark.parametrize("floor", [-np.inf, 0.0])
def test_a_tally_counts_and_adds_lane_by_lane(floor: float) -> None:
    rng = np.random.default_rng(1)
    scores, found = rng.normal(size=(30, LANES)).round(1), rng.normal(size=(2, LANES)).round(1)
    out = rng.normal(size=(2, 3, LANES))
    away = np.maximum(scores, floor) - found[1]
    expected = out[1] + np.stack([(away >= 0).sum(axis=0), away.sum(axis=0), (away**2).sum(axis=0)])

    tallied(scores, found, floor, out)

    assert (away == 0).any()
    np.testing.assert_array_equal(np.rint(out[1, 0] - expected[0]), 0)
    np.testing.assert_allclose(out[1], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (7, 3, LANES)])
def test_room_is_empty_and_begins_at_a_line_of_memory(shape: tuple[int, ...]) -> None:
    found = room(*shape)

    assert found.shape == shape
    assert found.ctypes.data % 64 == 0
    assert found.flags.c_contiguous
    assert not found.any()


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
        np.testing.assert_array_equal(draws.columns(part), matched_sets(mean, columns, n=15, seed=8))


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
    """z and p of a signature do not depend on which others are asked for, on blocks, or on how rows are stored."""

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
        large = Signature(id="large", name="large", up=tuple(SYMBOLS[:300]))  # of another class of size
        whole = self.run(Library([*SIGNATURES.values(), large]))
        for one in (*SIGNATURES.values(), large):
            self.same(self.run(Library([one])), whole)

    @pytest.mark.parametrize("rows", [1, 7, 16, 20])
    def test_stored_sparsely_in_blocks_of_any_size(self, rows: int) -> None:
        whole = self.run(SIGNATURES)

        self.same(self.run(SIGNATURES, sparse=True, block_rows=rows), whole)
        self.same(self.run(SIGNATURES, block_rows=rows), whole)
