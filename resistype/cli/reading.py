"""Options for reading a matrix: one set for every verb that reads one.

Each option is a field of `ReadOptions`, under the name that errors of the command line use. A verb
that is decorated gets them all as `read`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from resistype.expression import ReadOptions

Names = list[str] | None
Text = str | None

# The field of ReadOptions, its type, the words of the command line, and the help.
_OPTIONS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "values": (
        Text,
        ("--values",),
        "what the values are: counts, cpm, tpm, log2, ln, log10, log2_counts; by default found",
    ),
    "orientation": (str, (), "side of the genes: auto, samples_x_genes or genes_x_samples"),
    "duplicates": (str, (), "genes that occur twice: error, sum, mean, max or first"),
    "nan": (str, (), "missing values: error, or drop (rank each sample over the genes it has)"),
    "gene_names": (Text, (), "column that names the genes"),
    "case": (str, (), "gene names: keep, or fold into upper case"),
    "layer": (Text, (), "layer of an h5ad or loom, sheet of a workbook"),
    "raw": (bool, ("--raw",), "read the .raw of an h5ad"),
    "modality": (Text, (), "modality of a MuData"),
    "set_aside": (Names, (), "a column that is no sample; repeatable; none keeps all"),
    "allow_scaled": (bool, ("--allow-scaled",), "take centred or z-scored values"),
}
NAMES = tuple(_OPTIONS)


def reads_a_matrix(*, old: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a verb the options for reading; `old` is a former name of --values."""

    def decorated(verb: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(verb, include_extras=True)
        own = [
            one.replace(annotation=hints[one.name])
            for one in inspect.signature(verb).parameters.values()
            if one.name != "read"
        ]
        added = [_parameter(name, old) for name in NAMES]

        @functools.wraps(verb)
        def _run(**words: Any) -> Any:
            given = {name: words.pop(name) for name in NAMES}
            return verb(**words, read=_read(given))

        _run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        _run.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
        return _run

    return decorated


def _parameter(name: str, old: str) -> inspect.Parameter:
    kind, words, text = _OPTIONS[name]
    words = (*words, old) if old and name == "values" else words
    field = "unit" if name == "values" else name
    default = getattr(ReadOptions(), field)
    option = typer.Option(*words, help=text)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _read(options: dict[str, Any]) -> ReadOptions:
    """The options, which refuse unknown words themselves."""
    aside = options.pop("set_aside")
    words = {"unit": options.pop("values"), **options}
    if aside:
        words["set_aside"] = "none" if aside == ["none"] else tuple(aside)
    return ReadOptions(**words)
