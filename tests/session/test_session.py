"""Session: commands are checked before anything changes, everyone hears the news, undo and
replay give the same.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.errors import InputError, ResistypeWarning, SessionError
from resistype.scheme import Calls
from resistype.session import Session, SessionData, expect

SQUARE = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


@pytest.fixture
def session(material: SessionData) -> Session:
    return Session(material)


BAD: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "unknown axis": (
        "move_threshold",
        ("nope", "change", 1.0),
        "V102 No axis 'nope'; the axes are: ifng, isg_rs",
    ),
    "unknown threshold": (
        "move_threshold",
        ("isg_rs", "nope", 1.0),
        "V102 Axis 'isg_rs' has no threshold 'nope'",
    ),
    "NaN": (
        "move_threshold",
        ("ifng", "change", float("nan")),
        "V103 Threshold ifng.change: a finite number",
    ),
    "infinite": (
        "move_threshold",
        ("ifng", "change", float("inf")),
        "V103 Threshold ifng.change: a finite number",
    ),
    "too large for float32": (
        "move_threshold",
        ("ifng", "change", 1e300),
        "V103 Threshold ifng.change: a finite",
    ),
    "text": (
        "move_threshold",
        ("ifng", "change", "0.5"),
        "V103 Threshold ifng.change: a number is needed, not '0.5'",
    ),
    "truth": (
        "move_threshold",
        ("ifng", "change", True),
        "V103 Threshold ifng.change: a number is needed",
    ),
    "reset of unknown": ("reset_thresholds", ("nope",), "V102 No axis 'nope'"),
    "row too high": ("select", ("0-400",), "V104 Selection: row 400 of 400 observations"),
    "mask too short": (
        "select",
        (np.ones(5, bool),),
        "V104 Selection: a mask of 5 for 400 observations",
    ),
    "mask of others": (
        "select",
        (pd.Series(True, index=[f"X{n}" for n in range(400)]),),
        "V104 Selection: the mask: 400 observations are not among its rows",
    ),
    "mask with gaps": (
        "select",
        (pd.array([True, None] * 200, dtype="boolean"),),
        "V104 Selection: rows are whole",
    ),
    "unknown name": (
        "select",
        (["S0", "nope"],),
        "V104 Selection: 1 of 2 names are no observation, such as 'nope'",
    ),
    "not rows": ("select", ("1;2",), "V104 Selection: '1;2' is no row or range"),
    "unknown call": ("select_call", ("ifng", "nope"), "V102 No call 'nope' on axis 'ifng'"),
    "unknown patient": ("select_patient", ("nope",), "V104 No observation of patient 'nope'"),
    "unknown region": ("select_region", ("nope",), "V106 No region 'nope'"),
    "unknown colour": (
        "color_by",
        ("column:nope",),
        "V105 Cannot colour by 'column:nope'; choose one of: axis:ifng",
    ),
    "hide unknown": (
        "hide",
        ("nope",),
        "V105 Nothing to hide: 'nope' is no category of 'axis:ifng'",
    ),
    "region elsewhere": (
        "add_region",
        ("r", "PCA", SQUARE),
        "V106 No embedding 'PCA'; there are: UMAP",
    ),
    "region of a line": (
        "add_region",
        ("r", "UMAP", SQUARE[:2]),
        "V106 Region 'r': three or more corners",
    ),
    "region with NaN": (
        "add_region",
        ("r", "UMAP", [*SQUARE, (float("nan"), 0.0)]),
        "V106 Region 'r': three or more",
    ),
    "region without name": ("add_region", ("", "UMAP", SQUARE), "V106 Region '': a new name"),
    "remove unknown": ("remove_region", ("nope",), "V106 No region 'nope'"),
}


@pytest.mark.parametrize(("command", "arguments", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_command_changes_nothing(
    session: Session, command: str, arguments: tuple[Any, ...], message: str
) -> None:
    before, heard = session.resolve(), []
    for event in vars(session.events).values():
        event.connect(heard.append)
    with pytest.raises(SessionError) as error:
        getattr(session, command)(*arguments)

    assert str(error.value).startswith(message)
    assert session.resolve() == before
    assert (session.log, heard) == ([], [])


@pytest.mark.parametrize("question", ["codes", "names", "counts", "thresholds"])
def test_a_question_about_an_axis_that_is_not_there(session: Session, question: str) -> None:
    with pytest.raises(SessionError) as error:
        getattr(session, question)("nope")

    assert str(error.value).startswith("V102 No axis 'nope'; the axes are: ifng, isg_rs")


def test_listeners_hear_what_changed_and_only_that(session: Session) -> None:
    heard: list[tuple[str, object]] = []
    for name, event in vars(session.events).items():
        event.connect(lambda news, name=name: heard.append((name, news)))
    session.move_threshold("ifng", "change", 0.75)
    session.select([3, 1, 2])
    session.color_by("column:patient")

    assert heard == [
        ("thresholds", ("ifng", "change", 0.75)),
        ("calls", ("ifng", "isg_rs")),
        ("selection", "1-3"),
        ("color", "column:patient"),
    ]


def test_a_listener_that_fails_is_told_and_the_others_go_on(session: Session) -> None:
    heard, told = [], []

    def broken(news: object) -> None:
        raise RuntimeError(f"no {news}")

    session.events.failed.connect(told.append)
    session.events.selection.connect(broken)
    session.events.selection.connect(heard.append)
    with pytest.warns(ResistypeWarning, match="V120 .*'selection' .*broken.* RuntimeError: no 0"):
        session.select("0")

    assert heard == ["0"]
    assert [one.endswith("RuntimeError: no 0") for one in told] == [True]


def test_a_failure_that_cannot_be_shown_is_still_a_warning(session: Session) -> None:
    def broken(news: object) -> None:
        raise KeyError(news)

    session.events.failed.connect(broken)
    session.events.selection.connect(broken)
    with pytest.warns(ResistypeWarning) as caught:
        session.select("0")

    assert sorted("'failed'" in str(one.message) for one in caught) == [False, True]


def test_a_session_keeps_no_listener_alive(session: Session) -> None:
    class View:
        def heard(self, _news: object) -> None: ...

    view = View()
    session.events.selection.connect(view.heard)
    held = weakref.ref(view)
    del view
    gc.collect()
    session.select("0")

    assert held() is None


def test_a_listener_taken_away_hears_nothing(session: Session) -> None:
    heard: list[object] = []
    session.events.selection.connect(heard.append)
    session.events.selection.disconnect(heard.append)
    session.select("0")

    assert heard == []


def test_the_state_is_in_place_when_the_news_comes(session: Session) -> None:
    seen = []
    session.events.calls.connect(
        lambda _: seen.append((session.thresholds("ifng")["change"], session.counts("ifng")))
    )
    session.move_threshold("ifng", "change", 5.0)

    assert seen == [(5.0, session.counts("ifng"))]


def test_a_mask_is_joined_by_its_names_and_names_can_be_selected(session: Session) -> None:
    names = list(reversed(session.data.samples))
    session.select(pd.Series([name in ("S3", "S7") for name in names], index=names))
    assert session.selected == ["S3", "S7"]
    session.select(["S7", "S2"])
    assert session.selected == ["S2", "S7"]
    session.select(pd.Series([True] + [False] * 399, dtype="boolean"))

    assert session.selected == ["S0"]


def test_a_quantity_is_joined_by_the_names_of_its_rows(session: Session) -> None:
    names = list(reversed(session.data.samples))
    session.add_quantity("mine", pd.Series(np.arange(400.0), index=names))

    assert session.data.columns["mine"][0] == 399
    assert session.log[-1].arguments[1][0] == 399


def test_several_thresholds_are_moved_together_or_not_at_all(session: Session) -> None:
    session.move_thresholds({"ifng": {"change": 0.5, "share": 0.7}, "isg_rs": {}})
    assert [one.arguments for one in session.log] == [("ifng", "share", 0.7)]
    with pytest.raises(SessionError, match="V102 Axis 'ifng' has no threshold 'nope'"):
        session.move_thresholds({"ifng": {"change": 0.75, "nope": 1.0}})

    assert [key for key, _ in session.state.moved] == [("ifng", "share")]


def test_one_threshold_moves_and_the_others_stay(session: Session) -> None:
    before = {axis.id: session.thresholds(axis.id) for axis in session.scheme.axes}
    session.move_threshold("ifng", "change", 0.7)
    after = {axis.id: session.thresholds(axis.id) for axis in session.scheme.axes}

    assert after.pop("ifng") == before.pop("ifng") | {"change": float(np.float32(0.7))}
    assert after == before
    assert session.scheme_before.axis("ifng").thresholds["change"].value == 0.5


def test_a_moved_threshold_is_ours_and_says_from_where(session: Session) -> None:
    session.move_threshold("ifng", "change", 0.75)
    threshold = session.scheme.axis("ifng").thresholds["change"]

    assert threshold.source == "ours"
    assert threshold.text.endswith("(moved from 0.5)")


def test_reset_puts_back_one_axis_or_all(session: Session) -> None:
    start = session.resolve()
    session.move_threshold("ifng", "change", 0.75)
    session.move_threshold("dysfunction", "present", 1.0)
    session.reset_thresholds("ifng")
    assert [key for key, _ in session.state.moved] == [("dysfunction", "present")]
    session.reset_thresholds()

    assert session.resolve() == start


def test_undo_and_redo_walk_over_every_step(session: Session) -> None:
    displays = [session.resolve()]
    for command in explore():
        command(session)
        displays.append(session.resolve())
    back = []
    for _ in displays[1:]:
        back.append(session.resolve())
        session.undo()
    assert [*back, session.resolve()] == displays[::-1]
    for expected in displays[1:]:
        session.redo()
        assert session.resolve() == expected
    session.redo()

    assert session.resolve() == displays[-1]


def test_a_new_command_forgets_what_was_undone(session: Session) -> None:
    session.select("0")
    session.undo()
    session.select("1")
    session.redo()

    assert session.state.selection == "1"


def test_undo_with_nothing_to_undo_is_nothing(session: Session) -> None:
    session.undo()

    assert session.log == []


def explore() -> list[Any]:
    """Thirty commands."""
    rng = np.random.default_rng(5)
    moves = [
        lambda s, v=float(v), k=k: s.move_threshold(*k, v)
        for v, k in zip(
            rng.normal(0.5, 0.4, 18),
            [("ifng", "change"), ("ifng", "share"), ("isg_rs", "level"), ("dysfunction", "tcell")]
            * 5,
            strict=False,
        )
    ]
    others = [
        lambda s: s.color_by("axis:dysfunction"),
        lambda s: s.hide("absent", "not_assessable"),
        lambda s: s.select(np.arange(10, 60)),
        lambda s: s.add_region('hot "spot" </script>', "UMAP", SQUARE),
        lambda s: s.select_region('hot "spot" </script>'),
        lambda s: s.select_call("ifng", "up"),
        lambda s: s.select_patient("P3"),
        lambda s: s.reset_thresholds("isg_rs"),
        lambda s: s.color_by("quantity:ifng_level"),
        lambda s: s.remove_region('hot "spot" </script>'),
        lambda s: s.select(np.arange(400) % 7 == 0),
        lambda s: s.move_threshold("antigen_presentation", "defect", 0.8),
    ]
    return [*moves[:9], *others, *moves[9:]]


def replay(script: str, calls: Any, embeddings: Any = None) -> Session:
    space: dict[str, Any] = {"calls": calls, "embeddings": embeddings}
    exec(compile(script, "script", "exec"), space)  # noqa: S102  the script is what is tested
    return space["session"]


def test_thirty_commands_replayed_give_the_same_calls_and_the_same_script(session: Session) -> None:
    commands = explore()
    assert len(commands) == 30
    for number, command in enumerate(commands):
        command(session)
        if number % 10 == 9:
            session.undo()
            session.redo()
    script = session.to_script()
    again = replay(script, session.data)

    assert again.to_script() == script
    assert again.resolve() == session.resolve()
    assert again.to_frame().equals(session.to_frame())
    assert again.selected == session.selected


def test_a_script_of_classified_samples_runs_on_the_same_calls(demo_calls: Calls) -> None:
    session = rt.Session(demo_calls)
    session.move_threshold("ifng", "change", 0.8)

    assert replay(session.to_script(), demo_calls).counts("ifng") == session.counts("ifng")


def test_a_script_refuses_other_data(session: Session, demo_calls: Calls) -> None:
    with pytest.raises(SessionError, match="V107 The script was recorded on data"):
        replay(session.to_script(), demo_calls)
    expect(session, session.data.digest())


def test_the_evidence_names_the_threshold_that_decided_and_the_margin(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    row = demo_calls.samples.index("SIM-P20-Post")
    before = session.evidence(row)
    value = before.loc[
        (before["axis"] == "ifng") & (before["quantity"] == "ifng_change"), "value"
    ].iloc[0]
    session.move_threshold("ifng", "change", 0.75)
    after = session.evidence(row)
    line = after[(after["axis"] == "ifng") & (after["threshold"] == ">= 0.75")].iloc[0]

    assert (line["decided"], line["call"]) == (True, "up")
    assert line["distance"] == pytest.approx(value - 0.75)


def test_the_evidence_is_that_of_the_calls_where_nothing_moved(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    for row, sample in enumerate(demo_calls.samples[:6]):
        expected = demo_calls.evidence(sample).drop(columns="stability")
        found = session.evidence(row)

        assert found.drop(columns=["value", "distance"]).equals(
            expected.drop(columns=["value", "distance"])
        )
        assert np.allclose(found["value"], expected["value"], rtol=1e-6, equal_nan=True)


def test_evidence_of_a_row_that_is_not_there(session: Session) -> None:
    with pytest.raises(SessionError, match="V104 Row 400 of 400"):
        session.evidence(400)


def test_importing_the_session_loads_no_view() -> None:
    import subprocess
    import sys

    code = (
        "import sys, resistype.session; print([m for m in ('anywidget', 'matplotlib', 'napari') if"
        " m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("value", [-0.3, 0.1, 0.5, 0.75])
def test_calls_at_other_thresholds_are_those_of_a_session_that_moved_there(
    session: Session, value: float
) -> None:
    session.move_threshold("isg_rs", next(iter(session.thresholds("isg_rs"))), 0.9)
    moved = Session(session.data)
    for command in session.log:
        moved.move_threshold(*command.arguments)
    state, log = session.state, list(session.log)
    found = session.codes_at({"ifng": {"change": value}})
    moved.move_threshold("ifng", "change", value)

    assert all((found[axis.id] == moved.codes(axis.id)).all() for axis in session.scheme.axes)
    assert (session.state, session.log) == (state, log)


def test_what_can_be_undone_and_done_again_is_told(session: Session) -> None:
    assert (session.can_undo, session.can_redo) == (False, False)
    session.move_threshold("ifng", "change", 0.75)
    assert (session.can_undo, session.can_redo) == (True, False)
    session.undo()
    assert (session.can_undo, session.can_redo) == (False, True)


def test_a_quantity_that_is_added_can_be_looked_at_and_is_in_the_script(
    material: SessionData,
) -> None:
    session, told = Session(material), []
    before = session.data.digest()
    session.events.quantities.connect(told.append)
    session.add_quantity("mine", [*range(material.n_obs - 1), float("nan")], "my draft")
    session.color_by("quantity:mine")
    again = Session(material)
    for line in session.to_script().splitlines():
        if line.startswith("session."):
            eval(line, {"session": again})  # noqa: S307  our own script

    assert told == ["mine"]
    assert session.scheme.quantities["mine"].title == "my draft"
    assert session.data.digest() == before
    assert again.state == session.state
    np.testing.assert_array_equal(again.data.columns["mine"], session.data.columns["mine"])


def test_a_quantity_of_another_length_or_of_the_scheme_is_refused(material: SessionData) -> None:
    with pytest.raises(InputError, match="V121 'mine': 1 values for"):
        Session(material).add_quantity("mine", [1.0])
    with pytest.raises(InputError, match="or a name the scheme uses"):
        Session(material).add_quantity(
            next(iter(material.scheme.quantities)), [0.0] * material.n_obs
        )
