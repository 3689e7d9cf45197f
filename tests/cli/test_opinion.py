"""`resistype opinion …`: every door gives what its function gives, and bad input leaves nothing
behind.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.agreement import compare_calls
from resistype.cli import main
from resistype.opinions import (
    ConditionalInferenceTree,
    OpinionOptions,
    PortraitOptions,
    PortraitScaler,
    portraits,
    read_portrait_clone,
    second_opinion,
)
from tests.opinions.test_fit import cohort as labelled
from tests.opinions.test_subtypes import cohort
from tests.opinions.test_subtypes_files import make_clone

MARKERS = {
    "hot": ["CD8A", "GZMA", *(f"ZNF{n}" for n in range(710, 714))],
    "cold": ["MYC", "SOX2", *(f"ZNF{n}" for n in range(714, 718))],
}


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in ("opinion", *words)])
    return int(caught.value.code or 0)


def table(folder: Path, name: str = "opinion") -> pd.DataFrame:
    return pd.read_csv(
        folder / f"{name}.tsv", sep="\t", keep_default_na=False, na_values=[""], index_col=0
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("opinions")
    data = cohort(40).rename(columns={"ZNF700": "MYC", "ZNF701": "SOX2"})
    data.loc[data.index[:12], MARKERS["hot"]] += 4
    data.loc[data.index[12:24], MARKERS["cold"]] += 4
    data.T.to_csv(folder / "matrix.tsv", sep="\t")
    make_clone(folder / "clone")
    lines = ["\t".join([name, "made up", *genes]) for name, genes in MARKERS.items()]
    (folder / "two.gmt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scores, states, patients = labelled(90, classes=2)
    scores.to_csv(folder / "scores.tsv", sep="\t", index_label="sample")
    pd.DataFrame({"label": states, "patient": patients}).to_csv(
        folder / "labels.tsv", sep="\t", index_label="sample"
    )
    rows = scores.assign(state=states, site=["liver", "lung", "node"] * 30)
    rows.to_csv(folder / "rows.tsv", sep="\t", index_label="sample")
    return folder


@pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
def test_subtypes(inputs: Path, tmp_path: Path) -> None:
    words = ("portraits", inputs / "matrix.tsv", "--clone", inputs / "clone", "--k", 9)
    assert run(*words, "--save-scaler", tmp_path / "scale.json", "--out", tmp_path / "own") == 0
    assert run(*words, "--scaler", tmp_path / "scale.json", "--out", tmp_path / "frozen") == 0

    data = pd.read_csv(inputs / "matrix.tsv", sep="\t", index_col=0).T
    wanted = portraits(data, read_portrait_clone(inputs / "clone"), options=PortraitOptions(k=9))
    for name in ("own", "frozen"):
        pd.testing.assert_frame_equal(
            table(tmp_path / name), wanted, check_dtype=False, check_index_type=False
        )
    record = json.loads((tmp_path / "frozen" / "opinion.json").read_text(encoding="utf-8"))
    assert (record["method"], record["scale"]) == ("portraits", "frozen: matrix.tsv (n=40)")
    assert "non-commercial" in record["licence"]
    assert PortraitScaler.load(tmp_path / "scale.json").n == 40


@pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
def test_templates_and_a_comparison_with_calls(inputs: Path, tmp_path: Path) -> None:
    out = tmp_path / "ntp"
    words = ("templates", inputs / "matrix.tsv", "--templates", inputs / "two.gmt", "--n-perm", 199)
    assert run(*words, "--out", out) == 0

    data = pd.read_csv(inputs / "matrix.tsv", sep="\t", index_col=0).T
    wanted = second_opinion(data, MARKERS, options=OpinionOptions(n_perm=199))
    pd.testing.assert_frame_equal(table(out), wanted, check_index_type=False)
    # the folder and the table are two ways to the same call set; "unassigned" is an abstention
    # there
    other = wanted["nearest"].rename("ntp")
    found = [compare_calls(source, other, names=("ntp", "nearest")) for source in (out, wanted)]
    n_called = int((wanted["prediction"] != "unassigned").sum())
    assert 0 < n_called < len(wanted)
    for agreement in found:
        assert [axis.axis for axis in agreement.axes] == ["ntp"]
        assert agreement.axes[0].kappa_called.n == agreement.axes[0].kappa.same == n_called


def test_centroids(inputs: Path, tmp_path: Path) -> None:
    profiles = pd.DataFrame(
        {"hot": [9.0, 8, 1, 2], "cold": [1.0, 2, 9, 8]}, index=["CD8A", "GZMA", "MYC", "SOX2"]
    )
    profiles.to_csv(tmp_path / "profiles.tsv", sep="\t", index_label="gene")
    words = (
        "--templates",
        tmp_path / "profiles.tsv",
        "--method",
        "centroid",
        "--out",
        tmp_path / "out",
    )
    assert run("templates", inputs / "matrix.tsv", *words) == 0

    data = pd.read_csv(inputs / "matrix.tsv", sep="\t", index_col=0).T
    wanted = second_opinion(data, profiles, method="centroid")
    pd.testing.assert_frame_equal(table(tmp_path / "out"), wanted, check_index_type=False)


def test_a_model_is_trained_and_applied(inputs: Path, tmp_path: Path) -> None:
    words = ("model", inputs / "scores.tsv")
    train = ("--labels", inputs / "labels.tsv", "--n-perm", 19)
    assert run(*words, *train, "--out", tmp_path / "fit") == 0
    assert (
        run(*words, "--model", tmp_path / "fit" / "model.json", "--out", tmp_path / "applied") == 0
    )

    found = table(tmp_path / "applied")
    states = pd.read_csv(inputs / "labels.tsv", sep="\t", index_col=0)["label"]
    called = found["call"].isin(set(states))
    assert called.mean() > 0.5
    assert (found["call"] == states)[called].mean() > 0.9
    assert run(*words, *train, "--describe", "--out", tmp_path / "told") == 0
    assert "It is no model" in (tmp_path / "told" / "association.txt").read_text(encoding="utf-8")


def test_a_tree(inputs: Path, tmp_path: Path) -> None:
    words = ("tree", inputs / "rows.tsv", "--label", "state", "--bootstrap", 20, "--figures")
    assert run(*words, "--out", tmp_path / "tree") == 0

    rows = pd.read_csv(inputs / "rows.tsv", sep="\t", index_col=0)
    tree = ConditionalInferenceTree().fit(rows.drop(columns="state"), rows["state"])
    found = table(tmp_path / "tree")
    assert (found["prediction"] == tree.predict(rows)).all()
    assert found["leaf"].tolist() == tree.apply(rows).tolist()
    names = {
        "opinion.tsv",
        "opinion.json",
        "nodes.tsv",
        "candidates.tsv",
        "bootstrap.tsv",
        "tree.txt",
        "tree.png",
    }
    assert {path.name for path in (tmp_path / "tree").iterdir()} == names
    assert (tmp_path / "tree" / "tree.png").read_bytes().startswith(b"\x89PNG")


BAD = {
    "no clone": (("portraits", "matrix.tsv", "--clone", "absent"), "S131"),
    "two scales": (
        ("portraits", "matrix.tsv", "--clone", "clone", "--scaler", "a", "--save-scaler", "b"),
        "E990",
    ),
    "no vote": (("portraits", "matrix.tsv", "--clone", "clone", "--k", "0"), "S134"),
    "unknown method": (
        ("templates", "matrix.tsv", "--templates", "two.gmt", "--method", "pam50"),
        "S123",
    ),
    "few draws": (("templates", "matrix.tsv", "--templates", "two.gmt", "--n-perm", "5"), "S123"),
    "neither": (("model", "scores.tsv"), "E990"),
    "no model": (("model", "scores.tsv", "--model", "absent.json"), "T103"),
    "no label": (("model", "scores.tsv", "--labels", "labels.tsv", "--label", "state"), "E903"),
    "no such label": (("tree", "rows.tsv", "--label", "absent"), "E903"),
    "no such covariate": (
        ("tree", "rows.tsv", "--label", "state", "--covariate", "absent"),
        "E903",
    ),
    "alpha": (("tree", "rows.tsv", "--label", "state", "--alpha", "2"), "E940"),
    "missing": (("tree", "rows.tsv", "--label", "state", "--missing", "drop"), "E940"),
}


@pytest.mark.parametrize(("words", "code"), BAD.values(), ids=BAD.keys())
def test_bad_input(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: str,
) -> None:
    monkeypatch.chdir(inputs)

    assert run(*words, "--out", tmp_path / "out") == 2
    assert f"error: {code} " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_labels_of_response_make_no_model(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = pd.read_csv(inputs / "labels.tsv", sep="\t").rename(columns={"label": "best_response"})
    labels.to_csv(tmp_path / "labels.tsv", sep="\t", index=False)
    words = (
        "--labels",
        tmp_path / "labels.tsv",
        "--label",
        "best_response",
        "--out",
        tmp_path / "out",
    )

    assert run("model", inputs / "scores.tsv", *words) == 2
    assert "error: T102 " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rows_without_a_leaf_are_unassigned(inputs: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(inputs / "rows.tsv", sep="\t")
    rows.loc[rows.index[:3], rows.columns[1]] = np.nan
    rows.to_csv(tmp_path / "rows.tsv", sep="\t", index=False)
    words = (
        "tree",
        tmp_path / "rows.tsv",
        "--label",
        "state",
        "--bootstrap",
        0,
        "--missing",
        "leave_out",
    )
    assert run(*words, "--covariate", rows.columns[1], "--out", tmp_path / "out") == 0

    assert (table(tmp_path / "out")["prediction"].head(3) == "unassigned").all()
