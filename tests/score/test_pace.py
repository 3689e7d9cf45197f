"""Pace: steps are heard by who listens, in that thread alone; a cancel ends the work at the next
step.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest

from resistype.errors import RunError
from resistype.score import IndexedSets, score_sets
from resistype.score.progress import is_heard, listening, step, watched


def test_steps_are_heard_in_order_while_somebody_listens() -> None:
    heard: list[str] = []
    with listening(heard.append, threading.Event()):
        step("one")
        step("two")
    step("three")

    assert heard == ["one", "two"]
    assert not is_heard()


def test_another_thread_hears_nothing() -> None:
    heard: list[str] = []
    with listening(heard.append, threading.Event()):
        other = threading.Thread(target=step, args=("far",))
        other.start()
        other.join()

    assert heard == []


def test_a_cancel_ends_the_next_step_and_what_is_given_to_threads() -> None:
    cancel, heard = threading.Event(), list[str]()
    with listening(heard.append, cancel):
        work = watched(lambda: "done")
        assert work() == "done"
        cancel.set()
        with pytest.raises(RunError, match=r"E602 Cancelled\. Nothing was kept\."):
            step("late")
        with pytest.raises(RunError, match="E602"):
            work()

    assert heard == []


def test_work_that_nobody_watches_is_the_work_itself() -> None:
    assert watched(len) is len


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_listening_changes_no_score_by_one_bit(n_jobs: int) -> None:
    values = np.random.default_rng(0).poisson(3, (150, 40)).astype(float)
    sets = IndexedSets.build([[0, 1, 2, 9], [5, 6, 30]], 40)
    alone = score_sets(values, sets, n_jobs=n_jobs)
    with listening(lambda _: None, threading.Event()):
        heard = score_sets(values, sets, n_jobs=n_jobs)

    assert np.array_equal(alone, heard)


def test_a_cancelled_run_of_scores_stops() -> None:
    cancel = threading.Event()
    cancel.set()
    sets = IndexedSets.build([[0, 1]], 4)
    with listening(lambda _: None, cancel), pytest.raises(RunError, match="E602"):
        score_sets(np.ones((50, 4)), sets, n_jobs=2)
