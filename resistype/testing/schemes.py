"""Checks of a scheme: that it is wired, says where its thresholds come from, abstains, and promises
nothing.

What a file says is checked for every scheme. What it does is checked for schemes of biopsies, on
the simulated cohort.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from resistype import datasets
from resistype.library import load_library
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme import check_scheme as complaints_of
from resistype.scheme.scheme import ABSTENTIONS, Axis, Threshold
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.testing.signatures import Outcome, fail, run_checks

# No output tells what a patient will do or should get.
PROMISES = re.compile(
    r"will (not )?respond|predicts? (a )?respon|likely to (respond|benefit)|benefits? from"
    r" (therapy|treatment)"
    r"|probability of (response|benefit)|should (be treated|receive|get)|recommended"
    r" (therapy|treatment)"
    r"|treat with",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Given:
    """A scheme, and what it calls in the simulated cohort."""

    scheme: Scheme

    @cached_property
    def cohort(self) -> datasets.Demo:
        return datasets.demo()

    @cached_property
    def calls(self) -> Calls:
        return self.called(self.cohort.expression)

    def called(self, data: pd.DataFrame, *, baseline: bool = True) -> Calls:
        """Calls of a matrix, without resampling."""
        options = CallOptions(n_jobs=1, stability=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if baseline:
                return classify(
                    data,
                    self.biopsies,
                    samples=self.cohort.samples,
                    baseline="Pre",
                    options=options,
                )
            return classify(data, self.biopsies, options=options)

    @property
    def biopsies(self) -> Scheme:
        if self.scheme.system != "bulk":
            raise TypeError("a scheme for cells")
        return self.scheme

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.scheme.axes


def check_wiring(given: _Given) -> None:
    """Signatures, quantities, thresholds and labels that it names are there, and all are used."""
    found = complaints_of(given.scheme, load_library())
    if found:
        fail("; ".join(found[:5]))


def check_sources(given: _Given) -> None:
    """Every threshold says whether it is published, with the citation, or ours, with the reason."""
    for where, one in _thresholds(given):
        if one.source == "published" and not (one.citation or one.doi):
            fail(f"{where} is said to be published and has no citation")
        if len(one.text.split()) < 2:
            fail(f"{where} does not say what it is")


def check_promises(given: _Given) -> None:
    """No word that it may print says what a patient will do or should get."""
    for where, text in _printed(given):
        found = PROMISES.search(text)
        if found:
            fail(f"{where} says {found[0]!r}")


def check_abstains(given: _Given) -> None:
    """Every axis has a way to say nothing."""
    for axis in given.axes:
        if axis.otherwise_call not in ABSTENTIONS and not any(
            rule.call in ABSTENTIONS for rule in axis.rules
        ):
            fail(
                f"axis {axis.id!r} calls a label for everything; wanted one of"
                f" {', '.join(ABSTENTIONS)}"
            )


def check_words_of_change(given: _Given) -> None:
    """Words about a course in time stand only in labels that need a baseline."""
    words = getattr(given.scheme, "forbidden_without_baseline", ())
    for axis in given.axes:
        for name, label in axis.labels.items():
            said = f"{name} {label.text} {label.headline}".lower()
            used = [word for word in words if re.search(rf"\b{re.escape(word.lower())}", said)]
            if used and not label.needs_baseline:
                fail(f"label {name!r} of {axis.id!r} says {used[0]!r} and does not need a baseline")


def check_json(given: _Given) -> None:
    """As JSON and back it is the same."""
    text = json.dumps(given.scheme.model_dump(mode="json"), allow_nan=False)
    if type(given.scheme).model_validate(json.loads(text)) != given.scheme:
        fail("it is another after a round through JSON")


def check_calls(given: _Given) -> None:
    """Every sample of the simulated cohort gets one known call an axis, or a reason why not."""
    if given.scheme.system != "bulk":
        return
    calls = given.calls
    if list(calls.samples) != [str(name) for name in given.cohort.expression.index]:
        fail("samples were left out or put in another order")
    for axis in given.axes:
        made = list(calls.verdicts.calls[axis.id])
        odd = sorted({str(one) for one in made} - set(axis.labels) - set(ABSTENTIONS))
        if odd:
            fail(f"axis {axis.id!r} calls {odd[0]!r}, which is no label of it")
        reasons = list(calls.verdicts.reasons[axis.id])
        if any(
            str(call) in ABSTENTIONS and not reason
            for call, reason in zip(made, reasons, strict=True)
        ):
            fail(f"axis {axis.id!r} abstains without a reason")


def check_repeat(given: _Given) -> None:
    """The same cohort gets the same calls again."""
    if given.scheme.system == "bulk":
        _same(given, given.called(given.cohort.expression), "a second time")


def check_sample_order(given: _Given) -> None:
    """The order of the samples does not matter."""
    if given.scheme.system == "bulk":
        _same(
            given, given.called(given.cohort.expression.iloc[::-1]), "with the samples in reverse"
        )


def check_gene_order(given: _Given) -> None:
    """The order of the genes does not matter."""
    if given.scheme.system == "bulk":
        _same(
            given, given.called(given.cohort.expression.iloc[:, ::-1]), "with the genes in reverse"
        )


def check_without_baseline(given: _Given) -> None:
    """Without a baseline no label that needs one is called."""
    if given.scheme.system != "bulk":
        return
    calls = given.called(given.cohort.expression, baseline=False)
    for axis in given.axes:
        needs = {name for name, label in axis.labels.items() if label.needs_baseline}
        made = needs & {str(one) for one in calls.verdicts.calls[axis.id]}
        if made:
            fail(f"axis {axis.id!r} calls {min(made)!r} without a baseline")


def check_evidence(given: _Given) -> None:
    """Every call that was made stands on evidence."""
    if given.scheme.system != "bulk":
        return
    evidence = given.calls.evidence()
    shown = set(zip(evidence["sample"].astype(str), evidence["axis"].astype(str), strict=True))
    for axis in given.axes:
        for sample, call in zip(
            given.calls.samples, given.calls.verdicts.calls[axis.id], strict=True
        ):
            if str(call) not in ABSTENTIONS and (sample, axis.id) not in shown:
                fail(f"{call!r} of {sample!r} on {axis.id!r} has no row of evidence")


def _same(given: _Given, other: Calls, what: str) -> None:
    for axis in given.axes:
        first = dict(
            zip(given.calls.samples, map(str, given.calls.verdicts.calls[axis.id]), strict=True)
        )
        again = dict(zip(other.samples, map(str, other.verdicts.calls[axis.id]), strict=True))
        moved = [name for name in first if first[name] != again.get(name)]
        if moved:
            fail(
                f"{what}, {len(moved)} of {len(first)} calls of {axis.id!r} differ (first:"
                f" {moved[0]!r})"
            )


def _thresholds(given: _Given) -> Iterator[tuple[str, Threshold]]:
    for name, one in given.scheme.parameters.items():
        yield name, one
    for axis in given.axes:
        for name, one in axis.thresholds.items():
            yield f"{axis.id}.{name}", one


def _printed(given: _Given) -> Iterator[tuple[str, str]]:
    """Everything that an output may show, with its place."""
    yield "title", given.scheme.title
    for axis in given.axes:
        yield f"axes.{axis.id}", f"{axis.title} {axis.otherwise}"
        for name, label in axis.labels.items():
            yield (
                f"axes.{axis.id}.{name}",
                f"{name.replace('_', ' ')} {label.text} {label.headline}",
            )
        for number, rule in enumerate(axis.rules, 1):
            yield f"axes.{axis.id}.rules[{number}]", rule.reason


SCHEME_CHECKS: tuple[Callable[[_Given], None], ...] = (
    *(
        check_wiring,
        check_sources,
        check_promises,
        check_abstains,
        check_words_of_change,
        check_json,
        check_calls,
    ),
    *(check_repeat, check_sample_order, check_gene_order, check_without_baseline, check_evidence),
)


def check_scheme(
    scheme: Scheme | str | Path, *, skip: Mapping[str, str] | None = None
) -> tuple[Outcome, ...]:
    """Check that a scheme keeps what a reader of its calls may expect.

    Parameters
    ----------
    scheme
        A scheme, the name of a shipped one, or a TOML file. Of schemes for cells only the file is
        checked.
    skip
        Checks to leave out, each with the reason.

    Returns
    -------
    tuple of Outcome
        One a check.

    Raises
    ------
    CheckError
        An AssertionError with all checks that failed, and what each found.
    SchemeError
        When it cannot be read at all.

    Examples
    --------
    >>> from resistype.testing import check_scheme
    >>> sum(one.passed for one in check_scheme("cart_product"))
    12
    """
    loaded = load_scheme(scheme)
    return run_checks(SCHEME_CHECKS, _Given(loaded), about=f"Scheme '{loaded.id}'", skip=skip)
