"""From mouse T cells to human patients, printed end to end: derive, check, translate, score,
compare per patient.

    python scripts/make_mouse_exhaustion.py FOLDER [OUT]

FOLDER holds the two public data sets `philip_mouse` (GSE89307) and `sadefeldman_cells` (550 cells
of GSE120575, 19 patients). The mouse list is drafted from late tumour-specific CD8 T cells (days 21
to 60) against memory and against effector cells, a gene having to pass both. The human cells
measure 3,523 chosen genes, so most of the list is not there: it is scored as it is with the
coverage told, and once more drafted from the genes that both data sets measure. Patients are
compared, not cells. An AUC below 0.5 means that responders have less of it. No prediction is meant.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anndata as ad
import pandas as pd
from scipy.stats import mannwhitneyu

import resistype as rt
from resistype.curation import Contrast, Derived, Filters, derive, overlap, save_version, translate
from resistype.errors import CoverageWarning
from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, Signature, check_paths
from resistype.score import ScoreOptions

LATE = Contrast(case="state=L21,L28,L35,L60", controls=("state=M", "state=E5,E7"))
ABOUT = {
    "id": "mouse_exhaustion",
    "axis": "immune_dysfunction",
    "compartment": "CD8 T cells (mouse liver tumours)",
    "description": (
        "Late tumour-specific CD8 T cells of mice, against memory and against effector cells."
    ),
    "expected_in_resistance": "up",
    "source": {
        "citation": "derived from GSE89307 (Philip 2017)",
        "licence": "public data; gene symbols are facts",
    },
}


def draft_from_mice(folder: Path, within: tuple[str, ...] = ()) -> Derived:
    samples = pd.read_csv(folder / "philip_mouse" / "samples.tsv", sep="\t").set_index("sample")
    path = folder / "philip_mouse" / "normalized_counts.symbols.parquet"
    matrix = as_expression(path, ReadOptions(unit="tpm"))  # the normalised counts as they are
    filters = Filters(effect=1.0, fdr=0.05, detection=0.5, top=200, within=within)
    return derive(matrix, LATE, "Mouse exhaustion", samples=samples, filters=filters, fields=ABOUT)


def per_patient(scores: pd.Series, cells: pd.DataFrame) -> tuple[float, float, pd.Series]:
    """AUC for response and its p, from the mean score of each patient; and those means."""
    means = scores.groupby(cells["patient"].astype(str).to_numpy()).mean()
    responds = (
        cells.groupby("patient", observed=True)["respond"].first().reindex(means.index)
        == "Responder"
    )
    test = mannwhitneyu(means[responds], means[~responds])
    return test.statistic / (responds.sum() * (~responds).sum()), float(test.pvalue), means


def score_human(
    signature: Signature, cells: ad.AnnData, methods: tuple[str, ...], min_coverage: float = 0.5
) -> None:
    options = ScoreOptions(min_coverage=min_coverage, warn_below=min_coverage)
    for method in methods:
        found = rt.score(cells, Library([signature]), method=method, options=options)
        auc, p, means = per_patient(found.to_frame().iloc[:, 0], cells.obs)
        cover = found.coverage.iloc[0]
        text = (
            f"{cover['found']:>3} of {cover['asked']} genes  {len(means)} patients  AUC {auc:.3f} "
            f" p {p:.3f}"
        )
        print(f"  {method:7} {text}")


def show(made: Derived, out: Path) -> Signature:
    for note in made.notes:
        print(" ", note)
    saved = save_version(made.signature, out)
    one = made.signature
    print(f"  {one.ref}: {', '.join(one.up[:12])}, … ({len(one)} genes) → {saved.path}")
    findings = [item for item in check_paths([saved.path]) if item.severity != "note"]
    print(
        f"  check: {len(findings)} errors and warnings",
        *(f"\n    {item.code} {item.message}" for item in findings),
    )
    human = translate(made.signature, "human")
    print(f"  human form: {len(human.signature)} genes.", *human.notes)
    near = overlap(human.signature).head(3)
    print(
        "  nearest in the library:",
        ", ".join(f"{key} ({row['shared']} genes)" for key, row in near.iterrows()),
    )
    save_version(human.signature, out)
    return human.signature


def main(folder: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    cells = ad.read_h5ad(folder / "sadefeldman_cells" / "sadefeldman_550.h5ad")
    print("1. All genes of the mouse data")
    whole = show(draft_from_mice(folder), out)
    score_human(whole, cells, ("ssgsea", "ucell"), min_coverage=0.0)
    print("2. Genes that the human cells measure too")
    (out / "panel").mkdir(exist_ok=True)
    panel = show(draft_from_mice(folder, tuple(cells.var_names)), out / "panel")
    score_human(panel, cells, ("ssgsea", "ucell", "zscore"))


if __name__ == "__main__":
    __import__("warnings").simplefilter("ignore", CoverageWarning)
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "mouse-exhaustion"))
