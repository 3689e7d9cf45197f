"""References: figures in, the same figures out; nothing else is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import OutputError, ReferenceDataError
from resistype.scheme import Reference
from resistype.scheme.reference import Regression, find_reference


@pytest.fixture
def reference() -> Reference:
    rng = np.random.default_rng(1)
    return Reference(
        name="example",
        mode="frozen",
        scheme="acquired_resistance@1.0.0",
        genes=("B2M", "HLA-A", "TAP1"),
        values={
            "score": rng.normal(size=40),
            "constant": np.ones(40),
            "holes": np.array([np.nan, 1.0, 3.0] + [2.0] * 37),
        },
        regressions={"score ~ constant": Regression(("constant",), 0.25, (1.5,), 0.4)},
        base_rates=pd.DataFrame(
            [
                {
                    "axis": "a",
                    "label": "x",
                    "proportion": 1 / 3,
                    "n": 40,
                    "basis": "reference samples",
                }
            ]
        ),
        about={"tumour_type": "melanoma", "platform": "RNA-seq"},
    )


def test_round_trip(reference: Reference, tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    reference.save(path)
    again = Reference.load(path)

    assert again.digest == reference.digest
    assert again.genes == reference.genes
    assert again.regressions == reference.regressions
    assert again.mode == "frozen"
    np.testing.assert_array_equal(again.values["score"], reference.values["score"])
    assert again.base_rates["proportion"].iloc[0] == pytest.approx(1 / 3, abs=1e-11)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["example.json", "example.npz"]


def test_saving_twice_gives_the_same_json(reference: Reference, tmp_path: Path) -> None:
    reference.save(tmp_path / "a.json")
    first = (tmp_path / "a.json").read_bytes()
    Reference.load(tmp_path / "a.json").save(tmp_path / "a.json")

    assert (tmp_path / "a.json").read_bytes() == first


def _edit_json(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        head = json.loads(path.read_text())
        change(head)
        path.write_text(json.dumps(head))

    return edit


def _break_npz(path: Path) -> None:
    path.with_suffix(".npz").write_bytes(b"not an archive")


def _remove_npz(path: Path) -> None:
    path.with_suffix(".npz").unlink()


def _other_numbers(path: Path) -> None:
    with np.load(path.with_suffix(".npz")) as arrays:
        data = dict(arrays)
    data["value_score"] = data["value_score"] + 1e-9
    np.savez_compressed(path.with_suffix(".npz"), **data)


CASES = {
    "another format": (_edit_json(lambda h: h.update(format="x")), "is not a resistype reference"),
    "newer format": (
        _edit_json(lambda h: h.update(format_version=3)),
        "has format version 3; this version of resistype",
    ),
    "changed slope": (
        _edit_json(lambda h: h["regressions"]["score ~ constant"].update(slopes=[9.0])),
        "was changed after it was written",
    ),
    "changed numbers": (_other_numbers, "was changed after it was written"),
    "broken archive": (_break_npz, "is not a readable reference"),
    "no archive": (_remove_npz, "is not a readable reference"),
    "not JSON": (lambda path: path.write_text("{"), "is not a readable reference"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_file_is_refused(reference: Reference, tmp_path: Path, case: str) -> None:
    damage, message = CASES[case]
    path = tmp_path / "example.json"
    reference.save(path)
    damage(path)
    with pytest.raises(ReferenceDataError, match=message) as caught:
        Reference.load(path)
    assert caught.value.code == "R103"


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceDataError, match=r"^R102 There is no reference 'nowhere'\. Shipped: "
    ):
        find_reference("nowhere")
    with pytest.raises(ReferenceDataError, match="is not a readable reference"):
        find_reference(tmp_path / "absent.json")


def test_a_folder_that_is_not_there(reference: Reference, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="O101 The reference could not be written"):
        reference.save(tmp_path / "no" / "example.json")


def test_location_and_scale_pass_over_missing_values(reference: Reference) -> None:
    known = reference.values["holes"][1:]

    assert reference.location("holes") == pytest.approx(known.mean())
    assert reference.scale("holes") == pytest.approx(known.std(ddof=1))


def test_what_does_not_vary_has_no_scale(reference: Reference) -> None:
    assert np.isnan(reference.scale("constant"))
    assert np.isnan(reference.scale("never measured"))
    assert np.isnan(reference.location("never measured"))
    assert np.isnan(reference.percentile("never measured", np.array([1.0]))).all()


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20), st.integers(-6, 6))
def test_percentile_is_the_share_at_or_below(known: list[int], value: int) -> None:
    reference = Reference("r", "frozen", "s@1", (), {"q": np.array(known, dtype=float)}, {})
    expected = 100.0 * sum(k <= value for k in known) / len(known)

    assert reference.percentile("q", np.array([float(value), np.nan]))[0] == pytest.approx(expected)
    assert np.isnan(reference.percentile("q", np.array([np.nan]))).all()


def test_the_digest_covers_everything_that_decides(reference: Reference) -> None:
    others = [
        replace(reference, scheme="another@1"),
        replace(reference, genes=("B2M", "HLA-A", "TAP2")),
        replace(reference, values={**reference.values, "score": reference.values["score"] + 1e-12}),
        replace(reference, regressions={}),
    ]

    assert len({reference.digest, *(other.digest for other in others)}) == 5
