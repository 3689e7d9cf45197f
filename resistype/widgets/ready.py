"""Runs that are ready made for the Runner: what is checked before the start, the work step by step, what is shown.

The checks read the input once and say what was found: how many samples, unit, kind of gene names, coverage of the
signatures, pairs, reference. What cannot be run is an error here, before anything is started.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import CoverageWarning, ReferenceDataError
from resistype.expression import Expression
from resistype.library import Library, load_library
from resistype.samples import read_samples
from resistype.scheme import Calls, Scheme, classify
from resistype.scheme.fit import find_reference, too_few
from resistype.scheme.reference import MIN_COHORT, SMALL_COHORT
from resistype.scheme.study import Study
from resistype.score import Progress, ScoreOptions, Scores, score
from resistype.score.match import match_signatures
from resistype.score.progress import listening
from resistype.widgets._names import stand_ins

__all__ = ["Run", "Steps", "check_classify", "check_score", "in_thread"]

Steps = Generator[tuple[int, int, str], None, Any]
Say = Callable[[int, int, str], None]
Table = tuple[str, list[str], list[list[Any]]]
LOW, LISTED = 0.8, 8
LINGER = 0.5  # seconds that a cancel waits for the step at hand; the thread ends by itself at the next one
PAUSE = 0.05  # seconds between two looks at what the work has said


@dataclass(frozen=True)
class Run:
    """What a Runner needs: the work, what is said before, what is shown after, and what is noted beside it."""

    work: Callable[[], Steps]
    checks: list[str]
    title: str
    table: Callable[[Any], Table]
    notes: Callable[[Any], list[str]] = field(default=lambda _: [])
    names: Mapping[str, str] = field(default_factory=dict)  # of samples and patients, and what is said in their place


def in_thread(work: Callable[[Say, threading.Event], Any]) -> Steps:
    """Steps of work that tells them by a call, from a thread of its own; closing asks it to end after the step at hand.

    Parameters
    ----------
    work
        Is called with a function that takes (done, total, text), and an event that asks it to end.
    """
    said: queue.SimpleQueue[tuple[int, int, str]] = queue.SimpleQueue()
    cancel, found = threading.Event(), _Found()
    thread = threading.Thread(
        target=found.take, args=(lambda: work(lambda *step: said.put(step), cancel),), name="resistype-run", daemon=True
    )
    thread.start()
    last = (0, 0, "")
    try:
        while thread.is_alive() or not said.empty():
            with contextlib.suppress(queue.Empty):
                last = said.get(timeout=PAUSE)
            yield last  # also where nothing was said: between two steps a run can be cancelled
    finally:
        cancel.set()
        thread.join(LINGER)
    if found.error is not None:
        raise found.error
    return found.value


class _Found:
    """What came out of a thread."""

    value: Any = None
    error: Exception | None = None

    def take(self, work: Callable[[], Any]) -> None:
        try:
            self.value = work()
        except Exception as error:  # noqa: BLE001  it is raised again where the run is waited for
            self.error = error


# ------------------------------------------------------------------ classify


def check_classify(study: Study, scheme: Scheme, *, keys: dict[str, Any]) -> Run:
    """The run of a classification.

    Parameters
    ----------
    study
        Matrix, samples table and pairs.
    scheme
        The scheme.
    keys
        Arguments of `classify` beside the matrix and the scheme.
    """
    signatures = load_library().select(ids=list(scheme.signatures))
    checks = [*_about(study.expression), *study.notes, *_coverage(study.expression, signatures), _compared(study, keys)]
    total = 1 + _repeats(scheme, keys)

    def work(say: Say, cancel: threading.Event) -> Calls:
        done = Counter[str]()

        def hear(text: str) -> None:
            done["steps"] += 1
            say(min(done["steps"], total) - 1, total, text)

        with listening(hear, cancel):
            return classify(study.expression, scheme, **keys)

    title = f"classify: {scheme.title}"
    names = stand_ins(study.expression.samples, _given(keys), keys["patient"])
    return Run(lambda: in_thread(work), list(dict.fromkeys(checks)), title, _calls_table, _caveats, names)


def _given(keys: dict[str, Any]) -> pd.DataFrame | None:
    """The samples table with all of its rows, those without expression too."""
    return None if keys["samples"] is None else read_samples(keys["samples"], sample=keys["options"].sample)


def _compared(study: Study, keys: dict[str, Any]) -> str:
    """What the samples will be compared with; `classify` refuses or warns where these are too few."""
    if keys["reference"] is not None:
        return f"Compared with the reference {find_reference(keys['reference']).name}."
    n = len(study.reference_rows)
    whose = "baseline biopsies of this cohort" if study.pairing is not None else "samples of this cohort"
    if study.pairing is None and n < MIN_COHORT:
        raise ReferenceDataError(too_few(n), code="R101")
    return f"{'⚠ ' if n < SMALL_COHORT else ''}Compared with {n} {whose}."


def _repeats(scheme: Scheme, keys: dict[str, Any]) -> int:
    plan = scheme.stability if keys["options"].stability else None
    if plan is None:
        return 0
    return len(plan.methods) + plan.repeats * (1 if keys["reference"] is not None else 2)


def _calls_table(calls: Calls) -> Table:
    rows: list[list[Any]] = []
    for axis in calls.scheme.axes:
        counts = pd.Series(calls.verdicts.calls[axis.id]).value_counts()
        rows += [[axis.title, str(call).replace("_", " "), int(n)] for call, n in counts.items()]
    caption = f"Calls of {len(calls.samples)} samples, compared with {calls.reference['name']}. Research use only."
    return caption, ["axis", "call", "n"], rows


def _caveats(calls: Calls) -> list[str]:
    return [f"{code} {text}" for code, text in calls.run_caveats.items()]


# ------------------------------------------------------------------ score


def check_score(
    expression: Expression, library: Library, *, method: Any, n_jobs: int | None, options: ScoreOptions
) -> Run:
    """The run of scoring: how many samples, their unit, coverage of the signatures; then the scores."""

    def work(say: Say, cancel: threading.Event) -> Scores:
        def hear(progress: Progress) -> None:
            say(progress.rows, progress.total_rows, "samples scored")

        told = replace(options, run=replace(options.run, progress=hear))
        with listening(lambda _: None, cancel):
            return score(expression, library, method=method, n_jobs=n_jobs, options=told)

    checks = [*_about(expression), *_coverage(expression, library)]
    names = method if isinstance(method, str) else ", ".join(method)
    title = f"score: {len(library)} signatures by {names}"
    return Run(lambda: in_thread(work), checks, title, _scores_table, names=stand_ins(expression.samples))


def _scores_table(scores: Scores) -> Table:
    rows: list[list[Any]] = []
    for method in scores.methods:
        for column, name in enumerate(scores.signatures):
            values, known = scores.values[method][:, column], scores.coverage.loc[name]
            measured = values[~np.isnan(values)]
            middle = f"{np.median(measured):.3g}" if len(measured) else str(known["reason"])
            rows.append([name, method, f"{known['found']} of {known['asked']}", len(measured), middle])
    caption = f"Scores of {len(scores.samples)} samples. Research use only."
    return caption, ["signature", "method", "genes", "scored", "median"], rows


# ------------------------------------------------------------------ both


def _about(expression: Expression) -> list[str]:
    size = f"{expression.n_obs:,} samples × {expression.n_genes:,} genes, unit {expression.unit}."
    return [size, *expression.notes]


def _coverage(expression: Expression, library: Library) -> list[str]:
    """What is there of the signatures; what `score` would warn of is said here, before the start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoverageWarning)
        table = match_signatures(expression, library).coverage
    low = table[table["fraction"] < LOW].sort_values("fraction")
    said = f"{len(table) - len(low)} of {len(table)} signatures have at least {LOW:.0%} of their genes."
    if low.empty:
        return [said]
    few = [f"{name} {row['found']}/{row['asked']}" for name, row in low.head(LISTED).iterrows()]
    more = f" and {len(low) - LISTED} more" if len(low) > LISTED else ""
    return [said, f"⚠ Fewer: {', '.join(few)}{more}."]
