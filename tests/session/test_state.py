"""Display: pure, frozen, comparable; its numbers are those of the obvious counts; colours go by
name.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from resistype.scheme import Calls, load_scheme
from resistype.session import GREYS, OKABE_ITO, Session, SessionData, axis_colors, category_colors
from resistype.session.state import inside, read_rows, write_rows


@pytest.fixture
def session(material: SessionData) -> Session:
    return Session(material)


def test_two_sessions_in_the_same_state_show_the_same(material: SessionData) -> None:
    one, two = Session(material), Session(material)
    for session in (one, two):
        session.move_threshold("ifng", "change", 0.9)
        session.select("1-4")

    assert one.resolve() == two.resolve()
    assert hash(one.resolve()) == hash(two.resolve())
    two.select("")
    assert one.resolve() != two.resolve()


def test_resolve_changes_nothing(session: Session) -> None:
    state, codes = session.state, session.codes("ifng").copy()
    session.resolve()

    assert session.state == state
    assert (session.codes("ifng") == codes).all()


def test_a_display_cannot_be_changed(session: Session) -> None:
    with pytest.raises(AttributeError):
        session.resolve().n_obs = 0  # type: ignore[misc]


def test_counts_are_of_all_observations_also_of_the_hidden(session: Session) -> None:
    session.hide("up")
    display = session.resolve()
    frame = session.to_frame()
    for axis in display.axes:
        assert sum(n for _, n in axis.counts) == display.n_obs
        assert {call: n for call, n in axis.counts if n} == frame[axis.id].value_counts().loc[
            lambda n: n > 0
        ].to_dict()
    assert [(one.name, one.hidden) for one in display.categories if one.hidden] == [("up", True)]
    assert sum(one.n for one in display.categories) == display.n_obs


def test_composition_has_n_and_the_wilson_interval(session: Session) -> None:
    frame = session.to_frame()
    shares = session.resolve().composition
    for share in shares:
        part = frame[(frame["patient"] == share.patient) & (frame["timepoint"] == share.timepoint)]
        interval = binomtest(share.n, share.total).proportion_ci(method="wilson")

        assert (share.n, share.total) == ((part["ifng"] == share.call).sum(), len(part))
        assert (share.low, share.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert sum(share.n for share in shares) == 400
    assert next(share.patient for share in shares) == "P1"
    assert list(dict.fromkeys(share.patient for share in shares))[-1] == "P20"


def test_flows_follow_every_patient_from_its_own_baseline(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    flows = session.resolve().flows
    calls = demo_calls.to_frame()
    pairs = calls[calls["baseline_sample"] != ""]

    assert sum(flow.n for flow in flows) == len(pairs)
    for flow in flows:
        for patient in flow.patients:
            row = pairs[pairs["patient"] == patient].iloc[0]

            assert (calls.loc[row["baseline_sample"], "ifng"], row["ifng"]) == (
                flow.before,
                flow.after,
            )


def test_thresholds_say_where_they_stand_and_where_they_were(session: Session) -> None:
    session.move_threshold("ifng", "change", 0.75)
    views = {view.name: view for view in session.resolve().axes[0].thresholds}

    assert (views["change"].value, views["change"].default, views["change"].moved) == (
        0.75,
        0.5,
        True,
    )
    assert (views["grey"].value, views["grey"].moved) == (0.35, False)
    assert (views["change"].both_signs, views["share"].both_signs) == (True, False)
    assert views["share"].quantities == ("ifng_fraction_up", "ifng_fraction_down")


def test_a_material_without_patients_has_no_composition(demo_calls: Calls) -> None:
    from resistype.session import SessionData

    bare = SessionData.from_quantities(load_scheme("acquired_resistance"), demo_calls.quantities)

    assert Session(bare).resolve().composition == ()
    assert Session(bare).resolve().flows == ()


def test_columns_and_quantities_can_colour(session: Session) -> None:
    session.color_by("column:timepoint")
    assert [(one.name, one.n) for one in session.resolve().categories] == [
        ("On", 200),
        ("Pre", 200),
    ]
    session.color_by("quantity:ifng_level")

    assert session.resolve().categories == ()


def test_missing_categories_are_grey(material: SessionData) -> None:
    from dataclasses import replace

    design = material.design.assign(batch=["a", None] * 200)
    session = Session(replace(material, design=design))
    session.color_by("column:batch")
    missing = next(one for one in session.resolve().categories if not one.name)

    assert (missing.text, missing.color, missing.n) == ("no data", "#DDDDDD", 200)


def test_the_colour_of_a_call_is_the_same_on_any_part_of_the_data(material: SessionData) -> None:
    axis = material.scheme.axis("ifng")
    colors = axis_colors(axis)

    assert list(colors)[:3] == ["up", "down", "stable"]
    assert [colors[name] for name in ("up", "down", "stable")] == list(OKABE_ITO[:3])
    assert colors["not_assessable"] == GREYS["not_assessable"]
    assert len(set(colors.values())) == len(colors)


@given(names=st.lists(st.text(max_size=8), max_size=30), seed=st.integers(0, 99))
def test_colours_do_not_depend_on_the_order_of_appearance(names: list[str], seed: int) -> None:
    shuffled = [*names, *names[:3]]
    random.Random(seed).shuffle(shuffled)

    assert category_colors(names) == category_colors(shuffled)


def test_thirty_five_categories_have_thirty_five_colours() -> None:
    colors = category_colors(f"P{number}" for number in range(35))

    assert len({colors[f"P{number}"] for number in range(35)}) == 35


@given(rows=st.sets(st.integers(0, 500)))
def test_rows_as_ranges_and_back(rows: set[int]) -> None:
    assert read_rows(write_rows(rows)).tolist() == sorted(rows)


def test_points_in_a_polygon_with_a_bay() -> None:
    corners = [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]
    points = np.array([[1, 1], [2, 3], [2, 0.5], [5, 1], [np.nan, 1]], dtype=np.float32)

    assert inside(points, corners).tolist() == [True, False, True, False, False]
