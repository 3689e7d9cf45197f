"""Cell systems over time: tables of cells, shares, clones, and the schemes of CAR T, exhausted T
cells and DLI.

table.py     the table of cells, checked            samples.py   shares, balance, mean scores of
    samples
course.py    clones of patients over time
product.py   `cart_product`                         psr.py, dli.py   `tex_psr`, `dli_response`
repeats.py   cells drawn anew, labels permuted      run.py       `classify_cells`: from a matrix, in
    blocks
prepare.py   what is known of the cells             options.py   how it is done
cuts.py      states by cuts that somebody set       compare.py   groups of patients
"""

from resistype.systems.cells.cart_product import CellInputs, cart_product
from resistype.systems.cells.compare_groups import compare_cells
from resistype.systems.cells.cuts import cut_from_controls, distributions, states_by_cuts
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
    "cut_from_controls",
    "distributions",
    "dli_response",
    "list_cell_schemes",
    "scheme_signatures",
    "states_by_cuts",
    "tex_psr",
]
