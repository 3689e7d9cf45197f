"""What napari reads of us: a valid manifest whose every name can be imported, and no Qt outside
of the panel.
"""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import resistype.napari_plugin

PLUGIN = Path(resistype.napari_plugin.__file__).parent
ASK = """
import warnings; warnings.simplefilter("ignore")
from npe2 import PluginManifest
found = PluginManifest.from_distribution("resistype")
made = found.contributions
print(sorted(one.id for one in made.commands))
names = [one.python_name for one in made.commands]
print([one.module if hasattr(one, "module") else str(one) for one in names])
print([one.display_name for one in made.widgets], [one.filename_patterns for one in made.readers])
print([one.display_name for one in made.sample_data], sorted(made.menus))
"""


def test_the_manifest_is_valid_and_says_what_we_offer() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)

    lines = done.stdout.splitlines()
    assert lines[0] == "['resistype.dock', 'resistype.read_h5ad', 'resistype.simulated_imc']"
    assert lines[2] == "['Resistance in tissue'] [['*.h5ad']]"
    assert "Simulated IMC" in lines[3]
    assert "napari/layers/classify" in lines[3]


def test_the_entry_point_leads_to_the_manifest() -> None:
    points = [
        one
        for one in importlib.metadata.entry_points(group="napari.manifest")
        if one.name == "resistype"
    ]

    assert points[0].value == "resistype.napari_plugin:napari.yaml"
    assert (PLUGIN / "napari.yaml").is_file()


def test_only_the_panel_knows_qt() -> None:
    def tops(path: Path) -> set[str]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        return {name.partition(".")[0] for name in names} | {
            name for name in names if name.startswith("napari.qt")
        }

    with_qt = {
        path.name
        for path in PLUGIN.glob("*.py")
        if tops(path) & {"qtpy", "superqt", "PyQt6", "napari.qt.threading"}
    }
    assert with_qt == {"dock.py"}


def test_the_panel_holds_no_science() -> None:
    source = (PLUGIN / "dock.py").read_text(encoding="utf-8")

    assert not any(f"import {room}" in source for room in ("numpy", "pandas", "scipy"))


def test_we_require_no_qt_binding() -> None:
    wanted = importlib.metadata.requires("resistype") or []

    assert not [one for one in wanted if any(name in one.lower() for name in ("pyqt", "pyside"))]
