"""Training with scikit-learn: what is kept is what was fitted, response is refused, a saved
model needs nothing.
"""

from __future__ import annotations

import builtins
import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype
from resistype.errors import CohortWarning, MissingExtraError, ModelError
from resistype.opinions import Association, FitOptions, TrainedModel, fit_model
from resistype.opinions.fit import Learner
from resistype.opinions.labels import Rows, read_study
from resistype.score import score

QUICK = FitOptions(n_perm=19, folds=2, n_jobs=1)
STATES = ("cold", "hot", "stroma")


def cohort(
    n: int = 240, *, classes: int = 3, effect: float = 2.5, visits: int = 1, seed: int = 0
) -> Any:
    """Scores (n × visits, 3), states and patients; each state raises one score."""
    rng = np.random.default_rng(seed)
    names = [f"P{patient:03d}-{visit}" for patient in range(n) for visit in range(visits)]
    patient = pd.Series([name.split("-")[0] for name in names], index=names, name="patient")
    code = np.array([int(name[1:4]) % classes for name in names])
    values = rng.normal(size=(len(names), 3))
    values[np.arange(len(names)), code] += effect
    scores = pd.DataFrame(values, index=names, columns=["cold_score", "hot_score", "stroma_score"])
    return scores, pd.Series([STATES[one] for one in code], index=names, name="state"), patient


@pytest.fixture(scope="module", params=["logistic", "knn"])
def fitted(request: pytest.FixtureRequest) -> tuple[TrainedModel, Any]:
    data = cohort()
    return fit_model(data[0], data[1], groups=data[2], kind=request.param, options=QUICK), data


def test_the_assessment_says_how_well_and_on_how_many(fitted: tuple[TrainedModel, Any]) -> None:
    found = fitted[0].assessment

    assert found["auc"] > 0.9
    assert found["p"] == 0.05
    assert (found["n_samples"], found["n_patients"]) == (240, 240)
    assert found["patients_per_class"] == {"cold": 80, "hot": 80, "stroma": 80}
    assert all(20 <= n <= 33 for n in found["kept_per_class"].values())


def test_new_patients_get_sets_that_hold_the_truth_as_often_as_promised(
    fitted: tuple[TrainedModel, Any],
) -> None:
    scores, states, _ = cohort(900, seed=9)
    found = fitted[0].apply(scores, alpha=0.1)

    held = [
        state in labels.split(" | ") for state, labels in zip(states, found["set"], strict=True)
    ]
    for state in STATES:
        share = np.mean([one for one, true in zip(held, states, strict=True) if true == state])
        assert share > 0.9 - 4 * np.sqrt(
            0.09 / 26 + 0.09 / 300
        )  # 26 kept patients decide the quantile
    single = found[found["call"].isin(STATES)]
    assert (single["call"] == states[single.index]).mean() > 0.85
    assert len(single) > 300


@pytest.mark.parametrize("kind", ["logistic", "knn"])
@pytest.mark.parametrize("classes", [2, 3])
def test_own_numpy_gives_what_the_pipeline_gives(kind: Any, classes: int) -> None:
    rows = read_study(*cohort(90, classes=classes)).rows
    learner = Learner(kind)
    model = TrainedModel(
        kind=kind,
        classes=STATES[:classes],
        features=("a", "b", "c"),
        arrays={
            **learner.arrays(rows, 5),
            **{f"calibration_{number}": np.empty(0) for number in range(classes)},
        },
        neighbours=5 if kind == "knn" else 0,
    )
    wanted = np.random.default_rng(4).normal(size=(200, 3)) * 3

    expected = learner.fit(rows, 5).predict_proba(wanted)
    np.testing.assert_allclose(model.probabilities(wanted), expected, rtol=0, atol=1e-10)


def test_kept_patients_were_not_trained_on() -> None:
    scores, states, patients = cohort(60, classes=2, visits=2)
    model = fit_model(scores, states, groups=patients, kind="knn", options=QUICK)
    known = {
        np.round(row, 9).tobytes()
        for row in model.arrays["points"] * model.arrays["scale"] + model.arrays["location"]
    }
    trained = {
        name for name, row in scores.iterrows() if np.round(row.to_numpy(), 9).tobytes() in known
    }

    assert len(trained) == len(model.arrays["points"]) == 80
    assert len(set(patients[sorted(trained)])) == 40
    assert sum(model.assessment["kept_per_class"].values()) == 20  # one sample of each kept patient


