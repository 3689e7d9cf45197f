"""Whatever is called, the same way leads from the data to the calls, their views, their files
and back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.agreement import compare_calls
from resistype.cli import main
from resistype.errors import InputError, SchemeError
from resistype.library import load_library
from resistype.report import write_folder
from resistype.scheme import (
    Calls,
    check_scheme,
    list_schemes,
    load_scheme,
    scheme_as_json,
    write_scheme,
)
from resistype.scheme.known import SYSTEMS
from resistype.scheme.scheme import StabilityPlan, Threshold
from resistype.scheme.variant import reference_for, with_threshold
from resistype.systems import REGISTRY
from resistype.systems.cells import CellColumns, CellInputs, DliPlan, dli_response, tex_psr
from resistype.systems.tissue import TissueOptions
from resistype.widgets import Compare, Explorer

LIBRARY = load_library()
QUIET = rt.CallOptions(stability=False, n_jobs=1)


@cache
def cells() -> Any:
    return rt.datasets.cell_demo().to_anndata()


def of_biopsies(scheme: Any) -> Calls:
    demo = rt.datasets.demo()
    return rt.classify(demo.expression, scheme, samples=demo.samples, baseline="Pre", options=QUIET)


def of_cells(scheme: Any) -> Calls:
    return rt.classify(cells(), scheme)


@cache
def donors() -> Any:
    adata = cells().copy()
    states = {"memory": "early", "exhausted": "late"}
    adata.obs["state"] = [states.get(one, "other") for one in adata.obs["state"].astype(str)]
    adata.obs["timepoint"] = [
        "pre" if one == "IP" else one for one in adata.obs["timepoint"].astype(str)
    ]
    lacking = [
        gene
        for one in ("early_differentiated_proxy", "late_differentiated_proxy")
        for gene in LIBRARY[one].genes
    ]
    own = set(adata.var_names)
    named = dict(
        zip(
            list(adata.var_names)[-60:], [gene for gene in lacking if gene not in own], strict=False
        )
    )
    adata.var_names = [named.get(one, one) for one in adata.var_names]
    return adata


def of_donors(scheme: Any) -> Calls:
    return rt.classify(donors(), scheme)


def of_tissue(scheme: Any) -> Calls:
    demo = rt.datasets.tissue_demo()
    return rt.classify(demo.to_anndata(), scheme, options=TissueOptions(scale_um=demo.scale_um))


def own_copy(folder: Path) -> Path:
    """A user's copy of a shipped scheme under a new id."""
    scheme = load_scheme("tex_psr").model_copy(update={"id": "my_stress"})
    return write_scheme(scheme, folder / "mine.toml")


EVERY: dict[str, Callable[[Any], Calls]] = {
    "acquired_resistance": of_biopsies,
    "hcc_primary_refractoriness": of_biopsies,
    "cart_product": of_cells,
    "tex_psr": of_cells,
    "dli_response": of_donors,
    "immune_phenotype": of_tissue,
    "my_stress": of_cells,
}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
def test_from_the_data_to_every_view_and_back(name: str, tmp_path: Path) -> None:
    scheme = own_copy(tmp_path) if name == "my_stress" else name
    calls = EVERY[name](scheme)
    axis = calls.scheme.axes[0].id

    session = rt.Session(calls)
    assert session.counts(axis) == {
        call: int((calls.verdicts.calls[axis] == call).sum()) for call in session.names(axis)
    }
    assert Explorer(calls) is not None
    axis, threshold, value = _movable(calls)
    other = with_threshold(calls.scheme, axis, threshold, value=value)
    moved = EVERY[name](load_scheme(scheme).whole(other))
    assert moved.run["scheme"]["version"].endswith("+moved")
    assert Compare(calls, moved) is not None
    assert set(calls.evidence(calls.samples[0])["axis"]) <= {one.id for one in calls.scheme.axes}
    page = calls.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(one in page for one in calls.samples)
    for one in (calls.at(unit) for unit in calls.units):
        for label in one.scheme.axes:
            share, words = one.base_rate(label.id, next(iter(label.labels)))
            assert share == share or words
    for made, folder in ((calls, "a"), (moved, "b")):
        write_folder(made, tmp_path / folder)
    found = compare_calls(tmp_path / "a", tmp_path / "b")
    assert {one.axis for one in found.axes} == {one.id for one in calls.scheme.axes}
    assert load_scheme(tmp_path / "a" / "scheme.toml").axes == calls.whole_scheme().axes


