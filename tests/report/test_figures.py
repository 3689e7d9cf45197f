"""Figures on Axes that are given: what is drawn is what comes back, captions state n, colours
are the widgets'.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from resistype.errors import InputError, MissingExtraError, OutputError, SamplesError
from resistype.opinions import ConditionalInferenceTree
from resistype.report import (
    FigureResult,
    axis_scatter,
    change_plot,
    composition_plot,
    coverage_plot,
    draw_calls,
    evidence_lollipop,
    flow_plot,
    profile_strip,
    reliability_plot,
    tree_plot,
)
from resistype.report.figures import captioned
from resistype.scheme.scheme import axis_colors, category_colors
from tests.report.page import cell_calls
from tests.scheme.build import level_calls, paired_calls

TREE = ConditionalInferenceTree().fit([[float(k)] for k in range(40)], ["a"] * 18 + ["b"] * 22)
DRAW: dict[str, Callable[[Axes | None], FigureResult]] = {
    "profile": lambda ax: profile_strip(paired_calls(), ax),
    "changes": lambda ax: change_plot(paired_calls(), ax),
    "scatter": lambda ax: axis_scatter(paired_calls(), "ifng_level", "mhc1_residual", ax=ax),
    "evidence": lambda ax: evidence_lollipop(paired_calls(), "P00-Post", ax),
    "coverage": lambda ax: coverage_plot(paired_calls(), ax),
    "reliability": lambda ax: reliability_plot(
        [0.5, 0.7, 0.9, 1.0], [True, False, True, True], ax, bins=2
    ),
    "composition": lambda ax: composition_plot(
        cell_calls().tables["composition"], ax, patient="SIM1"
    ),
    "flow": lambda ax: flow_plot(cell_calls().tables["flow"], ax, patient="SIM1"),
    "tree": lambda ax: tree_plot(TREE, ax),
}


def axes(width: float = 6.0, height: float = 5.0) -> Axes:
    return Figure(figsize=(width, height), layout="constrained").subplots()


def texts(ax: Axes) -> list[str]:
    from matplotlib.text import Text

    return [one.get_text() for one in ax.findobj(Text)]


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", list(DRAW))
def test_the_data_are_the_same_with_and_without_axes(name: str) -> None:
    alone, drawn = DRAW[name](None), DRAW[name](axes())

    pd.testing.assert_frame_equal(alone.table, drawn.table)
    assert alone.caption == drawn.caption


@pytest.mark.parametrize("name", list(DRAW))
def test_a_caption_states_n_and_the_use(name: str) -> None:
    caption = DRAW[name](None).caption

    assert any(word.isdigit() for word in caption.replace(",", "").replace("(", " ").split())
    assert caption.endswith("Research use only.")


@pytest.mark.parametrize("name", list(DRAW))
def test_only_the_axes_that_were_given_are_drawn_on(name: str) -> None:
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    before = len(right.get_children())
    DRAW[name](left)

    assert len(right.get_children()) == before
    assert len(figure.axes) == 2
    assert len(left.get_children()) > before


def test_nothing_global_is_touched() -> None:
    """No pyplot, no changed settings; and the room itself does not even load matplotlib."""
    code = """
import sys, resistype.report as r
assert 'matplotlib' not in sys.modules
import matplotlib
from matplotlib.figure import Figure
# to ask for the backend loads pyplot
keys = [key for key in matplotlib.rcParams if key != 'backend']
before = [matplotlib.rcParams[key] for key in keys]
r.reliability_plot([0.5, 1.0], [True, False], Figure().subplots())
assert [matplotlib.rcParams[key] for key in keys] == before
assert 'matplotlib.pyplot' not in sys.modules
print('fine')
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "fine"


