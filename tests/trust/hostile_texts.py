"""Hostile tables, signatures, schemes, references, models and runs."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from resistype.resources import signatures_dir
from tests.trust.hostile_stores import Planted

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "tests" / "data" / "models" / "logistic-1.json"
HEAD = 'format = "resistype-signature"\nformat_version = 1\nid = "mine"\nname = "Mine"\n'
Make = Callable[[Path, Path], Path]


def _text(name: str, content: str | bytes) -> Make:
    def make(folder: Path, _: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def _bomb(name: str, *, lines: int = 12_000_000) -> Make:
    def make(folder: Path, _: Path) -> Path:
        with gzip.open(folder / name, "wb", compresslevel=6) as stream:
            stream.write(b"sample,B2M\n")
            for _ in range(lines // 100_000):
                stream.write(b"a,1.000000000\n" * 100_000)
        return folder / name

    return make


def _scheme(old: str, new: str, name: str = "acquired_resistance.toml") -> Make:
    def make(folder: Path, _: Path) -> Path:
        text = (signatures_dir() / "schemes" / name).read_text(encoding="utf-8")
        if old not in text:
            raise LookupError(old)
        (folder / "a.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder / "a.toml"

    return make


def _pair(source: Path, change: Callable[[Path, Path], object]) -> Make:
    """A JSON and the .npz beside it, changed."""

    def make(folder: Path, canary: Path) -> Path:
        for suffix in (".json", ".npz"):
            shutil.copy(source.with_suffix(suffix), folder / f"a{suffix}")
        change(folder / "a.json", canary)
        return folder / "a.json"

    return make


def _reworded(change: Callable[[str], str]) -> Callable[[Path, Path], object]:
    return lambda path, _: path.write_text(
        change(path.read_text(encoding="utf-8")), encoding="utf-8"
    )


def pickled(path: Path, canary: Path) -> None:
    """Arrays that run code when they are unpickled."""
    np.savez(
        path.with_suffix(".npz"), genes=np.array([Planted(canary.parent / "ran")], dtype=object)
    )


def inflated(path: Path, _: Path) -> None:
    """An archive of 576 MB in 3 MB."""
    with (
        zipfile.ZipFile(
            path.with_suffix(".npz"), "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive,
        archive.open("genes.npy", "w", force_zip64=True) as stream,
    ):
        for _ in range(18):
            stream.write(bytes(32 << 20))


def flipped(path: Path, _: Path) -> None:
    text = path.read_text(encoding="utf-8")
    place = next(k for k in range(len(text) // 2, len(text)) if text[k] in "12345678")
    path.write_text(text[:place] + chr(ord(text[place]) + 1) + text[place + 1 :], encoding="utf-8")


def newer(text: str) -> str:
    about = json.loads(text)
    return json.dumps({**about, "format_version": 99})


def parquet_rows(folder: Path, _: Path) -> Path:
    """One value, four hundred million times."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int8)), pa.array([1.0]))
    batch = pa.record_batch({"B2M": column})
    with pq.ParquetWriter(folder / "a.parquet", batch.schema, compression="zstd") as file:
        for _ in range(100):
            file.write_batch(batch)
    return folder / "a.parquet"


def parquet_text(folder: Path, _: Path) -> Path:
    """A name of one megabyte, two thousand times."""
    names = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(2_000, np.int32)), pa.array(["x" * 1_000_000])
    )
    pq.write_table(pa.table({"gene": names, "S1": np.zeros(2_000)}), folder / "a.parquet")
    return folder / "a.parquet"


def manifest(content: str | Callable[[dict[str, Any]], object]) -> Make:
    """A folder of a run whose manifest was changed."""

    def make(folder: Path, _: Path) -> Path:
        from tests.trust.readers import resumed

        path = folder / "run"
        resumed(path)
        file = path / "manifest.json"
        told = (
            content
            if isinstance(content, str)
            else json.dumps(content(json.loads(file.read_text())))
        )
        file.write_text(told, encoding="utf-8")
        return path

    return make


REFERENCE = signatures_dir() / "references" / "riaz_pre.json"

