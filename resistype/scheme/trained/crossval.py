"""Nested cross-validation by patient, and the same with labels dealt anew: how well a whole pipeline does by chance.

Nothing here knows scikit-learn. A learner says how to split and what weights a fitted pipeline gives; the setting is
chosen inside each training part, and the permutation test repeats splitting, choosing and fitting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from resistype.scheme.trained.assess import auc_by_class, balanced_accuracy, mean_auc, shuffled
from resistype.scheme.trained.inputs import Study
from resistype.scheme.trained.options import FitOptions

__all__ = ["Floats", "Learner", "Rows", "Splits", "assess", "choose_setting"]

Floats: TypeAlias = NDArray[np.float64]
Splits: TypeAlias = list[tuple[NDArray[np.intp], NDArray[np.intp]]]

INNER = 3
_TIE = 1e-12


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples with scores (n, n_features), class numbers (n,) and patient numbers (n,)."""

    values: NDArray[np.float64]
    codes: NDArray[np.intp]
    patients: NDArray[np.intp]

    def take(self, rows: NDArray[np.intp]) -> Rows:
        """Some of the samples."""
        return Rows(self.values[rows], self.codes[rows], self.patients[rows])

    @staticmethod
    def of(study: Study) -> Rows:
        """All samples of a study."""
        return Rows(study.values, study.codes, study.patients)


class Learner(Protocol):
    """A way of learning: how to split, which settings there are, what a fitted pipeline says."""

    def split(self, rows: Rows, *, n: int, seed: int) -> Splits:
        """Splits that keep patients together; empty when a class has a single patient."""

    def settings(self, smallest: int) -> tuple[float, ...]:
        """Settings to choose between when the smallest training part has this many samples, cautious ones first."""

    def weights(
        self, train: Rows, wanted: NDArray[np.float64], *, setting: float, n_classes: int
    ) -> NDArray[np.float64]:
        """Weight of each class in the wanted samples, shape (n, n_classes)."""


def assess(learner: Learner, study: Study, options: FitOptions) -> dict[str, Any]:
    """Figures of the nested cross-validation of a study: AUC, balanced accuracy, permutation p, numbers."""
    rows = Rows.of(study)
    weight = _out_of_fold(learner, rows, options)
    auc = mean_auc(weight, rows.codes)
    run = Parallel(n_jobs=options.n_jobs)
    null = run(delayed(_null_auc)(learner, rows, options, number=number) for number in range(options.n_perm))
    reached = int((np.array(null) >= auc - _TIE).sum())
    by_label: Mapping[str, float] = dict(zip(study.classes, auc_by_class(weight, rows.codes).tolist(), strict=True))
    return {
        "auc": auc,
        "auc_by_label": by_label,
        "balanced_accuracy": balanced_accuracy(weight, rows.codes),
        "p": (1 + reached) / (1 + options.n_perm),
        "n_perm": options.n_perm,
        "n_samples": len(rows.codes),
        "n_patients": study.n_patients,
        "patients_per_class": study.patients_per_class(),
    }


def _null_auc(learner: Learner, rows: Rows, options: FitOptions, *, number: int) -> float:
    codes = shuffled(rows.codes, rows.patients, np.random.default_rng([options.seed, number]))
    weight = _out_of_fold(learner, Rows(rows.values, codes, rows.patients), options)
    return mean_auc(weight, codes)


def _out_of_fold(learner: Learner, rows: Rows, options: FitOptions) -> NDArray[np.float64]:
    """Weight of each class in each sample by a pipeline that has not seen the patient."""
    n_classes = int(rows.codes.max()) + 1
    weight = np.zeros((len(rows.codes), n_classes))
    for train, test in learner.split(rows, n=options.folds, seed=options.seed):
        part = rows.take(train)
        setting = choose_setting(learner, part, seed=options.seed)
        weight[test] = learner.weights(part, rows.values[test], setting=setting, n_classes=n_classes)
    return weight


def choose_setting(learner: Learner, rows: Rows, *, seed: int) -> float:
    """The setting under which held-out patients are most likely, each class counting the same."""
    inner = learner.split(rows, n=INNER, seed=seed + 1)
    grid = learner.settings(min((len(train) for train, _ in inner), default=len(rows.codes)))
    fits = [_likelihood(learner, rows, inner, setting=setting) for setting in grid if inner]
    best = 0
    for number, fit in enumerate(fits):
        best = number if fit > fits[best] + _TIE else best
    return grid[best]


def _likelihood(learner: Learner, rows: Rows, inner: Splits, *, setting: float) -> float:
    n_classes = int(rows.codes.max()) + 1
    weight = np.zeros((len(rows.codes), n_classes))
    for train, test in inner:
        weight[test] = learner.weights(rows.take(train), rows.values[test], setting=setting, n_classes=n_classes)
    own = np.log(np.clip(weight[np.arange(len(rows.codes)), rows.codes], 1e-3, None))
    return float(np.mean([own[rows.codes == code].mean() for code in np.unique(rows.codes)]))
