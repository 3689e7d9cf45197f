"""Every number on the page equals the tables: the page is read back and held beside the frames
and files it is of.
"""

from __future__ import annotations

import io
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.report import build_report, render_report, table_text
from resistype.scheme import Calls
from resistype.scheme.scheme import ABSTENTIONS
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.text import exact, number, p_value, percent, sign, word
from tests.report.page import Page, cell_calls
from tests.scheme.build import cohort, level_calls, paired_calls


@cache
def firm_calls() -> Calls:
    """The cohort with baselines and its stability."""
    expression, samples = cohort()
    return classify(expression, samples=samples, baseline="Pre", options=CallOptions(n_jobs=1))


CALLS = {"paired": paired_calls, "level": level_calls, "firm": firm_calls}
KINDS = list(CALLS)


@cache
def page(kind: str) -> Page:
    return Page(render_report(CALLS[kind]()))


def tsv(frame: pd.DataFrame) -> pd.DataFrame:
    """A table as its file has it: what calls.tsv and evidence.tsv hold, text for text."""
    return pd.read_csv(io.StringIO(table_text(frame)), sep="\t", dtype=str, keep_default_na=False)


def figure(cell: str) -> float | None:
    """A cell of a file as a number."""
    return float(cell) if cell else None


# ---------------------------------------------------------------- calls.tsv


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_has_the_calls_of_calls_tsv(kind: str) -> None:
    calls = CALLS[kind]()
    table = tsv(calls.to_frame().reset_index()).set_index("sample")
    lines = [e for e in page(kind).section("units").all("details") if "s" in e.kind]
    seen = set()
    for line in lines:
        summary = line.all("summary")[0]
        sample = summary.all("b")[0].text
        spans = [e for e in summary.all("span") if "c" in e.kind]
        for axis, span in zip(calls.scheme.axes, spans, strict=True):
            given = table.loc[sample, axis.id]
            share = (
                figure(table.loc[sample, f"{axis.id}_stability"])
                if calls.stability is not None
                else None
            )
            again = f" {percent(share)}" if share is not None and given not in ABSTENTIONS else ""
            assert span.text == f"{axis.title}{word(given)}{again}"
        assert line.all("strong")[0].text == table.loc[sample, "headline"]
        seen.add(sample)

    assert seen == set(calls.samples)


@pytest.mark.parametrize("kind", KINDS)
def test_base_rates_and_stability_of_a_sample_are_those_of_the_table(kind: str) -> None:
    calls = CALLS[kind]()
    table = tsv(calls.to_frame().reset_index()).set_index("sample")
    for place in (0, 7, len(calls.samples) - 1):
        line = page(kind).unit(place)
        sample = line.all("summary")[0].all("b")[0].text
        for axis, body in zip(calls.scheme.axes, line.all("tbody"), strict=True):
            said = body.all("th")[0].text
            assert (
                f"in the reference {percent(figure(table.loc[sample, f'{axis.id}_base_rate']))}"
                in said
            )
            if calls.stability is not None:
                row = calls.row(sample)
                kinds = [
                    percent(none(calls.stability.shares[k][axis.id][row]))
                    for k in ("genes", "cohort", "methods")
                ]
                overall = percent(figure(table.loc[sample, f"{axis.id}_stability"]))
                words = (
                    f"again in {overall} (genes {kinds[0]}, cohort {kinds[1]}, methods {kinds[2]})"
                )
                if np.isnan(calls.stability.overall(axis.id)[row]):  # no answer, nothing is firm
                    assert "again in" not in said
                else:
                    assert words in said


def none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


# ---------------------------------------------------------------- evidence.tsv


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_evidence_tsv_stands_at_its_sample_and_no_other(kind: str) -> None:
    calls = CALLS[kind]()
    evidence = tsv(calls.evidence())
    lines = [e for e in page(kind).section("units").all("details") if "s" in e.kind]
    for line in lines:
        sample = line.all("summary")[0].all("b")[0].text
        own = evidence[evidence["sample"] == sample]
        for axis, body in zip(calls.scheme.axes, line.all("tbody"), strict=True):
            wanted = rows_of(own[own["axis"] == axis.id])
            shown = [row for row in shown_rows(body.cells_of()) if row]
            assert shown == wanted


def rows_of(own: pd.DataFrame) -> list[tuple[str, ...]]:
    """What evidence.tsv says of an axis, as the page would print it: title and value, then each
    threshold.
    """
    found: list[tuple[str, ...]] = []
    for (_, title), part in own.groupby(["quantity", "title"], sort=False):
        first = part.iloc[0]
        if not first["value"]:
            continue
        found.append((title, f"{number(float(first['value']))} {first['unit']}"))
        for row in part.itertuples():
            if row.threshold:
                op, limit = row.threshold.split(" ")
                source = row.threshold_source.partition(":")[0]
                mark = "●" if row.decided == "True" else ""
                found.append(
                    (
                        f"{sign(op)} {exact(float(row.threshold_value))}",
                        number(float(row.distance)),
                        source,
                        mark,
                    )
                )
                assert float(limit) == pytest.approx(float(row.threshold_value))
    return found


