"""Rules between signatures, one by one: what they say, and above all when they stay silent."""

from __future__ import annotations

from typing import Any

import pytest

from resistype.library import Library, Signature, load_library
from resistype.library.relations import Known, _correlation, _of_draft, relations
from resistype.library.rules import Draft

GENES = ("B2M", "TAP1", "TAP2", "HLA-A", "HLA-B", "HLA-C", "NLRC5", "TAPBP")
WEIGHTS = dict(zip(GENES, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), strict=True))
WEIGHTED = Signature(id="parent_table", name="Parent table", up=GENES, weights=WEIGHTS)
PAIRED = Signature(id="zebra_pairs", name="Zebra", up=("TOX", "IL7R"), pairs=(("TOX", "IL7R"),))


def drafted(key: str, *genes: str, file: str = "", **data: Any) -> Draft:
    content = {"id": key, "name": data.pop("name", key), "up": list(genes), **data}
    return Draft(file or f"{key}.toml", content, None)


def codes(draft: Draft, *library: Signature) -> list[str]:
    return [problem[1] for _, problem in relations([draft], Library(library))]


def messages(draft: Draft, *library: Signature) -> str:
    return "\n".join(problem[3] for _, problem in relations([draft], Library(library)))


# near duplicates


@pytest.mark.parametrize(
    ("genes", "found"),
    [
        (GENES, ["L301"]),
        (GENES[:7], ["L301"]),
        (GENES[:5], ["L301"]),
        (GENES[:4], []),
        ((*GENES[:5], "TOX"), []),
        (("TOX", "IL7R"), []),
    ],
)
def test_nearness_needs_a_share_and_a_size(genes: tuple[str, ...], found: list[str]) -> None:
    assert codes(drafted("mine", *genes), WEIGHTED) == found


def test_what_sets_apart_is_told_when_it_is_short() -> None:
    assert "; it lacks TAPBP." in messages(drafted("mine", *GENES[:7]), WEIGHTED)


def test_parents_of_a_derived_set_are_no_news() -> None:
    child = drafted("mine", *GENES, derived_from="parent_table@1.0.0 - other")

    assert "L301" not in codes(child, WEIGHTED)


def test_an_older_version_is_not_compared() -> None:
    assert codes(drafted("mine", *GENES, file="folder/mine@1.0.0.toml"), WEIGHTED) == []


def test_a_signature_is_not_its_own_duplicate() -> None:
    assert codes(drafted("parent_table", *GENES, weights=WEIGHTS), WEIGHTED) == []


# weights


def turned() -> dict[str, float]:
    values = list(WEIGHTS.values())
    return dict(zip(GENES, values[3:] + values[:3], strict=True))


def test_weights_in_another_order() -> None:
    text = messages(drafted("mine", *GENES, weights=turned()), WEIGHTED)

    assert "the weights of 8 genes are those of parent_table in another order (r = " in text


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (WEIGHTS, False),
        ({gene: weight * 1.0001 for gene, weight in WEIGHTS.items()}, False),
        ({gene: weight * 2 for gene, weight in WEIGHTS.items()}, False),
        ({gene: weight + 0.01 for gene, weight in WEIGHTS.items()}, False),
        ({gene: -weight for gene, weight in WEIGHTS.items()}, True),
        (dict.fromkeys(GENES, 1.0), True),
    ],
)
def test_weights_of_another_scale_are_no_defect(weights: dict[str, float], said: bool) -> None:
    assert ("L304" in codes(drafted("mine", *GENES, weights=weights), WEIGHTED)) is said


@pytest.mark.parametrize("n", [1, 4])
def test_few_shared_weights_prove_nothing(n: int) -> None:
    weights = dict(list(turned().items())[:n])

    assert "L304" not in codes(drafted("mine", *weights, weights=weights), WEIGHTED)


def test_weights_under_old_names_are_compared_too() -> None:
    parent = Signature(
        id="p",
        name="p",
        up=("WARS1", *GENES[:4]),
        weights={"WARS1": 5.0, **dict.fromkeys(GENES[:4], 1.0)},
    )
    mine = {"WARS": 1.0, "B2M": 5.0, **dict.fromkeys(GENES[1:4], 1.0)}

    assert "L304" in codes(drafted("mine", *mine, weights=mine), parent)


