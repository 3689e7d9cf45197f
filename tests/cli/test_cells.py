"""`resistype classify` for cells: the three units, what is written, resuming, comparing, and bad
input by name.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import anndata as ad
import pandas as pd
import pytest

from resistype.cli import main
from resistype.cli.classify import _SYSTEMS, classify_command
from resistype.datasets import write_demo
from tests.systems.cells.cells_file import genes_of, write_study


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cells") / "study.h5ad"
    write_study(file)
    return file


def classify(path: Path, out: Path, *more: str | Path) -> int:
    return run(
        "classify", path, "--scheme", "cart_product", "--lineage", "lineage", "--out", out, *more
    )


def table(out: Path, name: str = "calls") -> pd.DataFrame:
    return pd.read_csv(out / f"{name}.tsv", sep="\t")


WITH = ("--state", "state", "--clone", "clone")


def test_patients(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert classify(path, tmp_path / "o", "--per", "patient", *WITH) == 0
    shown = capsys.readouterr().out
    calls = table(tmp_path / "o")

    assert calls["patient"].tolist() == ["SIM0", "SIM1", "SIM2"]
    assert set(calls["plasticity"]) == {"seen"}
    assert "Research use only" in shown
    assert "PSEUDOREP: Tests use patients, not cells" in shown


def test_samples(path: Path, tmp_path: Path) -> None:
    assert classify(path, tmp_path / "o", "--per", "sample", *WITH) == 0
    calls = table(tmp_path / "o")

    assert len(calls) == 6
    assert (
        calls.set_index(["patient", "timepoint"]).loc[("SIM0", "day 14"), "exhaustion"]
        == "expected_at_peak"
    )


def test_cells(path: Path, tmp_path: Path) -> None:
    assert classify(path, tmp_path / "o", "--per", "cell", *WITH) == 0
    calls = table(tmp_path / "o", "cells")

    assert len(calls) == ad.read_h5ad(path, backed="r").n_obs
    assert calls["cell"].is_unique
    assert {"state", "score_memory", "score_exhaustion", "score_tex_psr"} <= set(calls.columns)


def test_a_cell_scheme_needs_no_unit(path: Path, tmp_path: Path) -> None:
    assert classify(path, tmp_path / "a", *WITH) == 0
    assert classify(path, tmp_path / "b", "--per", "patient", "--values", "counts", *WITH) == 0
    assert (tmp_path / "a" / "calls.tsv").read_bytes() == (
        tmp_path / "b" / "calls.tsv"
    ).read_bytes()


def test_what_is_written(path: Path, tmp_path: Path) -> None:
    classify(path, tmp_path / "o", "--per", "patient", *WITH)
    names = {one.name for one in (tmp_path / "o").iterdir()}
    record = json.loads((tmp_path / "o" / "run.json").read_text(encoding="utf-8"))

    assert names == {
        *(
            "calls.tsv",
            "balance.tsv",
            "clones.tsv",
            "composition.tsv",
            "coverage.tsv",
            "distributions.tsv",
        ),
        *("diversity.tsv", "drift.tsv", "flow.tsv", "patients.tsv", "scores.tsv", "run.json"),
        *(
            "calls_sample.tsv",
            "evidence.tsv",
            "evidence_sample.tsv",
            "scores_sample.tsv",
            "scores_table.tsv",
        ),
        *("genes.tsv", "scheme.toml", "report.html", "report.json"),
    }
    assert (record["scheme"]["id"], record["scheme"]["version"]) == ("cart_product", "1.0.0")
    assert record["signatures"]["dysfunction_core"]["ref"].startswith("dysfunction_core@")
    assert len(record["input"]["sha256"]) == 64
    assert (
        record["command"].startswith("pytest")
        or "classify" in record["command"]
        or record["command"]
    )
    assert all(row["source"] in ("published", "ours") for row in record["thresholds"])


def test_figures_from_the_same_tables(path: Path, tmp_path: Path) -> None:
    assert classify(path, tmp_path / "o", *WITH, "--figures") == 0
    assert {one.name for one in (tmp_path / "o").glob("*.png")} == {
        "composition.png",
        "flow.png",
        "distributions.png",
    }


def test_cuts(path: Path, tmp_path: Path) -> None:
    words = [
        word for cut in ("memory=0.8", "cytotoxic=0.8", "exhausted=0.8") for word in ("--cut", cut)
    ]
    assert classify(path, tmp_path / "o", *words) == 0
    record = json.loads((tmp_path / "o" / "run.json").read_text(encoding="utf-8"))

    assert record["cuts"] == {"memory": 0.8, "cytotoxic": 0.8, "exhausted": 0.8}
    assert table(tmp_path / "o", "composition")["kind"].isin(["memory", "exhausted"]).any()


def test_groups_of_patients(path: Path, tmp_path: Path) -> None:
    words = ("--group", "response", "--compare", "R", "--product", "product")
    assert classify(path, tmp_path / "o", *WITH, *words) == 0
    found = table(tmp_path / "o", "comparison")

    assert found[["n_first", "n_second"]].drop_duplicates().to_numpy().tolist() == [[1, 2]]
    assert found.columns[3] == "n_first"
    assert set(found["product"]) == {"sim-cel"}


def test_a_run_is_kept_and_resumed(path: Path, tmp_path: Path) -> None:
    words = (*WITH, "--run-dir", tmp_path / "run")
    assert classify(path, tmp_path / "a", *words) == 0
    assert classify(path, tmp_path / "b", *words) == 2
    assert classify(path, tmp_path / "b", *words, "--resume") == 0
    assert (tmp_path / "a" / "scores.tsv").read_bytes() == (
        tmp_path / "b" / "scores.tsv"
    ).read_bytes()


def test_tex_psr(path: Path, tmp_path: Path) -> None:
    adata = ad.read_h5ad(path)
    sets = genes_of("tex_psr")
    filler = [name for name in adata.var_names if name.startswith("FILL")]
    lacking = [gene for names in sets.values() for gene in names if gene not in adata.var_names]
    names = dict(zip(filler, lacking, strict=False))
    adata.var_names = [names.get(name, name) for name in adata.var_names]
    adata.write_h5ad(tmp_path / "psr.h5ad")
    words = ("--scheme", "tex_psr", "--lineage", "lineage", "--per", "patient")
    assert run("classify", tmp_path / "psr.h5ad", *words, "--out", tmp_path / "o") == 0
    calls = table(tmp_path / "o")

    assert set(calls["stages"]) <= {"not_assessable", "indeterminate"}
    assert calls["caveats"].str.contains("NOT_PUBLISHED_SET").all()


def test_dli_response(path: Path, tmp_path: Path) -> None:
    adata = ad.read_h5ad(path)
    adata.obs["timepoint"] = adata.obs["timepoint"].astype(str).replace({"IP": "pre"})
    states = {"memory": "early", "exhausted": "late", "cytotoxic": "other"}
    adata.obs["state"] = adata.obs["state"].astype(str).map(states)
    sets = genes_of("dli_response")
    filler = [name for name in adata.var_names if name.startswith("FILL")]
    lacking = [gene for names in sets.values() for gene in names if gene not in adata.var_names]
    names = dict(zip(filler, lacking, strict=False))
    adata.var_names = [names.get(name, name) for name in adata.var_names]
    adata.write_h5ad(tmp_path / "dli.h5ad")
    words = (
        "--scheme",
        "dli_response",
        "--state",
        "state",
        "--clone",
        "clone",
        "--reference-late",
        "0.1",
    )
    assert run("classify", tmp_path / "dli.h5ad", *words, "--out", tmp_path / "o") == 0
    calls = table(tmp_path / "o")

    assert set(calls["late_before"]) == {"yes"}
    assert "resistan" not in (tmp_path / "o" / "calls.tsv").read_text(encoding="utf-8").lower()
    assert table(tmp_path / "o", "origin")["n_cells"].sum() > 0


def test_a_file_of_ones_own(path: Path, tmp_path: Path) -> None:
    from resistype.systems.cells import list_cell_schemes

    text = list_cell_schemes()["cart_product"].read_text(encoding="utf-8")
    own = tmp_path / "mine.toml"
    own.write_text(text.replace("value = 50\n", "value = 5000\n", 1), encoding="utf-8")
    assert run("classify", path, "--scheme", own, *WITH, "--out", tmp_path / "o") == 0
    assert set(table(tmp_path / "o")["product_balance"]) == {"not_assessable"}


def test_biopsies_are_classified_as_before(tmp_path: Path) -> None:
    write_demo(tmp_path / "in")
    words = ("--samples", tmp_path / "in" / "samples.tsv", "--baseline", "Pre", "--no-stability")
    assert (
        run("classify", tmp_path / "in" / "expression.tsv.gz", *words, "--out", tmp_path / "o") == 0
    )
    assert (tmp_path / "o" / "report.html").is_file()


def test_the_old_word_for_two_things_lives_on_with_a_note(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classify(path, tmp_path / "a", "--unit", "sample", "--unit", "counts", *WITH) == 0
    assert "--unit is now --values (counts, tpm, …) and --per" in capsys.readouterr().err
    assert classify(path, tmp_path / "b", "--per", "sample", "--values", "counts", *WITH) == 0
    assert (tmp_path / "a" / "calls.tsv").read_bytes() == (
        tmp_path / "b" / "calls.tsv"
    ).read_bytes()


def test_every_option_of_one_system_is_an_option() -> None:
    assert set(_SYSTEMS) <= set(inspect.signature(classify_command).parameters)


BAD = {
    "no patient column": (("--patient", "case"), "E980", "there is no column 'case' (patient)"),
    "no state column": (("--state", "label"), "E980", "there is no column 'label' (state)"),
    "two units": (
        ("--unit", "cell", "--unit", "patient"),
        "E990",
        "give one unit of the values and one of the answer",
    ),
    "an unknown unit": (("--values", "galaxies"), "E310", "unit='galaxies' is not one of"),
    "a cut without a number": (
        ("--cut", "memory=high"),
        "E990",
        "--cut memory=high: write NAME=VALUE",
    ),
    "a cut of nothing": (("--cut", "naive=0.4"), "E984", "there is no score 'naive'"),
    "two sources of states": (
        ("--state", "state", "--cut", "memory=0.4"),
        "E982",
        "States come from one place",
    ),
    "options of biopsies": (
        ("--baseline", "Pre", "--method", "singscore"),
        "S105",
        (
            "cart_product@1.0.0 is measured by cart_product and would not look at --baseline (of"
            " bulk), --method (of bulk)"
        ),
    ),
    "compare without group": (
        ("--compare", "R"),
        "E990",
        "--compare names a group; name its column with --group",
    ),
    "a group that nobody has": (
        ("--state", "state", "--group", "response", "--compare", "CR"),
        "E931",
        "No patient is of group 'CR'; there are: NR, R.",
    ),
    "clones of other cells": (
        ("--clones", "clones.csv"),
        "E972",
        "Clones without cells: none of the 1 cells",
    ),
}


@pytest.mark.parametrize(("words", "code", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    words: tuple[str, ...],
    code: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clones.csv").write_text("cell,clone\nother,1\n", encoding="utf-8")

    assert classify(path, tmp_path / "o", *words) == 2
    shown = capsys.readouterr().err
    assert f"error: {code} " in shown
    assert message in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "o").exists()


OBS = {
    "cells without patient": ({"patient": None}, "cells have no patient"),
    "two products in one patient": (
        {"product": [f"drug{i % 2}" for i in range(5250)]},
        "two products in one patient",
    ),
    "negative days": ({"timepoint": "-5"}, "negative days: -5"),
}


@pytest.mark.parametrize(("change", "message"), OBS.values(), ids=OBS.keys())
def test_bad_cells(
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    change: dict[str, object],
    message: str,
) -> None:
    adata = ad.read_h5ad(path)
    for name, value in change.items():
        values = value if not isinstance(value, list) else value[: adata.n_obs]
        adata.obs[name] = (
            values if values is not None else [None if i < 9 else "A" for i in range(adata.n_obs)]
        )
    adata.write_h5ad(tmp_path / "bad.h5ad")

    assert classify(tmp_path / "bad.h5ad", tmp_path / "o", "--product", "product") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_options_of_cells_do_not_go_with_biopsies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run("classify", tmp_path / "x.csv", "--state", "s", "--resume", "--out", tmp_path / "o")
        == 2
    )
    shown = capsys.readouterr().err
    assert (
        "S105 acquired_resistance@1.1.0 is measured by bulk and would not look at --state (of"
        " tex_psr" in shown
    )
    assert "--resume (of " in shown
