"""The plan of the simulated tissue: zones lie where they should, and kinds are drawn as planned."""

from __future__ import annotations

import numpy as np
import pytest

from resistype.datasets.tissue import IMAGES, KINDS, RIM_UM, Plan, kinds_of, zones

PLANS = pytest.mark.parametrize("plan", IMAGES, ids=lambda plan: plan.name)


def places(plan: Plan) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(
        [(x, y) for x in range(0, plan.side, 3) for y in range(0, plan.side, 3)], dtype=float
    )


@PLANS
def test_zones_are_one_inside_the_other(plan: Plan) -> None:
    xy = places(plan)
    zone = zones(plan, xy)
    away = np.hypot(*(xy - plan.centre).T)
    if plan.radius == 0:
        assert set(zone) == {"stroma"}
        return
    assert set(zone) == {"nest", "rim", "stroma"}
    assert (zone[away < 0.89 * plan.radius] == "nest").all()
    assert (zone[away > 1.11 * plan.radius + RIM_UM] == "stroma").all()


@PLANS
def test_the_nest_does_not_touch_the_frame(plan: Plan) -> None:
    xy = places(plan)
    rim = xy[zones(plan, xy) != "stroma"]

    assert not len(rim) or (rim.min() > 60 and rim.max() < plan.side - 60)


@PLANS
def test_kinds_are_drawn_as_planned(plan: Plan) -> None:
    rng = np.random.default_rng(3)
    for name, shares in (("nest", plan.nest), ("rim", plan.rim), ("stroma", plan.stroma)):
        kinds = kinds_of(plan, np.full(20_000, name, dtype=object), rng)
        found = [(kinds == kind).mean() for kind in KINDS]

        assert found == pytest.approx(shares, abs=0.015)


def test_every_answer_is_planted_once() -> None:
    assert sorted(plan.label for plan in IMAGES) == [
        "desert",
        "excluded",
        "inflamed",
        "not_assessable",
    ]
    assert len({plan.name for plan in IMAGES}) == len(IMAGES)
