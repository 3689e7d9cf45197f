"""Names of version 0.1 and what they are called now; each warns once. The table leaves with 0.3."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

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
    },
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
            ("Agreement", "AxisAgreement", "Change", "Crossing", "Labelling", "Matrices"),
            "resistype.agreement",
        ),
        **dict.fromkeys(("as_labelling", "carriers", "compare_calls"), "resistype.agreement"),
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
        **dict.fromkeys(
            ("cut_from_controls", "distributions", "list_cell_schemes", "scheme_signatures"),
            _CELLS,
        ),
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
        **dict.fromkeys(
            ("roi_composition", "roi_difference", "rois_text", "share_map", "write_cells"), _TISSUE
        ),
        "write_rois": _TISSUE,
    },
}
_TOLD: set[tuple[str, str]] = set()


def old_names(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that had these names in 0.1."""

    def look_up(name: str) -> Any:
        place = OLD[module].get(name)
        if place is None:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message)
        home, _, path = place.partition(":")
        path = path or name
        if (module, name) not in _TOLD:
            _TOLD.add((module, name))
            text = f"{module}.{name} is now {home}.{path}; the old name leaves with version 0.3."
            warn(text, ResistypeWarning, code="W990")
        found: Any = import_module(home)
        for part in path.split("."):
            found = getattr(found, part)
        return found

    return look_up
