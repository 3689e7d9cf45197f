"""A simulated CAR-T study: patients, two time points of unequal depth, planted clones and planted
drift.

Nothing here is biology. What is planted is returned beside the cells, so that tests can count what
was found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_CLONES = 400
DEPTH = {"IP": 1500, "day 14": 9000}
STATES = np.array(["memory", "cytotoxic", "exhausted"])


@dataclass(frozen=True)
class Study:
    """Cells (patient, time, clone, state) and, by patient, which clones were planted how."""

    cells: pd.DataFrame
    expanded: dict[str, set[str]]
    contracted: dict[str, set[str]]
    drifted: dict[str, set[str]]
    novel: dict[str, set[str]]


def simulate(*, n_patients: int = 3, planted: bool = True, seed: int = 7) -> Study:
    """The study; without `planted` both time points have the same clones, sizes and states."""
    rng = np.random.default_rng(seed)
    parts, truth = [], {"expanded": {}, "contracted": {}, "drifted": {}, "novel": {}}
    for number in range(n_patients):
        name = f"SIM{number}"
        cells, sets = _patient(rng, name, planted=planted)
        parts.append(cells)
        for key, clones in sets.items():
            truth[key][name] = clones
    return Study(pd.concat(parts, ignore_index=True), **truth)


def _patient(
    rng: np.random.Generator, name: str, *, planted: bool
) -> tuple[pd.DataFrame, dict[str, set[str]]]:
    clones = np.array([f"{name}:{i:03d}" for i in range(N_CLONES)])
    before = 1.0 / np.arange(1, N_CLONES + 1) ** 0.7
    after = before.copy()
    memory = {time: np.full(N_CLONES, 0.5) for time in DEPTH}
    sets: dict[str, set[str]] = {
        "expanded": set(),
        "contracted": set(),
        "drifted": set(),
        "novel": set(),
    }
    if planted:
        up, down, drifted, novel = (
            np.arange(50, 60),
            np.arange(5, 11),
            np.arange(0, 5),
            np.arange(390, 400),
        )
        after[up] *= 6
        after[down] /= 6
        before[novel] = 0.0
        after[novel] = 0.05
        memory["day 14"][drifted] = 0.1
        keys = (("expanded", up), ("contracted", down), ("drifted", drifted), ("novel", novel))
        sets = {key: set(clones[rows]) for key, rows in keys}
    times = (("IP", before), ("day 14", after))
    frames = [
        _sample(rng, name, time, clones=clones, weight=w, memory=memory[time]) for time, w in times
    ]
    return pd.concat(frames), sets


def _sample(
    rng: np.random.Generator,
    name: str,
    time: str,
    *,
    clones: NDArray[np.str_],
    weight: NDArray[np.float64],
    memory: NDArray[np.float64],
) -> pd.DataFrame:
    which = rng.choice(N_CLONES, size=DEPTH[time], p=weight / weight.sum())
    p = np.column_stack([memory, (1 - memory) * 0.7, (1 - memory) * 0.3])[which]
    state = STATES[(rng.random(len(which))[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(0, 2)]
    clone = np.where(
        rng.random(len(which)) < 0.1, None, clones[which]
    )  # a tenth of the cells without a receptor
    return pd.DataFrame({"patient": name, "time": time, "clone": clone, "state": state})
