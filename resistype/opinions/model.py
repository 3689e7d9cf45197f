"""A model trained on a user's labels.

Plain arrays, applied by the few lines of numpy below, kept without a pickle.

scikit-learn fits (`fit`), but is not needed to apply: what is kept are means, scales, and
coefficients or neighbours. A sample gets the set of labels that cannot be ruled out. One label:
that is the call. Several: "ambiguous". None: "none". A sample without a needed score:
"not_assessable". Rows are computed one by one in a fixed order of sums, so other samples never
change a result.

The sets are split-conformal, class by class (Mondrian): for each class some samples are kept aside
that the model has not seen, and a new sample keeps the label of a class unless it fits that class
worse than almost all of these. If it comes from the same source, the true label is in the set in at
least 1 − alpha of the cases, for each class by itself. (Vovk, Gammerman and Shafer 2005; doi
10.1007/b106715)

The file is a JSON that a person can read and an .npz of plain arrays beside it. A hash covers every
number and word of both; what the arrays mean is checked by the model that is made of them, for a
hash can be made anew by who wants harm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ModelError, OutputError, complain, warn
from resistype.opinions.frame import Floats, Limit, opinion_table, read_head, some, writing
from resistype.safe.arrays import array_files, read_arrays, write_pair
from resistype.safe.toml import RefusedError
from resistype.score.scores import Scores


def conformal_p(misfit: Floats, calibration: Sequence[Floats]) -> Floats:
    """Fraction of the kept samples of each class, the new one counted in, that fit it no better."""
    columns = []
    for number, kept in enumerate(calibration):
        worse = len(kept) - np.searchsorted(np.sort(kept), misfit[:, number], side="left")
        columns.append((1 + worse) / (1 + len(kept)))
    return np.stack(columns, axis=1)


def label_sets(p: Floats, classes: Sequence[str], *, alpha: float) -> list[tuple[str, ...]]:
    """For each row of p, shape (n, n_classes), the classes with p > alpha."""
    return [
        tuple(name for name, one in zip(classes, row, strict=True) if one > alpha)
        for row in p.tolist()
    ]


KINDS = ("logistic", "knn")


def as_score_frame(scores: Any) -> pd.DataFrame:
    """Scores as a table, samples in rows; columns of several methods are ``method:signature``."""
    frame = scores.to_frame() if isinstance(scores, Scores) else scores
    if not isinstance(frame, pd.DataFrame):
        message = (
            f"scores: wanted Scores or a table (samples × scores), got {type(scores).__name__}."
        )
        raise ModelError(message, code="T101")
    pairs = frame.columns.nlevels == 2
    names = [":".join(map(str, name)) if pairs else str(name) for name in frame.columns]
    return frame.set_axis(names, axis=1).set_axis([str(name) for name in frame.index], axis=0)


def _shapes(model: TrainedModel) -> dict[str, tuple[int, ...]]:
    """Shape that each array of a model must have; −1 for any length."""
    n_classes, n_features = len(model.classes), len(model.features)
    n_points = int(model.arrays["codes"].size) if "codes" in model.arrays else 0
    if model.kind == "logistic":
        own: dict[str, tuple[int, ...]] = {
            "coefficients": (n_classes, n_features),
            "intercepts": (n_classes,),
        }
    else:
        own = {"points": (n_points, n_features), "codes": (n_points,)}
    kept: dict[str, tuple[int, ...]] = {
        f"calibration_{number}": (-1,) for number in range(n_classes)
    }
    return {"location": (n_features,), "scale": (n_features,), **own, **kept}


def wrong_parts(model: TrainedModel) -> list[str]:
    """What keeps the parts from being one model; empty when nothing does."""
    if model.kind not in KINDS:
        return [f"the kind {model.kind!r} is not one of {', '.join(KINDS)}"]
    if len(model.classes) < 2 or not model.features:
        return [f"{len(model.classes)} classes and {len(model.features)} scores"]
    if not all(isinstance(name, str) for name in (*model.classes, *model.features)):
        return ["a name of a class or score is no text"]
    shapes, there = _shapes(model), set(model.arrays)
    complaints = [f"array {name!r} is absent" for name in sorted(set(shapes) - there)]
    complaints += [f"array {name!r} is of no use" for name in sorted(there - set(shapes))]
    return complaints or _wrong_arrays(model, shapes)


def _wrong_arrays(model: TrainedModel, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    arrays = model.arrays
    complaints = []
    for name, shape in shapes.items():
        got = arrays[name].shape
        if shape == (-1,) and len(got) != 1:
            complaints.append(f"array {name!r} is no single row")
        elif shape not in {(-1,), got}:
            complaints.append(f"array {name!r} has shape {got}, wanted {shape}")
    complaints += [
        f"array {name!r} is not finite"
        for name in sorted(arrays)
        if not np.isfinite(arrays[name]).all()
    ]
    if not complaints and (arrays["scale"] <= 0).any():
        complaints.append("a scale is not positive")
    if not complaints and model.kind == "knn":
        codes = arrays["codes"]
        counted = codes.dtype.kind in "iu" and Limit(1, codes.size, whole=True).allows(
            model.neighbours
        )
        if not counted or codes.min() < 0 or codes.max() >= len(model.classes):
            complaints.append("neighbours or codes of classes are out of range")
    return complaints


def other_origin(scores: Scores, about: Mapping[str, Any]) -> list[str]:
    """How scores differ from those a model was trained on, as far as both are known."""
    refs = {name: list(ref) for name, ref in scores.refs.items()}
    other = [
        name
        for name, ref in about["signatures"].items()
        if name in refs and refs[name] != list(ref)
    ]
    complaints = []
    if other:
        complaints.append(f"signatures with another version or content: {some(other)}")
    for name, spec in about["methods"].items():
        if name in scores.specs and scores.specs[name] != spec:
            complaints.append(f"scores of {scores.specs[name]}; the model was trained on {spec}")
        if name not in scores.specs:
            complaints.append(
                f"scores of {', '.join(scores.methods)}; the model was trained on {name}"
            )
    return complaints


FORMAT = "resistype-model"
FORMAT_VERSION = 1
MAX_JSON, MAX_ARRAYS = 8 * 2**20, 512 * 2**20
_KINDS = {"f": "<f8", "i": "<i8", "u": "<i8"}

Head = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


def digest_of(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over all words and numbers of a model."""
    body = {key: value for key, value in head.items() if key not in ("sha256", "arrays")}
    seal = hashlib.sha256(
        json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    )
    for name in sorted(arrays):
        plain = _plain(arrays[name])
        seal.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
        seal.update(plain.tobytes())
    return seal.hexdigest()


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, dtype=_KINDS.get(array.dtype.kind, array.dtype))


