"""`score`: from whatever the user has to Scores; and `score_sets` for plain arrays. It reads from
top to bottom.

1. The matrix is read and the signatures are matched to its columns (`score`).
2. Methods that depend on the cohort need all samples at once and run beside the loop (`_cohort`).
3. All others go over blocks of rows, bounded by bytes (`make_plan`, `run_blocks`). joblib runs
   `compute` on blocks: on threads by default, because the kernels release the GIL and nothing has
   to be copied; on whatever a user's ``joblib.parallel_config`` says otherwise. A worker of another
   process opens a backed file itself; of a matrix in memory it is sent its rows. Blocks come back
   as they finish and are written to their place in one array, so neither jobs nor blocks can change
   a bit. A worker that is lost costs the blocks it had: what is missing is given out again, some
   times, before giving up.
4. Of a block, log2 and ranks are made once for all methods (`score_block`). Rank methods put their
   tables side by side, so one pass over the rows gives the sums of all of them. Rows with genes
   that were not measured (NaN) have fewer ranked genes and therefore tables of their own; they go
   one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from resistype.errors import ExpressionError, InputError, RunError
from resistype.expression import (
    Backed,
    Block,
    Expression,
    ReadOptions,
    as_expression,
    iter_blocks,
    read_block,
)
from resistype.expression.blocks import as_bytes
from resistype.expression.store import Lazy, csr_rows, dense_rows, is_sparse
from resistype.library import Library, SignatureSpec, read_signatures
from resistype.score.backends import guarded, is_lost_worker, return_as, shares_memory
from resistype.score.kernels import Ranks, add_gene_sums, rank_sums
from resistype.score.match import Matched, match_signatures
from resistype.score.method import Method, Settings
from resistype.score.methods import get_method
from resistype.score.null import Draws, Null, null_block
from resistype.score.progress import (
    Cancel,
    Plan,
    Reporter,
    RunFolder,
    RunOptions,
    asked,
    is_heard,
    tell_reading,
    watched,
)
from resistype.score.rows import CsrRows, Rows, Values, as_rows, log2_rows
from resistype.score.scores import NullResult, Scores
from resistype.score.sets import IndexedSets


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
        Signatures with a smaller fraction of their genes in the data get NaN.
    warn_below
        Signatures with a smaller share are named in a warning.
    memory
        Bytes of rows that may be held at once, over all jobs.
    block_rows
        Rows of a block; by default what fits into `memory`, in blocks short enough to show
        progress.
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
        Expression of samples × genes, shape (n_obs, n_genes): a DataFrame, an AnnData, a path, or
        an `Expression`.
    signatures
        A Library, ids or axis names, a mapping of names to genes, or a path to GMT or TOML; by
        default the whole shipped library.
    method
        A method or several: ``ssgsea``, ``singscore``, ``ucell``, ``aucell``, ``zscore``,
        ``weighted``, ``gene_pairs``; of the cohort ``gsva``, ``plage``, ``score_genes``. Several
        rank methods cost one ranking.
    n_jobs
        Threads; -1 for all cores. A backend and number of jobs chosen with
        ``joblib.parallel_config`` are used when this is None.
    options
        Everything else.

    Returns
    -------
    Scores
        A value for every sample and signature. No value changes when samples are added, or by the
        number of jobs, the size of blocks, or the order of samples or genes.

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
    >>> score(table, {"mhc": ["B2M", "TAP1"]}, method="singscore").to_frame().round(2).to_dict(
    ...     "list"
    ... )
    {'mhc': [-0.5, -0.5]}
    """
    options = options or ScoreOptions()
    names = (method,) if isinstance(method, str) else tuple(dict.fromkeys(method))
    methods = tuple(get_method(name) for name in names)
    if isinstance(data, str | Path):
        tell_reading(str(data), options.run.progress)
    expression = as_expression(data, options.read)
    library = read_signatures(signatures)
    matched = match_signatures(
        expression, library, min_coverage=options.min_coverage, warn_below=options.warn_below
    )
    values = _all_methods(
        Task(expression.values, expression.unit, matched.sets, methods, options.settings),
        expression,
        n_jobs=n_jobs,
        options=options,
    )
    for array in values.values():
        array[:, ~matched.scorable] = np.nan
    return _scores(
        values, methods, library, expression=expression, matched=matched, options=options
    )


