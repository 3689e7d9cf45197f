"""Every kind of quantity against a loop that anybody can read; and a reason wherever there is no
number.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.scheme.apply import Column
from resistype.scheme.reference import Reference, Regression
from resistype.score import matched_sets
from resistype.systems.bulk.context import Comparability, Context, Rows
from resistype.systems.bulk.quantities import BASIC, RELATIVE, events_column, mark_column, measure
from resistype.systems.bulk.reference import reference_of
from tests.scheme.build import MHC1, MINI_GENES, SETS, context, matrix, pairs, scheme, slow_ssgsea

SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=15, deadline=None)
NOBODY = "no baseline biopsy of this patient"


def places(name: str) -> list[int]:
    """Columns of the genes of a set that the small matrix has."""
    return [MINI_GENES.index(gene) for gene in SETS[name] if gene in MINI_GENES]


def log2cpm(expression: Expression, row: int, gene: int) -> float:
    """log2(CPM + 1) of one count."""
    total = sum(float(v) for v in expression.values[row])
    return math.log2(1e6 * float(expression.values[row, gene]) / total + 1.0)


def house(expression: Expression, row: int, gene: int) -> float:
    """One value in the house scale."""
    return (
        log2cpm(expression, row, gene)
        if expression.unit == "counts"
        else float(expression.values[row, gene])
    )


def found(expression: Expression, name: str, *, table: pd.DataFrame | None = None) -> Column:
    """One quantity of the small scheme for every biopsy, odd ones against the one before."""
    return measure(context(expression, table), pairs(expression.n_obs))[name]


def table_of(n: int, **columns: Sequence[object]) -> pd.DataFrame:
    """A samples table with these columns."""
    return pd.DataFrame(dict(columns), index=[f"s{row:02}" for row in range(n)])


# ---------------------------------------------------------------- the matrix alone


@FEW
@given(SEEDS)
def test_score_is_the_running_sum(seed: int) -> None:
    expression = matrix(seed)
    expected = [slow_ssgsea(row, places("set_a")) for row in expression.values]

    np.testing.assert_allclose(found(expression, "a_score").values, expected, atol=1e-11)


@pytest.mark.parametrize("unit", ["log2", "counts"])
def test_score_by_the_method_that_the_scheme_names(unit: str) -> None:
    """Standardised within the sample on the log2 scale, also where the data are counts."""
    expression = matrix(3, unit=unit)
    expected = []
    for row in range(expression.n_obs):
        all_genes = [house(expression, row, gene) for gene in range(len(MINI_GENES))]
        mine = statistics.fmean(all_genes[gene] for gene in places("set_a"))
        expected.append((mine - statistics.fmean(all_genes)) / statistics.stdev(all_genes))

    np.testing.assert_allclose(found(expression, "a_z").values, expected, rtol=1e-9)


@pytest.mark.parametrize("unit", ["log2", "counts"])
def test_mean_log2(unit: str) -> None:
    expression = matrix(4, unit=unit)
    expected = [
        sum(house(expression, row, gene) for gene in places("set_b")) / len(places("set_b"))
        for row in range(expression.n_obs)
    ]

    np.testing.assert_allclose(found(expression, "b_mean").values, expected, rtol=1e-12)


def test_half_of_the_genes_is_just_enough() -> None:
    expression = matrix(5)
    expected = expression.values[:, places("half")].mean(axis=1)

    np.testing.assert_allclose(found(expression, "half_mean").values, expected)


@pytest.mark.parametrize("name", ["thin_score", "thin_mean", "thin_level", "a_minus_thin"])
def test_a_set_with_too_few_genes_has_no_value_but_a_reason(name: str) -> None:
    column = found(matrix(5), name)

    assert np.isnan(column.values).all()
    assert set(column.reason) == {"thin: 1 of 3 genes in the data (at least 50 % are needed)"}


def test_measured_counts_genes_and_names_the_absent() -> None:
    column = found(matrix(6), "half_measured")

    assert set(column.values) == {2.0}
    assert set(column.reason) == {"2 of 4; not in the data: ABSENT3, ABSENT4"}
    assert set(found(matrix(6), "b_measured").reason) == {"5 of 5"}


def test_a_gene_at_the_floor_everywhere_is_not_measured() -> None:
    expression = matrix(6)
    values = expression.values.copy()
    values[:, MINI_GENES.index("TAP2")] = 0.0
    lowered = replace(expression, values=values)

    assert set(found(lowered, "b_measured").values) == {4.0}
    assert set(found(lowered, "b_floor").values) == {1.0}
    assert set(found(lowered, "b_floor").reason) == {"TAP2"}


def test_at_floor_adds_the_genes_of_the_batch() -> None:
    expression = matrix(6)
    values = expression.values.copy()
    values[:, MINI_GENES.index("TAP2")] = 0.0
    values[6:, MINI_GENES.index("B2M")] = 0.0
    made = context(replace(expression, values=values), table_of(12, plate=["x"] * 6 + ["y"] * 6))
    made.batches = ("plate",)
    column = BASIC["at_floor"](scheme().quantities["b_floor"], made)

    assert column.values.tolist() == [1.0] * 6 + [2.0] * 6
    assert column.reason.tolist() == ["TAP2"] * 6 + ["TAP2; B2M in the batch plate = y"] * 6


# ---------------------------------------------------------------- the samples table


def test_dna_events_of_the_genes_of_the_set_only() -> None:
    cells = [
        "B2M:frameshift",
        "B2M:nonsense;TAP1:splice",
        "JAK1:frameshift",
        "none",
        "",
        "HLA-A:LOH;B2M:LOH",
    ]
    column = found(matrix(7, 6), "events", table=table_of(6, genomic=cells))

    np.testing.assert_array_equal(column.values, [1, 2, 0, 0, np.nan, 1])
    assert column.reason.tolist() == ["", "", "", "", "no DNA events given for this sample", ""]


def test_number_is_taken_as_it_is() -> None:
    column = found(matrix(7, 3), "purity", table=table_of(3, purity=[0.25, None, "0.5"]))

    np.testing.assert_array_equal(column.values, [0.25, np.nan, 0.5])
    assert column.reason.tolist() == ["", "not given for this sample", ""]


def test_ratio_as_given_or_from_its_parts() -> None:
    table = table_of(
        5,
        nlr=[3.0, None, None, None, 2.0],
        anc=[None, 6.0, 6.0, 0.0, 4.0],
        alc=[None, 2.0, None, 3.0, 2],
    )
    column = found(matrix(7, 5), "nlr", table=table)

    np.testing.assert_array_equal(column.values, [3.0, 3.0, np.nan, 0.0, 2.0])
    assert column.reason.tolist() == ["", "", "not given for this sample", "", ""]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"nlr": [-1.0]}, "sample 's00': nlr is -1.0, not a number of 0 or more"),
        ({"nlr": ["many"]}, "sample 's00': nlr is 'many', not a number of 0 or more"),
        ({"nlr": [np.inf]}, "sample 's00': nlr is inf, not a number of 0 or more"),
        (
            {"anc": [4.0], "alc": [0.0]},
            "sample 's00': alc is 0, so nlr is undefined (not infinite)",
        ),
        ({"nlr": [5.0], "anc": [4.0], "alc": [2.0]}, "sample 's00': nlr is 5, but anc / alc is 2"),
    ],
)
def test_an_impossible_ratio(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        found(matrix(7, 1), "nlr", table=table_of(1, **columns))

    assert caught.value.code == "E924"
    assert message in str(caught.value)


MARKS: dict[str, tuple[object, list[float]]] = {
    "words": (["steroid", "none", " No ", "", "false", "G-CSF"], [1, 0, 0, 0, 0, 1]),
    "truth": ([True, False, True, False, True, False], [1, 0, 1, 0, 1, 0]),
    "numbers": ([1, 0, 1, 0, 0, 0], [1, 0, 1, 0, 0, 0]),
    "numbers with a gap": ([1.0, 0.0, None, 0.0, 0.0, 1.0], [1, 0, 0, 0, 0, 1]),
    "categories": (
        pd.Categorical(["steroid", None, "none", "steroid", None, "no"]),
        [1, 0, 0, 1, 0, 0],
    ),
    "nullable integers": (pd.array([1, 0, None, 0, 1, 0], dtype="Int64"), [1, 0, 0, 0, 1, 0]),
    "nullable text": (
        pd.array(["yes", None, "none", "", "x", "0"], dtype="string"),
        [1, 0, 0, 0, 1, 0],
    ),
    "mixed objects": (
        pd.Series([1, 0, "no", None, "x", False], dtype=object).to_numpy(),
        [1, 0, 0, 0, 1, 0],
    ),
}


@pytest.mark.parametrize("case", MARKS)
def test_mark(case: str) -> None:
    """Whatever kind of column pandas made of it, zero and nothing are no mark."""
    cells, expected = MARKS[case]
    table = pd.DataFrame({"steroid": cells}, index=[f"s{row:02}" for row in range(6)])

    assert mark_column(table, "steroid").tolist() == expected
    assert found(matrix(7, 6), "marked", table=table).values.tolist() == expected


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_events_of_any_kind_of_column(dtype: str) -> None:
    table = table_of(3, genomic=["B2M:frameshift", None, "none"]).astype(dtype)

    np.testing.assert_array_equal(events_column(table, "genomic", MHC1), [1.0, np.nan, 0.0])


def test_zero_events_where_a_gap_made_the_column_a_float() -> None:
    np.testing.assert_array_equal(
        events_column(table_of(2, genomic=[0.0, None]), "genomic", MHC1), [0.0, np.nan]
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("events", "the samples table has no column 'genomic'"),
        ("purity", "the samples table has no column 'purity'"),
        ("nlr", "the samples table has none of the columns nlr, anc, alc"),
        ("marked", "the samples table has no column 'steroid'"),
    ],
)
@pytest.mark.parametrize("table", [None, table_of(4, patient=["a", "a", "b", "b"])])
def test_a_column_that_is_not_there(name: str, reason: str, table: pd.DataFrame | None) -> None:
    column = found(matrix(8, 4), name, table=table)

    assert np.isnan(column.values).all()
    assert set(column.reason) == {reason}


# ---------------------------------------------------------------- reference and baseline


def only(values: dict[str, list[float]], lines: dict[str, Regression] | None = None) -> Reference:
    """A frozen reference with these values."""
    arrays = {name: np.array(numbers, dtype=np.float64) for name, numbers in values.items()}
    return Reference("r", "frozen", "mini@1.0.0", MINI_GENES, arrays, lines or {})


def against(
    reference: Reference | None, name: str, *, table: pd.DataFrame | None = None, n_obs: int = 6
) -> Column:
    """One quantity of six biopsies against a reference."""
    made = context(matrix(9, n_obs), table, own=False)
    return measure(replace(made, reference=reference), pairs(n_obs))[name]


@FEW
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=8).filter(lambda v: len(set(v)) > 1))
def test_level_counts_sd_of_the_reference(known: list[int]) -> None:
    reference = only({"a_score": [k / 10 for k in known]})
    scores = context(matrix(9, 6), own=False).basic["a_score"].values
    mean, sd = (
        statistics.fmean(reference.values["a_score"]),
        statistics.stdev(reference.values["a_score"]),
    )

    np.testing.assert_allclose(
        against(reference, "a_level").values, [(s - mean) / sd for s in scores], atol=1e-12
    )


def test_change_and_raw_change() -> None:
    reference = only({"a_score": [0.0, 0.2, 0.4]})
    basic = context(matrix(9, 6), own=False).basic
    expected = [
        basic["b_mean"].values[row] - basic["b_mean"].values[row - 1] if row % 2 else math.nan
        for row in range(6)
    ]
    scaled = [
        (
            (basic["a_score"].values[row] - basic["a_score"].values[row - 1]) / 0.2
            if row % 2
            else math.nan
        )
        for row in range(6)
    ]

    np.testing.assert_allclose(against(reference, "b_raw").values, expected)
    np.testing.assert_allclose(against(reference, "a_change").values, scaled)
    assert against(reference, "a_change").reason.tolist() == [NOBODY, ""] * 3


@FEW
@given(SEEDS)
def test_shares_of_genes_that_moved(seed: int) -> None:
    """Equal genes count for neither side."""
    expression = matrix(seed, 8)
    values = np.round(expression.values)
    rounded = replace(expression, values=values)
    for name, sign in (("a_higher", 1), ("a_lower", -1)):
        column = found(rounded, name)
        for row in range(8):
            if row % 2 == 0:
                assert math.isnan(column.values[row])
                assert column.reason[row] == NOBODY
                continue
            moved = [sign * (values[row, g] - values[row - 1, g]) > 0 for g in places("set_a")]
            assert column.values[row] == pytest.approx(sum(moved) / len(moved))


@pytest.mark.parametrize(
    ("name", "scored", "unit"), [("a_p", "a_score", "log2"), ("z_p", "a_z", "counts")]
)
def test_random_p_counts_matched_sets(name: str, scored: str, unit: str) -> None:
    """The random sets are scored as the set is: for z on the log2 scale, also where the data are
    counts.
    """
    expression = matrix(11, unit=unit)
    log2 = [[house(expression, row, gene) for gene in range(len(MINI_GENES))] for row in range(12)]
    mean = [
        statistics.fmean(log2[row][gene] for row in range(12)) for gene in range(len(MINI_GENES))
    ]
    random_sets = matched_sets(mean, places("set_a"), n=99, seed=7, names=MINI_GENES)

    def one(row: int, members: list[int]) -> float:
        if scored == "a_score":
            return slow_ssgsea(np.array(expression.values[row]), members)
        of_set = statistics.fmean(log2[row][gene] for gene in members)
        return (of_set - statistics.fmean(log2[row])) / statistics.stdev(log2[row])

    column = found(expression, name)
    for row in range(1, 12, 2):
        observed = abs(one(row, places("set_a")) - one(row - 1, places("set_a")))
        null = [abs(one(row, list(m)) - one(row - 1, list(m))) for m in random_sets]
        assert column.values[row] == pytest.approx((1 + sum(k >= observed for k in null)) / 100)
    assert column.reason.tolist() == [NOBODY, ""] * 6


def test_random_p_is_never_zero_and_is_one_without_a_change() -> None:
    expression = matrix(12)
    values = expression.values.copy()
    values[1] = values[0]
    values[3, places("set_a")] += 30.0
    column = found(replace(expression, values=values), "a_p")

    assert column.values[1] == 1.0
    assert column.values[3] >= 0.01


def test_residuals_by_hand() -> None:
    line = Regression(("c_mean",), 1.5, (0.5,), 0.25)
    reference = only({"b_mean": [1.0]}, {"b_mean ~ c_mean": line})
    basic = context(matrix(9, 6), own=False).basic
    left = [
        b - 1.5 - 0.5 * c
        for b, c in zip(basic["b_mean"].values, basic["c_mean"].values, strict=True)
    ]

    np.testing.assert_allclose(against(reference, "b_left").values, left)
    np.testing.assert_allclose(
        against(reference, "b_left_sd").values, [value / 0.25 for value in left]
    )


def test_purity_is_used_where_sample_and_reference_know_it() -> None:
    plain, full = (
        Regression(("c_mean",), 1.0, (0.5,), 0.2),
        Regression(("c_mean", "purity"), 2.0, (0.4, -3.0), 0.5),
    )
    both = only({"b_mean": [1.0]}, {"b_mean ~ c_mean": plain, "b_mean ~ c_mean + purity": full})
    table = table_of(6, purity=[0.1, None, 0.5, None, 0.9, 1.0])
    basic = context(matrix(9, 6), own=False).basic
    expected, scaled = [], []
    for b, c, purity in zip(
        basic["b_mean"].values,
        basic["c_mean"].values,
        [0.1, None, 0.5, None, 0.9, 1.0],
        strict=True,
    ):
        left = b - 1.0 - 0.5 * c if purity is None else b - 2.0 - 0.4 * c + 3.0 * purity
        expected.append(left)
        scaled.append(left / (0.2 if purity is None else 0.5))

    np.testing.assert_allclose(against(both, "b_left", table=table).values, expected)
    np.testing.assert_allclose(against(both, "b_left_sd", table=table).values, scaled)


@FEW
@given(st.lists(st.sampled_from([3.0, 4.5, 5.0, 5.5, 7.0]), min_size=1, max_size=9))
def test_percentile_counts_at_or_below(known: list[float]) -> None:
    means = context(matrix(9, 6), own=False).basic["b_mean"].values
    expected = [100.0 * sum(k <= mean for k in known) / len(known) for mean in means]

    np.testing.assert_allclose(against(only({"b_mean": known}), "b_rank").values, expected)


def test_difference_of_two_levels() -> None:
    made = measure(context(matrix(13)), pairs(12))

    np.testing.assert_array_equal(
        made["a_minus_b"].values, made["a_level"].values - made["b_level"].values
    )


# ---------------------------------------------------------------- a reason for every gap

WITHOUT: dict[str, tuple[Reference | None, dict[str, str]]] = {
    "no reference": (
        None,
        {
            "a_level": "no reference to compare with",
            "b_left": "no reference to compare with",
            "b_left_sd": "no reference to compare with",
            "b_rank": "no reference to compare with",
            "a_change": "fewer than 10 reference samples give no SD",
            "a_minus_b": "no reference to compare with",
        },
    ),
    "a reference that does not vary": (
        only(
            {"a_score": [0.1] * 4, "b_mean": [5.0] * 4},
            {"b_mean ~ c_mean": Regression(("c_mean",), 0.0, (1.0,), 0.0)},
        ),
        {
            "a_level": "the reference does not vary",
            "a_change": "the reference does not vary",
            "b_left_sd": "the reference has no line for it",
        },
    ),
    "an empty reference": (
        only({}),
        {
            "b_left": "the reference has no line for it",
            "a_level": "the reference has no values of it",
            "a_change": "the reference has no values of it",
            "b_rank": "the reference has no values of it",
        },
    ),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_reasons_of_a_reference_that_cannot_serve(case: str) -> None:
    reference, reasons = WITHOUT[case]
    for name, reason in reasons.items():
        column = against(reference, name)
        assert np.isnan(column.values).all(), name
        assert column.reason[1] == reason, name


def test_a_baseline_whose_value_is_not_known() -> None:
    column = found(
        matrix(14, 6), "purity_raw", table=table_of(6, purity=[None, 0.5, 0.5, None, 0.2, 0.6])
    )

    np.testing.assert_allclose(column.values, [np.nan, np.nan, np.nan, np.nan, np.nan, 0.4])
    assert column.reason.tolist() == [
        NOBODY,
        "baseline biopsy: not given for this sample",
        NOBODY,
        "not given for this sample",
        NOBODY,
        "",
    ]


@settings(max_examples=25, deadline=None)
@given(
    seed=SEEDS,
    kind=st.sampled_from(["own", "none", "frozen without values", "constant"]),
    cells=st.lists(st.sampled_from([None, 0.0, 0.4, 1.0]), min_size=6, max_size=6),
)
def test_every_gap_has_a_reason_and_every_call_of_it_reads_the_same(
    seed: int, kind: str, cells: list[float | None]
) -> None:
    expression = matrix(seed, 6)
    if kind == "constant":
        expression = replace(expression, values=np.repeat(expression.values[:1], 6, axis=0))
    made = context(expression, table_of(6, purity=cells), own=kind in ("own", "constant"))
    made.reference = only({}) if kind == "frozen without values" else made.reference
    columns = measure(made, pairs(6))

    assert list(columns) == list(scheme().order())
    for name, column in columns.items():
        assert column.values.dtype == np.float64
        assert column.values.shape == column.reason.shape == (6,)
        assert all(column.reason[np.isnan(column.values)]), name


# ---------------------------------------------------------------- rows


def test_every_kind_is_measured_by_one_function() -> None:
    kinds = {quantity.kind for quantity in scheme().quantities.values()}

    assert kinds == {"score", "difference", *BASIC, *RELATIVE}


def by_hand(n: int = 40) -> tuple[Context, np.ndarray]:
    """A cohort of which the first sample has a predictor far outside, and its MHC-I genes."""
    data = matrix(3, n)
    values = np.array(data.values)
    values[0, [MINI_GENES.index(g) for g in SETS["set_c"]]] += 40.0
    made = context(replace(data, values=values))
    return made, values[:, [MINI_GENES.index(g) for g in SETS["set_b"]]]


def test_one_gene_and_the_others() -> None:
    made, genes = by_hand()
    place = SETS["set_b"].index("TAP1")

    np.testing.assert_allclose(made.basic["tap1"].values, genes[:, place])
    np.testing.assert_allclose(
        made.basic["tap1_others"].values, np.delete(genes, place, axis=1).mean(axis=1)
    )
    absent = made.scheme.quantities["tap1"].model_copy(update={"gene": "GENE00"})
    column = BASIC["gene"](absent, made)
    assert np.isnan(column.values).all()
    assert set(column.reason) == {"GENE00 is not in the data"}


def test_median_fences_and_what_lies_outside_by_hand() -> None:
    made, genes = by_hand()
    found = measure(made, Rows.alone(np.arange(40)))
    mean = genes.mean(axis=1)
    first, third = np.percentile(mean, [25, 75])

    np.testing.assert_allclose(found["b_from_median"].values, mean - np.median(mean))
    np.testing.assert_allclose(found["b_from_fence"].values, mean - (first - 1.5 * (third - first)))
    assert found["c_outside"].values[0] == 1
    assert found["c_outside"].reason[0] == "title of c_mean outside the reference"
    inside = found["c_outside"].values == 0
    assert inside.sum() > 30
    np.testing.assert_array_equal(found["b_fenced"].values[inside], found["b_left"].values[inside])


def test_outside_the_range_the_predictor_is_moved_back_to_it() -> None:
    made, genes = by_hand()
    assert made.reference is not None
    line = made.reference.regressions["b_mean ~ c_mean"]
    high = made.reference.fences("c_mean")[1]
    found = measure(made, Rows.alone(np.arange(40)))
    held = genes[0].mean() - (line.intercept + line.slopes[0] * high)

    assert found["b_fenced"].values[0] == pytest.approx(held)
    assert found["b_fenced_sd"].values[0] == pytest.approx(held / line.robust_sd)
    assert abs(found["b_left"].values[0] - held) > 0.1


@pytest.mark.parametrize(
    ("n_low", "n_obs", "silent"), [(2, 8, 0), (3, 12, 1), (3, 13, 0), (5, 5, 1)]
)
def test_silent_genes_by_hand(n_low: int, n_obs: int, silent: int) -> None:
    """Three samples and a quarter of them."""
    data = matrix(3, n_obs)
    values = np.maximum(data.values, 2.0)
    values[:n_low, MINI_GENES.index("B2M")] = 0.9
    made = context(replace(data, values=values), own=False)

    assert set(made.basic["b_silent"].values) == {silent}
    words = f"B2M below 1 TPM in {n_low / n_obs:.0%} of the cohort" if silent else ""
    assert set(made.basic["b_silent"].reason) == {words}
    assert made.basic["b_detected"].values.tolist() == (values[:, :5] >= 1.0).sum(axis=1).tolist()


def test_without_an_absolute_scale_nothing_is_said_of_one_tpm() -> None:
    data = replace(matrix(3), values=np.array(matrix(3).values) + 12.0)
    made = context(data, own=False)

    assert not made.panel.absolute
    assert np.isnan(made.basic["b_detected"].values).all()
    assert set(made.basic["b_detected"].reason) == {
        "the values have no absolute scale (TPM or CPM)"
    }


def test_what_places_a_sample_needs_a_comparable_reference() -> None:
    """Every kind but a change; the reason is that of the sample."""
    made = context(matrix(3))
    may = np.arange(12) < 5
    made.compared = Comparability(
        "far", may, np.ones(12, bool), np.where(may, "", "measured elsewhere").astype(object),
        np.zeros(12), np.zeros(12),
    )  # fmt: skip
    found = measure(made, pairs(12))
    for name in (
        "a_level",
        "b_left",
        "b_left_sd",
        "b_fenced",
        "b_rank",
        "b_from_median",
        "a_minus_b",
    ):
        assert np.isnan(found[name].values).tolist() == (~may).tolist(), name
        assert set(found[name].reason[~may]) == {"measured elsewhere"}
    for name in ("a_change", "b_raw", "a_higher"):
        assert np.isnan(found[name].values).tolist() == [True, False] * 6


def chosen(made: Context, index: list[int], baseline: list[int]) -> dict[str, Column]:
    return measure(made, Rows(np.array(index), np.array(baseline)))


def test_a_row_reads_the_same_alone_and_in_any_company() -> None:
    made = context(matrix(15), table_of(12, purity=[0.5] * 12))
    together = measure(made, pairs(12))
    for row in (0, 5, 11):
        alone = chosen(made, [row], [row - 1 if row % 2 else -1])
        for name, column in alone.items():
            np.testing.assert_array_equal(column.values, together[name].values[[row]], err_msg=name)
            assert column.reason[0] == together[name].reason[row]


def test_more_rows_than_one_block_of_pairs() -> None:
    """Shares and random sets work in blocks of 512 rows; the last rows must read as the first."""
    made = context(matrix(16))
    index, baseline = [1, 3, 5, 7, 9] * 210, [0, 2, 4, -1, 8] * 210
    many, few = chosen(made, index, baseline), chosen(made, index[:5], baseline[:5])
    for name in ("a_higher", "a_lower", "a_p"):
        np.testing.assert_array_equal(
            many[name].values, np.tile(few[name].values, 210), err_msg=name
        )


def test_any_biopsy_may_be_the_baseline() -> None:
    made = context(matrix(17))
    forth, back = chosen(made, [4], [9]), chosen(made, [9], [4])

    assert forth["a_change"].values[0] == -back["a_change"].values[0]
    assert forth["a_higher"].values[0] == back["a_lower"].values[0]
    assert forth["a_p"].values[0] == back["a_p"].values[0]


@FEW
@given(SEEDS)
def test_adding_samples_moves_no_value_that_is_not_relative(seed: int) -> None:
    whole = matrix(seed)
    part = whole.select(list(whole.samples[3:8]))
    everybody = context(whole, own=False).basic
    for name, column in context(part, own=False).basic.items():
        np.testing.assert_array_equal(column.values, everybody[name].values[3:8], err_msg=name)


def test_order_of_genes_moves_nothing() -> None:
    straight = matrix(18)
    turned = replace(
        straight, values=np.ascontiguousarray(straight.values[:, ::-1]), genes=MINI_GENES[::-1]
    )
    for name in (
        "a_score",
        "a_z",
        "a_sing",
        "b_mean",
        "a_level",
        "a_p",
        "z_p",
        "a_higher",
        "b_left_sd",
    ):
        np.testing.assert_allclose(
            found(turned, name).values, found(straight, name).values, atol=1e-12, err_msg=name
        )


def test_another_reference_changes_relative_values_only() -> None:
    made = context(matrix(19))
    drawn = replace(
        made,
        reference=reference_of(
            made, np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]), name="drawn"
        ),
    )
    first, second = measure(made, pairs(12)), measure(drawn, pairs(12))
    changed = {
        n for n in first if not np.array_equal(first[n].values, second[n].values, equal_nan=True)
    }

    assert changed == {
        "a_level",
        "b_level",
        "a_change",
        "b_left",
        "b_left_sd",
        "b_rank",
        "b_from_median",
        "b_from_fence",
        "b_fenced",
        "b_fenced_sd",
        "a_minus_b",
    }
