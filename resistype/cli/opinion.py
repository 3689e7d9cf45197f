"""`resistype opinion portraits|templates|model|tree`.

The classifiers of others, each with a door of its own.

Each reads a matrix or a table and writes a folder: opinion.tsv (one row per sample, the label
first), opinion.json (method, DOI, settings, caveats, input) and what only this classifier has.
`resistype compare` takes such a folder.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import pandas as pd
import typer

from resistype._version import __version__
from resistype.cli import show
from resistype.cli.reading import reads_a_matrix
from resistype.errors import InputError, OutputError, SamplesError
from resistype.expression import ReadOptions, read_expression
from resistype.library import read_signatures
from resistype.opinions import (
    ConditionalInferenceTree,
    FitOptions,
    OpinionOptions,
    PortraitOptions,
    PortraitScaler,
    TrainedModel,
    TreeBootstrap,
    bootstrap_tree,
    fit_model,
    portrait_scores,
    portraits,
    read_portrait_clone,
    second_opinion,
)
from resistype.opinions.figures import tree_figure_size
from resistype.report import make_folder, table_text, tree_plot, write_text
from resistype.report.figures import captioned
from resistype.safe.files import replace_file
from resistype.samples import read_samples

opinion = typer.Typer(
    name="opinion",
    help=(
        "External classifiers beside the calls: published methods on your data. Research use only."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Out = Annotated[Path, typer.Option(help="folder for opinion.tsv, opinion.json, …")]
Matrix = Annotated[Path, typer.Argument(help="csv, tsv (.gz), parquet, h5ad, zarr or 10x h5")]
Seed = Annotated[int, typer.Option(help="seed of everything that is drawn")]


@opinion.command("portraits")
@reads_a_matrix()
def portraits_command(
    *,
    expression: Matrix,
    clone: Annotated[
        Path, typer.Option(help="your clone of the authors' repository; their licence applies")
    ],
    out: Out,
    scaler: Annotated[Path | None, typer.Option(help="scale of an earlier cohort (.json)")] = None,
    save_scaler: Annotated[
        Path | None, typer.Option(help="keep the scale of this cohort (.json)")
    ] = None,
    k: Annotated[int, typer.Option(help="reference samples that vote")] = 35,
    min_fraction: Annotated[
        float,
        typer.Option(
            "--min-fraction", "--min-share", help="fraction of the votes that a label needs (ours)"
        ),
    ] = 0.5,
    min_margin: Annotated[float, typer.Option(help="lead over the second label (ours)")] = 0.15,
    read: ReadOptions,
) -> None:
    """Tumour microenvironment subtypes of Bagaev 2021, from your own copy of the authors' files."""
    options = PortraitOptions(k=k, min_fraction=min_fraction, min_margin=min_margin, read=read)
    if scaler is not None and save_scaler is not None:
        raise InputError(
            "--scaler brings a scale and --save-scaler keeps a new one; give one.", code="E990"
        )
    files, matrix = read_portrait_clone(clone), read_expression(expression, read)
    known = None if scaler is None else PortraitScaler.load(scaler)
    table = portraits(matrix, files, scaler=known, options=options)
    if save_scaler is not None:
        scores = portrait_scores(
            matrix, {str(name): files.sets[str(name)] for name in files.reference}
        )
        PortraitScaler.fit(scores, name=expression.name).save(save_scaler)
    _deliver(table, out, expression)


@opinion.command("templates")
@reads_a_matrix()
def templates_command(
    *,
    expression: Matrix,
    templates: Annotated[
        Path,
        typer.Option(
            help=(
                "marker genes (GMT, TOML, folder, or a table: class, gene); centroids: genes ×"
                " classes"
            )
        ),
    ],
    out: Out,
    method: Annotated[
        str, typer.Option(help="ntp (marker genes, a cohort) or centroid (profiles)")
    ] = "ntp",
    n_perm: Annotated[int, typer.Option(help="random draws of genes behind each p (ntp)")] = 1000,
    seed: Seed = 0,
    fdr: Annotated[
        float, typer.Option(help="from this false discovery rate on unassigned (ntp)")
    ] = 0.05,
    min_cor: Annotated[
        float, typer.Option(help="below this correlation unassigned (centroid)")
    ] = 0.2,
    jobs: Annotated[int, typer.Option(help="threads; -1 for all cores")] = -1,
    read: ReadOptions,
) -> None:
    """Nearest template prediction (Hoshida 2010), or correlation with centroids."""
    options = OpinionOptions(n_perm=n_perm, seed=seed, fdr=fdr, min_cor=min_cor, read=read)
    chosen: Any = method  # second_opinion refuses unknown words itself
    classes = _templates(templates, centroids=method == "centroid")
    table = second_opinion(
        read_expression(expression, read), classes, method=chosen, n_jobs=jobs, options=options
    )
    _deliver(table, out, expression)


