# ruff: noqa: E501  pieces of JavaScript stay on one line
"""The Curator in a real JupyterLab: a list is pasted, mended, looked at in two cohorts and saved, all in the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import errors, picture
from .harness import LabServer
from .test_lab import N_CELLS, PATH, ROOT, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GOOD = "STAT1 IRF1 CXCL9 CXCL10 IDO1 HLA-DRA HLA-E TAP1 TAP2 PSMB9 PSMB8 B2M CD274 LAG3 CD8A CCL5 GZMA GZMB PRF1 CD27 NKG7 TIGIT CXCR6 CMKLR1 PDCD1LG2".split()
PASTED = [*GOOD, "WARS", "FAM26F", "STAT1", "STRA13", "1-Mar"]  # 2 outdated, 1 twice, 1 ambiguous, 1 date
DATA = PATH + "import warnings; warnings.simplefilter('ignore')\nfrom resistype.curation.desk_data import CohortData\nfrom resistype.widgets import SignatureCurator\n"
NAMES = "[(r.name, r.citation, r.note) for r in w.desk.sheet.rows]"


def cohorts(shared: Path) -> str:
    gide, riaz = shared / "data" / "gide", shared / "data" / "riaz_pairs"
    return (
        f"gide = CohortData({str(gide / 'Gide_melanoma_PD1.expr.parquet')!r}, {str(gide / 'Gide_melanoma_PD1.clinical.tsv')!r}, by='response')\n"
        f"riaz = CohortData({str(riaz / 'counts.symbols.parquet')!r}, {str(riaz / 'samples.tsv')!r}, by='response', patient='patient', timepoint='timepoint', baseline='Pre')\n"
    )


def said(page: Any, words: str) -> None:
    page.get_by_test_id("rt-said").get_by_text(words).wait_for()


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("resistype")), "signatures", "check", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_signature_is_curated_from_a_pasted_list_to_a_second_version(lab: LabServer, page: Any, shared: Path) -> None:
    folder = lab.root / "mine"
    cells = [DATA + cohorts(shared), f"w = SignatureCurator('inflamed_mine', {str(folder)!r}, data={{'Gide': gide, 'Riaz': riaz}}); w"]
    lab.open(page, lab.write_notebook("curate.ipynb", cells))
    lab.run_all(page, timeout=180)
    page.get_by_test_id("rt-paste").fill("\n".join(PASTED))
    page.get_by_test_id("rt-add").click()
    page.get_by_test_id("rt-state").get_by_text("30 genes, 5 to mend").wait_for()
    picture(page, "curator-pasted")

    page.get_by_test_id("rt-mend_all").click()
    page.get_by_test_id("rt-state").get_by_text("29 genes, 2 to mend").wait_for()
    page.get_by_role("button", name="CENPX", exact=True).click()
    page.get_by_role("button", name="MARCHF1", exact=True).click()
    page.get_by_test_id("rt-state").get_by_text("29 genes; not saved yet").wait_for()
    assert lab.kernel_eval("len({r.name for r in w.desk.sheet.rows} & {'WARS1', 'CALHM6', 'CENPX', 'MARCHF1'})") == 4

    cxcl9 = lab.kernel_eval("next(r.key for r in w.desk.sheet.rows if r.name == 'CXCL9')")
    page.get_by_test_id(f"rt-citation-{cxcl9}").fill("28650338")
    page.get_by_test_id(f"rt-note-{cxcl9}").fill("chemokine of the interferon-gamma response")
    page.get_by_test_id(f"rt-note-{cxcl9}").press("Enter")
    lab.wait_kernel("next([r.citation, r.note] for r in w.desk.sheet.rows if r.name == 'CXCL9')", ["28650338", "chemokine of the interferon-gamma response"])
    page.get_by_text("name, source and other fields").click()
    for key, value in (("name", "Inflamed tumour, mine"), ("description", "Genes of an inflamed tumour."), ("source.citation", "our list")):
        page.get_by_test_id(f"rt-f-{key}").fill(value)
        page.get_by_test_id(f"rt-f-{key}").press("Enter")
    page.get_by_test_id("rt-f-axis").select_option("ifng")
    lab.wait_kernel("w.desk.sheet.fields['axis']", "ifng")

    spread = page.get_by_test_id("rt-spread")
    assert spread.get_by_text("n = 19").count() == 2
    assert lab.kernel_eval("[len(g.after) for g in gide.spread(None, w.desk.sheet.working().signature).groups]") == [19, 19]
    picture(page, "curator-gide-light")
    page.get_by_test_id("rt-cohort").select_option("Riaz")
    page.get_by_test_id("rt-change").select_option("change from baseline")
    spread.get_by_text("n = 15").wait_for()
    picture(page, "curator-riaz-change")
    page.get_by_test_id("rt-save").click()
    said(page, "Saved inflamed_mine@1.0.0 as inflamed_mine.toml.")
    first = check(folder)
    assert first.returncode == 0, first.stdout
    assert "0 errors, 0 warnings" in first.stdout
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")

    page.get_by_test_id("rt-paste").fill("CXCL11 CXCL13")
    page.get_by_test_id("rt-add").click()
    page.get_by_role("button", name="take CENPX away").click()
    page.get_by_test_id("rt-diff").get_by_text("+ 2 genes: CXCL11, CXCL13").wait_for()
    page.get_by_test_id("rt-save").click()
    page.get_by_role("alert").get_by_text("must become version 2.0.0").wait_for()
    page.get_by_test_id("rt-f-version").fill("2.0.0")
    page.get_by_test_id("rt-f-version").press("Enter")
    page.get_by_test_id("rt-diff").get_by_text("fits a major change").wait_for()
    picture(page, "curator-second")
    page.get_by_test_id("rt-save").click()
    said(page, "the version before is inflamed_mine@1.0.0.toml")
    changed = [line for line in git(folder, "diff", "-U0", "--", "inflamed_mine.toml").splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")]
    print("\n".join(changed))
    assert changed == ['-version = "1.0.0"', '+version = "2.0.0"', '-  "CENPX",', '+  "CXCL11",', '+  "CXCL13",', '-STRA13 = "CENPX"']
    second = check(folder)
    assert second.returncode == 0, second.stdout
    assert sorted(path.name for path in folder.iterdir() if path.name != ".git") == ["inflamed_mine.toml", "inflamed_mine@1.0.0.toml"]
    assert not errors(page)
    assert not page.external
