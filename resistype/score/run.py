"""`score`: from whatever the user has to Scores; and `score_sets` for plain arrays.

Reading and matching happen here, the work in `loop.py`. Methods that depend on the cohort need all samples at once and
run beside the loop; the result says which they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression import Backed, Block, Expression, as_expression, iter_blocks, read_block
from resistype.expression.lazy import Lazy
from resistype.library import Library, SignatureSpec, read_signatures
from resistype.score.block import Values, null_names, score_block
from resistype.score.folder import RunFolder
from resistype.score.loop import Task, run_blocks
from resistype.score.match import Matched, match_signatures
from resistype.score.method import Method, Settings
from resistype.score.methods import get_method
from resistype.score.null import Draws, Null
from resistype.score.options import ScoreOptions
from resistype.score.pace import is_heard, watched
from resistype.score.progress import tell_reading
from resistype.score.rows import as_rows
from resistype.score.scale import log2_rows
from resistype.score.scores import NullResult, Scores
from resistype.score.sets import IndexedSets

__all__ = ["ScoreOptions", "score", "score_sets"]

COHORT_LIMIT = 10_000  # samples; a cohort method compares each with each


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
        A method or several: ``ssgsea``, ``singscore``, ``ucell``, ``aucell``, ``zscore``, ``weighted``, ``gene_pairs``;
        of the cohort ``gsva``, ``plage``, ``score_genes``. Several rank methods cost one ranking.
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
    if isinstance(data, str | Path):
        tell_reading(str(data), options.run.progress)
    expression = as_expression(data, options.read)
    library = read_signatures(signatures)
    matched = match_signatures(expression, library, min_coverage=options.min_coverage, warn_below=options.warn_below)
    values = _all_methods(
        Task(expression.values, expression.unit, matched.sets, methods, options.settings),
        expression,
        n_jobs=n_jobs,
        options=options,
    )
    for array in values.values():
        array[:, ~matched.scorable] = np.nan
    return _scores(values, methods, library, expression=expression, matched=matched, options=options)


def _scores(
    values: Values,
    methods: tuple[Method, ...],
    library: Library,
    *,
    expression: Expression,
    matched: Matched,
    options: ScoreOptions,
) -> Scores:
    return Scores(
        samples=expression.samples,
        signatures=matched.sets.names,
        methods=tuple(one.id for one in methods),
        values={one.id: values[one.id] for one in methods},
        null=_null(values, methods, options.null),
        coverage=matched.coverage,
        specs={one.id: one.spec for one in methods},
        refs={name: (s.ref, s.content_hash) for name, s in library.items()},
        n_genes=expression.n_genes,
        unit=expression.unit,
        notes=(*expression.notes, *_notes(methods, matched.sets)),
    )


def _null(values: Values, methods: tuple[Method, ...], null: Null | None) -> NullResult | None:
    names = {one.id: null_names(one) for one in methods if null_names(one)[0] in values}
    if null is None or not names:
        return None
    z, p = ({name: values[pair[k]] for name, pair in names.items()} for k in (0, 1))
    return NullResult(null.n, null.seed, null.bins, z, p)


def _notes(methods: tuple[Method, ...], sets: IndexedSets) -> tuple[str, ...]:
    notes = []
    bare = [name for i, name in enumerate(sets.names) if sets.pairs is None or not sets.pairs[i].size]
    if bare and any(one.family == "pairs" for one in methods):
        notes.append(f"{len(bare)} signatures have no gene pairs and no score from gene_pairs: {', '.join(bare[:5])}.")
    cohort = [one.id for one in methods if one.depends_on == "cohort"]
    if not cohort:
        return tuple(notes)
    return (
        *notes,
        f"Scores of {', '.join(cohort)} depend on the other samples of this matrix and change when some are added.",
    )


def _all_methods(task: Task, expression: Expression, *, n_jobs: int | None, options: ScoreOptions) -> Values:
    by_sample = tuple(one for one in task.methods if one.family != "cohort")
    by_cohort = tuple(one for one in task.methods if one.family == "cohort")
    found: Values = {}
    if by_sample:
        alone = replace(task, methods=by_sample, draws=_draws(task, expression, options.null))
        alone = replace(alone, folder=_folder(alone, expression, options))
        found |= run_blocks(alone, expression, n_jobs=n_jobs, options=options)
    if by_cohort:
        found |= _cohort(replace(task, methods=by_cohort), expression, n_jobs)
    return found


def _draws(task: Task, expression: Expression, null: Null | None) -> Draws | None:
    """Random sets matched by mean expression over the samples given."""
    if null is None or not any(one.needs_ranks for one in task.methods):
        return None
    from resistype.score.rank import add_gene_sums  # noqa: PLC0415  numba only when something is scored

    total = np.zeros(expression.n_genes, np.int64)
    for block in iter_blocks(expression, memory="64MB"):
        part = read_block(expression, block)
        rows = as_rows(tuple(part) if isinstance(part, tuple) else part)
        add_gene_sums(rows if expression.unit in ("scaled", "unknown") else log2_rows(rows, expression.unit), total)
    return Draws.build(total, task.sets, null, names=expression.genes)


def _cohort(task: Task, expression: Expression, n_jobs: int | None) -> Values:
    limited = [one.id for one in task.methods if one.pairwise]
    if limited and expression.n_obs > COHORT_LIMIT:
        names = ", ".join(limited)
        message = (
            f"{names} compares every sample with every other; {expression.n_obs:,} are more than {COHORT_LIMIT:,}. "
            "Use 'ssgsea', 'singscore', 'ucell' or 'aucell', which score each by itself."
        )
        raise ExpressionError(message, code="E608")
    block = read_block(expression, Block(0, expression.n_obs))
    rows = as_rows(tuple(block) if isinstance(block, tuple) else block)
    settings = replace(task.settings, n_jobs=n_jobs)
    if task.settings.gsva_kernel != "poisson":
        rows = log2_rows(rows, expression.unit)
    elif expression.unit != "counts":
        message = f"The Poisson kernel of GSVA takes counts, and the values are of unit '{expression.unit}'."
        raise ExpressionError(message, code="E404")
    return score_block(rows, task.sets, task.methods, settings=settings)


def _folder(task: Task, expression: Expression, options: ScoreOptions) -> RunFolder | None:
    if options.run.run_dir is None:
        return None
    path = Path(options.run.run_dir)
    return RunFolder(path, task.names, task.sets.n_sets, _fingerprint(task, expression))


def _fingerprint(task: Task, expression: Expression) -> str:
    """SHA-256 over all that decides the numbers of a run."""
    known = hashlib.sha256()
    values = expression.values
    about = [one.spec for one in task.methods], task.settings, expression.unit, values.shape, task.sets.names
    known.update(repr(about).encode())
    if task.draws is not None:
        for array in (task.draws.order, task.draws.shuffles):
            known.update(np.ascontiguousarray(array).data)
    if isinstance(values, Lazy):
        known.update(values.place.encode())  # dask names arrays by what they are made of
    elif isinstance(values, Backed):
        status = values.path.stat()
        known.update(repr((values.path.resolve(), values.place, status.st_size, status.st_mtime_ns)).encode())
    arrays = [getattr(task.sets, name) for name in ("indices", "offsets", "owner", "sign", "weights")]
    if not isinstance(values, Backed):
        arrays += [values] if isinstance(values, np.ndarray) else [values.data, values.indices, values.indptr]
    if task.sets.controls is not None:
        arrays += [task.sets.controls.indices, task.sets.controls.offsets]
    for array in arrays:
        known.update(np.ascontiguousarray(array).data)
    return known.hexdigest()


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
    numbers = replace(settings or Settings(), n_jobs=n_jobs)
    if chosen.family == "cohort":
        return score_block(rows, sets, (chosen,), settings=numbers)[method]
    size = max(1, -(-rows.n_obs // (4 * effective_n_jobs(n_jobs))))
    size = min(size, 32) if is_heard() else size  # what can be cancelled comes in small parts
    blocks = [(start, min(start + size, rows.n_obs)) for start in range(0, rows.n_obs, size)]
    run = Parallel(n_jobs=n_jobs, prefer="threads")
    parts = run(delayed(watched(score_block))(rows.cut(*b), sets, (chosen,), settings=numbers) for b in blocks)
    return np.concatenate([np.empty((0, sets.n_sets)), *(part[method] for part in parts)])
