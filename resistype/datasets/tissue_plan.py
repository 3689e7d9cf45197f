"""What is planted in the simulated tissue: the images, their zones, and which kinds of cells live in each zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "IMAGES", "KINDS", "MEANS", "Plan", "kinds_of", "zones"]

Floats = NDArray[np.float64]

KINDS: Final = ("Tumour", "CD8 T cell", "CD163 macrophage", "Fibroblast", "Endothelial")
CHANNELS: Final = ("DNA", "panCK", "CD8A", "CD163", "SMA")
# mean signal of each channel in a cell of each kind
MEANS: Final = {
    "Tumour": (2.0, 5.0, 0.1, 0.1, 0.1),
    "CD8 T cell": (2.5, 0.1, 4.0, 0.1, 0.1),
    "CD163 macrophage": (1.8, 0.2, 0.1, 4.5, 0.2),
    "Fibroblast": (1.5, 0.1, 0.1, 0.2, 4.0),
    "Endothelial": (1.6, 0.1, 0.1, 0.1, 1.0),
}
# share of each kind, in the order of KINDS
STROMA: Final = (0.0, 0.02, 0.04, 0.76, 0.18)
RIM_UM: Final = 35.0


@dataclass(frozen=True)
class Plan:
    """One image: what is planted, where the nest lies (pixels), and who lives in nest, rim and stroma."""

    name: str
    label: str
    centre: tuple[float, float]
    radius: float
    nest: tuple[float, ...]
    rim: tuple[float, ...]
    stroma: tuple[float, ...]
    side: int = 600
    pitch: float = 11.0


IMAGES: Final = (
    Plan(
        "sim_excluded",
        "excluded",
        (290.0, 310.0),
        165.0,
        (0.985, 0.0, 0.005, 0.005, 0.005),
        (0.0, 0.02, 0.80, 0.13, 0.05),
        (0.0, 0.25, 0.04, 0.56, 0.15),
    ),
    Plan(
        "sim_inflamed",
        "inflamed",
        (310.0, 290.0),
        170.0,
        (0.74, 0.22, 0.03, 0.0, 0.01),
        (0.0, 0.20, 0.08, 0.55, 0.17),
        (0.0, 0.15, 0.05, 0.62, 0.18),
    ),
    Plan(
        "sim_desert",
        "desert",
        (300.0, 300.0),
        170.0,
        (0.985, 0.001, 0.004, 0.005, 0.005),
        (0.0, 0.003, 0.07, 0.747, 0.18),
        (0.0, 0.003, 0.05, 0.767, 0.18),
    ),
    Plan("sim_stroma", "not_assessable", (300.0, 300.0), 0.0, STROMA, STROMA, STROMA),
)


def zones(plan: Plan, xy: Floats) -> NDArray[Any]:
    """Zone of each cell: nest, rim or stroma. The outline of the nest is a circle with three soft lobes."""
    if plan.radius == 0:
        return np.full(len(xy), "stroma", dtype=object)
    x, y = (xy - plan.centre).T
    outline = plan.radius * (1 + 0.10 * np.cos(3 * np.arctan2(y, x)))
    beyond = np.hypot(x, y) - outline
    return np.where(beyond <= 0, "nest", np.where(beyond <= RIM_UM, "rim", "stroma")).astype(object)


def kinds_of(plan: Plan, zone: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Kind of each cell, drawn from the shares of its zone."""
    kinds = np.empty(len(zone), dtype=object)
    for name, shares in (("nest", plan.nest), ("rim", plan.rim), ("stroma", plan.stroma)):
        here = zone == name
        kinds[here] = rng.choice(np.array(KINDS, dtype=object), size=int(here.sum()), p=shares)
    return kinds
