"""`resistype doctor`: what is installed, what is around it, and whether the machinery gives
known answers here.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from resistype.datasets import demo
from resistype.errors import ResistypeError
from resistype.expression import Expression
from resistype.extras import installed
from resistype.library import load_library
from resistype.scheme import list_schemes
from resistype.score import score
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions, apply_scheme

# One line of an examination by `resistype doctor`.


class Finding(NamedTuple):
    """What was looked at, whether it is ok, absent (an extra that is not there) or a fault, and
    what to do.
    """

    what: str
    state: str
    detail: str


# What `resistype doctor` sees around the package: the front end of the widgets, and a display for
# napari.

_NEEDED = ("anywidget", "@jupyter-widgets/jupyterlab-manager")
_RESTART = "then stop the notebook server, start it again and reload the page"


def jupyter_folders(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Folders where a notebook server of this environment looks for browser halves, the first
    one wins.
    """
    named = [Path(part) for part in environ.get("JUPYTER_PATH", "").split(os.pathsep) if part]
    home = Path(environ.get("JUPYTER_DATA_DIR") or Path.home() / ".local/share/jupyter")
    own = Path(sys.prefix) / "share/jupyter"
    return [*named, own, home, Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]


def front_end(folders: list[Path] | None = None) -> Finding:
    """Whether the browser halves of the widgets are where a notebook server of this environment
    finds them.
    """
    if find_spec("anywidget") is None:
        return Finding(
            "widget front end", "absent", f"pip install 'resistype[notebook]', {_RESTART}"
        )
    looked = jupyter_folders() if folders is None else folders
    found = {
        name: next((f for f in looked if (f / "labextensions" / name).is_dir()), None)
        for name in _NEEDED
    }
    gone = [name for name, folder in found.items() if folder is None]
    if gone:
        places = ", ".join(str(folder) for folder in looked)
        said = (
            f"{', '.join(gone)} not in the labextensions of {places}; widgets would say 'AnyModel'"
            " cannot be loaded"
        )
        remedy = f"pip install --force-reinstall anywidget ipywidgets, {_RESTART}"
        return Finding("widget front end", "fault", f"{said}. {remedy}")
    browser = _browser_version(found["anywidget"])
    python = installed("anywidget")
    if browser != python:
        said = f"the browser half of anywidget is {browser}, the Python half {python}"
        return Finding(
            "widget front end",
            "fault",
            f"{said}. pip install --force-reinstall anywidget, {_RESTART}",
        )
    told = (
        f"anywidget {python} in {found['anywidget']}; a server of another environment needs it too"
    )
    return Finding("widget front end", "ok", told)


def _browser_version(folder: Path | None) -> str:
    path = (folder or Path()) / "labextensions/anywidget/package.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "unknown"
    return str(content.get("version", "unknown")) if isinstance(content, dict) else "unknown"


def bundle(static: Path) -> Finding:
    """Whether the page of the widgets is in the package."""
    gone = [name for name in ("main.js", "host.js") if not (static / name).is_file()]
    if gone:
        return Finding(
            "widget bundle",
            "fault",
            f"{', '.join(gone)} missing in {static}: install resistype again",
        )
    size = sum(path.stat().st_size for path in static.glob("*.js"))
    return Finding("widget bundle", "ok", f"{size // 1000} kB")


def display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Finding:
    """Whether napari could open a window here; absent is no fault, since everything else works
    without one.
    """
    if platform in {"darwin", "win32"}:
        return Finding("display", "ok", f"windows of {platform}")
    screen = environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY")
    if not screen:
        said = "no DISPLAY: napari cannot open a window here; xvfb-run gives it a virtual one"
        return Finding("display", "absent", said)
    if environ.get("QT_QPA_PLATFORM") == "offscreen":
        said = "QT_QPA_PLATFORM is offscreen: napari draws no images so"
        return Finding("display", "absent", f"{said}; unset it, or give it a screen of xvfb-run")
    missing = [name for name in ("GL", "EGL") if ctypes.util.find_library(name) is None]
    if missing:
        packages = " ".join(f"lib{name.lower()}1" for name in missing)
        return Finding(
            "display", "absent", f"no lib{', lib'.join(missing)}: sudo apt-get install {packages}"
        )
    return Finding("display", "ok", f"display {screen}")


