"""Conditional inference trees on a labelled cohort: which covariates go with a label, and how steadily."""

from resistype.cohort.tree.estimator import ConditionalInferenceTree
from resistype.cohort.tree.node import Candidate, Grown, Node
from resistype.cohort.tree.resample import bootstrap_tree, shuffled_roots
from resistype.cohort.tree.stability import ShuffledRoots, TreeBootstrap

__all__ = [
    "Candidate",
    "ConditionalInferenceTree",
    "Grown",
    "Node",
    "ShuffledRoots",
    "TreeBootstrap",
    "bootstrap_tree",
    "shuffled_roots",
]
