"""Cohen's kappa: that of scikit-learn, the interval of Fleiss, Cohen and Everitt, and where
there is none.
"""

from __future__ import annotations

import math
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from resistype.agreement import Kappa, cohen_kappa
from resistype.errors import MissingExtraError

TABLES = st.integers(1, 5).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 30)))


def spelled_out(table: np.ndarray) -> tuple[list[int], list[int]]:
    """One label a sample on each side."""
    first, second = [], []
    for i, row in enumerate(table.tolist()):
        for j, n in enumerate(row):
            first += [i] * n
            second += [j] * n
    return first, second


def slow_interval(table: np.ndarray) -> tuple[float, float, float]:
    """Kappa and its large-sample standard error, sum by sum as Fleiss, Cohen and Everitt (1969)
    write them.
    """
    n, k = table.sum(), len(table)
    p = table / n
    row, column = [sum(p[i]) for i in range(k)], [sum(p[:, j]) for j in range(k)]
    observed = sum(p[i, i] for i in range(k))
    chance = sum(row[i] * column[i] for i in range(k))
    kappa = (observed - chance) / (1 - chance)
    a = sum(p[i, i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2 for i in range(k))
    b = (1 - kappa) ** 2 * sum(
        p[i, j] * (column[i] + row[j]) ** 2 for i in range(k) for j in range(k) if i != j
    )
    c = (kappa - chance * (1 - kappa)) ** 2
    half = 1.959963984540054 * math.sqrt(max((a + b - c) / (n * (1 - chance) ** 2), 0.0))
    return kappa, kappa - half, min(kappa + half, 1.0)


@given(TABLES)
def test_kappa_is_that_of_scikit_learn(table: np.ndarray) -> None:
    found = cohen_kappa(table)
    first, second = spelled_out(table)

    assert (found.n, found.same) == (
        len(first),
        sum(a == b for a, b in zip(first, second, strict=True)),
    )
    if len(set(first) | set(second)) < 2:
        assert math.isnan(found.value)
        assert found.reason
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohen_kappa_score(first, second)
    assert found.value == pytest.approx(theirs, abs=1e-12, nan_ok=True)


@given(TABLES)
def test_the_interval_is_that_of_the_paper(table: np.ndarray) -> None:
    found = cohen_kappa(table)
    if math.isnan(found.value):
        return
    np.testing.assert_allclose(
        (found.value, found.low, found.high), slow_interval(table), atol=1e-6
    )
    assert found.low <= found.value <= found.high <= 1.0


def test_a_published_example() -> None:
    """Cohen's first example as Fleiss 1969 table 1 has it in shares: 75 1 4 / 5 4 1 / 0 0 10 of
    100.
    """
    found = cohen_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]])

    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(0.088, abs=1e-3)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([[12]], "both sides give every sample the same label"),
        ([[12, 0], [0, 0]], "both sides give every sample the same label"),
        ([[0, 0], [0, 0]], "no sample is left"),
        (np.zeros((0, 0)), "no sample is left"),
    ],
)
def test_where_kappa_has_no_value_the_reason_is_said(table: object, why: str) -> None:
    found = cohen_kappa(table)

    assert math.isnan(found.value)
    assert why in found.reason
    assert found.words.startswith("no kappa: ")


def test_without_statsmodels_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.stats.inter_rater", None)
    with pytest.raises(
        MissingExtraError, match=r"X101 Kappa needs statsmodels: pip install 'resistype\[compare\]'"
    ):
        cohen_kappa([[20, 5], [10, 15]])


def test_all_agree_and_all_disagree() -> None:
    assert cohen_kappa([[5, 0], [0, 5]]).value == 1.0
    assert cohen_kappa([[0, 5], [5, 0]]).value == -1.0
    assert cohen_kappa([[5, 0], [0, 5]]).words == "κ = 1.00 (1.00 to 1.00), n = 10"


def test_the_numbers_are_a_value() -> None:
    assert cohen_kappa([[20, 5], [10, 15]]) == cohen_kappa([[20, 5], [10, 15]])
    assert isinstance(cohen_kappa([[1, 0], [0, 1]]), Kappa)