_CORE = (
    "resistype",
    "numpy",
    "pandas",
    "scipy",
    "numba",
    "joblib",
    "pyarrow",
    "pydantic",
    "typer",
)
_EXTRAS = {
    "h5ad": ("anndata", "h5py"),
    "single-cell": ("scanpy",),
    "gsea": ("gseapy",),
    "notebook": ("anywidget", "ipywidgets"),
    "napari": ("napari", "qtpy", "superqt"),
    "report": ("matplotlib",),
    "spatial": ("shapely",),
    "compare": ("statsmodels",),
    "learn": ("scikit-learn",),
    "dask": ("dask", "distributed"),
}


def examine() -> list[Finding]:
    """Everything that was looked at, in order; `state` is ok, absent or fault."""
    findings = [Finding("python", "ok", platform.python_version())]
    findings += [_package(name, "fault") for name in _CORE]
    for extra, names in _EXTRAS.items():
        findings += [
            _package(name, "absent", f"pip install 'resistype[{extra}]'") for name in names
        ]
    findings += [
        front_end(),
        bundle(Path(__file__).resolve().parents[1] / "widgets" / "static"),
        display(),
    ]
    tests = {
        "library": _library,
        "scores": _scores,
        "same by any route": _routes,
        "rules": _rules,
        "demo": _demo,
    }
    return findings + [_try(name, test) for name, test in tests.items()]


def _package(name: str, when_absent: str, remedy: str = "install resistype again") -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, when_absent, remedy)


def _try(name: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(f"self-test: {name}", "ok", test())
    except (ResistypeError, AssertionError, ValueError, ImportError) as error:
        return Finding(f"self-test: {name}", "fault", str(error))


def _expect(got: object, wanted: object) -> None:
    if got != wanted:
        message = f"got {got!r}, wanted {wanted!r}"
        raise ValueError(message)


def _library() -> str:
    library = load_library()
    _expect(len(library["mhc1_core"].genes), 8)
    return f"{len(library)} signatures, {len(list_schemes())} schemes"


def _scores() -> str:
    genes = [f"GENE{i}" for i in range(10)]
    table = pd.DataFrame([np.arange(10.0)], index=["sample"], columns=genes)
    values = score(table, {"top": genes[-2:]}, method=["ssgsea", "singscore"], n_jobs=1)
    # Ranks 9 and 10 of 10: the mean rank of the others is 4.5, that of the set (weights rank^0.25)
    # is 9.5066.
    w = np.array([9.0, 10.0]) ** 0.25
    wanted = (float(np.sum(w * [9.0, 10.0]) / np.sum(w)) - 4.5) / 10.0
    _expect(round(float(values["ssgsea"][0, 0]), 12), round(wanted, 12))
    return f"ssGSEA {wanted:.6f} as by hand; digest {values.digest[:12]}"


def _routes() -> str:
    rng = np.random.default_rng(0)
    names = [f"GENE{i}" for i in range(400)]
    table = pd.DataFrame(
        rng.poisson(1.0, (30, 400)) * 1.0, columns=names, index=[f"s{i}" for i in range(30)]
    )
    sets = {"one": names[:20], "two": names[50:120]}
    whole = Expression(
        table.to_numpy(),
        tuple(names),
        tuple(table.index),
        pd.DataFrame(index=table.index),
        "counts",
    )
    dense = score(whole, sets, method=["ssgsea", "ucell"], n_jobs=1)
    sparse = score(
        replace(whole, values=csr_matrix(table.to_numpy())),
        sets,
        method=["ssgsea", "ucell"],
        n_jobs=2,
    )
    _expect(sparse.digest, dense.digest)
    return f"dense on 1 thread and sparse on 2: {dense.digest[:12]}"


def _demo() -> str:
    data = demo()
    options = CallOptions(stability=False)
    calls = classify(
        data.expression, samples=data.samples, baseline="Pre", options=options
    ).to_frame()
    planted = zip(data.truth["sample"], data.truth["axis"], data.truth["label"], strict=True)
    wrong = [sample for sample, axis, label in planted if calls.loc[sample, axis] != label]
    _expect(wrong, [])
    return f"all {len(data.truth)} planted profiles of the simulated cohort are found"


def _rules() -> str:
    calls, _ = apply_scheme(
        "acquired_resistance",
        {
            **{f"{gene}_log2": 8.0 for gene in ("b2m", "tap1", "tap2")},
            "mhc1_measured": 8,
            "mhc1_residual": -1.6,
            "mhc1_residual_rsd": -4,
            "mhc1_residual_fenced": -1.6,
            "mhc1_residual_fenced_rsd": -4,
        },
    )
    _expect(calls.loc["0", "antigen_presentation"], "defect_expression")
    return "a worked example gives its call"
