"""Cohorts to try resistype on. What is shipped is simulated; real public cohorts are not
downloaded.
"""

from resistype.datasets.bulk import Demo, demo, write_demo
from resistype.datasets.cells import CellDemo, cell_demo
from resistype.datasets.tissue import TissueDemo, tissue_demo, write_tissue_demo

__all__ = [
    "CellDemo",
    "Demo",
    "TissueDemo",
    "cell_demo",
    "demo",
    "tissue_demo",
    "write_demo",
    "write_tissue_demo",
]
