"""The Python side of the Curator: commands of the page, what it may not say, the view, the link
to an Explorer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.curation.cohort import CohortData
from resistype.errors import InputError
from resistype.library import Library, Signature, check_paths, read_toml
from resistype.scheme import Calls
from resistype.score import ScoreOptions, score
from resistype.session import Session
from resistype.widgets import Explorer, SignatureCurator
from resistype.widgets.base import Widget
from resistype.widgets.curator import SHAPES

from .hostile import HOSTILE
from .test_explorer import tags

PASTED = "STAT1 IRF1 WARS FAM26F STAT1 STRA13 1-Mar B2M CXCL9"
NUMBERS = [1.0, 0.05, 5, False]


class Page:
    """A page that sends commands and keeps the answers."""

    def __init__(self, view: SignatureCurator, sent: list[dict[str, Any]]) -> None:
        self.view, self.sent = view, sent

    def ask(self, what: str, **content: Any) -> dict[str, Any]:
        self.view._asked(self.view, {"id": str(len(self.sent)), "what": what, **content}, [])
        return self.sent[-1]

    def do(self, name: str, *given: Any) -> dict[str, Any]:
        answer = self.ask("do", name=name, given=list(given))
        json.dumps(answer, allow_nan=False)
        return dict(answer.get("view", answer))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Widget, "send", lambda _self, content, buffers=None: found.append(content))
    return found


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Widgets of a test do not stay open."""
    yield
    Widget.close_all()


@pytest.fixture(scope="module")
def cohort() -> CohortData:
    demo = datasets.demo()
    table = (
        demo.samples.set_index(demo.samples.columns[0])
        if "sample" in demo.samples.columns
        else demo.samples
    )
    return CohortData(
        demo.expression,
        table,
        patient="patient",
        timepoint="timepoint",
        baseline="Pre",
        by="timepoint",
    )


@pytest.fixture
def page(tmp_path: Path, sent: list[dict[str, Any]], cohort: CohortData) -> Page:
    return Page(SignatureCurator("mine", tmp_path, data={"demo": cohort}), sent)


def rows(view: dict[str, Any]) -> list[str]:
    return [row["name"] for row in view["rows"]]


def test_a_list_is_pasted_mended_and_saved(page: Page, tmp_path: Path) -> None:
    view = page.do("add", PASTED, "up")
    assert (
        view["state"]
        == f"9 genes, 5 to mend; not saved yet; folder {tmp_path.name}. Research use only."
    )
    assert [row["mends"] for row in view["rows"] if row["name"] == "STRA13"] == [
        [["L103", "BHLHE40"], ["L103", "CENPX"], ["L103", "leave out"]]
    ]
    view = page.do("mend_all")
    keys = {row["name"]: row["key"] for row in view["rows"]}
    page.do("mend", keys["STRA13"], "L103", "CENPX")
    view = page.do("mend", keys["1-Mar"], "L104", "leave out")
    assert rows(view) == ["STAT1", "IRF1", "WARS1", "CALHM6", "CENPX", "B2M", "CXCL9"]
    page.do("set_field", "source.citation", "our list")
    page.do("edit", keys["CXCL9"], "citation", "28650338")
    view = page.do("save")

    assert view["said"] == ["Saved mine@1.0.0 as mine.toml."]
    assert read_toml(tmp_path / "mine.toml").evidence["CXCL9"].pmid == "28650338"
    assert [one for one in check_paths([tmp_path / "mine.toml"]) if one.severity == "error"] == []


def test_the_view_is_plain_json_with_what_the_page_declares(page: Page) -> None:
    view = page.do("add", PASTED, "up")
    text = (Path(__file__).parents[2] / "widgets" / "src" / "curator" / "view.ts").read_text(
        encoding="utf-8"
    )

    assert [name for name in view if f"{name}:" not in text] == []
    assert [name for name in view["rows"][0] if f"{name}:" not in text] == []
    assert [name for name in view["spread"] if f"{name}:" not in text] == []
    assert [name for name in view["form"][0] if f"{name}:" not in text] == []