def _movable(calls: Calls) -> tuple[str, str, float]:
    """A threshold of the first axis that has one, and where to."""
    axis = next(one for one in calls.scheme.axes if one.thresholds)
    name, old = next(iter(axis.thresholds.items()))
    return axis.id, name, old.value + 0.25


# ------------------------------------------------------------------ the scheme file


@pytest.mark.parametrize("name", sorted(list_schemes()))
def test_a_scheme_comes_back_from_its_toml(name: str, tmp_path: Path) -> None:
    scheme = load_scheme(name)
    path = write_scheme(scheme, tmp_path)

    assert path.name == f"{name}-{scheme.version}.toml"
    assert load_scheme(path) == scheme
    assert scheme.format_version == 2


def test_the_registry_measures_what_the_schemes_may_ask() -> None:
    assert {one.id for one in REGISTRY} == set(SYSTEMS)
    for name in list_schemes():
        scheme = load_scheme(name)
        own = {one for one, quantity in scheme.quantities.items() if quantity.kind == "system"}
        assert own == set(SYSTEMS[scheme.system].quantities), name


def test_a_renamed_copy_of_format_1_says_that_it_has_no_system(tmp_path: Path) -> None:
    """It loads and is applied to numbers; where something must be measured it is refused by
    name.
    """
    text = _format_1().replace('id = "cart_product"', 'id = "my_copy"')
    path = tmp_path / "copy.toml"
    path.write_text(text, encoding="utf-8")

    assert len(check_scheme(path, LIBRARY)) == 1
    assert (
        rt.apply_scheme(path, {"n_t_cells": 1200, "balance_low": 0.1})[0].loc["0", "balance"]
        == "not_assessable"
    )
    with pytest.raises(SchemeError, match=r"S104 .*system"):
        rt.classify(cells(), path)


def test_a_scheme_of_format_1_is_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "old.toml"
    path.write_text(_format_1(), encoding="utf-8")

    shipped = load_scheme("cart_product")
    old = load_scheme(path).model_copy(update={"inputs": shipped.inputs})
    assert words_of_today(old) == words_of_today(shipped)


def words_of_today(scheme: rt.Scheme) -> str:
    """A scheme as text, with one word for what 0.1 called a share."""
    text = json.dumps(scheme_as_json(scheme), ensure_ascii=False)
    return text.replace("share", "fraction").replace("grey zone", "indeterminate zone")


def _format_1() -> str:
    return (Path(__file__).parent / "data/archives/0.1.0/cart_product.toml").read_text(
        encoding="utf-8"
    )


