"""A room imports only from floors below its own, from itself, and from the outside what its floor may.

The tables are the contract. Imports are read from the source, so one inside a function or under TYPE_CHECKING counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.imports import Import, cycles, imports, modules

PACKAGE = Path(__file__).resolve().parents[1] / "resistype"

FLOORS = {
    "atomic": 0,
    "errors": 0,
    "extras": 0,
    "legible": 0,
    "resources": 0,
    "strict": 0,
    "genes": 1,
    "npz": 1,
    "parquet": 1,
    "spreadsheet": 1,
    "unpack": 1,
    "library": 2,
    "expression": 2,
    "samples": 2,
    "datasets": 2,
    "score": 3,
    "scheme": 4,
    "curation": 4,
    "cohort": 5,
    "spatial": 5,
    "session": 6,
    "report": 6,
    "widgets": 7,
    "napari_plugin": 7,
    "cli": 7,
    "testing": 7,
}

# the steps sideways that are allowed, each with its reason
SIDEWAYS = {
    ("resources", "errors"): "an absent data folder is an error with a code",
    ("extras", "errors"): "so is a library that is not installed",
    ("datasets", "library"): "the demo cohort plants its effects in the genes of the shipped signatures",
    ("spatial", "cohort"): "what a drawn region holds is counted as any composition of cells is",
}

# what a floor may import from outside, on top of what the floors below may
OUTSIDE = {
    0: set(),
    1: {"numpy", "pandas"},
    2: {"pydantic"},
    3: {"numba", "joblib", "scipy"},
    4: set(),
    5: {"statsmodels"},
    6: {"psygnal", "jinja2"},
    7: set(),
}
ROOM_OUTSIDE = {
    "parquet": {"pyarrow"},
    "expression": {"anndata", "scanpy", "scipy", "h5py", "zarr", "pyarrow"},
    "datasets": {"anndata"},  # the simulated tissue as one
    "spatial": {"anndata", "shapely"},
    "widgets": {"anywidget", "traitlets", "IPython"},
    "napari_plugin": {"napari", "qtpy", "superqt"},
    "cli": {"typer", "rich", "click"},
}
MODULE_OUTSIDE = {
    "resistype.cohort.tree.estimator": {"sklearn"},  # its answer to scikit-learn's question what it is
    "resistype.score.contrast": {"gseapy"},
    "resistype.scheme.trained.fit": {"sklearn"},
}
# heavy packages: only inside the functions that need them, and only in these rooms
LAZY = {
    "scanpy": {"expression", "curation", "cohort", "score"},
    "gseapy": {"score", "curation"},
    "matplotlib": {"report"},
    "rich": {"score"},
}


def room_of(module: str) -> str:
    """First part of a module's name after the package; "" for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def uphill(found: Import) -> str | None:
    """Complaint about an import inside the package, or None."""
    source, target = room_of(found.module), room_of(found.target)
    if not source or source == target or (source, target) in SIDEWAYS:
        return None
    if not target:
        return f"{found.module}:{found.line} imports the whole package"
    if FLOORS[target] < FLOORS[source]:
        return None
    return f"{found.module}:{found.line} (floor {FLOORS[source]}) imports {found.target} (floor {FLOORS[target]})"


def outside(found: Import) -> str | None:
    """Complaint about an import from outside the package, or None."""
    name, room = found.target.partition(".")[0], room_of(found.module)
    if name in sys.stdlib_module_names:
        return None
    allowed = {name for floor, names in OUTSIDE.items() if floor <= FLOORS.get(room, -1) for name in names}
    allowed |= ROOM_OUTSIDE.get(room, set()) | MODULE_OUTSIDE.get(found.module, set())
    if name in LAZY and room in LAZY[name] and found.lazy:
        return None
    if name in LAZY and room in LAZY[name]:
        return f"{found.module}:{found.line} imports {name} at the top; only inside the function that needs it"
    return None if name in allowed else f"{found.module}:{found.line} imports {name}"


def complaints(package: Path) -> list[str]:
    """All that is wrong with the imports of a package that is built like resistype."""
    said = []
    for found in imports(package):
        inside = found.target == package.name or found.target.startswith(f"{package.name}.")
        complaint = uphill(found) if inside else outside(found)
        if complaint:
            said.append(complaint)
    return said


def test_no_import_goes_uphill_or_outside() -> None:
    assert complaints(PACKAGE) == []


def test_no_import_goes_in_a_circle() -> None:
    assert cycles(PACKAGE) == []


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(name) for name in modules(PACKAGE)} - {""}

    assert rooms - FLOORS.keys() == set()


def test_steps_sideways_stay_on_one_floor() -> None:
    assert all(FLOORS[source] == FLOORS[target] for source, target in SIDEWAYS)


PLANTED = {
    "uphill": ("genes/symbols.py", "from resistype.score import score", "imports resistype.score (floor 3)"),
    "uphill in a function": (
        "genes/symbols.py",
        "def f():\n    import resistype.cohort",
        "imports resistype.cohort (floor 5)",
    ),
    "uphill for types only": (
        "library/read.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from resistype.session import Session",
        "imports resistype.session (floor 6)",
    ),
    "sideways": ("library/read.py", "from resistype.expression import x", "imports resistype.expression (floor 2)"),
    "relative uphill": ("genes/symbols.py", "from ..score import score", "imports resistype.score (floor 3)"),
    "the whole package": ("score/run.py", "import resistype", "imports the whole package"),
    "outside": ("genes/symbols.py", "import scipy.sparse", "imports scipy"),
    "heavy at the top": ("score/contrast.py", "import gseapy", "imports gseapy at the top"),
    "outside in the top": ("__init__.py", "import pandas", "imports pandas"),
}


@pytest.mark.parametrize(("file", "source", "complaint"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_import_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    package = fake(tmp_path, {file: source})

    assert [complaint in said for said in complaints(package)] == [True]


ALLOWED = {
    "down": ("score/run.py", "from resistype.genes import GeneIndex"),
    "down, relative": ("score/run.py", "from ..genes import GeneIndex"),
    "own room": ("score/run.py", "from resistype.score.kernels import ranks"),
    "own room, relative": ("score/run.py", "from .rank import ranks"),
    "heavy in a function": ("score/contrast.py", "def f():\n    import gseapy"),
    "outside of a lower floor": ("cohort/pairs.py", "import scipy.stats, numpy, pandas"),
    "the top gathers": ("__init__.py", "def __getattr__(name):\n    from resistype.score import score"),
}


@pytest.mark.parametrize(("file", "source"), ALLOWED.values(), ids=ALLOWED.keys())
def test_an_allowed_import_is_let_pass(tmp_path: Path, file: str, source: str) -> None:
    assert complaints(fake(tmp_path, {file: source})) == []


@pytest.mark.parametrize("second", ["from resistype.genes import a", "def f():\n    from .a import x"])
def test_a_planted_circle_is_found(tmp_path: Path, second: str) -> None:
    package = fake(tmp_path, {"genes/a.py": "from resistype.genes.b import y", "genes/b.py": second})

    assert cycles(package) == [["resistype.genes.a", "resistype.genes.b"]]


def fake(folder: Path, files: dict[str, str]) -> Path:
    """Package with the given files and an empty `__init__.py` in every folder."""
    package = folder / "resistype"
    for name, source in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    for path in [package, *(file.parent for file in package.rglob("*.py"))]:
        (path / "__init__.py").touch()
    return package
