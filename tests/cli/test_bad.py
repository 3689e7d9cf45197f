"""Bad input on the command line: exit code 2, the exact message on stderr, and nothing written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.cli import main
from resistype.datasets import demo

Frame = pd.DataFrame
Edit = Callable[[Path], list[str]]
"""An edit prepares files in a folder and gives the words of the command."""


@pytest.fixture(scope="module")
def good() -> tuple[Frame, Frame, Frame]:
    data = demo()
    table = data.samples if data.samples.index.name is None else data.samples.reset_index()
    return data.expression, table, data.clinical


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, good: tuple[Frame, Frame, Frame]) -> Path:
    """Good inputs, written once."""
    folder = tmp_path_factory.mktemp("good")
    expression, table, clinical = good
    expression.T.rename_axis("gene").to_parquet(folder / "expression.parquet")
    table.to_csv(folder / "samples.tsv", sep="\t", index=False)
    clinical.to_csv(folder / "clinical.tsv", sep="\t", index=False)
    return folder


class Bench:
    """A folder with good inputs and the means to spoil one of them."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        self.good, self.folder = prepared, folder

    def words(
        self, expression: Path | None = None, samples: Path | None = None, *more: str
    ) -> list[str]:
        return [
            "classify",
            str(expression or self.good / "expression.parquet"),
            "--samples",
            str(samples or self.good / "samples.tsv"),
            "--baseline",
            "Pre",
            "--out",
            str(self.folder / "out"),
            *more,
        ]

    def matrix(self, change: Callable[[Frame], Frame], name: str = "bad.tsv") -> Path:
        """Genes in rows, spoilt."""
        frame = change(pd.read_parquet(self.good / "expression.parquet").iloc[:, :12].copy())
        path = self.folder / name
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        else:
            frame.to_csv(path, sep="\t")
        return path

    def table(self, change: Callable[[Frame], Frame]) -> Path:
        path = self.folder / "bad_samples.tsv"
        change(pd.read_csv(self.good / "samples.tsv", sep="\t")).to_csv(path, sep="\t", index=False)
        return path

    def text(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def _rename(mapper: Callable[[str], str]) -> Callable[[Frame], Frame]:
    return lambda frame: frame.rename(index=mapper)


def _set(row: int, column: int, value: object) -> Callable[[Frame], Frame]:
    def change(frame: Frame) -> Frame:
        frame = frame.astype(object) if isinstance(value, str) else frame.astype(float)
        frame.iloc[row, column] = value
        return frame

    return change


def _duplicate_gene(frame: Frame) -> Frame:
    extra = frame.loc[["B2M"]] + 1
    return pd.concat([frame, extra])


def _duplicate_sample(frame: Frame) -> Frame:
    return pd.concat([frame, frame.iloc[:, [0]]], axis=1)


# Each case: how the words come about. What stderr must say is in bad_messages.txt.
CASES: dict[str, Callable[[Bench], list[str]]] = {
    "no such matrix": lambda b: b.words(b.folder / "absent.tsv"),
    "empty matrix file": lambda b: b.words(b.text("empty.tsv", "")),
    "unknown kind of file": lambda b: b.words(b.text("matrix.xlsx", "x")),
    "damaged parquet": lambda b: b.words(b.text("broken.parquet", b"PAR1 nothing")),
    "damaged h5ad": lambda b: b.words(b.text("broken.h5ad", b"not hdf5")),
    "only a header": lambda b: b.words(b.text("header.tsv", "gene\tS1\tS2\n")),
    "no known gene names": lambda b: b.words(
        b.matrix(_rename(lambda g: f"probe_{sum(map(ord, g))}_{g[::-1].lower()}"))
    ),
    "text in a number column": lambda b: b.words(b.matrix(_set(3, 2, "high"))),
    "missing value": lambda b: b.words(b.matrix(_set(3, 2, np.nan), "bad.parquet")),
    "infinite value": lambda b: b.words(b.matrix(_set(3, 2, np.inf), "bad.parquet")),
    "negative counts": lambda b: b.words(
        b.matrix(_set(3, 2, -5.0), "bad.parquet"), None, "--unit", "counts"
    ),
    "gene twice with other values": lambda b: b.words(b.matrix(_duplicate_gene)),
    "sample twice": lambda b: b.words(b.matrix(_duplicate_sample)),
    "unknown unit": lambda b: b.words(None, None, "--unit", "tmp"),
    "unknown duplicates": lambda b: b.words(None, None, "--duplicates", "keep"),
    "no samples table": lambda b: b.words(None, b.folder / "absent.tsv"),
    "samples table without rows": lambda b: b.words(
        None, b.text("rows.tsv", "sample\tpatient\ttimepoint\n")
    ),
    "sample id twice": lambda b: b.words(None, b.table(lambda t: pd.concat([t, t.iloc[[0]]]))),
    "samples without a row": lambda b: b.words(None, b.table(lambda t: t.iloc[2:])),
    "no patient column": lambda b: b.words(None, b.table(lambda t: t.drop(columns="patient"))),
    "another time column": lambda b: b.words(None, None, "--timepoint", "visit"),
    "another id column": lambda b: b.words(None, None, "--sample", "barcode"),
    "missing patient": lambda b: b.words(
        None, b.table(lambda t: t.assign(patient=t["patient"].where(t.index != 3)))
    ),
    "baseline that does not occur": lambda b: [w if w != "Pre" else "Screening" for w in b.words()],
    "no pair at all": lambda b: b.words(None, b.table(lambda t: t.assign(patient=t.iloc[:, 0]))),
    "baseline without a table": lambda b: [
        "classify",
        str(b.good / "expression.parquet"),
        "--baseline",
        "Pre",
        "--out",
        str(b.folder / "out"),
    ],
    "unknown scheme": lambda b: b.words(None, None, "--scheme", "acquired"),
    "scheme file that is not TOML": lambda b: b.words(
        None, None, "--scheme", str(b.text("bad.toml", "= 1"))
    ),
    "scheme file with faults": lambda b: b.words(
        None, None, "--scheme", str(b.text("bad.toml", 'format = "resistype-scheme"\n'))
    ),
    "unknown reference": lambda b: b.words(None, None, "--reference", "nowhere"),
    "reference file that is not one": lambda b: b.words(
        None, None, "--reference", str(b.text("x.json", "{}"))
    ),
    "DNA event misspelt": lambda b: b.words(
        None, b.table(lambda t: t.assign(genomic=["B2M:frameshfit", *[""] * (len(t) - 1)]))
    ),
    "too few samples": lambda b: [
        "classify",
        str(b.matrix(lambda f: f.iloc[:, :1], "one.parquet")),
        "--out",
        str(b.folder / "out"),
    ],
    "unknown signature": lambda b: [
        "score",
        str(b.good / "expression.parquet"),
        "--signatures",
        "benci_isg",
        "--out",
        str(b.folder / "out"),
    ],
    "unknown method": lambda b: [
        "score",
        str(b.good / "expression.parquet"),
        "--method",
        "ssgse",
        "--out",
        str(b.folder / "out"),
    ],
    "signature without a gene in the data": lambda b: [
        "score",
        str(b.good / "expression.parquet"),
        "--signatures",
        str(b.text("none.gmt", "x\ty\tTSHZ9P\tNOTAGENE\n")),
        "--out",
        str(b.folder / "out"),
    ],
    "unknown definition": lambda b: [
        "clinical",
        str(b.good / "clinical.tsv"),
        "--definition",
        "recist",
        "--out",
        str(b.folder / "out"),
    ],
    "clinical table of another kind": lambda b: [
        "clinical",
        str(b.good / "samples.tsv"),
        "--out",
        str(b.folder / "out"),
    ],
    "unknown signature to show": lambda _: ["signatures", "show", "benci"],
    "unknown axis to list": lambda _: ["signatures", "list", "--axis", "ifn"],
    "unknown scheme to check": lambda _: ["schemes", "check", "nope"],
}


def messages() -> dict[str, str]:
    text = Path(__file__).with_name("bad_messages.txt").read_text()
    parts = [part.split("\n", 1) for part in text.split("\n## ")[1:]]
    return {case: message.strip() for case, message in parts}


@pytest.mark.parametrize("case", CASES)
def test_bad_input(
    case: str, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = CASES[case](Bench(prepared, tmp_path))
    wanted, more, _ = messages()[case].partition("CONTINUED")
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(SystemExit) as caught:
        main(words)
    shown = capsys.readouterr()

    assert caught.value.code == 2
    said = shown.err.split("error: ", 1)[1].strip().replace(str(tmp_path), "FOLDER")
    assert (said[: len(wanted)] if more else said) == wanted
    assert "Traceback" not in shown.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25
    assert set(messages()) == set(CASES)


USAGE = {
    "no output named": ["classify", "x.tsv"],
    "unknown option": ["classify", "x.tsv", "--output", "y"],
    "unknown verb": ["clasify", "x.tsv"],
    "jobs is not a number": ["classify", "x.tsv", "--out", "y", "--jobs", "many"],
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_words(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(USAGE[case])

    assert caught.value.code == 2
    assert capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_a_file(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    target.write_text("mine")
    with pytest.raises(SystemExit) as caught:
        main(Bench(prepared, tmp_path).words())

    assert caught.value.code == 2
    assert (
        f"error: O102 The output folder {str(target)!r} cannot be written: "
        in capsys.readouterr().err
    )
    assert target.read_text() == "mine"


def test_an_output_folder_below_a_file(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    words = Bench(prepared, tmp_path).words()
    words[words.index("--out") + 1] = str(tmp_path / "file" / "out")
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2
    assert "Nothing was written." in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="needs /proc")
def test_an_output_folder_that_cannot_be_written(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = Bench(prepared, tmp_path).words()
    words[words.index("--out") + 1] = "/proc/resistype"
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2
    assert (
        "error: O102 The output folder '/proc/resistype' cannot be written: "
        in capsys.readouterr().err
    )
