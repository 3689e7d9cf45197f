"""Densities and their intervals, against the definition of an exact interval."""

from __future__ import annotations

from math import comb, exp, factorial, inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.systems.tissue import compartments, densities, density_ratio, poisson_interval
from tests.systems.tissue.made import ROLES, block, tissue


def at_most(n: int, mean: float) -> float:
    """Probability of at most n of a Poisson number."""
    return sum(exp(-mean) * mean**k / factorial(k) for k in range(n + 1))


@given(st.integers(0, 60), st.sampled_from([0.01, 0.5, 1.0, 2.0]))
def test_the_interval_is_exact(n: int, area: float) -> None:
    found = poisson_interval(n, area)

    assert found.value == n / area
    assert at_most(n, found.high * area) == pytest.approx(0.025, abs=1e-9)
    if n:
        assert 1 - at_most(n - 1, found.low * area) == pytest.approx(0.025, abs=1e-9)
    else:
        assert found.low == 0.0


@pytest.mark.parametrize("area", [0.0, -1.0, np.nan])
def test_without_an_area_there_is_no_density(area: float) -> None:
    found = poisson_interval(3, area)

    assert all(isnan(one) for one in (found.value, found.low, found.high))


def binomial_at_most(k: int, n: int, share: float) -> float:
    return sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k + 1))


AREAS = st.sampled_from([0.05, 0.1, 1.0])


@given(st.integers(0, 30), st.integers(0, 30), AREAS, AREAS)
def test_the_interval_of_the_ratio_is_exact(k: int, m: int, area: float, other: float) -> None:
    found = density_ratio((k, area), (m, other))
    if k + m == 0:
        assert isnan(found.value)
        return
    low, high = (_share(ratio * area / other) for ratio in (found.low, found.high))

    assert found.value == (pytest.approx((k / area) / (m / other)) if m else inf)
    assert found.low <= found.value <= found.high
    if m:
        assert binomial_at_most(k, k + m, high) == pytest.approx(0.025, abs=1e-9)
    if k:
        assert 1 - binomial_at_most(k - 1, k + m, low) == pytest.approx(0.025, abs=1e-9)


def _share(odds: float) -> float:
    return 1.0 if odds == inf else odds / (1 + odds)


def test_a_ratio_needs_two_areas() -> None:
    assert isnan(density_ratio((3, 0.0), (4, 1.0)).value)
    assert isnan(density_ratio((3, 1.0), (4, np.nan)).high)


def test_every_cell_is_counted_once() -> None:
    rows = block("tumour", x=range(12), y=range(20))
    rows += block("T cell", x=range(12, 24), y=range(20), first=1000)
    made = tissue(rows)
    found = compartments(made, ROLES)
    table = densities(made, "T cell", found)

    assert table["n"].sum() == 240
    assert table["compartment"].tolist() == ["inside", "margin", "outside"]
    assert table["area_mm2"].tolist() == [
        found.area("first")[name] for name in table["compartment"]
    ]
    expected = [
        poisson_interval(int(n), area)
        for n, area in zip(table["n"], table["area_mm2"], strict=True)
    ]
    assert table["density"].tolist() == [one.value for one in expected]
    assert table["low"].tolist() == [one.low for one in expected]
    assert table["high"].tolist() == [one.high for one in expected]


def test_each_region_has_its_own_rows() -> None:
    rows = block("tumour", x=range(20), y=range(20)) + block(
        "T cell", x=range(9), y=range(9), region="second"
    )
    made = tissue(rows)
    table = densities(made, ["T cell", "macrophage"], compartments(made, ROLES)).set_index(
        ["region", "compartment"]
    )

    assert table.loc[("second", "outside"), "n"] == 81
    assert table.loc["first", "n"].sum() == 0
    assert isnan(table.loc[("second", "inside"), "density"])
