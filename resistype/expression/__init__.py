"""Expression matrices: read from files and memory, checked, and handed out in row blocks."""

from resistype.expression.blocks import Block
from resistype.expression.hdf5 import check_file
from resistype.expression.layouts import Collected, collect
from resistype.expression.matrix import Expression, iter_blocks, read_block
from resistype.expression.read import as_expression, read_expression
from resistype.expression.store import Backed, CsrRows
from resistype.expression.units import ReadOptions, Unit

__all__ = [
    "Backed",
    "Block",
    "Collected",
    "CsrRows",
    "Expression",
    "ReadOptions",
    "Unit",
    "as_expression",
    "check_file",
    "collect",
    "iter_blocks",
    "read_block",
    "read_expression",
]
