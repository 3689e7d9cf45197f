"""Every place where a name is shown, filled with hostile strings: reports, widgets in a
notebook, files and pages.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import IPython.display
import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.curation.cohort import CohortData
from resistype.errors import ResistypeError
from resistype.report import render_report
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.widgets import Compare, Explorer, Runner, SignatureCurator
from resistype.widgets.base import PageData, static_table
from resistype.widgets.export import page
from tests.processes import LIMIT
from tests.report.page import hostile_calls, hostile_pairs
from tests.widgets.conftest import hostile_material
from tests.widgets.hostile import HOSTILE
from tests.widgets.test_compare import hostile_pair

GENES = ("STAT1", "IRF1", "CXCL9", "B2M", "TAP1", "WARS")
TOLD = ("_kind", "title", "state", "reading", "checks", "warnings", "result")


@dataclass
class Views:
    """One of each widget; of the Runner one that ended well and one that failed."""

    explorer: Explorer
    compare: Compare
    curator: SignatureCurator
    runner: Runner
    failed: Runner


def hostile_views(folder: Path) -> Views:
    """Every string as whatever the widgets are given: names, genes, notes, groups, titles,
    checks, results, errors.
    """
    material, matrix = hostile_material()
    return Views(
        Explorer(material, expression=matrix, title=HOSTILE[1]),
        Compare(*hostile_pair(), names=(HOSTILE[0], HOSTILE[6]), title=HOSTILE[1]),
        hostile_curator(folder),
        *hostile_runners(),
    )


def hostile_curator(folder: Path) -> SignatureCurator:
    """Strings as samples, genes, groups and columns of the data, as genes, notes and citations
    of the draft.
    """
    n = len(HOSTILE)
    samples = [f"{word}#{number}".replace("\0", "") for number, word in enumerate(HOSTILE)]
    genes = [*GENES, *(word.replace("\0", "") for word in dict.fromkeys(HOSTILE[:15]))]
    values = pd.DataFrame(
        np.random.default_rng(0).uniform(0.5, 9, (n, len(genes))), index=samples, columns=genes
    )
    table = pd.DataFrame(
        {
            HOSTILE[1]: [HOSTILE[at % 4] for at in range(n)],
            HOSTILE[7]: [HOSTILE[4 + at % 8] for at in range(n)],
        },
        index=samples,
    )
    made = SignatureCurator(
        "mine", folder, " ".join(GENES), data={HOSTILE[3]: CohortData(values, table)}
    )
    for word in HOSTILE:
        with contextlib.suppress(ResistypeError):  # some are no gene even for a draft
            made.editor.add(word, note=word[:4000])
    for at, row in enumerate(made.editor.table.rows):
        for name in ("note", "citation", "name")[: 3 if at >= len(GENES) else 2]:
            with contextlib.suppress(ResistypeError):  # some are too long for a name
                made.editor.edit(row.key, name, HOSTILE[at % n][:4000])
    made.editor.set_field("name", HOSTILE[2])
    made.editor.set_field("source.citation", HOSTILE[0])
    return made


def hostile_runners() -> tuple[Runner, Runner]:
    """A run with strings as its checks, steps, warnings and result, and one that ends in such an
    error.
    """

    def work() -> Iterator[tuple[int, int, str]]:
        yield 1, 2, HOSTILE[0]
        yield 2, 2, HOSTILE[2]

    def fails() -> Iterator[tuple[int, int, str]]:
        yield 1, 2, HOSTILE[0]
        raise ValueError(" ".join(HOSTILE[:24]))

    rows = [list(HOSTILE[at : at + 3]) for at in range(0, 24, 3)]
    runners = (
        Runner(
            work,
            checks=HOSTILE,
            title=HOSTILE[1],
            notes=lambda _: HOSTILE,
            table=lambda _: (HOSTILE[2], list(HOSTILE[:3]), rows),
        ),
        Runner(fails, checks=HOSTILE, title=HOSTILE[6]),
    )
    for one in runners:
        one.start()
        one.wait(LIMIT)
    assert [one.state["phase"] for one in runners] == ["done", "failed"]
    return runners


def harmless_views(folder: Path) -> Views:
    """The same widgets on the simulated cohort."""
    demo, options = datasets.demo(), CallOptions(n_jobs=1, stability=False)
    calls = classify(demo.expression, samples=demo.samples, baseline="Pre", options=options)
    moved = calls.to_frame().assign(ifng="up")[["ifng", "dysfunction"]]
    runner = Runner.classify(demo.expression, samples=demo.samples, baseline="Pre", options=options)
    failed = Runner(lambda: iter(int("x") for _ in range(1)))  # type: ignore[misc]
    for one in (runner, failed):
        one.start()
        one.wait(LIMIT)
    return Views(
        Explorer(calls, expression=demo.expression),
        Compare(calls, moved, matrices=demo.expression),
        SignatureCurator(
            "mine", folder, " ".join(GENES), data=CohortData(demo.expression, demo.samples)
        ),
        runner,
        failed,
    )


def in_a_notebook(view: Any) -> str:
    """All HTML that the output of a cell has when the widget is its last line."""
    shown: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IPython.display, "display", lambda bundle, **_: shown.append(bundle))
        view._ipython_display_()
    return "\n".join(bundle["text/html"] for bundle in shown if "text/html" in bundle)


def runner_page(runner: Runner) -> str:
    """A page of its own for a Runner, which exports none: its traits as they reach any page."""
    state = {name: value for name, value in runner.get_state().items() if name in TOLD}
    drawn = PageData({"title": runner.title}, [], np.empty(0, dtype=np.int64))
    return page(drawn, state=state, fallback=runner.static_html())


STATIC: dict[str, Callable[[Views], str]] = {
    "report": lambda _: render_report(hostile_calls()),
    "report of pairs": lambda _: render_report(hostile_pairs()),
    "table of any words": lambda _: static_table(HOSTILE[2], HOSTILE, [HOSTILE, HOSTILE]),
    "Explorer in a notebook": lambda views: in_a_notebook(views.explorer),
    "Compare in a notebook": lambda views: in_a_notebook(views.compare),
    "Curator in a notebook": lambda views: in_a_notebook(views.curator),
    "Runner in a notebook": lambda views: in_a_notebook(views.runner),
    "failed Runner in a notebook": lambda views: in_a_notebook(views.failed),
}
PAGES: dict[str, Callable[[Views, Path], str]] = {
    "Explorer": (
        lambda views, path: views.explorer.to_html(path, names=True).read_text(encoding="utf-8")
    ),
    "Compare": (
        lambda views, path: views.compare.to_html(path, names=True).read_text(encoding="utf-8")
    ),
    "Curator": lambda views, path: views.curator.to_html(path).read_text(encoding="utf-8"),
    "Runner": lambda views, _: runner_page(views.runner),
    "failed Runner": lambda views, _: runner_page(views.failed),
}
