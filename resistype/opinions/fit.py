"""Training a model of a user's own labels on scores, tested harder than it is believed.

scikit-learn fits (a Pipeline of StandardScaler and logistic regression or nearest neighbours); only
`Learner` knows it. Every split keeps the samples of a patient together. The strength of the
penalty, or the number of neighbours, is chosen inside each training part only, and the permutation
test repeats all of it: splitting, choosing and fitting. The model that is kept is fitted on two
thirds of the patients; the other third says what is unusual for a class.

Labels that look like treatment response are refused (labels.py): resistype never predicts response.
It may describe how scores went with response in a cohort, and then gives figures and no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ModelError, warn
from resistype.extras import needs
from resistype.opinions.frame import Codes, Floats, Limit, check_limits
from resistype.opinions.labels import Rows, Study, looks_like_response, read_study
from resistype.opinions.model import KINDS, TrainedModel
from resistype.score.scores import Scores

CAVEAT = (
    "This describes how scores went with labels in this cohort. It is no model and predicts"
    " nothing: resistype never predicts treatment response. Research use only."
)


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How a model is trained and tested; T101 for a value out of range.

    Parameters
    ----------
    seed
        Seed of splits, permutations and the choice of kept samples.
    n_perm
        Permutations of the labels between patients.
    folds
        Outer folds of cross-validation; fewer when a class has fewer patients.
    kept
        One patient in this many is kept aside for the prediction sets.
    n_jobs
        Processes for the permutations; the result does not depend on it.
    """

    seed: int = 0
    n_perm: int = 200
    folds: int = 5
    kept: int = 3
    n_jobs: int = -1

    def __post_init__(self) -> None:
        least = {"n_perm": 19, "folds": 2, "kept": 2, "seed": 0}
        limits = {name: Limit(low, whole=True) for name, low in least.items()}
        check_limits(vars(self), limits, ModelError, code="T101", subject="Options of a model")


@dataclass(frozen=True)
class Association:
    """How scores go with labels in one cohort, out of fold.

    Figures that cannot be applied to another sample.

    Parameters
    ----------
    auc
        Mean over the labels of the AUC of one against all others, cross-validated with patients
        kept together.
    auc_by_label
        The AUC of each label.
    p
        Fraction of permutations of the labels between patients that reach `auc`, data included.
    n_perm, n_samples, n_patients
        Numbers.
    caveat
        Must be printed beside the figures.
    """

    auc: float
    auc_by_label: Mapping[str, float]
    p: float
    n_perm: int
    n_samples: int
    n_patients: int
    caveat: str = CAVEAT

    def __str__(self) -> str:
        return (
            f"Cross-validated AUC {self.auc:.2f} (p = {self.p:.3g} by {self.n_perm} permutations"
            f" between patients; {self.n_samples} samples of {self.n_patients} patients)."
            f" {self.caveat}"
        )


INNER = 3
_TIE = 1e-12
Kind = Literal["logistic", "knn"]
# what is chosen between, from the most to the least cautious
_GRID: dict[str, tuple[float, ...]] = {"logistic": (0.01, 0.1, 1.0), "knn": (15, 9, 5, 3)}
Splits: TypeAlias = list[tuple[Codes, Codes]]


def auc_by_class(weight: Floats, codes: Codes) -> Floats:
    """AUC of each class against all others."""
    from scipy.stats import rankdata  # noqa: PLC0415  0.6 s

    n_classes = weight.shape[1]
    found = np.full(n_classes, np.nan)
    for number in range(n_classes):
        mine = codes == number
        n_mine, n_other = int(mine.sum()), int((~mine).sum())
        if n_mine and n_other:
            ranks = rankdata(weight[:, number])
            found[number] = (ranks[mine].sum() - n_mine * (n_mine + 1) / 2) / (n_mine * n_other)
    return found


def mean_auc(weight: Floats, codes: Codes) -> float:
    """Mean of the AUC over the classes that have one; 0.5 when none has."""
    each = auc_by_class(weight, codes)
    known = each[~np.isnan(each)]
    return float(known.mean()) if known.size else 0.5


def balanced_accuracy(weight: Floats, codes: Codes) -> float:
    """Fraction of samples whose largest weight is at their class, averaged over the classes."""
    right = weight.argmax(axis=1) == codes
    return float(np.mean([right[codes == code].mean() for code in np.unique(codes)]))


def shuffled(codes: Codes, patients: Codes, rng: np.random.Generator) -> Codes:
    """Labels dealt anew between patients, shape (n_obs,)."""
    rows = [np.flatnonzero(patients == one) for one in np.unique(patients)]
    dealt = np.empty_like(codes)
    for mine, giver in zip(rows, rng.permutation(len(rows)), strict=True):
        given = codes[rows[giver]]
        dealt[mine] = given[np.arange(len(mine)) % len(given)]
    return dealt


