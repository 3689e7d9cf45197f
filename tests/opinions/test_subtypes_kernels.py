"""Score, scale, votes and call of the portraits against the formulas written out with pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.opinions.subtypes import centre_and_spread, decide, portrait_scores_of, votes_of
from tests.strategies import Scored, scored


def slow_score(values: pd.DataFrame, members: list[int]) -> pd.Series:
    """The formula as it is published: highest rank for ties, over all genes."""
    ranks = values.rank(axis=1, method="max")
    mine, n_genes, n = ranks[members], values.shape[1], len(members)
    return (mine**1.25).sum(axis=1) / (mine**0.25).sum(axis=1) - (n_genes - n + 1) / 2


@given(scored(negative=True))
def test_scores_are_the_formula(case: Scored) -> None:
    found = portrait_scores_of(case.values, case.sets)
    slow = [slow_score(pd.DataFrame(case.values), one.tolist()) for one in case.sets]

    np.testing.assert_allclose(found, np.stack(slow, axis=1), rtol=1e-12, atol=1e-9)


@given(scored())
def test_only_the_order_within_a_sample_counts(case: Scored) -> None:
    whole = portrait_scores_of(case.values, case.sets)

    assert portrait_scores_of(np.exp2(case.values), case.sets).tobytes() == whole.tobytes()


@given(scored(negative=True), st.randoms(use_true_random=False))
def test_the_order_of_genes_does_not_matter(case: Scored, random: object) -> None:
    n_genes = case.values.shape[1]
    order = np.array(sorted(range(n_genes), key=lambda _: random.random()))  # type: ignore[attr-defined]
    place = np.argsort(order)
    turned = portrait_scores_of(case.values[:, order], [place[one] for one in case.sets])

    np.testing.assert_allclose(
        turned, portrait_scores_of(case.values, case.sets), rtol=0, atol=1e-9
    )


def test_a_sample_has_the_same_bits_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(17, 90))
    sets = [np.arange(11), np.arange(30, 63)]
    whole = portrait_scores_of(values, sets)
    monkeypatch.setattr("resistype.opinions.subtypes._CELLS", 100)

    assert portrait_scores_of(values, sets).tobytes() == whole.tobytes()


def test_ties_get_their_highest_rank() -> None:
    # ranks 2, 2, 3 of three genes: 2 for both members of the tie
    assert portrait_scores_of(np.array([[5.0, 5.0, 7.0]]), [np.array([0])])[0, 0] == pytest.approx(
        2 - (3 - 1 + 1) / 2
    )


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2), min_size=1, max_size=9))
def test_scale_is_median_and_mean_absolute_deviation_about_the_mean(
    rows: list[list[float]],
) -> None:
    table = pd.DataFrame(rows)
    centre, spread = centre_and_spread(table.to_numpy())

    np.testing.assert_allclose(centre, table.median())
    np.testing.assert_allclose(spread, (table - table.mean()).abs().mean(), atol=1e-9)


def test_the_spread_is_not_the_median_absolute_deviation() -> None:
    _, spread = centre_and_spread(np.array([[0.0], [1.0], [2.0], [9.0]]))

    assert spread[0] == 3.0


def slow_votes(
    row: list[float], reference: list[list[float]], codes: list[int], *, k: int, n_labels: int
) -> list[int]:
    apart = sorted(
        (sum((a - b) ** 2 for a, b in zip(row, one, strict=True)), n)
        for n, one in enumerate(reference)
    )
    near = [codes[n] for _, n in apart[:k]]
    return [near.count(label) for label in range(n_labels)]


POINT = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=2)


@given(
    st.lists(POINT, min_size=1, max_size=5),
    st.lists(st.tuples(POINT, st.integers(0, 3)), min_size=1),
    st.integers(1, 9),
)
def test_votes_are_counted(
    rows: list[list[float]], known: list[tuple[list[float], int]], k: int
) -> None:
    reference, codes = [point for point, _ in known], [code for _, code in known]
    k = min(k, len(known))
    found = votes_of(np.array(rows), np.array(reference), np.array(codes), k=k, n_labels=4)

    assert found.tolist() == [slow_votes(row, reference, codes, k=k, n_labels=4) for row in rows]
    assert (found.sum(axis=1) == k).all()


def test_votes_in_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    scaled, reference, codes = (
        rng.normal(size=(20, 5)),
        rng.normal(size=(100, 5)),
        rng.integers(0, 4, 100),
    )
    whole = votes_of(scaled, reference, codes, k=35, n_labels=4)
    monkeypatch.setattr("resistype.opinions.subtypes._CELLS", 300)

    np.testing.assert_array_equal(votes_of(scaled, reference, codes, k=35, n_labels=4), whole)


# IE, IE/F, F, D; the last column is what the authors' software says
VOTE_TABLE = [
    ([28, 5, 1, 1], "IE", True, "0.80"),
    ([16, 15, 3, 1], "IE", False, "0.46"),
    ([4, 1, 12, 18], "D", True, "0.51"),
]


@pytest.mark.parametrize(("votes", "label", "firm", "share"), VOTE_TABLE)
def test_the_table_of_votes(votes: list[int], label: str, firm: bool, share: str) -> None:
    first, enough = decide(np.array([votes]), min_fraction=0.5, min_margin=0.15)

    assert ["IE", "IE/F", "F", "D"][first[0]] == label
    assert bool(enough[0]) is firm
    assert f"{max(votes) / 35:.2f}" == share


BORDERS = [
    ([10, 7, 3, 0], True),  # share 0.50, lead 0.15: both borders are enough
    ([10, 8, 2, 0], False),  # lead 0.10
    ([9, 6, 5, 0], False),  # share 0.45
    ([20, 0, 0, 0], True),
    ([5, 5, 5, 5], False),
]


@pytest.mark.parametrize(("votes", "firm"), BORDERS)
def test_the_borders_of_a_call(votes: list[int], firm: bool) -> None:
    assert decide(np.array([votes]), min_fraction=0.5, min_margin=0.15)[1].tolist() == [firm]
