"""Batteries of checks for scorers, signatures and schemes: ours, and those that others write.

In the manner of scikit-learn's ``check_estimator``: give it a thing, and it tells every promise
that the thing breaks.

>>> from resistype.testing import check_scorer
>>> all(outcome.passed for outcome in check_scorer("singscore"))
True
"""

from resistype.testing.schemes import SCHEME_CHECKS, check_scheme
from resistype.testing.scorers import SCORER_CHECKS, Tags, check_scorer
from resistype.testing.signatures import SIGNATURE_CHECKS, CheckError, Outcome, check_signature

__all__ = [
    "SCHEME_CHECKS",
    "SCORER_CHECKS",
    "SIGNATURE_CHECKS",
    "CheckError",
    "Outcome",
    "Tags",
    "check_scheme",
    "check_scorer",
    "check_signature",
]