def assess(learner: Learner, study: Study, options: FitOptions) -> dict[str, Any]:
    """Figures of the nested cross-validation: AUC, balanced accuracy, permutation p, numbers."""
    rows = study.rows
    weight = _out_of_fold(learner, rows, options)
    auc = mean_auc(weight, rows.codes)
    run = Parallel(n_jobs=options.n_jobs)
    null = run(
        delayed(_null_auc)(learner, rows, options, number=number)
        for number in range(options.n_perm)
    )
    reached = int((np.array(null) >= auc - _TIE).sum())
    by_label: Mapping[str, float] = dict(
        zip(study.classes, auc_by_class(weight, rows.codes).tolist(), strict=True)
    )
    return {
        "auc": auc,
        "auc_by_label": by_label,
        "balanced_accuracy": balanced_accuracy(weight, rows.codes),
        "p": (1 + reached) / (1 + options.n_perm),
        "n_perm": options.n_perm,
        "n_samples": len(rows.codes),
        "n_patients": len(np.unique(rows.patients)),
        "patients_per_class": study.patients_per_class(),
    }


def _null_auc(learner: Learner, rows: Rows, options: FitOptions, *, number: int) -> float:
    codes = shuffled(rows.codes, rows.patients, np.random.default_rng([options.seed, number]))
    weight = _out_of_fold(learner, Rows(rows.values, codes, rows.patients), options)
    return mean_auc(weight, codes)


def _out_of_fold(learner: Learner, rows: Rows, options: FitOptions) -> Floats:
    """Weight of each class in each sample by a pipeline that has not seen the patient."""
    splits = learner.split(rows, n=options.folds, seed=options.seed)
    return _held_out(
        learner, rows, splits, lambda part: choose_setting(learner, part, seed=options.seed)
    )


