"""The vectors that the TypeScript is tested with are what Python says now; sources and bundles
are safe and small.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from resistype.widgets.explorer_view import build

from .vectors import FILES, FOLDER, material, text

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "widgets" / "src").rglob("*.ts"))
BUNDLES = sorted((ROOT / "resistype" / "widgets" / "static").glob("*.js"))
UNSAFE = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "import(",
    "fetch(",
)
LIMIT = 61 * 1024  # 60 KiB, and the form of the Runner


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_recipe_writes(name: str) -> None:
    assert json.loads((FOLDER / name).read_text(encoding="utf-8")) == json.loads(text(name))


def fields(interface: str) -> set[str]:
    source = (ROOT / "widgets" / "src" / "spec.ts").read_text(encoding="utf-8")
    body = re.search(rf"export interface {interface} {{(.*?)\n}}", source, re.DOTALL)
    assert body is not None
    return set(re.findall(r"^  (\w+):", body[1], re.MULTILINE))


def test_the_shape_that_the_page_reads_is_the_shape_that_python_writes() -> None:
    spec = build(material(), np.arange(240), title="x").spec

    assert set(spec) == fields("Spec")
    assert set(spec["axes"][0]) == fields("Axis")
    assert set(spec["axes"][0]["thresholds"][0]) == fields("Threshold")
    assert set(spec["axes"][0]["rules"][0]) == fields("Rule")
    assert set(spec["quantities"][0]) == fields("Quantity")
    assert set(spec["columns"][0]) == fields("Column")


@pytest.mark.parametrize("path", [*SOURCES, *BUNDLES], ids=lambda path: path.name)
def test_no_source_and_no_bundle_makes_markup_or_asks_the_network(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert [word for word in UNSAFE if word in source] == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", source) == []


def test_nodes_are_made_in_one_file_only() -> None:
    makers = {
        path.name
        for path in SOURCES
        if "document.createElement" in path.read_text(encoding="utf-8")
    }

    assert makers == {"dom.ts"}


def test_no_bundle_can_end_the_script_it_stands_in() -> None:
    assert [
        path.name for path in BUNDLES if "</script" in path.read_text(encoding="utf-8").lower()
    ] == []


def test_there_is_no_runtime_dependency_and_every_tool_is_pinned() -> None:
    package = json.loads((ROOT / "widgets" / "package.json").read_text(encoding="utf-8"))

    assert "dependencies" not in package
    assert all(
        re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values()
    )


def test_all_bundles_together_are_small() -> None:
    if not (ROOT / "widgets" / "node_modules" / "esbuild").is_dir() or shutil.which("node") is None:
        pytest.skip("node and the build tools are not here: scripts/widgets")
    done = subprocess.run(
        ["node", "build.mjs", "--size"],
        cwd=ROOT / "widgets",
        capture_output=True,
        text=True,
        check=True,
    )
    total = re.search(r"all (\d+) bytes", done.stdout)
    assert total is not None

    assert int(total[1]) <= LIMIT
