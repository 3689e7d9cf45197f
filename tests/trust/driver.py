"""A run that is to be disturbed: `python -m tests.trust.driver ENGINE FILE RUN_DIR PAUSE [FAULT]`;
prints its digest.

Every block takes PAUSE seconds longer, so that there is time to disturb it. FAULT: `clock` lets the
clock of the machine jump between blocks, `held:FILE` stands still after four blocks until FILE is
there, `full:BYTES` lets no file grow beyond that size, as on a full disk, `worker:FLAG:N` kills the
process that computes a block while fewer than N files `FLAG.n` exist. Each of these says when it
was and which block was lost; `FLAG.done` has a line for each block that was finished, see
`waits.py`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from joblib import parallel_config

from resistype.score import run as loop
from tests.score.test_loop import backed, run

REAL = loop.compute
signal.signal(
    signal.SIGINT, signal.default_int_handler
)  # a shell's background jobs are started deaf to it


class Slow:
    """`score_block` with a pause before it, and a death now and then; travels to workers by
    value.
    """

    def __init__(self, pause: float, fault: str, driver: int) -> None:
        self.pause, self.fault, self.driver, self.start = pause, fault, driver, -1

    def __call__(self, *args: Any, **more: Any) -> Any:
        time.sleep(self.pause)
        kind, _, rest = self.fault.partition(":")
        while kind == "held" and self.start >= 20 and not Path(rest).exists():
            time.sleep(0.02)
        if kind == "worker" and os.getpid() != self.driver:
            flag, _, kills = rest.rpartition(":")
            for number in range(int(kills)):
                with contextlib.suppress(FileExistsError):
                    file = os.open(f"{flag}.{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
                    os.write(file, f"{time.time()} {self.start}".encode())
                    os.kill(os.getpid(), signal.SIGKILL)
        return loop.kept(*args, **more)


def compute(slow: Slow, task: Any, block: Any, **more: Any) -> Any:
    """What runs in the place of `loop.compute`."""
    # a worker serves more than one block: what was there first is kept on the module
    vars(loop).setdefault("kept", loop.score_block)
    loop.score_block, slow.start, began = slow, block.start, time.monotonic()
    found = REAL(task, block, **more)
    kind, _, rest = slow.fault.partition(":")
    if kind == "worker":
        with Path(f"{rest.rpartition(':')[0]}.done").open("a", encoding="utf-8") as file:
            file.write(f"{time.time()} {block.start} {time.monotonic() - began}\n")
    return found


@contextlib.contextmanager
def engine(name: str) -> Iterator[None]:
    """One of the four engines; none opens a port beyond this machine."""
    if name == "dask":
        import dask
        from dask.distributed import Client, LocalCluster

        dask.config.set(
            {"distributed.scheduler.allowed-failures": int(os.environ.get("ALLOWED", "3"))}
        )
        options = {
            "n_workers": 2,
            "threads_per_worker": 1,
            "host": "127.0.0.1",
            "dashboard_address": None,
        }
        with (
            LocalCluster(**options) as cluster,
            Client(cluster),
            parallel_config(backend="dask"),
        ):
            yield
    else:
        with parallel_config(backend=name, n_jobs=1 if name == "sequential" else 2):
            yield


def jumping() -> None:
    """Let the clock of the machine jump a year back and forth at each look; the steady one stays
    steady.
    """
    real, steps = time.time, iter(range(10**9))
    time.time = lambda: real() + (-1) ** next(steps) * 365 * 86_400


def main() -> None:
    """Score, slowly."""
    name, file, folder, pause, *more = sys.argv[1:]
    fault = more[0] if more else ""
    slow, real = Slow(float(pause), fault, os.getpid()), loop.delayed
    loop.delayed = lambda _: lambda *args, **options: real(compute)(slow, *args, **options)
    if fault == "clock":
        jumping()
    if fault.startswith("full:"):
        size = int(fault[5:])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    with engine(name):
        start = time.monotonic()
        try:
            print(
                "digest",
                run(backed(Path(file)), n_jobs=None, run_dir=folder, resume=True).digest,
                flush=True,
            )
        except Exception as error:  # noqa: BLE001  whatever it is, it is told
            print("error", type(error).__name__, str(error).partition("\n")[0], flush=True)
        print("ended", time.time(), flush=True)
        print("seconds", round(time.monotonic() - start, 2), flush=True)


if __name__ == "__main__":
    main()
