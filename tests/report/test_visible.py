"""What may be shown: without a baseline, no word about change stands in any file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from resistype.report import write_folder
from resistype.report.units import has_baseline, visible_labels, visible_thresholds
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.reference import fit_reference
from tests.scheme.build import QUICK, cohort, level_calls, paired_calls, wide_cohort

WORDS = re.compile(r"\b(up|stable|chronic|persistent)\b", re.IGNORECASE)


@cache
def post_only(reference: bool, stability: bool, table: bool) -> Calls:
    """Biopsies after treatment, called in one of the ways in which no baseline is at hand."""
    expression, samples = wide_cohort()
    later = samples[samples["timepoint"] == "Post"]
    before = expression.select(list(samples.loc[samples["timepoint"] == "Pre", "sample"]))
    return classify(
        expression.select(list(later["sample"])),
        samples=later if table else None,
        reference=fit_reference(before, name="before", n_jobs=1) if reference else None,
        options=CallOptions(n_jobs=1, stability=stability, same_as="before" if reference else None),
    )


def shown_files(paths: list[Path]) -> list[Path]:
    """What tells of the calls; scheme.toml holds every label there is, also of other biopsies."""
    return [path for path in paths if path.name != "scheme.toml"]


@pytest.mark.parametrize(
    ("reference", "stability", "table"),
    [(False, False, True), (True, False, True), (False, True, False), (True, True, True)],
)
def test_no_word_of_change_in_any_file(
    tmp_path: Path, reference: bool, stability: bool, table: bool
) -> None:
    calls = post_only(reference, stability, table)
    for path in shown_files(write_folder(calls, tmp_path)):
        assert WORDS.findall(path.read_text(encoding="utf-8")) == [], path.name
    assert WORDS.findall(repr(calls)) == []
    assert WORDS.findall(calls.evidence().to_string()) == []


def test_the_other_shipped_scheme_says_none_of_them_either(tmp_path: Path) -> None:
    expression, samples = cohort()
    later = samples[samples["timepoint"] == "Post"].assign(nlr=2.5)
    calls = classify(
        expression.select(list(later["sample"])),
        "hcc_primary_refractoriness",
        samples=later,
        options=QUICK,
    )
    files = shown_files(write_folder(calls, tmp_path))
    shown = "".join(path.read_text(encoding="utf-8") for path in files)

    assert WORDS.findall(shown) == []


def test_the_search_finds_them_where_there_is_a_baseline(tmp_path: Path) -> None:
    found = {
        path.name: WORDS.findall(path.read_text(encoding="utf-8"))
        for path in write_folder(paired_calls(), tmp_path)
    }

    assert found["calls.tsv"]
    assert found["report.html"]


def test_a_sample_without_a_baseline_in_a_study_of_pairs() -> None:
    """The study may speak of change; of this biopsy nothing of the kind is said."""
    calls = paired_calls()
    frame = calls.to_frame()
    alone = frame.index[frame["baseline_sample"] == ""]
    evidence = calls.evidence()

    assert len(alone) == 32
    assert WORDS.findall(frame.loc[alone].to_csv()) == []
    assert WORDS.findall(evidence[evidence["sample"].isin(alone)].to_csv()) == []
    for sample in alone[:4]:
        assert "NO_BASELINE" in calls.caveats(sample)
        assert (
            WORDS.findall(calls.headline(sample) + " ".join(calls.caveats(sample).values())) == []
        )


# ---------------------------------------------------------------- labels and thresholds


def test_whether_there_is_a_baseline() -> None:
    assert has_baseline(paired_calls())
    assert not has_baseline(level_calls())


def test_labels_that_a_run_could_give() -> None:
    for axis in paired_calls().scheme.axes:
        every = {name: label.text for name, label in axis.labels.items()}
        assert visible_labels(paired_calls(), axis) == every
        without = {name for name, label in axis.labels.items() if label.needs_baseline}
        assert visible_labels(level_calls(), axis) == {
            n: t for n, t in every.items() if n not in without
        }


@pytest.mark.parametrize("make", [paired_calls, level_calls])
def test_every_call_that_was_given_is_visible(make: object) -> None:
    assert callable(make)
    calls = make()
    for axis in calls.scheme.axes:
        given = set(calls.verdicts.calls[axis.id]) - {"indeterminate", "not_assessable"}
        assert given <= set(visible_labels(calls, axis))


def test_thresholds_are_those_that_the_visible_rules_compare() -> None:
    for calls in (paired_calls(), level_calls()):
        expected = set()
        for axis in calls.scheme.axes:
            hidden = set(axis.labels) - set(visible_labels(calls, axis))
            for rule in axis.rules:
                if rule.call in hidden:
                    continue
                for c in rule.conditions:
                    if c.kind == "compare":
                        limit = c.sign * calls.scheme.thresholds_of(axis.id)[c.target]
                        quantity = calls.scheme.quantities[c.subject]
                        expected.add(
                            (
                                axis.title,
                                f"{quantity.title} {c.op} {limit:g} {quantity.unit}",
                                limit,
                            )
                        )
        shown = [(row["axis"], row["condition"], row["value"]) for row in visible_thresholds(calls)]
        assert set(shown) == expected
        assert len(shown) == len(expected)


def test_thresholds_of_a_change_are_hidden_with_it() -> None:
    texts = " ".join(row["condition"] for row in visible_thresholds(level_calls()))

    assert "change of the IFNγ response" not in texts
    assert "level of the IFNγ response >= 0.5 SD of the reference" in texts
    assert len(visible_thresholds(level_calls())) < len(visible_thresholds(paired_calls()))


def test_a_published_threshold_keeps_its_citation() -> None:
    expression, samples = cohort()
    pre = samples[samples["timepoint"] == "Pre"].assign(nlr=2.5)
    calls = classify(
        expression.select(list(pre["sample"])),
        "hcc_primary_refractoriness",
        samples=pre,
        options=QUICK,
    )
    published = [row for row in visible_thresholds(calls) if row["source"] == "published"]

    assert {row["value"] for row in published} == {3.0}
    assert all("Lombardi" in row["citation"] for row in published)
