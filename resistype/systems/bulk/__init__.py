"""Biopsies: what is measured of them, what it is compared with, how stable a call is.

context.py     one run: its samples, scores, reference; genes left out, scores taken again
quantities.py  the kinds of quantities of a scheme, measured
reference.py   references fitted, and how far a cohort is shifted of one
stability.py   the same biopsies measured again     record.py  coverage, caveats, the record of a
    run
measure.py     `classify_biopsies`, `apply_scheme` and their options
"""

from resistype.systems.bulk.comparable import check_reference
from resistype.systems.bulk.measure import CallOptions, apply_scheme, classify_biopsies
from resistype.systems.bulk.reference import fit_reference

__all__ = ["CallOptions", "apply_scheme", "check_reference", "classify_biopsies", "fit_reference"]
