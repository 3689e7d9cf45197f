"""What has to be known about joblib's backends: who shares memory, who may lose a worker, and how
dask is kept awake.

Which backend runs is the user's choice with ``joblib.parallel_config``; by default it is threads.
Nothing here starts a cluster.

Two of them wait for ever for a lost worker; `guarded` makes both raise. joblib's dask backend, when
dask gives a task up (KilledWorker), sets the exception on the future and never calls the callback
on which `Parallel` waits. A pool of multiprocessing puts a new process in the place of one that
died, and forgets the task that died with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from typing import Any

from joblib.parallel import get_active_backend

LOST = frozenset(
    {
        "ActorDiedError",
        "BrokenProcessPool",
        "CancelledError",
        "CommClosedError",
        "FutureCancelledError",
        "KilledWorker",
        "TerminatedWorkerError",
        # joblib says so when all workers of dask are gone and none comes back in ten seconds
        "TimeoutError",
        "WorkerCrashedError",
    }
)


LOOK = 0.2  # seconds between two looks at the processes of a pool


def _active() -> Any:
    return get_active_backend(prefer="threads")[0]


def shares_memory() -> bool:
    """Whether workers see the arrays of this process; if not, each gets its rows sent."""
    return bool(getattr(_active(), "supports_sharedmem", False))


def return_as() -> str:
    """How results come back: as they finish where the backend can, else all at the end."""
    return (
        "generator_unordered" if getattr(_active(), "supports_return_generator", False) else "list"
    )


def is_lost_worker(error: BaseException) -> bool:
    """Whether an error says that a worker died, rather than that the work is impossible."""
    return any(kind.__name__ in LOST for kind in type(error).__mro__)


@contextmanager
def guarded() -> Iterator[None]:
    """While this is open, a task that is lost with its worker raises instead of being waited
    for.
    """
    backend = _active()
    guards = {"DaskDistributedBackend": _speaking, "MultiprocessingBackend": _watched}
    guard = guards.get(type(backend).__name__)
    with nullcontext() if guard is None else guard(backend):
        yield


@contextmanager
def _speaking(backend: Any) -> Iterator[None]:
    """Dask: a task that is given up calls back."""
    submit, retrieve = backend.submit, backend.retrieve_result_callback

    def speaking(func: Any, callback: Any = None) -> Any:
        future = submit(func, callback)

        def on_end(ended: Any) -> None:
            error = ended.exception()
            if error is not None and callback is not None:
                callback(error)

        future.add_done_callback(on_end)
        return future

    def raising(out: Any) -> Any:
        if isinstance(out, BaseException):
            raise out
        return retrieve(out)

    backend.submit, backend.retrieve_result_callback = speaking, raising
    try:
        yield
    finally:
        del backend.submit, backend.retrieve_result_callback


@contextmanager
def _watched(backend: Any) -> Iterator[None]:
    """multiprocessing: when a process of the pool dies, all tasks that are out end with an
    error.
    """
    submit, out, ended = backend.submit, dict[object, Callable[[Any], None]](), threading.Event()
    workers: dict[int, Any] = {}  # of the beginning: the first that is lost ends the work of all

    def noted(func: Any, callback: Any = None) -> Any:
        task = object()

        def back(found: Any) -> None:
            if out.pop(task, None) is not None:
                callback(found)

        if not workers:
            workers.update(
                {one.pid: one for one in getattr(getattr(backend, "_pool", None), "_pool", ())}
            )
        out[task] = callback
        return submit(func, back)

    def watch() -> None:
        while not ended.wait(LOOK):
            dead = [one for one in list(workers.values()) if one.exitcode]
            for task in list(out) if dead else ():
                callback = out.pop(task, None)
                if callback is not None:
                    callback(
                        BrokenProcessPool(f"process {dead[0].pid} ended with {dead[0].exitcode}")
                    )

    watcher = threading.Thread(target=watch, name="resistype-watch", daemon=True)
    backend.submit = noted
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        del backend.submit
