"""One verb for every unit: the scheme says which system measures, the system measures, the rules
call.

A scheme of biopsies is measured on a matrix of samples; `tex_psr`, `cart_product` and
`dli_response` on cells; `immune_phenotype` on tissue. What comes back is always `Calls`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from resistype.errors import InputError, SchemeError
from resistype.expression import as_expression
from resistype.scheme import Calls, Reference, Scheme, load_scheme
from resistype.scheme.known import SYSTEMS
from resistype.systems.bulk import CallOptions, classify_biopsies
from resistype.systems.cells import CellColumns, CellOptions, classify_cells
from resistype.systems.cells.measure import CELL_SYSTEMS
from resistype.systems.tissue import Tissue, TissueOptions, describe_regions, read_tissue

__all__ = ["REGISTRY", "System", "classify"]


@dataclass(frozen=True)
class System:
    """Code that measures: its id, what it calls, and what it is measured on."""

    id: str
    levels: tuple[str, ...]
    data: str
    options: type


_DATA = {
    "bulk": ("samples × genes", CallOptions),
    "immune_phenotype": ("cells with places", TissueOptions),
}
REGISTRY = tuple(
    System(name, known.levels, *_DATA.get(name, ("cells × genes", CellOptions)))
    for name, known in SYSTEMS.items()
)

_CELL_COLUMNS = ("state", "lineage", "stage", "product", "clone", "group")


def classify(
    data: Any,
    scheme: str | Path | Scheme = "acquired_resistance",
    *,
    samples: Any = None,
    patient: str = "patient",
    timepoint: str | None = "timepoint",
    baseline: str | None = None,
    reference: str | Path | Reference | None = None,
    options: CallOptions | CellOptions | TissueOptions | None = None,
) -> Calls:
    """Call every axis of a scheme for every unit (sample, patient, region), with evidence, or say
    why not.

    Parameters
    ----------
    data
        For biopsies: expression of shape (n_obs, n_genes), counts, TPM or log2. For cells: an
        AnnData, an h5ad or an `Expression` with ``obs``. For tissue: a `Tissue`, or cells with
        places and a scale in the options.
    scheme
        Shipped name, path of a TOML file, or `Scheme`; its `system` says what is measured.
    samples, patient, timepoint, baseline, reference
        As for biopsies; of cells, `patient` and `timepoint` are columns of ``obs``.
    options
        `CallOptions` for biopsies, `CellOptions` for cells, `TissueOptions` for tissue.

    Returns
    -------
    Calls
        One row per sample, patient or region.

    Raises
    ------
    InputError
        S105 for data or options of another system than the scheme's.
    SchemeError
        S104 for a scheme that does not say which system measures it.

    Examples
    --------
    >>> import resistype as rt
    >>> cells = rt.datasets.cell_demo().to_anndata()
    >>> calls = rt.classify(cells, "tex_psr")
    >>> calls.to_frame()["stages"].to_dict()
    {'SIM-C1': 'increases', 'SIM-C2': 'increases', 'SIM-C3': 'indeterminate'}
    """
    loaded = load_scheme(scheme)
    if loaded.system == "bulk":
        return classify_biopsies(
            data,
            scheme,
            samples=samples,
            patient=patient,
            timepoint=timepoint or "timepoint",
            baseline=baseline,
            reference=reference,
            options=_of(options, CallOptions, loaded),
        )
    if loaded.system == "immune_phenotype":
        _no_biopsies(loaded, reference, baseline=baseline, samples=samples)
        return _tissue(data, loaded, _of(options, TissueOptions, loaded))
    if loaded.system not in CELL_SYSTEMS:
        message = (
            f"Scheme {loaded.ref} does not say which system measures it (system ="
            f" {loaded.system!r}). Write one of {', '.join(SYSTEMS)} as 'system' into its file."
        )
        raise SchemeError(message, code="S104")
    _no_biopsies(loaded, reference, baseline=baseline)
    if isinstance(data, Tissue):
        raise InputError(
            f"Scheme {loaded.ref} is measured on the genes of cells; got a Tissue.", code="S105"
        )
    chosen = _cells(data, loaded, patient, timepoint, options=options)
    if samples is not None:
        chosen = replace(chosen, samples=samples)
    return classify_cells(data, loaded, options=chosen)


def _no_biopsies(scheme: Scheme, reference: Any, **given: Any) -> None:
    """What only biopsies have is refused by name."""
    named = [
        f"{name}=" for name, one in {"reference": reference, **given}.items() if one is not None
    ]
    if named:
        message = (
            f"{', '.join(named)} {'belong' if len(named) > 1 else 'belongs'} to schemes of"
            f" biopsies; {scheme.ref} is of {scheme.system}."
        )
        raise InputError(message, code="S105")


def _tissue(data: Any, scheme: Scheme, options: TissueOptions) -> Calls:
    tissue = data
    if not isinstance(data, Tissue):
        if options.scale_um is None:
            message = (
                f"Scheme {scheme.ref} is measured on cells with places; give a Tissue, or cells"
                f" with options=TissueOptions(scale_um=…); got {type(data).__name__}."
            )
            raise InputError(message, code="S105")
        tissue = read_tissue(data, scale_um=options.scale_um, columns=options.columns)
    return describe_regions(tissue, options=options, scheme=scheme)


def _of(options: Any, kind: type, scheme: Scheme) -> Any:
    if options is None:
        return kind()
    if not isinstance(options, kind):
        message = (
            f"Scheme {scheme.ref} takes {kind.__name__} as options; got {type(options).__name__}."
        )
        raise InputError(message, code="S105")
    return options


def _cells(
    data: Any, scheme: Scheme, patient: str, timepoint: str | None, *, options: Any
) -> CellOptions:
    """Options with the columns that the scheme's inputs name, where the cells have them and
    nobody said otherwise: as an argument, in the options, or by a gate or cuts that make them.
    """
    given: CellOptions = _of(options, CellOptions, scheme)
    have = set(map(str, as_expression(data, given.score.read).obs.columns))
    columns = given.columns
    if options is None:
        found = timepoint if timepoint in have else None
        columns = CellColumns(patient=patient, timepoint=found)
    made = {"state", "lineage"} if given.gate else {"state"} if given.cuts else set()
    named = {
        name: one.column
        for name, one in scheme.inputs.items()
        if name in _CELL_COLUMNS
        and name not in made
        and getattr(columns, name) is None
        and one.column in have
    }
    return replace(given, columns=replace(columns, **named))
