"""Schemes: which quantities are measured, how they are called, and what they are compared with."""

from resistype.scheme.calls import Calls
from resistype.scheme.classify import CallOptions, apply_scheme, classify
from resistype.scheme.fit import find_reference, fit_reference
from resistype.scheme.read import check_scheme, list_schemes, load_scheme, scheme_as_json
from resistype.scheme.reference import Reference
from resistype.scheme.scheme import Scheme

__all__ = [
    "CallOptions",
    "Calls",
    "Reference",
    "Scheme",
    "apply_scheme",
    "check_scheme",
    "classify",
    "find_reference",
    "fit_reference",
    "list_schemes",
    "load_scheme",
    "scheme_as_json",
]
