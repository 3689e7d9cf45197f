"""Random sets matched in size and mean expression."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import SignatureError
from resistype.score import matched_sets
from resistype.score.null import expression_bins


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
    moved = matched_sets(mean[order], np.argsort(order)[members], n=30, seed=5, names=names[order].tolist())

    np.testing.assert_array_equal([names[one] for one in here], [names[order][one] for one in moved])


def test_every_gene_of_a_bin_is_drawn_alike() -> None:
    drawn = np.concatenate(matched_sets(np.arange(50.0), [0, 49], n=20_000, seed=0, bins=5))

    counts = np.bincount(drawn, minlength=50)
    assert set(np.flatnonzero(counts)) == set(range(10)) | set(range(40, 50))
    assert np.abs(counts[counts > 0] / 2000 - 1).max() < 0.1


def test_no_member() -> None:
    assert [one.size for one in matched_sets([1.0, 2.0], [], n=2, seed=0)] == [0, 0]


@pytest.mark.parametrize("member", [-1, 2])
def test_a_member_outside(member: int) -> None:
    with pytest.raises(SignatureError, match=r"E205 A member of the set is no column of 0\.\.1\."):
        matched_sets([1.0, 2.0], [member], n=2, seed=0)
