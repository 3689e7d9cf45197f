"""A user's clone of the portraits: here one made up, for nothing of the real one may be shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SchemeError
from resistype.opinions.subtypes_files import (
    LICENCE_NOTE,
    PortraitFiles,
    read_gene_sets,
    read_portrait_clone,
)

SETS = {"Hot": ("CD8A", "GZMA", "PRF1"), "Cold": ("MYC", "SOX2")}


def make_clone(folder: Path, *, n: int = 40) -> Path:
    """A folder laid out like the authors' repository, with figures drawn at random."""
    rng = np.random.default_rng(0)
    names = [f"REF-{number}" for number in range(n)]
    labels = [("IE", "IE/F", "F", "D")[number % 4] for number in range(n)]
    (folder / "signatures").mkdir(parents=True)
    (folder / "Cohorts" / "Pan_TCGA").mkdir(parents=True)
    lines = ["\t".join([name, "made up", *genes]) for name, genes in SETS.items()]
    (folder / "signatures" / "gene_signatures.gmt").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    scores = pd.DataFrame(rng.normal(size=(n, 2)), index=names, columns=list(SETS))
    scores.to_csv(folder / "Cohorts" / "Pan_TCGA" / "signatures.tsv", sep="\t")
    annotation = pd.DataFrame({"Cohort": "X", "MFP": labels}, index=names)
    annotation.to_csv(folder / "Cohorts" / "Pan_TCGA" / "annotation.tsv", sep="\t")
    return folder


def test_a_clone_is_read_and_its_licence_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = read_portrait_clone(make_clone(tmp_path / "clone"))

    assert files.sets == SETS
    assert files.classes == ("D", "F", "IE", "IE/F")
    assert files.reference.shape == (40, 2)
    assert capsys.readouterr().err == LICENCE_NOTE + "\n"
    assert "non-commercial" in LICENCE_NOTE


def test_reference_samples_without_label_do_not_vote(tmp_path: Path) -> None:
    place = make_clone(tmp_path / "clone") / "Cohorts" / "Pan_TCGA" / "annotation.tsv"
    annotation = pd.read_csv(place, sep="\t", index_col=0)
    annotation.loc["REF-1", "MFP"] = np.nan
    annotation.drop("REF-2").to_csv(place, sep="\t")
    files = read_portrait_clone(tmp_path / "clone")

    assert len(files.reference) == 38
    assert files.reference.index.equals(files.labels.index)


def test_the_order_of_the_annotation_does_not_matter(tmp_path: Path) -> None:
    before = read_portrait_clone(make_clone(tmp_path / "clone"))
    place = tmp_path / "clone" / "Cohorts" / "Pan_TCGA" / "annotation.tsv"
    pd.read_csv(place, sep="\t", index_col=0)[::-1].to_csv(place, sep="\t")

    pd.testing.assert_series_equal(read_portrait_clone(tmp_path / "clone").labels, before.labels)


def _write(place: str, text: str | bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / place).write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


GMT, TSV, ANNOTATION = (
    "signatures/gene_signatures.gmt",
    "Cohorts/Pan_TCGA/signatures.tsv",
    "Cohorts/Pan_TCGA/annotation.tsv",
)
BAD_CLONES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "gene sets absent": (lambda folder: (folder / GMT).unlink(), "- gene sets: there is no file '"),
    "labels absent": (
        lambda folder: (folder / ANNOTATION).unlink(),
        "- reference labels: there is no file '",
    ),
    "another column": (
        _write(ANNOTATION, "s\tTME\nREF-0\tIE\n"),
        "has no column 'MFP' with the labels of the reference",
    ),
    "a sample twice": (
        _write(ANNOTATION, "s\tMFP\na\tIE\na\tD\n"),
        "samples given more than once: a.",
    ),
    "an empty table": (_write(TSV, ""), "is not a table of cells separated by TABs"),
    "a broken table": (
        _write(TSV, 's\ta\nx\t1\t2\t3\t4\ny\t"'),
        "is not a table of cells separated by TABs",
    ),
    "bytes": (_write(TSV, b"\xff\xfe\x00\x81"), "is not UTF-8 text"),
    "no tabs": (
        _write(GMT, "Hot made up CD8A\n"),
        "line 1: wanted name, description and genes separated by TABs",
    ),
    "a set twice": (_write(GMT, "A\tx\tB2M\nA\tx\tMYC\n"), "line 2: the name 'A' is there already"),
    "no set": (_write(GMT, "\n\n"), "there is no gene set in it"),
    "other sets": (_write(GMT, "A\tx\tB2M\n"), "reference: signatures without genes: Hot, Cold"),
    "no common sample": (
        _write(ANNOTATION, "s\tMFP\nx\tIE\n"),
        "labels: 0 different, 0 missing; wanted at least 2",
    ),
    "one label": (
        _write(ANNOTATION, "s\tMFP\nREF-0\tIE\n"),
        "labels: 1 different, 0 missing; wanted at least 2",
    ),
}


