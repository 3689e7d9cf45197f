"""One verb for every unit: the scheme says which system measures, the system measures, the rules call.

A scheme of biopsies is measured on a matrix of samples; `tex_psr`, `cart_product` and `dli_response` on cells;
`immune_phenotype` on tissue. What comes back is always `Calls`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from resistype.cohort.cells import CellColumns, CellOptions, classify_cells
from resistype.errors import InputError, SchemeError
from resistype.expression import as_expression
from resistype.scheme import CallOptions, Calls, Reference, Scheme, load_scheme
from resistype.scheme import classify as classify_biopsies
from resistype.spatial.phenotype import classify_tissue
from resistype.spatial.tissue import Tissue

__all__ = ["classify"]

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
    options: CallOptions | CellOptions | None = None,
) -> Calls:
    """Call every axis of a scheme for every unit (sample, patient, region), with evidence, or say why not.

    Parameters
    ----------
    data
        For biopsies: expression of shape (n_obs, n_genes), counts, TPM or log2. For cells: an AnnData, an h5ad or an
        `Expression` with ``obs``. For tissue: a `Tissue`.
    scheme
        Shipped name, path of a TOML file, or `Scheme`; its `system` says what is measured.
    samples, patient, timepoint, baseline, reference
        As for biopsies; of cells, `patient` and `timepoint` are columns of ``obs``.
    options
        `CallOptions` for biopsies, `CellOptions` for cells.

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
        if not isinstance(data, Tissue):
            raise InputError(f"Scheme {loaded.ref} is measured on a Tissue; got {type(data).__name__}.", code="S105")
        return classify_tissue(data, loaded)
    calls = classify_cells(data, loaded, options=_cells(data, loaded, patient, timepoint, options=options))
    if not isinstance(calls, Calls):
        raise SchemeError(f"The system {loaded.system} gives no Calls yet; use classify_cells.", code="S104")
    return calls


def _of(options: Any, kind: type, scheme: Scheme) -> Any:
    if options is None:
        return kind()
    if not isinstance(options, kind):
        message = f"Scheme {scheme.ref} takes {kind.__name__} as options; got {type(options).__name__}."
        raise InputError(message, code="S105")
    return options


def _cells(data: Any, scheme: Scheme, patient: str, timepoint: str | None, *, options: Any) -> CellOptions:
    """Options with the columns that the scheme's inputs name, where the cells have them and nobody said otherwise."""
    given: CellOptions = _of(options, CellOptions, scheme)
    if options is not None:
        return given
    have = set(map(str, as_expression(data, given.score.read).obs.columns))
    named = {name: one.column for name, one in scheme.inputs.items() if name in _CELL_COLUMNS and one.column in have}
    found = timepoint if timepoint in have else None
    return replace(given, columns=CellColumns(patient=patient, timepoint=found, **named))
