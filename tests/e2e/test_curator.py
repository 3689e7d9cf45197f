"""The Curator in a real JupyterLab: a list is pasted, mended, looked at in two cohorts and
saved, all in the page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from resistype.curation.cohort import CohortData
from resistype.widgets import SignatureCurator

from .conftest import errors, picture
from .harness import LabServer
from .test_lab import N_CELLS, PATH, ROOT, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GOOD = (
    "STAT1 IRF1 CXCL9 CXCL10 IDO1 HLA-DRA HLA-E TAP1 TAP2 PSMB9 PSMB8 B2M CD274 LAG3 CD8A CCL5 GZMA"
    " GZMB PRF1 CD27 NKG7 TIGIT CXCR6 CMKLR1 PDCD1LG2"
)
PASTED = f"{GOOD} WARS FAM26F STAT1 STRA13 1-Mar"  # 2 outdated, 1 twice, 1 ambiguous, 1 date
DATA = (
    PATH + "import warnings; warnings.simplefilter('ignore')\nfrom resistype.curation.cohort import"
    " CohortData\nfrom resistype.widgets import SignatureCurator\n"
)
NAMES = "[(r.name, r.citation, r.note) for r in w.editor.table.rows]"


def cohorts(shared: Path) -> str:
    gide, riaz = shared / "data" / "gide", shared / "data" / "riaz_pairs"
    return (
        f"gide = CohortData({str(gide / 'Gide_melanoma_PD1.expr.parquet')!r},"
        f" {str(gide / 'Gide_melanoma_PD1.clinical.tsv')!r}, by='response')\nriaz ="
        f" CohortData({str(riaz / 'counts.symbols.parquet')!r}, {str(riaz / 'samples.tsv')!r},"
        " by='response', patient='patient', timepoint='timepoint', baseline='Pre')\n"
    )


def messages(page: Any, words: str) -> None:
    page.get_by_test_id("rt-said").get_by_text(words).wait_for()


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("resistype")), "signatures", "check", str(path)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_signature_is_curated_from_a_pasted_list_to_a_second_version(
    lab: LabServer, page: Any, shared: Path
) -> None:
    folder = lab.root / "mine"
    cells = [
        DATA + cohorts(shared),
        (
            f"w = SignatureCurator('inflamed_mine', {str(folder)!r}, data={{'Gide': gide, 'Riaz':"
            " riaz}); w"
        ),
    ]
    lab.open(page, lab.write_notebook("curate.ipynb", cells))
    lab.run_all(page)
    page.get_by_test_id("rt-paste").fill(PASTED.replace(" ", "\n"))
    page.get_by_test_id("rt-add").click()
    page.get_by_test_id("rt-state").get_by_text("30 genes, 5 to mend").wait_for()
    picture(page, "curator-pasted")

    page.get_by_test_id("rt-mend_all").click()
    page.get_by_test_id("rt-state").get_by_text("29 genes, 2 to mend").wait_for()
    page.get_by_role("button", name="CENPX", exact=True).click()
    page.get_by_role("button", name="MARCHF1", exact=True).click()
    page.get_by_test_id("rt-state").get_by_text("29 genes; not saved yet").wait_for()
    assert (
        lab.kernel_eval(
            "len({r.name for r in w.editor.table.rows} & {'WARS1', 'CALHM6', 'CENPX', 'MARCHF1'})"
        )
        == 4
    )

    cxcl9 = lab.kernel_eval("next(r.key for r in w.editor.table.rows if r.name == 'CXCL9')")
    page.get_by_test_id(f"rt-citation-{cxcl9}").fill("28650338")
    page.get_by_test_id(f"rt-note-{cxcl9}").fill("chemokine of the interferon-gamma response")
    page.get_by_test_id(f"rt-note-{cxcl9}").press("Enter")
    lab.wait_kernel(
        "next([r.citation, r.note] for r in w.editor.table.rows if r.name == 'CXCL9')",
        ["28650338", "chemokine of the interferon-gamma response"],
    )
    page.get_by_text("name, source and other fields").click()
    for key, value in (
        ("name", "Inflamed tumour, mine"),
        ("description", "Genes of an inflamed tumour."),
        ("source.citation", "our list"),
    ):
        page.get_by_test_id(f"rt-f-{key}").fill(value)
        page.get_by_test_id(f"rt-f-{key}").press("Enter")
    page.get_by_test_id("rt-f-axis").select_option("ifng")
    lab.wait_kernel("w.editor.table.fields['axis']", "ifng")

    spread = page.get_by_test_id("rt-spread")
    assert spread.get_by_text("n = 19").count() == 2
    assert lab.kernel_eval(
        "[len(g.after) for g in gide.spread(None, w.editor.table.working().signature).groups]"
    ) == [
        19,
        19,
    ]
    picture(page, "curator-gide-light")
    page.get_by_test_id("rt-cohort").select_option("Riaz")
    page.get_by_test_id("rt-change").select_option("change from baseline")
    spread.get_by_text("n = 15").wait_for()
    picture(page, "curator-riaz-change")
    page.get_by_test_id("rt-save").click()
    messages(page, "Saved inflamed_mine@1.0.0 as inflamed_mine.toml.")
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
    messages(page, "the version before is inflamed_mine@1.0.0.toml")
    changed = [
        line
        for line in git(folder, "diff", "-U0", "--", "inflamed_mine.toml").splitlines()
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    print("\n".join(changed))
    assert changed == [
        '-version = "1.0.0"',
        '+version = "2.0.0"',
        '-  "CENPX",',
        '+  "CXCL11",',
        '+  "CXCL13",',
        '-STRA13 = "CENPX"',
    ]
    second = check(folder)
    assert second.returncode == 0, second.stdout
    assert sorted(path.name for path in folder.iterdir() if path.name != ".git") == [
        "inflamed_mine.toml",
        "inflamed_mine@1.0.0.toml",
    ]
    assert not errors(page)
    assert not page.external


SMALL = (
    DATA + "import numpy as np, pandas as pd\nnames = [f'P{i // 2}-{t}' for i in range(24) for t in"
    " [('Pre', 'On')[i % 2]]]\ngenes = ['STAT1', 'IRF1', 'CXCL9', 'B2M', 'TAP1', 'WARS1',"
    " *(f'GENE{i}' for i in range(60))]\nx = pd.DataFrame(np.random.default_rng(0).uniform(0.5,"
    " 9, (24, 66)), index=names, columns=genes)\nt = pd.DataFrame({'patient': [n[:-3].rstrip('-')"
    " for n in names], 'time': ['Pre' if n.endswith('Pre') else 'On' for n in names]},"
    " index=names)\nt['response'] = ['R' if i < 12 else 'NR' for i in range(24)]\ndata ="
    " CohortData(x, t, by='response', patient='patient', timepoint='time', baseline='Pre')\n"
)


def small(
    lab: LabServer, page: Any, name: str, start_with: str, more: tuple[str, ...] = ()
) -> Path:
    """A notebook with a curator over a small cohort; its folder of signatures."""
    folder = lab.root / name
    start(
        lab,
        page,
        name,
        [
            f"{SMALL}w = SignatureCurator('mine', {str(folder)!r}, {start_with!r}, data=data); w",
            *more,
        ],
    )
    page.get_by_test_id("rt-sheet").locator("input").first.wait_for()
    return folder


def test_a_kernel_that_stops_mid_edit_loses_nothing(lab: LabServer, page: Any) -> None:
    small(lab, page, "restart", "STAT1 IRF1 WARS")
    page.get_by_test_id("rt-note-0").fill("seen twice")
    page.get_by_test_id("rt-note-0").press("Tab")
    page.get_by_test_id("rt-paste").fill("CXCL9")
    page.get_by_test_id("rt-add").click()
    lab.wait_kernel("len(w.editor.table.rows)", 4)
    before = lab.kernel_eval(NAMES)
    page.evaluate(
        "async () => { await"
        " window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    lab.run_all(page)
    messages(page, "The draft of 4 genes that was not saved is here again.")
    picture(page, "curator-restart")

    assert lab.kernel_eval(NAMES) == before
    assert page.get_by_test_id("rt-note-0").input_value() == "seen twice"


def test_a_file_changed_by_somebody_else_and_a_full_disk_lose_nothing(
    lab: LabServer, page: Any
) -> None:
    folder = small(lab, page, "trouble", "STAT1 IRF1 B2M")
    page.get_by_test_id("rt-save").click()
    messages(page, "Saved mine@1.0.0")
    path = folder / "mine.toml"
    theirs = path.read_text(encoding="utf-8").replace('"IRF1"', '"IRF2"')
    path.write_text(theirs, encoding="utf-8")
    page.get_by_test_id("rt-paste").fill("CXCL9")
    page.get_by_test_id("rt-add").click()
    page.get_by_test_id("rt-save").click()
    alert = page.get_by_role("alert")
    alert.get_by_text("mine.toml was changed by somebody else").wait_for()
    picture(page, "curator-changed")
    assert path.read_text(encoding="utf-8") == theirs
    page.get_by_test_id("rt-look_again").click()
    page.get_by_test_id("rt-diff").get_by_text("+ 2 genes: IRF1, CXCL9").wait_for()
    page.get_by_text("name, source and other fields").click()
    page.get_by_test_id("rt-f-version").fill("2.0.0")
    page.get_by_test_id("rt-f-version").press("Enter")
    lab.wait_kernel("w.editor.table.fields['version']", "2.0.0")

    limit = "__import__('resource').setrlimit(__import__('resource').RLIMIT_FSIZE, (120, -1))"
    lab.kernel_eval(
        f"[__import__('signal').signal(25, __import__('signal').SIG_IGN) and None, {limit}]"
    )
    page.get_by_test_id("rt-save").click()
    alert.get_by_text("cannot be written: File too large").wait_for()
    page.get_by_test_id("rt-paste").fill("TAP1")
    page.get_by_test_id("rt-add").click()
    page.get_by_text("It is only in memory now.").wait_for()
    picture(page, "curator-full")
    assert path.read_text(encoding="utf-8") == theirs
    lab.kernel_eval(
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_FSIZE, (-1, -1))"
    )
    page.get_by_test_id("rt-save").click()
    messages(page, "Saved mine@2.0.0")

    assert lab.kernel_eval("[r.name for r in w.editor.table.rows]") == [
        "STAT1",
        "IRF1",
        "B2M",
        "CXCL9",
        "TAP1",
    ]
    assert sorted(one.name for one in folder.iterdir()) == ["mine.toml", "mine@1.0.0.toml"]


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/mine", "a/b", "MINE", "<b onmouseover=window.__pwned=1>x</b>"]
)
def test_a_hostile_name_saves_nowhere(lab: LabServer, page: Any, name: str) -> None:
    folder = small(lab, page, f"name{abs(hash(name)) % 9999}", "STAT1 B2M")
    page.get_by_text("name, source and other fields").click()
    page.get_by_test_id("rt-f-id").fill(name)
    page.get_by_test_id("rt-f-id").press("Enter")
    page.get_by_test_id("rt-problems").get_by_text("cannot name a file").wait_for()
    page.get_by_test_id("rt-save").click()
    page.get_by_role("alert").get_by_text("to mend before it can be saved").wait_for()

    assert [one.name for one in folder.iterdir()] == ["mine.draft.json"]
    assert not list(lab.root.parent.glob("*.toml"))


def test_hostile_words_run_nothing(lab: LabServer, page: Any) -> None:
    setup = (
        f"{SMALL}from tests.widgets.hostile import HOSTILE\nt['response'] = [HOSTILE[i % 5] for i"
        " in range(24)]; t[HOSTILE[3]] = [HOSTILE[i % 2] for i in range(24)]\ndata = CohortData(x,"
        " t, by='response')\n"
    )
    folder = lab.root / "hostile_words"
    fill = (
        "for word in HOSTILE: w.editor.add(word)\nfrom resistype.curation.gene_table import"
        " Row\nw.editor.add_rows([Row(0, word[:200], note=word[:4000], citation=word[:4000]) for"
        " word in HOSTILE])\nw.editor.set_field('name', HOSTILE[0]);"
        " w.editor.set_field('source.note', HOSTILE[2]); w"
    )
    start(
        lab,
        page,
        "words",
        [
            (
                f"{setup}w = SignatureCurator('mine', {str(folder)!r}, 'B2M STAT1',"
                " data={HOSTILE[1]: data})"
            ),
            fill,
        ],
    )
    page.get_by_test_id("rt-spread").wait_for()
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.get_by_test_id("rt-mend_all").click()
    page.get_by_test_id("rt-order").select_option("to mend first")
    page.get_by_test_id("rt-by").select_option(index=1)
    page.get_by_test_id("rt-spread").wait_for()
    page.get_by_test_id("rt-save").click()
    page.get_by_role("alert").get_by_text("to mend before it can be saved").wait_for()
    page.wait_for_timeout(300)
    picture(page, "curator-hostile")

    assert page.evaluate("window.__pwned") is None
    assert page.locator(".rt img, .rt iframe, .rt script, .rt a, .rt link").count() == 0
    assert not page.external


def test_d_d_deletes_no_cell_and_all_can_be_done_by_keys(lab: LabServer, page: Any) -> None:
    small(lab, page, "keys2", "WARS STAT1", ("1",))
    for summary in page.locator(".rt summary").all():
        summary.click()
    controls = page.locator(
        ".rt button:visible:enabled, .rt input:visible, .rt select:visible, .rt textarea:visible,"
        " .rt [tabindex='0']:visible, .rt summary:visible"
    )
    assert controls.count() > 30
    for handle in controls.element_handles():
        # in one step: what was typed into the control before may have the page drawn anew in
        # between
        if not handle.evaluate(
            "node => node.isConnected && node.type !== 'file' && (node.focus(), true)"
        ):
            continue
        for key in ("d", "d", "x", "a", "j"):
            page.keyboard.press(key)
    assert page.evaluate(N_CELLS) == 2
    unmarked = (
        "node => [...node.querySelectorAll('button, input, select, summary, textarea,"
        " [tabindex]')].filter(one => !one.dataset.lmSuppressShortcuts).map(one =>"
        " one.outerHTML.slice(0, 80))"
    )
    assert page.locator(".rt").first.evaluate(unmarked) == []


def test_a_gene_is_added_mended_and_taken_back_with_the_keyboard_alone(
    lab: LabServer, page: Any
) -> None:
    small(lab, page, "keyboard", "STAT1")
    page.get_by_test_id("rt-paste").focus()
    page.keyboard.type("WARS")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    lab.wait_kernel("[r.name for r in w.editor.table.rows]", ["STAT1", "WARS"])
    mend = page.get_by_role("button", name="WARS1", exact=True)
    mend.wait_for()
    mend.focus()
    page.keyboard.press("Enter")
    lab.wait_kernel("[r.name for r in w.editor.table.rows]", ["STAT1", "WARS1"])
    page.wait_for_function("document.activeElement.dataset.testid === 'rt-name-1'")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    lab.wait_kernel("[r.direction for r in w.editor.table.rows]", ["up", "down"])
    page.wait_for_function("document.activeElement.dataset.testid === 'rt-side-1'")
    page.get_by_test_id("rt-undo").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    lab.wait_kernel("[r.name for r in w.editor.table.rows]", ["STAT1"])


def test_nothing_is_wrong_for_those_who_cannot_see(lab: LabServer, page: Any, axe: str) -> None:
    small(lab, page, "axe2", PASTED)
    for summary in page.locator(".rt summary").all():
        summary.click()
    page.evaluate(axe)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.set_theme(page, theme)
        page.wait_for_timeout(600)
        picture(page, f"curator-{theme[11:].lower()}")
        found = page.evaluate(
            "async () => (await axe.run('.rt')).violations.map(v => [v.id, v.nodes.slice(0,"
            " 3).map(n => n.html.slice(0, 160))])"
        )
        assert found == [], f"{theme}: {json.dumps(found, indent=1)}"
    lab.set_theme(page, "JupyterLab Light")


def test_a_selection_of_the_explorer_becomes_genes_and_the_draft_its_colour(
    lab: LabServer, page: Any
) -> None:
    cells = [
        DATA + "import resistype as rt\nfrom resistype.widgets import Explorer\ndemo ="
        " rt.datasets.demo()\ncalls = rt.classify(demo.expression, samples=demo.samples,"
        " baseline='Pre', options=rt.CallOptions(n_jobs=1))\ne = Explorer(calls,"
        " expression=demo.expression); e",
        (
            f"w = SignatureCurator('mine', {str(lab.root / 'linked')!r}, data=demo.expression,"
            " session=e.session); w"
        ),
    ]
    lab.open(page, lab.write_notebook("linked.ipynb", cells))
    lab.run_all(page)
    page.get_by_test_id("rt-color").wait_for()
    page.get_by_text("from a comparison, a table of one, or a selection").click()
    page.get_by_role("button", name="driver genes of the selection (0)").wait_for()
    page.locator(".rt-legend button", has_text="select").first.click()
    lab.wait_kernel("len(e.session.selection) > 0", want=True)
    chosen = lab.kernel_eval("len(e.session.selection)")
    page.get_by_role("button", name=f"driver genes of the selection ({chosen})").click()
    page.get_by_test_id("rt-said").get_by_text("a description, not a test").wait_for()
    n = lab.kernel_eval("len(w.editor.table.rows)")
    assert 0 < n <= 50
    page.get_by_role("button", name="show in the Explorer").click()
    page.get_by_test_id("rt-said").get_by_text(
        "can be chosen as a colour in the Explorer"
    ).wait_for()
    page.get_by_test_id("rt-color").select_option("quantity:draft_mine")
    lab.wait_kernel("e.color_by", "quantity:draft_mine")
    page.get_by_test_id("rt-legend").get_by_text("draft of mine").wait_for()
    page.get_by_test_id("rt-scatter").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    picture(page, "curator-linked")

    assert not errors(page)


def test_genes_of_a_file_and_of_a_comparison(lab: LabServer, page: Any, tmp_path: Path) -> None:
    small(lab, page, "files", "STAT1")
    table = tmp_path / "de.csv"
    table.write_text(
        "gene,log2FoldChange,padj\nTOX,2.5,0.001\nIL7R,-3,0.001\nLAG3,2,0.5\n", encoding="utf-8"
    )
    page.get_by_text("from a comparison, a table of one, or a selection").click()
    page.get_by_test_id("rt-down").check()
    page.get_by_test_id("rt-file").set_input_files(str(table))
    messages(page, "2 of 3 genes of a table")
    page.get_by_test_id("rt-fdr").fill("1")
    page.get_by_test_id("rt-effect").fill("0")
    page.get_by_test_id("rt-top").fill("3")
    page.get_by_test_id("rt-contrast").click()
    messages(page, "From these samples: scores of them cannot confirm it.")
    rows = lab.kernel_eval(NAMES)

    assert [row[0] for row in rows[:3]] == ["STAT1", "TOX", "IL7R"]
    assert all("response=NR against response=R" in row[2] for row in rows[3:])
    assert 3 < len(rows) <= 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_opens_offline(page: Any, tmp_path: Path, shared: Path, scheme: str) -> None:
    folder = shared / "data" / "gide"
    gide = CohortData(
        folder / "Gide_melanoma_PD1.expr.parquet",
        folder / "Gide_melanoma_PD1.clinical.tsv",
        by="response",
    )
    view = SignatureCurator("mine", tmp_path / "mine", GOOD, data={"Gide": gide})
    page.emulate_media(color_scheme=scheme)
    page.goto(view.to_html(tmp_path / "view.html").as_uri())
    page.get_by_test_id("rt-spread").wait_for()
    picture(page, f"curator-file-{scheme}")
    page.get_by_test_id("rt-out-0").click()
    page.get_by_role("alert").get_by_text("This needs Python; the file has none.").wait_for()

    assert not errors(page)
    assert not page.external
