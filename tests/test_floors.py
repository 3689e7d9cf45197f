"""A room imports only from floors below, from itself, and from outside what its floor may.

The tables are the contract. Imports are read from the source, so one inside a function, under
TYPE_CHECKING or by `import_module` counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.imports import LATE, Import, by_name, cycles, imports, modules

PACKAGE = Path(__file__).resolve().parents[1] / "resistype"

# a room inside another has a floor of its own
FLOORS = {
    "_renamed": 0,
    "_version": 0,
    "errors": 0,
    "extras": 0,
    "resources": 0,
    "safe": 0,
    "text": 0,
    "views": 0,
    "events": 1,
    "genes": 1,
    "history": 1,
    "stats": 1,
    "datasets": 2,
    "expression": 2,
    "library": 2,
    "samples": 2,
    "score": 3,
    "curation": 4,
    "scheme": 4,
    "agreement": 5,
    "benchmark": 5,
    "clinical": 5,
    "opinions": 5,
    "outcome": 5,
    "systems/bulk": 5,
    "systems/cells": 5,
    "systems/tissue": 5,
    "report": 6,
    "session": 6,
    "systems": 6,
    "cli": 7,
    "cohort": 7,
    "napari_plugin": 7,
    "spatial": 7,
    "testing": 7,
    "web": 7,
    "widgets": 7,
}

# the table of names of 0.1 is the one place that imports by what it reads
RENAMED = "resistype._renamed"

# the steps sideways that are allowed, each with its reason
SIDEWAYS = {
    ("_renamed", "errors"): "an old name warns with a code",
    ("resources", "errors"): "an absent data folder is an error with a code",
    ("extras", "errors"): "so is a library that is not installed",
    ("safe", "errors"): "so is what a stranger's file must not do",
    ("safe", "extras"): "readers of parquet and zarr come with extras",
    ("safe", "text"): "complaints list what they found",
    ("text", "errors"): "words that cannot be written are an error",
    ("agreement", "systems/bulk"): "a changed score is explained by taking it again without a gene",
    ("datasets", "library"): "the demo plants its effects in the genes of the shipped signatures",
}

# what a floor may import from outside, on top of what the floors below may
OUTSIDE = {
    0: set(),
    1: {"numpy", "pandas"},
    2: {"pydantic"},
    3: {"numba", "joblib", "scipy"},
    4: set(),
    5: set(),
    6: {"jinja2"},
    7: set(),
}
ROOM_OUTSIDE = {
    "text": {"pandas"},  # formulas are escaped in whole tables
    "safe": {"numpy", "pandas", "pyarrow"},
    "stats": {"scipy"},
    "expression": {"anndata", "scanpy", "scipy", "h5py", "zarr", "pyarrow"},
    "datasets": {"anndata"},  # the simulated tissue as one
    "systems/tissue": {"anndata", "shapely"},
    "widgets": {"anywidget", "traitlets", "IPython"},
    "napari_plugin": {"napari", "qtpy", "superqt"},
    "cli": {"typer", "rich", "click"},
}
# heavy packages: only inside the functions that need them, and only in these rooms
LAZY = {
    "anndata": {"scheme"},
    "gseapy": {"score", "curation"},
    "lifelines": {"outcome"},
    "matplotlib": {"report", "opinions"},
    "rich": {"score"},
    "scanpy": {"expression", "curation", "systems/cells", "score"},
    "sklearn": {"opinions"},
    "statsmodels": {"stats", "outcome"},
}


def room_of(module: str) -> str:
    """The room a module stands in; "" for the package itself.

    >>> room_of("resistype.systems.bulk.measure"), room_of("resistype.systems")
    ('systems/bulk', 'systems')
    """
    first, second, *_ = [*module.split(".")[1:3], "", ""]
    return f"{first}/{second}" if f"{first}/{second}" in FLOORS else first


def uphill(item: Import) -> str | None:
    """Complaint about an import inside the package, or None."""
    source, target = room_of(item.module), room_of(item.target)
    if not source or source == target or (source, target) in SIDEWAYS:
        return None
    if not target:
        return f"{item.module}:{item.line} imports the whole package"
    floor, other = FLOORS.get(source), FLOORS.get(target)
    if floor is not None and other is not None and other < floor:
        return None
    return f"{item.module}:{item.line} (floor {floor}) imports {item.target} (floor {other})"


def outside(item: Import) -> str | None:
    """Complaint about an import from outside the package, or None."""
    name, room = item.target.partition(".")[0], room_of(item.module)
    if name in sys.stdlib_module_names:
        return None
    late = any(item.target == part or item.target.startswith(f"{part}.") for part in LATE)
    if late and not item.lazy:
        return f"{item.module}:{item.line} imports {item.target} at the top; it is slow to load"
    floors = {floor for floor in OUTSIDE if floor <= FLOORS.get(room, -1)}
    allowed = set().union(*(OUTSIDE[floor] for floor in floors)) | ROOM_OUTSIDE.get(room, set())
    if name in allowed or (room in LAZY.get(name, ()) and item.lazy):
        return None
    if room in LAZY.get(name, ()):
        return f"{item.module}:{item.line} imports {name} at the top, not where it is needed"
    return f"{item.module}:{item.line} imports {name}"


def hidden(package: Path) -> list[str]:
    """Complaints about imports by name that cannot be read, or stand outside a face."""
    wrong = []
    for module, path, line, readable in by_name(package):
        if not readable and module != RENAMED:
            wrong.append(f"{module}:{line} imports what cannot be read")
        elif path.name not in {"__init__.py", "extras.py"} and module != RENAMED:
            wrong.append(f"{module}:{line} imports by name outside a face")
    return wrong


def complaints(package: Path) -> list[str]:
    """All that is wrong with the imports of a package that is built like resistype."""
    found = []
    for item in imports(package):
        inside = item.target == package.name or item.target.startswith(f"{package.name}.")
        found.append(uphill(item) if inside else outside(item))
    return [complaint for complaint in found if complaint] + hidden(package)


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
    "uphill": (
        "genes/symbols.py",
        "from resistype.score import score",
        "imports resistype.score (floor 3)",
    ),
    "uphill in a function": (
        "genes/symbols.py",
        "def f():\n    import resistype.clinical",
        "imports resistype.clinical (floor 5)",
    ),
    "uphill for types only": (
        "library/read.py",
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from resistype.session import"
            " Session"
        ),
        "imports resistype.session (floor 6)",
    ),
    "sideways": (
        "library/read.py",
        "from resistype.expression import x",
        "imports resistype.expression (floor 2)",
    ),
    "relative uphill": (
        "genes/symbols.py",
        "from ..score import score",
        "imports resistype.score (floor 3)",
    ),
    "the whole package": ("score/run.py", "import resistype", "imports the whole package"),
    "outside": ("genes/symbols.py", "import scipy.sparse", "imports scipy"),
    "heavy at the top": ("score/contrast.py", "import gseapy", "imports gseapy at the top"),
    "by name": (
        "library/__init__.py",
        "from importlib import import_module\ndef f():\n    import_module('resistype.report')",
        "imports resistype.report (floor 6)",
    ),
    "by name, from a table": (
        "library/__init__.py",
        """import importlib
