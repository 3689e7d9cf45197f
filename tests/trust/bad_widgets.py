"""Bad inputs of the widgets: what must be refused, and how its message begins; what is told with
a right result.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.agreement import compare_calls
from resistype.curation.cohort import CohortData
from resistype.scheme import Calls
from resistype.session import Session, SessionData
from resistype.systems.bulk.measure import CallOptions
from resistype.widgets import Compare, Explorer, Runner, SignatureCurator
from tests.processes import LIMIT
from tests.trust.bad_rest import called, cohort
from tests.widgets.vectors import material

Case = Callable[[], object]
N = 40


@dataclass(frozen=True)
class Told:
    """What was said of an input, and whether the result is right all the same."""

    said: str
    right: bool


@cache
def calls() -> Calls:
    return called()


def labels() -> pd.DataFrame:
    """Labels of the simulated cohort on one axis."""
    return calls().to_frame()[["ifng"]].astype(object)


def strange() -> pd.DataFrame:
    """A matrix that shares no gene and no sample with anything."""
    values = np.random.default_rng(0).uniform(0, 9, (12, 50))
    return pd.DataFrame(
        values, index=[f"S{i}" for i in range(12)], columns=[f"NOGENE{i}" for i in range(50)]
    )


def _on(points: Any, **more: Any) -> Case:
    return lambda: Explorer(material(N), embeddings={"UMAP": points}, **more)


def _set(name: str, value: object) -> Case:
    return lambda: setattr(Explorer(material(N)), name, value)


def _nothing() -> Any:
    scheme = calls().scheme
    return SessionData.from_quantities(
        scheme, pd.DataFrame({name: [] for name in scheme.quantities}, dtype=float)
    )


def curator(start: Any = "STAT1 IRF1", **more: Any) -> SignatureCurator:
    """A Curator in a folder of its own."""
    return SignatureCurator("mine", tempfile.mkdtemp(), start, **more)


def _saved(start: str) -> object:
    return curator(start).editor.save()


def _others() -> pd.DataFrame:
    names = [f"X{at}" for at in range(N)]
    return pd.DataFrame(np.zeros((N, 2)), index=names)


EXPLORER: dict[str, tuple[Case, str]] = {
    "calls that are a table": (lambda: Explorer(labels()), "V117 Got DataFrame; wanted Calls"),  # type: ignore[arg-type]
    "no calls at all": (lambda: Explorer(None), "V117 Got NoneType; wanted Calls"),  # type: ignore[arg-type]
    "an empty table": (lambda: Explorer(_nothing()), "V117 There are 0 observations"),
    "a session of nothing": (
        lambda: Explorer(Session(_nothing())),
        "V117 There are 0 observations",
    ),
    "coordinates of fewer rows": (
        _on(np.zeros((3, 2))),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' has shape",
    ),
    "one coordinate": (
        _on(np.zeros((N, 1))),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' has shape (40, 1)",
    ),
    "a list of coordinates": (
        _on(np.zeros(N)),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' has shape (40,)",
    ),
    "coordinates of text": (
        _on([["a", "b"]] * N),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' cannot be read",
    ),
    "coordinates without end": (
        _on(np.full((N, 2), np.inf)),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' has 80 ",
    ),
    "no coordinate known": (
        _on(np.full((N, 2), np.nan)),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP' has no fin",
    ),
    "coordinates of other samples": (
        _on(_others()),
        "V124 Embeddings: 1 problem\n  - embedding 'UMAP': 40 observations are not among its rows",
    ),
    "coordinates without a name": (
        lambda: Explorer(material(N), embeddings=np.zeros((N, 2))),  # type: ignore[arg-type]
        "V124 Embeddings: got ndarray; wanted a dictionary",
    ),
    "coordinates beside a session": (
        lambda: Explorer(Session(material(N)), embeddings={"UMAP": np.zeros((N, 2))}),
        "V124 A session has its embeddings, got 1 more",
    ),
    "none to be drawn": (lambda: Explorer(material(N), max_drawn=0), "V117 max_drawn is 0"),
    "less than none to be drawn": (
        lambda: Explorer(material(N), max_drawn=-1),
        "V117 max_drawn is -1",
    ),
    "a threshold that is nan": (
        _set("thresholds", {"ifng": {"change": np.nan}}),
        "V103 Threshold ifng.change: a finite",
    ),
    "a threshold of no axis": (
        _set("thresholds", {"nothing": {"change": 1.0}}),
        "V102 No axis 'nothing'",
    ),
    "a threshold without its name": (
        _set("thresholds", {"ifng": 1.0}),
        "V119 Thresholds are given as",
    ),
    "a quantity nobody knows": (
        _set("color_by", "quantity:nothing"),
        "V105 Cannot colour by 'quantity:nothing'",
    ),
    "an axis to colour by nobody knows": (
        _set("color_by", "axis:nothing"),
        "V105 Cannot colour by 'axis:nothing'",
    ),
    "counts of an axis nobody knows": (
        lambda: Explorer(material(N)).counts("nothing"),
        "V102 No axis 'nothing'",
    ),
    "a selection of other rows": (
        _set("selected", b"\xff" * 100),
        "V110 The selection has 100 bytes",
    ),
    "a matrix of other samples": (
        lambda: Explorer(calls(), expression=strange()),
        "V121 64 of 64 observations",
    ),
    "a folder to export to that is not there": (
        lambda: Explorer(material(N)).to_html(Path("nowhere") / "a.html"),
        "O101 'nowhere/a.html' cannot be written",
    ),
}
COMPARE: dict[str, tuple[Case, str]] = {
    "no common sample": (
        lambda: Compare(labels(), labels().rename(index=lambda one: f"X{one}")),
        "E991 ",
    ),
    "no common axis": (
        lambda: Compare(labels(), labels().rename(columns={"ifng": "other"})),
        "E992 ",
    ),
    "no common label": (lambda: Compare(labels(), labels().assign(ifng="hot")), "E992 "),
    "no label on one side": (lambda: Compare(labels(), labels().assign(ifng=None)), "E992 "),
    "a sample twice": (
        lambda: Compare(labels(), pd.concat([labels(), labels().iloc[:1]])),
        "E994 Sample ",
    ),
    "one side only": (lambda: Compare(labels()), "E993 Got NoneType"),
    "a side without rows": (
        lambda: Compare(labels(), labels().iloc[:0]),
        "E993 'second' has no labels",
    ),
    "a folder that is not there": (
        lambda: Compare("nowhere", labels()),
        "E993 'nowhere' is no folder",
    ),
    "a second side beside an agreement": (
        lambda: Compare(compare_calls(labels(), labels()), labels()),
        "V117 An Agreement holds 2 sides",
    ),
    "one name": (lambda: Compare(labels(), labels(), names=("a",)), "V117 names is ('a',)"),  # type: ignore[arg-type]
    "the same name twice": (
        lambda: Compare(labels(), labels(), names=("a", "a")),
        "V117 names is ('a', 'a')",
    ),
    "a name as the names": (lambda: Compare(labels(), labels(), names="ab"), "V117 names is 'ab'"),  # type: ignore[arg-type]
    "an axis that is not compared": (
        lambda: setattr(Compare(labels(), labels()), "axis", "no"),
        "V119 Axis 'no'",
    ),
    "a figure of an axis that is not compared": (
        lambda: Compare(labels(), labels()).figure("no"),
        "E992 Axis 'no'",
    ),
}


def _cohort(**keys: str) -> Case:
    return lambda: CohortData(cohort().expression, cohort().samples, **keys)


CURATOR: dict[str, tuple[Case, str]] = {
    "an empty signature to save": (lambda: _saved(""), "E216 1 to mend"),
    "an empty signature to show": (
        lambda: curator("", data=cohort().expression, session=Session(calls())).show_scores(),
        "V123 The draft has no gene that is known",
    ),
    "a start that is a number": (
        lambda: curator(5),
        "V117 SignatureCurator: 1 problem\n  - start is int",
    ),
    "a start that is a list": (
        lambda: curator(["STAT1"]),
        "V117 SignatureCurator: 1 problem\n  - start is list",
    ),
    "an Explorer for its session": (
        lambda: curator(session=Explorer(material(N))),
        "V117 SignatureCurator: 1 problem\n  - session is Explorer",
    ),
    "a name that is a path": (
        lambda: SignatureCurator("../x", tempfile.mkdtemp()),
        "O104 '../x' cannot name",
    ),
    "a folder that is a file": (
        lambda: SignatureCurator("mine", __file__),
        f"O104 {__file__} cannot be the folder",
    ),
    "data that are not there": (
        lambda: curator(data="nowhere.csv"),
        "E300 There is no file nowhere.csv",
    ),
    "data without rows": (lambda: curator(data=strange().iloc[:0]), "E301 The matrix has 0 rows"),
    "data in a dictionary": (lambda: curator(data={"a": strange()}), "E309 Got dict"),
    "a session of other samples": (
        lambda: curator(data=cohort().expression, session=Session(material(N))).show_scores(),
        "V123 None of the data given has all observations",
    ),
    "a session and no data": (
        lambda: curator(session=Session(calls())).show_scores(),
        "V123 None of the data given has all observations",
    ),
    "groups by a column that is not there": (
        _cohort(by="nothing"),
        "E903 There is no column 'nothing'",
    ),
    "patients without time points": (
        _cohort(patient="patient"),
        "E911 patient='patient', timepoint='', baseline=''",
    ),
    "a baseline that does not occur": (
        _cohort(patient="patient", timepoint="timepoint", baseline="Screening"),
        "E906 The baseline 'Screening'",
    ),
}
RUNNER: dict[str, tuple[Case, str]] = {
    "a path that is not there": (
        lambda: Runner.classify("nowhere.h5ad"),
        "E300 There is no file nowhere.h5ad",
    ),
    "a path to score that is not there": (
        lambda: Runner.score("nowhere.h5ad"),
        "E300 There is no file nowhere.h5ad",
    ),
    "a samples table that is not there": (
        lambda: Runner.classify(cohort().expression, samples="nowhere.tsv"),
        "E907 There is no samples table nowhere.tsv",
    ),
    "a scheme nobody knows": (
        lambda: Runner.classify(cohort().expression, "nothing"),
        "S101 There is no scheme",
    ),
    "a reference nobody knows": (
        lambda: Runner.classify(cohort().expression, reference="nothing"),
        "R102 There is no reference",
    ),
    "a baseline without a table": (
        lambda: Runner.classify(cohort().expression, baseline="Pre"),
        "E911 baseline='Pre'",
    ),
    "two samples and no reference": (
        lambda: Runner.classify(cohort().expression.iloc[:2]),
        "R101 2 samples",
    ),
    "no gene of any signature": (
        lambda: Runner.score(strange()),
        "E101 No signature can be scored",
    ),
    "a signature nobody knows": (
        lambda: Runner.score(cohort().expression, "nothing"),
        "E201 There is no signature",
    ),
    "work that is no function": (lambda: Runner(5), "V117 work is 'int'"),  # type: ignore[arg-type]
}
REFUSED: dict[str, tuple[Case, str]] = {
    f"{widget}: {name}": case
    for widget, cases in (
        ("Explorer", EXPLORER),
        ("Compare", COMPARE),
        ("Curator", CURATOR),
        ("Runner", RUNNER),
    )
    for name, case in cases.items()
}


def _answer(view: Any, what: str, **content: Any) -> dict[str, Any]:
    """What a widget answers to its page."""
    sent: list[dict[str, Any]] = []
    view.send = lambda message, buffers=None: sent.append(message)
    view._asked(view, {"id": "1", "what": what, **content}, [])
    return sent[0]


def _no_coordinates() -> Told:
    view = Explorer(calls())
    said = _answer(view, "data")["spec"]["embeddings"]
    return Told(" ".join(said), view.counts("ifng") == Session(calls()).counts("ifng"))


def _shuffled() -> Told:
    """Coordinates whose rows stand in another order are joined by name."""
    points = np.random.default_rng(0).normal(size=(len(calls().samples), 2)).astype(np.float32)
    table = pd.DataFrame(points, index=list(calls().samples)).iloc[::-1]
    kept = Explorer(calls(), embeddings={"UMAP": table}).session.data.embeddings["UMAP"]
    return Told("UMAP", bool(np.array_equal(kept, points)))


def _few() -> Told:
    view = Compare(labels().iloc[:3], labels().iloc[2:])
    said = _answer(view, "data")["spec"]["lines"][0]
    return Told(said, view.agreement.axis("ifng").kappa.n == 1)


def _genes(matrices: Any) -> Told:
    other = called(options=CallOptions(n_jobs=1, stability=False, method="ucell", anchor=""))
    view = Compare(calls(), other, matrices=matrices)
    found = [
        at
        for at, one in enumerate(view.agreement.changes)
        if any(x.quantity for x in one.crossings)
    ]
    answer = _answer(view, "genes", change=found[0])
    return Told(answer["error"], "rows" not in answer)


def _no_gene() -> Told:
    view = _answer(curator(data=strange()), "view")["view"]
    numbers = [figures["n"] for _, pair in view["spread"]["groups"] for figures in pair]
    return Told(view["measured"] + view["spread"]["words"], set(numbers) == {0})


def _unknown_start() -> Told:
    view = _answer(curator("of_no_such_name"), "view")["view"]
    return Told(" ".join(view["rows"][0]["said"]), view["rows"][0]["bad"])


def _one_sample() -> Told:
    answer = _answer(curator(data=cohort().expression.iloc[:1]), "view")
    return Told(answer["error"], "view" not in answer)


def _outside() -> Told:
    data = CohortData(cohort().expression, cohort().samples.iloc[:4])
    return Told(" ".join(data.notes), int(data.table["patient"].notna().sum()) == 4)


def _ran(runner: Runner) -> Told:
    runner.start()
    runner.wait(LIMIT)
    state = runner.state
    return Told(
        state["text"],
        state["phase"] == "failed" and runner.outcome is None and runner.result is None,
    )


TOLD: dict[str, tuple[Callable[[], Told], str]] = {
    "Explorer: no coordinates": (_no_coordinates, "main axes of the quantities"),
    "Explorer: coordinates in another order": (_shuffled, "UMAP"),
    "Compare: one common sample": (
        _few,
        r"1 samples in both sides; 2 only in first: .*; 61 only in second",
    ),
    "Compare: genes of other samples": (
        lambda: _genes(strange()),
        "E996 The matrix of 'first' has no sample",
    ),
    "Compare: genes of a file that is not there": (
        lambda: _genes("nowhere.csv"),
        "E300 There is no file nowhere.csv",
    ),
    "Curator: no gene shared": (
        _no_gene,
        r"0 of 2 genes are in the data.*under half there is no score",
    ),
    "Curator: a start nobody knows": (_unknown_start, "L109 'of_no_such_name' is no symbol"),
    "Curator: one sample": (_one_sample, "E925 The data have 1 samples"),
    "Curator: samples outside of the table": (
        _outside,
        "60 samples of the matrix are not in the samples table",
    ),
    "Runner: a method nobody knows": (
        lambda: _ran(Runner.score(cohort().expression, method="ssgse")),
        "E607 There is no scoring method 'ssgse'",
    ),
    "Runner: no jobs": (
        lambda: _ran(Runner.score(cohort().expression, n_jobs=0)),
        "E606 n_jobs is 0",
    ),
}
