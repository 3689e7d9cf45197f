"""Tumour portraits of Bagaev 2021 from a user's own copy of the authors' files; nothing of them is shipped."""

from resistype.scheme.portraits.call import PortraitOptions, portrait_scores, portraits
from resistype.scheme.portraits.files import LICENCE_NOTE, PortraitFiles, read_gene_sets, read_portrait_clone
from resistype.scheme.portraits.scaler import PortraitScaler

__all__ = [
    "LICENCE_NOTE",
    "PortraitFiles",
    "PortraitOptions",
    "PortraitScaler",
    "portrait_scores",
    "portraits",
    "read_gene_sets",
    "read_portrait_clone",
]
