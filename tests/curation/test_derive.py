"""Derivation: planted genes are found, the draft says how it was made, and mice tell something
about men.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

import resistype as rt
from resistype.curation import Contrast, Derived, Filters, derive, translate
from resistype.errors import InputError, SamplesError, SignatureError
from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, load_library
from resistype.score import ScoreOptions

PLANTED = ["TOX", "LAG3", "PDCD1", "HAVCR2"]
OTHERS = [
    "B2M",
    "GAPDH",
    "ACTB",
    "TAP1",
    "STAT1",
    "IRF1",
    "CD8A",
    "CD3E",
    "NKG7",
    "PRF1",
    "SELL",
    "CCR7",
    "IL7R",
]
LATE = Contrast(case="state=late", controls=("state=memory", "state=effector"))


@pytest.fixture(scope="module")
def cohort() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Late cells have the planted genes; effector cells have one of them too, which activation
    explains.
    """
    rng = np.random.default_rng(0)
    states = ["late"] * 6 + ["memory"] * 6 + ["effector"] * 6
    names = [f"s{n}" for n in range(18)]
    values = pd.DataFrame(rng.normal(5, 0.3, (18, 17)), columns=PLANTED + OTHERS, index=names)
    values.loc[names[:6], PLANTED] += 2.5
    values.loc[names[12:], "LAG3"] += 2.5
    values.loc[names[:6], "IL7R"] -= 3
    return values, pd.DataFrame({"state": states}, index=names)