@pytest.mark.parametrize(("change", "message"), BAD_CLONES.values(), ids=BAD_CLONES.keys())
def test_bad_clones(tmp_path: Path, change: Callable[[Path], Any], message: str) -> None:
    change(make_clone(tmp_path / "clone"))
    with pytest.raises(SchemeError) as caught:
        read_portrait_clone(tmp_path / "clone")

    assert message in str(caught.value)
    assert str(caught.value)[:4] in {"S131", "S132"}


def test_all_absent_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(
        SchemeError, match="S131 This is no clone of the portraits' repository: 3 problems"
    ):
        read_portrait_clone(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.opinions.subtypes_files.MAX_BYTES", 10)
    with pytest.raises(SchemeError, match="is larger than 0 MB; that is no file of the portraits"):
        read_portrait_clone(make_clone(tmp_path / "clone"))


def test_gene_sets_by_themselves(tmp_path: Path) -> None:
    path = tmp_path / "mine.gmt"
    path.write_text(
        "\ufeffT cells\tnote\t CD8A \tCD8A\tGZMA\t\t\n\nX_UP\t\tB2M\r\n", encoding="utf-8"
    )

    assert read_gene_sets(path) == {"T cells": ("CD8A", "GZMA"), "X_UP": ("B2M",)}


def test_a_file_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(
        SchemeError, match=r"S131 .*absent\.gmt' cannot be read: No such file or directory"
    ):
        read_gene_sets(tmp_path / "absent.gmt")


REFERENCE = pd.DataFrame({"Hot": [0.5, -1.0, 2.0], "Cold": [1.0, 0.0, -2.0]}, index=["a", "b", "c"])
LABELS = pd.Series(["IE", "D", "IE"], index=["a", "b", "c"])
BAD_PARTS: dict[str, tuple[pd.DataFrame, pd.Series, str]] = {
    "a signature without genes": (
        REFERENCE.rename(columns={"Hot": "T"}),
        LABELS,
        "signatures without genes: T",
    ),
    "no signature": (REFERENCE[[]], LABELS, "signatures without genes: it has no column"),
    "labels of other samples": (
        REFERENCE,
        LABELS.rename({"a": "x"}),
        "labels: they are not those of the samples",
    ),
    "labels in another order": (
        REFERENCE,
        LABELS[::-1],
        "labels: they are not those of the samples",
    ),
    "a label missing": (
        REFERENCE,
        LABELS.where(LABELS.index != "b"),
        "labels: 1 different, 1 missing",
    ),
    "text": (REFERENCE.astype({"Hot": str}), LABELS, "reference: not all scores are numbers"),
    "holes": (
        REFERENCE.where(REFERENCE != 0.5),
        LABELS,
        "reference: scores are missing or infinite",
    ),
    "raw scores": (
        REFERENCE * 500,
        LABELS,
        "reference: the scores look unscaled; wanted (x − median) / mean deviation",
    ),
    "a sample twice": (
        REFERENCE.set_axis(["a", "a", "c"]),
        LABELS.set_axis(["a", "a", "c"]),
        "reference: sample given more than once: a",
    ),
}


@pytest.mark.parametrize(
    ("reference", "labels", "message"), BAD_PARTS.values(), ids=BAD_PARTS.keys()
)
def test_parts_that_do_not_go_together(
    reference: pd.DataFrame, labels: pd.Series, message: str
) -> None:
    with pytest.raises(SchemeError) as caught:
        PortraitFiles(dict(SETS), reference, labels)

    assert str(caught.value).startswith("S132 Files of the subtypes: 1 problem\n  - ")
    assert message in str(caught.value)


def test_raw_scores_are_found_by_their_middle() -> None:
    with pytest.raises(SchemeError, match="look unscaled"):
        PortraitFiles(dict(SETS), REFERENCE + 1000, LABELS)
