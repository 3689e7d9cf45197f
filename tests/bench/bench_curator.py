# ruff: noqa: E501  pieces of JavaScript stay on one line
"""The Curator with 200 genes on 472 tumours: from an edit to leave-one-out, coherence and scores,
in Python and on screen.

    .venv/bin/python -m tests.bench.bench_curator

Needs the folder of shared cohorts beside the checkout (or RESISTYPE_SHARED), and Chromium for the
second half.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from resistype.curation import coherence, influence
from resistype.curation.cohort import CohortData
from resistype.curation.editor import SignatureEditor
from resistype.library import load_library
from resistype.widgets.curator import Choice, view
from tests.e2e.harness import LabServer, browser_page

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RESISTYPE_SHARED", ROOT.parent / "shared"))
FOLDER = SHARED / "data" / "tcga_skcm"
SET = "hallmark_interferon_gamma_response"
WATCH = """(key) => new Promise((done) => {
  const node = document.querySelector(`[data-testid="${key}"]`), text = document.querySelector('[data-testid=rt-state]');
  const before = text.textContent, start = performance.now();
  new MutationObserver(() => { if (text.textContent !== before) requestAnimationFrame(() => done(performance.now() - start)); }).observe(text, { childList: true, characterData: true, subtree: true });
  node.click(); })"""


def timed(act: Any, n: int = 7) -> str:
    """Median and largest time of an act, in ms."""
    times = []
    for _ in range(n):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return f"{sorted(times)[n // 2]:.0f} ms median, {max(times):.0f} ms largest of {n}"


def in_python() -> None:
    """Edits of the editor and the whole view after each."""
    cohort = CohortData(FOLDER / "log2tpm1.parquet", FOLDER / "samples.tsv")
    made = load_library()[SET]
    start = time.perf_counter()
    members = cohort.prepared.members(made)
    print(
        f"{len(made)} genes, {len(members)} measured, {cohort.expression.n_obs} tumours; prepared"
        f" in {time.perf_counter() - start:.2f} s"
    )
    start = time.perf_counter()
    cohort.score(made)
    print(f"ranks of all tumours, once: {time.perf_counter() - start:.2f} s")
    print("coherence against 200 random sets:", timed(lambda: coherence(cohort.prepared, members)))
    print("leave-one-gene-out, all genes:", timed(lambda: influence(cohort.prepared, members)))
    with tempfile.TemporaryDirectory() as folder:
        editor = SignatureEditor("mine", folder, made)

        def edit() -> None:
            editor.remove(editor.table.rows[0].key)
            view(editor, {"TCGA": cohort}, Choice("TCGA"))

        print(
            "edit, kept on disk, checks, overlap, influence, coherence, scores of both versions:",
            timed(edit),
        )


def on_screen() -> None:
    """From a click in JupyterLab to the new figures on the screen."""
    with tempfile.TemporaryDirectory() as root, LabServer(root) as lab, browser_page() as page:
        cell = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\nimport warnings;"
            " warnings.simplefilter('ignore')\nfrom resistype.curation.cohort import"
            " CohortData\nfrom resistype.widgets import SignatureCurator\ndata ="
            f" CohortData({str(FOLDER / 'log2tpm1.parquet')!r}, {str(FOLDER / 'samples.tsv')!r})\nw"
            f" = SignatureCurator('mine', {str(Path(root) / 'mine')!r}, {SET!r}, data=data); w"
        )
        lab.open(page, lab.write_notebook("bench.ipynb", [cell]))
        lab.run_all(page, timeout=180)
        page.get_by_test_id("rt-spread").wait_for(timeout=60_000)
        times = [page.evaluate(WATCH, f"rt-out-{key}") for key in range(1, 9)]
        shown = ", ".join(f"{one:.0f}" for one in sorted(times))
        print(f"from the click to the new figures on the screen, 8 edits: {shown} ms")


if __name__ == "__main__":
    in_python()
    if "--python" not in sys.argv:
        on_screen()
