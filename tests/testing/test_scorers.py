"""The checks of scorers: all shipped methods keep them, and each finds the scorer that was
broken for it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.score.methods import METHODS
from resistype.testing import SCORER_CHECKS, CheckError, Tags, check_scorer
from resistype.testing.scorers import KNOWN, Scorer, Subject, matrix, sets, shipped

Lists = Mapping[str, Sequence[str]]
GOOD = shipped("singscore").scorer


@pytest.mark.parametrize("method", [one.id for one in METHODS])
def test_shipped_methods_keep_what_they_promise(method: str) -> None:
    outcomes = check_scorer(method)

    assert len(outcomes) == len(SCORER_CHECKS) >= 20
    assert [one.name for one in outcomes if not one.passed] == list(KNOWN.get(method, ()))


@pytest.mark.parametrize("method", list(KNOWN))
def test_what_a_method_is_known_not_to_keep_it_still_does_not_keep(method: str) -> None:
    for name in KNOWN[method]:
        check = next(one for one in SCORER_CHECKS if one.__name__ == name)
        with pytest.raises(CheckError):
            check(shipped(method))


def frame(data: Any) -> pd.DataFrame:
    """A DataFrame of whatever came."""
    if isinstance(data, pd.DataFrame):
        return data
    values = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    return pd.DataFrame(values, index=data.obs_names, columns=data.var_names)


def plain(data: Any, lists: Lists) -> pd.DataFrame:
    """Means of whatever is there, without a look at anything."""
    table = frame(data)
    found = {name: table.reindex(columns=list(genes)).mean(axis=1) for name, genes in lists.items()}
    return pd.DataFrame(found, index=table.index)


COUNT = itertools.count()
BUSY = threading.Event()


def drifting(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + next(COUNT) * 1e-9


def disturbed(data: Any, lists: Lists) -> pd.DataFrame:
    disturbs = 0.0 if not BUSY.is_set() else 1.0
    BUSY.set()
    time.sleep(0.05)
    BUSY.clear()
    return GOOD(data, lists) + disturbs


def scaled(data: Any, lists: Lists) -> pd.DataFrame:
    found = GOOD(data, lists)
    return (found - found.mean()) / found.std()


def by_place(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + np.arange(len(frame(data)))[:, None]


def first_gene(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + frame(data).iloc[:, [0]].to_numpy(dtype=float)


def first_of_list(data: Any, lists: Lists) -> pd.DataFrame:
    found = GOOD(data, lists)
    for name, genes in lists.items():
        found[name] += frame(data).get(genes[0], 0.0)
    return found


def numbered(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + np.arange(len(lists)) * len(lists)


def counted_twice(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + [len(genes) for genes in lists.values()]


def sparse_zeros(data: Any, lists: Lists) -> pd.DataFrame:
    found = GOOD(data, lists)
    stored = getattr(getattr(data, "X", None), "nnz", 0)
    return found + (stored if stored > np.count_nonzero(matrix()) else 0)


def only_frames(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + (0.0 if isinstance(data, pd.DataFrame) else 1.0)


def writes(data: Any, lists: Lists) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame) and data.shape == matrix().shape:
        values = data.to_numpy(copy=False)
        values[0, 0] = values[0, 0]
    return GOOD(data, lists)


def sorts_lists(data: Any, lists: Lists) -> pd.DataFrame:
    found = GOOD(data, lists)
    for genes in lists.values():
        list.sort(genes)  # type: ignore[arg-type]
        genes.pop()  # type: ignore[attr-defined]
    return found


def fills(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(frame(data).fillna(0.0), lists)


def caps(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(frame(data).replace(np.inf, 99.0), lists)


def coerces(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(frame(data).apply(pd.to_numeric, errors="coerce").fillna(0.0), lists)


def empty_is_zero(data: Any, lists: Lists) -> pd.DataFrame:
    return plain(data, lists).fillna(0.0)


def drops_lists(data: Any, lists: Lists) -> pd.DataFrame:
    kept = {name: genes for name, genes in lists.items() if set(genes) & set(frame(data).columns)}
    return GOOD(data, kept)


def first_of_twins(data: Any, lists: Lists) -> pd.DataFrame:
    table = frame(data)
    return GOOD(table.loc[~table.index.duplicated(), ~table.columns.duplicated()], lists)


def turns(data: Any, lists: Lists) -> pd.DataFrame:
    table = frame(data)
    return GOOD(table if table.columns[0] in matrix().columns else table.T, lists)


def drops_flat(data: Any, lists: Lists) -> pd.DataFrame:
    table = frame(data)
    return GOOD(table.loc[(table != 0).any(axis=1)], lists)


def alone(data: Any, lists: Lists) -> pd.DataFrame:
    return GOOD(data, lists) + (1.0 if len(frame(data)) == 1 else 0.0)


BROKEN: dict[str, Scorer] = {
    "check_shape": lambda data, lists: GOOD(data, lists).iloc[:, ::-1],
    "check_varies": lambda data, lists: GOOD(data, lists) * 0.0,
    "check_repeat": drifting,
    "check_threads": disturbed,
    "check_subset": scaled,
    "check_one_sample": alone,
    "check_sample_order": by_place,
    "check_gene_order": first_gene,
    "check_list_order": first_of_list,
    "check_company": numbered,
    "check_gene_twice": counted_twice,
    "check_ranks": plain,
    "check_sparse": sparse_zeros,
    "check_forms": only_frames,
    "check_read_only": writes,
    "check_unchanged": sorts_lists,
    "check_missing_value": fills,
    "check_infinite_value": caps,
    "check_text": coerces,
    "check_empty": empty_is_zero,
    "check_absent_genes": drops_lists,
    "check_names_twice": first_of_twins,
    "check_turned": turns,
    "check_flat_sample": drops_flat,
}


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_each_check_finds_what_was_broken_for_it(check: Any) -> None:
    tags = Tags(ranks=True)
    check(Subject(GOOD, tags))

    with pytest.raises((CheckError, ValueError)) as caught:
        check(Subject(BROKEN[check.__name__], tags))
    assert str(caught.value)


def test_every_check_has_its_broken_scorer() -> None:
    assert {check.__name__ for check in SCORER_CHECKS} == set(BROKEN)


def test_all_failures_are_told_at_once() -> None:
    with pytest.raises(CheckError) as caught:
        check_scorer(plain)
    text = str(caught.value)

    assert text.startswith("Scorer 'plain': ")
    assert "check_missing_value: a missing value gave a score without a word" in text
    assert "check_absent_genes" not in text
    assert len(caught.value.outcomes) == len(SCORER_CHECKS)
    assert any(one.passed for one in caught.value.outcomes)


def test_a_check_can_be_left_out_with_a_reason() -> None:
    outcomes = check_scorer("ucell", skip={"check_threads": "no threads here"})
    left = [one for one in outcomes if one.left_out]

    assert [(one.name, one.passed, one.left_out) for one in left] == [
        ("check_threads", False, "no threads here")
    ]
    with pytest.raises(ValueError, match="There is no check check_nothing; there are: check_shape"):
        check_scorer("ucell", skip={"check_nothing": "x"})


def test_what_is_no_table_is_said() -> None:
    with pytest.raises(
        CheckError, match=r"wanted a DataFrame of samples × signatures, got ndarray"
    ):
        Subject(lambda data, lists: np.zeros(3))(matrix())  # type: ignore[arg-type, return-value]


def test_the_matrix_is_the_same_each_time() -> None:
    assert matrix().equals(matrix())
    assert not matrix().index.has_duplicates
    assert sets() == sets()
    assert all(set(genes) <= set(matrix().columns) for genes in sets().values())
