"""The Python side of Compare: what the page is told and may ask, export, hostile names; no
browser and no kernel.
"""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.agreement import Matrices, compare_calls
from resistype.errors import InputError, SamplesError
from resistype.scheme import Calls
from resistype.session import Session
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.widgets import Compare
from resistype.widgets.base import Widget
from resistype.widgets.compare import MAX_CHANGES, compare_spec, flow_layout, plain

from .hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pair(demo_calls: Calls) -> tuple[Calls, Calls]:
    demo, options = datasets.demo(), CallOptions(n_jobs=1, method="ucell", anchor="")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return demo_calls, classify(
            demo.expression, samples=demo.samples, baseline="Pre", options=options
        )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    found: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(
        Widget, "send", lambda _self, content, buffers=None: found.append((content, buffers or []))
    )
    return found


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Widgets of a test do not stay open."""
    yield
    Widget.close_all()


def fields(interface: str) -> set[str]:
    source = (ROOT / "widgets" / "src" / "compare" / "spec.ts").read_text(encoding="utf-8")
    body = re.search(rf"export interface {interface} {{(.*?)\n}}", source, re.DOTALL)
    assert body is not None
    return set(re.findall(r"^  (\w+):", body[1], re.MULTILINE))


def test_the_shape_that_the_page_reads_is_the_shape_that_python_writes(
    pair: tuple[Calls, Calls],
) -> None:
    spec = compare_spec(compare_calls(*pair), title="x", has_genes=True)
    axis = next(one for one in spec["axes"] if one["changes"])

    assert set(spec) == fields("CompareSpec")
    assert set(axis) == fields("ComparedAxis")
    assert set(axis["changes"][0]) == fields("Changed")
    json.dumps(spec, allow_nan=False)


def test_the_page_is_told_the_numbers_of_the_comparison(
    pair: tuple[Calls, Calls], sent: list[Any]
) -> None:
    view = Compare(*pair, names=("ssGSEA", "UCell"))
    view._asked(view, {"id": "1", "what": "data"}, [])
    spec = sent[0][0]["spec"]

    for told, found in zip(spec["axes"], view.agreement.axes, strict=True):
        own = [change for change in view.agreement.changes if change.axis == found.axis]
        assert told["counts"] == found.table.to_numpy().tolist()
        assert found.kappa.words in told["lines"][0]
        assert found.kappa_called.words in told["lines"][2]
        assert [one["cells"][0] for one in told["changes"]] == [change.sample for change in own]
        assert [one["why"] for one in told["changes"]] == [change.reason for change in own]
        assert told["n_changes"] == len(own)
        assert len(told["shift"]) == len(found.shift)
    assert spec["differences"] == view.agreement.differences.to_numpy().tolist()


def test_samples_without_a_partner_are_named_both_ways(pair: tuple[Calls, Calls]) -> None:
    first, second = (calls.to_frame()["ifng"] for calls in pair)
    view = Compare(first.iloc[2:], second.iloc[:-3], names=("A", "B"))
    spec = compare_spec(view.agreement, title="x")
    one, two = list(second.index[:2]), list(first.index[-3:])

    assert spec["lines"][0].endswith(
        f"3 only in A: {', '.join(two)}; 2 only in B: {', '.join(one)}"
    )


def test_genes_are_answered_for_a_change(pair: tuple[Calls, Calls], sent: list[Any]) -> None:
    view = Compare(*pair, matrices=datasets.demo().expression)
    at = next(
        k
        for k, c in enumerate(view.agreement.changes)
        if any(x.quantity.startswith("ifng") for x in c.crossings)
    )
    view._asked(view, {"id": "1", "what": "genes", "change": at}, [])
    answer = sent[0][0]

    assert "error" not in answer
    assert answer["head"] == ["score", "gene", "first", "second", "difference", "note"]
    assert answer["rows"][0][1] == ""
    assert len(answer["rows"]) > 5


BAD = {
    "no such change": ({"change": 10_000}, "V118 Change '10000' of"),
    "before the first": ({"change": -1}, "V118 Change '-1' of"),
    "a word": ({"change": "0"}, "V118 Change '0' of"),
    "truth": ({"change": True}, "V118 Change 'True' of"),
    "nothing": ({}, "V118 Change 'None' of"),
}


@pytest.mark.parametrize(("content", "error"), BAD.values(), ids=BAD.keys())
def test_what_the_page_may_not_ask_gets_an_error(
    pair: tuple[Calls, Calls], sent: list[Any], content: dict[str, Any], error: str
) -> None:
    view = Compare(*pair, matrices=Matrices(datasets.demo().expression))
    view._asked(view, {"id": "1", "what": "genes", **content}, [])

    assert sent[0][0]["error"].startswith(error)


def test_without_a_matrix_genes_are_not_answered(
    pair: tuple[Calls, Calls], sent: list[Any]
) -> None:
    view = Compare(*pair)
    view._asked(view, {"id": "1", "what": "genes", "change": 0}, [])

    assert sent[0][0]["error"].startswith("V122 No matrix was given")
    assert not any(
        one["genes"]
        for axis in compare_spec(view.agreement, title="x")["axes"]
        for one in axis["changes"]
    )


def test_the_axis_follows_the_page_and_an_unknown_one_is_refused(pair: tuple[Calls, Calls]) -> None:
    view = Compare(*pair)
    view.set_state({"axis": "dysfunction"})
    assert view.axis == "dysfunction"
    with pytest.raises(InputError, match="V119 Axis 'nope' is not compared; there are ifng"):
        view.axis = "nope"
    assert view.axis == "dysfunction"


def test_no_trait_and_no_static_table_holds_a_name_of_a_sample(pair: tuple[Calls, Calls]) -> None:
    view = Compare(*pair)
    state = repr(
        {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css")}
    )

    assert "SIM-P" not in state
    assert "SIM-P" not in repr(view._repr_mimebundle_())
    assert "Research use only" in view.static_html()


def test_moved_thresholds_of_a_session_are_compared_with_the_calls(demo_calls: Calls) -> None:
    session = Session(demo_calls)
    session.move_threshold("ifng", "change", 2.5)
    view = Compare(demo_calls, session, names=("scheme", "moved"))
    kinds = {kind for change in view.agreement.changes for kind in change.kinds}

    assert view.agreement.differences.set_index("what").loc["threshold ifng.change"].tolist() == [
        "0.5",
        "2.5",
    ]
    assert "threshold" in kinds
    assert "other" not in kinds
    assert {change.axis for change in view.agreement.changes} <= {"ifng", "isg_rs"}
    up = session.counts("ifng")["up"]
    assert (
        view.agreement.axis("ifng").table["up"].sum()
        == up
        < demo_calls.to_frame()["ifng"].eq("up").sum()
    )


def test_a_comparison_made_before_is_shown_as_it_is(pair: tuple[Calls, Calls]) -> None:
    found = compare_calls(*pair)

    assert Compare(found).agreement is found


def test_what_cannot_be_compared_makes_no_widget(pair: tuple[Calls, Calls]) -> None:
    with pytest.raises(SamplesError, match="E991"):
        Compare(pair[0], pd.Series(["up"], index=["nobody"], name="ifng"))


def test_simulated_data_say_so(pair: tuple[Calls, Calls]) -> None:
    assert Compare(*pair)._note().startswith("Simulated data")


# -- export ----------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))


def hostile_pair() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every string as sample, axis and label."""
    samples = [f"{text}#{k}".replace("\0", "") for k, text in enumerate(HOSTILE)]
    axes = [HOSTILE[0], HOSTILE[6]]
    first = pd.DataFrame(dict.fromkeys(axes, HOSTILE), index=samples)
    second = first.copy()
    second.iloc[1::2] = HOSTILE[2]
    return first, second.iloc[:-1]


