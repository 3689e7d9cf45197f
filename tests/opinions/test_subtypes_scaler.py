"""The kept scale of a cohort: figures in, the same figures out; nothing else is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import OutputError, ReferenceDataError, SchemeError
from resistype.opinions.subtypes import PortraitScaler

SCORES = pd.DataFrame(
    np.random.default_rng(0).normal(100, 30, size=(40, 3)), columns=["T cells", "CAF", "γδ"]
)
SCALER = PortraitScaler.fit(SCORES, name="example")


def test_a_scaled_cohort_is_the_formula() -> None:
    spread = (SCORES - SCORES.mean()).abs().mean()

    pd.testing.assert_frame_equal(
        SCALER.apply(SCORES), (SCORES - SCORES.median()) / spread, rtol=1e-12
    )


@pytest.mark.parametrize("clip", [2, 4])
def test_scaled_scores_are_cut(clip: float) -> None:
    scaled = SCALER.apply(SCORES * 3, clip=clip)

    assert scaled.abs().max().max() == clip
    pd.testing.assert_frame_equal(scaled, SCALER.apply(SCORES * 3).clip(-clip, clip))


def test_a_scaler_comes_back_as_it_was(tmp_path: Path) -> None:
    again = PortraitScaler.load(SCALER.save(tmp_path / "scale.json"))

    assert (again.name, again.signatures, again.n) == ("example", ("T cells", "CAF", "γδ"), 40)
    assert again.centre.tobytes() == SCALER.centre.tobytes()
    assert again.spread.tobytes() == SCALER.spread.tobytes()


def test_other_columns_do_not_matter_and_absent_ones_are_told() -> None:
    pd.testing.assert_frame_equal(SCALER.apply(SCORES.assign(more=1.0)), SCALER.apply(SCORES))
    with pytest.raises(SchemeError) as caught:
        SCALER.apply(SCORES[["CAF"]])

    assert (
        str(caught.value)
        == "S133 Scaler 'example': 2 signatures are not in the scores: T cells, γδ."
    )


def test_a_score_that_does_not_vary_is_refused() -> None:
    with pytest.raises(ReferenceDataError) as caught:
        PortraitScaler.fit(SCORES.assign(CAF=3.0), name="flat")

    assert (
        str(caught.value)
        == "R106 Scaler 'flat': 1 problem\n  - signature 'CAF' does not vary in 40 samples"
    )


def test_figures_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ReferenceDataError, match="2 signatures have 1 centres and 1 spreads"):
        PortraitScaler("x", ("a", "b"), np.zeros(1), np.ones(1), 3)
    with pytest.raises(ReferenceDataError, match="a centre or a spread is not finite"):
        PortraitScaler("x", ("a",), np.array([np.nan]), np.ones(1), 3)


def _edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        body = json.loads(path.read_text(encoding="utf-8"))
        change(body)
        path.write_text(json.dumps(body), encoding="utf-8")

    return edit


BAD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "newer": (
        _edit(lambda body: body.update(format_version=2)),
        "it has format version 2 and this resistype reads 1; install a newer resistype.",
    ),
    "another kind": (
        _edit(lambda body: body.update(format="resistype-model")),
        "it is not a resistype portrait scaler.",
    ),
    "no signatures": (_edit(lambda body: body.pop("signatures")), "of another type (KeyError)."),
    "text": (
        _edit(lambda body: body["signatures"].update(CAF={"centre": "x", "spread": 1})),
        "(ValueError).",
    ),
    "a list": (lambda path: path.write_text("[]"), "it is not a resistype portrait scaler."),
    "no json": (lambda path: path.write_text("{"), "it is not JSON."),
    "absent": (Path.unlink, "there is no such file."),
    "large": (lambda path: path.write_text(" " * 2**21), "its JSON is larger than 1 MB."),
    "no spread": (
        _edit(lambda body: body["signatures"].update(CAF={"centre": 1, "spread": 0})),
        "R106 Scaler 'example': 1 problem\n  - signature 'CAF' does not vary in 40 samples",
    ),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_bad_files(tmp_path: Path, change: Callable[[Path], Any], message: str) -> None:
    path = SCALER.save(tmp_path / "scale.json")
    change(path)
    with pytest.raises(ReferenceDataError) as caught:
        PortraitScaler.load(path)

    assert message in str(caught.value)
    assert str(caught.value).startswith("R106 ")


def test_a_folder_that_is_absent_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"O101 The scaler could not be written to .*: No such file"
    ):
        SCALER.save(tmp_path / "absent" / "scale.json")
