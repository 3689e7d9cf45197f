"""Prediction sets: the counts, the guarantee, and what more kept samples may and may not change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.opinions.model import conformal_p, label_sets

UNIT = st.floats(0, 1)


def slow_p(misfit: float, kept: list[float]) -> float:
    return (1 + sum(one >= misfit for one in kept)) / (1 + len(kept))


@given(
    st.lists(st.tuples(UNIT, UNIT), min_size=1, max_size=5),
    st.lists(UNIT, max_size=8),
    st.lists(UNIT, max_size=8),
)
def test_p_is_the_count(
    rows: list[tuple[float, float]], first: list[float], second: list[float]
) -> None:
    found = conformal_p(np.array(rows), [np.array(first), np.array(second)])

    assert found.tolist() == [[slow_p(a, first), slow_p(b, second)] for a, b in rows]


@given(st.lists(UNIT, min_size=1, max_size=10), UNIT, UNIT)
def test_a_worse_fit_has_no_larger_p(kept: list[float], one: float, other: float) -> None:
    better, worse = sorted([one, other])
    p = conformal_p(np.array([[better], [worse]]), [np.array(kept)])[:, 0]

    assert p[0] >= p[1] >= 1 / (1 + len(kept))


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=4), st.floats(0.01, 0.5), st.floats(0.01, 0.5)
)
def test_a_smaller_alpha_never_loses_a_label(row: list[float], one: float, other: float) -> None:
    names = [f"c{number}" for number in range(len(row))]
    small, large = sorted([one, other])
    wide, narrow = (label_sets(np.array([row]), names, alpha=alpha)[0] for alpha in (small, large))

    assert set(narrow) <= set(wide)


def test_a_p_at_alpha_is_ruled_out() -> None:
    assert label_sets(np.array([[0.1, 0.1000001]]), ["a", "b"], alpha=0.1) == [("b",)]


def test_without_kept_samples_nothing_is_ruled_out() -> None:
    assert conformal_p(np.array([[0.5, 1.0]]), [np.empty(0), np.empty(0)]).tolist() == [[1.0, 1.0]]


def test_nan_rules_out_everything() -> None:
    assert label_sets(np.full((1, 2), np.nan), ["a", "b"], alpha=0.1) == [()]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_true_label_is_in_the_set_as_often_as_promised_for_each_class(
    seed: int, alpha: float
) -> None:
    rng = np.random.default_rng(seed)
    repeats, kept, n_new = 300, (29, 60), 20
    for number, spread in enumerate(
        (1.0, 4.0)
    ):  # classes of different difficulty each keep the promise
        hits = []
        for _ in range(repeats):
            calibration = [rng.exponential(spread, size=n) for n in kept]
            misfit = np.zeros((n_new, 2))
            misfit[:, number] = rng.exponential(spread, size=n_new)
            hits.append((conformal_p(misfit, calibration)[:, number] > alpha).mean())
        error = np.std(hits) / np.sqrt(repeats)
        assert np.mean(hits) > 1 - alpha - 4 * error
        assert np.mean(hits) < 1 - alpha + 1 / (1 + kept[number]) + 4 * error


@pytest.mark.parametrize("order", [[0.3, 0.1, 0.2], [0.1, 0.2, 0.3]])
def test_the_order_of_kept_samples_does_not_matter(order: list[float]) -> None:
    assert conformal_p(np.array([[0.2]]), [np.array(order)]).tolist() == [[0.75]]
