"""Names of version 0.1 are found for one release, each with one warning that says the new one."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from resistype import _renamed
from resistype._renamed import OLD
from resistype.opinions import ConditionalInferenceTree, PortraitOptions
from resistype.scheme import Measured, load_scheme
from resistype.stats import Kappa

ROOT = Path(__file__).parents[1]
FRAME = pd.DataFrame()
NAMES = [(module, name) for module, names in OLD.items() for name in names]

# As a user wrote it for 0.1; the warnings are collected round it.
SCRIPT = """
import json, warnings
told = warnings.catch_warnings(record=True)
heard = told.__enter__()
warnings.simplefilter("always")

import resistype as rt
from resistype.cohort import compare_groups, paired_changes
from resistype.cohort.agreement import compare_calls
from resistype.cohort.cells import CellColumns, classify_cells
from resistype.errors import ReferenceError_
from resistype.scheme import CallOptions, classify
from resistype.session import Material, from_calls
from resistype.spatial import Roles, read_tissue

demo = rt.datasets.demo()
ids = ["benci_isg_rs"]
scores = rt.score(demo.expression, ids, method="ssgsea")
assert scores.to_frame().shape[0] == len(demo.expression)

options = CallOptions(stability=False)
calls = classify(demo.expression, samples=demo.samples, baseline="Pre", options=options)
assert len(calls.to_frame()) == len(demo.samples)
assert len(calls.evidence(calls.samples[0]))
assert compare_calls(calls, calls).axes

session = rt.Session(calls)
assert session.material.samples == from_calls(calls).samples
try:
    rt.Reference.load("nowhere.json")
except (ReferenceError_, OSError):
    pass
told.__exit__(None, None, None)
print(json.dumps([str(one.message) for one in heard]))
"""


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_old_name_is_found(module: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert getattr(import_module(module), name) is not None


def test_a_name_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_renamed, "_TOLD", set())
    look_up = _renamed.old_names("resistype.spatial")
    with pytest.warns(Warning, match="W990 resistype.spatial.Roles is now"):
        first = look_up("Roles")

    assert look_up("Roles") is first  # a warning is an error here


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_tissues'"):
        import_module("resistype.spatial").read_tissues  # noqa: B018


def test_members_and_arguments_of_the_first_version_live_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @_renamed.renamed({"why": "reason", "share": "fraction"})
    @dataclass(frozen=True)
    class Said:
        reason: str
        fraction: float = 0.5

    monkeypatch.setattr(_renamed, "_TOLD", set())
    with pytest.warns(Warning, match=r"W990 Said\(why=…\) is now Said\(reason=…\)"):
        old = Said(why="few cells")  # type: ignore[call-arg]
    with pytest.warns(Warning, match=r"W990 Said\.why is now Said\.reason"):
        assert old.why == "few cells"  # type: ignore[attr-defined]

    assert old == Said("few cells")  # no warning
    assert old.why == replace(old, fraction=1.0).why  # type: ignore[attr-defined]
    assert [one.name for one in fields(Said)] == ["reason", "fraction"]


def test_each_renamed_member_is_there() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kappa = Kappa(*(0.0,) * 3, n=3, same=3, reason="one label")  # type: ignore[arg-type]
        tree = ConditionalInferenceTree()
        scheme = load_scheme("acquired_resistance")

        assert kappa.why == "one label"  # type: ignore[attr-defined]
        assert tree.class_shares == tree.class_proportions  # type: ignore[attr-defined]
        assert scheme.one_sided is scheme.cohort_shift  # type: ignore[attr-defined]
        assert PortraitOptions(min_share=0.6).min_fraction == 0.6  # type: ignore[call-arg]
        assert Measured(unit="sample", numbers=FRAME, why=FRAME).reason is FRAME  # type: ignore[call-arg]


def test_a_script_of_the_first_version_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    words = [
        "resistype.scheme.classify is now resistype.systems.classify",
        "resistype.scheme.CallOptions is now resistype.systems.bulk.CallOptions",
        "resistype.spatial.read_tissue is now resistype.systems.tissue.read_tissue",
        "resistype.cohort.cells.classify_cells is now resistype.systems.cells.classify_cells",
        "resistype.session.Material is now resistype.session.SessionData",
        "Session.material is now Session.data",
    ]

    assert [word for word in words if sum(word in one for one in told) != 1] == []
