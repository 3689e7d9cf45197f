"""Figures of cells: what is drawn is what the tables hold; files whole; nothing heavy loaded
before.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import MissingExtraError, OutputError
from resistype.report import figures_cells
from resistype.report.figures_cells import (
    composition_figure,
    distribution_figure,
    draw_cells,
    flow_figure,
)
from resistype.systems.cells import CellColumns, CellInputs, cart_product, distributions
from tests.systems.cells.study import simulate


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    cells = simulate(n_patients=5).cells.iloc[::4].reset_index(drop=True)
    columns = CellColumns(timepoint="time", state="state", clone="clone")
    found = dict(cart_product(cells, inputs=CellInputs(columns=columns)).tables)
    scores = pd.DataFrame(
        {"memory": np.random.default_rng(0).random(len(cells)), "exhaustion": 0.5}
    )
    found["distributions"] = distributions(scores, cells["time"], cuts={"memory": 0.4})
    return found


def texts(figure: object) -> list[str]:
    import matplotlib.text

    return [one.get_text() for one in figure.findobj(matplotlib.text.Text)]  # type: ignore[attr-defined]


def panels(figure: object) -> list[object]:
    return [axis for axis in figure.axes if axis.get_visible()]  # type: ignore[attr-defined]


def test_every_patient_has_a_panel_with_its_numbers(tables: dict[str, pd.DataFrame]) -> None:
    figure = composition_figure(tables["composition"])
    shown = texts(figure)

    assert len(panels(figure)) == 5
    assert [f"patient SIM{i}" in shown for i in range(5)] == [True] * 5
    for n in tables["composition"]["denominator"].unique():
        assert any(f"n={n:,}" in text for text in shown)
    assert any("Research use only" in text for text in shown)


def test_points_are_the_shares_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    own = tables["composition"]
    axis = panels(composition_figure(own))[0]
    memory = own[(own["patient"] == "SIM0") & (own["kind"] == "memory")].set_index("timepoint")[
        "proportion"
    ]
    lines = [
        container.lines[0] for container in axis.containers if container.get_label() == "memory"
    ]  # type: ignore[attr-defined]

    assert lines[0].get_ydata().tolist() == [memory["IP"], memory["day 14"]]


def test_time_runs_from_the_product_over_days_to_words(tables: dict[str, pd.DataFrame]) -> None:
    own = tables["composition"].assign(patient="A")
    own = own[~own.duplicated(["timepoint", "kind"])]
    early = own[own["timepoint"] == "day 14"].assign(timepoint="day 7", day=7.0)
    late = own[own["timepoint"] == "day 14"].assign(timepoint="relapse", day=np.nan)
    axis = panels(composition_figure(pd.concat([late, own, early])))[0]

    assert [label.get_text().split("\n")[0] for label in axis.get_xticklabels()] == [  # type: ignore[attr-defined]
        "IP",
        "day 7",
        "day 14",
        "relapse",
    ]


def test_a_refused_share_is_said_and_not_drawn() -> None:
    cells = pd.DataFrame(
        {"patient": "A", "timepoint": ["IP"] * 60 + ["D7"] * 20, "state": ["memory"] * 80}
    )
    table = cart_product(cells, inputs=CellInputs(columns=CellColumns(state="state"))).tables[
        "composition"
    ]
    figure = composition_figure(table)

    assert "too few\ncells" in texts(figure)
    assert any("n=20" in text for text in texts(figure))


def test_many_patients_are_named_not_hidden(tables: dict[str, pd.DataFrame]) -> None:
    one = tables["composition"][tables["composition"]["patient"] == "SIM0"]
    many = pd.concat([one.assign(patient=f"P{i}") for i in range(30)])
    figure = composition_figure(many)

    assert len(panels(figure)) == 24
    assert any("30 patients; the first 24 are shown" in text for text in texts(figure))


def test_flow_shows_the_shares_of_both_sides(tables: dict[str, pd.DataFrame]) -> None:
    own = tables["flow"][tables["flow"]["patient"] == "SIM0"]
    shown = texts(flow_figure(own))

    for side in ("from_state", "to_state"):
        for state, share in own.groupby(side)["fraction"].sum().items():
            assert f"{state} {share:.0%}" in shown
    assert f"patient SIM0: {own['clones'].sum():.0f} clones" in shown


def test_bands_are_as_wide_as_their_shares() -> None:
    table = pd.DataFrame(
        [("A", "m", "e", 3.0, 0.75, "IP", "D7"), ("A", "m", "m", 1.0, 0.25, "IP", "D7")],
        columns=["patient", "from_state", "to_state", "clones", "fraction", "from_time", "to_time"],
    )
    axis = panels(flow_figure(table))[0]
    widths = []
    for band in axis.collections:  # type: ignore[attr-defined]
        points = band.get_paths()[0].vertices
        left = points[np.isclose(points[:, 0], 0.03)]
        widths.append(round(float(np.ptp(left[:, 1])), 6))

    assert sorted(widths) == [0.25, 0.75]


def test_the_cut_that_was_set_is_drawn(tables: dict[str, pd.DataFrame]) -> None:
    figure = distribution_figure(tables["distributions"])
    shown = texts(figure)

    assert len(panels(figure)) == 2
    assert any("cut 0.4" in text for text in shown)
    assert sum("cut " in text for text in shown if text.startswith(" cut")) == 1


def test_files_are_drawn_whole(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    files = draw_cells(tables, tmp_path)

    assert sorted(path.name for path in files) == [
        "composition.png",
        "distributions.png",
        "flow.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in files)


def test_tables_from_files_give_the_same_picture(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """A figure needs nothing but the tsv that the command line writes."""
    for name in ("composition", "flow", "distributions"):
        tables[name].to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
        again = pd.read_csv(tmp_path / f"{name}.tsv", sep="\t")
        draw = getattr(
            figures_cells, {"distributions": "distribution_figure"}.get(name, f"{name}_figure")
        )
        assert sorted(texts(draw(again))) == sorted(texts(draw(tables[name])))


def test_absent_and_empty_tables_are_passed_over(tmp_path: Path) -> None:
    assert draw_cells({"flow": pd.DataFrame()}, tmp_path) == []


def test_without_matplotlib_the_extra_is_named(
    tables: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(
        MissingExtraError,
        match=r"X101 A figure needs matplotlib: pip install 'resistype\[report\]'",
    ):
        draw_cells(tables, tmp_path)


def test_a_folder_that_cannot_be_written(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="O101"):
        draw_cells(tables, file)
