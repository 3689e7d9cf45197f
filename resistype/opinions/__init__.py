"""Other people's classifiers: published ways to name a class, shown beside the calls and never averaged with them.

frame.py      what they share: limits of options, the table of labels, coverage, saved files
subtypes.py   tumour microenvironment subtypes (Bagaev 2021), from the user's own copy of the authors' files
templates.py  nearest template prediction (Hoshida 2010) and correlation with centroids
model.py      a model of the user's own labels, applied; fit.py: trained with scikit-learn (extra `learn`)
tree.py       conditional inference tree (Hothorn 2006) and its bootstrap; tree_fit.py: tests, cuts, growth;
              tree_rows.py: tables in, leaves out; tree_show.py: tables and words; figures.py: drawn
"""

from resistype.opinions.fit import Association, FitOptions, fit_model
from resistype.opinions.frame import UNASSIGNED, explain
from resistype.opinions.model import TrainedModel
from resistype.opinions.subtypes import (
    LICENCE_NOTE,
    PortraitFiles,
    PortraitOptions,
    PortraitScaler,
    portrait_scores,
    portraits,
    read_gene_sets,
    read_portrait_clone,
)
from resistype.opinions.templates import OpinionOptions, read_templates, second_opinion
from resistype.opinions.tree import ConditionalInferenceTree, bootstrap_tree, shuffled_roots
from resistype.opinions.tree_show import ShuffledRoots, TreeBootstrap

__all__ = [
    "LICENCE_NOTE",
    "UNASSIGNED",
    "Association",
    "ConditionalInferenceTree",
    "FitOptions",
    "OpinionOptions",
    "PortraitFiles",
    "PortraitOptions",
    "PortraitScaler",
    "ShuffledRoots",
    "TrainedModel",
    "TreeBootstrap",
    "bootstrap_tree",
    "explain",
    "fit_model",
    "portrait_scores",
    "portraits",
    "read_gene_sets",
    "read_portrait_clone",
    "read_templates",
    "second_opinion",
    "shuffled_roots",
]
