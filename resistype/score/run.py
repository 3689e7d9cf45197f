"""The one loop over blocks of rows.

A block is a row range, bounded by bytes. joblib runs the kernels on blocks: on threads by default, because they release
the GIL and nothing has to be copied; on whatever a user's ``joblib.parallel_config`` says otherwise. Results come back
in order and are written into one array, so neither the number of jobs nor the size of blocks can change a bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from resistype.expression import Block, Expression, ReadOptions, as_expression, iter_blocks, read_block
from resistype.library import Library, SignatureSpec, read_signatures
from resistype.score.block import Values, score_block
from resistype.score.match import Matched, match_signatures
from resistype.score.method import Method, Settings
from resistype.score.methods import get_method
from resistype.score.rows import as_rows
from resistype.score.scale import log2_rows
from resistype.score.scores import Scores
from resistype.score.sets import IndexedSets

__all__ = ["ScoreOptions", "score", "score_sets"]


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
        Rows of a block; by default what fits into `memory`.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    settings: Settings = field(default_factory=Settings)
    min_coverage: float = 0.5
    warn_below: float = 0.8
    memory: str = "128MB"
    block_rows: int | None = None


@dataclass(frozen=True, eq=False)
class _Task:
    """What every block has in common."""

    expression: Expression
    sets: IndexedSets
    methods: tuple[Method, ...]
    settings: Settings


def score(
    data: Any,
    signatures: SignatureSpec = None,
    *,
    method: str | Sequence[str] = "ssgsea",
    n_jobs: int | None = -1,
    options: ScoreOptions | None = None,
) -> Scores:
    """Score samples or cells for gene signatures.

    Parameters
    ----------
    data
        Expression of samples × genes, shape (n_obs, n_genes): a DataFrame, an AnnData, a path, or an `Expression`.
    signatures
        A Library, ids or axis names, a mapping of names to genes, or a path to GMT or TOML; by default the whole
        shipped library.
    method
        A method or several: ``ssgsea``, ``singscore``, ``zscore``, ``weighted``. Several rank methods cost one ranking.
    n_jobs
        Threads; -1 for all cores. A backend and number of jobs chosen with ``joblib.parallel_config`` are used when
        this is None.
    options
        Everything else.

    Returns
    -------
    Scores
        A value for every sample and signature. No value changes when samples are added, or by the number of jobs,
        the size of blocks, or the order of samples or genes.

    Raises
    ------
    ExpressionError, SignatureError
        When the input cannot be used.
    GeneError
        E101 when no signature can be scored.

    Warns
    -----
    CoverageWarning
        W201 when signatures lack genes.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> genes = ["B2M", "TAP1", "TAP2", "CD8A", "ACTB", "GAPDH"]
    >>> values = np.arange(12.0).reshape(2, 6)
    >>> table = pd.DataFrame(values, index=["s1", "s2"], columns=genes)
    >>> score(table, {"mhc": ["B2M", "TAP1"]}, method="singscore").to_frame().round(2).to_dict("list")
    {'mhc': [-0.5, -0.5]}
    """
    options = options or ScoreOptions()
    names = (method,) if isinstance(method, str) else tuple(dict.fromkeys(method))
    methods = tuple(get_method(name) for name in names)
    expression = as_expression(data, options.read)
    library = read_signatures(signatures)
    matched = match_signatures(expression, library, min_coverage=options.min_coverage, warn_below=options.warn_below)
    values = _run(_Task(expression, matched.sets, methods, options.settings), n_jobs, options)
    for array in values.values():
        array[:, ~matched.scorable] = np.nan
    return _scores(values, methods, library, expression=expression, matched=matched)


def _scores(
    values: Values, methods: tuple[Method, ...], library: Library, *, expression: Expression, matched: Matched
) -> Scores:
    return Scores(
        samples=expression.samples,
        signatures=matched.sets.names,
        methods=tuple(one.id for one in methods),
        values=values,
        coverage=matched.coverage,
        specs={one.id: one.spec for one in methods},
        refs={name: (s.ref, s.content_hash) for name, s in library.items()},
        n_genes=expression.n_genes,
        unit=expression.unit,
        notes=expression.notes,
    )


def _run(task: _Task, n_jobs: int | None, options: ScoreOptions) -> Values:
    expression = task.expression
    jobs = effective_n_jobs(n_jobs)
    blocks = list(iter_blocks(expression, memory=options.memory, rows=options.block_rows))
    if options.block_rows is None and len(blocks) < 4 * jobs:
        rows = max(1, -(-expression.n_obs // (4 * jobs)))
        blocks = list(chain.from_iterable(_split(block, rows) for block in blocks))
    out = {one.id: np.empty((expression.n_obs, task.sets.n_sets)) for one in task.methods}
    parallel = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    for block, values in zip(blocks, parallel(delayed(_score_one)(task, b) for b in blocks), strict=True):
        for name, array in values.items():
            out[name][block.start : block.stop] = array
    return out


def _split(block: Block, rows: int) -> list[Block]:
    return [Block(start, min(start + rows, block.stop)) for start in range(block.start, block.stop, rows)]


def _score_one(task: _Task, block: Block) -> Values:
    rows = as_rows(_parts(read_block(task.expression, block)))
    needs_log2 = any(one.family == "value" for one in task.methods)
    log2 = log2_rows(rows, task.expression.unit) if needs_log2 else None
    return score_block(rows, task.sets, task.methods, settings=task.settings, log2=log2)


def _parts(block: Any) -> Any:
    return tuple(block) if isinstance(block, tuple) else block


def score_sets(
    values: Any, sets: IndexedSets, *, method: str = "ssgsea", n_jobs: int | None = 1, settings: Settings | None = None
) -> NDArray[np.float64]:
    """Scores of plain arrays for indexed sets.

    Parameters
    ----------
    values
        Array or CSR matrix of shape (n_obs, n_genes); in log2(x + 1) for ``zscore`` and ``weighted``.
    sets
        Sets over the columns of `values`.
    method
        One method.
    n_jobs
        Threads.
    settings
        Numbers of the methods.

    Returns
    -------
    Array of shape (n_obs, n_sets).

    Examples
    --------
    >>> import numpy as np
    >>> score_sets(np.array([[3.0, 1.0, 2.0]]), IndexedSets.build([[0]], 3), method="singscore").tolist()
    [[0.5]]
    """
    rows, chosen = as_rows(values), get_method(method)
    size = max(1, -(-rows.n_obs // (4 * effective_n_jobs(n_jobs))))
    blocks = _split(Block(0, rows.n_obs), size)
    run = Parallel(n_jobs=n_jobs, prefer="threads")
    parts = run(delayed(score_block)(rows.cut(*b), sets, (chosen,), settings=settings or Settings()) for b in blocks)
    return np.concatenate([np.empty((0, sets.n_sets)), *(part[method] for part in parts)])
