"""Ready-made runs: the checks say what is there, the outcome is that of `classify` and `score`,
a cancel ends them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.errors import (
    GeneError,
    InputError,
    ReferenceDataError,
    ResistypeError,
    SamplesError,
)
from resistype.expression import ReadOptions, as_expression
from resistype.expression.units import READING
from resistype.genes.names import gene_table
from resistype.scheme import Calls
from resistype.score import ScoreOptions, Scores, score
from resistype.systems.bulk.measure import CallOptions
from resistype.widgets import Runner
from resistype.widgets.base import Widget
from resistype.widgets.runner import Steps, in_thread
from tests.processes import LIMIT, until

QUICK = CallOptions(n_jobs=1, stability=False)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    Widget.close_all()


@pytest.fixture(scope="module")
def demo() -> Any:
    return datasets.demo()


def done(runner: Runner) -> Runner:
    runner.start()
    runner.wait(LIMIT)
    assert runner.state["phase"] == "done", runner.state
    return runner


def test_a_classification_says_what_it_found_before_the_start(demo: Any) -> None:
    runner = Runner.classify(demo.expression, samples=demo.samples, baseline="Pre", options=QUICK)

    assert runner.checks[0] == "64 samples × 5,000 genes, unit counts."
    assert any("gene names are gene symbols" in one for one in runner.checks)
    assert any(one.startswith("32 pairs of 32 patients") for one in runner.checks)
    assert any("signatures have at least 80% of their genes." in one for one in runner.checks)
    assert runner.checks[-1] == "Compared with 32 baseline biopsies of this cohort."
    assert runner.outcome is None


def test_the_outcome_of_a_classification_is_that_of_classify(demo: Any, demo_calls: Calls) -> None:
    runner = done(
        Runner.classify(
            demo.expression, samples=demo.samples, baseline="Pre", options=CallOptions(n_jobs=1)
        )
    )
    counts = {(axis, call): n for axis, call, n in runner.result["rows"]}

    assert isinstance(runner.outcome, Calls)
    pd.testing.assert_frame_equal(runner.outcome.to_frame(), demo_calls.to_frame())
    assert counts["IFNγ response", "up"] == int((demo_calls.to_frame()["ifng"] == "up").sum())
    assert sum(n for (axis, _), n in counts.items() if axis == "IFNγ response") == 64
    assert "Research use only" in runner.result["caption"]
    assert [one.split()[0] for one in runner.warnings] == [*demo_calls.run_caveats]
    assert runner.state["done"] == runner.state["total"] > 200


def test_no_name_of_a_sample_or_patient_is_in_the_state(demo: Any) -> None:
    runner = done(
        Runner.classify(demo.expression, samples=demo.samples, baseline="Pre", options=QUICK)
    )
    state = repr(
        {key: value for key, value in runner.get_state().items() if key not in ("_esm", "_css")}
    )

    assert "SIM-P" not in state
    assert "SIM-P" not in runner.static_html()


def test_the_outcome_of_scoring_is_that_of_score(demo: Any) -> None:
    runner = done(
        Runner.score(demo.expression, ["benci_isg_rs"], method=["ssgsea", "singscore"], n_jobs=1)
    )
    expected = score(demo.expression, ["benci_isg_rs"], method=["ssgsea", "singscore"], n_jobs=1)

    assert isinstance(runner.outcome, Scores)
    for method in expected.methods:
        assert np.array_equal(runner.outcome.values[method], expected.values[method])
    assert [row[:2] for row in runner.result["rows"]] == [
        ["benci_isg_rs", "ssgsea"],
        ["benci_isg_rs", "singscore"],
    ]
    assert runner.result["rows"][0][3] == 64


def test_low_coverage_is_said_before_the_start_and_warned_of_in_the_log(demo: Any) -> None:
    genes = list(demo.expression.columns)
    runner = Runner.score(
        demo.expression,
        {"thin": [*genes[:7], "NOTHERE1", "NOTHERE2", "NOTHERE3"], "whole": genes[10:20]},
    )

    assert runner.checks[-2:] == [
        "1 of 2 signatures have at least 80% of their genes.",
        "⚠ Fewer: thin 7/10.",
    ]
    assert done(runner).warnings[0].startswith("W201 1 of 2 signatures")


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a baseline without a table": ({"baseline": "Pre"}, SamplesError, "E911"),
    "too few and nothing to compare with": (
        {},
        ReferenceDataError,
        "R101 5 samples cannot be called",
    ),
    "an unknown reference": ({"reference": "nope"}, ReferenceDataError, "R102"),
}


@pytest.mark.parametrize(("given", "kind", "text"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_run_is_an_error_before_the_start(
    demo: Any, given: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        Runner.classify(demo.expression.iloc[:5], options=QUICK, **given)


def test_a_matrix_without_the_genes_is_refused_before_the_start() -> None:
    frame = pd.DataFrame(
        np.arange(12.0).reshape(3, 4), index=list("abc"), columns=["B2M", "CD8A", "TAP1", "GAPDH"]
    )
    with pytest.raises(GeneError, match="E101"):
        Runner.score(frame, {"other": ["FOXP3", "IL2RA"]})


def test_a_cancelled_classification_ends_and_keeps_nothing(demo: Any) -> None:
    runner = Runner.classify(demo.expression, samples=demo.samples, baseline="Pre")
    runner.start()
    until(lambda: runner.state["done"] >= 5)
    runner.cancel()
    runner.wait(LIMIT)

    assert (runner.state["phase"], runner.outcome, runner.result) == ("cancelled", None, None)
    assert runner.state["done"] < runner.state["total"]
    assert [one.name for one in threading.enumerate() if one.name.startswith("resistype-run")] == []


# -- steps from a thread ---------------------------------------------------------------------------


def drained(steps: Steps) -> tuple[list[tuple[int, int, str]], Any]:
    found = []
    while True:
        try:
            found.append(next(steps))
        except StopIteration as end:
            return found, end.value


def test_every_step_of_a_thread_arrives_and_its_value_comes_last() -> None:
    def work(say: Any, _cancel: threading.Event) -> str:
        for number in range(5):
            say(number, 5, "")
        return "whole"

    found, value = drained(in_thread(work))

    assert value == "whole"
    assert sorted(set(found)) == [(number, 5, "") for number in range(5)]


def test_what_a_thread_raises_is_raised_where_it_is_waited_for() -> None:
    def work(_say: Any, _cancel: threading.Event) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        drained(in_thread(work))


def test_closing_the_steps_ends_the_thread() -> None:
    ended = threading.Event()

    def work(_say: Any, cancel: threading.Event) -> None:
        cancel.wait(LIMIT)
        ended.set()

    steps = in_thread(work)
    next(steps)
    steps.close()

    assert ended.is_set()


def test_work_that_does_not_listen_is_left_behind_after_half_a_second() -> None:
    release = threading.Event()
    steps = in_thread(lambda _say, _cancel: release.wait(LIMIT))
    next(steps)
    steps.close()
    left = [one for one in threading.enumerate() if one.name == "resistype-run"]
    release.set()
    for one in left:
        one.join(LIMIT)

    assert len(left) == 1


def test_a_warning_of_the_notebook_beside_a_run_stays_in_the_notebook(
    recwarn: pytest.WarningsRecorder,
) -> None:
    def work() -> Steps:
        yield 1, 2, ""
        begun.set()
        release.wait(LIMIT)
        return None

    begun, release = threading.Event(), threading.Event()
    runner = Runner(work)
    runner.start()
    begun.wait(LIMIT)
    heard: list[str] = []
    runner._elsewhere = lambda message, *_rest: heard.append(str(message))
    # a library of another house
    warnings.warn("of the cell", UserWarning, stacklevel=1)  # noqa: TID251
    release.set()
    runner.wait(LIMIT)

    assert (heard, runner.warnings) == (["of the cell"], [])


def test_the_input_is_read_again_as_the_form_says(tmp_path: Path) -> None:
    """The same file as natural logarithms: the page's words are the options of Python."""
    rng = np.random.default_rng(0)
    values = pd.DataFrame(
        np.round(rng.normal(6, 2, (12, 300)).clip(0), 2),
        [f"P{k}" for k in range(12)],
        [*sorted(gene_table().approved)[:298], "B2M", "TAP1"],
    )
    values.T.to_csv(tmp_path / "a.tsv", sep="\t")
    sets = {"mhc": ["B2M", "TAP1"]}
    runner = Runner.score(tmp_path / "a.tsv", sets, method="weighted")
    before, fields = runner.checks, {row["name"]: row["value"] for row in runner.reading}

    assert set(fields) == set(READING)
    runner.answers()["read"]({"words": {**fields, "values": "ln"}}, [])

    wanted = score(
        tmp_path / "a.tsv",
        sets,
        method="weighted",
        options=ScoreOptions(read=ReadOptions(unit="ln")),
    )
    assert before[2].startswith("Values are read as log2(x + 1) (guessed")
    assert runner.checks[2].endswith("(given by the field 'values').")
    pd.testing.assert_frame_equal(done(runner).outcome.to_frame(), wanted.to_frame())
    assert {row["name"]: row["value"] for row in runner.reading} == fields | {"values": "ln"}


