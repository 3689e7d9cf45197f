"""Requests and states of the page are taken in the order in which they were made, whichever
comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from resistype.session import SessionData
from resistype.widgets import Explorer
from resistype.widgets.base import MAX_WAITING, Widget


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    Widget.close_all()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Widget, "send", lambda _self, content, buffers=None: found.append(content))
    return found


def undo(after: Any, name: str = "1") -> dict[str, Any]:
    return {"id": name, "what": "step", "step": "undo", "after": after}


def move(value: float, **marks: int) -> dict[str, Any]:
    return {"thresholds": {"ifng": {"change": value}}, "_sent": marks}


def test_a_request_that_overtakes_its_state_waits_for_it(
    small: SessionData, sent: list[dict[str, Any]]
) -> None:
    view = Explorer(small)
    view.set_state(move(0.75, a=1))
    view._asked(view, undo({"a": 2}), [])
    assert sent == []
    assert view.session.thresholds("ifng")["change"] == 0.75
    view.set_state(move(1.25, a=2))

    assert sent == [{"id": "1"}]
    assert view.session.thresholds("ifng")["change"] == 0.75
    assert [one.name for one in view.session.log] == ["move_threshold", "move_threshold", "undo"]


def test_a_state_that_comes_twice_is_taken_once(
    small: SessionData, sent: list[dict[str, Any]]
) -> None:
    """marimo hands every state over twice; the second must not do again what was undone between
    them.
    """
    view = Explorer(small)
    view.set_state(move(0.75, a=1))
    view._asked(view, undo({"a": 1}), [])
    view.set_state(move(0.75, a=1))

    assert view.session.thresholds("ifng")["change"] == 0.5
    assert view.session.can_redo


def test_two_views_of_one_widget_count_for_themselves(
    small: SessionData, sent: list[dict[str, Any]]
) -> None:
    view = Explorer(small)
    view.set_state(move(0.75, a=3, b=1))
    view._asked(view, undo({"b": 1}), [])
    view._asked(view, undo({"b": 2}, "2"), [])
    assert [one["id"] for one in sent] == ["1"]
    view.set_state(move(1.25, a=3, b=2))

    assert [one["id"] for one in sent] == ["1", "2"]


@pytest.mark.parametrize("after", [None, [], "a", {"a": "1"}, {"a": True}, {7: 1}, {"x" * 500: 1}])
def test_what_is_no_mark_keeps_nothing_waiting(
    small: SessionData, sent: list[dict[str, Any]], after: Any
) -> None:
    view = Explorer(small)
    view._asked(view, undo(after), [])

    assert sent == [{"id": "1"}]


def test_only_some_requests_wait(small: SessionData, sent: list[dict[str, Any]]) -> None:
    view = Explorer(small)
    for number in range(3 * MAX_WAITING):
        view._asked(view, undo({"a": 1}, str(number)), [])
    view.set_state(move(0.75, a=1))

    assert [one["id"] for one in sent] == [
        str(number) for number in range(2 * MAX_WAITING, 3 * MAX_WAITING)
    ]


def test_a_state_without_a_mark_is_taken(small: SessionData) -> None:
    view = Explorer(small)
    view.set_state({"thresholds": {"ifng": {"change": 0.75}}, "_sent": "nonsense"})

    assert view.session.thresholds("ifng")["change"] == 0.75
    assert view._sent == {}
