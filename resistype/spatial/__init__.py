"""Tissue: cells with places. Who lives near whom, inside or outside the tumour, and what a drawn region holds.

tissue.py        `Tissue`: coordinates, keys (region, instance id), kinds; build.py, source.py, checks.py: `read_tissue`
mask.py          table and label mask: ids counted both ways, order of the axes tried
neighbours.py    shares in a radius, distance to the nearest cell of a kind
compartments.py  inside, margin, outside; density.py: cells per mm² with intervals; rim.py: macrophages at the margin
phenotype.py     inflamed, excluded, desert with evidence, or why not
maps.py          value images on a grid (grid.py)
rois.py          polygons; composition.py: what they hold; depth.py: how deep cells lie behind an outline
export.py        CSV with thresholds in the header, GeoJSON
options.py       every threshold, with its source

Everything is in µm and nothing is computed without a scale. Images never mix.
"""

from resistype.spatial.build import read_tissue
from resistype.spatial.compartments import Compartments, compartments
from resistype.spatial.composition import roi_composition, roi_difference
from resistype.spatial.density import densities, density_ratio, poisson_interval
from resistype.spatial.depth import border_depth, infiltration
from resistype.spatial.export import cells_table, cells_text, read_cells, read_rois, rois_text, write_cells, write_rois
from resistype.spatial.maps import ValueMap, density_map, exclusion_map, marker_map, share_map
from resistype.spatial.mask import MaskMatch, match_mask
from resistype.spatial.neighbours import Neighbourhood, nearest, neighbourhood
from resistype.spatial.options import MapOptions, MarginRule, Roles, Threshold, TissueOptions, threshold_table
from resistype.spatial.phenotype import describe_regions, measure_regions
from resistype.spatial.rim import rim_score, rim_thresholds
from resistype.spatial.rois import Roi, in_roi
from resistype.spatial.source import TissueColumns
from resistype.spatial.tissue import UNASSIGNED, Tissue

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
    "share_map",
    "threshold_table",
    "write_cells",
    "write_rois",
]
