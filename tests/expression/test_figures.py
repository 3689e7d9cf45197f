"""Figures of a matrix against the obvious numpy, for dense, sparse and backed values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.expression import figures as module
from resistype.expression.figures import figures, find
from resistype.expression.store import Backed
from tests.expression.build import COUNTS, LOGS, write_h5ad
from tests.strategies import Matrix, matrices

CELLS = st.sampled_from([0.0, 0.0, -3.5, 1.0, 2.25, 900.0, np.nan, np.inf, -np.inf])


def obvious(values: np.ndarray) -> dict[str, Any]:
    """The same figures, a line each."""
    good = np.where(np.isfinite(values), values, np.nan)
    present = good[np.isfinite(good)]
    sums = np.nansum(good, axis=1)
    rows = [row[np.isfinite(row)] for row in good]
    return {
        "low": present.min() if present.size else 0.0,
        "high": present.max() if present.size else 0.0,
        "mean": present.mean() if present.size else 0.0,
        "spread": present.std() if present.size else 0.0,
        "sum_low": sums.min(),
        "sum_high": sums.max(),
        "whole": all(value == round(value) for value in present),
        "bad": int((~np.isfinite(values)).sum()),
        "flat": tuple(
            k
            for k, row in enumerate(rows)
            if values.shape[1] > 1 and len(row) and row.min() == row.max()
        ),
    }


@given(matrices(cells=CELLS))
def test_dense_and_sparse_figures_are_the_obvious_ones(matrix: Matrix) -> None:
    wanted = obvious(matrix.values)

    for values in (matrix.values, sp.csr_matrix(matrix.values)):
        seen = figures(values)
        for name, value in wanted.items():
            mine = getattr(seen, name)
            assert mine == pytest.approx(value, rel=1e-9, abs=1e-6), name


def test_figures_of_counts() -> None:
    seen = figures(COUNTS)

    assert (seen.low, seen.high, seen.whole, seen.bad, seen.flat) == (0.0, 18214.0, True, 0, ())
    assert (seen.sum_low, seen.sum_high) == (160.0, 20775.0)
    assert seen.turned == {}, "values above 25 are no logs"


def test_sums_of_natural_logs_are_taken_back() -> None:
    seen = figures(np.log1p(COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e4))

    assert seen.turned["ln"][:2] == pytest.approx((1e4, 1e4))
    assert seen.turned["ln"].even
    assert not seen.turned["log2"].even


def test_one_gene_is_never_flat() -> None:
    assert figures(np.ones((3, 1))).flat == ()


def test_the_size_of_the_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = figures(LOGS)
    ranges = module.row_ranges
    monkeypatch.setattr(module, "row_ranges", lambda values, **_: ranges(values, rows=1))

    assert figures(LOGS) == whole


def test_a_large_file_is_looked_at_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_h5ad(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS))
    monkeypatch.setattr(module, "RUNS", 2)
    monkeypatch.setattr(module, "RUN", 1)
    matrix = Backed(tmp_path / "a.h5ad", "X", COUNTS.shape, sparse=True)

    seen = figures(matrix)

    assert (seen.sum_low, seen.sum_high) == (COUNTS[0].sum(), COUNTS[3].sum())


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_places_are_counted_by_gene_and_sample(make: Any) -> None:
    values = LOGS.copy()
    values[1, 2] = values[1, 5] = values[3, 5] = np.nan

    found = find(make(values), np.isnan)

    assert (found.n, found.n_genes, found.n_obs) == (3, 2, 2)
    assert found.first == ((1, 2), (1, 5), (3, 5))


def test_only_the_first_places_are_kept() -> None:
    found = find(np.full((10, 10), np.nan), np.isnan)

    assert found.n == 100
    assert found.first == tuple((0, column) for column in range(6))


def test_nothing_is_found_in_a_good_matrix() -> None:
    assert find(LOGS, np.isnan) == (0, 0, 0, ())
