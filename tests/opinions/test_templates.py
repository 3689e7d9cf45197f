"""Templates and centroids: what is accepted, how genes are found, and what is said when they are
not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import CoverageWarning, SchemeError
from resistype.genes import GeneIndex
from resistype.library import Signature
from resistype.opinions.templates import match_centroids, match_templates, read_templates

MARKERS = {
    "hot": ("CD8A", "GZMA", "PRF1", "CXCL9", "IFNG"),
    "cold": ("MYC", "SOX2", "CTNNB1", "AXIN2", "LEF1"),
}
GENES = [*MARKERS["hot"], *MARKERS["cold"], "ACTB", "GAPDH"]
INDEX = GeneIndex(GENES)


def centroid_table(genes: list[str] | None = None) -> pd.DataFrame:
    names = genes or GENES[:10]
    up = np.arange(len(names), dtype=float)
    return pd.DataFrame({"hot": up, "cold": up[::-1]}, index=names)


SAME = {
    "mapping": MARKERS,
    "lists with repeats": {name: [*genes, genes[0]] for name, genes in MARKERS.items()},
    "table": pd.DataFrame(
        [(name, gene) for name, genes in MARKERS.items() for gene in genes],
        columns=["class", "gene"],
    ),
    "table of probes": pd.DataFrame(
        {"probe": [*MARKERS["hot"], *MARKERS["cold"]], "class": ["hot"] * 5 + ["cold"] * 5}
    ),
    "signatures": {
        name: Signature(id=name, name=name, up=genes) for name, genes in MARKERS.items()
    },
}


@pytest.mark.parametrize("templates", SAME.values(), ids=SAME.keys())
def test_the_same_templates_in_every_form(templates: Any) -> None:
    assert read_templates(templates) == MARKERS


def test_a_set_is_read_in_the_order_of_names() -> None:
    assert read_templates({"a": {"MYC", "B2M"}, "b": frozenset({"TP53"})}) == {
        "a": ("B2M", "MYC"),
        "b": ("TP53",),
    }


BAD_TEMPLATES: dict[str, tuple[Any, str]] = {
    "a list": (
        ["CD8A"],
        (
            "S121 Templates are a mapping of classes to genes, or a table with 'class' and 'gene';"
            " got list."
        ),
    ),
    "a class that is text": (
        {"hot": "CD8A", "cold": ["MYC"]},
        "S121 Templates: 1 problem\n  - class 'hot': wanted a list of genes, got str",
    ),
    "a class that is a number": (
        {"hot": 3, "cold": 4},
        (
            "S121 Templates: 2 problems\n  - class 'hot': wanted a list of genes, got int\n"
            "  - class 'cold': wanted a list of genes, got int"
        ),
    ),
    "one class": (
        {"hot": ["CD8A"]},
        "S121 Templates: 1 problem\n  - 1 class(es); a classifier compares at least 2",
    ),
    "an empty class": (
        {"hot": ["CD8A"], "cold": []},
        "S121 Templates: 1 problem\n  - class 'cold' has no marker gene",
    ),
    "a table of other columns": (
        pd.DataFrame({"a": [1], "b": [2]}),
        (
            "S121 A table of templates has the columns 'class' and 'gene' (or 'probe'); this one"
            " has: a, b."
        ),
    ),
    "a table with holes": (
        pd.DataFrame({"class": ["hot", None], "gene": ["CD8A", "MYC"]}),
        "S121 Table of templates: 1 row(s) without class or gene.",
    ),
}


@pytest.mark.parametrize(("templates", "message"), BAD_TEMPLATES.values(), ids=BAD_TEMPLATES.keys())
def test_bad_templates(templates: Any, message: str) -> None:
    with pytest.raises(SchemeError) as caught:
        read_templates(templates)

    assert str(caught.value) == message


def test_places_stand_class_after_class_in_the_order_of_gene_names() -> None:
    places, coverage = match_templates(MARKERS, INDEX)

    assert [GENES[column] for column in places.columns] == [
        *sorted(MARKERS["hot"]),
        *sorted(MARKERS["cold"]),
    ]
    assert places.sizes == (5, 5)
    assert coverage == {"hot": "5/5", "cold": "5/5"}


def test_places_do_not_depend_on_the_order_of_columns_or_markers() -> None:
    turned = GeneIndex(GENES[::-1])
    places, _ = match_templates({name: genes[::-1] for name, genes in MARKERS.items()}, turned)
    straight, _ = match_templates(MARKERS, INDEX)

    assert [turned.genes[c] for c in places.columns] == [INDEX.genes[c] for c in straight.columns]


def test_old_names_are_found() -> None:
    classes = {"a": ("WARS", "IL8", "CD8A", "GZMA", "PRF1"), "b": MARKERS["cold"]}
    places, coverage = match_templates(classes, GeneIndex([*GENES, "WARS1", "CXCL8"]))

    assert coverage["a"] == "5/5"
    assert places.columns.size == 10


def test_too_few_genes_are_refused_for_all_classes_at_once() -> None:
    classes = {
        "hot": ("CD8A", "GZMA", "X1", "X2", "X3"),
        "cold": ("MYC", "X4"),
        "third": MARKERS["cold"],
    }
    with pytest.raises(SchemeError) as caught:
        match_templates(classes, INDEX)

    assert (
        str(caught.value) == "S122 Too few genes for this classifier: 2 problems\n"
        "  - hot: 2 of 5 genes are in the data; at least half, and 2, are needed\n"
        "  - cold: 1 of 2 genes are in the data; at least half, and 2, are needed"
    )


WARNED = {
    "reduced coverage": (
        {"hot": (*MARKERS["hot"], "X1", "X2"), "cold": MARKERS["cold"]},
        "W201 Reduced coverage of 1 of 2 gene sets: hot 5/7. The labels rest on the genes found.",
    ),
    "few markers": (
        {"hot": MARKERS["hot"][:4], "cold": MARKERS["cold"]},
        "W202 Fewer than 5 marker genes for: hot 4. Labels from so few are unstable.",
    ),
    "shared markers": (
        {"hot": (*MARKERS["hot"], "MYC"), "cold": MARKERS["cold"]},
        (
            "W203 1 of 10 marker genes stand in more than one template (MYC); they cannot tell"
            " those classes apart."
        ),
    ),
}


@pytest.mark.parametrize(("classes", "message"), WARNED.values(), ids=WARNED.keys())
def test_warnings_about_genes(classes: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.warns(CoverageWarning) as caught:
        match_templates(classes, INDEX)

    assert [str(one.message) for one in caught] == [message]


def test_a_shared_gene_has_a_place_in_each_class() -> None:
    with pytest.warns(CoverageWarning, match="W203"):
        places, _ = match_templates(
            {"hot": (*MARKERS["hot"], "MYC"), "cold": MARKERS["cold"]}, INDEX
        )

    assert places.sizes == (6, 5)
    assert (places.columns == GENES.index("MYC")).sum() == 2


def test_centroids_are_taken_in_the_order_of_gene_names() -> None:
    columns, table, coverage = match_centroids(centroid_table(), INDEX)

    assert [GENES[column] for column in columns] == sorted(GENES[:10]) == list(table.index)
    assert coverage == "10/10"
    pd.testing.assert_frame_equal(table, centroid_table().sort_index())


def test_centroids_with_genes_that_are_absent() -> None:
    with pytest.warns(
        CoverageWarning, match="W201 Reduced coverage of 1 of 1 gene sets: centroids 10/13"
    ):
        columns, table, coverage = match_centroids(
            centroid_table([*GENES[:10], "X1", "X2", "X3"]), INDEX
        )

    assert len(columns) == len(table) == 10
    assert coverage == "10/13"


def _changed(**columns: Any) -> pd.DataFrame:
    return centroid_table().assign(**columns)


BAD_CENTROIDS: dict[str, tuple[Any, str]] = {
    "a mapping": (
        MARKERS,
        (
            "S121 method='centroid' needs a table of centroids, genes in rows and classes in"
            " columns; got dict. For lists of marker genes use method='ntp'."
        ),
    ),
    "a table of templates": (
        SAME["table"],
        (
            "S121 Centroids: 1 problem\n  - not numbers: class, gene; for lists of marker genes use"
            " method='ntp'"
        ),
    ),
    "missing values": (
        _changed(hot=[np.nan, *range(9)]),
        (
            "S121 Centroids: 1 problem\n  - missing or infinite values; give centroids for whole"
            " genes only"
        ),
    ),
    "one class": (
        centroid_table()[["hot"]],
        "S121 Centroids: 1 problem\n  - 1 class(es); a classifier compares at least 2",
    ),
    "a gene twice": (
        centroid_table(["CD8A", "CD8A", "GZMA"]),
        "S121 Centroids: 1 problem\n  - gene given more than once: CD8A",
    ),
    "a class twice": (
        centroid_table().set_axis(["hot", "hot"], axis=1),
        "S121 Centroids: 1 problem\n  - class given more than once: hot",
    ),
    "a flat class": (
        _changed(cold=2.0),
        "S121 Centroids: 1 problem\n  - centroid 'cold' has the same value at every gene found",
    ),
    "genes of something else": (
        centroid_table(["X1", "X2", "X3", "CD8A"]),
        (
            "S122 Too few genes for this classifier: 1 problem\n"
            "  - centroids: 1 of 4 genes are in the data; at least half, and 3, are needed"
        ),
    ),
}


@pytest.mark.parametrize(("centroids", "message"), BAD_CENTROIDS.values(), ids=BAD_CENTROIDS.keys())
def test_bad_centroids(centroids: Any, message: str) -> None:
    with pytest.raises(SchemeError) as caught:
        match_centroids(centroids, INDEX)

    assert str(caught.value) == message
