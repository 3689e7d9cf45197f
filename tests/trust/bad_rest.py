"""Bad samples tables, clinical tables, commands, messages of a page and panels of markers: what
must be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from resistype import datasets
from resistype.clinical.definitions import clinical
from resistype.napari_plugin.marker_sets import parse_sets, read_panel
from resistype.scheme import Calls
from resistype.session import Session
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from tests.widgets.vectors import material

Case = Callable[[], object]


@cache
def cohort() -> datasets.Demo:
    return datasets.demo()


def called(**given: Any) -> Calls:
    """Calls of the simulated cohort with something changed."""
    words = {"samples": cohort().samples, "baseline": "Pre", **given}
    options = words.pop("options", CallOptions(n_jobs=1, stability=False))
    return classify(words.pop("data", cohort().expression), options=options, **words)


def _samples(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Case:
    return lambda: called(samples=change(cohort().samples.copy()))


def _first(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    made = table.astype(object)
    made.loc[made.index[0], column] = value
    return made


SAMPLES: dict[str, Case] = {
    "no samples table for a baseline": lambda: called(samples=None),
    "a sample twice in the samples table": _samples(lambda t: pd.concat([t, t.iloc[[0]]])),
    "a sample without a row": _samples(lambda t: t.iloc[2:]),
    "samples table without rows": _samples(lambda t: t.iloc[:0]),
    "no column of patients": _samples(lambda t: t.drop(columns="patient")),
    "no column of time points": _samples(lambda t: t.drop(columns="timepoint")),
    "a patient missing": _samples(lambda t: _first(t, "patient", None)),
    "a time point missing": _samples(lambda t: _first(t, "timepoint", None)),
    "a baseline that does not occur": lambda: called(baseline="Screening"),
    "every sample its own patient": _samples(lambda t: t.assign(patient=list(t.index))),
    "a column twice": _samples(lambda t: pd.concat([t, t[["patient"]]], axis=1)),
    "a scheme nobody knows": lambda: called(scheme="acquired"),
    "a reference nobody knows": lambda: called(reference="nowhere"),
    "one sample and no reference": lambda: called(
        data=cohort().expression.iloc[:1], samples=None, baseline=None
    ),
    "an unknown method": lambda: called(options=CallOptions(n_jobs=1, method="ssgse")),
}


def patients(**change: object) -> pd.DataFrame:
    """Two patients, the first with something changed."""
    row = {
        "patient": "P1",
        "start": "2023-01-01",
        "best_response": "PR",
        "last_dose": "2023-06-01",
        "progression": "2023-09-01",
        "last_followup": "2024-01-01",
    }
    return pd.DataFrame([{**row, **change}, {**row, "patient": "P2"}])


CLINICAL: dict[str, Case] = {
    "a date that is none": lambda: clinical(patients(start="2023-13-45")),
    "a date in another order": lambda: clinical(patients(start="31/12/2022")),
    "progression before the start": lambda: clinical(patients(progression="2022-01-01")),
    "an unknown response": lambda: clinical(patients(best_response="XR")),
    "a patient without a name": lambda: clinical(patients(patient="")),
    "a patient twice": lambda: clinical(patients(patient="P2")),
    "no column of responses": lambda: clinical(patients().drop(columns="best_response")),
    "a clinical table without rows": lambda: clinical(patients().iloc[:0]),
    "an unknown definition": lambda: clinical(patients(), definition="recist"),
    "a clinical table that is not there": lambda: clinical(Path("nowhere.csv")),
}


def session() -> Session:
    return Session(material())


COMMANDS: dict[str, Case] = {
    "a threshold of no axis": lambda: session().move_threshold("nothing", "change", 1.0),
    "an unknown threshold": lambda: session().move_threshold("ifng", "nothing", 1.0),
    "a threshold that is nan": lambda: session().move_threshold("ifng", "change", float("nan")),
    "a threshold that is endless": lambda: session().move_threshold("ifng", "change", float("inf")),
    "a threshold that is text": lambda: session().move_threshold("ifng", "change", "high"),  # type: ignore[arg-type]
    "a threshold that is true": lambda: session().move_threshold("ifng", "change", True),
    "a row beyond the last": lambda: session().select("0-99999999"),
    "rows that are words": lambda: session().select("first"),
    "rows of a trillion": lambda: session().select("0-999999999999"),
    "a patient nobody knows": lambda: session().select_patient("P-none"),
    "a colour nobody knows": lambda: session().color_by("axis:nothing"),
    "a category nobody knows": lambda: session().hide("nothing"),
    "a region nobody drew": lambda: session().select_region("mine"),
    "a region of two corners": lambda: session().add_region("mine", "plane", [(0, 0), (1, 1)]),
    "a region of words": lambda: session().add_region("mine", "plane", [("a", "b")] * 3),  # type: ignore[list-item]
    "a region to remove that is not there": lambda: session().remove_region("mine"),
    "an axis to reset that is not there": lambda: session().reset_thresholds("nothing"),
    "evidence of a row beyond the last": lambda: session().evidence(10**9),
}

PANELS: dict[str, Case] = {
    "marker sets that are no list": lambda: parse_sets("T cells CD3 CD8"),
    "marker sets without a marker": lambda: parse_sets("T cells:"),
    "a panel without any of the markers": lambda: read_panel(
        pd.DataFrame({"XYZ": [0.1, 0.9]}), parse_sets("T: CD3")
    ),
}

# Messages that a page may send: the question, its content, its bytes.
MESSAGES: dict[str, tuple[object, list[bytes]]] = {
    "no dictionary": ("hello", []),
    "no id": ({"what": "data"}, []),
    "an id that is a number": ({"id": 5, "what": "data"}, []),
    "an unknown question": ({"id": "1", "what": "rm -rf"}, []),
    "a question that is a list": ({"id": "1", "what": ["data"]}, []),
    "a gene that is a number": ({"id": "1", "what": "gene", "gene": 7}, []),
    "a gene of a million letters": ({"id": "1", "what": "gene", "gene": "A" * 1_000_000}, []),
    "a gene that is a path": ({"id": "1", "what": "gene", "gene": "../../etc/passwd"}, []),
    "a selection of the wrong length": ({"id": "1", "what": "drivers"}, [b"\xff" * 3]),
    "a method of Python": ({"id": "1", "what": "__class__"}, []),
}
