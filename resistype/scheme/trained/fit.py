"""A model of a user's own labels on scores, tested harder than it is believed.

scikit-learn fits (a Pipeline of StandardScaler and logistic regression or nearest neighbours), and only this file knows
it. Every split keeps the samples of a patient together. The strength of the penalty, or the number of neighbours, is
chosen inside each training part only, and the permutation test repeats all of it. The model that is kept is fitted on
two thirds of the patients; the other third says what is unusual for a class (conformal prediction sets).

Labels that look like treatment response are refused: resistype never predicts response. It may describe how scores went
with response in a cohort, and then gives figures and no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ModelError, warn
from resistype.extras import needs
from resistype.scheme.response import looks_like_response
from resistype.scheme.trained.checks import KINDS
from resistype.scheme.trained.crossval import Floats, Rows, Splits, assess, choose_setting
from resistype.scheme.trained.inputs import Study, read_study
from resistype.scheme.trained.model import TrainedModel
from resistype.scheme.trained.options import Association, FitOptions
from resistype.score.scores import Scores

__all__ = ["Association", "FitOptions", "fit_model"]

Kind = Literal["logistic", "knn"]
# what is chosen between, from the most to the least cautious
_GRID: dict[str, tuple[float, ...]] = {"logistic": (0.01, 0.1, 1.0), "knn": (15, 9, 5, 3)}


@overload
def fit_model(
    scores: Any,
    labels: Any,
    *,
    groups: Any,
    kind: Kind = "logistic",
    describe_association: Literal[False] = False,
    options: FitOptions | None = None,
) -> TrainedModel: ...
@overload
def fit_model(
    scores: Any,
    labels: Any,
    *,
    groups: Any,
    kind: Kind = "logistic",
    describe_association: Literal[True],
    options: FitOptions | None = None,
) -> Association: ...
def fit_model(
    scores: Any,
    labels: Any,
    *,
    groups: Any = None,
    kind: Kind = "logistic",
    describe_association: bool = False,
    options: FitOptions | None = None,
) -> TrainedModel | Association:
    """Train a model of your own labels on scores, with cross-validation by patient and prediction sets.

    Parameters
    ----------
    scores
        Scores, or a table (n_obs, n_scores), without missing values.
    labels
        Series or mapping by sample: the state of each tumour as you know it. Labels that look like treatment response
        are refused.
    groups
        Series or mapping by sample: the patient.
    kind
        ``"logistic"`` (multinomial logistic regression) or ``"knn"`` (nearest neighbours).
    describe_association
        Give the cross-validated association of scores and labels instead of a model. This is the only thing that can be
        had for labels of response.
    options
        Seed, permutations, folds, processes.

    Returns
    -------
    TrainedModel
        Apply it with ``model.apply(scores)``, keep it with ``model.save("name.json")``. With `describe_association` an
        Association.

    Raises
    ------
    ModelError
        T101 with every complaint about the input; T102 when labels look like treatment response.
    MissingExtraError
        X101 when scikit-learn is not installed.

    Warns
    -----
    CohortWarning
        W304 when shuffled labels are told apart as well (p > 0.05).

    Notes
    -----
    Split-conformal sets, class by class: doi 10.1007/b106715. Of a patient with several samples of a class one, drawn
    by the seed, is kept aside, so the kept samples count patients.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng, names = np.random.default_rng(0), [f"P{number}" for number in range(80)]
    >>> state = pd.Series(["hot", "cold"] * 40, index=names)
    >>> scores = pd.DataFrame({"ifng": rng.normal(np.where(state == "hot", 2.0, -2.0))}, index=names)
    >>> quick = FitOptions(n_perm=19, folds=2, n_jobs=1)
    >>> model = fit_model(scores, state, groups=pd.Series(names, names), options=quick)
    >>> model.assessment["auc"] > 0.9, model.assessment["p"]
    (True, 0.05)
    >>> model.apply(scores.loc[["P0", "P1"]], alpha=0.1)["call"].tolist()
    ['hot', 'cold']
    """
    chosen = options or FitOptions()
    if kind not in KINDS:
        raise ModelError(f"kind={kind!r} is not one of {', '.join(KINDS)}.", code="T101")
    study = read_study(scores, labels, groups)
    reason = looks_like_response(getattr(labels, "name", None), study.classes)
    if reason and not describe_association:
        message = (
            f"The labels look like treatment response: {reason}. resistype describes states of a tumour and never "
            "predicts response, so no model is made. Give labels of a state, or describe_association=True for the "
            "cross-validated association with its caveat."
        )
        raise ModelError(message, code="T102")
    _require_sklearn()
    learner = _Sklearn(kind)
    assessment = assess(learner, study, chosen)
    if describe_association:
        keys = ("auc", "auc_by_label", "p", "n_perm", "n_samples", "n_patients")
        return Association(**{key: assessment[key] for key in keys})
    _warn_if_chance(assessment)
    return _final(learner, study, chosen, assessment=assessment, origin=_origin(scores))


def _warn_if_chance(assessment: Mapping[str, Any]) -> None:
    if assessment["p"] > 0.05:
        message = (
            f"These scores do not tell these labels apart: cross-validated AUC {assessment['auc']:.2f}, and "
            f"{assessment['p']:.0%} of shuffled labels do as well. The model's sets will say little."
        )
        warn(message, CohortWarning, code="W304", stacklevel=4)


@dataclass(frozen=True)
class _Sklearn:
    """Pipelines of scikit-learn: StandardScaler, then logistic regression or nearest neighbours."""

    kind: Kind

    def split(self, rows: Rows, *, n: int, seed: int) -> Splits:
        from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415  loaded when a model is trained

        fewest = min(len(np.unique(rows.patients[rows.codes == code])) for code in np.unique(rows.codes))
        if min(n, fewest) < 2:
            return []
        splitter = StratifiedGroupKFold(n_splits=min(n, fewest), shuffle=True, random_state=seed)
        return list(splitter.split(rows.values, rows.codes, rows.patients))

    def settings(self, smallest: int) -> tuple[float, ...]:
        grid = _GRID[self.kind]
        return tuple(one for one in grid if self.kind != "knn" or one <= smallest) or (1.0,)

    def weights(self, train: Rows, wanted: Floats, *, setting: float, n_classes: int) -> Floats:
        weight = np.zeros((len(wanted), n_classes))
        seen = np.unique(train.codes)  # a class that was not seen has no weight
        weight[:, seen] = self.fit(train, setting).predict_proba(wanted) if len(seen) > 1 else 1.0
        return weight

    def fit(self, train: Rows, setting: float) -> Any:
        from sklearn import config_context  # noqa: PLC0415
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  loaded when a model is trained
        from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        last = KNeighborsClassifier(n_neighbors=int(setting))
        if self.kind == "logistic":
            last = LogisticRegression(C=setting, class_weight="balanced", solver="newton-cholesky", max_iter=1000)
        with config_context(assume_finite=True, skip_parameter_validation=True):  # checked once, when they were read
            return make_pipeline(StandardScaler(), last).fit(train.values, train.codes)

    def arrays(self, train: Rows, setting: float) -> dict[str, NDArray[Any]]:
        """What a fitted pipeline knows, as plain arrays."""
        scaler, fitted = self.fit(train, setting)
        arrays = {"location": np.asarray(scaler.mean_), "scale": np.asarray(scaler.scale_)}
        if self.kind == "knn":
            return arrays | {"points": scaler.transform(train.values), "codes": train.codes.astype(np.int64)}
        coefficients, intercepts = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        if len(coefficients) == 1:  # two classes: scikit-learn keeps the second only
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.concatenate([[0.0], intercepts])
        return arrays | {"coefficients": coefficients, "intercepts": intercepts}


def _final(
    learner: _Sklearn, study: Study, options: FitOptions, *, assessment: dict[str, Any], origin: dict[str, Any]
) -> TrainedModel:
    """The model of two thirds of the patients, with the rest as calibration."""
    rows = Rows.of(study)
    train, kept = learner.split(rows, n=options.kept, seed=options.seed + 2)[0]
    setting = choose_setting(learner, rows.take(train), seed=options.seed)
    bare = TrainedModel(
        kind=learner.kind,
        classes=study.classes,
        features=tuple(study.frame.columns),
        arrays=learner.arrays(rows.take(train), setting) | _calibration(study.classes, {}),
        neighbours=int(setting) if learner.kind == "knn" else 0,
        about={"seed": options.seed, **_versions(), **origin},
    )
    found = _calibration(study.classes, _misfit(bare, rows.take(kept), np.random.default_rng(options.seed)))
    sizes = dict(zip(study.classes, (len(one) for one in found.values()), strict=True))
    return replace(
        bare, arrays={**bare.arrays, **found}, assessment={**assessment, "kept_per_class": sizes, "setting": setting}
    )


def _calibration(classes: Sequence[str], found: Mapping[int, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    return {f"calibration_{number}": found.get(number, np.empty(0)) for number in range(len(classes))}


def _misfit(model: TrainedModel, kept: Rows, rng: np.random.Generator) -> dict[int, NDArray[np.float64]]:
    """How badly kept samples fit their own class, one sample a patient and class, sorted."""
    misfit = 1.0 - model.probabilities(kept.values)
    found = {}
    for number in range(len(model.classes)):
        mine = rng.permutation(np.flatnonzero(kept.codes == number))
        _, first = np.unique(kept.patients[mine], return_index=True)
        found[number] = np.sort(misfit[mine[first], number])
    return found


def _origin(scores: Any) -> dict[str, Any]:
    """Where scores come from, when they know it."""
    if not isinstance(scores, Scores):
        return {}
    refs = {name: list(ref) for name, ref in scores.refs.items()}
    return {"methods": dict(scores.specs), "signatures": refs, "n_genes": scores.n_genes, "unit": scores.unit}


def _versions() -> dict[str, str]:
    found = {}
    for name in ("resistype", "scikit-learn", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _require_sklearn() -> None:
    with needs("scikit-learn", extra="learn", what="Training a model", hint="Applying a saved one does not."):
        import sklearn  # noqa: F401, PLC0415  loaded when a model is trained