def shown_rows(rows: list[tuple[bool, list[tuple[bool, str]]]]) -> list[tuple[str, ...]]:
    """The same from the rows of a body of evidence."""
    found: list[tuple[str, ...]] = []
    for decided, row in rows:
        if row and row[0][0] and row[0][1].startswith("not measured: "):
            continue
        names_a_quantity = bool(row and row[0][0])
        if names_a_quantity:
            found.append((row[0][1], row[1][1]))
        rest = [text for _, text in (row[2:] if names_a_quantity else row)]
        if len(rest) == 3:
            found.append((*rest, "●" if decided else ""))
    return found


def test_what_is_missing_is_said_with_its_reason() -> None:
    calls = paired_calls()
    evidence = tsv(calls.evidence())
    nobody = evidence.groupby(["axis", "quantity"])["value"].apply(lambda one: (one == "").all())
    said = page("paired").section("units").all("details")[0]

    assert said.all("summary")[0].text == f"Measured for no sample: {int(nobody.sum())} quantities"
    lines = [e for e in page("paired").section("units").all("details") if "s" in e.kind]
    for line in lines[:6]:
        sample = line.all("summary")[0].all("b")[0].text
        own = evidence[(evidence["sample"] == sample) & (evidence["value"] == "")]
        for row in own.itertuples():
            if not nobody[row.axis, row.quantity]:
                assert row.title in line.text
                assert f"({row.reason})" in line.text


# ---------------------------------------------------------------- the cohort


@pytest.mark.parametrize("kind", KINDS)
def test_calls_of_the_cohort_are_counted_with_their_intervals(kind: str) -> None:
    calls = CALLS[kind]()
    for axis in calls.scheme.axes:
        given = calls.to_frame()[axis.id]
        rows = {
            cells[0].replace(" ", "_"): cells[1:] for cells in page(kind).after("calls", axis.title)
        }
        visible = {
            name
            for name, label in axis.labels.items()
            if kind != "level" or not label.needs_baseline
        }
        assert set(rows) == visible | set(ABSTENTIONS)
        for name, cells in rows.items():
            n, total, among = slow_count(calls, axis, given.to_numpy(), name)
            low, high = slow_wilson(n, total)
            share, basis = calls.counts(axis.id).loc[name, ["base_rate", "basis"]]
            assert cells[1] == f"{n} of {total} {among}"
            part = n / total if total else None
            ends = f"({percent(none(low))} to {percent(none(high))})"
            assert cells[2] == f"{percent(part)} {ends}"
            assert cells[4] == f"{percent(none(share))} {basis}"


def slow_count(calls: Any, axis: Any, given: Any, name: str) -> tuple[int, int, str]:
    """Units one by one: those that could have the call, and those that have it."""
    asks = any(label.needs_baseline for label in axis.labels.values())
    own = [bool(one) for one in calls.design["baseline_sample"] != ""]
    n = of = 0
    kinds = set()
    for call, paired in zip(given, own, strict=True):
        could = not asks or name in ABSTENTIONS or axis.labels[name].needs_baseline == paired
        assessed = name == "not_assessable" or call != "not_assessable"
        n += call == name
        of += could and assessed
        kinds |= {paired} if could and assessed else set()
    return n, of, "pairs" if asks and kinds == {True} else f"{calls.unit}s"


def slow_wilson(k: int, n: int) -> tuple[float, float]:
    """Ends of the shares p with |k/n − p| ≤ 1.96 standard errors at p, found on a fine grid."""
    if n == 0:
        return float("nan"), float("nan")
    grid = np.linspace(0, 1, 200_001)
    inside = grid[(k / n - grid) ** 2 <= 1.959963984540054**2 * grid * (1 - grid) / n + 1e-15]
    return float(inside.min()), float(inside.max())


def test_pairs_are_the_changes_of_evidence_tsv() -> None:
    calls = paired_calls()
    evidence = tsv(calls.evidence())
    changes = (
        evidence[evidence["quantity"] == "ifng_change"]
        .drop_duplicates("sample")
        .set_index("sample")
    )
    table = calls.to_frame()
    later = table[table["baseline_sample"] != ""]
    rows = page("paired").after("pairs", "IFNγ response")
    by_patient = {row[0].split(" ")[0]: row for row in rows}

    assert len(rows) == len(later) == 32
    for sample, about in later.iterrows():
        row = by_patient[about["patient"]]
        assert row[2] == number(float(changes.loc[str(sample), "value"]))
        assert row[3] == word(about["ifng"])
    values = [float(row[2].replace("−", "-")) for row in rows]
    assert values == sorted(values, reverse=True)


