"""Random sets matched in size and mean expression."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import SignatureError
from resistype.expression import ReadOptions, as_expression
from resistype.score import IndexedSets, Null, ScoreOptions, Scores, matched_sets, score, score_sets
from resistype.score.match import match_signatures
from resistype.score.null import Draws, expression_bins
from tests.score.helpers import SMALL, some_cells
from tests.score.test_run import SIGNATURES, SYMBOLS


def test_bins_hold_every_gene_once_in_order_of_the_mean() -> None:
    mean = np.random.default_rng(0).random(103)

    bins = expression_bins(mean, bins=25)

    assert len(bins) == 25
    assert sorted(np.concatenate(bins).tolist()) == list(range(103))
    assert {part.size for part in bins} == {4, 5}
    assert all(mean[a].max() <= mean[b].min() for a, b in pairwise(bins))


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 5))
def test_sets_match_in_size_and_bins(n_genes: int, bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean = rng.random(n_genes)
    members = rng.choice(n_genes, rng.integers(1, n_genes + 1), replace=False)
    parts = expression_bins(mean, bins=bins)

    found = matched_sets(mean, members, n=7, seed=seed, bins=bins)

    assert len(found) == 7
    for one in found:
        assert np.unique(one).size == members.size
        for part in parts:
            assert np.isin(one, part).sum() == np.isin(members, part).sum()


def test_the_seed_decides() -> None:
    mean = np.arange(200.0)
    first, same, other = (matched_sets(mean, [3, 100], n=20, seed=seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_the_order_of_genes_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"G{i}" for i in range(300)])
    mean = np.round(rng.random(300), 1)  # many ties
    members = rng.choice(300, 20, replace=False)
    order = rng.permutation(300)

    here = matched_sets(mean, members, n=30, seed=5, names=names.tolist())
    moved = matched_sets(
        mean[order], np.argsort(order)[members], n=30, seed=5, names=names[order].tolist()
    )

    np.testing.assert_array_equal(
        [names[one] for one in here], [names[order][one] for one in moved]
    )


def test_every_gene_of_a_bin_is_drawn_alike() -> None:
    drawn = np.concatenate(matched_sets(np.arange(50.0), [0, 49], n=20_000, seed=0, bins=5))

    counts = np.bincount(drawn, minlength=50)
    assert set(np.flatnonzero(counts)) == set(range(10)) | set(range(40, 50))
    assert np.abs(counts[counts > 0] / 2000 - 1).max() < 0.1


def test_no_member() -> None:
    assert [one.size for one in matched_sets([1.0, 2.0], [], n=2, seed=0)] == [0, 0]


@pytest.mark.parametrize("member", [-1, 2])
def test_a_member_outside(member: int) -> None:
    with pytest.raises(SignatureError, match=r"E220 A member of the set is no column of 0\.\.1\."):
        matched_sets([1.0, 2.0], [member], n=2, seed=0)


class TestNullOfARun:
    """z and p of `score(..., null=Null(...))`."""

    values = some_cells(6, 400)
    table = pd.DataFrame(values, columns=SYMBOLS, index=[f"c{i}" for i in range(6)])

    def run(self, table: pd.DataFrame, **more: object) -> Scores:
        options = ScoreOptions(
            read=ReadOptions(unit="log2"), null=Null(n=200, seed=3), settings=SMALL, **more
        )
        return score(
            table, SIGNATURES, method=["ssgsea", "ucell", "zscore"], n_jobs=2, options=options
        )

    def test_is_what_scoring_each_random_set_gives(self) -> None:
        sets = match_signatures(
            as_expression(self.table, ReadOptions(unit="log2")), SIGNATURES
        ).sets
        draws = Draws.build(
            np.rint(self.values * 2**20).sum(0), sets, Null(n=200, seed=3), names=SYMBOLS
        )
        found = self.run(self.table)
        assert found.null is not None
        for number, owner in enumerate(range(sets.n_sets)):
            up, down = random_members(draws, sets, owner)
            random = IndexedSets.build(up, 400, down=down)
            scored = score_sets(self.values, random, method="ssgsea", settings=SMALL)
            mine = found["ssgsea"][:, number]
            p = (1 + (scored >= mine[:, None]).sum(1)) / 201
            np.testing.assert_allclose(found.null.p["ssgsea"][:, number], p, rtol=0, atol=1e-15)
            z = (mine - scored.mean(1)) / scored.std(1, ddof=1)
            np.testing.assert_allclose(found.null.z["ssgsea"][:, number], z, rtol=1e-5, atol=1e-5)

    def test_value_methods_have_none(self) -> None:
        null = self.run(self.table).null

        assert null is not None
        assert list(null.p) == list(null.z) == ["ssgsea", "ucell"]
        assert (null.n, null.seed, null.bins) == (200, 3, 25)

    def test_order_and_blocks_change_nothing(self) -> None:
        here = self.run(self.table).null
        rng = np.random.default_rng(0)
        rows = rng.permutation(6)
        moved = self.run(self.table.iloc[rows][rng.permutation(SYMBOLS)], block_rows=1).null
        assert here is not None
        assert moved is not None
        for name in ("ssgsea", "ucell"):
            np.testing.assert_array_equal(moved.p[name], here.p[name][rows])
            np.testing.assert_array_equal(moved.z[name], here.z[name][rows])

    def test_the_scores_are_those_without_it(self) -> None:
        options = ScoreOptions(read=ReadOptions(unit="log2"), settings=SMALL)
        plain = score(self.table, SIGNATURES, method=["ssgsea", "ucell", "zscore"], options=options)

        assert plain.digest == self.run(self.table).digest
        assert plain.null is None

    def test_a_planted_set_stands_out_and_random_ones_do_not(self) -> None:
        rng = np.random.default_rng(5)
        values = rng.normal(size=(40, 400)) + 5
        values[:4, :20] += 1.2
        table = pd.DataFrame(values, columns=SYMBOLS, index=[f"s{i}" for i in range(40)])
        sets = {"planted": SYMBOLS[:20]} | {
            f"r{i}": rng.choice(SYMBOLS, 20, replace=False).tolist() for i in range(40)
        }
        options = ScoreOptions(read=ReadOptions(unit="log2"), null=Null(n=999, seed=1))

        found = score(table, sets, method="singscore", options=options)

        assert found.null is not None
        p = pd.DataFrame(found.null.p["singscore"], columns=list(found.signatures))
        assert p["planted"][:4].max() < 0.05
        assert 0.03 < (p.drop(columns="planted") < 0.05).to_numpy().mean() < 0.08


def random_members(
    draws: Draws, sets: IndexedSets, owner: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Columns of the up and down genes of each draw."""
    none = np.empty((draws.n, 0), np.intp)
    found = {1: none, -1: none}
    for part in np.flatnonzero(sets.owner == owner):
        found[int(sets.sign[part])] = draws.columns(int(part))
    return list(found[1]), list(found[-1])
