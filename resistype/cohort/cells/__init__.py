"""Cell systems over time: tables of cells, shares, clones, and the schemes of CAR T, exhausted T cells and DLI.

verdicts.py  rules on numbers of samples and patients
table.py     the table of cells, checked            samples.py   shares, balance, mean scores of samples
course.py    clones of patients over time
product.py   `cart_product`                         psr.py, dli.py   `tex_psr`, `dli_response`
result.py    what comes back                        run.py       `classify_cells`: from a matrix, in blocks
prepare.py   what is known of the cells             options.py   how it is done
cuts.py      states by cuts that somebody set       compare.py   groups of patients
"""

from resistype.cohort.cells.compare import compare_cells
from resistype.cohort.cells.cuts import cut_from_controls, distributions, states_by_cuts
from resistype.cohort.cells.dli import DliPlan, dli_response
from resistype.cohort.cells.options import CellOptions
from resistype.cohort.cells.product import CellInputs, cart_product
from resistype.cohort.cells.psr import PsrReference, tex_psr
from resistype.cohort.cells.result import CellCalls
from resistype.cohort.cells.run import classify_cells, list_cell_schemes, scheme_signatures
from resistype.cohort.cells.table import CellColumns, CellTable, cell_table
from resistype.cohort.cells.verdicts import Verdict, apply_cell_scheme
from resistype.scheme import Scheme as CellScheme
from resistype.scheme import load_scheme as load_cell_scheme

__all__ = [
    "CellCalls",
    "CellColumns",
    "CellInputs",
    "CellOptions",
    "CellScheme",
    "CellTable",
    "DliPlan",
    "PsrReference",
    "Verdict",
    "apply_cell_scheme",
    "cart_product",
    "cell_table",
    "classify_cells",
    "compare_cells",
    "cut_from_controls",
    "distributions",
    "dli_response",
    "list_cell_schemes",
    "load_cell_scheme",
    "scheme_signatures",
    "states_by_cuts",
    "tex_psr",
]
