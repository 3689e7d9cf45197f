"""The verbs that make, judge and exchange signatures: what they write, what they print, how they
end.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.cli import main
from resistype.library import load_library, read_toml
from resistype.resources import signatures_dir

LATE = ["TOX", "PDCD1", "HAVCR2", "TIGIT", "ENTPD1"]
REST = [
    "B2M",
    "GAPDH",
    "ACTB",
    "CD8A",
    "CD3E",
    "NKG7",
    "PRF1",
    "SELL",
    "CCR7",
    "IL7R",
    "STAT1",
    "IRF1",
    "TAP1",
    "MX1",
]


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table of differential expression, a matrix and its samples, as a new user has them."""
    rng = np.random.default_rng(0)
    names = [f"s{n}" for n in range(16)]
    values = pd.DataFrame(rng.normal(6, 0.4, (16, 19)), columns=LATE + REST, index=names).round(4)
    values.loc[names[:8], LATE] += 2
    values.rename_axis("sample").to_csv(tmp_path / "expression.tsv", sep="\t")
    samples = pd.DataFrame(
        {"sample": names, "state": ["late"] * 8 + ["memory"] * 4 + ["effector"] * 4}
    )
    samples.to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    effects = [2.5, 2.0, 1.8, 1.6, 1.5, *([0.1] * len(REST))]
    table = pd.DataFrame(
        {"gene": LATE + REST, "log2FoldChange": effects, "padj": [0.001] * 5 + [0.9] * len(REST)}
    )
    table.to_csv(tmp_path / "de.csv", index=False)
    return tmp_path


SECOND = ["--set", "top=4", "--set", "version=2.0.0"]
ABOUT = [
    "--set",
    "axis=immune_dysfunction",
    "--set",
    "description=Late T cells.",
    "--set",
    "citation=Our lab 2026",
]


def test_a_draft_from_a_gene_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "genes.txt").write_text("WARS\nSTRA13\nB2M\n", encoding="utf-8")

    code = run(
        "signatures",
        "new",
        "--genes",
        folder / "genes.txt",
        "--out",
        folder / "mine" / "first.toml",
        *ABOUT,
    )

    shown = capsys.readouterr().out
    made = read_toml(folder / "mine" / "first.toml")
    assert code == 0
    assert (made.id, made.genes, made.axis, made.status) == (
        "first",
        ("WARS1", "B2M"),
        "immune_dysfunction",
        "secondary",
    )
    assert "1 name was updated: WARS → WARS1." in shown
    assert "STRA13 (may be BHLHE40 or CENPX)" in shown
    assert "first@1.0.0: 2 genes up, 0 down, written to" in shown


