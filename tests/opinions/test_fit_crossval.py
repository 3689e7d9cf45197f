"""Nested cross-validation by patient: nothing leaks, chance gives chance, the setting is chosen
inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.opinions.fit import Association, FitOptions, Splits, assess, choose_setting
from resistype.opinions.frame import Floats
from resistype.opinions.labels import Rows, Study, read_study


@dataclass(frozen=True)
class NearestMean:
    """A learner of a few lines: weight of a class falls with the distance from its mean; the
    setting is how fast.
    """

    calls: list[tuple[str, Any]] = field(default_factory=list)

    def split(self, rows: Rows, *, n: int, seed: int) -> Splits:
        patients = np.unique(rows.patients)
        fold = dict(
            zip(
                np.random.default_rng(seed).permutation(patients),
                np.arange(len(patients)) % n,
                strict=True,
            )
        )
        mine = np.array([fold[patient] for patient in rows.patients])
        return [
            (np.flatnonzero(mine != number), np.flatnonzero(mine == number)) for number in range(n)
        ]

    def settings(self, smallest: int) -> tuple[float, ...]:
        self.calls.append(("smallest", smallest))
        return (0.001, 1.0)

    def weights(self, train: Rows, wanted: Floats, *, setting: float, n_classes: int) -> Floats:
        self.calls.append(("fit", (train, wanted, setting)))
        means = [train.values[train.codes == code].mean(axis=0) for code in range(n_classes)]
        near = (
            np.exp(
                -setting * np.stack([((wanted - mean) ** 2).sum(axis=1) for mean in means], axis=1)
            )
            + 1e-300
        )
        return near / near.sum(axis=1, keepdims=True)


def study(effect: float, *, n: int = 30, visits: int = 1, seed: int = 0) -> Study:
    """Patients of two classes with two scores; samples of a patient are alike."""
    rng = np.random.default_rng(seed)
    names = [f"P{patient:02d}-{visit}" for patient in range(n) for visit in range(visits)]
    patient = pd.Series([name.split("-")[0] for name in names], index=names)
    label = pd.Series([["a", "b"][int(name[1:3]) % 2] for name in names], index=names)
    own = pd.DataFrame(rng.normal(size=(n, 2)), index=sorted(set(patient)))
    values = own.loc[patient].to_numpy() + 0.05 * rng.normal(size=(len(names), 2))
    values[:, 0] += effect * (label == "b")
    return read_study(pd.DataFrame(values, index=names, columns=["x", "y"]), label, patient)


def test_a_large_difference_is_found() -> None:
    found = assess(NearestMean(), study(4.0), FitOptions(n_perm=99, n_jobs=1))

    assert found["auc"] > 0.97
    assert found["auc_by_label"].keys() == {"a", "b"}
    assert found["balanced_accuracy"] > 0.9
    assert found["p"] == 0.01
    assert (found["n_samples"], found["n_patients"], found["n_perm"]) == (30, 30, 99)
    assert found["patients_per_class"] == {"a": 15, "b": 15}


def test_p_keeps_its_level_when_labels_mean_nothing() -> None:
    p = np.array(
        [
            assess(NearestMean(), study(0, seed=s), FitOptions(n_perm=19, n_jobs=1))["p"]
            for s in range(80)
        ]
    )

    assert (p <= 0.05).mean() < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 80)
    assert abs(p.mean() - 0.525) < 4 / math.sqrt(12 * 80)


def test_p_keeps_its_level_with_several_samples_a_patient() -> None:
    options = FitOptions(n_perm=19, n_jobs=1)
    p = np.array(
        [assess(NearestMean(), study(0, n=16, visits=4, seed=s), options)["p"] for s in range(80)]
    )

    assert (p <= 0.05).mean() < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 80)


def test_repeating_every_sample_changes_no_p() -> None:
    once, options = study(0.8, n=20), FitOptions(n_perm=49, n_jobs=1)
    rows = once.rows
    names = [f"S{row:02d}-{copy}" for copy in range(3) for row in range(len(rows.codes))]
    thrice = pd.DataFrame(np.tile(rows.values, (3, 1)), index=names, columns=once.features)
    label = dict(zip(names, np.tile(rows.codes, 3).tolist(), strict=True))
    origin = {name: name.rsplit("-", 1)[0] for name in names}
    repeated = read_study(thrice, {name: "ab"[code] for name, code in label.items()}, origin)

    p = [assess(NearestMean(), one, options)["p"] for one in (once, repeated)]
    assert p[0] == pytest.approx(p[1], abs=1e-12)


def test_no_patient_is_on_both_sides_of_any_fit() -> None:
    learner = NearestMean()
    whole = study(1.0, n=12, visits=3)
    rows = whole.rows
    assess(learner, whole, FitOptions(n_perm=19, n_jobs=1))
    owner = {
        row.tobytes(): patient for row, patient in zip(rows.values, rows.patients, strict=True)
    }
    fits = [call for kind, call in learner.calls if kind == "fit"]

    assert len(fits) == 20 * 5 * (3 * 2 + 1)
    for train, wanted, _ in fits:
        assert not {owner[row.tobytes()] for row in train.values} & {
            owner[row.tobytes()] for row in wanted
        }


def test_the_setting_is_the_likelier_one_and_the_first_of_equals() -> None:
    rows = study(6.0).rows
    assert choose_setting(NearestMean(), rows, seed=0) == 1.0

    flat = Rows(np.zeros_like(rows.values), rows.codes, rows.patients)
    assert choose_setting(NearestMean(), flat, seed=0) == 0.001


def test_without_inner_splits_the_most_cautious_setting_is_taken() -> None:
    class Unsplit(NearestMean):
        def split(self, rows: Rows, *, n: int, seed: int) -> Splits:
            return []

    learner = Unsplit()
    assert choose_setting(learner, study(1.0).rows, seed=0) == 0.001
    assert learner.calls == [("smallest", 30)]


def test_the_seed_decides() -> None:
    options = [FitOptions(n_perm=19, n_jobs=1, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (assess(NearestMean(), study(0.7), one) for one in options)

    assert first == again
    assert first != other


def test_options_out_of_range_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="T101") as caught:
        FitOptions(n_perm=5, folds=1, kept=0, seed=-1)

    assert (
        str(caught.value)
        == "T101 Options of a model: 4 problems\n  - n_perm=5: wanted a whole number from 19\n"
        "  - folds=1: wanted a whole number from 2\n  - kept=0: wanted a whole number from 2\n"
        "  - seed=-1: wanted a whole number from 0"
    )


def test_an_association_says_what_it_is_not() -> None:
    text = str(Association(0.71, {"R": 0.71, "NR": 0.71}, 0.004, 249, 40, 31))

    assert (
        text
        == "Cross-validated AUC 0.71 (p = 0.004 by 249 permutations between patients; 40 samples of"
        " 31 patients). This describes how scores went with labels in this cohort. It is no"
        " model and predicts nothing: resistype never predicts treatment response. Research use"
        " only."
    )
