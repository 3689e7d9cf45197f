"""Clinical phenotypes of resistance under published definitions, and clinical timelines.

definitions.py  the published definitions, one function each, and `clinical`, the phenotype of each
                patient
timelines.py    tables of patients -> timelines, or every complaint

`resistype.clinical` is the function of the same name, so this room loads what it holds on first
use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resistype.clinical.definitions import (
        Phenotype,
        clinical,
        phenotype,
        phenotypes,
        thresholds,
    )

__all__ = ["Phenotype", "clinical", "phenotype", "phenotypes", "thresholds"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module("resistype.clinical.definitions"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
