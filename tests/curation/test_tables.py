"""Tables of differential expression: columns of five programs, filters, and what goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.curation import Filters, draft_de
from resistype.curation.derive import filter_text, strongest
from resistype.errors import SignatureError

GENES = ["TOX", "LAG3", "B2M", "IL7R", "TCF7"]
EFFECTS = [3.0, 1.5, 0.2, -2.0, -0.5]
PADJ = [0.001, 0.01, 0.001, 0.001, 0.5]

PROGRAMS = {
    "DESeq2": pd.DataFrame({"log2FoldChange": EFFECTS, "padj": PADJ}, index=GENES),
    "edgeR": pd.DataFrame({"logFC": EFFECTS, "FDR": PADJ}, index=GENES),
    "limma": pd.DataFrame({"ID": GENES, "logFC": EFFECTS, "adj.P.Val": PADJ}),
    "Seurat": pd.DataFrame(
        {"gene": GENES, "avg_log2FC": EFFECTS, "p_val_adj": PADJ, "pct.1": [0.9] * 5}
    ),
    "scanpy": pd.DataFrame({"names": GENES, "logfoldchanges": EFFECTS, "pvals_adj": PADJ}),
}


@pytest.mark.parametrize("table", PROGRAMS.values(), ids=PROGRAMS)
def test_every_program_is_understood(table: pd.DataFrame) -> None:
    made = draft_de(table, "late", filters=Filters(down=True))

    assert (made.signature.up, made.signature.down) == (("TOX", "LAG3"), ("IL7R",))
    assert made.signature.status == "proxy"


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_files_of_any_separator(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "de.txt"
    PROGRAMS["DESeq2"].to_csv(path, sep=separator)

    made = draft_de(path, "late")

    assert made.signature.up == ("TOX", "LAG3")
    assert made.signature.source.path == "de.txt"
    assert "effect ≥ 1 log2, fdr ≤ 0.05" in made.signature.source.note


@pytest.mark.parametrize(
    ("filters", "genes"),
    [
        (Filters(), ("TOX", "LAG3")),
        (Filters(effect=2), ("TOX",)),
        (Filters(fdr=0.005), ("TOX",)),
        (Filters(effect=0), ("TOX", "LAG3", "B2M")),
        (Filters(top=1), ("TOX",)),
    ],
)
def test_filters(filters: Filters, genes: tuple[str, ...]) -> None:
    assert draft_de(PROGRAMS["limma"], "late", filters=filters).signature.up == genes


def test_detection_counts_where_it_is_told() -> None:
    table = PROGRAMS["Seurat"].assign(**{"pct.1": [0.9, 0.1, 0.9, 0.9, 0.9]})

    assert draft_de(table, "late").signature.up == ("TOX",)


def test_own_fields_and_note_are_kept() -> None:
    made = draft_de(
        PROGRAMS["limma"], "late", fields={"status": "secondary", "source": {"note": "Ours."}}
    )

    assert made.signature.status == "secondary"
    assert made.signature.source.note.startswith(
        "Ours. Made from a table of differential expression: effect"
    )


def test_old_symbols_are_updated_on_the_way() -> None:
    table = pd.DataFrame({"gene": ["WARS", "DDX58"], "logFC": [2.0, 3.0], "FDR": [0.0, 0.0]})

    made = draft_de(table, "x")

    assert made.signature.up == ("RIGI", "WARS1")
    assert made.notes == ("2 names were updated: DDX58 → RIGI, WARS → WARS1.",)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"gene": GENES, "padj": PADJ},
            "no column for effect among gene, padj. Name one (effect: log2foldchange",
        ),
        ({"gene": GENES, "logFC": EFFECTS}, "no column for fdr among gene, logFC."),
        ({"colour": GENES}, "no column for gene, effect, fdr among colour."),
    ],
)
def test_missing_columns_are_named(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        draft_de(pd.DataFrame(columns), "x")
    assert caught.value.code == "E211"


@pytest.mark.parametrize("content", ["", "\n\n", '"gene,"\n"unclosed'])
def test_what_is_no_table(content: str, tmp_path: Path) -> None:
    path = tmp_path / "de.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(SignatureError) as caught:
        draft_de(path, "x")
    assert caught.value.code == "E207"


def test_no_gene_passes() -> None:
    with pytest.raises(SignatureError, match="No gene of 5 passes the filters") as caught:
        draft_de(PROGRAMS["limma"], "x", filters=Filters(effect=10))
    assert caught.value.code == "E212"
    assert (
        "4 have fdr ≤ 0.05, 0 an effect ≥ 10, 5 enough detection. Loosen one of them."
        in caught.value.message
    )


def test_missing_values_never_pass() -> None:
    table = PROGRAMS["limma"].assign(**{"adj.P.Val": [np.nan, 0.01, "NA", 0.001, 0.5]})

    assert draft_de(table, "x", filters=Filters(effect=0)).signature.up == ("LAG3",)


def test_ties_are_broken_by_name() -> None:
    values = pd.DataFrame(
        {"effect": [2.0, 2.0, 2.0], "fdr": [0.0, 0.0, 0.0]}, index=["TOX", "B2M", "LAG3"]
    )

    assert strongest(values, Filters())[0] == ["B2M", "LAG3", "TOX"]


def test_what_the_table_does_not_tell_is_not_claimed() -> None:
    silent, telling = (
        draft_de(PROGRAMS[name], "x").signature.source.note for name in ("limma", "Seurat")
    )

    assert silent.endswith("; the table tells no detection.")
    assert "detected in" not in silent
    assert "detected in ≥ 50% of the case" in telling


def test_the_filters_in_words() -> None:
    assert filter_text(Filters(down=True)).endswith("at most 200 genes a direction, up and down")


def test_the_largest_effect_comes_first() -> None:
    assert draft_de(PROGRAMS["edgeR"].iloc[::-1], "x").signature.up == ("TOX", "LAG3")