def _held_out(
    learner: Learner, rows: Rows, splits: Splits, setting: Callable[[Rows], float]
) -> Floats:
    n_classes = int(rows.codes.max()) + 1
    weight = np.zeros((len(rows.codes), n_classes))
    for train, test in splits:
        part = rows.take(train)
        weight[test] = learner.weights(
            part, rows.values[test], setting=setting(part), n_classes=n_classes
        )
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
    weight = _held_out(learner, rows, inner, lambda _: setting)
    own = np.log(np.clip(weight[np.arange(len(rows.codes)), rows.codes], 1e-3, None))
    return float(np.mean([own[rows.codes == code].mean() for code in np.unique(rows.codes)]))


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
    """Train a model of your own labels on scores, with cross-validation by patient and prediction
    sets.

    Parameters
    ----------
    scores
        Scores, or a table (n_obs, n_scores), without missing values.
    labels
        Series or mapping by sample: the state of each tumour as you know it. Labels that look like
        treatment response are refused.
    groups
        Series or mapping by sample: the patient.
    kind
        ``"logistic"`` (multinomial logistic regression) or ``"knn"`` (nearest neighbours).
    describe_association
        Give the cross-validated association of scores and labels instead of a model. This is the
        only thing that can be had for labels of response.
    options
        Seed, permutations, folds, processes.

    Returns
    -------
    TrainedModel
        Apply it with ``model.apply(scores)``, keep it with ``model.save("name.json")``. With
        `describe_association` an Association.

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
    Split-conformal sets, class by class: doi 10.1007/b106715. Of a patient with several samples of
    a class one, drawn by the seed, is kept aside, so the kept samples count patients.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng, names = np.random.default_rng(0), [f"P{number}" for number in range(80)]
    >>> state = pd.Series(["hot", "cold"] * 40, index=names)
    >>> scores = pd.DataFrame(
    ...     {"ifng": rng.normal(np.where(state == "hot", 2.0, -2.0))}, index=names
    ... )
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
            f"The labels look like treatment response: {reason}. resistype describes states of a"
            " tumour and never predicts response, so no model is made. Give labels of a state, or"
            " describe_association=True for the cross-validated association with its caveat."
        )
        raise ModelError(message, code="T102")
    with needs(
        "scikit-learn",
        extra="learn",
        what="Training a model",
        hint="Applying a saved one does not.",
    ):
        import sklearn  # noqa: F401, PLC0415  loaded when a model is trained
    learner = Learner(kind)
    assessment = assess(learner, study, chosen)
    if describe_association:
        keys = ("auc", "auc_by_label", "p", "n_perm", "n_samples", "n_patients")
        return Association(**{key: assessment[key] for key in keys})
    _warn_if_chance(assessment)
    return _final(learner, study, chosen, assessment=assessment, origin=_origin(scores))


def _warn_if_chance(assessment: Mapping[str, Any]) -> None:
    if assessment["p"] > 0.05:
        message = (
            "These scores do not tell these labels apart: cross-validated AUC"
            f" {assessment['auc']:.2f}, and {assessment['p']:.0%} of shuffled labels do as well."
            " The model's sets will say little."
        )
        warn(message, CohortWarning, code="W304", stacklevel=4)


@dataclass(frozen=True)
class Learner:
    """Pipelines of scikit-learn: StandardScaler, then logistic regression or nearest neighbours."""

    kind: Kind

    def split(self, rows: Rows, *, n: int, seed: int) -> Splits:
        """Folds in which no patient stands on both sides."""
        # loaded when a model is trained
        from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

        fewest = min(
            len(np.unique(rows.patients[rows.codes == code])) for code in np.unique(rows.codes)
        )
        if min(n, fewest) < 2:
            return []
        splitter = StratifiedGroupKFold(n_splits=min(n, fewest), shuffle=True, random_state=seed)
        return list(splitter.split(rows.values, rows.codes, rows.patients))

    def settings(self, smallest: int) -> tuple[float, ...]:
        """The settings to try, for the smallest fold."""
        grid = _GRID[self.kind]
        return tuple(one for one in grid if self.kind != "knn" or one <= smallest) or (1.0,)

    def weights(self, train: Rows, wanted: Floats, *, setting: float, n_classes: int) -> Floats:
        """One column of weights per class."""
        weight = np.zeros((len(wanted), n_classes))
        seen = np.unique(train.codes)  # a class that was not seen has no weight
        weight[:, seen] = self.fit(train, setting).predict_proba(wanted) if len(seen) > 1 else 1.0
        return weight

    def fit(self, train: Rows, setting: float) -> Any:
        """A trained model of the library."""
        from sklearn import config_context  # noqa: PLC0415

        # loaded when a model is trained
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        last = KNeighborsClassifier(n_neighbors=int(setting))
        if self.kind == "logistic":
            last = LogisticRegression(
                C=setting, class_weight="balanced", solver="newton-cholesky", max_iter=1000
            )
        # numbers are checked once, when they are read
        with config_context(assume_finite=True, skip_parameter_validation=True):
            return make_pipeline(StandardScaler(), last).fit(train.values, train.codes)

    def arrays(self, train: Rows, setting: float) -> dict[str, NDArray[Any]]:
        """What a fitted pipeline knows, as plain arrays."""
        scaler, fitted = self.fit(train, setting)
        arrays = {"location": np.asarray(scaler.mean_), "scale": np.asarray(scaler.scale_)}
        if self.kind == "knn":
            return arrays | {
                "points": scaler.transform(train.values),
                "codes": train.codes.astype(np.int64),
            }
        coefficients, intercepts = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        if len(coefficients) == 1:  # two classes: scikit-learn keeps the second only
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.concatenate([[0.0], intercepts])
        return arrays | {"coefficients": coefficients, "intercepts": intercepts}


def _final(
    learner: Learner,
    study: Study,
    options: FitOptions,
    *,
    assessment: dict[str, Any],
    origin: dict[str, Any],
) -> TrainedModel:
    """The model of two thirds of the patients, with the rest as calibration."""
    train, kept = learner.split(study.rows, n=options.kept, seed=options.seed + 2)[0]
    setting = choose_setting(learner, study.rows.take(train), seed=options.seed)
    empty = {f"calibration_{number}": np.empty(0) for number in range(len(study.classes))}
    bare = TrainedModel(
        kind=learner.kind,
        classes=study.classes,
        features=study.features,
        arrays=learner.arrays(study.rows.take(train), setting) | empty,
        neighbours=int(setting) if learner.kind == "knn" else 0,
        about={"seed": options.seed, **_versions(), **origin},
    )
    found = _misfit(bare, study.rows.take(kept), np.random.default_rng(options.seed))
    sizes = dict(zip(study.classes, (len(one) for one in found.values()), strict=True))
    told = {**assessment, "kept_per_class": sizes, "setting": setting}
    return replace(bare, arrays={**bare.arrays, **found}, assessment=told)


def _misfit(model: TrainedModel, kept: Rows, rng: np.random.Generator) -> dict[str, Floats]:
    """How badly kept samples fit their own class, one sample per patient and class, sorted."""
    misfit = 1.0 - model.probabilities(kept.values)
    found = {}
    for number in range(len(model.classes)):
        mine = rng.permutation(np.flatnonzero(kept.codes == number))
        _, first = np.unique(kept.patients[mine], return_index=True)
        found[f"calibration_{number}"] = np.sort(misfit[mine[first], number])
    return found


def _origin(scores: Any) -> dict[str, Any]:
    """Where scores come from, when they know it."""
    if not isinstance(scores, Scores):
        return {}
    refs = {name: list(ref) for name, ref in scores.refs.items()}
    return {
        "methods": dict(scores.specs),
        "signatures": refs,
        "n_genes": scores.n_genes,
        "unit": scores.unit,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in ("resistype", "scikit-learn", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
