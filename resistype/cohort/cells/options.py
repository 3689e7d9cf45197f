"""How cells are classified, where the defaults do not fit: one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from resistype.cohort.cells.dli import DliPlan
from resistype.cohort.cells.psr import PsrReference
from resistype.cohort.cells.table import CellColumns
from resistype.library import SignatureSpec
from resistype.score.run import ScoreOptions

__all__ = ["CellOptions"]


@dataclass(frozen=True, kw_only=True)
class CellOptions:
    """How cells are classified.

    Parameters
    ----------
    columns
        Which column of ``obs`` is what.
    samples, sample
        A table with one row a sample, and the column of ``obs`` that names the sample; its columns join the cells'.
    cuts
        Cuts on scores that give states, where there is no column of states.
    gate
        Whether states come from the published gate (counts in memory, scanpy).
    isoform
        Column of ``obs`` with an estimate of CD45RA, for the gate.
    clones
        Table of clonotypes by cell; by default the receptor columns of ``obs``.
    library
        A curator's signatures; they come before the shipped ones.
    score
        How to score, and where to keep a run (`RunOptions`).
    n_jobs, seed
        Threads; seed of the bootstrap intervals.
    parity
        Whether scanpy's score_genes is put beside the scores, cell by cell (up to 10,000 cells; needs scanpy).
    keep_cells
        Whether the result has a table of cells.
    plan, reference
        Of ``dli_response`` and ``tex_psr``.
    """

    columns: CellColumns = field(default_factory=CellColumns)
    samples: str | Path | pd.DataFrame | None = None
    sample: str | None = None
    cuts: Mapping[str, float] = field(default_factory=dict)
    gate: bool = False
    isoform: str | None = None
    clones: str | Path | pd.DataFrame | None = None
    library: SignatureSpec = None
    score: ScoreOptions = field(default_factory=ScoreOptions)
    n_jobs: int | None = -1
    seed: int = 0
    parity: bool = False
    keep_cells: bool = False
    plan: DliPlan = field(default_factory=DliPlan)
    reference: PsrReference = field(default_factory=PsrReference)
