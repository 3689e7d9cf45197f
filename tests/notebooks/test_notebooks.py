"""The five notebooks run as they stand, in an empty folder, and say what may and may not be
concluded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = ["01_bulk_cohort", "02_paired_biopsies", "03_single_cells", "04_tissue", "05_curating"]
# figures and widgets that a reader must find
PICTURES = {
    "01_bulk_cohort": 1,
    "02_paired_biopsies": 1,
    "03_single_cells": 1,
    "04_tissue": 1,
    "05_curating": 0,
}
WIDGETS = {
    "01_bulk_cohort": 1,
    "02_paired_biopsies": 2,
    "03_single_cells": 0,
    "04_tissue": 0,
    "05_curating": 1,
}

PROGRESS = re.compile(r"I301 |\s*\d+% \d")  # how far a long run is; none on a quick machine
WIDGET = "application/vnd.jupyter.widget-view+json"


def sources(path: Path, kind: str) -> list[str]:
    return [cell["source"] for cell in nbformat.read(path, 4)["cells"] if cell["cell_type"] == kind]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder to run in; the kernels' own files go there too."""
    folder = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / "jupyter"))
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            patch.delenv(name, raising=False)
        patch.setenv(
            "PYTHONPATH", os.pathsep.join([str(FOLDER.parent), os.environ.get("PYTHONPATH", "")])
        )
        yield folder


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request: pytest.FixtureRequest, place: Path) -> tuple[str, Any]:
    """A notebook after a run with a kernel of its own."""
    notebook = nbformat.read(request.param, 4)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    )
    client.execute()
    return request.param.stem, notebook


def outputs(notebook: Any) -> list[Any]:
    return [
        one for cell in notebook["cells"] if cell["cell_type"] == "code" for one in cell["outputs"]
    ]


def test_the_five_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


def test_every_cell_ran_without_error_or_warning(executed: tuple[str, Any]) -> None:
    _, notebook = executed
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert all(cell["execution_count"] for cell in cells)
    assert [one for one in outputs(notebook) if one["output_type"] == "error"] == []
    lines = [
        line
        for one in outputs(notebook)
        if one.get("name") == "stderr"
        for line in one["text"].splitlines()
    ]
    assert [line for line in lines if line.strip() and not PROGRESS.match(line)] == []


def test_figures_and_widgets_are_shown(executed: tuple[str, Any]) -> None:
    name, notebook = executed
    kinds = [kind for one in outputs(notebook) for kind in one.get("data", {})]

    assert kinds.count("image/png") >= PICTURES[name]
    assert kinds.count(WIDGET) == WIDGETS[name]


def test_nothing_is_left_beside_the_notebook(executed: tuple[str, Any], place: Path) -> None:
    assert executed
    assert {path.name for path in place.iterdir()} <= {"jupyter"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_opens_with_the_question(path: Path) -> None:
    first = sources(path, "markdown")[0]

    assert first.startswith(f"# {path.stem[:2]} · ")
    assert "**The question" in first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_ends_with_what_may_and_may_not_be_concluded(path: Path) -> None:
    last = nbformat.read(path, 4)["cells"][-1]["source"]

    assert last.index("## What may be concluded") < last.index("## What may not be concluded")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_of_code_takes_the_users_data(path: Path) -> None:
    first = sources(path, "code")[0]

    assert "None takes" in first
    assert "= None" in first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, 4)

    assert outputs(notebook) == []
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in notebook["metadata"]