def _scores(
    values: Values,
    methods: tuple[Method, ...],
    library: Library,
    *,
    expression: Expression,
    matched: Matched,
    options: ScoreOptions,
) -> Scores:
    shown = {name: library.titles.get(name, name) for name in library}
    return Scores(
        samples=expression.samples,
        signatures=tuple(shown[name] for name in matched.sets.names),
        methods=tuple(one.id for one in methods),
        values={one.id: values[one.id] for one in methods},
        null=_null(values, methods, options.null),
        coverage=matched.coverage.rename(index=shown),
        specs={one.id: one.spec for one in methods},
        refs={shown[name]: (s.ref, s.content_hash) for name, s in library.items()},
        n_genes=expression.n_genes,
        unit=expression.unit,
        notes=(*expression.notes, *_notes(methods, matched.sets)),
        read_as=expression.read_as,
    )


def _null(values: Values, methods: tuple[Method, ...], null: Null | None) -> NullResult | None:
    names = {one.id: null_names(one) for one in methods if null_names(one)[0] in values}
    if null is None or not names:
        return None
    z, p = ({name: values[pair[k]] for name, pair in names.items()} for k in (0, 1))
    return NullResult(null.n, null.seed, null.bins, z, p)


def _notes(methods: tuple[Method, ...], sets: IndexedSets) -> tuple[str, ...]:
    notes = []
    bare = [
        name for i, name in enumerate(sets.names) if sets.pairs is None or not sets.pairs[i].size
    ]
    if bare and any(one.family == "pairs" for one in methods):
        notes.append(
            f"{len(bare)} signatures have no gene pairs and no score from gene_pairs:"
            f" {', '.join(bare[:5])}."
        )
    cohort = [one.id for one in methods if one.depends_on == "cohort"]
    if not cohort:
        return tuple(notes)
    return (
        *notes,
        (
            f"Scores of {', '.join(cohort)} depend on the other samples of this matrix and change"
            " when some are added."
        ),
    )


def _all_methods(
    task: Task, expression: Expression, *, n_jobs: int | None, options: ScoreOptions
) -> Values:
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
    total = np.zeros(expression.n_genes, np.int64)
    for block in iter_blocks(expression, memory="64MB"):
        part = read_block(expression, block)
        rows = as_rows(part)
        add_gene_sums(
            rows if expression.unit in ("scaled", "unknown") else log2_rows(rows, expression.unit),
            total,
        )
    return Draws.build(total, task.sets, null, names=expression.genes)


def _cohort(task: Task, expression: Expression, n_jobs: int | None) -> Values:
    limited = [one.id for one in task.methods if one.pairwise]
    if limited and expression.n_obs > COHORT_LIMIT:
        names = ", ".join(limited)
        message = (
            f"{names} compares every sample with every other; {expression.n_obs:,} are more than"
            f" {COHORT_LIMIT:,}. Use 'ssgsea', 'singscore', 'ucell' or 'aucell', which score each"
            " by itself."
        )
        raise ExpressionError(message, code="E608")
    block = read_block(expression, Block(0, expression.n_obs))
    rows = as_rows(block)
    settings = replace(task.settings, n_jobs=n_jobs)
    if task.settings.gsva_kernel != "poisson":
        rows = log2_rows(rows, expression.unit)
    elif expression.unit != "counts":
        message = (
            "The Poisson kernel of GSVA takes counts, and the values are of unit"
            f" '{expression.unit}'."
        )
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
    about = (
        [one.spec for one in task.methods],
        task.settings,
        expression.unit,
        values.shape,
        task.sets.names,
    )
    known.update(repr(about).encode())
    if task.draws is not None:
        for array in (task.draws.order, task.draws.shuffles):
            known.update(np.ascontiguousarray(array).data)
    if isinstance(values, Lazy):
        known.update(values.place.encode())  # dask names arrays by what they are made of
    elif isinstance(values, Backed):
        status = values.path.stat()
        known.update(
            repr((values.path.resolve(), values.place, status.st_size, status.st_mtime_ns)).encode()
        )
    arrays = [
        getattr(task.sets, name) for name in ("indices", "offsets", "owner", "sign", "weights")
    ]
    if not isinstance(values, Backed):
        arrays += (
            [values]
            if isinstance(values, np.ndarray)
            else [values.data, values.indices, values.indptr]
        )
    if task.sets.controls is not None:
        arrays += [task.sets.controls.indices, task.sets.controls.offsets]
    for array in arrays:
        known.update(np.ascontiguousarray(array).data)
    return known.hexdigest()


