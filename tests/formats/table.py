"""The table of expectations of file layouts: what must be read, and how; what must be refused, and
with which words.

`python -m tests.formats.table` prints every row with its result and ends with 1 where one is not as
expected. The files of `shared/data/formats` are made anew in a temporary folder;
`tests/formats/make`
adds more layouts to them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.errors import ResistypeError
from resistype.expression import read_expression
from resistype.samples import pair_samples, read_samples

ROOT = Path(__file__).parents[2]
TOLD = "\n".join
# What of a row is not looked for: conditions in words, which a test of their own holds.
OWN_TEST = re.compile(r"; never .*|^or refuse.*|^also accepted.*|^says that.*|^--samples.*")


@dataclass(frozen=True)
class Result:
    """One row of the table: the file, what was asked, what came, and why that is not the same."""

    file: str
    wanted: str
    got: str
    complaints: tuple[str, ...]


def shared_folder() -> Path:
    """Folder of the real cohorts."""
    return Path(os.environ.get("RESISTYPE_SHARED", ROOT.parent / "shared"))


def make(shared: Path, out: Path) -> pd.DataFrame:
    """Write the files of the shared generator; its table."""
    spec = importlib.util.spec_from_file_location(
        "make_files", shared / "data" / "formats" / "make_files.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    riaz = shared / "data" / "riaz_pairs"
    module.main(
        str(riaz / "counts.symbols.parquet"),
        str(riaz / "samples.tsv"),
        str(shared / "genes" / "hgnc.tsv.gz"),
        str(out),
    )
    return pd.read_csv(out / "expected.tsv", sep="\t", dtype=str, keep_default_na=False)


def check(folder: Path, row: pd.Series) -> Result:
    """Read one file and compare with its row."""
    path = folder / row["file"]
    wanted = f"{row['outcome']} {row['unit']}".strip()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            if "--samples" in row["layout"]:
                got, complaints = _samples(path, row)
            else:
                got, complaints = _matrix(path, row, seen)
        except ResistypeError as error:
            got, complaints = f"refuse {error.code}", _refusal(str(error), row)
        except Exception as error:  # noqa: BLE001  another error is a fault, whatever it is
            got, complaints = f"fault {type(error).__name__}", [str(error)[:200]]
    return Result(row["file"], wanted, got, tuple(complaints))


def _matrix(
    path: Path, row: pd.Series, seen: list[warnings.WarningMessage]
) -> tuple[str, list[str]]:
    data = read_expression(path)
    got = f"read {data.unit}"
    told = TOLD([*data.notes, *(str(one.message) for one in seen)])
    if row["outcome"] == "refuse" and "reading it is as good" not in row["remedy"]:
        return got, [f"read as {data!r}, and was to be refused"]
    complaints = []
    for what, is_there in (
        ("unit", data.unit),
        ("n_samples", str(data.n_obs)),
        ("n_genes", str(data.n_genes)),
        ("first_sample", data.samples[0]),
    ):
        if row[what] and row[what] != is_there:
            complaints.append(f"{what} {is_there}, not {row[what]}")
    if row["b2m_first"]:
        match = data.index.match(["B2M"])
        first = data.restrict(match.found).values
        value = float(np.asarray(first.todense() if hasattr(first, "todense") else first)[0, 0])
        if not np.isclose(value, float(row["b2m_first"]), rtol=2e-3):
            complaints.append(f"B2M of the first sample is {value:g}, not {row['b2m_first']}")
    if row["must_say"] and not re.search(row["must_say"], told, re.IGNORECASE):
        complaints.append(f"does not say /{row['must_say']}/")
    return got, complaints


def _samples(path: Path, row: pd.Series) -> tuple[str, list[str]]:
    table = read_samples(path, sample="SAMPLE_ID")
    pairs = pair_samples(table, patient="PATIENT_ID", timepoint="TIMEPOINT", baseline="Pre").pairs
    complaints = []
    if (len(table), table.index[0]) != (int(row["n_samples"]), row["first_sample"]):
        complaints.append(f"{len(table)} samples, the first {table.index[0]}")
    if len(pairs) != 6:
        complaints.append(f"{len(pairs)} pairs, not 6")
    return "read", complaints


def _refusal(message: str, row: pd.Series) -> list[str]:
    may = row["remedy"].startswith("or refuse")
    if row["outcome"] == "read" and not may:
        return [f"refused: {message[:160]}"]
    words = row["remedy"].removeprefix("or refuse: ") if may else OWN_TEST.sub("", row["remedy"])
    wanted = [words] if may else [row["must_say"], words]
    return [
        f"the refusal does not say /{word}/: {message[:160]}"
        for word in wanted
        if word and not re.search(word, message, re.IGNORECASE | re.DOTALL)
    ]


def results(shared: Path, out: Path) -> Iterator[Result]:
    """Each row of the table with what became of it."""
    for _, row in make(shared, out).iterrows():
        yield check(out, row)


def main() -> int:
    """Print the table."""
    wrong = n = 0
    with tempfile.TemporaryDirectory() as folder:
        for one in results(shared_folder(), Path(folder)):
            n += 1
            wrong += bool(one.complaints)
            verdict = "; ".join(one.complaints) or "as expected"
            sys.stdout.write(f"{one.file}\t{one.wanted}\t{one.got}\t{verdict}\n")
    sys.stdout.write(f"{n - wrong} of {n} as expected\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
