"""The worked profiles of the specification (§2.4), every call and every caveat, through the
public API.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import resistype as rt
from resistype.systems.bulk.quantities import count_events

ROBUST_SD = 0.4  # log2 units; the examples give residuals in log2 and leave the spread open
MHC1_GENES = 8
AP_GENES = ("B2M", "TAP1", "TAP2", "HLA-A", "HLA-B", "HLA-C")


def quantities(given: dict[str, Any]) -> dict[str, float]:
    """An example in the words of the scheme."""
    paired = given.get("baseline", True)
    names = {
        "ifng_change": given["delta"],
        "ifng_fraction_up": given["frac_up"],
        "ifng_fraction_down": None if given["frac_up"] is None else 1 - given["frac_up"],
        "ifng_random_p": given["p"],
        "ifng_level": given.get("z"),
        "oxphos_change": given.get("oxphos_delta"),
        "mhc1_residual": given["apm_res"],
        "mhc1_residual_rsd": given["apm_res"] / ROBUST_SD,
        "mhc1_residual_fenced": given["apm_res"],
        "mhc1_residual_fenced_rsd": given["apm_res"] / ROBUST_SD,
        **{f"{gene}_log2": 8.0 for gene in ("b2m", "tap1", "tap2")},  # measured, and not alone
        "mhc1_measured": MHC1_GENES * given["apm_cov"],
        "mhc1_dna_events": count_events(";".join(given["genomic"]) or "none", AP_GENES),
        "tcell_percentile": given["tcell_pct"],
        "dysfunction_residual": given["dysf_res"],
    }
    assert paired or given["delta"] is None
    return {name: float(value) for name, value in names.items() if value is not None}


def cases(shared: Path) -> list[dict[str, Any]]:
    return json.loads((shared / "science" / "memon_examples.json").read_text())


@pytest.mark.parametrize("number", range(7))
def test_every_call_and_caveat(shared: Path, number: int) -> None:
    case = cases(shared)[number]
    calls, caveats = rt.apply_scheme("acquired_resistance", quantities(case["input"]))
    got = calls.iloc[0]
    expected = case["expected"]
    assert got["ifng"] == expected["ifng"]
    assert got["antigen_presentation"] == expected["ap"]
    assert got["dysfunction"] == expected["dysfunction"]
    # since 1.1.0 expression and DNA are put together in words
    together = {"DNA_AND_EXPRESSION", "DNA_WITHOUT_EXPRESSION"}
    assert sorted(set(caveats.iloc[0]) - together) == sorted(expected["caveats"])
    assert bool(together & set(caveats.iloc[0])) == (expected["ap"] == "defect_genomic")


def test_there_are_seven_examples(shared: Path) -> None:
    assert len(cases(shared)) == 7
