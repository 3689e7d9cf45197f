"""Places and kernel of the grid, against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resistype.errors import TissueError
from resistype.systems.tissue.grid import Grid, smooth

SPOTS = st.lists(st.tuples(st.floats(-90, 90), st.floats(-90, 90)), min_size=1, max_size=20)


def slow_smooth(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian of every place on every other, cut at 4 standard deviations, one after the other."""
    reach = int(4.0 * sigma + 0.5)
    weights = [np.exp(-(d**2) / (2 * sigma**2)) for d in range(-reach, reach + 1)]
    total = sum(weights)
    out = np.zeros_like(values)
    n_y, n_x = values.shape
    for y in range(n_y):
        for x in range(n_x):
            for dy in range(-reach, reach + 1):
                for dx in range(-reach, reach + 1):
                    if 0 <= y + dy < n_y and 0 <= x + dx < n_x:
                        weight = weights[dy + reach] * weights[dx + reach] / total**2
                        out[y, x] += weight * values[y + dy, x + dx]
    return out


@given(st.lists(st.integers(0, 5), min_size=30, max_size=30), st.sampled_from([0.6, 1.0, 1.7]))
@settings(max_examples=20)
def test_the_kernel(values: list[int], sigma: float) -> None:
    grid = np.array(values, dtype=float).reshape(5, 6)

    assert smooth(grid, sigma) == pytest.approx(slow_smooth(grid, sigma), abs=1e-12)


@given(SPOTS, st.sampled_from([1.0, 2.5, 10.0]), st.sampled_from([0.0, 7.0]))
def test_every_cell_is_in_its_place(
    spots: list[tuple[float, float]], step: float, pad: float
) -> None:
    um = np.array(spots)
    grid = Grid.over(um, step, pad_um=pad)
    expected = np.zeros(grid.shape)
    for x, y in spots:
        for row in range(grid.shape[0]):
            for column in range(grid.shape[1]):
                left, low = grid.x0 + column * step, grid.y0 + row * step
                expected[row, column] += left <= x < left + step and low <= y < low + step

    assert grid.binned(um).sum() == len(spots)
    assert np.abs(grid.binned(um) - expected).sum() <= 2 * _on_a_line(um, grid)


def _on_a_line(um: NDArray[np.float64], grid: Grid) -> int:
    """Cells so near a line of the grid that rounding decides."""
    part = (um - (grid.x0, grid.y0)) / grid.step_um
    return int((np.abs(part - np.rint(part)) < 1e-9).any(axis=1).sum())


@given(SPOTS, st.sampled_from([1.0, 2.5, 10.0]))
def test_weights_are_summed(spots: list[tuple[float, float]], step: float) -> None:
    um = np.array(spots)
    grid = Grid.over(um, step)

    assert grid.binned(um, np.full(len(um), 3.0)) == pytest.approx(3.0 * grid.binned(um))


def test_a_place_has_an_area() -> None:
    assert Grid.over(np.zeros((1, 2)), 10.0).place_mm2 == pytest.approx(1e-4)


def test_a_grid_that_is_too_large_is_refused() -> None:
    with pytest.raises(TissueError) as caught:
        Grid.over(np.array([[0.0, 0.0], [99_999.5, 99_999.5]]), 1.0)

    assert (
        str(caught.value)
        == "P108 A grid of 1 µm over 100,000 × 100,000 µm has 10,000,000,000 places; at most"
        " 60,000,000. Take a larger step, or check the scale."
    )
