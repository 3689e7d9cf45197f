"""Cell systems over time: tables of cells, shares, clones, and the schemes of CAR T, exhausted T cells and DLI.

table.py     the table of cells, checked            samples.py   shares, balance, mean scores of samples
course.py    clones of patients over time
product.py   `cart_product`                         psr.py, dli.py   `tex_psr`, `dli_response`
repeats.py   cells drawn anew, labels permuted      run.py       `classify_cells`: from a matrix, in blocks
prepare.py   what is known of the cells             options.py   how it is done
cuts.py      states by cuts that somebody set       compare.py   groups of patients
"""

from resistype.cohort.cells.compare import compare_cells
from resistype.cohort.cells.cuts import cut_from_controls, distributions, states_by_cuts
from resistype.cohort.cells.dli import DliPlan, dli_response
from resistype.cohort.cells.options import CellOptions
from resistype.cohort.cells.product import CellInputs, cart_product
from resistype.cohort.cells.psr import PsrReference, tex_psr
from resistype.cohort.cells.run import classify_cells, list_cell_schemes, scheme_signatures
from resistype.cohort.cells.table import CellColumns, CellTable, cell_table

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
