"""The verbs about the library: signatures made, judged and exchanged, and the schemes.

The id of what is made is the name of the file it goes to.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from resistype.cli import show
from resistype.curation import (
    Contrast,
    Drafted,
    derive,
    draft,
    draft_de,
    draft_file,
    parse_settings,
    quality,
    translate,
)
from resistype.curation.draft import read_names
from resistype.curation.store import save_version
from resistype.errors import InputError, SchemeError
from resistype.expression import ReadOptions, as_expression
from resistype.library import (
    Signature,
    check_library,
    check_paths,
    diff,
    export_text,
    list_frame,
    load_library,
    read_signatures,
    read_toml,
    schema_text,
)
from resistype.library import show as show_signature
from resistype.report import table_text, write_text
from resistype.samples import read_samples
from resistype.scheme import Scheme, check_scheme, list_schemes, load_scheme

signatures = typer.Typer(help="The signature library.", no_args_is_help=True, rich_markup_mode=None)
schemes = typer.Typer(
    help="The classification schemes.", no_args_is_help=True, rich_markup_mode=None
)


AsJson = Annotated[bool, typer.Option("--json", help="machine-readable")]
Out = Annotated[
    Path,
    typer.Option(
        help="file to write, <id>.toml; an older version there stays as <id>@<version>.toml"
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help=(
            "key=value, several times: name, axis, description, citation, doi, …, effect, fdr, top"
        ),
    ),
]


@signatures.command("new")
def new_command(
    out: Out,
    genes: Annotated[Path | None, typer.Option(help="text file of gene names")] = None,
    de: Annotated[Path | None, typer.Option(help="csv or tsv of differential expression")] = None,
    settings: Set = None,
) -> None:
    """A draft from a gene list or a table of differential expression, with today's symbols."""
    fields, filters, _ = parse_settings(settings or [])
    if (genes is None) == (de is None):
        raise InputError("Give either --genes FILE or --de FILE.", code="E990")
    given = _named(fields, out)
    if de is not None:
        made = draft_de(de, given["name"], filters=filters, fields=given)
    else:
        made = draft(given["name"], read_names(genes or ""), fields=given)
    _save(made, out)


def _named(fields: dict[str, Any], out: Path) -> dict[str, Any]:
    """Fields with the id that the file's name gives."""
    return {"name": out.stem.replace("_", " "), **fields, "id": out.stem}


def _save(made: Drafted, out: Path) -> None:
    for note in made.notes:
        show.say(note)
    out.parent.mkdir(parents=True, exist_ok=True)
    saved = save_version(made.signature, out)
    if saved.change is not None:
        show.say(str(saved.change))
    kept = f" The version before is {saved.kept}." if saved.kept else ""
    one = made.signature
    show.say(
        f"{one.ref}: {len(one.up)} genes up, {len(one.down)} down, written to {saved.path}.{kept}"
    )


@signatures.command("import")
def import_command(
    path: Annotated[
        Path,
        typer.Argument(help="GMT, MSigDB JSON, csv or tsv of decoupler or SignatureSets, Enrichr"),
    ],
    out: Annotated[Path, typer.Option(help="folder that gets one <id>.toml a set")],
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", help="gmt, ucell, msigdb, net, signaturesets, enrichr; by the suffix"
        ),
    ] = None,
    settings: Set = None,
) -> None:
    """Drafts from a file of gene sets, one reviewable text file a set, with what was changed."""
    fields, _, _ = parse_settings(settings or [])
    drafts = draft_file(path, format_name, fields=fields)
    out.mkdir(parents=True, exist_ok=True)
    for made in drafts:
        saved = save_version(made.signature, out)
        show.say(f"{made.signature.ref}: {len(made.signature)} genes → {saved.path}")
        for note in made.notes:
            show.say(f"  {note}")
    show.say(f"{len(drafts)} signatures written to {out}. Next: resistype signatures check {out}")