def test_a_patient_with_samples_of_two_classes_is_kept_for_both() -> None:
    scores, states, patients = cohort(60, classes=2, visits=2)
    states[[name for name in states.index if name.endswith("-1")]] = "hot"
    model = fit_model(
        scores, states, groups=patients, options=FitOptions(n_perm=19, folds=2, n_jobs=1, seed=1)
    )

    kept = model.assessment["kept_per_class"]
    assert kept["hot"] == 20
    assert 8 <= kept["cold"] <= 12


def test_the_order_of_the_rows_does_not_matter() -> None:
    scores, states, patients = cohort(60)
    one = fit_model(scores, states, groups=patients, options=QUICK)
    other = fit_model(
        scores[::-1],
        states.sample(frac=1, random_state=0),
        groups=patients.to_dict(),
        options=QUICK,
    )

    assert one.digest == other.digest


def test_jobs_do_not_change_a_bit() -> None:
    scores, states, patients = cohort(30, classes=2)
    options = [FitOptions(n_perm=19, folds=2, n_jobs=jobs) for jobs in (1, 2)]
    one, two = (fit_model(scores, states, groups=patients, options=each) for each in options)

    assert one.digest == two.digest


def test_the_seed_decides_the_splits() -> None:
    scores, states, patients = cohort(60, classes=2)
    first, other = (
        fit_model(
            scores,
            states,
            groups=patients,
            options=FitOptions(n_perm=19, folds=2, n_jobs=1, seed=seed),
        )
        for seed in (0, 1)
    )

    assert first.digest != other.digest
    assert first.about["seed"] == 0


def test_labels_that_mean_nothing_are_warned_of() -> None:
    scores, states, patients = cohort(40, classes=2, effect=0.0)
    with pytest.warns(
        CohortWarning, match=r"W304 These scores do not tell these labels apart: .* AUC 0\.\d"
    ):
        model = fit_model(scores, states, groups=patients, options=QUICK)

    assert model.assessment["p"] > 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CohortWarning)
        assert (model.apply(scores)["call"] == "ambiguous").mean() > 0.5


def test_the_smallest_cohort_works() -> None:
    scores, states, patients = cohort(10, classes=2, effect=6.0)
    model = fit_model(scores, states, groups=patients, options=QUICK)

    assert min(model.assessment["kept_per_class"].values()) >= 1
    with pytest.warns(CohortWarning, match="W305"):
        assert set(model.apply(scores)["call"]) <= {"ambiguous", "none", *STATES}
    with pytest.raises(ModelError, match=r"T105 alpha=0.05 needs 20 kept patients"):
        model.apply(scores, alpha=0.05)


def test_a_score_that_never_varies_does_no_harm() -> None:
    scores, states, patients = cohort(60, classes=2)
    model = fit_model(scores.assign(flat=3.0), states, groups=patients, options=QUICK)

    assert model.assessment["auc"] > 0.9


def test_scores_know_where_they_come_from(tmp_path: Path) -> None:
    demo = resistype.datasets.demo()
    scores = score(
        demo.expression, ["benci_isg_rs", "benci_ifng_gs"], method=["ssgsea", "singscore"]
    )
    first = scores.to_frame("ssgsea").iloc[:, 0]
    states = pd.Series(np.where(first > first.median(), "high", "low"), index=first.index)
    patients = demo.samples["patient"]
    model = fit_model(scores, states, groups=patients, options=QUICK)
    again = TrainedModel.load(model.save(tmp_path / "demo.json"))

    assert model.features[0] == "ssgsea:benci_isg_rs"
    assert set(again.about["methods"]) == {"ssgsea", "singscore"}
    assert again.about["scikit-learn"]
    assert again.assessment["auc"] > 0.8
    other = score(demo.expression, ["benci_isg_rs", "benci_ifng_gs"], method=["ssgsea", "zscore"])
    with pytest.raises(ModelError, match=r"T104"):
        again.apply(other, alpha=0.5)


# response


RESPONSE = [
    ("best_response", ("a", "b")),
    ("state", ("CR", "PD")),
    ("state", ("R", "NR")),
    ("PFS6", ("yes", "no")),
]


@pytest.mark.parametrize(("name", "values"), RESPONSE)
def test_response_is_refused(name: str, values: tuple[str, str]) -> None:
    scores, states, patients = cohort(30, classes=2)
    labels = states.map(dict(zip(STATES, values, strict=False))).rename(name)
    with pytest.raises(ModelError) as caught:
        fit_model(scores, labels, groups=patients, options=QUICK)

    assert str(caught.value).startswith("T102 The labels look like treatment response: ")
    assert str(caught.value).endswith(
        ". resistype describes states of a tumour and never predicts response, so no model is made."
        " Give labels of a state, or describe_association=True for the cross-validated association"
        " with its caveat."
    )


