"""The Runner.

Scoring or classifying in a background thread, with checks, progress, cancel, warnings and the
result.

The thread is needed: while a cell runs, no click of the page is handled. Work is done in steps, so
that a cancel ends it after the step at hand; what was computed is thrown away. `Runner.classify`
and `Runner.score` are ready made: they read the input once and say what was found before the start;
what cannot be run is an error there.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from resistype.errors import CoverageWarning, InputError, ReferenceDataError, ResistypeError
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.expression.units import read_options, read_words
from resistype.library import Library, SignatureSpec, load_library, read_signatures
from resistype.samples import read_samples
from resistype.samples.columns import named
from resistype.scheme import Calls, Reference, Scheme, load_scheme
from resistype.scheme.reference import MIN_COHORT, SMALL_COHORT, find_reference
from resistype.score import Progress, ScoreOptions, Scores, score
from resistype.score.match import match_signatures
from resistype.score.progress import listening
from resistype.systems import classify
from resistype.systems.bulk.comparable import STATED
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.reference import too_few
from resistype.systems.bulk.study import Study, read_study
from resistype.text import door, listed
from resistype.widgets.base import Answer, Widget, stand_ins, static_table, unnamed

EVERY = 0.2  # seconds between two messages of progress
MAX_LOG = 200


class Runner(Widget):
    """Start a run, watch it and cancel it.

    Parameters
    ----------
    work
        Gives an iterator. Each step it yields (done, total, text); what it returns in the end is
        the result.
    checks
        Sentences about the input, shown before the start.
    title
        Words above.
    table
        From the result to (caption, head, rows) of the table that is shown.
    notes
        From the result to sentences that go to the log of warnings.
    names
        Names that are not to be saved with the notebook, and what is said in the place of each.

    Attributes
    ----------
    outcome
        What the work returned (`Calls`, `Scores`), None before.
    told
        Checks, warnings and errors so far, with the names of samples; the page gets their places in
        the matrix.

    Examples
    --------
    >>> def work():
    ...     for number in range(3):
    ...         yield number + 1, 3, ""
    ...     return "all"
    >>> runner = Runner(work)
    >>> runner.start()
    >>> runner.wait(10)
    >>> runner.state["phase"], runner.outcome
    ('done', 'all')
    """

    _kind = traitlets.Unicode("runner").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    reading: traitlets.List[Any] = traitlets.List().tag(sync=True)
    checks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    warnings: traitlets.List[Any] = traitlets.List().tag(sync=True)
    result: traitlets.Dict[Any, Any] = traitlets.Dict(allow_none=True, default_value=None).tag(
        sync=True
    )

    def __init__(
        self,
        work: Callable[[], Iterator[tuple[int, int, str]]],
        *,
        checks: Sequence[str] = (),
        title: str = "resistype run",
        table: Callable[[Any], tuple[str, list[str], list[list[Any]]]] | None = None,
        notes: Callable[[Any], Sequence[str]] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        if not callable(work):
            message = (
                f"work is {type(work).__name__!r}; a function is needed. Use Runner.classify or "
                "Runner.score."
            )
            raise InputError(message, code="V117")
        self._work, self._table, self._notes = work, table, notes
        self._again: Callable[[ReadOptions], Run] | None = None
        self._cancel = threading.Event()
        self._elsewhere: Callable[..., Any] = warnings.showwarning
        self._thread: threading.Thread | None = None
        self.outcome: Any = None
        self.told: list[str] = []
        self._hidden = names or {}
        super().__init__(
            title=title,
            checks=[self._plain(one) for one in _sentences(checks)],
            state=_state("idle"),
        )

    @classmethod
    def classify(
        cls,
        data: Any,
        scheme: str | Path | Scheme = "acquired_resistance",
        *,
        samples: Any = None,
        patient: str = "patient",
        timepoint: str = "timepoint",
        baseline: str | None = None,
        reference: str | Path | Reference | None = None,
        options: CallOptions | None = None,
    ) -> Runner:
        """A run of `resistype.classify`.

        The input is read and checked now, the calls are made when it is started.

        Parameters
        ----------
        data, scheme, samples, patient, timepoint, baseline, reference, options
            As for `resistype.classify`.

        Raises
        ------
        ResistypeError
            What `classify` would raise of the matrix, the table and the coverage, before anything
            is started.

        Examples
        --------
        >>> import resistype as rt
        >>> demo = rt.datasets.demo()
        >>> runner = Runner.classify(demo.expression, samples=demo.samples, baseline="Pre")
        >>> runner.checks[0]
        '64 samples × 5,000 genes, unit counts.'
        """
        chosen = options or CallOptions()
        keys = {
            "samples": samples,
            "patient": patient,
            "timepoint": timepoint,
            "baseline": baseline,
        }
        loaded = load_scheme(scheme)

        def prepare(read: ReadOptions) -> Run:
            study = read_study(
                as_expression(data, read),
                samples,
                (patient, timepoint, baseline),
                plan=chosen.plan,
            )
            options = replace(chosen, read=read)
            return check_classify(
                study, loaded, keys=keys | {"reference": reference, "options": options}
            )

        return cls._ready(data, prepare, chosen.read)

    @classmethod
    def score(
        cls,
        data: Any,
        signatures: SignatureSpec = None,
        *,
        method: str | Sequence[str] = "ssgsea",
        n_jobs: int | None = -1,
        options: ScoreOptions | None = None,
    ) -> Runner:
        """A run of `resistype.score`.

        The input is read and checked now, the scores are made when it is started.

        Parameters
        ----------
        data, signatures, method, n_jobs, options
            As for `resistype.score`.

        Raises
        ------
        ResistypeError
            What `score` would raise of the matrix and the signatures, before anything is started.
        """
        chosen = options or ScoreOptions()
        library = read_signatures(signatures)

        def prepare(read: ReadOptions) -> Run:
            options = replace(chosen, read=read)
            return check_score(
                as_expression(data, read), library, method=method, n_jobs=n_jobs, options=options
            )

        return cls._ready(data, prepare, chosen.read)

    @classmethod
    def _ready(cls, data: Any, prepare: Callable[[ReadOptions], Run], read: ReadOptions) -> Runner:
        run = prepare(read)
        runner = cls(
            run.work,
            checks=run.checks,
            title=run.title,
            table=run.table,
            notes=run.notes,
            names=run.names,
        )
        if not isinstance(data, Expression):  # that one is read already
            runner._again, runner.reading = prepare, read_words(read)
        return runner

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: start, cancel, and read again."""
        return {
            "start": self._asked_start,
            "cancel": self._asked_cancel,
            "read": self._asked_read,
        }

    def read(self, options: ReadOptions) -> None:
        """Read the input again by other options, and check it again.

        Parameters
        ----------
        options
            How the matrix is read.

        Raises
        ------
        InputError
            V115 when a run is on its way; V119 when the input is an Expression, which is read
            already.
        ResistypeError
            What reading raises; the input as it was read before stays.

        Examples
        --------
        >>> import resistype as rt
        >>> from resistype.expression import ReadOptions
        >>> demo = rt.datasets.demo()
        >>> runner = Runner.classify(demo.expression, samples=demo.samples, baseline="Pre")
        >>> runner.read(ReadOptions(unit="counts"))
        >>> runner.checks[1]
        'Values are read as raw counts (given by unit=).'
        """
        if self._thread is not None and self._thread.is_alive():
            raise InputError("A run is on its way; cancel it first.", code="V115")
        if self._again is None:
            message = "The input is an Expression, which is read already. Give the file or frame."
            raise InputError(message, code="V119")
        run = self._again(options)
        self._work, self._table, self._notes = run.work, run.table, run.notes
        self._hidden = run.names
        self.outcome, self.warnings = None, []
        self.set_trait("result", None)
        self.reading, self.state = read_words(options), _state("idle")
        self.checks = [self._plain(one) for one in _sentences(run.checks)]

    def start(self) -> None:
        """Begin in the background.

        Raises
        ------
        InputError
            V115 when a run is on its way.
        """
        if self._thread is not None and self._thread.is_alive():
            raise InputError("A run is on its way; cancel it first.", code="V115")
        self._cancel.clear()
        self.outcome, self.warnings = None, []
        self.set_trait("result", None)
        self.state = _state("running")
        self._thread = threading.Thread(target=self._run, name="resistype-runner", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the run to end; it does so after the step at hand."""
        if self._thread is not None and self._thread.is_alive():
            self._cancel.set()
            self.state = {**self.state, "phase": "cancelling"}

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the run has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def static_html(self) -> str:
        """State and result as text, escaped."""
        words = f"{self.title}: {self.state.get('phase', '')}"
        found = self.result or {"caption": words, "head": [], "rows": []}
        return static_table(words, found["head"], found["rows"][:50])

    def _asked_start(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        self.start()
        return {}, []

    def _asked_read(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        known = {row["name"]: row["value"] for row in self.reading}
        words = content.get("words")
        given = words if isinstance(words, dict) else {"": words}
        odd = [w for w in given if w not in known or type(given[w]) is not type(known[w])]
        if odd:
            message = f"{listed(odd)}: the options of reading are {listed(known)}, texts but for "
            message += "raw and allow_scaled (true or false) and set_aside (a list of texts)."
            raise InputError(message, code="V119")
        asked = {word: None if value == "" else value for word, value in (known | given).items()}
        with door("runner"):
            self.read(read_options(asked))
        return {}, []

    def _asked_cancel(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        self.cancel()
        return {}, []

    def _run(self) -> None:
        began = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            self._elsewhere = warnings.showwarning
            warnings.showwarning = self._warned  # type: ignore[assignment]  # of this block only
            try:
                phase, text = self._steps(began)
            except ResistypeError as error:
                phase, text = "failed", self._plain(error)
            except Exception as error:  # noqa: BLE001  the page must learn how the run ended
                phase, text = "failed", self._plain(f"{type(error).__name__}: {error}")
        done = self.state["total"] if phase == "done" else self.state["done"]
        self.state = {
            **self.state,
            "phase": phase,
            "done": done,
            "text": text[:1000],
            "seconds": time.monotonic() - began,
        }

    def _steps(self, began: float) -> tuple[str, str]:
        steps, told = self._work(), 0.0
        while True:
            if self._cancel.is_set():
                close = getattr(steps, "close", None)
                if close is not None:
                    close()
                return "cancelled", "nothing was kept"
            try:
                done, total, text = next(steps)
            except StopIteration as end:
                self.outcome = end.value
                self._show(end.value)
                return "done", ""
            now = time.monotonic()
            if now - told > EVERY:
                told = now
                self.state = {
                    **self.state,
                    "done": done,
                    "total": total,
                    "text": text[:200],
                    "seconds": now - began,
                }

    def _show(self, outcome: Any) -> None:
        if self._notes is not None:
            self.warnings = [
                *self.warnings,
                *(self._plain(one)[:1000] for one in self._notes(outcome)),
            ][-MAX_LOG:]
        if self._table is not None:
            caption, head, rows = self._table(outcome)
            self.result = {"caption": caption, "head": head, "rows": rows[:1000]}

    def _warned(self, message: Warning | str, *rest: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            self._elsewhere(message, *rest)  # of a cell that runs beside
        else:
            self.warnings = [*self.warnings, self._plain(message)[:1000]][-MAX_LOG:]

    def _plain(self, words: object) -> str:
        """The words as the page gets them; whole they stay in `told`."""
        self.told = [*self.told, str(words)][-MAX_LOG:]
        return unnamed(str(words), self._hidden)


def _sentences(checks: str | Sequence[str]) -> list[str]:
    return [checks] if isinstance(checks, str) else [str(one) for one in checks]


def _state(phase: str) -> dict[str, Any]:
    return {"phase": phase, "done": 0, "total": 0, "seconds": 0.0, "text": ""}


Steps = Generator[tuple[int, int, str], None, Any]
Say = Callable[[int, int, str], None]
Table = tuple[str, list[str], list[list[Any]]]
LOW, LISTED = 0.8, 8
LINGER = 0.5  # seconds that a cancel waits for the step at hand; later the thread ends itself
PAUSE = 0.05  # seconds between two looks at what the work has said


@dataclass(frozen=True)
class Run:
    """What a Runner needs.

    The work, what is said before, what is shown after, and what is noted beside it.
    """

    work: Callable[[], Steps]
    checks: list[str]
    title: str
    table: Callable[[Any], Table]
    notes: Callable[[Any], list[str]] = field(default=lambda _: [])
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # of samples and patients, and what is said in their place


def in_thread(work: Callable[[Say, threading.Event], Any]) -> Steps:
    """Steps of work that tells them by a call, from a thread of its own.

    Closing asks it to end after the step at hand.
    """
    said: queue.SimpleQueue[tuple[int, int, str]] = queue.SimpleQueue()
    cancel, found = threading.Event(), _Found()
    thread = threading.Thread(
        target=found.take,
        args=(lambda: work(lambda *step: said.put(step), cancel),),
        name="resistype-run",
        daemon=True,
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
    """The run of a classification."""
    signatures = load_library().select(ids=list(scheme.signatures))
    checks = [
        *_about(study.expression),
        *study.notes,
        *_coverage(study.expression, signatures),
        _compared(study, keys),
    ]
    total = 1 + _repeats(scheme, keys)

    def work(say: Say, cancel: threading.Event) -> Calls:
        done = Counter[str]()

        def hear(text: str) -> None:
            done["steps"] += 1
            say(min(done["steps"], total) - 1, total, text)

        with listening(hear, cancel):
            return classify(study.expression, scheme, **keys)

    title = f"classify: {scheme.title}"
    names = stand_ins(study.expression.samples, _given(study, keys), keys["patient"])
    return Run(
        lambda: in_thread(work), list(dict.fromkeys(checks)), title, _calls_table, _caveats, names
    )


def _given(study: Study, keys: dict[str, Any]) -> pd.DataFrame | None:
    """The samples table with all of its rows, those without expression too."""
    if keys["samples"] is None:
        return study.table
    table = read_samples(keys["samples"], sample=keys["options"].sample)
    return named(table, asked=[keys["patient"]])[0]


def _compared(study: Study, keys: dict[str, Any]) -> str:
    """What the samples will be compared with.

    `classify` refuses or warns where these are too few.
    """
    if keys["reference"] is not None:
        found = find_reference(keys["reference"])
        if keys["options"].same_as is not None:
            return f"Compared with the reference {found.name}, as you said that they are alike."
        words = ", ".join(
            f"{name.replace('_', ' ')} ({found.about.get(name, 'not said')})" for name in STATED
        )
        return (
            f"⚠ Are these data the same as {found.name} in {words}? Then say"
            f" same_as={found.name!r} in the options; without it levels and relative axes are not"
            " assessable."
        )
    n = len(study.reference_rows)
    whose = (
        "baseline biopsies of this cohort"
        if study.pairing is not None
        else "samples of this cohort"
    )
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
        rows += [
            [axis.title, calls.words(axis.id, str(call)).word, int(n)] for call, n in counts.items()
        ]
    caption = (
        f"Calls of {len(calls.samples)} samples, compared with {calls.reference['name']}. Research "
        "use only."
    )
    return caption, ["axis", "call", "n"], rows


def _caveats(calls: Calls) -> list[str]:
    return [f"{code} {text}" for code, text in calls.run_caveats.items()]


# ------------------------------------------------------------------ score


def check_score(
    expression: Expression,
    library: Library,
    *,
    method: Any,
    n_jobs: int | None,
    options: ScoreOptions,
) -> Run:
    """The run of scoring: how many samples, their unit, coverage of the signatures.

    Then the scores.
    """

    def work(say: Say, cancel: threading.Event) -> Scores:
        def hear(progress: Progress) -> None:
            say(progress.rows, progress.total_rows, "samples scored")

        told = replace(options, run=replace(options.run, progress=hear))
        with listening(lambda _: None, cancel):
            return score(expression, library, method=method, n_jobs=n_jobs, options=told)

    checks = [*_about(expression), *_coverage(expression, library)]
    names = method if isinstance(method, str) else ", ".join(method)
    title = f"score: {len(library)} signatures by {names}"
    return Run(
        lambda: in_thread(work), checks, title, _scores_table, names=stand_ins(expression.samples)
    )


def _scores_table(scores: Scores) -> Table:
    rows: list[list[Any]] = []
    for method in scores.methods:
        for column, name in enumerate(scores.signatures):
            values, known = scores.values[method][:, column], scores.coverage.loc[name]
            measured = values[~np.isnan(values)]
            middle = f"{np.median(measured):.3g}" if len(measured) else str(known["reason"])
            rows.append(
                [name, method, f"{known['found']} of {known['asked']}", len(measured), middle]
            )
    caption = f"Scores of {len(scores.samples)} samples. Research use only."
    return caption, ["signature", "method", "genes", "scored", "median"], rows


# ------------------------------------------------------------------ both


def _about(expression: Expression) -> list[str]:
    size = f"{expression.n_obs:,} samples × {expression.n_genes:,} genes, unit {expression.unit}."
    return [size, *expression.notes]


def _coverage(expression: Expression, library: Library) -> list[str]:
    """What is there of the signatures.

    What `score` would warn of is said here, before the start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoverageWarning)
        table = match_signatures(expression, library).coverage
    low = table[table["fraction"] < LOW].sort_values("fraction")
    said = (
        f"{len(table) - len(low)} of {len(table)} signatures have at least {LOW:.0%} of their "
        "genes."
    )
    if low.empty:
        return [said]
    few = [f"{name} {row['found']}/{row['asked']}" for name, row in low.head(LISTED).iterrows()]
    more = f" and {len(low) - LISTED} more" if len(low) > LISTED else ""
    return [said, f"⚠ Fewer: {', '.join(few)}{more}."]
