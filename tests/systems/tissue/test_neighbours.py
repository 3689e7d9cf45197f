"""Neighbours and nearest cells against two loops over all cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import TissueError
from resistype.systems.tissue import Tissue, nearest, neighbourhood, neighbours
from tests.strategies import CELL_KINDS, cells_with_places
from tests.systems.tissue.made import Row, tissue

RADII = st.sampled_from([1.0, 5.0, 7.5, 13.0, 100.0])
SCALES = st.sampled_from([0.25, 0.5, 1.0, 2.0])


def slow_counts(rows: list[Row], radius: float, scale: float, *, itself: bool) -> list[list[int]]:
    """Neighbours of each cell by kind, one pair after the other."""
    out = [[0] * len(CELL_KINDS) for _ in rows]
    for i, (region, _, x, y, _) in enumerate(rows):
        for j, (other, _, u, v, kind) in enumerate(rows):
            near = ((x - u) ** 2 + (y - v) ** 2) * scale**2 <= radius**2
            if region == other and near and (i != j or itself):
                out[i][CELL_KINDS.index(kind)] += 1
    return out


@given(cells_with_places(), RADII, SCALES, st.booleans())
@settings(max_examples=60)
def test_counts(rows: list[Row], radius: float, scale: float, itself: bool) -> None:
    found = neighbourhood(tissue(rows, scale_um=scale), radius, itself=itself)

    assert found.counts.to_numpy().tolist() == slow_counts(rows, radius, scale, itself=itself)
    assert found.n.tolist() == [sum(one) for one in slow_counts(rows, radius, scale, itself=itself)]


@given(cells_with_places(), RADII, st.integers(1, 9))
@settings(max_examples=60)
def test_strips_lose_no_pair(rows: list[Row], radius: float, most: int) -> None:
    whole = neighbourhood(tissue(rows), radius).counts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "PAIRS", most)

        assert neighbourhood(tissue(rows), radius).counts.equals(whole)


@pytest.mark.parametrize("most", [1, 5, 50])
@pytest.mark.parametrize("radius", [2.0, 7.5, 13.0, 29.0])
def test_strips_of_a_full_image_lose_no_pair(
    radius: float, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    rows = [
        ("first", n, *map(int, rng.integers(0, 31, 2)), CELL_KINDS[n % 3]) for n in range(1, 61)
    ]
    monkeypatch.setattr(neighbours, "PAIRS", most)

    found = neighbourhood(tissue(rows), radius).counts
    assert found.to_numpy().tolist() == slow_counts(rows, radius, 1.0, itself=False)


@given(cells_with_places(), RADII)
def test_shares_are_counts_over_their_sum_or_nan(rows: list[Row], radius: float) -> None:
    found = neighbourhood(tissue(rows), radius)
    lonely = (found.n == 0).to_numpy()

    assert found.fractions[lonely].isna().all(axis=None)
    assert np.allclose(found.fractions[~lonely].sum(axis=1), 1.0)
    assert np.allclose(
        found.fractions[~lonely].mul(found.n[~lonely], axis=0), found.counts[~lonely]
    )


@given(cells_with_places(), RADII, st.randoms(use_true_random=False))
def test_the_order_of_the_cells_does_not_matter(
    rows: list[Row], radius: float, random: st.DataObject
) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = neighbourhood(tissue(rows), radius).counts.to_numpy()
    mixed = neighbourhood(tissue([rows[i] for i in order]), radius).counts.to_numpy()

    assert (straight[order] == mixed).all()


def test_a_cell_exactly_at_the_radius_is_a_neighbour() -> None:
    rows = [("first", 1, 0, 0, "T cell"), ("first", 2, 3, 4, "tumour")]

    assert neighbourhood(tissue(rows), 5.0).n.tolist() == [1, 1]
    assert neighbourhood(tissue(rows), 4.999).n.tolist() == [0, 0]
    assert neighbourhood(tissue(rows, scale_um=2.0), 9.999).n.tolist() == [0, 0]


def test_images_at_the_same_place_never_mix() -> None:
    rows = [("first", 1, 0, 0, "T cell"), ("second", 1, 0, 0, "tumour")]
    made = tissue(rows)

    assert neighbourhood(made, 1000.0).n.tolist() == [0, 0]
    assert nearest(made, "tumour", of="T cell").isna().all()


def test_the_cell_itself() -> None:
    lonely = tissue([("first", 1, 0, 0, "T cell")])

    assert neighbourhood(lonely, 30.0).fractions.isna().all(axis=None)
    assert neighbourhood(lonely, 30.0, itself=True).fractions["T cell"].tolist() == [1.0]
    assert "itself does not count" in neighbourhood(lonely, 30.0).thresholds()[0].text
    assert "itself counts" in neighbourhood(lonely, 30.0, itself=True).thresholds()[0].text


@pytest.mark.parametrize("radius", [0, -3.0, np.nan, np.inf])
def test_a_radius_is_a_number_above_0(radius: float) -> None:
    with pytest.raises(TissueError) as caught:
        neighbourhood(tissue([("first", 1, 0, 0, "T cell")]), radius)

    assert str(caught.value) == f"P108 radius_um={radius!r}; give µm, a number above 0."


def slow_nearest(rows: list[Row], to: set[str], of: set[str], scale: float) -> list[float]:
    out = []
    for i, (region, _, x, y, kind) in enumerate(rows):
        others = [
            scale * float(np.hypot(x - u, y - v))
            for j, (other, _, u, v, aim) in enumerate(rows)
            if i != j and region == other and aim in to
        ]
        out.append(min(others, default=np.nan) if kind in of else np.nan)
    return out


@given(cells_with_places(), st.sets(st.sampled_from(CELL_KINDS), min_size=1), SCALES, st.booleans())
@settings(max_examples=60)
def test_nearest(rows: list[Row], to: set[str], scale: float, some: bool) -> None:
    made: Tissue = tissue(rows, scale_um=scale)
    of = {"T cell"} if some else set(CELL_KINDS)
    found = nearest(made, sorted(to), of="T cell" if some else None)

    assert found.to_numpy() == pytest.approx(
        np.array(slow_nearest(rows, to, of, scale)), nan_ok=True
    )


def test_results_carry_the_names_of_the_cells() -> None:
    from resistype.systems.tissue import TissueColumns, read_tissue

    table = pd.DataFrame({"x": [0, 5], "y": [0, 0], "kind": ["A", "B"]}, index=["cell-1", "cell-2"])
    made = read_tissue(table, unit="um", columns=TissueColumns(kind="kind"))

    assert nearest(made, "A").index.tolist() == ["cell-1", "cell-2"]
    assert neighbourhood(made, 9).counts.index.tolist() == ["cell-1", "cell-2"]
