"""Shared vectors: what Python says of small data, written for the tests of the TypeScript.

    python tests/widgets/vectors.py

writes tests/data/widgets/*.json. A test fails when the files are not what this recipe writes now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.scheme import load_scheme
from resistype.session import Session, SessionData
from resistype.session.state import inside
from resistype.stats import wilson
from resistype.widgets.explorer_view import build, whole

FOLDER = Path(__file__).resolve().parents[1] / "data" / "widgets"
N_OBS = 240


def material(n_obs: int = N_OBS, seed: int = 11) -> Any:
    scheme = load_scheme("acquired_resistance")
    rng = np.random.default_rng(seed)
    # one decimal, so that many values lie exactly on a threshold, and some lie beside it by less
    # than float32 can tell
    frame = pd.DataFrame(
        {name: np.round(rng.normal(0, 1.2, n_obs), 1) for name in scheme.quantities}
    )
    frame += rng.choice([0.0, 1e-12, -1e-12], size=frame.shape)
    frame["ifng_random_p"] = np.round(rng.uniform(0, 0.2, n_obs), 2)
    for name in ("ifng_fraction_up", "ifng_fraction_down"):
        frame[name] = np.round(rng.uniform(0.3, 1, n_obs), 1)
    frame["tcell_percentile"] = rng.integers(0, 100, n_obs)
    frame["mhc1_measured"] = rng.integers(5, 9, n_obs)
    frame["mhc1_silent"] = (rng.random(n_obs) < 0.1).astype(float)
    frame["tcell_detected"] = rng.integers(1, 8, n_obs)
    known = [f"{gene}_log2" for gene in ("b2m", "tap1", "tap2")]
    frame[rng.random(frame.shape) < 0.15] = np.nan
    frame[known] = np.where(rng.random((n_obs, 3)) < 0.02, np.nan, 6.0)
    frame.index = pd.Index([f"S{i}" for i in range(n_obs)])
    design = pd.DataFrame(
        {
            "patient": [f"P{i // 2 % 12 + 1}" if i % 11 else "" for i in range(n_obs)],
            "timepoint": ["On" if i % 2 else "Pre" for i in range(n_obs)],
            "baseline_sample": [f"S{i - 1}" if i % 2 else "" for i in range(n_obs)],
        }
    )
    points = {"plane": rng.normal(0, 1, (n_obs, 2))}
    return SessionData.from_quantities(scheme, frame, design=design, embeddings=points)


def rule_vectors() -> dict[str, Any]:
    found = material()
    rows = np.arange(found.n_obs)
    drawn = whole(found, build(found, rows, title="vectors"), rows)
    rng = np.random.default_rng(2)
    session, steps = Session(found), []
    movable = [(axis.id, name) for axis in found.scheme.axes for name in axis.thresholds]
    for number in range(40):
        axis, name = movable[int(rng.integers(len(movable)))]
        value = float(np.float32(rng.choice([0.1, 0.5, 0.6, 1.0, -0.3, rng.normal()])))
        session.move_threshold(axis, name, value)
        codes = {one.id: session.codes(one.id).tolist() for one in found.scheme.axes}
        row = int(rng.integers(found.n_obs))
        steps.append({"axis": axis, "name": name, "value": value, "codes": codes, "row": row})
        steps[-1]["evidence"] = _evidence(session, row) if number % 2 else None
    return {"spec": drawn.spec, "buffers": [list(one) for one in drawn.buffers], "steps": steps}


def _evidence(session: Session, row: int) -> dict[str, list[list[Any]]]:
    frame = session.evidence(row)
    frame = frame[frame["threshold"] != ""]
    return {
        axis.id: [
            [line.quantity, bool(line.passes), bool(line.decided), line.threshold.split()[0]]
            for line in frame[frame["axis"] == axis.id].itertuples()
        ]
        for axis in session.scheme.axes
    }


def stats_vectors() -> dict[str, Any]:
    pairs = [(0, 1), (1, 1), (0, 30), (7, 30), (30, 30), (3, 50_000), (999_999, 1_000_000)]
    low, high = wilson([k for k, _ in pairs], [n for _, n in pairs])
    points = np.random.default_rng(4).uniform(-2, 2, (300, 2)).astype(np.float32)
    corners = [(-1.5, -1.0), (1.0, -1.5), (0.2, 0.1), (1.5, 1.25), (-1.0, 1.5)]
    mask = np.random.default_rng(5).random(37) < 0.4
    shares = [
        [one.patient, one.timepoint, one.call, one.n, one.total, one.low, one.high]
        for one in Session(material()).resolve().composition
    ]
    flows = [[one.before, one.after, one.n] for one in Session(material()).resolve().flows]
    return {
        "wilson": [
            [k, n, float(a), float(b)] for (k, n), a, b in zip(pairs, low, high, strict=True)
        ],
        "polygon": {
            "points": points.ravel().tolist(),
            "corners": corners,
            "inside": inside(points, corners).tolist(),
        },
        "bits": {"mask": mask.tolist(), "bytes": np.packbits(mask).tolist()},
        "composition": shares,
        "flows": flows,
    }


FILES = {"rule.json": rule_vectors, "stats.json": stats_vectors}


def text(name: str) -> str:
    return json.dumps(FILES[name](), separators=(",", ":")) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (FOLDER / name).write_text(text(name), encoding="utf-8")
        print(name, (FOLDER / name).stat().st_size, "bytes")
