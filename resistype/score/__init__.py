"""Scores of gene signatures: rank once, score everything.

method.py   what a method is            methods/   one page a method
sets.py     signatures as arrays        match.py   signatures of a library in a matrix, and what is missing
rows.py     dense and sparse rows       scale.py   a block in log2(x + 1)
kernels.py  the compiled loops          rank.py    sums over the ranks of a set
block.py    one block, all methods      loop.py    all blocks, on any backend of joblib
folder.py   a run kept on disk          progress.py, options.py, backends.py
null.py     matched random sets         run.py     `score`; scores.py what comes back
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resistype.score.method import Method, Settings
from resistype.score.methods import METHODS, get_method
from resistype.score.null import Null, matched_sets
from resistype.score.pace import listening
from resistype.score.scores import Scores
from resistype.score.sets import IndexedSets

if TYPE_CHECKING:
    from resistype.score.options import RunOptions, ScoreOptions
    from resistype.score.progress import Progress
    from resistype.score.run import score, score_sets

__all__ = [
    "METHODS",
    "IndexedSets",
    "Method",
    "Null",
    "Progress",
    "RunOptions",
    "ScoreOptions",
    "Scores",
    "Settings",
    "get_method",
    "listening",
    "matched_sets",
    "score",
    "score_sets",
]

_LATER = {
    "Progress": "progress",
    "RunOptions": "options",
    "ScoreOptions": "options",
    "score": "run",
    "score_sets": "run",
}  # these load joblib and the reading of files


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
