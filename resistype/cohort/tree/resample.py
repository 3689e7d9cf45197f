"""Trees of resampled and of shuffled cohorts: how steady the tree is, and whether its alpha holds.

Every resample has its own random stream, spawned from one seed, so neither the number of jobs nor the order in which
they finish can change a result.
"""

from __future__ import annotations

from dataclasses import replace

from joblib import Parallel, delayed
from numpy.random import Generator, SeedSequence, default_rng

from resistype.cohort.tree.estimator import ConditionalInferenceTree
from resistype.cohort.tree.grow import grow
from resistype.cohort.tree.node import Data, Rules
from resistype.cohort.tree.stability import Resampled, ShuffledRoots, TreeBootstrap
from resistype.cohort.tree.table import Labels, Table, prepare
from resistype.errors import SamplesError

__all__ = ["bootstrap_tree", "shuffled_roots"]


def bootstrap_tree(
    tree: ConditionalInferenceTree, X: Table, y: Labels, *, n: int = 200, seed: int = 0, n_jobs: int = 1
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
        Share of each covariate at the root and right below it, range of the root cut.

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
    trees = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(_resample)(data, short, stream) for stream in streams)
    return TreeBootstrap(tuple(trees), seed)


def shuffled_roots(
    tree: ConditionalInferenceTree, X: Table, y: Labels, *, n: int = 200, seed: int = 0, n_jobs: int = 1
) -> ShuffledRoots:
    """Count how often the root is split when the labels are shuffled over the cohort.

    Takes what `bootstrap_tree` takes. With a test that keeps its level, about alpha of the shuffles split; fewer where
    the covariates go with each other, because Šidák's adjustment is then more careful than it need be.

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
    split = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(_shuffle)(data, short, stream) for stream in streams)
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