def write_model(
    path: str | Path, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Path:
    """Write ``path`` (JSON) and the ``.npz`` beside it; each appears whole or not at all."""
    target = Path(path)
    beside = target.with_suffix(".npz")
    if beside == target:
        message = (
            f"{str(target)!r} is the name of the array file; give the model a name that ends in"
            " .json."
        )
        raise OutputError(message, code="O107")
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **head}
    whole |= {"sha256": digest_of(whole, arrays), "arrays": beside.name}
    text = json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    plain: dict[str, Any] = {name: _plain(arrays[name]) for name in sorted(arrays)}
    with writing("model", target):
        return write_pair(target, text, plain)


def read_model(path: str | Path) -> tuple[Head, Arrays]:
    """Words and arrays of a saved model, its hash verified; T103 when it is refused."""
    source = Path(path)

    def refused(why: str) -> ModelError:
        return ModelError(f"The model {str(source)!r} is refused: {why}.", code="T103")

    head = read_head(source, FORMAT, FORMAT_VERSION, max_bytes=MAX_JSON, refused=refused)
    for place in array_files(source):
        try:
            arrays = read_arrays(place, max_bytes=MAX_ARRAYS)
        except FileNotFoundError:
            raise refused(
                "there is no such file; a model is a .json and the .npz written with it"
            ) from None
        except RefusedError as error:
            raise refused(str(error)) from None
        odd = [name for name, array in arrays.items() if array.dtype.kind not in _KINDS]
        if odd:
            raise refused(f"array {odd[0]!r} does not hold plain numbers")
        if head.get("sha256") == digest_of(head, arrays):
            return {
                key: value for key, value in head.items() if key not in ("sha256", "arrays")
            }, arrays
    raise refused(
        "it was changed after it was written (its hash does not match). Fit the model again"
    )