_HOMES = {"a": "report"}
def f(name):
    importlib.import_module(f"resistype.{_HOMES[name]}")""",
        "imports resistype.report (floor 6)",
    ),
    "by name, unreadable": (
        "library/__init__.py",
        "from importlib import import_module\ndef f(name):\n    import_module(name)",
        "imports what cannot be read",
    ),
    "by name, off the face": (
        "score/run.py",
        "from importlib import import_module\nimport_module('resistype.genes')",
        "imports by name outside a face",
    ),
    "one system from another": (
        "systems/tissue/maps.py",
        "from resistype.systems.cells import CellTable",
        "imports resistype.systems.cells (floor 5)",
    ),
    "a system from the registry": (
        "systems/bulk/measure.py",
        "from resistype.systems import SYSTEMS",
        "imports resistype.systems (floor 6)",
    ),
    "into a room without a floor": (
        "cli/app.py",
        "import resistype.attic",
        "imports resistype.attic",
    ),
    "slow part at the top": ("score/run.py", "from scipy.stats import norm", "at the top"),
    "slow part as a name": ("score/run.py", "from scipy import stats", "at the top"),
    "outside in the top": ("__init__.py", "import pandas", "imports pandas"),
}


@pytest.mark.parametrize(("file", "source", "complaint"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_import_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    package = fake(tmp_path, {file: source})

    assert [complaint in line for line in complaints(package)] == [True]


ALLOWED = {
    "down": ("score/run.py", "from resistype.genes import GeneIndex"),
    "down, relative": ("score/run.py", "from ..genes import GeneIndex"),
    "own room": ("score/run.py", "from resistype.score.rank import ranks"),
    "own room, relative": ("score/run.py", "from .rank import ranks"),
    "heavy in a function": ("score/contrast.py", "def f():\n    import gseapy"),
    "outside of a lower floor": ("clinical/read.py", "import scipy.special, numpy, pandas"),
    "slow part in a function": ("score/run.py", "def f():\n    from scipy.stats import norm"),
    "the registry from a system": ("systems/__init__.py", "from resistype.systems.bulk import x"),
    "within a system": ("systems/bulk/a.py", "from resistype.systems.bulk import b"),
    "by name within the room": (
        "score/__init__.py",
        """from importlib import import_module
_LATER = {"score": "run"}
def f(name):
    import_module(f"{__name__}.{_LATER[name]}")""",
    ),
    "the top gathers": (
        "__init__.py",
        "def __getattr__(name):\n    from resistype.score import score",
    ),
}


@pytest.mark.parametrize(("file", "source"), ALLOWED.values(), ids=ALLOWED.keys())
def test_an_allowed_import_is_let_pass(tmp_path: Path, file: str, source: str) -> None:
    assert complaints(fake(tmp_path, {file: source})) == []


@pytest.mark.parametrize(
    "second", ["from resistype.genes import a", "def f():\n    from .a import x"]
)
def test_a_planted_circle_is_found(tmp_path: Path, second: str) -> None:
    package = fake(
        tmp_path, {"genes/a.py": "from resistype.genes.b import y", "genes/b.py": second}
    )

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
