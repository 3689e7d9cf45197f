"""The checks of schemes: shipped ones keep them, and each finds the scheme that was broken for
it.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from resistype.errors import SchemeError
from resistype.scheme import Scheme, list_schemes, load_scheme
from resistype.systems.cells import list_cell_schemes
from resistype.testing import SCHEME_CHECKS, CheckError, check_scheme, schemes
from tests.trust.figures import record

SHIPPED = [*list_schemes(), *list_cell_schemes()]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_schemes_keep_what_they_say(name: str) -> None:
    outcomes = check_scheme(name)

    assert all(one.passed for one in outcomes)
    assert len(outcomes) == len(SCHEME_CHECKS) >= 10


def test_how_many_were_checked() -> None:
    record("battery, schemes", checked=len(SHIPPED), checks=len(SCHEME_CHECKS))
    assert len(SHIPPED) >= 5


@cache
def good() -> Scheme:
    return load_scheme("hcc_primary_refractoriness")


@cache
def given() -> Any:
    return schemes._Given(good())


def with_axis(scheme: Scheme, **fields: Any) -> Scheme:
    """The scheme with its first axis changed, past the model's own checks."""
    first, *rest = scheme.axes
    return scheme.model_copy(update={"axes": (first.model_copy(update=fields), *rest)})


def with_label(scheme: Scheme, **fields: Any) -> Scheme:
    name, label = next(iter(scheme.axes[0].labels.items()))
    return with_axis(
        scheme, labels={**scheme.axes[0].labels, name: label.model_copy(update=fields)}
    )


def without_source(scheme: Scheme) -> Scheme:
    axes = [
        axis.model_copy(
            update={
                "thresholds": {
                    name: one.model_copy(update={"source": "published", "citation": "", "doi": ""})
                    for name, one in axis.thresholds.items()
                }
            }
        )
        for axis in scheme.axes
    ]
    return scheme.model_copy(update={"axes": tuple(axes)})


def unknown_signature(scheme: Scheme) -> Scheme:
    name, quantity = next((name, one) for name, one in scheme.quantities.items() if one.signature)
    changed = quantity.model_copy(update={"signature": "no_such_signature"})
    return scheme.model_copy(update={"quantities": {**scheme.quantities, name: changed}})


def never_abstains(scheme: Scheme) -> Scheme:
    first = scheme.axes[0]
    rules = tuple(
        rule.model_copy(update={"call": next(iter(first.labels))}) for rule in first.rules
    )
    return with_axis(scheme, rules=rules, otherwise_call=next(iter(first.labels)))


BROKEN = {
    "check_wiring": unknown_signature,
    "check_sources": without_source,
    "check_promises": lambda scheme: with_label(
        scheme, text="The patient will respond to therapy."
    ),
    "check_abstains": never_abstains,
    "check_words_of_change": lambda scheme: with_label(
        scheme.model_copy(update={"forbidden_without_baseline": ("chronic",)}), text="chronic loss"
    ),
    "check_json": lambda scheme: with_axis(scheme, id="No Id"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_of_a_file_finds_what_was_broken_for_it(name: str) -> None:
    check = next(one for one in SCHEME_CHECKS if one.__name__ == name)
    check(given())

    with pytest.raises((CheckError, ValueError)):
        check(schemes._Given(BROKEN[name](good())))


def spoiled(made: Any, **verdicts: Any) -> Any:
    """The calls with something else in them."""
    parts = {name: getattr(made.verdicts, name) for name in ("calls", "reasons")} | verdicts
    return SimpleNamespace(
        samples=made.samples, verdicts=SimpleNamespace(**parts), evidence=made.evidence
    )


class Made:
    """A given whose calls are spoiled from the second time on, or from the first."""

    def __init__(self, first: Any, again: Any) -> None:
        self.scheme, self.axes, self.cohort = given().scheme, given().axes, given().cohort
        self.calls, self._again = first, again

    def called(self, _data: Any, *, baseline: bool = True) -> Any:
        return self._again


def other_calls() -> dict[str, list[str]]:
    return {
        axis.id: [next(iter(axis.labels))] * len(given().calls.samples) for axis in given().axes
    }


def in_time() -> Any:
    return next(
        (axis.id, name)
        for scheme in [load_scheme("acquired_resistance")]
        for axis in scheme.axes
        for name, label in axis.labels.items()
        if label.needs_baseline
    )


@pytest.mark.parametrize("name", ["check_repeat", "check_sample_order", "check_gene_order"])
def test_calls_that_change_are_found(name: str) -> None:
    check = next(one for one in SCHEME_CHECKS if one.__name__ == name)
    check(given())

    with pytest.raises(CheckError, match="calls of"):
        check(Made(given().calls, spoiled(given().calls, calls=other_calls())))


def test_calls_of_no_label_without_a_reason_or_evidence_are_found() -> None:
    calls, axis = given().calls, given().axes[0].id
    check = {one.__name__: one for one in SCHEME_CHECKS}
    n = len(calls.samples)

    with pytest.raises(CheckError, match="which is no label of it"):
        check["check_calls"](
            Made(spoiled(calls, calls={**calls.verdicts.calls, axis: ["cured"] * n}), None)
        )
    silent = {name: [""] * n for name in calls.verdicts.reasons}
    every = {name: ["indeterminate"] * n for name in calls.verdicts.calls}
    with pytest.raises(CheckError, match="abstains without a reason"):
        check["check_calls"](Made(spoiled(calls, calls=every, reasons=silent), None))
    with pytest.raises(CheckError, match="samples were left out"):
        check["check_calls"](Made(SimpleNamespace(samples=calls.samples[1:]), None))
    bare = spoiled(calls, calls=other_calls())
    bare.evidence = lambda: calls.evidence().iloc[:0]
    with pytest.raises(CheckError, match="has no row of evidence"):
        check["check_evidence"](Made(bare, None))


def test_a_word_of_change_without_a_baseline_is_found() -> None:
    axis, name = in_time()
    made = SimpleNamespace(verdicts=SimpleNamespace(calls={axis: [name]}))
    scheme = load_scheme("acquired_resistance")
    wrong = Made(None, made)
    wrong.scheme, wrong.axes = scheme, tuple(one for one in scheme.axes if one.id == axis)

    with pytest.raises(CheckError, match=f"calls '{name}' without a baseline"):
        schemes.check_without_baseline(wrong)  # type: ignore[arg-type]


def test_every_check_has_its_broken_example() -> None:
    more = {
        "check_calls",
        "check_repeat",
        "check_sample_order",
        "check_gene_order",
        "check_evidence",
    }

    assert {one.__name__ for one in SCHEME_CHECKS} == {*BROKEN, *more, "check_without_baseline"}


def test_what_cannot_be_read_is_an_error_of_its_own() -> None:
    with pytest.raises(SchemeError, match="S101"):
        check_scheme("no_such_scheme")