def score_sets(
    values: Any,
    sets: IndexedSets,
    *,
    method: str = "ssgsea",
    n_jobs: int | None = 1,
    settings: Settings | None = None,
) -> NDArray[np.float64]:
    """Scores of plain arrays for indexed sets.

    Parameters
    ----------
    values
        Array or CSR matrix of shape (n_obs, n_genes); in log2(x + 1) for ``zscore`` and
        ``weighted``.
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
    >>> score_sets(
    ...     np.array([[3.0, 1.0, 2.0]]), IndexedSets.build([[0]], 3), method="singscore"
    ... ).tolist()
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
    parts = run(
        delayed(watched(score_block))(rows.cut(*b), sets, (chosen,), settings=numbers)
        for b in blocks
    )
    return np.concatenate([np.empty((0, sets.n_sets)), *(part[method] for part in parts)])


BLOCK = 8_000_000  # bytes: small enough that the first block is there within a second
PER_JOB = 3  # blocks in flight a job: one computed, two waiting


@dataclass(frozen=True, eq=False)
class Task:
    """What every block has in common; this travels to workers."""

    values: Any
    unit: str
    sets: IndexedSets
    methods: tuple[Method, ...]
    settings: Settings
    folder: RunFolder | None = None
    draws: Draws | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Keys of the values of a block."""
        ids = tuple(method.id for method in self.methods)
        ranked = (
            [method for method in self.methods if method.needs_ranks]
            if self.draws is not None
            else []
        )
        return ids + tuple(name for method in ranked for name in null_names(method))


@dataclass(frozen=True)
class Found:
    """A block that came back: its values, or a word on why there are none."""

    block: Block
    values: Values | None
    trouble: str = ""


