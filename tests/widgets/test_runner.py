"""The Runner: the work in a thread, its end in every way it may end."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from resistype.errors import CoverageWarning, InputError, warn
from resistype.widgets import Runner
from tests.processes import LIMIT, until

Steps = Iterator[tuple[int, int, str]]


def slow(n: int) -> Steps:
    for number in range(n):
        time.sleep(0.01)
        yield number + 1, n, f"sample {number}"
    return "whole"


def test_a_run_tells_its_progress_and_gives_its_result() -> None:
    runner = Runner(lambda: slow(40), checks=["40 samples"], table=lambda out: (out, ["a"], [[1]]))
    states: list[dict[str, Any]] = []
    runner.observe(lambda change: states.append(change.new), "state")
    runner.start()
    runner.wait(LIMIT)

    assert (runner.state["phase"], runner.outcome) == ("done", "whole")
    assert runner.result == {"caption": "whole", "head": ["a"], "rows": [[1]]}
    assert any(0 < one["done"] < 40 and one["total"] == 40 for one in states)
    assert runner.checks == ["40 samples"]


def test_a_run_without_end_is_cancelled_and_keeps_nothing() -> None:
    runner = Runner(lambda: slow(10**9))
    runner.start()
    until(lambda: runner.state["done"] > 0)
    runner.cancel()
    runner.wait(LIMIT)

    assert (runner.state["phase"], runner.outcome, runner.result) == ("cancelled", None, None)


def test_start_and_cancel_come_from_the_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Runner(lambda: slow(10**9))
    sent: list[Any] = []
    monkeypatch.setattr(Runner, "send", lambda _self, content, buffers=None: sent.append(content))
    runner._asked(None, {"id": "1", "what": "start"}, [])
    runner._asked(None, {"id": "2", "what": "start"}, [])
    runner._asked(None, {"id": "3", "what": "cancel"}, [])
    runner.wait(LIMIT)

    assert sent == [
        {"id": "1"},
        {"id": "2", "error": "V115 A run is on its way; cancel it first."},
        {"id": "3"},
    ]


def failing(error: Exception) -> Steps:
    yield 1, 2, ""
    raise error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("no such column", code="E903"), "E903 no such column"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_a_run_that_fails_says_why(error: Exception, text: str) -> None:
    runner = Runner(lambda: failing(error))
    runner.start()
    runner.wait(LIMIT)

    assert (runner.state["phase"], runner.state["text"]) == ("failed", text)


def test_warnings_of_a_run_are_kept_in_order() -> None:
    def work() -> Steps:
        warn("first", CoverageWarning, code="W201")
        yield 1, 2, ""
        # a library of another house
        warnings.warn("second", UserWarning, stacklevel=1)  # noqa: TID251

    runner = Runner(work)
    runner.start()
    runner.wait(LIMIT)

    assert runner.warnings == ["W201 first", "second"]


def test_a_runner_can_run_again() -> None:
    runner = Runner(lambda: slow(3))
    for _ in range(2):
        runner.start()
        runner.wait(LIMIT)

    assert runner.outcome == "whole"


def test_the_work_is_not_in_the_thread_of_the_page() -> None:
    seen = []

    def work() -> Steps:
        seen.append(threading.current_thread())
        yield 1, 1, ""

    runner = Runner(work)
    runner.start()
    runner.wait(LIMIT)

    assert seen != [threading.main_thread()]
    assert seen[0].daemon


def test_where_no_page_runs_the_state_is_told_as_text() -> None:
    runner = Runner(lambda: slow(3), title="<b>run</b>")

    assert runner.static_html().startswith("<table><caption>&lt;b&gt;run&lt;/b&gt;: idle</caption>")
