"""Files of every saved format, of every release: they load, and hold what they held."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistype.errors import InputError, RunError
from resistype.library import import_signatures, read_toml
from resistype.opinions.model import read_model
from resistype.opinions.subtypes import PortraitScaler
from resistype.safe.toml import read_json
from resistype.scheme import Reference, load_scheme
from resistype.scheme import load_scheme as load_cell_scheme
from resistype.score import RunOptions, ScoreOptions, score
from tests.data.archives.make import TABLE
from tests.trust.figures import record

ARCHIVES = Path(__file__).resolve().parents[1] / "data" / "archives"
VERSIONS = sorted(path.name for path in ARCHIVES.iterdir() if (path / "wanted.json").exists())


@pytest.fixture(params=VERSIONS)
def kept(request: pytest.FixtureRequest) -> Path:
    return ARCHIVES / str(request.param)


@pytest.fixture
def wanted(kept: Path) -> dict[str, Any]:
    return dict(json.loads((kept / "wanted.json").read_text(encoding="utf-8")))


def test_signatures(kept: Path, wanted: dict[str, Any]) -> None:
    found = read_toml(kept / "signature.toml")

    assert [found.ref, found.content_hash] == wanted["signature"]
    for name, format_ in (
        ("gmt.gmt", "gmt"),
        ("ucell.ucell.gmt", "ucell"),
        ("msigdb.json", "msigdb"),
        ("net.csv", "net"),
    ):
        genes = [gene for one in import_signatures(kept / name, format_) for gene in one.genes]
        assert sorted(genes) == wanted["genes"], name
    assert sorted(import_signatures(kept / "enrichr.txt", "enrichr")[0].genes) == wanted["genes"]


def test_schemes(kept: Path) -> None:
    assert load_scheme(kept / "acquired_resistance.toml").id == "acquired_resistance"
    assert load_cell_scheme(kept / "cart_product.toml").id == "cart_product"


def test_reference_model_and_scaler(kept: Path, wanted: dict[str, Any]) -> None:
    scaler = PortraitScaler.load(kept / "scaler.json")

    assert Reference.load(kept / "reference.json").digest == wanted["reference"]
    assert read_model(kept / "model.json")[1]
    assert (
        json.loads((kept / "model.json").read_text(encoding="utf-8"))["sha256"] == wanted["model"]
    )
    assert (
        dict(zip(scaler.signatures, np.c_[scaler.centre, scaler.spread].tolist(), strict=True))
        == wanted["scaler"]
    )


def test_a_run_goes_on(kept: Path, wanted: dict[str, Any], tmp_path: Path) -> None:
    """Its blocks are sealed to the data and the methods; where these are the same, nothing is
    computed again.
    """
    from resistype.expression import ReadOptions

    shutil.copytree(kept / "run", tmp_path / "run")
    heard: list[Any] = []
    options = ScoreOptions(
        read=ReadOptions(unit="log2"),
        block_rows=2,
        run=RunOptions(run_dir=tmp_path / "run", resume=True, progress=heard.append),
    )
    try:
        found = score(TABLE, {"mhc": ["B2M", "TAP1"]}, options=options)
    except RunError as error:
        if "belongs to a run with other data, signatures or methods" not in str(error):
            raise
        found = score(TABLE, {"mhc": ["B2M", "TAP1"]}, options=replace(options, run=RunOptions()))
        assert found.specs != wanted["specs"]  # refused, never mixed: a method is another since
        return
    assert found.digest == wanted["digest"]
    assert heard[0].blocks == 3


def test_the_record_of_a_run(kept: Path) -> None:
    found = read_json((kept / "run.json").read_bytes(), max_depth=32)

    assert found["format"]
    assert found["format_version"] >= 1


FUTURE = {
    "signature.toml": ("format_version = 1", "format_version = 99", read_toml),
    "acquired_resistance.toml": ("format_version = 1", "format_version = 99", load_scheme),
    "cart_product.toml": ("format_version = 1", "format_version = 99", load_cell_scheme),
    "reference.json": ('"format_version": 1', '"format_version": 99', Reference.load),
    "model.json": ('"format_version": 1', '"format_version": 99', read_model),
    "scaler.json": ('"format_version": 1', '"format_version": 99', PortraitScaler.load),
}


@pytest.mark.parametrize("name", FUTURE)
def test_a_newer_format_is_refused_with_a_sentence(name: str, kept: Path, tmp_path: Path) -> None:
    old, new, load = FUTURE[name]
    text = (kept / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    beside = (kept / name).with_suffix(".npz")
    if beside.exists():
        shutil.copy(beside, tmp_path)

    with pytest.raises(InputError):
        load(tmp_path / name)


def seen(found: Any) -> str:
    """All that was read, in short."""
    if isinstance(found, Reference):
        return found.digest
    head, arrays = found
    return repr(
        (
            sorted(head.items(), key=str),
            sorted((name, one.tolist()) for name, one in arrays.items()),
        )
    )


@pytest.mark.parametrize("name", ["reference.json", "reference.npz", "model.json", "model.npz"])
def test_flipped_bits_are_noticed(name: str, kept: Path, tmp_path: Path) -> None:
    """A hundred flips a file: each is refused, or changes nothing that is read."""
    load = Reference.load if name.startswith("reference") else read_model
    stem = name.partition(".")[0]
    for suffix in (".json", ".npz"):
        shutil.copy((kept / stem).with_suffix(suffix), tmp_path)
    path, whole, silent = tmp_path / name, (kept / name).read_bytes(), 0
    before = seen(load(tmp_path / f"{stem}.json"))
    for bit in np.random.default_rng(3).integers(0, len(whole) * 8, 100).tolist():
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        try:
            silent += seen(load(tmp_path / f"{stem}.json")) != before
        except InputError:
            continue
    record(f"flips of {name}", flips=100, silent=silent)

    assert silent == 0


def test_figures() -> None:
    files = sum(
        1 for version in VERSIONS for one in (ARCHIVES / version).rglob("*") if one.is_file()
    )
    record("archives", releases=len(VERSIONS), files=files)
    assert VERSIONS
