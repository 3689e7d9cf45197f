"""Labels of treatment response are told from labels of a tumour's state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.opinions.labels import looks_like_response

NAMES_OF_OUTCOMES = [
    *(
        "response",
        "Response",
        "best_response",
        "bestResponse",
        "Overall Response",
        "RESPONSE",
        "TME response",
    ),
    *(
        "responder",
        "Responder_6mo",
        "non_responder",
        "nonresponders",
        "BOR",
        "ORR",
        "DCR",
        "RECIST",
        "iRECIST",
    ),
    *(
        "irRECIST",
        "recist_1.1",
        "PFS",
        "PFS6",
        "pfs_months",
        "OS",
        "OS_months",
        "os",
        "EFS",
        "RFS",
        "TTP",
    ),
    *(
        "overall_survival",
        "clinical_benefit",
        "durable benefit",
        "DCB",
        "progression",
        "relapse_6mo",
        "outcome",
    ),
    *("efficacy", "refractory", "PRef"),
]
NAMES_OF_STATES = [
    *(
        "state",
        "subtype",
        "label",
        "cluster",
        "IFNG_response",
        "ifn response",
        "IFNγ response",
        "stress_response",
    ),
    *("OSMR", "boss", "position", "dose", "batch", "phenotype", "TME", "axis", "MFP", None, 3),
]
VALUES_OF_OUTCOMES = [
    *(
        "CR",
        "PR",
        "SD",
        "PD",
        "cr",
        "PR ",
        "CR/PR",
        "SD/PD",
        "CR, PR",
        "iUPD",
        "VGPR",
        "MPR",
        "pCR",
    ),
    *(
        "R",
        "NR",
        "non-R",
        "Non R",
        "Responder",
        "Non-Responder",
        "nonresponder",
        "NonResponder",
        "no response",
    ),
    *(
        "Partial Response",
        "complete response",
        "Stable disease",
        "progressive disease",
        "progressor",
        "progressed",
    ),
    *(
        "DCB",
        "NDB",
        "durable benefit",
        "no clinical benefit",
        "resistant",
        "sensitive",
        "refractory",
        "relapsed",
    ),
    *(
        "acquired resistance",
        "primary_refractory",
        "secondary resistant",
        "alive",
        "deceased",
        "dead",
    ),
]
VALUES_OF_STATES = [
    *(
        "hot",
        "cold",
        "IE",
        "IE/F",
        "F",
        "D",
        "S",
        "stable",
        "low",
        "high",
        "AP_loss",
        "IFNG_up",
        "IFNG response high",
    ),
    *(
        "PD1",
        "PD-L1 high",
        "pr+",
        "ER+/PR+",
        "R1",
        "C1",
        "0",
        "1",
        "True",
        "yes",
        "myeloid",
        "ifng_resistance_set",
    ),
    *(
        "stress response",
        "DNA damage response",
        "interferon_response",
        "progenitor",
        "responsive",
        "",
    ),
]


@pytest.mark.parametrize("name", NAMES_OF_OUTCOMES)
def test_a_column_of_outcomes_is_known_by_its_name(name: str) -> None:
    assert looks_like_response(name, ["0", "1"]) == f"the column is named {name!r}"


@pytest.mark.parametrize("name", NAMES_OF_STATES)
def test_a_column_of_states_is_let_pass(name: object) -> None:
    assert looks_like_response(name, ["hot", "cold"]) == ""


@pytest.mark.parametrize("value", VALUES_OF_OUTCOMES)
def test_an_outcome_is_known_by_its_value(value: str) -> None:
    assert looks_like_response("label", [value, "other"]) == f"there is a label {value!r}"


@pytest.mark.parametrize("value", VALUES_OF_STATES)
def test_a_state_is_let_pass(value: str) -> None:
    assert looks_like_response("label", [value, "other"]) == ""


def test_all_reasons_are_told() -> None:
    assert (
        looks_like_response("BOR", ["PD", "CR", "x"])
        == "the column is named 'BOR'; there are labels 'CR', 'PD'"
    )


def test_long_values_are_cut() -> None:
    assert len(looks_like_response(None, ["response " + "x" * 500])) < 120


@given(
    st.none() | st.text(),
    st.lists(st.text() | st.integers() | st.floats() | st.booleans(), max_size=4),
)
def test_anything_can_be_asked(name: str | None, values: list[object]) -> None:
    assert isinstance(looks_like_response(name, values), str)


@given(st.text(), st.text())
def test_the_word_responder_is_never_let_pass(before: str, after: str) -> None:
    assert looks_like_response(None, [f"{before} responder {after}"])
