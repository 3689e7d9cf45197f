"""The one loop over blocks of rows.

A block is a row range, bounded by bytes. joblib runs `compute` on blocks: on threads by default, because the kernels
release the GIL and nothing has to be copied; on whatever a user's ``joblib.parallel_config`` says otherwise. A worker
of another process opens a backed file itself; of a matrix in memory it is sent its rows. Blocks come back as they
finish and are written to their place in one array, so neither jobs nor blocks can change a bit.

A worker that is lost costs the blocks it had: what is missing is given out again, some times, before giving up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from resistype.errors import InputError, RunError
from resistype.expression import Backed, Block, CsrRows, Expression, iter_blocks, read_block
from resistype.expression.ranges import as_bytes
from resistype.expression.store import csr_rows, dense_rows, is_sparse
from resistype.score.backends import guarded, is_lost_worker, return_as, shares_memory
from resistype.score.block import Values, null_names, score_block
from resistype.score.folder import RunFolder
from resistype.score.method import Method, Settings
from resistype.score.null import Draws
from resistype.score.options import RunOptions, ScoreOptions
from resistype.score.pace import Cancel, asked
from resistype.score.progress import Plan, Reporter
from resistype.score.rows import as_rows
from resistype.score.scale import log2_rows
from resistype.score.sets import IndexedSets

__all__ = ["Task", "make_plan", "run_blocks"]

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
        ranked = [method for method in self.methods if method.needs_ranks] if self.draws is not None else []
        return ids + tuple(name for method in ranked for name in null_names(method))


@dataclass(frozen=True)
class Found:
    """A block that came back: its values, or a word on why there are none."""

    block: Block
    values: Values | None
    trouble: str = ""


def make_plan(expression: Expression, n_jobs: int | None, options: ScoreOptions) -> tuple[list[Block], Plan]:
    """The blocks of a run, and what to say about them.

    Raises
    ------
    InputError
        E606 for no job at all.
    """
    if n_jobs == 0:
        raise InputError("n_jobs is 0; give 1 for one job, 2 for two, -1 for one a processor.", code="E606")
    jobs = effective_n_jobs(n_jobs)
    budget = as_bytes(options.memory)
    size = budget if options.block_rows else max(min(BLOCK, budget // (PER_JOB * jobs)), 1)
    blocks = list(_whole_rows(expression, size, options.block_rows))
    rows = max(1, -(-expression.n_obs // (4 * jobs)))
    if options.block_rows is None and len(blocks) < 4 * jobs:
        blocks = list(chain.from_iterable(_split(block, rows) for block in blocks))
    sparse = is_sparse(expression.values)
    stored = int(_indptr(expression.values)[-1]) if sparse else expression.n_obs * expression.n_genes
    held = min(PER_JOB * jobs, len(blocks)) * min(size, stored * (16 if sparse else 8))
    return blocks, Plan(expression.n_obs, expression.n_genes, stored, len(blocks), jobs, held)


def _whole_rows(expression: Expression, size: int, rows: int | None) -> Iterator[Block]:
    """Blocks of about `size` bytes, and never less than a row."""
    values = expression.values
    row = 16 * int(np.diff(_indptr(values)).max(initial=1)) if is_sparse(values) else 8 * expression.n_genes
    return iter_blocks(expression, memory=max(size, row + 8), rows=rows)


def _indptr(values: Any) -> NDArray[np.int64]:
    return np.asarray(values.indptr, np.int64)


def _split(block: Block, rows: int) -> list[Block]:
    return [Block(start, min(start + rows, block.stop)) for start in range(block.start, block.stop, rows)]


def compute(task: Task, block: Block, *, rows: Any = None, cancel: Cancel | None = None) -> Found:
    """Score one block, and keep it when the run has a folder."""
    if cancel is not None and cancel.is_set():
        return Found(block, None, "cancelled")
    data = _read(task.values, block) if rows is None else rows
    parts = as_rows(tuple(data) if isinstance(data, CsrRows) else data)
    if isinstance(task.values, Backed) and not _finite(parts, may_miss=task.values.may_miss):
        return Found(block, None, "values")
    needs_log2 = any(method.family == "value" for method in task.methods)
    log2 = log2_rows(parts, task.unit) if needs_log2 else None
    values = score_block(parts, task.sets, task.methods, settings=task.settings, log2=log2, draws=task.draws)
    if task.folder is not None:
        task.folder.save(block, values)
    return Found(block, values)


def _read(values: Any, block: Block) -> Any:
    return csr_rows(values, *block) if is_sparse(values) else dense_rows(values, *block)


def _finite(parts: Any, *, may_miss: bool) -> bool:
    data = parts.data if hasattr(parts, "data") else parts.values
    return not bool(np.isinf(data).any() if may_miss else not np.isfinite(data).all())


def run_blocks(task: Task, expression: Expression, *, n_jobs: int | None, options: ScoreOptions) -> Values:
    """Score all blocks.

    Raises
    ------
    RunError
        E601 when workers are lost again and again, E602 when the run was cancelled, E604 for a folder of another run.
    """
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
        """Raise when the run ended early; not before all that was given out is back, so that nothing runs on."""
        for block in self.spoiled[:1]:
            read_block(self.expression, block)  # raises, and says which values
        if self._cancelled():
            raise RunError(f"Cancelled after {self._so_far()}", code="E602")

    def _so_far(self) -> str:
        kept = f"{self.reporter.blocks:,} blocks. "
        if self.task.folder is None:
            return kept + "Nothing was kept; name a run_dir to be able to go on."
        return kept + f"They are saved in '{self.task.folder.path}'; call again with resume=True to go on."

    def _lost(self, block: Block, error: BaseException) -> RunError:
        message = (
            f"Worker lost {self.run.tries} times on rows {block.start:,}–{block.stop - 1:,} "
            f"({type(error).__name__}; likely out of memory). Finished: {self._so_far()} "
            f"Smaller blocks need less memory: block_rows ≤ {max(1, (block.stop - block.start) // 2):,}."
        )
        return RunError(message, code="E601")
