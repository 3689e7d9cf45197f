"""Schemes: which quantities are measured, how they are called, and what they are compared with."""

from resistype._renamed import old_names
from resistype.scheme.calls import Calls
from resistype.scheme.measured import Measured, call_measured
from resistype.scheme.read import check_scheme, list_schemes, load_scheme, scheme_as_json
from resistype.scheme.reference import Reference
from resistype.scheme.scheme import Scheme
from resistype.scheme.write import write_scheme

__all__ = [
    "Calls",
    "Measured",
    "Reference",
    "Scheme",
    "call_measured",
    "check_scheme",
    "list_schemes",
    "load_scheme",
    "scheme_as_json",
    "write_scheme",
]

__getattr__ = old_names(__name__)
