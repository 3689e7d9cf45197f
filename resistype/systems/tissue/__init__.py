"""Tissue: cells with places. Who lives near whom, inside or outside the tumour, within an outline.

tissue.py            `read_tissue`, `Tissue`: coordinates, keys (region, instance id), kinds
mask.py              table and label mask: ids counted both ways, order of the axes tried
neighbours.py        fractions in a radius, distance to the nearest cell of a kind
compartments.py      inside, margin, outside; how deep cells lie behind an outline
density.py           cells per mm² with intervals; macrophages at the margin
immune_phenotype.py  inflamed, excluded, desert with evidence, or why not
grid.py              places of a side in µm, one grid per image
maps.py              value images on it
rois.py              polygons drawn over an image, and which cells lie in them
export.py            CSV with thresholds in the header, GeoJSON
options.py           every threshold, with its source

Everything is in µm and nothing is computed without a scale. Images never mix.
"""

from resistype.systems.tissue.compartments import (
    Compartments,
    border_depth,
    compartments,
    infiltration,
)
from resistype.systems.tissue.density import (
    densities,
    density_ratio,
    poisson_interval,
    rim_score,
    rim_thresholds,
)
from resistype.systems.tissue.export import (
    cells_table,
    cells_text,
    read_cells,
    read_rois,
    rois_text,
    write_cells,
    write_rois,
)
from resistype.systems.tissue.immune_phenotype import (
    describe_regions,
    measure_regions,
    scheme_limits,
)
from resistype.systems.tissue.maps import (
    ValueMap,
    density_map,
    exclusion_map,
    fraction_map,
    marker_map,
)
from resistype.systems.tissue.mask import MaskMatch, match_mask
from resistype.systems.tissue.neighbours import (
    Neighbourhood,
    nearest,
    neighbourhood,
    roi_composition,
    roi_difference,
)
from resistype.systems.tissue.options import (
    MapOptions,
    MarginRule,
    Roles,
    Threshold,
    TissueOptions,
    threshold_table,
)
from resistype.systems.tissue.rois import Roi, in_roi
from resistype.systems.tissue.tissue import UNASSIGNED, Tissue, TissueColumns, read_tissue

__all__ = [
    "UNASSIGNED",
    "Compartments",
    "MapOptions",
    "MarginRule",
    "MaskMatch",
    "Neighbourhood",
    "Roi",
    "Roles",
    "Threshold",
    "Tissue",
    "TissueColumns",
    "TissueOptions",
    "ValueMap",
    "border_depth",
    "cells_table",
    "cells_text",
    "compartments",
    "densities",
    "density_map",
    "density_ratio",
    "describe_regions",
    "exclusion_map",
    "fraction_map",
    "in_roi",
    "infiltration",
    "marker_map",
    "match_mask",
    "measure_regions",
    "nearest",
    "neighbourhood",
    "poisson_interval",
    "read_cells",
    "read_rois",
    "read_tissue",
    "rim_score",
    "rim_thresholds",
    "roi_composition",
    "roi_difference",
    "rois_text",
    "scheme_limits",
    "threshold_table",
    "write_cells",
    "write_rois",
]
