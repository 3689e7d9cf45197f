"""The conditional inference tree as an estimator, and its bootstrap.

It keeps scikit-learn's interface (`get_params`, `set_params`, `fit`, `predict`, `predict_proba`,
`score`), so that it can be cloned, cross-validated and put at the end of a Pipeline, without
needing scikit-learn itself. What it gives for a row is the leaf the row falls into and the shares
of the classes among the observations *of the fit* in that leaf: a description of a labelled cohort,
never the chance that a patient responds to a treatment.

Every resample has its own random stream, spawned from one seed, so neither the number of jobs nor
the order in which they finish can change a result.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from resistype._renamed import renamed
from resistype.errors import SamplesError
from resistype.opinions.frame import UNASSIGNED, Codes, Floats, Limit, check_limits, opinion_table
from resistype.opinions.tree_fit import Data, Grown, Rules, grow
from resistype.opinions.tree_rows import (
    Labels,
    Table,
    as_frame,
    encode,
    leaves_of,
    paths_frame,
    prepare,
    reached,
    strata_frame,
)
from resistype.opinions.tree_show import (
    Resampled,
    ShuffledRoots,
    TreeBootstrap,
    candidates_frame,
    caveats,
    nodes_frame,
    tree_text,
)

_SMALLEST_BUCKET = 20
_BUCKET_SHARE = 0.05
_LIMITS = {
    "alpha": Limit(0, 1, ends="()"),
    "min_bucket": Limit(1, whole=True, empty=True),
    "min_split": Limit(2, whole=True),
    "max_depth": Limit(1, whole=True, empty=True),
    "missing": Limit(choices=("refuse", "leave_out")),
}
_KEEP: Any = object()
DOI = "10.1198/106186006X133933"


@renamed({"class_shares": "class_proportions"})
class ConditionalInferenceTree:
    """Conditional inference tree: which covariates go with a label, tested before anything is cut.

    Hothorn, Hornik & Zeileis 2006, doi:10.1198/106186006X133933; the same splits and p as R's
    partykit::ctree with the same settings (quadratic statistic, p adjusted by Šidák over the
    covariates tested at a node).

    A numeric covariate enters with its values, not its ranks: give skewed ones (AFP, cell counts)
    as logarithms.

    Parameters
    ----------
    alpha
        A node is split only where the smallest adjusted p lies below it.
    min_bucket
        Smallest number of observations in a leaf; None for 20 or 5 % of the observations, whichever
        is more.
    min_split
        Smaller nodes are not split.
    max_depth
        Levels of splits; None for no limit.
    missing
        Rows that lack a covariate or the label in a fit: ``"refuse"`` them with their number, or
        ``"leave_out"``.

    Attributes
    ----------
    tree_
        The grown tree: `tree_.nodes` hold the test of every covariate, the split or why there is
        none.
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

    # scikit-learn's interface
    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """The settings by name."""
        return {name: getattr(self, name) for name in _LIMITS}

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
        given = zip(_LIMITS, (alpha, min_bucket, min_split, max_depth, missing), strict=True)
        for name, value in given:
            if value is not _KEEP:
                setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks before it cross-validates; nothing else here needs
        scikit-learn.
        """
        # only scikit-learn asks
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags  # noqa: PLC0415

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(
                categorical=True, string=True, allow_nan=self.missing == "leave_out"
            ),
        )

    def rules(self, n: int) -> Rules:
        """The settings as they stand for n observations.

        Raises
        ------
        SamplesError
            E940 with every setting that cannot be used.
        """
        check_limits(
            self.get_params(), _LIMITS, SamplesError, code="E940", subject="Settings of the tree"
        )
        smallest = (
            max(_SMALLEST_BUCKET, math.ceil(n * _BUCKET_SHARE))
            if self.min_bucket is None
            else self.min_bucket
        )
        return Rules(self.alpha, smallest, self.min_split, self.max_depth)

    def fit(self, X: Table, y: Labels) -> Self:
        """Grow the tree.

        Parameters
        ----------
        X
            Shape (n_obs, n_covariates): numbers, ordered or other Categoricals, text (at most 12
            levels), True/False.
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
        self.tree_ = Grown(
            grow(ready.data, rules), ready.data.columns, rules, ready.label, names, ready.left_out
        )
        self.classes_ = ready.classes
        self.feature_names_in_ = np.array(
            [column.name for column in ready.data.columns], dtype=object
        )
        self.n_features_in_ = len(ready.data.columns)
        return self

    def apply(self, X: Table) -> Codes:
        """Number of the leaf of each row, shape (n_obs,).

        Raises
        ------
        SamplesError
            E942 for a table that lacks covariates; E944 for rows that lack a value on their way
            (see `strata`).
        """
        values, _ = self._encoded(X)
        leaves = leaves_of(self.tree_, reached(self.tree_, values))
        if not leaves.all():
            lacking = strata_frame(self.tree_, values[leaves == 0])["lacking"].value_counts()
            which = "; ".join(f"{name} in {count}" for name, count in sorted(lacking.items()))
            message = (
                f"{int((leaves == 0).sum())} of {len(leaves)} rows cannot be put into one leaf."
                f" Missing, or a level not seen in the fit: {which}. Give the values, or use"
                " strata(X): it names the leaves left open."
            )
            raise SamplesError(message, code="E944")
        return leaves

    def class_proportions(self, X: Table) -> Floats:
        """Class shares among the fitted observations of each row's leaf, (n_obs, n_classes)."""
        shares = np.array([node.shares for node in self._fitted().nodes])
        return np.asarray(shares[self.apply(X) - 1], dtype=np.float64)

    def predict_proba(self, X: Table) -> Floats:
        """scikit-learn's name for `class_proportions`.

        Shares in a labelled cohort, no patient's chances.
        """
        return self.class_proportions(X)

    def predict(self, X: Table) -> NDArray[Any]:
        """The commonest label of the fit in each row's leaf, shape (n_obs,); of ties the first."""
        shares = self.class_proportions(X)
        return np.asarray(self.classes_[np.argmax(shares, axis=1)])

    def score(self, X: Table, y: Labels) -> float:
        """Fraction of the rows whose label is the commonest of their leaf."""
        return float(np.mean(self.predict(X) == np.asarray(y).ravel()))

    def strata(self, X: Table) -> pd.DataFrame:
        """One row per observation.

        The commonest label of its leaf, the leaf, its condition, class shares there.

        A row that lacks a value on its way has no leaf and is "unassigned"; the leaves left open
        and the covariates lacking are named.
        """
        values, index = self._encoded(X)
        table = strata_frame(self.tree_, values)
        commonest = [int(np.argmax(node.shares)) for node in self.tree_.nodes]
        labels = [
            UNASSIGNED if pd.isna(leaf) else self.tree_.classes[commonest[leaf - 1]]
            for leaf in table["leaf"]
        ]
        columns = {"prediction": labels, **{str(name): table[name].array for name in table}}
        about = {"method": "tree", "doi": DOI, "label": self.tree_.label, **self.get_params()}
        return opinion_table(
            index, columns, {**about, "caveats": list(caveats(self.tree_).values())}
        )

    def paths(self, X: Table) -> pd.DataFrame:
        """One row per observation and cut on its way: value, side, distance, in the gap or not."""
        values, index = self._encoded(X)
        table = paths_frame(self.tree_, values)
        return table.assign(row=index[table["row"].to_numpy(dtype=np.intp)])

    def to_frame(self) -> pd.DataFrame:
        """One row per node: condition, counts, shares with Clopper–Pearson intervals, split or
        why.
        """
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

    def _encoded(self, X: Table) -> tuple[Floats, pd.Index]:
        tree = self._fitted()
        frame = as_frame(X, names=self.feature_names_in_.tolist())
        return encode(frame, tree.columns, tree.used), frame.index