DOI = "10.1007/b106715"
MIN_CALIBRATION = 20
_OF_LABELS = (
    "A model says which of its own training labels a sample looks like; these are no calls of a"
    " scheme."
)
_FINE_ALPHA = 0.1
_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model that gives sets of labels, with how well it did in cross-validation.

    Parameters
    ----------
    kind
        ``"logistic"`` or ``"knn"``.
    classes
        Labels, sorted.
    features
        Scores it needs, in order.
    arrays
        ``location`` and ``scale`` of shape (n_features,); for logistic ``coefficients`` (n_classes,
        n_features) and ``intercepts`` (n_classes,); for knn ``points`` (n, n_features),
        standardised, and ``codes`` (n,); ``calibration_0`` … one array a class.
    neighbours
        Number of neighbours of knn; 0 for logistic.
    assessment
        What cross-validation found: ``auc``, ``balanced_accuracy``, ``p``, numbers of samples and
        patients.
    about
        Versions, seed and where the scores came from.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> arrays = {
    ...     "location": np.zeros(1),
    ...     "scale": np.ones(1),
    ...     "coefficients": np.array([[-2.0], [2.0]]),
    ...     "intercepts": np.zeros(2),
    ...     "calibration_0": np.linspace(0, 0.6, 20),
    ...     "calibration_1": np.linspace(0, 0.6, 20),
    ... }
    >>> model = TrainedModel("logistic", ("cold", "hot"), ("ifng",), arrays)
    >>> model.apply(pd.DataFrame({"ifng": [1.5, 0.0]}, index=["P1", "P2"]))[
    ...     ["call", "set"]
    ... ].to_numpy().tolist()
    [['hot', 'hot'], ['ambiguous', 'cold | hot']]
    """

    kind: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]] = field(repr=False)
    neighbours: int = 0
    assessment: Mapping[str, Any] = field(default_factory=dict, repr=False)
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        subject = "Parts of a model that do not go together"
        complain(wrong_parts(self), ModelError, code="T103", subject=subject)

    @property
    def calibration(self) -> tuple[Floats, ...]:
        """For each class the misfit of the samples kept aside."""
        return tuple(self.arrays[f"calibration_{number}"] for number in range(len(self.classes)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that decides a result."""
        return digest_of(_head(self), self.arrays)

    def probabilities(self, values: Floats) -> Floats:
        """Weight of each class, shape (n_obs, n_classes), rows summing to 1.

        Parameters
        ----------
        values
            Scores of shape (n_obs, n_features), in the order of `features`.
        """
        z = (np.asarray(values, dtype=np.float64) - self.arrays["location"]) / self.arrays["scale"]
        rows = max(_CELLS // max(self.arrays.get("points", z[:1]).size, 1), 1)
        part = self._logistic if self.kind == "logistic" else self._knn
        parts = [
            part(np.ascontiguousarray(z[start : start + rows])) for start in range(0, len(z), rows)
        ]
        return np.concatenate([np.empty((0, len(self.classes))), *parts])

    def _logistic(self, z: Floats) -> Floats:
        terms = z[:, None, :] * self.arrays["coefficients"][None, :, :]
        level = terms.sum(axis=2) + self.arrays["intercepts"]
        weight = np.exp(level - level.max(axis=1, keepdims=True))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)

    def _knn(self, z: Floats) -> Floats:
        apart = ((z[:, None, :] - self.arrays["points"][None, :, :]) ** 2).sum(axis=2)
        nearest = np.argsort(apart, axis=1, kind="stable")[:, : self.neighbours]
        votes = self.arrays["codes"][nearest][:, :, None] == np.arange(len(self.classes))
        return np.asarray(votes.sum(axis=1) / self.neighbours, dtype=np.float64)

    def apply(self, scores: Any, *, alpha: float = 0.1) -> pd.DataFrame:
        """The labels that cannot be ruled out, for each sample.

        Parameters
        ----------
        scores
            Scores, or a table (n_obs, n_scores) with at least the columns in `features`.
        alpha
            Fraction of cases in which the true label may be missing from the set, for each class.

        Returns
        -------
        DataFrame, one row per sample
            ``call`` (a label, ``"ambiguous"``, ``"none"`` or ``"not_assessable"``), ``set``
            (labels, joined by " | "), and ``p_<label>``, the fraction of kept samples of that label
            that fit no better.

        Raises
        ------
        ModelError
            T104 when scores are absent or come from other signatures or methods; T105 for an alpha
            that the number of kept samples does not carry.

        Warns
        -----
        CohortWarning
            W305 when so few samples were kept of a class that it can never be ruled out.
        """
        self._check_alpha(alpha)
        frame = as_score_frame(scores)
        self._check_origin(scores, frame)
        values = frame[list(self.features)].to_numpy(dtype=np.float64)
        whole = np.isfinite(values).all(axis=1)
        p = np.full((len(frame), len(self.classes)), np.nan)
        p[whole] = conformal_p(1.0 - self.probabilities(values[whole]), self.calibration)
        sets = label_sets(p, self.classes, alpha=alpha)
        calls = [
            _call(labels, known=bool(known)) for labels, known in zip(sets, whole, strict=True)
        ]
        columns: dict[str, Any] = {"call": calls, "set": [" | ".join(labels) for labels in sets]}
        columns |= {f"p_{name}": p[:, number] for number, name in enumerate(self.classes)}
        about = {
            "method": "model",
            "doi": DOI,
            "alpha": alpha,
            "model": self.digest,
            "caveats": [_OF_LABELS],
        }
        return opinion_table(frame.index, columns, about)

    def _check_alpha(self, alpha: float) -> None:
        if not 0 < alpha < 1:
            raise ModelError(f"alpha={alpha}: wanted more than 0 and less than 1.", code="T105")
        kept = {name: len(one) for name, one in zip(self.classes, self.calibration, strict=True)}
        few = [f"{name} {n}" for name, n in kept.items() if n < MIN_CALIBRATION]
        if few and alpha < _FINE_ALPHA:
            message = (
                f"alpha={alpha} needs {MIN_CALIBRATION} kept patients of every class; there are:"
                f" {', '.join(few)}. Use alpha={_FINE_ALPHA} or more, or train on more patients."
            )
            raise ModelError(message, code="T105")
        never = [name for name, n in kept.items() if 1 / (1 + n) > alpha]
        if never:
            message = (
                f"At alpha={alpha} too few patients were kept to ever rule out: {', '.join(never)}."
            )
            warn(message, CohortWarning, code="W305", stacklevel=4)

    def _check_origin(self, scores: Any, frame: pd.DataFrame) -> None:
        complaints = []
        absent = [name for name in self.features if name not in frame.columns]
        if absent:
            complaints.append(
                f"{len(absent)} of {len(self.features)} scores are absent: {some(absent)}"
            )
        twice = frame.columns[frame.columns.duplicated()].intersection(list(self.features))
        if len(twice):
            complaints.append(f"scores given more than once: {some(twice)}")
        text = [
            n
            for n in self.features
            if n in frame and not pd.api.types.is_numeric_dtype(frame.dtypes[n])
        ]
        if text and not len(twice):
            complaints.append(f"not numbers: {some(text)}")
        if isinstance(scores, Scores) and "signatures" in self.about:
            complaints += other_origin(scores, self.about)
        complain(complaints, ModelError, code="T104", subject="Scores that do not fit the model")

    def save(self, path: str | Path) -> Path:
        """Write ``path`` (JSON) and the ``.npz`` beside it (O101)."""
        return write_model(path, _head(self), self.arrays)

    @staticmethod
    def load(path: str | Path) -> TrainedModel:
        """Read a saved model; scikit-learn is not needed.

        T103 when it is none, or was changed after it was written.
        """
        head, arrays = read_model(path)
        try:
            words = {name: head[name] for name in _HEAD} | {
                name: tuple(head[name]) for name in ("classes", "features")
            }
        except (KeyError, TypeError) as error:
            message = f"The model {str(path)!r} is refused: {error} is missing or of another type."
            raise ModelError(message, code="T103") from None
        return TrainedModel(arrays=arrays, **words)


_HEAD = ("kind", "classes", "features", "neighbours", "assessment", "about")


def _head(model: TrainedModel) -> dict[str, Any]:
    lists = {"classes": list(model.classes), "features": list(model.features)}
    plain = {"assessment": dict(model.assessment), "about": dict(model.about)}
    return {"kind": model.kind, "neighbours": model.neighbours, **lists, **plain}


def _call(labels: tuple[str, ...], *, known: bool) -> str:
    if not known:
        return "not_assessable"
    return labels[0] if len(labels) == 1 else "ambiguous" if labels else "none"
