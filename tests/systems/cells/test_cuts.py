"""Cuts that somebody set, distributions beside them, and the cut a user asks for with its
corrected p.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.stats import PatientTable, best_cut
from resistype.systems.cells import cutoff_from_controls, distributions, states_by_cuts

SCORES = pd.DataFrame({"memory": [0.9, 0.1, 0.9, 0.5], "exhausted": [0.1, 0.2, 0.8, 0.4]})


def test_one_cut_one_state_none_or_several() -> None:
    found = states_by_cuts(SCORES, {"memory": 0.5, "exhausted": 0.5})

    assert found.astype(object).where(found.notna(), None).tolist() == [
        "memory",
        None,
        "several",
        "memory",
    ]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_states_against_the_obvious_version(
    rows: list[tuple[float, float]], a: float, b: float
) -> None:
    found = states_by_cuts(pd.DataFrame(rows, columns=["x", "y"]), {"x": a, "y": b})
    for (x, y), one in zip(rows, found.tolist(), strict=True):
        above = [name for name, value, cut in (("x", x, a), ("y", y, b)) if value >= cut]
        if not above:
            assert pd.isna(one)
        else:
            assert one == ("several" if len(above) == 2 else above[0])


def test_a_cut_from_controls() -> None:
    assert cutoff_from_controls([0.1, 0.3, np.nan], margin=0.05) == pytest.approx(0.35)
    assert cutoff_from_controls([0.0, 1.0], centile=0.5) == pytest.approx(0.5)


def test_distributions_count_every_cell_once() -> None:
    rng = np.random.default_rng(0)
    scores = pd.DataFrame({"memory": rng.normal(size=300), "flat": 1.0, "absent": np.nan})
    found = distributions(scores, pd.Series(["a", "b", None] * 100), cuts={"memory": 0.5})
    memory = found[found["score"] == "memory"]

    assert memory.groupby("group")["n_cells"].sum().to_dict() == {
        "a": 100,
        "b": 100,
        "unassigned": 100,
    }
    assert set(found["score"]) == {"memory", "flat"}
    assert memory["cut"].unique().tolist() == [0.5]
    counts, _ = np.histogram(
        scores["memory"][::3], bins=np.append(memory["bin_low"][:50], memory["bin_high"].iloc[49])
    )
    assert memory.loc[memory["group"] == "a", "n_cells"].tolist() == counts.tolist()


BAD = {
    "no such score": (
        lambda: states_by_cuts(SCORES, {"naive": 0.5}),
        "E984 Cuts cannot be applied: there is no score 'naive'. Scores: memory, exhausted.",
    ),
    "no number": (
        lambda: states_by_cuts(SCORES, {"memory": float("nan")}),
        "E984 Cuts cannot be applied: a cut is no number. Scores: memory, exhausted.",
    ),
    "no controls": (
        lambda: cutoff_from_controls([np.nan]),
        "E984 A cut from controls needs controls with a score.",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message


# --- the best of all cuts -------------------------------------------------------------------------


def patients(values: np.ndarray) -> PatientTable:
    index = [f"P{i}" for i in range(len(values))]
    return PatientTable(pd.DataFrame({"x": values}, index=index), pd.Series(80, index=index))


def labels(y: np.ndarray) -> pd.Series:
    return pd.Series(np.where(y, "R", "NR"), index=[f"P{i}" for i in range(len(y))])


def test_a_planted_cut_is_found() -> None:
    x = np.arange(40.0)
    found = best_cut(patients(x), "x", labels(x > 24.5), first="R", repeats=300)

    assert found.cut == 24.5
    assert (found.n_above, found.n_below) == (15, 25)
    assert (found.fraction_first_above, found.fraction_first_below) == (1.0, 0.0)
    assert found.p_corrected < 0.01


def test_the_plain_p_is_optimistic_and_the_corrected_one_keeps_its_level() -> None:
    rng = np.random.default_rng(8)
    plain, corrected = 0, 0
    for seed in range(60):
        found = best_cut(
            patients(rng.normal(size=30)),
            "x",
            labels(rng.random(30) < 0.5),
            first="R",
            repeats=150,
            seed=seed,
        )
        plain += found.p_plain < 0.05
        corrected += found.p_corrected < 0.05

    assert plain >= 10
    assert corrected <= 7


def test_a_cut_needs_patients() -> None:
    with pytest.raises(SamplesError, match="E961 PSEUDOREP"):
        best_cut(pd.DataFrame({"x": [1.0]}), "x", pd.Series(["R"]), first="R")  # type: ignore[arg-type]
    with pytest.raises(SamplesError, match="E969 6 patients in both groups are too few"):
        best_cut(patients(np.arange(6.0)), "x", labels(np.arange(6) > 2), first="R")
    with pytest.raises(SamplesError, match="E969 All patients have about one value"):
        best_cut(patients(np.ones(20)), "x", labels(np.arange(20) > 9), first="R")
