"""Programmes of resistance to cancer immunotherapy in an expression matrix, with their evidence.
Research use only.

>>> import resistype as rt
>>> demo = rt.datasets.demo()
>>> scores = rt.score(demo.expression, ["benci_isg_rs"])
>>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")

The names below are loaded when they are first used, so that importing resistype costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resistype._version import __version__ as __version__
from resistype.views import register_view

if TYPE_CHECKING:
    from resistype import datasets
    from resistype.clinical.definitions import clinical
    from resistype.expression import Expression, read_expression
    from resistype.library import Library, Signature, load_library
    from resistype.opinions import fit_model
    from resistype.scheme import Calls, Reference, Scheme, load_scheme
    from resistype.score import Scores, score
    from resistype.session import Session
    from resistype.systems import classify
    from resistype.systems.bulk import CallOptions, apply_scheme, fit_reference

__all__ = [
    "CallOptions",
    "Calls",
    "Expression",
    "Library",
    "Reference",
    "Scheme",
    "Scores",
    "Session",
    "Signature",
    "apply_scheme",
    "classify",
    "clinical",
    "datasets",
    "fit_model",
    "fit_reference",
    "load_library",
    "load_scheme",
    "read_expression",
    "score",
]

_HOMES = {
    "CallOptions": "resistype.systems.bulk",
    "Calls": "resistype.scheme",
    "Expression": "resistype.expression",
    "Library": "resistype.library",
    "Reference": "resistype.scheme",
    "Scheme": "resistype.scheme",
    "Scores": "resistype.score",
    "Session": "resistype.session",
    "Signature": "resistype.library",
    "apply_scheme": "resistype.systems.bulk",
    "classify": "resistype.systems",
    "clinical": "resistype.clinical",
    "fit_model": "resistype.opinions",
    "fit_reference": "resistype.systems.bulk",
    "load_library": "resistype.library",
    "load_scheme": "resistype.scheme",
    "read_expression": "resistype.expression",
    "score": "resistype.score",
}

# Two rooms bear the name of a function, and the import system sets a room as an attribute of its
# parent: once, when it is first loaded. These rooms themselves load nothing, so they are loaded
# here, and the attribute is the function's.
import_module("resistype.clinical")
import_module("resistype.score")
globals().pop("clinical", None)
globals().pop("score", None)

register_view("report", lambda: import_module("resistype.report").write_report)
register_view("folder", lambda: import_module("resistype.report").write_folder)


def __getattr__(name: str) -> Any:
    if name == "datasets":
        return import_module("resistype.datasets")
    if name not in _HOMES:
        message = f"module 'resistype' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
