"""Origin, drift, flow and plasticity of clones: the simulated study, obvious versions, named
outcomes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio

from resistype.errors import SamplesError
from resistype.systems.cells.clone_fate import drift, flow, origin, plasticity
from tests.systems.cells.study import Study, simulate


@pytest.fixture(scope="module")
def study() -> Study:
    return simulate()


def of(study: Study, patient: str) -> pd.DataFrame:
    return study.cells[study.cells["patient"] == patient]


# --- origin ---------------------------------------------------------------------------------------


def test_planted_novel_clones_are_novel(study: Study) -> None:
    """A planted new clone is never called seen before; of the others, those large enough to be
    found are found.
    """
    for patient, truth in study.novel.items():
        cells = of(study, patient)
        before = cells.loc[cells["time"] == "IP", "clone"]
        after = cells.loc[cells["time"] == "day 14", "clone"].dropna()
        product = pd.Series(["elsewhere"])
        new = after[after.isin(truth)]
        large = after[
            after.isin({f"{patient}:{i:03d}" for i in range(30)} - study.contracted[patient])
        ]

        assert origin(new, before=before, product=product).loc["novel", "fraction_cells"] == 1.0
        assert (
            origin(large, before=before, product=product).loc["pre-existing", "fraction_cells"]
            > 0.95
        )


def test_the_detectable_size_is_said(study: Study) -> None:
    cells = of(study, "SIM0")
    before = cells.loc[cells["time"] == "IP", "clone"]
    found = origin(cells["clone"], before=before, product=None)
    n = int(before.notna().sum())

    assert found.attrs["detectable"][0] == pytest.approx(1 - 0.05 ** (1 / n))
    assert np.isnan(found.attrs["detectable"][1])


ORIGIN = {
    "all known": (("a", "b", "ab", "x"), {"a", "ab"}, {"b", "ab"}, [1, 1, 1, 1, 0]),
    "no product": (("a", "x"), {"a"}, None, [1, 0, 0, 0, 1]),
    "no earlier sample": (("b", "x"), None, {"b"}, [0, 0, 1, 0, 1]),
    "neither": (("a", "b"), None, None, [0, 0, 0, 0, 2]),
    "cell without receptor": (("a", None), {"a"}, {"q"}, [1, 0, 0, 0, 1]),
}


@pytest.mark.parametrize(
    ("cells", "before", "product", "expected"), ORIGIN.values(), ids=ORIGIN.keys()
)
def test_every_origin(
    cells: tuple, before: set | None, product: set | None, expected: list[int]
) -> None:
    given = [None if one is None else pd.Series(sorted(one)) for one in (before, product)]
    found = origin(pd.Series(cells, dtype=object), before=given[0], product=given[1])

    assert found["n_cells"].tolist() == expected
    assert found["fraction_cells"].sum() == pytest.approx(1.0)


@given(
    st.lists(st.sampled_from([*"abcdef", None]), min_size=1, max_size=40),
    st.sets(st.sampled_from("abcdef")),
    st.sets(st.sampled_from("abcdef")),
)
@settings(max_examples=50, deadline=None)
def test_origin_against_counting_by_hand(
    cells: list[str | None], before: set[str], product: set[str]
) -> None:
    found = origin(
        pd.Series(cells, dtype=object),
        before=pd.Series(sorted(before), dtype=object),
        product=pd.Series(sorted(product), dtype=object),
    )
    names = {(True, True): "both", (True, False): "pre-existing", (False, True): "infusion product"}
    by_hand = [
        "untracked" if c is None else names.get((c in before, c in product), "novel") for c in cells
    ]
    clones = {c: kind for c, kind in zip(cells, by_hand, strict=True) if c is not None}

    assert found["n_cells"].to_dict() == {name: by_hand.count(name) for name in found.index}
    assert found["n_clones"].to_dict() == {
        name: list(clones.values()).count(name) for name in found.index
    }


# --- drift ----------------------------------------------------------------------------------------


def test_planted_drift_is_found_and_hardly_any_other(study: Study) -> None:
    """At least 70 % of the clones planted to leave memory, at most one in ten calls wrong."""
    hit = planted = wrong = called = 0
    for patient, truth in study.drifted.items():
        found = drift(of(study, patient), "memory", first="IP", second="day 14").clones
        drifted = set(found.index[found["drifted"]])
        hit, planted = hit + len(drifted & truth), planted + len(truth)
        wrong, called = wrong + len(drifted - truth), called + len(drifted)

    assert hit / planted >= 0.7
    assert wrong / called <= 0.1


def test_without_drift_the_test_of_all_clones_keeps_its_level() -> None:
    null = simulate(n_patients=40, planted=False, seed=3)
    p = [drift(of(null, name), "memory", first="IP", second="day 14").p for name in null.drifted]

    assert sum(one < 0.05 for one in p) <= 6
    assert 0.3 < np.mean(p) < 0.7


def test_growth_of_memory_clones_is_not_drift() -> None:
    """The sample becomes memory because its memory clone grows; inside the clones nothing
    changes.
    """

    def cells(time: str, n_memory: int, n_effector: int) -> list[tuple[str, str, str]]:
        return [("m", time, "memory")] * n_memory + [("e", time, "effector")] * n_effector

    frame = pd.DataFrame(
        cells("0", 20, 80) + cells("7", 80, 20), columns=["clone", "time", "state"]
    )
    found = drift(frame, "memory", first="0", second="7")

    assert found.change == 0.0
    assert np.isnan(found.p)
    assert found.between == pytest.approx(0.6)


def test_common_odds_ratio_of_one_clone_is_the_plain_one() -> None:
    frame = pd.DataFrame(
        [("a", "0", "m")] * 12
        + [("a", "0", "e")] * 8
        + [("a", "7", "m")] * 5
        + [("a", "7", "e")] * 25,
        columns=["clone", "time", "state"],
    )
    found = drift(frame, "m", first="0", second="7")

    assert found.odds_ratio == pytest.approx((5 / 25) / (12 / 8))
    assert found.odds_ratio == pytest.approx(
        odds_ratio([[5, 25], [12, 8]], kind="sample").statistic
    )
    assert found.clones.loc["a", ["n_before", "k_before", "n_after", "k_after"]].tolist() == [
        20,
        12,
        30,
        5,
    ]


def test_the_sum_of_drift_and_growth_is_the_change_of_the_sample(study: Study) -> None:
    """Weighted drift inside clones plus growth of clones is what the shared clones changed
    together.
    """
    cells = of(study, "SIM1")
    found = drift(cells, "memory", first="IP", second="day 14")
    table = found.clones
    weight = 0.5 * (
        table["n_before"] / table["n_before"].sum() + table["n_after"] / table["n_after"].sum()
    )
    whole = (
        table["k_after"].sum() / table["n_after"].sum()
        - table["k_before"].sum() / table["n_before"].sum()
    )

    assert (weight * table["change"]).sum() + found.between == pytest.approx(whole)


def test_several_states_count_as_one() -> None:
    frame = pd.DataFrame({"clone": "a", "time": ["0"] * 4 + ["7"] * 4, "state": [*"mnee", *"eeee"]})

    assert drift(frame, {"m", "n"}, first="0", second="7").clones.loc["a", "k_before"] == 2


# --- flow -----------------------------------------------------------------------------------------


def test_flow_counts_each_clone_once(study: Study) -> None:
    found = flow(of(study, "SIM0"), first="IP", second="day 14")

    assert found["fraction"].sum() == pytest.approx(1.0)
    assert len(found) == 9


def test_flow_by_hand() -> None:
    rows = [("a", "0", "m"), ("a", "0", "m"), ("a", "7", "e"), ("a", "7", "m")]
    rows += [
        ("b", "0", "e"),
        ("b", "0", "e"),
        ("b", "7", "e"),
        ("b", "7", "e"),
        ("c", "0", "m"),
        ("c", "7", "e"),
    ]
    found = flow(pd.DataFrame(rows, columns=["clone", "time", "state"]), first="0", second="7")
    table = found.set_index(["from_state", "to_state"])["clones"].to_dict()

    assert table == {("e", "e"): 1.0, ("e", "m"): 0.0, ("m", "e"): 0.5, ("m", "m"): 0.5}


# --- plasticity -----------------------------------------------------------------------------------


def test_plastic_clones_by_hand() -> None:
    rows = [("plastic", "0", "m")] * 2 + [("plastic", "7", "e")] * 3
    rows += [("mixed", "0", "m"), ("mixed", "0", "e"), ("mixed", "7", "e"), ("mixed", "7", "e")]
    rows += [("still", "0", "e")] * 2 + [("still", "7", "e")] * 2
    rows += [("one time only", "0", "m")] * 5 + [("too small", "0", "m"), ("too small", "7", "e")]
    rows += [("both at one time", "0", "m"), ("both at one time", "0", "e")] + [
        ("both at one time", "7", "x")
    ] * 2
    found = plasticity(pd.DataFrame(rows, columns=["clone", "time", "state"]), {"m"}, {"e"})

    assert (found.n_clones, found.n_seen, found.n_dominant) == (4, 2, 1)
    assert found.share == 0.5
    assert found.low < 0.5 < found.high  # type: ignore[operator]


NOT = {
    "no receptors": (
        pd.DataFrame({"time": ["0", "7"], "state": ["m", "e"]}),
        "no receptors were sequenced",
    ),
    "receptors empty": (
        pd.DataFrame({"clone": [None, None], "time": ["0", "7"], "state": ["m", "e"]}),
        "no receptors were sequenced",
    ),
    "one time point": (
        pd.DataFrame({"clone": ["a"] * 9, "time": ["0"] * 9, "state": ["m"] * 5 + ["e"] * 4}),
        "one time point; plasticity needs two",
    ),
    "clones too small": (
        pd.DataFrame({"clone": ["a", "a"], "time": ["0", "7"], "state": ["m", "e"]}),
        "no clone has 2 cells at two time points",
    ),
}


@pytest.mark.parametrize(("cells", "reason"), NOT.values(), ids=NOT.keys())
def test_plasticity_is_not_assessable(cells: pd.DataFrame, reason: str) -> None:
    found = plasticity(cells, {"m"}, {"e"})

    assert found.share is None
    assert found.reason.startswith(reason)


def test_planted_drift_makes_clones_plastic(study: Study) -> None:
    found = plasticity(of(study, "SIM0"), {"memory"}, {"cytotoxic", "exhausted"})

    assert found.share is not None
    assert found.n_dominant <= found.n_seen <= found.n_clones


BAD = {
    "no state": (
        lambda: drift(pd.DataFrame({"clone": ["a"], "time": ["0"]}), "m", first="0", second="7"),
        "E903 The cells need the columns clone, time, state; 'state' is missing.",
    ),
    "no such time": (
        lambda: drift(
            pd.DataFrame({"clone": ["a"], "time": ["0"], "state": ["m"]}),
            "m",
            first="0",
            second="7",
        ),
        "E975 There are no cells at '7'; time points: 0.",
    ),
    "no clone at both": (
        lambda: drift(
            pd.DataFrame({"clone": ["a", "b"], "time": ["0", "7"], "state": ["m", "m"]}),
            "m",
            first="0",
            second="7",
        ),
        "E976 No clone has 2 cells at '0' and at '7': drift is not assessable.",
    ),
    "no flow": (
        lambda: flow(
            pd.DataFrame({"clone": ["a", "b"], "time": ["0", "7"], "state": ["m", "m"]}),
            first="0",
            second="7",
        ),
        "E976 No clone has 2 cells at '0' and at '7': there is no flow to show.",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message
