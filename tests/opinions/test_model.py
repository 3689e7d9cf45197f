"""Applying a model: own numpy against scikit-learn and slow versions, abstention, refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import CohortWarning, ModelError
from resistype.opinions.model import TrainedModel, write_model
from resistype.score.scores import Scores

FLAT = np.linspace(0, 0.95, 20)


def logistic(
    *, kept: tuple[int, ...] = (20, 20, 20), n_features: int = 2, seed: int = 0
) -> TrainedModel:
    rng = np.random.default_rng(seed)
    return TrainedModel(
        kind="logistic",
        classes=("cold", "hot", "stroma"),
        features=tuple(f"s{number}" for number in range(n_features)),
        arrays={
            "location": rng.normal(size=n_features),
            "scale": rng.uniform(0.5, 2, size=n_features),
            "coefficients": rng.normal(size=(3, n_features)),
            "intercepts": rng.normal(size=3),
            **{f"calibration_{number}": np.linspace(0, 0.9, n) for number, n in enumerate(kept)},
        },
        assessment={"auc": 0.8},
        about={"seed": 0},
    )


def knn(*, k: int = 5, seed: int = 0) -> TrainedModel:
    rng = np.random.default_rng(seed)
    return TrainedModel(
        kind="knn",
        classes=("cold", "hot"),
        features=("s0", "s1"),
        arrays={
            "location": np.zeros(2),
            "scale": np.array([1.0, 2.0]),
            "points": rng.normal(size=(30, 2)),
            "codes": rng.integers(0, 2, size=30),
            "calibration_0": FLAT,
            "calibration_1": FLAT,
        },
        neighbours=k,
    )


def table(rows: Any, names: list[str] | None = None) -> pd.DataFrame:
    values = np.asarray(rows, dtype=float)
    columns = names or [f"s{number}" for number in range(values.shape[1])]
    return pd.DataFrame(
        values, index=[f"P{number}" for number in range(len(values))], columns=columns
    )


def slow_logistic(model: TrainedModel, row: list[float]) -> list[float]:
    z = [
        (x - m) / s
        for x, m, s in zip(row, model.arrays["location"], model.arrays["scale"], strict=True)
    ]
    level = [
        b + sum(w * x for w, x in zip(weights, z, strict=True))
        for weights, b in zip(model.arrays["coefficients"], model.arrays["intercepts"], strict=True)
    ]
    total = sum(math.exp(one - max(level)) for one in level)
    return [math.exp(one - max(level)) / total for one in level]


def slow_knn(model: TrainedModel, row: list[float]) -> list[float]:
    z = [
        (x - m) / s
        for x, m, s in zip(row, model.arrays["location"], model.arrays["scale"], strict=True)
    ]
    apart = [
        (sum((a - b) ** 2 for a, b in zip(z, point, strict=True)), n)
        for n, point in enumerate(model.arrays["points"])
    ]
    nearest = [model.arrays["codes"][number] for _, number in sorted(apart)[: model.neighbours]]
    return [nearest.count(code) / model.neighbours for code in range(len(model.classes))]


ROWS = st.lists(st.lists(st.floats(-50, 50), min_size=2, max_size=2), min_size=1, max_size=6)


@given(ROWS, st.integers(0, 50))
def test_logistic_is_the_formula(rows: list[list[float]], seed: int) -> None:
    model = logistic(seed=seed)

    found = model.probabilities(np.array(rows))
    np.testing.assert_allclose(
        found, [slow_logistic(model, row) for row in rows], rtol=0, atol=1e-12
    )


@given(ROWS, st.integers(0, 50), st.integers(1, 30))
def test_neighbours_vote(rows: list[list[float]], seed: int, k: int) -> None:
    model = knn(seed=seed, k=k)

    assert model.probabilities(np.array(rows)).tolist() == [slow_knn(model, row) for row in rows]


@pytest.mark.parametrize(
    "model", [logistic(n_features=37), logistic(), knn()], ids=["wide", "logistic", "knn"]
)
def test_a_row_has_the_same_bits_alone_and_among_others(
    model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).normal(size=(23, len(model.features)))
    whole = model.probabilities(values)
    alone = np.concatenate([model.probabilities(row[None, :]) for row in values])
    monkeypatch.setattr("resistype.opinions.model._CELLS", 7)

    assert alone.tobytes() == whole.tobytes() == model.probabilities(values).tobytes()


@pytest.mark.parametrize("model", [logistic(), knn()], ids=["logistic", "knn"])
def test_no_sample_gives_an_empty_table(model: TrainedModel) -> None:
    assert len(model.apply(table(np.empty((0, 2))))) == 0


def test_extreme_scores_do_not_overflow() -> None:
    found = logistic().probabilities(np.array([[1e300, -1e300]]))

    np.testing.assert_allclose(found.sum(axis=1), 1.0)


# sets and abstention


def test_every_call_stands_beside_its_set() -> None:
    model = replace(logistic(), arrays={**logistic().arrays, "coefficients": np.eye(3)[:, :2] * 8})
    found = model.apply(table(np.random.default_rng(0).normal(size=(60, 2)) * 2))

    sizes = found["set"].map(lambda text: len([one for one in text.split(" | ") if one]))
    assert set(found["call"][sizes == 1]) <= set(model.classes)
    assert (found["call"][sizes == 1] == found["set"][sizes == 1]).all()
    assert set(found["call"][sizes > 1]) <= {"ambiguous"}
    assert set(found["call"][sizes == 0]) <= {"none"}
    assert (sizes > 1).any()
    assert (sizes == 1).any()


def test_a_sample_unlike_every_class_gets_none() -> None:
    sure = {f"calibration_{number}": np.zeros(20) for number in range(3)}
    found = replace(logistic(), arrays={**logistic().arrays, **sure}).apply(table([[0.0, 0.0]]))

    assert found[["call", "set"]].to_numpy().tolist() == [["none", ""]]


def test_a_sample_without_a_needed_score_is_not_assessable() -> None:
    found = logistic().apply(table([[np.nan, 0.0], [0.1, 0.2], [np.inf, 0.0]]))

    assert found["call"].tolist()[::2] == ["not_assessable"] * 2
    assert found["set"].tolist()[::2] == ["", ""]
    assert found.filter(like="p_").iloc[[0, 2]].isna().all(axis=None)
    assert found["call"].iloc[1] != "not_assessable"


def test_a_smaller_alpha_gives_larger_sets() -> None:
    values = table(np.random.default_rng(0).normal(size=(40, 2)))
    sizes = [
        logistic().apply(values, alpha=alpha)["set"].str.count(r"\|").sum()
        for alpha in (0.3, 0.1, 0.05)
    ]

    assert sizes == sorted(sizes)


def test_other_columns_and_their_order_do_not_matter() -> None:
    values = table(np.random.default_rng(0).normal(size=(5, 2)))
    more = values.assign(other=np.nan, text="x")[["other", "s1", "text", "s0"]]

    pd.testing.assert_frame_equal(
        logistic().apply(more), logistic().apply(values), check_exact=True
    )


def test_few_kept_patients_refuse_a_fine_alpha() -> None:
    model = logistic(kept=(20, 19, 7))
    with pytest.raises(ModelError) as caught:
        model.apply(table([[0.0, 0.0]]), alpha=0.09)

    assert (
        str(caught.value)
        == "T105 alpha=0.09 needs 20 kept patients of every class; there are: hot 19, stroma 7. Use"
        " alpha=0.1 or more, or train on more patients."
    )


def test_twenty_kept_patients_allow_a_fine_alpha() -> None:
    assert len(logistic(kept=(20, 20, 20)).apply(table([[0.0, 0.0]]), alpha=0.06)) == 1


def test_a_class_that_can_never_be_ruled_out_is_told() -> None:
    with pytest.warns(CohortWarning) as caught:
        found = logistic(kept=(20, 8, 9)).apply(table([[0.0, 0.0]]), alpha=0.1)

    assert [str(one.message) for one in caught] == [
        "W305 At alpha=0.1 too few patients were kept to ever rule out: hot."
    ]
    assert caught[0].filename == __file__
    assert "hot" in found["set"].iloc[0]


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 2, float("nan")])
def test_an_alpha_out_of_range_is_refused(alpha: float) -> None:
    with pytest.raises(ModelError, match=f"T105 alpha={alpha}: wanted more than 0 and less than 1"):
        logistic().apply(table([[0.0, 0.0]]), alpha=alpha)


BAD_SCORES: dict[str, tuple[Any, str]] = {
    "absent": (table([[0.0]]), "1 problem\n  - 1 of 2 scores are absent: s1"),
    "twice": (
        table([[0.0, 1.0, 2.0]], ["s0", "s1", "s1"]),
        "1 problem\n  - scores given more than once: s1",
    ),
    "text": (table([[0.0, 1.0]]).astype({"s1": str}), "1 problem\n  - not numbers: s1"),
}


@pytest.mark.parametrize(("scores", "message"), BAD_SCORES.values(), ids=BAD_SCORES.keys())
def test_scores_that_do_not_fit(scores: Any, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        logistic().apply(scores)

    assert str(caught.value) == f"T104 Scores that do not fit the model: {message}"


def _scores(*, spec: str = "ssgsea/1", version: str = "1.0.0") -> Scores:
    values = np.random.default_rng(0).normal(size=(3, 2))
    return Scores(
        samples=("a", "b", "c"),
        signatures=("s0", "s1"),
        methods=(spec.partition("/")[0],),
        values={spec.partition("/")[0]: values},
        coverage=pd.DataFrame(),
        specs={spec.partition("/")[0]: spec},
        refs={"s0": (f"s0@{version}", "h0"), "s1": ("s1@1.0.0", "h1")},
        n_genes=100,
        unit="log2",
    )


ORIGIN = {
    "methods": {"ssgsea": "ssgsea/1"},
    "signatures": {"s0": ["s0@1.0.0", "h0"], "s1": ["s1@1.0.0", "h1"]},
}


def test_scores_of_the_same_origin_are_accepted() -> None:
    model = replace(logistic(), about=ORIGIN)

    pd.testing.assert_frame_equal(
        model.apply(_scores()), model.apply(_scores().to_frame()), check_exact=True
    )


OTHER = {
    "another signature": (
        _scores(version="2.0.0"),
        "signatures with another version or content: s0",
    ),
    "another specification": (
        _scores(spec="ssgsea/2"),
        "scores of ssgsea/2; the model was trained on ssgsea/1",
    ),
    "another method": (
        _scores(spec="zscore/1"),
        "scores of zscore; the model was trained on ssgsea",
    ),
}


@pytest.mark.parametrize(("scores", "message"), OTHER.values(), ids=OTHER.keys())
def test_scores_of_another_origin_are_refused(scores: Scores, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        replace(logistic(), about=ORIGIN).apply(scores)

    assert str(caught.value) == f"T104 Scores that do not fit the model: 1 problem\n  - {message}"


# files


@pytest.mark.parametrize("model", [logistic(), knn()], ids=["logistic", "knn"])
def test_a_model_comes_back_as_it_was(model: TrainedModel, tmp_path: Path) -> None:
    again = TrainedModel.load(model.save(tmp_path / "model.json"))
    values = table(np.random.default_rng(0).normal(size=(9, 2)))

    assert again.digest == model.digest
    assert (again.kind, again.classes, again.features) == (
        model.kind,
        model.classes,
        model.features,
    )
    assert again.assessment == model.assessment
    pd.testing.assert_frame_equal(again.apply(values), model.apply(values), check_exact=True)


KEPT = (
    Path(__file__).resolve().parents[1] / "data" / "models"
)  # recipe.py there says how they were made


@pytest.mark.parametrize("name", ["logistic-1", "knn-1"])
def test_models_of_earlier_versions_load_and_say_the_same(name: str) -> None:
    scores = pd.read_csv(KEPT / "scores.csv", index_col=0, dtype=str).astype(float)
    expected = pd.read_csv(KEPT / f"{name}.expected.csv", index_col=0, keep_default_na=False)
    found = TrainedModel.load(KEPT / f"{name}.json").apply(scores)

    assert found[["call", "set"]].equals(expected[["call", "set"]])
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def _without(name: str) -> dict[str, Any]:
    return {key: one for key, one in logistic().arrays.items() if key != name}


def _with(base: TrainedModel, **changed: Any) -> dict[str, Any]:
    return {"arrays": {**base.arrays, **changed}}


BAD_PARTS: dict[str, tuple[TrainedModel, dict[str, Any], str]] = {
    "an unknown kind": (
        logistic(),
        {"kind": "forest"},
        "the kind 'forest' is not one of logistic, knn",
    ),
    "one class": (logistic(), {"classes": ("hot",)}, "1 classes and 2 scores"),
    "no score": (logistic(), {"features": ()}, "3 classes and 0 scores"),
    "a number as class": (
        logistic(),
        {"classes": ("a", "b", 3)},
        "a name of a class or score is no text",
    ),
    "an array less": (logistic(), {"arrays": _without("scale")}, "array 'scale' is absent"),
    "an array more": (
        logistic(),
        _with(logistic(), points=np.zeros(2)),
        "array 'points' is of no use",
    ),
    "a shape": (
        logistic(),
        _with(logistic(), coefficients=np.zeros((2, 2))),
        "array 'coefficients' has shape (2, 2), wanted (3, 2)",
    ),
    "not finite": (
        logistic(),
        _with(logistic(), location=np.array([0, np.nan])),
        "array 'location' is not finite",
    ),
    "no spread": (
        logistic(),
        _with(logistic(), scale=np.array([1.0, 0.0])),
        "a scale is not positive",
    ),
    "a block of calibration": (
        logistic(),
        _with(logistic(), calibration_1=np.zeros((2, 2))),
        "array 'calibration_1' is no single row",
    ),
    "many neighbours": (
        knn(),
        {"neighbours": 31},
        "neighbours or codes of classes are out of range",
    ),
    "no neighbours": (knn(), {"neighbours": 0}, "neighbours or codes of classes are out of range"),
    "a class too many": (
        knn(),
        _with(knn(), codes=np.full(30, 2)),
        "neighbours or codes of classes are out of range",
    ),
    "codes that are no numbers of classes": (
        knn(),
        _with(knn(), codes=np.full(30, 0.5)),
        "neighbours or codes of classes are out of range",
    ),
    "no points": (
        knn(),
        _with(knn(), codes=np.empty(0, int), points=np.empty((0, 2))),
        "neighbours or codes of classes are out of range",
    ),
}


@pytest.mark.parametrize(("model", "changed", "message"), BAD_PARTS.values(), ids=BAD_PARTS.keys())
def test_parts_that_do_not_go_together(
    model: TrainedModel, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError) as caught:
        replace(model, **changed)

    assert (
        str(caught.value)
        == f"T103 Parts of a model that do not go together: 1 problem\n  - {message}"
    )


HEAD = {
    "kind": "logistic",
    "classes": ["a", "b"],
    "features": ["x"],
    "neighbours": 0,
    "assessment": {},
    "about": {},
}


def test_a_file_with_a_right_hash_and_wrong_parts_is_refused(tmp_path: Path) -> None:
    arrays = {**logistic().arrays, "coefficients": np.zeros((2, 2))}
    path = write_model(tmp_path / "evil.json", HEAD, arrays)

    with pytest.raises(ModelError, match="T103 Parts of a model that do not go together"):
        TrainedModel.load(path)


@pytest.mark.parametrize(
    "absent", ["kind", "classes", "features", "neighbours", "assessment", "about"]
)
def test_a_file_with_a_right_hash_and_a_part_missing_is_refused(
    tmp_path: Path, absent: str
) -> None:
    path = write_model(
        tmp_path / "part.json", {k: v for k, v in HEAD.items() if k != absent}, logistic().arrays
    )

    with pytest.raises(
        ModelError, match=f"T103 .* is refused: '{absent}' is missing or of another type"
    ):
        TrainedModel.load(path)


def test_neighbours_that_are_text_are_refused(tmp_path: Path) -> None:
    head = {**HEAD, "kind": "knn", "features": ["s0", "s1"], "neighbours": "5"}
    path = write_model(tmp_path / "text.json", head, knn().arrays)

    with pytest.raises(ModelError, match="T103"):
        TrainedModel.load(path)


def test_nothing_is_warned_of_when_all_is_well() -> None:
    logistic().apply(table([[0.0, 0.0]]), alpha=0.2)