BAD_WORDS: dict[str, tuple[dict[str, Any], str]] = {
    "no such word": ({"values": "fpkm"}, "E310"),
    "no such option": ({"colour": "red"}, "V119"),
    "not a truth": ({"raw": "yes"}, "V119"),
    "not what the values are": ({"values": "log10"}, "E401"),
}


@pytest.mark.parametrize("case", BAD_WORDS)
def test_what_cannot_be_read_leaves_the_run_as_it_was(case: str, demo: Any) -> None:
    words, code = BAD_WORDS[case]
    runner = Runner.score(demo.expression, {"mhc": ["B2M", "TAP1"]}, method="weighted")
    before = (runner.checks, runner.reading, runner.state)

    with pytest.raises(ResistypeError) as error:
        runner.answers()["read"]({"words": words}, [])

    assert str(error.value.code).startswith(code)
    assert (runner.checks, runner.reading, runner.state) == before
    assert len(done(runner).outcome.samples) == 64


def test_an_expression_has_nothing_to_read(demo: Any) -> None:
    held = as_expression(demo.expression)
    runner = Runner.score(held, {"mhc": ["B2M", "TAP1"]}, method="weighted")

    assert runner.reading == []
    with pytest.raises(InputError, match="V119 The input is an Expression"):
        runner.read(ReadOptions(unit="tpm"))


@pytest.mark.parametrize("where", ["another name", "the data"])
def test_names_of_patients_stay_in_python_wherever_they_were_found(demo: Any, where: str) -> None:
    table = demo.samples.rename(columns={"patient": "Subject ID"})
    data, samples = demo.expression, table
    if where == "the data":
        data, samples = ad.AnnData(demo.expression, table), None

    runner = Runner.classify(data, samples=samples, baseline="Pre", options=QUICK)

    assert runner._hidden[demo.samples["patient"].iloc[0]] == "patient 1"