def test_hostile_names_stay_text_in_the_file(tmp_path: Path) -> None:
    view = Compare(*hostile_pair(), names=(HOSTILE[1], HOSTILE[3]), title=HOSTILE[1])
    text = view.to_html(tmp_path / "view.html", names=True).read_text(encoding="utf-8")
    parser = _Tags()
    parser.feed(text)
    kinds = [tag for tag, _ in parser.found]

    assert kinds.count("script") == 3
    assert {"img", "iframe", "svg", "a", "base", "link"} & set(kinds) == set()
    assert [name for _, names in parser.found for name in names if name.startswith("on")] == []


def test_names_of_samples_are_in_the_file_only_where_asked_for(
    pair: tuple[Calls, Calls], tmp_path: Path
) -> None:
    first, second = (calls.to_frame()[["ifng", "dysfunction"]] for calls in pair)
    view = Compare(first.iloc[1:], second.iloc[:-1])
    without = view.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    named = view.to_html(tmp_path / "b.html", names=True).read_text(encoding="utf-8")

    assert "SIM-P" not in without
    assert "SIM-P" in named
    assert '"sample ' in without


def test_the_table_and_the_figure_come_from_the_same_numbers(
    pair: tuple[Calls, Calls], tmp_path: Path
) -> None:
    view = Compare(*pair)
    table = pd.read_csv(view.to_csv(tmp_path / "changed.csv"))

    assert table["sample"].tolist() == [change.sample for change in view.agreement.changes]
    assert len(view.figure().axes) == 3
    assert len(view.to_png(tmp_path / "png")) == len(view.agreement.axes)


def test_only_so_many_changes_are_listed_and_all_are_counted() -> None:
    n = MAX_CHANGES + 5
    first = pd.Series(["up"] * n + ["down"], index=[str(k) for k in range(n + 1)], name="ifng")
    found = compare_calls(first, first.replace({"up": "down"}))
    [axis] = compare_spec(found, title="x")["axes"]

    assert (len(axis["changes"]), axis["n_changes"]) == (MAX_CHANGES, n)


# -- the flow --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_flow_is_laid_out_without_overlap_and_by_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 8))
    counts = rng.integers(0, 30, (k, k)) * (rng.random((k, k)) < 0.6)
    counts[0, 0] += 1
    names = [f"label {i}" for i in range(k)]
    found = flow_layout(counts, names, ["#000000"] * k, names=("A", "B"))
    unit = (250 - 9 * k) / counts.sum()

    assert len(found["bands"]) == np.count_nonzero(counts)
    for x in (164, 430):
        bars = sorted((y, height) for at, y, height, _ in found["bars"] if at == x)
        assert sum(height for _, height in bars) == pytest.approx(unit * counts.sum(), abs=0.1 * k)
        assert all(a[0] + a[1] < b[0] for a, b in itertools.pairwise(bars))
        assert bars[-1][0] + bars[-1][1] <= 255
    assert [text for *_, text in found["texts"] if text in ("A", "B")] == ["A", "B"]


def test_numbers_are_short_and_missing_ones_a_dash() -> None:
    assert [plain(x) for x in (float("nan"), -0.12345, 0.0)] == ["–", "−0.123", "0"]
