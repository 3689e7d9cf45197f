"""Expansion, contraction and diversity: the simulated study recovered, and the traps of unequal
depth shown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from resistype.errors import SamplesError
from resistype.systems.cells.clones import (
    ChangeRule,
    Rarefaction,
    clone_change,
    clone_counts,
    clone_diversity,
    gini,
    shannon,
    top_share,
)
from tests.systems.cells.study import Study, simulate


@pytest.fixture(scope="module")
def study() -> Study:
    return simulate()


def counts_of(study: Study, patient: str) -> pd.DataFrame:
    cells = study.cells[study.cells["patient"] == patient]
    return clone_counts(cells["clone"], cells["time"])


def test_planted_expansion_is_found(study: Study) -> None:
    """At least 80 % of the clones planted to grow sixfold, and at most 10 % of the calls wrong."""
    hit = called = wrong = planted = 0
    for patient, truth in study.expanded.items():
        counts = counts_of(study, patient)
        found = clone_change(counts["IP"], counts["day 14"])
        expanded = set(found.index[found["call"] == "expanded"])
        hit += len(expanded & truth)
        planted += len(truth)
        called += len(expanded)
        wrong += len(expanded - truth - study.novel[patient])

    assert hit / planted >= 0.8
    assert wrong / called <= 0.1


def test_planted_contraction_is_found(study: Study) -> None:
    hit = planted = called = 0
    for patient, truth in study.contracted.items():
        counts = counts_of(study, patient)
        found = clone_change(counts["IP"], counts["day 14"])
        contracted = set(found.index[found["call"] == "contracted"])
        hit, planted, called = (
            hit + len(contracted & truth),
            planted + len(truth),
            called + len(contracted),
        )

    assert hit / planted >= 0.8
    assert (called - hit) / called <= 0.1


def test_without_change_hardly_any_patient_has_a_changed_clone() -> None:
    null = simulate(n_patients=20, planted=False, seed=21)
    calls = []
    for patient in null.expanded:
        counts = counts_of(null, patient)
        found = clone_change(counts["IP"], counts["day 14"])
        calls.append(int(found["call"].isin(["expanded", "contracted"]).sum()))

    assert (
        sum(one > 0 for one in calls) <= 3
    )  # nominal 5 % of 20, and Fisher's test is conservative


def test_counting_cells_without_depth_would_call_most_clones_expanded(study: Study) -> None:
    """The trap: the second sample is six times as deep, so nearly every clone has twice the
    cells.
    """
    counts = counts_of(study, "SIM0")
    doubled = (counts["day 14"] >= 2 * counts["IP"]) & (counts["day 14"] >= 3)
    found = clone_change(counts["IP"], counts["day 14"])

    assert doubled.mean() > 0.8
    assert (found["call"] == "expanded").mean() < 0.1


def test_p_and_q_are_scipys() -> None:
    before, after = (
        pd.Series({"a": 5, "b": 15, "c": 0, "d": 80}),
        pd.Series({"a": 30, "b": 10, "c": 2, "e": 58}),
    )
    found = clone_change(before, after)
    p = {}
    for name in "abde":
        b, a = int(before.get(name, 0)), int(after.get(name, 0))
        p[name] = fisher_exact([[a, 100 - a], [b, 100 - b]])[1]
    q = dict(zip(p, false_discovery_control(list(p.values())), strict=True))

    assert {name: found.loc[name, "p"] for name in p} == pytest.approx(p)
    assert {name: found.loc[name, "q"] for name in q} == pytest.approx(q)
    assert found.loc["c", "call"] == "not_tested"
    assert np.isnan(found.loc["c", "p"])


def test_twofold_is_needed_however_small_p() -> None:
    found = clone_change(
        pd.Series({"a": 20_000, "b": 80_000}), pd.Series({"a": 30_000, "b": 70_000})
    )

    assert found.loc["a", "q"] < 1e-50
    assert found.loc["a", "call"] == "unchanged"
    assert found.loc["a", "fold"] == pytest.approx(1.5, abs=0.001)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_turned_round_expanded_is_contracted(rows: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"])
    if not (frame.sum() > 0).all():
        return
    one, two = clone_change(frame["a"], frame["b"]), clone_change(frame["b"], frame["a"])
    other = {"expanded": "contracted", "contracted": "expanded"}

    assert one["call"].map(lambda call: other.get(call, call)).to_dict() == two["call"].to_dict()


def test_the_rule_can_be_changed() -> None:
    before, after = pd.Series({"a": 10, "b": 90}), pd.Series({"a": 25, "b": 75})

    assert clone_change(before, after).loc["a", "call"] == "expanded"
    assert clone_change(before, after, rule=ChangeRule(fold=3)).loc["a", "call"] == "unchanged"


def test_a_sample_without_clones_is_an_error() -> None:
    with pytest.raises(SamplesError, match="E973 0 and 5 tracked cells in the two samples"):
        clone_change(pd.Series(dtype=int), pd.Series({"a": 5}))


# --- diversity ------------------------------------------------------------------------------------


def test_unequal_depth_misleads_and_rarefaction_does_not() -> None:
    """Two samples of the same clones at the same frequencies, 1,500 and 9,000 cells deep."""
    null = simulate(n_patients=6, planted=False, seed=5)
    raw, fair = [], []
    for patient in null.expanded:
        found = clone_diversity(counts_of(null, patient), rarefaction=Rarefaction(repeats=60))
        raw.append(found.loc["day 14", "raw_shannon"] - found.loc["IP", "raw_shannon"])
        fair.append(found.loc["day 14", "shannon"] - found.loc["IP", "shannon"])

    assert min(raw) > 0.15  # every patient "gains diversity", though nothing changed
    assert np.abs(fair).max() < 0.12
    assert abs(np.mean(fair)) < 0.08


def test_at_equal_depth_a_real_loss_of_diversity_is_seen() -> None:
    even = pd.Series(np.full(100, 10))
    skewed = pd.Series(np.array([2000, *[20] * 99]))
    found = clone_diversity(pd.DataFrame({"before": even, "after": skewed}))

    assert found.loc["after", "shannon"] < found.loc["before", "shannon"] - 1
    assert found.loc["after", "gini"] > found.loc["before", "gini"]
    assert found.loc["after", "top10"] > found.loc["before", "top10"]


def test_measures_against_their_definitions() -> None:
    sizes = np.array([7, 1, 3, 0, 9])
    p = np.array([7, 1, 3, 9]) / 20
    pairs = [abs(a - b) for a in (7, 1, 3, 9) for b in (7, 1, 3, 9)]

    assert shannon(sizes) == pytest.approx(-sum(x * np.log2(x) for x in p))
    assert gini(sizes) == pytest.approx(np.mean(pairs) / (2 * 5))
    assert top_share(sizes, 2) == pytest.approx(16 / 20)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_measures_stay_in_their_ranges(sizes: list[int]) -> None:
    counts = np.array(sizes)
    if counts.sum() == 0:
        assert np.isnan([gini(counts), shannon(counts), top_share(counts)]).all()
        return

    assert 0 <= gini(counts) < 1
    assert 0 <= shannon(counts) <= np.log2((counts > 0).sum()) + 1e-9
    assert 0 < top_share(counts) <= 1


def test_rarefied_values_are_those_of_cells_drawn_one_by_one() -> None:
    sizes = np.array([40, 25, 10, 10, 5, 5, 3, 2])
    rng = np.random.default_rng(3)
    cells = np.repeat(np.arange(8), sizes)
    drawn = [np.bincount(rng.choice(cells, 50, replace=False), minlength=8) for _ in range(800)]
    plan = Rarefaction(depth=50, repeats=800)
    found = clone_diversity(pd.DataFrame({"s": sizes}), rarefaction=plan).loc["s"]

    assert found["shannon"] == pytest.approx(np.mean([shannon(one) for one in drawn]), abs=0.02)
    assert found["n_clones"] == pytest.approx(np.mean([(one > 0).sum() for one in drawn]), abs=0.1)


def test_one_draw_spreads_alike_whatever_the_depth() -> None:
    """The mean over draws of a deep sample hardly varies; one draw varies as a shallow sample
    does.
    """
    p = 1.0 / np.arange(1, 61)
    rng = np.random.default_rng(0)
    rows = {"shallow": [], "deep": []}
    for seed in range(60):
        counts = pd.DataFrame(
            {
                name: rng.multinomial(n, p / p.sum())
                for name, n in (("shallow", 100), ("deep", 5000))
            }
        )
        found = clone_diversity(counts, rarefaction=Rarefaction(repeats=30, seed=seed))
        for name, values in rows.items():
            values.append((found.loc[name, "one_shannon"], found.loc[name, "shannon"]))
    spread = {name: np.std(values, axis=0) for name, values in rows.items()}

    assert spread["deep"][0] / spread["shallow"][0] == pytest.approx(1.0, abs=0.35)
    assert spread["deep"][1] < 0.6 * spread["shallow"][1]


def test_small_samples_are_not_assessed_and_do_not_pull_the_depth_down() -> None:
    found = clone_diversity(pd.DataFrame({"s": [60, 60], "t": [80, 90], "few": [10, 5]}))

    assert found["depth"].tolist() == [120, 120, 120]
    assert found.loc["few", "reason"] == "15 tracked cells, 120 are needed"
    assert np.isnan(found.loc["few", "shannon"])
    assert found.loc["s", "reason"] == ""


def test_the_same_seed_gives_the_same_numbers() -> None:
    counts = pd.DataFrame({"s": [60, 40, 30], "t": [200, 90, 10]})

    pd.testing.assert_frame_equal(clone_diversity(counts), clone_diversity(counts))


def test_no_sample_deep_enough() -> None:
    with pytest.raises(SamplesError) as caught:
        clone_diversity(pd.DataFrame({"s": [5, 4]}))

    assert (
        str(caught.value)
        == "E974 No sample has 50 tracked cells (the largest has 9): diversity is not assessed."
    )
