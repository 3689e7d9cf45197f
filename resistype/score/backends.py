"""What has to be known about joblib's backends: who shares memory, who may lose a worker, and how dask is kept awake.

Which backend runs is the user's choice with ``joblib.parallel_config``; by default it is threads. Nothing here starts a
cluster.

joblib's dask backend waits for ever when dask gives a task up (KilledWorker): it sets the exception on the future and
never calls the callback on which `Parallel` waits. `guarded` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joblib.parallel import get_active_backend

__all__ = ["guarded", "is_lost_worker", "return_as", "shares_memory"]

LOST = frozenset(
    {
        "ActorDiedError",
        "BrokenProcessPool",
        "CancelledError",
        "CommClosedError",
        "FutureCancelledError",
        "KilledWorker",
        "TerminatedWorkerError",
        "WorkerCrashedError",
    }
)


def _active() -> Any:
    return get_active_backend(prefer="threads")[0]


def shares_memory() -> bool:
    """Whether workers see the arrays of this process; if not, each gets its rows sent."""
    return bool(getattr(_active(), "supports_sharedmem", False))


def return_as() -> str:
    """How results come back: as they finish where the backend can, else all at the end."""
    return "generator_unordered" if getattr(_active(), "supports_return_generator", False) else "list"


def is_lost_worker(error: BaseException) -> bool:
    """Whether an error says that a worker died, rather than that the work is impossible."""
    return any(kind.__name__ in LOST for kind in type(error).__mro__)


@contextmanager
def guarded() -> Iterator[None]:
    """While this is open, a dask task that is given up raises instead of being waited for."""
    backend = _active()
    if type(backend).__name__ != "DaskDistributedBackend":
        yield
        return
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
