"""No test gives up early under load, and none leaves a process to the next one: how they wait,
and their helpers.
"""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import processes
from tests.processes import LIMIT, finished, started, until

TESTS = Path(__file__).parent
FILES = [
    path for path in sorted(TESTS.rglob("*.py")) if "bench" not in path.relative_to(TESTS).parts
]
WAITING = {"wait", "join"}  # their first argument is a limit; that of others is named `timeout`
IN_MS = {
    "waitUntil",
    "waitSignal",
    "wait_for",
    "wait_for_function",
    "set_default_timeout",
}  # of Qt and of a browser
STARTING = {"Popen", "fork"}
# Where the helpers are; and what two programs fork stays in the group of a program that was started
# by the helpers.
STARTERS = {"processes.py", "trust/zygote.py", "trust/resaver.py"}


def faults(source: str, where: str) -> Iterator[str]:
    """Waits that are too short and processes that nobody is sure to end."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            limit, least = waited(node), LIMIT * (1000 if name(node) in IN_MS else 1)
            if limit is not None and limit < least:
                yield f"{where}:{node.lineno} waits {limit} of {least}"
            if name(node) in STARTING and where not in STARTERS:
                yield f"{where}:{node.lineno} starts a process by itself: use tests/processes.py"
        if isinstance(node, ast.BinOp) and ast.unparse(node.left) in {
            "time.monotonic()",
            "time.time()",
        }:
            limit = number(node.right)
            if isinstance(node.op, ast.Add) and limit is not None and limit < LIMIT:
                yield f"{where}:{node.lineno} waits {limit} of {LIMIT}"


def waited(call: ast.Call) -> float | None:
    """The limit of a wait, where it is written as a number."""
    named = [word.value for word in call.keywords if word.arg == "timeout"]
    is_pause = ast.unparse(call.func) == "qtbot.wait"
    first = call.args[:1] if name(call) in WAITING and not is_pause else []
    return next((limit for limit in map(number, [*named, *first]) if limit is not None), None)


def name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def number(node: ast.expr) -> float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return float(value) if isinstance(value, int | float) else None


def test_no_test_waits_shorter_or_leaves_a_process_behind() -> None:
    found = [
        text
        for path in FILES
        for text in faults(path.read_text("utf-8"), path.relative_to(TESTS).as_posix())
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "process.wait(timeout=60)",
        "process.communicate(timeout=30)",
        "runner.wait(5)",
        "thread.join(5)",
        "subprocess.run(command, timeout=299)",
        "end = time.monotonic() + 30",
        "qtbot.waitUntil(done, timeout=3000)",
        "page.get_by_text('a').wait_for(timeout=60_000)",
        "subprocess.Popen(['sleep', '9'])",
        "os.fork()",
    ],
)
def test_a_fault_is_found(source: str) -> None:
    assert len(list(faults(source, "x.py"))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "process.wait(timeout=LIMIT)",
        "thread.join()",
        "', '.join(names)",
        "page.wait_for_timeout(90)",
        "qtbot.wait(30)",
        "runner.wait(300)",
        "locator.wait_for(timeout=300_000)",
        "began = time.monotonic() - 3",
    ],
)
def test_what_is_no_fault(source: str) -> None:
    assert list(faults(source, "x.py")) == []


CHILD = (
    "import subprocess, sys; one = subprocess.Popen(['sleep', '1000']); print(one.pid, flush=True);"
    " {then}"
)


def is_running(pid: int) -> bool:
    """A killed child of a child may wait to be collected: it runs no more."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("then", ["one.wait()", "sys.exit()"], ids=["waits", "ended itself"])
def test_a_test_that_fails_leaves_nothing(then: str) -> None:
    command = [sys.executable, "-c", CHILD.format(then=then)]
    try:
        with started(command, stdout=subprocess.PIPE, text=True) as process:
            pid = int(process.stdout.readline()) if process.stdout else 0
            assert is_running(pid)
            raise ZeroDivisionError
    except ZeroDivisionError:
        until(lambda: not is_running(pid))

    assert process.returncode in (0, -signal.SIGKILL)


def test_what_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LIMIT", 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        finished(["sleep", "1000"])
    with pytest.raises(AssertionError, match="did not happen"):
        until(lambda: False)


def test_nobody_waits_for_a_process_that_has_ended() -> None:
    with (
        started(["true"]) as process,
        pytest.raises(AssertionError, match="the process ended before"),
    ):
        until(lambda: False, process)
