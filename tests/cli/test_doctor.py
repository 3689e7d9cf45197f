"""`resistype doctor`: each trouble has its line and its remedy, and a fault is an exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

from resistype.cli import doctor
from resistype.cli import doctor as surroundings
from resistype.cli.doctor import Finding, bundle, display, front_end, jupyter_folders
from resistype.score import kernels, null
from resistype.score.methods import gsva
from tests.cli.test_good import run


def lab(folder: Path, *, anywidget: str | None, manager: bool = True) -> Path:
    """A folder of a notebook server, with the browser halves that are asked for."""
    if anywidget is not None:
        own = folder / "labextensions/anywidget"
        own.mkdir(parents=True)
        (own / "package.json").write_text(anywidget, encoding="utf-8")
    if manager:
        (folder / "labextensions/@jupyter-widgets/jupyterlab-manager").mkdir(parents=True)
    return folder


def installed() -> str:
    return surroundings.installed("anywidget")


def test_both_halves_of_the_widgets(tmp_path: Path) -> None:
    found = front_end(
        [tmp_path / "none", lab(tmp_path / "lab", anywidget=json.dumps({"version": installed()}))]
    )

    assert found.state == "ok"
    assert str(tmp_path / "lab") in found.detail


@pytest.mark.parametrize(
    ("anywidget", "manager", "words"),
    [
        (None, True, "anywidget not in the labextensions of"),
        ("{}", False, "@jupyter-widgets/jupyterlab-manager not in the labextensions of"),
        ('{"version": "0.0.1"}', True, "the browser half of anywidget is 0.0.1, the Python half"),
        ("no json", True, "the browser half of anywidget is unknown, the Python half"),
        ("[]", True, "the browser half of anywidget is unknown, the Python half"),
    ],
    ids=["no browser half", "no manager", "another version", "a broken file", "a list"],
)
def test_a_missing_or_other_browser_half_is_a_fault(
    tmp_path: Path, anywidget: str | None, manager: bool, words: str
) -> None:
    found = front_end([lab(tmp_path, anywidget=anywidget, manager=manager)])

    assert found.state == "fault"
    assert words in found.detail
    assert "stop the notebook server, start it again and reload the page" in found.detail


def test_without_anywidget_the_widgets_are_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "find_spec", lambda _: None)

    assert front_end().state == "absent"
    assert "pip install 'resistype[notebook]'" in front_end().detail


def test_folders_that_a_server_looks_at(tmp_path: Path) -> None:
    found = jupyter_folders(
        {
            "JUPYTER_PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}",
            "JUPYTER_DATA_DIR": str(tmp_path / "c"),
        }
    )

    assert found[:2] == [tmp_path / "a", tmp_path / "b"]
    assert tmp_path / "c" in found


def test_a_missing_bundle_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("x" * 5000, encoding="utf-8")

    assert bundle(tmp_path) == Finding(
        "widget bundle", "fault", f"host.js missing in {tmp_path}: install resistype again"
    )
    (tmp_path / "host.js").write_text("x" * 2000, encoding="utf-8")
    assert bundle(tmp_path) == Finding("widget bundle", "ok", "7 kB")


@pytest.mark.parametrize(
    ("environ", "platform", "state", "words"),
    [
        (
            {},
            "linux",
            "absent",
            "no DISPLAY: napari cannot open a window here; xvfb-run gives it a virtual one",
        ),
        (
            {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"},
            "linux",
            "absent",
            "QT_QPA_PLATFORM is offscreen",
        ),
        ({"DISPLAY": ":0"}, "linux", "ok", "display :0"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "ok", "display wayland-0"),
        ({}, "darwin", "ok", "windows of darwin"),
    ],
    ids=["none", "offscreen", "x11", "wayland", "mac"],
)
def test_displays(
    environ: dict[str, str], platform: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings.ctypes.util, "find_library", lambda name: f"lib{name}.so")
    found = display(environ, platform)

    assert found.state == state
    assert words in found.detail


def test_a_display_without_gl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings.ctypes.util, "find_library", lambda _: None)

    assert (
        display({"DISPLAY": ":0"}, "linux").detail
        == "no libGL, libEGL: sudo apt-get install libgl1 libegl1"
    )


def test_a_fault_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_rules", lambda: doctor._expect(1, 2))

    assert run("doctor") == 1
    shown = capsys.readouterr()
    assert "got 1, wanted 2" in shown.out
    assert (
        shown.err == "The self-test or a required part is at fault; see the lines marked 'fault'.\n"
    )


def test_every_self_test_has_a_known_answer() -> None:
    lines = {one.what: one for one in doctor.examine()}

    assert {name for name in lines if name.startswith("self-test")} == {
        f"self-test: {name}" for name in ("library", "scores", "same by any route", "rules", "demo")
    }
    assert (
        lines["self-test: demo"].detail
        == "all 104 planted profiles of the simulated cohort are found"
    )


def test_compiling_says_so_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", "--compile") == 0

    first, last = capsys.readouterr().out.strip().splitlines()
    assert first.startswith("Compiling the loops of scoring and calling")
    assert re.fullmatch(r"Done in \d+ s\.", last)


def test_compiled_loops_are_kept_on_disk() -> None:
    for module in (kernels, null, gsva):
        loops = [one for one in vars(module).values() if isinstance(one, Dispatcher)]
        assert loops
        for loop in loops:
            assert type(loop._cache) is FunctionCache, f"{module.__name__}.{loop.__name__}"
