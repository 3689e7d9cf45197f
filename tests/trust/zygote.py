"""One interpreter that has everything loaded and tries each file in a child of its own: `python -m
tests.trust.zygote`.

A line on its input is JSON with a reader and a path; its answer is a line of JSON with how the
child ended, its seconds, the memory that it took beyond what was loaded, and the code and words of
the error.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from tests.processes import LIMIT

BYTES = 4 << 30


def tried(reader: str, path: Path) -> dict[str, Any]:
    """How reading ended; runs in the child."""
    from resistype.errors import ResistypeError
    from tests.trust.readers import READERS

    warnings.simplefilter("ignore")
    try:
        READERS[reader](path)
    except ResistypeError as error:
        return {"end": "refused", "code": error.code, "message": str(error)[:2000]}
    except BaseException as error:  # noqa: BLE001  whatever it is, it is told
        return {"end": "foreign", "code": type(error).__name__, "message": str(error)[:500]}
    return {"end": "accepted", "code": "", "message": ""}


def memory() -> int:
    """Bytes in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def child(reader: str, path: Path, out: int) -> None:
    """Try, and write what happened."""
    virtual = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (virtual + BYTES, virtual + BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    before, start = memory(), time.perf_counter()
    found = tried(reader, path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    content = json.dumps({**found, "seconds": seconds, "bytes": max(0, peak - before)})
    os.write(out, content.encode())


def run(reader: str, path: Path) -> dict[str, Any]:
    """Fork, wait and gather."""
    inlet, outlet = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            child(reader, path, outlet)
        finally:
            os._exit(0)
    os.close(outlet)
    until = time.monotonic() + LIMIT
    while not (done := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(pid, 9)
            done = os.waitpid(pid, 0)
            break
        time.sleep(0.005)
    with os.fdopen(inlet, "rb") as stream:
        content = stream.read()
    if not content:
        return {
            "end": "crash",
            "code": f"status {done[1]}",
            "message": "",
            "seconds": float(LIMIT),
            "bytes": 0,
        }
    return dict(json.loads(content))


def main() -> None:
    """Answer line by line."""
    import anndata  # noqa: F401
    import zarr  # noqa: F401

    from tests.trust import readers

    readers.resumed(Path(sys.argv[1]))  # loads the compiled kernels, as any first call does
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(run(asked["reader"], Path(asked["path"]))), flush=True)


if __name__ == "__main__":
    main()