def test_a_draft_from_a_table_and_its_second_version(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "mine" / "late.toml"
    assert run("signatures", "new", "--de", folder / "de.csv", "--out", out, *ABOUT) == 0
    assert read_toml(out).up == tuple(LATE)

    refused = run(
        "signatures", "new", "--de", folder / "de.csv", "--out", out, *ABOUT, "--set", "effect=1.7"
    )
    error = capsys.readouterr().err
    assert refused == 2
    assert "E213" in error
    assert "must become version 2.0.0 or later" in error

    code = run(
        "signatures",
        "new",
        "--de",
        folder / "de.csv",
        "--out",
        out,
        *ABOUT,
        "--set",
        "effect=1.7",
        "--set",
        "version=2.0.0",
    )
    shown = capsys.readouterr().out
    assert code == 0
    assert "- 2 genes: TIGIT, ENTPD1" in shown
    assert f"The version before is {folder / 'mine' / 'late@1.0.0.toml'}." in shown
    assert load_library(folder / "mine")["late@1.0.0"].up == tuple(LATE)


def test_the_path_of_a_new_user(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Six commands from a table of differential expression to scores; docs/curating.md shows the
    same.
    """
    out, start = folder / "mine" / "late_tex.toml", time.perf_counter()
    commands = [
        ["signatures", "new", "--de", folder / "de.csv", "--out", out, *ABOUT],
        ["signatures", "check", folder / "mine"],
        ["signatures", "quality", out, "--data", folder / "expression.tsv"],
        [
            "signatures",
            "new",
            "--de",
            folder / "de.csv",
            "--out",
            out,
            *ABOUT,
            "--set",
            "top=4",
            "--set",
            "version=2.0.0",
        ],
        ["signatures", "diff", folder / "mine" / "late_tex@1.0.0.toml", out],
        [
            "score",
            folder / "expression.tsv",
            "--signatures",
            folder / "mine",
            "--out",
            folder / "scores.tsv",
        ],
    ]

    codes = [run(*command) for command in commands]

    assert codes == [0] * 6
    print(f"the whole path: {time.perf_counter() - start:.0f} s")
    assert "0 errors, 0 warnings" in capsys.readouterr().out
    scores = pd.read_csv(folder / "scores.tsv", sep="\t")
    assert list(scores.columns) == ["sample", "late_tex"]
    assert scores["late_tex"][:8].min() > scores["late_tex"][8:].max()


@pytest.mark.parametrize("words", [[], ["--genes", "a.txt", "--de", "b.csv"]])
def test_one_source_of_genes_is_wanted(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("signatures", "new", "--out", tmp_path / "x.toml", *words) == 2
    assert "Give either --genes FILE or --de FILE." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../x.toml", "Late Tex.toml", "con.toml"])
def test_a_file_name_that_is_no_id(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "mine" / name
    code = run("signatures", "new", "--de", folder / "de.csv", "--out", target)

    assert (code, target.exists()) == ((0, True) if name == "../x.toml" else (2, False))


def test_sets_are_imported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "theirs.gmt").write_text(
        "Set A\tabout\tWARS\tTOX\nB_UP\t\tTOX\nB_DN\t\tIL7R\n", encoding="utf-8"
    )

    assert run("signatures", "import", folder / "theirs.gmt", "--out", folder / "in", *ABOUT) == 0

    shown = capsys.readouterr().out
    library = load_library(folder / "in")
    assert list(library) == ["b", "set_a"]
    assert library["b"].down == ("IL7R",)
    assert library["set_a"].source.citation == "Our lab 2026"
    assert "  1 name was updated: WARS → WARS1." in shown
    assert f"2 signatures written to {folder / 'in'}. Next: resistype signatures check" in shown


def test_a_hostile_file_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.gmt").write_text("ok\td\tTOX\n../../x\td\tB2M\n", encoding="utf-8")

    assert run("signatures", "import", folder / "bad.gmt", "--out", folder / "in") == 2
    assert "looks like a path" in capsys.readouterr().err
    assert not (folder / "in").exists()


@pytest.mark.parametrize("kind", ["gmt", "ucell", "msigdb", "net", "signaturesets", "enrichr"])
def test_export_and_import_again(
    kind: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out.txt"

    assert (
        run(
            "signatures", "export", "mhc1_core", "treg_teff_imbrave", "--format", kind, "--out", out
        )
        == 0
    )
    shown = capsys.readouterr().out
    assert f"2 signatures written to {out} ({kind})." in shown
    assert ("nothing is lost" in shown) is (kind == "msigdb")

    assert run("signatures", "import", out, "--format", kind, "--out", folder / "in") == 0
    assert (
        load_library(folder / "in")["treg_teff_imbrave"].down
        == load_library()["treg_teff_imbrave"].down
    )


def test_export_of_the_whole_library(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "export", "--format", "gmt", "--out", folder / "all.gmt") == 0
    shown = capsys.readouterr().out

    assert f"{len(load_library())} signatures written" in shown
    assert "lost: weights of 5 signatures" in shown


def test_an_unknown_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "export", "mhc1_core", "--format", "xml", "--out", folder / "x") == 2
    assert "There is no format 'xml'." in capsys.readouterr().err
    assert not (folder / "x").exists()


def derive(folder: Path, *more: str) -> int:
    words = [
        "--samples",
        folder / "samples.tsv",
        "--case",
        "state=late",
        "--control",
        "state=memory",
    ]
    out = folder / "mine" / "derived.toml"
    return run(
        "signatures", "derive", folder / "expression.tsv", *words, "--out", out, *ABOUT, *more
    )


def test_a_draft_from_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert derive(folder, "--control", "state=effector", "--set", "fdr=0.2") == 0

    shown = capsys.readouterr().out
    assert set(read_toml(folder / "mine" / "derived.toml").up) == set(LATE)
    assert "8 × state=late, 4 × state=memory, 4 × state=effector." in shown
    table = pd.read_csv(folder / "mine" / "derived.genes.tsv", sep="\t")
    assert len(table) == 19


def test_a_draft_within_a_panel(folder: Path) -> None:
    (folder / "panel.txt").write_text("TOX\nB2M\n", encoding="utf-8")

    assert derive(folder, "--set", f"within={folder / 'panel.txt'}", "--set", "unit=log2") == 0
    assert read_toml(folder / "mine" / "derived.toml").up == ("TOX",)


def test_a_draft_within_another_matrix(folder: Path) -> None:
    pd.DataFrame({"TOX": [1.5], "GAPDH": [2.5]}, index=["x"]).to_csv(folder / "other.csv")

    assert derive(folder, "--set", f"within={folder / 'other.csv'}") == 0
    assert read_toml(folder / "mine" / "derived.toml").up == ("TOX",)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--set", "effect=99"], "E212"),
        (["--control", "state=none"], "E920"),
        (["--set", "method=magic"], "There is no method 'magic'."),
        (["--set", "unit=parsec"], "E310"),
        (["--set", "colour=red"], "there is no setting 'colour'"),
    ],
)
def test_derivations_that_fail_write_nothing(
    more: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert derive(folder, *more) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "mine").exists()


def test_a_signature_in_the_other_species(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mouse.txt").write_text("Tox\nGzmb\nH2-K1\nKlrh1\n", encoding="utf-8")
    run("signatures", "new", "--genes", folder / "mouse.txt", "--out", folder / "m.toml")

    assert (
        run(
            "signatures",
            "translate",
            folder / "m.toml",
            "--to",
            "human",
            "--out",
            folder / "h.toml",
        )
        == 0
    )
    assert read_toml(folder / "h.toml").up == ("TOX", "GZMB", "HLA-A")
    assert "1 of 4 genes has no human counterpart: Klrh1." in capsys.readouterr().out
    assert (
        run("signatures", "translate", folder / "m.toml", "--to", "rat", "--out", folder / "r.toml")
        == 2
    )


def test_quality_as_a_page_and_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("signatures", "new", "--de", folder / "de.csv", "--out", folder / "late.toml")
    capsys.readouterr()

    assert (
        run("signatures", "quality", folder / "late.toml", "--data", folder / "expression.tsv") == 0
    )
    assert "late@1.0.0 on 16 samples" in capsys.readouterr().out
    assert (
        run(
            "signatures",
            "quality",
            folder / "late.toml",
            "--data",
            folder / "expression.tsv",
            "--json",
        )
        == 0
    )
    data = json.loads(capsys.readouterr().out)
    assert data["coherence"]["n_genes"] == 5
    assert {row["gene"] for row in data["influence"]} == set(LATE)


def test_quality_of_a_shipped_signature_that_is_not_measured(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("signatures", "quality", "lrrc15_caf", "--data", folder / "expression.tsv")

    assert code == 2
    assert "E101" in capsys.readouterr().err


def test_the_difference_of_two_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "diff", "texpsr_er_proxy@1.0.0", "texpsr_er_proxy") == 0
    shown = capsys.readouterr().out
    assert "+ 1 gene: ERO1A" in shown
    assert "- 2 genes: HSP90AA1, HSP90AB1" in shown

    assert (
        run("signatures", "diff", "texpsr_er_proxy@1.0.0", "texpsr_er_proxy@2.0.0", "--json") == 0
    )
    assert json.loads(capsys.readouterr().out)["step"] == "major"


def test_a_difference_whose_version_does_not_fit_ends_with_1(folder: Path) -> None:
    run("signatures", "new", "--de", folder / "de.csv", "--out", folder / "a" / "late.toml")
    run(
        "signatures",
        "new",
        "--de",
        folder / "de.csv",
        "--out",
        folder / "b" / "late.toml",
        "--set",
        "top=2",
    )

    assert run("signatures", "diff", folder / "a" / "late.toml", folder / "b" / "late.toml") == 1


def test_the_schema_is_printed_or_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("signatures", "schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "resistype signature"
    assert run("signatures", "schema", "--out", folder / "s.json") == 0
    committed = (signatures_dir() / "signature.schema.json").read_text(encoding="utf-8")
    assert (folder / "s.json").read_text(encoding="utf-8") == committed


def test_checks_as_json_for_machines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.gmt").write_text("x\tasdf\tWARS\t1-Mar\n", encoding="utf-8")

    assert run("signatures", "check", folder / "bad.gmt", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert {item["code"] for item in found} >= {"L102", "L104", "L208"}
    assert all(set(item) == {"file", "line", "severity", "code", "message"} for item in found)
