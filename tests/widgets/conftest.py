"""Materials and calls that the tests of the widgets look at; hostile ones too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.scheme import Calls
from resistype.session import SessionData
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

from .hostile import HOSTILE
from .vectors import material as make


@pytest.fixture(scope="session")
def small() -> SessionData:
    return make()


@pytest.fixture(scope="session")
def demo_calls() -> Calls:
    demo = datasets.demo()
    return classify(
        demo.expression, samples=demo.samples, baseline="Pre", options=CallOptions(n_jobs=1)
    )


def hostile_material() -> tuple[SessionData, pd.DataFrame]:
    """Every string as patient, time point, category, embedding, sample; and a matrix with them
    as genes.
    """
    plain = make(100, seed=3)
    n_obs = plain.n_obs
    names = [HOSTILE[i % 25] for i in range(n_obs)]
    ids = [f"{name}#{i}".replace("\0", "").strip() for i, name in enumerate(names)]
    design = pd.DataFrame(
        {
            "patient": names,
            "timepoint": ["Pre" if i < 50 else HOSTILE[2] for i in range(n_obs)],
            "baseline_sample": [ids[i - 50] if i >= 50 else "" for i in range(n_obs)],
            HOSTILE[0]: [HOSTILE[(i + 7) % 25] for i in range(n_obs)],
        }
    )
    frame = pd.DataFrame(plain.columns)
    frame.index = pd.Index(ids)
    points = {HOSTILE[1]: np.random.default_rng(0).normal(0, 1, (n_obs, 2))}
    matrix = pd.DataFrame(
        np.random.default_rng(1).uniform(0, 8, (n_obs, 40)),
        index=frame.index,
        columns=[*HOSTILE[:15], *(f"GENE{i}" for i in range(25))],
    )
    return (
        SessionData.from_quantities(plain.scheme, frame, design=design, embeddings=points),
        matrix,
    )
