"""Answers to the page: counts belong to the thresholds of the question; steps and regions are
those of the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from resistype.errors import InputError, SessionError
from resistype.session import Session, SessionData, call_names
from resistype.widgets import Explorer
from resistype.widgets.base import Widget
from resistype.widgets.explorer import Answers, thresholds_of
from resistype.widgets.explorer_view import draw_rows

from .vectors import material

SQUARE = [[-1, -1], [1, -1], [1, 1], [-1, 1]]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    Widget.close_all()


@pytest.fixture
def answers(small: SessionData) -> Answers:
    return Answers(Session(small), np.arange(small.n_obs))


def counted(
    answers: Answers, change: float, axis: str = "ifng"
) -> tuple[dict[str, Any], list[bytes]]:
    return answers.count({"thresholds": {"ifng": {"change": change}}, "axis": axis}, [])


@pytest.mark.parametrize("value", [0.1, 0.5, 0.75, 3.0])
def test_counts_are_those_of_the_thresholds_in_the_question_and_nothing_moves(
    answers: Answers, value: float
) -> None:
    answers.session.move_threshold("ifng", "change", 1.25)
    reply, _ = counted(answers, value)
    other = Session(answers.session.data)
    other.move_threshold("ifng", "change", value)

    assert reply["thresholds"] == {"ifng": {"change": value}}
    assert reply["counts"] == {
        one.id: list(other.counts(one.id).values()) for one in other.scheme.axes
    }
    assert answers.session.thresholds("ifng")["change"] == 1.25
    assert len(answers.session.log) == 1


def test_counts_of_a_late_question_are_not_those_of_the_session_of_now(small: SessionData) -> None:
    """A question on its way while Python moves a threshold is answered for the thresholds that
    it names.
    """
    view = Explorer(small, max_drawn=100)
    before = view._answers.count({"thresholds": view.thresholds, "axis": "ifng"}, [])[0]["counts"][
        "ifng"
    ]
    asked = {"thresholds": dict(view.thresholds), "axis": "ifng"}
    view.session.move_threshold("ifng", "change", 3.0)

    assert view._answers.count(asked, [])[0]["counts"]["ifng"] == before
    assert before != list(view.session.counts("ifng").values())


def test_patients_and_time_points_are_counted_over_all_observations() -> None:
    found = material(3000)
    answers = Answers(Session(found), draw_rows(found, 200))
    spec = answers.data({}, [])[0]["spec"]
    _, (buffer,) = counted(answers, 0.75)
    people, times = (spec["columns"][spec[name]]["names"] for name in ("patient", "timepoint"))
    table = np.frombuffer(buffer, "<u4").reshape(len(people), len(times), -1)
    session = Session(found)
    session.move_threshold("ifng", "change", 0.75)
    frame = session.to_frame()

    assert spec["n_drawn"] < 201
    assert table.sum() == 3000
    for who in ("P1", "P7"):
        for when in times:
            part = frame[(frame["patient"] == who) & (frame["timepoint"] == when)]["ifng"]
            expected = [int((part == call).sum()) for call in call_names(found.scheme.axis("ifng"))]

            assert table[people.index(who), times.index(when)].tolist() == expected


def test_quantities_come_by_name_of_what_is_drawn() -> None:
    found = material(3000)
    rows = draw_rows(found, 200)
    answers = Answers(Session(found), rows)
    spec = answers.data({}, [])[0]["spec"]
    names = [one["name"] for one in spec["quantities"]]
    ruled = {
        c.subject
        for a in found.scheme.axes
        for r in a.rules
        for c in r.conditions
        if c.kind != "call"
    }
    reply, buffers = answers.quantities({"names": [names[3], names[-1]]}, [])

    assert set(names[: spec["n_ruled"]]) == ruled
    assert reply == {"names": [names[3], names[-1]]}
    for name, buffer in zip(reply["names"], buffers, strict=True):
        assert np.array_equal(
            np.frombuffer(buffer, "<f4"), found.columns[name][rows], equal_nan=True
        )


@pytest.mark.parametrize("names", [None, "ifng_change", ["nope"], [7], {"ifng_change": 1}])
def test_names_that_are_no_quantities_are_refused(answers: Answers, names: Any) -> None:
    with pytest.raises(InputError, match="V119 Quantities are asked for by a list of their names"):
        answers.quantities({"names": names}, [])


def test_too_many_groups_are_not_sent(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.widgets.explorer.MAX_CELLS", 10)

    assert counted(answers, 0.5)[1] == [b""]


def test_an_unknown_axis_is_counted_without_groups(answers: Answers) -> None:
    assert counted(answers, 0.5, "nope")[1] == []


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "none": (None, InputError, "V119 Thresholds are given as"),
    "a list": ([1], InputError, "V119 Thresholds are given as"),
    "numbers": ({"ifng": 1.0}, InputError, "V119 Thresholds are given as"),
    "unknown axis": ({"nope": {"x": 1.0}}, SessionError, "V102 No axis 'nope'"),
    "unknown threshold": (
        {"ifng": {"nope": 1.0}},
        SessionError,
        "V102 Axis 'ifng' has no threshold",
    ),
    "text": ({"ifng": {"change": "1"}}, SessionError, "V103 Threshold ifng.change"),
    "NaN": ({"ifng": {"change": float("nan")}}, SessionError, "V103 Threshold ifng.change"),
}


@pytest.mark.parametrize(("given", "kind", "text"), BAD.values(), ids=BAD.keys())
def test_thresholds_that_cannot_be_are_refused(
    answers: Answers, given: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        answers.count({"thresholds": given, "axis": "ifng"}, [])


def test_steps_go_back_and_forth_and_reset_is_one_step(answers: Answers) -> None:
    session = answers.session
    first = thresholds_of(session)
    session.move_threshold("ifng", "change", 0.75)
    session.move_threshold("ifng", "grey", 0.25)
    answers.step({"step": "reset"}, [])
    assert thresholds_of(session) == first
    answers.step({"step": "undo"}, [])
    assert thresholds_of(session)["ifng"] == {**first["ifng"], "change": 0.75, "grey": 0.25}
    answers.step({"step": "undo"}, [])
    answers.step({"step": "redo"}, [])

    assert session.thresholds("ifng")["grey"] == 0.25
    assert [one.name for one in session.log][2:] == ["reset_thresholds", "undo", "undo", "redo"]


def test_a_region_is_kept_selected_and_forgotten(answers: Answers) -> None:
    session = answers.session
    answers.step({"step": "keep", "name": "edge", "embedding": "plane", "corners": SQUARE}, [])
    answers.step({"step": "select", "name": "edge"}, [])
    points = session.data.embeddings["plane"]
    within = (np.abs(points) < 1).all(axis=1)

    assert session.selection.tolist() == np.flatnonzero(within).tolist()
    answers.step({"step": "remove", "name": "edge"}, [])
    assert session.regions == ()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no step": ({}, "V111 Unknown step 'None'"),
    "unknown": ({"step": "format_disk"}, "V111 Unknown step 'format_disk'"),
    "a list": ({"step": ["undo"]}, "V111 Unknown step"),
    "no name": ({"step": "keep", "embedding": "plane", "corners": SQUARE}, "V106 Region ''"),
    "no embedding": ({"step": "keep", "name": "a", "corners": SQUARE}, "V106 No embedding 'None'"),
    "no corners": (
        {"step": "keep", "name": "a", "embedding": "plane"},
        "V119 Corners are given as",
    ),
    "text as corners": (
        {"step": "keep", "name": "a", "embedding": "plane", "corners": [["0", 1]] * 3},
        "V119 Corners are given as",
    ),
    "two corners": (
        {"step": "keep", "name": "a", "embedding": "plane", "corners": SQUARE[:2]},
        "V106 Region 'a': three",
    ),
    "too many corners": (
        {"step": "keep", "name": "a", "embedding": "plane", "corners": [[0, 0]] * 10_001},
        "V119 Corners are given as",
    ),
    "no such region": ({"step": "select", "name": "a"}, "V106 No region 'a'"),
}


@pytest.mark.parametrize(("content", "text"), WRONG.values(), ids=WRONG.keys())
def test_a_step_that_cannot_be_done_changes_nothing(
    answers: Answers, content: dict[str, Any], text: str
) -> None:
    before = answers.session.state
    with pytest.raises((InputError, SessionError), match=text):
        answers.step(content, [])

    assert (answers.session.state, answers.session.log) == (before, [])


def test_a_region_of_python_keeps_what_is_not_drawn() -> None:
    found = material(3000)
    view = Explorer(found, max_drawn=200)
    view.session.add_region("all", "plane", [(-9, -9), (9, -9), (9, 9), (-9, 9)])
    view.session.select_region("all")
    view.set_state({"selected": view.selected})

    assert view.selection.sum() == 3000
    assert [one.name for one in view.session.log] == ["add_region", "select_region"]
