"""What `resistype doctor` sees around the package: the front end of the widgets, and a display for napari.

A widget that shows "Failed to load model class AnyModel" has its Python half but not its browser half: anywidget is
absent from the environment that runs the notebook *server*, or was installed while the server ran. That can be seen
from here only when server and kernel share their environment, so the finding names the folders that were looked at.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from resistype.cli.finding import Finding
from resistype.extras import installed

__all__ = ["bundle", "display", "front_end", "jupyter_folders"]

_NEEDED = ("anywidget", "@jupyter-widgets/jupyterlab-manager")
_RESTART = "then stop the notebook server, start it again and reload the page"


def jupyter_folders(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Folders where a notebook server of this environment looks for browser halves, the first one wins."""
    named = [Path(part) for part in environ.get("JUPYTER_PATH", "").split(os.pathsep) if part]
    home = Path(environ.get("JUPYTER_DATA_DIR") or Path.home() / ".local/share/jupyter")
    own = Path(sys.prefix) / "share/jupyter"
    return [*named, own, home, Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]


def front_end(folders: list[Path] | None = None) -> Finding:
    """Whether the browser halves of the widgets are where a notebook server of this environment finds them."""
    if find_spec("anywidget") is None:
        return Finding("widget front end", "absent", f"pip install 'resistype[notebook]', {_RESTART}")
    looked = jupyter_folders() if folders is None else folders
    found = {name: next((f for f in looked if (f / "labextensions" / name).is_dir()), None) for name in _NEEDED}
    gone = [name for name, folder in found.items() if folder is None]
    if gone:
        places = ", ".join(str(folder) for folder in looked)
        said = f"{', '.join(gone)} not in the labextensions of {places}; widgets would say 'AnyModel' cannot be loaded"
        remedy = f"pip install --force-reinstall anywidget ipywidgets, {_RESTART}"
        return Finding("widget front end", "fault", f"{said}. {remedy}")
    browser = _browser_version(found["anywidget"])
    python = installed("anywidget")
    if browser != python:
        said = f"the browser half of anywidget is {browser}, the Python half {python}"
        return Finding("widget front end", "fault", f"{said}. pip install --force-reinstall anywidget, {_RESTART}")
    told = f"anywidget {python} in {found['anywidget']}; a server of another environment needs it too"
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
        return Finding("widget bundle", "fault", f"{', '.join(gone)} missing in {static}: install resistype again")
    size = sum(path.stat().st_size for path in static.glob("*.js"))
    return Finding("widget bundle", "ok", f"{size // 1000} kB")


def display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Finding:
    """Whether napari could open a window here; absent is no fault, since everything else works without one."""
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
        return Finding("display", "absent", f"no lib{', lib'.join(missing)}: sudo apt-get install {packages}")
    return Finding("display", "ok", f"display {screen}")
