"""A small material that every test of the session may look at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.session import SessionData
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

N_OBS = 400


def quantities(scheme: Scheme, n_obs: int, seed: int = 7) -> pd.DataFrame:
    """Numbers of every quantity, in the range of its thresholds, some missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(0, 1, n_obs) for name in scheme.quantities})
    for name in ("ifng_fraction_up", "ifng_fraction_down"):
        frame[name] = rng.uniform(0.3, 1, n_obs)
    frame["ifng_random_p"] = rng.uniform(0, 1, n_obs) ** 4
    frame["tcell_percentile"] = rng.uniform(0, 100, n_obs)
    frame["mhc1_measured"] = rng.integers(4, 9, n_obs)
    for name in ("mhc1_dna_events", "ifn_sensing_dna_events", "mhc1_silent"):
        frame[name] = (rng.random(n_obs) < 0.03).astype(float)
    frame["tcell_detected"] = rng.integers(1, 8, n_obs)
    frame.loc[rng.random(n_obs) < 0.3, "ifng_change"] = np.nan
    frame.index = pd.Index([f"S{number}" for number in range(n_obs)])
    return frame


def design(n_obs: int) -> pd.DataFrame:
    """Twenty patients, each before and after, observations in turn."""
    numbers = np.arange(n_obs)
    return pd.DataFrame(
        {
            "patient": [f"P{number // 2 % 20 + 1}" for number in numbers],
            "timepoint": np.where(numbers % 2, "On", "Pre"),
            "baseline_sample": [f"S{number - 1}" if number % 2 else "" for number in numbers],
        }
    )


@pytest.fixture(scope="session")
def scheme() -> Scheme:
    return load_scheme("acquired_resistance")


@pytest.fixture(scope="session")
def material(scheme: Scheme) -> SessionData:
    points = np.random.default_rng(1).normal(0, 1, (N_OBS, 2))
    return SessionData.from_quantities(
        scheme, quantities(scheme, N_OBS), design=design(N_OBS), embeddings={"UMAP": points}
    )


@pytest.fixture(scope="session")
def demo_calls() -> Calls:
    demo = datasets.demo()
    return classify(
        demo.expression, samples=demo.samples, baseline="Pre", options=CallOptions(n_jobs=1)
    )
