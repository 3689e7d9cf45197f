"""Other people's classifiers.

Published ways to name a class, shown beside the calls and never averaged with them.

frame.py      what they share: limits of options, the table of labels, coverage, saved files
subtypes.py   tumour microenvironment subtypes (Bagaev 2021); subtypes_files.py: the user's copy of
              the authors' files
templates.py  nearest template prediction (Hoshida 2010) and correlation with centroids
model.py      a model of the user's own labels, applied; fit.py: trained with scikit-learn (extra
              `learn`); labels.py: on what it may be trained
tree.py       conditional inference tree (Hothorn 2006), its bootstrap; tree_fit.py: tests, cuts,
              growth; tree_rows.py: tables in, leaves out; tree_show.py: tables and words;
              figures.py: drawn
"""

from resistype.opinions.fit import Association, FitOptions, fit_model
from resistype.opinions.frame import UNASSIGNED, explain
from resistype.opinions.model import TrainedModel
from resistype.opinions.subtypes import PortraitOptions, PortraitScaler, portrait_scores, portraits
from resistype.opinions.subtypes_files import (
    LICENCE_NOTE,
    PortraitFiles,
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
