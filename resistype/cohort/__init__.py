"""Cohorts: the clinical phenotype of resistance, and what is said of groups of patients.

clinical.py     the phenotype under published definitions, and the gate of the reports
courses.py      tables of patients -> histories, or every complaint
definitions.py  the five definitions, one function each
history.py      history, verdict, calendar months, and the table of the limits
pairs.py        changes of scores from baseline over a cohort
composition.py  shares and balance of kinds of cells; pseudobulk.py: counts of samples by scanpy
clones.py       clones of cells; clone_change.py, clone_diversity.py, clone_fate.py, clone_origin.py: over time
gate.py         the published gate of T-cell subtypes
cells/          cell schemes: `cart_product`, `tex_psr`, `dli_response`
"""

from resistype.cohort.clinical import Phenotype, clinical, phenotype, thresholds
from resistype.cohort.pairs import compare_groups, paired_changes, patient_changes

__all__ = [
    "Phenotype",
    "clinical",
    "compare_groups",
    "paired_changes",
    "patient_changes",
    "phenotype",
    "thresholds",
]
