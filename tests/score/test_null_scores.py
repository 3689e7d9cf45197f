"""The formulas and lanes of the null against the methods themselves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from resistype.score import IndexedSets, Null, Settings, get_method
from resistype.score.kernels import Ranks, rank_sums
from resistype.score.null import PROBE, Draws, _formula, _narrow, _ways, null_block
from resistype.score.rows import Rows, as_rows
from resistype.score.run import score_block
from tests.score.helpers import SMALL, some_cells, some_sets

RANK = ["ssgsea", "ucell", "aucell", "singscore"]
SETS = IndexedSets.build(
    some_sets(150, (2, 9, 40)), 150, down=[(), some_sets(150, (7,), seed=1)[0], ()]
)
DRAWS = Draws.build(np.arange(150.0), SETS, Null(n=50, seed=2))


def null_of(values: object, name: str, draws: Draws = DRAWS) -> tuple[np.ndarray, np.ndarray]:
    rows, method = as_rows(values), get_method(name)
    found = score_block(rows, SETS, (method,), settings=SMALL)[name]
    return null_block(ranked(rows), SETS, method, settings=SMALL, draws=draws, found=found)


def ranked(rows: Rows) -> tuple[Rows, Ranks]:
    """Rows with their ranks."""
    ranks = Ranks.room(rows)
    rank_sums(rows, SETS, np.zeros((2 * rows.n_genes + 2, 1), np.int64), ranks=ranks)
    return rows, ranks


def slow_null(values: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Score every random set by the method itself."""
    method = get_method(name)
    found = score_block(as_rows(values), SETS, (method,), settings=SMALL)[name]
    scored = []
    columns = [DRAWS.columns(part) for part in range(SETS.n_parts)]
    for draw in range(DRAWS.n):
        parts = [drawn[draw] for drawn in columns]
        up = [parts[k] for k in np.flatnonzero(SETS.sign == 1)]
        down = [
            parts[np.flatnonzero((SETS.owner == s) & (SETS.sign == -1))[0]] if s == 1 else ()
            for s in range(3)
        ]
        random = IndexedSets.build(up, 150, down=down)
        scored.append(score_block(as_rows(values), random, (method,), settings=SMALL)[name])
    away = np.array(scored)
    spread = away.std(axis=0, ddof=1)
    z = (found - away.mean(axis=0)) / np.where(spread > 1e-12, spread, np.nan)
    return z, (1 + (away >= found - 1e-12).sum(axis=0)) / (1 + DRAWS.n)