@pytest.mark.parametrize("name", list(DRAW))
def test_no_text_is_smaller_than_print_allows_or_leaves_the_figure(name: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure = captioned(DRAW[name], width=8.0, height=7.0)
    FigureCanvasAgg(figure).draw()
    box = figure.get_tightbbox()

    assert min(one.get_fontsize() for one in figure.findobj(Text)) >= 6.0
    assert min(box.x0, box.y0) >= -0.02
    assert (box.x1, box.y1) <= (figure.get_figwidth() + 0.02, figure.get_figheight() + 0.02)


# ---------------------------------------------------------------- one by one


def test_the_strip_has_every_call_in_its_colour() -> None:
    calls = paired_calls()
    table, frame = profile_strip(calls).table, calls.to_frame()

    assert len(table) == len(calls.samples) * len(calls.scheme.axes)
    for row in table.itertuples():
        assert row.call == frame.loc[row.sample, row.axis]
        assert row.color == axis_colors(calls.scheme.axis(row.axis))[row.call]
    assert sorted(table.loc[table["axis"] == "ifng", "place"]) == list(range(64))


def test_the_key_of_the_strip_counts_the_calls() -> None:
    calls, ax = paired_calls(), axes()
    profile_strip(calls, ax)
    shown = texts(ax)
    for axis in calls.scheme.axes:
        for call, n in calls.to_frame()[axis.id].value_counts().items():
            assert f"{str(call).replace('_', ' ')} {n}" in shown


def test_changes_are_those_of_the_calls_over_their_grey_zones() -> None:
    calls, ax = paired_calls(), axes()
    table = change_plot(calls, ax).table.set_index("sample")
    expected = calls.quantities.loc[table.index, "ifng_change"]

    np.testing.assert_array_equal(table["value"], expected)
    assert table["value"].is_monotonic_decreasing
    bands = sorted(
        (round(p.get_x(), 3), round(p.get_x() + p.get_width(), 3))
        for p in ax.patches
        if p.get_width() < 1
    )
    assert bands == [(-0.5, -0.35), (0.35, 0.5)]
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert sum(len(line.get_xdata()) for line in marks) == len(table)
    assert {to_hex(line.get_color()).upper() for line in marks} == {
        axis_colors(calls.scheme.axis("ifng"))[call] for call in table["call"]
    }


@pytest.mark.parametrize("axis", [None, "dysfunction", "no such axis"])
def test_changes_without_pairs_are_refused(axis: str | None) -> None:
    calls = level_calls() if axis is None else paired_calls()
    with pytest.raises(InputError, match="O112 There are no pairs"):
        change_plot(calls, axis=axis)


def test_a_scatter_leaves_out_who_lacks_a_number_and_says_how_many() -> None:
    calls = paired_calls()
    drawn = axis_scatter(calls, "ifng_change", "mhc1_residual")

    assert len(drawn.table) == 32
    assert "n = 32 samples. 32 samples lack one of the two." in drawn.caption
    with pytest.raises(InputError, match="S112 'nothing' is no quantity"):
        axis_scatter(calls, "nothing", "ifng_level")


def test_a_scatter_shades_the_zone_between_two_calls_only() -> None:
    ax = axes()
    axis_scatter(paired_calls(), "mhc1_residual_rsd", "mhc1_residual", ax=ax)
    bands = [(round(p.get_y(), 3), round(p.get_y() + p.get_height(), 3)) for p in ax.patches]

    assert bands == [(-1.0, -0.5)]


def test_the_lollipop_is_the_evidence() -> None:
    calls = paired_calls()
    table = evidence_lollipop(calls, "P00-Post").table
    evidence = calls.evidence("P00-Post")
    rows = evidence[evidence["threshold"] != ""].reset_index(drop=True)
    values = calls.quantities["ifng_change"].dropna().to_numpy()
    spread = 1.4826 * np.median(np.abs(values - np.median(values)))

    np.testing.assert_array_equal(table["distance"], rows["distance"])
    assert table["decided"].tolist() == rows["decided"].tolist()
    own = table[table["quantity"] == "ifng_change"].iloc[0]
    assert own["spread"] == pytest.approx(spread)
    assert own["scaled"] == pytest.approx(own["distance"] / spread)
    with pytest.raises(InputError, match="S111"):
        evidence_lollipop(calls, "nobody")


def test_coverage_is_that_of_the_calls() -> None:
    calls, ax = paired_calls(), axes()
    table = coverage_plot(calls, ax).table.set_index("signature")

    assert table["fraction"].to_dict() == calls.coverage["fraction"].to_dict()
    assert [f"{row.found} of {row.asked}" in texts(ax) for row in table.itertuples()] == [
        True
    ] * len(table)


def slow_bins(said: list[float], good: list[bool], low: float, high: float) -> tuple[int, int]:
    """Calls whose stated share lies in a bin, and those of them that are right: counted one by
    one.
    """
    inside = [g for s, g in zip(said, good, strict=True) if low <= s <= high]
    return len(inside), sum(inside)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.35, 0.7, 0.75, 0.9, 1.0]), st.booleans()),
        min_size=1,
        max_size=40,
    )
)
def test_reliability_counts_every_call_once(calls: list[tuple[float, bool]]) -> None:
    said, good = [s for s, _ in calls], [g for _, g in calls]
    table = reliability_plot(said, good, bins=4).table

    assert int(table["n"].sum()) == len(calls)
    for row in table.itertuples():
        assert (row.n, row.n_right) == slow_bins(said, good, row.low, row.high)
        assert row.proportion == row.n_right / row.n
        assert row.proportion_low <= row.proportion <= row.proportion_high