def test_the_view_tells_what_the_data_say(page: Page, cohort: CohortData) -> None:
    view = page.do("add", "STAT1 IRF1 CXCL9 B2M nonsense", "up")
    cells = {row["name"]: row["cells"] for row in view["rows"]}

    assert all(
        len(cells[name]) == 4 and None not in cells[name]
        for name in ("STAT1", "IRF1", "CXCL9", "B2M")
    )
    assert cells["nonsense"] == []
    assert f"4 of 4 genes are in the data ({cohort.expression.n_obs} samples)" in view["measured"]
    assert [group[0] for group in view["spread"]["groups"]] == ["Post", "Pre"] or len(
        view["spread"]["groups"]
    ) >= 2
    assert sum(group[1][1]["n"] for group in view["spread"]["groups"]) == cohort.expression.n_obs
    assert view["overlap"][0][2] >= 1


def test_changes_from_the_baseline_and_another_column(page: Page, cohort: CohortData) -> None:
    page.do("add", "STAT1 IRF1 CXCL9 B2M", "up")
    view = page.do("choose", "demo", "timepoint", True)

    assert cohort.pairs is not None
    assert view["change"] is True
    assert sum(group[1][1]["n"] for group in view["spread"]["groups"]) == len(cohort.pairs)
    assert page.do("choose", "demo", "nope", False)["by"] == "timepoint"


def test_the_version_before_and_the_draft_are_both_drawn(page: Page) -> None:
    page.do("add", "STAT1 IRF1 CXCL9 B2M", "up")
    page.do("set_field", "source.citation", "ours")
    page.do("save")
    view = page.do("add", "TAP1", "up")

    assert view["spread"]["versions"] == ["mine@1.0.0", "draft"]
    assert all(pair[0]["n"] == pair[1]["n"] > 0 for _, pair in view["spread"]["groups"])
    assert "  + 1 gene: TAP1" in view["diff"]


