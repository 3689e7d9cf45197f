"""Calling again: the quick way says what `apply_rules` says, to the last observation, and stays
within its time.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.apply import Column, apply_rules
from resistype.session import Session, SessionData, State, call_names
from resistype.session.reapply import overlay, reapply_rules, safe_float32, touched
from resistype.session.state import moved_scheme

SCHEME = load_scheme("acquired_resistance")
MOVABLE = [(axis.id, name) for axis in SCHEME.axes for name in axis.thresholds]


def slow(material: SessionData, scheme: Scheme) -> dict[str, list[str]]:
    """The obvious way: `apply_rules` on the same float32 columns."""
    why = np.full(material.n_obs, "", dtype=object)
    columns: dict[str, Any] = {
        name: Column(values, why) for name, values in material.columns.items()
    }
    return {axis: calls.tolist() for axis, calls in apply_rules(scheme, columns).rule_calls.items()}


def quick(material: SessionData, scheme: Scheme) -> dict[str, list[str]]:
    names = {axis.id: call_names(axis) for axis in scheme.axes}
    found = reapply_rules(scheme, material.columns, names)
    return {axis: [names[axis][code] for code in codes] for axis, codes in found.items()}


def test_the_calls_at_the_scheme_s_own_thresholds(material: SessionData) -> None:
    assert quick(material, material.scheme) == slow(material, material.scheme)


@settings(deadline=None, max_examples=40)
@given(moves=st.lists(st.tuples(st.sampled_from(MOVABLE), st.floats(-5, 5, width=32)), max_size=4))
def test_moved_thresholds_call_as_apply_rules_does(
    moves: list[tuple[tuple[str, str], float]],
) -> None:
    material = MATERIAL
    state = State()
    for (axis, name), value in moves:
        state = state.with_threshold(axis, name, value)
    scheme = moved_scheme(SCHEME, state)

    assert quick(material, scheme) == slow(material, scheme)


def _material() -> SessionData:
    rng = np.random.default_rng(3)
    values = {name: np.round(rng.normal(0, 1.5, 300), 1) for name in SCHEME.quantities}
    frame = pd.DataFrame(values)
    frame[rng.random(frame.shape) < 0.2] = np.nan
    return SessionData.from_quantities(SCHEME, frame)


MATERIAL = _material()


@pytest.mark.parametrize(
    ("axis", "expected"),
    [("ifng", ("ifng", "isg_rs")), ("isg_rs", ("isg_rs",)), ("dysfunction", ("dysfunction",))],
)
def test_only_the_axes_that_look_at_the_moved_one_are_called_again(
    axis: str, expected: tuple[str, ...]
) -> None:
    assert touched(SCHEME, axis) == expected


def test_the_other_axes_are_the_same_arrays(material: SessionData) -> None:
    session = Session(material)
    before = {axis.id: session.codes(axis.id) for axis in material.scheme.axes}
    session.move_threshold("ifng", "change", 2.0)

    assert [a for a in before if session.codes(a) is not before[a]] == ["ifng", "isg_rs"]


@settings(deadline=None)
@given(
    values=st.lists(
        st.floats(-1e6, 1e6) | st.sampled_from([0.5, 0.5 + 1e-12, 0.5 - 1e-12, 0.1, 0.3]),
        min_size=1,
    ),
    limits=st.lists(st.sampled_from([0.5, 0.1, 0.3, -0.35, 0.0, 1.0]), max_size=4),
)
def test_the_cast_keeps_every_value_on_its_side(values: list[float], limits: list[float]) -> None:
    exact = np.array(values)
    cast = safe_float32(exact, limits)
    for limit in limits:
        near = np.float32(limit)

        assert ((cast < near) == (exact < limit)).all()
        assert ((cast > near) == (exact > limit)).all()


def test_the_cast_keeps_missing_values() -> None:
    assert np.isnan(safe_float32(np.array([np.nan]), [0.5])).all()


def test_a_call_that_was_taken_back_stays_so_until_the_rules_say_something_else() -> None:
    raw_before, final_before = np.array([0, 0, 1], np.uint8), np.array([3, 0, 1], np.uint8)

    assert overlay(np.array([0, 1, 1], np.uint8), raw_before, final_before).tolist() == [3, 1, 1]


def test_a_session_begins_with_the_calls_of_classify(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    frame = session.to_frame()
    for axis in demo_calls.scheme.axes:
        assert frame[axis.id].astype(str).tolist() == demo_calls.verdicts.calls[axis.id].tolist()
        names, raw = session.names(axis.id), session.data.raw[axis.id]

        assert [names[code] for code in raw] == demo_calls.verdicts.rule_calls[axis.id].tolist()


def test_moving_there_and_back_gives_the_calls_of_classify(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    before = session.to_frame()
    session.move_threshold("dysfunction", "present", 2.0)
    assert not session.to_frame().equals(before)
    session.move_threshold("dysfunction", "present", 0.5)

    assert session.to_frame().equals(before)


@pytest.mark.slow
def test_a_million_rows_are_called_again_in_a_tenth_of_a_second() -> None:
    rng = np.random.default_rng(0)
    n_obs = 1_000_000
    frame = pd.DataFrame({name: rng.normal(0, 1, n_obs) for name in SCHEME.quantities})
    frame.loc[rng.random(n_obs) < 0.3, "ifng_change"] = np.nan
    session = Session(SessionData.from_quantities(SCHEME, frame))
    seconds = []
    for value in np.linspace(0.1, 1.5, 12):
        start = time.perf_counter()
        session.move_threshold("ifng", "change", value)
        seconds.append(time.perf_counter() - start)
    print(
        f"re-threshold of 1,000,000 rows: best {min(seconds):.3f} s, median"
        f" {np.median(seconds):.3f} s"
    )

    assert session.thresholds("ifng")["change"] == 1.5


def test_embeddings_of_another_length_are_refused(demo_calls: Calls) -> None:
    with pytest.raises(
        ValueError, match=r"embedding 'UMAP' has shape \(3, 2\); \(64, 2\) is needed"
    ):
        SessionData.from_calls(demo_calls, {"UMAP": np.zeros((3, 2))})


@pytest.mark.parametrize(
    ("frame", "design", "message"),
    [
        (
            pd.DataFrame({"nonsense": [1.0]}),
            None,
            "S112 Quantities: 1 problem\n  - 'nonsense' is no quantity",
        ),
        (
            pd.DataFrame({"ifng_level": [1.0]}),
            pd.DataFrame({"patient": ["a", "b"]}),
            "V121 2 rows of design for 1",
        ),
    ],
)
def test_quantities_that_do_not_fit_are_refused(
    frame: pd.DataFrame, design: pd.DataFrame | None, message: str
) -> None:
    with pytest.raises(ValueError) as error:
        SessionData.from_quantities(SCHEME, frame, design=design)

    assert message in str(error.value)
