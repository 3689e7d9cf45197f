"""The library: look-up by id and version, selection, what a user may pass, and what the shipped
one holds.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.errors import SignatureError
from resistype.genes import GeneIndex, resolve
from resistype.genes.names import gene_table
from resistype.library import Library, Signature, load_library, read_signatures, write_toml
from resistype.library.library import _shipped, evaluate
from resistype.resources import signatures_dir

RECOMMENDED = 67
ALSO = {
    "mhc1_core",
    "hallmark_oxidative_phosphorylation",
    "ss_cyt_davoli",
    "ss_cyt_rooney",
    "imv_cd_8_t_effector",
    "hallmark_ifng_without_ap",
    "isg_rs_unshared",
    "isg_core",
    "dysfunction_core",
}


def make(key: str, version: str = "1.0.0", *genes: str) -> Signature:
    return Signature(id=key, version=version, name=key, up=genes or ("B2M",))


def test_the_shipped_library_holds_what_it_should() -> None:
    library = load_library()

    assert len(library) >= 90
    assert set(library) >= ALSO
    assert list(library) == sorted(library)


def test_every_shipped_human_gene_is_an_approved_symbol() -> None:
    approved = gene_table().approved
    wrong = {
        key: sorted(set(item.genes) - approved)
        for key, item in load_library().items()
        if item.species == "human" and not set(item.genes) <= approved
    }

    assert wrong == {}


def test_every_shipped_signature_says_where_it_comes_from() -> None:
    for item in load_library().values():
        assert item.description, item.id
        assert item.source.licence, item.id
        assert item.source.citation, item.id


def test_nothing_is_verified_whose_identifiers_are_from_memory() -> None:
    for item in load_library().values():
        assert item.status != "verified" or item.source.identifier_status == "given", item.id


def test_proxies_are_called_proxies() -> None:
    library = load_library()
    own = [
        item for item in library.values() if item.derived_from or "OUR proxy" in item.source.note
    ]

    assert {item.id for item in own} >= {
        "lombardi_pref_proxy",
        "texpsr_er_proxy",
        "hallmark_ifng_without_ap",
    }
    assert {item.status for item in own} == {"proxy"}


@pytest.mark.parametrize(
    ("key", "n_genes"),
    [
        ("hallmark_interferon_gamma_response", 200),
        ("hallmark_ifng_without_ap", 191),
        ("isg_rs_unshared", 14),
        ("benci_isg_rs", 38),
        ("mhc1_core", 8),
        ("isg_core", 42),
        ("dysfunction_core", 30),
        ("ayers_tis_weighted", 18),
    ],
)
def test_sizes_that_the_schemes_rely_on(key: str, n_genes: int) -> None:
    assert len(load_library()[key]) == n_genes


def test_derived_sets_are_what_their_algebra_gives() -> None:
    library = load_library()
    derived = [item for item in library.values() if item.derived_from]

    assert len(derived) >= 2
    for item in derived:
        assert set(item.genes) == set(evaluate(item.derived_from, library)), item.id


def test_the_interferon_axis_shares_no_gene_with_antigen_presentation() -> None:
    library = load_library()
    axis = set(library["hallmark_ifng_without_ap"].genes)

    assert axis.isdisjoint(library["mhc1_core"].genes)
    assert axis.isdisjoint(library["aps18_wang"].genes)


def test_what_the_note_of_the_dysfunction_core_says_about_shared_genes() -> None:
    library = load_library()
    core = library["dysfunction_core"]
    shared = sorted(set(core.genes) & set(library["hallmark_ifng_without_ap"].genes))

    assert {"HLA-DRB6", "CD8A"}.isdisjoint(core.genes)
    assert f"Shared with hallmark_ifng_without_ap: {', '.join(shared)}." in core.source.note
    assert set(core.genes).isdisjoint(library["ss_cyt_davoli"].genes)


def test_weights_and_pairs_are_kept() -> None:
    library = load_library()

    assert library["ayers_tis_weighted"].weights["CD276"] < 0  # type: ignore[index]
    assert library["impres_pairs"].pairs[0] == ("PDCD1", "TNFSF4")  # type: ignore[index]
    assert library["cartex_84"].weights.items() <= library["cartex_630"].weights.items()  # type: ignore[union-attr]


def test_symbol_updates_lead_to_genes_of_the_set() -> None:
    for item in load_library().values():
        assert set(item.symbol_updates.values()) <= set(item.genes), item.id


def test_dropped_names_mean_nothing_today() -> None:
    for item in load_library().values():
        assert set(item.dropped).isdisjoint(item.genes)
        assert all(found.status != "approved" for found in resolve(item.dropped)), item.id


def test_what_was_released_has_not_changed() -> None:
    library = load_library()
    lines = (signatures_dir() / "released.tsv").read_text(encoding="ascii").splitlines()
    released = dict(line.split("\t") for line in lines)

    assert len(released) >= RECOMMENDED + len(ALSO)
    assert {ref: library[ref].content_hash for ref in released} == released


def test_mouse_sets_are_marked() -> None:
    mouse = [item for item in load_library().values() if item.species == "mouse"]

    assert len(mouse) >= 6
    assert all(item.up[0] not in gene_table().approved for item in mouse)


def test_loading_happens_once() -> None:
    times = []
    for _ in range(3):
        _shipped.cache_clear()
        start = time.perf_counter()
        load_library()
        times.append(time.perf_counter() - start)

    print(f"the library is loaded in {min(times):.3f} s")
    assert load_library() is load_library()


def test_importing_it_reads_nothing_heavy() -> None:
    code = (
        "import sys, resistype.library\nprint(*[m for m in"
        " ('scanpy','gseapy','numba','matplotlib','anndata','scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


# look-up


def test_the_newest_version_answers_to_the_id() -> None:
    library = Library([make("a", "1.10.0", "B2M"), make("a", "1.9.0", "TAP1"), make("b")])

    assert library["a"].version == "1.10.0"
    assert library["a@1.9.0"].up == ("TAP1",)
    assert [item.version for item in library.versions("a")] == ["1.9.0", "1.10.0"]
    assert len(library) == 2
    assert "a@1.9.0" in library
    assert "a@2.0.0" not in library


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("benci_isg", "Did you mean benci_isg_rs"),
        ("HALLMARK_HYPOXIA".lower() + "a", "Did you mean hallmark_hypoxia"),
        ("tis", "Did you mean"),
        ("zzzzzzzz", "Known are"),
        ("benci_isg_rs@9.9.9", "Versions here: benci_isg_rs@1.0.0"),
    ],
)
def test_an_unknown_id_is_told_with_its_neighbours(key: str, hint: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(hint)) as caught:
        load_library()[key]
    assert caught.value.code == "E201"
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).startswith("E201 There is no signature")


def test_get_and_in_behave_as_in_a_mapping() -> None:
    library = load_library()

    assert library.get("no_such_id") is None
    assert "mhc1_core" in library
    assert 17 not in library


def test_the_same_version_twice_is_refused() -> None:
    with pytest.raises(
        SignatureError,
        match=re.escape("a@1.0.0 occurs twice; give one of them a new version or id"),
    ):
        Library([make("a"), make("a")])


def test_selections() -> None:
    library = load_library()

    assert {item.axis for item in library.select(axis="ifng").values()} == {"ifng"}
    assert {item.axis for item in library.select(axis=["ifng", "control"]).values()} == {
        "ifng",
        "control",
    }
    assert {item.status for item in library.select(status="proxy").values()} == {"proxy"}
    assert list(library.select(ids=["mhc1_core", "benci_isg_rs@1.0.0"])) == [
        "mhc1_core",
        "benci_isg_rs",
    ]
    assert len(library.select(axis="control", status="verified")) == 0


def test_an_unknown_axis_is_told() -> None:
    with pytest.raises(SignatureError, match="there is no axis 'interferon'") as caught:
        load_library().select(axis="interferon")
    assert caught.value.code == "E202"


def test_coverage_of_a_matrix() -> None:
    library = Library([make("a", "1.0.0", "B2M", "RIGI"), make("b", "1.0.0", "GZMB")])

    table = library.coverage(["B2M", "DDX58"])

    assert list(table.index) == ["a", "b"]
    assert table.loc["a", ["asked", "found", "fraction"]].tolist() == [2, 2, 1.0]
    assert table.loc["a", "by_alias"] == {"RIGI": "DDX58"}
    assert table.loc["b", "missing"] == ("GZMB",)
    pd.testing.assert_frame_equal(table, library.coverage(GeneIndex(["B2M", "DDX58"])))


def test_coverage_of_an_empty_library_has_its_columns() -> None:
    assert list(Library().coverage(["B2M"]).columns)[:3] == ["asked", "found", "fraction"]


def test_the_hash_of_a_library() -> None:
    one, two = Library([make("a"), make("b")]), Library([make("b"), make("a")])

    assert one.content_hash == two.content_hash
    assert one.content_hash != Library([make("a")]).content_hash


def test_how_it_looks() -> None:
    assert repr(Library([make("a")], source="here")) == "Library of 1 signatures from here"


# what a user may pass


def test_nothing_means_the_shipped_library() -> None:
    assert read_signatures() is load_library()


def test_a_library_is_itself() -> None:
    library = Library([make("a")])

    assert read_signatures(library) is library


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        (["mhc1_core"], ["mhc1_core"]),
        ("mhc1_core", ["mhc1_core"]),
        ("mhc1_core@1.0.0", ["mhc1_core"]),
        (("benci_isg_rs", "mhc1_core"), ["benci_isg_rs", "mhc1_core"]),
        (["mhc1_core", "benci_isg_rs"], ["mhc1_core", "benci_isg_rs"]),
        (["mhc1_core", "benci_isg_rs", "mhc1_core"], ["mhc1_core", "benci_isg_rs"]),
        ({"yours": ["TAP1"], "mine": ["B2M"]}, ["yours", "mine"]),
        ({"mine": ["B2M"], "yours": ["TAP1"]}, ["mine", "yours"]),
    ],
)
def test_names_and_mappings(spec: object, keys: list[str]) -> None:
    assert list(read_signatures(spec)) == keys  # type: ignore[arg-type]


def test_scores_come_in_the_order_asked_for() -> None:
    genes = [
        "B2M",
        "TAP1",
        *load_library()["mhc1_core"].genes[2:],
        *load_library()["benci_isg_rs"].genes,
    ]
    values = np.random.default_rng(0).random((3, len(set(genes)) + 50)).round(6)
    names = [*dict.fromkeys(genes), *(f"NOGENE{number}" for number in range(50))]
    data = pd.DataFrame(values[:, : len(names)], columns=names, index=["a", "b", "c"])

    scores = rt.score(data, ["mhc1_core", "benci_isg_rs"])

    assert list(scores.to_frame().columns) == ["mhc1_core", "benci_isg_rs"]
    turned = rt.score(data, ["benci_isg_rs", "mhc1_core"]).to_frame()
    pd.testing.assert_frame_equal(turned[["mhc1_core", "benci_isg_rs"]], scores.to_frame())


def test_sets_of_a_gmt_file_keep_the_order_of_its_lines(tmp_path: Path) -> None:
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("zebra\t\tB2M\nant\t\tTAP1\n", encoding="utf-8")

    assert list(read_signatures(gmt)) == ["zebra", "ant"]


def test_an_older_version_stays_in_its_place_and_can_be_asked_for() -> None:
    library = Library([make("b"), make("a", "2.0.0", "B2M"), make("a", "1.0.0", "TAP1")])

    assert list(library) == ["b", "a"]
    assert library["a"].version == "2.0.0"
    assert list(library.select(ids=["a@1.0.0"]).values()) == [library["a@1.0.0"]]


def test_a_shipped_signature_with_a_past() -> None:
    old, new = load_library().versions("texpsr_er_proxy")

    assert (old.version, new.version) == ("1.0.0", "2.0.0")
    assert set(new.genes) - set(old.genes) == {"ERO1A"}
    assert set(old.genes) - set(new.genes) == {"HSP90AA1", "HSP90AB1"}
    assert read_signatures(["texpsr_er_proxy@1.0.0"])["texpsr_er_proxy"] == old


NEEDED = {
    "proteostasis": (
        "tex_psr_core3",
        "activation_chaperones",
        "heat_shock_stress",
        "pirly_culture_stress",
    ),
    "myeloid": (
        "cd163_tam_proxy",
        "recalled_spp1_tam",
        "recalled_trem2_tam",
        "mdsc_proxy",
        "ss_macrophage_danaher",
    ),
    "stroma": ("vascular_caf_proxy", "imv_gene19", "hallmark_tgf_beta_signaling"),
    "regulatory": (
        "cytopus_cd4_t_treg_up",
        "treg_teff_imbrave",
        "ss_teff_mcdermott",
        "imv_cd_8_t_effector",
    ),
    "CAR T cells": (
        "memory_core4",
        "tcrsift_state_effector_cytotoxic",
        "cartex_84",
        "car_treg_proxy",
        "gavish_mp1",
    ),
    "differentiation": ("early_differentiated_proxy", "late_differentiated_proxy"),
    "exhaustion": ("cytopus_cd8_t_progenitor_exhaustion_up", "cytopus_cd8_t_terminal_exhaustion"),
}


@pytest.mark.parametrize("keys", NEEDED.values(), ids=NEEDED)
def test_what_the_schemes_need_is_there(keys: tuple[str, ...]) -> None:
    assert [key for key in keys if key not in load_library()] == []


def test_early_and_late_differentiation_share_no_gene() -> None:
    library = load_library()

    assert set(library["early_differentiated_proxy"].genes).isdisjoint(
        library["late_differentiated_proxy"].genes
    )


def test_the_three_programmes_of_stress_share_no_gene() -> None:
    sets = [
        set(load_library()[key].genes)
        for key in ("tex_psr_core3", "activation_chaperones", "heat_shock_stress")
    ]

    assert sum(map(len, sets)) == len(set.union(*sets))


def test_axis_names_ids_and_files_may_be_mixed(tmp_path: Path) -> None:
    path = write_toml(make("mine"), tmp_path)

    library = read_signatures(["control", "mhc1_core", str(path)])

    assert set(library) == {*load_library().select(axis="control"), "mhc1_core", "mine"}


def test_files_and_folders(tmp_path: Path) -> None:
    write_toml(make("mine"), tmp_path)
    write_toml(make("yours"), tmp_path)
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("theirs\t\tB2M\n", encoding="utf-8")

    assert list(read_signatures(tmp_path)) == ["mine", "yours"]
    assert list(read_signatures(str(tmp_path / "mine.toml"))) == ["mine"]
    assert list(read_signatures(gmt)) == ["theirs"]
    assert list(load_library(gmt)) == ["theirs"]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ([], "E203"),
        ({}, "E203"),
        (Library(), "E203"),
        (["no_such"], "E201"),
        ("no_such", "E201"),
        ("mhc1_core@7.0.0", "E201"),
        ("no_such.toml", "E205"),
        ("no/such/folder", "E205"),
        (Path("no_such.gmt"), "E205"),
    ],
)
def test_what_names_nothing(spec: object, code: str) -> None:
    with pytest.raises(SignatureError) as caught:
        read_signatures(spec)  # type: ignore[arg-type]
    assert caught.value.code == code