def test_changes_over_patients_are_counted_and_tested_on_the_scores() -> None:
    from scipy.stats import wilcoxon

    calls = paired_calls()
    rows = {row[0]: row[1:] for row in page("paired").after("pairs", "Changes over the patients")}
    later = calls.quantities[(calls.design["baseline_sample"] != "").to_numpy()]
    for name in ("ifng_change", "isg_rs_change", "oxphos_change"):
        quantity = calls.scheme.quantities[name]
        row = rows[f"{quantity.title} {quantity.unit}"]
        values = later[name].dropna().to_numpy()
        ordered = np.sort(values)
        assert row[:3] == ["Post", str(len(values)), str(int((values > 0).sum()))]
        assert row[3].startswith(f"{number(float(np.median(values)))} (")
        assert number(float(ordered[9])) in row[3]  # tenth of 32 from either end covers 97.99 %
        assert number(float(ordered[22])) in row[3]
        assert row[4] == p_value(float(wilcoxon(values).pvalue))


def test_steps_are_the_calls_at_baseline_and_later() -> None:
    calls = paired_calls()
    table = calls.to_frame()
    later = table[table["baseline_sample"] != ""]
    shown = page("paired").after("pairs", "From the call at baseline to the later call")
    for axis in ("antigen_presentation", "dysfunction"):
        before = table.loc[later["baseline_sample"], axis].to_numpy()
        expected = Counter(zip(before.tolist(), later[axis].tolist(), strict=True))
        rows = [row for row in shown if row[0] == calls.scheme.axis(axis).title]
        found = {(row[1].replace(" ", "_"), row[2].replace(" ", "_")): int(row[4]) for row in rows}
        assert found == expected


@pytest.mark.parametrize("kind", KINDS)
def test_refusals_are_those_of_the_table(kind: str) -> None:
    calls = CALLS[kind]()
    rows = page(kind).section("refused").all("table")[0].cells()
    shown = {(row[0], row[1].replace(" ", "_"), row[2]): int(row[3]) for row in rows}
    expected: dict[tuple[str, str, str], int] = {}
    for axis in calls.scheme.axes:
        for call, reason in zip(
            calls.verdicts.calls[axis.id], calls.verdicts.reasons[axis.id], strict=True
        ):
            if call in ABSTENTIONS:
                expected[axis.title, call, reason] = expected.get((axis.title, call, reason), 0) + 1

    assert shown == expected


def test_firmness_is_counted_on_the_stability() -> None:
    calls = firm_calls()
    rows = {row[0]: row[1:] for row in page("firm").section("stability").all("table")[0].cells()}
    frame = calls.to_frame()
    for axis in calls.scheme.axes:
        called = ~frame[axis.id].isin(ABSTENTIONS)
        again = frame[f"{axis.id}_stability"]
        ruled = pd.Series(calls.verdicts.rule_calls[axis.id], index=frame.index)
        back = ~ruled.isin(ABSTENTIONS) & (again < 0.7)
        counts = [int(called.sum()), int((called & (again >= 0.9)).sum()), int(back.sum())]
        assert rows[axis.title][:3] == [str(n) for n in counts]


def test_thresholds_say_where_they_come_from() -> None:
    rows = page("paired").section("thresholds").all("table")[0].cells()
    report = build_report(paired_calls())

    assert len(rows) == len(report.thresholds)
    for row, one in zip(rows, report.thresholds, strict=True):
        assert row[2].startswith(one.source)
        assert row[1].replace("≥", ">=").replace("≤", "<=").replace("−", "-") == one.condition
        assert row[3] == one.text


# ---------------------------------------------------------------- cells


def test_tables_of_cells_are_the_tables() -> None:
    calls = cell_calls()
    found = Page(render_report(calls))
    shown = found.after("tables", "Composition")
    frame = calls.tables["composition"]

    assert len(shown) == len(frame)
    for row, one in zip(shown, frame.itertuples(), strict=True):
        assert row[:3] == [one.patient, one.timepoint, one.kind]
        assert row[3:5] == [number(float(one.numerator)), number(float(one.denominator))]
        assert row[5:8] == [number(one.proportion), number(one.low), number(one.high)]


def test_numbers_of_patients_and_samples_are_the_quantities() -> None:
    calls = cell_calls()
    found = Page(render_report(calls))
    lines = [e for e in found.section("units").all("details") if "s" in e.kind]

    assert len(lines) == 15
    for line in lines:
        name = line.all("summary")[0].all("b")[0].text
        _, _, time = name.partition(" ")
        own = calls.at("sample" if time else "patient")
        numbers = own.quantities.loc[name]
        for axis, body in zip(own.scheme.axes, line.all("tbody"), strict=True):
            shown = dict(row for row in shown_rows(body.cells_of()) if len(row) == 2)
            for quantity in axis.quantities:
                known = quantity in numbers and not np.isnan(float(numbers[quantity]))
                about = calls.scheme.quantities[quantity]
                if known:
                    assert shown[about.title] == f"{number(float(numbers[quantity]))} {about.unit}"
                else:
                    assert about.title not in shown