@pytest.mark.parametrize("name", RANK)
def test_is_the_slow_version(name: str) -> None:
    values = some_cells(
        21, 150, density=0.6
    )  # more than one group of lanes, and not a whole number of them

    z, p = null_of(values, name)

    expected_z, expected_p = slow_null(values, name)
    np.testing.assert_allclose(p, expected_p, rtol=0, atol=1e-12)
    np.testing.assert_allclose(z, expected_z, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", RANK)
def test_form_company_and_lane_change_nothing(name: str) -> None:
    values = some_cells(35, 150)
    z, p = null_of(values, name)

    for other in (
        null_of(sp.csr_matrix(values), name),
        null_of(values.astype(np.float32).astype(float), name),
    ):
        np.testing.assert_array_equal(other[1], p)
        np.testing.assert_array_equal(other[0], z)
    for row in (0, 15, 16, 34):
        alone = null_of(values[row : row + 1], name)
        np.testing.assert_array_equal(alone[0][0], z[row])
        np.testing.assert_array_equal(alone[1][0], p[row])


@pytest.mark.parametrize("name", RANK)
def test_genes_that_few_samples_have_are_added_one_by_one_to_the_same(name: str) -> None:
    """Stored sparsely, genes that a draw seldom meets go another way than in dense rows; bins
    without any go none.
    """
    rng = np.random.default_rng(7)
    rate = np.repeat([0.0, 0.002, 0.01, 0.02, 0.3, 0.9], 100)
    values = np.where(rng.random((40, 600)) < rate, rng.geometric(0.3, (40, 600)), 0).astype(float)
    down = [(), rng.choice(600, 9, replace=False), ()]
    sets = IndexedSets.build(
        [rng.choice(600, size, replace=False) for size in (5, 30, 40)], 600, down=down
    )
    draws = Draws.build(values.mean(axis=0), sets, Null(n=37, seed=1))
    n_met = np.bincount(draws.bin_of[draws.slots[values[:16].any(axis=0)]], minlength=25)

    along, seldom = _ways(n_met, np.bincount(draws.bin_of), np.diff(draws.edges))
    found = []
    for form in (values, sp.csr_matrix(values)):
        rows, method = as_rows(form), get_method(name)
        ranks = Ranks.room(rows)
        rank_sums(rows, sets, np.zeros((2 * rows.n_genes + 2, 1), np.int64), ranks=ranks)
        scores = score_block(rows, sets, (method,), settings=SMALL)[name]
        found.append(
            null_block((rows, ranks), sets, method, settings=SMALL, draws=draws, found=scores)
        )

    assert along.sum() > 3
    assert seldom.sum() > 3
    assert (~along & ~seldom).sum() > 3
    np.testing.assert_array_equal(found[1], found[0])


@pytest.mark.parametrize("n", [1, 3, 16, 17, 40])
def test_any_number_of_draws(n: int) -> None:
    draws = Draws.build(np.arange(150.0), SETS, Null(n=n, seed=2))

    z, p = null_of(some_cells(3, 150), "singscore", draws)

    assert set(np.round(p.ravel() * (n + 1)).astype(int)) <= set(range(1, n + 2))
    assert np.isnan(z).all() == (n == 1)


def test_equal_scores_are_ties() -> None:
    """Silent genes all score the same: every random set of them scores as high, and there is no
    spread to count in.
    """
    values = np.zeros((2, 150))
    values[:, 100:] = np.arange(1, 51)
    low = IndexedSets.build([np.arange(20)], 150)
    draws = Draws.build(values.mean(axis=0), low, Null(n=30, bins=5))
    for name in RANK:
        method = get_method(name)
        found = score_block(as_rows(values), low, (method,), settings=SMALL)[name]
        z, p = null_block(
            ranked(as_rows(values)), low, method, settings=SMALL, draws=draws, found=found
        )
        assert (p == 1).all()
        assert np.isnan(z).all()


def test_rows_with_missing_genes_and_sets_without_genes_have_none() -> None:
    values = some_cells(20, 150)
    values[4, 3] = np.nan
    z, p = null_of(values, "ssgsea")

    assert np.isnan(z[4]).all()
    assert np.isnan(p[4]).all()
    assert not np.isnan(np.delete(p, 4, axis=0)).any()


@pytest.mark.parametrize("name", RANK)
def test_the_formula_is_what_the_method_does(name: str) -> None:
    method, rng = get_method(name), np.random.default_rng(0)
    _, _, factors = _formula(method, SETS, np.zeros(3, np.int64), n_genes=150, settings=SMALL)
    sums = rng.integers(1, PROBE >> 20, (30, SETS.n_parts, 3))
    given = sums if method.shape == "ratio" else sums[..., : 2 if method.shape == "gated" else 1]

    expected = method.finish(given, SETS.sizes[None], n_genes=150, settings=SMALL)

    _, offset, slope, ratio = factors.T
    if method.shape == "ratio":
        found = offset + slope * sums[..., 2] + ratio * sums[..., 1] / sums[..., 0]
    else:
        found = offset + slope * sums[..., 0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_genes", [50, 20_000, 60_000])
@pytest.mark.parametrize("name", RANK)
def test_narrow_tables_never_overflow_and_lose_little(name: str, n_genes: int) -> None:
    table = get_method(name).tables(n_genes, Settings())

    narrow, shifts = _narrow(table, 200)

    assert narrow.dtype == np.int32
    assert (np.abs(narrow.astype(np.int64)).max(axis=0) * 200 < 2**31).all()
    lost = np.abs((narrow.astype(float) * 2.0**shifts) - table).max(axis=0)
    assert (lost <= 2e-7 * table.max(axis=0)).all()
    if name != "ssgsea":
        assert (shifts == 0).all()
