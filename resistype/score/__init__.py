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

if TYPE_CHECKING:
    from resistype.score.method import Method, Settings
    from resistype.score.methods import METHODS, get_method
    from resistype.score.null import Null, matched_sets
    from resistype.score.options import RunOptions, ScoreOptions
    from resistype.score.progress import Progress
    from resistype.score.run import score, score_sets
    from resistype.score.scores import Scores
    from resistype.score.sets import IndexedSets

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
    "matched_sets",
    "score",
    "score_sets",
]

_HOMES = {
    "METHODS": "methods",
    "IndexedSets": "sets",
    "Method": "method",
    "Null": "null",
    "Progress": "progress",
    "RunOptions": "options",
    "ScoreOptions": "options",
    "Scores": "scores",
    "Settings": "method",
    "get_method": "methods",
    "matched_sets": "null",
    "score": "run",
    "score_sets": "run",
}  # all of it on first use: `import resistype` loads this room


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