def make_plan(
    expression: Expression, n_jobs: int | None, options: ScoreOptions
) -> tuple[list[Block], Plan]:
    """The blocks of a run, and what to say about them."""
    if n_jobs == 0:
        raise InputError(
            "n_jobs is 0; give 1 for one job, 2 for two, -1 for one a processor.", code="E606"
        )
    jobs = effective_n_jobs(n_jobs)
    budget = as_bytes(options.memory)
    size = budget if options.block_rows else max(min(BLOCK, budget // (PER_JOB * jobs)), 1)
    blocks = list(_whole_rows(expression, size, options.block_rows))
    rows = max(1, -(-expression.n_obs // (4 * jobs)))
    if options.block_rows is None and len(blocks) < 4 * jobs:
        blocks = list(chain.from_iterable(_split(block, rows) for block in blocks))
    sparse = is_sparse(expression.values)
    stored = (
        int(_indptr(expression.values)[-1]) if sparse else expression.n_obs * expression.n_genes
    )
    held = min(PER_JOB * jobs, len(blocks)) * min(size, stored * (16 if sparse else 8))
    return blocks, Plan(expression.n_obs, expression.n_genes, stored, len(blocks), jobs, held)


def _whole_rows(expression: Expression, size: int, rows: int | None) -> Iterator[Block]:
    """Blocks of about `size` bytes, and never less than a row."""
    values = expression.values
    row = (
        16 * int(np.diff(_indptr(values)).max(initial=1))
        if is_sparse(values)
        else 8 * expression.n_genes
    )
    return iter_blocks(expression, memory=max(size, row + 8), rows=rows)


def _indptr(values: Any) -> NDArray[np.int64]:
    return np.asarray(values.indptr, np.int64)


def _split(block: Block, rows: int) -> list[Block]:
    return [
        Block(start, min(start + rows, block.stop))
        for start in range(block.start, block.stop, rows)
    ]


def compute(task: Task, block: Block, *, rows: Any = None, cancel: Cancel | None = None) -> Found:
    """Score one block, and keep it when the run has a folder."""
    if cancel is not None and cancel.is_set():
        return Found(block, None, "cancelled")
    data = _read(task.values, block) if rows is None else rows
    parts = as_rows(data)
    if isinstance(task.values, Backed) and not _finite(parts, may_miss=task.values.may_miss):
        return Found(block, None, "values")
    needs_log2 = any(method.family == "value" for method in task.methods)
    log2 = log2_rows(parts, task.unit) if needs_log2 else None
    values = score_block(
        parts, task.sets, task.methods, settings=task.settings, log2=log2, draws=task.draws
    )
    if task.folder is not None:
        task.folder.save(block, values)
    return Found(block, values)


def _read(values: Any, block: Block) -> Any:
    return csr_rows(values, *block) if is_sparse(values) else dense_rows(values, *block)


def _finite(parts: Any, *, may_miss: bool) -> bool:
    data = parts.data if hasattr(parts, "data") else parts.values
    return not bool(np.isinf(data).any() if may_miss else not np.isfinite(data).all())


def run_blocks(
    task: Task, expression: Expression, *, n_jobs: int | None, options: ScoreOptions
) -> Values:
    """Score all blocks."""
    blocks, plan = make_plan(expression, n_jobs, options)
    run = options.run
    if task.folder is not None:
        blocks = task.folder.begin(blocks, resume=run.resume)
    out = {name: np.empty((expression.n_obs, task.sets.n_sets)) for name in task.names}
    left = [block for block in blocks if not _kept(task.folder, block, out)]
    done = (expression.n_obs - sum(b.stop - b.start for b in left), len(blocks) - len(left))
    plan = Plan(plan.n_obs, plan.n_genes, plan.stored, len(blocks), plan.jobs, plan.bytes_held)
    state = _State(task, expression, out, Reporter(plan, run.progress, resumed=done), run)
    for attempt in range(run.tries):
        if not left:
            break
        left = state.attempt(left, n_jobs, last=attempt == run.tries - 1)
    return out


def _kept(folder: RunFolder | None, block: Block, out: Values) -> bool:
    found = None if folder is None else folder.load(block)
    if found is None:
        return False
    _put(out, block, found)
    return True


def _put(out: Values, block: Block, values: Values) -> None:
    for name, array in values.items():
        out[name][block.start : block.stop] = array


@dataclass(frozen=True, eq=False)
class _State:
    """A run that is going on."""

    task: Task
    expression: Expression
    out: Values
    reporter: Reporter
    run: RunOptions
    cancel: Cancel | None = field(default_factory=asked)
    spoiled: list[Block] = field(default_factory=list)

    def attempt(self, blocks: Sequence[Block], n_jobs: int | None, *, last: bool) -> list[Block]:
        """Give blocks out once; those that were lost with a worker are returned."""
        left = dict.fromkeys(blocks)
        try:
            with guarded():
                for found in self._results(blocks, n_jobs):
                    self._take(found)
                    left.pop(found.block)
            self._stop_with_reason()
        except Exception as error:
            if not is_lost_worker(error):
                raise
            if last:
                raise self._lost(next(iter(left)), error) from error
        return list(left)

    def _results(self, blocks: Sequence[Block], n_jobs: int | None) -> Iterator[Found]:
        run = Parallel(n_jobs=n_jobs, prefer="threads", return_as=return_as(), batch_size=1)
        yield from run(self._calls(blocks))

    def _calls(self, blocks: Sequence[Block]) -> Iterator[Any]:
        shared = shares_memory()
        backed = isinstance(self.task.values, Backed)
        task = self.task if shared or backed else Task(**{**vars(self.task), "values": None})
        for block in blocks:
            if self._cancelled() or self.spoiled:
                return
            rows = None if shared or backed else _read(self.task.values, block)
            yield delayed(compute)(task, block, rows=rows, cancel=self.cancel if shared else None)

    def _cancelled(self) -> bool:
        return self.cancel is not None and self.cancel.is_set()

    def _take(self, found: Found) -> None:
        if found.trouble == "values":
            self.spoiled.append(found.block)
        if found.values is not None:
            _put(self.out, found.block, found.values)
            self.reporter.done(found.block.stop - found.block.start)

    def _stop_with_reason(self) -> None:
        """Raise when the run ended early; not before all that was given out is back, so that
        nothing runs on.
        """
        for block in self.spoiled[:1]:
            read_block(self.expression, block)  # raises, and says which values
        if self._cancelled():
            raise RunError(f"Cancelled after {self._so_far()}", code="E602")

    def _so_far(self) -> str:
        kept = f"{self.reporter.blocks:,} blocks. "
        if self.task.folder is None:
            return kept + "Nothing was kept; name a run_dir to be able to go on."
        return (
            kept
            + f"They are saved in '{self.task.folder.path}'; call again with resume=True to go on."
        )

    def _lost(self, block: Block, error: BaseException) -> RunError:
        message = (
            f"Worker lost {self.run.tries} times on rows {block.start:,}–{block.stop - 1:,}"
            f" ({type(error).__name__}; likely out of memory). Finished: {self._so_far()} Smaller"
            f" blocks need less memory: block_rows ≤ {max(1, (block.stop - block.start) // 2):,}."
        )
        return RunError(message, code="E601")


def score_block(
    rows: Rows,
    sets: IndexedSets,
    methods: Sequence[Method],
    *,
    settings: Settings,
    log2: Rows | None = None,
    draws: Draws | None = None,
) -> Values:
    """Scores of a block."""
    ranked = [method for method in methods if method.family == "rank"]
    ranks = _room(rows if draws is not None else None) if ranked else None
    parts = (
        _by_rank(rows, sets, ranked, settings=settings, ranks=ranks) if ranks is not None else {}
    )
    for method in methods:
        if method.kernel is not None:
            parts[method.id] = method.kernel(
                rows if log2 is None or method.family == "pairs" else log2, sets, settings
            )
    out = {method.id: method.by_signature(sets, parts[method.id]) for method in methods}
    if draws is not None and ranks is not None:
        for method in ranked:
            found = null_block(
                (rows, ranks), sets, method, settings=settings, draws=draws, found=out[method.id]
            )
            out |= dict(zip(null_names(method), found, strict=True))
    return out


def null_names(method: Method) -> tuple[str, str]:
    """Keys of z and p of a method among the values of a block."""
    return f"{method.id}:z", f"{method.id}:p"


def _room(rows: Rows | None) -> Ranks:
    return Ranks.room(rows)


def _by_rank(
    rows: Rows, sets: IndexedSets, methods: Sequence[Method], *, settings: Settings, ranks: Ranks
) -> Values:
    missing = _n_missing(rows)
    if not missing.any():
        return _whole(rows, sets, methods, settings=settings, ranks=ranks)
    out = {method.id: np.empty((rows.n_obs, sets.n_parts)) for method in methods}
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing > 0, [0]])) != 0)
    runs = np.unique(np.concatenate([[0], edges, np.flatnonzero(missing), [rows.n_obs]]))
    for start, stop in pairwise(runs):
        cut, kept = rows.cut(int(start), int(stop)), ranks.cut(rows, int(start), int(stop))
        if missing[start]:
            one = _partial(cut, sets, methods, settings)
        else:
            one = _whole(cut, sets, methods, settings=settings, ranks=kept)
        for name, values in one.items():
            out[name][start:stop] = values
    return out


