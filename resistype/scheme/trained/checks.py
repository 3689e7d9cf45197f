"""Checks around a trained model: tables of scores, parts that go together, scores of the same origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ModelError
from resistype.score.scores import Scores

__all__ = ["KINDS", "Parts", "as_score_frame", "other_origin", "wrong_parts"]

KINDS = ("logistic", "knn")


@dataclass(frozen=True, eq=False)
class Parts:
    """What a model is made of, before it is believed."""

    kind: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    neighbours: int
    arrays: Mapping[str, NDArray[Any]]

    @property
    def n_points(self) -> int:
        """Number of samples that knn compares with."""
        return int(self.arrays["codes"].size) if "codes" in self.arrays else 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape that each array must have, but for the calibration."""
        n_classes, n_features = len(self.classes), len(self.features)
        common: dict[str, tuple[int, ...]] = {"location": (n_features,), "scale": (n_features,)}
        if self.kind == "logistic":
            return common | {"coefficients": (n_classes, n_features), "intercepts": (n_classes,)}
        return common | {"points": (self.n_points, n_features), "codes": (self.n_points,)}

    @property
    def calibrations(self) -> list[str]:
        """Names of the arrays of calibration."""
        return [f"calibration_{number}" for number in range(len(self.classes))]


def as_score_frame(scores: Any) -> pd.DataFrame:
    """Scores as a table of numbers, samples in rows; columns of several methods are named ``method:signature``.

    Raises
    ------
    ModelError
        T101 when it is neither Scores nor a table.
    """
    frame = scores.to_frame() if isinstance(scores, Scores) else scores
    if not isinstance(frame, pd.DataFrame):
        message = f"scores: wanted Scores or a table (samples × scores), got {type(scores).__name__}."
        raise ModelError(message, code="T101")
    if frame.columns.nlevels == 2:
        frame = frame.set_axis([":".join(map(str, pair)) for pair in frame.columns.to_list()], axis=1)
    return frame.set_axis([str(name) for name in frame.columns], axis=1).set_axis(
        [str(name) for name in frame.index], axis=0
    )


def wrong_parts(parts: Parts) -> list[str]:
    """What keeps the parts from being one model; empty when nothing does."""
    if parts.kind not in KINDS:
        return [f"the kind {parts.kind!r} is not one of {', '.join(KINDS)}"]
    if len(parts.classes) < 2 or not parts.features:
        return [f"{len(parts.classes)} classes and {len(parts.features)} scores"]
    if not all(isinstance(name, str) for name in (*parts.classes, *parts.features)):
        return ["a name of a class or score is no text"]
    wanted = {*parts.shapes, *parts.calibrations}
    complaints = [f"array {name!r} is absent" for name in sorted(wanted - set(parts.arrays))]
    complaints += [f"array {name!r} is of no use" for name in sorted(set(parts.arrays) - wanted)]
    return complaints or _wrong_arrays(parts)


def _wrong_arrays(parts: Parts) -> list[str]:
    arrays = parts.arrays
    shapes = [(name, arrays[name].shape, shape) for name, shape in parts.shapes.items()]
    complaints = [f"array {name!r} has shape {got}, wanted {wanted}" for name, got, wanted in shapes if got != wanted]
    complaints += [f"array {name!r} is no single row" for name in parts.calibrations if arrays[name].ndim != 1]
    complaints += [f"array {name!r} is not finite" for name in sorted(arrays) if not np.isfinite(arrays[name]).all()]
    if not complaints and (arrays["scale"] <= 0).any():
        complaints.append("a scale is not positive")
    if not complaints and parts.kind == "knn":
        codes = arrays["codes"]
        counted = codes.dtype.kind in "iu" and 1 <= parts.neighbours <= parts.n_points
        if not counted or codes.min() < 0 or codes.max() >= len(parts.classes):
            complaints.append("neighbours or codes of classes are out of range")
    return complaints


def other_origin(scores: Scores, about: Mapping[str, Any]) -> list[str]:
    """How scores differ from those a model was trained on, as far as both are known; empty when they do not."""
    refs = {name: list(ref) for name, ref in scores.refs.items()}
    other = [name for name, ref in about["signatures"].items() if name in refs and refs[name] != list(ref)]
    complaints = []
    if other:
        complaints.append(f"signatures with another version or content: {', '.join(other[:5])}")
    for name, spec in about["methods"].items():
        if name in scores.specs and scores.specs[name] != spec:
            complaints.append(f"scores of {scores.specs[name]}; the model was trained on {spec}")
        if name not in scores.specs:
            complaints.append(f"scores of {', '.join(scores.methods)}; the model was trained on {name}")
    return complaints
