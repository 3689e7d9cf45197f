"""Growing: what holds of every tree, when it stops and in which words, and that nothing tested
is lost.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.opinions.tree_fit import (
    Candidate,
    Column,
    Data,
    Node,
    Rules,
    adjust,
    associate,
    format_p,
    grow,
)

COLUMNS = (
    Column("nlr", "numeric"),
    Column("stage", "ordered", ("I", "II", "III", "IV")),
    Column("site", "categorical", ("colon", "liver", "lung", "skin")),
)
LOOSE = Rules(alpha=0.9, min_bucket=3, min_split=6, max_depth=None)


@st.composite
def data(draw: st.DrawFn) -> Data:
    """Three kinds of covariates, of which the labels follow one, some or none."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(1, 60))
    x = np.column_stack(
        [rng.normal(size=n).round(1), rng.integers(4, size=n), rng.integers(4, size=n)]
    )
    push = draw(st.sampled_from([0.0, 1.0, 3.0])) * x[:, draw(st.integers(0, 2))]
    y = np.digitize(push - np.median(push) + rng.normal(size=n), [-0.5, 0.7])
    return Data(x, y.astype(np.intp), COLUMNS, 3)


RULES = st.builds(
    Rules,
    alpha=st.sampled_from([0.01, 0.05, 0.5, 0.95]),
    min_bucket=st.integers(1, 10),
    min_split=st.integers(2, 30),
    max_depth=st.sampled_from([None, 1, 2, 3]),
)


def rows_of(nodes: tuple[Node, ...], data: Data) -> dict[int, NDArray[np.intp]]:
    """Rows of each node, found again by following the cuts."""
    rows = {1: np.arange(len(data.y))}
    names = [column.name for column in data.columns]
    for node in nodes:
        if node.cut is not None:
            sides = node.cut.sides(data.x[rows[node.number], names.index(node.cut.column.name)])
            for side, child in enumerate(node.children):
                rows[child] = rows[node.number][sides == side]
    return rows


@settings(deadline=None)
@given(data(), RULES)
def test_what_holds_of_every_tree(data: Data, rules: Rules) -> None:
    nodes = grow(data, rules)
    rows = rows_of(nodes, data)

    assert [node.number for node in nodes] == list(range(1, len(nodes) + 1))
    for node in nodes:
        here = rows[node.number]
        assert node.counts == tuple(np.bincount(data.y[here], minlength=3).tolist())
        assert [one.variable for one in node.candidates] == ["nlr", "stage", "site"]
        assert (node.cut is None) == bool(node.reason) == (not node.children)
        if node.cut is not None:
            left, right = (nodes[child - 1] for child in node.children)
            assert (left.rule, right.rule) == (node.cut.rule(0), node.cut.rule(1))
            assert left.parent == right.parent == node.number
            assert left.number == node.number + 1
            assert min(left.n, right.n) >= rules.min_bucket
            assert node.n >= rules.min_split
            assert node.chosen is not None
            assert node.chosen.p_adjusted < rules.alpha
        assert rules.max_depth is None or node.depth <= rules.max_depth


@settings(deadline=None)
@given(data())
def test_every_candidate_of_every_node_is_the_test_of_its_rows(data: Data) -> None:
    nodes = grow(data, LOOSE)
    rows = rows_of(nodes, data)
    for node in nodes:
        here = rows[node.number]
        tests = [
            associate(data.x[here, place], data.y[here], n_classes=3, n_levels=column.n_levels)
            for place, column in enumerate(COLUMNS)
        ]
        number = sum(not one.reason for one in tests)
        for candidate, test in zip(node.candidates, tests, strict=True):
            assert (candidate.df, candidate.reason) == (test.df, test.reason)
            if not test.reason:
                assert candidate.statistic == test.statistic
                assert candidate.log_p_adjusted == adjust(test.log_p, number)