WRONG = {
    "system of nobody": ({"system": "magic"}, "'magic' is none of"),
    "a parameter is missing": ({"parameters": {}}, "parameters: 'min_cells' is missing"),
    "no choice of signatures": ({"signature_choices": {}}, "signature_choices: 'psr' is missing"),
}


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_a_system_needs_is_asked_when_the_file_is_read(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = write_scheme(load_scheme("tex_psr").model_copy(update=change), tmp_path / "x.toml")

    with pytest.raises(SchemeError) as caught:
        load_scheme(path)
    assert words in str(caught.value)


OTHERS = {
    "biopsies for tissue": lambda: rt.classify(rt.datasets.demo().expression, "immune_phenotype"),
    "options of biopsies": lambda: rt.classify(cells(), "tex_psr", options=QUIET),
    "a baseline for cells": lambda: rt.classify(cells(), "tex_psr", baseline="Pre"),
}


@pytest.mark.parametrize("act", OTHERS.values(), ids=OTHERS.keys())
def test_data_and_options_of_another_system_are_refused(act: Callable[[], object]) -> None:
    with pytest.raises(InputError, match="S105"):
        act()


# ------------------------------------------------------------------ variants


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
def test_a_moved_threshold_saved_and_used_on_the_command_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a session shows is what its saved scheme gives; the mark stands in the record, the
    report, the terminal.
    """
    calls = EVERY[name](own_copy(tmp_path) if name == "my_stress" else name)
    session = rt.Session(calls)
    axis, threshold, value = _movable(calls)
    session.move_threshold(axis, threshold, value)
    path = session.save_scheme(tmp_path)
    assert path.name == f"{calls.scheme.id}-{calls.scheme.version}+moved.toml"
    assert str(path) in session.to_script().splitlines()[-1]

    words = ["classify", *DATA[EVERY[name]](tmp_path), "--scheme", path, "--out", tmp_path / "o"]
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    assert caught.value.code == 0
    version = f"{calls.scheme.version}+moved"
    found = pd.read_csv(tmp_path / "o" / "calls.tsv", sep="\t", index_col=0, dtype=str)
    wanted = session.to_frame().astype(str)
    for one in (one.id for one in calls.scheme.axes):
        assert found[one].tolist() == wanted.loc[found.index, one].tolist()
    assert len(found) == len(wanted)
    assert json.loads((tmp_path / "o" / "run.json").read_text())["scheme"]["version"] == version
    assert version in (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert version in capsys.readouterr().out


def biopsies_file(folder: Path) -> list[Any]:
    demo = rt.datasets.demo()
    demo.expression.T.to_csv(folder / "counts.tsv", sep="\t")
    demo.samples.to_csv(folder / "samples.tsv", sep="\t")
    samples = ["--samples", folder / "samples.tsv", "--baseline", "Pre"]
    return [folder / "counts.tsv", *samples, "--no-stability"]


def cells_file(folder: Path, adata: Callable[[], Any] = cells) -> list[Any]:
    adata().write_h5ad(folder / "cells.h5ad")
    return [folder / "cells.h5ad"]


def tissue_file(folder: Path) -> list[Any]:
    demo = rt.datasets.tissue_demo()
    demo.to_anndata().write_h5ad(folder / "tissue.h5ad")
    return [folder / "tissue.h5ad", "--scale-um", demo.scale_um]


# The file that holds what each classification was of, and the options that it needs.
DATA: dict[Callable[[Any], Calls], Callable[[Path], list[Any]]] = {
    of_biopsies: biopsies_file,
    of_cells: cells_file,
    of_donors: lambda folder: cells_file(folder, donors),
    of_tissue: tissue_file,
}


def test_a_session_saves_both_levels_of_a_scheme(tmp_path: Path) -> None:
    calls = of_cells("cart_product")
    session = rt.Session(calls.at("sample"))
    session.move_threshold("balance", "zero", 0.5)
    saved = load_scheme(session.save_scheme(tmp_path))

    assert [axis.id for axis in saved.axes] == [
        axis.id for axis in load_scheme("cart_product").axes
    ]
    assert saved.axis("balance").thresholds["zero"].value == 0.5
    assert saved.axis("product_balance") == load_scheme("cart_product").axis("product_balance")


def test_a_frozen_reference_keeps_its_scale_where_a_threshold_was_moved() -> None:
    reference = rt.Reference.load(_skcm())
    scheme = with_threshold(load_scheme("acquired_resistance"), "ifng", "change", value=1.0)
    found = reference_for(reference, scheme, LIBRARY)

    assert found.scheme == "acquired_resistance@1.1.0+moved"
    assert all(
        np.array_equal(found.values[name], reference.values[name]) for name in reference.values
    )
    assert "ifng" not in set(found.base_rates["axis"])
    assert set(found.base_rates["axis"]) < set(reference.base_rates["axis"])


def _skcm() -> Path:
    from resistype.resources import signatures_dir

    return signatures_dir() / "references" / "tcga_skcm.json"


# ------------------------------------------------------------------ by chance, and again


def test_the_planted_patients_of_the_demo() -> None:
    calls = of_cells("tex_psr")
    share, words = calls.base_rate("stages", "increases")

    assert calls.to_frame()["stages"].tolist() == ["increases", "increases", "indeterminate"]
    assert share == pytest.approx(0.18, abs=0.07)
    assert words == "150 patients with permuted stages"
    assert calls.base_rate("level", "reported")[1].startswith("not counted")
    adata = cells().copy()
    calls.to_anndata(adata)
    of = dict(zip(calls.samples, calls.verdicts.calls["stages"], strict=True))
    assert [of[one] for one in adata.obs["patient"].astype(str)] == adata.obs[
        "resistype_stages"
    ].tolist()


def null_study(n_patients: int = 200, n: int = 90) -> tuple[pd.DataFrame, CellInputs]:
    """Patients with nothing to find: scores unrelated to the stage."""
    rng = np.random.default_rng(0)
    size = n_patients * n
    patient = np.repeat([f"P{k}" for k in range(n_patients)], n)
    stage = np.tile(np.repeat(["Tprog", "Tint", "Ttex"], n // 3), n_patients)
    frame = pd.DataFrame({"patient": patient, "lineage": "CD8 T", "stage": stage})
    scores = {
        "psr": rng.normal(0.6, 0.1, size),
        "activation": rng.normal(0.3, 0.1, size),
        "heat_shock": rng.normal(0.2, 0.02, size),
    }
    columns = CellColumns(timepoint=None, lineage="lineage", stage="stage")
    return frame, CellInputs(columns=columns, scores=pd.DataFrame(scores))


def test_where_there_is_nothing_to_find_the_base_rate_says_so_and_a_minimum_withholds() -> None:
    frame, inputs = null_study()
    plain = tex_psr(frame, inputs=inputs)
    found = (plain.to_frame()["stages"] == "increases").sum()

    assert abs(found - 42) <= 12
    assert plain.base_rate("stages", "increases")[0] == pytest.approx(0.16, abs=0.03)
    assert "PSR increases along exhaustion" in plain.run_caveats["BASE_RATE_HIGH"]
    least = Threshold(
        value=0.7, source="ours", text="fraction of repeats that must give the same call"
    )
    strict = load_scheme("tex_psr").model_copy(
        update={"stability": StabilityPlan(minimum=least, repeats=50)}
    )
    kept = tex_psr(frame, inputs=inputs, scheme=strict).to_frame()["stages"]
    assert (kept == "increases").sum() <= 3


def test_repeats_do_not_depend_on_the_order_of_the_cells() -> None:
    frame, inputs = null_study(12)
    order = np.random.default_rng(1).permutation(len(frame))
    mixed = CellInputs(
        columns=inputs.columns, scores=inputs.scores.iloc[order].reset_index(drop=True)
    )
    one, two = (
        tex_psr(frame, inputs=inputs),
        tex_psr(frame.iloc[order].reset_index(drop=True), inputs=mixed),
    )

    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    pd.testing.assert_frame_equal(one.base_rates, two.base_rates)


def test_two_units_of_a_run_point_at_each_other() -> None:
    calls = of_cells("cart_product")
    samples = calls.at("sample")

    assert samples.at("patient").samples == calls.samples
    assert set(samples.design["patient"]) == set(calls.samples)
    assert calls.base_rate("plasticity", "seen")[1].endswith(
        "patients with the time points of their cells permuted"
    )
    assert samples.base_rate("exhaustion", "reported")[1].startswith("not counted")
    with pytest.raises(InputError, match="S111"):
        calls.at("region")


def test_donor_lymphocytes_that_do_not_change_rise_seldom_by_chance() -> None:
    rows = [
        (f"D{k}", time, state)
        for k in range(12)
        for time, early in (("pre", 60), ("D60", 140))
        for state in ["early"] * early + ["late"] * 200 + ["other"] * 240
    ]
    frame = pd.DataFrame(rows, columns=["patient", "timepoint", "state"])
    inputs = CellInputs(columns=CellColumns(state="state"))
    calls = dli_response(frame, inputs=inputs, plan=DliPlan(reference_late=0.3))

    assert set(calls.to_frame()["early_after"]) == {"yes"}
    assert calls.base_rate("early_after", "yes")[0] < 0.1
    assert calls.base_rate("origin", "mainly_infusion")[1].startswith("not counted")


def test_cells_per_patient_and_a_scheme_of_biopsies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scheme is never replaced by another; the refusal names the two ways out."""
    with pytest.raises(SystemExit) as caught:
        main(["classify", "cells.h5ad", "--per", "patient", "--out", str(tmp_path / "o")])
    said = capsys.readouterr().err

    assert caught.value.code == 2
    assert "S105" in said
    assert "pseudobulk" in said
    assert "--scheme tex_psr" in said
    assert not (tmp_path / "o").exists()
