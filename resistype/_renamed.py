"""Names of version 0.1 and what they are called now; each warns once. The table leaves with 0.3."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

from resistype.errors import ResistypeWarning, warn

_CELLS, _TISSUE = "resistype.systems.cells", "resistype.systems.tissue"
_BULK, _OPINIONS = "resistype.systems.bulk", "resistype.opinions"
_CALLS = "resistype.scheme:Calls"

# old module: {old name: "module" (same name there) or "module:name"}
OLD: dict[str, dict[str, str]] = {
    "resistype.scheme": {
        "CallOptions": _BULK,
        "apply_scheme": _BULK,
        "classify": "resistype.systems",
        "find_reference": "resistype.scheme.reference",
        "fit_model": _OPINIONS,
        "fit_reference": _BULK,
        "second_opinion": _OPINIONS,
    },
    "resistype.session": {
        "Material": "resistype.session:SessionData",
        "from_calls": "resistype.session:SessionData.from_calls",
        "from_quantities": "resistype.session:SessionData.from_quantities",
        "Share": "resistype.session:Proportion",
    },
    "resistype.report": {"Drawn": "resistype.report:FigureResult"},
    "resistype.cohort": {
        **dict.fromkeys(("Phenotype", "clinical", "phenotype", "thresholds"), "resistype.clinical"),
        **dict.fromkeys(
            ("ConditionalInferenceTree", "TreeBootstrap", "bootstrap_tree", "shuffled_roots"),
            _OPINIONS,
        ),
        **dict.fromkeys(
            ("compare_groups", "paired_changes", "patient_changes"), "resistype.report.cohort"
        ),
    },
    "resistype.cohort.agreement": {
        **dict.fromkeys(
            ("Agreement", "AxisAgreement", "Change", "Crossing", "Matrices"), "resistype.agreement"
        ),
        **dict.fromkeys(("carriers", "compare_calls"), "resistype.agreement"),
        "Labelling": "resistype.agreement:CallSet",
        "as_labelling": "resistype.agreement:as_call_set",
        **dict.fromkeys(("Kappa", "cohen_kappa"), "resistype.stats"),
    },
    "resistype.cohort.cells": {
        "CellCalls": _CALLS,
        "CellScheme": "resistype.scheme:Scheme",
        "load_cell_scheme": "resistype.scheme:load_scheme",
        **dict.fromkeys(
            ("CellColumns", "CellInputs", "CellOptions", "CellTable", "DliPlan", "PsrReference"),
            _CELLS,
        ),
        **dict.fromkeys(
            ("cart_product", "cell_table", "classify_cells", "compare_cells", "dli_response"),
            _CELLS,
        ),
        **dict.fromkeys(("distributions", "list_cell_schemes", "scheme_signatures"), _CELLS),
        "cut_from_controls": f"{_CELLS}:cutoff_from_controls",
        **dict.fromkeys(("states_by_cuts", "tex_psr"), _CELLS),
    },
    "resistype.cohort.tree": dict.fromkeys(
        ("ConditionalInferenceTree", "TreeBootstrap", "bootstrap_tree", "shuffled_roots"), _OPINIONS
    ),
    "resistype.spatial": {
        "RegionCalls": _CALLS,
        **dict.fromkeys(
            (
                "UNASSIGNED",
                "Compartments",
                "MapOptions",
                "MarginRule",
                "MaskMatch",
                "Neighbourhood",
            ),
            _TISSUE,
        ),
        **dict.fromkeys(
            ("Roi", "Roles", "Threshold", "Tissue", "TissueColumns", "ValueMap", "border_depth"),
            _TISSUE,
        ),
        **dict.fromkeys(
            ("cells_table", "cells_text", "compartments", "densities", "density_map"), _TISSUE
        ),
        **dict.fromkeys(
            ("density_ratio", "describe_regions", "exclusion_map", "in_roi", "infiltration"),
            _TISSUE,
        ),
        **dict.fromkeys(
            ("marker_map", "match_mask", "nearest", "neighbourhood", "poisson_interval"), _TISSUE
        ),
        **dict.fromkeys(
            ("read_cells", "read_rois", "read_tissue", "rim_score", "rim_thresholds"), _TISSUE
        ),
        **dict.fromkeys(("roi_composition", "roi_difference", "rois_text", "write_cells"), _TISSUE),
        "share_map": f"{_TISSUE}:fraction_map",
        "write_rois": _TISSUE,
    },
}
_TOLD: set[str] = set()
_Thing = TypeVar("_Thing", bound=Callable[..., Any])


def old_names(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that had these names in 0.1."""

    def look_up(name: str) -> Any:
        place = OLD[module].get(name)
        if place is None:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message)
        home, _, path = place.partition(":")
        path = path or name
        _tell(f"{module}.{name}", f"{home}.{path}")
        found: Any = import_module(home)
        for part in path.split("."):
            found = getattr(found, part)
        return found

    return look_up


def renamed(names: dict[str, str]) -> Callable[[_Thing], _Thing]:
    """Of a class or a function: its members and arguments of 0.1, ``{old: new}``, live on."""

    def keep(thing: _Thing) -> _Thing:
        if not isinstance(thing, type):
            return cast("_Thing", _with_arguments(thing, thing.__qualname__, names))
        for old, new in names.items():
            setattr(thing, old, property(_member(thing.__name__, old, new)))
        if hasattr(thing, "__dataclass_fields__"):
            made = vars(thing)["__init__"]
            setattr(thing, "__init__", _with_arguments(made, thing.__name__, names))  # noqa: B010
        return thing

    return keep


def _tell(old: str, new: str) -> None:
    if old not in _TOLD:
        _TOLD.add(old)
        text = f"{old} is now {new}; the old name leaves with version 0.3."
        warn(text, ResistypeWarning, code="W990")


def _member(owner: str, old: str, new: str) -> Callable[[Any], Any]:
    def read(self: Any) -> Any:
        _tell(f"{owner}.{old}", f"{owner}.{new}")
        return getattr(self, new)

    return read


def _with_arguments(call: Any, owner: str, names: dict[str, str]) -> Any:
    @functools.wraps(call)
    def _take(*values: Any, **named: Any) -> Any:
        for old in named.keys() & names.keys():
            _tell(f"{owner}({old}=…)", f"{owner}({names[old]}=…)")
            named[names[old]] = named.pop(old)
        return call(*values, **named)

    return _take
