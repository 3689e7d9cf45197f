"""Tables, commands, messages and panels of markers that must end in an error that helps, and
change nothing.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from resistype.cli import main
from resistype.errors import ResistypeError
from resistype.widgets import Explorer
from resistype.widgets.base import Widget
from tests.trust import bad_napari, bad_widgets
from tests.trust.bad_matrices import MATRICES
from tests.trust.bad_rest import (
    CLINICAL,
    COMMANDS,
    MESSAGES,
    PANELS,
    SAMPLES,
    cohort,
    material,
    patients,
    session,
)
from tests.trust.figures import record
from tests.trust.verdict import Verdict, complete

VIEWS = {name: start for name, (_, start) in {**bad_widgets.REFUSED, **bad_napari.REFUSED}.items()}
TOLD = {**bad_widgets.TOLD, **bad_napari.TOLD}
TABLES = {
    "samples table": SAMPLES,
    "clinical table": CLINICAL,
    "session": COMMANDS,
    "widgets": {name: case for name, (case, _) in bad_widgets.REFUSED.items()},
    "napari": {**PANELS, **{name: case for name, (case, _) in bad_napari.REFUSED.items()}},
}
CASES = [(entry, name) for entry, cases in TABLES.items() for name in cases]
DONE: dict[str, int] = {}


@cache
def refused(entry: str, name: str) -> Verdict:
    """The error that a case ends in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ResistypeError) as caught:
            TABLES[entry][name]()
    return Verdict("error", str(caught.value), type(caught.value).__name__)


@pytest.mark.parametrize(("entry", "name"), CASES)
def test_each_is_refused_with_a_word_that_helps(entry: str, name: str) -> None:
    found = refused(entry, name)

    assert complete(found) == [], found.words
    DONE[entry] = DONE.get(entry, 0) + 1


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_says_what_was_wrong(name: str) -> None:
    entry = "widgets" if name in bad_widgets.REFUSED else "napari"

    assert refused(entry, name).words.startswith(VIEWS[name])


@pytest.mark.parametrize("name", TOLD)
def test_what_a_view_takes_is_told_and_right(name: str) -> None:
    case, words = TOLD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # numpy's: what is said is ours
        found = case()

    assert re.search(words, found.said), found.said
    assert found.right
    DONE["told"] = DONE.get("told", 0) + 1


@pytest.mark.parametrize("name", COMMANDS)
def test_a_refused_command_changes_nothing(name: str) -> None:
    made = session()
    before = (made.state, list(made.log), made.to_frame())
    with pytest.raises(ResistypeError):
        _on(made, name)

    assert (made.state, made.log) == before[:2]
    assert made.to_frame().equals(before[2])


def _on(made: Any, name: str) -> None:
    """The command on a session of ours."""
    from tests.trust import bad_rest

    old = bad_rest.session
    bad_rest.session = lambda: made
    try:
        COMMANDS[name]()
    finally:
        bad_rest.session = old


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Widget, "send", lambda _self, content, buffers=None: found.append(content))
    yield found
    Widget.close_all()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_answered_with_an_error_and_changes_nothing(
    name: str, sent: list[dict[str, Any]]
) -> None:
    view = Explorer(material())
    before = (view.session.state, list(view.session.log), view.get_state())
    content, buffers = MESSAGES[name]
    sent.clear()
    view._asked(view, content, buffers)

    assert (view.session.state, view.session.log) == before[:2]
    assert view.get_state() == before[2]
    if isinstance(content, dict) and isinstance(content.get("id"), str):
        assert len(sent) == 1
        assert " in Python: " not in sent[0]["error"]
        assert len(sent[0]["error"]) < 1_100
        json.dumps(sent)
    else:
        assert sent == []
    DONE["widgets"] = DONE.get("widgets", 0) + 1


def test_figures() -> None:
    total = len(MATRICES) + len(CASES) + len(MESSAGES) + len(TOLD)
    counts = {entry: len(cases) for entry, cases in TABLES.items()}
    counts["widgets"] += len(bad_widgets.TOLD) + len(MESSAGES)
    counts["napari"] += len(bad_napari.TOLD)
    asked = len(CASES) + len(MESSAGES) + len(TOLD)
    if sum(DONE.values()):
        record("bad inputs, named", cases=total, silent=asked - sum(DONE.values()), **counts)
    assert total >= 60
    assert (
        min(
            len(one)
            for one in (bad_widgets.REFUSED, bad_widgets.TOLD, bad_napari.REFUSED, bad_napari.TOLD)
        )
        >= 8
    )
    assert cohort().expression.shape[0] == len(cohort().samples)
    assert len(patients()) == 2
    assert callable(main)
