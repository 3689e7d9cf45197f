"""The rules of the shipped cell schemes on numbers: a table of cases an axis, boundaries,
details, caveats.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.scheme import load_scheme as load_cell_scheme
from resistype.scheme.scheme import ABSTENTIONS
from tests.systems.cells.applied import apply_cell_scheme

NAN = float("nan")
LEANING = {"n_t_cells": 200, "balance": 0.7, "balance_low": 0.4, "balance_high": 1.0}

SAMPLES = {
    "leans to memory": (LEANING, "balance", "memory_leaning"),
    "leans to cytotoxic": (
        LEANING | {"balance_low": -1.0, "balance_high": -0.4},
        "balance",
        "cytotoxic_leaning",
    ),
    "around 0": (LEANING | {"balance_low": -0.1}, "balance", "indeterminate"),
    "exactly at 0 below": (LEANING | {"balance_low": 0.0}, "balance", "indeterminate"),
    "exactly at 0 above": (
        LEANING | {"balance_low": -1.0, "balance_high": 0.0},
        "balance",
        "indeterminate",
    ),
    "49 cells": (LEANING | {"n_t_cells": 49}, "balance", "not_assessable"),
    "50 cells": (LEANING | {"n_t_cells": 50}, "balance", "memory_leaning"),
    "no states": ({"n_t_cells": 200}, "balance", "not_assessable"),
    "exhaustion of the product": (
        {"n_t_cells": 200, "exhausted_fraction": 0.45, "is_product": 1},
        "exhaustion",
        "reported",
    ),
    "exhaustion on day 7.9": (
        {"n_t_cells": 200, "exhausted_fraction": 0.45, "day": 7.9},
        "exhaustion",
        "reported",
    ),
    "exhaustion on day 8": (
        {"n_t_cells": 200, "exhausted_fraction": 0.45, "day": 8},
        "exhaustion",
        "expected_at_peak",
    ),
    "exhaustion on day 14": (
        {"n_t_cells": 200, "exhausted_fraction": 0.0, "day": 14},
        "exhaustion",
        "expected_at_peak",
    ),
    "exhaustion on day 14.1": (
        {"n_t_cells": 200, "exhausted_fraction": 0.45, "day": 14.1},
        "exhaustion",
        "reported",
    ),
    "exhaustion of few cells": (
        {"n_t_cells": 20, "exhausted_fraction": 0.45, "day": 10},
        "exhaustion",
        "not_assessable",
    ),
    "exhaustion unknown": ({"n_t_cells": 200, "day": 10}, "exhaustion", "not_assessable"),
    "Treg": ({"n_t_cells": 200, "treg_fraction": 0.03}, "car_treg", "reported"),
    "no Treg known": ({"n_t_cells": 200}, "car_treg", "not_assessable"),
}


@pytest.mark.parametrize(("numbers", "axis", "call"), SAMPLES.values(), ids=SAMPLES.keys())
def test_samples_of_car_t_cells(numbers: dict[str, float], axis: str, call: str) -> None:
    found = apply_cell_scheme("cart_product", numbers, patients=False)

    assert found.calls.loc["0", axis] == call
    assert bool(found.reasons.loc["0", axis]) == (call in ABSTENTIONS)
    assert bool(found.texts.loc["0", axis]) == (call not in ABSTENTIONS)


CLONES = {"n_times": 2, "n_tracked": 500, "plastic_fraction": 0.2, "n_expanded": 3}
PATIENTS = {
    "plastic": (CLONES, "plasticity", "seen"),
    "not plastic": (CLONES | {"plastic_fraction": 0.0}, "plasticity", "not_seen"),
    "one time point": (CLONES | {"n_times": 1}, "plasticity", "not_assessable"),
    "no receptors": (CLONES | {"plastic_fraction": NAN}, "plasticity", "not_assessable"),
    "expanded": (CLONES, "expansion", "seen"),
    "none expanded": (CLONES | {"n_expanded": 0}, "expansion", "not_seen"),
    "expansion at one time": (
        CLONES | {"n_times": 1, "n_expanded": NAN},
        "expansion",
        "not_assessable",
    ),
    "memory product": (LEANING | {"is_product": 1}, "product_balance", "memory_leaning"),
    "no product": (LEANING, "product_balance", "not_assessable"),
    "a product of few cells": (
        LEANING | {"is_product": 1, "n_t_cells": 12},
        "product_balance",
        "not_assessable",
    ),
}


@pytest.mark.parametrize(("numbers", "axis", "call"), PATIENTS.values(), ids=PATIENTS.keys())
def test_patients_with_car_t_cells(numbers: dict[str, float], axis: str, call: str) -> None:
    assert apply_cell_scheme("cart_product", numbers).calls.loc["0", axis] == call


DLI = {
    "n_pre": 800.0,
    "n_post": 1000.0,
    "late_minus_reference": 0.09,
    "early_change": 0.31,
    "early_change_low": 0.27,
    "early_change_high": 0.35,
    "origin_product": 0.09,
    "origin_not_product": 0.87,
}
DLI_CASES = {
    "the textbook": ({}, ("yes", "yes", "responder_like", "mainly_not_infusion")),
    "late exactly at the median": (
        {"late_minus_reference": 0.0},
        ("yes", "yes", "responder_like", None),
    ),
    "late below": ({"late_minus_reference": -0.01}, ("no", "yes", "missing_late", None)),
    "early flat": ({"early_change_low": -0.01}, ("yes", "indeterminate", "indeterminate", None)),
    "early falls": (
        {"early_change_low": -0.2, "early_change_high": -0.1},
        ("yes", "no", "missing_early", None),
    ),
    "neither": (
        {"late_minus_reference": -0.1, "early_change_low": -0.2, "early_change_high": -0.1},
        ("no", "no", "missing_both", None),
    ),
    "99 cells before": ({"n_pre": 99.0}, ("indeterminate", "indeterminate", "indeterminate", None)),
    "100 cells before": ({"n_pre": 100.0}, ("yes", "yes", "responder_like", None)),
    "99 cells after": ({"n_post": 99.0}, ("yes", "indeterminate", "indeterminate", None)),
    "nothing before": (
        {"n_pre": NAN},
        ("not_assessable", "not_assessable", "not_assessable", None),
    ),
    "nothing after": ({"n_post": NAN}, ("yes", "not_assessable", "not_assessable", None)),
    "no reference": (
        {"late_minus_reference": NAN},
        ("indeterminate", "yes", "indeterminate", None),
    ),
    "from the product": (
        {"origin_product": 0.7, "origin_not_product": 0.26},
        ("yes", "yes", "responder_like", "mainly_infusion"),
    ),
    "half from the product": (
        {"origin_product": 0.5, "origin_not_product": 0.5},
        (None, None, None, "mainly_infusion"),
    ),
    "from nowhere mainly": (
        {"origin_product": 0.3, "origin_not_product": 0.4},
        (None, None, None, "indeterminate"),
    ),
    "no receptors": (
        {"origin_product": NAN, "origin_not_product": NAN},
        (None, None, None, "not_assessable"),
    ),
}


@pytest.mark.parametrize(("change", "expected"), DLI_CASES.values(), ids=DLI_CASES.keys())
def test_donor_lymphocytes(change: dict[str, float], expected: tuple[str | None, ...]) -> None:
    found = apply_cell_scheme("dli_response", DLI | change).calls.loc["0"]

    for axis, call in zip(
        ("late_before", "early_after", "pattern", "origin"), expected, strict=True
    ):
        assert call is None or found[axis] == call


NUMBER = st.one_of(
    st.just(NAN), st.sampled_from([-1.0, -0.01, 0.0, 0.01, 0.5, 1.0, 49.0, 50.0, 100.0, 1000.0])
)


@pytest.mark.parametrize("name", ["cart_product", "tex_psr", "dli_response"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_numbers_get_a_known_call_and_a_reason_or_a_text(
    name: str, data: st.DataObject
) -> None:
    scheme = load_cell_scheme(name)
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries(dict.fromkeys(scheme.quantities, NUMBER)), min_size=1, max_size=4
        )
    )
    for patients, axes in ((True, scheme.patient_axes), (False, scheme.of("sample").axes)):
        found = apply_cell_scheme(scheme, pd.DataFrame(rows), patients=patients)
        for axis in axes:
            for call, reason in zip(found.calls[axis.id], found.reasons[axis.id], strict=True):
                assert call in axis.labels or (call in ABSTENTIONS and reason)


@given(order=st.permutations(range(5)))
@settings(max_examples=20, deadline=None)
def test_one_unit_does_not_depend_on_the_others(order: list[int]) -> None:
    rows = pd.DataFrame(
        [
            LEANING | {"balance_low": low, "n_t_cells": 40 + 10 * i}
            for i, low in enumerate((-1, -0.1, 0, 0.1, 1))
        ]
    )
    whole = apply_cell_scheme("cart_product", rows, patients=False).calls
    mixed = apply_cell_scheme("cart_product", rows.iloc[order], patients=False).calls

    pd.testing.assert_frame_equal(mixed.sort_index(), whole)


def test_the_reason_carries_its_detail() -> None:
    frame = pd.DataFrame([{"n_t_cells": 12}], index=["A"])
    why = pd.DataFrame({"n_t_cells": ["12 T cells"]}, index=["A"])
    found = apply_cell_scheme("cart_product", frame, patients=False, reason=why)

    assert found.reasons.loc["A", "balance"] == "too few T cells (12 T cells)"
    assert (
        apply_cell_scheme("cart_product", frame, patients=False).reasons.loc["A", "balance"]
        == "too few T cells"
    )


CAVEATS = {
    "exhaustion brings activation": (
        "cart_product",
        {"exhausted_fraction": 0.1},
        "ACTIVATION_NOT_EXHAUSTION",
        True,
    ),
    "without exhaustion not": ("cart_product", {}, "ACTIVATION_NOT_EXHAUSTION", False),
    "a day brings the time point": ("cart_product", {"day": 3.0}, "TIMEPOINT", True),
    "the product has no day": ("cart_product", {"is_product": 1.0}, "TIMEPOINT", False),
    "no isoforms": ("cart_product", {"has_isoforms": 0.0}, "NO_ISOFORMS", True),
    "isoforms not asked for": ("cart_product", {}, "NO_ISOFORMS", False),
    "three chaperones": ("tex_psr", {"published_set": 0.0}, "NOT_PUBLISHED_SET", True),
    "the published list": ("tex_psr", {"published_set": 1.0}, "NOT_PUBLISHED_SET", False),
    "mouse": ("tex_psr", {"is_mouse": 1.0}, "MOUSE_TO_HUMAN", True),
    "heat shock by correlation": ("tex_psr", {"heat_shock_r": 0.7}, "DISSOCIATION_OR_TSTR", True),
    "no heat shock": (
        "tex_psr",
        {"heat_shock_r": 0.69, "heat_shock_z": 1.9},
        "DISSOCIATION_OR_TSTR",
        False,
    ),
    "origin brings detection": ("dli_response", {"origin_not_product": 0.5}, "DETECTION", True),
    "counter-evidence always": ("dli_response", {}, "COUNTER_EVIDENCE", True),
}


@pytest.mark.parametrize(
    ("scheme", "numbers", "code", "given_"), CAVEATS.values(), ids=CAVEATS.keys()
)
def test_caveats_come_when_they_should(
    scheme: str, numbers: dict[str, float], code: str, given_: bool
) -> None:
    codes = apply_cell_scheme(scheme, pd.DataFrame([numbers], index=["0"])).caveats["0"]

    assert (code in codes) == given_


def test_all_missing_is_no_crash() -> None:
    frame = pd.DataFrame(np.full((3, 2), np.nan), columns=["balance", "day"])

    assert len(apply_cell_scheme("cart_product", frame, patients=False).calls) == 3