@settings(deadline=None)
@given(data(), st.randoms(use_true_random=False))
def test_order_of_the_rows_changes_no_bit(data: Data, random: object) -> None:
    order = list(range(len(data.y)))
    random.shuffle(order)  # type: ignore[attr-defined]

    assert repr(grow(data.take(np.array(order)), LOOSE)) == repr(grow(data, LOOSE))


@settings(deadline=None)
@given(data())
def test_a_covariate_that_does_not_vary_changes_nothing(data: Data) -> None:
    """It is not tested, so it is not adjusted for either."""
    flat = Data(
        np.column_stack([data.x, np.ones(len(data.y))]),
        data.y,
        (*COLUMNS, Column("flat", "numeric")),
        data.n_classes,
    )
    with_flat, without = grow(flat, LOOSE), grow(data, LOOSE)

    same = [replace(node, candidates=node.candidates[:3]) for node in with_flat]
    assert list(map(repr, same)) == list(
        map(repr, without)
    )  # a p that is NaN equals itself in words only
    assert all(node.candidates[3].reason for node in with_flat)


@settings(deadline=None)
@given(data())
def test_a_tree_of_fewer_levels_is_the_top_of_the_deep_one(data: Data) -> None:
    deep, short = grow(data, LOOSE), grow(data, replace(LOOSE, max_depth=1))
    root = deep[0]

    assert repr(short[0].cut) == repr(root.cut)
    if root.children:
        assert [node.counts for node in short[1:]] == [
            deep[child - 1].counts for child in root.children
        ]


# --- why it stops ---------------------------------------------------------------------------------


def one_column(x: list[float], y: list[int]) -> Data:
    return Data(np.array(x)[:, None], np.array(y, dtype=np.intp), COLUMNS[:1], 2)


CLEAR = one_column([float(value) for value in range(40)], [0] * 20 + [1] * 20)
EIGHT = one_column([1.0] * 4 + [2.0] * 4, [0] * 4 + [1] * 4)
EDGE = one_column([1.0] * 36 + [2.0] * 4, [0] * 36 + [1] * 4)
STOPS = {
    "not supported": (
        one_column([1.0, 2.0] * 10, [0, 0, 1, 1] * 5),
        Rules(0.05, 1, 2, None),
        "No split is supported at alpha = 0.05; nearest is nlr (adjusted p > 0.999).",
    ),
    "too few": (
        EIGHT,
        Rules(0.05, 1, 20, None),
        (
            "A split on nlr (adjusted p 0.008) is supported, but fewer than 20 observations are not"
            " split."
        ),
    ),
    "no cut": (
        EDGE,
        Rules(0.05, 5, 20, None),
        (
            "A split on nlr (adjusted p 4.2e-10) is supported, but no cut leaves 5 observations on"
            " both sides."
        ),
    ),
    "one label": (
        one_column([1.0, 2.0], [1, 1]),
        Rules(0.05, 1, 2, None),
        "Nothing to test: the labels are all the same here.",
    ),
    "one value": (
        one_column([1.0, 1.0], [0, 1]),
        Rules(0.05, 1, 2, None),
        "Nothing to test: the values of each covariate are all the same here.",
    ),
}


@pytest.mark.parametrize(("data", "rules", "why"), STOPS.values(), ids=STOPS.keys())
def test_why_the_root_is_not_split(data: Data, rules: Rules, why: str) -> None:
    nodes = grow(data, rules)

    assert [(node.cut, node.reason) for node in nodes] == [(None, why)]


@pytest.mark.parametrize(("depth", "words"), [(1, "1 level"), (2, "2 levels")])
def test_a_limit_of_levels_says_what_it_hides(depth: int, words: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 3))
    y = (np.sign(x[:, 0]) + np.sign(x[:, 1]) + np.sign(x[:, 2]) > 0).astype(np.intp)
    columns = tuple(Column(name, "numeric") for name in "abc")
    nodes = grow(Data(x, y, columns, 2), Rules(0.05, 20, 20, depth))
    stopped = [
        node.reason for node in nodes if f"the tree stops at {words} of splits." in node.reason
    ]

    assert stopped
    assert max(node.depth for node in nodes) == depth


