"""The scheme of the page about schemes is sound and runs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from resistype.datasets import demo
from resistype.library import load_library
from resistype.scheme import check_scheme, load_scheme
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.quantities import BASIC, RELATIVE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "schemes.md"


def scheme_of_the_page(folder: Path) -> Path:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    path = folder / "tgfb_exclusion.toml"
    path.write_text(block)
    return path


def test_it_is_sound(tmp_path: Path) -> None:
    assert check_scheme(scheme_of_the_page(tmp_path), load_library()) == []


def test_it_runs(tmp_path: Path) -> None:
    calls = classify(demo().expression, scheme_of_the_page(tmp_path), options=CallOptions(n_jobs=1))

    assert set(calls.verdicts.calls["tgfb"]) <= {
        "high",
        "not_high",
        "indeterminate",
        "not_assessable",
    }
    assert isinstance(calls.to_frame(), pd.DataFrame)


def test_every_kind_is_in_the_table(tmp_path: Path) -> None:
    text = PAGE.read_text()
    kinds = {*BASIC, *RELATIVE, "score", "difference"}

    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()
    assert load_scheme(scheme_of_the_page(tmp_path)).axes[0].id == "tgfb"
