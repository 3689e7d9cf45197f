"""Curation of signatures: drafts, derivations from data, quality on the user's own data.

draft.py       settings, gene lists, files of sets, differential expression -> drafts with notes
derive.py      case against control in a matrix -> a draft
prepared.py    a matrix made ready for questions about sets
quality.py     coverage, detection, coherence, influence, overlap with the library
editor.py      a draft under a curator's hands
gene_table.py  its genes as they were typed, and its fields
fixes.py       what the checks say of it, and how each can be mended
cohort.py      a cohort beside it, asked after every edit
store.py       the folder: drafts, and versions of a file
"""

from __future__ import annotations

from resistype.curation.derive import Contrast, Derived, derive, draft_de
from resistype.curation.draft import (
    Drafted,
    Filters,
    draft,
    draft_file,
    draft_library,
    parse_settings,
    translate,
)
from resistype.curation.prepared import Members, Prepared, prepare
from resistype.curation.quality import (
    Coherence,
    Quality,
    coherence,
    influence,
    over_representation,
    overlap,
    quality,
    redundancy,
)
from resistype.curation.store import Saved, save_version

__all__ = [
    "Coherence",
    "Contrast",
    "Derived",
    "Drafted",
    "Filters",
    "Members",
    "Prepared",
    "Quality",
    "Saved",
    "coherence",
    "derive",
    "draft",
    "draft_de",
    "draft_file",
    "draft_library",
    "influence",
    "over_representation",
    "overlap",
    "parse_settings",
    "prepare",
    "quality",
    "redundancy",
    "save_version",
    "translate",
]
