"""What is drawn is what the session says: classes in the palette's colours, values with their
limits, a true legend.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SessionError
from resistype.napari_plugin.marker_sets import MarkerSet, read_panel
from resistype.napari_plugin.paint import (
    NO_ROW,
    NO_ROW_COLOR,
    Classes,
    Ramp,
    drawing,
    legend,
    margins,
    rgba,
)
from resistype.session import GREYS, Session, SessionData, axis_colors, category_colors

SETS = (MarkerSet("t", "T cells", ("CD8",)), MarkerSet("m", "macrophages", ("CD163",)))


@pytest.fixture
def session() -> Session:
    values = pd.DataFrame({"CD8": [0.9, 0.1, 0.1, np.nan], "CD163": [0.1, 0.9, 0.1, np.nan]})
    panel = read_panel(values, SETS)
    design = pd.DataFrame({"kind": ["b", "a", None, "a"], "fov": [10, 2, 10, 2]})
    return Session(SessionData.from_quantities(panel.scheme, panel.quantities, design=design))


def classes(session: Session, what: str) -> Classes:
    session.color_by(what)
    drawn = drawing(session)
    assert isinstance(drawn, Classes)
    return drawn


def test_an_axis_is_drawn_by_the_codes_of_the_session(session: Session) -> None:
    drawn = classes(session, "axis:cell")

    assert [drawn.categories[code].name for code in drawn.codes] == session.to_frame()[
        "cell"
    ].tolist()


def test_colours_are_those_of_the_palette(session: Session) -> None:
    drawn = classes(session, "axis:cell")
    colors = axis_colors(session.scheme.axis("cell"))

    for at, one in enumerate(drawn.categories):
        np.testing.assert_allclose(
            drawn.colors()[at], rgba(colors.get(one.name, GREYS["no data"])), atol=1e-6
        )


def test_a_column_is_drawn_by_name_and_not_by_order_of_appearance(session: Session) -> None:
    drawn = classes(session, "column:kind")
    colors = category_colors(["a", "b"])

    assert [drawn.categories[code].name for code in drawn.codes] == ["b", "a", "", "a"]
    assert {one.name: one.color for one in drawn.categories} == {
        "a": colors["a"],
        "b": colors["b"],
        "": colors[""],
    }


def test_numbers_as_names_are_sorted_as_people_read(session: Session) -> None:
    assert [one.name for one in classes(session, "column:fov").categories] == ["2", "10"]


def test_what_is_hidden_is_clear_and_stays_in_the_legend(session: Session) -> None:
    session.color_by("column:kind")
    session.hide("a")

    drawn = drawing(session)

    assert isinstance(drawn, Classes)
    assert [float(alpha) for alpha in drawn.colors()[:-1, 3]] == [
        0.0 if c.name == "a" else 1.0 for c in drawn.categories
    ]
    assert {row.name: (row.n, row.hidden) for row in legend(drawn)}["a"] == (2, True)


def test_the_unassigned_and_the_missing_are_faint(session: Session) -> None:
    drawn = classes(session, "axis:cell")
    faint = {one.name for one, dim in zip(drawn.categories, drawn.faint, strict=True) if dim}

    assert faint == {"unassigned", "indeterminate", "not_assessable"}
    assert np.unique(
        drawn.colors(faint=0.12)[np.append(drawn.faint, True), 3]
    ).tolist() == pytest.approx([0.12])


def test_a_quantity_is_a_ramp_with_its_percentiles(session: Session) -> None:
    session.color_by("quantity:cd8")

    drawn = drawing(session)

    assert isinstance(drawn, Ramp)
    assert drawn.limits == pytest.approx((0.1, 0.884), abs=1e-6)
    assert np.isnan(drawn.values[3])


def test_a_margin_is_the_distance_to_the_threshold_as_it_stands(session: Session) -> None:
    session.move_threshold("t", "cut", 0.5)

    drawn = drawing(session, "margin:t.cut")

    assert isinstance(drawn, Ramp)
    np.testing.assert_allclose(drawn.values[:3], [0.4, -0.4, -0.4], atol=1e-6)
    assert drawn.limits[0] == -drawn.limits[1]
    assert "distance to 0.5" in drawn.title


def test_margins_are_those_of_compared_thresholds(session: Session) -> None:
    assert margins(session) == {"margin:t.cut": ("t", "cut"), "margin:m.cut": ("m", "cut")}


def test_a_margin_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(
        SessionError,
        match=r"V105 No margin 'margin:x\.y'; there are: margin:t\.cut, margin:m\.cut\.",
    ):
        drawing(session, "margin:x.y")


def test_the_legend_counts_what_the_table_counts(session: Session) -> None:
    for what in ("axis:cell", "axis:t", "column:kind", "column:fov"):
        drawn = classes(session, what)
        counted = (
            pd.Series([drawn.categories[code].name for code in drawn.codes])
            .value_counts()
            .to_dict()
        )

        assert {row.name: row.n for row in legend(drawn)} == counted


def test_cells_without_a_row_have_a_line_and_a_grey_of_their_own(session: Session) -> None:
    last = legend(classes(session, "axis:cell"), no_row=7)[-1]

    assert (last.name, last.n, last.color, last.can_hide) == (NO_ROW, 7, NO_ROW_COLOR, False)
    assert NO_ROW_COLOR not in GREYS.values()


def test_the_legend_follows_what_is_shown(session: Session) -> None:
    session.color_by("quantity:cd8")

    rows = legend(drawing(session))

    assert [row.name for row in rows] == ["low", "high", ""]
    assert rows[2].n == 1


def test_a_constant_and_an_empty_quantity_have_limits() -> None:
    panel = read_panel(pd.DataFrame({"CD8": [0.5, 0.5], "CD163": [np.nan, np.nan]}), SETS)
    session = Session(SessionData.from_quantities(panel.scheme, panel.quantities))
    for what in ("quantity:cd8",):
        session.color_by(what)
        drawn = drawing(session)
        assert isinstance(drawn, Ramp)
        assert drawn.limits[0] < drawn.limits[1]
    assert "quantity:cd163" not in session.color_choices
