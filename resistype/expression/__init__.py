"""Expression matrices: read from files and memory, checked, and handed out in row blocks."""

from resistype.expression.hdf5 import check_file
from resistype.expression.matrix import Expression, iter_blocks, read_block
from resistype.expression.read import as_expression, read_expression
from resistype.expression.store import Backed, CsrRows
from resistype.expression.units import Block, ReadOptions, Unit

__all__ = [
    "Backed",
    "Block",
    "CsrRows",
    "Expression",
    "ReadOptions",
    "Unit",
    "as_expression",
    "check_file",
    "iter_blocks",
    "read_block",
    "read_expression",
]
