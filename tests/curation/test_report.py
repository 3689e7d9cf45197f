"""The page of quality: every figure, every concern, and as JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from resistype.curation import prepare, quality
from resistype.errors import GeneError
from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, Signature, load_library

TCELL = load_library()["ss_cyt_davoli"].genes
OTHER = load_library()["hallmark_hypoxia"].genes[:40]
SET = ("TOX", "LAG3", "PDCD1", "TIGIT", "CTLA4", "KRT5")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """T cells drive the set and the T-cell genes; one gene of the set goes the other way,
    another is silent.
    """
    rng = np.random.default_rng(0)
    names = list(dict.fromkeys([*TCELL, *OTHER, *SET]))
    values = pd.DataFrame(
        rng.normal(6, 0.5, (80, len(names))), columns=names, index=[f"s{n}" for n in range(80)]
    )
    factor = rng.normal(0, 1.5, 80)
    for gene in [*TCELL, *SET[:4]]:
        values[gene] += factor
    values["CTLA4"] -= factor
    values["KRT5"] = rng.choice([0.0, 3.0], 80, p=[0.96, 0.04])
    return values.clip(lower=0)


def judged(frame: pd.DataFrame, *genes: str) -> object:
    one = Signature(id="mine", name="Mine", up=genes)
    return quality(one, prepare(as_expression(frame, ReadOptions(unit="log2"))), library=Library())


def test_the_page_tells_every_figure(frame: pd.DataFrame) -> None:
    page = str(judged(frame, *SET)).splitlines()

    assert page[0] == "mine@1.0.0 on 80 samples"
    starts = {line.strip().split("  ")[0] for line in page[1:]}
    assert starts >= {"coverage", "detection", "coherence", "fits least", "follows", "look at"}
    assert all(len(line) < 160 for line in page)


def test_every_concern_is_found(frame: pd.DataFrame) -> None:
    found = judged(frame, *SET, "NO_SUCH_1", "NO_SUCH_2")

    text = "\n".join(found.concerns())  # type: ignore[attr-defined]
    assert "only 6 of 8 genes are in the data (75%)" in text
    assert "1 genes are expressed in under 10% of the samples: KRT5" in text
    assert "CTLA4" in text.partition("go against the others: ")[2]
    assert "the score follows T cells" in text


def test_genes_without_a_bond_are_a_concern(frame: pd.DataFrame) -> None:
    text = " ".join(judged(frame, *OTHER[:8]).concerns())  # type: ignore[attr-defined]

    assert "the genes go together no more than random gene sets do" in text


def test_near_sets_of_the_library_are_a_concern(frame: pd.DataFrame) -> None:
    one = Signature(id="mine", name="Mine", up=TCELL)

    found = quality(one, as_expression(frame, ReadOptions(unit="log2")))

    assert any(
        "100% of its genes are in ss_cyt_davoli (Jaccard 1.00)" in text for text in found.concerns()
    )
    assert found.overlap.index[0] == "ss_cyt_davoli"


def test_a_sound_set_raises_no_concern(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    sound = frame.copy()
    for gene in OTHER[:8]:
        sound[gene] = 6 + rng.normal(0, 0.3, 80)
    sound[list(OTHER[:8])] += rng.normal(0, 1.0, (80, 1))
    one = Signature(id="mine", name="Mine", up=tuple(OTHER[:8]))
    prepared = prepare(as_expression(sound, ReadOptions(unit="log2")))

    found = quality(one, prepared, library=Library())

    assert found.concerns() == ()
    assert str(found).splitlines()[-1] == "  look at     nothing stands out"


def test_it_becomes_json(frame: pd.DataFrame) -> None:
    found = judged(frame, *SET)

    data = json.loads(json.dumps(found.to_json(), default=lambda value: value.item()))  # type: ignore[attr-defined]

    assert data["signature"] == "mine@1.0.0"
    assert {row["gene"] for row in data["influence"]} == set(SET)
    assert data["coverage"]["found"] == 6


def test_no_gene_at_all_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(GeneError) as caught:
        judged(frame, "NO_SUCH_GENE")
    assert caught.value.code == "E101"
