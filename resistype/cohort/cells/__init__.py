"""Cell systems over time: tables of cells, shares, clones, and the schemes of CAR T, exhausted T cells and DLI.

spec.py      the TOML model of a cell scheme        verdicts.py  its rules on numbers of samples and patients
table.py     the table of cells, checked            samples.py   shares, balance, mean scores of samples
course.py    clones of patients over time           caveats.py   what must be said beside calls
product.py   `cart_product`                         psr.py, dli.py   `tex_psr`, `dli_response`
result.py    what comes back
"""

from resistype.cohort.cells.dli import DliPlan, dli_response
from resistype.cohort.cells.product import CellInputs, cart_product
from resistype.cohort.cells.psr import PsrReference, tex_psr
from resistype.cohort.cells.result import CellCalls
from resistype.cohort.cells.spec import CellScheme, list_cell_schemes, load_cell_scheme
from resistype.cohort.cells.table import CellColumns, CellTable, cell_table
from resistype.cohort.cells.verdicts import Verdict, apply_cell_scheme

__all__ = [
    "CellCalls",
    "CellColumns",
    "CellInputs",
    "CellScheme",
    "CellTable",
    "DliPlan",
    "PsrReference",
    "Verdict",
    "apply_cell_scheme",
    "cart_product",
    "cell_table",
    "dli_response",
    "list_cell_schemes",
    "load_cell_scheme",
    "tex_psr",
]