def test_response_may_be_described_and_gives_nothing_to_apply() -> None:
    scores, states, patients = cohort(40, classes=2)
    labels = states.map({"cold": "PD", "hot": "CR"}).rename("BOR")
    found = fit_model(scores, labels, groups=patients, describe_association=True, options=QUICK)

    assert isinstance(found, Association)
    assert found.auc > 0.9
    assert found.p == 0.05
    assert set(found.auc_by_label) == {"CR", "PD"}
    assert "never predicts treatment response" in str(found)
    assert not any(
        hasattr(found, name) for name in ("apply", "save", "predict", "probabilities", "arrays")
    )


# files


@pytest.fixture
def saved(fitted: tuple[TrainedModel, Any], tmp_path: Path) -> Path:
    return fitted[0].save(tmp_path / "model.json")


APPLY = """
import sys
sys.modules["sklearn"] = None
import hashlib, pandas as pd
from resistype.opinions.model import TrainedModel
scores = pd.read_csv(sys.argv[2], index_col=0, dtype=str).astype(float)
table = TrainedModel.load(sys.argv[1]).apply(scores).to_csv()
print(hashlib.sha256(table.encode()).hexdigest())
"""


def test_a_fresh_process_without_scikit_learn_gives_the_same_bytes(
    fitted: tuple[TrainedModel, Any], saved: Path
) -> None:
    scores = cohort(50, seed=3)[0]
    scores.to_csv(saved.parent / "new.csv")
    here = (
        fitted[0]
        .apply(pd.read_csv(saved.parent / "new.csv", index_col=0, dtype=str).astype(float))
        .to_csv()
    )
    done = subprocess.run(
        [sys.executable, "-c", APPLY, saved, saved.parent / "new.csv"],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(resistype.__file__).parents[1]),
            "PYTHONHASHSEED": "7",
        },
    )

    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_a_tampered_model_is_refused(saved: Path) -> None:
    text = saved.read_text(encoding="utf-8")
    saved.write_text(text.replace('"hot"', '"hat"', 1), encoding="utf-8")

    with pytest.raises(ModelError, match=r"T103 .* it was changed after it was written"):
        TrainedModel.load(saved)


def test_a_newer_model_is_refused(saved: Path) -> None:
    text = saved.read_text(encoding="utf-8")
    saved.write_text(text.replace('"format_version": 1', '"format_version": 2'), encoding="utf-8")

    with pytest.raises(
        ModelError, match=r"T103 .* it has format version 2 and this resistype reads 1"
    ):
        TrainedModel.load(saved)


# scikit-learn


def test_without_scikit_learn_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def none(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", none)
    scores, states, patients = cohort(30, classes=2)
    with pytest.raises(MissingExtraError) as caught:
        fit_model(scores, states, groups=patients, options=QUICK)

    assert (
        str(caught.value)
        == "X101 Training a model needs scikit-learn: pip install 'resistype[learn]'. Applying a"
        " saved one does not."
    )


def test_importing_loads_no_scikit_learn() -> None:
    code = "import sys, resistype.opinions; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_an_unknown_kind_is_refused() -> None:
    scores, states, patients = cohort(30, classes=2)
    with pytest.raises(ModelError, match=r"T101 kind='forest' is not one of logistic, knn\."):
        fit_model(scores, states, groups=patients, kind="forest")  # type: ignore[call-overload]


def test_groups_must_be_given() -> None:
    scores, states, _ = cohort(30, classes=2)
    with pytest.raises(ModelError, match=r"T101 .*\n.*groups: give the patient of each sample"):
        fit_model(scores, states)  # type: ignore[call-overload]


def test_the_learner_leaves_a_class_it_has_not_seen_without_weight() -> None:
    rows = read_study(*cohort(30)).rows
    learner = Learner("logistic")
    two, one = (
        rows.take(np.flatnonzero(rows.codes != 1)),
        rows.take(np.flatnonzero(rows.codes == 2)),
    )

    weight = learner.weights(two, rows.values, setting=1.0, n_classes=3)
    assert (weight[:, 1] == 0).all()
    assert learner.weights(one, rows.values[:1], setting=1.0, n_classes=3).tolist() == [
        [0.0, 0.0, 1.0]
    ]


def test_a_class_of_one_patient_cannot_be_split() -> None:
    rows = read_study(*cohort(30, classes=2)).rows
    lonely = Rows(rows.values, rows.codes, np.where(rows.codes == 0, 0, rows.patients))

    assert Learner("logistic").split(lonely, n=5, seed=0) == []


def test_more_neighbours_than_samples_are_not_tried() -> None:
    assert Learner("knn").settings(10) == (9, 5, 3)
    assert Learner("knn").settings(2) == (1.0,)
    assert Learner("logistic").settings(2) == (0.01, 0.1, 1.0)
