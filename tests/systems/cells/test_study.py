"""The simulated longitudinal study as a whole: error rates as stated, and the traps that it would
spring without care.

Ten patients, 1,350 tracked cells in the product and 8,100 on day 14; 400 clones of falling size
each. Planted in every patient: ten clones grow sixfold, six shrink to a sixth, five leave memory
(50 % → 10 %), ten are new.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.stats import PatientTable, compare_patients
from resistype.systems.cells.clone_fate import drift, flow, origin, plasticity
from resistype.systems.cells.clones import Rarefaction, clone_change, clone_counts, clone_diversity
from tests.systems.cells.study import DEPTH, N_CLONES, Study, simulate


@pytest.fixture(scope="module")
def study() -> Study:
    return simulate(n_patients=10, seed=8)


def patients(study: Study) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), own) for name, own in study.cells.groupby("patient")]


def changes(own: pd.DataFrame) -> pd.DataFrame:
    counts = clone_counts(own["clone"], own["time"])
    return clone_change(counts["IP"], counts["day 14"])


def rates(
    study: Study, call: str, truth: dict[str, set[str]], allowed: dict[str, set[str]]
) -> tuple[float, float]:
    """Fraction of the planted clones that are found, and of the calls that were not planted."""
    hit = planted = called = wrong = 0
    for name, own in patients(study):
        found = changes(own)
        names = set(found.index[found["call"] == call])
        hit, planted = hit + len(names & truth[name]), planted + len(truth[name])
        called, wrong = (
            called + len(names),
            wrong + len(names - truth[name] - allowed.get(name, set())),
        )
    return hit / planted, wrong / max(called, 1)


def test_expansion_ninety_percent_found_and_five_percent_wrong(study: Study) -> None:
    found, wrong = rates(study, "expanded", study.expanded, study.novel)

    assert found >= 0.90
    assert wrong <= 0.05


def test_contraction_ninety_percent_found(study: Study) -> None:
    """The others shrink a little because ten clones grow: up to 15 % of these calls are such
    clones.
    """
    found, wrong = rates(study, "contracted", study.contracted, {})

    assert found >= 0.90
    assert wrong <= 0.15


def test_drift_eighty_percent_found_and_five_percent_wrong(study: Study) -> None:
    hit = planted = called = wrong = 0
    for name, own in patients(study):
        table = drift(own, "memory", first="IP", second="day 14").clones
        names = set(table.index[table["drifted"]])
        hit, planted = hit + len(names & study.drifted[name]), planted + len(study.drifted[name])
        called, wrong = called + len(names), wrong + len(names - study.drifted[name])

    assert hit / planted >= 0.80
    assert wrong / called <= 0.05


def test_the_size_of_the_drift_is_recovered(study: Study) -> None:
    change = [
        drift(own, "memory", first="IP", second="day 14")
        .clones.loc[sorted(study.drifted[name]), "change"]
        .mean()
        for name, own in patients(study)
    ]

    assert np.mean(change) == pytest.approx(-0.4, abs=0.03)


def test_origin_new_clones_are_new_and_old_ones_old(study: Study) -> None:
    """No planted new clone is called old; of all other cells at most a tenth is called new, for
    want of depth.
    """
    nowhere = pd.Series(["nowhere"])
    new, old = [], []
    for name, own in patients(study):
        before = own.loc[own["time"] == "IP", "clone"]
        after = own.loc[own["time"] == "day 14", "clone"].dropna()
        planted = after.isin(study.novel[name])
        new.append(
            origin(after[planted], before=before, product=nowhere).loc["novel", "fraction_cells"]
        )
        old.append(
            origin(after[~planted], before=before, product=nowhere).loc[
                "pre-existing", "fraction_cells"
            ]
        )

    assert min(new) == 1.0
    assert min(old) > 0.90


# --- traps ----------------------------------------------------------------------------------------


def halves(seed: int) -> pd.DataFrame:
    """Twelve patients without any difference, every second one six times as deep; their
    diversities compared.
    """
    null = simulate(n_patients=12, planted=False, seed=seed)
    names = [f"SIM{i}" for i in range(12)]
    columns = {}
    for number, name in enumerate(names):
        own = null.cells[null.cells["patient"] == name]
        time = "day 14" if number % 2 else "IP"
        columns[name] = clone_counts(own["clone"], own["time"])[time].reset_index(drop=True)
    counts = pd.DataFrame(columns).fillna(0).astype(int)
    table = clone_diversity(counts, rarefaction=Rarefaction(repeats=10, seed=seed))
    groups = pd.Series(["shallow", "deep"] * 6, index=names)
    wanted = [f"{kind}_{name}" for kind in ("raw", "one") for name in ("shannon", "n_clones")]
    return compare_patients(PatientTable(table[wanted], table["n_cells"]), groups, first="deep")


def test_without_rarefaction_a_comparison_of_patients_would_mislead() -> None:
    """Raw diversity tells the deep half from the shallow one every time; rarefied it does so no
    more than by chance.
    """
    found = [halves(seed) for seed in range(4, 12)]
    raw = [one.loc[["raw_shannon", "raw_n_clones"], "p"].max() for one in found]
    fair = [one.loc[["one_shannon", "one_n_clones"], "p"].min() for one in found]

    assert max(raw) < 0.01
    assert sum(p < 0.05 for p in fair) <= 2


def test_plasticity_of_small_clones_depends_on_depth(study: Study) -> None:
    """Two states seen at two times are easier to see with more cells: the count of clones stands
    beside the share.
    """
    own = patients(study)[0][1]
    deep = plasticity(own, {"memory"}, {"cytotoxic", "exhausted"})
    shallow = plasticity(own.iloc[::8], {"memory"}, {"cytotoxic", "exhausted"})

    assert deep.n_clones > 2 * shallow.n_clones
    assert deep.n_dominant < deep.n_seen


def test_depths_are_unequal_as_planted(study: Study) -> None:
    own = patients(study)[0][1]

    assert own["time"].value_counts().to_dict() == DEPTH
    assert own["clone"].nunique() > 0.9 * N_CLONES


# --- what must not matter -------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["0", "7"]), st.sampled_from(["m", "e"])),
    min_size=1,
    max_size=60,
)


def frame(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    always = [("z", "0", "m")] * 3 + [("z", "7", "e")] * 2
    return pd.DataFrame([*rows, *always], columns=["clone", "time", "state"])


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_of_cells(rows: list[tuple[str, str, str]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, two = (drift(frame(part), "m", first="0", second="7") for part in (rows, mixed))

    assert one.change == pytest.approx(two.change)
    assert plasticity(frame(rows), {"m"}, {"e"}) == plasticity(frame(mixed), {"m"}, {"e"})


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_names_of_clones(rows: list[tuple[str, str, str]]) -> None:
    renamed = frame(rows).replace({"clone": {"a": "TRB-9", "b": "TRB-1", "c": "TRB-5"}})
    one, two = (drift(cells, "m", first="0", second="7") for cells in (frame(rows), renamed))

    assert (one.n_clones, one.change) == (two.n_clones, pytest.approx(two.change))
    assert sorted(one.clones["change"]) == pytest.approx(sorted(two.clones["change"]))


@given(ROWS, st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_cells_without_a_receptor(rows: list[tuple[str, str, str]], n: int) -> None:
    """Untracked cells change neither drift nor flow nor plasticity."""
    more = pd.concat([frame(rows), pd.DataFrame({"clone": [None] * n, "time": "7", "state": "e"})])
    one, two = (drift(cells, "m", first="0", second="7") for cells in (frame(rows), more))

    assert one.change == two.change
    pd.testing.assert_frame_equal(
        flow(frame(rows), first="0", second="7"), flow(more, first="0", second="7")
    )


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_time_turned_round_turns_the_drift_round(rows: list[tuple[str, str, str]]) -> None:
    one = drift(frame(rows), "m", first="0", second="7")
    two = drift(frame(rows), "m", first="7", second="0")

    assert one.change == pytest.approx(-two.change)
    assert one.between == pytest.approx(-two.between)
    assert one.p == pytest.approx(two.p, nan_ok=True)


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_flow_sums_to_all_clones_from_both_sides(rows: list[tuple[str, str, str]]) -> None:
    found = flow(frame(rows), first="0", second="7")
    moved = drift(frame(rows), "m", first="0", second="7")
    before = found[found["from_state"] == "m"]["clones"].sum()
    after = found[found["to_state"] == "m"]["clones"].sum()

    assert found["clones"].sum() == pytest.approx(moved.n_clones)
    assert (after - before) / moved.n_clones == pytest.approx(moved.change)
