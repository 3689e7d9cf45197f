"""Bad matrices and lists, in Python and on the command line: an error that helps, or the right
result; never silence.

The rule is mechanical (`verdict.py`): the scores of the bad input are compared with those of the
clean one.
"""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resistype.cli import main
from resistype.score import score
from tests.trust.bad_matrices import MATRICES, SAME, clean, lists
from tests.trust.figures import record
from tests.trust.verdict import Verdict, complete, differs, judge

METHODS = ["ssgsea", "singscore"]
DONE: dict[tuple[str, str], Verdict] = {}
# What every reading says of its values and names tells nobody of a change.
PLAIN_NOTE = re.compile(
    r"[0-9,]+ of [0-9,]+ gene names are (gene symbols|of no kind)|Values are read as"
)
OURS = re.compile(r"[A-Z][0-9]{3} |coverage: |[0-9,]+ (gene|of|column)")
BEFORE_NOTES = score(clean(), lists(), method=METHODS).notes


def scored(data: Any, sets: Any) -> tuple[pd.DataFrame, str]:
    """Scores, and what the result says beyond what it says of the clean input."""
    found = score(data, sets, method=METHODS, n_jobs=1)
    parts = [found.to_frame(method).add_prefix(f"{method} ") for method in METHODS]
    words = [
        note for note in found.notes if note not in BEFORE_NOTES and not PLAIN_NOTE.match(note)
    ]
    lost = found.coverage[found.coverage["found"] < found.coverage["asked"]]
    words += [f"coverage: {name} {row.found} of {row.asked}" for name, row in lost.iterrows()]
    return pd.concat(parts, axis=1), "; ".join(words)


@pytest.fixture(scope="module")
def wanted() -> pd.DataFrame:
    return scored(clean(), lists())[0]


@pytest.mark.parametrize("name", MATRICES)
def test_in_python(name: str, wanted: pd.DataFrame) -> None:
    data, sets = MATRICES[name](clean(), lists())
    found = judge(lambda: scored(data, sets), wanted)
    DONE["python", name] = found

    assert found.kind != "silent", found
    if found.kind == "error":
        assert complete(found) == [], found.words
    if found.kind == "told":
        assert OURS.match(found.words), found
    if name in SAME:
        assert found.kind in {"same", "told"}, found
        assert differs(scored(data, sets)[0], wanted) == ""


def written(data: Any, folder: Path) -> Path:
    """The matrix as a user would write it: genes in columns, TABs between."""
    path = folder / "matrix.tsv"
    table = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
    table.to_csv(path, sep="\t", index_label="sample")
    return path


def gmt(sets: Any, folder: Path) -> Path:
    lines = []
    for name, genes in sets.items():
        cells = (
            [genes]
            if isinstance(genes, str)
            else ["" if gene is None else str(gene) for gene in genes]
        )
        lines.append("\t".join([name, "", *cells]) + "\n")
    path = folder / "lists.gmt"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def on_the_command_line(data: Any, sets: Any, folder: Path) -> tuple[pd.DataFrame, str]:
    """Scores that `resistype score` wrote, and what it said; an error where it ended in one."""
    folder.mkdir()
    words = [
        "score",
        str(written(data, folder)),
        "--signatures",
        str(gmt(sets, folder)),
        "--jobs",
        "1",
    ]
    words += ["--method", "ssgsea", "--method", "singscore", "--out", str(folder / "out.tsv")]
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        try:
            main(words)
        except SystemExit as end:
            code = end.code
            if code and (code != 2 or (folder / "out.tsv").exists()):
                raise LookupError(f"ended with {code}, and may have left a file") from None
            if code:
                raise ValueError(said.getvalue().split("error: ", 1)[-1].strip()) from None
    found = pd.read_csv(folder / "out.tsv", sep="\t", index_col=0)
    cover = pd.read_csv(folder / "out.coverage.tsv", sep="\t", index_col=0)
    lost = cover[cover["found"] < cover["asked"]].index.tolist()
    told = [
        line for line in said.getvalue().splitlines() if "W" in line[:12] or "note" in line.lower()
    ]
    return found, "; ".join(told + [f"coverage: {one}" for one in lost])


@pytest.fixture(scope="module")
def wanted_in_file(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return on_the_command_line(clean(), lists(), tmp_path_factory.mktemp("clean") / "a")[0]


# A file of text holds neither types nor levels of names: these are whole in it, or another case.
NOT_IN_A_FILE = {
    *(
        "names of several levels",
        "a list of lists",
        "genes in rows",
        "an empty cell of text",
        "a list that is one text",
    ),
}


@pytest.mark.parametrize("name", [name for name in MATRICES if name not in NOT_IN_A_FILE])
def test_on_the_command_line(name: str, wanted_in_file: pd.DataFrame, tmp_path: Path) -> None:
    data, sets = MATRICES[name](clean(), lists())
    found = judge(lambda: on_the_command_line(data, sets, tmp_path / "a"), wanted_in_file)
    DONE["command line", name] = found

    assert found.kind != "silent", found
    assert found.kind != "error" or found.error == "ValueError", found
    if found.kind == "error":
        assert complete(found) == [], found.words
    if name in SAME:
        assert found.kind in {"same", "told"}, found


def test_figures() -> None:
    if len(DONE) < len(MATRICES):
        return
    for entry in ("python", "command line"):
        kinds = [one.kind for (where, _), one in DONE.items() if where == entry]
        told = {kind: kinds.count(kind) for kind in ("error", "told", "same", "silent")}
        record(f"bad matrices, {entry}", cases=len(kinds), **told)
