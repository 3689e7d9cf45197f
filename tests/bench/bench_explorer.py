# ruff: noqa: E501  pieces of JavaScript stay on one line
"""The Explorer in a real JupyterLab at 20,000, 200,000 and 1,000,000 cells: first picture, move of a threshold, counts.

    .venv/bin/python -m tests.bench.bench_explorer [N …]

Where jupyter-scatter is installed, it is drawn on the same points in the same run.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from resistype.widgets.explorer import MAX_DRAWN
from tests.e2e.harness import LabServer, browser_page
from tests.e2e.test_lab import COUNTS, PATH, SCREEN

MOVE = """() => { const s = document.querySelector('.rt').__rt, out = []; for (const v of [0.6, 0.7, 0.8, 0.9]) {
  const t = performance.now(); s.move('ifng', 'change', v); out.push(performance.now() - t); } return Math.round(Math.min(...out)); }"""


def ours(lab: LabServer, page: Any, n_obs: int, most: int) -> dict[str, Any]:
    setup = (
        PATH
        + f"from tests.widgets.vectors import material\nimport time\nfrom resistype.widgets import Explorer\nm = material({n_obs})"
    )
    lab.open(
        page,
        lab.write_notebook(
            f"rt{n_obs}.ipynb",
            [setup, f"began = time.time(); w = Explorer(m, max_drawn={most}); ended = time.time(); w"],
        ),
    )
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function("document.querySelector('.rt canvas')?.getAttribute('aria-label')", timeout=180_000)
    seen = page.evaluate("Date.now() / 1000")
    shown = seen - lab.kernel_eval("ended", timeout=180)
    browser = page.evaluate(MOVE)
    equal = (
        page.evaluate(SCREEN)["ifng"]
        if lab.kernel_eval("w.session.move_threshold('ifng', 'change', 0.9)") is None
        else {}
    )
    python = lab.kernel_eval(
        "min(__import__('timeit').repeat(lambda: (w.session._again({'ifng'})), number=1, repeat=5))"
    )
    return {
        "n": n_obs,
        "picture after the cell ran, s": round(shown, 2),
        "cell, s": round(lab.kernel_eval("ended - began"), 2),
        "move in the browser, ms": browser,
        "move in Python, ms": round(1000 * python),
        "same counts": equal == lab.kernel_eval(COUNTS)["ifng"],
    }


def theirs(lab: LabServer, page: Any, n_obs: int) -> dict[str, Any]:
    setup = (
        PATH
        + f"from tests.widgets.vectors import material\nimport jscatter, pandas as pd\nm = material({n_obs})\nd = pd.DataFrame(m.embeddings['plane'], columns=['x', 'y']); d['c'] = pd.Categorical(m.final['ifng'].astype(str))"
    )
    lab.open(
        page,
        lab.write_notebook(
            f"js{n_obs}.ipynb", [setup, "s = jscatter.Scatter(data=d, x='x', y='y', color_by='c'); s.show()"]
        ),
    )
    start = time.perf_counter()
    lab.run_all(page, timeout=180)
    ran = time.perf_counter() - start
    page.locator(".jp-OutputArea canvas").first.wait_for(timeout=180_000)
    return {"jupyter-scatter n": n_obs, "picture after the cells ran, s": round(time.perf_counter() - start - ran, 2)}


def main() -> None:
    sizes = [int(one) for one in sys.argv[1:]] or [20_000, 200_000, 1_000_000]
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder) / "lab", timeout=180) as lab,
        browser_page() as page,
    ):
        for n_obs in sizes:
            for most in sorted({min(n_obs, MAX_DRAWN), n_obs}):
                print(json.dumps({"drawn": most, **ours(lab, page, n_obs, most)}), flush=True)
            if find_spec("jscatter"):
                print(json.dumps(theirs(lab, page, n_obs)), flush=True)


if __name__ == "__main__":
    main()