TEXTS: dict[str, tuple[str, Make]] = {
    "gzip of 168 MB in the place of a matrix": ("matrix", _bomb("a.csv.gz")),
    "gzip that was cut": (
        "matrix",
        _text("a.csv.gz", gzip.compress(b"sample,B2M\na,1\n" * 99)[:-12]),
    ),
    "matrix of NUL bytes": ("matrix", _text("a.csv", b"\0" * 100_000)),
    "matrix with a line of other length": ("matrix", _text("a.csv", "s,B2M,TAP1\na,1,2\nb,1\n")),
    "parquet of a hundred million rows": ("matrix", parquet_rows),
    "parquet with 2 GB of names": ("matrix", parquet_text),
    "parquet that is none": ("matrix", _text("a.parquet", b"PAR1" + b"\xff" * 999 + b"PAR1")),
    "samples table of 168 MB in gzip": ("samples", _bomb("a.tsv.gz")),
    "samples table with a field without end": (
        "samples",
        _text("a.csv", 'sample,patient\n"' + "a" * 300_000),
    ),
    "clinical table of 168 MB in gzip": ("clinical", _bomb("a.csv.gz")),
    "clinical table that is a picture": (
        "clinical",
        _text("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    ),
    "signature with keys without end": (
        "signatures",
        _text("a.toml", HEAD + "a" + ".a" * 50_000 + " = 1"),
    ),
    "signature with brackets without end": (
        "signatures",
        _text("a.toml", HEAD + "up = " + "[" * 100_000),
    ),
    "signature named like a path": ("signatures", _text("a.gmt", "../../etc/cron.d/x\t\tB2M\n")),
    "signature with a gene in other letters": ("signatures", _text("a.gmt", "x\t\tCD8\u0410\n")),
    "signature set with a key twice": (
        "signatures",
        _text("a.json", '{"a": {"geneSymbols": ["B2M"]}, "a": {}}'),
    ),
    "signature set with NaN": (
        "signatures",
        _text("a.json", '{"a": {"geneSymbols": ["B2M"], "x": NaN}}'),
    ),
    "signature set of 9 MB": ("signatures", _text("a.gmt", "x\t\t" + "A" * (9 << 20))),
    "scheme with a threshold that is nan": ("scheme", _scheme("value = 0.5", "value = nan")),
    "scheme with brackets without end": ("scheme", _text("a.toml", "a = " + "[" * 100_000)),
    "scheme with keys without end": ("scheme", _text("a.toml", "a" + ".a" * 50_000 + " = 1")),
    "scheme of 2 MB": ("scheme", _text("a.toml", "# " + "a" * (2 << 20))),
    "cell scheme with brackets without end": (
        "cell scheme",
        _text("a.toml", "a = " + "[" * 100_000),
    ),
    "cell scheme with a threshold that is inf": (
        "cell scheme",
        _scheme("value = 50", "value = inf", "cells/cart_product.toml"),
    ),
    "reference with pickled arrays": ("reference", _pair(REFERENCE, pickled)),
    "reference with arrays of 576 MB": ("reference", _pair(REFERENCE, inflated)),
    "reference with a digit changed": ("reference", _pair(REFERENCE, flipped)),
    "reference with NaN": (
        "reference",
        _pair(REFERENCE, _reworded(lambda text: text.replace(": 0", ": NaN", 1))),
    ),
    "reference without its parts": (
        "reference",
        _pair(
            REFERENCE, _reworded(lambda _: '{"format": "resistype-reference", "format_version": 1}')
        ),
    ),
    "reference from the future": ("reference", _pair(REFERENCE, _reworded(newer))),
    "reference with brackets without end": (
        "reference",
        _pair(REFERENCE, _reworded(lambda _: "[" * 100_000)),
    ),
    "model with pickled arrays": ("model", _pair(MODEL, pickled)),
    "model with arrays of 576 MB": ("model", _pair(MODEL, inflated)),
    "model with a digit changed": ("model", _pair(MODEL, flipped)),
    "model with a key twice": (
        "model",
        _pair(MODEL, _reworded(lambda text: text.replace("{", '{"format": "x",', 1))),
    ),
    "scaler that is a list": ("scaler", _text("a.json", "[1, 2]")),
    "scaler with a key twice": ("scaler", _text("a.json", '{"format": 1, "format": 2}')),
    "run whose manifest is cut": ("run", manifest('{"format": "resistype-run"')),
    "run whose manifest has other edges": (
        "run",
        manifest(lambda about: {**about, "edges": [0, 1]}),
    ),
    "run whose manifest goes backwards": (
        "run",
        manifest(lambda about: {**about, "edges": [0, 3, 1, 4]}),
    ),
    "run whose manifest is of text": (
        "run",
        manifest(lambda about: {**about, "edges": ["a", "b"]}),
    ),
    "run from the future": ("run", manifest(lambda about: {**about, "format_version": 99})),
}
