"""The Python side of the Explorer: traits, requests, untrusted messages, export; no browser and
no kernel.
"""

from __future__ import annotations

import gc
import importlib
import json
import re
import sys
import weakref
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype.widgets as rooms
from resistype.errors import InputError, MissingExtraError, ResistypeWarning, SessionError
from resistype.scheme import Calls
from resistype.session import Session, SessionData
from resistype.widgets import Explorer, show
from resistype.widgets.base import Widget, read_bits, static_table, write_bits
from resistype.widgets.explorer_view import build, draw_rows
from resistype.widgets.export import safe_json

from .conftest import hostile_material
from .hostile import HOSTILE
from .vectors import material


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    found: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(
        Widget, "send", lambda _self, content, buffers=None: found.append((content, buffers or []))
    )
    return found


def test_thresholds_of_the_page_move_the_session(small: SessionData) -> None:
    view = Explorer(small)
    before = view.thresholds
    view.set_state({"thresholds": {"ifng": {"change": 0.75}}})

    assert view.session.thresholds("ifng")["change"] == 0.75
    assert view.thresholds == {**before, "ifng": {**before["ifng"], "change": 0.75}}
    assert [command.arguments for command in view.session.log] == [("ifng", "change", 0.75)]


BAD = {
    "no mapping": [1, 2],
    "unknown axis": {"nope": {"x": 1.0}},
    "unknown threshold": {"ifng": {"nope": 1.0}},
    "NaN": {"ifng": {"change": float("nan")}},
    "too large": {"ifng": {"change": 1e300}},
    "text": {"ifng": {"change": "0.9"}},
    "truth": {"ifng": {"change": True}},
    "a list": {"ifng": [0.9]},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_what_the_page_may_not_say_moves_nothing(small: SessionData, given: Any) -> None:
    view = Explorer(small)
    before = view.thresholds
    view.set_state({"thresholds": given})

    assert (view.thresholds, view.session.log) == (before, [])


def test_a_drag_is_one_command_that_is_applied_once(
    small: SessionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message of the page: one command checked, the scheme resolved once, its rules applied
    once.
    """
    module = importlib.import_module("resistype.session.session")
    calls: list[str] = []
    for name in ("apply", "moved_scheme", "reapply_rules"):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, real=real, n=name, **k: (calls.append(n), real(*a, **k))[1]
        )
    view = Explorer(small)
    view.set_state(
        {"thresholds": {**view.thresholds, "ifng": {**view.thresholds["ifng"], "change": 0.75}}}
    )

    assert calls == ["apply", "moved_scheme", "reapply_rules"]
    assert [one.line for one in view.session.log] == [
        "session.move_threshold('ifng', 'change', 0.75)"
    ]
    view.session.move_threshold("ifng", "change", 0.5)
    assert (len(calls), view.thresholds["ifng"]["change"]) == (6, 0.5)
    view.thresholds = {"ifng": {"change": 0.625}}
    assert (len(calls), len(view.session.log)) == (9, 3)


def test_a_closed_explorer_is_freed_and_the_session_goes_on(small: SessionData) -> None:
    session = Session(small)
    view = Explorer(session)
    held = weakref.ref(view)
    view.close()
    session.move_threshold("ifng", "change", 0.75)
    assert view.thresholds["ifng"]["change"] == 0.5
    del view
    gc.collect()

    assert held() is None


def test_what_fails_behind_a_page_is_told_there_without_names(small: SessionData) -> None:
    view = Explorer(small)

    def broken(_news: object) -> None:
        raise KeyError(small.samples[3])

    view.session.events.selection.connect(broken)
    with pytest.warns(ResistypeWarning, match="V120"):
        view.session.select("3")
    assert view.message.endswith("KeyError: 'sample 4'")
    view.set_state({"selected": b"\x00" * 99})
    assert view.message.startswith("V110 The selection has 99 bytes")
    view.set_state({"color_by": "axis:isg_rs"})

    assert view.message == ""


def test_a_bad_threshold_set_in_python_is_an_error_and_moves_nothing(small: SessionData) -> None:
    view = Explorer(small)
    before = view.thresholds
    with pytest.raises(SessionError, match="V102 Axis 'ifng' has no threshold 'nope'"):
        view.thresholds = {"ifng": {"change": 0.9, "nope": 1.0}}

    assert (view.thresholds, view.session.log) == (before, [])


def test_a_move_in_python_reaches_the_page(small: SessionData) -> None:
    session = Session(small)
    view = Explorer(session)
    session.move_threshold("ifng", "change", 0.75)
    session.color_by("column:timepoint")
    session.select([0, 9])

    assert view.thresholds["ifng"]["change"] == 0.75
    assert view._steps == {"undo": True, "redo": False, "regions": []}
    assert view.color_by == "column:timepoint"
    assert view.selected == write_bits(view.selection)
    session.undo()
    assert view.selected == b""


def test_bytes_of_the_page_arrive_with_what_came_along(small: SessionData) -> None:
    view = Explorer(small)
    mask = np.zeros(240, dtype=bool)
    mask[[3, 200]] = True
    view.set_state({"selected": memoryview(write_bits(mask)), "color_by": "column:patient"})

    assert view.session.selection.tolist() == [3, 200]
    assert view.session.state.color_by == "column:patient"
    view.set_state({"selected": None})
    assert view.selection.sum() == 0


def test_an_unknown_colour_of_the_page_is_put_back(small: SessionData) -> None:
    view = Explorer(small)
    view.set_state({"color_by": "column:nope"})

    assert view.color_by == "axis:ifng"


def test_an_unknown_colour_of_python_is_refused(small: SessionData) -> None:
    view = Explorer(small)
    with pytest.raises(
        SessionError, match="V105 Cannot colour by 'column:nope'; choose one of: axis:ifng"
    ):
        view.color_by = "column:nope"

    assert view.color_by == view.session.state.color_by == "axis:ifng"


def test_the_data_are_complete_and_hold_no_sample_id(small: SessionData, sent: list[Any]) -> None:
    view = Explorer(small)
    view._asked(view, {"id": "1", "what": "data"}, [])
    content, buffers = sent[0]
    spec = content["spec"]
    sizes = [8 * 240] * len(spec["embeddings"]) + [240] * 2 * len(spec["axes"])

    assert [len(one) for one in buffers] == [*sizes, *[480] * len(spec["columns"]), 960]
    assert re.search(r'"S\d+"', json.dumps(content)) is None
    assert [one["name"] for one in spec["columns"]] == ["patient", "timepoint"]


def test_no_trait_holds_a_name_of_a_sample_or_patient(demo_calls: Calls) -> None:
    view = Explorer(demo_calls)
    state = repr(
        {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css")}
    )
    bundle = repr(view._repr_mimebundle_())

    assert "SIM-P" not in state
    assert "SIM-P" not in bundle


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"id": "1", "what": "nope"}, "V111 Unknown question 'nope'."),
        ({"id": "1", "what": ["data"]}, "V111 Unknown question"),
        ({"id": "1"}, "V111 Unknown question 'None'."),
        ({"id": "1", "what": "drivers"}, "V122 No matrix was given"),
        ({"id": "1", "what": "gene", "gene": "B2M"}, "V122 No matrix was given"),
    ],
)
def test_a_request_that_cannot_be_answered_gets_an_error(
    small: SessionData, sent: list[Any], content: dict[str, Any], error: str
) -> None:
    Explorer(small)._asked(None, content, [])

    assert sent[0][0]["id"] == "1"
    assert sent[0][0]["error"].startswith(error)


@pytest.mark.parametrize("content", [None, "text", [], {}, {"id": 7, "what": "data"}])
def test_a_message_that_is_no_request_is_let_pass(
    small: SessionData, sent: list[Any], content: Any
) -> None:
    Explorer(small)._asked(None, content, [])

    assert sent == []


def matrix(n_obs: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    genes = ["B2M", "STAT1", "CXCL9", *(f"GENE{i}" for i in range(20))]
    frame = pd.DataFrame(
        rng.uniform(0, 4, (n_obs, 23)), index=[f"S{i}" for i in range(n_obs)], columns=genes
    )
    frame.loc[frame.index[:40], "STAT1"] += 6
    return frame


def test_driver_genes_come_with_the_selection_in_the_same_message(
    small: SessionData, sent: list[Any]
) -> None:
    view = Explorer(small, expression=matrix().iloc[::-1])
    mask = np.arange(240) < 40
    view._asked(view, {"id": "1", "what": "drivers"}, [memoryview(write_bits(mask))])
    first = sent[0][0]["genes"][0]

    assert first["gene"] == "STAT1"
    assert first["effect"] == pytest.approx(6, abs=0.5)
    assert "benci_isg_rs" in first["signatures"]
    assert first["shared"]
    assert view.selection.sum() == 0


@pytest.mark.parametrize("bits", [b"", b"\xff", b"\x00" * 30, b"\xff" * 30])
def test_bits_that_do_not_fit_are_an_error(
    small: SessionData, sent: list[Any], bits: bytes
) -> None:
    Explorer(small, expression=matrix())._asked(None, {"id": "1", "what": "drivers"}, [bits])

    assert sent[0][0]["error"][:4] in {"V110", "V112"}


def test_a_gene_colours_by_its_old_name_too(small: SessionData, sent: list[Any]) -> None:
    view = Explorer(small, expression=matrix())
    view._asked(view, {"id": "1", "what": "gene", "gene": "STAT1"}, [])
    view._asked(view, {"id": "2", "what": "gene", "gene": "<b>"}, [])

    assert len(sent[0][1][0]) == 960
    assert sent[1][0]["error"] == "V114 No gene '<b>' in the matrix, and no signature of that name."


def test_a_matrix_of_other_samples_is_refused(small: SessionData) -> None:
    with pytest.raises(
        InputError, match="V121 230 of 240 observations of the calls are not in the matrix"
    ):
        Explorer(small, expression=matrix(10))


def test_only_a_part_is_drawn_and_all_are_counted(sent: list[Any]) -> None:
    many = material(5000)
    view = Explorer(many, max_drawn=500)
    view._asked(view, {"id": "1", "what": "data"}, [])
    spec = sent[0][0]["spec"]
    rows = draw_rows(many, 500)

    assert (spec["n_obs"], spec["n_drawn"]) == (5000, len(rows))
    assert 480 <= len(rows) <= 500
    assert sum(spec["columns"][0]["counts"]) == 5000
    shares = [
        np.bincount(many.final["ifng"][part], minlength=8) / len(part)
        for part in (np.arange(5000), rows)
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.01
    view.set_state({"selected": write_bits(np.arange(len(rows)) < 3)})
    assert view.session.selection.tolist() == rows[:3].tolist()


@pytest.mark.parametrize("n", [1, 7, 8, 9, 240])
def test_bits_there_and_back(n: int) -> None:
    mask = np.random.default_rng(n).random(n) < 0.5
    mask[0] = True

    assert read_bits(write_bits(mask), n).tolist() == mask.tolist()


# -- the exported file and what stands where no page runs ------------------------------------------


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def test_the_file_holds_itself_and_no_names(demo_calls: Calls, tmp_path: Path) -> None:
    path = Explorer(demo_calls).to_html(tmp_path / "view.html")
    text = path.read_text(encoding="utf-8")

    assert "SIM-P" not in text
    assert '"patient 1"' in text
    assert "default-src 'none'" in text
    assert [attrs for _, attrs in tags(text) if {"src", "href"} & set(attrs)] == []
    assert list(tmp_path.iterdir()) == [path]


def test_patients_without_names_are_numbered_from_one(small: SessionData) -> None:
    drawn = build(small, np.arange(240), title="x", names=False)
    names = next(one["names"] for one in drawn.spec["columns"] if one["name"] == "patient")

    assert names == ["", *(f"patient {number}" for number in range(1, 13))]


def test_names_are_told_where_they_are_asked_for(demo_calls: Calls, tmp_path: Path) -> None:
    text = (
        Explorer(demo_calls).to_html(tmp_path / "view.html", names=True).read_text(encoding="utf-8")
    )

    assert '"SIM-P01"' in text
    assert "SIM-P01-Pre" not in text


def test_hostile_names_stay_text_in_the_file(tmp_path: Path) -> None:
    found, expression = hostile_material()
    view = Explorer(found, expression=expression, title=HOSTILE[1])
    text = view.to_html(tmp_path / "view.html", names=True).read_text(encoding="utf-8")
    kinds = [tag for tag, _ in tags(text)]

    assert kinds.count("script") == 3
    assert {"img", "iframe", "svg", "a", "base", "link"} & set(kinds) == set()
    assert [name for _, attrs in tags(text) for name in attrs if name.startswith("on")] == []


def test_too_many_observations_are_not_exported(
    small: SessionData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resistype.widgets.explorer.MAX_EXPORT", 100)
    with pytest.raises(InputError, match="V113 240 observations are too many"):
        Explorer(small).to_html(tmp_path / "view.html")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(small: SessionData, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"O101 .*view\.html' cannot be written"):
        Explorer(small).to_html(tmp_path / "no" / "view.html")


def test_json_in_a_page_cannot_end_its_script() -> None:
    text = safe_json(list(HOSTILE))

    assert not set("<>&") & set(text)
    assert json.loads(text) == list(HOSTILE)


@pytest.mark.parametrize("word", HOSTILE)
def test_the_static_table_is_text(word: str) -> None:
    kinds = [tag for tag, _ in tags(static_table(word, (word,), [(word,)]))]

    assert sorted(kinds) == ["caption", "table", "tbody", "td", "th", "thead", "tr", "tr"]


def test_a_notebook_without_a_page_shows_the_counts(demo_calls: Calls) -> None:
    bundle, _ = Explorer(demo_calls)._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Research use only" in bundle["text/html"]
    assert "<td>up</td><td>6</td>" in bundle["text/html"]


# -- the room itself -------------------------------------------------------------------------------


def test_show_gives_the_explorer(demo_calls: Calls) -> None:
    assert isinstance(show(demo_calls), Explorer)


def test_without_anywidget_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    wanted = (
        r"^X101 A widget needs anywidget: pip install 'resistype\[notebook\]'\. Then restart the"
        r" notebook"
    )
    with pytest.raises(MissingExtraError, match=wanted):
        rooms.__getattr__("Explorer")


def test_a_missing_bundle_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rooms, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(MissingExtraError, match=r"X121 main\.js, host\.js missing in"):
        rooms.__getattr__("Explorer")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        rooms.__getattr__("Nope")
    assert {"Explorer", "Runner", "show"} <= set(dir(rooms))


def test_rows_of_a_baseline_that_is_not_drawn_are_none(small: SessionData) -> None:
    drawn = build(small, np.array([1, 2, 3]), title="x")

    assert np.frombuffer(drawn.buffers[-1], "<i4").tolist() == [-1, -1, 1]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Widgets of a test do not stay open."""
    yield
    Widget.close_all()
