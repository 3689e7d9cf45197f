"""The grid on which densities, compartments and maps are worked out: square places of a side in µm,
one grid an image.

A place holds the cells whose coordinates fall into it. Smoothing is scipy's Gaussian filter, cut at
4 standard deviations, with nothing beyond the edge of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from resistype.errors import TissueError

Floats = NDArray[np.float64]
MOST = 60_000_000
TRUNCATE = 4.0


@dataclass(frozen=True)
class Grid:
    """Square places over an image."""

    x0: float
    y0: float
    step_um: float
    shape: tuple[int, int]

    @classmethod
    def over(cls, um: Floats, step_um: float, *, pad_um: float = 0.0) -> Grid:
        """The smallest grid over coordinates (n, 2) in µm, with `pad_um` around them.

        Examples
        --------
        >>> Grid.over(np.array([[0.0, 0.0], [95.0, 45.0]]), 10).shape
        (5, 10)
        """
        low = np.floor((um.min(axis=0) - pad_um) / step_um)
        size = np.floor((um.max(axis=0) + pad_um) / step_um) - low + 1
        if size[0] * size[1] > MOST:
            extent = size * step_um
            message = (
                f"A grid of {step_um:g} µm over {extent[0]:,.0f} × {extent[1]:,.0f} µm has"
                f" {size[0] * size[1]:,.0f} places; at most {MOST:,}. Take a larger step, or check"
                " the scale."
            )
            raise TissueError(message, code="P108")
        return cls(
            float(low[0] * step_um),
            float(low[1] * step_um),
            float(step_um),
            (int(size[1]), int(size[0])),
        )

    @property
    def place_mm2(self) -> float:
        """Area of a place in mm²."""
        return (self.step_um / 1000.0) ** 2

    def places(self, um: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row (y) and column (x) of the place of each coordinate."""
        at = np.floor((um - (self.x0, self.y0)) / self.step_um).astype(np.intp)
        return np.clip(at[:, 1], 0, self.shape[0] - 1), np.clip(at[:, 0], 0, self.shape[1] - 1)

    def binned(self, um: Floats, weights: Floats | None = None) -> Floats:
        """Cells, or the sum of their weights, in each place, shape (n_y, n_x)."""
        flat = np.ravel_multi_index(self.places(um), self.shape)
        return (
            np.bincount(flat, weights, minlength=self.shape[0] * self.shape[1])
            .reshape(self.shape)
            .astype(float)
        )


def smooth(values: Floats, sigma: float) -> Floats:
    """Gaussian kernel of standard deviation `sigma` (in places) over a grid; nothing beyond its
    edge.
    """
    return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant", truncate=TRUNCATE))