def test_what_tells_case_from_every_control_is_found(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    values, samples = cohort

    made = derive(values, LATE, "Late", samples=samples)

    assert set(made.signature.up) == {"TOX", "PDCD1", "HAVCR2"}
    assert made.signature.down == ()


def test_one_control_is_less_strict(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort

    made = derive(
        values, Contrast(case="state=late", controls=("state=memory",)), "Late", samples=samples
    )

    assert set(made.signature.up) == set(PLANTED)


def test_genes_down_are_taken_when_asked_for(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort

    made = derive(values, LATE, "Late", samples=samples, filters=Filters(down=True))

    assert made.signature.down == ("IL7R",)


def test_the_draft_says_how_it_was_made(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort

    made = derive(values, LATE, "Late", samples=samples, fields={"axis": "immune_dysfunction"})

    assert made.signature.status == "proxy"
    assert made.signature.source.citation == "derived with resistype from a matrix in memory"
    assert (
        "state=late against state=memory and against state=effector (t-test)"
        in made.signature.source.note
    )
    assert "effect ≥ 1 log2, fdr ≤ 0.05" in made.signature.source.note
    assert made.notes[0].endswith("6 × state=late, 6 × state=memory, 6 × state=effector.")


def test_the_table_holds_every_gene(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort

    table = derive(values, LATE, "Late", samples=samples).table

    assert table is not None
    assert list(table.index) == list(values.columns)
    assert {"effect", "fdr", "detection", "effect against state=memory"} <= set(table.columns)


def test_the_obs_of_an_anndata_is_the_samples_table(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    values, samples = cohort
    data = ad.AnnData(values.to_numpy(), obs=samples, var=pd.DataFrame(index=values.columns))

    assert (
        derive(data, LATE, "Late").signature.up
        == derive(values, LATE, "Late", samples=samples).signature.up
    )


def test_only_genes_of_a_panel(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort
    filters = Filters(within=("TOX", "CD366", "B2M"))

    made = derive(values, LATE, "Late", samples=samples, filters=filters)

    assert set(made.signature.up) == {"TOX", "HAVCR2"}
    assert "3 of 17 genes are among the 3 of 'within'." in made.notes


def test_a_mouse_matrix_and_a_human_panel(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    values, samples = cohort
    mouse = values.rename(columns=str.capitalize)

    made = derive(
        mouse,
        LATE,
        "Late",
        samples=samples,
        filters=Filters(within=("TOX", "PDCD1", "GAPDH", "IRF1")),
    )

    assert made.signature.species == "mouse"
    assert set(made.signature.up) == {"Tox", "Pdcd1"}


def test_samples_in_another_order_give_the_same_draft(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    values, samples = cohort

    turned = derive(values.iloc[::-1], LATE, "Late", samples=samples.sample(frac=1, random_state=1))

    assert turned.signature.up == derive(values, LATE, "Late", samples=samples).signature.up


@pytest.mark.parametrize(
    ("made", "error", "code"),
    [
        (Contrast(case="state=late", controls=()), SamplesError, "E920"),
        (Contrast(case="state=late", controls=("state=none",)), SamplesError, "E920"),
        (
            Contrast(case="state=late", controls=("state=memory",), method="magic"),
            InputError,
            "E607",
        ),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_compared(
    made: Contrast, error: type[Exception], code: str, cohort: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    values, samples = cohort

    with pytest.raises(error) as caught:
        derive(values, made, "x", samples=samples)
    assert getattr(caught.value, "code", "") == code


def test_noise_gives_no_signature() -> None:
    rng = np.random.default_rng(3)
    names = [f"s{n}" for n in range(12)]
    values = pd.DataFrame(rng.normal(5, 0.3, (12, len(OTHERS))), columns=OTHERS, index=names)
    samples = pd.DataFrame({"state": ["late"] * 6 + ["memory"] * 6}, index=names)

    with pytest.raises(SignatureError, match="No gene of 13 passes the filters"):
        derive(
            values, Contrast(case="state=late", controls=("state=memory",)), "x", samples=samples
        )


# the real mice and men


def mice(shared: Path, **filters: Any) -> Derived:
    folder = shared / "data" / "philip_mouse"
    samples = pd.read_csv(folder / "samples.tsv", sep="\t").set_index("sample")
    late = Contrast(case="state=L21,L28,L35,L60", controls=("state=M", "state=E5,E7"))
    fields = {"axis": "immune_dysfunction", "id": "mouse_exhaustion"}
    # the published list was made from the normalised counts as they are
    path = folder / "normalized_counts.symbols.parquet"
    data = as_expression(path, ReadOptions(unit="tpm"))
    return derive(
        data, late, "Mouse exhaustion", samples=samples, filters=Filters(**filters), fields=fields
    )


def auc_per_patient(cells: ad.AnnData, scores: pd.Series) -> float:
    means = scores.groupby(cells.obs["patient"].astype(str).to_numpy()).mean()
    responds = (
        cells.obs.groupby("patient", observed=True)["respond"].first().reindex(means.index)
        == "Responder"
    )
    return float(
        mannwhitneyu(means[responds], means[~responds]).statistic
        / (responds.sum() * (~responds).sum())
    )


def test_mouse_exhaustion_holds_the_known_markers(shared: Path) -> None:
    human = translate(mice(shared, top=400).signature, "human").signature

    assert {"PDCD1", "TOX", "LAG3", "TIGIT", "ENTPD1"} <= set(human.genes)
    assert {"IL7R", "TCF7", "SELL"}.isdisjoint(human.genes)


@pytest.mark.parametrize("method", ["ssgsea", "ucell", "zscore"])
def test_the_human_form_separates_non_responders(method: str, shared: Path) -> None:
    cells = ad.read_h5ad(shared / "data" / "sadefeldman_cells" / "sadefeldman_550.h5ad")
    made = mice(shared, within=tuple(cells.var_names))
    human = translate(made.signature, "human").signature

    found = rt.score(cells, Library([human]), method=method)

    assert found.coverage["fraction"].iloc[0] == 1.0
    assert auc_per_patient(cells, found.to_frame().iloc[:, 0]) < 0.35


def test_the_whole_list_separates_them_too_on_the_few_genes_that_are_measured(shared: Path) -> None:
    cells = ad.read_h5ad(shared / "data" / "sadefeldman_cells" / "sadefeldman_550.h5ad")
    human = translate(mice(shared).signature, "human").signature

    found = rt.score(
        cells, Library([human]), options=ScoreOptions(min_coverage=0.0, warn_below=0.0)
    )

    assert found.coverage["found"].iloc[0] < 20
    assert auc_per_patient(cells, found.to_frame().iloc[:, 0]) < 0.35


def test_effector_cells_are_not_called_exhausted_by_it(shared: Path) -> None:
    folder = shared / "data" / "philip_mouse"
    samples = pd.read_csv(folder / "samples.tsv", sep="\t").set_index("sample")
    made = mice(shared)

    scores = (
        rt.score(folder / "normalized_counts.symbols.parquet", Library([made.signature]))
        .to_frame()
        .iloc[:, 0]
    )
    by_state = scores.groupby(samples["state"].reindex(scores.index)).mean()

    assert by_state[["L21", "L28", "L35", "L60"]].min() > by_state[["N", "M", "E5", "E7"]].max()


def test_the_script_prints_it_from_end_to_end(shared: Path, tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "scripts" / "make_mouse_exhaustion.py"

    done = subprocess.run(
        [sys.executable, str(script), str(shared / "data"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )

    found = [
        float(line.split("AUC ")[1].split()[0])
        for line in done.stdout.splitlines()
        if "AUC" in line
    ]
    assert len(found) == 5
    assert max(found) < 0.35
    assert "19 patients" in done.stdout
    assert (tmp_path / "panel" / "mouse_exhaustion_human.toml").is_file()


def test_the_library_knows_the_draft_as_a_relative(shared: Path) -> None:
    from resistype.curation import overlap

    near = overlap(mice(shared, top=400).signature)

    assert near.loc["lcmv_terminally_exh_sig_from_lcmv", "holds"] > 0.2
    assert load_library()["lcmv_terminally_exh_sig_from_lcmv"].species == "mouse"