def test_an_alpha_that_is_met_exactly_does_not_split() -> None:
    p = grow(CLEAR, Rules(0.05, 7, 20, 1))[0].candidates[0].p_adjusted

    assert grow(CLEAR, Rules(p, 7, 20, 1))[0].cut is None
    assert grow(CLEAR, Rules(p * (1 + 1e-9), 7, 20, 1))[0].cut is not None


def test_where_the_best_covariate_has_no_admissible_cut_the_second_is_tried() -> None:
    """As partykit does (splittry = 2); a third is not tried."""
    y = np.repeat([0, 1], [36, 4]).astype(np.intp)
    outlying = np.where(y == 1, 9.0, 1.0)
    spread = np.arange(40.0)
    second = grow(
        Data(np.column_stack([outlying, spread]), y, two_columns("ab"), 2), Rules(0.05, 5, 20, 1)
    )
    both = Data(np.column_stack([outlying, -outlying, spread]), y, two_columns("abc"), 2)
    third = grow(both, Rules(0.05, 5, 20, 1))

    assert second[0].chosen is not None
    assert second[0].chosen.variable == "b"
    assert [one.variable for one in sorted(second[0].candidates, key=lambda one: one.log_p)] == [
        "a",
        "b",
    ]
    assert third[0].cut is None
    assert third[0].reason.startswith("A split on a (adjusted p ")
    assert " or b (adjusted p " in third[0].reason


def two_columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "numeric") for name in names)


def test_of_covariates_that_say_the_same_the_first_is_taken() -> None:
    x = np.arange(40.0)
    data = Data(np.column_stack([-3 * x + 1, x, x]), CLEAR.y, two_columns("abc"), 2)
    root = grow(data, Rules(0.05, 7, 20, 1))[0]

    assert root.chosen is not None
    assert root.chosen.variable == "a"


def test_p_too_small_for_a_double_still_orders_the_covariates() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 4000).astype(np.intp)
    noisy, clean = y + rng.normal(scale=0.3, size=8000), y + rng.normal(scale=0.1, size=8000)
    root = grow(
        Data(np.column_stack([noisy, clean]), y, two_columns("ab"), 2), Rules(0.05, 7, 20, 1)
    )[0]

    assert [one.p for one in root.candidates] == [0.0, 0.0]
    assert root.chosen is root.candidates[1]
    assert -4000 < root.candidates[1].log_p < root.candidates[0].log_p < -1000


# --- what a node says of itself -------------------------------------------------------------------


def test_shares_and_intervals_of_a_node() -> None:
    node = Node(1, None, 0, "", (9, 6, 0), ())

    assert (node.n, node.shares, node.chosen) == (15, (0.6, 0.4, 0.0), None)
    np.testing.assert_allclose(node.intervals[0], (0.32286977, 0.83663571), rtol=1e-6)
    assert node.intervals[2][0] == 0.0


def test_p_of_a_candidate() -> None:
    candidate = Candidate("nlr", 30.0, 1, np.log(4e-8), np.log(2.8e-7))

    assert candidate.p == pytest.approx(4e-8)
    assert candidate.p_adjusted == pytest.approx(2.8e-7)


@pytest.mark.parametrize(
    ("log_p", "words"),
    [
        (0.0, "> 0.999"),
        (np.log(0.9996), "> 0.999"),
        (np.log(0.9994), "0.999"),
        (np.log(0.05), "0.050"),
        (np.log(0.00101), "0.001"),
        (np.log(0.00099), "9.9e-04"),
        (np.log(9.96e-5), "1.0e-04"),
        (np.log(2.98e-7), "3.0e-07"),
        (-1e5, "3.6e-43430"),
        (np.nan, "not tested"),
    ],
)
def test_p_in_words(log_p: float, words: str) -> None:
    assert format_p(log_p) == words