@signatures.command("derive")
def derive_command(
    expression: Annotated[
        Path, typer.Argument(help="csv, tsv (.gz), parquet, h5ad, zarr or 10x h5")
    ],
    out: Out,
    case: Annotated[str, typer.Option(help="samples of the case: column=value,value")],
    control: Annotated[
        list[str], typer.Option(help="the same for a control; with several, a gene must pass each")
    ],
    samples: Annotated[
        Path | None, typer.Option(help="samples table; first column: sample ids")
    ] = None,
    settings: Set = None,
) -> None:
    """A draft from data: what is higher in the case than in every control."""
    fields, filters, rest = parse_settings(settings or [])
    words: Any = {key: rest[key] for key in ("unit", "duplicates") if key in rest}
    data = as_expression(expression, ReadOptions(**words))
    table = read_samples(samples) if samples else None
    if "within" in rest:
        filters = replace(filters, within=_names_of(Path(rest["within"])))
    choices: Any = {key: rest[key] for key in ("replicate", "method") if key in rest}
    contrast = Contrast(case=case, controls=tuple(control), **choices)
    given = _named(fields, out)
    made = derive(data, contrast, given["name"], samples=table, filters=filters, fields=given)
    _save(made, out)
    if made.table is not None:
        genes = out.with_suffix(".genes.tsv")
        write_text(genes, table_text(made.table.reset_index()))
        show.say(f"All genes with effect, fdr and detection: {genes}")


def _names_of(path: Path) -> tuple[str, ...]:
    """Genes of a text file, or of a matrix."""
    if path.suffix in (".txt", ".list"):
        return tuple(read_names(path))
    return as_expression(path).genes


@signatures.command("translate")
def translate_command(
    path: Annotated[Path, typer.Argument(help="signature file")],
    out: Out,
    species: Annotated[str, typer.Option("--to", help="human or mouse")] = "human",
) -> None:
    """The signature in the symbols of the other species, with what is lost."""
    if species not in ("human", "mouse"):
        raise InputError(f"--to is '{species}'; it must be human or mouse.", code="E990")
    made = translate(read_toml(path), "mouse" if species == "mouse" else "human")
    _save(Drafted(made.signature.model_copy(update={"id": out.stem}), made.notes), out)


@signatures.command("quality")
def quality_command(
    signature: Annotated[str, typer.Argument(help="signature file, or id of a shipped one")],
    data: Annotated[Path, typer.Option(help="expression to judge it on")],
    as_json: AsJson = False,
) -> None:
    """Coverage, detection, coherence, influence of single genes, redundancy and overlap on your
    own data.
    """
    found = quality(_one(signature), data)
    show.say(
        json.dumps(found.to_json(), indent=1, ensure_ascii=False, default=_plain)
        if as_json
        else str(found)
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


@signatures.command("diff")
def diff_command(
    old: Annotated[str, typer.Argument(help="id, id@version or file")],
    new: Annotated[str, typer.Argument(help="id, id@version or file")],
    as_json: AsJson = False,
) -> None:
    """Genes, weights and provenance that changed between two versions; exit code 1 when the
    version does not fit.
    """
    change = diff(_one(old), _one(new))
    show.say(
        json.dumps(change.to_json(), indent=1, ensure_ascii=False, default=list)
        if as_json
        else str(change)
    )
    if change.version_problem() and _one(old).id == _one(new).id:
        raise typer.Exit(1)


def _one(word: str) -> Signature:
    """A signature by file, id or id@version."""
    return read_toml(word) if Path(word).suffix == ".toml" else load_library()[word]


@signatures.command("export")
def export_command(
    out: Annotated[Path, typer.Option(help="file to write")],
    words: Annotated[
        list[str] | None, typer.Argument(help="ids, axes, files or folders; default: the library")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="gmt, ucell, msigdb, net, signaturesets, enrichr")
    ] = "gmt",
) -> None:
    """Signatures in another format, and what that format cannot hold."""
    chosen = read_signatures(words or None)
    done = export_text(chosen.values(), format_name)
    write_text(out, done.text)
    lost = Counter(loss.field for loss in done.losses)
    show.say(f"{len(chosen)} signatures written to {out} ({format_name}).")
    for name, count in lost.most_common():
        show.say(f"  lost: {name} of {count} signatures")
    show.say(
        "  nothing is lost" if not lost else "  keep the .toml files: they hold what is lost here"
    )


