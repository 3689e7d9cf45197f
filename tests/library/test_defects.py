"""The defects of public collections, each rebuilt as a small file: `check` finds it with the
message that helps.

Numbers are those of the list of defects in the survey behind the library: reversed pairs, swapped
lists, weights in another order, typed and glued symbols, dates of a spreadsheet, names of people,
placeholders, one gene twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resistype.library import Library, check_library, check_paths, load_library, to_toml
from resistype.library.check import Finding

LIBRARY = load_library()
IMPRES = LIBRARY["impres_pairs"]
TABLE_84, TABLE_630 = LIBRARY["cartex_84"], LIBRARY["cartex_630"]
EXPANDED = LIBRARY["compass_ayers_ifng18"].genes
TIS = LIBRARY["ayers_tis_weighted"].genes
NAMES = (
    "BTLA CD200 CD200R1 CD27 CD274 CD276 CD28 CD40 CD40LG CD70 CD80 CD86 CEACAM1 CTLA4 HAVCR2 ICOS"
    " ICOSLG IDO1 LAG3 LGALS9 PDCD1 PDCD1LG2 TIGIT TNFRSF14 TNFRSF18 TNFRSF4 TNFRSF9 TNFSF4"
)
CHECKPOINTS = NAMES.split(" ")


def gmt(name: str, *genes: str, about: str = "from a paper") -> str:
    return "\t".join([name, about, *genes]) + "\n"


def weights_table(genes: list[str], weights: list[float], *, end: str = "\n") -> str:
    return end.join(
        [
            ",weights",
            *(f"{gene},{weight!r}" for gene, weight in zip(genes, weights, strict=True)),
            "",
        ]
    )


def reversed_impres() -> str:
    turned = IMPRES.model_copy(
        update={"id": "impres_reversed", "pairs": tuple((b, a) for a, b in IMPRES.pairs or ())}
    )
    return to_toml(turned)


def shuffled_84(*, end: str = "\n") -> str:
    genes = list(TABLE_84.genes)
    weights = [TABLE_84.weights[gene] for gene in genes]  # type: ignore[index]
    return weights_table(genes, weights[1:] + weights[:1], end=end)


def sets_csv(name: str, rows: list[tuple[str, str, str]]) -> str:
    """Rows of gene, weight and Entrez id as SignatureSets stores them."""
    lines = ["signature_name,gene_id,gene_type,gene_name,weight,entrez_id"]
    lines += [f"{name},,protein_coding,{gene},{weight},{entrez}" for gene, weight, entrez in rows]
    return "\n".join(lines) + "\n"


IMPRES_28 = sets_csv(
    "IMPRES_Auslander", [(g, "1" if n < 10 else "-1", "1") for n, g in enumerate(CHECKPOINTS)]
)
TWICE = sets_csv(
    "Twice_Somebody", [("B2M", "1", "567"), ("TAP1", "1", "6890"), ("B2M", "1", "567")]
)
NO_ENTREZ = sets_csv(
    "MHC_Somebody", [("HLA-DQA1", "1", ""), ("HLA-DRA", "1", "NA"), ("CD74", "1", "972")]
)

# name of the defect: file, content, code, what the message must say
DEFECTS = {
    "1 pairs the other way round": (
        "impres_reversed.toml",
        reversed_impres(),
        "L305",
        "15 of 15 pairs are those of impres_pairs the other way round",
    ),
    "1 checkpoint genes under the name of the pairs": (
        "impres.csv",
        IMPRES_28,
        "L305",
        (
            "its name is that of impres_pairs, which counts ordered pairs of genes; this list of 28"
            " genes has none"
        ),
    ),
    "2 expanded immune sold as T-cell-inflamed": (
        "iobr.gmt",
        gmt("T_cell_inflamed_GEP_Ayers", *EXPANDED),
        "L306",
        (
            "its name is like that of ayers_tis_weighted (0.24 Jaccard), but its genes are those of"
            " compass_ayers_ifng18"
        ),
    ),
    "2 seventeen of eighteen genes": (
        "irg.gmt",
        gmt("IRG_Ayers", *(gene for gene in TIS if gene != "LAG3")),
        "L301",
        "nearly the same set as ayers_tis_weighted: 17 genes shared, Jaccard 0.94; it lacks LAG3.",
    ),
    "3 weights in another order": (
        "cartex-84-weights.csv",
        shuffled_84(),
        "L304",
        "the weights of 84 genes are those of cartex_630 in another order (r = ",
    ),
    "3 bare carriage returns": (
        "cartex-200-weights.csv",
        shuffled_84(end="\r"),
        "L210",
        "lines end with a bare carriage return",
    ),
    "4 an old name": (
        "winter.gmt",
        gmt("Winter", "VEGF", "GLUT1", "PDK-1", "EN01"),
        "L102",
        "'GLUT1' is an earlier symbol of SLC2A1",
    ),
    "4 a typed zero": (
        "winter.gmt",
        gmt("Winter", "VEGF", "EN01"),
        "L106",
        "'EN01' is no symbol; ENO1 is, and",
    ),
    "4 two symbols glued": (
        "hu.gmt",
        gmt("Hu", "PLODDDIT4"),
        "L105",
        "two symbols glued together: PLOD and DDIT4",
    ),
    "5 a serial number": (
        "mp.gmt",
        gmt("MP", "44443"),
        "L104",
        "'44443' is a date that a spreadsheet made of SEPTIN4",
    ),
    "5 another one": (
        "mp.gmt",
        gmt("MP", "44447"),
        "L104",
        "'44447' is a date that a spreadsheet made of SEPTIN8",
    ),
    "5 a serial of March": (
        "tn.gmt",
        gmt("Tn", "44448"),
        "L104",
        "'44448' is a date that a spreadsheet made of",
    ),
    "5 a day of March": ("riaz.gmt", gmt("Riaz", "1-Mar"), "L104", "made of MARCHF1 or MTARC1"),
    "5 a day of September": (
        "riaz.gmt",
        gmt("Riaz", "1-Sep", "3-Sep"),
        "L104",
        "'3-Sep' is a date that a spreadsheet",
    ),
    "5 all in capitals": (
        "mp.gmt",
        gmt("MP", "C6ORF48"),
        "L102",
        "'C6ORF48' is an earlier symbol of",
    ),
    "6 an author for a name": (
        "peng.gmt",
        gmt("Peng_et_al", "TIGIT", "CTLA4"),
        "L207",
        "authors share names",
    ),
    "7 asdf": (
        "lcmv.gmt",
        gmt("A", "Tox", "Pdcd1", about="asdf"),
        "L208",
        "the description 'asdf' says nothing",
    ),
    "7 sdff": (
        "lcmv.gmt",
        gmt("A", "Tox", "Pdcd1", about="sdff"),
        "L208",
        "the description 'sdff' says nothing",
    ),
    "7 fff": (
        "lcmv.gmt",
        gmt("A", "Tox", "Pdcd1", about="fff"),
        "L208",
        "the description 'fff' says nothing",
    ),
    "8 a gene twice in a table": (
        "twice.csv",
        TWICE,
        "L110",
        "'B2M' is there twice: both are B2M. Keep one.",
    ),
    "8 no Entrez id": (
        "mhc.csv",
        NO_ENTREZ,
        "L112",
        "2 rows lack an Entrez id (HLA-DQA1, HLA-DRA).",
    ),
    "8 the template of a licence": (
        "template.toml",
        to_toml(LIBRARY["mhc1_core"].model_copy(update={"id": "template"})).replace(
            LIBRARY["mhc1_core"].source.licence,
            "`use_mit_license()`, `use_gpl3_license()` or friends to pick a license",
        ),
        "L209",
        "the licence is the text of a template",
    ),
    "9 one gene under two names": (
        "mhc.gmt",
        gmt("Checkpoints", "VSIR", "C10orf54"),
        "L110",
        "'C10orf54' is there as 'VSIR': both are VSIR. Keep one.",
    ),
    "9 eight genes or seven": (
        "mhci.gmt",
        gmt("MHCI", *(gene for gene in LIBRARY["mhc1_core"].genes if gene != "NLRC5")),
        "L301",
        "nearly the same set as mhc1_core: 7 genes shared, Jaccard 0.88; it lacks NLRC5",
    ),
    "10 a short list called TIDE": (
        "tide.gmt",
        gmt("TIDE_dysfunction_top50", "TIGIT", "CTLA4", "LAG3"),
        "L307",
        "TIDE is the correlation of a sample with a vector over all genes",
    ),
}


@pytest.mark.parametrize(("name", "text", "code", "message"), DEFECTS.values(), ids=DEFECTS)
def test_each_defect_of_the_public_collections_is_found(
    name: str, text: str, code: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")

    findings = check_paths([path])

    assert [
        item.message for item in findings if item.code == code and message in item.message
    ] != []


def test_the_shipped_library_has_none_of_them() -> None:
    found = [
        item
        for item in check_library()
        if item.severity != "note" or item.code in ("L304", "L305", "L306")
    ]

    assert found == []


def test_the_same_weights_are_no_defect(tmp_path: Path) -> None:
    path = tmp_path / "cartex-84.csv"
    genes = list(TABLE_84.genes)
    path.write_text(
        weights_table(genes, [TABLE_84.weights[gene] for gene in genes]), encoding="utf-8"
    )  # type: ignore[index]

    assert "L304" not in {item.code for item in check_paths([path])}


def test_weights_of_another_study_are_no_defect(tmp_path: Path) -> None:
    text = weights_table(["B2M", "TAP1", "TAP2", "HLA-A", "HLA-B"], [1.0, 2.0, 3.0, 4.0, 5.0])
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")

    assert "L304" not in {item.code for item in check_paths([tmp_path / "mine.csv"])}


def test_weights_that_have_little_to_do_with_the_siblings(tmp_path: Path) -> None:
    genes = list(TABLE_84.genes)
    (tmp_path / "own.csv").write_text(
        weights_table(genes, [float(n) for n in range(84)]), encoding="utf-8"
    )

    found = [item.message for item in check_paths([tmp_path / "own.csv"]) if item.code == "L304"]

    assert len(found) == 2
    assert "84 of 84 weights differ from those of cartex_630" in found[0]


@pytest.mark.parametrize(
    ("gene", "severity"),
    [("TRBV11-1", "warning"), ("IGHV3-23", "warning"), ("TRAC", "note"), ("IGHG1", "note")],
)
def test_receptor_genes_are_named(gene: str, severity: str, tmp_path: Path) -> None:
    (tmp_path / "t.gmt").write_text(gmt("Clones", "CD8A", gene), encoding="utf-8")

    found = [item for item in check_paths([tmp_path / "t.gmt"]) if item.code == "L111"]

    assert [(item.severity, item.message.startswith(gene)) for item in found] == [(severity, True)]


@pytest.mark.parametrize(
    "gene", ["TRAF3", "TRAP1", "TRAT1", "IGHMBP2", "IGKV", "TRDMT1", "IGLL5", "TRA2B", "IGHA"]
)
def test_genes_that_only_begin_like_receptors(gene: str, tmp_path: Path) -> None:
    (tmp_path / "t.gmt").write_text(gmt("Set", gene), encoding="utf-8")

    assert "L111" not in {item.code for item in check_paths([tmp_path / "t.gmt"])}


@pytest.mark.parametrize(
    "text", ["Genes of the glass flask", "http://www.gsea-msigdb.org", "MHC", "hypoxia", "mhc"]
)
def test_honest_descriptions_pass(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.gmt").write_text(gmt("Set", "B2M", about=text), encoding="utf-8")

    assert "L208" not in {item.code for item in check_paths([tmp_path / "t.gmt"])}


def test_a_new_interferon_list_is_told_what_the_schemes_count_elsewhere(tmp_path: Path) -> None:
    text = to_toml(
        LIBRARY["hallmark_interferon_gamma_response"].model_copy(update={"id": "my_ifn"})
    )
    folder = tmp_path / "ifng"
    folder.mkdir()
    (folder / "my_ifn.toml").write_text(text, encoding="utf-8")

    found = [item.message for item in check_paths([folder]) if item.code == "L303"]

    assert any(
        "acquired_resistance other axes count the same genes" in text and "mhc1_core" in text
        for text in found
    )


def test_old_spellings_do_not_hide_a_near_duplicate(tmp_path: Path) -> None:
    old = {"RIGI": "DDX58", "WARS1": "WARS", "MARCHF1": "MARCH1", "TMT1B": "METTL7B"}
    genes = [old.get(gene, gene) for gene in LIBRARY["hallmark_interferon_gamma_response"].genes]
    (tmp_path / "ifn.gmt").write_text(gmt("IFN", *genes), encoding="utf-8")

    messages = [item.message for item in check_paths([tmp_path / "ifn.gmt"]) if item.code == "L301"]

    assert any(
        "hallmark_interferon_gamma_response: 200 genes shared, Jaccard 1.00" in text
        for text in messages
    )


def test_files_checked_together_are_compared_with_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.gmt").write_text(
        gmt("one", "GZMB", "TOX") + gmt("two", "TOX", "GZMB"), encoding="utf-8"
    )

    findings = check_paths([tmp_path / "a.gmt"], library=Library())

    assert [item.line for item in findings if item.code == "L301"] == [1, 2]


def test_every_finding_becomes_json() -> None:
    finding = Finding("a.toml", 3, "error", "L102", "text")

    assert json.loads(json.dumps(finding.to_json())) == {
        "file": "a.toml",
        "line": 3,
        "severity": "error",
        "code": "L102",
        "message": "text",
    }
