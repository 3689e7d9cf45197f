"""Agreement of two labelings of the same samples: methods, thresholds, schemes, lists, references.

sides.py    what is compared: calls, label columns, folders of `resistype classify`
reasons.py  why a call changed: the lines of the rules that hold on one side only
genes.py    which genes carried a score from one side to the other
compare.py  all of it for two labelings: counts, kappa, shifts, changes, differences of the runs
"""

from resistype.agreement.compare import Agreement, AxisAgreement, compare_calls
from resistype.agreement.genes import Matrices, carriers
from resistype.agreement.reasons import Change, Crossing
from resistype.agreement.sides import CallSet, as_call_set
from resistype.stats import Kappa, cohen_kappa

__all__ = [
    "Agreement",
    "AxisAgreement",
    "CallSet",
    "Change",
    "Crossing",
    "Kappa",
    "Matrices",
    "as_call_set",
    "carriers",
    "cohen_kappa",
    "compare_calls",
]
