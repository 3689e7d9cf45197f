"""A run that loses workers on purpose: `python -m tests.score.faulty ENGINE FILE RUN_DIR FLAG
KILLS`.

A block kills the process that computes it while fewer than KILLS files `FLAG.n` exist. Prints the
digest.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from joblib import parallel_config

from resistype.score import run as loop
from tests.score.test_loop import backed, run


class Deadly:
    """`score_block`, which kills its process some times; travels to workers by value."""

    def __init__(self, flag: str, kills: int, driver: int) -> None:
        self.flag, self.kills, self.driver = flag, kills, driver

    def __call__(self, *args: Any, **more: Any) -> Any:
        time.sleep(0.02)
        if os.getpid() == self.driver:
            return loop.kept(*args, **more)
        for number in range(self.kills):
            with contextlib.suppress(FileExistsError):
                os.close(os.open(f"{self.flag}.{number}", os.O_CREAT | os.O_EXCL))
                os.kill(os.getpid(), signal.SIGKILL)
        return loop.kept(*args, **more)


def compute(deadly: Deadly, *args: Any, **more: Any) -> Any:
    """What workers run instead of `loop.compute`."""
    # a worker serves more than one block: what was there first is kept on the module
    vars(loop).setdefault("kept", loop.score_block)
    loop.score_block = deadly
    return REAL(*args, **more)


REAL = loop.compute


@contextlib.contextmanager
def engine(name: str) -> Iterator[None]:
    """joblib on loky, or on a small dask cluster of this machine."""
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
        with parallel_config(backend=name, n_jobs=2):
            yield


def main() -> None:
    """Score with losses."""
    name, file, folder, flag, kills = sys.argv[1:]
    deadly = Deadly(flag, int(kills), os.getpid())
    real = loop.delayed

    def delayed(function: Any) -> Any:
        return lambda *args, **more: real(compute)(deadly, *args, **more)

    loop.delayed = delayed
    with engine(name):
        start = time.monotonic()
        try:
            found = run(
                backed(Path(file)),
                n_jobs=-1,
                run_dir=None if folder == "-" else folder,
                resume=True,
            )
            print("digest", found.digest, flush=True)
        except Exception as error:  # noqa: BLE001  whatever it is, it is told
            print("error", type(error).__name__, error, flush=True)
        print("seconds", round(time.monotonic() - start, 1), flush=True)


if __name__ == "__main__":
    main()
