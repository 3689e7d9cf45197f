"""How to score, where the defaults do not fit: one frozen object for the scores, one for the run.

`ScoreOptions` can change numbers (coverage, settings of methods) or how much is held at once (which cannot).
`RunOptions` never changes a number: where a run is kept, who is told how far it is, who may stop it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from resistype.expression import ReadOptions
from resistype.score.method import Settings
from resistype.score.null import Null
from resistype.score.progress import Hear

__all__ = ["RunOptions", "ScoreOptions"]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a long run is kept and shown; `resistype.score.listening` stops one.

    Parameters
    ----------
    run_dir
        Folder where finished blocks are kept. A run that was killed goes on from there with `resume`.
    resume
        Go on with the run in `run_dir`; blocks that are missing or damaged are computed again, no others.
    progress
        ``"auto"`` writes to the standard error when a run takes longer than some seconds, ``"text"`` always, None
        never; or a function that is called with a `Progress` while a file is read, at once, and after each block.
    tries
        How often a block is given out when the worker that had it is lost.
    """

    run_dir: str | Path | None = None
    resume: bool = False
    progress: Hear = "auto"
    tries: int = 3


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """How to score, where the defaults do not fit.

    Parameters
    ----------
    read
        How to read the matrix.
    settings
        Numbers of the methods.
    min_coverage
        Signatures with a smaller share of their genes in the data get NaN.
    warn_below
        Signatures with a smaller share are named in a warning.
    memory
        Bytes of rows that may be held at once, over all jobs.
    block_rows
        Rows of a block; by default what fits into `memory`, in blocks short enough to show progress.
    run
        How a long run is kept, shown and stopped.
    null
        Compare the scores of rank methods with matched random sets.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    settings: Settings = field(default_factory=Settings)
    min_coverage: float = 0.5
    warn_below: float = 0.8
    memory: str = "128MB"
    block_rows: int | None = None
    run: RunOptions = field(default_factory=RunOptions)
    null: Null | None = None
