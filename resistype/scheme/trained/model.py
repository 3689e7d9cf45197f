"""A model trained on a user's labels: plain arrays, applied by the few lines of numpy below.

scikit-learn fits, but is not needed to apply: what is kept are means, scales, and coefficients or neighbours. A sample
gets the set of labels that cannot be ruled out. One label: that is the call. Several: "ambiguous". None: "none". A
sample without a needed score: "not_assessable". Rows are computed one by one in a fixed order of sums, so other samples
never change a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ModelError, complain, warn
from resistype.scheme.conformal import conformal_p, label_sets
from resistype.scheme.trained.checks import Parts, as_score_frame, other_origin, wrong_parts
from resistype.scheme.trained.file import digest_of, read_model, write_model
from resistype.score.scores import Scores

__all__ = ["MIN_CALIBRATION", "TrainedModel"]

MIN_CALIBRATION = 20
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
        ``location`` and ``scale`` of shape (n_features,); for logistic ``coefficients`` (n_classes, n_features) and
        ``intercepts`` (n_classes,); for knn ``points`` (n, n_features), standardised, and ``codes`` (n,);
        ``calibration_0`` … one array a class.
    neighbours
        Number of neighbours of knn; 0 for logistic.
    assessment
        What cross-validation found: ``auc``, ``balanced_accuracy``, ``p``, numbers of samples and patients.
    about
        Versions, seed and where the scores came from.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> arrays = {"location": np.zeros(1), "scale": np.ones(1), "coefficients": np.array([[-2.0], [2.0]]),
    ...           "intercepts": np.zeros(2), "calibration_0": np.linspace(0, 0.6, 20),
    ...           "calibration_1": np.linspace(0, 0.6, 20)}
    >>> model = TrainedModel("logistic", ("cold", "hot"), ("ifng",), arrays)
    >>> model.apply(pd.DataFrame({"ifng": [1.5, 0.0]}, index=["P1", "P2"]))[["call", "set"]].to_numpy().tolist()
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
        parts = Parts(self.kind, self.classes, self.features, self.neighbours, self.arrays)
        complain(wrong_parts(parts), ModelError, code="T103", subject="Parts of a model that do not go together")

    @property
    def calibration(self) -> tuple[NDArray[np.float64], ...]:
        """For each class the misfit of the samples kept aside."""
        return tuple(self.arrays[f"calibration_{number}"] for number in range(len(self.classes)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that decides a result."""
        return digest_of(_head(self), self.arrays)

    def probabilities(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weight of each class, shape (n_obs, n_classes), rows summing to 1.

        Parameters
        ----------
        values
            Scores of shape (n_obs, n_features), in the order of `features`.
        """
        z = (np.asarray(values, dtype=np.float64) - self.arrays["location"]) / self.arrays["scale"]
        rows = max(_CELLS // max(self.arrays.get("points", z[:1]).size, 1), 1)
        part = self._logistic if self.kind == "logistic" else self._knn
        parts = [part(np.ascontiguousarray(z[start : start + rows])) for start in range(0, len(z), rows)]
        return np.concatenate([np.empty((0, len(self.classes))), *parts])

    def _logistic(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        terms = z[:, None, :] * self.arrays["coefficients"][None, :, :]
        level = terms.sum(axis=2) + self.arrays["intercepts"]
        weight = np.exp(level - level.max(axis=1, keepdims=True))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)

    def _knn(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
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
            Share of cases in which the true label may be missing from the set, for each class.

        Returns
        -------
        DataFrame, one row a sample
            ``call`` (a label, ``"ambiguous"``, ``"none"`` or ``"not_assessable"``), ``set`` (labels, joined by " | "),
            and ``p_<label>``, the share of kept samples of that label that fit no better.

        Raises
        ------
        ModelError
            T104 when scores are absent or come from other signatures or methods; T105 for an alpha that the number of
            kept samples does not carry.

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
        calls = [_call(labels, known=bool(known)) for labels, known in zip(sets, whole, strict=True)]
        columns = {"call": calls, "set": [" | ".join(labels) for labels in sets]}
        out = pd.DataFrame(columns, index=pd.Index(frame.index, name="sample"))
        for number, name in enumerate(self.classes):
            out[f"p_{name}"] = p[:, number]
        out.attrs.update(alpha=alpha, model=self.digest)
        return out

    def _check_alpha(self, alpha: float) -> None:
        if not 0 < alpha < 1:
            raise ModelError(f"alpha={alpha}: wanted more than 0 and less than 1.", code="T105")
        kept = {name: len(one) for name, one in zip(self.classes, self.calibration, strict=True)}
        few = [f"{name} {n}" for name, n in kept.items() if n < MIN_CALIBRATION]
        if few and alpha < _FINE_ALPHA:
            message = (
                f"alpha={alpha} needs {MIN_CALIBRATION} kept patients of every class; there are: {', '.join(few)}. "
                f"Use alpha={_FINE_ALPHA} or more, or train on more patients."
            )
            raise ModelError(message, code="T105")
        never = [name for name, n in kept.items() if 1 / (1 + n) > alpha]
        if never:
            message = f"At alpha={alpha} too few patients were kept to ever rule out: {', '.join(never)}."
            warn(message, CohortWarning, code="W305", stacklevel=4)

    def _check_origin(self, scores: Any, frame: pd.DataFrame) -> None:
        complaints = []
        absent = [name for name in self.features if name not in frame.columns]
        if absent:
            complaints.append(f"{len(absent)} of {len(self.features)} scores are absent: {', '.join(absent[:5])}")
        twice = frame.columns[frame.columns.duplicated()].intersection(list(self.features))
        if len(twice):
            complaints.append(f"scores given more than once: {', '.join(twice[:5])}")
        text = [n for n in self.features if n in frame and not pd.api.types.is_numeric_dtype(frame.dtypes[n])]
        if text and not len(twice):
            complaints.append(f"not numbers: {', '.join(text[:5])}")
        if isinstance(scores, Scores) and "signatures" in self.about:
            complaints += other_origin(scores, self.about)
        complain(complaints, ModelError, code="T104", subject="Scores that do not fit the model")

    def save(self, path: str | Path) -> Path:
        """Write ``path`` (JSON) and the ``.npz`` beside it.

        Raises
        ------
        OutputError
            O101 when the files cannot be written.
        """
        return write_model(path, _head(self), self.arrays)

    @staticmethod
    def load(path: str | Path) -> TrainedModel:
        """Read a saved model; scikit-learn is not needed.

        Raises
        ------
        ModelError
            T103 when it is no model, is of a newer format, or was changed after it was written.
        """
        head, arrays = read_model(path)
        try:
            return TrainedModel(
                kind=head["kind"],
                classes=tuple(head["classes"]),
                features=tuple(head["features"]),
                arrays=arrays,
                neighbours=head["neighbours"],
                assessment=head["assessment"],
                about=head["about"],
            )
        except (KeyError, TypeError) as error:
            message = f"The model {str(path)!r} is refused: {error} is missing or of another type."
            raise ModelError(message, code="T103") from None


def _call(labels: tuple[str, ...], *, known: bool) -> str:
    if not known:
        return "not_assessable"
    return labels[0] if len(labels) == 1 else "ambiguous" if labels else "none"


def _head(model: TrainedModel) -> dict[str, Any]:
    return {
        "kind": model.kind,
        "classes": list(model.classes),
        "features": list(model.features),
        "neighbours": model.neighbours,
        "assessment": dict(model.assessment),
        "about": dict(model.about),
    }
