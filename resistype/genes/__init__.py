"""Gene names: what they mean today, and which columns of a matrix they are.

names.py      the shipped tables: clean, resolve, id_type, names turned into dates by a spreadsheet
orthologs.py  human <-> mouse
match.py      GeneIndex: wanted genes -> columns, and how each was found
"""

from __future__ import annotations

from resistype.genes.match import Coverage, GeneIndex, Match
from resistype.genes.names import IdType, Resolution, clean, excel_dates, id_type, resolve
from resistype.genes.orthologs import orthologs, to_human, to_mouse

__all__ = [
    "Coverage",
    "GeneIndex",
    "IdType",
    "Match",
    "Resolution",
    "clean",
    "excel_dates",
    "id_type",
    "orthologs",
    "resolve",
    "to_human",
    "to_mouse",
]
