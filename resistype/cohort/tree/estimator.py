"""The tree as an estimator: settings, fit, and what is said of new rows.

It keeps scikit-learn's interface (`get_params`, `set_params`, `fit`, `predict`, `predict_proba`, `score`), so that it
can be cloned, cross-validated and put at the end of a Pipeline, without needing scikit-learn itself.

What it gives for a row is the leaf the row falls into and the shares of the classes among the observations *of the
fit* in that leaf: a description of a labelled cohort, never the chance that a patient responds to a treatment.
"""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.cohort.tree.grow import grow
from resistype.cohort.tree.node import Grown, Rules
from resistype.cohort.tree.route import leaves_of, paths_frame, reached, strata_frame
from resistype.cohort.tree.show import candidates_frame, nodes_frame, tree_text
from resistype.cohort.tree.stability import TreeBootstrap
from resistype.cohort.tree.table import Labels, Table, as_frame, encode, prepare
from resistype.errors import SamplesError, complain

__all__ = ["ConditionalInferenceTree"]

_SMALLEST_BUCKET = 20
_BUCKET_SHARE = 0.05
_SETTINGS = ("alpha", "min_bucket", "min_split", "max_depth", "missing")
_KEEP: Any = object()


class ConditionalInferenceTree:
    """Conditional inference tree: which covariates go with a label, tested before anything is cut.

    Hothorn, Hornik & Zeileis 2006, doi:10.1198/106186006X133933; the same splits and p as R's partykit::ctree with
    the same settings (quadratic statistic, p adjusted by Šidák over the covariates tested at a node).

    A numeric covariate enters with its values, not its ranks: give skewed ones (AFP, cell counts) as logarithms.

    Parameters
    ----------
    alpha
        A node is split only where the smallest adjusted p lies below it.
    min_bucket
        Smallest number of observations in a leaf; None for 20 or 5 % of the observations, whichever is more.
    min_split
        Smaller nodes are not split.
    max_depth
        Levels of splits; None for no limit.
    missing
        Rows that lack a covariate or the label in a fit: ``"refuse"`` them with their number, or ``"leave_out"``.

    Attributes
    ----------
    tree_
        The grown tree: `tree_.nodes` hold the test of every covariate, the split or why there is none.
    classes_
        The labels in order, shape (n_classes,).
    feature_names_in_, n_features_in_
        Names, shape (n_covariates,), and number of covariates.

    Examples
    --------
    >>> X = pd.DataFrame({"nlr": np.arange(80) / 10, "afp": np.tile([3.0, 1.0, 2.0, 4.0], 20)})
    >>> y = ["Resp"] * 31 + ["PRef"] * 49
    >>> tree = ConditionalInferenceTree(max_depth=1).fit(X, y)
    >>> root = tree.tree_.nodes[0]
    >>> root.cut.rule(0), root.cut.midpoint, root.chosen.p_adjusted < 0.05
    ('nlr <= 3', 3.05, True)
    >>> tree.predict(pd.DataFrame({"nlr": [3.0, 3.1]})).tolist()
    ['Resp', 'PRef']
    """

    tree_: Grown
    classes_: NDArray[Any]
    feature_names_in_: NDArray[np.object_]
    n_features_in_: int

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        min_bucket: int | None = None,
        min_split: int = 20,
        max_depth: int | None = 3,
        missing: Literal["refuse", "leave_out"] = "refuse",
    ) -> None:
        self.alpha = alpha
        self.min_bucket = min_bucket
        self.min_split = min_split
        self.max_depth = max_depth
        self.missing = missing

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"ConditionalInferenceTree({settings})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002  scikit-learn's interface
        """The settings by name."""
        return {name: getattr(self, name) for name in _SETTINGS}

    def set_params(
        self,
        *,
        alpha: Any = _KEEP,
        min_bucket: Any = _KEEP,
        min_split: Any = _KEEP,
        max_depth: Any = _KEEP,
        missing: Any = _KEEP,
    ) -> Self:
        """Change the settings that are given, keep the others."""
        given = zip(_SETTINGS, (alpha, min_bucket, min_split, max_depth, missing), strict=True)
        for name, value in given:
            if value is not _KEEP:
                setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks before it cross-validates; nothing else here needs scikit-learn."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags  # noqa: PLC0415  only scikit-learn asks

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(categorical=True, string=True, allow_nan=True),
        )

    def rules(self, n: int) -> Rules:
        """The settings as they stand for n observations.

        Raises
        ------
        SamplesError
            E940 with every setting that cannot be used.
        """
        complain(_setting_complaints(self.get_params()), SamplesError, code="E940", subject="Settings of the tree")
        smallest = max(_SMALLEST_BUCKET, math.ceil(n * _BUCKET_SHARE)) if self.min_bucket is None else self.min_bucket
        return Rules(self.alpha, smallest, self.min_split, self.max_depth)

    def fit(self, X: Table, y: Labels) -> Self:
        """Grow the tree.

        Parameters
        ----------
        X
            Shape (n_obs, n_covariates): numbers, ordered or other Categoricals, text (at most 12 levels), True/False.
        y
            One label an observation; 2 to 10 classes.

        Raises
        ------
        SamplesError
            E940 for the settings; E941 for the table and labels, with all that is wrong.
        """
        self.rules(1)
        ready = prepare(X, y, missing=self.missing)
        rules = self.rules(len(ready.data.y))
        names = tuple(str(one) for one in ready.classes)
        self.tree_ = Grown(grow(ready.data, rules), ready.data.columns, rules, ready.label, names, ready.left_out)
        self.classes_ = ready.classes
        self.feature_names_in_ = np.array([column.name for column in ready.data.columns], dtype=object)
        self.n_features_in_ = len(ready.data.columns)
        return self

    def apply(self, X: Table) -> NDArray[np.intp]:
        """Number of the leaf of each row, shape (n_obs,).

        Raises
        ------
        SamplesError
            E942 for a table that lacks covariates; E944 for rows that lack a value on their way (see `strata`).
        """
        values, _ = self._encoded(X)
        leaves = leaves_of(self.tree_, reached(self.tree_, values))
        if not leaves.all():
            lacking = strata_frame(self.tree_, values[leaves == 0])["lacking"].value_counts()
            which = "; ".join(f"{name} in {count}" for name, count in sorted(lacking.items()))
            message = (
                f"{int((leaves == 0).sum())} of {len(leaves)} rows cannot be put into one leaf. Missing, or a level "
                f"not seen in the fit: {which}. Give the values, or use strata(X): it names the leaves left open."
            )
            raise SamplesError(message, code="E944")
        return leaves

    def class_shares(self, X: Table) -> NDArray[np.float64]:
        """Shares of the classes among the fitted observations of each row's leaf, shape (n_obs, n_classes)."""
        shares = np.array([node.shares for node in self._fitted().nodes])
        return np.asarray(shares[self.apply(X) - 1], dtype=np.float64)

    def predict_proba(self, X: Table) -> NDArray[np.float64]:
        """scikit-learn's name for `class_shares`: shares in a labelled cohort, not chances of a patient."""
        return self.class_shares(X)

    def predict(self, X: Table) -> NDArray[Any]:
        """The commonest label among the fitted observations of each row's leaf, shape (n_obs,); of ties the first."""
        shares = self.class_shares(X)
        return np.asarray(self.classes_[np.argmax(shares, axis=1)])

    def score(self, X: Table, y: Labels) -> float:
        """Share of the rows whose label is the commonest of their leaf."""
        return float(np.mean(self.predict(X) == np.asarray(y).ravel()))

    def strata(self, X: Table) -> pd.DataFrame:
        """One row an observation: leaf, its condition, class shares there.

        A row that lacks a value on its way has no leaf; the leaves left open and the covariates lacking are named.
        """
        values, index = self._encoded(X)
        return strata_frame(self.tree_, values).set_axis(index, axis=0)

    def paths(self, X: Table) -> pd.DataFrame:
        """One row an observation and cut on its way: value, side taken, distance from the cut, in its gap or not."""
        values, index = self._encoded(X)
        table = paths_frame(self.tree_, values)
        return table.assign(row=index[table["row"].to_numpy(dtype=np.intp)])

    def to_frame(self) -> pd.DataFrame:
        """One row a node: condition, class counts, shares with Clopper–Pearson intervals, split or why none."""
        return nodes_frame(self._fitted())

    def candidates(self) -> pd.DataFrame:
        """One row a node and covariate: statistic, degrees of freedom, p and adjusted p."""
        return candidates_frame(self._fitted())

    def to_text(self, bootstrap: TreeBootstrap | None = None) -> str:
        """The tree in words, with its caveats; with the bootstrap, if it is given."""
        return tree_text(self._fitted(), bootstrap)

    def _fitted(self) -> Grown:
        if not hasattr(self, "tree_"):
            message = "The tree is not fitted; call fit(X, y) first."
            raise SamplesError(message, code="E943")
        return self.tree_

    def _encoded(self, X: Table) -> tuple[NDArray[np.float64], pd.Index]:
        tree = self._fitted()
        frame = as_frame(X, names=self.feature_names_in_.tolist())
        return encode(frame, tree.columns, tree.used), frame.index


def _setting_complaints(settings: dict[str, Any]) -> list[str]:
    alpha, missing = settings["alpha"], settings["missing"]
    complaints = []
    if not (isinstance(alpha, int | float) and 0.0 < alpha < 1.0):
        complaints.append(f"alpha is {alpha!r}; a number between 0 and 1 was wanted")
    for name, least, empty in (("min_bucket", 1, True), ("min_split", 2, False), ("max_depth", 1, True)):
        value = settings[name]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (value is None and empty) and not (whole and value >= least):
            complaints.append(
                f"{name} is {value!r}; a whole number from {least}{' or None' if empty else ''} was wanted"
            )
    if missing not in ("refuse", "leave_out"):
        complaints.append(f'missing is {missing!r}; "refuse" or "leave_out" was wanted')
    return complaints
