"""AUC, balanced accuracy and labels dealt anew, against obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.opinions.fit import auc_by_class, balanced_accuracy, mean_auc, shuffled


@st.composite
def judged(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Weights with ties of two to four classes, and true classes."""
    n, k = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    cells = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9]), min_size=k, max_size=k)
    weight = np.array(draw(st.lists(cells, min_size=n, max_size=n)))
    return weight, np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))


def slow_auc(weight: NDArray[np.float64], codes: NDArray[np.intp], which: int) -> float:
    """Fraction of pairs, one of the class and one of the others, in which the first has more
    weight; ties half.
    """
    mine, others = weight[codes == which, which], weight[codes != which, which]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in mine for b in others]
    return sum(pairs) / len(pairs) if pairs else float("nan")


@given(judged())
def test_auc_counts_pairs(case: tuple[NDArray[np.float64], NDArray[np.intp]]) -> None:
    weight, codes = case
    slow = [slow_auc(weight, codes, which) for which in range(weight.shape[1])]

    np.testing.assert_allclose(auc_by_class(weight, codes), slow, rtol=0, atol=1e-12)


@given(judged())
def test_mean_auc_is_the_mean_of_those_that_are_known(
    case: tuple[NDArray[np.float64], NDArray[np.intp]],
) -> None:
    weight, codes = case
    known = [one for one in auc_by_class(weight, codes) if not np.isnan(one)]

    assert mean_auc(weight, codes) == pytest.approx(np.mean(known) if known else 0.5)


def test_balanced_accuracy_counts_each_class_the_same() -> None:
    weight = np.array([[1.0, 0], [1, 0], [1, 0], [1, 0]])

    assert balanced_accuracy(weight, np.array([0, 0, 0, 1])) == 0.5


@st.composite
def visits(draw: st.DrawFn) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Class and patient of each sample; patients have one to three samples, not always of one
    class.
    """
    n = draw(st.integers(1, 20))
    numbers = st.lists(st.integers(0, 5), min_size=n, max_size=n)
    return np.array(draw(numbers)) % 3, np.array(draw(numbers))


@given(visits(), st.integers(0, 99))
def test_a_patient_gets_the_labels_of_one_patient_in_their_order(
    case: tuple[NDArray[np.intp], NDArray[np.intp]], seed: int
) -> None:
    codes, patients = case
    dealt = shuffled(codes, patients, np.random.default_rng(seed))
    given_by = np.random.default_rng(seed).permutation(len(np.unique(patients)))
    names = np.unique(patients)
    for number, name in enumerate(names):
        giver = codes[patients == names[given_by[number]]].tolist()
        mine = dealt[patients == name].tolist()
        assert mine == [giver[place % len(giver)] for place in range(len(mine))]


def test_labels_of_single_samples_are_only_moved() -> None:
    codes = np.array([0] * 7 + [1] * 5)
    dealt = shuffled(codes, np.arange(12), np.random.default_rng(0))

    assert sorted(dealt) == sorted(codes)
    assert (dealt != codes).any()


def test_samples_of_a_patient_stay_together() -> None:
    patients = np.repeat(np.arange(20), 3)
    codes = np.repeat(np.arange(20) % 2, 3)
    dealt = shuffled(codes, patients, np.random.default_rng(0)).reshape(20, 3)

    assert (dealt == dealt[:, :1]).all()
    assert dealt[:, 0].sum() == 10
