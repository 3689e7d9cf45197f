"""The verbs about frozen references: which there are, what each is made of, a new one from one's
own tumours, and whether samples may be compared with one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from resistype.cli import show
from resistype.cli.run import Expression, Jobs
from resistype.errors import InputError, SamplesError
from resistype.expression import ReadOptions, as_expression
from resistype.samples import read_samples
from resistype.samples.table import as_key
from resistype.scheme import Reference
from resistype.scheme.reference import find_reference, list_references
from resistype.systems.bulk import check_reference, fit_reference

references = typer.Typer(
    help="Frozen references: list, show, fit, check.", no_args_is_help=True, rich_markup_mode=None
)
AsJson = Annotated[bool, typer.Option("--json", help="machine-readable")]
Name = Annotated[str, typer.Argument(help="shipped name, or the path of a .json file")]


def _about(reference: Reference) -> dict[str, object]:
    about, tumours = reference.about, reference.tumours
    inside = "figures only"
    if tumours is not None:
        inside = f"values of {len(tumours.genes)} genes of each tumour, shuffled and without names"
    return {
        "reference": reference.name,
        "n": reference.n,
        "tumour_type": about.get("tumour_type", "not said"),
        "treatment": about.get("treatment", "not said"),
        "library": about.get("library", "not said"),
        "quantification": about.get("quantification", "not said"),
        "unit": about.get("unit", "not said"),
        "genes": len(reference.universe),
        "inside": inside,
        "scheme": reference.scheme,
    }


@references.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Every shipped reference, and what it may be compared with; tab-separated in a pipe."""
    rows = [_about(find_reference(name)) for name in list_references()]
    columns = ["reference", "n", "tumour_type", "library", "quantification", "genes", "scheme"]
    show.listing(pd.DataFrame(rows), as_json=as_json, drawn=columns)


@references.command("show")
def show_one(name: Name, as_json: AsJson = False) -> None:
    """What a reference is made of, within what samples are like it, and its base rates."""
    reference = find_reference(name)
    facts = _about(reference)
    profile = reference.profile
    facts |= {key: reference.about[key] for key in ("source", "citation") if key in reference.about}
    if profile is not None:
        facts |= {
            "assay distance": f"at most {profile.max_distance:.2f}",
            "likeness": f"at least {profile.min_likeness:.2f}",
            "steady genes": int(profile.steady.sum()),
            "varying genes": int(profile.varying.sum()),
        }
    rates = reference.base_rates
    if as_json:
        whole = facts | {"base_rates": json.loads(rates.to_json(orient="records"))}
        show.say(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    show.table(pd.DataFrame({"what": list(facts), "": [str(one) for one in facts.values()]}))
    if profile is None:
        show.say(
            "A file of format 1 keeps no profile: levels and relative axes are not assessable"
            " against it. Make a new one: resistype references fit."
        )
    show.table(rates, title="Base rates")


@references.command("fit")
def fit_one(
    expression: Expression,
    out: Annotated[Path, typer.Option(help="file to write, .json; an .npz stands beside it")],
    tumour_type: Annotated[str, typer.Option(help="for example: cutaneous melanoma")],
    library: Annotated[str, typer.Option(help="library preparation: poly-A RNA-seq, …")],
    quantification: Annotated[str, typer.Option(help="TPM, gene counts as CPM, …")],
    name: Annotated[str | None, typer.Option(help="by default the name of the file")] = None,
    scheme: Annotated[
        str, typer.Option(help="shipped scheme or .toml file")
    ] = "acquired_resistance",
    samples: Annotated[
        Path | None, typer.Option(help="samples table, where only some are wanted")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE of the samples table; repeatable")
    ] = None,
    values: Annotated[str | None, typer.Option(help="unit: counts, cpm, tpm, log2, …")] = None,
    treatment: Annotated[str, typer.Option(help="for example: untreated")] = "",
    source: Annotated[str, typer.Option(help="where the data come from")] = "",
    figures_only: Annotated[bool, typer.Option(help="keep no values of single tumours")] = False,
    jobs: Jobs = -1,
) -> None:
    """A reference from one's own tumours, from TCGA or recount3: ten or more of one tumour type,
    one biopsy a patient, before treatment.
    """
    words = {"unit": values} if values else {}
    data = as_expression(expression, ReadOptions(**words))  # type: ignore[arg-type]
    if only and samples is None:
        raise InputError("--only needs --samples, whose columns it names.", code="E990")
    if samples is not None:
        data = data.select(_chosen(read_samples(samples), only or [], data.samples))
    about = {
        "tumour_type": tumour_type,
        "library": library,
        "quantification": quantification,
        "treatment": treatment,
        "source": source,
    }
    fitted = fit_reference(
        data,
        scheme,
        name=name or out.stem,
        about={key: word for key, word in about.items() if word},
        figures_only=figures_only,
        n_jobs=jobs,
    )
    fitted.save(out)
    show.say(f"{fitted.name}: {fitted.n} tumours, {len(fitted.universe):,} expressed genes.")
    if fitted.tumours is not None:
        show.say(
            f"Values of {len(fitted.tumours.genes)} genes of each tumour are inside, shuffled and"
            " without names; --figures-only keeps none."
        )
    show.say(f"Use it: resistype classify … --reference {out} --same-as {out}")


def _chosen(table: pd.DataFrame, only: list[str], there: tuple[str, ...]) -> list[str]:
    """Samples of the table that are in the matrix and hold all the values asked for."""
    wanted = pd.Series(data=True, index=table.index)
    for word in only:
        column, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"--only {word}: write COLUMN=VALUE.", code="E990")
        if column not in table.columns:
            message = (
                f"The samples table has no column {column!r}; its columns are:"
                f" {', '.join(map(str, table.columns))}."
            )
            raise SamplesError(message, code="E903")
        wanted &= table[column].map(as_key) == as_key(value)
    inside = set(there)
    return [str(one) for one in table.index[wanted] if str(one) in inside]


@references.command("check")
def check_one(
    expression: Expression,
    name: Name,
    values: Annotated[str | None, typer.Option(help="unit: counts, cpm, tpm, log2, …")] = None,
    as_json: AsJson = False,
) -> None:
    """Whether samples may be compared with a reference: each alone, with the two figures."""
    words = {"unit": values} if values else {}
    reference = find_reference(name)
    found = check_reference(as_expression(expression, ReadOptions(**words)), reference)  # type: ignore[arg-type]
    if as_json:
        show.say(found.reset_index().to_json(orient="records", force_ascii=False))
        return
    show.table(found.reset_index())
    alike = int((found["alike"] == "yes").sum())
    show.say(
        f"{alike} of {len(found)} samples are measured like {reference.name} and look like it."
    )
    if alike:
        show.say(
            "Whether tumour type, library and quantification are the same you must say yourself:"
            f" --same-as {name}."
        )
    else:
        show.say(
            "Call within this cohort (leave --reference out), or fit a reference of your own"
            " pipeline: resistype references fit."
        )
