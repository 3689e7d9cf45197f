"""The TOML writer: the same text for the same signature, read back equal, never half a file."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from resistype.errors import OutputError
from resistype.library import (
    Evidence,
    Signature,
    diff,
    load_library,
    read_toml,
    to_toml,
    write_toml,
)
from resistype.library.read import parse_toml
from tests.strategies import signatures


@given(signatures())
@settings(deadline=None)
def test_what_is_written_is_read_back_equal(signature: Signature) -> None:
    found, complaints = parse_toml(to_toml(signature))

    assert complaints == []
    assert found == signature
    assert to_toml(found) == to_toml(signature)


@pytest.mark.parametrize("key", sorted(load_library()))
def test_every_shipped_signature_is_read_back_equal(key: str) -> None:
    signature = load_library()[key]
    found, _ = parse_toml(to_toml(signature))

    assert found == signature


@pytest.mark.parametrize(
    "text",
    ['quote " and \\', "tab\tand\nnewline", "γ × –", "'''", '"""', "# no comment", "\U0001f9ec"],
)
def test_any_text_survives(text: str) -> None:
    signature = Signature(
        id="mine",
        name="M",
        up=("B2M",),
        description=f"a{text}b",
        symbol_updates={f"a{text}b": "B2M"},
    )

    found, complaints = parse_toml(to_toml(signature))

    assert complaints == []
    assert found == signature


def test_one_gene_a_line_so_that_a_diff_shows_genes() -> None:
    lines = to_toml(Signature(id="mine", name="M", up=("B2M", "TAP1"))).splitlines()

    assert '  "B2M",' in lines
    assert '  "TAP1",' in lines


def test_it_is_plain_toml() -> None:
    data = tomllib.loads(to_toml(load_library()["impres_pairs"]))

    assert data["format"] == "resistype-signature"
    assert data["pairs"][0] == ["PDCD1", "TNFSF4"]
    assert len(data["pairs"]) == 15


def test_a_folder_gets_a_file_named_by_the_id(tmp_path: Path) -> None:
    signature = Signature(id="mine", name="M", up=("B2M",))

    path = write_toml(signature, tmp_path)

    assert path == tmp_path / "mine.toml"
    assert read_toml(path) == signature
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_toml(Signature(id="mine", name="M", up=("B2M",)), tmp_path / "no" / "mine.toml")
    assert caught.value.code == "O101"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OutputError, match="No space left on device"):
        write_toml(Signature(id="mine", name="M", up=("B2M",)), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


def test_evidence_stands_one_line_a_gene_and_is_read_back(tmp_path: Path) -> None:
    evidence = {
        "B2M": {"pmid": "28650338", "note": 'says "lost" in two'},
        "TAP1": {"citation": "Ayers 2017"},
    }
    made = Signature(id="mine", name="Mine", up=("B2M", "TAP1", "TAP2"), evidence=evidence)
    text = to_toml(made)

    assert 'B2M = { pmid = "28650338", note = "says \\"lost\\" in two" }' in text.splitlines()
    assert 'TAP1 = { citation = "Ayers 2017" }' in text.splitlines()
    assert read_toml(write_toml(made, tmp_path)) == made
    assert made.content_hash == made.model_copy(update={"evidence": {}}).content_hash


def test_evidence_of_a_gene_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        ValueError, match="'evidence' tells of TAP9, which are not in the gene lists"
    ):
        Signature(id="mine", name="Mine", up=("B2M",), evidence={"TAP9": {"note": "x"}})


def test_changed_evidence_is_a_claim_and_no_other_score() -> None:
    old = Signature(id="mine", name="Mine", up=("B2M", "TAP1"), evidence={"B2M": {"note": "a"}})
    new = old.model_copy(
        update={"version": "1.1.0", "evidence": {"TAP1": Evidence(pmid="123", note="b")}}
    )
    change = diff(old, new)

    assert change.fields == {"evidence.B2M": ("a", ""), "evidence.TAP1": ("", "PMID 123; b")}
    assert (change.step, change.same_score, change.version_problem()) == ("minor", True, "")
