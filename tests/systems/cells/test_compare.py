"""Groups of patients: never across products, never over cells, n first, and copies of cells
change no p.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.report.cohort import compare_groups
from resistype.scheme import Calls
from resistype.stats import compare_patients, per_patient
from resistype.systems.cells import CellColumns, CellInputs, cart_product, compare_cells

COLUMNS = CellColumns(state="state")
N = 8


def study(*, shift: float = 0.0, copies: int = 1, seed: int = 0) -> Calls:
    """Eight patients of 120 cells at two times; in the second half memory is more frequent by
    `shift`.
    """
    rng = np.random.default_rng(seed)
    parts, scores = [], []
    for number in range(N):
        share = 0.4 + 0.05 * rng.standard_normal() + (shift if number >= N // 2 else 0.0)
        for time in ("IP", "D14"):
            state = np.where(rng.random(120) < share, "memory", "effector")
            parts.append(pd.DataFrame({"patient": f"P{number}", "timepoint": time, "state": state}))
            scores.append(pd.DataFrame({"memory": (state == "memory") + rng.normal(0, 0.2, 120)}))
    cells, values = pd.concat(parts, ignore_index=True), pd.concat(scores, ignore_index=True)
    cells, values = (pd.concat([one] * copies, ignore_index=True) for one in (cells, values))
    return cart_product(cells, inputs=CellInputs(columns=COLUMNS, scores=values))


GROUPS = pd.Series(["NR"] * 4 + ["R"] * 4, index=[f"P{i}" for i in range(N)])


def test_a_planted_difference_is_found_and_n_stands_first() -> None:
    found = compare_cells(study(shift=0.3), GROUPS, first="R", second="NR")
    memory = found[found["value"] == "proportion_memory"].set_index("timepoint")

    assert list(found.columns[3:6]) == ["n_first", "n_second", "auc"]
    assert memory.loc["IP", ["n_first", "n_second"]].tolist() == [4, 4]
    assert memory["auc"].tolist() == [1.0, 1.0]
    assert memory["p"].tolist() == pytest.approx([2 / 70] * 2)


def test_the_smallest_p_is_that_of_eight_patients_however_many_cells() -> None:
    """Four against four patients cannot give less than 2/70, with 120 cells each or with 1,200."""
    for copies in (1, 10):
        found = compare_cells(study(shift=0.5, copies=copies), GROUPS, first="R")
        assert found["p"].min() == pytest.approx(2 / 70)


def test_every_cell_ten_times_gives_the_same_p() -> None:
    once = compare_cells(study(shift=0.1), GROUPS, first="R")
    ten = compare_cells(study(shift=0.1, copies=10), GROUPS, first="R")
    keep = ["timepoint", "value", "n_first", "n_second", "auc", "p", "p_permutation", "q"]
    # the balance adds half a cell to each kind, so its values move a little, and its ranks do not
    pd.testing.assert_frame_equal(once[keep], ten[keep])


def test_q_is_over_all_rows() -> None:
    found = compare_cells(study(shift=0.3), GROUPS, first="R")
    p = found["p"].to_numpy()
    order = np.argsort(p)

    assert (found["q"] >= found["p"]).all()
    assert found["q"].to_numpy()[order[-1]] == pytest.approx(p[order[-1]])


def test_without_a_difference_few_values_are_called() -> None:
    called = [
        int((compare_cells(study(seed=seed), GROUPS, first="R")["p"] < 0.05).any())
        for seed in range(20)
    ]

    assert sum(called) <= 8


def test_patients_are_compared_within_one_product() -> None:
    products = pd.Series(["axi", "tisa"] * 4, index=GROUPS.index)
    found = compare_cells(study(shift=0.3), GROUPS, first="R", strata=products)

    assert set(found["product"]) == {"axi", "tisa"}
    assert set(found["n_first"]) == {2}


def test_a_product_with_one_group_only_is_named() -> None:
    products = pd.Series(["axi"] * 4 + ["tisa"] * 4, index=GROUPS.index)
    products["P0"] = "tisa"
    found = compare_cells(study(), GROUPS, first="R", strata=products)
    lonely = found[found["product"] == "axi"]

    assert lonely["p"].isna().all()
    assert (
        lonely["test"]
        .str.startswith("none: A comparison needs patients in both groups; they have 0 and 3")
        .all()
    )


def test_refused_shares_are_left_out() -> None:
    rng = np.random.default_rng(3)
    parts = []
    for number in range(6):
        n = 30 if number == 0 else 100
        state = np.where(rng.random(n) < 0.5, "memory", "effector")
        parts.append(pd.DataFrame({"patient": f"P{number}", "timepoint": "IP", "state": state}))
    calls = cart_product(pd.concat(parts, ignore_index=True), inputs=CellInputs(columns=COLUMNS))
    groups = pd.Series(["R"] * 3 + ["NR"] * 3, index=[f"P{i}" for i in range(6)])
    found = compare_cells(calls, groups, first="R").set_index("value")

    assert found.loc["proportion_memory", ["n_first", "n_second"]].tolist() == [2, 3]


def test_patients_that_are_numbers_are_joined_as_text() -> None:
    cells = pd.DataFrame(
        {
            "patient": np.repeat([1, 2, 3, 4], 60),
            "timepoint": "IP",
            "state": ["memory", "effector"] * 120,
        }
    )
    calls = cart_product(cells, inputs=CellInputs(columns=COLUMNS))
    groups = pd.Series(["R", "R", "NR", "NR"], index=[1, 2, 3, 4])

    assert compare_cells(calls, groups, first="R")["n_first"].max() == 2


def test_nobody_of_a_group() -> None:
    with pytest.raises(SamplesError, match="E931 No time point has patients of both groups"):
        compare_cells(study(), GROUPS, first="CR")


def test_paired_comparison_refuses_cells_too() -> None:
    changes = pd.Series([1.0, 2.0, 3.0], index=["P1", "P1", "P2"])
    with pytest.raises(SamplesError, match="E961 PSEUDOREP: a patient has several rows"):
        compare_groups(changes, pd.Series({"P1": "a", "P2": "b"}), first="a", second="b")


def test_there_is_no_way_round_with_the_rows_of_cells() -> None:
    """Cells given as patients, one by one or under the names of their patients, are refused."""
    cells = pd.DataFrame({"x": np.arange(40.0)}, index=[f"cell{i}" for i in range(40)])
    group = pd.Series(["R", "NR"] * 20, index=cells.index)
    with pytest.raises(SamplesError, match="PSEUDOREP"):
        compare_patients(per_patient(cells, pd.Series(cells.index), min_cells=1), group, first="R")
    with pytest.raises(SamplesError, match="PSEUDOREP"):
        compare_patients(cells, group, first="R")  # type: ignore[arg-type]
