"""Marker sets: found by name, scored by their mean, cut by Otsu, and never forced into a class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import InputError
from resistype.napari_plugin.marker_sets import (
    DEFAULT_SETS,
    MarkerSet,
    find_markers,
    otsu,
    parse_sets,
    quantity_name,
    read_panel,
    sets_text,
)
from resistype.scheme.read import scheme_as_json
from resistype.session import Session, SessionData

SETS = (MarkerSet("t", "T cells", ("CD3", "CD8")), MarkerSet("m", "macrophages", ("CD163",)))
VALUES = pd.DataFrame(
    {
        "CD3": [0.9, 0.1, 0.9, 0.1, np.nan],
        "CD8A": [0.9, 0.1, 0.9, 0.1, np.nan],
        "CD163": [0.1, 0.9, 0.9, 0.1, 0.0],
    }
)


def session(values: pd.DataFrame = VALUES) -> Session:
    panel = read_panel(values, SETS)
    return Session(SessionData.from_quantities(panel.scheme, panel.quantities))


def test_cells_are_named_by_their_set_and_never_forced() -> None:
    calls = session().to_frame()

    assert calls["cell"].tolist() == ["t", "m", "several", "unassigned", "unassigned"]
    assert calls["t"].tolist() == [
        "positive",
        "unassigned",
        "positive",
        "unassigned",
        "not_assessable",
    ]


def test_a_moved_threshold_moves_the_name_of_the_cell() -> None:
    now = session()

    now.move_threshold("m", "cut", 0.95)

    assert now.to_frame()["cell"].tolist() == ["t", "unassigned", "t", "unassigned", "unassigned"]


def test_a_cell_without_any_value_is_not_assessable() -> None:
    blank = pd.DataFrame({"CD3": [0.9, np.nan], "CD8": [0.9, np.nan], "CD163": [0.2, np.nan]})

    assert session(blank).to_frame()["cell"].tolist()[1] == "not_assessable"


def test_values_between_0_and_1_are_taken_as_they_are() -> None:
    panel = read_panel(VALUES, SETS)

    np.testing.assert_allclose(panel.quantities["t_score"][:4], [0.9, 0.1, 0.9, 0.1], rtol=1e-6)


def test_intensities_are_brought_to_0_to_1_by_asinh_and_percentiles() -> None:
    raw = pd.DataFrame({"CD163": np.r_[np.zeros(50), np.full(50, 100.0)]})

    scores = read_panel(raw, SETS).quantities["m_score"]

    assert (scores.min(), scores.max()) == (0.0, 1.0)
    assert read_panel(raw * 3, SETS).quantities["m_score"].tolist() == scores.tolist()


def test_every_cut_is_ours_and_says_what_it_is() -> None:
    for axis in read_panel(VALUES, SETS).scheme.axes:
        assert all(one.source == "ours" and "Otsu" in one.text for one in axis.thresholds.values())


def test_markers_and_numbers_of_the_table_are_shown_and_never_called() -> None:
    panel = read_panel(VALUES, SETS, numbers=pd.DataFrame({"Area (µm²)": np.arange(5.0)}))

    used = {name for axis in panel.scheme.axes for name in axis.quantities}
    assert used == {"t_score", "m_score"}
    assert {"cd3", "cd8a", "cd163", "area_m"} <= set(panel.scheme.quantities)


def test_a_set_with_less_than_half_of_its_markers_is_left_out() -> None:
    sets = (*SETS, MarkerSet("b", "B cells", ("CD19", "CD20", "CD163")))

    panel = read_panel(VALUES, sets)

    assert "b" not in {axis.id for axis in panel.scheme.axes}
    assert panel.found["b"] == (("CD163",), ("CD19", "CD20"))


def test_the_scheme_can_be_told_to_the_page() -> None:
    assert scheme_as_json(read_panel(VALUES, SETS).scheme)["id"] == "tissue_markers"


FOUND = {
    "as written": (["CD163"], ["CD163"], ("CD163",)),
    "case and dashes": (["PD1"], ["PD-1"], ("PD-1",)),
    "another name": (["CD3"], ["CD3E"], ("CD3E",)),
    "of a tumour": (["PANCK"], ["E-Cadherin"], ("E-Cadherin",)),
    "absent": (["CD20"], ["CD3"], ()),
    "two for one": (["CD3", "CD3E"], ["CD3E"], ("CD3E",)),
}


@pytest.mark.parametrize(("wanted", "columns", "hits"), FOUND.values(), ids=FOUND.keys())
def test_markers_are_found_under_the_names_that_panels_use(
    wanted: list[str], columns: list[str], hits: tuple[str, ...]
) -> None:
    assert find_markers(wanted, columns)[0] == hits


def slow_otsu(values: list[float], cut: float) -> float:
    """Variance between the two groups that a cut makes, times n squared."""
    low = [one for one in values if one < cut]
    high = [one for one in values if one >= cut]
    if not low or not high:
        return -1.0
    return len(low) * len(high) * (np.mean(low) - np.mean(high)) ** 2


@given(st.lists(st.integers(0, 60), min_size=2, max_size=40))
def test_otsu_cuts_as_well_as_any_other_place(values: list[int]) -> None:
    if len(set(values)) < 2:
        return
    floats = [float(one) for one in values]
    best = max(slow_otsu(floats, cut) for cut in sorted(set(floats)))

    assert slow_otsu(floats, otsu(np.array(floats))) >= best * 0.98  # bins are 1/512 of the range


def test_otsu_of_nothing_and_of_one_value() -> None:
    assert otsu(np.array([np.nan])) == 0.5
    assert otsu(np.array([3.0, 3.0])) == pytest.approx(3.0)


def test_a_marker_without_a_spread_makes_no_cell_positive() -> None:
    flat = pd.DataFrame({"CD163": [0.4, 0.4], "CD8": [0.1, 0.9], "CD3": [0.1, 0.9]})

    assert session(flat).to_frame()["m"].tolist() == ["unassigned", "unassigned"]


def test_a_line_of_sets_is_read_as_it_is_written() -> None:
    assert parse_sets(sets_text(DEFAULT_SETS)) == DEFAULT_SETS


def test_a_name_is_made_usable() -> None:
    assert parse_sets("M2 (CD163+): CD163")[0].id == "m2_cd163"
    assert quantity_name("5-hmC", ["v_5_hmc"]) == "v_5_hmc_2"


BAD_LINES = {
    "nothing": ("  ", "N111 There is no marker set"),
    "no colon": ("CD163", "N111 Marker set 'CD163': write it as"),
    "no marker": ("m2: ,", "N111 Marker set 'm2: ,': write it as"),
    "no name": (": CD3", "N111 Marker set ': CD3': write it as"),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_line_that_is_no_set_says_how_to_write_one(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_sets(line)

    assert str(caught.value).startswith(message)


def test_no_marker_at_all_lists_what_there_is() -> None:
    with pytest.raises(
        InputError, match=r"N110 No set has half of its markers here .* The table has: DNA1\."
    ):
        read_panel(pd.DataFrame({"DNA1": [1.0]}), SETS)


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(InputError, match="N111"):
        read_panel(VALUES, (SETS[0], SETS[0]))
