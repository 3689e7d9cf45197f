"""Without the extra `h5ad`, tables are scored, and every way in that needs it says what to
install.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import finished

ROOT = Path(__file__).resolve().parents[1]
INSTALL = "pip install 'resistype[h5ad]'."
H5AD = f"X101 Reading cells.h5ad needs anndata and h5py: {INSTALL}"
H5 = f"X101 Reading cells.h5 needs anndata and h5py: {INSTALL}"
ZARR = f"X101 Reading cells.zarr needs anndata and zarr: {INSTALL}"
MADE = f"X101 An AnnData needs anndata: {INSTALL}"

REFUSED = {
    "score h5ad": H5AD,
    "score h5": H5,
    "score zarr": ZARR,
    "classify h5ad": H5AD,
    "classify zarr": ZARR,
    "check_file h5ad": H5AD,
    "check_file zarr": ZARR,
    "open_h5ad": H5AD,
    "save_h5ad": f"X101 Writing new.h5ad needs anndata and h5py: {INSTALL}",
    "read_tissue": H5AD,
    "new_anndata": MADE,
    "cell_demo": MADE,
    "tissue_demo": MADE,
    "write_tissue_demo": MADE,
}
WORKS = ("csv", "tsv", "csv.gz", "parquet", "DataFrame")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("core")
    command = [sys.executable, "-W", "error", "-m", "tests.core_only", str(folder)]
    # The core alone gets a pandas whose arrays cannot be written into; the older one here is told
    # to do the same.
    newer = os.environ | {"PANDAS_COPY_ON_WRITE": "1"}
    done = finished(command, cwd=ROOT, env=newer)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("what", "message"), REFUSED.items(), ids=REFUSED.keys())
def test_what_needs_the_extra_says_so(told: dict[str, Any], what: str, message: str) -> None:
    assert told["answers"][what] == f"MissingExtraError: {message}"


@pytest.mark.parametrize("what", ["cli score", "cli classify", "cli spatial"])
def test_the_command_line_says_so(told: dict[str, Any], what: str) -> None:
    assert told["answers"][what] == f"2 error: {H5AD}"


def test_tables_are_scored_all_the_same(told: dict[str, Any]) -> None:
    digests = {told["answers"][f"score {what}"] for what in WORKS}

    assert len(digests) == 1
    assert all(len(one) == 64 for one in digests)
    assert told["answers"]["cli score csv"].startswith("0")


def test_the_demo_runs(told: dict[str, Any]) -> None:
    assert told["answers"]["cli demo"] == "0"


def test_scanpys_method_names_the_extra_of_scanpy(told: dict[str, Any]) -> None:
    said = told["answers"]["score_genes"]

    assert said.startswith(
        "MissingExtraError: X101 score_genes needs scanpy: pip install 'resistype[single-cell]'."
    )


def test_other_objects_get_the_usual_answer(told: dict[str, Any]) -> None:
    assert told["answers"]["score something else"].startswith(
        "ExpressionError: E309 Got object; wanted a DataFrame"
    )


def test_nothing_is_left_by_what_was_refused(told: dict[str, Any]) -> None:
    made = {"cells.h5", "cells.h5ad", "cells.zarr", "out.tsv", "out.coverage.tsv", "demo"}

    assert set(told["left"]) == made | {f"small.{ending}" for ending in WORKS[:-1]}


def test_no_module_of_the_core_loads_them() -> None:
    code = (
        "import sys; import resistype.cli, resistype.expression, resistype.score, resistype.scheme,"
        " resistype.clinical.definitions, resistype.samples, resistype.systems.tissue,"
        " resistype.session, resistype.report,"
        " resistype.datasets, resistype.testing; print(sorted({name.partition('.')[0] for name in"
        " sys.modules} & {'anndata', 'h5py', 'zarr'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
