"""Clones of patients over time: the right ends are compared, reasons are given, patients stay
apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.scheme import load_scheme as load_cell_scheme
from resistype.systems.cells import CellColumns, cell_table
from resistype.systems.cells.clone_fate import drift, plasticity
from resistype.systems.cells.clone_tracking import Course, clone_courses
from resistype.systems.cells.clones import Rarefaction, clone_change, clone_diversity
from resistype.systems.cells.table import group_names

SCHEME = load_cell_scheme("cart_product")


def sample(patient: str, time: str, sizes: dict[str, int], *, memory: float = 0.5) -> pd.DataFrame:
    clone = [name for name, n in sizes.items() for _ in range(n)]
    state = ["memory" if (i * 7919 % 100) / 100 < memory else "effector" for i in range(len(clone))]
    return pd.DataFrame({"patient": patient, "timepoint": time, "clone": clone, "state": state})


SMALL = {f"c{i}": 6 for i in range(20)}
GROWN = SMALL | {"c0": 80}


def course(*parts: pd.DataFrame, receptors: bool = True) -> tuple[Course, pd.DataFrame]:
    cells = pd.concat(parts, ignore_index=True)
    table = cell_table(cells, CellColumns(state="state"))
    clone = cells["clone"] if receptors else None
    return clone_courses(table, clone, groups=group_names(table, SCHEME), scheme=SCHEME), cells


def test_first_and_last_are_compared_in_order_of_time() -> None:
    """Rows in any order: product, then days; the middle sample only counts for plasticity."""
    found, _ = course(sample("A", "D28", GROWN), sample("A", "IP", SMALL), sample("A", "D7", SMALL))
    row = found.patients.loc["A"]

    assert (row["first"], row["last"], row["n_times"]) == ("IP", "day 28", 3)
    assert found.tables["clones"].set_index("clone").loc["c0", "call"] == "expanded"
    assert set(found.tables["clones"]["first"]) == {"IP"}


def test_numbers_are_those_of_the_functions_alone() -> None:
    found, cells = course(
        sample("A", "IP", SMALL, memory=0.8), sample("A", "D14", GROWN, memory=0.3)
    )
    own = cells.assign(
        time=cells["timepoint"].map({"IP": "IP", "D14": "day 14"}),
        state=cells["state"].replace("effector", "cytotoxic"),
    )
    counts = pd.crosstab(own["clone"], own["time"])
    change = clone_change(counts["IP"], counts["day 14"])
    moved = drift(own, "memory", first="IP", second="day 14")
    fair = clone_diversity(counts[["IP", "day 14"]], rarefaction=Rarefaction(min_depth=50))
    row = found.patients.loc["A"]

    assert row["n_expanded"] == (change["call"] == "expanded").sum()
    assert row["drift"] == pytest.approx(moved.change)
    assert row["drift_p"] == pytest.approx(moved.p)
    assert row["plastic_fraction"] == plasticity(own, {"memory"}, {"cytotoxic"}).share
    np.testing.assert_allclose(found.tables["diversity"]["shannon"], fair["shannon"])


def test_patients_stay_apart() -> None:
    one, _ = course(sample("A", "IP", SMALL), sample("A", "D7", GROWN))
    two, _ = course(
        sample("A", "IP", SMALL),
        sample("B", "IP", GROWN),
        sample("A", "D7", GROWN),
        sample("B", "D7", SMALL),
    )

    assert one.patients.loc["A"].to_dict() == two.patients.loc["A"].to_dict()
    assert two.patients["n_expanded"].tolist() == [1, 0]
    assert two.patients["n_contracted"].tolist() == [0, 1]


REASONS = {
    "one time point": ([sample("A", "IP", SMALL)], True, "reason_clones", "one time point"),
    "no receptors": (
        [sample("A", "IP", SMALL), sample("A", "D7", SMALL)],
        False,
        "reason_clones",
        "no receptors were sequenced",
    ),
    "no receptors, drift": (
        [sample("A", "IP", SMALL), sample("A", "D7", SMALL)],
        False,
        "reason_drift",
        "no receptors were sequenced",
    ),
    "no shared clone": (
        [sample("A", "IP", {"x": 60}), sample("A", "D7", {"y": 60})],
        True,
        "reason_drift",
        "No clone has 2 cells at 'IP' and at 'day 7': drift is not assessable.",
    ),
    "too shallow for diversity": (
        [sample("A", "IP", {"x": 10}), sample("A", "D7", {"x": 10})],
        True,
        "reason_diversity",
        "No sample has 50 tracked cells (the largest has 10): diversity is not assessed.",
    ),
    "nothing is wrong": (
        [sample("A", "IP", SMALL), sample("A", "D7", GROWN)],
        True,
        "reason_clones",
        "",
    ),
}


@pytest.mark.parametrize(
    ("parts", "receptors", "key", "reason"), REASONS.values(), ids=REASONS.keys()
)
def test_reasons(parts: list[pd.DataFrame], receptors: bool, key: str, reason: str) -> None:
    found, _ = course(*parts, receptors=receptors)

    assert found.patients.loc["A", key] == reason


def test_without_receptors_no_number_is_made_up() -> None:
    found, _ = course(sample("A", "IP", SMALL), sample("A", "D7", SMALL), receptors=False)
    row = found.patients.loc["A"]

    assert found.tables == {}
    assert row[["n_expanded", "n_contracted", "drift", "plastic_fraction"]].isna().all()
    assert row["n_tracked"] == 0
    assert row["n_times"] == 2


def test_a_patient_without_receptors_among_others_with_them() -> None:
    blind = sample("B", "IP", SMALL).assign(clone=None)
    found, _ = course(
        sample("A", "IP", SMALL), sample("A", "D7", GROWN), blind, blind.assign(timepoint="D7")
    )

    assert found.patients.loc["B", "reason_clones"] == "no receptors were sequenced"
    assert found.patients.loc["A", "n_expanded"] == 1
    assert set(found.tables["clones"]["patient"]) == {"A"}


def test_cells_without_a_clone_are_not_tracked() -> None:
    cells = sample("A", "IP", SMALL)
    cells.loc[:29, "clone"] = None
    found, _ = course(cells, sample("A", "D7", SMALL))

    assert found.patients.loc["A", "n_tracked"] == 90 + 120


def test_copies_of_the_second_sample_expand_nothing() -> None:
    """Ten times the depth, the same clones: no clone has changed."""
    deep = pd.concat([sample("A", "D7", SMALL)] * 10)
    found, _ = course(sample("A", "IP", SMALL), deep)

    assert found.patients.loc["A", ["n_expanded", "n_contracted"]].tolist() == [0, 0]
    depth = found.tables["diversity"]["depth"]
    assert depth.tolist() == [120, 120]
