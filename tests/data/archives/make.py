"""Writes one file of every saved format as this version writes it: `python
tests/data/archives/make.py VERSION`.

Run once for a release, never again for that version: what stands in its folder must load for ever.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from resistype import datasets
from resistype.expression import ReadOptions
from resistype.library import export_text, load_library, to_toml
from resistype.opinions.model import read_model, write_model
from resistype.opinions.subtypes import PortraitScaler
from resistype.resources import signatures_dir
from resistype.scheme import Reference
from resistype.score import RunOptions, ScoreOptions, score
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

HERE = Path(__file__).parent
TABLE = pd.DataFrame(
    np.arange(48.0).reshape(6, 8) % 7,
    index=list("abcdef"),
    columns=["B2M", "TAP1", "CD8A", *"VWXYZ"],
)


def main() -> None:
    """Write."""
    folder = HERE / sys.argv[1]
    folder.mkdir(exist_ok=True)
    signature = load_library()["mhc1_core"]
    (folder / "signature.toml").write_text(to_toml(signature), encoding="utf-8")
    for name, suffix in (
        ("gmt", "gmt"),
        ("ucell", "ucell.gmt"),
        ("msigdb", "json"),
        ("net", "csv"),
        ("enrichr", "txt"),
    ):
        text = export_text([signature], name).text
        (folder / f"{name}.{suffix}").write_text(text, encoding="utf-8")
    for name in ("acquired_resistance.toml", "cells/cart_product.toml"):
        text = (signatures_dir() / "schemes" / name).read_text(encoding="utf-8")
        (folder / Path(name).name).write_text(text, encoding="utf-8")
    Reference.load(signatures_dir() / "references" / "riaz_pre.json").save(
        folder / "reference.json"
    )
    head, arrays = read_model(HERE.parent / "models" / "logistic-1.json")
    head = {key: value for key, value in head.items() if key not in ("format", "format_version")}
    write_model(folder / "model.json", head, arrays)
    PortraitScaler("small", ("one", "two"), np.array([1.0, 2.0]), np.array([0.5, 0.25]), 12).save(
        folder / "scaler.json"
    )
    options = ScoreOptions(
        read=ReadOptions(unit="log2"), block_rows=2, run=RunOptions(run_dir=folder / "run")
    )
    found = score(TABLE, {"mhc": ["B2M", "TAP1"]}, options=options)
    made = datasets.demo()
    few = made.samples.index[:24]
    choice = CallOptions(n_jobs=1, stability=False)
    calls = classify(
        made.expression.loc[few], samples=made.samples.loc[few], baseline="Pre", options=choice
    )
    from resistype.report.write import run_json

    (folder / "run.json").write_text(run_json(calls), encoding="utf-8")
    wanted = {
        "signature": [signature.ref, signature.content_hash],
        "genes": sorted(signature.genes),
        "reference": Reference.load(folder / "reference.json").digest,
        "model": json.loads((folder / "model.json").read_text(encoding="utf-8"))["sha256"],
        "scaler": {"one": [1.0, 0.5], "two": [2.0, 0.25]},
        "digest": found.digest,
        "specs": dict(found.specs),
    }
    (folder / "wanted.json").write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
