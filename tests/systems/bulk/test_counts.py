"""Like with like: counts of calls and their base rates are of the same denominator, and what was
not assessed says so in every view.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.cli import main
from resistype.scheme import Calls
from resistype.systems.bulk.measure import CallOptions

pytestmark = pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
QUICK = CallOptions(stability=False, n_jobs=1)


@cache
def mixed() -> Calls:
    """The demo without the baseline of eight patients: pairs and single samples in one cohort."""
    demo = rt.datasets.demo()
    gone = [name for name in demo.samples.index if "-Pre" in name][:8]
    data, table = demo.expression.drop(index=gone), demo.samples.drop(index=gone)
    return rt.classify(data, samples=table, baseline="Pre", options=QUICK)


def test_a_change_is_counted_over_pairs_and_a_level_over_the_others() -> None:
    calls = mixed()
    frame = calls.to_frame()
    pairs = frame[frame["baseline_sample"] != ""]
    others = frame[frame["baseline_sample"] == ""]
    counts = calls.counts("ifng")

    assert 0 < len(pairs) < len(frame)
    for call, rows in (("up", pairs), ("cross_sectional_high", others)):
        assessed = rows[rows["ifng"] != "not_assessable"]
        assert counts.loc[call, "n"] == (rows["ifng"] == call).sum()
        assert counts.loc[call, "of"] == len(assessed)
    assert counts.loc[["up", "cross_sectional_high"], "among"].tolist() == ["pairs", "samples"]
    assert counts["n"].sum() == len(frame)


def test_the_base_rate_of_an_abstention_is_mixed_as_the_cohort_is() -> None:
    calls = mixed()
    of = [int(calls.paired.sum()), int((~calls.paired).sum())]
    rates = [calls.base_rate("ifng", "indeterminate", paired=kind)[0] for kind in (True, False)]
    counts = calls.counts("ifng").loc["indeterminate"]

    assert rates[0] != rates[1]
    assert counts["of"] == sum(of)
    assert counts["base_rate"] == pytest.approx(np.average(rates, weights=of))
    assert counts["basis"].endswith("mixed as here")


def test_what_was_not_assessed_says_so_with_its_reason() -> None:
    calls = mixed()
    frame = calls.to_frame()
    for axis in (axis.id for axis in calls.scheme.axes):
        silent = frame[axis].isin(["not_assessable", "indeterminate"])
        assert (frame.loc[silent, f"{axis}_reason"] != "").all()
        assert (frame.loc[~silent, f"{axis}_reason"] == "").all()
        assert sum(calls.unassessed(axis).values()) == (frame[axis] == "not_assessable").sum()
        title = re.escape(calls.scheme.axis(axis).title)
        said = frame["headline"].str.contains(f"not assessed: .*{title}")
        lost = frame[axis] == "not_assessable"
        assert (said | (frame["headline"] == "not assessed"))[lost].all()


def test_a_matrix_that_carries_no_axis_is_not_assessed(tmp_path: Path) -> None:
    """Twelve samples of genes of no signature: nothing is called, and no view sounds negative."""
    demo = rt.datasets.demo()
    other = rt.load_library().select(ids=["mhc1_core"])["mhc1_core"].genes
    scheme = rt.load_scheme("acquired_resistance")
    used = {gene for one in scheme.signatures for gene in rt.load_library()[one].genes}
    assert used.issuperset(other)
    kept = [gene for gene in demo.expression.columns if gene not in used]
    calls = rt.classify(demo.expression.iloc[:12][kept], options=QUICK)

    assert {calls.headline(sample) for sample in calls.samples} == {"not assessed"}
    assert all(sum(calls.unassessed(axis.id).values()) == 12 for axis in calls.scheme.axes)


def test_the_command_line_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = rt.datasets.demo()
    demo.expression.T.to_csv(tmp_path / "counts.tsv", sep="\t")
    demo.samples.to_csv(tmp_path / "samples.tsv", sep="\t")
    words = ["--samples", str(tmp_path / "samples.tsv"), "--baseline", "Pre", "--no-stability"]

    with pytest.raises(SystemExit) as end:
        main(["classify", str(tmp_path / "counts.tsv"), *words, "--out", str(tmp_path / "out")])

    said = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "calls.tsv", sep="\t", index_col=0)
    assert end.value.code == 0
    assert " of 32 pairs" in said
    lost = int((table["isg_rs"] == "not_assessable").sum())
    assert f"ISG.RS programme, not assessed in {lost} of 64 samples: " in said
    assert table.loc[table["isg_rs"] == "not_assessable", "isg_rs_reason"].notna().all()