def _whole(
    rows: Rows, sets: IndexedSets, methods: Sequence[Method], *, settings: Settings, ranks: Ranks
) -> Values:
    """Every gene measured."""
    sizes = sets.sizes[None]  # the same in every row
    sums = rank_sums(rows, sets, _tables(tuple(methods), rows.n_genes, settings), ranks=ranks)
    return _finished(sums, sizes, methods, settings=settings, n_genes=rows.n_genes)


def _partial(row: Rows, sets: IndexedSets, methods: Sequence[Method], settings: Settings) -> Values:
    """One row in which some genes were not measured; NaN where under half of a part was."""
    n_genes = row.n_genes - int(_n_missing(row)[0])
    ones = np.ones((2 * n_genes + 2, 1), np.int64)
    ones[0] = 0
    sizes = rank_sums(row, sets, ones)[..., 0]
    sums = rank_sums(row, sets, _tables(tuple(methods), n_genes, settings))
    found = _finished(sums, sizes, methods, settings=settings, n_genes=n_genes)
    enough = 2 * sizes >= sets.asked
    return {name: np.where(enough, values, np.nan) for name, values in found.items()}


@lru_cache(maxsize=16)
def _tables(methods: tuple[Method, ...], n_genes: int, settings: Settings) -> NDArray[np.int64]:
    """Tables of all methods side by side; every block of a run has the same."""
    stacked = np.concatenate(
        [one.tables(n_genes, settings) for one in methods if one.tables is not None], axis=1
    )
    stacked[0] = 0  # what a gene that was not measured counts
    return stacked


def _finished(
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    methods: Sequence[Method],
    *,
    settings: Settings,
    n_genes: int,
) -> Values:
    """Scores of each method from its columns of the sums."""
    out, first = {}, 0
    for method in methods:
        if method.tables is None or method.finish is None:
            continue
        last = first + _tables((method,), n_genes, settings).shape[1]
        out[method.id] = method.finish(
            sums[..., first:last], sizes, n_genes=n_genes, settings=settings
        )
        first = last
    return out


def _n_missing(rows: Rows) -> NDArray[np.int64]:
    """NaN values of each row."""
    if not isinstance(rows, CsrRows):
        return np.asarray(np.isnan(rows.values).sum(axis=1))
    bad = np.isnan(rows.data)
    if not bad.any():
        return np.zeros(rows.n_obs, np.int64)
    owner = np.repeat(np.arange(rows.n_obs), np.diff(rows.indptr))
    return np.bincount(owner[bad], minlength=rows.n_obs)