@pytest.mark.parametrize("weights", [None, "text", [1, 2], {"B2M": "heavy"}, {"B2M": float("nan")}])
def test_odd_weights_are_left_to_the_model(weights: object) -> None:
    assert _of_draft(drafted("mine", "B2M", weights=weights)).weights == {}


def test_the_correlation_is_the_plain_one() -> None:
    assert _correlation([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]) == pytest.approx(1)
    assert _correlation([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == pytest.approx(-1)
    assert _correlation([1.0, 1.0], [1.0, 2.0]) == 0


# pairs


def test_turned_pairs_are_an_error() -> None:
    draft = drafted("mine", "TOX", "IL7R", pairs=[["IL7R", "TOX"]])

    assert "1 of 1 pairs are those of zebra_pairs the other way round" in messages(draft, PAIRED)


def test_the_same_pairs_are_none() -> None:
    assert "L305" not in codes(drafted("mine", "TOX", "IL7R", pairs=[["TOX", "IL7R"]]), PAIRED)


def test_a_list_under_the_name_of_pairs() -> None:
    assert "its name is that of zebra_pairs" in messages(
        drafted("zebra_somebody", "TOX", "LAG3"), PAIRED
    )
    assert "L305" not in codes(drafted("lion_somebody", "TOX", "LAG3"), PAIRED)


@pytest.mark.parametrize("pairs", [None, "x", [["TOX"]], [[1, 2]], [None]])
def test_odd_pairs_are_left_to_the_model(pairs: Any) -> None:
    assert _of_draft(drafted("mine", "TOX", pairs=pairs)).pairs == frozenset()


# names


TIS = Signature(id="alpha_tis", name="Inflamed profile", up=GENES)
EXPANDED = Signature(
    id="alpha_wide", name="Something else", up=("CD3D", "CIITA", "GZMK", "IL2RG", "CD2")
)


def test_swapped_names_need_both_lists() -> None:
    swapped = drafted("inflamed_profile", *EXPANDED.up)

    assert "two lists were swapped" in messages(swapped, TIS, EXPANDED)
    assert "L306" not in codes(swapped, TIS)
    assert "L306" not in codes(swapped, EXPANDED)


def test_the_right_list_under_the_right_name() -> None:
    assert "L306" not in codes(drafted("inflamed_profile", *TIS.up), TIS, EXPANDED)


def test_words_that_say_nothing_do_not_name() -> None:
    known = Known("human_gene_signature", "The set of genes", frozenset({"TOX"}))

    assert known.words == frozenset()


@pytest.mark.parametrize(
    ("name", "said"), [("TIDE_top50", True), ("tide", True), ("TIDEWAY", False), ("other", False)]
)
def test_scores_that_are_no_lists(name: str, said: bool) -> None:
    assert ("L307" in codes(drafted("mine", "TOX", name=name))) is said


def test_a_note_on_the_scoring_settles_it() -> None:
    draft = drafted(
        "mine", "TOX", name="TIDE", scoring={"note": "the ten largest of the vector, not the score"}
    )

    assert "L307" not in codes(draft)


# the shipped library


def test_the_shipped_library_gives_notes_and_nothing_else() -> None:
    library = load_library()
    drafts = [
        Draft(f"{item.axis}/{key}.toml", item.model_dump(mode="json"), item)
        for key, item in library.items()
    ]

    found = [problem for _, problem in relations(drafts, library)]

    assert {problem[0] for problem in found} == {"note"}
    assert {problem[1] for problem in found} <= {"L301", "L303"}


def test_mouse_sets_are_compared_as_they_are_spelt() -> None:
    mouse = Signature(
        id="m", name="m", species="mouse", up=("Tox", "Pdcd1", "Lag3", "Gzmb", "Ccl5")
    )

    assert "L301" in codes(drafted("mine", *mouse.up, species="mouse"), mouse)