BAD = {
    "no name": ({"given": []}, "V116 Unknown command 'None'"),
    "an attribute": ({"name": "__class__", "given": []}, "V116 Unknown command '__class__'"),
    "a method that is no command": (
        {"name": "add_rows", "given": [[]]},
        "V116 Unknown command 'add_rows'",
    ),
    "too few": ({"name": "add", "given": ["x"]}, "V116 Unknown command 'add', or other arguments"),
    "no list": ({"name": "undo", "given": "x"}, "V116 Unknown command 'undo'"),
    "another kind": ({"name": "remove", "given": ["0"]}, "V116 The command 'remove' takes int"),
    "a truth for a number": (
        {"name": "remove", "given": [True]},
        "V116 The command 'remove' takes int",
    ),
    "a list in place of text": (
        {"name": "add", "given": [["B2M"], "up"]},
        "V116 The command 'add' takes str",
    ),
    "another cohort": (
        {"name": "choose", "given": ["/etc", "", False]},
        "V123 There is no cohort '/etc'",
    ),
    "a file of another kind": ({"name": "file", "given": ["x.py", "1", *NUMBERS]}, "E207 'x.py'"),
    "a filter out of range": (
        {"name": "file", "given": ["x.csv", "a", -1.0, 0.05, 5, False]},
        "E222 Filters of genes",
    ),
    "an endless filter": (
        {"name": "file", "given": ["x.csv", "a", float("nan"), 0.05, 5, False]},
        "E222 Filters",
    ),
    "a contrast of nothing": ({"name": "contrast", "given": ["no", "a", "b", *NUMBERS]}, "E920"),
    "no session": ({"name": "drivers", "given": NUMBERS}, "V123 There is no session"),
    "no session to show in": ({"name": "show", "given": []}, "V123 There is no session"),
    "a save that is not ready": ({"name": "save", "given": []}, "E216 1 to mend"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_what_the_page_may_not_say_changes_nothing(
    page: Page, content: dict[str, Any], message: str
) -> None:
    before = page.view.editor.table
    answer = page.ask("do", **content)

    assert answer["error"].startswith(message)
    assert page.view.editor.table == before


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_text_everywhere(page: Page, tmp_path: Path, word: str) -> None:
    page.do("add", "B2M", "up")
    for name, given in (
        ("add", (word, "up")),
        ("edit", (0, "note", word[:4000])),
        ("edit", (0, "citation", word[:4000])),
        ("set_field", ("name", word[:4000])),
        ("set_field", ("id", word[:4000])),
        ("file", (word[:100], word, *NUMBERS)),
        ("save", ()),
    ):
        page.do(name, *given)
    outside = [path for path in tmp_path.parent.iterdir() if path.suffix in (".toml", ".json")]
    kinds = {tag for tag, _ in tags(page.view.static_html())}

    assert outside == []
    assert kinds <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/b", "..", "", "x" * 70, "CON", "mіne", "nul", "a\nb"]
)
def test_a_hostile_id_is_refused_and_the_draft_stays(page: Page, tmp_path: Path, name: str) -> None:
    page.do("add", "B2M TAP1", "up")
    page.do("set_field", "id", name)
    answer = page.do("save")

    assert "error" in answer
    assert [row.name for row in page.view.editor.table.rows] == ["B2M", "TAP1"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.draft.json"]


def test_every_command_that_is_declared_is_there(page: Page) -> None:
    own = {"choose", "file", "contrast", "drivers", "show"}

    assert [
        name
        for name in SHAPES
        if name not in own and not callable(getattr(page.view.editor, name, None))
    ] == []


def test_a_file_and_a_contrast_add_genes(page: Page) -> None:
    view = page.do(
        "file", "de.csv", "gene,log2FoldChange,padj\nTOX,2.5,0.001\nLAG3,2,0.5\n", *NUMBERS
    )
    assert rows(view) == ["TOX"]
    view = page.do("contrast", "timepoint", "Post", "Pre", 0.2, 1.0, 3, False)

    assert len(rows(view)) == 4
    assert all("timepoint=Post against timepoint=Pre" in row["note"] for row in view["rows"][1:])


# -- Python and page -------------------------------------------------------------------------------


def test_a_change_in_python_reaches_the_page_and_its_own_does_not_come_back(page: Page) -> None:
    page.do("add", "B2M", "up")
    assert page.view._turn == 0
    page.view.editor.add("TAP1")

    assert page.view._turn == 1
    assert rows(page.ask("view")["view"]) == ["B2M", "TAP1"]


def test_no_trait_holds_a_gene_or_a_sample(page: Page) -> None:
    page.do("add", "CXCL9", "up")
    state = {
        key: value for key, value in page.view.get_state().items() if key not in ("_esm", "_css")
    }

    assert "CXCL9" not in repr(state)
    assert set(state) & {"_kind", "_turn"} == {"_kind", "_turn"}


def test_a_kernel_that_starts_again_finds_the_draft(
    page: Page, tmp_path: Path, sent: list[dict[str, Any]]
) -> None:
    page.do("add", PASTED, "up")
    page.do("edit", 0, "note", "seen")
    again = Page(SignatureCurator("mine", tmp_path), sent).ask("view")["view"]

    assert rows(again) == PASTED.split()
    assert again["rows"][0]["note"] == "seen"
    assert again["said"] == ["The draft of 9 genes that was not saved is here again."]


def test_without_data_there_is_no_picture(tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    view = Page(SignatureCurator("mine", tmp_path, "B2M"), sent).ask("view")["view"]

    assert (view["spread"], view["cohorts"], view["measured"], len(view["heads"])) == (
        None,
        [],
        "",
        6,
    )


def test_any_matrix_can_be_data(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        np.arange(12.0).reshape(3, 4) + 0.5,
        index=list("abc"),
        columns=["B2M", "TAP1", "TOX", "LAG3"],
    )

    assert (
        SignatureCurator("mine", tmp_path, "B2M", data=frame).cohorts["data"].expression.n_obs == 3
    )


# -- one session with an Explorer ------------------------------------------------------------------


@pytest.fixture
def linked(
    tmp_path: Path, sent: list[dict[str, Any]], demo_calls: Calls, cohort: CohortData
) -> tuple[Page, Explorer]:
    explorer = Explorer(Session(demo_calls))
    view = SignatureCurator("mine", tmp_path, "B2M", data=cohort, session=explorer.session)
    return Page(view, sent), explorer


def test_a_selection_in_the_explorer_gives_its_driver_genes(linked: tuple[Page, Explorer]) -> None:
    page, explorer = linked
    assert page.ask("view")["view"]["selected"] == 0
    assert "V112" in page.do("drivers", *NUMBERS)["error"]
    explorer.session.select(np.arange(explorer.session.data.n_obs) < 5)
    assert page.view._turn == 1
    view = page.do("drivers", 0.2, 1.0, 4, True)

    assert view["selected"] == 5
    assert 1 < len(view["rows"]) <= 9
    assert all("driver of a selection" in row["note"] for row in view["rows"][1:])
    assert "a description, not a test" in view["said"][0]


def test_the_draft_is_scored_and_is_a_colour_of_the_explorer(linked: tuple[Page, Explorer]) -> None:
    page, explorer = linked
    page.do("add", "STAT1 IRF1 CXCL9", "up")
    view = page.do("show")
    name, session = "draft_mine", explorer.session
    made = Signature(id="draft", name="d", up=("B2M", "STAT1", "IRF1", "CXCL9"))
    wanted = score(
        datasets.demo().expression, Library([made]), options=ScoreOptions(warn_below=0.0), n_jobs=1
    )
    frame = wanted.to_frame().loc[list(session.data.samples)]

    assert view["said"] == ["'draft of mine, 4 genes' can be chosen as a colour in the Explorer."]
    assert f"quantity:{name}" in session.color_choices
    np.testing.assert_array_equal(
        session.data.columns[name], frame.iloc[:, 0].to_numpy().astype(np.float32)
    )
    assert explorer._fresh == 1
    session.color_by(f"quantity:{name}")
    page.do("add", "TAP1", "up")
    page.do("show")
    assert explorer._fresh == 2


def test_without_the_matrix_of_the_session_it_says_what_to_pass(
    tmp_path: Path, sent: list[dict[str, Any]], demo_calls: Calls
) -> None:
    page = Page(SignatureCurator("mine", tmp_path, "B2M", session=Session(demo_calls)), sent)

    assert "pass their matrix as data" in page.do("show")["error"]
    page.view.close()
    page.view.session.select([0])  # type: ignore[union-attr]
    assert page.view._turn == 0


def test_an_unknown_cohort_in_python_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="V123 No data were given"):
        SignatureCurator("mine", tmp_path)._cohort()


# -- the exported file -----------------------------------------------------------------------------


def test_the_file_holds_the_view_and_no_sample(
    page: Page, tmp_path: Path, cohort: CohortData
) -> None:
    page.do("add", "STAT1 IRF1 CXCL9 B2M", "up")
    page.do("edit", 0, "note", "</script><script>window.__pwned=1</script>")
    text = page.view.to_html(tmp_path / "view.html").read_text(encoding="utf-8")
    kinds = [tag for tag, _ in tags(text)]

    assert "CXCL9" in text
    assert [name for name in cohort.whole.samples if name in text] == []
    assert kinds.count("script") == 3
    assert [attrs for _, attrs in tags(text) if {"src", "href"} & set(attrs)] == []


def test_patients_have_no_names_in_the_file(tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(
        np.arange(24.0).reshape(6, 4) + 0.5,
        index=list("abcdef"),
        columns=["B2M", "TAP1", "TOX", "LAG3"],
    )
    table = pd.DataFrame(
        {"patient": ["ANNA", "BERTA", "CAESAR"] * 2, "time": ["Pre"] * 3 + ["On"] * 3},
        index=list("abcdef"),
    )
    data = CohortData(
        frame, table, by="patient", patient="patient", timepoint="time", baseline="Pre"
    )
    view = SignatureCurator("mine", tmp_path, "B2M TAP1", data=data)
    text = view.to_html(tmp_path / "view.html").read_text(encoding="utf-8")

    assert [group[0] for group in Page(view, sent).ask("view")["view"]["spread"]["groups"]] == [
        "ANNA",
        "BERTA",
        "CAESAR",
    ]
    assert "ANNA" not in text
    assert "patient 1" in text
