"""The columns of a samples table: other names, slips, keys that went through numbers, variants."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import anndata as ad
import pandas as pd
import pytest

import resistype as rt
from resistype.cli import main
from resistype.errors import SamplesError
from resistype.samples import align_samples, read_samples
from resistype.samples.columns import COLUMNS, named, plain
from resistype.samples.mutations import read_mutations
from resistype.scheme import Calls
from resistype.systems.bulk.measure import CallOptions

pytestmark = pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
QUICK = CallOptions(stability=False, n_jobs=1)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "samples_table.md"


@cache
def demo() -> Any:
    return rt.datasets.demo()


def called(samples: Any, data: Any = None, **options: Any) -> Calls:
    return rt.classify(
        demo().expression if data is None else data,
        samples=samples,
        baseline="Pre",
        options=CallOptions(stability=False, n_jobs=1, **options),
    )


@cache
def wanted() -> pd.DataFrame:
    return called(demo().samples).to_frame()


def test_no_name_is_of_two_columns_and_all_are_plain() -> None:
    names = [name for one in COLUMNS for name in (one.name, *one.synonyms)]

    assert len(names) == len(set(names))
    assert all(plain(name) == name for name in names)


def test_the_page_is_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{one.name}` | {', '.join(f'`{name}`' for name in one.synonyms) or '–'} | {one.text} |"
        for one in COLUMNS
    ]


@pytest.mark.parametrize("name", ["Subject ID", "PATIENT", "patient.id", "Case_ID"])
def test_a_column_has_other_names(name: str) -> None:
    table = demo().samples.rename(columns={"patient": name, "timepoint": "Time Point"})

    calls = called(table)

    pd.testing.assert_frame_equal(calls.to_frame(), wanted())
    note = f"Column {name!r} of the samples table is read as 'patient'."
    assert note in calls.run["input"]["notes"]


def test_two_columns_that_may_be_one_are_none_and_a_slip_is_named() -> None:
    table = pd.DataFrame({"subject": ["a"], "donor": ["a"], "purty": [0.5], "batch": ["x"]})

    found, notes = named(table)

    assert list(found) == list(table)
    assert notes[0].startswith("Columns 'subject', 'donor' of the samples table may each be")
    assert notes[1].endswith("is not read. Did you mean 'purity'?")
    with pytest.raises(SamplesError, match=r"E903 .* Did you mean 'pateint'\?"):
        called(demo().samples.rename(columns={"patient": "pateint"}))


@pytest.mark.parametrize("ids", [["1.0", "2.0", "3.0"], [1.0, 2.0, 3.0], [" 1 ", "2", "3 "]])
@pytest.mark.parametrize("samples", [("1", "2", "3"), ("1.0", "2.0", "3.0"), ("3", "1", "2")])
def test_a_key_survives_numbers_and_spaces(ids: list[Any], samples: tuple[str, ...]) -> None:
    table = read_samples(pd.DataFrame({"sample": ids, "patient": ["a", "b", "c"]}))

    aligned, _ = align_samples(table, samples)

    assert aligned["patient"].tolist() == ["abc"[int(float(name)) - 1] for name in samples]


def test_keys_that_would_become_one_are_not_joined() -> None:
    table = read_samples(pd.DataFrame({"sample": ["1", "1.0"], "patient": ["a", "b"]}))

    assert align_samples(table, ["1.0"])[0]["patient"].tolist() == ["b"]
    with pytest.raises(SamplesError, match="E904"):
        align_samples(table, ["1 "])


def test_the_data_s_own_table_is_read_and_said() -> None:
    data = ad.AnnData(demo().expression, demo().samples.assign(n_genes=1.0))

    calls = called(None, data)

    pd.testing.assert_frame_equal(calls.to_frame(), wanted())
    assert any("of the data's own table (obs) are read" in n for n in calls.run["input"]["notes"])


def test_columns_are_kept_beside_the_calls(tmp_path: Path) -> None:
    table = demo().samples.assign(response=["CR", "=PD"] * 32)
    table.to_csv(tmp_path / "s.tsv", sep="\t")
    demo().expression.T.to_csv(tmp_path / "c.tsv", sep="\t")
    words = ["--samples", str(tmp_path / "s.tsv"), "--baseline", "Pre", "--no-stability"]

    with pytest.raises(SystemExit) as end:
        main(["classify", str(tmp_path / "c.tsv"), *words, "--keep", "response,simulated",
              "--out", str(tmp_path / "o")])  # fmt: skip

    frame = called(table, keep=["response"]).to_frame()
    written = pd.read_csv(tmp_path / "o" / "calls.tsv", sep="\t", index_col=0)
    assert end.value.code == 0
    assert frame["response"].tolist() == table["response"].reindex(frame.index).tolist()
    assert written["response"].str.lstrip("'").tolist() == frame["response"].tolist()
    assert "simulated" in written
    with pytest.raises(SamplesError, match=r"E903 .* to keep.* Did you mean 'response'\?"):
        called(table, keep=["reponse"])


# ------------------------------------------------------------------ variants

TERMS = {
    "Frame_Shift_Del": "frameshift",
    "frameshift_variant": "frameshift",
    "Nonsense_Mutation": "nonsense",
    "stop_gained&splice_region_variant": "nonsense",
    "Splice_Site": "splice",
    "Missense_Mutation": "missense",
    "missense_variant": "missense",
    "In_Frame_Del": "inframe",
    "Silent": "silent",
    "5'UTR": "utr",
    "Translation_Start_Site": "start_lost",
}


@pytest.mark.parametrize("term", TERMS)
def test_terms_of_variants_are_events(term: str) -> None:
    maf = pd.DataFrame(
        {"Hugo_Symbol": ["B2M"], "Tumor_Sample_Barcode": ["S1"], "Variant_Classification": [term]}
    )

    assert read_mutations(maf) == {"S1": f"B2M:{TERMS[term]}"}


def test_a_term_that_is_not_known_is_refused() -> None:
    rows = {"patient": ["P1"], "gene": ["B2M"], "classification": ["bad_variant"]}

    with pytest.raises(SamplesError, match=r"E921 .*bad_variant"):
        read_mutations(pd.DataFrame(rows))


def test_what_was_not_sequenced_is_not_without_variants(tmp_path: Path) -> None:
    """B2M lost in one patient, a missense in another; one sequenced, and one of whom nothing is
    known.
    """
    table = demo().samples.drop(columns="genomic")
    people = list(dict.fromkeys(table["patient"]))
    table["sequenced"] = ["yes" if who in people[:3] else "" for who in table["patient"]]
    variants = pd.DataFrame(
        {
            "patient": people[:2],
            "gene": ["B2M", "B2M"],
            "classification": ["frameshift_variant", "missense_variant"],
        }
    )
    variants.to_csv(tmp_path / "v.maf", sep="\t", index=False)

    frame = called(table, mutations=tmp_path / "v.maf").to_frame()
    of = {who: set(frame.loc[frame["patient"] == who, "ifn_sensing"]) for who in people[:4]}

    assert set(frame.loc[frame["patient"] == people[0], "antigen_presentation"]) == {
        "defect_genomic"
    }
    assert of[people[1]] == of[people[2]] == {"none_given"}
    assert of[people[3]] == {"not_assessable"}
    with pytest.raises(SamplesError, match="E904 The table of mutations names no sample"):
        called(table, mutations=variants.assign(patient=["x", "y"]))
    with pytest.raises(SamplesError, match=r"E921 .* Leave one out"):
        called(demo().samples, mutations=variants)


def test_the_missense_variants_of_riaz_are_no_defect(shared: Path) -> None:
    folder = shared / "data"
    table = pd.read_csv(folder / "riaz_pairs" / "samples.tsv", sep="\t")
    assays = pd.read_csv(folder / "riaz_dna_tcr" / "assays.tsv", sep="\t", index_col="patient")
    table["sequenced"] = table["patient"].map(assays["exome_pre"])

    calls = rt.classify(
        folder / "riaz_pairs" / "counts.symbols.parquet",
        samples=table,
        baseline="Pre",
        options=CallOptions(
            stability=False, mutations=folder / "riaz_dna_tcr" / "apm_ifn_variants.tsv"
        ),
    )
    frame = calls.to_frame()
    before = frame.loc[frame["timepoint"] == "Pre", "ifn_sensing"].value_counts().to_dict()

    assert before == {"none_given": 46, "not_assessable": 5}
    assert "defect_genomic" not in set(frame["antigen_presentation"])