@opinion.command("model")
def model_command(
    scores: Annotated[
        Path,
        typer.Argument(help="table of scores, one row per sample, as `resistype score` writes it"),
    ],
    out: Out,
    model: Annotated[Path | None, typer.Option(help="a saved model (.json) to apply")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="train: table with a label and a patient per sample")
    ] = None,
    label: Annotated[str, typer.Option(help="train: column of the label")] = "label",
    patient: Annotated[str, typer.Option(help="train: column of the patient")] = "patient",
    kind: Annotated[
        str, typer.Option(help="train: logistic or knn (needs scikit-learn)")
    ] = "logistic",
    describe: Annotated[
        bool, typer.Option("--describe", help="train: only figures of association, no model")
    ] = False,
    alpha: Annotated[
        float, typer.Option(help="apply: how often the true label may be missing from the set")
    ] = 0.1,
    n_perm: Annotated[
        int, typer.Option(help="train: permutations of the labels between patients")
    ] = 200,
    seed: Seed = 0,
) -> None:
    """A model of your own labels on scores: train one, or apply a saved one."""
    if (model is None) == (labels is None):
        raise InputError(
            "Give --model FILE to apply a model, or --labels TABLE to train one.", code="E990"
        )
    table = read_samples(scores)
    if model is not None:
        _deliver(TrainedModel.load(model).apply(table, alpha=alpha), out, scores)
        return
    known = read_samples(labels or scores)
    columns = [
        _column(known, name).reindex(table.index.intersection(known.index))
        for name in (label, patient)
    ]
    chosen: Any = {"kind": kind, "describe_association": describe}
    fitted: Any = fit_model(
        table, columns[0], groups=columns[1], options=FitOptions(seed=seed, n_perm=n_perm), **chosen
    )
    target = make_folder(out)
    if describe:
        write_text(target / "association.txt", f"{fitted}\n")
        show.say(str(fitted))
        return
    fitted.save(target / "model.json")
    told = fitted.assessment
    show.say(
        f"{len(fitted.classes)} classes, cross-validated AUC {told['auc']:.2f} (p ="
        f" {told['p']:.3g})"
    )
    show.say(
        f"\nWritten to {out}: model.json, model.npz. Apply it with --model. Research use only."
    )


@opinion.command("tree")
def tree_command(
    table: Annotated[
        Path, typer.Argument(help="csv, tsv or parquet: one row per sample, covariates and a label")
    ],
    label: Annotated[str, typer.Option(help="column of the label")],
    out: Out,
    covariate: Annotated[
        list[str] | None, typer.Option(help="covariate; may be repeated; by default all")
    ] = None,
    alpha: Annotated[float, typer.Option(help="a node is split only below this adjusted p")] = 0.05,
    min_bucket: Annotated[
        int | None, typer.Option(help="smallest leaf; by default 20 or 5 %")
    ] = None,
    max_depth: Annotated[int, typer.Option(help="levels of splits")] = 3,
    missing: Annotated[
        str, typer.Option(help="rows that lack a value: refuse or leave_out")
    ] = "refuse",
    bootstrap: Annotated[int, typer.Option(help="resamples of the cohort; 0 for none")] = 200,
    seed: Seed = 0,
    figures: Annotated[bool, typer.Option(help="draw tree.png (needs matplotlib)")] = False,
) -> None:
    """Conditional inference tree (Hothorn 2006): which covariates go with a label, and how
    steadily.
    """
    frame = read_samples(table)
    y = _column(frame, label)
    names = covariate or [name for name in frame.columns if name != label]
    X = pd.DataFrame({name: _column(frame, name) for name in names})
    settings: Any = {
        "alpha": alpha,
        "min_bucket": min_bucket,
        "max_depth": max_depth,
        "missing": missing,
    }
    tree = ConditionalInferenceTree(**settings).fit(X, y)
    boot = bootstrap_tree(tree, X, y, n=bootstrap, seed=seed) if bootstrap else None
    more = {
        "nodes.tsv": table_text(tree.to_frame()),
        "candidates.tsv": table_text(tree.candidates()),
    }
    if boot is not None:
        more["bootstrap.tsv"] = table_text(boot.to_frame())
    words = tree.to_text(boot)
    _deliver(tree.strata(X), out, table, {**more, "tree.txt": words})
    if figures:
        _draw(tree, out / "tree.png", boot)
    show.say(words)


def _templates(path: Path, *, centroids: bool) -> Any:
    if centroids:
        return read_samples(path)
    if path.suffix in (".csv", ".tsv"):
        return read_samples(path).reset_index()
    return {one.id: one.genes for one in read_signatures(path).values()}


def _column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in table.columns:
        message = (
            f"The table has no column {name!r}; its columns are:"
            f" {', '.join(map(str, table.columns))}."
        )
        raise SamplesError(message, code="E903")
    return table[name]


def _deliver(
    table: pd.DataFrame, out: Path, source: Path, more: Mapping[str, str] | None = None
) -> None:
    """Make every text first, then write each whole or not at all, and say how many samples have
    which label.
    """
    record = {
        "format": "resistype-opinion",
        "format_version": 2,
        "resistype": __version__,
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "input": {"path": str(source), "sha256": _digest(source)},
        **table.attrs,
    }
    texts = {
        "opinion.tsv": table_text(table.rename_axis("sample").reset_index()),
        "opinion.json": json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
        **(more or {}),
    }
    target = make_folder(out)
    for name, text in texts.items():
        write_text(target / name, text)
    counts = table[table.attrs["opinion"]].value_counts().rename_axis("label").rename("samples")
    show.table(counts.reset_index(), title=f"{table.attrs['method']}, doi:{table.attrs['doi']}")
    for line in table.attrs["caveats"]:
        show.say(line)
    show.say(
        f"\nWritten to {out}: {', '.join(texts)}. Research use only; not for treatment decisions."
    )


def _digest(source: Path) -> str:
    """SHA-256 of a file; empty for a folder (zarr)."""
    if not source.is_file():
        return ""
    with source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _draw(tree: ConditionalInferenceTree, path: Path, boot: TreeBootstrap | None) -> None:
    width, height = tree_figure_size(tree)
    figure = captioned(lambda ax: tree_plot(tree, ax, bootstrap=boot), width=width, height=height)

    def save(stream: BinaryIO) -> None:
        figure.savefig(
            stream, format="png", dpi=150, metadata={"Software": "resistype"}, bbox_inches="tight"
        )

    try:
        replace_file(path, save)
    except OSError as error:
        message = (
            f"{str(path)!r} cannot be written: {error.strerror or error}. Nothing was written"
            " there."
        )
        raise OutputError(message, code="O101") from None
