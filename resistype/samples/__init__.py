"""Samples tables, and which sample is compared with which."""

from resistype.samples.mutations import read_mutations
from resistype.samples.pairs import Alike, Design, Pairing, pair_samples
from resistype.samples.table import align_samples, read_samples

__all__ = [
    "Alike",
    "Design",
    "Pairing",
    "align_samples",
    "pair_samples",
    "read_mutations",
    "read_samples",
]
