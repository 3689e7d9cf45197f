"""Round trips: every shipped signature through every format, and a list of losses that is
neither short nor long.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings

from resistype.errors import SignatureError
from resistype.library import (
    FORMATS,
    Library,
    Scoring,
    Signature,
    Source,
    export_text,
    import_signatures,
    load_library,
    to_gseapy,
    to_net,
    to_toml,
)
from resistype.library.formats.exchange import _flat, format_of, read_raw
from resistype.library.read import parse_toml
from tests.strategies import signatures

SHIPPED = load_library()
SIGNED = Signature(
    id="both",
    name="Both ways",
    up=("CXCL13", "TOX"),
    down=("IL7R", "TCF7"),
    weights={"CXCL13": 1.5, "TOX": -0.25, "IL7R": -2.0, "TCF7": 0.125},
    description="Up and down, with weights.",
    source=Source(citation="Somebody 2020"),
    scoring=Scoring(method="weighted_mean"),
)


def through(
    given_: list[Signature], kind: str, folder: Path
) -> tuple[list[Signature], set[tuple[str, str]]]:
    done = export_text(given_, kind)
    path = folder / f"sets{FORMATS[kind].suffix}"
    path.write_text(done.text, encoding="utf-8", newline="")
    return import_signatures(path, kind), {(loss.signature, loss.field) for loss in done.losses}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("key", list(SHIPPED))
def test_every_shipped_signature_through_every_format(key: str, kind: str, tmp_path: Path) -> None:
    signature = SHIPPED[key]

    (back,), losses = through([signature], kind, tmp_path)

    before, after = _flat(signature), _flat(back)
    differ = {(key, name) for name in before if before[name] != after[name]}
    assert differ == losses
    assert set(back.genes) == set(signature.genes)


@pytest.mark.parametrize("key", list(SHIPPED))
def test_every_shipped_signature_through_toml(key: str) -> None:
    found, complaints = parse_toml(to_toml(SHIPPED[key]))

    assert (found, complaints) == (SHIPPED[key], [])


# what a format must keep of the shipped library, whatever else it loses
KEPT = {
    "gmt": {"up", "down", "description"},
    "ucell": {"up", "down", "description"},
    "net": {"up", "down", "weights"},
    "signaturesets": {"weights"},
    "enrichr": {"up", "down", "weights"},
    "msigdb": set(_flat(SIGNED)),
}


@pytest.mark.parametrize(("kind", "fields"), KEPT.items(), ids=KEPT)
def test_what_each_format_keeps_of_the_whole_library(
    kind: str, fields: set[str], tmp_path: Path
) -> None:
    given_ = list(SHIPPED.values())

    back, losses = through(given_, kind, tmp_path)

    assert [one.id for one in back] == [one.id for one in given_]
    assert {field for _, field in losses} & fields == set()


def test_msigdb_json_loses_nothing(tmp_path: Path) -> None:
    back, losses = through([*SHIPPED.values(), SIGNED], "msigdb", tmp_path)

    assert losses == set()
    assert back == [*SHIPPED.values(), SIGNED]
    assert [one.content_hash for one in back] == [
        one.content_hash for one in [*SHIPPED.values(), SIGNED]
    ]


def test_the_one_sign_that_signature_sets_cannot_hold() -> None:
    losses = export_text(SHIPPED.values(), "signaturesets").losses

    assert {loss.signature for loss in losses if loss.field in ("up", "down")} == {
        "ayers_tis_weighted"
    }


@given(signature=signatures())
@settings(deadline=None, max_examples=60)
def test_losses_are_exactly_what_differs(signature: Signature) -> None:
    for kind, form in FORMATS.items():
        done = export_text([signature], kind)
        sets, complaints = form.read(done.text)
        assert complaints == []
        assert len(sets) == 1
        if kind == "msigdb":
            assert done.losses == ()
        if signature.weights is not None and kind in ("gmt", "ucell"):
            assert {"weights", "id"} & {
                loss.field for loss in done.losses
            }  # a set only down is another one there


def test_a_loss_reads_well() -> None:
    losses = export_text([SIGNED], "gmt").losses

    assert (
        str(next(loss for loss in losses if loss.field == "weights"))
        == "both: weights is lost (4 entries)"
    )
    assert str(next(loss for loss in losses if loss.field == "source.citation")).endswith(
        "(Somebody 2020)"
    )
    assert list(losses) == [loss for loss in losses if loss.signature == "both"]


def test_long_values_are_cut_in_losses() -> None:
    long = SIGNED.model_copy(update={"description": "x" * 500})

    (loss,) = [one for one in export_text([long], "net").losses if one.field == "description"]

    assert len(loss.detail) == 40


def test_sets_that_become_one_are_told() -> None:
    pair = [
        Signature(id="x_up", name="x", up=("TOX",)),
        Signature(id="x_dn", name="x", up=("IL7R",)),
    ]

    losses = export_text(pair, "gmt").losses

    assert {(loss.signature, loss.field) for loss in losses} == {("x_up", "id"), ("x_dn", "id")}


# in memory, as other packages take them


def test_gseapy_takes_lists() -> None:
    lists = to_gseapy([SIGNED, SHIPPED["mhc1_core"]])

    assert lists["both_UP"] == ["CXCL13", "TOX"]
    assert lists["both_DN"] == ["IL7R", "TCF7"]
    assert lists["mhc1_core"] == list(SHIPPED["mhc1_core"].genes)


def test_gseapy_reads_the_gmt_that_is_written(tmp_path: Path) -> None:
    gseapy = pytest.importorskip("gseapy")
    path = tmp_path / "sets.gmt"
    path.write_text(export_text([SIGNED, SHIPPED["mhc1_core"]], "gmt").text, encoding="utf-8")

    assert gseapy.read_gmt(str(path)) == to_gseapy([SIGNED, SHIPPED["mhc1_core"]])


def test_decoupler_takes_a_net() -> None:
    net = to_net([SIGNED, SHIPPED["impres_pairs"]])

    assert list(net.columns) == ["source", "target", "weight"]
    assert net["weight"].dtype == float
    assert net.set_index(["source", "target"])["weight"]["both"].to_dict() == SIGNED.weights
    assert len(net) == len(SIGNED) + len(SHIPPED["impres_pairs"])


def test_the_net_is_a_plain_table() -> None:
    table = pd.read_csv(io.StringIO(export_text([SIGNED], "net").text))

    assert table["weight"].tolist() == [1.5, -0.25, -2.0, 0.125]
    assert table["direction"].tolist() == ["up", "up", "down", "down"]


def test_signature_sets_get_ids_of_genes() -> None:
    table = pd.read_csv(io.StringIO(export_text([SHIPPED["mhc1_core"]], "signaturesets").text))

    row = table.set_index("gene_name").loc["B2M"]
    assert (row["gene_id"], row["entrez_id"], row["weight"]) == ("ENSG00000166710", 567, 1.0)


def test_msigdb_json_is_that_of_msigdb_for_others() -> None:
    data = json.loads(export_text([SIGNED, SHIPPED["mhc1_core"]], "msigdb").text)

    assert list(data) == ["BOTH_UP", "BOTH_DN", "MHC1_CORE"]
    assert data["BOTH_DN"]["geneSymbols"] == ["IL7R", "TCF7"]
    assert {"systematicName", "pmid", "exactSource", "geneSymbols", "msigdbURL"} <= set(
        data["MHC1_CORE"]
    )


# which format


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.gmt", "gmt"),
        ("a.JSON", "msigdb"),
        ("a.csv", "net"),
        ("a.tsv", "net"),
        ("b/a.txt", "enrichr"),
    ],
)
def test_the_suffix_tells_the_format(name: str, kind: str) -> None:
    assert format_of(name) == kind


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gmt.gz"])
def test_other_suffixes_are_refused(name: str) -> None:
    with pytest.raises(SignatureError, match="ends with no known suffix") as caught:
        format_of(name)
    assert caught.value.code == "E209"


def test_an_unknown_format_names_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(
        SignatureError, match=r"no format 'msigdbb'\. Did you mean msigdb"
    ) as caught:
        export_text([SIGNED], "msigdbb")
    assert caught.value.code == "E209"
    with pytest.raises(
        SignatureError, match="All: gmt, ucell, msigdb, net, signaturesets, enrichr"
    ):
        read_raw(tmp_path / "a.gmt", "xml")


def test_all_complaints_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("one\td\tB2M\tB2M\n../x\td\tB2M\ntwo\td\n", encoding="utf-8")

    with pytest.raises(SignatureError, match="3 problems") as caught:
        import_signatures(path)
    assert f"{path}:1: 'one': 1 genes occur more than once (B2M)" in caught.value.message
    assert f"{path}:2: the name '../x' looks like a path" in caught.value.message
    assert f"{path}:3: no genes" in caught.value.message


def test_hundreds_of_complaints_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("".join(f"s{n}\td\n" for n in range(300)), encoding="utf-8")

    with pytest.raises(SignatureError, match="and 250 more"):
        import_signatures(path)


def test_imported_sets_make_a_library(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(export_text(SHIPPED.values(), "msigdb").text, encoding="utf-8")

    assert Library(import_signatures(path)).content_hash == Library(SHIPPED.values()).content_hash