@pytest.mark.parametrize(
    ("said", "good"), [([], []), ([0.5], [True, False]), ([1.2], [True]), ([np.nan], [True])]
)
def test_reliability_of_what_is_no_share_is_refused(said: list[float], good: list[bool]) -> None:
    with pytest.raises(InputError, match="O113"):
        reliability_plot(said, good)


@pytest.mark.parametrize(("draw", "name"), [(composition_plot, "composition"), (flow_plot, "flow")])
def test_cells_of_one_patient(draw: Any, name: str) -> None:
    table = cell_calls().tables[name]
    own = table[table["patient"] == "SIM2"].reset_index(drop=True)

    pd.testing.assert_frame_equal(draw(table, patient="SIM2").table, own)
    assert draw(table).caption.startswith("Patient SIM0: ")
    with pytest.raises(InputError, match="S111 There is no patient 'X'"):
        draw(table, axes(), patient="X")
    with pytest.raises(InputError, match="the table is empty"):
        draw(table.iloc[:0])


def test_states_have_the_colours_of_the_widgets() -> None:
    ax = axes()
    table = cell_calls().tables["composition"]
    composition_plot(table, ax)
    drawn = {c.get_label(): to_hex(c.lines[0].get_color()).upper() for c in ax.containers}

    assert drawn == {kind: category_colors(table["kind"])[kind] for kind in drawn}
    assert len(drawn) == 3


def test_leaves_of_a_tree_hold_every_observation() -> None:
    table = tree_plot(TREE).table

    assert int(table["count"].sum()) == 40
    assert (
        table.groupby("leaf")["proportion"].sum().round(9).tolist()
        == [1.0] * table["leaf"].nunique()
    )
    with pytest.raises(SamplesError, match="E943"):
        tree_plot(ConditionalInferenceTree())


# ---------------------------------------------------------------- files


def test_figures_of_a_run_are_written_whole(tmp_path: Path) -> None:
    files = draw_calls(paired_calls(), tmp_path / "figures")
    names = sorted(path.name for path in files)

    assert names == sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert {
        "profile.png",
        "change_ifng.png",
        "coverage.png",
        "mhc1_residual_by_ifng_level.png",
    } <= set(names)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)


def test_without_pairs_no_change_is_drawn(tmp_path: Path) -> None:
    names = {path.name for path in draw_calls(level_calls(), tmp_path, kind="svg")}

    assert "profile.svg" in names
    assert not any(name.startswith("change") for name in names)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="O102"):
        draw_calls(level_calls(), tmp_path / "file")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        MissingExtraError,
        match=r"X101 A figure needs matplotlib: pip install 'resistype\[report\]'",
    ):
        captioned(DRAW["reliability"], width=4, height=3)
