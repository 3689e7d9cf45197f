"""What a model may be trained on: every complaint at once, and rows joined by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import ModelError
from resistype.opinions.labels import read_study

NAMES = [f"s{number:02d}" for number in range(12)]
SCORES = pd.DataFrame({"ifng": np.arange(12.0), "tgfb": np.arange(12.0)[::-1]}, index=NAMES)
LABELS = pd.Series(["hot", "cold"] * 6, index=NAMES, name="state")
PATIENTS = pd.Series([f"P{number}" for number in range(12)], index=NAMES)


def test_rows_are_joined_by_name_and_sorted() -> None:
    straight = read_study(SCORES, LABELS, PATIENTS)
    turned = read_study(SCORES[::-1], LABELS.sample(frac=1, random_state=1), PATIENTS.to_dict())

    for part in ("values", "codes", "patients"):
        np.testing.assert_array_equal(getattr(turned.rows, part), getattr(straight.rows, part))
    assert straight.classes == ("cold", "hot")
    assert straight.rows.codes.tolist() == [1, 0] * 6


def test_a_patient_may_be_of_two_classes() -> None:
    study = read_study(
        SCORES, LABELS, pd.Series([f"P{number // 2}" for number in range(12)], index=NAMES)
    )

    assert study.patients_per_class() == {"cold": 6, "hot": 6}


@pytest.mark.parametrize(
    "labels", [LABELS.map({"hot": 1, "cold": 0}), LABELS == "hot", LABELS.astype("category")]
)
def test_labels_of_other_kinds_become_text(labels: Any) -> None:
    assert all(isinstance(name, str) for name in read_study(SCORES, labels, PATIENTS).classes)


def test_numbers_as_sample_names_are_joined_with_text() -> None:
    numbered = SCORES.set_axis(range(12))

    study = read_study(
        numbered, LABELS.set_axis([str(n) for n in range(12)]), PATIENTS.set_axis(range(12))
    )
    assert len(study.rows.codes) == 12


def test_columns_of_several_methods_get_one_name() -> None:
    pairs = pd.MultiIndex.from_tuples([("ssgsea", "ifng"), ("zscore", "ifng")])

    study = read_study(SCORES.set_axis(pairs, axis=1), LABELS, PATIENTS)
    assert study.features == ("ssgsea:ifng", "zscore:ifng")


def _holed() -> pd.DataFrame:
    holed = SCORES.copy()
    holed.iloc[[1, 4], 0] = [np.nan, np.inf]
    return holed


HEAD = "T101 A model cannot be trained on this: "
BAD: dict[str, tuple[Any, Any, Any, str]] = {
    "groups missing": (
        *(SCORES, LABELS, None),
        (
            "1 problem\n  - groups: give the patient of each sample, so that no patient is on both"
            " sides of a split"
        ),
    ),
    "groups a list": (
        *(SCORES, LABELS, NAMES),
        "1 problem\n  - groups: wanted a Series or mapping by sample, got list",
    ),
    "labels an array": (
        *(SCORES, LABELS.to_numpy(), PATIENTS),
        "1 problem\n  - labels: wanted a Series or mapping by sample, got ndarray",
    ),
    "one class": (
        *(SCORES, LABELS.map(lambda _: "hot"), PATIENTS),
        "1 problem\n  - labels: 1 class (hot); a model needs at least 2",
    ),
    "few patients in a class": (
        *(SCORES, pd.Series(["hot"] * 8 + ["cold"] * 4, index=NAMES), PATIENTS),
        "1 problem\n  - labels: class 'cold' has 4 patients; at least 5 are needed",
    ),
    "many samples of few patients": (
        *(SCORES, LABELS, pd.Series(["P1", "P2"] * 6, index=NAMES)),
        (
            "2 problems\n  - labels: class 'cold' has 1 patients; at least 5 are needed\n"
            "  - labels: class 'hot' has 1 patients; at least 5 are needed"
        ),
    ),
    "a bar in a label": (
        *(SCORES, LABELS.replace("hot", "a|b"), PATIENTS),
        "1 problem\n  - labels: '|' separates the labels of a set and cannot be in a name: a|b",
    ),
    "missing scores": (
        *(_holed(), LABELS, PATIENTS),
        (
            "1 problem\n  - scores: 2 missing or infinite values, in ifng, of samples s01, s04; "
            "leave out these scores or these samples"
        ),
    ),
    "text as scores": (
        *(SCORES.assign(tgfb="x"), LABELS, PATIENTS),
        "1 problem\n  - scores: not numbers: tgfb",
    ),
    "no scores": (
        *(SCORES[[]], LABELS, PATIENTS),
        "1 problem\n  - scores: the table has no column",
    ),
    "a sample twice in scores": (
        *(SCORES.rename({"s01": "s00"}), LABELS.drop("s01"), PATIENTS.drop("s01")),
        "1 problem\n  - scores: sample given more than once: s00",
    ),
    "a score twice": (
        *(SCORES.set_axis(["ifng", "ifng"], axis=1), LABELS, PATIENTS),
        "1 problem\n  - scores: score given more than once: ifng",
    ),
    "labels of other samples": (
        *(SCORES, LABELS.rename({"s00": "x"}), PATIENTS),
        (
            "2 problems\n  - labels: 1 of 12 samples with scores are absent: s00\n"
            "  - labels: 1 samples have no scores: x; give labels.loc[scores.index]"
        ),
    ),
    "many labels too many": (
        *(SCORES.iloc[:0], LABELS, PATIENTS),
        (
            "2 problems\n  - labels: 12 samples have no scores: s00, s01, s02, s03, s04, …; give"
            " labels.loc[scores.index]\n  - groups: 12 samples have no scores: s00, s01, s02, s03,"
            " s04, …; give groups.loc[scores.index]"
        ),
    ),
    "a sample twice in groups": (
        *(SCORES, LABELS, pd.concat([PATIENTS, PATIENTS.iloc[:1]])),
        "1 problem\n  - groups: sample given more than once: s00",
    ),
    "labels with holes": (
        *(SCORES, LABELS.where(LABELS.index != "s03"), PATIENTS),
        "1 problem\n  - labels: 1 samples have none: s03; leave these samples out",
    ),
    "everything at once": (
        *(_holed(), list(LABELS), None),
        (
            "3 problems\n  - scores: 2 missing or infinite values, in ifng, of samples s01, s04;"
            " leave out these scores or these samples\n  - labels: wanted a Series or mapping by"
            " sample, got list\n  - groups: give the patient of each sample, so that no patient is"
            " on both sides of a split"
        ),
    ),
}


@pytest.mark.parametrize(("scores", "labels", "groups", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(scores: Any, labels: Any, groups: Any, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_study(scores, labels, groups)

    assert str(caught.value) == HEAD + message


def test_scores_that_are_no_table() -> None:
    with pytest.raises(ModelError) as caught:
        read_study(SCORES.to_numpy(), LABELS, PATIENTS)

    assert (
        str(caught.value)
        == "T101 scores: wanted Scores or a table (samples × scores), got ndarray."
    )