@signatures.command("schema")
def schema_command(
    out: Annotated[
        Path | None, typer.Option(help="file to write; by default it is printed")
    ] = None,
) -> None:
    """JSON Schema of a signature file, for editors that complete and check TOML."""
    if out is None:
        show.say(schema_text().rstrip())
    else:
        write_text(out, schema_text())
        show.say(f"Written to {out}.")


@signatures.command("list")
def list_signatures(
    axis: Annotated[str | None, typer.Option(help="only this axis")] = None,
    as_json: AsJson = False,
) -> None:
    """Every shipped signature by its id: axis, genes, status; tab-separated in a pipe."""
    library = load_library()
    frame = list_frame(library.select(axis=axis) if axis else library).reset_index()
    show.listing(frame, as_json=as_json, drawn=["signature", "axis", "status", "up", "down"])


@signatures.command("show")
def show_one(name: Annotated[str, typer.Argument(help="id, or id@version")]) -> None:
    """One signature with its genes and its whole provenance."""
    show.say(show_signature(load_library()[name]))


@signatures.command("check")
def check_signatures(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="TOML, GMT, JSON, csv or tsv files, or folders; default: the library"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Everything that is wrong with signature files, at once; exit code 1 when there is an
    error.
    """
    findings = check_paths(paths) if paths else check_library()
    if as_json:
        show.say(
            json.dumps([finding.to_json() for finding in findings], indent=1, ensure_ascii=False)
        )
    for finding in () if as_json else findings:
        show.say(str(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    if not as_json:
        warnings = sum(finding.severity == "warning" for finding in findings)
        show.say(f"{errors} errors, {warnings} warnings, {len(findings) - errors - warnings} notes")
    if errors:
        raise typer.Exit(1)


@schemes.command("list")
def list_all_schemes(as_json: AsJson = False) -> None:
    """Every shipped scheme by its id, for biopsies and for cells; tab-separated in a pipe."""
    rows = [_row(load_scheme(name)) for name in list_schemes()]
    show.listing(pd.DataFrame(rows), as_json=as_json)


def _row(scheme: Scheme) -> dict[str, str]:
    axes = ", ".join(axis.id for axis in scheme.axes)
    return {
        "scheme": scheme.id,
        "version": scheme.version,
        "reads": scheme.system,
        "title": scheme.title,
        "axes": axes,
    }


@schemes.command("show")
def show_scheme(name: Annotated[str, typer.Argument(help="shipped name or .toml file")]) -> None:
    """Axes, rules and thresholds of a scheme, each threshold with its source."""
    scheme = load_scheme(name)
    show.say(
        f"{scheme.title} ({scheme.id}"
        f" {scheme.version})\n{scheme.summary.strip()}\n{scheme.scope}\n{scheme.citation}\n"
    )
    for axis in scheme.axes:
        rules = [
            {"call": rule.call, "when": "; ".join(rule.when), "reason": rule.reason}
            for rule in axis.rules
        ]
        show.table(pd.DataFrame(rules), title=f"{axis.title} ({axis.id})")
        limits = [
            {
                "threshold": key,
                "value": t.value,
                "source": f"{t.source} {t.citation}".strip(),
                "meaning": t.text,
            }
            for key, t in {**scheme.parameters, **axis.thresholds}.items()
        ]
        show.table(pd.DataFrame(limits))
        show.say("")


@schemes.command("check")
def check_one_scheme(
    names: Annotated[
        list[str] | None, typer.Argument(help="shipped names or .toml files; default: all shipped")
    ] = None,
) -> None:
    """Everything that is wrong with schemes; exit code 1 when there is something."""
    known = list(load_library())
    shipped = list_schemes()
    count = 0
    for name in names or list(shipped):
        if name not in shipped and not Path(name).is_file():
            message = (
                f"There is no scheme {name!r}. Shipped: {', '.join(shipped)}. Or give the path of a"
                " .toml file."
            )
            raise SchemeError(message, code="S101")
        complaints = check_scheme(name, known)
        count += len(complaints)
        for line in complaints:
            show.say(f"{name}: {line}")
    show.say(f"{count} complaints")
    if count:
        raise typer.Exit(1)
