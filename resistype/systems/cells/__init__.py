"""Cell systems over time: tables of cells, fractions, clones; the schemes of CAR T, TEX and DLI.

measure.py         `classify_cells`: from a matrix, in blocks, to calls of patients
table.py           the table of cells, checked
gate.py            the gate of Haradhvala 2022: T-cell subtypes from averaged markers
cuts.py            states by cuts that somebody set
cart_product.py    `cart_product`
tex_psr.py         `tex_psr`
dli_response.py    `dli_response`
clones.py          one clone per cell, from AIRR columns or a table of clonotypes
clone_tracking.py  clones of patients over time
clone_fate.py      drift between states, flow, plasticity
repeats.py         cells drawn anew, labels permuted
compare_groups.py  groups of patients
pseudobulk.py      counts of cells summed to one profile per sample
"""

from resistype.systems.cells.cart_product import CellInputs, cart_product
from resistype.systems.cells.compare_groups import compare_cells
from resistype.systems.cells.cuts import cutoff_from_controls, distributions, states_by_cuts
from resistype.systems.cells.dli_response import DliPlan, dli_response
from resistype.systems.cells.measure import (
    CellOptions,
    classify_cells,
    list_cell_schemes,
    scheme_signatures,
)
from resistype.systems.cells.table import CellColumns, CellTable, cell_table
from resistype.systems.cells.tex_psr import PsrReference, tex_psr

__all__ = [
    "CellColumns",
    "CellInputs",
    "CellOptions",
    "CellTable",
    "DliPlan",
    "PsrReference",
    "cart_product",
    "cell_table",
    "classify_cells",
    "compare_cells",
    "cutoff_from_controls",
    "distributions",
    "dli_response",
    "list_cell_schemes",
    "scheme_signatures",
    "states_by_cuts",
    "tex_psr",
]
