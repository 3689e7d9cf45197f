"""A notebook that was run, used and saved holds no name of a sample or patient, but where its user
printed one.

Names are planted in the data, some where notes name them. Every widget is shown, asked what its
page asks, and moved; then the file is searched: sources, outputs, the state of the widgets, and
their bytes. Warnings of Python are off: they name samples, and a notebook keeps what is printed.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from resistype import datasets
from tests.trust.figures import record

ROOT = Path(__file__).resolve().parents[2]
STATE = "application/vnd.jupyter.widget-state+json"
DATA = """
import warnings; warnings.simplefilter('ignore')
import pandas as pd, resistype as rt
from resistype.curation.cohort import CohortData
from resistype.widgets import Compare, Explorer, Runner, SignatureCurator
x, table = pd.read_parquet('x.parquet'), pd.read_parquet('samples.parquet')
keys = dict(samples=table, baseline='Pre')
options = (rt.CallOptions(n_jobs=1, stability=False, method=m, anchor='')
           for m in ('ssgsea', 'singscore'))
calls, other = (rt.classify(x, options=one, **keys) for one in options)
"""
CURATOR = """
names = dict(by='timepoint', patient='patient', timepoint='timepoint', baseline='Pre')
cohort = CohortData(x, table, **names)
genes = 'STAT1 IRF1 CXCL9 B2M'
curator = SignatureCurator('mine', 'drafts', genes, data=cohort, session=explorer.session)
curator
"""
# what pages ask, and what a user does
USED = """
for view, asked in ((explorer, 'data'), (compare, 'data'), (curator, 'view'), (compare, 'genes')):
    view._asked(view, {'id': '1', 'what': asked, 'change': 0}, [])
session = explorer.session
session.move_threshold('ifng', 'change', 0.9); session.color_by('column:patient')
session.select_patient(str(table['patient'].iloc[0]))
explorer._asked(explorer, {'id': '2', 'what': 'count', 'thresholds': {}, 'axis': 'ifng'}, [])
compare.axis = 'dysfunction'
curator.editor.add('TAP1'); curator.show_scores()
runner.start(); runner.wait(300); runner.state['phase']
"""
CELLS = (
    DATA,
    "explorer = Explorer(calls, expression=x); explorer",
    "compare = Compare(calls, other, matrices=x); compare",
    CURATOR,
    (
        "runner = Runner.classify(x, options=rt.CallOptions(n_jobs=1, stability=False), **keys);"
        " runner"
    ),
    USED,
    "print(table.index[0])",  # the user's own print
)


def planted() -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The simulated cohort under names as a hospital gives them; and all these names."""
    demo = datasets.demo()
    table, matrix = demo.samples.copy(), demo.expression.copy()
    people = {
        name: f"HUBER-ANNA-{1931 + at}" for at, name in enumerate(dict.fromkeys(table["patient"]))
    }
    samples = {str(name): f"MRN-{70_000 + 17 * at}" for at, name in enumerate(table.index)}
    table["patient"] = table["patient"].map(people)
    table.index = pd.Index([samples[str(name)] for name in table.index], name="sample")
    matrix.index = pd.Index([samples[str(name)] for name in matrix.index])
    matrix.iloc[3] = 0  # a note that names a sample, and one that names a row without expression
    table.loc["MRN-OUTSIDE"] = table.iloc[0]
    return matrix, table, [*people.values(), *samples.values(), "MRN-OUTSIDE"]


def texts(value: Any) -> Iterator[str]:
    """Every text in a saved notebook; bytes of widgets as text too."""
    if isinstance(value, dict):
        if value.get("encoding") == "base64":
            yield base64.b64decode(value["data"]).decode("utf-8", errors="replace")
        for one in (*value, *value.values()):
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def names() -> list[str]:
    return planted()[2]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The notebook as it lies on disk after its run."""
    folder = tmp_path_factory.mktemp("saved")
    matrix, table, _ = planted()
    matrix.to_parquet(folder / "x.parquet")
    table.to_parquet(folder / "samples.parquet")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / "jupyter"))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        NotebookClient(
            made, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
    nbformat.write(made, folder / "saved.ipynb")
    return dict(json.loads((folder / "saved.ipynb").read_text(encoding="utf-8")))


def test_no_name_is_in_the_file_but_the_one_that_was_printed(
    saved: dict[str, Any], names: list[str]
) -> None:
    whole = "\n".join(texts(saved))
    printed = saved["cells"][-1]["outputs"][0]["text"]
    quiet = {**saved, "cells": saved["cells"][:-1]}
    text = "\n".join(texts(quiet))
    found = [name for name in names if name in text]
    record("saved notebook", planted=len(names), found=len(found), widgets=len(kinds(saved)))

    assert found == []
    assert len(set(names)) == len(names) >= 20
    assert "".join(printed).strip() in names  # the search finds what is there
    assert [name for name in names if name in whole] == ["".join(printed).strip()]


def kinds(saved: dict[str, Any]) -> list[str]:
    """Which widgets the file has the state of."""
    found = saved["metadata"]["widgets"][STATE]["state"].values()
    return sorted(one["state"]["_kind"] for one in found if "_kind" in one["state"])


def test_what_was_saved_is_what_was_used(saved: dict[str, Any]) -> None:
    """All four are in the file, after they were moved, with the table that stands where no page
    runs.
    """
    states = {
        one["state"].get("_kind"): one["state"]
        for one in saved["metadata"]["widgets"][STATE]["state"].values()
    }
    html = [
        "".join(one["data"]["text/html"])
        for cell in saved["cells"]
        for one in cell["outputs"]
        if "text/html" in one.get("data", {})
    ]

    assert kinds(saved) == ["compare", "curator", "explorer", "runner"]
    assert states["explorer"]["thresholds"]["ifng"]["change"] == pytest.approx(0.9)
    assert states["explorer"]["color_by"] == "column:patient"
    assert states["compare"]["axis"] == "dysfunction"
    assert states["runner"]["state"]["phase"] == "done"
    assert states["runner"]["result"]["rows"]
    assert sum("Research use only" in one for one in html) >= 3
