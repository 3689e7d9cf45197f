"""`resistype doctor`: what is installed, what is around it, and whether the machinery gives known answers here."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from resistype.cli.finding import Finding
from resistype.cli.surroundings import bundle, display, front_end
from resistype.datasets import demo
from resistype.errors import ResistypeError
from resistype.expression import Expression
from resistype.library import load_library
from resistype.scheme import CallOptions, apply_scheme, classify, list_schemes
from resistype.score import score

__all__ = ["Finding", "examine"]

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
        findings += [_package(name, "absent", f"pip install 'resistype[{extra}]'") for name in names]
    findings += [front_end(), bundle(Path(__file__).resolve().parents[1] / "widgets" / "static"), display()]
    tests = {"library": _library, "scores": _scores, "same by any route": _routes, "rules": _rules, "demo": _demo}
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
    # Ranks 9 and 10 of 10: the mean rank of the others is 4.5, that of the set (weights rank^0.25) is 9.5066.
    w = np.array([9.0, 10.0]) ** 0.25
    wanted = (float(np.sum(w * [9.0, 10.0]) / np.sum(w)) - 4.5) / 10.0
    _expect(round(float(values["ssgsea"][0, 0]), 12), round(wanted, 12))
    return f"ssGSEA {wanted:.6f} as by hand; digest {values.digest[:12]}"


def _routes() -> str:
    rng = np.random.default_rng(0)
    names = [f"GENE{i}" for i in range(400)]
    table = pd.DataFrame(rng.poisson(1.0, (30, 400)) * 1.0, columns=names, index=[f"s{i}" for i in range(30)])
    sets = {"one": names[:20], "two": names[50:120]}
    whole = Expression(table.to_numpy(), tuple(names), tuple(table.index), pd.DataFrame(index=table.index), "counts")
    dense = score(whole, sets, method=["ssgsea", "ucell"], n_jobs=1)
    sparse = score(replace(whole, values=csr_matrix(table.to_numpy())), sets, method=["ssgsea", "ucell"], n_jobs=2)
    _expect(sparse.digest, dense.digest)
    return f"dense on 1 thread and sparse on 2: {dense.digest[:12]}"


def _demo() -> str:
    data = demo()
    options = CallOptions(stability=False)
    calls = classify(data.expression, samples=data.samples, baseline="Pre", options=options).to_frame()
    planted = zip(data.truth["sample"], data.truth["axis"], data.truth["label"], strict=True)
    wrong = [sample for sample, axis, label in planted if calls.loc[sample, axis] != label]
    _expect(wrong, [])
    return f"all {len(data.truth)} planted profiles of the simulated cohort are found"


def _rules() -> str:
    calls, _ = apply_scheme("acquired_resistance", {"mhc1_measured": 8, "mhc1_residual": -1.6, "mhc1_residual_rsd": -4})
    _expect(calls.loc["0", "antigen_presentation"], "defect_expression")
    return "a worked example gives its call"
