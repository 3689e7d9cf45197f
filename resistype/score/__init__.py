"""Scores of gene signatures: rank once, score everything.

run.py      `score`: from match to scores      method.py, methods/   what a method is; one page a
    method
match.py    signatures in a matrix             sets.py, rows.py      what a kernel sees of both
kernels.py  ranks and sums over sets           null.py               matched random sets
scores.py   what comes back                    progress.py           a long run: told, stopped, kept
backends.py joblib's workers                   contrast.py           two groups, by gseapy
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resistype.score.method import Method, Settings
    from resistype.score.methods import METHODS, get_method
    from resistype.score.null import Null, matched_sets
    from resistype.score.progress import Progress, RunOptions, listening
    from resistype.score.run import ScoreOptions, score, score_sets
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
    "listening",
    "matched_sets",
    "score",
    "score_sets",
]

# Loaded when they are first asked for: the kernels bring numba, the run brings joblib.
_HOMES = {
    "METHODS": "methods",
    "IndexedSets": "sets",
    "Method": "method",
    "Null": "null",
    "Progress": "progress",
    "RunOptions": "progress",
    "ScoreOptions": "run",
    "Scores": "scores",
    "Settings": "method",
    "get_method": "methods",
    "listening": "progress",
    "matched_sets": "null",
    "score": "run",
    "score_sets": "run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
