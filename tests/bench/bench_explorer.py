# ruff: noqa: E501  pieces of JavaScript stay on one line
"""The Explorer in a real JupyterLab at 20,000, 200,000 and 1,000,000 cells: first picture, move of
a threshold, counts.

    .venv/bin/python -m tests.bench.bench_explorer [N …]

Where jupyter-scatter is installed (``pip install --group bench``), it draws the same points in the
same run. Both are measured alike: from the last line of the cell, before anything is sent, until a
screenshot of the canvas shows points; a change of colour from the command in Python until the
screenshot is another one. Chromium has no GPU here, so WebGL is drawn by SwiftShader.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from resistype.widgets.base import STATIC
from resistype.widgets.explorer import MAX_DRAWN
from tests.e2e.harness import LabServer, browser_page
from tests.e2e.test_lab import COUNTS, PATH, SCREEN

MOVE = """() => { const s = document.querySelector('.rt').__rt, out = []; for (const v of [0.6, 0.7, 0.8, 0.9]) {
  const t = performance.now(); s.move('ifng', 'change', v); out.push(performance.now() - t); } s.move('ifng', 'change', 0.5);
  return Math.round(Math.min(...out)); }"""
SETUP = PATH + "from tests.widgets.vectors import material\nimport time\nm = material({n})\n"
OURS = "from resistype.widgets import Explorer"
THEIRS = (
    "import jscatter, pandas as pd\n"
    "d = pd.DataFrame(m.embeddings['plane'], columns=['x', 'y'])\n"
    "d['call'] = pd.Categorical(m.final['ifng'].astype(str))\n"
    "d['time'] = pd.Categorical(m.design['timepoint'])"
)


def picture(page: Any, where: str) -> np.ndarray:
    """The canvas as it stands on the screen, without its edge."""
    found = Image.open(io.BytesIO(page.locator(where).first.screenshot(timeout=120_000))).convert(
        "RGB"
    )
    return np.asarray(found)[20:-20, 20:-20].astype(int)


def coloured(image: np.ndarray) -> bool:
    """Whether there are points: more than a hundred pixels that are not grey."""
    return int(((image.max(axis=2) - image.min(axis=2)) > 40).sum()) > 100


def until(
    page: Any, where: str, is_there: Callable[[np.ndarray], bool]
) -> tuple[float, np.ndarray]:
    """When a picture was seen (before its screenshot was asked for), and the picture."""
    end = time.time() + 180
    while time.time() < end:
        began = time.time()
        image = picture(page, where)
        if is_there(image):
            return began, image
    raise TimeoutError(where)


def first(
    lab: LabServer, page: Any, name: str, cells: list[str], where: str
) -> tuple[float, np.ndarray]:
    """Seconds from the last line of the last cell to its points on the screen, and the picture."""
    lab.open(page, lab.write_notebook(name, cells))
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.locator(where).first.wait_for(timeout=180_000)
    seen, image = until(page, where, coloured)
    return round(seen - lab.kernel_eval("ended", timeout=180), 2), image


def again(
    lab: LabServer, page: Any, command: str, where: str, before: np.ndarray
) -> tuple[float, np.ndarray]:
    """Seconds from a command in Python to another picture."""
    began = time.time()
    lab.kernel_eval(command, timeout=180)
    seen, image = until(
        page,
        where,
        lambda now: now.shape == before.shape and np.abs(now - before).max(axis=2).mean() > 1,
    )
    return round(seen - began, 2), image


def ours(lab: LabServer, page: Any, n_obs: int, most: int) -> dict[str, Any]:
    where = ".rt canvas"
    show = f"began = time.time(); w = Explorer(m, max_drawn={most}); ended = time.time(); w"
    seconds, image = first(
        lab, page, f"rt{n_obs}-{most}.ipynb", [SETUP.format(n=n_obs) + OURS, show], where
    )
    browser = page.evaluate(MOVE)
    colour, _ = again(lab, page, "setattr(w, 'color_by', 'column:timepoint')", where, image)
    lab.kernel_eval("setattr(w, 'color_by', 'axis:ifng')")
    lab.kernel_eval("w.session.move_threshold('ifng', 'change', 0.9)")
    page.wait_for_function("document.querySelector('.rt').__rt.thresholds.ifng.change > 0.8")
    page.wait_for_function("!document.querySelector('.rt').__rt.pending", timeout=20_000)
    equal = page.evaluate(SCREEN) == lab.kernel_eval(COUNTS)
    move = "(w.session.undo(), w.session.redo())"
    python = lab.kernel_eval(
        f"min(__import__('timeit').repeat(lambda: {move}, number=1, repeat=5)) / 2"
    )
    return {
        "n": n_obs,
        "drawn": most,
        "picture after the cell, s": seconds,
        "cell, s": round(lab.kernel_eval("ended - began"), 2),
        "another colour, s": colour,
        "move in the browser, ms": browser,
        "move in Python, ms": round(1000 * python),
        "same counts": equal,
    }


def theirs(lab: LabServer, page: Any, n_obs: int) -> dict[str, Any]:
    where = ".jp-OutputArea canvas"
    show = (
        "began = time.time(); s = jscatter.Scatter(data=d, x='x', y='y', color_by='call'); v ="
        " s.show(); ended = time.time(); v"
    )
    seconds, image = first(
        lab, page, f"js{n_obs}.ipynb", [SETUP.format(n=n_obs) + THEIRS, show], where
    )
    colour, _ = again(lab, page, "[s.color(by='time'), 0][1]", where, image)
    return {
        "jupyter-scatter n": n_obs,
        "picture after the cell, s": seconds,
        "another colour, s": colour,
    }


def bundles() -> dict[str, Any]:
    """Bytes of JavaScript that every widget brings."""
    mine = sum(path.stat().st_size for path in STATIC.glob("main.js"))
    spec = find_spec("jscatter")
    if spec is None or spec.origin is None:
        return {"our bundle, bytes": mine}
    other = max(path.stat().st_size for path in Path(spec.origin).parent.rglob("*.js"))
    return {
        "our bundle, bytes (unminified)": mine,
        "jupyter-scatter, bytes": other,
        "times": round(other / mine, 1),
    }


def main() -> None:
    sizes = [int(one) for one in sys.argv[1:]] or [20_000, 200_000, 1_000_000]
    print(json.dumps(bundles()), flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder) / "lab", timeout=180) as lab,
        browser_page() as page,
    ):
        for n_obs in sizes:
            found = [
                ours(lab, page, n_obs, most) for most in sorted({min(n_obs, MAX_DRAWN), n_obs})
            ]
            for one in found:
                print(json.dumps(one), flush=True)
            if find_spec("jscatter"):
                other = theirs(lab, page, n_obs)
                print(json.dumps(other), flush=True)
                keys = ("picture after the cell, s", "another colour, s")
                print(
                    json.dumps(
                        {
                            f"ours / theirs, {key}": round(found[-1][key] / other[key], 2)
                            for key in keys
                        }
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main()
