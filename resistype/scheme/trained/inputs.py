"""What a model is trained on: scores, labels and patients, joined by sample name and checked before anything is fitted.

The rows are sorted by sample name, so the order of the input decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ModelError, complain
from resistype.scheme.trained.checks import as_score_frame

__all__ = ["MIN_PATIENTS", "Study", "read_study"]

MIN_PATIENTS = 5


@dataclass(frozen=True, eq=False)
class Study:
    """Scores with the label and the patient of each sample.

    Parameters
    ----------
    frame
        Scores, shape (n_obs, n_features), sorted by sample.
    classes
        Labels, sorted.
    codes
        Shape (n_obs,): number of each sample's label.
    patients
        Shape (n_obs,): number of each sample's patient.
    """

    frame: pd.DataFrame
    classes: tuple[str, ...]
    codes: NDArray[np.intp]
    patients: NDArray[np.intp]

    @property
    def values(self) -> NDArray[np.float64]:
        """Scores as an array of shape (n_obs, n_features)."""
        return self.frame.to_numpy(dtype=np.float64)

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(np.unique(self.patients))

    def patients_per_class(self) -> dict[str, int]:
        """How many patients have a sample of each class."""
        return {name: len(np.unique(self.patients[self.codes == code])) for code, name in enumerate(self.classes)}


def read_study(scores: Any, labels: Any, groups: Any) -> Study:
    """Join and check scores (n_obs, n_features), labels and patients.

    Raises
    ------
    ModelError
        T101 with every complaint.
    """
    frame = as_score_frame(scores)
    complaints = _about_scores(frame)
    label, said = _by_sample(labels, "labels", frame.index)
    patient, also = _by_sample(groups, "groups", frame.index)
    if groups is None:
        also = ["groups: give the patient of each sample, so that no patient is on both sides of a split"]
    complain([*complaints, *said, *also], ModelError, code="T101", subject="A model cannot be trained on this")
    study = _joined(frame, label, patient)
    complain(_about_classes(study), ModelError, code="T101", subject="A model cannot be trained on this")
    return study


def _joined(frame: pd.DataFrame, label: pd.Series[Any], patient: pd.Series[Any]) -> Study:
    ordered = frame.sort_index()
    names, codes = np.unique(label.loc[ordered.index].to_numpy(dtype=np.str_), return_inverse=True)
    _, patients = np.unique(patient.loc[ordered.index].to_numpy(dtype=np.str_), return_inverse=True)
    return Study(ordered, tuple(str(name) for name in names), codes.astype(np.intp), patients.astype(np.intp))


def _about_scores(frame: pd.DataFrame) -> list[str]:
    complaints = []
    for what, names in (("sample", frame.index), ("score", frame.columns)):
        twice = names[names.duplicated()].unique()
        if len(twice):
            complaints.append(f"scores: {what} given more than once: {_some(twice)}")
    if not len(frame.columns):
        complaints.append("scores: the table has no column")
    text = [str(name) for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if text:
        return [*complaints, f"scores: not numbers: {_some(text)}"]
    bad = ~np.isfinite(frame.to_numpy(dtype=np.float64))
    if bad.any():
        columns, rows = frame.columns[bad.any(axis=0)], frame.index[bad.any(axis=1)]
        complaints.append(
            f"scores: {int(bad.sum())} missing or infinite values, in {_some(columns)}, of samples {_some(rows)}; "
            "leave out these scores or these samples"
        )
    return complaints


def _by_sample(given: Any, what: str, samples: pd.Index[Any]) -> tuple[pd.Series[Any], list[str]]:
    """One value a sample as text, and what is wrong with it."""
    if isinstance(given, Mapping):
        given = pd.Series(dict(given), dtype=object)
    if not isinstance(given, pd.Series):
        return pd.Series(dtype=object), [f"{what}: wanted a Series or mapping by sample, got {type(given).__name__}"]
    series = given.set_axis([str(name) for name in given.index])
    complaints = []
    twice = series.index[series.index.duplicated()].unique()
    if len(twice):
        complaints.append(f"{what}: sample given more than once: {_some(twice)}")
    absent = samples.difference(series.index)
    if len(absent):
        complaints.append(f"{what}: {len(absent)} of {len(samples)} samples with scores are absent: {_some(absent)}")
    more = series.index.difference(samples)
    if len(more):
        complaints.append(f"{what}: {len(more)} samples have no scores: {_some(more)}; give {what}.loc[scores.index]")
    empty = series.index[series.isna()].intersection(samples)
    if len(empty):
        complaints.append(f"{what}: {len(empty)} samples have none: {_some(empty)}; leave these samples out")
    return series.map(str), complaints


def _about_classes(study: Study) -> list[str]:
    complaints = []
    if len(study.classes) < 2:
        complaints.append(f"labels: {len(study.classes)} class ({_some(study.classes)}); a model needs at least 2")
    barred = [name for name in study.classes if "|" in name]
    if barred:
        complaints.append(f"labels: '|' separates the labels of a set and cannot be in a name: {_some(barred)}")
    for name, n in study.patients_per_class().items():
        if n < MIN_PATIENTS:
            complaints.append(f"labels: class {name!r} has {n} patients; at least {MIN_PATIENTS} are needed")
    return complaints


def _some(names: Any) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:5]) + (", …" if len(shown) > 5 else "")
