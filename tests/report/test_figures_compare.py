"""Figures of a comparison: what is drawn is what the tables hold; odd names; files whole."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.agreement import Agreement, CallSet, compare_calls
from resistype.errors import MissingExtraError, OutputError
from resistype.report import figures_evidence as figures_compare
from resistype.report.figures_evidence import (
    compare_figure,
    draw_confusion,
    draw_flow,
    draw_shift,
    label_colours,
    write_figures,
)
from resistype.scheme import load_scheme
from resistype.systems.bulk.measure import apply_scheme
from tests.widgets.hostile import HOSTILE


def texts(figure: object) -> list[str]:
    import matplotlib.text

    return [one.get_text() for one in figure.findobj(matplotlib.text.Text)]  # type: ignore[attr-defined]


def axes() -> object:
    from matplotlib.figure import Figure

    return Figure(figsize=(5, 4)).subplots()


@pytest.fixture(scope="module")
def found() -> Agreement:
    scheme, rng = load_scheme("acquired_resistance"), np.random.default_rng(3)
    one = pd.DataFrame(
        {
            "dysfunction_residual": rng.normal(0.2, 0.6, 80),
            "tcell_percentile": rng.uniform(0, 100, 80),
        }
    )
    one.index = pd.Index([f"S{k}" for k in range(80)])
    two = one.assign(dysfunction_residual=one["dysfunction_residual"] + 0.25)
    sides = [
        CallSet(
            name=name,
            labels=apply_scheme(scheme, frame)[0][["dysfunction"]],
            scheme=scheme,
            values=frame,
        )
        for name, frame in (("A", one), ("B", two))
    ]
    return compare_calls(*sides)


def test_the_counts_drawn_are_those_of_the_table(found: Agreement) -> None:
    ax, one = axes(), found.axis("dysfunction")
    draw_confusion(one, ax, names=("A", "B"))  # type: ignore[arg-type]
    drawn = {text.get_position(): int(text.get_text()) for text in ax.texts}  # type: ignore[attr-defined]
    counts = one.table.to_numpy()

    assert drawn == {(j, i): counts[i, j] for i, j in np.argwhere(counts > 0).tolist()}
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        n.replace("_", " ") for n in one.table.index
    ]  # type: ignore[attr-defined]
    assert ax.get_title(loc="left").startswith(one.kappa.words)  # type: ignore[attr-defined]


def test_bands_are_as_wide_as_they_have_samples(found: Agreement) -> None:
    ax, one = axes(), found.axis("dysfunction")
    draw_flow(one, ax, names=("A", "B"), colours=label_colours(found, "dysfunction"))  # type: ignore[arg-type]
    widths = []
    for band in ax.collections:  # type: ignore[attr-defined]
        points = band.get_paths()[0].vertices
        at_left = points[np.isclose(points[:, 0], points[:, 0].min())]
        widths.append(round(float(np.ptp(at_left[:, 1]))))
    counts = one.table.to_numpy()

    assert sorted(widths) == sorted(counts[counts > 0].tolist())
    bars = [patch.get_height() for patch in ax.patches]  # type: ignore[attr-defined]
    totals = [*counts.sum(axis=1), *counts.sum(axis=0)]
    assert sorted(bars) == sorted(n for n in totals if n)


def test_the_shift_drawn_is_that_of_the_table(found: Agreement) -> None:
    ax, one = axes(), found.axis("dysfunction")
    draw_shift(one, ax, names=("A", "B"))  # type: ignore[arg-type]
    line = ax.containers[0].lines[0]  # type: ignore[attr-defined]

    assert line.get_xdata().tolist() == one.shift["shift"].tolist()
    assert one.shift.set_index("quantity").loc["dysfunction_residual", "shift"] == pytest.approx(
        0.25
    )


def test_labels_have_the_colours_of_every_other_view(found: Agreement) -> None:
    colours = label_colours(found, "dysfunction")

    assert colours["present"] == "#E69F00"
    assert colours["indeterminate"] == "#8C8C8C"


def test_a_whole_figure_says_who_how_many_and_for_what(found: Agreement) -> None:
    shown = texts(compare_figure(found, "dysfunction"))

    assert any("T-cell dysfunction: A against B, n = 80" in text for text in shown)
    assert any("Research use only" in text for text in shown)
    assert any("Abstentions are counted as labels of their own" in text for text in shown)


def test_labels_without_numbers_are_drawn_too() -> None:
    first = pd.Series(["hot", "hot", "cold"], index=list("abc"), name="phenotype")
    found = compare_calls(first, first.replace({"cold": "hot"}))

    assert "no numbers on one scale" in texts(compare_figure(found, "phenotype"))


def test_names_of_any_kind_are_text_and_files_have_plain_names(tmp_path: Path) -> None:
    names = [f"{text[:200]}{k}" for k, text in enumerate(("$x^2$", "a$b", *HOSTILE))]
    first = pd.DataFrame({"../up": names}, index=[str(k) for k in range(len(names))])
    found = compare_calls(first, first.iloc[::-1], names=("$\\frac{", HOSTILE[0]))
    [path] = write_figures(found, tmp_path / "out")

    assert path.name == "compare_0.png"
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out"]


def test_one_file_an_axis_and_nothing_beside(found: Agreement, tmp_path: Path) -> None:
    assert [path.name for path in write_figures(found, tmp_path)] == ["compare_dysfunction.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["compare_dysfunction.png"]


def test_without_matplotlib_the_message_says_what_to_install(
    found: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        MissingExtraError,
        match=r"X101 A figure needs matplotlib: pip install 'resistype\[report\]'",
    ):
        compare_figure(found, "dysfunction")


def test_a_file_that_cannot_be_written_leaves_nothing(
    found: Agreement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figures_compare, "_save", full)
    with pytest.raises(
        OutputError, match=r"O101 .*compare_dysfunction\.png' cannot be written: No space left"
    ):
        write_figures(found, tmp_path)
    assert list(tmp_path.iterdir()) == []
