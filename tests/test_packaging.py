"""The wheel: it holds the signatures, declares what it imports, and works in a fresh
environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

import resistype as rt
from tests.imports import imports
from tests.small import small

ROOT = Path(__file__).resolve().parents[1]
CORE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "dependencies"
]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]
# names to import that differ from names to install
INSTALLED_AS = {"sklearn": "scikit-learn", "IPython": "ipython"}
CORE_LIMIT = 25  # distributions that come with resistype


def run(command: list[str | Path], folder: Path) -> str:
    """Output of a command that must succeed, run in a folder outside the checkout."""
    clean = {
        key: value
        for key, value in os.environ.items()
        if key not in {"PYTHONPATH", "RESISTYPE_SHARED"}
    }
    done = subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without network."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install --group build")
    folder = tmp_path_factory.mktemp("wheel")
    run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        ROOT,
    )
    [path] = folder.glob("*.whl")
    return path


def tree(environment: Path) -> Path:
    """Folder of installed packages in an environment."""
    paths = {"base": str(environment), "platbase": str(environment)}
    return Path(sysconfig.get_path("purelib", "venv", paths))


def scripts(environment: Path) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture(scope="module")
def borrowed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fresh environment with the wheel; its dependencies are those of this one, so that no
    network is needed.
    """
    environment = tmp_path_factory.mktemp("borrowed")
    venv.create(environment, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(scripts(environment) / "python")]
    run(
        [*pip, "install", "--no-deps", "--no-index", "--disable-pip-version-check", wheel],
        environment,
    )
    (tree(environment) / "dependencies.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )
    return environment


def test_the_wheel_holds_every_signature_and_no_test(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"resistype/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "signatures").rglob("*")
        if path.is_file()
    }

    assert len(wanted) > 40
    assert wanted - held == set()
    assert "resistype/py.typed" in held
    assert [name for name in held if name.startswith(("tests/", "signatures/", "widgets/"))] == []


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "resistype"
    files = [
        path
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".nbi", ".nbc"}
    ]

    assert {path.relative_to(ROOT).as_posix() for path in files} - held == set()


def test_the_wheel_carries_its_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    folder = metadata.removesuffix("METADATA")
    about = Parser().parsestr(archive.read(metadata).decode())

    assert about["License-Expression"] == "BSD-3-Clause"
    assert f"{folder}licenses/LICENSE" in archive.namelist()
    assert "resistype = resistype.cli:main" in archive.read(f"{folder}entry_points.txt").decode()


def distribution(requirement: str) -> str:
    """Name of a requirement without its version and extras, as pip compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[ \[<>=!~;]", requirement, maxsplit=1)[0]).lower()


def test_everything_imported_is_declared() -> None:
    declared = {distribution(one) for one in CORE} | {
        distribution(one) for many in EXTRAS.values() for one in many
    }
    names = {found.target.partition(".")[0] for found in imports(ROOT / "resistype")}
    outside = names - sys.stdlib_module_names - {"resistype"}

    assert {name for name in outside if INSTALLED_AS.get(name, name) not in declared} == set()


def test_what_is_imported_at_the_top_of_a_core_module_is_a_core_dependency() -> None:
    core = {distribution(one) for one in CORE}
    optional = ("resistype.widgets", "resistype.napari_plugin")
    found = [
        one
        for one in imports(ROOT / "resistype")
        if not one.lazy and not one.module.startswith(optional)
    ]
    names = (
        {one.target.partition(".")[0] for one in found} - sys.stdlib_module_names - {"resistype"}
    )

    assert {name for name in names if INSTALLED_AS.get(name, name) not in core} == set()


@pytest.mark.slow
def test_the_wheel_works_outside_the_checkout(borrowed: Path, tmp_path: Path) -> None:
    code = "import resistype; print(resistype.__file__); print(len(resistype.load_library()))"
    file, signatures = run([scripts(borrowed) / "python", "-c", code], tmp_path).split()

    assert Path(file).is_relative_to(borrowed)
    assert int(signatures) >= 40


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(borrowed: Path, tmp_path: Path) -> None:
    run([scripts(borrowed) / "resistype", "demo", "--out", "out"], tmp_path)
    written = {path.name for path in (tmp_path / "out").iterdir()}

    assert {"calls.tsv", "evidence.tsv", "scores.tsv", "run.json", "report.html"} <= written


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fresh environment with the wheel and what it declares, from the package index: no extras."""
    environment = tmp_path_factory.mktemp("alone")
    venv.create(environment, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(scripts(environment) / "python")]
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return environment


@pytest.mark.slow
def test_the_demo_needs_no_extra(alone: Path, tmp_path: Path) -> None:
    run([scripts(alone) / "resistype", "demo", "--out", "out"], tmp_path)
    extras = ("scanpy", "gseapy", "matplotlib", "anndata", "h5py", "zarr")
    code = f"import importlib.util as u; print([n for n in {extras} if u.find_spec(n)])"

    assert (tmp_path / "out" / "report.html").stat().st_size > 0
    assert run([scripts(alone) / "python", "-c", code], tmp_path).strip() == "[]"


@pytest.mark.slow
def test_few_distributions_come_with_the_core(alone: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import distributions as d; print(*sorted({one.name.lower() for one"
        " in d()}))"
    )
    names = set(run([scripts(alone) / "python", "-c", code], tmp_path).split()) - {"resistype"}
    print(f"{len(names)} distributions come with the core: {', '.join(sorted(names))}")

    assert {distribution(one) for one in CORE} <= {distribution(name) for name in names}
    assert len(names) <= CORE_LIMIT, sorted(names)


@pytest.mark.slow
def test_the_core_scores_a_table(alone: Path, tmp_path: Path) -> None:
    small().rename_axis("sample").to_csv(tmp_path / "small.csv")
    command = [
        "score",
        "small.csv",
        "--signatures",
        "mhc1_core",
        "--method",
        "singscore",
        "--out",
        "scores.tsv",
    ]
    run([scripts(alone) / "resistype", *command], tmp_path)
    found = pd.read_csv(tmp_path / "scores.tsv", sep="\t", index_col="sample")
    wanted = rt.score(small(), ["mhc1_core"], method="singscore").to_frame()

    assert found.shape == (12, 1)
    assert found.to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)  # tables have ten digits


@pytest.mark.slow
def test_the_core_refuses_an_h5ad_and_names_the_extra(alone: Path, tmp_path: Path) -> None:
    anndata.AnnData(small().astype(np.float32)).write_h5ad(tmp_path / "cells.h5ad")
    command = [scripts(alone) / "resistype", "score", "cells.h5ad", "--out", "scores.tsv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert (
        done.stderr
        == "error: X101 Reading cells.h5ad needs anndata and h5py: pip install 'resistype[h5ad]'.\n"
    )
    assert not (tmp_path / "scores.tsv").exists()


@pytest.mark.slow
def test_the_doctor_of_the_core_finds_no_fault_and_names_every_extra(
    alone: Path, tmp_path: Path
) -> None:
    told = run([scripts(alone) / "resistype", "doctor"], tmp_path)

    assert [
        extra
        for extra in EXTRAS.keys() - {"all"}
        if f"pip install 'resistype[{extra}]'" not in told
    ] == []
