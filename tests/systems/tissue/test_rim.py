"""The rim of macrophages: counted by hand, high where it is closed, absent where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import TissueError
from resistype.systems.tissue import Roles, compartments, density_ratio, rim_score, rim_thresholds
from tests.systems.tissue.made import ROLES, Row, tissue

SIDE = 40


def nest(rim: float, elsewhere: float, *, seed: int = 0) -> list[Row]:
    """A round nest of tumour cells in T cells; shares of macrophages in a ring of 40 µm around
    it and elsewhere.
    """
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(SIDE * SIDE):
        x, y = 10 * (number % SIDE), 10 * (number // SIDE)
        beyond = np.hypot(x - 195, y - 195) - 100
        share = rim if 0 < beyond <= 40 else elsewhere
        kind = "macrophage" if rng.random() < share else "tumour" if beyond <= 0 else "T cell"
        rows.append(("first", number + 1, x, y, kind))
    return rows


def test_a_closed_rim() -> None:
    made = tissue(nest(0.9, 0.02))
    found = rim_score(made, ROLES, compartments(made, ROLES)).loc["first"]

    assert found["low"] > 2
    assert found["lined"] == 1.0


def test_macrophages_spread_evenly_make_no_rim() -> None:
    made = tissue(nest(0.06, 0.06))
    found = rim_score(made, ROLES, compartments(made, ROLES)).loc["first"]

    assert found["low"] < 1 < found["high"]
    assert found["lined"] == pytest.approx(found["expected"], abs=0.25)


@given(st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([0.0, 0.05]), st.integers(0, 5))
@settings(max_examples=12)
def test_the_numbers_are_counted_by_hand(rim: float, elsewhere: float, seed: int) -> None:
    made = tissue(nest(rim, elsewhere, seed=seed))
    found = compartments(made, ROLES)
    score = rim_score(made, ROLES, found).loc["first"]
    area, where = found.area("first"), found.cells["compartment"].astype(str).to_numpy()
    own = made.of("macrophage")
    n_margin, n_other = (
        int((own & (where == "margin")).sum()),
        int((own & (where != "margin")).sum()),
    )
    ratio = density_ratio((n_margin, area["margin"]), (n_other, area["inside"] + area["outside"]))

    assert (score["n_margin"], score["n_elsewhere"]) == (n_margin, n_other)
    assert [score["ratio"], score["low"], score["high"]] == pytest.approx(
        [ratio.value, ratio.low, ratio.high], nan_ok=True
    )
    ground = found.grounds["first"]
    lined = []
    for y, x in np.ndindex(*ground.grid.shape):
        if 0 < ground.depth_um[y, x] < ground.grid.step_um:
            middle = (ground.grid.x0 + 5 * (x + 0.5), ground.grid.y0 + 5 * (y + 0.5))
            lined.append(any(np.hypot(*(one - middle)) <= 30.0 for one in made.um[own]))
    assert score["lined"] == pytest.approx(np.mean(lined))


def test_without_a_border_there_is_no_rim() -> None:
    made = tissue([row if row[4] != "tumour" else (*row[:4], "T cell") for row in nest(0.9, 0.02)])
    found = rim_score(made, ROLES, compartments(made, ROLES)).loc["first"]

    assert np.isnan(found["lined"])
    assert np.isnan(found["ratio"])


def test_the_reach_is_stated() -> None:
    assert [(one.value, one.source) for one in rim_thresholds()] == [(30.0, "ours")]


def test_macrophages_must_be_named() -> None:
    made = tissue(nest(0.5, 0.0))

    with pytest.raises(
        TissueError,
        match=r"^P105 No kind of cell was named; the kinds are: T cell, macrophage, tumou",
    ):
        rim_score(made, Roles(("tumour",), ("T cell",)), compartments(made, ROLES))
