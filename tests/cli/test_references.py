"""`resistype references` and `--same-as`, as a user types them."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from resistype.cli import main
from resistype.datasets import demo
from resistype.scheme import Reference
from tests.scheme.build import wide_cohort


def invoke(*words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0), out.getvalue(), err.getvalue()


def run(*words: object) -> str:
    code, out, err = invoke(*words)
    assert code == 0, err
    return out


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("references")
    expression, table = wide_cohort()
    free = (name for name in demo().expression.columns if name not in set(expression.genes))
    genes = [next(free) if gene.startswith("FREE") else gene for gene in expression.genes]
    frame = pd.DataFrame(expression.values, index=list(expression.samples), columns=genes)
    frame.to_parquet(folder / "tumours.parquet")
    table.to_csv(folder / "samples.tsv", sep="\t", index=False)
    frame.iloc[:5].to_parquet(folder / "five.parquet")
    return folder


@pytest.fixture(scope="module")
def fitted(files: Path) -> str:
    return run(
        *("references", "fit", files / "tumours.parquet", "--out", files / "mine.json"),
        *("--tumour-type", "made up", "--library", "poly-A", "--quantification", "TPM"),
        *("--samples", files / "samples.tsv", "--only", "timepoint=Pre"),
    )


def test_what_is_shipped() -> None:
    rows = json.loads(run("references", "list", "--json"))

    assert [row["reference"] for row in rows] == ["riaz_pre", "tcga_skcm"]
    assert [row["inside"] for row in rows] == [
        "figures only",
        "values of 451 genes of each tumour, shuffled and without names",
    ]
    assert "tcga_skcm" in run("references", "list")


def test_one_of_them() -> None:
    facts = json.loads(run("references", "show", "tcga_skcm", "--json"))

    assert facts["n"] == 472
    assert facts["quantification"] == "TPM"
    assert {"axis", "label", "proportion", "n", "basis"} == set(facts["base_rates"][0])
    assert "assay distance" in run("references", "show", "tcga_skcm")


def test_a_reference_of_the_tumours_chosen(files: Path, fitted: str) -> None:
    made = Reference.load(files / "mine.json")

    assert (made.name, made.n) == ("mine", 32)
    assert made.about["library"] == "poly-A"
    assert "shuffled and without names" in fitted
    assert f"--reference {files / 'mine.json'} --same-as {files / 'mine.json'}" in fitted


def test_checked_and_used(files: Path, fitted: str) -> None:
    rows = json.loads(
        run("references", "check", files / "five.parquet", files / "mine.json", "--json")
    )
    assert [row["alike"] for row in rows] == ["yes"] * 5

    words = (
        "classify",
        files / "five.parquet",
        "--reference",
        files / "mine.json",
        "--no-stability",
    )
    code, out, err = invoke(*words, "--out", files / "unsaid")
    assert code == 0
    first = next(line for line in out.splitlines() if not line.startswith("Values "))
    assert first.startswith("NOT_COMPARABLE: 5 of 5 samples cannot be compared with mine")
    page = (files / "unsaid" / "report.html").read_text(encoding="utf-8")
    banner = page.index('<p class="banner">5 of 5 samples cannot be compared with mine')
    assert banner < page.index('<ul class="short">')
    assert "W307 5 of 5 samples are not comparable with mine" in err
    assert "--same-as mine" in err
    table = pd.read_csv(files / "unsaid" / "calls.tsv", sep="\t")
    assert set(table["comparable"]) == {"not stated"}
    assert set(table["ifng"]) == {"not_assessable"}

    run(*words, "--same-as", files / "mine.json", "--out", files / "said")
    table = pd.read_csv(files / "said" / "calls.tsv", sep="\t")
    assert set(table["comparable"]) == {"yes"}
    assert not set(table["ifng"]) & {"not_assessable"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "timepoint=Pre"), "E990 --only needs --samples"),
        (("--samples", "samples.tsv", "--only", "Pre"), "E990 --only Pre: write COLUMN=VALUE."),
        (
            ("--samples", "samples.tsv", "--only", "when=Pre"),
            "E903 The samples table has no column",
        ),
        (("--samples", "samples.tsv", "--only", "patient=P00"), "R101 2 samples cannot be called"),
    ],
)
def test_refused(files: Path, words: tuple[str, ...], message: str) -> None:
    here = [str(files / word) if word.endswith(".tsv") else word for word in words]
    code, _, err = invoke(
        *("references", "fit", files / "tumours.parquet", "--out", files / "x.json"),
        *("--tumour-type", "a", "--library", "b", "--quantification", "c", *here),
    )

    assert code == 2
    assert message in err
    assert not (files / "x.json").exists()