def bootstrap_tree(
    tree: ConditionalInferenceTree,
    X: Table,
    y: Labels,
    *,
    n: int = 200,
    seed: int = 0,
    n_jobs: int = 1,
) -> TreeBootstrap:
    """Grow the tree on bootstrap samples of the cohort.

    Parameters
    ----------
    tree
        Its settings are used; it need not be fitted and is not changed.
    X, y
        As for `ConditionalInferenceTree.fit`.
    n
        Number of samples, each of as many observations as the cohort, drawn with replacement.
    seed
        Of the random streams.
    n_jobs
        Threads; changes no result.

    Returns
    -------
    TreeBootstrap
        Fraction of each covariate at the root and right below it, range of the root cut.

    Raises
    ------
    SamplesError
        As `fit`; E945 unless n is 1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(120, 2))
    >>> y = np.where(X[:, 0] + rng.normal(size=120) > 0, "a", "b")
    >>> bootstrap_tree(ConditionalInferenceTree(), X, y, n=20).roots()
    {'x0': 1.0}
    """
    data, rules = _ready(tree, X, y, n)
    depth = 2 if rules.max_depth is None else min(2, rules.max_depth)
    short = replace(rules, max_depth=depth)
    streams = SeedSequence(seed).spawn(n)
    trees = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_resample)(data, short, stream) for stream in streams
    )
    return TreeBootstrap(tuple(trees), seed)


def shuffled_roots(
    tree: ConditionalInferenceTree,
    X: Table,
    y: Labels,
    *,
    n: int = 200,
    seed: int = 0,
    n_jobs: int = 1,
) -> ShuffledRoots:
    """Count how often the root is split when the labels are shuffled over the cohort.

    Takes what `bootstrap_tree` takes. With a test that keeps its level, about alpha of the shuffles
    split; fewer where the covariates go with each other, because Šidák's adjustment is then more
    careful than it need be.

    Raises
    ------
    SamplesError
        As `fit`; E945 unless n is 1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(80, 3)), np.repeat(["a", "b"], 40)
    >>> shuffled_roots(ConditionalInferenceTree(), X, y, n=100).within()
    True
    """
    data, rules = _ready(tree, X, y, n)
    short = replace(rules, max_depth=1)
    streams = SeedSequence(seed).spawn(n)
    split = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_shuffle)(data, short, stream) for stream in streams
    )
    return ShuffledRoots(n, sum(split), rules.alpha, seed)


def _ready(tree: ConditionalInferenceTree, X: Table, y: Labels, n: int) -> tuple[Data, Rules]:
    if n < 1:
        message = f"{n} resamples; 1 or more were wanted."
        raise SamplesError(message, code="E945")
    tree.rules(1)
    data = prepare(X, y, missing=tree.missing).data
    return data, tree.rules(len(data.y))


def _resample(data: Data, rules: Rules, stream: SeedSequence) -> Resampled:
    rng: Generator = default_rng(stream)
    nodes = grow(data.take(rng.integers(len(data.y), size=len(data.y))), rules)
    cuts = [nodes[child - 1].cut for child in nodes[0].children]
    second = dict.fromkeys(cut.column.name for cut in cuts if cut is not None)
    return Resampled(nodes[0].cut, tuple(second))


def _shuffle(data: Data, rules: Rules, stream: SeedSequence) -> bool:
    shuffled = default_rng(stream).permutation(data.y)
    return grow(replace(data, y=shuffled), rules)[0].cut is not None
