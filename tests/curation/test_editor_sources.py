"""Where genes come from: files as text, comparisons; hostile ones are refused with a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.curation.cohort import CohortData
from resistype.curation.derive import Contrast
from resistype.curation.draft import Filters
from resistype.curation.editor import from_contrast, from_file
from resistype.errors import SamplesError, SignatureError
from resistype.library import Signature, load_library, to_toml
from tests.widgets.hostile import HOSTILE

NONE = Filters()
DE = (
    "gene,log2FoldChange,padj\nTOX,2.5,0.001\nWARS,2,0.001\nIL7R,-3,0.0001\n"
    "STRA13,1.5,0.01\nB2M,0.1,0.9\n"
)


def test_a_signature_comes_with_its_evidence() -> None:
    made = Signature(
        id="m", name="M", up=("B2M",), down=("IL7R",), evidence={"B2M": {"pmid": "1", "note": "n"}}
    )
    rows, notes = from_file("m.toml", to_toml(made), filters=NONE)

    assert [(row.name, row.direction, row.citation, row.note) for row in rows] == [
        ("B2M", "up", "1", "n"),
        ("IL7R", "down", "", ""),
    ]
    assert notes == ["Genes of m@1.0.0."]


def test_every_shipped_file_can_be_added() -> None:
    for signature in list(load_library().values())[:20]:
        rows, _ = from_file("x.TOML", to_toml(signature), filters=NONE)
        assert [row.name for row in rows] == list(signature.genes)


def test_a_gmt_of_one_set() -> None:
    rows, _ = from_file("x.gmt", "MINE\tna\tB2M\tTAP1\n", filters=NONE)

    assert [row.name for row in rows] == ["B2M", "TAP1"]


def test_a_table_of_differential_expression_is_filtered() -> None:
    rows, notes = from_file("de.csv", DE, filters=Filters(down=True))

    assert [(row.name, row.direction) for row in rows] == [
        ("TOX", "up"),
        ("WARS", "up"),
        ("STRA13", "up"),
        ("IL7R", "down"),
    ]
    assert notes == [
        (
            "4 of 5 genes of a table: effect ≥ 1 log2, fdr ≤ 0.05, at most 200 genes a direction,"
            " up and down."
        )
    ]
    assert rows[0].note == "differential expression: +2.50 log2, fdr 1.0e-03"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_table_may_have_any_separator_and_a_mark_before_it(separator: str) -> None:
    rows, _ = from_file("de.tsv", "\ufeff" + DE.replace(",", separator), filters=Filters(top=1))

    assert [row.name for row in rows] == ["TOX"]


def test_a_text_of_names_with_weights() -> None:
    rows, notes = from_file("list.txt", "TOX\t1.5\nIL7R-\n", filters=NONE)

    assert [(row.name, row.direction, row.weight) for row in rows] == [
        ("TOX", "up", 1.5),
        ("IL7R", "down", None),
    ]
    assert notes == ["2 names of a text."]


BAD = {
    "another kind": ("x.py", "print(1)", "E207 'x.py' has 8 characters; a file of .toml"),
    "no suffix": ("../../etc/passwd", "root", "E207 '../../etc/passwd' has 4 characters"),
    "too large": ("x.txt", "TOX\n" * 600_000, "E207 'x.txt' has 2,400,000 characters"),
    "no TOML": ("x.toml", "= 1", "E207 The file is no signature: not valid TOML"),
    "two sets": (
        "x.gmt",
        "A\tna\tB2M\nB\tna\tTAP1\n",
        r"E207 .*it holds 2 sets \(A, B\); give a file of one",
    ),
    "no set": ("x.gmt", "", "E207 The file cannot be used"),
    "none passes": ("x.csv", DE.replace(",0.", ",0.9"), "E212 No gene of 5 passes"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_used_is_told(name: str, text: str, message: str) -> None:
    with pytest.raises(SignatureError, match=message):
        from_file(name, text, filters=NONE)


@pytest.mark.parametrize("suffix", [".toml", ".gmt", ".json", ".csv", ".txt"])
@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_names_or_refused(word: str, suffix: str) -> None:
    try:
        rows, _ = from_file(f"{word[:40]}{suffix}", word, filters=NONE)
    except SignatureError:
        return  # refused with a sentence
    assert all(0 < len(row.name) <= 5100 for row in rows)


def cohort() -> CohortData:
    rng = np.random.default_rng(0)
    names = [f"s{i}" for i in range(12)]
    values = pd.DataFrame(
        rng.normal(5, 0.2, (12, 4)), index=names, columns=["TOX", "WARS", "IL7R", "B2M"]
    )
    values.iloc[:6, :2] += 3
    values.iloc[:6, 2] -= 3
    table = pd.DataFrame({"state": ["late"] * 6 + ["memory"] * 6}, index=names)
    return CohortData(values, table)


def test_genes_that_tell_two_groups_apart_come_with_their_figures() -> None:
    rows, notes = from_contrast(
        cohort(),
        Contrast(case="state=late", controls=("state=memory",)),
        filters=Filters(down=True),
    )

    assert sorted((row.name, row.direction) for row in rows) == [
        ("IL7R", "down"),
        ("TOX", "up"),
        ("WARS1", "up"),
    ]
    assert all(
        "state=late against state=memory" in row.note and "log2, fdr" in row.note for row in rows
    )
    assert not any("nan" in row.note for row in rows)
    assert notes[-1] == "From these samples: scores of them cannot confirm it."


def test_a_group_that_is_not_there_is_told() -> None:
    with pytest.raises(SamplesError, match="E920 Column 'state' has no sample with young"):
        from_contrast(
            cohort(), Contrast(case="state=young", controls=("state=memory",)), filters=NONE
        )
